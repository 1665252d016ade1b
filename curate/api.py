"""`curate.open("long-cot")`: one recipe with its project and store. Every command of the program is one call of this plus printing."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import time
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from curate import executors
from curate.artifact import View, readable, replace_file
from curate.asker import Asking
from curate.budget import Spending, limited
from curate.build import Build
from curate.costs import step_digest
from curate.errors import CurateError, Handed, Unfit, writing
from curate.fraction import percent, sample_of, share_of, split_name
from curate.lock import Lock, is_written, lock_of, read_ref, ref_name, write_lock, write_ref
from curate.passes import Limits
from curate.plan import Node, Plan
from curate.planner import Planner
from curate.profile import Budget, Profile, find_project, load_profile, shipped
from curate.recipe import Recipe, load
from curate.report import Report
from curate.state import State
from curate.store import Store
from curate.verify import other_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    import polars as pl

    from curate.accept import Accepted
    from curate.curves import Curve
    from curate.diff import Diff


def open(
    recipe: str,
    *,
    project: Path | str | None = None,
    profile: str = "local",
    seeds: int | None = None,
    **settings: Any,
) -> Curated:
    """A recipe by name or path to a YAML file; `long-cot@0.1%` is a sample of it.

    project: the user's folder; default the nearest one upwards with `recipes/` or a store. seeds: of each run that has several, only the
    first so many. settings: profile values to override (`workers=1`, `executor="inline"`, `store="..."`). CurateError for an unknown
    name or a broken recipe.
    """
    home = Path(project).resolve() if project else find_project(Path.cwd())
    chosen = load_profile(profile, home).model_copy(update={k: v for k, v in settings.items() if v is not None})
    name, share = split_name(recipe)
    return Curated(load(name, project=home), home, chosen, fraction=sample_of(share)).first_seeds(seeds)


@dataclass
class Curated:
    """One recipe, as it stands in its file and in the store."""

    recipe: Recipe
    project: Path
    profile: Profile
    promote_all: bool = False
    fraction: float | None = None
    """The share of the documents that a sample takes; None for the whole recipe."""
    seeds: int | None = None
    """Of each run with several seeds only the first so many are meant; None for all. No key sees it."""

    def __repr__(self) -> str:
        from curate import display

        return display.text(self)

    def _repr_html_(self) -> str:
        from curate import display

        return display.as_html(self)

    def _repr_markdown_(self) -> str:
        from curate import display

        return display.markdown(self)

    @property
    def name(self) -> str:
        """Name of the recipe."""
        return self.recipe.recipe

    def sampled(self, share: str) -> Curated:
        """A sample of this recipe: `sampled("0.1%")`."""
        return replace(self, fraction=sample_of(share_of(share)))

    def first_seeds(self, count: int | None) -> Curated:
        """This recipe with only the first so many seeds of each run that has several; all if None. CurateError for less than one."""
        if count is not None and (type(count) is not int or count < 1):
            raise CurateError(f"seeds = {count!r}: write a whole number of 1 or more")
        return replace(self, seeds=count)

    @property
    def title(self) -> str:
        """The name, with the share in a sample: `long-cot@0.1%`."""
        return f"{self.name}@{percent(self.fraction)}" if self.fraction else self.name

    @cached_property
    def store(self) -> Store:
        """Where its objects are kept."""
        from curate.objects import store_of

        return store_of(self.profile, self.project)

    @cached_property
    def planned(self) -> Plan:
        """All nodes with their identities; lists and digests the input files. CurateError for an unknown step, parameter or column."""
        return Planner(self.recipe, self.project, self.store, self.promote_all, self.fraction).plan()

    @property
    def lock_path(self) -> Path:
        """In the project's `recipes/`, also for a recipe of the package; beside the file for one that lies elsewhere.

        That of a sample is kept in the store.
        """
        if self.fraction:
            return self.store.root / "refs" / f"{ref_name(self.title, self.recipe.path)}.lock"
        homes = (self.project / "recipes", shipped("recipes"))
        if any(self.recipe.path.is_relative_to(home) for home in homes):
            return self.project / "recipes" / f"{self.name}.lock"
        return self.recipe.path.with_suffix(".lock")

    @cached_property
    def built(self) -> State:
        """What is stored of the plan, without building anything."""
        with readable(self.name):
            return self._stored()

    def _stored(self) -> State:
        """The same, looked at anew. Damaged for an object that is not whole."""
        state = State(self.planned, self.store, runs=self.runs, probes=self.probes)
        state.settle(list(self.planned.nodes.values()))
        return state

    def _build(self, executor: executors.Executor, report: Report, budget: Budget | None = None) -> Build:
        said = self.profile.limits
        limits = Limits(said.seconds, said.seconds_per_document, self.profile.memory_of_call(executor.workers))
        last = read_ref(self.store, self.lock_path)
        if self.store.remote:
            self.store.remote.report = report
        return Build(
            self.planned,
            self.store,
            runs=self.runs,
            probes=self.probes,
            executor=executor,
            project=self.project,
            report=report,
            limits=limits,
            memory=self.profile.memory_of_each(executor.workers),
            asking=Asking(
                self.title,
                self.profile.models,
                Spending(budget or self.profile.budget, self.profile.price),
                self.store.draft,
                report,
            ),
            last=last,
        )

    # make

    def build(
        self,
        *,
        only: str | None = None,
        through: str | None = None,
        locked: bool = False,
        max_usd: float | None = None,
        max_gpu_hours: float | None = None,
        report: Report | None = None,
    ) -> dict[str, Any]:
        """Build the mixture and all before it, or one corpus (`only`), or up to one node (`through`). Returns what was done.

        locked: refuse a result that is not what the lock says. max_usd, max_gpu_hours: what asking models may cost, in the currency of
        the profile and in hours of GPUs that are held for it; the profile's `[budget]` if None. `spent` of what is returned has a row for
        each step that asked (`curate.budget.Paid`). By a profile with `executor = "slurm"` a build with anything to do is submitted, and
        `build` tells its `job`, `state` and `log`. CurateError for bad input, a broken step, a full disk, a budget that is used up.
        """
        from curate.launch import chain

        started = time.perf_counter()
        self.store.create()
        if self.profile.push and not self.store.remote:
            raise CurateError("the profile says push = true and names no remote")
        targets = [name for name in (only, through) if name] or None
        self.refuse_unfinished()
        self.refuse_use()
        lock = Lock.read(self.lock_path) if locked else None
        if lock and (said := other_text(self, lock)):
            raise CurateError(said, where=self.lock_path.name)
        how = {"only": only, "through": through, "locked": locked, "max_usd": max_usd, "max_gpu_hours": max_gpu_hours}
        if self.profile.executor == "slurm" and (told := chain.submitted(self, targets, how)):
            return {"recipe": self.name, "ran": [], "nodes": len(self.planned.needed(targets)), "build": told}
        if lock:
            self._prefer(lock)
        executor = executors.make(self.profile, self.store.root)
        build = self._build(executor, report or Report(), limited(self.profile.budget, max_usd, max_gpu_hours))
        chain.take_up(build.asking.spending)
        try:
            self._run(build, targets)
        except BaseException as error:
            if build.asking.spending.paid or (isinstance(error, Handed) and build.ran):
                self._log(build, time.perf_counter() - started)
            raise
        finally:
            chain.hand_on(build.asking.spending)
            executor.close()
        self.built = build
        fresh = lock_of(self.planned, build.done)
        if lock:
            self.hold_to(lock, fresh)
        with writing():
            write_ref(self.store, self.planned, self.lock_path, build.done, build.last)
        if targets:  # what else is stored can be looked at as before
            build.settle(list(self.planned.nodes.values()))
        elif not self.fraction:  # numbers that the whole must reach, a sample cannot
            self.check_expectations()
        with writing():
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
            "spent": build.asking.spending.rows(),
            "mixture": str(self.store.object(end.key)) if end else None,
            "facts": end.facts if end else {},
        }

    def train(
        self, *names: str, wait: bool = False, dry_run: bool = False, dev: bool = False, report: Report | None = None
    ) -> list[dict[str, Any]]:
        """Train every run that is not current, or the named ones, with what they need: mixtures first, then parents. A row for each run.

        A row is one of `runs`, with what was `done`. The profile's `[launch]` says who runs trainers; wait: on a cluster, to their end,
        and for what Slurm builds for them. dry_run: start and build nothing; rows have `words` and `given`, the run.json. dev: allow a
        sample. CurateError for a run that cannot be started or did not finish.
        """
        from curate.train import preview, train
        from curate.training import Training

        self.refuse_sample("train", dev)
        return preview(Training(self), names) if dry_run else train(self, names, wait=wait, report=report)

    def eval(
        self,
        *names: str,
        models: str | Sequence[str] = (),
        on: str | Sequence[str] = (),
        endpoint: str = "",
        backend: str = "",
        dry_run: bool = False,
        max_usd: float | None = None,
        max_gpu_hours: float | None = None,
        out: Path | str | None = None,
        report: Report | None = None,
        **how: Any,
    ) -> dict[str, Any]:
        """Evaluate models at benchmarks, as entries under `eval:` say: all of them, or those named. `evals`, `spent`, `environment`.

        models, on: instead of an entry's models and benchmarks; without an entry they make one. A model is one of the recipe, or anything
        that `curate.evaluate` takes, as `endpoint` and `backend` are. how: fields of an entry to set, such as limit=50 or mode="simple".
        dry_run: ask nobody; `asks` has a row for each model at each benchmark, with its price. out: a new folder for files in the form of
        lm-eval. `curate/evals/tell.py` says what is told. CurateError for what cannot be evaluated, or costs more than it may.
        """
        from curate.evals.ask import Asked, evaluate_recipe

        whom = {"models": models, "on": on, "endpoint": endpoint, "backend": backend}
        cost = {"dry_run": dry_run, "max_usd": max_usd, "max_gpu_hours": max_gpu_hours}
        with readable(self.title):
            return evaluate_recipe(self, names, Asked.of(**whom, **cost, out=out, report=report, **how))

    def results(self) -> list[dict[str, Any]]:
        """What this recipe's evaluations gave, by model and benchmark: rows of the view `eval_results` (docs/sql.md). Nothing is asked."""
        from curate.evals.views import told

        return told(self.store, self.title)

    def cancel(self, run: str) -> dict[str, Any]:
        """Ask a run to save and stop; its row. CurateError if it does not run, or cannot be reached from here."""
        from curate.train import cancel

        return cancel(self, run)

    def export(
        self,
        kind: str,
        to: Path | str,
        *,
        corpus: str = "",
        columns: dict[str, str] | None = None,
        instruction: str | None = None,
        drop_mask: bool = False,
        train: str = "",
        model: str = "",
        dev: bool = False,
        report: Report | None = None,
    ) -> dict[str, Any]:
        """Write what is built as another program's format into a new folder `to`; what export.json there says, `to` and `bytes`.

        kind: `mds`, `megatron`, `npy`, `ds` (the mixture's tokens), `parquet`, `jsonl` (documents), `olmo-core` (a training run), `verl`
        (prompts); `docs/export.md` tells them apart. corpus: the documents of a corpus or step, not of the mixture. columns: of verl,
        what `problem` and `answer` are. instruction: of verl, what a prompt ends with. drop_mask: leave the loss mask out. train, model:
        of olmo-core, which run, and the weights that it begins with if its `from:` names none. dev: allow a sample. CurateError if it
        is not built or the folder cannot be written.
        """
        from curate.code import PACKAGE
        from curate.step import imported

        self.refuse_sample("export", dev)
        mixers = imported(PACKAGE / "mixers" / "export.py")
        options = mixers.Options(corpus, columns or {}, instruction, drop_mask, train, model)
        found: dict[str, Any] = mixers.export(self, kind, Path(to), options, report)
        return found

    def _run(self, build: Build, targets: list[str] | None) -> None:
        """Build the targets. A sample may be too small for a tokenizer or a mixture; its corpora are of use all the same."""
        if not self.fraction or targets or not self.planned.ends:
            return build.run(targets)
        build.run(list(self.planned.ends))
        try:
            build.run()
        except Unfit as error:
            build.report.note(f"{self.title} has no mixture: {error}")

    def _push_what_was_built(self, build: Build) -> None:
        """A build is no failure because the remote is away."""
        from curate.objectstore import Away

        try:
            drift = self.push(report=build.report)["drift"]
        except Away as error:
            return build.report.note(f"not pushed: {error}; curate store push {self.title} does it later")
        for key in drift:
            build.report.note(f"objects/{key}: the remote holds another content of it, which stays there")

    def _prefer(self, lock: Lock) -> None:
        """Of what is pinned, take from the remote what the lock says, also where this store holds another content."""
        from curate.objects import prefer

        prefer(self.store, lock)

    def check_expectations(self) -> None:
        """CurateError for the first assertion under `expect:` that does not hold of what is built (`curate/expect.py`)."""
        from curate.expect import check

        check(self.built, lock_of(self.planned, self.built.done))

    def refuse_unfinished(self) -> None:
        """CurateError if something in the recipe has no revision yet."""
        for where in self.recipe.unpinned("train", "probe"):  # what a trainer starts from is its own affair
            raise CurateError(f"has no revision yet; run curate fetch {self.name}, or write it in", where=where)

    def refuse_use(self) -> None:
        """CurateError if the recipe says `use: commercial` and the license of an input or of a model forbids that."""
        if self.recipe.use == "commercial":
            from curate.cards.rights import brought, refuse_use

            refuse_use(self.recipe, brought(self.planned, self.project))

    def hold_to(self, lock: Lock, fresh: Lock) -> None:
        """CurateError if what was built is not what the lock says."""
        differing = [name for name in lock.differences(fresh) if name in fresh.outputs or name in fresh.inputs]
        if differing:
            names = ", ".join(differing[:5]) + (" and others" if len(differing) > 5 else "")
            raise CurateError(
                f"not what the lock says: {names}; `curate diff {self.title}` shows more", where=self.lock_path.name
            )

    def _log(self, build: Build, seconds: float) -> None:
        """Where, when and how long: everything that identity must not see. A disk that is full by now loses no more than that."""
        nodes = {node.plan_key: (name, node) for name, node in self.planned.nodes.items()}
        entry = {
            "recipe": self.title,
            "ran": build.ran,
            "seconds": seconds,
            "spent": build.asking.spending.rows(),
            "host": socket.gethostname(),
            "process": os.getpid(),
            "nodes": {
                nodes[key][0]: {
                    "own": step_digest(nodes[key][1]),
                    "documents": documents,
                    "computed": computed,
                    "seconds": round(took, 6),
                }
                for key, (documents, computed, took) in build.tally.nodes.items()
            },
        }
        with contextlib.suppress(OSError):
            replace_file(self.store.root / "runs" / f"{time.time_ns()}.json", json.dumps(entry).encode())

    # look

    def todo(self) -> list[Node]:
        """The nodes that a build would do, in its order."""
        return [node for node in self.planned.nodes.values() if node.plan_key not in self.built.done]

    def plan(self) -> list[dict[str, Any]]:
        """One row per node: name, step, whether it is stored, documents and bytes where known, reasons to build it.

        Of nodes to do also what goes in: `documents`, those of them that are `known`, those `to_do`, whether that is `exact`
        (`curate/forecast.py`), `seconds` of one worker where earlier builds tell, what is `missing` on this machine, and of readers
        `files` and `file_bytes`. Of nodes that ask a model, `asks` says how many requests lack a reply, and their tokens and price
        (`curate/calls.py`).
        """
        from curate.calls import outlook as asks_of
        from curate.costs import rates, seconds_of
        from curate.forecast import Forecast

        reasons, known = self.why(), rates(self.store)
        with readable(self.title):
            outlooks = Forecast(self.built, self._told_by_sample()).run() if reasons else {}
            asks = {row.pop("node"): row for row in asks_of(self, outlooks)}
        rows = []
        for name, node in self.planned.nodes.items():
            manifest, outlook = self.built.done.get(node.plan_key), outlooks.get(node.plan_key)
            row = {"node": name, "step": node.own["step"], "state": "stored" if manifest else "to do"}
            if manifest:
                row |= {"documents": None if node.makes_files else manifest.rows, "bytes": manifest.bytes}
            else:
                row |= outlook.payload() if outlook else {"documents": None}
                row |= {"bytes": None, "seconds": seconds_of(node, outlook.todo if outlook else None, known)}
                row |= {"missing": node.missing} if node.missing else node.reading()
                row |= {"asks": asks[node.name]} if node.name in asks else {}
            rows.append({**row, "why": reasons.get(name, [])})
        return rows

    def bill(self, rows: list[dict[str, Any]]) -> dict[str, Any]:
        """Core-hours, GPU-hours and price of the nodes to do among rows of `plan`; `unknown` names those that nobody has timed."""
        from curate.costs import bill, check_steps

        check_steps(self.profile, self.project)
        todo = {row["node"]: row["seconds"] for row in rows if row["state"] == "to do"}
        return bill(todo, self.planned.nodes, None, self.profile)

    def prospect(self) -> dict[str, Any]:
        """What the mixture and the training runs will take, each figure with its source: `sources`, `disk` and `runs`.

        None stands for what nobody says (`curate/prospect.py`).
        """
        from curate.prospect import prospect

        with readable(self.title):
            return prospect(self.built, self.project, self.mixture(), self.profile.price)

    def projection(self) -> dict[str, Any]:
        """Of a built sample: what it says of the whole. `documents` by node and `tokens` by corpus (low, high, estimate), and the `bill`.

        CurateError where the recipe is no sample.
        """
        from curate.costs import check_steps, whole_bill
        from curate.estimates import projection

        check_steps(self.profile, self.project)
        if not self.fraction:
            raise CurateError(f"{self.name} is no sample; build one: curate build {self.name} --sample 1%")
        with readable(self.title):
            found = projection(self.built)
        return {**found, "bill": whole_bill(self.built, found["documents"], self.profile)}

    def _told_by_sample(self) -> dict[str, dict[str, int | None]]:
        """Documents after each node as the largest stored sample of this recipe tells; empty where there is none."""
        from curate.estimates import projection

        stem, _, mark = ref_name(self.name, self.recipe.path).rpartition("-")
        found = [split_name(p.name.rpartition("-")[0])[1] for p in self.store.root.glob(f"refs/{stem}@*-{mark}.lock")]
        share = max((sample_of(one) or 0.0 for one in found), default=0.0)
        if not share or self.fraction:
            return {}
        told: dict[str, dict[str, int | None]] = projection(replace(self, fraction=share).built)["documents"]
        return told

    def refuse_sample(self, what: str, dev: bool) -> None:
        """CurateError if this is a sample and `dev` does not allow that. what: the command, such as `freeze`."""
        if self.fraction and not dev:
            raise CurateError(f"is a sample; {what} {self.name}, or add --dev if a sample is meant", where=self.title)

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
        """A DuckDB query over the views documents, mixture, funnel, fates, clauses, sources, nodes and inputs.

        CurateError for SQL that DuckDB refuses, and for anything but one statement that reads. `docs/sql.md` describes the views.
        """
        from curate.views import query as run

        return run(self.built, query)

    def catalog(self, path: Path | str) -> dict[str, Any]:
        """Write a DuckDB file with all views, for plain `duckdb` and notebooks; returns its path and views.

        It holds the figures and names the store's files by absolute path. CurateError if a file is there that is no such catalog.
        """
        from curate.catalog import write

        with readable(self.title):
            return write(self.built, Path(path), self.title)

    def funnel(self) -> list[dict[str, Any]]:
        """One row per built node: corpus, node, documents in and out, fates of those that ended there."""
        from curate.figures import built_nodes

        return [
            {"corpus": n.corpus, "node": n.name, "in": m.rows_in, "out": m.rows, "fates": m.fates}
            for _, n, m in built_nodes(self.built)
        ]

    def ledger(self) -> list[dict[str, Any]]:
        """What asking models has cost: for each built step that asked, replies, tokens and price, and which of them it asked for itself.

        `curate/ledger.py` says what the fields are.
        """
        from curate.ledger import Ledger

        with readable(self.title):
            return Ledger(self).rows()

    def page(self, path: Path | str) -> dict[str, Any]:
        """Write all of it as one page for a browser; `html` (the path), `bytes`, `documents` and `mathml`, whether formulas are drawn.

        Funnels, thresholds to move, distributions, some hundred documents, lineage, runs, evaluations, recipe and lock (docs/page.md). The
        same store gives the same bytes. CurateError if nothing is built or the file cannot be written.
        """
        from curate.page import write

        return write(self, Path(path))

    def losses(self) -> list[dict[str, Any]]:
        """What built steps found in documents and kept in their texts, such as formulas: corpus, node, what, found, kept, documents.

        `documents` counts those that lost some. Any step that gives the columns `X_found` and `X_kept` stands here.
        """
        from curate.losses import losses

        with readable(self.title):
            return losses(self.built)

    def canaries(self) -> list[dict[str, Any]]:
        """What built steps planted and looked for: corpus, node, kind, planted, found, and `wrong` where none should be found."""
        from curate.canaries import told

        return list(told(self.built, "canaries"))

    def counts(self) -> list[dict[str, Any]]:
        """What built steps counted of their verdicts: corpus, node, column, value, documents."""
        from curate.counts import told

        return list(told(self.built))

    def unchecked(self) -> list[dict[str, Any]]:
        """Benchmarks that built steps could look for in part alone: corpus, node, benchmark, items, checked, why."""
        from curate.canaries import told

        return list(told(self.built, "unchecked"))

    def mixture(self) -> dict[str, Any]:
        """Facts of the built mixture; empty before it is built."""
        node = self.planned.nodes.get("mixture")
        manifest = self.built.done.get(node.plan_key) if node else None
        return manifest.facts if manifest else {}

    def documents(self, name: str) -> View:
        """The table of a built corpus or node."""
        node = self.planned[name]
        if node.plan_key not in self.built.done:
            corpus = name.partition("/")[0]
            only = f" --only {corpus}" if corpus in self.recipe.corpora else ""
            raise CurateError(f"{name} is not built yet; run `curate build {self.title}{only}`")
        with readable(self.name):
            return self.built.reading(self.built.view(node))

    def sample(
        self,
        corpus: str,
        n: int = 5,
        *,
        dropped_by: str | None = None,
        near: bool = False,
        seed: int = 0,
        like: str | None = None,
        ngram: int = 5,
    ) -> pl.DataFrame:
        """Documents of a corpus chosen by hash of their id: kept ones, or those that a clause dropped.

        corpus: a corpus, or a step (`web/html_math`): then documents as they stand after it, and of a rewrite the columns `before` and
        `after` in place of `text`. near: instead of by hash, those closest to the number that the clause compares a column with, on
        either side of it. like: instead, those most like this text, or like the document with this id, the most similar first, with the
        columns `jaccard` (of the sets of runs of `ngram` words, as `dedup: minhash` compares them) and `contained` (the share of the runs
        of what is asked that the document holds). CurateError for a corpus that is not there or not built, and a text of fewer words.
        """
        from curate.sampling import Like, sample

        with readable(self.title):
            return sample(self, corpus, n, dropped_by, near, seed, None if like is None else Like(like, ngram))

    def trial(
        self,
        name: str,
        n: int = 5,
        *,
        seed: int = 0,
        max_usd: float | None = None,
        max_gpu_hours: float | None = None,
    ) -> list[dict[str, Any]]:
        """One step on some documents that are built up to it, chosen by hash of their id: `trial("cot/long_cot")`.

        Each document with `id`, `text`, and as far as it applies: `prompts`, `replies` (`text, finish, prompt_tokens, completion_tokens`),
        `refusal`, `columns` (of this step and those that follow, up to the first clauses), `after` and `words` (of a rewrite: runs of
        (` `, `-` or `+`, text)), `verdict` (`fate`, `failed` clauses), and `gives`: the documents made of it, each told in the same way.
        Only replies are stored. max_usd, max_gpu_hours: as of `build`.
        CurateError for a step that is not there, needs the whole corpus, or whose documents are not built.
        """
        from curate.trying import trial

        with readable(self.title):
            return trial(self, name, n, seed, limited(self.profile.budget, max_usd, max_gpu_hours))

    def whatif(self, corpus: str, clause: str, n: int = 10) -> dict[str, Any]:
        """What a corpus would keep with another clause, from stored columns alone; nothing is built.

        clause: `math_score >= 0.4` in place of the one clause that reads the same columns, `mathematical: math_score >= 0.4` by name,
        `mathematical: null` without it. n: documents on the line to show. Returns documents and tokens gained and lost, by source
        and year, what comes after the keep, and examples (`curate/whatif.py`). CurateError where it is not clear which clause is meant.
        """
        from curate.whatif import whatif

        with readable(self.title):
            return whatif(self, corpus, clause, n)

    def trace(
        self,
        document: str | None = None,
        *,
        text: str | None = None,
        window: int | None = None,
        offset: int | None = None,
        item: str | None = None,
        step: int | None = None,
        batch: int | None = None,
        tokens: bool = False,
    ) -> dict[str, Any]:
        """The lives of documents: by id or url, by what their text holds, by where they stand in the mixture, by a benchmark item.

        offset: of a token in the window. item: `gsm8k/17`. step: of training, with `batch` windows (those of the recipe's training if
        None); tells `windows` with their documents and no lives. tokens: also the text that their token ids spell in the mixture. Returns
        `asked` and `lives` (`curate/trace.py` says what a life is). CurateError where nothing is found.
        """
        from curate.trace import trace

        with readable(self.title):
            return trace(
                self,
                document,
                text=text,
                window=window,
                offset=offset,
                item=item,
                step=step,
                batch=batch,
                tokens=tokens,
            )

    def resolved(self) -> dict[str, Any]:
        """The whole recipe with everything inherited written out."""
        return self.recipe.resolved()

    def diff(self, other: str | None = None, *, rev: str | None = None) -> Diff:
        """What differs: configuration in words, documents in and out of each step, tokens of each source.

        From this recipe's lock to what is stored; or from this recipe to `other`; or from a `.lock` file, or the lock of a frozen version
        such as `2026.11.28`, to what is stored; or, with `rev`, between git revisions: `A..B`, or one and the files as they stand.
        CurateError for a revision, a version or a recipe that is not there.
        """
        from curate import diff
        from curate.freeze import LIKE_A_VERSION, version_lock

        if other is not None and rev is not None:
            raise CurateError("compare with another recipe, or between revisions, not both")
        if rev is not None:
            return diff.revisions(self, rev)
        if other is None or other.endswith(".lock"):
            return diff.against_lock(self, self.lock_path if other is None else Path(other))
        if LIKE_A_VERSION.match(other):
            return diff.against_lock(self, version_lock(self, other))
        name, share = split_name(other)
        theirs = replace(self, recipe=load(name, project=self.project), fraction=sample_of(share))
        return diff.compare(diff.stored(self), diff.stored(theirs))

    # trust

    def verify(self, *, deep: bool = False) -> list[str]:
        """What is wrong with the stored objects of this recipe, its inputs and its lock; empty if all is well.

        deep: read every byte again, not only sizes and times.
        """
        from curate.verify import problems

        return problems(self, deep=deep)

    def check_lock(self) -> list[str]:
        """What the written lock says otherwise than this recipe and code would give; empty if it is fresh. Nothing is built.

        Told by keys, which follow from the lock's contents: see `curate/lock_check.py`. CurateError where it cannot be told: there is no
        lock, input files are not here, or this is a sample.
        """
        from curate.lock_check import stale

        if self.fraction:
            raise CurateError("is a sample, whose lock is none to commit; check that of the whole", where=self.title)
        lock = Lock.read(self.lock_path)
        if not is_written(self.lock_path, lock):
            return ["is not as `curate build` writes it"]
        return stale(self.planned, lock)

    def removed(self, file: Path | str = "", *, at: Sequence[Path | str] = ()) -> dict[str, Any]:
        """Whether documents are gone that `removals:` of the recipe names, or a file of ids, addresses and domains.

        at: exports and published folders to look into too. Returns `entries`, `documents` (how many ids they mean), `looked` (documents by
        place), `found` (`where`, `id`, `url`, `named`), empty if all are gone, and `unseen`, what could not be looked into. CurateError if
        the recipe is not built or there is no list.
        """
        from curate.removed import check

        return check(self, str(file), [str(place) for place in at])

    def freeze(self, *, dev: bool = False) -> dict[str, str]:
        """Stamp what is built with a version of today: a frozen lock, a data card, a root for `gc`. Returns the version and where they are.

        dev: allow a sample, whose version ends in `.dev`. CurateError unless the recipe is pinned, built and what its lock says.
        """
        from curate.freeze import freeze

        return freeze(self, dev=dev)

    def publish(
        self,
        to: str | Path,
        *,
        only: str | Sequence[str] = (),
        public: bool = False,
        dry_run: bool = False,
        report: Report | None = None,
    ) -> dict[str, Any]:
        """Put what is built where others can load it: `hf://datasets/ORG/NAME`, `s3://bucket/prefix`, a folder, any fsspec URL.

        only: these corpora, or `mixture`, not all; what the place has of others is deleted. public: let everybody read a data set of the
        hub, which is private else. dry_run: send nothing. Returns `configs` (documents and files of each), `files` and `bytes` in all, what
        was `sent` and `deleted`, and `at`, where it is; empty if nothing changed. CurateError if it is not built, not what its lock says, a
        license forbids it, or the place refuses it.
        """
        from curate.publish.publish import publish

        chosen = [only] if isinstance(only, str) else only
        return publish(self, str(to), only=chosen, public=public, dry_run=dry_run, report=report)

    def card(self, form: Literal["markdown", "json", "croissant"] = "markdown") -> str:
        """The data card of what is built, as text: Markdown with the metadata of the Hugging Face hub, what it says as JSON, or Croissant.

        CurateError if the recipe is not built.
        """
        from curate.cards import card_text, croissant_of, facts

        lock = lock_of(self.planned, self.built.done)
        with readable(self.title):
            if form == "markdown":
                return card_text(self, lock)
            found = facts(self, lock) if form == "json" else croissant_of(self, lock)
        return json.dumps(found, indent=1, ensure_ascii=False) + "\n"

    def accept(self, node: str | None = None, *, shards: int | None = 3, report: Report | None = None) -> Accepted:
        """After a refactor: re-run changed steps on a few shards and, where not a byte differs, carry the rest over (`curate/accept.py`).

        node: this one only. shards: how many of each node; None for all. CurateError if `node` cannot be accepted.
        """
        from curate.accept import accept

        return accept(self, node, shards, report or Report())

    def truth(self) -> list[dict[str, Any]]:
        """How often each step is right, where the truth is known: corpus, step, claim, precision, recall, of (`curate/truth.py`).

        CurateError where nothing that the recipe reads has a known truth, or it is not built.
        """
        from curate.truth import truth

        return [claim._asdict() for claim in truth(self)]

    def assess(
        self,
        model: str,
        *,
        by: str | None = None,
        folds: int = 5,
        seed: int = 0,
        where: str | None = None,
        threshold: float | None = None,
        against: str | None = None,
        label: str | None = None,
        out: Path | str | None = None,
        report: Report | None = None,
    ) -> dict[str, Any]:
        """How good a trained classifier is on groups that it has not seen: figures by fold, group and threshold (`curate/assess.py`).

        by: what a group is: a column (`source` if None), `year`, `host`, or a field of `extra`; documents
        without a value are always learnt from. seed: deals groups out to folds. where: a clause that says which of the left-out
        documents are judged; all others are learnt from. threshold: instead of the recipe's.
        against: no folds, but the model that is built, on a corpus or file whose documents carry the clause `label`. out: a folder for
        `assess.json`, pictures and a page (`curate/assess_page.py`). Nothing of the store is changed. CurateError for a model that is not
        there or not trained here, corpora that are not built, and groups of which no classifier can be made.
        """
        from curate import assess
        from curate.canvas import canvas

        if (against is None) != (label is None):
            raise CurateError(
                "--against and --label go together: documents, and the clause that is true of the positive ones"
            )
        if folds < 2:
            raise CurateError(f"{folds} folds leave nothing to learn from or nothing to judge; 2 at least")
        if out is not None:
            canvas(1, "")  # hours before there is something to draw
        with readable(self.title):
            grouped = by if by is not None or against is not None else "source"
            question = assess.asked(self, model, grouped or "", where, threshold, report or Report())
            if against is not None:
                found = assess.against(question, against, str(label))
            else:
                found = assess.assess(question, folds, seed)
        if out is not None:
            from curate.assess_page import write

            write(found, Path(out))
        return found

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

    def runs(self) -> list[dict[str, Any]]:
        """A row for each training run of the recipe, and for those of other recipes that they go on from, parents first.

        `state` is current, running, interrupted, failed, stale, waiting or missing, and `why` says why (`curate/run_state.py`). Nothing is
        built or started.
        """
        from curate.run_state import row
        from curate.training import Training

        with readable(self.title):
            return [row(run) for run in Training(self).runs.values()]

    def curves(self) -> list[Curve]:
        """What each run that was started has measured, parents first (`curate/curves.py`): by tokens, and by steps where it is on prompts.

        `curate.plots.plot` draws them.
        """
        from curate.curves import read

        rows = [row for row in self.runs() if row["folder"]]
        return [
            read(Path(row["folder"]), f"{row['recipe']}/{row['run']}", row["parent"], f"{row['recipe']}/{row['entry']}")
            for row in rows
        ]

    def prompts(self) -> dict[str, dict[str, int]]:
        """Of each corpus whose prompts are built: how many `prompts` it has, and how many documents were left out, by reason."""
        from curate.prompts import counts

        with readable(self.title):
            return counts(self.built)

    def probes(self) -> list[dict[str, Any]]:
        """A row for each seed of the recipe's `probe:`: its `state`, and accuracy on held-out prompts, `first`, `last` and `gain`.

        Nothing is built or started (`curate/probe.py`).
        """
        from curate.probe import rows

        with readable(self.title):
            return rows(self)

    def compare(
        self,
        *others: str,
        build: bool = False,
        probe: bool = False,
        beside: Path | str | None = None,
        html: Path | str | None = None,
        markdown: Path | str | None = None,
        plot: Path | str | None = None,
        dev: bool = False,
        report: Report | None = None,
    ) -> dict[str, Any]:
        """This recipe and others, by what reinforcement learning makes of their models: `outcomes`, a row for each recipe and entry on
        prompts with figures over seeds, `pairs`, what can be told of each two, `probes` or None, `published` or None, and `notes`.

        build: build, train and evaluate what is missing, and wait for it; else only read. probe: the same for probes. beside: a file of
        published figures, such as recipes/paper/results.yaml. html, markdown: where to write the result as a page. plot: a picture of
        the probes' curves. dev: allow samples. `curate/outcomes/` says what is told. CurateError where there is nothing to compare, two
        probes are not the same job, or a run does not finish.
        """
        from curate import probe as probes
        from curate.outcomes import compare, written
        from curate.plots import plot_probes

        names = [split_name(name) for name in others]
        recipes = [
            self,
            *(replace(self, recipe=load(n, project=self.project), fraction=sample_of(s)) for n, s in names),
        ]
        for one in recipes if build or probe else ():
            one.refuse_sample("compare", dev)
        with readable(self.title):
            found = compare.compare(recipes, build=build, probe=probe, beside=beside, report=report)
            written.write(recipes, found, html=html, markdown=markdown)
            if plot is not None:
                plot_probes({one.title: probes.curves(one) for one in recipes if one.recipe.probe}, Path(plot))
        return found

    def rollouts(self, run: str | None = None, *, step: int | None = None, n: int = 5) -> dict[str, Any]:
        """What a model replied to some prompts at one step of reinforcement learning: `run`, `step`, `steps` (those there are), `prompts`.

        run: its name; the one run on prompts if None. step: the last if None. n: prompts; each has its `replies`, with reward and kind
        (`curate/rollouts.py`). CurateError where there are none.
        """
        from curate.rollouts import rollouts

        with readable(self.title):
            return rollouts(self, run, step, n)

    def status(self) -> dict[str, Any]:
        """Nodes stored and to do, with the shards that a stopped or running build has finished of them.

        `build` says how a build stands that was given to Slurm (`curate/launch/chain.py`); None where none was.
        """
        from curate.launch import chain

        drafts = {}
        for name, node in self.planned.nodes.items():
            work = self.store.draft(node.plan_key) / "work"
            if node.plan_key not in self.built.done and work.is_dir():
                drafts[name] = len(list(work.glob("*.parquet.json")))
        build = chain.state(chain.folder_of(self))
        return {"stored": len(self.built.done), "to_do": len(self.todo()), "shards_done": drafts, "build": build}
