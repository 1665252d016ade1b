"""The figures of the page, as SVG in the page itself: lines over steps or tokens, and accuracy before and after on one scale.

A recipe has one colour, one dash and one marker everywhere, so that lines are told apart without colours, too. Numbers of trainers are
finite by `curate.curves`; here they are cut to what a figure can show. Left out: anything that needs a script.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise

from curate.curves import mean_series
from curate.outcomes.measures import Figure
from curate.page.text import visible

Line = tuple[Sequence[float], Sequence[float]]
WIDTH, HEIGHT = 360, 210
LEFT, RIGHT, TOP, BOTTOM = 42, 12, 10, 24
COLOURS, DASHES, MARKERS = 8, 5, 7
POINTS = 120
"""Points of a line that are drawn; of more, the mean of each part."""
MARKS = 6
"""Markers on a line."""
THIN = 40
"""Lines of single seeds that are drawn of one recipe."""


@dataclass(frozen=True)
class Series:
    """What one recipe measured: a line for each seed. style: its number among the recipes."""

    name: str
    style: int
    lines: Sequence[Line]

    @property
    def mean(self) -> Line:
        """The mean over seeds, where all have a value."""
        return mean_series(self.lines)


def text(value: str) -> str:
    """Foreign text as it may stand in HTML, within an attribute too."""
    return escape(visible(value), quote=True)


def lines(title: str, unit: str, places: str, series: Sequence[Series], clip: bool = False) -> str:
    """A line for each recipe and thin ones for its seeds; empty where nothing was measured. clip: cut off rare high values."""
    shown = [one for one in series if one.mean[0]]
    if not shown:
        return ""
    drawn = [(one, thinned(one.mean), [thinned(line) for line in one.lines[:THIN]]) for one in shown]
    every = [line for _, mean, seeds in drawn for line in (mean, *seeds)]
    xs = _range([x for line in every for x in line[0]], False)
    values = [y for line in every for y in line[1]]
    top = _high(values) if clip else max(values)
    ys = _range([min(value, top) for value in values], True)
    x, y = _scale(xs, LEFT, WIDTH - RIGHT), _scale(ys, HEIGHT - BOTTOM, TOP)
    parts = [_axes(xs, ys, x, y)]
    for one, _, seeds in drawn:
        several = seeds if len(one.lines) > 1 else []
        parts += [f'<path class="thin c{one.style % COLOURS}" d="{_path(line, x, y, ys)}"/>' for line in several]
    for one, mean, _ in drawn:
        parts.append(f'<path class="line {_classes(one.style)}" d="{_path(mean, x, y, ys)}"/>')
        parts += [marker(one.style, x(mean[0][at]), y(_cut(mean[1][at], ys))) for at in _marked(len(mean[0]))]
    said = "; ".join(f"{one.name} from {_short(mean[1][0])} to {_short(mean[1][-1])}" for one, mean, _ in drawn)
    body = "".join(parts)
    label = f"{title} by {places}: {said}"
    cut = ", its top cut off" if clip and top < max(values) else ""
    return (
        f'<figure><figcaption><b>{text(title)}</b><span class="soft">{text(unit)}{cut}</span></figcaption>'
        f'<svg class="chart" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{text(label)}">{body}'
        f'<text class="tick" x="{WIDTH - RIGHT}" y="{HEIGHT - 2}" text-anchor="end">{text(places)}</text></svg></figure>'
    )


def thinned(line: Line) -> Line:
    """A line of at most so many points, each the mean of its part."""
    places, values = line
    parts = min(POINTS, len(values))
    cuts = [len(values) * i // parts for i in range(parts + 1)] if parts else []
    return (
        [places[b - 1] for _, b in pairwise(cuts)],
        [math.fsum(values[a:b]) / (b - a) for a, b in pairwise(cuts)],
    )


def legend(series: Sequence[tuple[str, int]]) -> str:
    """What colours, dashes and markers mean. series: names and styles."""
    items = "".join(
        f'<li><svg class="sample" viewBox="0 0 44 14" aria-hidden="true"><path class="line {_classes(style)}" d="M2 7H42"/>'
        f"{marker(style, 22, 7)}</svg>{text(name)}</li>"
        for name, style in series
    )
    return f'<ul class="legend">{items}</ul>'


def marker(style: int, x: float, y: float) -> str:
    """The marker of a recipe at a point."""
    drawn = (
        "M-4 0A4 4 0 1 0 4 0A4 4 0 1 0 -4 0Z", "M-3.6-3.6H3.6V3.6H-3.6Z", "M0-4.6L4.4 3.6H-4.4Z", "M0-5L5 0L0 5L-5 0Z",
        "M0 4.6L4.4-3.6H-4.4Z", "M-4.5-1.4H-1.4V-4.5H1.4V-1.4H4.5V1.4H1.4V4.5H-1.4V1.4H-4.5Z",
        "M0-5L1.5-1.6L5-1.4L2.3 .9L3.2 4.5L0 2.4L-3.2 4.5L-2.3 .9L-5-1.4L-1.5-1.6Z",
    )  # fmt: skip
    return (
        f'<path class="mark c{style % COLOURS}" transform="translate({x:.1f} {y:.1f})" d="{drawn[style % MARKERS]}"/>'
    )


def before_after(first: Figure, last: Figure, style: int, most: float, label: str) -> str:
    """One recipe's accuracy before (hollow) and after (filled), with intervals and each seed, as wide as its place; from 0 to `most`."""
    colour = f"c{style % COLOURS}"

    def at(value: float) -> str:
        return f"{2 + 96 * max(0.0, min(1.0, value / most)):.2f}%"

    parts = ['<line class="rule" x1="2%" x2="98%" y1="17" y2="17"/>']
    for figure, name, y in ((first, "hollow", 12), (last, "full", 22)):
        if figure["mean"] is None:
            continue
        if ends := figure["interval"]:
            parts.append(f'<line class="whisker {colour}" x1="{at(ends[0])}" x2="{at(ends[1])}" y1="{y}" y2="{y}"/>')
        known = [value for value in figure["by_seed"] if value is not None]
        parts += [f'<circle class="seed {colour}" cx="{at(value)}" cy="{y}" r="2"/>' for value in known]
        parts.append(f'<circle class="{name} {colour}" cx="{at(figure["mean"])}" cy="{y}" r="5"/>')
    return f'<svg class="spanned" width="100%" height="34" role="img" aria-label="{text(label)}">{"".join(parts)}</svg>'


