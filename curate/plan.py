"""Nodes: what there is to do, with the identity of each piece of work, before anything runs (`curate/planner.py` makes them).

A node's *plan key* is the digest of its own identity (step, code, parameters), the plan keys of its inputs and the digests of its source
files: it names drafts. Its *key* has the content of the inputs in place of their plan keys: it names objects. So a changed step whose
output is byte for byte the same changes one object and nothing after it.

A *value key* leaves out which documents there are: step, code, parameters, and the value keys of the columns it reads. Two nodes with one
value key give the same value to the same document, which is how a loosened clause, a new snapshot, or the whole after a sample costs only
the documents that are new (`curate/known.py`).
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from curate import identity
from curate.artifact import AS_READ
from curate.errors import CurateError, did_you_mean
from curate.schema import Schema, schema_text
from curate.sources import Sources
from curate.step import Step

if TYPE_CHECKING:
    from curate.datacard import Benchmark
    from curate.lists import Listed
    from curate.published import CorpusCard
    from curate.recipe import Recipe

STANDARD = ("id", "text", "source", "url", "license", "date", "dump", "extra")
INHERITED = ("source", "url", "license", "date", "dump")
RESERVED = (
    "row",
    "shard",
    "corpus",
    "fate",
    "fate_node",
    "failed",
    "error",
    "filename",
    "parent_id",
    "id",
    "source",
    AS_READ,
)
"""Columns of the views and of stored pieces, which no step and no file may give."""


@dataclass(frozen=True, eq=False)
class Node:
    """One piece of work: a step on a corpus, a keep, a trained artifact or the mixture."""

    name: str
    corpus: str
    kind: str
    """A step's kind, or `keep`, or `repeat`."""
    own: dict[str, Any]
    """What it is by itself: step, code, parameters, and for some the corpus name. Hashed."""
    params: dict[str, Any]
    step: Step | None = None
    chain: Node | None = None
    """Where its documents come from."""
    others: tuple[tuple[str, Node], ...] = ()
    """(parameter or corpus name, node) for artifacts and, in a fit, whole corpora."""
    sources: Sources | None = None
    clauses: tuple[tuple[str, str], ...] = ()
    reads: tuple[str, ...] = ()
    adds: Schema = field(default_factory=dict)
    schema: Schema = field(default_factory=dict)
    where: str = ""
    models: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Parameter -> entry under `models:` of the recipe that declares this node, which need not be the one that is built."""
    raw: tuple[str, ...] = ()
    """Of a reader: the columns that its first file has."""
    benchmarks: dict[str, tuple[Benchmark, ...]] = field(default_factory=dict)
    """Parameter -> the benchmarks that it names."""
    lists: dict[str, tuple[Listed, ...]] = field(default_factory=dict)
    """Parameter -> the lists that it names."""
    sample: float | None = None
    """Of a reader in a sample of a recipe: the share of its documents that is wanted."""
    missing: str = ""
    """What is not on this machine, as the error of a build that needs it; empty if all is here."""
    card: CorpusCard | None = None
    """Of a reader of a published corpus: its card."""

    @property
    def is_base(self) -> bool:
        return self.kind in ("read", "expand", "across")

    @property
    def makes_files(self) -> bool:
        return self.kind in ("fit", "generate")

    @property
    def inputs(self) -> tuple[Node, ...]:
        return (*((self.chain,) if self.chain else ()), *(node for _, node in self.others))

    def reading(self) -> dict[str, int]:
        """Of a reader: `files` and `file_bytes` that it takes; nothing where they are not listed."""
        files = [one for file in (self.sources.files if self.sources else ()) for one in file.each]
        return {"files": len(files), "file_bytes": sum(file.bytes for file in files)} if files else {}

    @functools.cached_property
    def base(self) -> Node:
        """The base piece that this node's rows are numbered by."""
        return self if self.is_base or self.chain is None else self.chain.base

    @functools.cached_property
    def plan_payload(self) -> dict[str, Any]:
        return {
            "format": identity.FORMAT,
            "self": self.own,
            "inputs": [node.plan_key for node in self.inputs],
            "sources": self.sources.digests if self.sources else None,
        }

    @functools.cached_property
    def plan_key(self) -> str:
        return identity.digest(self.plan_payload)

    def key_payload(self, contents: list[str]) -> dict[str, Any]:
        """What the key hashes, given the contents of the inputs."""
        return {**self.plan_payload, "inputs": contents}

    @functools.cached_property
    def value_key(self) -> str:
        """Identity of the values it gives, whatever the set of documents."""
        if self.kind == "read":  # which files and how much of them does not change what one record becomes
            return identity.digest([{k: v for k, v in self.own.items() if k != "sample"}, schema_text(self.adds)])
        if self.kind in ("across", "fit", "generate"):
            return self.plan_key
        assert self.chain
        return identity.digest(
            [self.own, [self.chain.origin(c) for c in self.reads], [n.plan_key for _, n in self.others]]
        )

    def maker(self, column: str) -> Node:
        """The node that last wrote a column."""
        node: Node = self
        while True:
            if column in node.adds or (node.kind == "expand" and column in node.schema) or node.chain is None:
                return node
            node = node.chain

    def origin(self, column: str) -> str:
        """Value key of the node that last wrote a column."""
        return self.maker(column).value_key

    def upstream(self) -> Iterator[Node]:
        """The nodes its documents came through, last first, itself included."""
        node: Node | None = self
        while node is not None:
            yield node
            node = node.chain


@dataclass(frozen=True)
class Plan:
    """All nodes of a recipe in an order in which they can be built."""

    recipe: Recipe
    nodes: dict[str, Node]
    ends: dict[str, Node]
    """Last node of each corpus."""

    def __getitem__(self, name: str) -> Node:
        """A node by `corpus/step`, a corpus by its name (its last node). CurateError with a suggestion."""
        found = self.ends.get(name) or self.nodes.get(name)
        if found is None:
            raise CurateError(
                f"{self.recipe.recipe} has no node {name!r}{did_you_mean(name, [*self.nodes, *self.ends])}"
            )
        return found

    def needed(self, targets: list[str] | None) -> list[Node]:
        """The named nodes and all they need, in build order; everything when none is named."""
        if not targets:
            return list(self.nodes.values())
        wanted: set[str] = set()
        todo = [self[name] for name in targets]
        while todo:
            node = todo.pop()
            if node.plan_key not in wanted:  # a node of another recipe may have the name of one of ours
                wanted.add(node.plan_key)
                todo.extend(node.inputs)
        return [node for node in self.nodes.values() if node.plan_key in wanted]
