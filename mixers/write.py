"""The files of a mixture, and how tokens get to their places in them.

    windows-00000.bin   windows one after another, seq_len ids each, little-endian uint16 or uint32, unused places filled with the pad id
    segments.npy        (segments,) uint32: lengths of the documents, or pieces of documents, in order of window and offset
    windows.npy         (windows + 1,) int64: where each window's segments start in segments.npy
    groups.npy          (windows,) uint16: the group (stage and source) of each window, numbered as in mixture.json
    masked.npy          (segments,) uint32: leading tokens of each segment that bear no loss; only where a corpus is masked
    index.parquet       one row per segment: window, shard, offset, length, source, id, start, epoch, stage
    mixture.json        what it is, what was asked and what it holds; sizes and sha256 of the files above

The .npy files are what training reads, by numpy alone; the index is for people and `trace`, and its rows are the segments in the same
order. Window `w` of the files is place `w` of the first epoch, so training reads them in sequence. Corpus shards come in any order:
their tokens and ids are first set aside by the shard of windows that they belong to (`mixers._aside`), and then one shard after another
is put together in memory and written from end to end. So no disk is written at random, a full one is an error and not a signal, ids are
held for one shard only, and twice the space of the mixture is needed while it is built.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Any

import numpy as np
import polars as pl
import pyarrow.parquet as pq
from numpy.typing import NDArray

from curate.errors import CurateError
from curate.identity import canonical, file_sha256
from mixers._aside import Aside, copy, starts_of
from mixers.native import OLDEST, lists
from mixers.select import Source

SHARD_BYTES = 1 << 28
ROW_GROUP = 1 << 15
INDEX = {
    "window": pl.UInt32,
    "shard": pl.UInt32,
    "offset": pl.UInt64,
    "length": pl.UInt32,
    "source": pl.String,
    "id": pl.String,
    "start": pl.UInt32,
    "epoch": pl.UInt32,
    "stage": pl.UInt32,
}
"""offset: of the segment in its shard, in tokens. start: of the segment in its document, in tokens."""


def token_type(vocab: int) -> np.dtype[Any]:
    """The narrowest of uint16 and uint32 for a vocabulary, little-endian."""
    return np.dtype("<u2" if vocab <= 1 << 16 else "<u4")


def _described(
    segments: pl.DataFrame, shard: pl.DataFrame, bounds: NDArray[np.int64], rows: NDArray[np.int64], number: int
) -> pl.DataFrame:
    """Segments with what their documents, rows of the corpus shard, say of them: id, first token among the values, tokens without loss."""
    heads = pl.lit(shard["n_masked"].gather(rows).fill_null(0) if "n_masked" in shard.columns else 0)
    return segments.with_columns(
        id=shard["id"].gather(rows),
        source=pl.lit(number, pl.UInt16),
        first=pl.Series(bounds[rows]) + pl.col("start"),
        masked=(heads.cast(pl.Int64) - pl.col("start").cast(pl.Int64)).clip(0, pl.col("length")).cast(pl.UInt32),
    )


class Array:
    """A .npy file of one dimension, written in parts."""

    def __init__(self, path: Path, dtype: str, count: int) -> None:
        self.file: IO[bytes] = path.open("wb")
        header = {"descr": dtype, "fortran_order": False, "shape": (count,)}
        np.lib.format.write_array_header_1_0(self.file, header)
        self.dtype = dtype

    def write(self, values: NDArray[Any]) -> None:
        self.file.write(values.astype(self.dtype).data)


class Filling:
    """The documents of one corpus on their way to their places: `take` each shard of it, then `end`.

    CurateError where a document is not as the first pass saw it, or an id lies outside the vocabulary.
    """

    def __init__(self, shards: Shards, source: Source, number: int, segments: pl.DataFrame) -> None:
        self.shards, self.source, self.number, self.segments = shards, source, number, segments
        self.docs = segments["doc"].to_numpy()
        self.found = self.without_loss = self.unmasked = 0

    def take(self, shard: pl.DataFrame) -> None:
        """Set the segments of a corpus shard aside; the others of its documents belong to somebody else."""
        values, bounds = lists(shard["tokens"])
        numbers = self.source.numbers(shard["id"])
        # As wide as `docs`, or numpy copies all of that; -1 becomes some number, and is left out below.
        narrow = numbers.astype(self.docs.dtype)
        low, high = np.searchsorted(self.docs, narrow), np.searchsorted(self.docs, narrow, "right")
        wanted = np.flatnonzero((numbers >= 0) & (high > low))
        self._check(values, np.diff(bounds)[wanted], numbers[wanted])
        counts = (high - low)[wanted]
        rows = np.repeat(low[wanted] - starts_of(counts), counts) + np.arange(counts.sum())
        some = _described(self.segments[rows], shard, bounds, np.repeat(wanted, counts), self.number)
        self.shards.aside.put(values, some)
        self.found, self.without_loss = self.found + some.height, self.without_loss + int(some["masked"].sum())
        self.unmasked += some.filter(pl.col("start") == 0, pl.col("masked") == 0).height

    def _check(self, values: NDArray[np.uint32], found: NDArray[np.int64], number: NDArray[np.int64]) -> None:
        if not np.array_equal(found, self.source.lengths[number]):
            raise CurateError("n_tokens is not the length of tokens", where=self.source.name)
        vocab = self.shards.vocab
        if values.size and int(values.max()) >= vocab:
            raise CurateError(f"token {int(values.max())} is not in the tokenizer's {vocab:,}", where=self.source.name)

    def end(self, masked: bool) -> dict[str, int]:
        """How many of its tokens bear no loss (`masked`); of a masked corpus also how many uses of documents have none of these."""
        gone = self.segments.height - self.found
        if gone:
            raise CurateError(f"{gone:,} pieces of documents are gone since lengths were read", where=self.source.name)
        self.shards.segments += self.found
        return {"masked": self.without_loss, **({"unmasked": self.unmasked} if masked else {})}


class Shards:
    """The window files of one mixture and all that stands beside them: `filling` of each corpus, then `finish`.

    sources: the names behind the numbers of `filling`. masked: whether any corpus has tokens without loss. Used as a context, which ends
    with what was set aside.
    """

    def __init__(
        self,
        out: Path,
        windows: int,
        seq_len: int,
        vocab: int,
        pad: int,
        sources: Sequence[str],
        *,
        masked: bool = False,
    ) -> None:
        self.out, self.seq_len, self.vocab, self.pad, self.masked = out, seq_len, vocab, pad, masked
        self.sources = pl.Series(sources, dtype=pl.String)
        self.dtype = token_type(vocab)
        self.per_shard = max(1, SHARD_BYTES // (seq_len * self.dtype.itemsize))
        self.sizes = [min(self.per_shard, windows - w) for w in range(0, windows, self.per_shard)]
        self.names = [f"windows-{n:05d}.bin" for n in range(len(self.sizes))]
        self.windows, self.segments = windows, 0

    def __enter__(self) -> Shards:
        self.aside = Aside(self.out, self.dtype, len(self.sizes), self.per_shard * self.seq_len, self.seq_len)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.aside.close()

    def filling(self, source: Source, number: int, segments: pl.DataFrame) -> Filling:
        """Begin the second pass over a corpus, the `number`-th of the sources.

        segments: doc, start, length, place (in tokens, over all windows), epoch and stage; any order.
        """
        return Filling(self, source, number, segments.sort("doc", "place"))

    def finish(self, groups: NDArray[np.uint16]) -> list[str]:
        """Put the shards together one by one; the names of all files. groups: (windows,) group of each window."""
        self.aside.seal()
        lengths = Array(self.out / "segments.npy", "<u4", self.segments)
        starts = Array(self.out / "windows.npy", "<i8", self.windows + 1)
        heads = Array(self.out / "masked.npy", "<u4", self.segments) if self.masked else None
        schema = pl.DataFrame(schema=INDEX).to_arrow(compat_level=OLDEST).schema
        done = 0
        index = pq.ParquetWriter(self.out / "index.parquet", schema, compression="zstd", use_dictionary=["source"])
        try:
            for n in range(len(self.sizes)):
                rows = self._assembled(n)
                index.write_table(self._index(rows, n).to_arrow(compat_level=OLDEST), ROW_GROUP)
                lengths.write(rows["length"].to_numpy())
                edges = n * self.per_shard + np.arange(self.sizes[n])
                starts.write(done + np.searchsorted(rows["place"].to_numpy(), edges * self.seq_len))
                if heads:
                    heads.write(rows["masked"].to_numpy())
                done += rows.height
            starts.write(np.array([done]))
        finally:
            index.close()
            for array in (lengths, starts, heads):
                if array:
                    array.file.close()
        np.save(self.out / "groups.npy", groups.astype("<u2"))
        arrays = ["segments.npy", "windows.npy", "groups.npy", *(["masked.npy"] if heads else [])]
        return [*self.names, "index.parquet", *arrays]

    def _assembled(self, n: int) -> pl.DataFrame:
        """Write one shard of windows; its segments in order of their places."""
        tokens, rows = self.aside.take(n)
        target = np.full(self.sizes[n] * self.seq_len, self.pad, self.dtype)
        length = rows["length"].to_numpy()
        copy(target, rows["place"].to_numpy() - n * self.per_shard * self.seq_len, tokens, starts_of(length), length)
        with (self.out / self.names[n]).open("wb") as file:
            file.write(target.data)
        return rows.sort("place")

    def _index(self, rows: pl.DataFrame, n: int) -> pl.DataFrame:
        """Rows of index.parquet."""
        columns = rows.with_columns(
            window=pl.col("place") // self.seq_len,
            shard=pl.lit(n),
            offset=pl.col("place") - n * self.per_shard * self.seq_len,
            source=self.sources.gather(rows["source"]),
        )
        return columns.select(pl.col(name).cast(kind) for name, kind in INDEX.items()).rechunk()


def write_facts(out: Path, facts: dict[str, Any], names: Sequence[str]) -> dict[str, Any]:
    """mixture.json: the facts, size and digest of every other file, and a digest of all that it says itself (`facts_sha256`)."""
    files = {name: {"bytes": (out / name).stat().st_size, "sha256": file_sha256(out / name)} for name in sorted(names)}
    whole = {**facts, "files": files}
    whole["facts_sha256"] = hashlib.sha256(canonical(whole)).hexdigest()
    (out / "mixture.json").write_text(json.dumps(whole, indent=1, sort_keys=True, allow_nan=False) + "\n", "utf-8")
    return whole
