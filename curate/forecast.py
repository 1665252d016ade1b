"""What a build would do, in documents: how many go into each node that is to be built, and how many of them are known already.

As far as a chain is only scored and kept, this is exact: a clause is asked about the stored scores, shard by shard, and rows are looked up
in what earlier builds stored under the same value key (`curate/known.py`). A document whose score is still to be computed may stay or go,
so from there on a number is the most that it can be; after a step that compares documents, or makes new ones, nobody knows. Documents that
a step will fail on are not foreseen; those that a build will find by id, or on the remote, are not looked for, so less may be to do.

Files are not opened: of those that were read before the documents are known, of new ones their number is estimated from their bytes, and
where nothing was read yet a stored sample of the recipe tells (`curate/estimates.py`).

Stored bytes are not verified here, as they are when a build reads them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from curate.artifact import ROW, Piece
from curate.known import Known
from curate.plan import Node
from curate.rows import judge
from curate.schema import Schema
from curate.state import VALUES, State


@dataclass
class Outlook:
    """Documents that go into one node. `exact` is False where they are the most there can be, or estimated.

    interval: the 95% interval, or the bounds, that a sample tells.
    """

    documents: int | None = 0
    known: int = 0
    exact: bool = True
    interval: tuple[int, int] | None = None

    @property
    def todo(self) -> int | None:
        return None if self.documents is None else max(0, self.documents - self.known)

    def payload(self) -> dict[str, Any]:
        told = {"documents": self.documents, "known": self.known, "to_do": self.todo, "exact": self.exact}
        return told | ({"interval": list(self.interval)} if self.interval else {})


@dataclass
class Forecast:
    """Outlooks of the nodes of a plan that are to be built and take documents."""

    state: State
    projected: Mapping[str, Mapping[str, int | None]] = field(default_factory=dict)
    """What a sample says of the documents after each node, by name."""
    found: dict[str, Outlook] = field(default_factory=dict)
    """By plan key."""
    stored: dict[str, Known | None] = field(default_factory=dict)
    """Values of earlier builds, by plan key."""
    left: dict[tuple[str, ...], Outlook] = field(default_factory=dict)
    """What goes on from a run of nodes that several corpora share."""

    def run(self) -> dict[str, Outlook]:
        for end in reversed(self.state.plan.nodes.values()):  # the longest chains first
            if end.plan_key not in self.state.done and end.plan_key not in self.found and end.chain:
                self.chain([n for n in reversed(list(end.upstream())) if n.plan_key not in self.state.done])
        for node in self.state.plan.nodes.values():
            if node.kind == "read" and node.plan_key not in self.state.done:
                self.found.setdefault(node.plan_key, self.files(node))
        return self.found

    def chain(self, nodes: list[Node]) -> None:
        """The nodes of one chain that are to be built, first to last."""
        first = nodes[0]
        if first.kind == "read":
            files = self.files(first)
            if files.documents is not None:
                self.found[first.plan_key] = files
            return self.guess(nodes, files)
        assert first.chain
        run: list[Node] = []
        for node in nodes:
            if node.kind not in ("ask", "score", "rewrite", "keep"):
                break
            run.append(node)
        keys = (first.chain.plan_key, *(node.plan_key for node in run))
        if keys not in self.left:
            self.left[keys] = self.rows(run, first.chain)
        self.guess(nodes[len(run) :], self.left[keys])

    def guess(self, nodes: Iterable[Node], most: Outlook) -> None:
        """From a node on of which only the most is known that goes in."""
        coming: Outlook = most
        for node in nodes:
            earlier = self.state.earlier(node) if node.kind != "read" else None
            had = (
                max((sum(s.rows for s in one.piece.shards.values()) for one in earlier.earlier), default=0)
                if earlier
                else 0
            )
            known = had if coming.documents is None else min(had, coming.documents)
            told = self.projected.get(node.chain.name if node.chain and node.kind != "read" else node.name)
            if told and not (coming.documents and coming.exact):
                count = int((told["high"] if told["estimate"] is None else told["estimate"]) or 0)
                interval = (int(told["low"] or 0), int(told["high"] or 0))
                coming = Outlook(min(count, coming.documents or count), 0, False, interval)
            exact = coming.exact and not known
            self.found.setdefault(node.plan_key, Outlook(coming.documents, known, exact, coming.interval))
            coming = Outlook(None if node.kind == "expand" else coming.documents, 0, False)

    # exactly, shard by shard

    def rows(self, run: list[Node], chain: Node) -> Outlook:
        """Outlooks of scores, rewrites and keeps after a stored node; what would go on from them."""
        knowns = {n.plan_key: self.known(n) for n in run if n.kind in VALUES}
        for node in run:
            self.found[node.plan_key] = Outlook()
        left = Outlook()
        view = self.state.view(chain)
        for shard in self.state.reading(view, {c for n in run if n.kind == "keep" for c in n.reads}).shards:
            self.shard(shard, run, chain, knowns, left)
        for node in run:
            if node.kind == "keep":
                self.found[node.plan_key].known = 0
        return left

    def known(self, node: Node) -> Known | None:
        """What earlier builds stored, as far as it is here."""
        found = self.earlier(node)
        here = tuple(one for one in found.earlier if self.state.store.here(one.piece.folder.name)) if found else ()
        return Known(here) if here else None

    def earlier(self, node: Node) -> Known | None:
        """What earlier builds stored, looked up once."""
        if node.plan_key not in self.stored:
            self.stored[node.plan_key] = self.state.earlier(node)
        return self.stored[node.plan_key]

    def more(self, node: Node, sha256: str) -> bool:
        """Whether a build may know more documents of a shard than are looked for here."""
        found = self.earlier(node)
        pieces = [piece for piece, _ in found.shards.get(sha256, ())] if found else []
        return found is not None and not (pieces and all(self.state.store.here(p.folder.name) for p in pieces))

    def shard(self, shard: str, run: list[Node], chain: Node, knowns: dict[str, Known | None], left: Outlook) -> None:
        """`docs` has the rows that may reach a node; `sure` says which do, and `has_NODE` for which a node's values are known."""
        sha256 = self.state.piece(chain.base).shards[shard].sha256
        docs = _live(self.state.piece(chain), shard).with_columns(sure=pl.lit(True))
        values: dict[str, pl.DataFrame] = {}
        wanted = {column for node in run if node.kind == "keep" for column in node.reads}
        for node in run:
            seen = self.found[node.plan_key]
            seen.documents = (seen.documents or 0) + docs.height
            seen.exact = seen.exact and bool(docs["sure"].all())
            if node.kind != "keep":
                columns = [c for c in node.adds if c in wanted]
                known = _known(knowns[node.plan_key], sha256, docs, {c: node.adds[c] for c in columns})
                seen.known += known.height
                seen.exact = seen.exact and (known.height == docs.height or not self.more(node, sha256))
                values |= dict.fromkeys(columns, known)
            else:
                docs = self.kept(node, shard, docs, values)
        left.documents = (left.documents or 0) + docs.height
        left.exact = left.exact and bool(docs["sure"].all())

    def kept(self, node: Node, shard: str, docs: pl.DataFrame, values: dict[str, pl.DataFrame]) -> pl.DataFrame:
        """The rows that a keep lets through or, where a value is still to be computed, may let through."""
        assert node.chain
        frame, told = docs, pl.lit(True)
        for position, column in enumerate(node.reads):
            if column in values:
                part = values[column].select(ROW, column).with_columns(pl.lit(True).alias(f"has{position}"))
                told = told & pl.col(f"has{position}").fill_null(False)
            else:
                part = _read(self.state.piece(node.chain.maker(column)), shard, [column])
            frame = _beside(frame, part)
        known = frame.with_columns(told=told)
        fates = judge(known, node.clauses)["fate"]
        stays = known.with_columns(stays=fates.is_null()).filter(pl.col("stays") | ~pl.col("told"))
        return stays.select(ROW, sure=pl.col("sure") & pl.col("told"))

    # files

    def files(self, node: Node) -> Outlook:
        """Documents of a reader's files: known of those that were read before, by bytes of the others."""
        if any(other.plan_key not in self.state.done for _, other in node.others):
            return Outlook(None, 0, False)
        if node.missing:
            told = node.card.documents.count if node.card and node.card.documents else None
            return Outlook(told and round(told * (node.sample or 1)), 0, False)
        files, before = self.state.files(node).files, dict(self.read_before(node))
        known = sum(before[file.sha256][0] for file in files if file.sha256 in before)
        fresh = sum(file.bytes for file in files if file.sha256 not in before)
        rows, size = (sum(column) for column in zip(*before.values(), strict=True)) if before else (0, 0)
        if fresh and not size:
            return Outlook(None, known, False)
        return Outlook(known + (round(fresh * rows / size) if fresh else 0), known, not fresh)

    def read_before(self, node: Node) -> Iterator[tuple[str, tuple[int, int]]]:
        """SHA-256 of each file that this reader read in an earlier build -> its documents and bytes."""
        earlier = self.state.earlier(node)
        for one in reversed(earlier.earlier if earlier else ()):
            facts = self.state.store.manifest(one.piece.folder.name).facts
            for rank, (sha256, size) in enumerate(facts.get("files", ())):
                rows = sum(s.rows for name, s in one.piece.shards.items() if int(name[:5]) == rank)
                yield str(sha256), (rows, int(size))


