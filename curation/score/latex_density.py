"""How much of a document is mathematics."""

from __future__ import annotations

import polars as pl

from curate.step import score
from curation.text import MATH


@score
def latex_density(docs: pl.DataFrame, *, pattern: str = MATH) -> pl.Series:
    """Characters matched by maths markup, over all characters, in [0, 1]. `pattern` is a regular expression in polars' syntax."""
    inside = docs["text"].str.extract_all(pattern).list.join("").str.len_chars()
    return inside / docs["text"].str.len_chars().clip(1)
