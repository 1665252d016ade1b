"""Documents as a published data set has them: of each corpus what is kept of it, and of the mixture what it uses.

Frames come one for each shard of the store, so that memory is a shard. All frames of one set have the same columns in the same types, and
which documents a frame has depends on what is stored alone. Left out: the mixture's order and its tokens, which `curate export` writes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from mixers import _texts
from mixers.export import _mixture

if TYPE_CHECKING:
    from curate.api import Curated


@dataclass(frozen=True)
class Rows:
    """The documents of one set. `frames` gives (corpus, documents) as often as it is iterated over."""

    schema: dict[str, pl.DataType]
    recipe: Curated
    corpus: str
    """Empty for those of the mixture."""

    @property
    def frames(self) -> Iterator[tuple[str, pl.DataFrame]]:
        """One frame for each shard that has documents of the set."""
        if self.corpus:
            view = self.recipe.documents(self.corpus)
            return ((self.corpus, frame) for _, frame in _texts.of_corpus(self.corpus, view, _nothing))
        pieces, _ = _mixture(self.recipe)
        views = {name: self.recipe.documents(name) for name in _used(pieces.facts)}
        return ((frame["corpus"][0], frame) for _, frame in _texts.of_mixture(pieces, views, _nothing))


def rows_of(recipe: Curated, corpus: str = "") -> Rows:
    """What is kept of a corpus, or what the mixture uses. CurateError if it is not built."""
    if corpus:
        schema = _shown(recipe, corpus)
    else:
        pieces, _ = _mixture(recipe)
        schema = _texts.common({name: _shown(recipe, name) for name in _used(pieces.facts)})
        schema |= {"corpus": pl.String(), "uses": pl.UInt32(), "n_tokens": pl.UInt32()}
    return Rows({name: schema[name] for name in _texts._ordered(schema)}, recipe, corpus)


def _shown(recipe: Curated, corpus: str) -> dict[str, pl.DataType]:
    """Columns of a corpus without that of `removals:`, which says nothing of documents that were kept."""
    ours = [node for node in recipe.planned[corpus].upstream() if node.own["step"] == "score.removal"]
    return {c: t for c, t in _texts.schema_of(recipe.documents(corpus)).items() if not any(c in n.adds for n in ours)}


def _used(facts: dict[str, dict[str, dict[str, int]]]) -> list[str]:
    return [name for name, line in facts["sources"].items() if line["uses"]]


def _nothing() -> None:
    """Progress is told by who writes the files."""
