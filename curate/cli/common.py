"""Options and printing that the commands share."""

from __future__ import annotations

import functools
import json
import re
import sys
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import click

from curate.errors import CurateError
from curate.words import printable

if TYPE_CHECKING:
    import polars as pl

    from curate.api import Curated


def recipe_command(
    *, unopened: str | None = None, several: bool = False, **settings: Any
) -> Callable[[Callable[..., None]], click.Command]:
    """A command about one recipe: the name as first argument or `--recipe`, the store, the profile, `--json`.

    unopened: how a first argument ends that is no recipe; the command then gets the text in place of an opened recipe. several: the
    command has an option `every` and gets a list: the recipe, or all that have a lock in the project.
    """

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
            if several and options.pop("every") and not name:
                return function(_every(profile, store, remote), as_json=as_json, **options)
            if not name:
                raise CurateError("which recipe? Give its name, or a path to its YAML file")
            if unopened and name.endswith(unopened):
                return function(name, as_json=as_json, **options)
            extra = {key: options.pop(key) for key in ("workers", "executor") if key in options}
            opened = api.open(name, profile=profile, store=store, remote=remote, **extra)
            function([opened] if several else opened, as_json=as_json, **options)

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


def _every(profile: str, store: str | None, remote: str | None) -> list[Curated]:
    """The recipes that have a lock in the project of this folder, frozen versions aside."""
    from pathlib import Path

    from curate import api
    from curate.lock import Lock
    from curate.profile import find_project

    folder = find_project(Path.cwd()) / "recipes"
    names = [
        p.relative_to(folder).with_suffix("").as_posix()
        for p in sorted(folder.rglob("*.lock"))
        if not Lock.read(p).version
    ]
    if not names:
        raise CurateError("no recipe of this project has a lock; curate build RECIPE writes it")
    return [api.open(name, profile=profile, store=store, remote=remote) for name in names]


def limits(command: Callable[..., None]) -> Callable[..., None]:
    """The options of a command that may ask models: `max_usd` and `max_gpu_hours`."""
    hours = click.option(
        "--max-gpu-hours",
        type=click.FloatRange(0),
        metavar="Y",
        help="GPU-hours that models may take this time; else [budget] gpu_hours of the profile.",
    )
    money = click.option(
        "--max-usd",
        type=click.FloatRange(0),
        metavar="X",
        help="What asking models may cost this time, in the profile's currency; else [budget] usd of the profile.",
    )
    return money(hours(command))


STEERING = re.compile(r"[\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]")
"""Characters that JSON need not escape and that steer some terminals: C1 controls, marks of direction, what is not shown."""


def emit(value: Any) -> None:
    """JSON on standard output, in which what could steer a terminal is written as an escape."""
    text = json.dumps(value, indent=1, ensure_ascii=False, default=_plain)
    click.echo(STEERING.sub(lambda found: f"\\u{ord(found[0]):04x}", text))


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return float(value)
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def several(values: Iterable[str]) -> tuple[str, ...]:
    """Names that an option was given: said often, or with commas between them."""
    return tuple(one.strip() for some in values for one in some.split(",") if one.strip())


def number(value: int | float | None) -> str:
    """A number for people; nothing for what is not known."""
    return "" if value is None else f"{value:,}" if isinstance(value, int) else f"{value:,.4g}"


def amount(n: int, what: str) -> str:
    """`1 file`, `2 files`."""
    return f"{n:,} {what if n == 1 else what + 's'}"


def total_text(total: dict[str, int | None] | None) -> str:
    """What a sample says of the whole: an estimate with its 95% interval, or bounds."""
    if total is None:
        return ""
    low, high = number(total["low"]), number(total["high"])
    return f"{low} to {high}" if total["estimate"] is None else f"{number(total['estimate'])} ({low} to {high})"


