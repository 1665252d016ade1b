"""A stratified random sample: from each year, snapshot, source or host, at random inside it, and the size is exact.

    - sample: stratified
      by: [year]
      documents: 1M

Without it a sample of a crawl is mostly its large recent snapshots. MegaMath-Web-Pro-Max was chosen by a model that learnt from
documents sampled uniformly inside years, and MegaMath's second classifier from pages balanced over snapshots.

A total is spread over the strata as equally as it can be: who has less than an equal part gives all, and the others share what is left.
The step puts documents in order and a clause takes the first (`_order.py`), so another size is a `whatif`, not a build: of
`stratified_order` for a total, `stratified_rank` for so many of each, `stratified_quantile` for a share of each.

Left out: weights for strata (several corpora with their own samples do that), and the number of strata that a value of many kinds makes.
"""

from __future__ import annotations

from typing import Annotated

import polars as pl
from pydantic import Field

from curate.errors import CurateError
from curate.scalars import Count, Share
from curate.step import Corpus, across
from curation._strata import DERIVED, stratum
from curation.sample._order import keys, ordered


def prepared(docs: pl.DataFrame, *, by: list[str], seed: int) -> pl.DataFrame:
    """Hashes and strata in place of the texts."""
    if not by or len({*by}) < len(by):
        raise CurateError("by: name each column once, and at least one, e.g. by: [year]; sample: uniform has no strata")
    for name in {*by} - {*DERIVED}:
        if docs[name].dtype.is_nested() or docs[name].dtype == pl.Binary:
            raise CurateError(f"by: {name!r} holds {docs[name].dtype}; name a column of texts, numbers or dates")
    return keys(docs, docs.select(stratum(name).alias(f"by_{i}") for i, name in enumerate(by)), seed)


@across(reads=["$by"], derives=DERIVED, uses=["xxhash"], prepare=prepared, keep={"sampled": "stratified_sampled"})
def stratified(
    corpus: Corpus,
    *,
    by: list[str] = ["year"],  # noqa: B006 (pydantic copies it)
    documents: Annotated[Count, Field(ge=1)] | None = None,
    per_stratum: Annotated[Count, Field(ge=1)] | None = None,
    share: Annotated[Share, Field(gt=0)] = 1.0,
    seed: int = 0,
) -> pl.DataFrame:
    """Columns `stratified_rank` and `stratified_quantile` (in the stratum), `stratified_order` (in the corpus) and `stratified_sampled`.

    by: `year` (of `date`), `host` (of `url`), or columns; documents that agree in all of them are a stratum, and those of which something
    is not known are one too. documents: in total, or all if there are fewer. per_stratum: of each. share: of each, rounded up, so each
    gives something. With several the smallest sample is taken, with none all are, and a clause of the recipe's own decides. seed:
    another one is another sample. Raises CurateError for no strata.
    """
    place = ordered(corpus, [f"by_{i}" for i in range(len(by))])
    sampled = pl.col("quantile") < share
    if documents is not None:
        sampled &= pl.col("order") <= documents
    if per_stratum is not None:
        sampled &= pl.col("rank") <= per_stratum
    return place.select(
        "id",
        stratified_rank="rank",
        stratified_order="order",
        stratified_quantile="quantile",
        stratified_sampled=sampled,
    ).sort("id")
