"""A folder that is written beside its place and moved there when it is whole.

An export that is stopped, by Ctrl-C, a full disk or kill -9, leaves nothing that looks like one: files lie in `.NAME.partial` beside the
folder's place until all of them are on disk, and one rename makes them the folder. What a killed export left behind is emptied by the next
one to the same place; a lock, which dies with its process, keeps two at once apart. Files are those of `curate/digested.py`.
Left out: writing to a bucket (copy the folder, or let the trainer's own tool do it), and adding to a folder that holds something.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from curate.artifact import sync_folder
from curate.digested import File, writing
from curate.errors import CurateError

FACTS = "export.json"


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
        with writing(path):
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
    with writing(to):
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
    with writing(to):
        if to.is_symlink() or (to.exists() and (not to.is_dir() or os.path.ismount(to) or any(to.iterdir()))):
            raise CurateError("is there already; name a folder that is not, nothing was written", where=str(to))


def _take(lock: int, to: Path) -> None:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise CurateError("another export is writing it", where=str(to)) from None


def _empty(folder: Path) -> None:
    """Take away what a killed export left."""
    with writing(folder):
        for path in folder.iterdir():
            shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()


def _move(partial: Path, to: Path) -> None:
    with writing(to):
        for folder in (partial, *(p for p in partial.iterdir() if p.is_dir())):
            sync_folder(folder)
        os.rename(partial, to)  # also over an empty folder; fails if something came there meanwhile
        sync_folder(to.parent)