def _read(piece: Piece, shard: str, columns: list[str]) -> pl.DataFrame:
    return pl.read_parquet(piece.folder / shard, columns=[ROW, *columns], glob=False)


def _live(piece: Piece, shard: str) -> pl.DataFrame:
    """`row` of what goes on from a piece."""
    if piece.kind == "verdict":
        return _read(piece, shard, ["fate"]).filter(pl.col("fate").is_null()).select(ROW)
    return _read(piece, shard, [])


def _known(known: Known | None, sha256: str, docs: pl.DataFrame, columns: Schema) -> pl.DataFrame:
    """`row` and the columns of those documents of a shard whose values an earlier build stored."""
    found, rows = [pl.DataFrame(schema={ROW: docs.schema[ROW], **columns})], docs.select(ROW)
    for piece, name in known.shards.get(sha256, ()) if known else ():
        if rows.height:
            part = _read(piece, name, [*columns])
            hits = part if part[ROW].equals(rows[ROW]) else rows.join(part, on=ROW, maintain_order="left")
            found.append(hits)
            rows = rows.clear() if hits.height == rows.height else rows.join(hits.select(ROW), on=ROW, how="anti")
    return pl.concat(found, how="diagonal")


def _beside(docs: pl.DataFrame, part: pl.DataFrame) -> pl.DataFrame:
    """Columns of a piece beside the rows that it has them for. Mostly these are all rows, and need no join."""
    if part[ROW].equals(docs[ROW]):
        return docs.hstack(part.drop(ROW))
    return docs.join(part, on=ROW, how="left", maintain_order="left")
