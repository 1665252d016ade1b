"""Figures of `benchmarks.dedup` and `benchmarks.dedup_growth`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks._plots import CRAWL, REAL, SOURCE, grid, save

COLORS = {"exact": REAL, "minhash": CRAWL}
STARTED = 100_000
"""Documents from which on the start of Python and of compiled code is not most of the time: lines of linear growth begin here."""


def comparison(result: dict[str, Any], path: Path) -> None:
    """Speed and memory above; recall and precision on each corpus, and problems removed, below."""
    panels: list[tuple[str, dict[str, float], bool]] = []
    if speed := result.get("speed", {}).get("rows"):
        for key, title in (
            ("documents_per_second", "documents of 460 words per second, to signatures (log)"),
            ("whole_documents_per_second", "documents per second, whole (log)"),
            ("peak_mb", "peak memory, MB"),
        ):
            panels.append((title, {name: row[key] for name, row in speed.items()}, key != "peak_mb"))
    if problems := result.get("problems", {}).get("rows"):
        panels.append(
            ("distinct problems removed (log)", {name: row["distinct"] for name, row in problems.items()}, True)
        )
    right = {name: some for name, some in result.get("right", {}).items() if max(some["pairs"].values()) >= 50}
    total = len(panels) + len(right)
    columns = 2
    figure, axes = grid(
        -(-total // columns), columns, "Near duplicates: ours and others on the same documents, one thread", height=3.6
    )
    for axis, (title, values, log) in zip(axes.flat, panels, strict=False):
        _bars(axis, values, log)
        axis.set_title(title)
    for axis, (name, some) in zip(axes.flat[len(panels) :], right.items(), strict=False):
        _right(axis, some["rows"])
        axis.set_title(f"{name}: recall (dark), precision (light), theory (mark)")
    for axis in axes.flat[total:]:
        axis.axis("off")
    save(figure, path)


def _bars(axis: Any, values: dict[str, float], log: bool) -> None:
    places = np.arange(len(values))[::-1]
    least = 0.5 if log else 0
    shown = [max(value, least) for value in values.values()]
    axis.barh(places, shown, 0.64, color=[CRAWL if name == "ours" else SOURCE for name in values], left=0)
    for place, drawn, value in zip(places, shown, values.values(), strict=True):
        axis.annotate(f"{value:,.0f}", (drawn, place), (4, 0), textcoords="offset points", va="center", fontsize=9)
    axis.set_yticks(places, [*values])
    axis.set_xscale("log" if log else "linear")
    axis.set_xlim(least, max(shown) * (4 if log else 1.15))
    axis.grid(axis="y", visible=False)


def _right(axis: Any, rows: dict[str, Any]) -> None:
    places = np.arange(len(rows))[::-1]
    for shift, key, shade in ((0.19, "recall", 1.0), (-0.19, "precision", 0.45)):
        values = [row[key] or 0.0 for row in rows.values()]
        colors = [CRAWL if name == "ours" else REAL for name in rows]
        bars = axis.barh(places + shift, values, 0.36, color=colors, alpha=shade)
        for bar, value in zip(bars, values, strict=True):
            axis.annotate(f"{value:.3f}", (max(value, 0.41), bar.get_y() + bar.get_height() / 2), (3, 0),
                          textcoords="offset points", va="center", fontsize=8)  # fmt: skip
    said = [(row["theory"], place) for row, place in zip(rows.values(), places, strict=True) if row["theory"]]
    axis.scatter([x for x, _ in said], [y + 0.19 for _, y in said], marker="|", s=120, color="black", zorder=3)
    axis.set_yticks(places, [*rows])
    axis.set_xlim(0.4, 1.08)
    axis.grid(axis="y", visible=False)


def growth(rows: Sequence[dict[str, Any]], path: Path) -> None:
    """Seconds with the line of linear growth, seconds per 100,000 documents, and peak memory, of each step and way."""
    figure, axes = grid(1, 3, "Growth of deduplication with the number of documents", height=4.4)
    seconds, each, memory = axes[0]
    for (step, how), some in _series(rows).items():
        sizes = np.array([row["documents"] for row in some])
        cpu = np.array([row["cpu"] for row in some])
        drawn = {"color": COLORS[step], "ls": "-" if how == "build" else ":", "marker": "o", "label": f"{step}, {how}"}
        seconds.plot(sizes, cpu, **drawn)
        first = int(np.argmax(sizes >= min(STARTED, sizes[-1])))
        seconds.plot(sizes[first:], cpu[first] * sizes[first:] / sizes[first], color="black", lw=0.8, zorder=1)
        each.plot(sizes, 1e5 * cpu / sizes, **drawn)
        memory.plot(sizes, [row["peak_mb"] for row in some], **drawn)
    every = sorted({row["documents"] for row in rows})
    seconds.set(yscale="log", title="processor seconds; thin black: linear growth from 100,000 on")
    each.set(title="processor seconds per 100,000 documents (flat is linear)", ylim=(0, None))
    memory.set(title="peak memory of all processes, MB", ylim=(0, None))
    for axis in axes[0]:
        axis.set(xscale="log", xlabel="documents")
        axis.set_xticks(every, [f"{size:,}" for size in every])
        axis.minorticks_off()
    seconds.legend(frameon=False, fontsize=9.5)
    save(figure, path)


def _series(rows: Sequence[dict[str, Any]]) -> dict[tuple[str, str], list[dict[str, Any]]]:
    found: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for row in sorted(rows, key=lambda row: row["documents"]):
        found.setdefault((row["step"], row["how"]), []).append(row)
    return found
