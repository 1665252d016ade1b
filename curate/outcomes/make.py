"""Build, train and evaluate what a comparison needs and is missing, so that it can be stopped and goes on.

What can be known in advance is said before anything runs: a trainer or a revision that is missing, items of a benchmark that are not on
this machine. Runs that several recipes go on from are trained once.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from curate.evals.benchmarks import Shelf, named
from curate.outcomes.benchmarks import Evaluated
from curate.outcomes.collect import entries
from curate.report import Report
from curate.train import preview, train_all
from curate.training import Training

if TYPE_CHECKING:
    from curate.api import Curated


def make(recipes: Sequence[Curated], report: Report) -> None:
    """Bring all runs and evaluations to be current. CurateError for the first that cannot be, KeyboardInterrupt if it was stopped."""
    began = time.monotonic()
    trainings = [Training(one) for one in recipes]
    for training in trainings:
        training.curated.store.create()
        _refuse(training)
    wanted = [(training.curated, names) for training in trainings if (names := _names(training))]
    if any(one.profile.launch.kind != "local" for one in recipes):  # a scheduler gets all before one is waited for
        train_all(wanted, report=report)
    train_all(wanted, wait=True, report=report)
    for number, training in enumerate(trainings, 1):
        one = training.curated
        if asked := evals(training):
            report.note(f"evaluations of {one.title}, recipe {number} of {len(recipes)}; {_so_far(began)}")
            one.eval(*asked, report=report)


def _names(training: Training) -> tuple[str, ...]:
    return tuple(run.name for runs in entries(training).values() for run in runs)


def _refuse(training: Training) -> None:
    """CurateError for what would fail hours later."""
    one = training.curated
    if names := _names(training):
        preview(one, names)
    for name in evals(training):
        Shelf(one.project, one.store).require(named(one.recipe.eval[name].benchmarks, one.project))


def evals(training: Training) -> list[str]:
    """The entries under `eval:` that name both ends of an outcome."""
    return Evaluated.entries(training, entries(training).values())


def _so_far(began: float) -> str:
    seconds = time.monotonic() - began
    return f"{seconds:,.0f} s so far" if seconds < 90 else f"{seconds / 60:,.1f} min so far"
