"""Chains of thought without their tags: what stands inside `<think>...</think>`, outside, or both.

OctoThinker's long-CoT form is the question, a line break and the thinking alone (`form: only`): the short answer after it is left out.
Where a column of its own holds the reply (`reply:`), the text is the question, and may speak of tags itself; and a reply may lack the tag
that opens, as those do whose prompt ended with it. `<answer>...</answer>` around what follows the thinking goes too.

A document that has not exactly one thinking part is quarantined: it was cut off, or is not what it seems. Left out: guessing where a
part ends whose tags are missing.
"""

from __future__ import annotations

from typing import Literal

import polars as pl

from curate.step import rewrite

PARTS = r"(?s)^(.*?)<think>(.*?)</think>(.*)$"
REPLY = r"(?s)^(\s*)(?:<think>)?(.*?)</think>(.*)$"
ANSWER = r"(?s)^\s*<answer>(.*)</answer>\s*$"
FORMS = {"only": ("1", "2"), "bare": ("1", "2", "3"), "drop": ("1", "3")}


@rewrite(reads=["$reply"], uses=["polars"])
def thinking(
    docs: pl.DataFrame, *, form: Literal["only", "bare", "drop"] = "only", reply: str | None = None
) -> pl.Series:
    """What stands before the thinking and, on lines of their own, `only` the thinking, all `bare` of tags, or without (`drop`).

    form: what becomes of the thinking. reply: the column that holds the reply to the text; without it the text holds both.
    """
    given = pl.col(reply or "text")
    found = given.str.extract_groups(REPLY if reply else PARTS)
    before = pl.col("text") if reply else found.struct.field("1")
    after = found.struct.field("3").str.replace(ANSWER, "$1")
    parts = {"1": before, "2": found.struct.field("2"), "3": after}
    wanted = [parts[group].str.strip_chars() for group in FORMS[form]]
    whole = pl.concat_str([pl.when(part != "").then(part) for part in wanted], separator="\n", ignore_nulls=True)
    opened = given.str.count_matches("<think>", literal=True)
    once = (given.str.count_matches("</think>", literal=True) == 1) & (opened <= 1 if reply else opened == 1)
    last = wanted[-1] if form == "drop" else wanted[1]
    unopened = ~parts["2"].str.contains("<think>", literal=True)
    return docs.select(pl.when(once & unopened & (last != "")).then(whole).alias("text")).to_series()
