"""Whether a reply gives the answer that most samples of its problem give, as self-consistency votes (Wang et al. 2022, arXiv 2203.11171).

The paper takes the most frequent answer, however few gave it. For filtering, an answer that wins four ways by one vote says little, so by
default more than half of all samples must give it, those without an answer counted: a reply that never comes to one is a vote against.
What `eval.grading` finds equal is one answer, whatever its spelling: equal normal forms first, then `compare` between them, the most
frequent ones first. Only a True joins; "cannot be told" keeps apart. So that the result depends on no order of rows, answers are
compared in the order of frequency, length and spelling, each with the first answer of every class, at most `MAX_FORMS` of them.

It abstains (null) for the whole problem where too few samples answer, two answers tie, or none has the share it needs. It keeps and
drops nothing by itself: to abstain on hard problems is common, and whether a recipe then drops them (`keep: {agreed: agreement}`), keeps
those nobody can judge (`coalesce(agreement, true)`) or has a gold answer to ask first is for the recipe to say. Put it before a `keep`
by `math_answer`, which leaves only samples that agree. `synth: long_cot` makes a row of each draw, so equal chains count as often as they
were drawn. Left out: weights by likelihood, which replies do not carry.
"""

from __future__ import annotations

from collections import Counter
from typing import Annotated

import polars as pl
from pydantic import Field

from curate.step import Corpus, across
from eval.grading import compare, extract, normalise

MAX_FORMS = 16
"""Different normal forms of a problem that are compared by algebra; rarer ones stand for themselves."""
MAX_ANSWER = 300
"""Characters of an answer; longer ones are texts, and count as none."""
SCHEMA = {
    "id": pl.String,
    "agreement": pl.Boolean,
    "agreement_share": pl.Float64,
    "agreement_answer": pl.String,
    "agreement_reason": pl.String,
}


def answers(docs: pl.DataFrame, *, by: str) -> pl.DataFrame:
    """What is gathered instead of the texts: `id`, `problem`, and `answer`, null for a reply that gives none."""
    found = [extract(text) if text else None for text in docs["text"]]
    short = [answer if answer and len(answer) <= MAX_ANSWER and normalise(answer) else None for answer in found]
    return docs.select("id", pl.col(by).cast(pl.String).alias("problem"), pl.Series("answer", short, pl.String))


@across(reads=["$by"], uses=["math-verify", "latex2sympy2-extended", "sympy"], prepare=answers)
def agreement(
    corpus: Corpus,
    *,
    by: str = "parent_id",
    at_least: Annotated[float, Field(ge=0, lt=1)] = 0.5,
    samples: Annotated[int, Field(ge=1)] = 2,
) -> pl.DataFrame:
    """Columns `agreement` (this reply gives the majority's answer; null where there is none to go by), `agreement_share` (of all
    samples of the problem, those that give its most frequent answer), `agreement_answer` (its most frequent spelling) and
    `agreement_reason`.

    by: column with the same value for all samples of a problem; rows without one are not judged. at_least: the share must be larger; 0
    takes the most frequent answer, as the paper does. samples: answers that a problem must have.
    """
    parts = list(corpus.shards("id", "problem", "answer"))
    every = pl.concat(parts) if parts else pl.DataFrame(schema=dict.fromkeys(("id", "problem", "answer"), pl.String))
    rows: list[tuple[str, bool | None, float | None, str | None, str]] = [
        (id, None, None, None, f"no {by}") for id in every.filter(pl.col("problem").is_null())["id"]
    ]
    for _, group in every.drop_nulls("problem").sort("problem", "id").group_by("problem", maintain_order=True):
        rows += _voted(group["id"].to_list(), group["answer"].to_list(), at_least, samples)
    return pl.DataFrame(rows, schema=SCHEMA, orient="row").sort("id")


def _voted(
    ids: list[str], given: list[str | None], at_least: float, samples: int
) -> list[tuple[str, bool | None, float | None, str | None, str]]:
    """Verdicts over all samples of one problem."""
    answered = [answer for answer in given if answer is not None]
    if len(answered) < max(samples, 1):
        return [(id, None, None, None, f"{len(answered)} of {len(ids)} samples answer") for id in ids]
    classes = _classes(answered)
    votes = Counter(classes[normalise(answer)] for answer in answered)
    (first, count), *others = sorted(votes.items(), key=lambda item: (-item[1], len(item[0]), item[0]))
    share = count / len(ids)
    spelling = _most([answer for answer in answered if classes[normalise(answer)] == first])
    said = f"{count} of {len(ids)} samples agree"
    if others and others[0][1] == count:
        return [(id, None, share, None, f"tied: {said}") for id in ids]
    if share <= at_least:
        return [(id, None, share, spelling, f"too few: {said}") for id in ids]
    judged = [answer is not None and classes[normalise(answer)] == first for answer in given]
    return [
        (id, agrees, share, spelling, said if agrees else f"another answer: {said}" if answer else f"no answer: {said}")
        for id, agrees, answer in zip(ids, judged, given, strict=True)
    ]


def _classes(answered: list[str]) -> dict[str, str]:
    """The class of each normal form, named by its first member."""
    spelled: dict[str, list[str]] = {}
    for answer in answered:
        spelled.setdefault(normalise(answer), []).append(answer)
    forms = sorted(spelled, key=lambda form: (-len(spelled[form]), len(form), form))
    classes = {form: form for form in forms}
    firsts: list[str] = []
    for form in forms[:MAX_FORMS]:
        mine = _most(spelled[form])
        same = next((other for other in firsts if compare(mine, _most(spelled[other])).value), None)
        classes[form] = same or form
        firsts += [] if same else [form]
    return classes


def _most(spellings: list[str]) -> str:
    """The most frequent spelling, of equally frequent ones the shortest, then the smallest."""
    counts = Counter(spellings)
    return min(counts, key=lambda spelling: (-counts[spelling], len(spelling), spelling))
