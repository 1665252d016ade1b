"""Asking a model for several worked solutions of each question with a known answer: what `long_cot` and `short_cot` share."""

from __future__ import annotations

from collections.abc import Callable

import polars as pl

from curate.models.base import Model
from curation.synth._reply import cut

SCHEMA = {"parent": pl.UInt32, "text": pl.String, "question": pl.String, "gold": pl.String, "sample": pl.UInt16}


def chains(
    docs: pl.DataFrame,
    model: Model,
    template: str,
    *,
    samples: int,
    max_bytes: int,
    max_chars: int,
    read: Callable[[str], str | None],
    form: str,
) -> pl.DataFrame:
    """One row for each different solution, in order of question and draw.

    read: the solution in a reply, or None where the reply is not of the wanted form. form: the document's text, with `{question}` and
    `{chain}`. Questions longer than `max_bytes` are not asked, solutions longer than `max_chars` dropped, equal ones of one question
    taken once; a reply that abstains, fails or is cut off gives none.
    """
    asked = [
        (parent, question, gold)
        for parent, (question, gold) in enumerate(docs.select("question", "gold").iter_rows())
        if question and gold and cut(question, max_bytes) == question
    ]
    replies = model.complete([template.replace("{{text}}", question) for _, question, _ in asked], samples=samples)
    rows = []
    for (parent, question, gold), draws in zip(asked, replies, strict=True):
        seen: set[str] = set()
        for sample, reply in enumerate(draws):
            chain = read(reply.text) if reply.finish == "stop" else None
            if chain and chain not in seen and len(chain) <= max_chars:
                seen.add(chain)
                rows.append((parent, form.format(question=question, chain=chain), question, gold, sample))
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")
