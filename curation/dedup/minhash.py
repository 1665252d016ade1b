"""Near duplicates: MinHash finds candidates, their true similarity decides, the best copy stays. At any size.

Shingles are runs of words of the text profile that is safe for mathematics (`curation/text.py`): numbers, operators and TeX commands are
words, so two problems that differ in a number are as far apart as two that differ in a word. 11 bands of 10 values, as MegaMath found
best, propose pairs (a pair of Jaccard s with probability 1 - (1 - s**10)**11). In a problem of a hundred words, where one number makes
another problem, two numbers that differ leave a similarity above 0.75; so of a text that is no longer, every shingle has all its numbers
in it, and texts with other numbers share none.

All documents are put in an order of preference. From the best one on, a document goes if, and only if, a document that stays and shares
a band with it has at least the similarity `threshold`, computed from the sets of shingles themselves; the best such one is named. There
are no clusters, so nothing goes because of a chain. Of one bucket (the documents that share a band) the 256 best that stay are looked at,
and the manifest's facts say how many documents stayed beside a bucket that had more.

Signatures are made where the corpus is prepared, shard by shard. Keys are sorted band by band, sets of shingles are made again for the
documents that share a band, and verdicts are given in the order of preference; all of that on files, in a stated memory. With the
`index` of earlier snapshots (`fit: minhash_index`), which precede all others, a build sees only what is new.

Left out: any resistance to somebody who makes collisions of a fast hash on purpose (`dedup: exact` has that).
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import polars as pl
from pydantic import Field

from curate.errors import CurateError
from curate.step import Artifact, Whole, across

BANDS, ROWS = 11, 10
EXACT_NUMBERS = 100
"""Words of the longest text that is looked at as a problem rather than as a page."""
EMPTY = {"id": pl.String, "minhash_duplicate_of": pl.String, "minhash_jaccard": pl.Float64}


def keyed(
    docs: pl.DataFrame,
    *,
    ngram: int,
    bands: int,
    rows: int,
    exact_numbers: int = EXACT_NUMBERS,
    threshold: float = 1.0,
    hashes: int | None = None,
) -> pl.DataFrame:
    """What is compared first instead of the texts: `shingles` (how many, repeated ones too) and a hash of each band, `band_0` and so on."""
    bands, rows = shape_of(threshold, hashes, bands, rows)
    if not docs.height:
        types = {"shingles": pl.Int32} | {f"band_{i}": pl.UInt64 for i in range(bands)}
        return docs.drop("text").with_columns(pl.lit(None, t).alias(name) for name, t in types.items())
    from curation._utf8 import utf8
    from curation._words import tables
    from curation.dedup import _minhash

    counts, keys = _minhash.prepare(*utf8(docs["text"]), tables(), ngram, exact_numbers, bands, rows)
    columns = [pl.Series(f"band_{i}", key) for i, key in enumerate(keys)]
    return docs.drop("text").with_columns(pl.Series("shingles", counts), *columns)


def shape_of(threshold: float, hashes: int | None, bands: int, rows: int) -> tuple[int, int]:
    """Bands and rows: as found for a budget of hashes, or as given."""
    if hashes is None:
        return bands, rows
    if (bands, rows) != (BANDS, ROWS):
        raise CurateError(
            "`hashes` is a budget from which bands and rows are found; leave out `bands` and `rows`, or `hashes`"
        )
    from curation.dedup._bands import solve

    return solve(threshold, hashes)


@across(
    reads=["$keep_order", "$snapshot"],
    uses=["numba"],
    prepare=keyed,
    keep={"near_unique": "minhash_duplicate_of is null"},
)
def minhash(
    corpus: Whole,
    *,
    threshold: Annotated[float, Field(gt=0, le=1)] = 0.75,
    ngram: Annotated[int, Field(ge=1, le=50)] = 5,
    bands: Annotated[int, Field(ge=1, le=500)] = BANDS,
    rows: Annotated[int, Field(ge=1, le=100)] = ROWS,
    hashes: Annotated[int, Field(ge=1, le=1024)] | None = None,
    exact_numbers: Annotated[int, Field(ge=0)] = EXACT_NUMBERS,
    keep_order: list[str] = ["length"],  # noqa: B006 (pydantic copies it)
    preferred: dict[str, list[str]] = {},  # noqa: B006
    snapshot: str | None = None,
    index: Artifact | None = None,
    canaries: Annotated[int, Field(ge=0, le=100_000)] = 0,
) -> pl.DataFrame | Iterator[pl.DataFrame]:
    """Columns `minhash_duplicate_of` (a document that stays, null for one that stays itself) and `minhash_jaccard` (with that one).

    threshold: least Jaccard similarity of the sets of shingles. ngram: words of a shingle. bands, rows: so many bands of so many values
    each; a pair of Jaccard s is looked at with probability 1 - (1 - s**rows)**bands. hashes: a budget, from which bands and rows are
    found for the threshold in place of `bands` and `rows` (`_bands.py`). exact_numbers: texts of at most so many words are alike only if
    they have the same numbers and operators (`+ * / ^ = < >`), in the same order; 0: whatever they have. keep_order: columns that say
    which copy is best, the first one first; larger is better, null is worst, and among equals the smallest id stays. preferred: for a
    column of `keep_order`, such as `source`, its values, the best first; others are worse. snapshot: a column, such as `dump`, that comes
    before all of these, the smallest first. index: kept documents of earlier snapshots, which precede all others. canaries: how many
    edited copies to plant; what was found of them is told in the manifest's facts and changes no verdict. CurateError for an index of
    other parameters.
    """
    from curation.dedup._layout import Layout
    from curation.dedup._phases import Order

    order = Order((*keep_order,), snapshot, preferred)
    for shard in itertools.islice(corpus.shards(*dict.fromkeys(["id", *order.reads])), 1):
        order.check(shard.schema)
    if not any(shard.height for shard in corpus.shards("id")):
        return pl.DataFrame(schema=EMPTY)
    bands, rows = shape_of(threshold, hashes, bands, rows)
    from curation.dedup import _canaries, _index, _phases

    shape = {"ngram": ngram, "bands": bands, "rows": rows, "exact_numbers": exact_numbers}
    earlier = _index.opened(Path(index), **shape) if index else None
    layout = Layout(corpus, earlier.parts if earlier else ()).measured()
    planted = _canaries.plant(layout, canaries, threshold, **shape)
    layout = planted.layout
    _phases.rank(layout, order, earlier.order() if earlier else _index.NONE)
    bases = _phases.find_buckets(layout, bands)
    _phases.make_sets(layout, ngram, exact_numbers)
    beside = _phases.decide(layout, bases, threshold)
    corpus.tell(bands=bands, rows=rows, beside_full_buckets=beside, **planted.found())
    return _phases.copies(layout)
