"""Options and printing that the commands share."""

from __future__ import annotations

import functools
import json
import sys
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

import click

from curate.errors import CurateError


def recipe_command(**settings: Any) -> Callable[[Callable[..., None]], click.Command]:
    """A command about one recipe: the name as first argument or `--recipe`, the store, the profile, `--json`."""

    def decorate(function: Callable[..., None]) -> click.Command:
        @functools.wraps(function)
        def run(
            recipe: str | None,
            recipe_option: str | None,
            store: str | None,
            profile: str,
            remote: str | None,
            as_json: bool,
            **options: Any,
        ) -> None:
            from curate import api

            name = recipe_option or recipe
            if recipe_option and recipe and options.get("rest") is not None:
                options["rest"] = (recipe, *options["rest"])
            elif recipe_option and recipe and "target" in options and options["target"] is None:
                options["target"] = recipe
            if not name:
                raise CurateError("which recipe? Give its name, or a path to its YAML file")
            extra = {key: options.pop(key) for key in ("workers", "executor") if key in options}
            function(api.open(name, profile=profile, store=store, remote=remote, **extra), as_json=as_json, **options)

        for option in reversed(
            [
                click.argument("recipe", required=False),
                click.option(
                    "--recipe", "recipe_option", metavar="NAME", help="The recipe, instead of as first argument."
                ),
                click.option("--store", metavar="DIR", help="Where objects are kept, instead of the profile's place."),
                click.option(
                    "--remote", metavar="URL", help="The bucket behind the store, such as s3://bucket/prefix."
                ),
                click.option("--profile", default="local", show_default=True, help="Run settings: profiles/NAME.toml."),
                click.option("--json", "as_json", is_flag=True, help="Print JSON for programs."),
            ]
        ):
            run = option(run)
        command: click.Command = click.command(**settings)(run)
        return command

    return decorate


def emit(value: Any) -> None:
    """JSON on standard output."""
    click.echo(json.dumps(value, indent=1, ensure_ascii=False, default=_plain))


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return float(value)
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def number(value: int | float | None) -> str:
    """A number for people; nothing for what is not known."""
    return "" if value is None else f"{value:,}" if isinstance(value, int) else f"{value:,.4g}"


def table(headers: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[int] = ()) -> None:
    """Aligned columns of plain text, headers underlined; `right` columns are right-aligned."""
    widths = [max(len(str(row[i])) for row in [headers, *rows]) for i in range(len(headers))]

    def line(row: Sequence[str]) -> str:
        cells = [
            str(c).rjust(w) if i in right else str(c).ljust(w) for i, (c, w) in enumerate(zip(row, widths, strict=True))
        ]
        return "  ".join(cells).rstrip()

    click.echo(line(headers))
    click.echo("  ".join("-" * w for w in widths))
    for row in rows:
        click.echo(line(row))


def frame_text(frame: Any) -> None:
    """A polars frame as a table as wide as the terminal."""
    import shutil

    import polars as pl

    width = shutil.get_terminal_size((160, 40)).columns if sys.stdout.isatty() else 160
    with pl.Config(
        tbl_rows=1000, tbl_cols=50, tbl_width_chars=width, fmt_str_lengths=80, tbl_hide_column_data_types=True,
        tbl_hide_dataframe_shape=True, tbl_formatting="ASCII_MARKDOWN", thousands_separator=",",
    ):  # fmt: skip
        click.echo(str(frame))


def printable(text: str) -> str:
    """Text of a page without what could steer a terminal."""
    return "".join(c if c in "\n\t" or c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)
