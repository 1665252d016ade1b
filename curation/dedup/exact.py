"""Documents with exactly the same text: keeps the best copy and names it to all others.

Texts are compared by 128 bits of their SHA-256, which nobody can forge, so that a hostile page cannot make another one disappear.
Left out: any normalisation. Texts that differ in a blank differ; near duplicates are another step's work.
"""

from __future__ import annotations

import itertools
from hashlib import sha256

import numpy as np
import polars as pl
import pyarrow as pa

from curate.step import Corpus, across

DIGEST = ("digest_high", "digest_low")


def digests(docs: pl.DataFrame) -> pl.DataFrame:
    """What is compared instead of the texts: two UInt64 columns in place of `text`."""
    texts = docs["text"].to_arrow().cast(pa.large_string())
    _, offsets, data = texts.buffers()
    view = memoryview(data) if data else memoryview(b"")
    ends = (
        np.frombuffer(offsets, np.int64)[texts.offset : texts.offset + len(texts) + 1].tolist() if len(texts) else [0]
    )
    joined = b"".join([sha256(view[a:b]).digest()[:16] for a, b in itertools.pairwise(ends)])
    halves = np.frombuffer(joined, ">u8").astype(np.uint64).reshape(-1, 2)
    return docs.drop("text").with_columns(pl.Series(name, halves[:, i]) for i, name in enumerate(DIGEST))


@across(reads=["$keep_order"], prepare=digests, keep={"unique": "exact_duplicate_of is null"})
def exact(corpus: Corpus, *, keep_order: list[str] = ["length"]) -> pl.DataFrame:  # noqa: B006 (pydantic copies it)
    """Column `exact_duplicate_of`: the id of the copy that stays, null for a text that stays itself.

    keep_order: columns that say which copy is best, the first one first; larger is better, null is worst. Among equals the
    smallest id stays, so the result does not depend on shards or their order.
    """
    frames = list(corpus.shards("id", *keep_order, *DIGEST))
    every = (
        pl.concat(frames)
        if frames
        else pl.DataFrame(schema={"id": pl.String, **dict.fromkeys((*keep_order, *DIGEST), pl.UInt64)})
    )
    best = every.filter(pl.len().over(DIGEST) > 1).sort(
        [*keep_order, "id"], descending=[*([True] * len(keep_order)), False], nulls_last=True
    )
    kept = best.with_columns(exact_duplicate_of=pl.col("id").first().over(DIGEST))
    return kept.filter(pl.col("id") != pl.col("exact_duplicate_of")).select("id", "exact_duplicate_of").sort("id")
