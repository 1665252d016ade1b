"""Pictures of training runs and of probes: .png, .svg or .pdf, the same bytes for the same curves.

Runs on a mixture have four panels by tokens, a branch drawn where the run it grew from ends, so that a stable stage and its decay are one
curve. Runs of reinforcement learning have eight of their own by steps; several runs are told apart by their strokes. The seeds of one entry
are thin lines under their mean.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from curate.canvas import GREY, canvas, plain, refuse_kind, save, shown
from curate.curves import Curve, by_entry, mean_series, smooth
from curate.errors import CurateError

STROKES = ("-", "--", ":", "-.")
PANELS = (
    ("reward, and accuracy on held-out prompts", {"reward": "reward", "held_out_reward/accuracy": "held out"}),
    ("tokens of replies", {"length_right": "right", "length_wrong": "wrong", "max_completion_length": "limit"}),
    ("share of replies", {"truncated": "cut off", "repetition": "repetition", "box_first": "box first"}),
    ("entropy, nats", {"entropy": "entropy"}),
    ("share of groups without a signal", {"zero_advantage": "all", "all_right": "all right", "all_wrong": "all wrong"}),
    ("KL divergence, nats", {"mismatch_kl": "trainer and sampler", "kl": "from the reference"}),
    ("share of tokens clipped", {"clip_low": "low", "clip_high": "high"}),
    ("tokens per second", {"tokens_per_second": "tokens per second"}),
)
"""Title and series (name -> label) of each panel of reinforcement learning."""
PROBED = (
    ("accuracy on held-out prompts", "held_out_reward/accuracy"),
    ("reward", "reward"),
    ("tokens of right replies", "length_right"),
    ("share of replies that were cut off", "truncated"),
)
"""Title and series of each panel of a comparison."""


def plot(curves: Sequence[Curve], path: Path, title: str) -> None:
    """Draw runs into a picture. CurateError if matplotlib is missing, if there is nothing to draw, or if the file cannot be written."""
    curves = [curve for curve in by_entry([curve for curve in curves if curve.series]) if curve.series]
    if not curves:
        refuse_kind(path)
        raise CurateError(f"{title} has trained nothing yet; run curate train {title}")
    learned = [curve for curve in curves if curve.is_rl]
    trained = [curve for curve in curves if not curve.is_rl]
    rows = 2 * (bool(trained) + bool(learned))
    refuse_kind(path)
    figure = canvas(4 * rows, f"{title}: training")
    parts = iter(figure.subfigures(2, 1) if trained and learned else [figure])
    if trained:
        _draw_trained(next(parts), trained)
    if learned:
        _draw_learned(next(parts), learned)
    save(figure, path)


def plot_probes(probes: Mapping[str, Sequence[Curve]], path: Path) -> None:
    """Draw the probes of some recipes: each seed thin, their mean thick. CurateError as `plot`."""
    probes = {title: [c for c in curves if c.series] for title, curves in probes.items()}
    refuse_kind(path)
    if not any(probes.values()):
        raise CurateError("no probe was run yet; add --probe")
    figure = canvas(8, "probe: " + shown(", ".join(probes)))
    for axis, (title, key) in zip(figure.subplots(2, 2).ravel(), PROBED, strict=True):
        axis.set_title(title)
        for number, (name, curves) in enumerate(probes.items()):
            _draw_seeds(
                axis, [c.series[key] for c in curves if key in c.series], f"C{number}", shown(name), len(curves)
            )
        _finish(axis, "steps")
    figure.axes[0].legend(frameon=False)
    save(figure, path)


def _draw_seeds(
    axis: Any, series: Sequence[tuple[list[float], list[float]]], color: str, label: str, runs: int
) -> None:
    for places, values in series:
        axis.plot(places, values, color=color, lw=0.7, alpha=0.5)
    said = f"{label}, {runs} {'seed' if runs == 1 else 'seeds'}"
    axis.plot(*mean_series(series), color=color, lw=2.5, label=said)


def _called(curve: Curve) -> str:
    return shown(curve.name) + (f", mean of {len(curve.seeds)} seeds" if curve.seeds else "")


# reinforcement learning


def _draw_learned(figure: Any, curves: Sequence[Curve]) -> None:
    for axis, (title, names) in zip(figure.subplots(2, 4).ravel(), PANELS, strict=True):
        axis.set_title(title)
        for stroke, curve in zip(itertools.cycle(STROKES), curves, strict=False):
            for number, key in enumerate(names):
                _draw_measure(axis, key, curve, f"C{number}", stroke)
        _explain(axis, names, curves, axis is figure.axes[0])
        if title.startswith("KL") and _spans(
            [value for c in curves for key in names for value in c.series.get(key, ([], []))[1]]
        ):
            axis.set_yscale("log", nonpositive="mask")
        if title.startswith("share"):
            axis.set_ylim(bottom=0)
        _finish(axis, "steps")


def _spans(values: Sequence[float]) -> bool:
    """Whether a logarithmic axis has something to show."""
    positive = [value for value in values if value > 0]
    return bool(positive) and max(positive) > 1.1 * min(positive)


def _draw_measure(axis: Any, key: str, curve: Curve, color: str, stroke: str) -> None:
    places, values = curve.series.get(key, ([], []))
    for seed in curve.seeds if key != "max_completion_length" else ():
        axis.plot(*seed.series.get(key, ([], [])), color=color, alpha=0.3, lw=0.7)
    if key.startswith("held_out_reward/"):
        axis.plot(places, values, color=color, ls=stroke, marker="o", ms=4, lw=1.5)
    elif key == "max_completion_length":
        axis.plot(places, values, color=GREY, ls=stroke, lw=1, drawstyle="steps-post")
    else:
        if not curve.seeds:
            axis.plot(places, values, color=color, alpha=0.3, lw=1)
        axis.plot(places, smooth(values), color=color, ls=stroke, lw=2)


def _explain(axis: Any, names: Mapping[str, str], curves: Sequence[Curve], is_first: bool) -> None:
    """What colors mean, where there are several; in the first panel what strokes mean, where there are several runs."""
    known = [(f"C{n}", key) for n, key in enumerate(names) if any(key in curve.series for curve in curves)]
    for color, key in known if len(names) > 1 else ():
        axis.plot([], [], color=GREY if key == "max_completion_length" else color, label=names[key])
    for stroke, curve in zip(itertools.cycle(STROKES), curves if len(curves) > 1 and is_first else (), strict=False):
        axis.plot([], [], color="black", ls=stroke, label=_called(curve))
    if axis.get_legend_handles_labels()[0]:
        axis.legend(frameon=False, fontsize=8)
    if not known:
        axis.text(0.5, 0.5, "not measured", transform=axis.transAxes, ha="center", color=GREY)


# runs on a mixture


def _draw_trained(figure: Any, curves: Sequence[Curve]) -> None:
    starts = _starts(curves)
    for axis, draw in zip(figure.subplots(2, 2).ravel(), (_loss, _held_out, _lr, _speed), strict=True):
        draw(axis, curves, starts)
        for start in {starts[curve.name] for curve in curves} - {0}:
            axis.axvline(start, color=GREY, ls=":", lw=1)
        _finish(axis, "tokens")


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
    for seed in curve.seeds:
        places, values = seed.series.get(key, ([], []))
        axis.plot([start + place for place in places], values, color=style["color"], alpha=0.3, lw=0.7)
    places, values = curve.series.get(key, ([], []))
    axis.plot([start + place for place in places], values, **style)


def _loss(axis: Any, curves: Sequence[Curve], starts: dict[str, int]) -> None:
    axis.set_title("loss in training")
    for number, curve in enumerate(curves):
        color = f"C{number}"
        places, values = curve.series.get("loss", ([], []))
        _draw(axis, curve, starts[curve.name], "loss", color=color, alpha=0 if curve.seeds else 0.3, lw=1)
        axis.plot([starts[curve.name] + p for p in places], smooth(values), color=color, lw=2, label=_called(curve))
    axis.legend(frameon=False)


def _held_out(axis: Any, curves: Sequence[Curve], starts: dict[str, int]) -> None:
    axis.set_title("loss on held-out documents, by source")
    sources = sorted({source for curve in curves for source in curve.sources})
    for curve in curves:
        for source in curve.sources:
            style = {"color": f"C{sources.index(source)}", "marker": "o", "ms": 4, "lw": 1.5}
            _draw(axis, curve, starts[curve.name], f"held_out/{source}", **style)
    for number, source in enumerate(sources):
        axis.plot([], [], color=f"C{number}", marker="o", ms=4, label=shown(source))
    if sources:
        axis.legend(frameon=False)
    else:
        axis.text(0.5, 0.5, "nothing is held out", transform=axis.transAxes, ha="center", color=GREY)
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


def _finish(axis: Any, unit: str) -> None:
    from matplotlib.ticker import EngFormatter, MaxNLocator

    if unit == "tokens":
        axis.xaxis.set_major_formatter(EngFormatter(sep=""))
    else:
        axis.xaxis.set_major_locator(MaxNLocator("auto", steps=[1, 2, 5, 10], integer=True))
    axis.set_xlabel(unit)
    plain(axis)
