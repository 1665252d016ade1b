"""A uniform random sample: each document has the same chance, and the size is exact.

    - sample: uniform
      documents: 5000

Documents are taken in the order of a hash of their ids (`_order.py`): the same whatever the shards and workers, and a larger sample
contains every smaller one. The step puts them in order and the clause takes the first, so another size is a `whatif`, not a build:
`whatif R web "sampled: uniform_rank <= 8000"`, or `uniform_quantile < 0.2` for a share.

It needs the whole corpus, for that is what makes the size exact. Left out: a coin for each document (a share without a count of all).
"""

from __future__ import annotations

from typing import Annotated

import polars as pl
from pydantic import Field

from curate.scalars import Count, Share
from curate.step import Corpus, across
from curation.sample._order import keys, ordered


def prepared(docs: pl.DataFrame, *, seed: int) -> pl.DataFrame:
    """Hashes in place of the texts."""
    return keys(docs, pl.DataFrame(), seed)


@across(uses=["xxhash"], prepare=prepared, keep={"sampled": "uniform_sampled"})
def uniform(
    corpus: Corpus,
    *,
    documents: Annotated[Count, Field(ge=1)] | None = None,
    share: Annotated[Share, Field(gt=0)] = 1.0,
    seed: int = 0,
) -> pl.DataFrame:
    """Columns `uniform_rank` (from 1), `uniform_quantile` ((rank - 1) / documents, in [0, 1)) and `uniform_sampled`.

    documents: so many, or all if there are fewer. share: of the documents, rounded up. With both the smaller sample is taken, with
    neither all are, and a clause of the recipe's own decides by rank or quantile. seed: another one is another sample.
    """
    place = ordered(corpus, [])
    sampled = pl.col("quantile") < share
    if documents is not None:
        sampled &= pl.col("rank") <= documents
    return place.select("id", uniform_rank="rank", uniform_quantile="quantile", uniform_sampled=sampled).sort("id")
