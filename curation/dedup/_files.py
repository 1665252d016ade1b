"""Arrays in files: read by ranges, and written through memory, by several processes at once.

Linux brings as much as 2 MB of a file into the memory of a process for one byte that is read of a mapping. So a mapping is only written to,
where it brings a page, and ranges are read: neighbours as one.
"""

from __future__ import annotations

import mmap
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.int64]
GAP = 1 << 14
"""Bytes between two ranges that are rather read than left out."""
SPAN = 1 << 22
"""Bytes that are read as one, at most, where a range is not longer itself."""
PAGE = 1 << 12


def reserve(path: Path, dtype: npt.DTypeLike, count: int, *, holes: bool = False) -> None:
    """A file of so many zeros. OSError if the disk is too small for it: a full disk kills a process that writes through memory.

    holes: it takes room only where it is written to, for files that are not mapped.
    """
    size = max(1, count) * np.dtype(dtype).itemsize
    with path.open("wb") as file:
        file.truncate(size)
        if not holes and hasattr(os, "posix_fallocate"):
            os.posix_fallocate(file.fileno(), 0, size)


def append(file: BinaryIO, values: npt.NDArray[Any]) -> None:
    """Write an array where the file stands. OSError says why it cannot, which that of `numpy.ndarray.tofile` does not."""
    file.write(np.ascontiguousarray(values).data.cast("B") if values.size else b"")


class Mapped:
    """The `array` in a file, to write to. What is written is the file's, also where it was let go."""

    def __init__(self, path: Path, dtype: npt.DTypeLike) -> None:
        with path.open("r+b") as file:
            self.memory = mmap.mmap(file.fileno(), 0)
        self.array: npt.NDArray[Any] = np.frombuffer(self.memory, dtype)

    def let_go(self) -> None:
        """Give back the memory that pages of the file take in this process."""
        if hasattr(mmap, "MADV_DONTNEED"):
            self.memory.madvise(mmap.MADV_DONTNEED)

    def steps(self, count: int, memory: int) -> Iterator[slice]:
        """So few of `count` writes at a time that the pages they touch fit into memory; let go after each."""
        step = max(1, memory // PAGE)
        for start in range(0, count, step):
            yield slice(start, min(start + step, count))
            self.let_go()


def lifted(path: Path, dtype: npt.DTypeLike, starts: Numbers, lengths: Numbers | int) -> npt.NDArray[Any]:
    """Ranges of the array in a file, by start and length, one after another in the order that is asked for."""
    from curation.dedup import _minhash

    width = np.dtype(dtype).itemsize
    sizes = np.broadcast_to(np.asarray(lengths, np.int64) * width, starts.shape)
    to = np.concatenate([[0], np.cumsum(sizes)])
    out = np.empty(to[-1], np.uint8)
    order = np.argsort(starts, kind="stable")
    first_bytes, sizes, to = starts[order] * width, sizes[order], to[order]
    i = 0
    with path.open("rb") as file:
        while i < len(order):
            j, end = _minhash.span(first_bytes, sizes, i, GAP, SPAN)
            data = np.frombuffer(os.pread(file.fileno(), end - first_bytes[i], first_bytes[i]), np.uint8)
            _minhash.spread(data, first_bytes[i:j], sizes[i:j], first_bytes[i], to[i:j], out)
            i = j
    return out.view(dtype)
