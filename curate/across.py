"""Steps that need the whole corpus, in phases that run rank-parallel, and the new base they make.

1. prepare: each shard by itself, sorted by id, gives what the step needs of it, and how much text each document has;
2. the step sees the prepared corpus and gives columns by id, in phases of its own where it likes;
3. scatter: the corpus is to be cut anew into shards of bounded text, sorted by id over the whole of it. As many neighbours of these as fit
   into memory make a range; each part of the corpus is written once, range by range, into one file;
4. gather: each range is read from those files, put in order with the step's columns, and cut into its new shards.

From here on the bytes do not depend on how the records were split into files. Every document is read and written a fixed number of times,
and nothing that grows with the corpus is held but one id for each new shard. The new base repeats the text once per `across` step; in
return no later read has to gather rows from all over the corpus. Left out: scattering in more than one turn. At a given memory the pieces
in the files get smaller as the corpus grows: at a terabyte and 1 GB they have some 16 KB, so give such a corpus more.
"""

from __future__ import annotations

import contextlib
import functools
import io
import json
import shutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from curate.artifact import AS_READ, ROW, SHARD_ROWS, View, parquet_bytes, replace_file
from curate.drafts import is_whole, store
from curate.errors import CurateError, failing
from curate.executors import Executor
from curate.executors.inline import Inline
from curate.layout import Layout, empty_folder, lay_out
from curate.report import Report
from curate.schema import accepted, dtype_of
from curate.spill import Parts, ordered, write_parts
from curate.step import Step
from curate.work import Work

MEMORY = 1 << 30
"""Bytes that a step may take for what grows with the corpus, where nobody says more."""


def _sorted_docs(view: View, rank: int, columns: Iterable[str]) -> pl.DataFrame:
    wanted = list(dict.fromkeys(["id", *columns]))
    return view.load(view.shards[rank], wanted).drop(ROW).sort("id")


@dataclass(frozen=True)
class Prepare:
    """Phase 1: what the step needs of a shard, and the bytes of text of each of its documents."""

    node: Work
    view: View
    columns: tuple[str, ...]

    def sizes(self, rank: int) -> Path:
        return self.node.draft / "work" / "sizes" / self.view.shards[rank]

    def is_there(self, rank: int) -> bool:
        return self.sizes(rank).is_file()

    def __call__(self, rank: int) -> int:
        if self.is_there(rank):
            return 0
        work, name = self.node.draft / "work", self.view.shards[rank]
        found = self.node.found()
        texts = [c for c in ("text", AS_READ) if c in self.columns]
        docs = _sorted_docs(self.view, rank, [*texts, *(self.node.reads if found.spec.prepare else ())])
        if found.spec.prepare:
            with failing(found.title):
                seen = found.spec.prepare(
                    docs.select(self.node.reads), **accepted(found.spec.prepare, self.node.params)
                )
            replace_file(work / "prepared" / name, parquet_bytes(seen))
        lengths = pl.sum_horizontal([pl.col(c).str.len_bytes().fill_null(0) for c in texts])
        replace_file(self.sizes(rank), parquet_bytes(docs.select("id", bytes=lengths.cast(pl.UInt64))))
        return docs.height


def _columns(path: Path) -> list[str]:
    """Names of the columns of a file, whose path may hold signs of a pattern."""
    return pl.scan_parquet(path, glob=False).collect_schema().names()


@dataclass(frozen=True)
class Prepared:
    """The prepared corpus as the step sees it (`curate.step.Whole`); what workers get of it has no executor."""

    name: str
    folder: Path
    memory: int
    view: View | None = None
    """The documents as they came; None for those that `prepared` wrote into the folder."""
    executor: Executor | None = None
    report: Report = field(default_factory=Report)
    told: dict[str, Any] = field(default_factory=dict)

    def __reduce__(self) -> tuple[Any, ...]:
        return Prepared, (self.name, self.folder, self.memory, self.view)

    @property
    def scratch(self) -> Path:
        return self.folder / "scratch"

    @functools.cached_property
    def names(self) -> list[str]:
        return self.view.shards if self.view else sorted(path.name for path in (self.folder / "sorted").iterdir())

    @property
    def count(self) -> int:
        return len(self.names)

    def shard(self, rank: int, *columns: str) -> pl.DataFrame:
        path = self.folder / "prepared" / self.names[rank]
        here = [c for c in columns if c in _columns(path)] if path.is_file() else []
        rest = [c for c in columns if c not in here]
        if not rest:
            return pl.read_parquet(path, columns=here, glob=False).select(columns)
        if self.view:
            docs = _sorted_docs(self.view, rank, rest)
        else:
            docs = pl.read_parquet(self.folder / "sorted" / self.names[rank], columns=rest, glob=False)
        if here:
            made = pl.read_parquet(path, columns=here, glob=False)
            if made.height != docs.height:
                raise CurateError(
                    f"`prepare` gave {made.height:,} rows for {docs.height:,} documents, so that {here[0]!r} and {rest[0]!r}"
                    " cannot be had together"
                )
            docs = pl.concat([docs.select(rest), made], how="horizontal")
        return docs.select(columns)

    def shards(self, *columns: str) -> Iterator[pl.DataFrame]:
        return (self.shard(rank, *columns) for rank in range(self.count))

    def each(self, work: Callable[[int], Any], count: int, name: str = "") -> None:
        assert self.executor, "a worker cannot begin a phase"
        with self.report.progress(f"{self.name} ({name or 'a phase'})", count) as advance:
            self.executor.run(work, count, advance)

    def tell(self, **facts: Any) -> None:
        self.told.update(facts)


