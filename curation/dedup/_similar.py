"""The documents that are most like a text: sketches of datasketch, made natively for all, and the true similarity of the best of them.

A row of `sketches` holds the `hashvalues` of a `datasketch.MinHash` of the leading 32 bits of the shingles of `dedup: minhash`, so the
objects of that library (`MinHash`, `LeanMinHash`, `MinHashLSHForest`) can be made of it. All rows are compared with that of the question:
for a hundred thousand documents this takes some milliseconds, misses nothing that an index by bands would find, and needs no index in
memory. `curate/alike.py` asks for this file by its name and keeps the sketches.
"""

from __future__ import annotations

import itertools

import numpy as np
import numpy.typing as npt
import polars as pl
from numba import njit

from curation._utf8 import utf8
from curation._words import tables
from curation.dedup._minhash import jaccard, sets
from curation.text import words as split

HASHES = 128
"""Values of a sketch: the standard error of an estimate is at most 0.044."""
SEED, SCHEME = 1, "affine32"
BLOCK = 1 << 14
"""Rows that are compared at a time."""
Sketches = npt.NDArray[np.uint32]
Sets = npt.NDArray[np.uint64]


def shingles(text: str, ngram: int) -> Sets:
    """Hashes of the runs of `ngram` words, ascending and each once; of a shorter text all its words are one run."""
    return sets(*utf8(pl.Series([text])), tables(), ngram)[0]


def words(text: str) -> int:
    """How many words a text has."""
    return int(pl.select(split(pl.lit(text)).list.len()).item())


def permutations() -> Sketches:
    """Multipliers and offsets (2, HASHES) that datasketch draws. It loads scipy first, so whoever keeps sketches keeps these too."""
    from datasketch import MinHash

    drawn: Sketches = MinHash(num_perm=HASHES, seed=SEED, scheme=SCHEME).permutations
    return drawn


def sketch(found: Sets, drawn: Sketches) -> Sketches:
    """The sketch (HASHES) of one set of shingles."""
    made: Sketches = _sketches(found, np.array([0, len(found)]), drawn)[0]
    return made


def sketches(texts: pl.Series, ngram: int, drawn: Sketches) -> tuple[Sketches, npt.NDArray[np.uint32]]:
    """A sketch of each text (N, HASHES), all bits set for one without words, and the number of its shingles (N)."""
    every, ends = sets(*utf8(texts), tables(), ngram)
    return _sketches(every, ends, drawn), np.diff(ends).astype(np.uint32)


@njit(cache=True)
def _sketches(every: Sets, ends: npt.NDArray[np.int64], drawn: Sketches) -> Sketches:
    a, b = drawn[0].copy(), drawn[1].copy()
    made = np.full((len(ends) - 1, len(a)), np.uint32(0xFFFFFFFF), np.uint32)
    for n in range(len(made)):
        row = made[n]
        for i in range(ends[n], ends[n + 1]):
            h = np.uint32(
                every[i] >> np.uint64(32)
            )  # then what datasketch does: the finalizer of MurmurHash3, a * h + b
            h ^= h >> np.uint32(16)
            h = np.uint32(h * np.uint32(0x85EBCA6B))
            h ^= h >> np.uint32(13)
            h = np.uint32(h * np.uint32(0xC2B2AE35))
            h ^= h >> np.uint32(16)
            for k in range(len(a)):
                row[k] = min(row[k], np.uint32(a[k] * h + b[k]))
    return made


def candidates(
    rows: Sketches, counts: npt.NDArray[np.uint32], asked: Sketches, size: int, most: int
) -> npt.NDArray[np.int64]:
    """Numbers of the rows that look most like what is asked, or look as if they held most of its `size` shingles; ascending.

    At most `most` by each of the two, and none that shares nothing with it. Among equals the first rows are taken.
    """
    shared = np.empty(len(rows), np.uint16)
    for start in range(0, len(rows), BLOCK):
        shared[start : start + BLOCK] = (rows[start : start + BLOCK] == asked).sum(1)
    near = np.flatnonzero((shared > 0) & (counts > 0))
    likely = shared[near] / HASHES
    inside = likely / (1 + likely) * (size + counts[near].astype(np.float64))
    best = [near[np.argsort(-by, kind="stable")[:most]] for by in (likely, inside)]
    return np.unique(np.concatenate(best))


def similar(texts: pl.Series, asked: Sets, ngram: int) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Jaccard similarity of each text with what is asked (N), and the share of what is asked that it holds (N)."""
    every, ends = sets(*utf8(texts), tables(), ngram)
    sizes = np.diff(ends)
    likely = np.array([jaccard(asked, every[a:b]) for a, b in itertools.pairwise(ends)], np.float64)
    shared = np.round(likely / (1 + likely) * (len(asked) + sizes))
    return likely, shared / max(1, len(asked))
