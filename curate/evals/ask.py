"""`Curated.eval` and `curate.evaluate`: from what is asked for to models, benchmarks and what is told of them."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from curate.artifact import Damaged
from curate.budget import Spending, limited
from curate.errors import CurateError, did_you_mean, placed
from curate.evals import tell
from curate.evals.benchmarks import Shelf
from curate.evals.models import Subject, all_seeds, knows, of_recipe, of_text
from curate.evals.run import Evaluation, Question
from curate.objects import store_of
from curate.parts import EvalEntry
from curate.profile import Budget, Profile, find_project, load_profile
from curate.report import Report

if TYPE_CHECKING:
    from curate.api import Curated

HOW = tuple(name for name in EvalEntry.model_fields if name not in ("models", "benchmarks"))
"""Fields of an entry that say how models are asked."""


def evaluate_recipe(
    curated: Curated,
    names: Sequence[str],
    *,
    models: str | Sequence[str],
    on: str | Sequence[str],
    endpoint: str,
    backend: str,
    dry_run: bool,
    budget: Budget,
    out: Path | None,
    report: Report,
    how: Mapping[str, Any],
) -> dict[str, Any]:
    """See `Curated.eval`."""

    def found(text: str) -> Subject:
        if not endpoint and knows(curated, text):
            return of_recipe(curated, text, backend)
        given = {"endpoint": endpoint, "backend_name": backend}
        return of_text(text, **given, profile=curated.profile, project=curated.project, store=curated.store)

    models, on = _texts(models), _texts(on)
    questions = []
    for name, said in _entries(curated, names, models, on).items():
        where = curated.recipe.location("eval", name) if name in curated.recipe.eval else ""
        with placed(f"eval.{name}", where) if where else contextlib.nullcontext():
            entry = _entry(said, models, on, how)
            texts = [one for text in entry.models for one in ([text] if endpoint else all_seeds(curated, text))]
            named = [found(text) for text in texts or ([""] if endpoint else [])]
        questions.append(Question(name, entry, tuple(named), where))
    spending = Spending(budget, curated.profile.price)
    evaluation = Evaluation(curated.title, curated.project, curated.store, curated.profile, spending, report)
    return _answered(evaluation, questions, dry_run, out)


def evaluate(
    models: str | Sequence[str],
    on: str | Sequence[str],
    *,
    endpoint: str = "",
    backend: str = "",
    dry_run: bool = False,
    max_usd: float | None = None,
    max_gpu_hours: float | None = None,
    out: Path | str | None = None,
    report: Report | None = None,
    project: Path | str | None = None,
    profile: str = "local",
    store: str | None = None,
    **how: Any,
) -> dict[str, Any]:
    """Evaluate models at benchmarks without a recipe; returns what `Curated.eval` does.

    models: ORG/NAME@COMMIT, folders with a config.json, backends of ours such as `pupil`; with `endpoint`, the address of a server that
    speaks OpenAI's protocol, what it calls them (none: the one that it serves). on: benchmarks, or groups of them. backend: `hf` (the
    default) or `vllm`, for models that are loaded here. how: mode, num_fewshot, system, samples, temperature, top_p,
    max_tokens, seed, limit. CurateError as `Curated.eval`.
    """
    home, chosen = _home(project, profile, store)
    kept, texts = store_of(chosen, home), _texts(models)
    entry = _entry(EvalEntry(), texts, _texts(on), how)
    named = tuple(
        of_text(one, endpoint=endpoint, backend_name=backend, profile=chosen, project=home, store=kept)
        for one in texts or ([""] if endpoint else [])
    )
    spending = Spending(limited(chosen.budget, max_usd, max_gpu_hours), chosen.price)
    evaluation = Evaluation(None, home, kept, chosen, spending, report or Report())
    return _answered(evaluation, [Question("eval", entry, named)], dry_run, None if out is None else Path(out))


def benchmarks(
    *, project: Path | str | None = None, profile: str = "local", store: str | None = None
) -> list[dict[str, Any]]:
    """What `on` may name, a project's own among ours: `benchmark`, `items`, `averages`, `about`, and `missing`, how to get items that are
    not on this machine."""
    home, chosen = _home(project, profile, store)
    return Shelf(home, store_of(chosen, home)).listed()


def _home(project: Path | str | None, profile: str, store: str | None) -> tuple[Path, Profile]:
    home = Path(project).resolve() if project else find_project(Path.cwd())
    chosen = load_profile(profile, home)
    return home, chosen.model_copy(update={"store": store}) if store else chosen


def _texts(given: str | Sequence[str]) -> list[str]:
    """One name or several."""
    return [given] if isinstance(given, str) else list(given)


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
    """An entry with what was given instead, where that is not None. CurateError for an unknown field or a value that is none."""
    for name in how:
        if name not in HOW:
            raise CurateError(f"an evaluation has no setting {name!r}{did_you_mean(name, HOW)}")
    given = {"models": tuple(models) or None, "benchmarks": tuple(on) or None, **how}
    instead = {name: value for name, value in given.items() if value is not None}
    try:
        return EvalEntry.model_validate({**said.model_dump(), **instead})
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(map(str, first["loc"]))
        text = first["msg"].removeprefix("Value error, ")
        raise CurateError(f"{name}: {text}" if name else text) from None


def _is_free(folder: Path) -> bool:
    """Whether a folder is empty, or can still be made."""
    try:
        return not any(folder.iterdir())
    except FileNotFoundError:
        return True
    except OSError:
        return False


def _answered(evaluation: Evaluation, questions: Sequence[Question], dry_run: bool, out: Path | None) -> dict[str, Any]:
    if out is not None and not dry_run and not _is_free(out):
        raise CurateError(f"{out} is there already; name a new folder")
    measured = evaluation.plan(questions)
    if dry_run:
        return {"asks": evaluation.outlook(measured)}
    try:
        found = evaluation.run(measured)
        told = tell.told(evaluation, found)
        if out is not None:
            told["files"] = tell.write(found, told, out)
    except Damaged as damage:
        raise CurateError(f"{damage}; evaluate again: what was answered is stored") from None
    return told
