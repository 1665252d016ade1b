"""Long chains of thought for questions with a known answer, as OctoThinker feeds them to mid-training (section 2 of its appendix).

A document is the question, a line break, and the thinking text that stands inside <think>...</think>, without the tags. Whether a chain
ends at the right answer is not judged here: chains are made once, and `verify: math_answer` judges them, as often as its rules change.
Left out: keeping the summary that follows the thinking.
"""

from __future__ import annotations

from pathlib import Path

import polars as pl

from curate.step import expand
from curation._reply import thinking
from curation.synth._chains import BROKEN, WHOLE, chains, questions

PROMPT = Path(__file__).with_name("prompts") / "long_cot.txt"
DOCUMENT = "{question}\n{chain}"


def prompts(docs: pl.DataFrame, *, max_bytes: int = 4_000) -> pl.Series:
    """One prompt for each question. max_bytes: longer questions are not asked."""
    return questions(docs, PROMPT.read_text("utf-8"), max_bytes)


@expand(asks=prompts, samples=4, reads=["question", "gold"], files=["prompts/long_cot.txt"], counts=["outcome"])
def long_cot(docs: pl.DataFrame, *, max_chars: int = 60_000) -> pl.DataFrame:
    """One row for each of `samples` draws of each question.

    max_chars: of a chain; longer ones are cut there and called `too long`. Columns: text, question, gold, sample (which of the
    draws), and outcome, `whole` for a chain to train on (the others: `_chains.py`). A recipe keeps those after all votes are counted.
    """
    return chains(docs, max_chars=max_chars, read=thought, document=DOCUMENT)


def thought(reply: str) -> tuple[str, str]:
    """Outcome of a reply, and what it thinks."""
    chain = thinking(reply)
    return (BROKEN, reply.strip()) if chain is None else (WHOLE, chain)
