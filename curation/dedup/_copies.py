"""Documents with the same digest: which copy stays, in memory, or by ranges of the digest outside it.

A digest is 128 bits of SHA-256, so ranges of equal width hold about equally many texts, whatever somebody wrote. Each shard is written once
more to `corpus.scratch`, sorted by digest; a range is a slice of each of these files. In a range only those digests are looked at
further that stand there more than once, and the copies of one text that is everywhere (the empty one) never stand in memory together.
"""

from __future__ import annotations

import functools
import itertools
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from curate.step import Whole

DIGEST = ("digest_high", "digest_low")
WORKING = 4
"""So many times its own bytes a range takes while it is sorted and joined."""
LEAST = 1 << 12
"""Bytes of a range, below which more files would not make it smaller."""
MOST = 1 << 28
"""Bytes of a range, above which it is no quicker: smaller ones are nearer to the processor, and several workers share them."""
WIDTH = 64


def digested(data: npt.NDArray[np.uint8], bounds: npt.NDArray[np.int64]) -> list[pl.Series]:
    """First 128 bits of the SHA-256 of texts (UTF-8 one after another, and where each begins, and the end), as two columns of UInt64.

    A Python object for each, half a microsecond: the hash itself is the processor's own, several times as fast as a loop that is
    compiled here.
    """
    view = data.data
    joined = b"".join([sha256(view[a:b]).digest()[:16] for a, b in itertools.pairwise(bounds.tolist())])
    halves = np.frombuffer(joined, ">u8").astype(np.uint64).reshape(-1, 2)
    return [pl.Series(name, halves[:, i]) for i, name in enumerate(DIGEST)]


def copies(corpus: Whole, keep_order: Sequence[str], name: str, earlier: Sequence[Path] = ()) -> Iterator[pl.DataFrame]:
    """`id` and the column `name` of every document that has the digest of a better one: the id of the best. Null digests are of no text.

    keep_order: columns that say which copy is best, the first one first; larger is better, null is worst, and among equals the
    smallest id stays. earlier: files of `id` and digests, sorted by digest, of documents that are better than all of the corpus; of equals
    among them the smallest id is named, and that a document has it itself makes it no less of a copy.
    """
    yield pl.DataFrame(
        schema={"id": pl.String, name: pl.String}
    )  # what planning asks for, and what no copies at all are
    held: list[pl.DataFrame] = []
    size = 0
    for frame in corpus.shards(*_columns(keep_order)):
        frame = frame.drop_nulls(DIGEST)
        if frame.height:
            held.append(frame)
            size += int(frame.estimated_size())
        if size * WORKING > min(MOST, corpus.memory):
            held.clear()
            yield from _outside(corpus, tuple(keep_order), name, tuple(earlier))
            return
    if size:
        every = pl.concat(held)
        before = [functools.partial(ranged, path, 0, 0) for path in earlier]
        yield from _copies([lambda: every], keep_order, name, before)


def _columns(keep_order: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(("id", *keep_order, *DIGEST)))


