"""How long a document is."""

from __future__ import annotations

import polars as pl

from curate.step import score


@score
def length(docs: pl.DataFrame) -> pl.DataFrame:
    """Columns `length` (characters) and `n_words` (runs of non-blank characters), both UInt32."""
    text = pl.col("text")
    return docs.select(
        length=text.str.len_chars().cast(pl.UInt32), n_words=text.str.count_matches(r"\S+").cast(pl.UInt32)
    )
