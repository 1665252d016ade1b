"""How much of a document is mathematics: what `curation.text.MATH` matches, in linear time whatever the text.

A lone command counts too, and the prose inside `\\emph{...}` or a theorem does not.
"""

from __future__ import annotations

import polars as pl

from curate.step import score
from curation._utf8 import utf8


@score(uses=["numba", "polars"])
def latex_density(docs: pl.DataFrame) -> pl.Series:
    """Characters in formulas and commands, over all characters, in [0, 1]; 0 of an empty text."""
    from curation._formulas import inside, kinds

    return pl.Series(inside(*utf8(docs["text"]), kinds())) / docs["text"].str.len_chars().clip(1)
