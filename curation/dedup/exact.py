"""Documents with exactly the same text, or the same value of a column of texts: keeps the best copy and names it to all others.

Texts are compared by 128 bits of their SHA-256, which nobody can forge, so that a hostile page cannot make another one disappear.
Larger than memory: `_copies.py`. With the `index` of other corpora (`fit: exact_index`), which precede, a corpus is left with what none of
them has: so questions that two models found are taken once. Left out: any normalisation but that of blanks, because case tells variables
apart (`N` and `n`) and signs tell formulas apart. Near duplicates are another step's work.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import polars as pl

from curate.step import Artifact, Whole, across
from curation.dedup._copies import copies
from curation.dedup._exact_index import digests_of, opened


def digests(
    docs: pl.DataFrame, *, on: str = "text", blanks: bool = True, keep_order: Sequence[str] = ()
) -> pl.DataFrame:
    """What is compared instead of the texts: two UInt64 columns in place of `text` and of the column `on`, null where it is."""
    gone = {"text", on} - {*keep_order}
    return docs.drop(gone).with_columns(digests_of(docs[on], blanks))


@across(reads=["$on", "$keep_order"], prepare=digests, keep={"unique": "exact_duplicate_of is null"})
def exact(
    corpus: Whole,
    *,
    keep_order: list[str] = ["length"],  # noqa: B006 (pydantic copies it)
    on: str = "text",
    blanks: bool = True,
    index: Artifact | None = None,
) -> Iterator[pl.DataFrame]:
    """Column `exact_duplicate_of`: the id of the copy that stays, null for a text that stays itself.

    keep_order: columns that say which copy is best, the first one first; larger is better, null is worst. Among equals the
    smallest id stays, so the result does not depend on shards or their order. on: the column whose texts are compared; a document without
    one is a copy of none. blanks: whether texts that differ in blanks and line breaks differ; false takes any run of them for one, and none
    at the ends. index: documents of other corpora, which are better than any of this one; a document that comes again under the same id is
    a copy of itself. CurateError for an index of another column, or a column that holds no texts.
    """
    earlier = opened(Path(index), on=on, blanks=blanks) if index and corpus.memory else ()
    return copies(corpus, keep_order, "exact_duplicate_of", earlier)
