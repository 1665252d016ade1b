"""Near duplicates: MinHash finds candidates, their true similarity decides, the best copy stays.

Shingles are runs of words of the text profile that is safe for mathematics (`curation/text.py`): numbers, operators and TeX commands are
words, so two problems that differ in a number are as far apart as two that differ in a word. 11 bands of 10 values, as MegaMath found
best, propose pairs (a pair of Jaccard s with probability 1 - (1 - s**10)**11); the shingle sets themselves are compared, and what is
below `threshold` is no duplicate. Linked pairs make clusters, but nothing goes because of a chain: a document goes only if it is
similar to one that stays, which it names. So what is left out is never more than a copy; of a long chain several documents stay.

Left out: an index that later snapshots are compared with, a memory bound for the shingles of candidates (8 bytes a word), and any
resistance to somebody who makes collisions of a fast hash on purpose (`dedup: exact` has that).
"""

from __future__ import annotations

from typing import Annotated

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa
from pydantic import Field

from curate.step import Corpus, across

Ranks = npt.NDArray[np.int64]


def shingled(docs: pl.DataFrame, *, ngram: int, bands: int, rows: int) -> pl.DataFrame:
    """What is compared instead of the texts: `shingles` (ascending, List(UInt64)) and a hash of each band, `band_0` and so on."""
    from curation._utf8 import utf8
    from curation._words import tables
    from curation.dedup import _minhash

    sets, ends, keys = _minhash.prepare(*utf8(docs["text"]), tables(), ngram, bands, rows)
    lists = pl.from_arrow(pa.LargeListArray.from_arrays(pa.array(ends), pa.array(sets)))
    columns = [pl.Series(f"band_{i}", key) for i, key in enumerate(keys)]
    return docs.drop("text").with_columns(pl.Series("shingles", lists, pl.List(pl.UInt64)), *columns)


@across(reads=["$keep_order"], uses=["numba"], prepare=shingled, keep={"near_unique": "minhash_duplicate_of is null"})
def minhash(
    corpus: Corpus,
    *,
    threshold: Annotated[float, Field(gt=0, le=1)] = 0.75,
    ngram: Annotated[int, Field(ge=1, le=50)] = 5,
    bands: Annotated[int, Field(ge=1, le=500)] = 11,
    rows: Annotated[int, Field(ge=1, le=100)] = 10,
    keep_order: list[str] = ["length"],  # noqa: B006 (pydantic copies it)
) -> pl.DataFrame:
    """Columns `minhash_duplicate_of` (the document that stays, null for one that stays itself) and `minhash_jaccard` (with that one).

    threshold: least Jaccard similarity of the sets of word `ngram`-grams. keep_order: columns that say which copy is best, the first
    one first; larger is better, null is worst, and among equals the smallest id stays.
    """
    names = [f"band_{i}" for i in range(bands)]
    every = pl.concat(list(corpus.shards("id", *keep_order, *names)))
    every = every.sort([*keep_order, "id"], descending=[*([True] * len(keep_order)), False], nulls_last=True)
    left, right = _candidates(every.select(names))
    found = np.unique(np.concatenate([left, right]))
    some = every.select("id")[found]
    of, similar = _judged(corpus, some, np.searchsorted(found, left), np.searchsorted(found, right), threshold)
    gone = np.flatnonzero(of >= 0)
    made = {"id": some["id"][gone], "minhash_duplicate_of": some["id"][of[gone]], "minhash_jaccard": similar[gone]}
    return pl.DataFrame(made).sort("id")


def _candidates(keys: pl.DataFrame) -> tuple[Ranks, Ranks]:
    """Pairs of rows, the better one on the left, that agree in a band; rows are in order of quality."""
    from curation.dedup import _minhash

    packed = [np.zeros(0, np.uint64)]
    for key in keys:
        ranked = key.alias("key").to_frame().with_row_index("rank").filter(pl.len().over("key") > 1).sort("key", "rank")
        packed.append(_minhash.pairs(ranked["key"].to_numpy(), ranked["rank"].to_numpy().astype(np.int64)))
    every = np.unique(np.concatenate(packed))
    return (every >> np.uint64(32)).astype(np.int64), (every & np.uint64(0xFFFFFFFF)).astype(np.int64)


def _judged(
    corpus: Corpus, some: pl.DataFrame, left: Ranks, right: Ranks, threshold: float
) -> tuple[Ranks, npt.NDArray[np.float64]]:
    """Verdicts over the documents of `some`, in whose order the pairs are numbered."""
    from curation.dedup import _minhash

    ids = some["id"].implode()
    parts = [part.filter(pl.col("id").is_in(ids)) for part in corpus.shards("id", "shingles")]
    lists = some.join(pl.concat(parts), on="id", how="left", maintain_order="left")["shingles"]
    sets = lists.explode().drop_nulls().to_numpy()
    ends = np.concatenate([[0], lists.list.len().fill_null(0).to_numpy().astype(np.int64).cumsum()])
    roots = _minhash.clusters(some.height, left, right, sets, ends, threshold)
    return _minhash.verdicts(np.lexsort((np.arange(some.height), roots)), roots, sets, ends, threshold)
