"""Which documents of a corpus a mixture uses, in which order and in which epoch, decided by hashes of their ids alone.

The documents of a corpus are numbered by a keyed hash of the id; epoch e visits them in order of a second hash keyed by e. A stage
starts where the one before stopped, and no document returns before its epoch is over. Only a hash and a length are held per document
(12 bytes), so neither the split into shards nor their order can show, and ids and tokens are met again only while being written.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from curate.errors import CurateError
from curate.step import Corpus
from mixers.native import native, utf8
from mixers.order import U64, key, mix64


@native
def _hash(data: np.ndarray, bounds: np.ndarray, seed: np.uint64) -> np.ndarray:
    out = np.empty(len(bounds) - 1, np.uint64)
    for d in range(len(out)):
        h = seed
        start, stop = bounds[d], bounds[d + 1]
        for at in range(start, stop + 8, 8):  # one word more than the bytes need: the length
            word = np.uint64(0)
            if at < stop:
                for i in range(at, min(at + 8, stop)):
                    word |= np.uint64(data[i]) << np.uint64(8 * (i - at))
            else:
                word = np.uint64(stop - start)
            h ^= word
            h = (h ^ (h >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
            h = (h ^ (h >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
            h ^= h >> np.uint64(31)
            if at >= stop:
                break
        out[d] = h
    return out


def keyed_hash(ids: pl.Series, seed: int) -> U64:
    """64-bit hash of each id: h = seed; for each 8 bytes of its UTF-8 (little-endian, the last padded with zeros) and then for its
    length in bytes, h = mix64(h ^ word)."""
    data, bounds = utf8(ids)
    return _hash(data, bounds, np.uint64(seed))


@dataclass(frozen=True)
class Source:
    """The documents of one corpus that have tokens, numbered by ascending hash."""

    name: str
    seed: int
    hashes: U64
    lengths: NDArray[np.int64]

    @property
    def tokens(self) -> int:
        return int(self.lengths.sum())

    def numbers(self, ids: pl.Series) -> NDArray[np.int64]:
        """The number of each id; -1 for a document that has no tokens."""
        hashes = keyed_hash(ids, key(self.seed, self.name))
        if not len(self.hashes):
            return np.full(len(ids), -1)
        at = np.searchsorted(self.hashes, hashes)
        inside = np.minimum(at, len(self.hashes) - 1)
        return np.where(self.hashes[inside] == hashes, inside, -1)


def scan(name: str, corpus: Corpus, seed: int) -> Source:
    """First pass over a corpus: hash and length of each document. CurateError for an id that occurs twice."""
    hashes, lengths = [np.zeros(0, np.uint64)], [np.zeros(0, np.int64)]
    for shard in corpus.shards("id", "n_tokens"):
        some = shard.filter(pl.col("n_tokens") > 0)
        hashes.append(keyed_hash(some["id"], key(seed, name)))
        lengths.append(some["n_tokens"].cast(pl.Int64).to_numpy())
    every, length = np.concatenate(hashes), np.concatenate(lengths)
    order = np.argsort(every)
    every = every[order]
    if (every[1:] == every[:-1]).any():
        raise CurateError(
            "two documents have the same id (or, once in a blue moon, the same hash: then change the seed)", where=name
        )
    return Source(name, seed, every, length[order])


def choose(source: Source, asked: Sequence[int]) -> pl.DataFrame:
    """Uses of documents in order: `doc` (number), `length`, `epoch`, `stage`; `asked` is the budget of each stage in tokens.

    A document belongs to the stage in which its first token falls, and none is cut: each stage gets its budget to within one
    document, and the sum over stages overshoots by less than one.
    """
    bounds = np.cumsum(np.asarray(asked, np.int64))
    total, size = int(bounds[-1]), source.tokens
    uses = [_epoch(source, e, e * size, total) for e in range(-(-total // size) if size else 0)]
    doc = np.concatenate([d for d, _ in uses]) if uses else np.zeros(0, np.int64)
    first = np.concatenate([f for _, f in uses]) if uses else np.zeros(0, np.int64)
    return pl.DataFrame(
        {
            "doc": doc,
            "length": source.lengths[doc],
            "epoch": np.repeat(np.arange(len(uses), dtype=np.uint32), [len(d) for d, _ in uses]),
            "stage": np.searchsorted(bounds, first, "right").astype(np.uint32),
        }
    )


def _epoch(source: Source, epoch: int, base: int, total: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Documents of one epoch in order and the place of their first token, up to place `total`."""
    order = np.argsort(mix64(source.hashes ^ np.uint64(key(source.seed, source.name, "epoch", epoch))))
    lengths = source.lengths[order]
    first = base + np.cumsum(lengths) - lengths
    taken = int(np.searchsorted(first, total))
    return order[:taken], first[:taken]
