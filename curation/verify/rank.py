"""The place of each sample among those of its problem, so that a recipe keeps the best one, the best two, or all.

    - verify: rank                # after the keep: among those that are left
    - keep: {best: rank <= 2}

Samples are ordered by columns in which less is better: by default the fewest wrong equations, then the fewest words, because a chain that
needs less to come to the same answer shows the way more clearly (and OctoThinker's long branch suffers from verbosity, not from haste). A
null comes last, and equal ones go by id, so the order is one. `among:` a column of verdicts gives ranks to those samples alone that it
calls right, before any is dropped. Left out: samples that differ from each other, which a best few would do well to be.
"""

from __future__ import annotations

import polars as pl

from curate.errors import CurateError
from curate.step import Corpus, across

ORDER = ["arithmetic_wrong", "chain_words"]


def ranked(docs: pl.DataFrame, *, by: str, fewest: list[str], among: str | None) -> pl.DataFrame:
    """What is gathered instead of the texts: `id`, `problem` (null for a sample that has no place) and a Float64 for each column."""
    for column in fewest:
        if not (docs.schema[column].is_numeric() or docs.schema[column] in (pl.Boolean, pl.Null)):
            raise CurateError(f"fewest: {column!r} holds {docs.schema[column]}, not numbers")
    if among and docs.schema[among] not in (pl.Boolean, pl.Null):
        raise CurateError(f"among: {among!r} holds {docs.schema[among]}, not true and false")
    has = pl.col(among).cast(pl.Boolean).fill_null(False) if among else pl.lit(True)
    problem = pl.when(has).then(pl.col(by).cast(pl.String))
    numbers = [pl.col(c).cast(pl.Float64).alias(f"order{i}") for i, c in enumerate(fewest)]
    return docs.select("id", problem.alias("problem"), *numbers)


@across(reads=["$by", "$fewest", "$among"], prepare=ranked)
def rank(corpus: Corpus, *, by: str = "parent_id", fewest: list[str] = ORDER, among: str | None = None) -> pl.DataFrame:
    """Columns `rank` (UInt32, from 1) and `rank_of` (how many samples of the problem have one); null for a sample that has no place.

    by: column with the same value for all samples of a problem. fewest: columns of numbers, the most important first. among: a column of
    verdicts. Raises CurateError for columns of another type.
    """
    order = [f"order{i}" for i in range(len(fewest))]
    schema = {"id": pl.String, "problem": pl.String, **dict.fromkeys(order, pl.Float64)}
    parts = list(corpus.shards(*schema))
    every = pl.concat(parts) if parts else pl.DataFrame(schema=schema)
    places = every.drop_nulls("problem").sort("problem", *order, "id", nulls_last=True).select(
        "id",
        pl.int_range(1, pl.len() + 1, dtype=pl.UInt32).over("problem").alias("rank"),
        pl.len().over("problem").cast(pl.UInt32).alias("rank_of"),
    )  # fmt: skip
    return every.select("id").join(places, on="id", how="left").sort("id")
