"""Chains of thought without their tags: what stands inside `<think>...</think>`, outside, or both.

OctoThinker's long-CoT form is the question, a line break and the thinking alone (`form: only`): the short answer after it is left out.
A document that has not exactly one thinking part, opened and closed in this order, is quarantined: it was cut off, or is not what it seems.
"""

from __future__ import annotations

from typing import Literal

import polars as pl

from curate.step import rewrite

PARTS = r"(?s)^(.*?)<think>(.*?)</think>(.*)$"
FORMS = {"only": ("1", "2"), "bare": ("1", "2", "3"), "drop": ("1", "3")}


@rewrite(uses=["polars"])
def thinking(docs: pl.DataFrame, *, form: Literal["only", "bare", "drop"] = "only") -> pl.Series:
    """What stands before the thinking and, on lines of their own, `only` the thinking, all `bare` of tags, or without (`drop`)."""
    text = pl.col("text")
    parts = text.str.extract_groups(PARTS)
    wanted = [parts.struct.field(group).str.strip_chars() for group in FORMS[form]]
    whole = pl.concat_str([pl.when(part != "").then(part) for part in wanted], separator="\n", ignore_nulls=True)
    once = (text.str.count_matches("<think>", literal=True) == 1) & (
        text.str.count_matches("</think>", literal=True) == 1
    )
    last = wanted[-1] if form == "drop" else wanted[1]
    return docs.select(pl.when(once & (last != "")).then(whole).alias("text")).to_series()