def prepared(
    frames: Iterable[pl.DataFrame],
    folder: Path,
    found: Step,
    params: dict[str, Any],
    *,
    memory: int = MEMORY,
    executor: Executor | None = None,
) -> Prepared:
    """Documents as an across step sees them, in an empty folder, one shard for each frame: for calls by hand, in tests and measurements."""
    for name in ("prepared", "sorted", "scratch"):
        (folder / name).mkdir(parents=True)
    prepare = found.spec.prepare
    for rank, frame in enumerate(frames):
        docs = frame.sort("id")
        seen = docs.select(found.reads_with(params))
        seen = prepare(seen, **accepted(prepare, params)) if prepare else seen
        replace_file(folder / "prepared" / f"{rank:05d}.parquet", parquet_bytes(seen), durable=False)
        replace_file(folder / "sorted" / f"{rank:05d}.parquet", parquet_bytes(docs), durable=False)
    return Prepared("corpus", folder, memory, executor=executor or Inline())


def find_columns(node: Work, corpus: Prepared, layout: Layout) -> dict[str, Any]:
    """Phase 2: run the step over the prepared corpus and write its columns, one part for each range. What it tells of itself."""
    work = node.draft / "work"
    note = work / "columns.json"
    if not note.is_file():
        found = node.found()
        with empty_folder(corpus.scratch), empty_folder(work / "order") as order, failing(found.title):
            frames = _checked(found.call(corpus, **node.params), node, found)
            rows = ordered(frames, ["id"], folder=order, memory=corpus.memory)
            parts = write_parts(layout.by_range(_unique(rows, found)), work / "columns.arrow")
            told = json.dumps([parts.offsets, corpus.told], allow_nan=False)
        replace_file(note, told.encode())
    shutil.rmtree(work / "prepared", ignore_errors=True)
    return json.loads(note.read_text("utf-8"))[1]  # type: ignore[no-any-return]


def _checked(made: Any, node: Work, found: Step) -> Iterator[pl.DataFrame]:
    """The frames that a step gave, in the planned columns and types. CurateError for another column and for NaN."""
    typed = {"id": pl.String(), **{c: dtype_of(t) for c, t in node.adds.items()}}
    frames = made if isinstance(made, Iterator) else iter([made])
    for one in frames:
        frame = one.collect() if isinstance(one, pl.LazyFrame) else one
        if not isinstance(frame, pl.DataFrame) or "id" not in frame.columns:
            what = frame.columns if isinstance(frame, pl.DataFrame) else type(frame).__name__
            raise CurateError(f"{found.title} returned {what}; a step over a corpus returns a DataFrame with `id`")
        frame = frame.select([pl.col(c).alias(node.renames.get(c, c)) for c in frame.columns])
        if set(frame.columns) != {"id", *node.adds}:
            raise CurateError(
                f"{found.title} gave the columns {frame.columns}, but id and {list(node.adds)} on an empty corpus"
            )
        nan = [c for c, t in frame.schema.items() if t.is_float() and frame[c].is_nan().any()]
        if nan:
            raise CurateError(f"{found.title} gave NaN in {nan[0]!r}")
        yield from frame.select([pl.col(c).cast(t) for c, t in typed.items()]).iter_slices(SHARD_ROWS)
    yield pl.DataFrame(schema=typed)


def _unique(rows: Iterator[pl.DataFrame], found: Step) -> Iterator[pl.DataFrame]:
    """Rows in the order of ids. CurateError for two rows of one id."""
    last = None
    for frame in rows:
        ids = frame["id"]
        if frame.height and (ids[0] == last or (ids == ids.shift()).any()):
            raise CurateError(f"{found.title} gave two rows for one id")
        last = ids[-1] if frame.height else last
        yield frame


