"""run, try, steps, schema, doctor, gc: what keeps house."""

from __future__ import annotations

import contextlib
import json
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from curate.cli.common import amount, emit, limits, number, recipe_command, table
from curate.errors import CurateError, did_you_mean
from curate.words import printable

if TYPE_CHECKING:
    from curate.api import Curated


@click.command(short_help="Run one step over files, with no recipe.")
@click.argument("step")
@click.option(
    "--input",
    "inputs",
    multiple=True,
    required=True,
    metavar="FILE",
    help="WARC, ARC, HTML, JSONL or Parquet; repeat for more.",
)
@click.argument("more", nargs=-1)
@click.option(
    "--output", required=True, type=click.Path(path_type=Path), metavar="OUT.parquet", help="Where the documents go."
)
@click.option("--set", "sets", multiple=True, metavar="NAME=VALUE", help="A parameter of the step.")
@click.option(
    "--column", "columns", multiple=True, metavar="NAME=SOURCE", help="Where a column is found, such as text=content."
)
@click.option("--read", "reader", help="The reader, if the file's ending does not tell.")
@click.option("--workers", default=1, show_default=True, type=click.IntRange(1, 4096), help="Worker processes.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")
def run(
    step: str, inputs: tuple[str, ...], more: tuple[str, ...], output: Path, sets: tuple[str, ...], columns: tuple[str, ...],
    reader: str | None, workers: int, as_json: bool,
) -> None:  # fmt: skip
    """Run one step over files with no recipe: curate run extract.html_math --input pages.warc.gz --output out.parquet.

    The other columns of the input are kept; what became of each document is written beside the output.
    """
    from curate.profile import find_project
    from curate.report import Report, for_terminal
    from curate.single import run_step

    files = [*inputs, *more]
    for name in files:
        if not Path(name).is_file():
            raise CurateError(f"no such file: {name}")
    found = run_step(
        step, files, output, _pairs(sets, "--set"), columns=_pairs(columns, "--column"), reader=reader,
        project=find_project(Path.cwd()), workers=workers, report=Report() if as_json else for_terminal(),
    )  # fmt: skip
    if as_json:
        return emit(found)
    fates = ", ".join(f"{fate} {number(count)}" for fate, count in found["fates"].items())
    columns_ = printable(", ".join(found["columns"]))
    click.echo(f"{found['documents']:,} documents in {printable(found['output'])} ({columns_})")
    click.echo(f"fates in {printable(found['fates_file'])}: {fates}")


def _pairs(given: tuple[str, ...], option: str) -> dict[str, str]:
    for pair in given:
        if "=" not in pair:
            raise CurateError(f"{option} wants NAME=VALUE, not {pair!r}")
    return dict(pair.partition("=")[::2] for pair in given)


@recipe_command(name="try", short_help="One step on a few documents: prompts, replies, what is made of them.")
@click.argument("target", metavar="NODE", required=False)
@click.option("-n", default=5, show_default=True, type=click.IntRange(1, 1000), help="How many documents.")
@click.option("--chars", default=600, show_default=True, help="Characters to print of each text; 0 for all.")
@click.option("--seed", default=0, show_default=True, help="Other seeds choose other documents.")
@limits
def try_(
    curated: Curated,
    *,
    as_json: bool,
    target: str | None,
    n: int,
    chars: int,
    seed: int,
    max_usd: float | None,
    max_gpu_hours: float | None,
) -> None:
    """One step on a few documents that are built up to it: curate try long-cot cot/long_cot -n 3.

    Shows the prompt, the replies, what is made of them, which words a rewrite changed, and what the next clauses say.
    Replies are stored, so a build does not ask for them again; nothing else is.
    """
    from curate.cli.trying import show_trial

    if target is None:
        raise CurateError(f"which step? Name one such as {next(iter(curated.planned.ends.values())).name}")
    tried = curated.trial(target, n, seed=seed, max_usd=max_usd, max_gpu_hours=max_gpu_hours)
    if as_json:
        return emit(tried)
    for one in tried:
        show_trial(one, chars)
    if not tried:
        click.echo(f"no document comes to {target}")


