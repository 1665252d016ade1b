"""Questions that stand on a page, with the answers that the page gives them: the first of two questions to a model that make MegaMath-QA.

The model copies or abstains (arXiv 2504.02807, section 2.3 and appendix D: a page without a question is answered `[NO QA]`); it solves
nothing. What it copied must stand on the page, number by number and sign by sign (`_standing.py`), so an invented question gives no row and
an invented answer is none. `rewrite: qa_refine` then explains each answer. The reply is read strictly: one block out of form and the whole
reply is dropped, because a model that lost the form has usually lost the thread.

Their ensemble of two models is two corpora, the second one without the questions of the first (`fit: exact_index`, `dedup: exact`). Left
out: a question in one piece of a long page whose answer stands in another, which has no answer here.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import polars as pl
from pydantic import Field

from curate.step import expand
from curation._pieces import pieces
from curation._reply import cut, pairs, told
from curation._standing import RUN, Page, Standing, tokens

PROMPT = Path(__file__).with_name("prompts") / "qa_pairs.txt"
Bytes = Annotated[int, Field(ge=500)]
Pieces = Annotated[int, Field(ge=1, le=64)]
MAX_BYTES, MAX_PIECES = 12_000, 4
SCHEMA = {
    "parent": pl.UInt32,
    "text": pl.String,
    "question": pl.String,
    "found": pl.String,
    "qa_pairs_answer": pl.String,
}


def prompts(docs: pl.DataFrame, *, max_bytes: Bytes = MAX_BYTES, max_pieces: Pieces = MAX_PIECES) -> pl.Series:
    """A prompt for each piece of each page that is not empty.

    max_bytes: of a piece, which ends at a safe place (`curation/_pieces.py`). max_pieces: what follows so many is not looked at.
    """
    head, _, tail = PROMPT.read_text("utf-8").partition("{{text}}")
    asked = [
        [f"{head}{piece}{tail}" for piece in pieces(cut(text, max_bytes * max_pieces), max_bytes)[:max_pieces]]
        if text and text.strip()
        else None
        for text in docs["text"]
    ]
    return pl.Series(asked, dtype=pl.List(pl.String))


@expand(asks=prompts, files=["prompts/qa_pairs.txt"], counts=["qa_pairs_answer"])
def qa_pairs(
    docs: pl.DataFrame,
    *,
    max_pairs: Annotated[int, Field(ge=1)] = 16,
    stands: Annotated[float, Field(ge=0, le=1)] = 0.8,
    max_bytes: Bytes = MAX_BYTES,
    max_pieces: Pieces = MAX_PIECES,
) -> pl.DataFrame:
    """The questions of each page, each once, in the order of the replies.

    max_pairs: more than that from one reply are dropped. stands: least share of a question's, and of an answer's, tokens that stand on the
    page in runs of four; numbers, signs, commands and letters of formulas must all do so, else the question gives no row and the answer is
    none. max_bytes, max_pieces: as for the prompts; what the model was not shown stands nowhere.

    Columns: text (`Question: ...\\nAnswer: ...`, without the answer where there is none), question, found (the answer as the page gives it,
    or null) and qa_pairs_answer: `given`, `none` (the model says so), or `invented` (it does not stand on the page). A reply
    that abstains, fails, runs into its length or is not of the wanted form gives no rows.
    """
    rows = []
    for parent, (text, replies) in enumerate(docs.select("text", "replies").iter_rows()):
        found = [pair for reply in replies or () if reply for pair in (pairs(reply) or [])[:max_pairs]]
        page = Page(cut(text, max_bytes * max_pieces)) if found else None
        seen: set[str] = set()
        for question, answer in found:
            if page is None or question in seen or not _copied(page.standing(question), stands):
                continue
            seen.add(question)
            answered = _answered(page, question, answer, stands)
            copied = answer if answered == "given" else None
            rows.append((parent, told(question, copied), question, copied, answered))
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def _copied(standing: Standing, least: float) -> bool:
    return standing.share >= least and not standing.astray


def _answered(page: Page, question: str, answer: str | None, least: float) -> str:
    if answer is None:
        return "none"
    short = len(tokens(answer)) < RUN
    stands = page.answers(answer, question) if short else _copied(page.standing(answer), least)
    return "given" if stands else "invented"