@dataclass(frozen=True)
class Scatter:
    """Phase 3: one group of shards as they came, cut into ranges of ids, behind one another in one file."""

    node: Work
    view: View
    layout: Layout
    columns: tuple[str, ...]

    def note(self, rank: int) -> Path:
        """The file that says where the ranges of a group begin."""
        return self.node.draft / "work" / "scatter" / f"{rank:05d}.npy"

    def is_there(self, rank: int) -> bool:
        return self.note(rank).is_file()

    def __call__(self, rank: int) -> int:
        if self.is_there(rank):
            return 0
        note = self.note(rank)
        shards = range(*self.layout.groups[rank : rank + 2])
        docs = pl.concat([_sorted_docs(self.view, shard, self.columns) for shard in shards]).sort("id")
        parts = write_parts(self.layout.by_range(iter([docs.select(self.columns)])), note.with_suffix(".arrow"))
        offsets = io.BytesIO()
        np.save(offsets, np.array(parts.offsets, np.int64))
        replace_file(note, offsets.getvalue())
        return docs.height


@dataclass(frozen=True)
class Gather:
    """Phase 4: the new shards of one range of ids."""

    node: Work
    layout: Layout
    columns: tuple[str, ...]

    def is_there(self, rank: int) -> bool:
        shards = range(*self.layout.ranges[rank : rank + 2])
        return all(is_whole(self.node, f"{shard:05d}.parquet") for shard in shards)

    def __call__(self, rank: int) -> int:
        if self.is_there(rank):
            return 0
        first, end = self.layout.ranges[rank : rank + 2]
        work = self.node.draft / "work"
        parts = []
        for group in range(len(self.layout.groups) - 1):
            path = work / "scatter" / f"{group:05d}.npy"
            place = np.load(path, mmap_mode="r")[rank : rank + 2].tolist()
            parts.append(Parts(path.with_suffix(".arrow"), tuple(place)).read(0))
        docs = pl.concat(parts).sort("id")
        del parts
        offsets = json.loads((work / "columns.json").read_text("utf-8"))[0]
        found = Parts(work / "columns.arrow", tuple(offsets)).read(rank)
        docs = docs.join(found, on="id", how="left", maintain_order="left")
        edges = [int(docs["id"].search_sorted(self.layout.firsts[shard])) for shard in range(first + 1, end)]
        edges = [0, *edges, docs.height]
        for shard in range(first, end):
            part = docs[edges[shard - first] : edges[shard - first + 1]]
            part = part.with_columns(pl.int_range(pl.len(), dtype=pl.UInt32).alias(ROW))
            store(self.node, f"{shard:05d}.parquet", part.select(ROW, *self.columns, *self.node.adds))
        return docs.height


def run(
    node: Work, view: View, columns: tuple[str, ...], executor: Executor, memory: int, report: Report
) -> dict[str, Any]:
    """All phases, going on from where a build was killed. columns: of the documents, which the new base has too. What the step told."""
    work = node.draft / "work"
    _forget_others(node, view)
    for name in ("sizes", "prepared"):
        (work / name).mkdir(exist_ok=True)
    before = work / "layout.json"
    if before.is_file() and not _same_memory(before, memory):  # what was prepared may be gone by now
        shutil.rmtree(work / "sizes")
        (work / "sizes").mkdir()

    def phase(name: str, do: Callable[[int], Any], count: int) -> None:
        with report.progress(f"{node.name} ({name})", count) as advance:
            executor.run(do, count, advance)

    phase("prepare", Prepare(node, view, columns), len(view.shards))
    layout = lay_out(node, view, memory, executor.workers)
    told = find_columns(node, Prepared(node.corpus, work, memory, view, executor, report), layout)
    (work / "scatter").mkdir(exist_ok=True)
    phase("scatter", Scatter(node, view, layout, columns), len(layout.groups) - 1)
    phase("gather", Gather(node, layout, columns), len(layout.ranges) - 1)
    return told


def _forget_others(node: Work, view: View) -> None:
    """Throw away what a build that was killed made of other documents: an object may come out differently when it is made again."""
    note = node.draft / "work" / "input"
    if note.is_file() and note.read_text("utf-8") == view.content:
        return
    for name in ("data", "work"):
        shutil.rmtree(node.draft / name, ignore_errors=True)
        (node.draft / name).mkdir(parents=True)
    replace_file(note, view.content.encode())


def _same_memory(note: Path, memory: int) -> bool:
    with contextlib.suppress(FileNotFoundError, ValueError, TypeError, KeyError):
        return bool(json.loads(note.read_text("utf-8"))["memory"] == memory)
    return False
