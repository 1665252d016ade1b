"""train, eval, status, logs, cancel, compare: runs of trainers, and what came of them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from curate.cli.common import emit, number, recipe_command, table
from curate.cli.compare import compare
from curate.cli.evaluate import eval_
from curate.errors import CurateError
from curate.words import printable

if TYPE_CHECKING:
    from curate.api import Curated

CHUNK = 1 << 16
__all__ = ["cancel", "compare", "eval_", "logs", "runs_table", "status", "train"]


@recipe_command(short_help="Start every run that is not current, with what it needs.")
@click.argument("rest", nargs=-1, metavar="[RUN]...")
@click.option("--wait", is_flag=True, help="On a cluster: until the runs are finished, and what Slurm builds for them.")
@click.option("--dry-run", is_flag=True, help="Show commands and run.json; build and start nothing.")
@click.option(
    "--seeds", type=click.IntRange(1, 100), metavar="N", help="Only the first N seeds of each run that has several."
)
@click.option("--sample", metavar="SHARE", help="Train on a sample of the recipe, such as 1%; needs --dev.")
@click.option("--dev", is_flag=True, help="Allow a sample of a recipe.")
def train(
    curated: Curated,
    *,
    as_json: bool,
    rest: tuple[str, ...],
    wait: bool,
    dry_run: bool,
    seeds: int | None,
    sample: str | None,
    dev: bool,
) -> None:
    """Start every run under `train:` that is not current, or those named, with what they need before them.

    Mixtures are built first and must meet what the recipe expects; then runs start, parents first, also those of other
    recipes. A run that was stopped goes on. The profile's [launch] says who runs trainers: this machine, Slurm or Ray.
    """
    from curate.report import Report, for_terminal

    curated = (curated.sampled(sample) if sample else curated).first_seeds(seeds)
    report = Report() if as_json else for_terminal()
    rows = curated.train(*rest, wait=wait, dry_run=dry_run, dev=dev, report=report)
    if as_json:
        return emit(rows)
    if dry_run:
        return _plans(rows)
    runs_table(rows)


def _plans(rows: list[dict[str, Any]]) -> None:
    import json
    import shlex

    for row in rows:
        click.echo(f"{row['recipe']}/{row['run']}: {row['state']}, {row['why'] or ''}".removesuffix(", "))
        if row["words"] and row["state"] != "current":
            click.echo(f"  {shlex.join(row['words'])}")
            click.echo("\n".join(f"  {line}" for line in json.dumps(row["given"], indent=1).split("\n")))


def runs_table(rows: list[dict[str, Any]]) -> None:
    """Runs as a table; nothing where there are none."""
    if rows:
        measured = ("loss", "reward") if any(row["reward"] is not None for row in rows) else ("loss",)
        seeded = any(row["run"] != row["entry"] for row in rows)
        body = [
            [
                f"{row['recipe']}/{row['run']}",
                *([row["entry"], str(row["seed"])] if seeded else []),
                row["state"],
                number(row["step"]),
                number(row["tokens"]),
                *("" if row[name] is None else f"{row[name]:.4f}" for name in measured),
                row["job"] or "",
                printable(row["why"] or ""),
            ]
            for row in rows
        ]
        heads = ["run", *(["entry", "seed"] if seeded else []), "state", "step", "tokens", *measured, "job", "why"]
        table(heads, body, right=[heads.index(name) for name in heads if name in ("seed", "step", "tokens", *measured)])


@click.command(short_help="What is stored, what is to do, what became of runs.")
@click.argument("recipe", required=False)
@click.option("--recipe", "recipe_option", metavar="NAME", help="The recipe, instead of as first argument.")
@click.option("--store", metavar="DIR", help="Where objects are kept, instead of the profile's place.")
@click.option("--remote", metavar="URL", help="The bucket behind the store, such as s3://bucket/prefix.")
@click.option("--profile", default="local", show_default=True, help="Run settings: profiles/NAME.toml.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")
def status(recipe: str | None, recipe_option: str | None, as_json: bool, **settings: Any) -> None:
    """What is stored, what is to do, what a stopped or running build has finished of it, and the training runs.

    Without a recipe: the runs of all recipes of this project.
    """
    from curate import api

    name = recipe_option or recipe
    if not name:
        return _all_runs(as_json, settings)
    curated = api.open(name, **settings)
    found, runs = curated.status(), curated.runs()
    if as_json:
        return emit({**found, "runs": runs})
    click.echo(f"{curated.name}: {found['stored']} nodes stored, {found['to_do']} to do")
    for node, count in found["shards_done"].items():
        click.echo(f"  {node}: {count:,} shards finished")
    if told := found["build"]:
        click.echo(", ".join(part for part in (f"build: {told['state']}", printable(told["why"])) if part))
    runs_table(runs)


def _all_runs(as_json: bool, settings: dict[str, Any]) -> None:
    from curate import api
    from curate.profile import find_project

    project = find_project(Path.cwd())
    paths = sorted((project / "recipes").glob("*.yaml"))
    if not paths:
        raise CurateError("which recipe? Give its name, or a path to its YAML file")
    rows: dict[tuple[str, str], dict[str, Any]] = {}
    for path in paths:
        curated = api.open(str(path), project=project, **settings)
        for row in curated.runs() if curated.recipe.train else ():
            rows.setdefault((row["recipe"], row["run"]), row)
    if as_json:
        return emit(list(rows.values()))
    runs_table(list(rows.values()))
    if not rows:
        click.echo("no recipe of this project has runs; write one under `train:`")


def _log(curated: Curated, name: str) -> tuple[Path, str]:
    """The log of a run and its state; of one that is not what it was, the log of what it was. CurateError if it was never started.

    Without a name: of the build that Slurm does or did.
    """
    from curate.run_state import state_of
    from curate.training import Training

    if not name:
        from curate.launch import chain

        if told := chain.state(chain.folder_of(curated)):
            return Path(told["log"]), told["state"]
        raise CurateError(f"which run? No build of {curated.title} was given to Slurm")
    run = Training(curated)[name]
    state = state_of(run)[0]
    for folder in [*([] if state == "waiting" else [run.folder]), *run.before()]:
        if folder.file("log.txt").is_file():
            return folder.file("log.txt"), state
    raise CurateError(f"{run.title} was never started; it is {state}")


@recipe_command(short_help="What a run's trainer, or a build on Slurm, printed.")
@click.argument("run", default="")
@click.option("--follow", is_flag=True, help="Go on until the run ends.")
@click.option("-n", "lines", type=click.IntRange(0), default=40, show_default=True, help="Last lines to begin with.")
def logs(curated: Curated, *, as_json: bool, run: str, follow: bool, lines: int) -> None:
    """The last lines of what a run's trainer printed: curate logs long-cot midtrain --follow.

    Without a run: of what the jobs of a build on Slurm printed.
    """
    from curate.run_folder import tail

    path, state = _log(curated, run)
    last = tail(path).splitlines()[-lines:] if lines else []
    if as_json:
        return emit({"log": str(path), "state": state, "lines": last})
    for line in last:
        click.echo(printable(line))
    if not follow:
        return None
    for text in _growing(path, lambda: _log(curated, run)[1] == "running"):
        click.echo(printable(text), nl=False)


def _growing(path: Path, goes_on: Any) -> Iterator[str]:
    """What is added to a file from now on, until the run has ended and all was told."""
    with path.open("rb") as file:
        file.seek(0, 2)
        ended, asked = False, time.monotonic()
        while True:
            if data := file.read(CHUNK):
                yield data.decode("utf-8", "replace")
            elif ended:
                return
            else:
                time.sleep(0.2)
                if time.monotonic() - asked > 2:
                    ended, asked = not goes_on(), time.monotonic()


@recipe_command(short_help="Ask a run to save and stop, or end a build on Slurm.")
@click.argument("run", default="")
def cancel(curated: Curated, *, as_json: bool, run: str) -> None:
    """Ask a run's trainer to save and stop; `curate train` goes on from there.

    Without a run: end the jobs of a build on Slurm; `curate build` goes on from there.
    """
    if not run:
        from curate.launch import chain

        told = chain.cancel(chain.folder_of(curated))
        return emit(told) if as_json else click.echo(f"{curated.title}: cancelled; what was finished is kept")
    row = curated.cancel(run)
    if as_json:
        return emit(row)
    click.echo(f"{row['recipe']}/{row['run']}: asked to save and stop")
