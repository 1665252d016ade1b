"""Several worked solutions of each question with a known answer: what `long_cot` and `short_cot` share.

Every draw is a row, also one that gave nothing, so that votes and pass rates count it. Its column `outcome` says what became of it:

    whole       a reply as the prompt asks for
    repeated    the same chain as that of an earlier draw of its question
    broken      thinking tags that are open, repeated or not wanted, or control characters
    empty reply nothing in it
    no box      a short solution without a final answer in a box
    too long    more than `max_chars` characters; cut there
    cut off     ended at the model's limit of tokens
    abstained, filtered, not answered    by the model, its filter, its server

Where there is no reply to show (`empty reply`, `cut off` and what follows it), the text is empty: with the question alone in it, a
number of the question would count as an answer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import polars as pl

from curation._reply import EMPTY, ENDED

SCHEMA = {
    "parent": pl.UInt32,
    "text": pl.String,
    "question": pl.String,
    "gold": pl.String,
    "sample": pl.UInt16,
    "outcome": pl.String,
}
WHOLE, REPEATED, BROKEN, NO_BOX, TOO_LONG = "whole", "repeated", "broken", "no box", "too long"
Reader = Callable[[str], tuple[str, str]]
"""The outcome of a reply and what of it belongs into the document."""


def questions(docs: pl.DataFrame, template: str, max_bytes: int) -> pl.Series:
    """A prompt for each question; null where question or answer is missing, or the question has more bytes than `max_bytes`."""
    asked = [
        template.replace("{{text}}", question) if question and gold and len(question.encode()) <= max_bytes else None
        for question, gold in docs.select("question", "gold").iter_rows()
    ]
    return pl.Series(asked, dtype=pl.String)


def chains(docs: pl.DataFrame, *, max_chars: int, read: Reader, document: str) -> pl.DataFrame:
    """One row for each draw of each question that was asked, in order of question and draw.

    max_chars: of a chain. read: outcome and chain of a reply. document: its text, with `{question}` and `{chain}`.
    """
    rows = []
    columns = docs.select("question", "gold", "replies", "finishes")
    for parent, (question, gold, replies, finishes) in enumerate(columns.iter_rows()):
        for sample, (came, chain) in enumerate(_draws(replies or [], finishes or [], max_chars, read)):
            text = document.format(question=question, chain=chain) if chain else ""
            rows.append((parent, text, question, gold, sample, came))
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def _draws(replies: list[str | None], finishes: list[str], max_chars: int, read: Reader) -> Iterator[tuple[str, str]]:
    """Outcome and chain of each draw of one question."""
    seen: set[str] = set()
    for reply, finish in zip(replies, finishes, strict=True):
        if reply is None:
            yield ENDED.get(finish, EMPTY), ""
            continue
        came, chain = read(reply) if reply.strip() else (EMPTY, "")
        if len(chain) > max_chars:
            came, chain = TOO_LONG, chain[:max_chars]
        if came == WHOLE:
            came = REPEATED if chain in seen else WHOLE
            seen.add(chain)
        yield came, chain
