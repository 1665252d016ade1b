"""One text of several columns: a problem and its solution, a question and its answer."""

from __future__ import annotations

from typing import Annotated

import polars as pl
from pydantic import Field

from curate.step import rewrite


@rewrite(reads=["$columns"], uses=["polars"])
def join(docs: pl.DataFrame, *, columns: Annotated[list[str], Field(min_length=1)], separator: str = "\n") -> pl.Series:
    """The columns' texts in their order, the separator between them; a document where one is missing or blank is quarantined.

    columns: of texts, one or more. separator: stands between two of them.
    """
    blank = pl.any_horizontal(pl.col(columns).cast(pl.String).str.strip_chars() == "")
    whole = pl.concat_str(columns, separator=separator)
    return docs.select(pl.when(~blank).then(whole).alias("text")).to_series()
