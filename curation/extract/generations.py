"""One document for each right generation of a problem, where a record holds all of them in lists that run side by side.

OpenR1-Math has two to four replies of DeepSeek-R1 to a problem in `generations`, and of each whether its answer is right and its thinking
complete in lists of the same length. Its `messages` holds one reply that is right, which is what recipes of the paper read; this step takes
every right one, or the first few. A document's text stays the problem, and the reply is a column, so that `rewrite: thinking` or
`rewrite: join` gives the form and `verify:` may judge the reply again.

Left out: choosing the best by length or score, which `score:` and `keep:` do afterwards.
"""

from __future__ import annotations

from typing import Annotated

import polars as pl
from pydantic import Field

from curate.step import expand

RIGHT = ["correctness_math_verify", "correctness_llama"]


@expand(reads=["$column", "$right", "$complete", "$carry"], uses=["polars"])
def generations(
    docs: pl.DataFrame,
    *,
    column: str = "generations",
    right: list[str] = RIGHT,
    complete: str | None = "is_reasoning_complete",
    most: Annotated[int, Field(ge=0)] = 0,
    carry: list[str] = [],  # noqa: B006 (pydantic copies it)
) -> pl.DataFrame:
    """Columns: text (the problem), generation (the reply), sample (its place in the list), and those of `carry`.

    column: a list of texts. right: lists of booleans; a generation is right if any of them says so, or if none is named. complete: a
    list of booleans that must say so too. most: generations of one problem, the first ones; 0 takes all. carry: columns of the
    problem that its documents keep, such as `gold`. A list that is not as long as the generations says nothing about any of them. Blank
    generations, and those equal to an earlier one of the same problem, are left out.
    """
    numbered = docs.with_row_index("parent").with_columns(pl.int_ranges(pl.col(column).list.len()).alias("sample"))
    verdicts = [_verdict(name, column) for name in right]
    wanted = pl.any_horizontal(verdicts) if verdicts else pl.lit(True)
    if complete:
        wanted &= _verdict(complete, column)
    each = numbered.explode("sample").filter(wanted.fill_null(False))
    each = each.with_columns(pl.col(column).list.get(pl.col("sample"), null_on_oob=True).alias("generation"))
    each = each.filter(pl.col("generation").str.strip_chars() != "")
    each = each.unique(["parent", "generation"], keep="first", maintain_order=True)
    if most:
        each = each.filter(pl.int_range(pl.len()).over("parent") < most)
    return each.select("parent", "text", "generation", pl.col("sample").cast(pl.Int64), *carry)


def _verdict(name: str, column: str) -> pl.Expr:
    """What a list says of a generation; null if it runs not side by side."""
    said = pl.col(name).list.get(pl.col("sample"), null_on_oob=True)
    return pl.when(pl.col(name).list.len() == pl.col(column).list.len()).then(said)
