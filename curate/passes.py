"""The work of one rank: read or load a shard, carry it through a run of fused nodes, write each node's piece.

`Pass` is pickled to workers, so it holds names, parameters and paths, never functions or frames; steps are found again by name where
they run. A shard is done when each of its nodes has a piece and a small record of it in its draft. Work is idempotent: a rank that runs
twice, or in two places, writes the same bytes.
"""

from __future__ import annotations

import contextlib
import json
import secrets
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from curate import step
from curate.artifact import AS_READ, ROW, Stored, View, errors_name, replace_file, write_parquet
from curate.asking import again_of, ask, columns_of_asking, prompts_of
from curate.errors import CurateError, failing
from curate.guard import DEATHS, Guard, at_most, how_it_died
from curate.identity import file_sha256
from curate.listings import here
from curate.plan import INHERITED
from curate.records import Shard, shards_of
from curate.rows import FATES, beside, children, columns, judge, lost_rows, seen_by
from curate.schema import dtype_of
from curate.sources import Source, Sources, Unread, all_at_hand, at_hand
from curate.store import Store
from curate.work import Work


@dataclass(frozen=True)
class Limits:
    """The last net around a step call: seconds per slice and per document in it, and bytes that it may take."""

    seconds: float = 60.0
    seconds_per_row: float = 0.5
    memory: int | None = None


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
class Pass:
    """A run of nodes over all shards of an input; `pass_(rank)` does one file or one shard."""

    nodes: tuple[Work, ...]
    replies: Path
    files: Sources | None = None
    view: View | None = None
    limits: Limits = Limits()
    may_die: bool = True
    attempt: str = field(default_factory=lambda: secrets.token_hex(8))

    @property
    def count(self) -> int:
        return len(self.files.files) if self.files else len(self.view.shards) if self.view else 0

    def weight(self, rank: int) -> int:
        """Bytes of a rank's input, so that the largest can start first."""
        if self.files:
            return self.files.files[rank].bytes
        assert self.view
        return self.view.pieces[0].shards[self.view.shards[rank]].bytes

    def is_there(self, rank: int) -> bool:
        """Whether a rank is done, by whomever: its pieces are whole."""
        if self.files:
            return self.was_read(rank, self.marker(rank))
        assert self.view
        return self.is_done(self.view.shards[rank])

    def marker(self, rank: int) -> Path:
        """The file that says that an input file was read to its end."""
        return self.nodes[0].draft / "work" / f"file-{rank:05d}.json"

    def __call__(self, rank: int) -> Tally:
        """Do one rank. What was done before is not told again."""
        tally = Tally()
        if self.files:
            try:
                self.read_file(rank, tally)
            except Unread as error:
                tally.failed = error.where, error.message
        else:
            self.load_shard(rank, tally)
        return tally

    # inputs

    def load_shard(self, rank: int, tally: Tally) -> None:
        assert self.view
        name = self.view.shards[rank]
        if self.is_done(name):
            return
        docs = self.view.load(name, self.wanted())
        self.shard(name, docs, tally, base=self.view.pieces[0].shards[name].sha256)
        tally.rows += docs.height

    def wanted(self) -> list[str]:
        """Columns the nodes need from before the pass."""
        made: set[str] = set()
        wanted: dict[str, None] = {"id": None}
        for node in self.nodes:
            inherited = INHERITED if node.kind == "expand" else ()
            wanted.update(dict.fromkeys(c for c in (*node.reads, *inherited) if c not in made))
            made.update(node.adds)
        return list(wanted)

    def read_file(self, rank: int, tally: Tally) -> None:
        """Cut one file into shards and carry each through."""
        assert self.files
        marker = self.marker(rank)
        if self.was_read(rank, marker):
            return
        begun = marker.with_suffix(".begun")
        names, start = self.begun(begun)
        for docs, lost, provenance, place in self.records(rank, tally, start):
            if place:
                replace_file(begun, json.dumps([names, place]).encode(), durable=False)
            name = f"{rank:05d}-{len(names):04d}.parquet"
            names.append(name)
            tally.rows += docs.height
            if not self.is_done(name):
                if provenance is not None:
                    write_parquet(provenance, _data(self.nodes[0], name).with_suffix(".provenance.parquet"))
                self.shard(name, docs, tally, lost)
        for source in filter(self.changed, self.files.files[rank].each):
            for node in self.nodes:
                for name in names:
                    _record(node, name).unlink(missing_ok=True)
            hub = Path(source.path).is_symlink()  # into a cache whose files are called by their digests
            said = (
                "is not what its digest in the hub's cache says; download it again"
                if hub
                else "changed while it was read; build again"
            )
            raise CurateError(said, where=Path(source.path).name)
        replace_file(marker, json.dumps(names).encode(), durable=False)

    def changed(self, source: Source) -> bool:
        """Whether a file of this machine is another one by now; a copy that we made is not."""
        away = "://" in source.path
        path = here(source.path) if away else Path(source.path)
        wanted = self.contents(source) if away else source.sha256
        return path is not None and file_sha256(path) != wanted

    def contents(self, source: Source) -> str | None:
        """SHA-256 of what was read of a remote file, where that is still known."""
        known = Store(self.replies.parent).remembered("inputs", source.sha256)
        return known.get("sha256")  # type: ignore[no-any-return]

    def was_read(self, rank: int, marker: Path) -> bool:
        """Whether a file was read to its end: every node has its shards, and of a remote one it is still known which bytes it had."""
        assert self.files
        try:
            names = json.loads(marker.read_text("utf-8"))
        except (FileNotFoundError, ValueError):
            return False
        known = all(self.contents(one) for one in self.files.files[rank].each if "://" in one.path)
        return known and isinstance(names, list) and bool(names) and all(map(self.is_done, names))

    def begun(self, note: Path) -> tuple[list[str], int]:
        """Shards of a file that every node has, of a build that was killed, and the offset of the record after them."""
        try:
            names, start = json.loads(note.read_text("utf-8"))
            return (names, int(start)) if all(map(self.is_done, names)) else ([], 0)
        except (FileNotFoundError, ValueError, TypeError):
            return [], 0

    def records(self, rank: int, tally: Tally, start: int) -> Iterator[Shard]:
        assert self.files
        work, file = self.nodes[0], self.files.files[rank]
        reader = work.found()
        hold: Any = all_at_hand if step.together(reader) else at_hand
        at = hold(file, Store(self.replies.parent), work.draft / "work")
        with failing(f"{work.title} on {Path(file.path).name}"), at as path:
            frames = reader.call(path, start, **work.params) if start else reader.call(path, **work.params)
            started = time.perf_counter()
            try:
                for shard in shards_of(self.held(frames, rank), work, file):
                    tally.add(work.draft.name, shard.docs.height, shard.docs.height, time.perf_counter() - started)
                    yield shard if reader.goes_on else shard._replace(start=None)
                    started = time.perf_counter()
            except CurateError as error:
                if error.where != path:
                    raise
                raise Unread(error.message, where=file.path) from None  # it is about this file: others may be read

    def held(self, frames: Iterable[pl.DataFrame], rank: int) -> Iterator[pl.DataFrame]:
        """Frames of a reader, which may take no more memory for one than a step may: files are made by strangers, too.

        A file that takes its reader's worker along time after time is Unread, so that others are read.
        """
        assert self.files
        note, given = self.marker(rank).with_suffix(".reading"), iter(frames)
        deaths = 0
        with contextlib.suppress(FileNotFoundError, ValueError):
            attempt, before = json.loads(note.read_text("utf-8"))
            deaths = before + 1 if attempt == self.attempt and how_it_died() else 0
        if deaths >= DEATHS:
            note.unlink()
            said = f"killed its reader's worker {DEATHS} times: {how_it_died()}"
            raise Unread(said, where=self.files.files[rank].path)
        while True:
            note.write_text(json.dumps([self.attempt, deaths]), "utf-8")
            try:
                with at_most(self.limits.memory if self.may_die else None):
                    frame = next(given, None)
            finally:
                note.unlink()
            if frame is None:
                return
            yield frame

    # nodes

    def is_done(self, name: str) -> bool:
        """Whether every node has this shard, whole."""
        return all(is_whole(node, name) for node in self.nodes)

    def shard(
        self, name: str, docs: pl.DataFrame, tally: Tally, lost: pl.DataFrame | None = None, base: str = ""
    ) -> None:
        """Carry one shard through all nodes. `docs` has `row` and every column the nodes need from before. base: SHA-256 of its base."""
        guard = Guard(
            self.nodes[0].draft / "work" / f"{name}.journal",
            self.limits.seconds,
            self.limits.seconds_per_row,
            self.limits.memory,
            self.may_die,
            self.attempt,
        )
        for node in self.nodes:
            if node.kind == "read":
                base = store(node, name, docs.select(ROW, *node.adds), lost).sha256
                if any(AS_READ in later.reads for later in self.nodes):
                    docs = docs.with_columns(pl.col("text").alias(AS_READ))
            elif node.kind == "keep":
                started = time.perf_counter()
                verdict = judge(docs, node.clauses)
                store(node, name, verdict)
                tally.add(node.draft.name, docs.height, docs.height, time.perf_counter() - started)
                docs = docs.filter(verdict["fate"].is_null())
            elif node.kind == "ask":
                docs = self.ask(node, name, docs, guard, base, tally)
            else:
                docs, stored = self.run(node, name, docs, guard, base, tally)
                base = stored.sha256 if node.kind == "expand" else base
        guard.done()

    def run(
        self, node: Work, name: str, docs: pl.DataFrame, guard: Guard, base: str, tally: Tally
    ) -> tuple[pl.DataFrame, Stored]:
        """One step on one shard: known values are looked up, the rest computed, the piece written."""
        found = node.found()
        seen, todo = self.to_do(node, name, docs, base)

        def call(batch: pl.DataFrame) -> pl.DataFrame:
            made = found.call(seen_by(node, batch), **node.params)
            return children(made, batch, node) if found.kind == "expand" else columns(made, batch, node, found)

        started = time.perf_counter()
        outcome = guard.run(node.name, call, todo, most=node.most)
        tally.add(node.draft.name, docs.height, todo.height, time.perf_counter() - started if todo.height else 0.0)
        errors = lost_rows(todo, outcome.lost)
        if found.kind == "expand":
            made = pl.concat(outcome.frames) if outcome.frames else call(todo.clear())
            made = made.with_columns(pl.int_range(pl.len(), dtype=pl.UInt32).alias(ROW)).select(ROW, *node.adds)
            barren = docs.filter(~pl.col("id").is_in(made["parent_id"].unique().implode())).join(
                errors, on=ROW, how="anti"
            )
            none = barren.select(
                ROW, "id", url=pl.lit(None, pl.String), fate=pl.lit("no rows"), error=pl.lit(None, pl.String)
            )
            return made, store(node, name, made, pl.concat([errors, none]).sort(ROW))
        made = self.whole(node, outcome.frames, seen)
        return beside(docs, made), store(node, name, made, errors)

    def ask(self, node: Work, name: str, docs: pl.DataFrame, guard: Guard, base: str, tally: Tally) -> pl.DataFrame:
        """The first half of a step that asks, on one shard. Making prompts and reading replies can be poisoned; asking is not timed."""
        assert node.model
        found, names = node.found(), columns_of_asking(node.step_name)
        seen, todo = self.to_do(node, name, docs, base)

        def prompts(batch: pl.DataFrame) -> pl.DataFrame:
            return batch.select(ROW, prompts=prompts_of(found, batch.select(node.reads), node.params))

        def again(came: pl.DataFrame) -> list[bool]:
            def more(batch: pl.DataFrame) -> pl.DataFrame:
                said = again_of(found, batch.select(node.reads), batch.select(came.columns), node.params)
                return batch.select(ROW, more=pl.Series(said, dtype=pl.Boolean))

            frames = guard.run(f"{node.name} (again)", more, asked.hstack(came), most=node.most).frames
            told = pl.concat([asked.select(ROW, more=pl.lit(None, pl.Boolean)).clear(), *frames])
            return (
                asked.select(ROW)
                .join(told, on=ROW, how="left", maintain_order="left")["more"]
                .fill_null(False)
                .to_list()
            )

        started = time.perf_counter()
        outcome = guard.run(node.name, prompts, todo, most=node.most)
        wanted = pl.concat([todo.select(ROW, prompts=pl.lit(None, pl.List(pl.String))).clear(), *outcome.frames])
        asked = todo.join(wanted, on=ROW, how="inner", maintain_order="left")
        came = ask(found, asked["prompts"], node.model.opened(self.replies), node.params, again)
        tally.add(node.draft.name, docs.height, todo.height, time.perf_counter() - started if todo.height else 0.0)
        made = self.whole(node, [asked.select(ROW).hstack(came.rename(names))], seen)
        store(node, name, made, lost_rows(todo, outcome.lost))
        return beside(docs, made)

    def to_do(self, node: Work, name: str, docs: pl.DataFrame, base: str) -> tuple[pl.DataFrame | None, pl.DataFrame]:
        """Values that an earlier build gave to documents of a shard, and the documents that have none."""
        seen = node.known.look_up(name, base, docs, list(node.adds)) if node.known else None
        return seen, docs if seen is None else docs.join(seen.select(ROW), on=ROW, how="anti", maintain_order="left")

    def whole(self, node: Work, frames: Sequence[pl.DataFrame], seen: pl.DataFrame | None) -> pl.DataFrame:
        """A node's piece of a shard, of what was computed and what was known."""
        schema = pl.Schema({ROW: pl.UInt32(), **{c: dtype_of(t) for c, t in node.adds.items()}})
        parts = [f.cast(schema) for f in (*frames, *([] if seen is None else [seen]))]
        return pl.concat(parts).sort(ROW) if parts else pl.DataFrame(schema=schema)


