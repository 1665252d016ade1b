"""`Curated.compare`: outcomes of recipes, pairs of them, their probes, and published figures beside them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from curate import probe as probes
from curate.errors import CurateError
from curate.outcomes import collect, make, published
from curate.outcomes.pairs import agreement, pairs
from curate.report import Report
from curate.training import trainings

if TYPE_CHECKING:
    from curate.api import Curated


def compare(
    recipes: Sequence[Curated],
    *,
    build: bool = False,
    probe: bool = False,
    beside: Path | str | None = None,
    report: Report | None = None,
) -> dict[str, Any]:
    """`outcomes` (`curate/outcomes/collect.py`), `pairs` and `probes` (`curate.probe.compare`, with `agreement`; None where a recipe has
    none), `published` (None without `beside`), and `notes`: what was not the same, or could not be read.

    build: first build, train and evaluate what is missing. probe: the same for probes. beside: a file of published figures. CurateError
    where there is nothing to compare, a recipe is named twice, probes are not the same job, or a run does not finish.
    """
    report = report or Report()
    before = trainings(recipes)
    collect.refuse_nothing(before)
    with_entries = any(map(collect.entries, before))
    theirs = published.load(beside) if beside else None
    if build:
        make.make(recipes, report)
    scores, notes = _probes(recipes, with_entries, probe, report)
    after = trainings(recipes)
    read = [collect.outcomes(training) for training in after]
    outcomes = [outcome for found, _ in read for outcome in found]
    notes += [*collect.other_jobs(after), *collect.alike(outcomes), *(note for _, more in read for note in more)]
    without = [one.title for one, (found, _) in zip(recipes, read, strict=True) if not found]
    notes += [f"{title} has no entry on prompts" for title in without if outcomes]
    told = pairs(outcomes)
    if scores is not None:
        scores["agreement"] = agreement(outcomes, told, scores)
    return {"outcomes": outcomes, "pairs": told, "probes": scores, "published": theirs, "notes": notes}


def _probes(
    recipes: Sequence[Curated], with_entries: bool, start: bool, report: Report
) -> tuple[dict[str, Any] | None, list[str]]:
    """The probes' scores, where every recipe has one, and why they are left out. CurateError where only they could be compared."""
    if not start and any(one.recipe.probe is None for one in recipes) and with_entries:
        return None, []
    try:
        return probes.compare(recipes, start=start, report=report), []
    except CurateError as error:
        if start or not with_entries:
            raise
        return None, [str(error)]
