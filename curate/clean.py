"""The gate before reinforcement learning: no prompt of a run may hold an item of a benchmark that is reported for what comes of it.

A recipe's `eval:` names models and benchmarks. Where such a model is, or grew from, a run on prompts, these prompts are looked through for
the items, as `decontaminate: ngram` and `decontaminate: equal` find them. Whatever steps the corpus went through, the prompts as they are
trained on are looked at. It fails closed: one leak, a benchmark without a card, or one whose items
are not on this machine ends the command before anything is trained, also where the run was trained before the benchmark was named.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import polars as pl

from curate import datacard, step
from curate.datacard import Benchmark
from curate.errors import CurateError
from curate.identity import digest
from curate.names import reference
from curate.planner import Planner
from curate.prompts import FILE
from curate.run import Run

if TYPE_CHECKING:
    from curate.api import Curated
    from curate.recipe import Recipe

LEAK = 0.7
"""Overlap from which on a prompt holds an item, as in the clause of `decontaminate: ngram`."""
LOOKING = ("ngram", "equal")
"""The steps that look."""
SEEN = "clean"
"""What the store's cache calls prompts that were found to be clean, so that a second look takes no time."""
SHOWN = 60
"""Characters of a name in a message."""


def refuse_contaminated(curated: Curated, runs: list[Run]) -> None:
    """CurateError for the first run whose prompts hold items of a benchmark that is reported for it, or cannot be shown to hold none."""
    for run in runs:
        if run.entry.prompts:
            for recipe in {id(one): one for one in (curated, run.owner)}.values():
                for benchmark in reported(recipe, run):
                    _refuse(recipe, run, benchmark)


def reported(recipe: Curated, run: Run) -> list[str]:
    """Data cards of the benchmarks that a recipe reports for a run, or for one that goes on from it."""
    from curate.evals.benchmarks import cards

    named = dict.fromkeys(
        benchmark
        for entry in recipe.recipe.eval.values()
        if any(run.title in _line(recipe, model) for model in entry.models)
        for benchmark in entry.benchmarks
    )
    return cards(named, recipe.project) if named else []


def _line(recipe: Curated, model: str) -> Iterator[str]:
    """Titles of the runs that a model came of, itself first, of all its seeds; none for a model that no recipe trains."""
    yield from _titles(recipe.recipe, model, recipe.title.removeprefix(recipe.name))


def _titles(data: Recipe, name: str, prefix: str) -> Iterator[str]:
    if found := reference(name):
        data, name = data.others[found[0]], found[1]
    for run in data.runs_of(name):
        yield f"{data.recipe}{prefix}/{run}"
        yield from _titles(data, data.runs[run].from_ or "", prefix)


def _refuse(recipe: Curated, run: Run, name: str) -> None:
    what = f"train.{run.name}: {recipe.title} reports {name} for it"
    where = recipe.recipe.location("eval")
    try:
        benchmark = _benchmark(recipe, name, where)
        if not benchmark.items().height:
            raise CurateError("it holds no items")
    except CurateError as error:
        said = f"and whether its prompts are clean of that cannot be told: {error}"
        raise CurateError(f"{what}, {said}", where=where) from None
    store, mark = run.owner.store, _mark(run, benchmark)
    if store.remembered(SEEN, mark):
        return
    prompts = pl.read_parquet(store.ensure(run.objects["prompts"]) / FILE, glob=False)
    found = leaks(prompts, benchmark)
    if found.height:
        first = found.row(0, named=True)
        example = f"such as {first['id'][:SHOWN]!r}, which holds {first['leak_item'][:SHOWN]!r}"
        how = f"take them out with decontaminate: ngram and decontaminate: equal, against: [{name}], or report another one"
        raise CurateError(
            f"{what}, and {found.height:,} of its {prompts.height:,} prompts hold its items, {example}; {how}",
            where=where,
        )
    store.remember(SEEN, mark, {"clean": True})


def _mark(run: Run, benchmark: Benchmark) -> str:
    """What decides whether prompts are clean of a benchmark: which they are, its items, and the code that looks."""
    code = [step.code_of(step.find("decontaminate", name), None) for name in LOOKING]
    return digest([run.nodes()["prompts"][1].content, benchmark.identity, code, LEAK])


def _benchmark(recipe: Curated, name: str, where: str) -> Benchmark:
    """A benchmark with its files. CurateError where its items are not on this machine."""
    planner = Planner(recipe.recipe, recipe.project, recipe.store)
    benchmark = datacard.planned(planner, name, where)
    done, made = recipe.built.done, {}
    for title in benchmark.made_by:
        node = planner.nodes[title]
        if node.plan_key not in done:
            raise CurateError(f"{title} is not generated yet; run curate build {recipe.title}")
        recipe.store.ensure(done[node.plan_key].key)
        made[title] = recipe.built.made(node, datacard.SUFFIXES)
    return datacard.with_files(benchmark, made)


def leaks(prompts: pl.DataFrame, benchmark: Benchmark) -> pl.DataFrame:
    """`id` and `leak_item` of each prompt that holds an item, one row each, in their order.

    For runs of words a prompt is looked at alone and with its answer: a short item is found only together with its answer, and an answer
    that begins with an operator would make a longer problem of it.
    """
    ngram, equal = (step.find("decontaminate", name).function for name in LOOKING)
    both = pl.concat_str("problem", pl.lit(" "), "answer")
    alone, answered = (prompts.select("id", text=text) for text in (pl.col("problem"), both))
    found = [
        one.hstack(ngram(one, against=[benchmark])).filter(pl.col("leak_overlap") >= LEAK) for one in (alone, answered)
    ]
    found.append(
        alone.hstack(equal(alone, against=[benchmark]).rename({"equal_item": "leak_item"})).drop_nulls("leak_item")
    )
    every = pl.concat([frame.select("id", "leak_item") for frame in found]).unique(
        "id", keep="first", maintain_order=True
    )
    return prompts.select("id").join(every, on="id", how="inner", maintain_order="left")
