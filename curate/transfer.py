"""The copy of one remote file, which may break off at any byte and goes on from there.

A part that is fetched later is asked for by its range and on condition of the ETag of the first (RFC 9110, 13.1.1 and 14.2), so that a
copy never has bytes of two files; where there is none, or a weak one, which says nothing of bytes, the copy is begun anew. What is not
fsynced yet may be lost with the power, so only what was written since this machine started is gone on with. Left out: several connections
for one file, since each worker has a file of its own.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any, BinaryIO

from curate import objectstore

STARTED = Path("/proc/sys/kernel/random/boot_id")
"""A name for the time since this machine started."""


class Copy:
    """A copy under way, which another try can go on with: what is at `path`.

    lasting: another process can, too, also once it is whole; ETag and size are noted beside it.
    """

    def __init__(self, path: Path, etag: str, size: int | None, lasting: bool) -> None:
        self.note = path.with_name(f"{path.name}.note") if lasting else None
        self.etag, self.wanted = etag, size
        self.digest, self.size, self.asked = hashlib.sha256(), 0, False
        begun = self._begun() if path.is_file() else None
        if begun and etag in ("", begun[0]) and size in (None, begun[1]) and path.stat().st_size <= begun[1]:
            self.etag, self.wanted = begun
            with path.open("rb") as file:
                while data := file.read(objectstore.PART):
                    self._count(data)
        else:
            path.unlink(missing_ok=True)

    def _begun(self) -> tuple[str, int] | None:
        try:
            etag, size, started = json.loads(self.note.read_text("utf-8")) if self.note else ("", 0, "")
            return (str(etag), int(size)) if self.note and started == _started() else None
        except (FileNotFoundError, ValueError, TypeError):
            return None

    @property
    def complete(self) -> bool:
        return self.size == self.wanted and (self.size > 0 or self.asked)

    def go_on(self, store: Any, name: str, file: BinaryIO) -> None:
        """Fetch the bytes that are still to come. Changed if the file is another one by now, Passing if the body ends too early."""
        import obstore

        if self.size and (not self.etag or self.etag.startswith("W/")):
            self._begin_anew(file)
        options: Any = {"range": {"offset": self.size}, "if_match": self.etag} if self.size else {}
        try:
            found = objectstore.waited(obstore.get, store, name, options=options)
        except obstore.exceptions.NotSupportedError:  # the server knows no ranges
            self._begin_anew(file)
            found = objectstore.waited(obstore.get, store, name)
        except obstore.exceptions.PreconditionError:
            raise objectstore.Changed("is not the file that was listed") from None
        self._hold_to(found.meta["e_tag"] or "", found.meta["size"])
        for part in objectstore.pieces(found.stream(objectstore.PART)):
            file.write(part)
            self._count(part)
        if not self.complete:
            raise objectstore.Passing(f"{name} ended after {self.size:,} of {self.wanted:,} bytes")

    def _hold_to(self, etag: str, size: int) -> None:
        """Note what is being copied, or compare with what was begun."""
        self.asked = True
        if self.etag and etag != self.etag:
            raise objectstore.Changed("is not the file that was listed")
        if self.wanted not in (None, size):
            raise objectstore.Changed(f"has {size:,} bytes, not {self.wanted:,}")
        if self.note and not self.size:
            self.note.write_text(json.dumps([etag, size, _started()]), "utf-8")
        self.etag, self.wanted = etag, size

    def _begin_anew(self, file: BinaryIO) -> None:
        file.truncate(0)
        self.digest, self.size = hashlib.sha256(), 0

    def _count(self, data: Any) -> None:
        self.digest.update(data)
        self.size += len(data)


def _started() -> str:
    """Empty where a machine does not tell."""
    return STARTED.read_text("ascii").strip() if STARTED.is_file() else ""
