"""The curves of training runs: loss, held-out loss by source, learning rate and speed, as a line of text or as a picture.

They are read from `metrics.jsonl` of a run's folder, a line for each step (docs/trainers.md). Any program may have written it, so what
is no number is passed over, and of lines of one step the last counts: a trainer that was killed writes some steps again. A branch is
drawn where the run it grew from ends, so that a stable stage and its decay are one curve. Left out: several runs of one entry beside
each other, and anything that moves while a run goes on.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

from curate.errors import CurateError
from curate.run_folder import one_line, opened

BLOCKS = "▁▂▃▄▅▆▇█"
WIDTH = 40
LONGEST_LINE = 1 << 20
"""Bytes of a line of metrics; a longer one is passed over."""
LARGEST = 1e100
"""What is larger is no measurement, and its sums may be infinite."""
PLAIN = ("tokens", "loss", "lr", "grad_norm", "tokens_per_second", "mfu")
BY_SOURCE = ("held_out",)


@dataclass(frozen=True)
class Curve:
    """What one run measured, in order of its steps.

    series: name -> (tokens, values), of equal length; by source as `held_out/web`. last: the last step and token that was told.
    """

    name: str
    parent: str | None = None
    series: dict[str, tuple[list[float], list[float]]] = field(default_factory=dict)
    step: int = 0
    tokens: int = 0

    def ends(self, name: str) -> tuple[float, float] | None:
        """First and last value of a series, None where it has none."""
        values = self.series.get(name, ([], []))[1]
        return (values[0], values[-1]) if values else None

    @property
    def sources(self) -> list[str]:
        """Names of the sources with a held-out loss."""
        return sorted(name.removeprefix("held_out/") for name in self.series if name.startswith("held_out/"))


def read(folder: Path, name: str, parent: str | None = None) -> Curve:
    """The curve of the run in a folder; an empty one before it has measured anything."""
    lines: dict[int, dict[str, Any]] = {}
    try:
        with opened(folder / "metrics.jsonl") as file:
            while text := file.readline(LONGEST_LINE):
                if (said := _line(text)) is not None:
                    lines[int(said["step"])] = said
    except OSError:
        return Curve(name, parent)
    told = [lines[step] for step in sorted(lines)]
    series: dict[str, tuple[list[float], list[float]]] = {}
    for line in told:
        for key, value in _values(line):
            places, values = series.setdefault(key, ([], []))
            places.append(line["tokens"])
            values.append(value)
    end = told[-1] if told else {"step": 0, "tokens": 0}
    return Curve(name, parent, series, int(end["step"]), int(end["tokens"]))


def _line(text: bytes) -> dict[str, Any] | None:
    """A line of metrics that says its step and tokens, else None."""
    import orjson

    try:
        said = orjson.loads(text)
    except orjson.JSONDecodeError:
        return None
    return said if isinstance(said, dict) and _number(said.get("step")) and _number(said.get("tokens")) else None


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < LARGEST


def _values(line: dict[str, Any]) -> Iterable[tuple[str, float]]:
    for key in PLAIN:
        if _number(line.get(key)):
            yield key, line[key]
    for key in BY_SOURCE:
        by_source = line.get(key)
        for source, value in by_source.items() if isinstance(by_source, dict) else ():
            if _number(value):
                yield f"{key}/{source}", value


def spark(values: Sequence[float], width: int = WIDTH) -> str:
    """A series as a line of blocks, high where it is high; each block is the mean of its part."""
    if not values:
        return ""
    cuts = [len(values) * i // min(width, len(values)) for i in range(min(width, len(values)) + 1)]
    means = [math.fsum(values[a:b]) / (b - a) for a, b in pairwise(cuts)]
    low, high = min(means), max(means)
    scale = (len(BLOCKS) - 1) / (high - low) if high > low else 0.0
    return "".join(BLOCKS[round((mean - low) * scale)] for mean in means)


def smooth(values: Sequence[float], share: float = 0.05) -> list[float]:
    """The running mean over about this share of a series, the past only, so that a rise is never shown early."""
    keep = 1 - 1 / max(1.0, share * len(values))
    held, weight, found = 0.0, 0.0, []
    for value in values:
        held, weight = keep * held + value, keep * weight + 1
        found.append(held / weight)
    return found


def plot(curves: Sequence[Curve], path: Path, title: str) -> None:
    """Draw runs, each after the one it grew from, into a picture: .png, .svg or .pdf.

    CurateError if matplotlib is missing (the extra `plots`), if there is nothing to draw, or if the file cannot be written.
    """
    if path.suffix not in (".png", ".svg", ".pdf"):
        raise CurateError("a picture is a .png, .svg or .pdf", where=str(path))
    curves = [curve for curve in curves if curve.series]
    if not curves:
        raise CurateError(f"{title} has trained nothing yet; run curate train {title}")
    try:
        from matplotlib import rc_context
        from matplotlib.figure import Figure
    except ImportError:
        raise CurateError("a picture needs matplotlib: pip install 'octocurate[plots]'") from None
    figure = Figure(figsize=(16, 8), dpi=100, layout="constrained")
    figure.suptitle(f"{title}: training", fontsize=14, x=0.01, ha="left", weight="bold")
    axes = figure.subplots(2, 2).ravel()
    starts = _starts(curves)
    for axis, draw in zip(axes, (_loss, _held_out, _lr, _speed), strict=True):
        draw(axis, curves, starts)
        _finish(axis, curves, starts)
    dated = {".svg": "Date", ".png": "Software", ".pdf": "CreationDate"}[path.suffix]
    try:
        with rc_context({"svg.hashsalt": "curate"}):
            figure.savefig(path, metadata={dated: None})
    except OSError as error:
        raise CurateError(f"cannot be written: {error.strerror}", where=str(path)) from None


def _starts(curves: Sequence[Curve]) -> dict[str, int]:
    """Tokens that were trained on before each run: all of the runs that it grew from."""
    known = {curve.name: curve for curve in curves}

    def before(curve: Curve, trail: tuple[str, ...] = ()) -> int:
        above = known.get(curve.parent or "")
        if above is None or above.name in trail:
            return 0
        return before(above, (*trail, curve.name)) + above.tokens

    return {curve.name: before(curve) for curve in curves}


def _draw(axis: Any, curve: Curve, start: int, key: str, **style: Any) -> None:
    places, values = curve.series.get(key, ([], []))
    axis.plot([start + place for place in places], values, **style)


def _label(name: str) -> str:
    """A name as matplotlib shows it: between two dollars it would read a formula."""
    return one_line(name).replace("$", r"\$")


def _loss(axis: Any, curves: Sequence[Curve], starts: dict[str, int]) -> None:
    axis.set_title("loss in training")
    for number, curve in enumerate(curves):
        color = f"C{number}"
        places, values = curve.series.get("loss", ([], []))
        _draw(axis, curve, starts[curve.name], "loss", color=color, alpha=0.3, lw=1)
        axis.plot([starts[curve.name] + p for p in places], smooth(values), color=color, lw=2, label=_label(curve.name))
    axis.legend(frameon=False)


def _held_out(axis: Any, curves: Sequence[Curve], starts: dict[str, int]) -> None:
    axis.set_title("loss on held-out documents, by source")
    sources = sorted({source for curve in curves for source in curve.sources})
    for curve in curves:
        for source in curve.sources:
            style = {"color": f"C{sources.index(source)}", "marker": "o", "ms": 4, "lw": 1.5}
            _draw(axis, curve, starts[curve.name], f"held_out/{source}", **style)
    for number, source in enumerate(sources):
        axis.plot([], [], color=f"C{number}", marker="o", ms=4, label=_label(source))
    if sources:
        axis.legend(frameon=False)
    else:
        axis.text(0.5, 0.5, "nothing is held out", transform=axis.transAxes, ha="center", color="#888888")
        axis.set(xticks=[], yticks=[])


def _lr(axis: Any, curves: Sequence[Curve], starts: dict[str, int]) -> None:
    axis.set_title("learning rate")
    for number, curve in enumerate(curves):
        _draw(axis, curve, starts[curve.name], "lr", color=f"C{number}", lw=2)
    axis.set_ylim(bottom=0)


def _speed(axis: Any, curves: Sequence[Curve], starts: dict[str, int]) -> None:
    axis.set_title("tokens per second")
    for number, curve in enumerate(curves):
        _draw(axis, curve, starts[curve.name], "tokens_per_second", color=f"C{number}", lw=1)
    axis.set_ylim(bottom=0)


def _finish(axis: Any, curves: Sequence[Curve], starts: dict[str, int]) -> None:
    from matplotlib.ticker import EngFormatter

    for start in {starts[curve.name] for curve in curves} - {0}:
        axis.axvline(start, color="#888888", ls=":", lw=1)
    axis.xaxis.set_major_formatter(EngFormatter(sep=""))
    axis.set_xlabel("tokens")
    axis.grid(color="#e6e6e6")
    axis.set_axisbelow(True)
    axis.spines[["top", "right"]].set_visible(False)
