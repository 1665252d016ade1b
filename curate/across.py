"""Steps that need the whole corpus, in phases that run rank-parallel, and the new base they make.

1. each shard by itself: `prepare` what the step needs of it, and sort its rows by id;
2. the step sees the prepared corpus and gives columns by id;
3. the corpus is cut anew into shards of bounded text, sorted by id over the whole of it; each is gathered from the sorted shards.

From here on the bytes do not depend on how the records were split into files. The new base repeats the text once per `across` step; in
return no later read has to gather rows from all over the corpus.
"""

from __future__ import annotations

import functools
import shutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from curate.artifact import AS_READ, ROW, SHARD_BYTES, SHARD_ROWS, View, parquet_bytes, replace_file
from curate.errors import CurateError, failing
from curate.executors import Executor
from curate.executors.inline import Inline
from curate.passes import Work, store
from curate.schema import accepted, dtype_of
from curate.step import Step

MEMORY = 1 << 30
"""Bytes that a step may take for what grows with the corpus, where nobody says more."""
GROUP_ROWS = 1024
"""Rows per group of a sorted shard: what is read too much when a range of ids is gathered."""


@dataclass(frozen=True)
class Prepare:
    """Phase 1: what the step needs of each shard, and the shard sorted by id."""

    node: Work
    view: View
    columns: tuple[str, ...]

    def __call__(self, rank: int) -> int:
        name = self.view.shards[rank]
        sizes = self.node.draft / "work" / "sizes" / name
        if sizes.is_file():
            return 0
        docs = self.view.load(name, self.columns).sort("id")
        found = self.node.found()
        seen = docs.select(self.node.reads)
        if found.spec.prepare:
            with failing(found.title):
                seen = found.spec.prepare(seen, **accepted(found.spec.prepare, self.node.params))
        replace_file(self.node.draft / "work" / "prepared" / name, parquet_bytes(seen))
        replace_file(self.node.draft / "work" / "sorted" / name, parquet_bytes(docs.drop(ROW), GROUP_ROWS))
        texts = [pl.col(c).str.len_bytes().fill_null(0) for c in ("text", AS_READ) if c in docs.columns]
        replace_file(sizes, parquet_bytes(docs.select("id", bytes=pl.sum_horizontal(texts))))
        return docs.height


@dataclass(frozen=True)
class Prepared:
    """The prepared corpus as the step sees it (`curate.step.Whole`); what workers get of it has no executor."""

    name: str
    folder: Path
    memory: int
    executor: Executor | None = None
    told: dict[str, Any] = field(default_factory=dict)

    def __reduce__(self) -> tuple[Any, ...]:
        return Prepared, (self.name, self.folder, self.memory)

    @property
    def scratch(self) -> Path:
        return self.folder / "scratch"

    @functools.cached_property
    def names(self) -> list[str]:
        return sorted(path.name for path in (self.folder / "prepared").iterdir())

    @property
    def count(self) -> int:
        return len(self.names)

    def shard(self, rank: int, *columns: str) -> pl.DataFrame:
        path = self.folder / "prepared" / self.names[rank]
        here = pl.read_parquet_schema(path)
        made = pl.read_parquet(path, columns=[c for c in columns if c in here], glob=False)
        rest = [c for c in columns if c not in here]
        if rest:
            docs = pl.read_parquet(self.folder / "sorted" / self.names[rank], columns=rest, glob=False)
            made = pl.concat([made, docs], how="horizontal")
        return made.select(columns)

    def shards(self, *columns: str) -> Iterator[pl.DataFrame]:
        return (self.shard(rank, *columns) for rank in range(self.count))

    def each(self, work: Callable[[int], Any], count: int) -> None:
        assert self.executor, "a worker cannot begin a phase"
        self.executor.run(work, count)

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
        replace_file(folder / "sorted" / f"{rank:05d}.parquet", parquet_bytes(docs, GROUP_ROWS), durable=False)
    return Prepared("corpus", folder, memory, executor or Inline())


@dataclass(frozen=True)
class Gather:
    """Phase 3: one new shard, by a range of ids."""

    node: Work
    bounds: tuple[tuple[str, str], ...]
    columns: tuple[str, ...]

    def __call__(self, rank: int) -> int:
        low, high = self.bounds[rank]
        within = pl.col("id").is_between(pl.lit(low), pl.lit(high))
        work = self.node.draft / "work"
        parts = [
            pl.scan_parquet(path, glob=False).filter(within).collect() for path in sorted((work / "sorted").iterdir())
        ]
        docs = pl.concat(parts).sort("id")
        found = pl.scan_parquet(work / "columns.parquet", glob=False).filter(within).collect()
        docs = docs.join(found, on="id", how="left", maintain_order="left")
        docs = docs.with_columns(pl.int_range(pl.len(), dtype=pl.UInt32).alias(ROW))
        store(self.node, f"{rank:05d}.parquet", docs.select(ROW, *self.columns, *self.node.adds))
        return docs.height


def find_columns(node: Work, executor: Executor, memory: int) -> dict[str, Any]:
    """Phase 2: run the step over the prepared corpus and write its columns, sorted by id. What it tells of itself."""
    found = node.found()
    corpus = Prepared(node.corpus, node.draft / "work", memory, executor)
    shutil.rmtree(corpus.scratch, ignore_errors=True)
    corpus.scratch.mkdir()
    with failing(found.title):
        made: Any = found.call(corpus, **node.params)
        if isinstance(made, Iterator):  # a step with much to say says it frame by frame
            made = pl.concat(list(made))
        made = made.collect() if isinstance(made, pl.LazyFrame) else made
    if not isinstance(made, pl.DataFrame) or "id" not in made.columns:
        what = made.columns if isinstance(made, pl.DataFrame) else type(made).__name__
        raise CurateError(f"{found.title} returned {what}; a step over a corpus returns a DataFrame with `id`")
    made = made.select([pl.col(c).alias(node.renames.get(c, c)) for c in made.columns])
    if set(made.columns) != {"id", *node.adds}:
        raise CurateError(
            f"{found.title} gave the columns {made.columns}, but id and {list(node.adds)} on an empty corpus"
        )
    nan = [c for c, t in made.schema.items() if t.is_float() and made[c].is_nan().any()]
    if nan:
        raise CurateError(f"{found.title} gave NaN in {nan[0]!r}")
    if made["id"].n_unique() != made.height:
        raise CurateError(f"{found.title} gave two rows for one id")
    with failing(found.title):
        typed = made.select("id", *[pl.col(c).cast(dtype_of(t)) for c, t in node.adds.items()])
    replace_file(node.draft / "work" / "columns.parquet", parquet_bytes(typed.sort("id"), GROUP_ROWS))
    shutil.rmtree(corpus.scratch)
    return corpus.told


def bounds(folder: Path) -> tuple[tuple[str, str], ...]:
    """First and last id of each new shard: as many as fit into SHARD_BYTES of text and SHARD_ROWS rows."""
    sizes = pl.concat([pl.read_parquet(path, glob=False) for path in sorted(folder.iterdir())]).sort("id")
    ids, lengths = sizes["id"], sizes["bytes"].to_numpy()
    found, start, held = [], 0, 0
    for position, length in enumerate(lengths.tolist()):
        if position > start and (held + length > SHARD_BYTES or position - start >= SHARD_ROWS):
            found.append((ids[start], ids[position - 1]))
            start, held = position, 0
        held += length
    return (*found, (ids[start], ids[-1])) if ids.len() else (("", ""),)
