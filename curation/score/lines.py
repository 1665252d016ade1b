r"""What the lines of a document's prose look like: bullets, cut-off lines, boilerplate, sales talk, and lines that are no sentences.

Re-derived for mathematics from the rules on lines of Gopher (Rae et al. 2021, section A.1.1), C4 (Raffel et al. 2020, section 2.2) and
FineWeb (Penedo et al. 2024, section 3.6). They drop a page for a `{`, for short lines and for lines without a full stop, which is what
formulas, code and signatures of functions are made of. So only lines of prose are asked: those with a word of three letters outside
formulas that are no code (a fenced or indented block, a prompt, a brace at the end) and no row of a table. A formula is part of the
line that it begins in, however many lines it takes. And shares are of characters, not of lines: a page with a menu and an article is
judged by the article.

    column              their rule                                            what changed
    bullet_lines        Gopher: at most 90 % of lines begin with one          a line with a formula in it is none
    ellipsis_lines      Gopher: at most 30 % of lines end in `...`            right after a letter: `2, 3, 5, ...` is a sequence
    unended_lines       FineWeb: at least 12 % of lines end in punctuation;   a formula ends a line, and so do `: ; , )`
                        C4: only such lines are kept
    short_lines         FineWeb: at most 67 % of at most 30 characters        not with a formula, nor where punctuation ends it
    line_breaks         FineWeb: at most 0.3 line breaks for each word        lines of prose for each of their words
    brace_lines         C4: a page with `{` is dropped                        outside formulas and code
    boilerplate_lines   C4: no `lorem ipsum`; no line with `javascript` or    longer phrases, since pages on programs have these words,
                        of terms of use, privacy and cookies                  and more of them: `phrases/boilerplate.txt`
    pitch_lines         -                                                     sales talk: `phrases/pitch.txt`
    phrases             -                                                     how many of both: one alone may stand in any word problem

Left out: C4's five sentences and three words a line (`prose_words`), its list of bad words (`score: url`), repeated lines (`repetition`).
Phrases are in English.
"""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import polars as pl
from pydantic import Field

from curate.errors import CurateError
from curate.lists import Listed, beside
from curate.step import Lists, score

OURS = Path(__file__).parent / "phrases"
NO_LISTS = Lists()
SHARES = (
    "bullet_lines", "ellipsis_lines", "unended_lines", "short_lines", "brace_lines", "line_breaks", "boilerplate_lines", "pitch_lines",
)  # fmt: skip


@score(files=["phrases/*.txt"], uses=["numba", "polars"])
def lines(
    docs: pl.DataFrame,
    *,
    boilerplate: Lists = NO_LISTS,
    pitch: Lists = NO_LISTS,
    short: Annotated[int, Field(ge=0)] = 30,
    ours: bool = True,
) -> pl.DataFrame:
    """Shares of the characters (no blanks) of lines of prose, in [0, 1]; `line_breaks` for each word; `phrases` (UInt32). 0 without prose.

    boilerplate, pitch: files of phrases, up to six words of letters each. short: characters. ours: use our own lists of phrases too.
    CurateError for a line of a file that is no such phrase.
    """
    from curation._words import tables
    from curation.score import _lines as counted
    from curation.score._marks import marked

    given: dict[str, Any] = {"boilerplate": boilerplate, "pitch": pitch}
    kinds = tuple((*some, *_ours(name)) if ours else tuple(some) for name, some in given.items())
    data, bounds = marked(docs["text"])
    found = np.zeros((docs.height, counted.COUNTS), np.int64)
    counted.count(data, bounds, tables(), _phrases(kinds), short, found)
    of = {name: found[:, getattr(counted, name)] for name in ("BULLET", "ELLIPSES", "UNENDED", "SHORT", "BRACES")}
    shares = np.stack([*of.values(), found[:, counted.KINDS], found[:, counted.KINDS + 1]]) / found[
        :, counted.PROSE
    ].clip(1)
    breaks = found[:, counted.LINES] / found[:, counted.WORDS].clip(1)
    made = dict(zip(SHARES, [*shares[:5], breaks, *shares[5:]], strict=True)) | {"phrases": found[:, counted.PHRASES]}
    return pl.DataFrame(made, schema=dict.fromkeys(SHARES, pl.Float64) | {"phrases": pl.UInt32})


@functools.cache
def _ours(name: str) -> tuple[Listed, ...]:
    return (beside(OURS / f"{name}.txt"),)


@functools.lru_cache(maxsize=2)
def _phrases(kinds: tuple[tuple[Listed, ...], ...]) -> Any:
    from curation.score._lines import known_phrases

    try:
        return known_phrases([[line for one in some for line in one.lines()] for some in kinds])
    except ValueError as error:
        raise CurateError(f"a list of phrases: {error}") from None
