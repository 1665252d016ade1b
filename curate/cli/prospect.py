"""How `curate plan` prints what a mixture and its training runs will take."""

from __future__ import annotations

import itertools
from typing import Any

import click

from curate.cli.common import number, table
from curate.words import printable

UNKNOWN = "unknown"
NOTES = "abcdefghijklmnopqrstuvwxyz"


def prospect_text(recipe: str, prospect: dict[str, Any], runs: list[dict[str, Any]]) -> None:
    """The tables, each figure marked with where it is from. Nothing for a recipe without a mixture.

    runs: what became of the recipe's runs and of those that they go on from (`Curated.runs`).
    """
    notes = Notes()
    _sources(prospect["sources"], notes)
    _disk(prospect["disk"], notes)
    todo = {run["run"] for run in _to_train(runs) if run["recipe"] == recipe}
    alike = itertools.groupby((run for run in prospect["runs"] if run["run"] in todo), _but_its_name)
    for told, some in alike:
        _run([run["run"] for run in some], dict(told), notes)
    notes.print()


def _to_train(runs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Those that are to be trained; says which they are, and why."""
    todo = [run for run in runs if run["state"] != "current"]
    if runs:
        click.echo(f"\n{len(runs) - len(todo)} of {len(runs)} training runs are current, {len(todo)} to do")
    if todo:
        body = [
            [f"{run['recipe']}/{run['run']}", run["parent"] or "", run["state"], printable(run["why"] or "")]
            for run in todo
        ]
        table(["run", "goes on from", "state", "why"], body)
    return todo


def _but_its_name(run: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in run.items() if key != "run"}


class Notes:
    """Sources of figures, each given a letter when it is first named."""

    def __init__(self) -> None:
        self.said: dict[str, str] = {}

    def mark(self, source: str) -> str:
        """` [a]` for a source; nothing for one that is not known."""
        if not source or source.startswith(UNKNOWN):
            return ""
        place = len(self.said)
        letter = NOTES[place % 26] * (1 + place // 26)
        return f" [{self.said.setdefault(source, letter)}]"

    def print(self) -> None:
        if self.said:
            click.echo()
        for source, letter in self.said.items():
            click.echo(f"[{letter}] {source}")


def _sources(rows: list[dict[str, Any]], notes: Notes) -> None:
    body = [
        [
            row["source"],
            f"{row['weight']:.4g}",
            count(row["tokens"]),
            count(row["available"]) + notes.mark(row["available_source"]),
            f"{'' if row['exact'] else '~'}{row['epochs']:.2f}" if row["epochs"] is not None else UNKNOWN,
            _cap(row),
        ]
        for row in rows
    ]
    if body:
        click.echo()
        table(["source", "weight", "tokens", "there are", "epochs", "at most"], body, right=(1, 2, 4, 5))


def _cap(row: dict[str, Any]) -> str:
    """How often a source may be seen at most, and whether there is too little of it for that."""
    cap, epochs = row["max_epochs"], row["epochs"]
    return number(cap) + (", too few" if cap and epochs and epochs > cap else "")


def _disk(rows: list[dict[str, Any]], notes: Notes) -> None:
    if rows:
        click.echo()
        body = [[row["what"], size(row["bytes"]) + notes.mark(row["source"])] for row in rows]
        table(["disk", "bytes"], body)


def _run(names: list[str], run: dict[str, Any], notes: Notes) -> None:
    """What one run takes, or each of some that differ in the seed alone."""
    said = f"run {names[0]} ({run['trainer']})"
    if len(names) > 1:
        said = f"runs {', '.join(names)} ({run['trainer']}), each"
    click.echo(f"\n{said} of {run['model'] or 'a model that the recipe does not name'}:")
    if "places" in run:
        passes = f"{run['passes']:.2f} passes over the mixture"
        click.echo(f"  {count(run['places'])} places{notes.mark(run['places_source'])}, about {passes}")
    if not run["known"]:
        return click.echo(f"  GPU-hours: {run['why']}")
    click.echo(
        f"  {count(run['parameters'])} parameters{notes.mark(run['parameters_source'])}, {run['flops']:.3g} FLOPs"
        f"{notes.mark(run['flops_source'])}"
    )
    body = [
        [
            f"  {row['gpu']}, {row['gpu_gb']} GB",
            size(row["memory"]) + notes.mark(row["memory_source"]),
            number(row["gpus_at_least"]),
            hours(row["gpu_hours"]) + notes.mark(row["gpu_hours_source"]),
            UNKNOWN if row["price"] is None else f"{row['price']:,.2f} {run['currency']}",
        ]
        for row in run["gpus"]
    ]
    table(["  GPU", "memory", "GPUs, at least", "GPU-hours", "price"], body, right=(2,))
    if any(row["price"] is None for row in run["gpus"]):
        click.echo("  (set gpu_hour under [price] in the profile for a price)")


def count(value: int | None) -> str:
    """A large number for people: `73.8B`, `1.24B`, `950M`; `unknown`."""
    if value is None:
        return UNKNOWN
    for unit, letter in ((10**12, "T"), (10**9, "B"), (10**6, "M")):
        if value >= unit:
            return f"{value / unit:.4g}{letter}"
    return number(value)


def size(value: int | None) -> str:
    """Bytes for people: `54.1 GB`; `unknown`."""
    if value is None:
        return UNKNOWN
    for unit, name in ((10**12, "TB"), (10**9, "GB"), (10**6, "MB")):
        if value >= unit:
            return f"{value / unit:,.3g} {name}"
    return f"{number(value)} bytes"


def hours(value: float | None) -> str:
    """GPU-hours for people; `unknown`."""
    return UNKNOWN if value is None else f"{value:,.0f}" if value >= 100 else f"{value:,.2g}"
