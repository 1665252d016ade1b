"""Documents with exactly the same text: keeps the best copy and names it to all others.

Texts are compared by 128 bits of their SHA-256, which nobody can forge, so that a hostile page cannot make another one disappear.
Larger than memory: `_copies.py`. Left out: any normalisation. Texts that differ in a blank differ; near duplicates are another step's work.
"""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from curate.step import Whole, across
from curation._utf8 import utf8
from curation.dedup._copies import copies, digested


def digests(docs: pl.DataFrame) -> pl.DataFrame:
    """What is compared instead of the texts: two UInt64 columns in place of `text`."""
    return docs.drop("text").with_columns(digested(*utf8(docs["text"])))


@across(reads=["$keep_order"], prepare=digests, keep={"unique": "exact_duplicate_of is null"})
def exact(corpus: Whole, *, keep_order: list[str] = ["length"]) -> Iterator[pl.DataFrame]:  # noqa: B006 (pydantic copies it)
    """Column `exact_duplicate_of`: the id of the copy that stays, null for a text that stays itself.

    keep_order: columns that say which copy is best, the first one first; larger is better, null is worst. Among equals the
    smallest id stays, so the result does not depend on shards or their order.
    """
    return copies(corpus, keep_order, "exact_duplicate_of")
