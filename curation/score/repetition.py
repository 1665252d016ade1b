"""How much a document repeats itself, in the sense of Gopher's repetition rules (Rae et al. 2021, table A1).

Three shares instead of Gopher's thirteen, which rise and fall together: lines (menus, boilerplate), the most frequent short
n-gram (keyword spam), and long n-grams (a model's loops, pasted blocks). Words are what stands between blanks, so a formula
is as long as it is written.
"""

from __future__ import annotations

import numpy as np
import polars as pl
import pyarrow as pa

from curate.step import score

COLUMNS = ("repeated_lines", "top_ngram", "repeated_ngrams")


@score(uses=["numba"])
def repetition(docs: pl.DataFrame, *, top: int = 3, span: int = 10) -> pl.DataFrame:
    """Columns `repeated_lines`, `top_ngram` and `repeated_ngrams`, shares of the bytes that are not blank, in [0, 1].

    repeated_lines: in lines equal to an earlier line. top_ngram: in the most frequent n-gram of `top` words, if it occurs twice.
    repeated_ngrams: in runs of `span` words that stood there before.
    """
    from curation.score._repetition import measure

    texts = docs["text"].to_arrow().cast(pa.large_string())
    _, offsets, data = texts.buffers()
    places = (
        np.frombuffer(offsets, np.int64)[texts.offset : texts.offset + len(texts) + 1]
        if len(texts)
        else np.zeros(1, np.int64)
    )
    letters = np.frombuffer(data, np.uint8) if data else np.zeros(0, np.uint8)
    shares = np.zeros((len(texts), len(COLUMNS)))
    measure(letters, places, top, span, shares)
    return pl.DataFrame(
        {name: shares[:, i] for i, name in enumerate(COLUMNS)}, schema=dict.fromkeys(COLUMNS, pl.Float64)
    )
