"""Journals of the reply store: a reply is in one before anybody sees it, so that a process that is killed loses none that it received.

A journal is a text file that one process appends to, one line a reply, each written by one call: checksum (CRC-32), key, and the rest as
JSON. Others read it while it grows. A line that is torn or altered is passed over: its reply is asked for again. The writer holds a lock
on its journal, which ends with the process, so others can tell a journal whose writer died.

Left out: an fsync for each reply. A power loss (not a kill) can take the replies of the last few seconds that are in no segment.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
import re
import secrets
import zlib
from collections.abc import Iterator
from pathlib import Path

from curate.errors import CurateError
from curate.models.segments import Row

NAME = re.compile(r"journal-[0-9]+-[0-9a-f]{8}")
KEY = slice(9, 73)
"""Where a line has its key, in hexadecimal."""
CHUNK = 1 << 20
NO_LOCKS = (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP, errno.EINVAL)
"""What a filesystem says that has no locks."""

Place = tuple[int, int]
"""Offset and bytes of a line."""


def line_of(row: Row) -> bytes:
    """A row as a line, with its end."""
    rest = [*row[1:5], row.prompt_sha256.hex(), *row[6:]]
    body = f"{row.key.hex()} {json.dumps(rest, ensure_ascii=False, separators=(',', ':'))}".encode()
    return b"%08x %s\n" % (zlib.crc32(body), body)


def is_whole(line: bytes) -> bool:
    """Whether a line, without its end, is as it was written."""
    return len(line) > KEY.stop and line[:9] == b"%08x " % zlib.crc32(memoryview(line)[9:])


def row_of(line: bytes) -> Row:
    """The row of a whole line."""
    text, finish, prompt, completion, sha256, *rest = json.loads(line[KEY.stop :])
    return Row(key_of(line), text, finish, prompt, completion, bytes.fromhex(sha256), *rest)


def key_of(line: bytes) -> bytes:
    """The key of a whole line."""
    return bytes.fromhex(line[KEY].decode("ascii"))


class Tail:
    """A journal of another process, as far as it has been read."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.size = 0
        self.places: dict[bytes, Place] = {}
        self.torn = 0

    def follow(self, size: int) -> None:
        """Note the whole lines up to this size. FileNotFoundError if the journal is gone."""
        if size <= self.size:
            return
        with self.path.open("rb") as file:
            for offset, line in lines(file.fileno(), self.size):
                if is_whole(line):
                    self.places.setdefault(key_of(line), (offset, len(line)))
                else:
                    self.torn += 1
                self.size = offset + len(line) + 1

    def row(self, key: bytes) -> Row:
        """The row of a key that was noted. FileNotFoundError if the journal is gone."""
        offset, size = self.places[key]
        with self.path.open("rb") as file:
            return row_of(os.pread(file.fileno(), size, offset))


def lines(handle: int, start: int = 0) -> Iterator[tuple[int, bytes]]:
    """Offset and bytes of each line that is ended, without its end."""
    rest = b""
    while data := os.pread(handle, CHUNK, start + len(rest)):
        *ended, rest = (rest + data).split(b"\n")
        for line in ended:
            yield start, line
            start += len(line) + 1


class Journal(Tail):
    """The journal of this process. Its file is open and locked as long as it is used; no other handle of it may be opened here."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.handle = -1
        while self.handle < 0:
            self.path = folder / f"journal-{os.getpid()}-{secrets.token_hex(4)}"
            self.handle = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
            if not (
                locked(self.handle) and os.fstat(self.handle).st_nlink
            ):  # another took it for that of a dead process
                os.close(self.handle)
                self.handle = -1

    @property
    def here(self) -> bool:
        """Whether the file is still where it was."""
        return os.fstat(self.handle).st_nlink > 0

    def append(self, row: Row) -> None:
        """CurateError if it cannot be written; then nothing of it is."""
        data = line_of(row)
        try:
            written = os.pwrite(self.handle, data, self.size)
            while written < len(data):  # the disk is full, or a signal came
                written += os.pwrite(self.handle, data[written:], self.size + written)
        except OSError as error:
            os.ftruncate(self.handle, self.size)
            raise unwritten(error) from error
        self.places.setdefault(row.key, (self.size, len(data) - 1))
        self.size += len(data)

    def row(self, key: bytes) -> Row:
        offset, size = self.places[key]
        return row_of(os.pread(self.handle, size, offset))

    def rows(self) -> Iterator[Row]:
        """All rows, oldest first."""
        return (self.row(key) for key in self.places)

    def remove(self) -> None:
        self.path.unlink(missing_ok=True)
        self.close()

    def close(self) -> None:
        if self.handle >= 0:
            os.close(self.handle)
        self.handle = -1


def unwritten(error: OSError) -> CurateError:
    """What is said where the disk is full, say."""
    return CurateError(f"the reply store cannot be written: {error.strerror}; what it holds is not lost")


def locked(handle: int) -> bool:
    """Whether this process has the lock of a journal now; also where there are no locks."""
    try:
        fcntl.lockf(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        return error.errno in NO_LOCKS
    return True


class Orphan:
    """A journal whose writer died, locked by this process as a context; `rows` is None where the writer lives or locks don't work."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __enter__(self) -> Orphan:
        self.handle = os.open(self.path, os.O_RDWR | os.O_CLOEXEC)
        self.ours = False
        try:
            fcntl.lockf(self.handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self.ours = os.fstat(self.handle).st_nlink > 0
        except OSError:
            pass
        self.torn = 0
        return self

    def rows(self) -> Iterator[Row]:
        seen = set()
        for _, line in lines(self.handle):
            if not is_whole(line):
                self.torn += 1
            elif (key := key_of(line)) not in seen:
                seen.add(key)
                yield row_of(line)

    def remove(self) -> None:
        """Delete it; one with damaged lines is set aside, for people to look at."""
        if self.torn:
            self.path.replace(self.path.with_name(f"damaged-{self.path.name}"))
        else:
            self.path.unlink(missing_ok=True)

    def __exit__(self, *_: object) -> None:
        os.close(self.handle)
