"""The curves of training runs, as a line of text or as a picture (`curate/plots.py`).

Of a run on a mixture: loss, held-out loss by source, learning rate and speed, by tokens. Of reinforcement learning, by steps: reward and
held-out accuracy, lengths of replies, the share that was cut off, entropy, groups without a signal, how far sampler and trainer are apart.

They are read from `metrics.jsonl` of a run's folder, a line for each step (docs/trainers.md). Any program may have written it, so what
is no number is passed over, and of lines of one step the last counts: a trainer that was killed writes some steps again. Left out:
anything that moves while a run goes on.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

from curate.run_folder import opened

BLOCKS = "▁▂▃▄▅▆▇█"
WIDTH = 40
LONGEST_LINE = 1 << 20
"""Bytes of a line of metrics; a longer one is passed over."""
LARGEST = 1e100
"""What is larger is no measurement, and its sums may be infinite."""
PLAIN = ("tokens", "loss", "lr", "grad_norm", "tokens_per_second", "mfu")
ROLLOUTS = (
    "reward", "entropy", "kl", "clip_low", "clip_high", "mismatch_kl", "length", "length_right", "length_wrong", "truncated", "repetition",
    "box_first", "reward_std", "zero_advantage", "all_right", "all_wrong", "max_completion_length", "value_loss", "explained_variance",
    "critic_grad_norm", "skipped", "rollout_seconds", "train_seconds",
)  # fmt: skip
"""What a line of a run of reinforcement learning has besides."""
BY_NAME = ("held_out", "held_out_reward")
SHOWN = (
    "reward",
    "held_out_reward/accuracy",
    "length_right",
    "length_wrong",
    "truncated",
    "entropy",
    "zero_advantage",
    "kl",
    "mismatch_kl",
    "explained_variance",
)
"""Series of reinforcement learning that are shown as text."""


@dataclass(frozen=True)
class Curve:
    """What one run measured, in order of its steps.

    series: name -> (tokens, values), of equal length, by source as `held_out/web`; of reinforcement learning (steps, values), and
    `held_out_reward/accuracy`. step, tokens: the last that were told. warned: monitor -> the steps at which it had seen a collapse and
    training went on. rollbacks: how often it went back after one. entry: the entry under `train:` that it is a run of, if it has seeds;
    seeds: of a mean, the runs that it is of.
    """

    name: str
    parent: str | None = None
    series: dict[str, tuple[list[float], list[float]]] = field(default_factory=dict)
    step: int = 0
    tokens: int = 0
    warned: dict[str, list[int]] = field(default_factory=dict)
    rollbacks: int = 0
    entry: str = ""
    seeds: tuple[Curve, ...] = ()

    def ends(self, name: str) -> tuple[float, float] | None:
        """First and last value of a series, None where it has none."""
        values = self.series.get(name, ([], []))[1]
        return (values[0], values[-1]) if values else None

    @property
    def is_rl(self) -> bool:
        """Whether it is reinforcement learning."""
        return any(name == "reward" or name.startswith("held_out_reward/") for name in self.series)

    @property
    def shown(self) -> list[str]:
        """Series to be shown as text."""
        return (
            [name for name in SHOWN if name in self.series]
            if self.is_rl
            else ["loss", *(f"held_out/{s}" for s in self.sources)]
        )

    @property
    def sources(self) -> list[str]:
        """Names of the sources with a held-out loss."""
        return sorted(name.removeprefix("held_out/") for name in self.series if name.startswith("held_out/"))


def read(folder: Path, name: str, parent: str | None = None, entry: str = "") -> Curve:
    """The curve of the run in a folder; an empty one before it has measured anything."""
    lines: dict[int, dict[str, Any]] = {}
    try:
        with opened(folder / "metrics.jsonl") as file:
            while text := file.readline(LONGEST_LINE):
                if (said := _line(text)) is not None:
                    lines[int(said["step"])] = said
    except OSError:
        return Curve(name, parent, entry=entry)
    told = [lines[step] for step in sorted(lines)]
    place = "step" if any("reward" in line or "held_out_reward" in line for line in told) else "tokens"
    series: dict[str, tuple[list[float], list[float]]] = {}
    for line in told:
        for key, value in _values(line):
            places, values = series.setdefault(key, ([], []))
            places.append(line[place])
            values.append(value)
    end = told[-1] if told else {"step": 0, "tokens": 0}
    back = end.get("rollbacks")
    return Curve(
        name,
        parent,
        series,
        int(end["step"]),
        int(end["tokens"]),
        _warned(told),
        int(back or 0) if _number(back) else 0,
        entry,
    )


def _warned(lines: list[dict[str, Any]]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for line in lines:
        names = line.get("collapse")
        for name in names if isinstance(names, list) else ():
            if isinstance(name, str):
                found.setdefault(name, []).append(int(line["step"]))
    return found


def _line(text: bytes) -> dict[str, Any] | None:
    """A line of metrics that says its step and tokens, else None; before the first step none need be told."""
    import orjson

    try:
        said = orjson.loads(text)
    except orjson.JSONDecodeError:
        return None
    if not isinstance(said, dict):
        return None
    if said.get("step") == 0:
        said.setdefault("tokens", 0)
    return said if _number(said.get("step")) and _number(said.get("tokens")) else None


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < LARGEST


def _values(line: dict[str, Any]) -> Iterable[tuple[str, float]]:
    for key in (*PLAIN, *ROLLOUTS):
        if _number(line.get(key)):
            yield key, line[key]
    for key in BY_NAME:
        by_name = line.get(key)
        for name, value in by_name.items() if isinstance(by_name, dict) else ():
            if _number(value):
                yield f"{key}/{name}", value


def by_entry(curves: Sequence[Curve]) -> list[Curve]:
    """Runs with the seeds of an entry as one curve, their mean, in the place of the first; what goes on from them leads to it."""
    groups: dict[str, list[Curve]] = {}
    for curve in curves:
        groups.setdefault(curve.entry or curve.name, []).append(curve)
    means = {name: some[0] if len(some) == 1 else _mean(name, some) for name, some in groups.items()}
    above = {curve.name: means[name].name for name, some in groups.items() for curve in some}
    return [replace(one, parent=above.get(one.parent or "", one.parent)) for one in means.values()]


def _mean(name: str, seeds: Sequence[Curve]) -> Curve:
    keys = dict.fromkeys(key for one in seeds for key in one.series)
    series = {key: mean_series([one.series[key] for one in seeds if key in one.series]) for key in keys}
    whole = {key: one for key, one in series.items() if one[0]}
    step, tokens = min(one.step for one in seeds), min(one.tokens for one in seeds)
    return Curve(name, seeds[0].parent, whole, step, tokens, seeds=tuple(seeds))


def mean_series(series: Sequence[tuple[Sequence[float], Sequence[float]]]) -> tuple[list[float], list[float]]:
    """The mean of some series, at the places that all of them have."""
    values: dict[float, list[float]] = {}
    for place, value in itertools.chain.from_iterable(zip(*one, strict=True) for one in series):
        values.setdefault(place, []).append(value)
    whole = {place: math.fsum(some) / len(some) for place, some in sorted(values.items()) if len(some) == len(series)}
    return [*whole], [*whole.values()]


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
