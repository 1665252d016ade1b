"""Arrays in files that are mapped into memory: several processes fill one, and what was touched of it can be let go."""

from __future__ import annotations

import mmap
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt


def reserve(path: Path, dtype: npt.DTypeLike, count: int) -> None:
    """A file of so many zeros, which takes no room on the disk before they are written to."""
    with path.open("wb") as file:
        file.truncate(max(1, count) * np.dtype(dtype).itemsize)


class Mapped:
    """The `array` in a file. What is written to it is the file's, also of pages that were let go."""

    def __init__(self, path: Path, dtype: npt.DTypeLike, count: int) -> None:
        with path.open("r+b") as file:
            self.memory = mmap.mmap(file.fileno(), 0)
        self.array: npt.NDArray[Any] = np.frombuffer(self.memory, dtype)[:count]

    def let_go(self) -> None:
        """Give back the memory that pages of the file take in this process; they come again where they are touched."""
        if hasattr(mmap, "MADV_DONTNEED"):
            self.memory.madvise(mmap.MADV_DONTNEED)
