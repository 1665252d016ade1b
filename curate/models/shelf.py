"""The folder of one model in the reply store, as one process sees it: segments, journals, claims.

model.json            which model it is, for people
<digest>.parquet      segments (`curate/models/segments.py`)
journal-<pid>-<...>   what a process has received and not yet made into a segment (`curate/models/journal.py`)
claims-<digit>        locks, no bytes (`curate/models/claims.py`)
lock                  held by the one who makes segments of dead processes' journals, and merges segments

What is in a folder can change at any time, by any process, and each may be killed at any moment. So nothing is deleted before what
replaces it is on disk; a reader that finds a file gone looks again; and a reply that stands in several places is still one reply.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import re
import threading
import time
import weakref
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from curate.artifact import replace_file
from curate.errors import CurateError
from curate.identity import canonical
from curate.models import journal as journals
from curate.models.base import Reply
from curate.models.claims import Claims
from curate.models.journal import Journal, Orphan, Tail, unwritten
from curate.models.merging import merge, to_merge
from curate.models.segments import NAME, Candidate, Row, Segment, candidate, prefixes, write_rows

SEAL_ROWS, SEAL_BYTES = 4096, 16 << 20
"""A journal becomes a segment at the first of these."""
STALE = 3600
"""Seconds after which a temporary file is one of a process that was killed."""
TRIES = 100
_SHELVES: weakref.WeakValueDictionary[tuple[int, str], Shelf] = weakref.WeakValueDictionary()
_MAKING = threading.Lock()


def shelf_of(folder: Path) -> Shelf:
    """This process's one shelf for a folder: locks are a process's, so it may have no two."""
    place = (os.getpid(), os.path.realpath(folder))
    with _MAKING:
        found = _SHELVES.get(place)
        if found is None:
            found = _SHELVES[place] = Shelf(Path(place[1]))
        return found


class Shelf:
    """What one process knows of one folder, and its journal and claims there. Safe for threads. Made by `shelf_of`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.process = os.getpid()
        self.threads = threading.RLock()
        self.segments: dict[str, Segment] = {}
        self.tails: dict[str, Tail] = {}
        self.journal: Journal | None = None
        self._claims: Claims | None = None

    def __del__(self) -> None:
        if (
            os.getpid() == self.process
        ):  # closing an inherited handle would let go of what this process has locked itself
            for each in (self.journal, self._claims):
                if each is not None:
                    each.close()

    # reading

    def find(self, keys: Sequence[bytes]) -> dict[bytes, Reply]:
        """The reply of each of these keys that is stored anywhere now. CurateError for what is damaged or can't be read."""
        if not keys:
            return {}
        with self.threads:
            for _ in range(TRIES):
                try:
                    self._look()
                    return self._find(keys)
                except FileNotFoundError:  # merged or sealed since it was listed
                    continue
                except OSError as error:
                    raise CurateError(
                        f"the reply store cannot be read: {error.strerror}", where=str(self.folder)
                    ) from error
        raise CurateError("the reply store changes faster than it can be read", where=str(self.folder))

    def _look(self) -> None:
        """Learn what is there now. FileNotFoundError if it changes meanwhile."""
        there = self._listed()
        for name in self.segments.keys() - there:
            del self.segments[name]
        for name in self.tails.keys() - there:
            del self.tails[name]
        own = self.journal.path.name if self.journal else ""
        for name in sorted(there):
            if NAME.fullmatch(name):
                if name not in self.segments:
                    self.segments[name] = Segment(self.folder / name)
            elif name != own:
                self.tails.setdefault(name, Tail(self.folder / name)).follow(there[name])

    def _listed(self) -> dict[str, int]:
        """Names of segments and journals, with the bytes of journals.

        Twice, until it is the same: a listing during which one file is replaced by another may show neither.
        """
        found = self._list()
        while (again := self._list()).keys() != found.keys():
            found = again
        return again

    def _list(self) -> dict[str, int]:
        try:
            listing = os.scandir(self.folder)
        except FileNotFoundError:  # nobody has made it yet
            return {}
        with listing as entries:
            return {e.name: 0 if NAME.fullmatch(e.name) else e.stat().st_size for e in entries if _is_ours(e.name)}

    def _find(self, keys: Sequence[bytes]) -> dict[bytes, Reply]:
        wanted, first = set(keys), prefixes(keys)
        best: dict[bytes, Candidate] = {}
        for key, found in self._candidates(keys, first):
            if key in wanted and (key not in best or found.order < best[key].order):
                best[key] = found
        return {key: found.reply for key, found in best.items()}

    def _candidates(self, keys: Sequence[bytes], first: Any) -> Iterator[tuple[bytes, Candidate]]:
        for segment in self.segments.values():
            rows = segment.find(first)
            if rows.size:
                yield from segment.read(rows)
        for tail in (*self.tails.values(), *([self.journal] if self.journal else [])):
            yield from ((key, candidate(tail.row(key))) for key in keys if key in tail.places)

    # writing

    def append(self, row: Row) -> Reply:
        """Store a reply that was claimed; the reply of its key from now on, which is another one if another was asking, too.

        CurateError if it cannot be written.
        """
        with self.threads:
            if self._claims and row.key in self._claims.shared and (found := self.find([row.key])):
                return found[row.key]
            try:
                journal = self._own_journal()
                journal.append(row)
                if len(journal.places) >= SEAL_ROWS or journal.size >= SEAL_BYTES:
                    self.seal()
                    self.tidy()
            except OSError as error:
                raise unwritten(error) from error
            return Reply(row.text, row.finish, row.prompt_tokens, row.completion_tokens)

    def _own_journal(self) -> Journal:
        if self.journal is None or not self.journal.here:
            if self.journal is not None:
                self.journal.close()
            self.folder.mkdir(parents=True, exist_ok=True)
            self.journal = Journal(self.folder)
        return self.journal

    def prepare(self, identity: Mapping[str, Any]) -> None:
        """Make the folder, with the model's identity for people to read. CurateError if it cannot be written."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            if not (self.folder / "model.json").exists():
                replace_file(self.folder / "model.json", canonical(identity))
        except OSError as error:
            raise unwritten(error) from error

    def seal(self) -> None:
        """Make a segment of this process's journal. CurateError if it cannot be written; the journal stays."""
        with self.threads:
            journal = self.journal
            if journal is None:
                return
            try:
                if journal.here and journal.places:
                    write_rows(journal.rows(), self.folder)
                journal.remove()
            except OSError as error:
                raise unwritten(error) from error
            self.journal = None

    # claims

    def claim(self, keys: Iterable[bytes]) -> list[bytes]:
        """Those of the keys that this process may ask for now; see `Claims.take`."""
        with self.threads:
            try:
                return self._own_claims().take(keys)
            except OSError as error:
                raise unwritten(error) from error

    def release(self, keys: Iterable[bytes]) -> None:
        with self.threads:
            for key in keys:
                if self._claims is not None:
                    self._claims.release(key)

    def _own_claims(self) -> Claims:
        own = self._claims
        if own is not None and not own.held and not own.here:
            own.close()
            own = None
        if own is None:
            own = self._claims = Claims(self.folder)
        return own

    # keeping order

    def has_orphans(self) -> bool:
        """Whether there are journals whose writers may be dead."""
        own = self.journal.path.name if self.journal else ""
        try:
            return any(not NAME.fullmatch(name) and name != own for name in self._listed())
        except FileNotFoundError:  # a journal was made a segment meanwhile; there may be others
            return True

    def tidy(self) -> None:
        """Make segments of the journals of dead processes, and merge small segments. Best effort: all of it is read as it is, too.

        One process does it at a time; the others go on.
        """
        with contextlib.suppress(OSError), self.threads, (self.folder / "lock").open("a") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._adopt()
            while names := to_merge(self._sizes()):
                self._merge(names)

    def _adopt(self) -> None:
        for stale in self.folder.glob(".tmp-*"):
            if time.time() - stale.stat().st_mtime > STALE:
                stale.unlink(missing_ok=True)
        own = self.journal.path.name if self.journal else ""
        for name in sorted(self._listed()):
            if not NAME.fullmatch(name) and name != own:
                with contextlib.suppress(OSError), Orphan(self.folder / name) as orphan:
                    if orphan.ours:
                        write_rows(orphan.rows(), self.folder)
                        orphan.remove()

    def _sizes(self) -> list[tuple[str, int]]:
        return [(name, (self.folder / name).stat().st_size) for name in self._listed() if NAME.fullmatch(name)]

    def _merge(self, names: Sequence[str]) -> None:
        merged = merge([self.segments.get(name) or Segment(self.folder / name) for name in names], self.folder)
        for name in set(names) - {merged}:
            (self.folder / name).unlink(missing_ok=True)


def _is_ours(name: str) -> bool:
    return bool(NAME.fullmatch(name) or journals.NAME.fullmatch(name))


def folder_name(identity: Mapping[str, Any]) -> str:
    """The name of a model's folder: 128 bits of the SHA-256 of its identity."""
    return hashlib.sha256(canonical(identity)).hexdigest()[:32]


FOLDER = re.compile(r"[0-9a-f]{32}")
