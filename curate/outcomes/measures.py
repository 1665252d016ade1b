"""What a finished run of reinforcement learning measured, read with distrust from its files, and what seeds say together.

A *figure* is a measure over seeds: `mean`, `interval` (Student's t, None of fewer than two seeds that have it) and `by_seed`, a value for
each seed, None where it has none. Nothing of a run that is not finished is counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from curate.curves import Curve, read
from curate.intervals import LEVEL, Interval, difference, interval, mean
from curate.run_folder import one_line, plain_number

if TYPE_CHECKING:
    from curate.run import Run

LAST = 5
"""Steps at the end over which lengths and entropy are averaged."""
HELD_OUT = ("accuracy", "truncated")
"""Shares that a manifest tells of the replies to held-out prompts, at the first step and at the last."""
OVER_STEPS = {"length": "length", "length_right": "length_right", "entropy": "entropy"}
"""Measure -> the series whose last steps it is the mean of."""
MONITORS = 32
"""Monitors of a manifest that are told."""
Figure = dict[str, Any]


def measured(run: Run, told: dict[str, Any]) -> dict[str, Any]:
    """What one run measured, None for what is not known: `first`, `last`, `gain` and `truncated` on held-out prompts, the measures of
    `OVER_STEPS`, `collapse` (monitors that were beyond their bounds) and `rollbacks`.

    told: the run as `curate.run_state.row` tells it.
    """
    manifest = run.folder.manifest()[0] if told["state"] == "current" else {}
    ends = manifest.get("held_out_reward")
    first, last = (_held_out(ends.get(end) if isinstance(ends, dict) else None) for end in ("first", "last"))
    gain = None if first["accuracy"] is None or last["accuracy"] is None else last["accuracy"] - first["accuracy"]
    curve = read(run.folder.path, "") if manifest else Curve("")
    return {
        "first": first["accuracy"],
        "last": last["accuracy"],
        "gain": gain,
        "truncated": last["truncated"],
        **{name: _at_the_end(curve, series) for name, series in OVER_STEPS.items()},
        "collapse": _collapse(manifest) if manifest else None,
        "rollbacks": plain_number(manifest.get("rollbacks")),
    }


def _held_out(told: Any) -> dict[str, float | None]:
    return {name: _share(told.get(name)) if isinstance(told, dict) else None for name in HELD_OUT}


def _share(value: Any) -> float | None:
    """A share; None for what is none."""
    number = plain_number(value)
    return number if number is not None and 0 <= number <= 1 else None


def _at_the_end(curve: Curve, series: str) -> float | None:
    values = curve.series.get(series, ([], []))[1][-LAST:]
    return mean(values) if values else None


def _collapse(manifest: dict[str, Any]) -> list[str]:
    names = manifest.get("collapse")
    return (
        sorted({one_line(name) for name in names if isinstance(name, str)})[:MONITORS]
        if isinstance(names, list)
        else []
    )


def counted(found: Sequence[list[str] | None]) -> dict[str, int]:
    """Monitor -> the seeds in which it was beyond its bounds. found: `collapse` of each seed."""
    return dict(sorted(Counter(name for one in found for name in one or ()).items()))


def resolution(run: Run) -> float:
    """The share of one reply among those that are measured: seeds that agree by chance are not believed to agree better than that."""
    held_out, each = run.params.get("held_out"), run.params.get("eval_generations", 4)
    return 1 / (held_out * each) if type(held_out) is int and type(each) is int and held_out * each > 0 else 0.0


def figure(by_seed: Sequence[float | None], least: float = 0.0) -> Figure:
    """A measure over seeds. least: a standard deviation below which none is believed."""
    known = [value for value in by_seed if value is not None]
    return {"mean": mean(known) if known else None, "interval": interval(known, least), "by_seed": list(by_seed)}


def level_of(several: int) -> float:
    """The level of each interval, so that with LEVEL no two of so many recipes are told apart by chance (Bonferroni over pairs)."""
    return 1 - (1 - LEVEL) / max(1, several * (several - 1) // 2)


def apart(
    a: Sequence[float | None], b: Sequence[float | None], least: float, level: float
) -> tuple[float | None, Interval | None]:
    """mean(a) - mean(b) and Welch's interval of it, each None where there is too little to tell."""
    left, right = ([value for value in one if value is not None] for one in (a, b))
    middle = mean(left) - mean(right) if left and right else None
    return middle, difference(left, right, least, level)
