"""A grade from 0 to 5 by a language model that reads each document with a rubric in hand.

`usefulness` asks how much somebody who learns mathematics has of the page (so are FineMath and Web-Pro-Max graded), `relevance` how
mathematical it is (so is MegaMath's second classifier, section 3.5). Both are additive: one point for each of five criteria, reasons in at
most 100 words, and the grade on the last line. The wording is ours; a rubric of your own takes their place, in the same frame. A page
cannot end its block, and of a reply only the last line counts (`_grade.py`); a model that believes what a page says of itself is still
fooled. Replies are stored, so grading again is free, and a threshold is a clause.

To grade in two ways, name the step twice: with `as: relevance` its columns are `relevance` and `relevance_llm_reason`. Left out: several
documents in one prompt, examples in the prompt, the probabilities of tokens, which would give an expected grade, and a column for how many
draws could be read: the replies themselves stand beside the document.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import polars as pl
from pydantic import Field

from curate.errors import CurateError
from curate.step import Lists, score

PROMPTS = Path(__file__).with_name("prompts")
SCHEMA = {"llm_grade": pl.UInt8, "llm_reason": pl.String}
NO_FILE = Lists()
LONGEST_RUBRIC = 20_000
"""Characters of a rubric of your own."""


def prompts(
    docs: pl.DataFrame,
    *,
    rubric: Literal["usefulness", "relevance"] = "usefulness",
    rubric_file: Lists = NO_FILE,
    max_bytes: Annotated[int, Field(ge=1)] = 12_000,
) -> pl.Series:
    """One prompt for each document that is not empty.

    rubric: one of ours. rubric_file: one text file with criteria of your own, instead of `rubric`; what frames it stays. max_bytes: of a
    text that the model sees, cut at a line or word.
    """
    from curation._reply import cut
    from curation.score._grade import prompt

    template, criteria = (PROMPTS / "llm_grade.txt").read_text("utf-8").rstrip("\n"), _rubric(rubric, rubric_file)
    asked = [
        prompt(template, criteria, cut(text, max_bytes)) if text and text.strip() else None for text in docs["text"]
    ]
    return pl.Series(asked, dtype=pl.String)


def unread(docs: pl.DataFrame) -> pl.Series:
    """Whether a document has replies, and none of them a readable grade; one that was cut off or refused is none."""
    rows = docs["replies"].to_list()
    return pl.Series([any(replies or ()) and _grade(replies) is None for replies in rows], dtype=pl.Boolean)


@score(asks=prompts, again=unread, files=["prompts/*.txt"])
def llm_grade(docs: pl.DataFrame) -> pl.DataFrame:
    """Columns `llm_grade` (0 to 5, UInt8) and `llm_reason` (one line, at most 500 characters), null where there is no readable grade.

    samples: ask so often, and take the lower median of the grades that can be read. retries: draw so often again where replies came and
    none can be read, which at temperature 0 says the same once more. A reply that abstains, is refused, runs into its length or does not
    end in `Final score: <n>` gives no grade; an empty document is not asked about.
    """
    grades = [_grade(replies or []) or (None, None) for replies in docs["replies"].to_list()]
    return pl.DataFrame(grades, schema=SCHEMA, orient="row")


def _grade(replies: list[str | None]) -> tuple[int | None, str | None] | None:
    from curation.score._grade import lower_median, read_grade

    read = [read_grade(reply) for reply in replies if reply]
    return lower_median([found for found in read if found])


def _rubric(name: str, files: Any) -> str:
    """The criteria as text. CurateError for more than one file, or one that is empty, endless or no text."""
    if not files:
        return (PROMPTS / f"{name}.txt").read_text("utf-8").strip()
    if len(files) > 1:
        raise CurateError("rubric_file: takes one file; name the step twice, with `as:`, to grade by two rubrics")
    text: str = files[0].text().strip()
    if "\ufffd" in text:
        raise CurateError("rubric_file: is no text in UTF-8", where=files[0].name)
    if not 0 < len(text) <= LONGEST_RUBRIC:
        raise CurateError(
            f"rubric_file: from 1 to {LONGEST_RUBRIC:,} characters, not {len(text):,}", where=files[0].name
        )
    return text
