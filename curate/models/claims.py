"""Claims: who asks for a reply now, so that processes which want the same one at the same time pay for it once.

A claim is a POSIX record lock of one byte of a file, at the place that the first 62 bits of the key say. There are `FILES` files, because the
system looks through all locks of a file for each new one. Nothing is written, and the system
lets go of it when its process dies, however it dies. Nobody waits while holding a claim that depends on another's, so there is no deadlock.

These locks belong to a process and end when any of its handles of the file is closed, so each process opens a file once; threads of a
process keep each other out by a table. Where a filesystem has no locks, two processes may pay for the same reply. Left out: fairness.
"""

from __future__ import annotations

import fcntl
import os
import threading
from collections.abc import Iterable
from pathlib import Path

from curate.models.journal import NO_LOCKS

FILES = 16


class Claims:
    """The claims of this process on the replies of one model."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.handles: dict[str, int] = {}
        self.held: dict[bytes, tuple[int, int]] = {}
        """Key -> the thread that has it, and how many times."""

    def take(self, keys: Iterable[bytes]) -> list[bytes]:
        """Those of the keys that this thread may ask for now. What it is asking for already is among them: it can't wait for itself."""
        return [key for key in keys if self._take(key)]

    def _take(self, key: bytes) -> bool:
        here = threading.get_ident()
        thread, times = self.held.get(key, (here, 0))
        if thread != here or not (times or self._lock(key, fcntl.LOCK_EX | fcntl.LOCK_NB)):
            return False
        self.held[key] = (here, times + 1)
        return True

    def release(self, key: bytes) -> None:
        thread, times = self.held.pop(key)
        if times > 1:
            self.held[key] = (thread, times - 1)
        else:
            self._lock(key, fcntl.LOCK_UN)

    def _lock(self, key: bytes, how: int) -> bool:
        try:
            fcntl.lockf(self._handle(f"claims-{key[-1] % FILES:x}"), how, 1, int.from_bytes(key[:8], "big") >> 2)
        except OSError as error:
            return error.errno in NO_LOCKS
        return True

    def _handle(self, name: str) -> int:
        if name not in self.handles:
            self.handles[name] = os.open(self.folder / name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        return self.handles[name]

    @property
    def here(self) -> bool:
        """Whether the files are still where they were: a store may be deleted and made again."""
        return all(os.fstat(handle).st_nlink for handle in self.handles.values())

    def close(self) -> None:
        while self.handles:
            os.close(self.handles.popitem()[1])
