"""Figure of `benchmarks.decontamination`: recall by kind of leak as a map, false positives and speed beside it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from benchmarks._decontam_methods import OURS
from benchmarks._decontam_sets import per_10_000
from benchmarks._plots import CRAWL, REAL, STYLE, save

PAIRS = ("exact", "numbers swapped", "question changed", "rephrased")
LEAST = 0.1
"""Where a bar of nothing ends."""


def decontamination(result: dict[str, Any], path: Path) -> None:
    """`decontamination.png`: a row for each method, ours on top."""
    import matplotlib

    matplotlib.use("Agg")
    matplotlib.rcParams.update(STYLE)
    from matplotlib import pyplot

    found = result["methods"]
    names = [*found]
    columns = _columns(found[names[0]])
    figure, (recall, wrong, speed) = pyplot.subplots(
        1, 3, figsize=(20, max(5.0, 0.5 * len(names) + 3.4)), layout="constrained",
        gridspec_kw={"width_ratios": [0.46 * len(columns), 2.6, 2.6]},
    )  # fmt: skip
    figure.suptitle(
        "Leaks found (%), pages wrongly taken for one, and speed", fontsize=14, x=0.01, ha="left", weight="bold"
    )
    _recall(recall, found, names, columns)
    _bars(wrong, names, [per_10_000(found[name]) for name in names], "{:,.0f}")
    wrong.set_title("false, of 10,000 pages")
    _bars(speed, names, [found[name].get("speed", {}).get("mb_per_second") for name in names], "{:,.2g}")
    speed.set_title("MB per CPU second")
    save(figure, path)


def _columns(row: dict[str, Any]) -> list[tuple[str, tuple[str, ...]]]:
    """Titles of kinds of leaks, and where each stands in a method's row."""
    pairs = [(f"pairs: {group}", ("pairs", "groups", group)) for group in PAIRS]
    return [*pairs, ("RL set: equal", ("rl", "items")), *((kind, ("planted", kind)) for kind in row["planted"])]


def _recall(axis: Any, found: dict[str, Any], names: list[str], columns: list[tuple[str, tuple[str, ...]]]) -> None:
    shares = np.array([[_share(found[name], path) for _, path in columns] for name in names])
    axis.imshow(shares, cmap="RdYlGn", vmin=0, vmax=100, aspect="auto")
    axis.grid(False)
    axis.set_xticks(
        range(len(columns)), [title for title, _ in columns], rotation=55, ha="right", rotation_mode="anchor"
    )
    axis.set_yticks(range(len(names)), names)
    for label, name in zip(axis.get_yticklabels(), names, strict=True):
        label.set(color=CRAWL if name == OURS else REAL, weight="bold" if name == OURS else "normal")
    for (y, x), share in np.ndenumerate(shares):
        axis.text(x, y, "" if np.isnan(share) else f"{share:.0f}", ha="center", va="center", fontsize=9)


def _share(row: dict[str, Any], path: tuple[str, ...]) -> float:
    for key in path:
        row = row[key]
    return 100 * row["found"] / row["of"] if row["of"] else float("nan")


def _bars(axis: Any, names: list[str], values: list[float | None], form: str) -> None:
    """On a logarithm's scale, in the order of the map's rows; what was not measured has none."""
    for place, value in enumerate(values):
        if value is not None:
            axis.barh(place, max(value, LEAST), 0.62, left=0, color=CRAWL if names[place] == OURS else REAL)
            axis.annotate(
                form.format(value),
                (max(value, LEAST), place),
                (4, 0),
                textcoords="offset points",
                va="center",
                fontsize=10,
            )
    most = max([1.0, *(value for value in values if value is not None)])
    axis.set(xscale="log", ylim=(len(names) - 0.5, -0.5), xlim=(LEAST, 12 * most))
    axis.set_yticks([])
    axis.grid(axis="y", visible=False)
