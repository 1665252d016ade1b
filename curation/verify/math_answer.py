"""Whether a worked answer comes out right, against the column `gold`."""

from __future__ import annotations

import polars as pl

from curate.step import score
from eval.grading import Verdict, grade

SCHEMA = {"math_answer": pl.Boolean, "math_answer_reason": pl.String}


@score(reads=["gold"], uses=["math-verify", "latex2sympy2-extended", "sympy"])
def math_answer(docs: pl.DataFrame) -> pl.DataFrame:
    """Columns `math_answer` (true, false, or null where it cannot be told) and `math_answer_reason`. See `eval/grading.py`."""
    pairs = zip(docs["text"], docs["gold"].cast(pl.String), strict=True)
    verdicts = [grade(text, gold) if gold else Verdict(None, "no gold answer") for text, gold in pairs]
    return pl.DataFrame([(v.value, v.reason) for v in verdicts], schema=SCHEMA, orient="row")
