"""The outcomes of recipes, read from the store as it is: a row for each entry on prompts, with each seed beside what they say together.

Nothing is built, started or asked. Left out: entries without prompts, which gain nothing that is measured; their models stand in the
outcomes of the entries that go on from them.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations, product
from pathlib import Path
from typing import TYPE_CHECKING, Any

from curate.curves import Curve, read
from curate.errors import CurateError
from curate.outcomes import origins
from curate.outcomes.benchmarks import Evaluated
from curate.outcomes.measures import counted, figure, measured, resolution
from curate.run_folder import one_line
from curate.run_state import row
from curate.training import Training
from curate.why import MISSING, differences

if TYPE_CHECKING:
    from curate.api import Curated
    from curate.run import Run

MEASURES = ("first", "last", "gain", "length_right", "length", "truncated", "entropy")
"""Measures of an outcome, each a figure over seeds (`curate/outcomes/measures.py`)."""
SHARES = ("first", "last", "gain", "truncated")


def entries(training: Training) -> dict[str, list[Run]]:
    """Entry on prompts -> its runs, one for each seed that is meant (`Curated.seeds`)."""
    found: dict[str, list[Run]] = {}
    for run in training.runs.values():
        if run.owner is training.curated and run.on_prompts:
            found.setdefault(run.entry_name, []).append(run)
    return found


def outcomes(training: Training) -> tuple[list[dict[str, Any]], list[str]]:
    """The outcomes of a recipe, and what could not be read."""
    found = entries(training)
    evaluated = Evaluated(training) if found else None
    told = [_outcome(training.curated, name, runs, evaluated) for name, runs in found.items() if evaluated]
    return told, evaluated.notes if evaluated else []


def _outcome(curated: Curated, name: str, runs: Sequence[Run], evaluated: Evaluated) -> dict[str, Any]:
    rows, least = [_row(run) for run in runs], resolution(runs[0])
    figures = {one: figure([row[one] for row in rows], least if one in SHARES else 0.0) for one in MEASURES}
    return {
        "recipe": curated.title,
        "entry": name,
        "before": before(runs[0]),
        "seeds": len(rows),
        "finished": sum(row["state"] == "current" for row in rows),
        "resolution": least,
        "measures": figures,
        "collapse": counted([row["collapse"] for row in rows]),
        "rollbacks": sum(row["rollbacks"] or 0 for row in rows),
        "benchmarks": evaluated.of(runs),
        "settings": origins.settings(runs),
        "by_seed": rows,
    }


def _row(run: Run) -> dict[str, Any]:
    told = row(run)
    return {
        **{name: told[name] for name in ("run", "key", "state", "why", "step", "folder")},
        "seed": run.seed,
        **measured(run, told),
        "origins": origins.of(run),
    }


def before(run: Run) -> str | None:
    """The entry, of this recipe or as RECIPE:ENTRY, or the model that a run goes on from; None from scratch."""
    if run.parent is None:
        return run.entry.from_
    own = run.parent.owner is run.owner
    return run.parent.entry_name if own else f"{run.parent.owner.title}:{run.parent.entry_name}"


def refuse_nothing(recipes: Sequence[Training]) -> None:
    """CurateError where a recipe is named twice, or has nothing that could be compared."""
    titles = [training.curated.title for training in recipes]
    for training in recipes:
        one = training.curated
        if titles.count(one.title) > 1:
            raise CurateError(f"{one.title} is named twice")
        if not entries(training) and one.recipe.probe is None:
            said = "has no entry under `train:` with prompts and no `probe:`, so there is nothing to compare"
            raise CurateError(f"{one.title} {said} (docs/compare.md)", where=one.recipe.path.name)


def other_jobs(recipes: Sequence[Training]) -> list[str]:
    """A sentence for each difference between two recipes' entries of one name, but for where their weights come from and for seeds."""
    found, first = [], {}
    for training in recipes:
        one = training.curated
        for name, runs in entries(training).items():
            mine = _job(runs[0])
            if name not in first:
                first[name] = (one.title, mine)
                continue
            title, theirs = first[name]
            for path, was, now in differences(theirs, mine):
                was, now = ("nothing" if value is MISSING else value for value in (was, now))
                said = one_line(f"{name}: {path} is {was} in {title} and {now} in {one.title}")
                found.append(f"not the same job: {said}")
    return found


def alike(outcomes: Sequence[dict[str, Any]]) -> list[str]:
    """A sentence for each two recipes that share runs, or ask at a benchmark what the other does not."""
    found = []
    for a, b in combinations(outcomes, 2):
        both = f"{a['recipe']} and {b['recipe']}"
        if a["entry"] != b["entry"]:
            continue
        if shared := {row["key"] for row in a["by_seed"]} & {row["key"] for row in b["by_seed"]} - {None}:
            found.append(f"{a['entry']}: {len(shared)} of the runs of {both} are the same run, so these cannot differ")
        for one, other in product(a["benchmarks"], b["benchmarks"]):
            place = (one["eval"], one["benchmark"])
            if place == (other["eval"], other["benchmark"]) and one["question"] != other["question"]:
                found.append(f"not the same questions: {place[1]} ({place[0]}) of {both}, so these are not compared")
    return list(dict.fromkeys(found))


def _job(run: Run) -> dict[str, Any]:
    node = run.nodes().get("prompts")
    return run.job | ({"prompts": node[1].content} if node else {})


def curves(curated: Curated) -> dict[str, list[Curve]]:
    """Entry -> the curves of its runs that were started; those of other recipes that they go on from as RECIPE:ENTRY."""
    found: dict[str, list[Curve]] = {}
    for run in Training(curated).runs.values():
        folder = row(run)["folder"]
        name = run.entry_name if run.owner is curated else f"{run.owner.title}:{run.entry_name}"
        if folder and (curve := read(Path(folder), run.title)).series:
            found.setdefault(name, []).append(curve)
    return found
