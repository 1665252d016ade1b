"""Whether the sums that a text writes down come out right."""

from __future__ import annotations

import polars as pl

from curate.step import score
from curation.verify._equations import equations

MAX_REASON = 100
SCHEMA = {
    "arithmetic": pl.Boolean,
    "arithmetic_checked": pl.UInt32,
    "arithmetic_wrong": pl.UInt32,
    "arithmetic_reason": pl.String,
}


@score
def arithmetic(docs: pl.DataFrame) -> pl.DataFrame:
    """x."""
    return pl.DataFrame([_judged(text or "") for text in docs["text"]], schema=SCHEMA, orient="row")


def _judged(text: str) -> tuple[bool | None, int, int, str]:
    found = list(equations(text))
    wrong = [written for written, holds in found if not holds]
    if wrong:
        return False, len(found), len(wrong), wrong[0][:MAX_REASON]
    return (True if found else None), len(found), 0, "all hold" if found else "no equation to check"
