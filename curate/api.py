"""`curate.open("long-cot")`: one recipe with its project and store. Every command of the program is one call of this plus printing."""

from __future__ import annotations

import json
import os
import socket
import time
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from curate import executors
from curate.artifact import Damaged, View, readable, replace_file
from curate.build import Build
from curate.errors import CurateError
from curate.lock import Lock, is_written, lock_of, read_ref, write_lock, write_ref
from curate.passes import Limits
from curate.plan import Node, Plan
from curate.planner import Planner
from curate.profile import Profile, find_project, load_profile, shipped
from curate.recipe import Recipe, load
from curate.report import Report
from curate.state import State
from curate.store import Store

if TYPE_CHECKING:
    import polars as pl


def open(recipe: str, *, project: Path | str | None = None, profile: str = "local", **settings: Any) -> Curated:
    """A recipe by name or path to a YAML file.

    project: the user's folder; default the nearest one upwards with `recipes/` or a store. settings: profile values to override
    (`workers=1`, `executor="inline"`, `store="..."`). CurateError for an unknown name or a broken recipe.
    """
    home = Path(project).resolve() if project else find_project(Path.cwd())
    chosen = load_profile(profile, home).model_copy(update={k: v for k, v in settings.items() if v is not None})
    return Curated(load(recipe, project=home), home, chosen)


