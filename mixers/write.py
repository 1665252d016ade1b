"""The files of a mixture, and how tokens get to their places in them.

    windows-00000.bin   windows one after another, seq_len ids each, little-endian uint16 or uint32, unused places filled with the pad id
    segments.npy        (segments,) uint32: lengths of the documents, or pieces of documents, in order of window and offset
    windows.npy         (windows + 1,) int64: where each window's segments start in segments.npy
    groups.npy          (windows,) uint16: the group (stage and source) of each window, numbered as in mixture.json
    index.parquet       one row per segment: window, shard, offset, length, source, id, start, epoch, stage
    mixture.json        what it is, what was asked and what it holds; sizes and sha256 of the files above

The three .npy files are what training reads, by numpy alone; the index is for people and `trace`. Window `w` of the files is place
`w` of the first epoch, so training reads them in sequence. Shards are filled with padding by plain writes first, so that a full disk
is an error and not a signal, and then tokens are scattered into them as they come, corpus shard by corpus shard, in any order.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from curate.errors import CurateError
from curate.identity import file_sha256
from curate.step import Corpus
from mixers.native import lists, native
from mixers.select import Source

SHARD_BYTES = 1 << 29
ROW_GROUP = 1 << 17
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


@native
def _scatter(target: np.ndarray, values: np.ndarray, source: np.ndarray, place: np.ndarray, length: np.ndarray) -> None:
    for s in range(len(source)):
        for i in range(length[s]):
            target[place[s] + i] = values[source[s] + i]


class Shards:
    """The window files of one mixture, open for scattering."""

    def __init__(
        self, out: Path, windows: int, seq_len: int, vocab: int, pad: int, shard_bytes: int = SHARD_BYTES
    ) -> None:
        self.seq_len, self.vocab, self.dtype = seq_len, vocab, token_type(vocab)
        self.per_shard = max(1, shard_bytes // (seq_len * self.dtype.itemsize))
        self.sizes = [min(self.per_shard, windows - w) for w in range(0, windows, self.per_shard)]
        self.paths = [out / f"windows-{n:05d}.bin" for n in range(len(self.sizes))]
        for path, size in zip(self.paths, self.sizes, strict=True):
            self._fill(path, size * seq_len, pad)

    def _fill(self, path: Path, tokens: int, pad: int) -> None:
        block = np.full(min(tokens, 1 << 22), pad, self.dtype)
        with path.open("wb") as file:
            for start in range(0, tokens, len(block)):
                file.write(block[: tokens - start].data)

    def put(self, corpus: Corpus, source: Source, segments: pl.DataFrame) -> pl.DataFrame:
        """Second pass over a corpus: write its tokens, return its segments with the `id` of each.

        segments: doc, start, length, place (in tokens, over all windows), and what else the index needs; any order. Raises
        CurateError where a document is not as the first pass saw it, or an id lies outside the vocabulary.
        """
        segments = segments.sort("doc", "place")
        docs = segments["doc"].to_numpy()
        names = [pl.DataFrame(schema={"doc": pl.Int64, "id": pl.String})]
        for shard in corpus.shards("id", "tokens"):
            number = source.numbers(shard["id"])
            low, high = np.searchsorted(docs, number), np.searchsorted(docs, number, "right")
            wanted = np.flatnonzero((number >= 0) & (high > low))
            values, bounds = lists(shard["tokens"])
            self._check(source, values, np.diff(bounds)[wanted], number[wanted])
            counts = (high - low)[wanted]
            rows = np.repeat(low[wanted] - np.cumsum(counts) + counts, counts) + np.arange(counts.sum())
            self._write(values, np.repeat(bounds[wanted], counts), segments[rows])
            names.append(pl.DataFrame({"doc": number[wanted], "id": shard["id"].gather(wanted)}))
        return segments.join(pl.concat(names), on="doc", how="left", maintain_order="left")

    def _check(
        self, source: Source, values: NDArray[np.uint32], found: NDArray[np.int64], number: NDArray[np.int64]
    ) -> None:
        if not np.array_equal(found, source.lengths[number]):
            raise CurateError("n_tokens is not the length of tokens", where=source.name)
        if values.size and int(values.max()) >= self.vocab:
            raise CurateError(f"token {int(values.max())} is not in the tokenizer's {self.vocab:,}", where=source.name)

    def _write(self, values: NDArray[np.uint32], first: NDArray[np.int64], segments: pl.DataFrame) -> None:
        order = np.argsort(segments["place"].to_numpy())
        place, start, length = (segments[c].to_numpy()[order] for c in ("place", "start", "length"))
        size = self.per_shard * self.seq_len
        edges = np.searchsorted(place, np.arange(len(self.paths) + 1) * size)
        for n in np.flatnonzero(np.diff(edges)):
            part = slice(edges[n], edges[n + 1])
            target = np.memmap(self.paths[n], self.dtype, "r+")
            _scatter(np.asarray(target), values, first[order][part] + start[part], place[part] - n * size, length[part])

    def index(self, segments: pl.DataFrame) -> pl.DataFrame:
        """Rows of index.parquet, sorted by window and offset."""
        size, length = self.per_shard * self.seq_len, self.seq_len
        columns = segments.sort("place").with_columns(
            window=pl.col("place") // length, shard=pl.col("place") // size, offset=pl.col("place") % size
        )
        return columns.select(pl.col(name).cast(kind) for name, kind in INDEX.items())


def write_index(out: Path, index: pl.DataFrame, groups: NDArray[np.int64]) -> None:
    """index.parquet and the three arrays that training reads. groups: (windows,) group of each window."""
    index.rechunk().write_parquet(
        out / "index.parquet", compression="zstd", compression_level=3, row_group_size=ROW_GROUP
    )
    np.save(out / "segments.npy", index["length"].to_numpy().astype("<u4"))
    np.save(out / "windows.npy", np.searchsorted(index["window"].to_numpy(), np.arange(len(groups) + 1)).astype("<i8"))
    np.save(out / "groups.npy", groups.astype("<u2"))


def write_facts(out: Path, facts: dict[str, Any], names: Sequence[str]) -> dict[str, Any]:
    """mixture.json: the facts, and size and digest of every other file, so that a torn copy is noticed when it is opened."""
    files = {name: {"bytes": (out / name).stat().st_size, "sha256": file_sha256(out / name)} for name in sorted(names)}
    whole = {**facts, "files": files}
    (out / "mixture.json").write_text(json.dumps(whole, indent=1, sort_keys=True, allow_nan=False) + "\n", "utf-8")
    return whole
