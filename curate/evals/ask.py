"""`Curated.eval` and `curate.evaluate`: from what is asked for to models, benchmarks and what is told of them."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
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
from curate.profile import Profile, find_project, load_profile
from curate.report import Report

if TYPE_CHECKING:
    from curate.api import Curated

HOW = tuple(name for name in EvalEntry.model_fields if name not in ("models", "benchmarks"))
"""Fields of an entry that say how models are asked."""


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What an evaluation is given, with or without a recipe; `Curated.eval` says what each is."""

    models: str | Sequence[str] = ()
    on: str | Sequence[str] = ()
    endpoint: str = ""
    backend: str = ""
    dry_run: bool = False
    max_usd: float | None = None
    max_gpu_hours: float | None = None
    out: Path | str | None = None
    report: Report | None = None
    how: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, **given: Any) -> Asked:
        """Of keywords: those that are no field say how models are asked."""
        mine = {one.name for one in fields(cls)} - {"how"}
        how = {name: value for name, value in given.items() if name not in mine}
        return cls(**{name: value for name, value in given.items() if name in mine}, how=how)

    def spending(self, profile: Profile) -> Spending:
        """What may be spent: the profile's budget, or what is given in its place."""
        return Spending(limited(profile.budget, self.max_usd, self.max_gpu_hours), profile.price)

    def entry(self, said: EvalEntry) -> EvalEntry:
        """An entry with what was given instead, where that is not None. CurateError for an unknown field or a value that is none."""
        for name in self.how:
            if name not in HOW:
                raise CurateError(f"an evaluation has no setting {name!r}{did_you_mean(name, HOW)}")
        models, on = tuple(_texts(self.models)), tuple(_texts(self.on))
        given = {"models": models or None, "benchmarks": on or None, **self.how}
        instead = {name: value for name, value in given.items() if value is not None}
        try:
            return EvalEntry.model_validate({**said.model_dump(), **instead})
        except ValidationError as error:
            first = error.errors()[0]
            name = ".".join(map(str, first["loc"]))
            text = first["msg"].removeprefix("Value error, ")
            raise CurateError(f"{name}: {text}" if name else text) from None

    def named(self, entry: EvalEntry) -> tuple[str, ...]:
        """The entry's models; none named at an endpoint is the one that it serves."""
        return entry.models or (("",) if self.endpoint else ())


def evaluate_recipe(curated: Curated, names: Sequence[str], asked: Asked) -> dict[str, Any]:
    """See `Curated.eval`."""

    def found(text: str) -> Subject:
        if not asked.endpoint and knows(curated, text):
            return of_recipe(curated, text, asked.backend)
        given = {"endpoint": asked.endpoint, "backend_name": asked.backend}
        return of_text(text, **given, profile=curated.profile, project=curated.project, store=curated.store)

    questions = []
    for name, said in _entries(curated, names, asked).items():
        where = curated.recipe.location("eval", name) if name in curated.recipe.eval else ""
        with placed(f"eval.{name}", where) if where else contextlib.nullcontext():
            entry = asked.entry(said)
            named = asked.named(entry)
            texts = named if asked.endpoint else [one for text in named for one in all_seeds(curated, text)]
            questions.append(Question(name, entry, tuple(map(found, texts)), where))
    spending = asked.spending(curated.profile)
    report = asked.report or Report()
    evaluation = Evaluation(curated.title, curated.project, curated.store, curated.profile, spending, report)
    return _answered(evaluation, questions, asked)


def evaluate(
    models: str | Sequence[str],
    on: str | Sequence[str],
    *,
    project: Path | str | None = None,
    profile: str = "local",
    store: str | None = None,
    **given: Any,
) -> dict[str, Any]:
    """Evaluate models at benchmarks without a recipe; returns what `Curated.eval` does, and takes what it takes.

    models: ORG/NAME@COMMIT, folders with a config.json, backends of ours such as `pupil`; with `endpoint`, the address of a server that
    speaks OpenAI's protocol, what it calls them (none: the one that it serves). on: benchmarks, or groups of them. given: endpoint;
    backend, `hf` (the default) or `vllm`, for models that are loaded here; dry_run, max_usd, max_gpu_hours, out, report; and how models
    are asked: mode, num_fewshot, system, samples, temperature, top_p, max_tokens, seed, limit. CurateError as `Curated.eval`.
    """
    home, chosen = _home(project, profile, store)
    kept, asked = store_of(chosen, home), Asked.of(models=models, on=on, **given)
    entry = asked.entry(EvalEntry())
    of = {"endpoint": asked.endpoint, "backend_name": asked.backend}
    named = tuple(of_text(one, **of, profile=chosen, project=home, store=kept) for one in asked.named(entry))
    evaluation = Evaluation(None, home, kept, chosen, asked.spending(chosen), asked.report or Report())
    return _answered(evaluation, [Question("eval", entry, named)], asked)


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


def _entries(curated: Curated, names: Sequence[str], asked: Asked) -> Mapping[str, EvalEntry]:
    """The entries of a recipe that are asked for; one that says nothing where models and benchmarks are given instead."""
    known = curated.recipe.eval
    for name in names:
        if name not in known:
            raise CurateError(f"{curated.title} has no `eval:` entry {name[:80]!r}{did_you_mean(name, known)}")
    if not names and asked.models and asked.on:
        return {"eval": EvalEntry()}
    if not known:
        raise CurateError(
            f"{curated.title} has no `eval:`; write one (docs/eval.md), or name models and benchmarks: --model NAME --on gsm8k"
        )
    return {name: known[name] for name in names or known}


def _is_free(folder: Path) -> bool:
    """Whether a folder is empty, or can still be made."""
    try:
        return not any(folder.iterdir())
    except FileNotFoundError:
        return True
    except OSError:
        return False


def _answered(evaluation: Evaluation, questions: Sequence[Question], asked: Asked) -> dict[str, Any]:
    out = None if asked.out is None else Path(asked.out)
    if out is not None and not asked.dry_run and not _is_free(out):
        raise CurateError(f"{out} is there already; name a new folder")
    measured = evaluation.plan(questions)
    if asked.dry_run:
        return {"asks": evaluation.outlook(measured)}
    try:
        found = evaluation.run(measured)
        told = tell.told(evaluation, found)
        if out is not None:
            told["files"] = tell.write(found, told, out)
    except Damaged as damage:
        raise CurateError(f"{damage}; evaluate again: what was answered is stored") from None
    return told
