"""What is stored of a plan: the manifest of each node, and the tables and pieces that they make up."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from curate.artifact import Manifest, Piece, View
from curate.identity import digest
from curate.known import register
from curate.plan import Node, Plan
from curate.store import Store


@dataclass
class State:
    """A plan on a store: what of it is there."""

    plan: Plan
    store: Store
    done: dict[str, Manifest] = field(default_factory=dict)
    """Plan key -> manifest."""

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
        return all(part.plan_key in self.done for source in node.inputs for part in parts(source))

    def contents(self, node: Node) -> list[str]:
        """Content of each input: of files their own, of documents that of everything joined to them."""
        return [
            self.done[i.plan_key].content
            if i.makes_files
            else digest([self.done[p.plan_key].content for p in parts(i)])
            for i in node.inputs
        ]

    def key_payload(self, node: Node) -> dict[str, Any]:
        return node.key_payload(self.contents(node))

    def key_of(self, node: Node) -> str:
        return digest(self.key_payload(node))

    def note_values(self, node: Node) -> None:
        """Values that were computed elsewhere are known here too."""
        manifest, base = self.done[node.plan_key], self.done.get(node.base.plan_key)
        if node.kind in ("score", "rewrite") and base and not self.store.here(manifest.key):
            register(self.store, node.value_key, manifest.key, base.key, base.content)

    def piece(self, node: Node) -> Piece:
        """What a node stored, its files here. Damaged if they cannot be had."""
        manifest = self.done[node.plan_key]
        return Piece.of(self.store.ensure(manifest.key), manifest)

    def view(self, node: Node) -> View:
        """The table that a node's documents make up: its base and all pieces since. Only `reading` it makes sure of its files."""
        manifests = [self.done[part.plan_key] for part in parts(node)]
        return View(tuple(Piece.of(self.store.object(m.key), m) for m in manifests))

    def reading(self, view: View, columns: Iterable[str] | None = None) -> View:
        """A view, once the files that hold these columns of it, or all, are here. Damaged if they cannot be had."""
        owners = view.owners()
        wanted = view.pieces if columns is None else (view.pieces[-1], *(owners[c] for c in columns if c in owners))
        for key in dict.fromkeys(piece.folder.name for piece in wanted):
            self.store.ensure(key)
        return view


def parts(node: Node) -> list[Node]:
    """The nodes whose pieces make up a node's documents: its base and all since; of files the node alone."""
    if node.makes_files:
        return [node]
    since = itertools.takewhile(lambda n: not n.is_base, node.upstream())
    return [node.base, *reversed(list(since))]
