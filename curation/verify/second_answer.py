"""Whether another model, which sees only the question, comes to the same final answer: what makes two models worth more than one.

A model that refined an answer cannot vouch for it, and where the page gives no answer nobody else does. Another one that solves the
question by itself can: two that err do not often err alike. It abstains (null) where no reply ends in one box, or `eval.grading` cannot
tell; it drops nothing by itself (`keep: {agreed: "coalesce(second_answer, true)"}` drops what is contradicted alone). Left out: which of
two models is right, and votes of many draws, which `verify: agreement` counts.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import polars as pl
from pydantic import Field

from curate.step import score
from curation._grader import grader
from curation.synth._chains import questions
from eval.grading import extract

PROMPT = Path(__file__).with_name("prompts") / "second_answer.txt"
SCHEMA = {"second_answer": pl.Boolean, "second_answer_given": pl.String, "second_answer_reason": pl.String}
MAX_GIVEN = 200
"""Characters of an answer; longer ones are none."""


def prompts(docs: pl.DataFrame, *, max_bytes: Annotated[int, Field(ge=1)] = 4_000) -> pl.Series:
    """One prompt for each question with a known answer. max_bytes: longer questions are not asked."""
    return questions(docs, PROMPT.read_text("utf-8"), max_bytes)


@score(
    asks=prompts,
    reads=["question", "gold"],
    files=["prompts/second_answer.txt"],
    uses=["math-verify", "latex2sympy2-extended", "sympy"],
)
def second_answer(docs: pl.DataFrame) -> pl.DataFrame:
    """Columns `second_answer` (true, false, or null where it cannot be told), `second_answer_given` (what the other model boxes, null if
    nothing or several things) and `second_answer_reason` (the grader's, `no answer`, or `not asked`).

    Of several draws the first one with an answer counts."""
    rows = list(docs.select("gold", "replies").iter_rows())
    given = [
        next((found for reply in replies or () if reply and (found := _boxed(reply))), None) for _, replies in rows
    ]
    asked = [i for i, found in enumerate(given) if found]
    verdicts = grader().map([(f"\\boxed{{{given[i]}}}", rows[i][0]) for i in asked]) if asked else []
    told = {i: (verdict.value, given[i], verdict.reason) for i, verdict in zip(asked, verdicts, strict=True)}
    made = [
        told.get(i, (None, None, "no answer" if replies is not None else "not asked"))
        for i, (_, replies) in enumerate(rows)
    ]
    return pl.DataFrame(made, schema=SCHEMA, orient="row")


def _boxed(reply: str) -> str | None:
    found = extract(reply, strict=True)
    return found if found and len(found) <= MAX_GIVEN else None
