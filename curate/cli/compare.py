"""compare: recipes by their probes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from curate.cli.common import emit, number, printable, recipe_command, table

if TYPE_CHECKING:
    from curate.api import Curated


@recipe_command(short_help="Which recipe reinforcement learning makes more of.")
@click.argument("rest", nargs=-1, metavar="[OTHER]...")
@click.option("--probe", is_flag=True, help="Run what is missing of the probes, with what it needs; else only read.")
@click.option("--plot", type=click.Path(), metavar="FILE", help="Draw the probes' curves too: .png, .svg or .pdf.")
@click.option("--dev", is_flag=True, help="Allow samples of recipes.")
def compare(
    curated: Curated, *, as_json: bool, rest: tuple[str, ...], probe: bool, plot: str | None, dev: bool
) -> None:
    """Compare recipes by their probes: curate compare long-cot short-cot --probe.

    A probe is one fixed, short run of reinforcement learning on a recipe's weights, with some seeds (`probe:`). The gain in accuracy on
    held-out prompts is the score; only recipes whose intervals tell them apart are ranked. What was run before is not run again.
    """
    from curate.report import Report, for_terminal

    report = Report() if as_json else for_terminal()
    found = curated.compare(*rest, probe=probe, plot=Path(plot) if plot else None, dev=dev, report=report)
    if as_json:
        return emit(found)
    _show(found)
    if plot:
        click.echo(f"wrote {printable(plot)}")


def _show(found: dict[str, Any]) -> None:
    from curate.probe import sentences

    body = [
        [
            one["recipe"],
            _rank(one),
            f"{one['finished']} of {one['seeds']}",
            _share(one["first"]),
            _share(one["last"]),
            _with(one["gain"], one["gain_interval"]),
            number(one["length_right"] and round(one["length_right"])),
            _share(one["truncated"]),
            printable(", ".join(f"{name} ({count})" for name, count in one["collapse"].items())),
        ]
        for one in found["recipes"]
    ]
    heads = ["recipe", "rank", "seeds", "start", "end", "gain (95%)", "length, right", "cut off", "collapse"]
    table(heads, body, right=(1, 2, 3, 4, 5, 6, 7))
    for said in sentences(found):
        click.echo(said)
    for row in (row for one in found["recipes"] for row in one["by_seed"] if row["state"] != "current"):
        click.echo(f"{row['recipe']}/{row['run']} is {row['state']}: {printable(row['why'] or '')}")


def _rank(one: dict[str, Any]) -> str:
    low, high = one["rank"]
    return "" if one["gain"] is None else f"{low}" if low == high else f"{low} to {high}"


def _share(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"


def _with(value: float | None, ends: tuple[float, float] | None) -> str:
    if value is None:
        return ""
    return f"{value:+.3f}" + (f" ({ends[0]:+.3f} to {ends[1]:+.3f})" if ends else "")
