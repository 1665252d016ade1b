"""why, lock, verify, truth: what lets one trust a recipe."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from curate.cli.common import emit, number, recipe_command, table

if TYPE_CHECKING:
    from curate.api import Curated


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


@recipe_command(short_help="The lock of a recipe: which bytes each name means.")
def lock(curated: Curated, *, as_json: bool) -> None:
    """The lock of a recipe as it is stored now (a build writes it to recipes/NAME.lock)."""
    from curate.lock import lock_of

    found = lock_of(curated.planned, curated.built.done)
    if as_json:
        return emit({"recipe": found.recipe, "resolved": found.resolved, "inputs": found.inputs, "outputs": found.outputs})
    click.echo(found.dump(), nl=False)


@recipe_command(short_help="Check that stored objects are whole and are what the lock says.")
@click.option("--deep", is_flag=True, help="Read every byte again, not only sizes and times.")
def verify(curated: Curated, *, as_json: bool, deep: bool) -> None:
    """Check that the stored objects of a recipe are whole and are what its lock says. Exit code 1 if not."""
    found = curated.verify(deep=deep)
    if as_json:
        emit({"recipe": curated.name, "problems": found})
    else:
        for line in found:
            click.echo(line)
        if not found:
            click.echo(f"{curated.name}: all {len(curated.planned.nodes)} objects are whole and are what the lock says")
    sys.exit(1 if found else 0)


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


def _share(value: float | None) -> str:
    return "" if value is None else f"{value:.4f}"
