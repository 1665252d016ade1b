"""Pictures of how good a classifier is: ranking, thresholds, calibration, groups; drawn from the answer of `Curated.assess` alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from curate.canvas import GREY, canvas, plain, save, shown

Answer = Mapping[str, Any]
MOST = 24
"""Groups in a picture; those that are most often wrong."""


def draw(found: Answer, folder: Path) -> dict[str, str]:
    """Write the pictures; name of each file -> what it shows."""
    drawn: dict[str, tuple[str, Callable[[Any, Answer], None], float]] = {
        "precision_recall.png": ("precision and recall", _ranking, 5.5),
        "thresholds.png": ("what each threshold comes to", _thresholds, 5.5),
        "calibration.png": ("is a score a probability?", _calibration, 6.5),
        "groups.png": (f"where it is wrong, by {found['by'] or 'group'}", _groups, 1.8 + 0.24 * _lines(found)),
    }
    for name, (title, panel, height) in drawn.items():
        figure = canvas(height, f"{shown(found['model'])}: {title}", 10)
        panel(figure, found)
        save(figure, folder / name)
    return {name: title for name, (title, _, _) in drawn.items()}


def _ranking(figure: Any, found: Answer) -> None:
    axis = figure.subplots()
    precision, recall = [1.0, *(p for _, p, _ in found["curve"])], [0.0, *(r for _, _, r in found["curve"])]
    low = max(0.0, min([0.75, *precision, *(row["precision"] or 1 for row in found.get("by_fold", ()))]) - 0.02)
    for f1 in (0.7, 0.8, 0.9, 0.95):
        at = [n / 200 for n in range(1, 201) if f1 / 2 < n / 200 and low <= f1 * n / 200 / (2 * n / 200 - f1) <= 1]
        axis.plot(at, [f1 * r / (2 * r - f1) for r in at], color="#cccccc", lw=1, ls="--", zorder=1)
        end = (at[-1], f1 * at[-1] / (2 * at[-1] - f1))
        axis.annotate(f" F1 {f1:g}", end, color=GREY, fontsize=8, ha="left", va="center")
    axis.plot(recall, precision, color="C0", lw=2, drawstyle="steps-pre", label="left-out documents together")
    for row in found.get("by_fold", ()):
        if row["precision"] is not None and row["recall"] is not None:
            axis.plot(row["recall"], row["precision"], "o", color="C0", alpha=0.5, ms=6, mew=0)
            axis.annotate(f" {row['fold']}", (row["recall"], row["precision"]), fontsize=8, color="C0")
    if found.get("by_fold"):
        axis.plot([], [], "o", color="C0", alpha=0.5, mew=0, label="each fold at the threshold")
    at, whole = found["threshold"], found["all"]
    if whole["precision"] is not None and whole["recall"] is not None:
        mark = f"at {at:.4g}: precision {whole['precision']:.3f}, recall {whole['recall']:.3f}, F1 {whole['f1']:.3f}"
        axis.plot(whole["recall"], whole["precision"], "D", color="C3", ms=8, label=mark)
    axis.set(xlabel="recall", ylabel="precision", xlim=(0, 1.06), ylim=(low, 1.005 if low > 0.9 else 1.02))
    axis.legend(frameon=False, loc="lower left")
    plain(axis)


def _thresholds(figure: Any, found: Answer) -> None:
    axis = figure.subplots()
    rows = found["sweep"]
    for number, (key, label) in enumerate((("precision", "precision"), ("recall", "recall"), ("f1", "F1"))):
        points = [(row["threshold"], row[key]) for row in rows if row[key] is not None]
        axis.plot(*zip(*points, strict=True), color=f"C{number}", lw=2, marker="o", ms=3, label=label)
    axis.plot(
        [r["threshold"] for r in rows], [r["kept"] for r in rows], color=GREY, lw=1.5, ls="--", label="share kept"
    )
    axis.axvline(found["threshold"], color="C3", lw=1.5, label=f"threshold {found['threshold']:.4g}")
    axis.set(xlabel="threshold", xlim=(0, 1), ylim=(0, 1.02))
    axis.legend(frameon=False, loc="lower left", ncols=5, bbox_to_anchor=(0, 1))
    plain(axis)


def _calibration(figure: Any, found: Answer) -> None:
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
    bins = [one for one in found["calibration"] if one["documents"]]
    whole = found["all"]
    upper.plot([0, 1], [0, 1], color=GREY, ls="--", lw=1, label="a score that is the share")
    x, y = [one["score"] for one in bins], [one["share"] for one in bins]
    ends = [
        [s - one["interval"][0] for s, one in zip(y, bins, strict=True)],
        [one["interval"][1] - s for s, one in zip(y, bins, strict=True)],
    ]
    error = [[max(0.0, e) for e in side] for side in ends]
    upper.errorbar(
        x, y, error, color="C0", marker="o", lw=2, elinewidth=1, capsize=3, label="documents, with 95 % intervals"
    )
    upper.set(ylabel="share that is positive", ylim=(-0.02, 1.02))
    upper.set_title(
        f"Brier score {whole['brier']:.4f}, expected calibration error {whole['ece']:.4f}", fontsize=10, loc="left"
    )
    upper.legend(frameon=False, loc="upper left")
    lower.bar([(b["low"] + b["high"]) / 2 for b in bins], [b["documents"] for b in bins], width=0.09, color="C0")
    lower.set(xlabel="score", ylabel="documents", xlim=(0, 1), yscale="log")
    for axis in (upper, lower):
        axis.axvline(found["threshold"], color="C3", lw=1.5)
        plain(axis)


def _lines(found: Answer) -> int:
    return max(len(found["by_group"][:MOST]), len(found.get("by_fold", ())), 4)


def _groups(figure: Any, found: Answer) -> None:
    folds = found.get("by_fold", ())
    axes = figure.subplots(1, 2, width_ratios=(2, 3)) if folds else [None, figure.subplots()]
    if folds:
        names = [f"fold {row['fold']}" for row in folds]
        axes[0].barh(names, [row["f1"] or 0 for row in folds], color="C0")
        for place, row in enumerate(folds):
            said = "no positives" if row["f1"] is None else f"{row['f1']:.3f}"
            axes[0].annotate(said, (0.03, place), va="center", color="white" if row["f1"] else GREY)
        title = "F1 of each fold" + (f"; mean {found['mean_f1']:.3f}" if found["mean_f1"] is not None else "")
        axes[0].set(title=title, xlim=(0, 1), ylim=(len(folds) - 0.4, -0.6))
        axes[0].axvline(found["mean_f1"] or 0, color="black", lw=1, ls="--")
    rows = found["by_group"][:MOST]
    for place, row in enumerate(rows):
        color = "C0" if 2 * row["positive"] > row["documents"] else "C1"
        low, high = row["interval"]
        axes[1].plot([low, high], [place, place], color=color, lw=1.5)
        axes[1].plot(row["right"], place, "o", color=color, ms=6)
        wrong = row["false_positive"] + row["false_negative"]
        axes[1].annotate(
            f" {wrong:,} of {row['documents']:,}",
            (1.0, place),
            xycoords=("axes fraction", "data"),
            va="center",
            fontsize=8,
            color=GREY,
        )
    axes[1].plot([], [], "o-", color="C0", label="mostly positive")
    axes[1].plot([], [], "o-", color="C1", label="mostly negative")
    axes[1].set_yticks(range(len(rows)), [shown(row["group"])[:40] for row in rows])
    axes[1].set(title="share that is right; wrong documents", ylim=(len(rows) - 0.4, -0.6), xlim=(None, 1.005))
    axes[1].legend(frameon=False, loc="lower left", fontsize=8)
    for axis in axes:
        if axis is not None:
            plain(axis)
