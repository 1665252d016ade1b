"""`Curated.eval` and `curate.evaluate`: from what is asked for to models, benchmarks and what is told of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from curate import evaluated, subjects
from curate.artifact import Damaged
from curate.budget import Spending
from curate.errors import CurateError, did_you_mean, placed
from curate.evaluation import Evaluation, Question
from curate.parts import EvalEntry
from curate.profile import Budget, Profile
from curate.report import Report
from curate.store import Store

if TYPE_CHECKING:
    from curate.api import Curated

HOW = tuple(name for name in EvalEntry.model_fields if name not in ("models", "benchmarks"))
"""Fields of an entry that say how models are asked."""


def evaluate_recipe(
    curated: Curated,
    names: Sequence[str],
    *,
    models: Sequence[str],
    on: Sequence[str],
    endpoint: str,
    backend: str,
    dry_run: bool,
    budget: Budget,
    out: Path | None,
    report: Report,
    how: Mapping[str, Any],
) -> dict[str, Any]:
    """See `Curated.eval`."""

    def found(text: str) -> subjects.Subject:
        if not endpoint and subjects.knows(curated, text):
            return subjects.of_recipe(curated, text)
        given = {"endpoint": endpoint, "backend_name": backend}
        return subjects.of_text(text, **given, profile=curated.profile, project=curated.project, store=curated.store)

    questions = []
    for name, said in _entries(curated, names, models, on).items():
        where = curated.recipe.location("eval", name) if name in curated.recipe.eval else ""
        with placed(f"eval.{name}", where):
            entry = _entry(said, models, on, how)
            named = [found(text) for text in (*entry.models, *([""] if endpoint and not entry.models else []))]
        questions.append(Question(name, entry, tuple(named), where))
    spending = Spending(budget, curated.profile.price)
    evaluation = Evaluation(curated.title, curated.project, curated.store, curated.profile, spending, report)
    return _answered(evaluation, questions, dry_run, out)


def evaluate_alone(
    models: Sequence[str],
    on: Sequence[str],
    *,
    endpoint: str,
    backend: str,
    dry_run: bool,
    budget: Budget,
    out: Path | None,
    report: Report,
    how: Mapping[str, Any],
    profile: Profile,
    project: Path,
    store: Store,
) -> dict[str, Any]:
    """See `curate.evaluate`."""
    entry = _entry(EvalEntry(), models, on, how)
    texts = [""] if endpoint and not models else models
    where = {"profile": profile, "project": project, "store": store}
    named = tuple(subjects.of_text(text, endpoint=endpoint, backend_name=backend, **where) for text in texts)  # type: ignore[arg-type]
    evaluation = Evaluation("eval", project, store, profile, Spending(budget, profile.price), report)
    return _answered(evaluation, [Question("eval", entry, named)], dry_run, out)


def _entries(
    curated: Curated, names: Sequence[str], models: Sequence[str], on: Sequence[str]
) -> Mapping[str, EvalEntry]:
    """The entries of a recipe that are asked for; one that says nothing where models and benchmarks are given instead."""
    known = curated.recipe.eval
    for name in names:
        if name not in known:
            raise CurateError(f"{curated.title} has no `eval:` entry {name[:80]!r}{did_you_mean(name, known)}")
    if not names and models and on:
        return {"eval": EvalEntry()}
    if not known:
        raise CurateError(
            f"{curated.title} has no `eval:`; write one (docs/eval.md), or name models and benchmarks: --model NAME --on gsm8k"
        )
    return {name: known[name] for name in names or known}


def _entry(said: EvalEntry, models: Sequence[str], on: Sequence[str], how: Mapping[str, Any]) -> EvalEntry:
    """An entry with what was given instead. CurateError for an unknown field or a value that is none."""
    for name in how:
        if name not in HOW:
            raise CurateError(f"an evaluation has no setting {name!r}{did_you_mean(name, HOW)}")
    instead = {
        name: value for name, value in {"models": tuple(models), "benchmarks": tuple(on), **how}.items() if value
    }
    try:
        return EvalEntry.model_validate({**said.model_dump(), **instead})
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(map(str, first["loc"]))
        text = first["msg"].removeprefix("Value error, ")
        raise CurateError(f"{name}: {text}" if name else text) from None


def _answered(evaluation: Evaluation, questions: Sequence[Question], dry_run: bool, out: Path | None) -> dict[str, Any]:
    if out is not None and not dry_run and out.exists() and any(out.iterdir()):
        raise CurateError(f"{out} is there already; name a new folder")
    measured = evaluation.plan(questions)
    if dry_run:
        return {"asks": evaluation.outlook(measured)}
    try:
        found = evaluation.run(measured)
        told = evaluated.told(evaluation, found)
        if out is not None:
            told["files"] = evaluated.write(found, told, out)
    except Damaged as damage:
        raise CurateError(f"{damage}; evaluate again: what was answered is stored") from None
    return told
