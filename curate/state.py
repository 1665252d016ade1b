"""What is stored of a plan: the manifest of each node, and the tables and pieces that they make up."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Callable, Container, Iterable
from dataclasses import dataclass, field
from typing import Any

from curate.artifact import Manifest, Piece, StoredCorpus, View
from curate.identity import digest
from curate.known import Ground, Known, artifacts, columns_of_base, columns_of_reader, find_known, register
from curate.plan import Node, Plan
from curate.sources import Source, Sources, folder_sources, in_order
from curate.step import suffixes
from curate.store import Store

VALUES = ("read", "ask", "score", "rewrite")
"""Kinds of nodes that give each document its value by itself."""


@dataclass
class State:
    """A plan on a store: what of it is there."""

    plan: Plan
    store: Store
    done: dict[str, Manifest] = field(default_factory=dict)
    """Plan key -> manifest."""
    runs: Callable[[], list[dict[str, Any]]] = list
    """What became of the recipe's training runs (`curate/run_state.py`); whoever opens a recipe says it."""
    probes: Callable[[], list[dict[str, Any]]] = list
    """The same of its probe (`curate/probe.py`)."""

    def settle(self, nodes: list[Node]) -> None:
        """Note every node that is already stored, by plan key or, with its inputs known, by key."""
        for node in nodes:
            ready = self.is_ready(node)
            key = self.key_of(node) if ready else self.store.planned(node.plan_key)
            known = self.done.get(node.plan_key)
            if known is not None:
                if not ready or known.key == key:
                    continue
                del self.done[node.plan_key]  # an input was made again and came out differently
            if key is None or not self.store.has(key):
                continue
            self.done[node.plan_key] = self.store.check(key)
            with contextlib.suppress(OSError):
                self.store.record(node.plan_key, key)
                self.note_values(node)

    def is_ready(self, node: Node) -> bool:
        """Whether everything is there that its inputs are made up of."""
        return is_ready(node, self.done)

    def contents(self, node: Node) -> list[str]:
        """Content of each input. KeyError while one is not built."""
        return contents(node, lambda plan_key: self.done[plan_key].content)

    def key_payload(self, node: Node) -> dict[str, Any]:
        return node.key_payload(self.contents(node))

    def key_of(self, node: Node) -> str:
        return digest(self.key_payload(node))

    def note_values(self, node: Node) -> None:
        """Values that were computed elsewhere are known here too."""
        if node.base.plan_key in self.done and not self.store.here(self.done[node.plan_key].key):
            self.register(node)

    def register(self, node: Node) -> None:
        """Note that a node's object holds values that later builds may look up."""
        if node.kind in VALUES:
            base, key = self.done[node.base.plan_key], self.done[node.plan_key].key
            register(self.store, node.value_key, key, base, self.ground(node))

    def earlier(self, node: Node) -> Known | None:
        """Values that earlier builds stored for such a node."""
        return find_known(self.store, node.value_key, self.ground(node)) if node.kind in VALUES else None

    def ground(self, node: Node) -> Ground:
        """What a node's values rest on."""
        made = {part.plan_key: self.done.get(part.plan_key) for part in artifacts(node)}
        contents = {plan_key: manifest.content for plan_key, manifest in made.items() if manifest}
        ours = not self.given_ids(node) and all(n.kind != "expand" for n in node.upstream())
        columns = columns_of_base(node)
        *_, reader = node.upstream()
        if ours and columns.get("text") == reader.value_key and self.done[reader.plan_key].facts.get("ids") == "text":
            del columns["text"]  # the id says which it is
        return Ground(
            columns,
            tuple(sorted(columns_of_reader(node))) if ours else None,
            digest(contents) if len(contents) == len(made) else None,
        )

    def given_ids(self, node: Node) -> bool:
        """Whether ids of a node's documents are, or may be, the user's own."""
        readers = [n for n in node.upstream() if n.kind == "read"]
        return any(n.plan_key not in self.done or self.done[n.plan_key].facts.get("ids") == "given" for n in readers)

    def piece(self, node: Node) -> Piece:
        """What a node stored, its files here. Damaged if they cannot be had."""
        manifest = self.done[node.plan_key]
        return Piece.of(self.store.ensure(manifest.key), manifest)

    def files(self, node: Node) -> Sources:
        """The files a reader takes: listed ones, or those of a generated corpus, which need not be here yet."""
        assert node.step
        found = list(node.sources.files) if node.sources else []
        for _, source in node.others:
            found += self.made(source, suffixes(node.step), node.sample)
        return Sources(in_order(found))

    def made(self, source: Node, ends: tuple[str, ...], sample: float | None = None) -> tuple[Source, ...]:
        """The files of a generated corpus that are its documents: as it says itself, else by how their names end."""
        manifest = self.done[source.plan_key]
        names = [(s.name, s.bytes, s.sha256) for s in manifest.shards]
        ends = tuple(manifest.facts.get("suffixes", ends))
        return folder_sources(self.store.object(manifest.key), names, ends, sample).files

    def view(self, node: Node) -> View:
        """The table that a node's documents make up: its base and all pieces since. Only `reading` it makes sure of its files."""
        manifests = [self.done[part.plan_key] for part in parts(node)]
        return View(tuple(Piece.of(self.store.object(m.key), m) for m in manifests))

    def learnt_from(self, node: Node, *more: str) -> dict[str, StoredCorpus]:
        """The corpora of a fit, with the columns that it reads and these; a column that only others have is null."""
        columns = ("id", *node.reads, *more)
        others = {name: other for name, other in node.others if not other.makes_files}
        known = {c: dtype for other in others.values() for c, dtype in other.schema.items() if c in columns}
        return {
            name: StoredCorpus(
                name,
                self.reading(self.view(other), columns),
                {c: dtype for c, dtype in known.items() if c not in other.schema},
            )
            for name, other in others.items()
        }

    def reading(self, view: View, columns: Iterable[str] | None = None) -> View:
        """A view, once the files that hold these columns of it, or all, are here. Damaged if they cannot be had."""
        owners = view.holders()
        wanted = view.pieces if columns is None else (view.pieces[-1], *(owners[c] for c in columns if c in owners))
        for key in dict.fromkeys(piece.folder.name for piece in wanted):
            self.store.ensure(key)
        return view


def is_ready(node: Node, built: Container[str]) -> bool:
    """Whether everything is built, by plan key, that its inputs are made up of."""
    return all(part.plan_key in built for source in node.inputs for part in parts(source))


def contents(node: Node, of: Callable[[str], str]) -> list[str]:
    """Content of each input: of files their own, of documents that of everything joined to them. of: plan key -> content of a piece."""
    return [of(i.plan_key) if i.makes_files else digest([of(p.plan_key) for p in parts(i)]) for i in node.inputs]


def parts(node: Node) -> list[Node]:
    """The nodes whose pieces make up a node's documents: its base and all since; of files the node alone."""
    if node.makes_files:
        return [node]
    since = itertools.takewhile(lambda n: not n.is_base, node.upstream())
    return [node.base, *reversed(list(since))]
