"""How often steps are right, where the truth about their input is known.

A generator (`@generate`) that knows the truth about what it made says so in its module: `MEASURE = "_truth"` names the file beside it whose
`measure(recipe, folder, node)` compares what was built with that truth and gives claims. It is a name, not an import, so that a better
measure does not make the generator's corpus another one. The kernel knows of no corpus; it asks, and prints.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from curate.artifact import readable
from curate.errors import CurateError

if TYPE_CHECKING:
    from curate.api import Curated


class Claim(NamedTuple):
    """What a step of a corpus said, how often that was true, and how much of the truth it said."""

    corpus: str
    step: str
    claim: str
    precision: float | None
    """Of what it said, the share that is true, in [0, 1]; None where that cannot be told."""
    recall: float | None
    """Of what is true, the share that it said, in [0, 1]; None where that cannot be told."""
    of: int
    """How many are true: documents, formulas, words or questions."""


def truth(recipe: Curated) -> list[Claim]:
    """Claims of every step that some generator of the recipe's inputs can judge.

    CurateError where nothing that the recipe reads has a known truth, or it is not built.
    """
    claims: list[Claim] = []
    unbuilt = [name for name, end in recipe.planned.ends.items() if end.plan_key not in recipe.built.done]
    for node in recipe.planned.nodes.values():
        measure = node.step.measure if node.kind == "generate" and node.step else None
        if measure is None:
            continue
        manifest = recipe.built.done.get(node.plan_key)
        if manifest is None or unbuilt:
            raise CurateError(
                f"{unbuilt[0] if unbuilt else node.name} is not built yet; run `curate build {recipe.name}`"
            )
        with readable(recipe.name):
            folder = recipe.store.ensure(manifest.key)
        claims += measure(recipe, folder, node)
    if not claims:
        raise CurateError(f"{recipe.name} reads nothing whose truth is known")
    return claims
