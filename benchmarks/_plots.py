"""Figures of the benchmarks: one file of small multiples each, 1600 pixels wide, the same colours for the same side everywhere."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import _text_statistics as statistics
from benchmarks._samples import Group, Sample

WIDTH, DOTS = 16.0, 100
CRAWL, REAL, SOURCE = "#d1495b", "#1d3557", "#a9bcd0"
STYLE = {
    "font.size": 11, "axes.titlelocation": "left", "axes.titlesize": 11, "axes.labelsize": 10,
    "xtick.labelsize": 9.5, "ytick.labelsize": 9.5,
    "legend.fontsize": 11, "axes.spines.top": False, "axes.spines.right": False, "axes.grid": True, "grid.color": "#e6e6e6",
    "grid.linewidth": 0.8, "axes.axisbelow": True, "axes.edgecolor": "#888888", "figure.dpi": DOTS, "savefig.dpi": DOTS,
}  # fmt: skip


def require() -> None:
    """Exit with one line unless matplotlib is there."""
    if importlib.util.find_spec("matplotlib") is None:
        print("figures need matplotlib: pip install -c constraints.txt -e '.[plots]'", file=sys.stderr)
        sys.exit(2)


def grid(rows: int, columns: int, title: str, height: float = 3.1) -> tuple[Any, Any]:
    """A figure and its axes, drawn without a screen."""
    import matplotlib

    matplotlib.use("Agg")
    matplotlib.rcParams.update(STYLE)
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(
        rows, columns, figsize=(WIDTH, rows * height + 1.1), squeeze=False, layout="constrained"
    )
    figure.get_layout_engine().set(h_pad=0.1, w_pad=0.08)
    figure.suptitle(title, fontsize=14, x=0.01, ha="left", weight="bold")
    return figure, axes


def save(figure: Any, path: Path) -> None:
    from matplotlib import pyplot

    figure.savefig(path, metadata={"Software": None})
    pyplot.close(figure)


# ---- realism ----------------------------------------------------------------------------------------------------------------


def realism(found: dict[str, Group], result: dict[str, dict[str, Any]], out: Path) -> None:
    """`realism.png`: English groups; `realism_languages.png`: the three languages with most real text.

    A column for each group, a row for each property.
    """
    english = [name for name in found if len(name) > 2]
    others = sorted((name for name in found if len(name) == 2), key=lambda name: -found[name].real.size)[:3]
    for file, names, title in (
        ("realism.png", english, "Embedded crawl beside real English text"),
        ("realism_languages.png", others, "Embedded crawl beside real prose in other languages"),
    ):
        if names:
            figure, axes = grid(5, len(names), title)
            for column, name in enumerate(names):
                rows = result[name]["figures"]
                _growth(axes[0, column], found[name])
                _repetition(axes[1, column], rows)
                _lengths(axes[2, column], found[name])
                _compression(axes[3, column], rows)
                _confidence(axes[4, column], found[name])
                axes[0, column].text(
                    0, 1.16, name, transform=axes[0, column].transAxes, fontsize=15, weight="bold", color=REAL
                )
            _legend(figure)
            save(figure, out / file)


def _legend(figure: Any) -> None:
    from matplotlib.lines import Line2D

    handles = [
        Line2D([], [], color=CRAWL, lw=3, label="embedded crawl"),
        Line2D([], [], color=REAL, lw=3, label="real, all sources"),
        Line2D([], [], color=SOURCE, lw=3, label="real, source by source (bars: least to greatest)"),
    ]
    figure.legend(handles=handles, loc="outside upper right", ncols=3, frameon=False)


def _growth(axis: Any, group: Group) -> None:
    for sample in group.sources.values():
        _curve(axis, sample, color=SOURCE, lw=1)
    _curve(axis, group.real, color=REAL, lw=2)
    _curve(axis, group.crawl, color=CRAWL, lw=2)
    axis.set(xscale="log", yscale="log", title="vocabulary growth", xlabel="words", ylabel="different words")


def _curve(axis: Any, sample: Sample, **look: Any) -> None:
    sizes = np.unique(np.geomspace(100, max(min(sample.size, 200_000), 101), 60).astype(int))
    axis.plot(sizes, statistics.growth(sample.words, sizes.tolist()), **look)


def _repetition(axis: Any, rows: dict[str, Any]) -> None:
    at = next(key for key in rows if key.startswith("repeated 3-grams")).split(", ")[1]
    names = [f"repeated {n}-grams, {at}" for n in statistics.GRAMS] + [
        f"{n}-grams on another page, {at}" for n in (5, 8)
    ]
    _bars(axis, [rows[name] for name in names], [*map(str, statistics.GRAMS), "5*", "8*"])
    axis.set(
        title="repeated n-grams", ylabel="share", xlabel=f"n, in the first {at} (*: on another page)", ylim=(0, 1.08)
    )


def _lengths(axis: Any, group: Group) -> None:
    bins = np.geomspace(5, 20_000, 40)
    for sample, color in ((group.real, REAL), (group.crawl, CRAWL)):
        sizes = sample.page_sizes
        axis.hist(sizes, bins, weights=np.full(len(sizes), 1 / max(len(sizes), 1)), color=color, alpha=0.2)
        axis.hist(
            sizes, bins, weights=np.full(len(sizes), 1 / max(len(sizes), 1)), color=color, histtype="step", lw=1.8
        )
    axis.set(xscale="log", title="length of a page, cut at 12,000 characters", xlabel="words", ylabel="share of pages")


def _compression(axis: Any, rows: dict[str, Any]) -> None:
    starts = {"bytes per token of": "own 8k BPE,\nheld-out half", "bytes per gpt2": "gpt2", "zlib": "zlib"}
    named = {label: row for start, label in starts.items() for key, row in rows.items() if key.startswith(start)}
    named = {label: row for label, row in named.items() if row["crawl"] is not None}
    _bars(axis, [*named.values()], [*named])
    axis.margins(y=0.1)
    axis.set(title="compression: per token, or per byte of zlib", ylabel="bytes")


def _bars(axis: Any, rows: Sequence[dict[str, Any]], labels: Sequence[str]) -> None:
    """Crawl and real side by side, with the spread of the sources behind the real one."""
    places = np.arange(len(rows))
    for shift, side, color in ((-0.2, "crawl", CRAWL), (0.2, "real", REAL)):
        values = [row[side] or 0.0 for row in rows]
        axis.bar(places + shift, values, 0.36, color=color)
        for x, row in zip(places + shift, rows, strict=True):
            text = "none" if row[side] is None else f"{row[side]:.2f}"
            axis.annotate(
                text, (x, row[side] or 0.0), (0, 2), textcoords="offset points", ha="center", fontsize=8, color=color
            )
    for x, row in zip(places + 0.2, rows, strict=True):
        if row["low"] is not None:
            axis.plot([x + 0.24] * 2, [row["low"], row["high"]], color=SOURCE, lw=4, solid_capstyle="butt")
    axis.set_xticks(places, labels)
    axis.grid(axis="x", visible=False)


def _confidence(axis: Any, group: Group) -> None:
    for kind, line in (("lid.176", "-"), ("score: language", ":")):
        for sample, color in ((group.real, REAL), (group.crawl, CRAWL)):
            values = np.sort(sample.confidence[kind])
            axis.step(values, np.arange(1, len(values) + 1) / len(values), color=color, ls=line, lw=1.8, where="post")
    axis.axvline(0.65, color="#888888", lw=1)
    axis.set(
        xlim=(0, 1),
        ylim=(0, 1),
        title="language id: lid.176 (line), ours (dots)",
        xlabel="score of the right language",
    )
    axis.set_ylabel("share of pages below")


# ---- growth -----------------------------------------------------------------------------------------------------------------


def growth(crawl: list[dict[str, Any]], build: list[dict[str, Any]], recipe: str | None, path: Path) -> None:
    """A panel for each cost of the crawl against its pages, and below them of a build."""
    figure, axes = grid(3 if build else 2, 3, "Growth of the embedded crawl")
    panels = {"pages_per_second": "pages per second", "mb": "MB of pages, compressed", "peak_mb": "peak memory, MB",
              "files": "files", "truth_mb": "MB of truth"}  # fmt: skip
    for axis, (key, title) in zip(axes.flat, panels.items(), strict=False):
        _line(axis, crawl, key, title, CRAWL)
    _duplicates(axes[1, 2], crawl)
    if build:
        panels = {"seconds": "seconds", "peak_mb": "peak memory, MB", "store_mb": "MB of store"}
        for axis, (key, title) in zip(axes[2], panels.items(), strict=True):
            _line(axis, build, key, f"curate build {recipe}: {title}", REAL)
    save(figure, path)


def _duplicates(axis: Any, rows: list[dict[str, Any]]) -> None:
    lines = {
        "equal_planted": (REAL, "-"),
        "equal_chance": (REAL, ":"),
        "near_planted": (CRAWL, "-"),
        "near_chance": (CRAWL, ":"),
    }
    for key, (color, line) in lines.items():
        values = [100 * row[key] for row in rows]
        axis.plot(
            [row["pages"] for row in rows], values, color=color, ls=line, marker="o", label=key.replace("_", ", ")
        )
    _pages(axis, rows)
    axis.set(title="pages equal or near to an earlier one, %", ylim=(0, 1.5 * max(axis.get_ylim()[1], 0.1)))
    axis.legend(frameon=False, fontsize=9.5, ncols=2, loc="upper left")


def _line(axis: Any, rows: list[dict[str, Any]], key: str, title: str, color: str) -> None:
    pages, values = [row["pages"] for row in rows], [row[key] for row in rows]
    axis.plot(pages, values, color=color, marker="o", lw=2)
    for x, y in zip(pages, values, strict=True):
        text = f"{y:,.0f}" if y >= 10 or y == int(y) else f"{y:.1f}"
        axis.annotate(text, (x, y), (0, 7), textcoords="offset points", ha="center", fontsize=9.5)
    steep = max(values) > 20 * max(min(values), 1e-9)
    axis.margins(x=0.12, y=0.2)
    axis.set(yscale="log" if steep else "linear", title=title)
    if not steep:
        axis.set_ylim(0, max(values) * 1.25)
        axis.yaxis.set_major_formatter("{x:,.4g}" if max(values) < 1000 else "{x:,.0f}")
    _pages(axis, rows)


def _pages(axis: Any, rows: list[dict[str, Any]]) -> None:
    """Sizes measured as the only marks below."""
    from matplotlib.ticker import NullLocator

    axis.set(xscale="log", xlabel="pages")
    axis.set_xticks([row["pages"] for row in rows], [f"{row['pages']:,}" for row in rows])
    axis.xaxis.set_minor_locator(NullLocator())


# ---- graders ----------------------------------------------------------------------------------------------------------------

MISTAKES = {"false_positives": ("false positives", CRAWL), "false_negatives": ("false negatives", REAL),
            "undecided": ("undecided", SOURCE)}  # fmt: skip


def graders(result: dict[str, Any], path: Path) -> None:
    """A panel for each group of cases, a stacked bar of mistakes for each grader, its agreement beside the bar."""
    groups, names = result["groups"], result["graders"]
    figure, axes = grid(-(-len(groups) // 3), 3, "Mistakes of graders, % of cases", height=0.45 * len(names) + 1.4)
    for axis, (group, row) in zip(axes.flat, groups.items(), strict=False):
        _mistakes(axis, row, names)
        total = row[names[0]]["cases"]
        axis.set_title(f"{group.replace('_', ' ')}: {total:,} cases, {result['right'][group]:,} right", color=REAL)
    for axis in axes.flat[len(groups) :]:
        axis.axis("off")
    figure.legend(
        handles=axes.flat[0].get_legend_handles_labels()[0], loc="outside upper right", ncols=3, frameon=False
    )
    save(figure, path)


def _mistakes(axis: Any, row: dict[str, Any], names: Sequence[str]) -> None:
    places, left = np.arange(len(names))[::-1], np.zeros(len(names))
    for key, (label, color) in MISTAKES.items():
        share = np.array([100 * row[name][key] / row[name]["cases"] for name in names])
        axis.barh(places, share, 0.62, left=left, color=color, label=label)
        left += share
    for place, name, end in zip(places, names, left, strict=True):
        text = f"{row[name]['agreement']:.2f} % agree, {row[name]['false_positives']:,} FP"
        axis.annotate(text, (end, place), (5, 0), textcoords="offset points", va="center", fontsize=9.5)
    axis.set_yticks(places, names)
    axis.set_xlim(0, max(1.75 * left.max(), 0.5))
    axis.grid(axis="y", visible=False)
