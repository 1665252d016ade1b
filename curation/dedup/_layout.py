"""All documents that `minhash` compares, in one row of positions, and the files by position and by rank that its phases fill.

First come those of the corpus, shard by shard; then those of an index (`curation/dedup/_index.py`); then planted copies
(`curation/dedup/_canaries.py`). Index and copies are files of the same columns, so that the phases know no difference. A document's rank is
its place in the order of preference.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from curate.step import Whole
from curation.dedup._files import Mapped, lifted, reserve

TYPES: dict[str, npt.DTypeLike] = {
    "ranks": np.int64,  # by position
    "real": np.bool_,  # by position: whether there is a bucket to decide
    "starts": np.int64,  # by position: where its shingles begin
    "lengths": np.int32,  # by position: how many shingles
    "bounds": np.int64,  # by position: where its id begins
    "ids": np.uint8,
    "at": np.int64,  # by rank: position
    "of": np.int64,  # by rank: rank of the document that it is a copy of, + 1
    "similar": np.float64,  # by rank
    "member": np.int64,  # by band and rank: place of the bucket
    "held": np.int64,  # by place: the documents of a bucket that stay
    "sets": np.uint64,
}


@dataclass(frozen=True)
class Layout:
    """starts: position of the first document of each part, and the number of all (parts + 1)."""

    corpus: Whole
    older: tuple[Path, ...] = ()
    planted: tuple[Path, ...] = ()
    starts: tuple[int, ...] = ()

    @property
    def parts(self) -> int:
        return self.corpus.count + len(self.older) + len(self.planted)

    @property
    def count(self) -> int:
        return self.starts[-1]

    @property
    def old(self) -> tuple[int, int]:
        """Positions of the documents of the index: first and last + 1."""
        return self.starts[self.corpus.count], self.starts[self.corpus.count + len(self.older)]

    def file(self, part: int) -> Path | None:
        return (*self.older, *self.planted)[part - self.corpus.count] if part >= self.corpus.count else None

    def columns(self, part: int, *columns: str) -> pl.DataFrame:
        file = self.file(part)
        return pl.read_parquet(file, columns=list(columns)) if file else self.corpus.shard(part, *columns)

    def measured(self) -> Layout:
        heights = [self.columns(part, "shingles").height for part in range(self.parts)]
        return replace(self, starts=tuple(np.concatenate([[0], np.cumsum(heights, dtype=np.int64)]).tolist()))

    def path(self, name: str) -> Path:
        return self.corpus.scratch / name

    def reserve(self, name: str, count: int, *, holes: bool = False) -> None:
        reserve(self.path(name), TYPES[name], count, holes=holes)

    def open(self, name: str) -> Mapped:
        """A file to write to."""
        return Mapped(self.path(name), TYPES[name])

    def read(self, name: str, start: int, stop: int) -> npt.NDArray[Any]:
        width = np.dtype(TYPES[name]).itemsize
        return np.fromfile(self.path(name), TYPES[name], stop - start, offset=start * width)

    def lift(
        self, name: str, starts: npt.NDArray[np.int64], lengths: npt.NDArray[np.int64] | int = 1
    ) -> npt.NDArray[Any]:
        """Values of a file, or runs of values, one after another."""
        return lifted(self.path(name), TYPES[name], starts, lengths)

    def positions(self, part: int) -> slice:
        return slice(self.starts[part], self.starts[part + 1])


def slices(sizes: npt.NDArray[np.int64], most: int) -> Iterator[slice]:
    """Runs of rows whose sizes sum to `most` or less, at least one row each."""
    ends = np.concatenate([[0], np.cumsum(sizes)])
    row = 0
    while row < len(sizes):
        stop = max(row + 1, int(np.searchsorted(ends, ends[row] + most, "right")) - 1)
        yield slice(row, stop)
        row = stop


def listed(sets: npt.NDArray[np.uint64], ends: npt.NDArray[np.int64]) -> pl.Series:
    """Sets that stand one after another as a column `set`, List(UInt64)."""
    import pyarrow as pa

    made: Any = pl.from_arrow(pa.LargeListArray.from_arrays(pa.array(ends), pa.array(sets)))
    return pl.Series("set", made, pl.List(pl.UInt64))