def _data(node: Work, name: str) -> Path:
    return node.draft / "data" / name


def _record(node: Work, name: str) -> Path:
    return node.draft / "work" / f"{name}.json"


def is_whole(node: Work, name: str) -> bool:
    """Whether a node has this shard, with all its files."""
    try:
        return all(_data(node, file).stat().st_size == size for file, size, _ in finished(node, name).files())
    except (FileNotFoundError, ValueError, TypeError):
        return False


def finished(node: Work, name: str) -> Stored:
    """The record of a shard that is whole."""
    return Stored.of(json.loads(_record(node, name).read_text("utf-8")))


def store(node: Work, name: str, frame: pl.DataFrame, lost: pl.DataFrame | None = None) -> Stored:
    """Write one node's piece of one shard, then the record that says it is whole."""
    size, sha256 = write_parquet(frame, _data(node, name))
    live = frame.height
    fates: dict[str, int] = {}
    if node.kind in ("keep", "repeat"):
        live = frame["fate"].null_count()
        counts = frame["fate"].drop_nulls().value_counts(name="n").sort("fate")
        fates = dict(zip(counts["fate"].to_list(), counts["n"].to_list(), strict=True))
    errors = None
    _data(node, errors_name(name)).unlink(missing_ok=True)
    if lost is not None and lost.height:
        errors = write_parquet(lost.select(list(FATES)), _data(node, errors_name(name)))
        for fate in lost["fate"].to_list():
            fates[fate] = fates.get(fate, 0) + 1
    stored = Stored(name, frame.height, live, size, sha256, fates, errors)
    replace_file(_record(node, name), json.dumps(stored.payload()).encode(), durable=False)
    return stored
