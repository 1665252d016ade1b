"""Evaluations: models at benchmarks, asked once and kept.

Kept are the rows of one model at one benchmark (`curate/evals/results.py`) and its replies (`curate/models/replies.py`): two evaluations
that overlap ask nothing twice, one that was stopped goes on, and a change of statistics grades nothing again. Everything that can be wrong
with models and benchmarks is said before the first request. Mathematics and forms of prompts are those of `eval/`, which is found by path.
Left out: benchmarks of one model at the same time, so a server idles for the last replies of each. They differ in stop texts and lengths,
which a stream of requests has once for all, so each would need a stream and its share of the requests under way.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import socket
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from curate.artifact import replace_file
from curate.budget import Spending, price_of
from curate.code import remember, save
from curate.errors import CurateError, placed
from curate.evals import results
from curate.evals.benchmarks import Shelf, named, of_eval
from curate.evals.models import Subject
from curate.evals.results import Result
from curate.identity import digest
from curate.models.base import Request, Sampling
from curate.models.base import named as named_model
from curate.models.launch import served
from curate.models.meter import Meter
from curate.models.replies import Asker
from curate.parts import EvalEntry
from curate.profile import ModelSettings, Profile
from curate.report import Report, asking_text
from curate.store import Store

SLICE = 4096
"""Requests that are looked up at a time."""


@dataclass(frozen=True)
class Question:
    """An entry under `eval:`, with the models that it names."""

    name: str
    entry: EvalEntry
    subjects: tuple[Subject, ...]
    where: str = ""


@dataclass(frozen=True)
class Measured:
    """One model at one benchmark: how it is asked, and as what the result is kept."""

    question: Question
    subject: Subject
    task: Any
    """`eval.run.Task`."""
    model: dict[str, Any]
    """The model's entry with how it is asked here."""
    identity: dict[str, Any]

    @property
    def benchmark(self) -> str:
        return str(self.task.spec.name)

    @property
    def key(self) -> str:
        return results.key_of(self.identity)

    @property
    def is_whole(self) -> bool:
        """Whether all items of the benchmark are asked."""
        return bool(self.task.items.height == self.task.spec.items)

    @property
    def title(self) -> str:
        """For progress: `midtrain, gsm8k`."""
        return f"{self.subject.name}, {self.benchmark}"


@dataclass(frozen=True)
class _Means:
    """Where a model is asked, what counts the cost, and who grades."""

    settings: ModelSettings
    meter: Meter | None
    grader: Any


