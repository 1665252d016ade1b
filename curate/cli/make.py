"""init, new, fetch, build, export: what makes something."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from curate.cli.common import amount, emit, limits, number, recipe_command, table
from curate.errors import CurateError, Incomplete
from curate.words import printable

if TYPE_CHECKING:
    from curate.api import Curated
    from curate.report import Report

STARTER_STEP = '''"""Share of a document's characters that are digits."""

import polars as pl

from curate.step import score


@score
def digits(docs: pl.DataFrame, *, pattern: str = r"\\d") -> pl.Series:
    """Characters matched by `pattern`, over all characters, in [0, 1]."""
    return docs["text"].str.count_matches(pattern) / docs["text"].str.len_chars().clip(1)
'''
STARTER_RECIPE = """recipe: mine
about: The embedded long-cot recipe, with a score of my own.
extends: long-cot
edit:
  - after: web/language
    add:
      - score: digits
      - keep: {not_a_table: digits < 0.5}
"""


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
def init(folder: Path) -> None:
    """Write a small project of your own: a recipe, a step, and a place for more."""
    files = {"recipes/mine.yaml": STARTER_RECIPE, "steps/score/digits.py": STARTER_STEP, ".gitignore": ".curate/\n"}
    taken = [name for name in files if (folder / name).exists()]
    if taken:
        raise CurateError(f"{folder / taken[0]} is there already; nothing was written")
    try:
        for name, text in files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text, "utf-8")
        for name in ("profiles", "datacards"):
            (folder / name).mkdir(exist_ok=True)
    except OSError as error:
        raise CurateError(f"{error.filename} cannot be written: {error.strerror}") from None
    click.echo(f"{folder} is ready; next: cd {folder} && curate build mine && curate show mine")


@click.command()
@click.argument("name")
@click.option("--from", "parent", required=True, metavar="RECIPE", help="The recipe that it extends.")
@click.option("--set", "sets", multiple=True, metavar="KEY=VALUE", help="A value to set, such as mixture.tokens=500M.")
def new(name: str, parent: str, sets: tuple[str, ...]) -> None:
    """Write recipes/NAME.yaml, which extends another recipe and sets some values."""
    from curate.profile import find_project
    from curate.recipe import load, new_recipe

    project = find_project(Path.cwd())
    path = project / "recipes" / f"{name}.yaml"
    if path.exists():
        raise CurateError("is there already", where=str(path))
    pairs = dict(pair.partition("=")[::2] for pair in sets)
    if any("=" not in pair for pair in sets):
        raise CurateError("--set wants KEY=VALUE, such as mixture.tokens=500M")
    load(parent, project=project)
    text = new_recipe(name, parent, pairs)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    try:
        load(str(path), project=project)
    except CurateError:
        path.unlink()
        raise
    click.echo(f"wrote {path.relative_to(project)}; next: curate plan {name}")


@recipe_command(short_help="Pin what a recipe names elsewhere: remote files and revisions.")
def fetch(curated: Curated, *, as_json: bool) -> None:
    """Pin what a recipe names elsewhere: list its remote files, and put commits of the hub in place of `unpinned` in its file."""
    found = curated.fetch()
    if as_json:
        return emit(found)
    for one in found["revisions"]:
        click.echo(f"{one['where']}: {one['id']} is at {one['revision']}")
    for one in found["listings"]:
        changes = ", ".join(f"{one[what]:,} {what}" for what in ("new", "gone", "changed") if one[what]) or "as before"
        click.echo(f"{one['pattern']}: {amount(one['files'], 'file')}, {amount(one['bytes'], 'byte')} ({changes})")
    if not found["revisions"] and not found["listings"]:
        click.echo(f"{curated.name}: nothing to fetch; it names no remote files, and every revision is pinned")


@recipe_command(short_help="Build a recipe: its corpora and its mixture.")
@click.option("--only", metavar="CORPUS", help="Build one corpus and what it needs.")
@click.option("--through", metavar="NODE", help="Build up to one node; train/RUN, or all: train too.")
@click.option(
    "--locked", is_flag=True, help="Refuse a result that is not what the lock says, and leave the lock alone."
)
@click.option(
    "--sample",
    metavar="SHARE",
    help="Build a sample, such as 0.1%, kept as NAME@0.1%; `show` then says what the whole will be.",
)
@click.option("--workers", type=click.IntRange(1, 4096), help="Worker processes, instead of the profile's number.")
@click.option(
    "--executor",
    type=click.Choice(["local", "inline", "ray", "slurm"]),
    help="Who does the work, instead of the profile's choice.",
)
@limits
def build(
    curated: Curated,
    *,
    as_json: bool,
    only: str | None,
    through: str | None,
    locked: bool,
    sample: str | None,
    max_usd: float | None,
    max_gpu_hours: float | None,
) -> None:
    """Build a recipe: its corpora and its mixture.

    What is stored already is not done again, a build that was stopped goes on where it was, and the lock beside the
    recipe then says which bytes each name means.
    """
    from curate.report import Report, for_terminal

    if sample:
        curated = curated.sampled(sample)
    report = Report() if as_json else for_terminal()
    how = {"locked": locked, "max_usd": max_usd, "max_gpu_hours": max_gpu_hours}
    if through == "all" or (through or "").startswith("train/"):
        return _with_runs(curated, str(through), as_json, report, only=only, **how)
    result = _built(curated, as_json, only=only, through=through, report=report, **how)
    if as_json:
        emit(result)
        return None
    if told := result.get("build"):
        return _with_slurm(curated, told)
    if not result["ran"]:
        click.echo(
            f"{curated.title}: nothing to do, all {result['nodes']} nodes are stored ({result['seconds']:.2f} s)"
        )
        return None
    click.echo(f"{curated.title}: built {len(result['ran'])} of {result['nodes']} nodes in {result['seconds']:.1f} s")
    _spent(result["spent"])
    mixture_table(result["facts"])
    click.echo(f"look at it: curate show {_called(curated)}")


def _with_slurm(curated: Curated, told: dict[str, Any]) -> None:
    """Says who builds, where a build was given to Slurm."""
    what = "submitted as" if told["submitted"] else "is being built by"
    click.echo(f"{curated.title}: {what} Slurm job {told['job']}")
    click.echo(f"look at it: curate status {_called(curated)}, curate logs {_called(curated)}")


def _built(curated: Curated, as_json: bool, **how: Any) -> dict[str, Any]:
    """What a build gave. Says one line for each input file that could not be had."""
    try:
        return curated.build(**how)
    except KeyboardInterrupt:
        raise KeyboardInterrupt("stopped; what was finished is kept") from None
    except Incomplete as error:
        if as_json:
            emit({"failed": [{"file": file, "error": why} for file, why in error.failed]})
        for file, why in () if as_json else error.failed:
            click.echo(printable(f"{file}: {why}"), err=True)
        raise


def _with_runs(
    curated: Curated, through: str, as_json: bool, report: Report, *, only: str | None, **limits: Any
) -> None:
    """`--through all` and `--through train/RUN`: a whole build, then runs."""
    from curate.cli.train import runs_table

    if only:
        raise CurateError(f"--only {only} and --through {through} are not one build; leave one out")
    curated.refuse_sample("train", dev=False)
    names = () if through == "all" else (through.removeprefix("train/"),)
    result = _built(curated, as_json, report=report, **limits)
    if told := result.get("build"):
        return emit(result) if as_json else _with_slurm(curated, told)
    rows = curated.train(*names, report=report) if names or curated.recipe.train else []
    if as_json:
        return emit({**result, "runs": rows})
    click.echo(f"{curated.title}: built {len(result['ran'])} of {result['nodes']} nodes in {result['seconds']:.1f} s")
    _spent(result["spent"])
    runs_table(rows)


def _spent(rows: list[dict[str, Any]]) -> None:
    """A line for each step that asked a model for money or GPU-hours."""
    for row in rows:
        hours = f", {row['gpu_hours']:,.3g} GPU-hours" if row["gpu_hours"] else ""
        if row["cost"] or hours:
            tokens = f"{number(row['prompt_tokens'])} + {number(row['completion_tokens'])} tokens"
            cost = f"{row['cost']:,.4f} {row['currency']}"
            click.echo(f"{row['node']}: {number(row['answered'])} replies of {row['model']}, {tokens}{hours}, {cost}")


@recipe_command(short_help="Write what is built in the format of another program.")
@click.option(
    "--as", "kind", required=True, metavar="FORMAT", help="mds, megatron, npy, ds, parquet, jsonl, olmo-core, verl."
)
@click.option(
    "--to", required=True, metavar="DIR", type=click.Path(path_type=Path), help="A folder that is not there yet."
)
@click.option("--corpus", default="", metavar="NAME", help="Documents of a corpus or step, not of the mixture.")
@click.option("--columns", default="", metavar="KEY=NAME,...", help="verl: what is problem and answer, if not found.")
@click.option("--instruction", metavar="TEXT", help="verl: what every prompt ends with, instead of asking for a box.")
@click.option("--drop-mask", is_flag=True, help="Leave the loss mask out where the format has no place for it.")
@click.option("--train", default="", metavar="NAME", help="olmo-core: which run of the recipe's train: it is.")
@click.option("--model", default="", metavar="DIR", help="olmo-core: the weights it begins with, if not the recipe's.")
@click.option("--dev", is_flag=True, help="Allow a sample of a recipe.")
def export(curated: Curated, *, as_json: bool, kind: str, to: Path, columns: str, **options: Any) -> None:
    """Write what is built in the format of another program, into a new folder.

    \b
    mds, megatron, npy, ds    the mixture's tokens: mosaicml-streaming, Megatron-LM, OLMo-core, nanotron
    parquet, jsonl            documents of the mixture, or of a corpus with --corpus: datasets, polars
    olmo-core                 a training run of the recipe, for OLMo-core's Trainer
    verl                      prompts of a corpus with their reward.py
    """
    from curate.report import Report, for_terminal

    pairs = [pair.partition("=") for pair in columns.split(",") if pair]
    if any(not value for _, _, value in pairs):
        raise CurateError("--columns wants KEY=NAME, such as problem=question,answer=solution")
    given = {key.strip(): value.strip() for key, _, value in pairs}
    report = Report() if as_json else for_terminal()
    found = curated.export(kind, to, columns=given, report=report, **options)
    if as_json:
        return emit(found)
    names = ("documents", "prompts", "windows" if kind in ("mds", "olmo-core") else "pieces", "tokens")
    counted = [f"{number(found[c])} {c}" for c in names if c in found]
    size = f"{len(found['files']) + 1} files, {found['bytes'] / 1e6:,.1f} MB"
    click.echo(f"{to}: {', '.join(counted)} ({size})")
    for reason in ("without_answer", "repeated", "answer_not_accepted"):
        if found.get(reason):
            click.echo(f"left out, {reason.replace('_', ' ')}: {number(found[reason])}")


def _called(curated: Curated) -> str:
    """What to call a recipe by: its name where that is found, else the path of its file."""
    path = curated.recipe.path
    name = curated.name if "recipes" in path.parts else os.path.relpath(path)
    return name + curated.title.removeprefix(curated.name)


def mixture_table(facts: dict[str, Any]) -> None:
    """Tokens asked of and achieved by each source, stage by stage where there is more than one."""
    from curate.figures import source_rows

    stages = len(facts.get("stages", []))
    for stage in [None] if stages < 2 else [*range(stages), None]:
        body = [
            [
                "all" if stage is None else str(stage),
                row["source"],
                *[number(row[c]) for c in ("asked", "achieved")],
                f"{row['share']:.4f}",
                number(row["documents"]),
                f"{row['epochs']:.2f}",
            ]
            for row in source_rows(facts, stage)
        ]
        if body:
            table(["stage", "source", "asked", "achieved", "share", "documents", "epochs"], body, right=(2, 3, 4, 5, 6))
            click.echo()
    if apart := facts.get("held_out"):
        click.echo(
            f"held out: {number(apart['tokens'])} tokens, {number(apart['documents'])} documents in"
            f" {number(apart['windows'])} windows that are not trained on"
        )
    for name, row in facts.get("sources", {}).items():
        if "unmasked" in row:
            click.echo(
                f"mask: {number(row['masked'])} of {number(row['tokens'])} tokens of {name} bear no loss;"
                f" {number(row['unmasked'])} of {number(row['uses'])} uses begin with nothing that is masked"
            )
