"""Short worked solutions for questions with a known answer: what OctoThinker's short branch is fed (MegaMath-QA's form).

A document is `Question: ...`, a line break, and `Answer: ...` with a few steps and the final answer in a box. A reply that thinks aloud in
tags is not short, and `broken`. Whether a solution ends at the right answer is not judged here: solutions are made once, and
`verify: math_answer` judges them, as often as its rules change. Left out: a refinement round.
"""

from __future__ import annotations

from pathlib import Path

import polars as pl

from curate.step import expand
from curation._reply import last_boxed, solution
from curation.synth._chains import BROKEN, NO_BOX, WHOLE, chains, questions

PROMPT = Path(__file__).with_name("prompts") / "short_cot.txt"
DOCUMENT = "Question: {question}\nAnswer: {chain}"


def prompts(docs: pl.DataFrame, *, max_bytes: int = 4_000) -> pl.Series:
    """One prompt for each question. max_bytes: longer questions are not asked."""
    return questions(docs, PROMPT.read_text("utf-8"), max_bytes)


@expand(asks=prompts, samples=4, reads=["question", "gold"], files=["prompts/short_cot.txt"], counts=["outcome"])
def short_cot(docs: pl.DataFrame, *, max_chars: int = 6_000) -> pl.DataFrame:
    """One row for each of `samples` draws of each question.

    max_chars: of a solution; longer ones are cut there and called `too long`. Columns: text, question, gold, sample (which
    of the draws), and outcome, `whole` for one to train on (the others: `_chains.py`). A recipe keeps those after all votes are counted.
    """
    return chains(docs, max_chars=max_chars, read=worked, document=DOCUMENT)


def worked(reply: str) -> tuple[str, str]:
    """Outcome of a reply, and the solution in it."""
    chain = solution(reply)
    if chain is not None:
        return WHOLE, chain
    return NO_BOX if last_boxed(reply) is None else BROKEN, reply.strip()
