"""The curves of the page: reinforcement learning by steps, and the loss of the runs before it by tokens."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from curate.outcomes import svg
from curate.outcomes.pairs import names
from curate.outcomes.svg import Line, Series

if TYPE_CHECKING:
    from curate.curves import Curve

Curves = dict[str, dict[str, list["Curve"]]]
PANELS = (
    ("Reward", "mean over a step's replies", "reward"),
    ("Accuracy on held-out prompts", "share", "held_out_reward/accuracy"),
    ("Length of all replies", "tokens", "length"),
    ("Length of right replies", "tokens", "length_right"),
    ("Cut off", "share of replies", "truncated"),
    ("Entropy", "nats", "entropy"),
)
"""Title, unit and series of each figure."""


def panels(outcomes: Sequence[dict[str, Any]], drawn: Curves) -> str:
    """Curves of reinforcement learning, a line for each outcome; empty where no run has measured anything."""
    named = names(outcomes)
    mine = [
        (style, named[one["recipe"], one["entry"]], drawn.get(one["recipe"], {}).get(one["entry"], []))
        for style, one in enumerate(outcomes)
    ]
    figures = [
        svg.lines(
            title,
            unit,
            "steps",
            [Series(name, style, [c.series[key] for c in curves if key in c.series]) for style, name, curves in mine],
        )
        for title, unit, key in PANELS
    ]
    if not any(figures):
        return ""
    about = "Thick lines are means over seeds, thin ones are single seeds. Runs that are not finished are drawn as far as they are."
    marks = svg.legend([(name, style) for style, name, curves in mine if curves])
    return f'<p>{about}</p><div class="stuck">{marks}</div><div class="charts">{"".join(figures)}</div>'


def trained(outcomes: Sequence[dict[str, Any]], drawn: Curves) -> str:
    """Loss of the runs that the outcomes grew from, a branch drawn where the run ends that it grew from."""
    styles = {recipe: style for style, recipe in reversed([*enumerate(one["recipe"] for one in outcomes)])}
    found: dict[str, list[Line]] = {}
    owners: dict[str, str] = {}
    for recipe, entry, curve, start in _losses(outcomes, drawn):
        name = f"{recipe}/{entry}"
        places, values = curve.series["loss"]
        found.setdefault(name, []).append(([start + place for place in places], values))
        owners[name] = recipe
    for recipe in owners.values():
        styles.setdefault(recipe, len(styles))
    series = [Series(name, styles[owners[name]], lines) for name, lines in found.items()]
    figure = svg.lines("Loss", "nats for a token, mean over windows", "tokens", series, clip=True)
    held = _held_out(outcomes, drawn, styles)
    if not figure:
        return ""
    marks = svg.legend([(one.name, one.style) for one in series])
    return f'{marks}<div class="charts">{figure}{held}</div>'


def _losses(outcomes: Sequence[dict[str, Any]], drawn: Curves) -> Iterator[tuple[str, str, Curve, float]]:
    """Recipe, entry and curve of each run without prompts, once, and the tokens that it begins at."""
    by_run = {curve.name: curve for entries in drawn.values() for curves in entries.values() for curve in curves}
    seen = set()
    for outcome in outcomes:
        for row in outcome["by_seed"]:
            start = 0.0
            for one in row["origins"]:
                curve = by_run.get(one["run"])
                if curve is None or curve.is_rl or "loss" not in curve.series:
                    continue
                if one["run"] not in seen:
                    seen.add(one["run"])
                    yield one["recipe"], one["entry"], curve, start
                start += curve.tokens


def _held_out(outcomes: Sequence[dict[str, Any]], drawn: Curves, styles: dict[str, int]) -> str:
    """Loss on held-out documents, for each source, where runs measured it."""
    sources: dict[str, dict[str, list[Line]]] = {}
    owners = {}
    for recipe, entry, curve, start in _losses(outcomes, drawn):
        for source in curve.sources:
            places, values = curve.series[f"held_out/{source}"]
            owners[f"{recipe}/{entry}"] = recipe
            lines = sources.setdefault(source, {}).setdefault(f"{recipe}/{entry}", [])
            lines.append(([start + place for place in places], values))
    return "".join(
        svg.lines(
            f"Held-out loss on {source}",
            "nats for a token",
            "tokens",
            [Series(name, styles[owners[name]], lines) for name, lines in by_name.items()],
            clip=True,
        )
        for source, by_name in sorted(sources.items())[:12]
    )
