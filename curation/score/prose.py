r"""Whether a document's prose is that of people who write sentences: words, their length, stop words, numbers and symbols.

Re-derived for mathematics from the quality rules of Gopher (Rae et al. 2021, section A.1.1). There a formula is bad prose: it has no
stop word, hardly a letter and many symbols, and of 263 maths documents datatrove's version keeps 23. Here formulas are taken out first
(`_marks.py`), and words are those of the one text profile: runs of letters. A character of a script that writes no blanks is a word.

    column             Gopher keeps                              what changed
    prose_words        50 to 100,000 words                       words of letters outside formulas
    formulas           -                                         their number, so that a clause can count each as a word
    word_length        3 to 10                                   of words of two letters and more (one is a variable); null without
    stop_words         2 of `the be to of and that have with`    different ones in the prose, of 37: a short page may lack the eight
    stop_word_share    -                                         their share of the words: lists of keywords have hardly any
    letter_words       80 % of words have a letter               of what stands between blanks with no formula in it; signs alone
                                                                 (`=`, `|`, `-`) are no words, so what is left out is numbers
    hashes             0.1 `#` for each word                     not where a line begins: headings and comments of code
    ellipses           0.1 `...` or U+2026 for each word         only right after a letter: `1 + 2 + ... + n` is mathematics
    digit_share        -                                         share of the letters and digits
    sign_share         -                                         share of what is no blank

Left out: the rules on lines, which `lines` has, and a language's own stop words other than through the parameter.
"""

from __future__ import annotations

from typing import Annotated

import numpy as np
import polars as pl
from pydantic import Field

from curate.errors import CurateError
from curate.step import score

STOP_WORDS = (
    "the be to of and that have with a an in on at by as is are was it this these which for from or not but if so can has we you "
    "let then there all"
).split()
"""Gopher's eight and others that are frequent in any English text, mathematics among them."""
SCHEMA = {
    "prose_words": pl.UInt32, "formulas": pl.UInt32, "word_length": pl.Float64, "stop_words": pl.UInt32, "stop_word_share": pl.Float64,
    "letter_words": pl.Float64, "hashes": pl.Float64, "ellipses": pl.Float64, "digit_share": pl.Float64, "sign_share": pl.Float64,
}  # fmt: skip


@score(uses=["numba", "polars"])
def prose(docs: pl.DataFrame, *, stop_words: Annotated[list[str], Field(min_length=1)] = STOP_WORDS) -> pl.DataFrame:
    """Columns of counts (`prose_words`, `formulas`, `stop_words`), shares in [0, 1], and `word_length`, `hashes` and `ellipses` per word.

    stop_words: words that are counted, in small letters. A text without prose has 0 in all but `word_length` (null) and `letter_words`
    (1). CurateError for a stop word that is not one word.
    """
    from curation._words import tables
    from curation.score import _prose as counted
    from curation.score._marks import marked
    from curation.score._phrases import phrases

    try:
        stops = phrases(stop_words, longest=1)
    except ValueError as error:
        raise CurateError(f"stop_words: {error}") from None
    data, bounds = marked(docs["text"])
    found = np.zeros((docs.height, len(counted.NAMES)), np.int64)
    counted.count(data, bounds, tables(), stops, found)
    of = dict(zip(counted.NAMES, found.T, strict=True))
    words, plain = of["words"].clip(1), (of["letters"] + of["digits"]).clip(1)
    return pl.DataFrame(
        {
            "prose_words": of["words"], "formulas": of["formulas"],
            "word_length": pl.Series(of["long_letters"] / of["long"].clip(1)).set(pl.Series(of["long"] == 0), None),
            "stop_words": of["different"], "stop_word_share": of["stops"] / words,
            "letter_words": 1 - of["numeric"] / of["tokens"].clip(1), "hashes": of["hashes"] / words,
            "ellipses": of["ellipses"] / words, "digit_share": of["digits"] / plain,
            "sign_share": of["signs"] / (of["letters"] + of["digits"] + of["signs"]).clip(1),
        },
        schema=SCHEMA,
    )  # fmt: skip
