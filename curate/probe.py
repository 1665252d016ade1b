"""The probe: one fixed, short, seeded run of reinforcement learning on a recipe's weights, whose outcome is the score of the recipe.

What a model scores before reinforcement learning ranks recipes in the wrong order (OctoThinker, arXiv 2506.20512: the branch that was
worst at the beginning ended best), so recipes are compared by what the same `probe:` makes of each: the gain in accuracy on held-out
prompts, over some seeds. The job must be the same: probes that differ in anything but whose weights they begin with are refused. Each run
is stored by its key, which holds the key of the weights and so that of the mixture; what is there is not run again, and what was stopped
goes on. Left out: paired seeds. The same seed orders prompts alike for every recipe, but what is sampled soon has nothing in common.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any

from curate.curves import Curve, read
from curate.errors import CurateError
from curate.outcomes.measures import apart, counted, figure, level_of, measured, resolution
from curate.report import Report
from curate.run_folder import one_line
from curate.run_prompts import trainers
from curate.why import MISSING, differences

if TYPE_CHECKING:
    from curate.api import Curated
    from curate.run import Run


def compare(recipes: Sequence[Curated], *, start: bool, report: Report | None = None) -> dict[str, Any]:
    """Scores of recipes by their probes: `recipes`, best gain first, and `pairs`, what can be told of each two.

    start: run what is missing, with what it needs before it, and wait for it; else only read. CurateError where a recipe has no probe, two
    are not the same job, one is named twice, or a run does not finish.
    """
    _refuse_others(recipes)
    if start:
        _start(recipes, report or Report())
    _refuse_prompts(recipes)
    found = [score(one) for one in recipes]
    pairs = [_pair(a, b, level_of(len(found))) for a, b in combinations(found, 2)]
    ranked = sorted(found, key=lambda one: -(one["gain"] if one["gain"] is not None else -2))
    return {"recipes": [{**one, **_rank(one, pairs, len(found))} for one in ranked], "pairs": pairs}


# the same job


def _refuse_others(recipes: Sequence[Curated]) -> None:
    titles = [one.title for one in recipes]
    for one in recipes:
        if titles.count(one.title) > 1:
            raise CurateError(f"{one.title} is named twice")
        if one.recipe.probe is None:
            raise CurateError(
                f"{one.title} has no probe; write one under `probe:` (docs/probe.md)", where=one.recipe.path.name
            )
        _refuse_unmeasured(one)
    first = job(recipes[0])
    for one in recipes[1:]:
        for path, was, now in differences(first, job(one)):
            before, after = ("nothing" if value is MISSING else value for value in (was, now))
            said = one_line(f"{path}: {before} in {recipes[0].title}, {after} in {one.title}")
            raise CurateError(f"the probes are not the same job: {said}", where=one.recipe.location("probe"))


def _refuse_unmeasured(curated: Curated) -> None:
    run = next(iter(runs_of(curated).values()))
    run.refuse()
    if run.module in trainers().ON_PROMPTS and not run.params.get("held_out"):
        raise CurateError(
            "probe: holds no prompts out, so nothing is measured; write e.g. held_out: 64",
            where=curated.recipe.location("probe"),
        )


def job(curated: Curated) -> dict[str, Any]:
    """What a recipe's probe is, apart from where its weights come from and what its corpus is called."""
    runs = list(runs_of(curated).values())
    return {"seeds": len(runs), "seed": runs[0].seed, **runs[0].job}


def _refuse_prompts(recipes: Sequence[Curated]) -> None:
    """CurateError where two probes have other prompts, as far as these are built."""
    found = [(one, next(iter(runs_of(one).values())).nodes().get("prompts")) for one in recipes]
    known = [(one, node[1].content) for one, node in found if node]
    for one, content in known[1:]:
        if content != known[0][1]:
            names = [one.recipe.probe.prompts if one.recipe.probe else None for one in (known[0][0], one)]
            said = f"prompts: {names[0]} of {known[0][0].title} and {names[1]} of {one.title} hold other prompts"
            raise CurateError(f"the probes are not the same job: {said}", where=one.recipe.location("probe"))


# running


def runs_of(curated: Curated) -> dict[str, Run]:
    """Title -> run of the probe, a run for each seed."""
    from curate.training import Training

    return Training(curated).probes


