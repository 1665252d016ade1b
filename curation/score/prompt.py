"""How a text begins, up to a mark: what `mixture: mask:` leaves out of the loss where a question stands before its answer."""

from __future__ import annotations

from typing import Annotated

import polars as pl
from pydantic import Field

from curate.step import score


@score(uses=["polars"])
def prompt(docs: pl.DataFrame, *, until: Annotated[str, Field(min_length=1)] = "\nAnswer:") -> pl.DataFrame:
    """The text to the end of the first `until` in it (`prompt`, String); null where there is none.

    until: taken as it stands, not as a pattern.
    """
    text = pl.col("text").fill_null("")
    parts = text.str.split_exact(until, 1)
    found = text.str.contains(until, literal=True)
    head = parts.struct.field("field_0") + pl.lit(until)
    return docs.select(prompt=pl.when(found).then(head))