def duration(seconds: float | None) -> str:
    """Seconds for people: `0.2 s`, `14 min`, `3.1 h`; nothing for what is not known."""
    if seconds is None:
        return ""
    if seconds < 90:
        return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def bill_text(bill: dict[str, Any]) -> str:
    """What work takes, in one line."""
    names = bill["unknown"]
    least = "at least " if names else ""
    size = f", {bill['bytes'] / 1e9:,.2f} GB of disk" if bill["bytes"] else ""
    price = "price unknown" if bill["price"] is None else f"{bill['price']:,.2f} {bill['currency']}"
    unknown = f"; not known yet: {', '.join(names[:4])}{' ...' if len(names) > 4 else ''}" if names else ""
    hint = " (set [price] in the profile)" if bill["price"] is None and not names else ""
    return (
        f"{least}{bill['core_hours']:,.3g} core-hours, {bill['gpu_hours']:,.3g} GPU-hours{size}, {price}{hint}{unknown}"
    )


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


def csv_text(frame: pl.DataFrame) -> str:
    """A polars frame as CSV; a list, a struct or bytes stand in it as the JSON that `--json` prints."""
    import polars as pl

    nested = [c for c, kind in frame.schema.items() if kind.is_nested() or kind in (pl.Binary, pl.Object)]
    texts = [
        pl.Series(
            c, [None if v is None else json.dumps(v, ensure_ascii=False, default=_plain) for v in rows], pl.String
        )
        for c, rows in ((c, frame[c].to_list()) for c in nested)
    ]
    return frame.with_columns(texts).write_csv()


def frame_text(frame: pl.DataFrame) -> None:
    """A polars frame as a table as wide as the terminal: long text is cut, columns without any value are named below.

    Rows that do not fit side by side are printed one below the other.
    """
    import shutil

    width = shutil.get_terminal_size((160, 40)).columns if sys.stdout.isatty() else 160
    shown = frame.head(MOST_ROWS)
    empty = [c for c in frame.columns if frame.height and frame[c].null_count() == frame.height]
    empty = empty if len(empty) < frame.width else []
    names = [c for c in frame.columns if c not in empty]
    right = [i for i, c in enumerate(names) if frame[c].dtype.is_numeric()]
    heads = [printable(name).replace("\n", " ") for name in names]
    rows = [[_cell(value) for value in row] for row in shown.select(names).iter_rows()]
    if limits := _widths(heads, rows, right, width):
        table([_cut(h, w) for h, w in zip(heads, limits, strict=True)],
              [[_cut(c, w) for c, w in zip(row, limits, strict=True)] for row in rows], right)  # fmt: skip
    else:
        side = min(40, max(map(len, heads)))
        for number_of, row in enumerate(rows):
            click.echo(f"row {number_of + 1}")
            for head, cell in zip(heads, row, strict=True):
                click.echo(f"  {_cut(head, side):{side}}  {_cut(cell, max(20, width - side - 4))}".rstrip())
    if frame.height > MOST_ROWS:
        click.echo(f"... and {frame.height - MOST_ROWS:,} more rows; --csv or --json prints all")
    if empty:
        click.echo(f"\nnot shown, without any value: {' '.join(printable(', '.join(empty)).split())}")


MOST_ROWS = 1000
NARROWEST = 12
"""Characters that a cut text keeps at least where rows stand side by side."""


def _cell(value: Any) -> str:
    """A value in one line."""
    if isinstance(value, bool | None):
        return "" if value is None else str(value).lower()
    if isinstance(value, int | float):
        return f"{value:,}" if isinstance(value, int) else f"{value:,.6g}"
    shown = ", ".join(map(_cell, value)) if isinstance(value, list) else str(value)[:2000]
    return " ".join(printable(shown).split())


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else text[: max(1, width - 1)] + "\N{HORIZONTAL ELLIPSIS}"


def _widths(heads: list[str], rows: list[list[str]], right: list[int], width: int) -> list[int]:
    """How wide each column may be so that a row fits; nothing if it cannot. Numbers are never cut."""
    widths = [max(len(row[i]) for row in [heads, *rows]) for i in range(len(heads))]
    room = width - 2 * (len(heads) - 1)
    while sum(widths) > room:
        texts = [i for i, w in enumerate(widths) if i not in right and w > NARROWEST]
        if not texts:
            return []
        widest = max(texts, key=widths.__getitem__)
        others = [widths[i] for i in texts if widths[i] < widths[widest]]
        goal = max([NARROWEST, *others])
        widths[widest] = max(goal if goal < widths[widest] else NARROWEST, widths[widest] - (sum(widths) - room))
    return widths
