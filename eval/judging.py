"""Replies to the items of a benchmark, judged: a row for each draw of each item.

`verdict` is one of `VERDICTS`, and nothing leaves the denominator. Few-shot, a reply that was cut off at `max_tokens` is graded like any
other, as the published harnesses do, its last number included. The other modes ask for a box, and there a reply that was cut off before it
said an answer is not right, whatever number it was at. A cut-off reply that is not right counts as `truncated`. `no answer` is a reply in
which no final answer was found, or no reply at all because the model had nothing to say; `failed` one that a server refused or filtered;
`undecided` one that the grader cannot judge, by its limits or because a side cannot be read.

This file and what it imports are the code of a result (`code`), so statistics and tables may change without grading again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from curate.code import code_digest
from curate.models.base import Reply
from curate.schema import Schema
from eval._extract import stated
from eval.grading import Grader, Verdict
from eval.prompting import Mode, to_grade
from eval.specs import Spec

VERDICTS = ("right", "wrong", "undecided", "no answer", "truncated", "failed")
USES = ("antlr4-python3-runtime", "latex2sympy2-extended", "math-verify", "sympy")
"""Distributions whose version can change a verdict."""
SCHEMA: Schema = {
    "benchmark": pl.String(),
    "id": pl.String(),
    "sample": pl.UInt32(),
    "prompt_sha256": pl.String(),
    "problem": pl.String(),
    "gold": pl.List(pl.String()),
    "reply": pl.String(),
    "finish": pl.String(),
    "prompt_tokens": pl.UInt32(),
    "completion_tokens": pl.UInt32(),
    "answer": pl.String(),
    "verdict": pl.String(),
    "reason": pl.String(),
}
"""Columns of what is kept of an evaluation."""


@dataclass(frozen=True)
class Draw:
    """One draw of one item: a row of `eval.items.items`, its prompt, and what came back."""

    item: dict[str, Any]
    prompt: str
    sample: int
    reply: Reply


def code() -> dict[str, Any]:
    """What judging is, field by field: digests of the modules, and versions of the libraries (`curate.code.code_digest`)."""
    return code_digest(Path(__file__), __name__, uses=USES)


def judge(spec: Spec, mode: Mode, draws: Sequence[Draw], grader: Grader) -> pl.DataFrame:
    """A row of `SCHEMA` for each draw, in their order."""
    asked = [draw for draw in draws if _is_text(draw.reply)]
    told = iter(grader.map([to_grade(spec, mode, draw.item, draw.reply.text) for draw in asked]))
    rows = [_row(spec.name, mode, draw, next(told) if _is_text(draw.reply) else None) for draw in draws]
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def _is_text(reply: Reply) -> bool:
    """Whether there is something to grade."""
    return reply.finish in ("stop", "length")


def _row(benchmark: str, mode: Mode, draw: Draw, told: Verdict | None) -> tuple[Any, ...]:
    reply = draw.reply
    verdict, reason = _verdict(mode, reply, told)
    return (
        benchmark,
        draw.item["id"],
        draw.sample,
        hashlib.sha256(draw.prompt.encode()).hexdigest(),
        draw.item["problem"],
        [*draw.item["gold"]],
        reply.text,
        reply.finish,
        reply.prompt_tokens,
        reply.completion_tokens,
        told.answer if told else None,
        verdict,
        reason,
    )


def _verdict(mode: Mode, reply: Reply, told: Verdict | None) -> tuple[str, str]:
    if told is None:
        if reply.finish == "abstain":
            return "no answer", "the model had nothing to say"
        return "failed", reply.error or f"the reply was {reply.finish}"
    if told.value and reply.finish == "length" and mode != "few-shot" and not stated(reply.text):
        return "truncated", "cut off before an answer was said"
    if told.value:
        return "right", told.reason
    if reply.finish == "length":
        return "truncated", told.reason
    if told.value is None:
        return "undecided", told.reason
    return ("no answer" if told.answer is None else "wrong"), told.reason
