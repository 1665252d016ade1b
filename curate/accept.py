"""After a refactor: a step's code changed and what it gives did not. Say so with evidence, without a build.

Where nothing of a node's identity differs from the last build but its code, the new code is run on a few of its shards, on the same input
rows, and what it writes is compared byte for byte with what is stored. The shards are chosen by hash of their names and the new key, so
nobody picks them. If all are equal, the stored shards are carried over (as hard links) to a new object under the new key; nodes after it
stand on contents and are found again. Model replies come from the reply store: nothing is asked, so nothing is paid for.

A few shards are evidence, not proof; a value that only a document elsewhere would get differently is not seen (`shards=None` compares all).
Left out: steps that need the whole corpus, which a build runs again.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from curate import executors
from curate.artifact import Damaged, Manifest, Piece, Stored, errors_name, read_checked
from curate.drafts import finished
from curate.errors import CurateError
from curate.identity import digest
from curate.lock import write_ref
from curate.models.replies import MissingReplies
from curate.passes import Pass
from curate.plan import Node
from curate.read_files import Tally
from curate.why import reasons
from curate.work import Work

if TYPE_CHECKING:
    from curate.api import Curated
    from curate.build import Build
    from curate.report import Report

ROWWISE = ("read", "ask", "score", "rewrite", "expand")
WHOLE = "needs the whole corpus; a build runs it again"
LATER = "what goes into it is to be built first"


class Refused(Exception):
    """Why a node cannot be accepted, in words."""


@dataclass
class Accepted:
    """What became of each node whose code changed."""

    accepted: dict[str, list[str]] = field(default_factory=dict)
    """Node -> the shards that were run again."""
    differing: dict[str, str] = field(default_factory=dict)
    """Node -> the first difference, in words."""
    refused: dict[str, str] = field(default_factory=dict)
    """Node -> why it has to be built."""


def accept(recipe: Curated, node: str | None, shards: int | None, report: Report) -> Accepted:
    """Accept every node whose code alone changed, or one. CurateError if the one that is named cannot be accepted."""
    found = Accepted()
    chosen = recipe.planned[node] if node else None
    executor = executors.make(recipe.profile, recipe.store.root)
    build = recipe._build(executor, report)
    try:
        build.settle(list(recipe.planned.nodes.values()))
        for name, one in recipe.planned.nodes.items():
            build.settle([one])
            if one.plan_key not in build.done and chosen in (None, one):
                _try(build, name, one, shards, found)
    except Damaged as damage:
        raise CurateError(f"{damage}; curate build {recipe.title} makes it again") from None
    finally:
        executor.close()
    if chosen and found.refused:
        raise CurateError(f"cannot be accepted: {next(iter(found.refused.values()))}", where=str(node))
    recipe.built = build
    if found.accepted:
        _register(build)
        write_ref(recipe.store, recipe.planned, recipe.lock_path, build.done, build.last)
    return found


def _try(build: Build, name: str, node: Node, shards: int | None, found: Accepted) -> None:
    try:
        before = _candidate(build, name, node)
        ranks, names = _chosen(node, before, build.key_of(node), shards)
        difference = _difference(build, node, before, ranks, names)
        if difference:
            found.differing[name] = difference
            return
        _carry_over(build, node, before, names)
        found.accepted[name] = names
    except Refused as refused:
        found.refused[name] = str(refused)
    except MissingReplies as missing:
        found.refused[name] = f"{missing}; a build asks for them"


def _candidate(build: Build, name: str, node: Node) -> Manifest:
    """The object that the node had at the last build, if nothing but its code differs."""
    if not build.is_ready(node):
        raise Refused(LATER)
    last = build.last.get(name)
    if last is None or not build.store.has(last["key"]):
        raise Refused("it was not built before; a build runs it")
    if node.kind not in ROWWISE:
        raise Refused(WHOLE if node.step else "; ".join(reasons(node, last, {})) or "what goes into it changed")
    before = build.store.check(last["key"])
    old, new = before.identity, build.key_payload(node)
    if _without_code(old) != _without_code(new):
        said = reasons(node, {"plan": {**new, **old, "inputs": node.plan_payload["inputs"]}}, {})
        more = [reason for reason in said if not reason.startswith(("the code of", "the file", "the version of"))]
        raise Refused("more than its code changed: " + ("; ".join(more) or "other documents go into it"))
    return before


def _without_code(payload: dict[str, Any]) -> dict[str, Any]:
    return {**payload, "self": {k: v for k, v in payload["self"].items() if k != "code"}}


def _chosen(node: Node, before: Manifest, key: str, most: int | None) -> tuple[list[int], list[str]]:
    """Ranks to run, and the shards that they write. A reader's rank is a file, which may be cut into several shards."""
    names = [shard.name for shard in before.shards]
    ranks = {n: int(n.partition("-")[0]) if node.kind == "read" else place for place, n in enumerate(names)}
    order = sorted(names, key=lambda n: hashlib.sha256(f"{key}/{n}".encode()).hexdigest())
    picked = {ranks[n] for n in order[:most]}
    return sorted(picked), [n for n in names if ranks[n] in picked]


