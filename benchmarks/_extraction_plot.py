"""Figure of `benchmarks.extraction`: what is kept of each encoding by whom, and main text beside speed."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

from benchmarks._extractors import OURS
from benchmarks._plots import STYLE, save

OUR, OTHER = "#d1495b", "#1d3557"


def extraction(result: dict[str, Any], path: Path) -> None:
    """`extraction.png`: exact formulas as a map, F1 of main text as bars, pages per second as bars."""
    import matplotlib

    matplotlib.use("Agg")
    matplotlib.rcParams.update(STYLE)
    from matplotlib import pyplot

    found = result["extractors"]
    names = [*found]
    encodings = [*found[names[0]]["formulas"]]
    height = max(6.0, 0.42 * len(names) + 4.2)
    figure, (kept, text, speed) = pyplot.subplots(
        1,
        3,
        figsize=(20, height),
        layout="constrained",
        gridspec_kw={"width_ratios": [max(6, 0.42 * len(encodings)), 4, 2.4]},
    )
    figure.suptitle("Formulas kept exactly (%), main text and speed", fontsize=14, x=0.01, ha="left", weight="bold")
    _map(kept, found, names, encodings)
    _bars(text, names, {
        "words, defuddle pages": [found[name]["text"]["defuddle"] for name in names],
        "strings, trafilatura pages": [found[name]["text"]["trafilatura"] for name in names],
    })  # fmt: skip
    _speed(speed, names, [found[name]["pages_per_second"] or 0 for name in names])
    save(figure, path)


def _map(axis: Any, found: dict[str, Any], names: list[str], encodings: list[str]) -> None:
    shares = [[100 * found[name]["formulas"][encoding]["exact"] for encoding in encodings] for name in names]
    axis.imshow(shares, cmap="RdYlGn", vmin=0, vmax=100, aspect="auto")
    axis.grid(False)
    axis.set_xticks(range(len(encodings)), encodings, rotation=60, ha="right", rotation_mode="anchor")
    axis.set_yticks(range(len(names)), names)
    for label, name in zip(axis.get_yticklabels(), names, strict=True):
        label.set(color=OUR if name in OURS else OTHER, weight="bold" if name in OURS else "normal")
    for y, row in enumerate(shares):
        for x, share in enumerate(row):
            axis.text(
                x, y, f"{share:.0f}", ha="center", va="center", fontsize=8.5, color="white" if share < 15 else "black"
            )
    for before, (left, right) in enumerate(pairwise(encodings)):
        if left.split(":")[0] != right.split(":")[0]:
            axis.axvline(before + 0.5, color="black", linewidth=2)


def _bars(axis: Any, names: list[str], values: dict[str, list[float]]) -> None:
    for place, (label, row) in enumerate(values.items()):
        heights = [y - 0.2 + 0.4 * place for y in range(len(names))]
        axis.barh(heights, row, 0.38, label=label, color=(OTHER, "#a9bcd0")[place])
        for y, value in zip(heights, row, strict=True):
            axis.text(value + 0.005, y, f"{value:.3f}", va="center", fontsize=8)
    axis.set(ylim=(len(names) - 0.5, -0.5), xlim=(0.35, 1.06), title="main text, F1")
    axis.set_yticks(range(len(names)), [""] * len(names))
    axis.legend(loc="upper center", bbox_to_anchor=(0.5, -0.06), frameon=False)


def _speed(axis: Any, names: list[str], rates: list[float]) -> None:
    axis.barh(range(len(names)), rates, 0.6, color=[OUR if name in OURS else OTHER for name in names])
    for y, value in enumerate(rates):
        axis.text(value * 1.1, y, f"{value:,.0f}", va="center", fontsize=8.5)
    axis.set_xscale("log")
    axis.set(ylim=(len(names) - 0.5, -0.5), title="pages per second, one core")
    axis.set_xlim(right=max([*rates, 1]) * 4)
    axis.set_yticks(range(len(names)), [""] * len(names))
