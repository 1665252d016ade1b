"""Scores of documents, gathered as they are judged, and what they come to: figures, groups, the worst of the wrong ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import polars as pl

from curate.errors import CurateError
from curate.judged import curve, figures, reliability, sweep, wilson

WORST = 5
"""Wrong documents to show, of each fold and either kind,"""
OF_A_GROUP = 2
"""and at most so many of one group."""


@dataclass
class Judged:
    """Scores of documents, with their labels, the number of their group and their fold; and the worst of them."""

    label: list[np.ndarray] = field(default_factory=list)
    score: list[np.ndarray] = field(default_factory=list)
    group: list[np.ndarray] = field(default_factory=list)
    fold: list[np.ndarray] = field(default_factory=list)
    unscored: int = 0
    worst: list[pl.DataFrame] = field(default_factory=list)

    def add(self, docs: pl.DataFrame, score: pl.Series, fold: int, threshold: float) -> None:
        """Take in documents with `label` (Boolean), `place` (number of the group), `corpus`, `id` and `url`."""
        self.unscored += score.null_count()
        docs = docs.with_columns(score.fill_null(0.0).clip(0, 1).alias("score"))
        for held, column in ((self.label, "label"), (self.score, "score"), (self.group, "place")):
            held.append(docs[column].to_numpy())
        self.fold.append(np.full(docs.height, fold))
        wrong = docs.filter((pl.col("score") >= threshold) != pl.col("label")).select(
            "corpus", "id", "url", "place", "label", "score", fold=pl.lit(fold), off=(pl.col("score") - threshold).abs()
        )
        order, down = ("off", "corpus", "id"), [True, False, False]
        every = pl.concat([*self.worst, wrong]).sort(*order, descending=down)
        few = (
            every.group_by("fold", "label", "place", maintain_order=True).head(OF_A_GROUP).sort(*order, descending=down)
        )
        self.worst = [few.group_by("fold", "label", maintain_order=True).head(WORST).select(wrong.columns)]

    def arrays(self) -> tuple[Any, Any, Any, Any]:
        """label, score, group, fold. CurateError where no document was judged."""
        if not any(map(len, self.label)):
            raise nothing_to_judge()
        return (
            np.concatenate(self.label).astype(bool),
            np.concatenate(self.score).astype(float),
            np.concatenate(self.group).astype(np.int64),
            np.concatenate(self.fold),
        )


def nothing_to_judge() -> CurateError:
    """The error to raise where no document is left."""
    return CurateError("no document has a label and passes the clause; there is nothing to judge")


def summary(judged: Judged, groups: Sequence[str], threshold: float) -> dict[str, Any]:
    """Figures of all documents together, by group, and the wrong ones."""
    label, score, group, _ = judged.arrays()
    worst = judged.worst[0].with_columns(
        pl.col("place").replace_strict(range(len(groups)), groups, return_dtype=pl.String).alias("group")
    )
    worst = worst.sort("off", "corpus", "id", descending=[True, False, False])
    return {
        "all": {**figures(label, score, threshold), "unscored": judged.unscored},
        "by_group": by_group(label, score, group, groups, threshold),
        "wrong": worst.select("corpus", "id", "url", "group", "label", pl.col("score").round(6)).to_dicts(),
        "sweep": sweep(label, score, threshold),
        "calibration": reliability(label, score),
        "curve": curve(label, score),
    }


def by_fold(judged: Judged, groups: Sequence[str], learnt: Sequence[int], threshold: float) -> list[dict[str, Any]]:
    """Each fold: the groups that were left out, how many documents there were to learn from, and figures."""
    label, score, group, part = judged.arrays()
    return [
        {
            "fold": fold + 1,
            "groups": sorted(groups[n] for n in np.unique(group[part == fold])),
            "learnt": count,
            **figures(label[part == fold], score[part == fold], threshold),
        }
        for fold, count in enumerate(learnt)
    ]


def by_group(label: Any, score: Any, group: Any, groups: Sequence[str], threshold: float) -> list[dict[str, Any]]:
    """Each group: documents, positive, wrong ones of either kind, the share that is right with its interval; most wrong first."""
    said = score >= threshold
    every, positive, kept, dropped = (
        np.bincount(group[some], minlength=len(groups)).tolist()
        for some in (np.full(group.size, True), label, said & ~label, ~said & label)
    )
    rows = [
        {
            "group": groups[n],
            "documents": count,
            "positive": positive[n],
            "false_positive": kept[n],
            "false_negative": dropped[n],
            "right": round(1 - (kept[n] + dropped[n]) / count, 6),
            "interval": wilson(count - kept[n] - dropped[n], count),
        }
        for n, count in enumerate(every)
        if count
    ]
    return sorted(rows, key=lambda row: (-row["false_positive"] - row["false_negative"], row["group"]))
