"""The figure of `benchmarks.tokens`: how fast, how many documents are cut, how far a prefix is from its weights."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from benchmarks._plots import CRAWL, REAL, SOURCE, grid, save


def draw(found: dict[str, Any], path: Path) -> None:
    """Three panels side by side; ours in red, others in blue."""
    figure, axes = grid(1, 3, "Text to windows of token ids", height=4.4)
    _rates(axes[0, 0], found["tokenizers"])
    _cuts(axes[0, 1], found["packing"])
    _prefixes(axes[0, 2], found["prefixes"])
    save(figure, path)


def _rates(axis: Any, tokenizers: dict[str, list[dict[str, Any]]]) -> None:
    labels, rates, colours = [], [], []
    for name, rows in tokenizers.items():
        for row in rows:
            labels.append(f"{row['name'].replace('_', ' ')}, {name}")
            rates.append(row["mb_per_cpu_second"])
            colours.append(CRAWL if row["name"].endswith("ours") else REAL)
    axis.barh(labels[::-1], rates[::-1], color=colours[::-1])
    axis.set_title("MB of text per CPU second")
    axis.grid(axis="y", visible=False)
    for place, rate in enumerate(rates[::-1]):
        axis.text(rate, place, f" {rate:.1f}", va="center", fontsize=9)


def _cuts(axis: Any, rows: list[dict[str, Any]]) -> None:
    for pack, colour in (("best_fit", CRAWL), ("concat_and_chunk", REAL)):
        some = [row for row in rows if row["pack"] == pack]
        sizes = [row["seq_len"] for row in some]
        axis.plot(sizes, [100 * row["cut"] for row in some], color=colour, marker="o", label=pack.replace("_", " "))
    axis.set_xscale("log", base=2)
    axis.set_xticks(sizes, [f"{size:,}" for size in sizes])
    axis.set_xlabel("places in a window")
    axis.set_title("Documents cut, per cent")
    axis.legend(frameon=False)


def _prefixes(axis: Any, errors: dict[str, list[float]]) -> None:
    for name, colour in (("sampled", REAL), ("interleaved", CRAWL)):
        axis.plot(range(1, len(errors[name]) + 1), errors[name], color=colour, label=name, linewidth=2)
    axis.axhline(1, color=SOURCE, linestyle="--", linewidth=1)
    axis.set_yscale("log")
    axis.set_ylim(0.05)
    axis.set_xlabel("windows from the start")
    axis.set_title("Windows by which a source has missed its weight so far")
    axis.legend(frameon=False)
