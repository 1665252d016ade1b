"""The text as it was read, for steps that come after one that changed it: `@rewrite(reads=["as_read"])`.

A page's markup is gone once its text was taken out of it, but a slower and cleaner extraction wants it again, of the few pages that are
left. Nothing is stored twice for that: `as_read` is the text of the reader's own piece. Only an `across` step, which cuts the corpus anew,
carries it along, and only if a step after it asks for it; then that is part of what the step is. Made documents (`synth`) were never read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from curate.artifact import AS_READ

if TYPE_CHECKING:
    from curate.planner import Planner


def last_reader(planner: Planner, corpus: str) -> float:
    """Position of the last step of a corpus that reads it; -1 if none does, infinity if one of a corpus made from this one does."""
    made_from, sources = (
        {corpus},
        {name: (entry.from_ or "").partition("/")[0] for name, entry in planner.recipe.corpora.items()},
    )
    for _ in sources:
        made_from |= {name for name, source in sources.items() if source in made_from}
    if any(_readers(planner, name) for name in made_from - {corpus}):
        return float("inf")
    return max(_readers(planner, corpus), default=-1)


def _readers(planner: Planner, corpus: str) -> list[int]:
    recipe, found = planner.recipe, []
    for position, item in enumerate(recipe.corpora[corpus].steps):
        at = recipe.location("corpora", corpus, "steps", position)
        if item.verb != "keep" and AS_READ in planner.found(item.verb, str(item.step), at).spec.reads:
            found.append(position)
    return found
