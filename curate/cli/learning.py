"""How `curate show` prints what runs have measured and what models replied."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from curate.cli.common import emit, number
from curate.words import printable

if TYPE_CHECKING:
    from curate.api import Curated
    from curate.curves import Curve

TITLES = {
    "held_out_reward/accuracy": "held out: accuracy",
    "length_right": "length, right",
    "length_wrong": "length, wrong",
    "truncated": "cut off",
    "zero_advantage": "no signal",
    "kl": "kl from the beginning",
    "mismatch_kl": "mismatch kl",
    "explained_variance": "explained variance",
}
"""What series of reinforcement learning are called in a line."""


def show_plot(curated: Curated, path: Path, as_json: bool) -> None:
    """The curves of a recipe's runs as a picture."""
    from curate.plots import plot

    plot(curated.curves(), path, curated.title)
    return emit({"plot": str(path)}) if as_json else click.echo(f"wrote {printable(str(path))}")


def show_curve(curve: Curve) -> None:
    """What a run has measured: each series as a line of blocks, with its first and last value."""
    from curate.curves import spark
    from curate.run_folder import one_line

    mean = f", mean of {len(curve.seeds)} seeds" if curve.seeds else ""
    click.echo(f"{printable(curve.name)}{mean}: {number(curve.step)} steps, {number(curve.tokens)} tokens")
    for name in curve.shown:
        if ends := curve.ends(name):
            title = TITLES.get(name) or one_line(name.replace("held_out/", "held out: "))
            first, last = (_figure(value) for value in ends)
            click.echo(f"  {title:24} {first} -> {last}  {spark(curve.series[name][1])}")
    for one in curve.seeds or (curve,):
        _show_collapse(one, f"collapse of {one.name}" if curve.seeds else "collapse")


def _show_collapse(curve: Curve, head: str) -> None:
    from curate.run_folder import one_line

    for name, steps in curve.warned.items():
        click.secho(
            f"  {head}: {one_line(name)} from step {steps[0]:,} on, {len(steps):,} of {curve.step:,} steps", fg="red"
        )
    if curve.rollbacks:
        click.secho(f"  {head}: went back {curve.rollbacks:,} times (rollbacks.json)", fg="red")


def _figure(value: float) -> str:
    return (
        f"{value:7.4f}"
        if value == 0 or 1e-3 <= abs(value) < 1000
        else f"{value:7.1e}"
        if abs(value) < 1
        else f"{value:7.0f}"
    )


def show_rollouts(found: dict[str, Any], chars: int) -> None:
    """Prompts with the replies to them. chars: of each text; 0 for all."""
    steps = found["steps"]
    span = f"{len(steps)} {'step' if len(steps) == 1 else 'steps'} to read, {steps[0]:,} to {steps[-1]:,}"
    click.echo(f"{found['run']}: step {found['step']:,} ({span})\n")
    for prompt in found["prompts"]:
        replies = prompt["replies"]
        right = f"{sum(reply['kind'] == 'right' for reply in replies)} of {len(replies)} right"
        click.secho(printable(f"{prompt['prompt_id']}  {right}  answer: {prompt['answer']}")[:800], bold=True)
        click.echo(_text(prompt["problem"], chars) + "\n")
        for alike in _alike(replies):
            reply, times = alike[0], f" and {len(alike) - 1} more alike" if len(alike) > 1 else ""
            cut = "" if reply["stopped"] else ", cut off"
            told = f"reward {number(reply['reward'])}, {reply['kind']}, {number(reply['tokens'])} tokens{cut}"
            click.secho(printable(f"--- {reply['number']}{times}: {told}")[:200].replace("\n", " "), dim=True)
            click.echo(_text(reply["reply"], chars) + "\n")


def _alike(replies: list[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    """Replies that differ in nothing but their number together, in the order of the first of each."""
    found: dict[str, list[dict[str, Any]]] = {}
    for reply in replies:
        found.setdefault(repr({**reply, "number": None}), []).append(reply)
    return [*found.values()]


def _text(text: str | None, chars: int) -> str:
    shown = printable(text or "").strip("\n")
    return (
        shown if chars == 0 or len(shown) <= chars else f"{shown[:chars]} [... {len(shown) - chars:,} more characters]"
    )
