"""How often a problem is solved: the share of its samples that are right, which is how easy it is for the model that was asked.

A column of verdicts says which samples are right, by default `math_answer`. Where there is no gold to compare with, the vote may stand in:
`right: [math_answer, agreement]` takes for each sample the first of its verdicts that is not null. A sample nobody can judge (null) counts
as one that is not right, as a reply without an answer does, since both are draws that were paid for and give nothing; a problem of which
no sample can be judged has no rate (null), since there the fault is with the judges.

Put it before any `keep` of single samples, or the rate is of those that are left. `synth: long_cot` and `synth: short_cot` make a row of
each draw, so the rate is of all draws. What to do with it is for the recipe to say: `pass_rate > 0` keeps problems that can be solved,
`pass_rate between 0.1 and 0.9` those that are neither hopeless nor without anything to learn. Left out: an interval (with four draws it is
wide), and weights of samples.
"""

from __future__ import annotations

from typing import Annotated

import polars as pl
from pydantic import Field

from curate.errors import CurateError
from curate.step import Corpus, across

SCHEMA = {"id": pl.String, "problem": pl.String, "right": pl.Boolean}
Columns = Annotated[list[str], Field(min_length=1)]
RIGHT = ["math_answer"]


def verdicts(docs: pl.DataFrame, *, by: str, right: Columns) -> pl.DataFrame:
    """What is gathered instead of the texts: `id`, `problem`, and `right`, null for a sample that nobody could judge."""
    for column in right:
        if docs.schema[column] not in (pl.Boolean, pl.Null):
            raise CurateError(f"right: {column!r} holds {docs.schema[column]}, not true and false")
    judged = pl.coalesce(pl.col(column).cast(pl.Boolean) for column in right)
    return docs.select("id", pl.col(by).cast(pl.String).alias("problem"), judged.alias("right"))


@across(reads=["$by", "$right"], prepare=verdicts)
def pass_rate(corpus: Corpus, *, by: str = "parent_id", right: Columns = RIGHT) -> pl.DataFrame:
    """Columns `pass_rate` in [0, 1], `pass_right` and `pass_samples` (UInt32), the same for all samples of a problem.

    by: column with the same value for all samples of a problem; rows without one have nulls. right: columns of verdicts, the first that is
    not null counts. Raises CurateError for one that is not Boolean.
    """
    parts = list(corpus.shards(*SCHEMA))
    every = pl.concat(parts) if parts else pl.DataFrame(schema=SCHEMA)
    known = every.drop_nulls("problem").group_by("problem").agg(
        pl.col("right").sum().cast(pl.UInt32).alias("pass_right"),
        pl.len().cast(pl.UInt32).alias("pass_samples"),
        pl.col("right").is_not_null().any().alias("judged"),
    )  # fmt: skip
    rate = pl.when("judged").then(pl.col("pass_right") / pl.col("pass_samples"))
    joined = every.select("id", "problem").join(known, on="problem", how="left", maintain_order="left")
    return joined.select("id", rate.alias("pass_rate"), "pass_right", "pass_samples").sort("id")
