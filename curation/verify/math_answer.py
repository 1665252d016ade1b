"""Whether a worked answer comes out right, against the column `gold`."""

from __future__ import annotations

import polars as pl

from curate.step import score
from curation._grader import grader

SCHEMA = {"math_answer": pl.Boolean, "math_answer_reason": pl.String}


@score(reads=["gold"], uses=["math-verify", "latex2sympy2-extended", "sympy"])
def math_answer(docs: pl.DataFrame) -> pl.DataFrame:
    """Columns `math_answer` (true, false, or null where it cannot be told) and `math_answer_reason`. See `eval/grading.py`."""
    verdicts = grader().map(zip(docs["text"].fill_null(""), docs["gold"].cast(pl.String), strict=True))
    return pl.DataFrame([(v.value, v.reason) for v in verdicts], schema=SCHEMA, orient="row")