def _start(recipes: Sequence[Curated], report: Report) -> None:
    """Build all prompts and compare them before anything is trained; then run what is missing, recipe by recipe."""
    from curate.prompts import node_name
    from curate.train import build_all, ready, train
    from curate.training import Training

    builds = []
    for one in recipes:
        one.store.create()
        assert one.recipe.probe
        builds.append((one, {"through": node_name(str(one.recipe.probe.prompts))}))
    build_all(builds, True, report)
    _refuse_prompts(recipes)
    names = {one.title: tuple(run.name for run in runs_of(one).values()) for one in recipes}
    if any(
        one.profile.launch.kind != "local" for one in recipes
    ):  # a scheduler gets all of them before one is waited for
        for one in recipes:
            ready(Training(one), names[one.title], True, report)
        for one in recipes:
            train(one, names[one.title], probes=True, report=report)
    for one in recipes:
        train(one, names[one.title], probes=True, wait=True, report=report)


# reading


def rows(curated: Curated) -> list[dict[str, Any]]:
    """A row for each seed of a recipe's probe; None for what is not known.

    `first`, `last` and `gain` are accuracies on held-out prompts; `length_right` is the mean over the last steps, `truncated` of replies to
    held-out prompts at the end, `collapse` the monitors that were beyond their bounds.
    """
    from curate.run_state import row

    return [_row(run, row(run)) for run in runs_of(curated).values()]


def _row(run: Run, told: dict[str, Any]) -> dict[str, Any]:
    found = measured(run, told)
    kept = ("first", "last", "gain", "length_right", "truncated", "collapse", "rollbacks")
    return {
        **{name: told[name] for name in ("recipe", "run", "key", "state", "step", "reward", "folder", "why")},
        "seed": run.seed,
        **{name: found[name] for name in kept},
        "parent": told["parent"],
    }


def score(curated: Curated) -> dict[str, Any]:
    """What the finished seeds of a recipe's probe say together.

    `first`, `last`, `gain`, `length_right` and `truncated` are means; `gain_interval` and `last_interval` are t intervals over seeds, None
    of fewer than two; `collapse` counts seeds by monitor; `by_seed` has the rows.
    """
    found = rows(curated)
    done = [row for row in found if row["gain"] is not None]
    least = resolution(next(iter(runs_of(curated).values())))
    names = ("first", "last", "gain", "length_right", "truncated")
    figures = {name: figure([row[name] for row in done], least) for name in names}
    return {
        "recipe": curated.title, "seeds": len(found), "finished": len(done),
        **{name: one["mean"] for name, one in figures.items()},
        "gain_interval": figures["gain"]["interval"], "last_interval": figures["last"]["interval"],
        "collapse": counted([row["collapse"] for row in done]), "resolution": least, "by_seed": found,
    }  # fmt: skip


def curves(curated: Curated) -> list[Curve]:
    """What each seed of a recipe's probe has measured."""
    found = rows(curated)
    return [read(Path(row["folder"]), f"{row['recipe']}/{row['run']}") for row in found if row["folder"]]


# telling apart


def _pair(a: dict[str, Any], b: dict[str, Any], level: float) -> dict[str, Any]:
    """What can be told of two recipes: the difference of their gains with its interval, and which of them gains more, if that is clear."""
    left, right = ([row["gain"] for row in one["by_seed"]] for one in (a, b))
    middle, found = apart(left, right, max(a["resolution"], b["resolution"]), level)
    more = (a if found[0] > 0 else b)["recipe"] if found and (found[0] > 0 or found[1] < 0) else None
    names = {"a": a["recipe"], "b": b["recipe"]}
    return {
        **names,
        "difference": middle,
        "interval": found,
        "level": level,
        "more": more,
    }


def _rank(one: dict[str, Any], pairs: Sequence[dict[str, Any]], count: int) -> dict[str, Any]:
    """The best and the worst place that it may have; they are equal where every other recipe can be told apart from it."""
    name = one["recipe"]
    own = [pair["more"] for pair in pairs if name in (pair["a"], pair["b"]) and pair["more"]]
    return {"rank": [1 + sum(more != name for more in own), count - sum(more == name for more in own)]}


def sentences(found: dict[str, Any]) -> Iterator[str]:
    """What is said of each two recipes."""
    for pair in found["pairs"]:
        a, b = pair["a"], pair["b"]
        if pair["interval"] is None:
            yield f"{a} and {b} cannot be told apart: of one of them fewer than two seeds are finished"
            continue
        if pair["more"] is None:
            yield f"{a} and {b} cannot be told apart: {_apart(pair['difference'], pair['interval'])}"
            continue
        sign = 1 if pair["more"] == a else -1
        low, high = sorted(sign * end for end in pair["interval"])
        yield f"{pair['more']} gains more than {b if sign > 0 else a}: {_apart(sign * pair['difference'], (low, high))}"


def _apart(middle: float, ends: tuple[float, float]) -> str:
    return f"{middle:+.3f} ({ends[0]:+.3f} to {ends[1]:+.3f})"
