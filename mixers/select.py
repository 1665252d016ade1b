"""Which documents of a corpus a mixture uses, in which order and in which epoch, decided by hashes of their ids alone.

The documents of a corpus are numbered by a keyed hash of the id; epoch e visits them in order of a second hash keyed by e. A stage
starts where the one before stopped, and no document returns before its epoch is over. Only a hash and a length are held per document
(12 bytes), so neither the split into shards nor their order can show, and ids and tokens are met again only while being written.
"""

from __future__ import annotations

import functools
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
    lengths: NDArray[np.uint32]

    @functools.cached_property
    def tokens(self) -> int:
        return int(self.lengths.sum(dtype=np.int64))

    def some(self, wanted: NDArray[np.bool_]) -> Source:
        """A part of its documents, numbered anew."""
        return Source(self.name, self.seed, self.hashes[wanted], self.lengths[wanted])

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
    hashes, lengths = [np.zeros(0, np.uint64)], [np.zeros(0, np.uint32)]
    for shard in corpus.shards("id", "n_tokens"):
        some = shard.filter(pl.col("n_tokens") > 0)
        hashes.append(keyed_hash(some["id"], key(seed, name)))
        lengths.append(some["n_tokens"].cast(pl.UInt32).to_numpy())
    every, length = np.concatenate(hashes), np.concatenate(lengths)
    order = np.argsort(every)
    every = every[order]
    if (every[1:] == every[:-1]).any():
        raise CurateError(
            "two documents have the same id (or, once in a blue moon, the same hash: then change the seed)", where=name
        )
    return Source(name, seed, every, length[order])


def choose(source: Source, asked: Sequence[int], most: int | None = None) -> pl.DataFrame:
    """Uses of documents in order: `doc` (number), `length`, `epoch`, `stage`, all UInt32; `asked` is the budget of each stage in tokens.

    None is cut. A document belongs to the stage in which its middle falls, so that the tokens up to the end of each stage are the nearest
    that whole documents give: at most half a document more or less than asked, and a stage by itself at most a whole one. Two things come
    first: no more than `most` tokens in all, and at least one document where any is asked for and `most` allows it.
    """
    ends = 2 * np.cumsum(
        np.asarray(asked, np.int64)
    )  # twice, because the middle of a document may lie between two tokens
    size = source.tokens
    epochs = -(-int(ends[-1]) // (2 * size)) if size else 0
    parts = [_epoch(source, e, int(ends[-1]), most) for e in range(epochs)]
    doc = np.concatenate([d for d, _ in parts] or [np.zeros(0, np.uint32)])
    middle = np.concatenate([m for _, m in parts] or [np.zeros(0, np.int64)])
    last = int(np.flatnonzero(asked).max(initial=0))
    return pl.DataFrame(
        {
            "doc": doc,
            "length": source.lengths[doc],
            "epoch": np.repeat(np.arange(epochs, dtype=np.uint32), [len(d) for d, _ in parts]),
            "stage": np.minimum(np.searchsorted(ends, middle), last).astype(np.uint32),
        }
    )


def first_epoch(source: Source, tokens: int, most: int) -> NDArray[np.uint32]:
    """The first documents of the first epoch, up to the nearest to so many tokens, but to no more than `most`; at least one."""
    nearest, fitting = (_epoch(source, 0, 2 * tokens, limit)[0] for limit in (None, most))
    return nearest[: max(1, len(fitting))]


def _epoch(source: Source, epoch: int, end: int, most: int | None) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
    """Documents of one epoch in order and twice the place of their middle, up to `end`, which is twice a place."""
    order = np.argsort(mix64(source.hashes ^ np.uint64(key(source.seed, source.name, "epoch", epoch))))
    lengths = source.lengths[order]
    until = epoch * source.tokens + np.cumsum(lengths, dtype=np.int64)
    middle = 2 * until - lengths
    taken = max(int(np.searchsorted(middle, end, "right")), epoch == 0)
    if most is not None:
        taken = min(taken, int(np.searchsorted(until, most, "right")))
    return order[:taken].astype(np.uint32), middle[:taken]
