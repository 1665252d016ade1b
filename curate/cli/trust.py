"""why, lock, verify, accept, card, freeze, truth, assess: what lets one trust a recipe."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from curate.cli.common import amount, emit, number, recipe_command, table
from curate.errors import CurateError
from curate.words import printable

if TYPE_CHECKING:
    from curate.api import Curated

SHOWN = 3
"""Documents that are named for each place."""


@recipe_command(short_help="Which field changed, for each node that is to be built.")
@click.argument("target", metavar="NODE", required=False)
def why(curated: Curated, *, as_json: bool, target: str | None) -> None:
    """Why nodes are to be built: the field of their identity that is not what it was."""
    found = curated.why(target)
    if as_json:
        return emit(found)
    for name, reasons in found.items():
        click.echo(f"{name}: {'; '.join(reasons)}")
    if not found:
        click.echo("everything is stored; nothing is to be built")


@recipe_command(several=True, short_help="The lock of a recipe, or whether the written one is that of the code.")
@click.option("--check", is_flag=True, help="Is the written lock that of this recipe and code? Builds nothing.")
@click.option("--all", "every", is_flag=True, help="With --check: every lock of this project, frozen versions aside.")
def lock(recipes: list[Curated], *, as_json: bool, check: bool) -> None:
    """The lock of a recipe as it is stored now (a build writes it to recipes/NAME.lock).

    --check computes every key of recipes/NAME.lock anew from the recipe, the code, the input files and the contents that the lock names.
    Exit code 1 if one differs. It takes seconds; that the same steps still give the same bytes, `curate build --locked` checks.
    """
    from curate.lock import lock_of

    if check:
        return _check_locks(recipes, as_json=as_json)
    if len(recipes) > 1:
        raise CurateError("--all goes with --check")
    found = lock_of(recipes[0].planned, recipes[0].built.done)
    if as_json:
        return emit(
            {"recipe": found.recipe, "resolved": found.resolved, "inputs": found.inputs, "outputs": found.outputs}
        )
    click.echo(found.dump(), nl=False)


def _check_locks(recipes: list[Curated], *, as_json: bool) -> None:
    """Lines for each lock that is stale, and one for each that is fresh. Exit code 1 if one is stale."""
    found = {recipe.title: recipe.check_lock() for recipe in recipes}
    if as_json:
        emit({"locks": [{"recipe": title, "problems": problems} for title, problems in found.items()]})
    else:
        for title, problems in found.items():
            for line in problems:
                click.echo(printable(f"{title}.lock: {line}"))
            click.echo(f"to write a new lock: curate build {title}" if problems else f"{title}.lock: fresh")
    sys.exit(any(found.values()))


@recipe_command(short_help="Check that stored objects are whole and are what the lock says.")
@click.option("--deep", is_flag=True, help="Read every byte again, not only sizes and times.")
@click.option(
    "--removed",
    is_flag=False,
    flag_value="",
    metavar="[FILE]",
    help="Instead: that documents are gone that FILE names, or removals: of the recipe.",
)
@click.option(
    "--at", multiple=True, metavar="PATH", help="With --removed: an export or a published folder to look into too."
)
def verify(curated: Curated, *, as_json: bool, deep: bool, removed: str | None, at: tuple[str, ...]) -> None:
    """Check that the stored objects of a recipe are whole, are made of what they say, and are what its lock says. Exit code 1 if not.

    Inputs are held against the lock too; --deep reads their bytes again.
    """
    if removed is not None:
        return _removed(curated.removed(removed, at=at), as_json=as_json)
    if at:
        raise CurateError("--at goes with --removed")
    found = curated.verify(deep=deep)
    if as_json:
        emit({"recipe": curated.name, "problems": found})
    else:
        for line in found:
            click.echo(line)
        if not found:
            away = sum(not curated.store.here(manifest.key) for manifest in curated.built.done.values())
            only = f"; of {away} the manifest alone was looked at, as their files are on the remote" if away else ""
            click.echo(
                f"{curated.name}: all {len(curated.planned.nodes)} objects are whole and are what the lock says{only}"
            )
    sys.exit(1 if found else 0)


def _removed(found: dict[str, Any], *, as_json: bool) -> None:
    """Print what a search for removed documents found. Exit code 1 if it found any."""
    if as_json:
        emit(found)
    else:
        click.echo(
            f"{found['recipe']}: {found['entries']:,} {'entry, which means' if found['entries'] == 1 else 'entries, which mean'}"
            f" {amount(found['documents'], 'document')} of all that was read or made"
        )
        for where, count in found["looked"].items():
            here = [row for row in found["found"] if row["where"] == where]
            click.echo(f"  {printable(where)}: {len(here) or 'none'} of {count:,}")
            for row in here[:SHOWN]:
                click.echo(printable(f"    {row['id'] or row['url']}: {row['named']}"))
            if len(here) > SHOWN:
                click.echo(f"    and {len(here) - SHOWN:,} more; --json prints all")
        click.echo("not looked into:")
        for line in found["unseen"]:
            click.echo(printable(f"  {line}"))
    sys.exit(1 if found["found"] else 0)


@recipe_command(short_help="After a refactor: carry over what a changed step gave, if a few shards come out the same.")
@click.argument("target", metavar="NODE", required=False)
@click.option(
    "--shards", default=3, show_default=True, type=click.IntRange(min=1), help="Shards to run again, of each node."
)
@click.option("--all", "whole", is_flag=True, help="Run all shards again.")
def accept(curated: Curated, *, as_json: bool, target: str | None, shards: int, whole: bool) -> None:
    """After a refactor: re-run steps whose code alone changed on a few shards, chosen by hash, and compare byte for byte.

    If all are equal, the stored shards are carried over to the new code and nothing is built again. If one is not, exit code 1.
    Model replies come from the store; no model is asked.
    """
    from curate.accept import LATER
    from curate.report import Report, for_terminal

    found = curated.accept(target, shards=None if whole else shards, report=Report() if as_json else for_terminal())
    if as_json:
        emit({"recipe": curated.title, **vars(found)})
    else:
        for name, names in found.accepted.items():
            click.echo(f"{name}: accepted; {len(names)} shards came out the same, byte for byte")
        for name, said in found.differing.items():
            click.echo(f"{name}: differs, nothing of it was written: {printable(said)}")
        waiting = [name for name, said in found.refused.items() if said == LATER]
        for name, said in found.refused.items():
            if name not in waiting:
                click.echo(f"{name}: to be built: {printable(said)}")
        if waiting:
            click.echo(f"after them, to be built: {', '.join(waiting)}")
        if not (found.accepted or found.differing or found.refused):
            click.echo("everything is stored; nothing is to be accepted")
    sys.exit(1 if found.differing else 0)


@recipe_command(several=True, short_help="Write the data card of what is built, or check the committed one.")
@click.option("--all", "every", is_flag=True, help="Of every recipe that has a lock in this project.")
@click.option("--croissant", is_flag=True, help="Print Croissant 1.0 JSON-LD.")
@click.option("--out", type=click.Path(path_type=Path), metavar="FILE", help="Write there; - prints.")
@click.option("--check", is_flag=True, help="Write nothing: is the committed card what would be written?")
def card(recipes: list[Curated], *, as_json: bool, croissant: bool, out: Path | None, check: bool) -> None:
    """The data card of a built recipe: sources, licenses, funnel, duplicates, leaks, what models wrote, tokens, digests, how to rebuild.

    It goes to datacards/recipes/NAME.md, with metadata that the Hugging Face hub reads. --json and --croissant print. With --check the
    exit code is 1 if a card is not what would be written, and a line says where.
    """
    from curate.cli.cards import check_cards, write_cards

    if (as_json or croissant or out) and len(recipes) > 1:
        raise CurateError("--json, --croissant and --out are for one recipe; leave --all out")
    if check:
        sys.exit(check_cards(recipes, out))
    form: Literal["markdown", "json", "croissant"] = "croissant" if croissant else "json" if as_json else "markdown"
    write_cards(recipes, form, out)


@recipe_command(short_help="Stamp what is built with a version: a frozen lock and a data card.")
@click.option("--dev", is_flag=True, help="Allow a sample; its version ends in .dev.")
def freeze(curated: Curated, *, as_json: bool, dev: bool) -> None:
    """Stamp what is built with a calendar version such as 2026.11.27: recipes/NAME-VERSION.lock and datacards/recipes/NAME-VERSION.md.

    The recipe must be built, be what its lock says, and have every revision pinned. `curate gc` keeps what a frozen version means.
    """
    found = curated.freeze(dev=dev)
    if as_json:
        return emit({"recipe": curated.title, **found})
    click.echo(f"{curated.title} {found['version']}{' (a sample)' if curated.fraction is not None else ''}")
    click.echo(f"  {os.path.relpath(found['lock'])}\n  {os.path.relpath(found['card'])}\ncommit both")


@recipe_command(short_help="Precision and recall of each step, on inputs whose truth is known.")
def truth(curated: Curated, *, as_json: bool) -> None:
    """How often each step of a built recipe is right, where the truth about its input is known: on `embedded:crawl`.

    precision: of what a step said, how much is true. recall: of what is true, how much it said. of: how many are true. Each step is judged
    on the documents that reached it.
    """
    found = curated.truth()
    if as_json:
        return emit(found)
    rows = [
        [r["corpus"], r["step"], r["claim"], _share(r["precision"]), _share(r["recall"]), number(r["of"])]
        for r in found
    ]
    table(["corpus", "step", "claim", "precision", "recall", "of"], rows, right=(3, 4, 5))


@recipe_command(short_help="How good a trained classifier is on groups of documents that it has not seen.")
@click.argument("target", metavar="MODEL", required=False)
@click.option(
    "--by", metavar="COLUMN", help="What a group is: a column, year, host, or a field of extra.  [default: source]"
)
@click.option("--folds", default=5, show_default=True, help="Parts that are left out in turn, whole groups each.")
@click.option("--seed", default=0, show_default=True, help="Deals groups out to folds.")
@click.option("--where", metavar="CLAUSE", help="Judge these of the left-out documents alone: \"language = 'en'\".")
@click.option("--threshold", type=float, help="Instead of that of the recipe's clause.")
@click.option("--against", metavar="CORPUS|FILE", help="Judge the built model on documents with labels; no folds.")
@click.option("--label", metavar="CLAUSE", help="With --against: what is true of the positive ones: \"kind = 'math'\".")
@click.option("--out", type=click.Path(path_type=Path), metavar="DIR", help="Write assess.json, pictures and a page.")
def assess(curated: Curated, *, as_json: bool, target: str | None, out: Path | None, **asked: Any) -> None:
    """Train a classifier of the recipe again without whole groups of documents, judge it on these, and show where it is wrong.

    Nothing that is stored changes. precision, recall, F1: at the threshold of the recipe. AUC, average precision: of the ranking. Brier
    score, calibration error: how far scores are from being probabilities.
    """
    from curate.cli.assessed import show
    from curate.report import Report, for_terminal

    if target is None:
        raise CurateError("which model? Give its name under `models:` of the recipe")
    found = curated.assess(target, out=out, report=Report() if as_json else for_terminal(), **asked)
    if as_json:
        return emit(found)
    show(found)
    if out:
        click.echo(f"\nwrote {printable(str(out / 'assess.html'))}, assess.json and pictures beside it")


def _share(value: float | None) -> str:
    return "" if value is None else f"{value:.4f}"
