"""A file whose SHA-256 is taken while it is written: what is sent or handed on need not be read again to be named.

Any error of the disk is one line that names the file. Left out: a temporary name (`curate.artifact.replace_file`), for these files lie in
folders that are moved or sent only when they are whole.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from curate.errors import CurateError


@contextlib.contextmanager
def writing(path: Path) -> Iterator[None]:
    """CurateError for what the disk refuses."""
    try:
        yield
    except OSError as error:
        raise CurateError(f"cannot be written: {error.strerror}", where=str(path)) from None


class File(io.RawIOBase):
    """One new file under way; `size` and `sha256` are those of what has been written.

    durable=False leaves out the fsync, for a file that is read again at once and then deleted.
    """

    def __init__(self, path: Path, *, durable: bool = True) -> None:
        super().__init__()
        self.path, self.size, self.sha256, self._durable = path, 0, hashlib.sha256(), durable
        with writing(path):
            self._file = path.open("wb", buffering=1 << 20)

    def writable(self) -> bool:
        return True

    def tell(self) -> int:
        return self.size

    def write(self, data: Any) -> int:
        """All of the data, bytes or a contiguous buffer. CurateError if the disk is full."""
        flat = memoryview(data).cast("B")
        self.sha256.update(flat)
        with writing(self.path):
            self._file.write(flat)
        self.size += len(flat)
        return len(flat)

    def close(self) -> None:
        """What is still held back goes to the file, and that to the disk."""
        if not self.closed:
            with writing(self.path), self._file:
                self._file.flush()
                if self._durable:
                    os.fsync(self._file.fileno())
        super().close()
