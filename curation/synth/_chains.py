"""Several worked solutions of each question with a known answer: what `long_cot` and `short_cot` share."""

from __future__ import annotations

from collections.abc import Callable

import polars as pl

from curation.synth._reply import cut

SCHEMA = {"parent": pl.UInt32, "text": pl.String, "question": pl.String, "gold": pl.String, "sample": pl.UInt16}


def questions(docs: pl.DataFrame, template: str, max_bytes: int) -> pl.Series:
    """A prompt for each question; null where question or answer is missing, or the question has more bytes than `max_bytes`."""
    asked = [
        template.replace("{{text}}", question) if question and gold and cut(question, max_bytes) == question else None
        for question, gold in docs.select("question", "gold").iter_rows()
    ]
    return pl.Series(asked, dtype=pl.String)


def chains(docs: pl.DataFrame, *, max_chars: int, read: Callable[[str], str | None], form: str) -> pl.DataFrame:
    """One row for each different solution, in order of question and draw.

    read: the solution in a reply, or None where the reply is not of the wanted form. form: the document's text, with `{question}` and
    `{chain}`. Solutions longer than `max_chars` are dropped, equal ones of one question taken once; a reply that abstains, fails or is cut
    off gives none.
    """
    rows = []
    for parent, (question, gold, replies) in enumerate(docs.select("question", "gold", "replies").iter_rows()):
        seen: set[str] = set()
        for sample, reply in enumerate(replies or ()):
            chain = read(reply) if reply else None
            if chain and chain not in seen and len(chain) <= max_chars:
                seen.add(chain)
                rows.append((parent, form.format(question=question, chain=chain), question, gold, sample))
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")
