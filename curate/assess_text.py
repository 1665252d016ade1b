"""What an assessment says in words and tables, the same on a terminal and on a page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

FIGURES = {
    "precision": "precision",
    "recall": "recall",
    "f1": "F1",
    "auc": "AUC",
    "average_precision": "average precision",
    "brier": "Brier score",
    "ece": "calibration error",
}
"""What figures are called."""


def sentences(found: Mapping[str, Any]) -> list[str]:
    """What was done, and the figures of all documents."""
    whole = found["all"]
    said = [_how(found), f"{whole['documents']:,} documents were judged; {whole['positive']:,} are positive."]
    said.append(f"Threshold {found['threshold']:.4g} ({found['threshold_of']}).")
    if found.get("mean_f1") is not None:
        ends = found["mean_f1_interval"]
        span = f" (95 % interval {ends[0]:.4f} to {min(1.0, ends[1]):.4f})" if ends else ""
        said.append(f"Mean F1 of the folds: {figure(found['mean_f1'])}{span}.")
    said.append("All together: " + ", ".join(f"{name} {figure(whole[key])}" for key, name in FIGURES.items()) + ".")
    if whole["unscored"]:
        said.append(f"{whole['unscored']:,} have no score and count as 0.")
    return said


def _how(found: Mapping[str, Any]) -> str:
    where = f" where {found['where']}" if found["where"] else ""
    if "folds" in found:
        times = f"Trained {found['folds']} times without some groups by {found['by']} (seed {found['seed']})"
        always = found["always_learnt_from"]
        rest = f" {always:,} documents have no {found['by']} and are always learnt from." if always else ""
        return f"{times}, judged on the documents of these{where}.{rest}"
    return f"The built model, judged on {found['against']}{where}; positive is {found['label']}."


def figure(value: float | None) -> str:
    """A share for people."""
    return "-" if value is None else f"{value:.4f}"


def fold_table(found: Mapping[str, Any]) -> tuple[list[str], list[list[str]]]:
    """A line for each fold."""
    headers = ["fold", "learnt", "judged", "positive", "precision", "recall", "F1", "AUC", "left out"]
    rows = [
        [
            *(f"{row[key]:,}" for key in ("fold", "learnt", "documents", "positive")),
            *(figure(row[key]) for key in ("precision", "recall", "f1", "auc")),
            ", ".join(row["groups"]),
        ]
        for row in found["by_fold"]
    ]
    return headers, rows


def group_table(found: Mapping[str, Any]) -> tuple[list[str], list[list[str]]]:
    """A line for each group, the worst first."""
    headers = ["group", "documents", "positive", "wrongly kept", "wrongly dropped", "right", "95 % interval"]
    rows = [
        [
            row["group"],
            *(f"{row[key]:,}" for key in ("documents", "positive", "false_positive", "false_negative")),
            figure(row["right"]),
            " to ".join(f"{end:.3f}" for end in row["interval"]),
        ]
        for row in found["by_group"]
    ]
    return headers, rows


def wrong_table(found: Mapping[str, Any]) -> tuple[list[str], list[list[str]]]:
    """A line for each wrong document that is shown."""
    rows = [
        [
            "kept" if not row["label"] else "dropped",
            figure(row["score"]),
            row["group"],
            row["corpus"],
            row["url"] or row["id"],
        ]
        for row in found["wrong"]
    ]
    return ["wrongly", "score", "group", "corpus", "document"], rows


def sweep_table(found: Mapping[str, Any]) -> tuple[list[str], list[list[str]]]:
    """A line for each threshold."""
    rows = [
        [f"{row['threshold']:.4g}", *(figure(row[key]) for key in ("precision", "recall", "f1", "kept"))]
        for row in found["sweep"]
    ]
    return ["threshold", "precision", "recall", "F1", "kept"], rows
