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

if TYPE_CHECKING:
    from curate.api import Curated


def make(recipes: Sequence[Curated], report: Report) -> None:
    """Bring all runs and evaluations to be current. CurateError for the first that cannot be, KeyboardInterrupt if it was stopped."""
    began = time.monotonic()
    for one in recipes:
        one.store.create()
        _refuse(one)
    wanted = [(one, tuple(run.name for runs in entries(one).values() for run in runs)) for one in recipes]
    wanted = [(one, names) for one, names in wanted if names]
    if any(one.profile.launch.kind != "local" for one in recipes):  # a scheduler gets all before one is waited for
        train_all(wanted, report=report)
    train_all(wanted, wait=True, report=report)
    for number, one in enumerate(recipes, 1):
        if names := evals(one):
            report.note(f"evaluations of {one.title}, recipe {number} of {len(recipes)}; {_so_far(began)}")
            one.eval(*names, report=report)


def _refuse(one: Curated) -> None:
    """CurateError for what would fail hours later."""
    if found := entries(one):
        preview(one, tuple(run.name for runs in found.values() for run in runs))
    for name in evals(one):
        Shelf(one.project, one.store).require(named(one.recipe.eval[name].benchmarks, one.project))


def evals(curated: Curated) -> list[str]:
    """The entries under `eval:` that name both ends of an outcome."""
    return Evaluated.entries(curated, entries(curated).values())


def _so_far(began: float) -> str:
    seconds = time.monotonic() - began
    return f"{seconds:,.0f} s so far" if seconds < 90 else f"{seconds / 60:,.1f} min so far"