@dataclass(frozen=True)
class Some:
    """A pass over some of its ranks."""

    work: Pass
    ranks: list[int]

    def __call__(self, place: int) -> Tally:
        return self.work(self.ranks[place])


def _difference(build: Build, node: Node, before: Manifest, ranks: list[int], names: list[str]) -> str:
    """Run the new code on the chosen ranks in a folder of its own; what differs first from what is stored, or nothing."""
    with tempfile.TemporaryDirectory(prefix="accept-", dir=build.store.root / "drafts") as folder:
        draft = Path(folder)
        for part in ("data", "work"):
            (draft / part).mkdir()
        work = replace(build.work(node), draft=draft, known=None)
        for _, other in node.others if node.kind == "read" else ():
            build.store.ensure(build.done[other.plan_key].key)
        files = build.files(node) if node.kind == "read" else None
        view = build.reading(build.view(node.chain)) if node.chain else None
        one = Pass((work,), build.store.root / "replies", files, view, build.limits, build.executor.isolated)
        with build.report.progress(f"{node.name} (again)", len(ranks)) as advance:
            try:
                build.executor.run(Some(one, ranks), len(ranks), advance)
            except MissingReplies:
                raise
            except CurateError as error:
                return f"the new code fails: {error}"
        build.check_code(node)
        old = Piece.of(build.store.ensure(before.key), before)
        made = sorted(path.name.removesuffix(".json") for path in (draft / "work").glob("*.parquet.json"))
        if made != sorted(names):
            return f"{len(made)} shards came out of what gave {len(names)} before"
        return next(filter(None, (_compared(work, old, name) for name in names)), "")


def _compared(work: Work, old: Piece, name: str) -> str:
    """How one shard differs from what is stored, or nothing."""
    new, was = finished(work, name), old.shards[name]
    if new.sha256 != was.sha256:
        said = _told(old.read(name), read_checked(work.draft / "data", name, new.sha256))
        return f"shard {name}: {said}"
    if new.errors != was.errors:
        return f"shard {name}: {_told(_lost(old.folder, was), _lost(work.draft / 'data', new))} among the documents that failed"
    return ""


def _lost(folder: Path, shard: Stored) -> pl.DataFrame:
    if shard.errors is None:
        return pl.DataFrame()
    return read_checked(folder, errors_name(shard.name), shard.errors[1])


def _told(old: pl.DataFrame, new: pl.DataFrame) -> str:
    """Rows and columns that differ, with the first of them."""
    if old.height != new.height:
        return f"{new.height:,} rows, not {old.height:,}"
    if old.columns != new.columns:
        return f"the columns {new.columns}, not {old.columns}"
    unequal = {c: ~old[c].eq_missing(new[c]) if old[c].dtype == new[c].dtype else None for c in old.columns}
    other = [c for c, rows in unequal.items() if rows is None]
    if other:
        return f"{other[0]} is {new[other[0]].dtype}, not {old[other[0]].dtype}"
    columns = {c: rows for c, rows in unequal.items() if rows is not None and rows.any()}
    if not columns:
        return "the same values, written differently"
    rows = pl.DataFrame(list(columns.values())).select(pl.any_horizontal(pl.all())).to_series()
    column, place = next((c, int(r.arg_max() or 0)) for c, r in columns.items())
    was, now = (str(side[column][place])[:80] for side in (old, new))
    return f"{rows.sum():,} of {old.height:,} rows differ in {', '.join(columns)}; the first: {column} {was} -> {now}"


def _carry_over(build: Build, node: Node, before: Manifest, names: list[str]) -> None:
    """A new object of the old shards, under the key of the new code."""
    payload = build.key_payload(node)
    facts = {**before.facts, "accepted": {"from": before.key, "shards": names}}
    manifest = replace(before, key=digest(payload), identity=payload, facts=facts)
    with build.store.locked([node.plan_key], build.wait_for(node)):
        data = build.store.draft(node.plan_key) / "data"
        shutil.rmtree(data, ignore_errors=True)
        data.mkdir(parents=True)
        for path in _files(build.store.ensure(before.key)):
            _link(path, data / path.name)
        build.store.commit(node.plan_key, manifest)
    build.done[node.plan_key] = manifest


def _register(build: Build) -> None:
    """Values after a changed step have other value keys too; without this, the next loosened clause would compute them all again."""
    for node in build.plan.nodes.values():
        if node.plan_key in build.done:
            build.register(node)


def _files(folder: Path) -> Iterator[Path]:
    yield from (path for path in sorted(folder.iterdir()) if path.is_file() and path.name != "manifest.json")


def _link(source: Path, target: Path) -> None:
    with contextlib.suppress(OSError):
        os.link(source, target)
        return
    shutil.copyfile(source, target)