@click.command(short_help="All steps, yours and the package's; `curate steps check` checks yours.")
@click.argument("action", required=False, type=click.Choice(["list", "check"]), default="list")
@click.argument("names", nargs=-1)
@click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")
def steps(action: str, names: tuple[str, ...], as_json: bool) -> None:
    """All steps, yours and the package's; `curate steps check` runs the contract that every step must keep."""
    from curate import code, step
    from curate.profile import find_project

    project = find_project(Path.cwd())
    if action == "check":
        return _check(names, project, as_json=as_json)
    found = [step.find(verb, name, project) for verb, name in step.found(project)]
    chosen = [s for s in found if not names or s.title in names or s.name in names]
    if names and not chosen:
        raise CurateError(f"no step {names[0]!r}")
    rows: list[dict[str, Any]] = [
        {
            "step": s.title,
            "kind": s.kind,
            "own": not s.path.is_relative_to(code.PACKAGE),
            "parameters": {name: _shown(field) for name, field in s.params.model_fields.items()},
            "about": s.about,
        }
        for s in chosen
    ]
    if as_json:
        return emit(rows)
    body = []
    for row in rows:
        given = ", ".join(f"{name}={value}" for name, value in row["parameters"].items())
        body.append([row["step"], row["kind"], "yours" if row["own"] else "", given[:60], row["about"]])
    table(["step", "kind", "", "parameters", "about"], body)


def _check(names: tuple[str, ...], project: Path | None, *, as_json: bool) -> None:
    """The contract of the project's own steps, or of those named; exit code 2 if one breaks it or cannot be loaded."""
    from curate import contract
    from curate.code import PACKAGE

    files = contract.files(project)
    for wanted in names:
        if not any(wanted in (name, f"{verb}.{name}") for verb, name in files):
            raise CurateError(f"no step {wanted!r}{did_you_mean(wanted, [f'{v}.{n}' for v, n in files])}")
    checked = {}
    for (verb, name), path in sorted(files.items()):
        if {name, f"{verb}.{name}"} & {*names} or (not names and not path.is_relative_to(PACKAGE)):
            try:
                checked[f"{verb}.{name}"] = contract.examine(contract.load(verb, name, project), project)
            except CurateError as error:
                why = contract.heavy_imports(project).get(str(path)) or contract.one_line(error.message)
                checked[f"{verb}.{name}"] = [why], []
    if as_json:
        emit({title: problems for title, (problems, _) in checked.items()})
    elif not checked:
        click.echo("this project has no steps of its own; name one to check it: curate steps check score.language")
    for title, (problems, skipped) in ({} if as_json else checked).items():
        kept = f"keeps what could be checked; {'; '.join(skipped)}" if skipped else "keeps the contract"
        click.echo(f"{title}: {'; '.join(problems) or kept}")
    raise SystemExit(2 if any(problems for problems, _ in checked.values()) else 0)


def _shown(field: object) -> str:
    if getattr(field, "is_required", lambda: False)():
        return "required"
    default = str(getattr(field, "default", None))
    return default if default.isprintable() else repr(default)


@click.command()
def schema() -> None:
    """The JSON Schema of a recipe file, with every step found here, for editors."""
    from curate import step
    from curate.profile import find_project
    from curate.recipe import json_schema

    project = find_project(Path.cwd())
    found = [step.find(verb, name, project) for verb, name in step.found(project)]
    click.echo(json.dumps(json_schema([(s.verb, s.name, s.params) for s in found]), indent=1))


