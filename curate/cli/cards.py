"""What `curate card` writes and says."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from curate.cards.check import card_path, difference, write
from curate.errors import CurateError
from curate.words import printable

if TYPE_CHECKING:
    from curate.api import Curated


def write_cards(recipes: list[Curated], form: Literal["markdown", "json", "croissant"], out: Path | None) -> None:
    """Write the card of each recipe to its place or to `out`; other forms than Markdown are printed if no place is given."""
    for recipe in recipes:
        if recipe.fraction and out is None and form == "markdown":
            raise CurateError("is a sample, whose card is not for keeping; --out - prints it", where=recipe.title)
        text = recipe.card(form)
        if str(out) == "-" or (out is None and form != "markdown"):
            click.echo(text, nl=False)
            continue
        path = out or card_path(recipe)
        done = "wrote" if write(path, text) else "up to date:"
        click.echo(f"{done} {printable(os.path.relpath(path))}")


def check_cards(recipes: list[Curated], out: Path | None) -> int:
    """A line for each card that is not what would be written; 1 if there is one."""
    code = 0
    for recipe in recipes:
        path = out or card_path(recipe)
        shown = printable(os.path.relpath(path))
        if said := difference(path, recipe.card()):
            code = 1
            click.echo(f"{shown}: {printable(said)}; curate card {recipe.title} writes it")
        else:
            click.echo(f"{shown}: up to date")
    return code