def scale_below(most: float) -> str:
    """The scale under such figures."""
    ticks = [tick for tick in _ticks(0.0, most) if tick <= most]
    marks = "".join(
        f'<text class="tick" x="{2 + 96 * tick / most:.2f}%" y="12" text-anchor="middle">{_short(tick)}</text>'
        for tick in ticks
    )
    return f'<svg class="spanned" width="100%" height="16" aria-hidden="true">{marks}</svg>'


def _classes(style: int) -> str:
    return f"c{style % COLOURS} d{style % DASHES}"


def _marked(points: int) -> list[int]:
    return sorted({round(i * (points - 1) / max(1, min(MARKS, points) - 1)) for i in range(min(MARKS, points))})


def _high(values: Sequence[float]) -> float:
    """The largest value, or where the highest twentieth of values begins if the largest lies far above."""
    ordered = sorted(values)
    usual = ordered[len(ordered) * 19 // 20]
    return usual if ordered[-1] > usual + 0.3 * (usual - ordered[0]) > usual else ordered[-1]


def _range(values: Sequence[float], room: bool) -> tuple[float, float]:
    low, high = min(values), max(values)
    if high - low <= 1e-9 * max(abs(low), abs(high), 1e-3):
        pad = abs(low) / 10 if abs(low) > 1e-6 else 1.0
        return low - pad, high + pad
    pad = (high - low) * 0.04 if room else 0.0
    return (0.0 if 0 <= low < 0.3 * high and room else low - pad), high + pad


def _scale(ends: tuple[float, float], start: float, stop: float) -> Callable[[float], float]:
    low, high = ends
    return lambda value: start + (stop - start) * (value - low) / (high - low)


def _cut(value: float, ends: tuple[float, float]) -> float:
    return max(ends[0], min(ends[1], value))


def _path(line: Line, x: Callable[[float], float], y: Callable[[float], float], ys: tuple[float, float]) -> str:
    points = [f"{x(a):.1f} {y(_cut(b, ys)):.1f}" for a, b in zip(*line, strict=True)]
    return "M" + "L".join(points) + ("h.1" if len(points) == 1 else "")


def _ticks(low: float, high: float, wanted: int = 4) -> list[float]:
    """Round numbers between two ends."""
    step = 10 ** math.floor(math.log10((high - low) / wanted))
    step = next(step * by for by in (1, 2, 5, 10) if (high - low) / (step * by) <= wanted + 1)
    first = math.ceil(low / step - 1e-9)
    return [float(f"{i * step:.12g}") for i in range(first, math.floor(high / step + 1e-9) + 1)]


def _axes(
    xs: tuple[float, float], ys: tuple[float, float], x: Callable[[float], float], y: Callable[[float], float]
) -> str:
    parts = []
    for tick in _ticks(*ys):
        parts.append(f'<path class="rule" d="M{LEFT} {y(tick):.1f}H{WIDTH - RIGHT}"/>')
        parts.append(f'<text class="tick" x="{LEFT - 5}" y="{y(tick) + 4:.1f}" text-anchor="end">{_short(tick)}</text>')
    for tick in _ticks(*xs):
        if x(tick) < WIDTH - RIGHT - 45:  # the unit stands there
            parts.append(
                f'<text class="tick" x="{x(tick):.1f}" y="{HEIGHT - 8}" text-anchor="middle">{_short(tick)}</text>'
            )
    return "".join(parts)


def _short(value: float) -> str:
    """A number of few characters: 0.25, 1,200, 3.5M."""
    size = abs(value)
    for least, letter in ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e4, "k")):
        if size >= least:
            by = 1e3 if letter == "k" else least
            return f"{value / by:.3g}{letter}" if size < 1e15 else f"{value:.1e}"
    return f"{value:,.0f}" if value == round(value) else f"{value:.3g}"