@click.command(short_help="Whether all that a profile names is there and does what builds need.")
@click.option("--profile", default="local", show_default=True, help="Run settings: profiles/NAME.toml.")
@click.option("--store", metavar="DIR", help="Where objects are kept, instead of the profile's place.")
@click.option("--remote", metavar="URL", help="The bucket behind the store, such as s3://bucket/prefix.")
@click.option("--room", metavar="BYTES", default="2GB", show_default=True, help="How much must be free, such as 500GB.")
@click.option(
    "--wait", type=click.IntRange(0, 7 * 86400), default=120, show_default=True, metavar="SECONDS",
    help="slurm: how long two small jobs may take, queue and all; 0 submits none.",
)  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")
def doctor(profile: str, store: str | None, remote: str | None, room: str, wait: int, as_json: bool) -> None:
    """Whether all that a profile names is there and does what builds need: curate doctor --profile slurm.

    The store's disk, its locks and room; Slurm or Ray, with a small job or task that looks around where work is done; the bucket; the
    servers of models. Nothing is built. Exit code 1 where something is wrong, 2 for a profile that cannot be read.
    """
    from curate.doctor.findings import Wanted, examine
    from curate.profile import find_project, load_profile
    from curate.run_folder import one_line

    project = find_project(Path.cwd())
    said = {name: value for name, value in (("store", store), ("remote", remote)) if value}
    wanted = Wanted(profile, load_profile(profile, project).model_copy(update=said), project, _bytes(room), wait)
    rows = []
    with _ended_as_by_hand(), contextlib.closing(examine(wanted)) as findings:
        for finding in findings:
            rows.append(finding)
            if not as_json:
                click.echo(f"{MARKS[finding.state]:7}{one_line(finding.what)}: {one_line(finding.said)}")
    faults = sum(row.state == "wrong" for row in rows)
    if as_json:
        emit([vars(row) for row in rows])
    else:
        click.echo(f"{amount(faults, 'thing')} to put right" if faults else "nothing to put right")
    raise SystemExit(1 if faults else 0)


@contextlib.contextmanager
def _ended_as_by_hand() -> Iterator[None]:
    """A kill and a connection that is lost end what is done as Ctrl-C does, so that files and jobs are taken away."""
    numbers = (signal.SIGTERM, signal.SIGHUP)
    before = [signal.signal(number, signal.default_int_handler) for number in numbers]
    try:
        yield
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)


MARKS = {"fine": "ok", "wrong": "WRONG", "left out": "-"}


def _bytes(text: str) -> int:
    from pydantic import TypeAdapter, ValidationError

    from curate.scalars import Bytes

    try:
        found: int = TypeAdapter(Bytes).validate_python(text)
    except ValidationError:
        raise CurateError(f"--room wants bytes such as 500GB, not {text!r}") from None
    return found


@click.command(short_help="What no recipe or lock means any more; --delete deletes it.")
@click.option("--store", metavar="DIR", help="Where objects are kept, instead of the profile's place.")
@click.option("--profile", default="local", show_default=True, help="Run settings: profiles/NAME.toml.")
@click.option("--delete", "really", is_flag=True, help="Delete what is listed.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")
def gc(store: str | None, profile: str, really: bool, as_json: bool) -> None:
    """List what no recipe, ref or lock means any more and is older than 14 days; --delete deletes it."""
    from curate import gc as garbage
    from curate.profile import find_project, load_profile
    from curate.store import Store

    project = find_project(Path.cwd())
    place = Store(Path(store) if store else load_profile(profile, project).store_path(project))
    if not (place.root / "objects").is_dir():
        raise CurateError("there is no store here", where=str(place.root.name))
    found = garbage.loose(place)
    if really:
        garbage.delete(place, found)
    if as_json:
        return emit([{"path": str(item.path.relative_to(place.root)), "bytes": item.bytes} for item in found])
    for item in found:
        click.echo(f"{number(item.bytes):>16}  {item.path.relative_to(place.root)}")
    total = number(sum(item.bytes for item in found))
    click.echo(
        f"{len(found)} folders, {total} bytes" + (" deleted" if really else "; --delete deletes them" if found else "")
    )