def _outside(
    corpus: Whole, keep_order: tuple[str, ...], name: str, earlier: tuple[Path, ...]
) -> Iterator[pl.DataFrame]:
    corpus.each(Spill(corpus, keep_order), corpus.count)
    size = sum(path.stat().st_size for path in (*_spilled(corpus), *earlier))
    bits = max(1, (size * WORKING // max(LEAST, min(MOST, corpus.memory))).bit_length())
    corpus.each(Range(corpus, keep_order, name, bits, earlier), 1 << bits)
    for path in sorted(corpus.scratch.glob("copies-*.arrow")):
        with pa.memory_map(str(path)) as file:
            reader = pa.ipc.open_file(file)
            for i in range(reader.num_record_batches):
                yield pl.DataFrame(pl.from_arrow(pa.Table.from_batches([reader.get_batch(i)])))


def _spilled(corpus: Whole) -> list[Path]:
    return [corpus.scratch / f"digests-{rank:05d}.arrow" for rank in range(corpus.count)]


@dataclass(frozen=True)
class Spill:
    """Phase 1: a shard sorted by digest, in a file of which any part can be read."""

    corpus: Whole
    keep_order: tuple[str, ...]

    def __call__(self, rank: int) -> None:
        docs = self.corpus.shard(rank, *_columns(self.keep_order)).drop_nulls(DIGEST).sort(DIGEST)
        write(_spilled(self.corpus)[rank], [docs])


@dataclass(frozen=True)
class Range:
    """Phase 2: the copies in one of 2**bits ranges of the digest."""

    corpus: Whole
    keep_order: tuple[str, ...]
    name: str
    bits: int
    earlier: tuple[Path, ...] = ()

    def __call__(self, rank: int) -> None:
        parts, before = (
            [functools.partial(ranged, path, rank, self.bits) for path in paths]
            for paths in (_spilled(self.corpus), self.earlier)
        )
        write(self.corpus.scratch / f"copies-{rank:08d}.arrow", _copies(parts, self.keep_order, self.name, before))


def ranged(path: Path, rank: int, bits: int) -> pl.DataFrame:
    """Rows of one file that is sorted by digest, with digests in one of 2**bits ranges."""
    with pa.memory_map(str(path)) as file:
        docs = pa.ipc.open_file(file).read_all()
        high = docs[DIGEST[0]].to_numpy()
        bounds = np.array([rank << (WIDTH - bits), ((rank + 1) << (WIDTH - bits)) - 1], np.uint64)
        start, end = high.searchsorted(bounds[0], "left"), high.searchsorted(bounds[1], "right")
        return pl.DataFrame(pl.from_arrow(docs.slice(start, end - start)))


def _copies(
    parts: Sequence[Callable[[], pl.DataFrame]],
    keep_order: Sequence[str],
    name: str,
    earlier: Sequence[Callable[[], pl.DataFrame]] = (),
) -> Iterator[pl.DataFrame]:
    """Copies among all rows of some parts, part by part. Each part is asked for three times, so that none need be held."""
    counts = pl.concat([part().group_by(DIGEST).agg(count=pl.len()) for part in parts])
    if len(parts) > 1:
        counts = counts.group_by(DIGEST).agg(pl.col("count").sum())
    several = counts.filter(pl.col("count") > 1).select(DIGEST)
    known = _known(earlier, counts.select(DIGEST))
    del counts
    some = (part().join(several, on=DIGEST, how="semi") for part in parts)
    best = _best((_best([docs], keep_order) for docs in some), keep_order)
    kept = best.select(*DIGEST, pl.col("id").alias(name), again=True).join(known, on=DIGEST, how="anti")
    kept = pl.concat([kept, known.select(*DIGEST, pl.col("id").alias(name), again=False)])
    for part in parts:
        found = part().select("id", *DIGEST).join(kept, on=DIGEST)
        yield found.filter((pl.col("id") != pl.col(name)) | ~pl.col("again")).select("id", name).sort("id")


def _known(earlier: Sequence[Callable[[], pl.DataFrame]], wanted: pl.DataFrame) -> pl.DataFrame:
    """Of the digests wanted those that earlier files have, with the smallest id."""
    columns = ["id", *DIGEST]
    some = [part().select(columns).join(wanted, on=DIGEST, how="semi") for part in earlier]
    empty = wanted.clear().with_columns(id=pl.lit(None, pl.String)).select(columns)
    return _best([empty, *some], ())


def _best(frames: Iterable[pl.DataFrame], keep_order: Sequence[str]) -> pl.DataFrame:
    """The best row of each digest."""
    down = [*([True] * len(keep_order)), False]
    ranked = pl.concat(list(frames)).sort([*keep_order, "id"], descending=down, nulls_last=True)
    return ranked.unique(DIGEST, keep="first", maintain_order=True)


def write(path: Path, frames: Iterable[pl.DataFrame]) -> None:
    """Frames of one schema as the batches of an Arrow file, which is there when all of it is."""
    draft = path.with_suffix(f".{os.getpid()}.draft")
    with pa.OSFile(str(draft), "wb") as sink:  # not compressed, so that a part of it can be read
        writer = None
        for frame in frames:
            table = frame.to_arrow(compat_level=pl.CompatLevel.oldest()).combine_chunks()
            writer = writer or pa.ipc.new_file(sink, table.schema)
            writer.write_table(table)
        assert writer, "no frame"
        writer.close()
    draft.replace(path)
