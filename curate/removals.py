"""`removals:` of a recipe: documents that somebody asked to have removed are taken out where they are first seen.

    removals: [removed/2026-11.txt, removed/domains.csv]      # ids, addresses, domains (`score: removal`)

The step `removal` and a clause `removed` stand behind every reader and every step that makes documents, of every corpus of the recipe,
of what it extends, and of corpora that it takes from other recipes (`from: "stable:web"`). So what is made of a removed page falls with
it, and nothing later computes anything of it; texts that are left are looked up, not computed anew. The lists' digests are in the
identity of the step. A tokenizer that comes from another recipe stays as it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from curate.as_read import last_reader
from curate.parts import StepEntry

if TYPE_CHECKING:
    from curate.plan import Node
    from curate.planner import Planner

STEP = "removal"
BEFORE = "before-removals"
"""In names of nodes of another recipe that are there with and without what this recipe removes: those without."""


def without_removed(planner: Planner, corpus: str, node: Node, where: str) -> Node:
    """The node after which documents go on that are not on a list; the same one in a recipe without `removals:`."""
    if not planner.removals:
        return node
    first = f"{corpus}/{STEP}" not in planner.nodes
    column = STEP if first else f"{STEP}_{node.name.partition('/')[2]}".replace("-", "_").replace(".", "_")
    entry = StepEntry.model_validate(
        {
            "score": STEP,
            "lists": list(planner.removals),
            "parents": ["parent_id"] if node.kind == "expand" else [],
            "keep": {"removed": f"{column} is null"},
            **({} if first else {"as": column}),
        }
    )
    made = planner.apply(corpus, entry, node, where, carries=last_reader(planner, corpus) >= 0)
    above: Node | None = made
    while above is not node.chain and above is not None:
        planner.removed[above.name] = made
        above = above.chain
    return made
