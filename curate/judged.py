"""How good scores are against labels: precision, recall, ranking and calibration, from two arrays.

`label` is Boolean, `score` a probability in [0, 1]; a document is kept from the threshold on. What is undefined, such as the precision of
nothing, is None. Ranking figures count ties as halves (AUC, Mann and Whitney 1947) or as one step (average precision), so no order of the
documents matters. Written here, because it is all that we would want of scikit-learn.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from curate import intervals

Labels = NDArray[np.bool_]
Scores = NDArray[np.float64]
DIGITS = 6
"""Of every figure: more would be noise, and would depend on how sums are cut."""
BINS = 10
POINTS = 400
"""Of a curve at most; more cannot be seen."""
THRESHOLDS = (0.01, 0.02, *(round(n / 20, 2) for n in range(1, 20)), 0.98, 0.99)


def figures(label: Labels, score: Scores, threshold: float) -> dict[str, Any]:
    """Counts, `precision`, `recall` and `f1` at a threshold, and what needs none: `auc`, `average_precision`, `brier` and `ece`."""
    at = cut(label, score, threshold)
    return {
        "documents": int(label.size),
        "positive": int(label.sum()),
        **at,
        "auc": _rounded(auc(label, score)),
        "average_precision": _rounded(average_precision(label, score)),
        "brier": _rounded(float(np.mean((score - label) ** 2)) if label.size else None),
        "ece": _rounded(calibration_error(reliability(label, score))),
    }


def cut(label: Labels, score: Scores, threshold: float) -> dict[str, Any]:
    """What keeping from a threshold on comes to: `kept` (share), `precision`, `recall`, `f1`, `false_positive`, `false_negative`."""
    kept = score >= threshold
    right, said, true = int((kept & label).sum()), int(kept.sum()), int(label.sum())
    return {
        "kept": _rounded(said / label.size) if label.size else None,
        "precision": _rounded(right / said) if said else None,
        "recall": _rounded(right / true) if true else None,
        "f1": _rounded(2 * right / (said + true)) if said + true else None,
        "false_positive": said - right,
        "false_negative": true - right,
    }


def sweep(label: Labels, score: Scores, chosen: float) -> list[dict[str, Any]]:
    """`cut` at each of many thresholds and at the chosen one, ascending."""
    return [{"threshold": t, **cut(label, score, t)} for t in sorted({*THRESHOLDS, chosen})]


def _ranking(label: Labels, score: Scores) -> tuple[Scores, NDArray[np.int64], NDArray[np.int64]]:
    """Distinct scores, best first, and of the documents from each on: how many are positive, how many there are."""
    values, place = np.unique(-score, return_inverse=True)
    right = np.cumsum(np.bincount(place[label], minlength=values.size))
    return -values, right, np.cumsum(np.bincount(place, minlength=values.size))


def curve(label: Labels, score: Scores) -> list[tuple[float, float, float]]:
    """Threshold, precision and recall from the highest score down, thinned to `POINTS`; nothing without positives."""
    if not label.any():
        return []
    values, right, said = _ranking(label, score)
    places = np.unique(np.linspace(0, values.size - 1, min(POINTS, values.size)).round().astype(np.int64))
    rows = zip(values[places], right[places] / said[places], right[places] / label.sum(), strict=True)
    return [(round(float(t), DIGITS), round(float(p), DIGITS), round(float(r), DIGITS)) for t, p, r in rows]


def average_precision(label: Labels, score: Scores) -> float | None:
    """Precision, averaged over the positives that each lower threshold adds; None without positives."""
    if not label.any():
        return None
    _, right, said = _ranking(label, score)
    return float(np.sum(np.diff(right, prepend=0) / label.sum() * (right / said)))


def auc(label: Labels, score: Scores) -> float | None:
    """The chance that a positive scores above a negative, a tie being half; None where one of them is missing."""
    positive = int(label.sum())
    negative = label.size - positive
    if not (positive and negative):
        return None
    _, right, said = _ranking(label, score)
    here, wrong = np.diff(right, prepend=0), np.diff(said - right, prepend=0)
    below = negative - (said - right)
    return float(np.sum(here * (below + wrong / 2)) / (positive * negative))


def reliability(label: Labels, score: Scores) -> list[dict[str, Any]]:
    """Equal bins of the score: `low`, `high`, `documents`, their mean `score` and the `share` that is positive, None in an empty bin."""
    place = np.minimum((score * BINS).astype(np.int64), BINS - 1)
    count = np.bincount(place, minlength=BINS)
    said, true = (np.bincount(place, weights=of, minlength=BINS) for of in (score, label.astype(np.float64)))
    return [
        {
            "low": n / BINS,
            "high": (n + 1) / BINS,
            "documents": int(count[n]),
            "score": _rounded(float(said[n] / count[n])) if count[n] else None,
            "share": _rounded(float(true[n] / count[n])) if count[n] else None,
            "interval": wilson(int(true[n]), int(count[n])),
        }
        for n in range(BINS)
    ]


def calibration_error(bins: Sequence[dict[str, Any]]) -> float | None:
    """Expected calibration error: how far score and share are apart, averaged over documents (Naeini et al. 2015); None of nothing."""
    total = sum(one["documents"] for one in bins)
    parts = [one["documents"] * abs(one["score"] - one["share"]) for one in bins if one["documents"]]
    return math.fsum(parts) / total if total else None


def wilson(count: int, of: int) -> tuple[float, float] | None:
    """95 % interval of a share (`curate.intervals.wilson`), rounded; None of nothing."""
    ends = intervals.wilson(count, of)
    return ends and (round(ends[0], DIGITS), round(ends[1], DIGITS))


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, DIGITS)
