"""Build, train and evaluate what a comparison needs and is missing, so that it can be stopped and goes on.

What can be known in advance is said before anything runs: a trainer or a revision that is missing, items of a benchmark that are not on
this machine. Runs that several recipes go on from are trained once. Models that are asked side by side are each asked in a process of its
own, as many as runs are trained at a time.
"""

from __future__ import annotations

import functools
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from curate.evals.benchmarks import Shelf, named
from curate.outcomes.benchmarks import Evaluated
from curate.outcomes.collect import entries
from curate.report import Report
from curate.train import preview, train_all
from curate.training import Training, trainings

if TYPE_CHECKING:
    from curate.api import Curated


def make(recipes: Sequence[Curated], report: Report) -> None:
    """Bring all runs and evaluations to be current. CurateError for the first that cannot be, KeyboardInterrupt if it was stopped."""
    began = time.monotonic()
    found = trainings(recipes)
    for training in found:
        training.curated.store.create()
        _refuse(training)
    wanted = [(training, names) for training in found if (names := _names(training))]
    if any(one.profile.launch.kind != "local" for one in recipes):  # a scheduler gets all before one is waited for
        train_all(wanted, report=report)
    train_all(wanted, wait=True, report=report)
    _evaluate([(training.curated, name) for training in found for name in evals(training)], report, began)


def _evaluate(asked: Sequence[tuple[Curated, str]], report: Report, began: float) -> None:
    """Bring the named entries under `eval:` to be current."""
    launch = asked[0][0].profile.launch if asked else None
    if launch and launch.kind == "local" and launch.at_once > 1:
        _side_by_side(asked, launch.at_once, report, began)
        return
    for number, (one, name) in enumerate(asked, 1):
        report.note(f"{one.title}: eval.{name}, {number} of {len(asked)}; {_so_far(began)}")
        one.eval(name, report=report)


def _side_by_side(asked: Sequence[tuple[Curated, str]], at_once: int, report: Report, began: float) -> None:
    from curate.executors.local import Local

    ended = []

    def done(rank: int, _: Any) -> None:
        ended.append(rank)
        one, name = asked[rank]
        report.note(f"{one.title}: eval.{name} is done, {len(ended)} of {len(asked)}; {_so_far(began)}")

    report.note(f"{len(asked)} evaluations, {min(at_once, len(asked))} at a time; {_so_far(began)}")
    pool = Local(min(at_once, len(asked)))
    try:
        pool.run(functools.partial(_ask, [(replace(one), name) for one, name in asked]), len(asked), done)
    finally:
        pool.close()


def _ask(asked: Sequence[tuple[Curated, str]], number: int) -> None:
    one, name = asked[number]
    one.eval(name)


def _names(training: Training) -> tuple[str, ...]:
    return tuple(run.name for runs in entries(training).values() for run in runs)


def _refuse(training: Training) -> None:
    """CurateError for what would fail hours later."""
    one = training.curated
    if names := _names(training):
        preview(training, names)
    for name in evals(training):
        Shelf(one.project, one.store).require(named(one.recipe.eval[name].benchmarks, one.project))


def evals(training: Training) -> list[str]:
    """The entries under `eval:` that name both ends of an outcome."""
    return Evaluated.entries(training, entries(training).values())


def _so_far(began: float) -> str:
    seconds = time.monotonic() - began
    return f"{seconds:,.0f} s so far" if seconds < 90 else f"{seconds / 60:,.1f} min so far"