@dataclass
class Evaluation:
    """One call of `curate eval`: what it asks, of whom, and what it may spend."""

    recipe: str | None
    """Title of the recipe that asks; None without one."""
    project: Path
    store: Store
    profile: Profile
    spending: Spending
    report: Report = field(default_factory=Report)
    seconds: dict[str, dict[str, float]] = field(default_factory=dict)
    """Key -> what asking and grading took this time."""

    @property
    def title(self) -> str:
        """For the ledger."""
        return self.recipe or "eval"

    def plan(self, questions: Sequence[Question]) -> list[Measured]:
        """Every model at every benchmark, checked as far as that can be done without asking."""
        shelf, found = Shelf(self.project, self.store, self.report), []
        memory = self.store.root / "cache" / "code-of-evals.json"
        remember(memory)
        code = of_eval("judging").code()
        for question in questions:
            with _at(question):
                self._refuse_nothing(question)
                names = named(question.entry.benchmarks, self.project)
                shelf.require(names)
                tasks = [shelf.task(name, question.entry) for name in names]
                for subject in question.subjects:
                    self._tell_of(subject)
                    found += [self._measured(question, subject, task, code) for task in tasks]
        save(memory)
        return found

    def _tell_of(self, subject: Subject) -> None:
        if subject.entry["backend"] == "openai" and not (subject.weights or named_model(subject.entry)[1]):
            self.report.note(
                f"{subject.name}: nothing says which revision is served, so replies are known by the name alone; if the server gets "
                f"other weights, call it {subject.name}@REVISION"
            )

    def _refuse_nothing(self, question: Question) -> None:
        if not question.subjects:
            raise CurateError("names no model; write models: [NAME], or --model NAME")
        if not question.entry.benchmarks:
            raise CurateError("names no benchmark; write benchmarks: [gsm8k, math500], or --on gsm8k,math500")
        names = [subject.name for subject in question.subjects]
        if twice := [name for name in names if names.count(name) > 1]:
            raise CurateError(f"{twice[0]} is named twice")

    def _measured(self, question: Question, subject: Subject, task: Any, code: dict[str, Any]) -> Measured:
        entry, asked = question.entry, task.settings
        said = {
            "temperature": entry.temperature or 0.0,
            "top_p": entry.top_p,
            "max_tokens": entry.max_tokens or asked["max_tokens"],
            "stop": asked["stop"],
            "seed": entry.seed,
        }
        model = subject.asked(asked["chat"], said, entry.system)
        sampling = Sampling.of(model["sampling"]).payload()
        who = subject.identity(model)
        return Measured(
            question, subject, task, model, {"model": who, "task": task.identity, "sampling": sampling, "code": code}
        )

    # looking

    def outlook(self, measured: Sequence[Measured]) -> list[dict[str, Any]]:
        """What would be asked, and at what price: a row for each model at each benchmark; nothing is asked or connected to."""
        return [self._row(one) for one in measured]

    def _row(self, one: Measured) -> dict[str, Any]:
        from curate.calls import Counted, cost

        told = {
            "eval": one.question.name,
            "model": one.subject.name,
            "benchmark": one.benchmark,
            "mode": one.task.mode,
            "items": one.task.items.height,
            "requests": one.task.size,
            "currency": self.profile.price.currency,
        }
        if results.find(self.store, one.key):
            return {**told, "state": "stored", "stored": one.task.size, "lacking": 0, "exact": True, "price": 0.0}
        counted = Counted()
        model = one.subject.opened(one.model, self.store.root / "replies")
        seen: set[bytes] = set()
        for some in _slices(one.task.requests()):
            keys = {model.key(request): request for request in some}
            new = [request for key, request in keys.items() if key not in seen]
            seen.update(keys)
            for request, reply in zip(new, model.remembered(new), strict=True):
                counted.add(request, reply)
        price = price_of(one.model, one.subject.settings)
        sampling = Sampling.of(one.model["sampling"])
        return {
            **told, "state": "to do", "requests": counted.requests, "stored": counted.stored, "lacking": counted.lacking, "exact": True,
            "retries": 0,
            **cost(counted, sampling, price, (0, None)),
        }  # fmt: skip

    # doing

    def run(self, measured: Sequence[Measured]) -> list[tuple[Measured, Result]]:
        """Ask what is lacking, model by model, and keep the rows.

        Raises:
            OverBudget: the limit is reached; what was answered is stored.
            Unanswered: some requests got no answer; all others are stored.
            CurateError: anything else that a user can put right.
        """
        self.store.create()
        found: dict[int, Result] = {}
        places: dict[str, list[int]] = {}
        for place, one in enumerate(measured):
            places.setdefault(digest([one.subject.entry, one.subject.weights]), []).append(place)
        began = time.monotonic()
        try:
            with of_eval("grading").Grader(workers=self.profile.workers) as grader:
                for same in places.values():
                    todo = [measured[place] for place in same if results.find(self.store, measured[place].key) is None]
                    with self._asking(measured[same[0]].subject, todo) as (settings, meter):
                        for place in same:
                            found[place] = self._result(measured[place], _Means(settings, meter, grader))
        finally:
            self._log(time.monotonic() - began)
        return [(one, found[place]) for place, one in enumerate(measured)]

    def _log(self, seconds: float) -> None:
        """What was spent and how long it took, which no result holds; nothing where all was stored. Best effort."""
        if self.seconds or self.spending.paid:
            entry = {
                "recipe": self.title,
                "seconds": seconds,
                "spent": self.spending.rows(),
                "host": socket.gethostname(),
                "process": os.getpid(),
                "nodes": {},
                "evals": self.seconds,
            }
            with contextlib.suppress(OSError):
                replace_file(self.store.root / "runs" / f"{time.time_ns()}.json", json.dumps(entry).encode())

    @contextlib.contextmanager
    def _asking(self, subject: Subject, todo: Sequence[Measured]) -> Iterator[tuple[ModelSettings, Meter | None]]:
        """Where a model is asked, and what counts the cost, for as long as it is; servers are started only if replies are lacking."""
        if not todo:
            yield subject.settings, None
            return
        settings = subject.settings
        launches = bool(settings.launch) and any(self._lacks(one) for one in todo)
        held = settings if launches or subject.loads else settings.model_copy(update={"gpus": 0})
        draft = self.store.draft(digest(["eval", os.getpid(), time.time_ns()]))
        path = draft / "meter"
        with _written(self.store):
            draft.mkdir(parents=True, exist_ok=True)
        with contextlib.ExitStack() as stack:
            node = f"eval/{subject.name}"
            if told := self.spending.unbound(subject.name, subject.entry, held, loads=subject.loads):
                self.report.note(told)
            meter = stack.enter_context(self.spending.step(node, subject.name, held, path, loads=subject.loads))
            if launches:
                if meter.is_over():
                    raise meter.over()
                folder = draft / "servers"
                settings = stack.enter_context(served(todo[0].model, settings, subject.name, folder, self.report))
            yield settings, meter

    def _lacks(self, one: Measured) -> bool:
        model = one.subject.opened(one.model, self.store.root / "replies")
        return any(None in model.remembered(some) for some in _slices(one.task.requests()))

    def _result(self, one: Measured, means: _Means) -> Result:
        kept = results.find(self.store, one.key)
        if kept is None:
            note = f"{one.title}: another evaluation is at it; waiting"
            with contextlib.ExitStack() as stack:
                with _written(self.store):
                    stack.enter_context(self.store.locked([one.key], lambda: self.report.note(note)))
                kept = results.find(self.store, one.key) or self._made(one, means)
        said = {
            "model": one.subject.name, "benchmark": one.benchmark, "mode": one.task.mode,
            "limit": None if one.is_whole else one.task.limit, **one.subject.origin,
        }  # fmt: skip
        return results.note(self.store, kept, self.recipe, one.question.name, **said)

    def _made(self, one: Measured, means: _Means) -> Result:
        run, judging = of_eval("run"), of_eval("judging")
        began, meter = time.monotonic(), means.meter
        asker = Asker(f"{self.title}:{one.benchmark}", meter)
        model = one.subject.opened(one.model, self.store.root / "replies", means.settings, asker)
        asked = run.Asking(one.task, model, means.grader)

        def saying() -> str:
            if asked.graded is not None:
                return f"graded {asked.graded:,} of {one.task.size:,} replies"
            return asking_text(meter.spent(), meter.currency, time.monotonic() - began) if meter else ""

        with (
            self.report.progress(
                one.title, one.task.size, saying, "replies", meter.trouble if meter else None
            ) as advance,
            placed(one.title, one.question.where),
        ):
            asked.advance = lambda: advance(0, None)
            made = results.keep(self.store, one.key, one.identity, asked.parts(), judging.SCHEMA)
        self.seconds[one.key] = {"asking": asked.seconds.asking, "grading": asked.seconds.grading}
        return made


@contextlib.contextmanager
def _written(store: Store) -> Iterator[None]:
    """One line where the store is full or read-only."""
    try:
        yield
    except OSError as error:
        raise CurateError(
            f"the store cannot be written: {error.strerror}; what was answered is stored", where=str(store.root)
        ) from error


def _at(question: Question) -> contextlib.AbstractContextManager[None]:
    """Say of an error which entry of a recipe it is about."""
    return placed(f"eval.{question.name}", question.where) if question.where else contextlib.nullcontext()


def _slices(requests: Iterator[Request]) -> Iterator[list[Request]]:
    while some := list(itertools.islice(requests, SLICE)):
        yield some
