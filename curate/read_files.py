"""The half of a pass that reads: files, or parts of them, cut into shards.

A file is read in the parts of `curate/large_files.py`, by one worker or by several. What is done is kept by shard, so a build that was
killed goes on behind the last one; of a file that changes while it is read, nothing is kept.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import socket
import time
from abc import abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Self

import polars as pl

from curate import large_files, step
from curate.artifact import replace_file, write_parquet
from curate.drafts import data_of, is_whole, record_of
from curate.errors import CurateError, failing
from curate.guard import DEATHS, at_most, how_it_died, lives
from curate.identity import file_sha256
from curate.large_files import Place, bounds, can_begin, parts_of, places
from curate.listings import here
from curate.records import Shard, shards_of
from curate.sources import Source, Sources, Unread, all_at_hand, at_hand
from curate.step import Missed
from curate.store import Store
from curate.work import Work


@dataclass
class Tally:
    """What one rank did: documents it took in and, by plan key, documents, those of them that had to be computed, and their seconds."""

    rows: int = 0
    failed: tuple[str, str] | None = None
    """An input file that could not be had, and why."""
    nodes: dict[str, tuple[int, int, float]] = field(default_factory=dict)

    def add(self, plan_key: str, documents: int, computed: int, seconds: float) -> None:
        before = self.nodes.get(plan_key, (0, 0, 0.0))
        self.nodes[plan_key] = (before[0] + documents, before[1] + computed, before[2] + seconds)


@dataclass(frozen=True)
class Reading:
    """What reads the files of a corpus. The first node is the reader; `shard` does the others."""

    nodes: tuple[Work, ...]
    replies: Path
    files: Sources | None = None
    places: tuple[Place, ...] = field(default=(), kw_only=True)
    """What each rank reads of the files; empty where each reads one."""
    span: int = field(default_factory=lambda: large_files.SPAN, kw_only=True)
    """Bytes of a part of a large file."""
    attempt: str = field(default_factory=lambda: secrets.token_hex(8), kw_only=True)
    """Names the pass, so that what workers of an earlier one left is not taken for its own."""
    journal: str = field(default="journal", kw_only=True)
    """How the names of files end in which workers note what they are at (`curate/guard.py`)."""

    @abstractmethod
    def shard(
        self, name: str, docs: pl.DataFrame, tally: Tally, lost: pl.DataFrame | None = None, base: str = ""
    ) -> None:
        """Carry one shard through all nodes."""

    @property
    @abstractmethod
    def memory(self) -> int | None:
        """Bytes that a step, or a reader for one frame, may take beyond what the process has; None for no limit."""

    def is_done(self, name: str) -> bool:
        """Whether every node has this shard, whole."""
        return all(is_whole(node, name) for node in self.nodes)

    def place(self, rank: int) -> Place:
        """The file, or the part of one, that a rank reads."""
        return self.places[rank] if self.places else (rank, None)

    def marker(self, place: Place) -> Path:
        """The file that says that a file, or a part of it, was read to its end."""
        return self.nodes[0].draft / "work" / f"file-{stem(place)}.json"

    def read_place(self, place: Place, tally: Tally) -> None:
        """Read a file, or a part of one, and carry its shards through. A file that proves to have no such parts is read whole."""
        assert self.files
        number, part = place
        whole = self.whole_mark(number)
        if self.was_read(place) or (part is not None and whole.exists()):
            return
        file = self.files.files[number]
        with self.at(file) as path:
            try:
                names = self.read_parts(place, path, tally)
            except Missed:
                whole.touch()
                if part is not None:
                    return
                names = self.read_parts(place, path, tally)
        self.refuse_changed(place, names)
        replace_file(self.marker(place), json.dumps(names).encode(), durable=False)

    def read_parts(self, place: Place, path: Any, tally: Tally) -> list[str]:
        """Read what a worker is given, part after part; the names of its shards."""
        return [name for part in self.parts(place, path) for name in self.read((place[0], part), path, tally)]

    def parts(self, place: Place, path: Any) -> Sequence[int | None]:
        """The parts in which a worker reads what it is given, one after the other; None for all of a file."""
        number, part = place
        if part is not None:
            return [part]
        if self.whole_mark(number).exists():
            self.forget_parts(number)
            return [None]
        single = isinstance(path, str) and can_begin(self.nodes[0].found()) and Path(path).is_file()
        count = parts_of(Path(path).stat().st_size, self.span) if single else 1
        return range(count) if count > 1 else [None]

    def forget_parts(self, number: int) -> None:
        """Throw away what was read of a file in parts: records first, so that nothing half there is taken for whole."""
        for folder in ("work", "data"):
            for node in self.nodes:
                for path in (node.draft / folder).glob(f"{number:05d}-????-????.*"):
                    path.unlink(missing_ok=True)

    def whole_mark(self, number: int) -> Path:
        """The file that says that an input file cannot be read in parts."""
        return self.nodes[0].draft / "work" / f"file-{number:05d}.whole"

    def in_parts(self) -> Self:
        """The pass with large files read in parts."""
        assert self.files
        files = self.files.files
        whole = {number for number in range(len(files)) if self.whole_mark(number).exists()}
        return replace(self, places=places(files, self.nodes[0].found(), whole, self.span))

    def left_whole(self) -> Self | None:
        """The pass that reads those files that proved to have no parts, where there are any."""
        parted = sorted(
            {number for number, part in self.places if part is not None and self.whole_mark(number).exists()}
        )
        return replace(self, places=tuple((number, None) for number in parted)) if parted else None

    def read(self, place: Place, path: Any, tally: Tally) -> list[str]:
        """Cut a file, or a part of one, into shards and carry each through; their names."""
        begun = self.marker(place).with_suffix(".begun")
        names, start = self.begun(begun)
        for docs, lost, provenance, offset in self.records(place, path, tally, start):
            if offset:
                replace_file(begun, json.dumps([names, offset]).encode(), durable=False)
            name = f"{stem(place)}-{len(names):04d}.parquet"
            names.append(name)
            tally.rows += docs.height
            if not self.is_done(name):
                if provenance is not None:
                    write_parquet(provenance, data_of(self.nodes[0], name).with_suffix(".provenance.parquet"))
                self.shard(name, docs, tally, lost)
        return names

    def refuse_changed(self, place: Place, names: Sequence[str]) -> None:
        """CurateError, and nothing of these shards is kept, if the file is another one by now."""
        assert self.files
        number, part = place
        for source in self.files.files[number].each:
            if not self.changed(source, part):
                continue
            for node in self.nodes:
                for name in names:
                    record_of(node, name).unlink(missing_ok=True)
            hub = Path(source.path).is_symlink()  # into a cache whose files are called by their digests
            said = (
                "is not what its digest in the hub's cache says; download it again"
                if hub
                else "changed while it was read; build again"
            )
            raise CurateError(said, where=Path(source.path).name)

    def changed(self, source: Source, part: int | None) -> bool:
        """Whether a file of this machine is another one by now, or gone; a copy that we made is not.

        Of its parts, the first looks at all bytes.
        """
        away = "://" in source.path
        path = here(source.path) if away else Path(source.path)
        wanted = self.contents(source) if away else source.sha256
        if path is None:
            return False
        try:
            return (Store(self.replies.parent).digest_of(path)[0] if part else file_sha256(path)) != wanted
        except FileNotFoundError:
            return True

    def contents(self, source: Source) -> str | None:
        """SHA-256 of what was read of a remote file, where that is still known."""
        known = Store(self.replies.parent).remembered("inputs", source.sha256)
        return known.get("sha256")  # type: ignore[no-any-return]

    def was_read(self, place: Place) -> bool:
        """Whether a file, or a part of it, was read to its end: every node has its shards, and it is known which bytes a remote one had."""
        assert self.files
        number, part = place
        try:
            names = json.loads(self.marker(place).read_text("utf-8"))
        except (FileNotFoundError, ValueError):
            return False
        known = all(self.contents(one) for one in self.files.files[number].each if "://" in one.path)
        return known and isinstance(names, list) and (bool(names) or bool(part)) and all(map(self.is_done, names))

    def begun(self, note: Path) -> tuple[list[str], int]:
        """Shards of a file that every node has, of a build that was killed, and the offset of the record after them."""
        try:
            names, start = json.loads(note.read_text("utf-8"))
            return (names, int(start)) if all(map(self.is_done, names)) else ([], 0)
        except (FileNotFoundError, ValueError, TypeError):
            return [], 0

    @contextlib.contextmanager
    def at(self, file: Source) -> Iterator[Any]:
        """Where a worker finds a file, or the files of a group."""
        work = self.nodes[0]
        hold: Any = all_at_hand if step.together(work.found()) else at_hand
        with contextlib.ExitStack() as stack:
            with failing(f"{work.title} on {Path(file.path).name}"):
                path = stack.enter_context(hold(file, Store(self.replies.parent), work.draft / "work"))
            yield path

    def records(self, place: Place, path: Any, tally: Tally, start: int) -> Iterator[Shard]:
        assert self.files
        work, file = self.nodes[0], self.files.files[place[0]]
        reader = work.found()
        with failing(f"{work.title} on {Path(file.path).name}"):
            try:
                within = {} if place[1] is None else bounds(reader, path, place[1], self.span)
                if within is None:
                    return
                frames = reader.call(path, **within | ({"start": start} if start else {}), **work.params)
                started = time.perf_counter()
                for shard in shards_of(self.held(frames, place), work, file):
                    tally.add(work.draft.name, shard.docs.height, shard.docs.height, time.perf_counter() - started)
                    yield shard if reader.goes_on else shard._replace(start=None)
                    started = time.perf_counter()
            except FileNotFoundError:
                raise Unread("no such file", where=file.path) from None
            except CurateError as error:
                if error.where != path:
                    raise
                raise Unread(error.message, where=file.path) from None  # it is about this file: others may be read

    def held(self, frames: Iterable[pl.DataFrame], place: Place) -> Iterator[pl.DataFrame]:
        """Frames of a reader, which may take no more memory for one than a step may: files are made by strangers, too.

        A file that takes its reader's worker along time after time is Unread, so that others are read.
        """
        assert self.files
        note, given = self.marker(place).with_suffix(f".reading-{self.journal}"), iter(frames)
        deaths = 0
        with contextlib.suppress(FileNotFoundError, ValueError, TypeError):
            attempt, before, host, pid = json.loads(note.read_text("utf-8"))
            deaths = before + 1 if attempt == self.attempt and how_it_died() and not lives(host, pid) else 0
        if deaths >= DEATHS:
            note.unlink()
            said = f"killed its reader's worker {DEATHS} times: {how_it_died()}"
            raise Unread(said, where=self.files.files[place[0]].path)
        while True:
            with contextlib.suppress(FileNotFoundError):  # another worker, who did the same, may have ended the draft
                note.write_text(json.dumps([self.attempt, deaths, socket.gethostname(), os.getpid()]), "utf-8")
            try:
                with at_most(self.memory):
                    frame = next(given, None)
            finally:
                note.unlink(missing_ok=True)
            if frame is None:
                return
            yield frame


def stem(place: Place) -> str:
    """How the names of the shards of a file, or of a part of it, begin."""
    number, part = place
    return f"{number:05d}" if part is None else f"{number:05d}-{part:04d}"