@dataclass
class Curated:
    """One recipe, as it stands in its file and in the store."""

    recipe: Recipe
    project: Path
    profile: Profile
    promote_all: bool = False
    fraction: float | None = None

    @property
    def name(self) -> str:
        return self.recipe.recipe

    @cached_property
    def store(self) -> Store:
        from curate.objects import store_of

        return store_of(self.profile, self.project)

    @cached_property
    def planned(self) -> Plan:
        return Planner(self.recipe, self.project, self.store, self.promote_all).plan()

    @property
    def lock_path(self) -> Path:
        """In the project's `recipes/`, also for a recipe of the package; beside the file for one that lies elsewhere."""
        homes = (self.project / "recipes", shipped("recipes"))
        if any(self.recipe.path.is_relative_to(home) for home in homes):
            return self.project / "recipes" / f"{self.name}.lock"
        return self.recipe.path.with_suffix(".lock")

    @cached_property
    def built(self) -> State:
        """What is stored of the plan, without building anything."""
        state = State(self.planned, self.store)
        with readable(self.name):
            state.settle(list(self.planned.nodes.values()))
        return state

    def _build(self, executor: executors.Executor, report: Report) -> Build:
        limits = Limits(self.profile.limits.seconds, self.profile.limits.seconds_per_document)
        last = read_ref(self.store, self.lock_path)
        if self.store.remote:
            self.store.remote.report = report
        return Build(
            self.planned, self.store, executor=executor, project=self.project, report=report, limits=limits, last=last
        )

    # make

    def build(
        self, *, only: str | None = None, through: str | None = None, locked: bool = False, report: Report | None = None
    ) -> dict[str, Any]:
        """Build the mixture and all before it, or one corpus (`only`), or up to one node (`through`). Returns what was done.

        locked: refuse a result that is not what the lock says. CurateError for bad input, a broken step, a full disk.
        """
        started = time.perf_counter()
        self.store.create()
        if self.profile.push and not self.store.remote:
            raise CurateError("the profile says push = true and names no remote")
        targets = [name for name in (only, through) if name] or None
        self.refuse_unfinished()
        lock = Lock.read(self.lock_path) if locked else None
        if lock and set(lock.nodes) != set(self.planned.nodes):
            other = sorted(set(lock.nodes) ^ set(self.planned.nodes))[0]
            raise CurateError(
                f"not the recipe that the lock was written for: {other} is only in one of them",
                where=self.lock_path.name,
            )
        if lock:
            self.prefer(lock)
        executor = executors.make(self.profile.executor, self.profile.workers)
        build = self._build(executor, report or Report())
        try:
            build.run(targets)
        finally:
            executor.close()
        self.built = build
        fresh = lock_of(self.planned, build.done)
        if lock:
            self.hold_to(lock, fresh)
        write_ref(self.store, self.planned, self.lock_path, build.done, build.last)
        if not targets and not is_written(self.lock_path, fresh):
            self.check_expectations()
        if not targets and not locked:
            write_lock(self.lock_path, fresh)
        if self.profile.push:
            self._push_what_was_built(build)
        seconds = time.perf_counter() - started
        if build.ran:
            self._log(build, seconds)
        end = build.done.get(self.planned.nodes["mixture"].plan_key) if "mixture" in self.planned.nodes else None
        return {
            "recipe": self.name,
            "ran": build.ran,
            "nodes": len(self.planned.needed(targets)),
            "seconds": round(seconds, 3),
            "mixture": str(self.store.object(end.key)) if end else None,
            "facts": end.facts if end else {},
        }

    def _push_what_was_built(self, build: Build) -> None:
        """A build is no failure because the remote is away."""
        from curate.objectstore import Away

        try:
            drift = self.push(report=build.report)["drift"]
        except Away as error:
            return build.report.note(f"not pushed: {error}; curate store push {self.name} does it later")
        for key in drift:
            build.report.note(f"objects/{key}: the remote holds another content of it, which stays there")

    def prefer(self, lock: Lock) -> None:
        """Of what is pinned, take from the remote what the lock says, also where this store holds another content."""
        from curate.objects import prefer

        prefer(self.store, lock)

    def check_expectations(self) -> None:
        """CurateError for the first assertion under `expect:` that does not hold."""
        for position, sql in enumerate(self.recipe.expect):
            where = self.recipe.location("expect", position)
            try:
                found = self.sql(sql)
            except CurateError as error:
                raise CurateError(f"expect: {error.message}", where=where) from None
            if found.shape != (1, 1) or found.item() is not True:
                raise CurateError(f"expect: does not hold: {sql} gives {found.rows()[:3]}", where=where)

    def refuse_unfinished(self) -> None:
        """CurateError if something in the recipe has no revision yet, or is a promise that a build does not keep yet."""
        if self.recipe.removals:
            raise CurateError(
                "removals are not carried out yet; keep those documents out by a clause",
                where=self.recipe.location("removals"),
            )
        for where in self.recipe.unpinned():
            raise CurateError(f"has no revision yet; run curate fetch {self.name}, or write it in", where=where)

    def hold_to(self, lock: Lock, fresh: Lock) -> None:
        """CurateError if what was built is not what the lock says."""
        differing = [name for name in lock.differences(fresh) if name in fresh.nodes]
        if differing:
            names = ", ".join(differing[:5]) + (" and others" if len(differing) > 5 else "")
            raise CurateError(
                f"not what the lock says: {names}; `curate diff {self.name}` shows more", where=self.lock_path.name
            )

    def _log(self, build: Build, seconds: float) -> None:
        """Where, when and how long: everything that identity must not see."""
        entry = {
            "recipe": self.name,
            "ran": build.ran,
            "seconds": seconds,
            "host": socket.gethostname(),
            "process": os.getpid(),
        }
        replace_file(self.store.root / "runs" / f"{time.time_ns()}.json", json.dumps(entry).encode())

    # look

    def todo(self) -> list[Node]:
        return [node for node in self.planned.nodes.values() if node.plan_key not in self.built.done]

    def plan(self) -> list[dict[str, Any]]:
        """One row per node: name, step, whether it is stored, documents and bytes where known, reasons to build it."""
        reasons = self.why()
        rows = []
        for name, node in self.planned.nodes.items():
            manifest = self.built.done.get(node.plan_key)
            rows.append(
                {
                    "node": name,
                    "step": node.own["step"],
                    "state": "stored" if manifest else "to do",
                    "documents": manifest.rows if manifest and not node.makes_files else None,
                    "bytes": manifest.bytes if manifest else None,
                    "why": reasons.get(name, []),
                }
            )
        return rows

    def why(self, node: str | None = None) -> dict[str, list[str]]:
        """Reasons, by node, for everything that is to be built; or for one node."""
        from curate.why import why

        found = why(self.planned, read_ref(self.store, self.lock_path), self.todo())
        if node is None:
            return found
        names = {id(n): name for name, n in self.planned.nodes.items()}
        wanted = names[id(self.planned[node])]
        return {wanted: found.get(wanted, ["is stored; nothing is to be done"])}

    def sql(self, query: str) -> pl.DataFrame:
        """A DuckDB query over the views documents, funnel, fates, mixture and sources."""
        from curate.views import query as run

        return run(self.built, query)

    def funnel(self) -> list[dict[str, Any]]:
        """One row per built node: corpus, node, documents in and out, fates of those that ended there."""
        from curate.views import built_nodes

        return [
            {"corpus": n.corpus, "node": n.name, "in": m.rows_in, "out": m.rows, "fates": m.fates}
            for _, n, m in built_nodes(self.built)
        ]

    def mixture(self) -> dict[str, Any]:
        """Facts of the built mixture; empty before it is built."""
        node = self.planned.nodes.get("mixture")
        manifest = self.built.done.get(node.plan_key) if node else None
        return manifest.facts if manifest else {}

    def documents(self, name: str) -> View:
        """The table of a built corpus or node."""
        node = self.planned[name]
        if node.plan_key not in self.built.done:
            raise CurateError(f"{name} is not built yet; run `curate build {self.name}`")
        with readable(self.name):
            return self.built.reading(self.built.view(node))

    def sample(
        self, corpus: str, n: int = 5, *, dropped_by: str | None = None, near: bool = False, seed: int = 0
    ) -> pl.DataFrame:
        """Documents of a corpus chosen by hash of their id: kept ones, or those that a clause dropped.

        near: instead of by hash, those closest to the number that the clause compares a column with, on either side of it.
        """
        from curate.sampling import sample

        return sample(self, corpus, n, dropped_by, near, seed)

    def resolved(self) -> dict[str, Any]:
        """The whole recipe with everything inherited written out."""
        return self.recipe.resolved()

    def diff(self, other: str | None = None) -> dict[str, Any]:
        """What differs from another recipe, or from this recipe's lock: configuration, and documents per node."""
        from curate.diff import diff_locks, diff_recipes

        mine = lock_of(self.planned, self.built.done)
        if other is None:
            return {"config": [], "nodes": diff_locks(Lock.read(self.lock_path), mine)}
        if other.endswith(".lock"):
            return {"config": [], "nodes": diff_locks(Lock.read(Path(other)), mine)}
        theirs = replace(self, recipe=load(other, project=self.project))
        return {
            "config": diff_recipes(self.recipe, theirs.recipe),
            "nodes": diff_locks(mine, lock_of(theirs.planned, theirs.built.done), theirs.planned.nodes),
        }

    # trust

    def verify(self, *, deep: bool = False) -> list[str]:
        """What is wrong with the stored objects of this recipe and with its lock; empty if all is well."""
        found = []
        for name, node in self.planned.nodes.items():
            key = self.store.planned(node.plan_key)
            if key is None:
                found.append(f"{name}: is not built")
                continue
            try:
                self.store.check(key, deep=deep)
            except Damaged as damage:
                found.append(f"{name}: {damage}")
        if not found:
            differing = Lock.read(self.lock_path).differences(lock_of(self.planned, self.built.done))
            found += [f"{name}: is not what the lock says" for name in differing]
        return found

    def truth(self) -> list[dict[str, Any]]:
        """How often each step is right, where the truth is known: corpus, step, claim, precision, recall, of (`curate/truth.py`).

        CurateError where nothing that the recipe reads has a known truth, or it is not built.
        """
        from curate.truth import truth

        return [claim._asdict() for claim in truth(self)]

    # the remote

    def fetch(self) -> dict[str, Any]:
        """Pin what the recipe names elsewhere: `listings` of remote files, and `revisions`, written into the recipe's file.

        CurateError for what is not there or cannot be reached. After revisions were written, open the recipe again.
        """
        from curate.fetch import fetch

        return fetch(self.recipe, self.project, self.store.create())

    def push(self, *, report: Report | None = None) -> dict[str, Any]:
        """Copy what is stored of this recipe, and model replies, to the remote: names copied, there already, drifted; replies copied.

        CurateError if there is no remote or it cannot be reached.
        """
        from curate.objects import push

        return push(self.store, [m.key for m in self.built.done.values() if self.store.here(m.key)], report)

    def pull(self, *, report: Report | None = None) -> dict[str, Any]:
        """Copy all objects that this recipe's lock names (or else its plan), and model replies, from the remote. As `push` otherwise.

        CurateError also for an object that is not whole there.
        """
        from curate.objects import pull

        self.store.create()
        known = Lock.read(self.lock_path).nodes if self.lock_path.is_file() else {}
        keys = [str(node["key"]) for node in known.values()] or [m.key for m in self.built.done.values()]
        return pull(self.store, keys, report)

    def status(self) -> dict[str, Any]:
        """Nodes stored and to do, with the shards that a stopped or running build has finished of them."""
        drafts = {}
        for name, node in self.planned.nodes.items():
            work = self.store.draft(node.plan_key) / "work"
            if node.plan_key not in self.built.done and work.is_dir():
                drafts[name] = len(list(work.glob("*.parquet.json")))
        return {"stored": len(self.built.done), "to_do": len(self.todo()), "shards_done": drafts}
