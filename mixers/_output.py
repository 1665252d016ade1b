"""A folder that is written beside its place and moved there when it is whole.

An export that is stopped, by Ctrl-C, a full disk or kill -9, leaves nothing that looks like one: files lie in `.NAME.partial` beside the
folder's place until all of them are on disk, and one rename makes them the folder. What a killed export left behind is emptied by the next
one to the same place; a lock, which dies with its process, keeps two at once apart. Each file's SHA-256 is taken while it is written.
Left out: writing to a bucket (copy the folder, or let the trainer's own tool do it), and adding to a folder that holds something.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import io
import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from curate.artifact import sync_folder
from curate.errors import CurateError

FACTS = "export.json"


class File(io.RawIOBase):
    """One file under way: what is written goes to disk and into its digest."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path, self.size, self.sha256 = path, 0, hashlib.sha256()
        with _writing(path):
            self._file = path.open("wb", buffering=1 << 20)

    def writable(self) -> bool:
        return True

    def tell(self) -> int:
        return self.size

    def write(self, data: Any) -> int:
        """All of the data, bytes or a contiguous buffer. CurateError if the disk is full."""
        flat = memoryview(data).cast("B")
        self.sha256.update(flat)
        with _writing(self.path):
            self._file.write(flat)
        self.size += len(flat)
        return len(flat)

    def close(self) -> None:
        """Put it on disk."""
        if not self.closed:
            with _writing(self.path), self._file:
                self._file.flush()
                os.fsync(self._file.fileno())
        super().close()


class Output:
    """The folder under way."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.files: dict[str, dict[str, Any]] = {}
        """Name -> bytes and sha256 of each file that is whole."""

    @contextlib.contextmanager
    def file(self, name: str) -> Iterator[File]:
        """A new file; `name` may lie in a folder. It is noted in `files` when the block ends."""
        path = self.folder / name
        with _writing(path):
            path.parent.mkdir(exist_ok=True)
        with File(path) as file:
            yield file
        self.files[name] = {"bytes": file.size, "sha256": file.sha256.hexdigest()}

    def write(self, name: str, data: bytes) -> None:
        """A small file at once."""
        with self.file(name) as file:
            file.write(data)

    def copy(self, name: str, source: Path) -> None:
        """A file as it is."""
        with self.file(name) as file, source.open("rb") as read:
            while block := read.read(1 << 22):
                file.write(block)

    def write_facts(self, facts: dict[str, Any]) -> dict[str, Any]:
        """export.json: the facts, and size and digest of every other file."""
        whole = {**facts, "files": dict(sorted(self.files.items()))}
        self.write(FACTS, (json.dumps(whole, indent=1, sort_keys=True, allow_nan=False) + "\n").encode())
        return whole


@contextlib.contextmanager
def output(to: Path) -> Iterator[Output]:
    """An `Output` that becomes the folder `to` when the block ends, and nothing if it fails.

    CurateError if something is there already, the place cannot be written, or another export is writing it.
    """
    to = Path(os.path.abspath(to))
    _refuse_taken(to)
    partial = to.with_name(f".{to.name}.partial")
    with _writing(to):
        to.parent.mkdir(parents=True, exist_ok=True)
        partial.mkdir(exist_ok=True)
        lock = os.open(partial, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)  # a link would lead to what others own
    try:
        _take(lock, to)
        try:
            _empty(partial)
            yield Output(partial)
            _move(partial, to)
        except BaseException:
            shutil.rmtree(partial, ignore_errors=True)
            raise
    finally:
        os.close(lock)


def _refuse_taken(to: Path) -> None:
    with _writing(to):
        if to.is_symlink() or (to.exists() and (not to.is_dir() or os.path.ismount(to) or any(to.iterdir()))):
            raise CurateError("is there already; name a folder that is not, nothing was written", where=str(to))


def _take(lock: int, to: Path) -> None:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise CurateError("another export is writing it", where=str(to)) from None


def _empty(folder: Path) -> None:
    """Take away what a killed export left."""
    with _writing(folder):
        for path in folder.iterdir():
            shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()


def _move(partial: Path, to: Path) -> None:
    with _writing(to):
        for folder in (partial, *(p for p in partial.iterdir() if p.is_dir())):
            sync_folder(folder)
        os.rename(partial, to)  # also over an empty folder; fails if something came there meanwhile
        sync_folder(to.parent)


@contextlib.contextmanager
def _writing(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise CurateError(f"cannot be written: {error.strerror}", where=str(path)) from None
