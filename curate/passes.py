"""The work of one rank: read or load a shard, carry it through a run of fused nodes, write each node's piece.

`Pass` is pickled to workers, so it holds names, parameters and paths, never functions or frames; steps are found again by name where
they run. A shard is done when each of its nodes has a piece and a small record of it in its draft. Work is idempotent: a rank that runs
twice, or in two places, writes the same bytes.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

import polars as pl

from curate.artifact import AS_READ, ROW, Stored, View
from curate.asking import again_of, ask, columns_of_asking, prompts_of
from curate.drafts import store
from curate.guard import Guard
from curate.plan import INHERITED
from curate.read_files import Reading, Tally
from curate.rows import beside, children, columns, judge, lost_rows, seen_by
from curate.schema import dtype_of
from curate.sources import Unread
from curate.work import Work


@dataclass(frozen=True)
class Limits:
    """The last net around a step call: seconds per slice and per document in it, and bytes that it may take."""

    seconds: float = 60.0
    seconds_per_row: float = 0.5
    memory: int | None = None


@dataclass(frozen=True)
class Pass(Reading):
    """A run of nodes over all shards of an input; `pass_(rank)` does one file or one shard."""

    view: View | None = None
    limits: Limits = Limits()
    may_die: bool = True

    @property
    def memory(self) -> int | None:
        return self.limits.memory if self.may_die else None

    @property
    def count(self) -> int:
        files = len(self.places or self.files.files) if self.files else 0
        return files or (len(self.view.shards) if self.view else 0)

    def weight(self, rank: int) -> int:
        """Bytes of a rank's input, so that the largest can start first."""
        if self.files:
            file, part = self.place(rank)
            size = self.files.files[file].bytes
            return size if part is None else min(self.span, size - part * self.span)
        assert self.view
        return self.view.pieces[0].shards[self.view.shards[rank]].bytes

    def is_there(self, rank: int) -> bool:
        """Whether a rank is done, by whomever: its pieces are whole."""
        if self.files:
            return self.was_read(self.place(rank))
        assert self.view
        return self.is_done(self.view.shards[rank])

    def twin(self) -> Pass:
        """The same pass, to do a rank once more while it is being done: what either worker dies of is its own."""
        return replace(self, attempt=secrets.token_hex(8), journal="twin")

    def __call__(self, rank: int) -> Tally:
        """Do one rank. What was done before is not told again."""
        tally = Tally()
        if self.files:
            try:
                self.read_place(self.place(rank), tally)
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

    # nodes

    def shard(
        self, name: str, docs: pl.DataFrame, tally: Tally, lost: pl.DataFrame | None = None, base: str = ""
    ) -> None:
        """Carry one shard through all nodes. `docs` has `row` and every column the nodes need from before. base: SHA-256 of its base."""
        guard = Guard(
            self.nodes[0].draft / "work" / f"{name}.{self.journal}",
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
