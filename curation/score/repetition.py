r"""How much a document repeats itself, in the sense of Gopher's repetition rules (Rae et al. 2021, table A1).

Three shares instead of Gopher's thirteen, which rise and fall together:

    column             Gopher drops                                       what changed
    repeated_lines     lines: over 30 %, over 20 % of characters;         of characters; a line without a letter outside formulas (`}`,
                       paragraphs: the same                               `2 3 5`, a formula) counts as no repeat. A paragraph that
                                                                          stood there before is lines that did
    top_ngram          2, 3, 4 words: over 20, 18, 16 % of characters     one length (`top`), as often as it occurs
    repeated_ngrams    5 to 10 words: over 15 to 10 % of characters       one length (`span`)

Words are what stands between blanks. A formula is one word, the same only as the same formula, and weighs one character, so that a
derivation does not repeat itself, and one formula more in a text never raises a share.
"""

from __future__ import annotations

from typing import Annotated

import numpy as np
import polars as pl
from pydantic import Field

from curate.step import score

Words = Annotated[int, Field(ge=1)]
COLUMNS = ("repeated_lines", "top_ngram", "repeated_ngrams")


@score(uses=["numba", "polars"])
def repetition(docs: pl.DataFrame, *, top: Words = 3, span: Words = 10) -> pl.DataFrame:
    """Columns `repeated_lines`, `top_ngram` and `repeated_ngrams`, shares of the bytes that are not blank, in [0, 1].

    top, span: words of a run. repeated_lines: in lines equal to an earlier line. top_ngram: in the most frequent n-gram of `top` words,
    if it occurs twice. repeated_ngrams: in runs of `span` words that stood there before.
    """
    from curation.score._marks import marked
    from curation.score._repetition import measure

    data, bounds = marked(docs["text"])
    shares = np.zeros((docs.height, len(COLUMNS)))
    measure(data, bounds, top, span, shares)
    return pl.DataFrame(dict(zip(COLUMNS, shares.T, strict=True)), schema=dict.fromkeys(COLUMNS, pl.Float64))
