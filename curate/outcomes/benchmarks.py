"""What the `eval:` entries of a recipe say of an outcome: those that name both the entry and the one that it goes on from.

A result counts only if it is the one that `curate eval` would give now: of these weights, these items, this way of asking and this code.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from curate.artifact import Damaged
from curate.budget import Spending
from curate.errors import CurateError
from curate.evals.benchmarks import of_eval
from curate.evals.models import of_run
from curate.evals.results import find
from curate.evals.run import Evaluation, Measured, Question
from curate.identity import digest
from curate.outcomes.measures import Figure, figure
from curate.run_state import state_of
from curate.training import Training

if TYPE_CHECKING:
    from curate.parts import EvalEntry
    from curate.run import Run

BACKENDS = ("hf", "vllm")
"""What may have loaded the weights of a run; of several results the first counts."""


class Evaluated:
    """The results of one recipe's evaluations that are stored, by entry, benchmark and run."""

    def __init__(self, training: Training, read: bool = True) -> None:
        self.curated, self.training = training.curated, training
        curated = self.curated
        self.notes: list[str] = []
        self.lacking: dict[str, list[str]] = {}
        self.named = {name: self._named(entry) for name, entry in curated.recipe.eval.items()}
        self.found: dict[tuple[str, str], dict[str, dict[str, Any]]] = {}
        for name in self.named if read else ():
            try:
                self._read(name)
            except (CurateError, Damaged) as error:
                self.notes.append(f"eval.{name} of {curated.title} cannot be read: {error}")

    def _named(self, entry: EvalEntry) -> dict[str, Run]:
        """Title -> run, of the runs that an entry names."""
        runs = [one for text in entry.models if (found := self._runs(text)) for one in found]
        return {run.title: run for run in runs}

    @classmethod
    def entries(cls, training: Training, outcomes: Iterable[Sequence[Run]]) -> list[str]:
        """Names of the entries that name both ends of one of these outcomes, without a look at results."""
        looked = cls(training, read=False)
        return [name for name, named in looked.named.items() if any(_both(named, runs) for runs in outcomes)]

    def _runs(self, text: str) -> list[Run]:
        if text in self.curated.recipe.models:
            return []
        try:
            return self.training.named(text)
        except CurateError:
            return []

    def _read(self, name: str) -> None:
        entry = self.curated.recipe.eval[name]
        runs = {title: run for title, run in self.named[name].items() if state_of(run)[0] == "current"}
        for title, run in runs.items():
            for backend in BACKENDS:
                planned = [(one, self._told(one)) for one in self._plan(name, entry, run, backend)]
                for one, told in planned:
                    if told is not None:
                        self.found.setdefault((name, one.benchmark), {}).setdefault(title, told)
                if all(told for _, told in planned):
                    break
            else:
                asked = [one.benchmark for one in self._plan(name, entry, run, BACKENDS[0])]
                lacking = [one for one in asked if title not in self.found.get((name, one), ())]
                self.lacking.setdefault(name, []).extend(f"{title} at {one}" for one in lacking)

    def _plan(self, name: str, entry: EvalEntry, run: Run, backend: str) -> list[Measured]:
        curated = self.curated
        called = run.name if run.owner is curated else run.title.replace("/", ":")
        subject = of_run(curated, called, run, backend)
        evaluation = Evaluation(
            curated.title,
            curated.project,
            curated.store,
            curated.profile,
            Spending(curated.profile.budget, curated.profile.price),
        )
        return evaluation.plan([Question(name, entry, (subject,), curated.recipe.location("eval", name))])

    def _told(self, one: Measured) -> dict[str, Any] | None:
        result = find(self.curated.store, one.key)
        if result is None:
            return None
        report = of_eval("report")
        summary: dict[str, Any] = report.summary(result.rows(list(report.COLUMNS)))
        question = digest({part: said for part, said in one.identity.items() if part != "model"})
        told = {"limited": not one.is_whole, "mode": one.task.mode, "question": question}
        return {**summary, "key": result.key, **told}

    def of(self, runs: Sequence[Run]) -> list[dict[str, Any]]:
        """For each entry and benchmark that has results: accuracy `before` and `after`, their `gain`, `pass_at` and `tokens_right`.

        Results that are not there, or are of other weights or questions than would be asked now, leave a note.
        """
        parents = list({run.parent.title: run.parent for run in runs if run.parent})
        told = []
        for name, lacking in self.lacking.items():
            if lacking and _both(self.named[name], runs):
                title = self.curated.title
                said = f"eval.{name} of {title} has no result as it would be now: {', '.join(lacking)}; curate eval {title} {name}"
                self.notes += [said] if said not in self.notes else []
        for (name, benchmark), by_run in self.found.items():
            if by_run and _both(self.named[name], runs):
                told.append({"eval": name, "benchmark": benchmark, **_row(runs, parents, by_run)})
        return told


def _both(named: dict[str, Run], runs: Sequence[Run]) -> bool:
    """Whether runs of an entry, and those that they go on from, are named."""
    return any(run.title in named for run in runs) and any(run.parent.title in named for run in runs if run.parent)


def _row(runs: Sequence[Run], parents: Sequence[str], by_run: dict[str, dict[str, Any]]) -> dict[str, Any]:
    one = next(iter(by_run.values()))
    least = 1 / max(1, one["items"] * one["samples"])
    ends = {"before": list(parents), "after": [run.title for run in runs]}
    accuracy = {title: _at(told, ("accuracy",)) for title, told in by_run.items()}
    ends_of = [(accuracy.get(run.parent.title), accuracy.get(run.title)) for run in runs if run.parent]
    gains = [None if a is None or b is None else b - a for a, b in ends_of]

    def over(end: str, *path: str, least: float = 0.0) -> Figure:
        return figure([_at(by_run.get(title), path) for title in ends[end]], least)

    return {
        **{key: one[key] for key in ("mode", "items", "samples", "limited", "question")},
        **{end: over(end, "accuracy", least=least) for end in ends},
        "gain": figure(gains, least),
        "resolution": least,
        "pass_at": {k: {end: over(end, "pass_at", k, least=least) for end in ends} for k in one["pass_at"]},
        "tokens_right": {end: over(end, "tokens", "right") for end in ends},
        "results": {title: told["key"] for title, told in by_run.items()},
    }


def _at(told: Any, path: Sequence[str]) -> float | None:
    for key in path:
        told = told.get(key) if isinstance(told, dict) else None
    return told if isinstance(told, int | float) else None
