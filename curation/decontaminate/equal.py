r"""Documents that are a problem of a benchmark, but for how it is set: what `ngram` leaves in because it is too short to be sure of.

White space, case, characters that nobody sees and punctuation at the end make no difference.
`Compute $\sin 135^\circ$.` has so few words that `decontaminate: ngram` takes it for a leak only beside its answer. As a page of the web
that is right; as a prompt for reinforcement learning, where a document is the problem and nothing else, it is the very item. The gate of
`curate train` looks for both. Left out: everything else that a copy may differ in, such as another layout of a formula.
"""

from __future__ import annotations

import functools

import polars as pl

from curate.datacard import Benchmark
from curate.step import Benchmarks, score

SCHEMA = {"equal_benchmark": pl.String, "equal_item": pl.String}


@score(keep={"unequal": "equal_item is null"})
def equal(docs: pl.DataFrame, *, against: Benchmarks) -> pl.DataFrame:
    """Columns `equal_benchmark` and `equal_item`: the item that the whole text is, null where it is none.

    against: names of data cards. Of several items the first is named.
    """
    if not docs.height:
        return pl.DataFrame(schema=SCHEMA)
    plain = docs.select(_plain("text"))
    return plain.join(_items(tuple(against)), on="plain", how="left", maintain_order="left").select(list(SCHEMA))


@functools.lru_cache(maxsize=2)
def _items(benchmarks: tuple[Benchmark, ...]) -> pl.DataFrame:
    """Each problem in its plain form, once, and whose it is. A benchmark is equal to another only with the same content."""
    found = [
        one.items().select(_plain("problem"), equal_benchmark=pl.lit(one.name), equal_item="id") for one in benchmarks
    ]
    return pl.concat(found).filter(pl.col("plain") != "").unique("plain", keep="first", maintain_order=True)


def _plain(column: str) -> pl.Expr:
    """A text without white space, characters that nobody sees, case, and punctuation at its end."""
    folded = pl.col(column).str.normalize("NFKC").str.to_lowercase().str.replace_all(r"[\s\p{Cf}]+", "")
    return folded.str.strip_chars_end(".,:;!?").alias("plain")
