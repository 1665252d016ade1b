"""Build a plan: find out what is there, run passes over what is not, commit in plan order.

Settle, run one pass, settle again: after each pass the keys of the nodes behind it are computed anew from what came out, so equal bytes
end the work there (early cut-off). A damaged object is set aside when it is met and made again.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from curate.artifact import (
    ROW,
    Damaged,
    Manifest,
    PieceKind,
    Stored,
    Torn,
    View,
    content_of,
    errors_name,
    read_checked,
)
from curate.asker import Asking
from curate.asking import SUFFIX, came_back
from curate.drafts import finished
from curate.errors import CurateError, Incomplete, Unfit, failing, placed, writing
from curate.executors import Executor
from curate.executors.inline import Inline
from curate.guard import BUDGET, BUDGET_FLOOR, TooMany
from curate.identity import digest, file_sha256
from curate.known import Known, has_known
from curate.passes import Limits, Pass
from curate.plan import Node
from curate.read_files import Tally
from curate.records import kind_of_ids
from curate.report import Report, asking_text
from curate.schema import schema_text
from curate.sources import Sources
from curate.state import State
from curate.step import code_of
from curate.work import Asked, Work

KINDS: dict[str, PieceKind] = {
    "read": "base", "expand": "base", "across": "base", "ask": "columns", "score": "columns", "rewrite": "columns", "keep": "verdict",
    "repeat": "verdict", "fit": "files", "generate": "files",
}  # fmt: skip

UNREAD = 100
"""Input files that cannot be had before a build stops trying the others: then it is the network, or the credentials."""


@dataclass
class Build(State):
    """One build of one plan on one store."""

    executor: Executor = field(default_factory=Inline)
    project: Path = field(default_factory=Path.cwd)
    report: Report = field(default_factory=Report)
    limits: Limits = field(default_factory=Limits)
    memory: int = 1 << 30
    """Bytes that a process of a step over a whole corpus may take for what grows with it (`curate.step.Whole`)."""
    asking: Asking = field(default_factory=Asking)
    last: dict[str, dict[str, Any]] = field(default_factory=dict)
    """What the recipe's names meant at its last build: name -> {plan, ...} (`curate/lock.py`)."""
    ran: list[str] = field(default_factory=list)
    tally: Tally = field(default_factory=Tally)
    """What the nodes that ran took: of ranks that were done already when a build goes on, nothing."""

    def run(self, targets: list[str] | None = None) -> None:
        """Build the named nodes and what they need; all of the plan when none is named."""
        nodes = self.plan.needed(targets)
        self.keep_young(nodes)
        self.refuse_missing(nodes)
        with writing():
            for _ in range(4 * len(nodes) + 16):
                try:
                    self.settle(nodes)
                    ready = self.next_pass(nodes)
                    if not ready:
                        assert all(node.plan_key in self.done for node in nodes), (
                            "a node waits for what is not in the plan"
                        )
                        return self.bring_ends(nodes)
                    with self.store.locked([node.plan_key for node in ready], self.wait_for(ready[0])):
                        self.settle(nodes)
                        if self.next_pass(nodes) == ready:
                            self.run_pass(ready)
                except Damaged as damage:
                    self.report.note(f"{damage}; set aside, making it again")
                    self.store.set_aside(damage)
                    self.done = {k: m for k, m in self.done.items() if m.key != damage.key}
                except Torn as torn:
                    self.report.note(f"{torn}; making it again")
        raise CurateError("objects of this store are damaged again as soon as they are made; is the disk failing?")

    def refuse_missing(self, nodes: list[Node]) -> None:
        """CurateError for the first node to do whose files are not on this machine, before anything is done."""
        if not any(node.missing for node in nodes):
            return
        self.settle(nodes)
        for node in nodes:
            if node.missing and node.plan_key not in self.done:
                raise CurateError(node.missing, where=node.where)

    def bring_ends(self, nodes: list[Node]) -> None:
        """What a build is for is here at its end: the files that no other node takes in, such as the mixture."""
        inputs = {i.plan_key for node in nodes for i in node.inputs}
        for node in nodes:
            if node.makes_files and node.plan_key not in inputs:
                self.store.ensure(self.done[node.plan_key].key)

    def keep_young(self, nodes: list[Node]) -> None:
        """Touch what this build stands on, so that `gc` leaves it alone until the build has noted its names."""
        for node in nodes:
            key = self.store.planned(node.plan_key)
            if key:
                with contextlib.suppress(OSError):
                    os.utime(self.store.object(key) / "manifest.json")

    def wait_for(self, node: Node) -> Callable[[], None]:
        """Say that another build is doing this."""
        return lambda: self.report.note(f"{node.name}: another build is at it; waiting")

    # what to run next

    def next_pass(self, nodes: list[Node]) -> list[Node]:
        """The first node that is not there but whose inputs are, and the nodes that can be fused after it."""
        missing = [n for n in nodes if n.plan_key not in self.done]
        first = next((n for n in missing if self.is_ready(n)), None)
        if first is None:
            return []
        run = [first]
        if first.makes_files or first.kind in ("across", "ask"):
            return run
        while not self.cut_after(run[-1], missing):
            following = [n for n in missing if n.chain is run[-1] and not n.is_base and not n.makes_files]
            if (
                len(following) != 1
                or following[0].kind == "ask"
                or any(i.plan_key not in self.done for _, i in following[0].others)
            ):
                break
            if (
                (run[-1].is_base or run[-1].kind == "repeat")
                and run[-1] is not first.chain
                and self.may_know(following[0])
            ):
                break  # with the base stored, its documents can be looked up by id
            run.append(following[0])
        return run

    def may_know(self, node: Node) -> bool:
        return node.kind in ("ask", "score", "rewrite") and has_known(self.store, node.value_key)

    def cut_after(self, node: Node, missing: list[Node]) -> bool:
        """Whether equal bytes of a changed node could still save the nodes after it, which were built before as they are now."""
        before = self.last.get(node.name)
        if before is None or before["plan"]["self"] == node.own or node.kind in ("read", "repeat"):
            return False
        after = [n for n in missing if n.chain is node]
        return any(n.name in self.last and self.last[n.name]["plan"]["self"] == n.own for n in after)

    # running

    def run_pass(self, nodes: list[Node]) -> None:
        """Run fused nodes, or the one node that stands alone, and commit them."""
        first = nodes[0]
        started = time.perf_counter()
        try:
            for node in nodes:
                for folder in ("data", "work"):
                    (self.store.draft(node.plan_key) / folder).mkdir(parents=True, exist_ok=True)
            if first.makes_files:
                self.run_files(first)
            elif first.kind == "across":
                self.run_across(first)
            elif first.kind == "ask":
                self.run_ask(first)
            else:
                self.run_rowwise(nodes)
        except OSError as error:
            if isinstance(error, FileNotFoundError):
                raise
            raise CurateError(
                f"{first.name}: the store cannot be written: {error.strerror}; nothing that was finished is lost"
            ) from error
        nodes = [node for node in nodes if node.plan_key in self.done]
        self.ran += [node.name for node in nodes]
        self.report.passed(nodes, time.perf_counter() - started)

    def run_rowwise(self, nodes: list[Node]) -> None:
        """Read or load shard by shard. A step that seems to be broken is tried again when it is known how many documents it gets."""
        try:
            self.run_fused(nodes)
        except TooMany:
            if not nodes[0].is_base:
                raise
            self.run_fused(nodes[:1])  # the step itself is in the next pass

    def run_fused(self, nodes: list[Node]) -> None:
        """One pass over all shards; repeats are found between reading and committing."""
        from curate.repeats import find_repeats, strike

        works = {node.name: self.work(node) for node in nodes}
        first = nodes[0]
        if first.kind == "repeat":
            assert first.chain
            repeats = find_repeats(works[first.name], self.reading(self.view(first.chain)))
            self.commit(first)
            nodes = nodes[1:]
            self.go([works[n.name] for n in nodes], None, self.view(first))
            strike([works[n.name] for n in nodes], repeats)
        elif first.kind == "read":
            for _, other in first.others:
                self.store.ensure(self.done[other.plan_key].key)
            self.recall_contents(first)
            rest = [works[n.name] for n in nodes if n.kind != "repeat"]
            self.go(rest, self.files(first), None)
            self.commit(first)
            if len(nodes) > 1 and nodes[1].kind == "repeat":
                strike(rest[1:], find_repeats(works[nodes[1].name], self.view(first)))
            nodes = nodes[1:]
        else:
            assert first.chain
            self.go([works[n.name] for n in nodes], None, self.view(first.chain))
            self.strike_again(nodes, works)
        for node in nodes:
            if node.plan_key not in self.done:
                self.commit(node)

    def strike_again(self, nodes: list[Node], works: dict[str, Work]) -> None:
        """A build that was killed between reading and striking left pieces with repeats in them."""
        from curate.repeats import strike

        repeat = next((n for n in nodes[0].upstream() if n.kind == "repeat"), None)
        if repeat is None or repeat.base is not nodes[0].base:
            return
        piece = self.piece(repeat)
        repeats = {s.name: piece.read(s.name).filter(fate="repeat")[ROW] for s in piece.shards.values() if s.fates}
        strike([works[n.name] for n in nodes], repeats)

    def go(self, works: list[Work], files: Sources | None, view: View | None, executor: Executor | None = None) -> None:
        if not works:
            return
        executor = executor or self.executor
        if view:
            most = max(BUDGET_FLOOR, int(BUDGET * view.rows))
            told = [i == 0 or works[0].kind != "expand" for i in range(len(works))]  # not how many children there are
            works = [replace(w, most=most) if known else w for w, known in zip(works, told, strict=True)]
        work = Pass(tuple(works), self.store.root / "replies", files, view, self.limits, executor.isolated)
        if view:
            self.reading(view, work.wanted())
        if files:
            work = work.in_parts()
        self.go_through(work, executor)
        if left := work.left_whole():
            self.go_through(left, executor)

    def go_through(self, work: Pass, executor: Executor) -> None:
        """Do all ranks of a pass. Incomplete if some of its files could not be had."""
        works, view = work.nodes, work.view
        lost: dict[str, int] = {}
        unread: list[tuple[str, str]] = []
        with self.report.progress(works[0].name, work.count, _saying(works[0]), trouble=_trouble(works[0])) as advance:

            def done(rank: int, tally: Tally) -> None:
                advance(rank, tally)
                self.note(tally)
                unread.extend([tally.failed] if tally.failed else [])
                if len(unread) >= UNREAD:
                    raise Incomplete(unread, work.count)
                for node in works if tally.rows else ():
                    if view and node.most is not None:
                        shard = finished(node, view.shards[rank])
                        lost[node.name] = lost.get(node.name, 0) + failures(shard)
                        if lost[node.name] > node.most:
                            raise broken(node.name, node.draft, shard, lost[node.name], view.rows)

            executor.run(work, work.count, done)
        if unread:
            raise Incomplete(unread, work.count)

    def note(self, tally: Tally) -> None:
        for plan_key, (documents, computed, seconds) in tally.nodes.items():
            self.tally.add(plan_key, documents, computed, seconds)

    def work(self, node: Node) -> Work:
        """A node as a worker needs it: artifacts as folders, models as entries."""
        params = dict(node.params)
        for name, other in node.others:
            if other.makes_files and name in params:
                params[name] = str(self.store.ensure(self.done[other.plan_key].key))
        if node.benchmarks:
            params |= self.benchmarks(node)
        params |= node.lists
        alias = node.own.get("as")
        step_name = node.name.partition("/")[2].removesuffix(SUFFIX if node.kind == "ask" else "")
        adds = list(node.adds)
        renames = {}
        if alias and node.step:
            renames = {
                c.replace(f"{alias}_", "", 1) if c != alias else node.step.name: c
                for c in adds
                if c.startswith(str(alias))
            }
        step, asks = node.step, node.kind == "ask"
        return Work(
            node.name,
            node.kind,
            self.store.draft(node.plan_key),
            step.verb if step else "",
            step.name if step else "",
            self.project,
            params,
            Asked(node.models["model"]) if asks else None,
            came_back(step_name) if step and step.spec.asks and not asks else (),
            node.clauses,
            node.reads,
            schema_text(node.adds),
            renames,
            node.corpus,
            step.title if step else node.kind,
            step_name,
            {k: node.own[k] for k in ("columns", "promoted", "license")} if node.kind == "read" else {},
            self.known(node),
        )

    def benchmarks(self, node: Node) -> dict[str, Any]:
        """The benchmarks of a node's parameters, with all their files."""
        from curate.datacard import SUFFIXES, with_files

        titles = {title for some in node.benchmarks.values() for one in some for title in one.made_by}
        others = {title: other for title, other in node.others if title in titles}
        for other in others.values():
            self.store.ensure(self.done[other.plan_key].key)
        made = {title: self.made(other, SUFFIXES) for title, other in others.items()}
        return {p: tuple(with_files(one, made) for one in some) for p, some in node.benchmarks.items()}

    def known(self, node: Node) -> Known | None:
        """Values of earlier builds; by id too, once the base is stored."""
        found = self.earlier(node) if node.kind != "read" else None
        if found is None:
            return None
        for one in found.earlier:
            self.store.ensure(one.piece.folder.name)
        if node.base.plan_key not in self.done:
            return found
        return found.matched(self.store, self.piece(node.base))

    def run_across(self, node: Node) -> None:
        from curate import across

        assert node.chain
        started = time.perf_counter()
        work, view = self.work(node), self.reading(self.view(node.chain))
        columns = tuple(c for c in node.chain.schema if c in node.schema)
        with placed(node.name, node.where):
            told = across.run(work, view, columns, self.executor, self.memory, self.report)
        self.tally.add(node.plan_key, view.rows, view.rows, time.perf_counter() - started)
        self.commit(node, told)

    def run_ask(self, node: Node) -> None:
        """Ask a model; its replies are stored as they come, the node when all are there."""
        from curate.calls import lacks

        assert node.chain
        ranks = len(self.view(node.chain).shards)
        asking = self.asking.of(node, self.executor, ranks, lambda: lacks(self, node))
        with placed(node.name, node.where), asking as (asked, executor):
            self.go([replace(self.work(node), model=asked)], None, self.view(node.chain), executor)
        self.commit(node)

    def run_files(self, node: Node) -> None:
        """A step that writes a folder; half a folder of an earlier attempt is thrown away."""
        assert node.step
        started = time.perf_counter()
        data = self.store.draft(node.plan_key) / "data"
        shutil.rmtree(data)
        data.mkdir()
        params = self.work(node).params
        with self.report.progress(node.name, 1), failing(node.step.title):
            if node.kind == "generate":
                facts = node.step.call(data, **params)
            else:
                corpora = self.learnt_from(node)
                try:
                    facts = node.step.call(corpora, data, **params)
                except CurateError as error:
                    raise Unfit(error.message, where=error.where) from None
        shards = tuple(
            Stored(str(path.relative_to(data)), 0, 0, path.stat().st_size, file_sha256(path))
            for path in sorted(data.rglob("*")) if path.is_file()
        )  # fmt: skip
        self.check_code(node)
        self.finish(node, shards, 0, facts or {})
        self.tally.add(node.plan_key, 1, 1, time.perf_counter() - started)

    # committing

    def commit(self, node: Node, told: dict[str, Any] | None = None) -> None:
        """Turn a node's finished draft into an object. told: facts that the step gave."""
        self.check_code(node)
        from curate.repeats import records_of

        shards = tuple(records_of(self.work(node)))
        rows_in = (
            self.done[node.chain.plan_key].rows if node.chain else sum(s.rows + sum(s.fates.values()) for s in shards)
        )
        self.check_budget(node, shards, rows_in)
        told = self.facts_of_read(node) if node.kind == "read" else told or self.facts_of_score(node)
        self.finish(node, shards, rows_in, told | self.counted(node, shards))

    def counted(self, node: Node, shards: tuple[Stored, ...]) -> dict[str, Any]:
        """How many documents have each value of the columns that the step counts."""
        from curate.counts import of_files

        named = node.step.spec.counts if node.step and node.kind in ("score", "rewrite", "expand") else ()
        renames = self.work(node).renames
        columns = [renames.get(name, name) for name in named]
        data = self.store.draft(node.plan_key) / "data"
        with failing(node.name, "cannot count", node.where):
            return {"counts": of_files((data / one.name for one in shards), columns)} if columns else {}

    def facts_of_score(self, node: Node) -> dict[str, Any]:
        """What the step of a score tells of itself, where it has a function for that."""
        from curate.facts import of_score

        if node.kind != "score" or node.chain is None or node.step is None or node.step.spec.facts is None:
            return {}
        view = self.reading(self.view(node.chain), node.reads)
        return of_score(self.work(node), view, self.executor)

    def facts_of_read(self, node: Node) -> dict[str, Any]:
        """What ids stand for, and which files stand behind the shards (of whole files: part of a file says nothing of the rest)."""
        files = self.files(node).files
        ids = kind_of_ids(self.store.draft(node.plan_key))
        whole = all(file.drawn is None or file.drawn.share == 1 for file in files)
        listed = {"files": [[file.sha256, file.bytes] for file in files]} if whole else {}
        away = (one for file in files for one in file.each if "://" in one.path)
        elsewhere = {one.sha256: self.store.remembered("inputs", one.sha256)["sha256"] for one in away}
        return {"ids": ids, **listed, **({"contents": elsewhere} if elsewhere else {})}

    def recall_contents(self, reader: Node) -> None:
        """Hold files that lie elsewhere to the bytes that earlier builds read, also where the cache has forgotten them."""
        known = self.earlier(reader)
        for one in known.earlier if known else ():
            for mark, sha256 in self.store.manifest(one.piece.folder.name).facts.get("contents", {}).items():
                if not self.store.remembered("inputs", mark):
                    self.store.remember("inputs", mark, {"sha256": sha256})

    def finish(self, node: Node, shards: tuple[Stored, ...], rows_in: int, facts: dict[str, Any]) -> None:
        payload = self.key_payload(node)
        schema = schema_text(node.schema if node.kind == "across" else node.adds)
        if node.kind in ("keep", "repeat"):
            schema = {"fate": "String", "failed": "List(String)"}
        manifest = Manifest(
            digest(payload),
            node.name,
            KINDS[node.kind],
            payload,
            content_of(shards),
            shards,
            schema,
            rows_in,
            json.loads(json.dumps(facts)),
        )
        self.store.commit(node.plan_key, manifest)
        self.done[node.plan_key] = manifest
        self.register(node)

    def check_code(self, node: Node) -> None:
        """CurateError if the code is not what was planned: workers may have run either."""
        if node.step and code_of(node.step, self.project) != node.own["code"]:
            shutil.rmtree(self.store.draft(node.plan_key), ignore_errors=True)
            raise CurateError(f"the code of {node.step.title} changed while it ran; build again")

    def check_budget(self, node: Node, shards: tuple[Stored, ...], rows_in: int) -> None:
        """A step that loses too many documents is broken; say so instead of building on it."""
        lost = sum(map(failures, shards))
        if node.kind not in ("ask", "score", "rewrite", "expand") or lost == 0:
            return
        if lost == rows_in or (lost > BUDGET_FLOOR and lost > BUDGET * rows_in):
            raise broken(node.name, self.store.draft(node.plan_key), next(filter(failures, shards)), lost, rows_in)


def _saying(work: Work) -> Callable[[], str] | None:
    """What a step that asks has to tell while it does."""
    meter = work.model.asker.meter if work.model and work.model.asker else None
    if meter is None:
        return None
    began = time.monotonic()
    return lambda: asking_text(meter.spent(), meter.currency, time.monotonic() - began)


def _trouble(work: Work) -> Callable[[], str] | None:
    """Why a step that asks gets no answer for the moment."""
    meter = work.model.asker.meter if work.model and work.model.asker else None
    return meter.trouble if meter else None


def failures(shard: Stored) -> int:
    """Documents of a shard that a step failed on."""
    return shard.fates.get("quarantined", 0) + shard.fates.get("killed", 0)


def broken(name: str, draft: Path, shard: Stored, lost: int, rows: int) -> CurateError:
    """Says how many documents a step lost, with the first error of one of its shards."""
    errors = read_checked(draft / "data", errors_name(shard.name), shard.errors[1] if shard.errors else "")["error"]
    return CurateError(
        f"{name}: {lost:,} of {rows:,} documents failed, more than {BUDGET:.0%}; the first: {errors.drop_nulls()[0]}"
    )
