r"""Documents that hold a problem of a benchmark or its worked solution: runs of 13 words in common, as they stand and with numbers masked.

Words are those of the text profile that is safe for mathematics: numbers, operators and TeX commands count. What only dresses a formula up
does not (`$`, `\(`, braces, brackets, `\left`, `\frac`, signs of products and powers, punctuation), nor does the label `Question:`; `1,450`
is `1450` and `≤` is `\le`. So a problem is found again in another layout, wherever and in whatever company. In the masked view a number, a
fraction, a decimal or a number in words is one and the same word, runs are of 8 words, at least half of which must be words of a sentence,
and two such runs of 13 words are the least that a problem must have.

A run counts by how few problems and background documents have it (`_items.py`). In a benchmark whose items share their wording, it is their
numbers that tell one from another, and other numbers are no leak. Identities and stock phrases that make up most of an item do not fire
when `fit: ngram_background` has counted them. `leak_overlap` is the share of the problem's runs, so weighted, or of its solution's if that
is larger; `leak_masked` that of the problem's masked runs. An item of fewer than 13 words is found where it stands whole and is no part of
a longer formula (`Find 2 + 3` is not in `Find 2 + 3 + 4`); one of fewer than 5 (8 without a number) only together with its answer or
solution, or as the whole document. MegaMath takes one 13-gram of problem and solution for a leak; here a gram alone is not enough
(identities are shared by many), and a problem without its solution is.

On pairs of a benchmark item and a text (`../shared/data/dedup`), half of which were used to choose lengths and thresholds, the default
clause finds in the other half 100 % of the verbatim ones, 98 % of those with other numbers, none of the rephrased ones, and none of the
clean neighbours. Of 6,049 texts that have nothing to do with the benchmarks there (28,687 items) it takes none for one of them. One core
searches 45 MB of such texts a second.

Left out: rephrased problems, which share no run of words; solutions with other numbers; other languages than that of the item.
"""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np
import polars as pl
from pydantic import Field

from curate.scalars import Count
from curate.step import Artifact, Benchmarks, score
from curation.decontaminate._canaries import told
from curation.decontaminate._items import Items, built

SPAN_BYTES = 500
OVERLAP, MASKED = 0.7, 0.5
"""Shares from which on the default clause takes a document for a leak."""
SCHEMA = {
    "leak_benchmark": pl.String, "leak_item": pl.String, "leak_overlap": pl.Float64, "leak_masked": pl.Float64, "leak_span": pl.String,
}  # fmt: skip


def facts(
    docs: pl.DataFrame,
    *,
    against: Any,
    n: int = 13,
    background: str | None = None,
    canaries: int = 0,
) -> dict[str, Any]:
    """What a build tells of the step: items and how they can be found, what is not checked, and known leaks that it was given to find."""
    return told(docs, tuple(against), n, background, canaries, _leaks, MASKED)


@score(
    uses=["numba"],
    keep={"clean": f"coalesce(leak_overlap, 0) < {OVERLAP} and coalesce(leak_masked, 0) < {MASKED}"},
    facts=facts,
)
def ngram(
    docs: pl.DataFrame,
    *,
    against: Benchmarks,
    n: Annotated[int, Field(ge=1, le=100)] = 13,
    least: Annotated[float, Field(ge=0, le=1)] = 0.1,
    background: Artifact | None = None,
    canaries: Annotated[Count, Field(ge=0)] = 0,
) -> pl.DataFrame:
    """Columns `leak_benchmark`, `leak_item`, `leak_overlap` and `leak_masked` (in (0, 1]) and `leak_span`; null where nothing is found.

    against: names of data cards. n: words in a run. least: a smaller share of an item's grams is not told; 0 tells a single one. What is
    a leak, the clause decides. background: a model with `fit: ngram_background` for the same benchmarks. canaries: so many leaks of each
    kind are planted in copies of documents and looked for, once, which the manifest tells; no document's columns depend on it.
    leak_overlap, leak_masked: the largest share that the document has of any item, as it stands and with numbers masked. The item that is
    named is that of the larger of the two, of equal ones the first. leak_span: the longest stretch of the document that it covers, at
    most 500 bytes of it. CurateError for a background that was counted for other benchmarks.
    """
    if not docs.height:
        return pl.DataFrame(schema=SCHEMA)
    return search(docs["text"], built(tuple(against), n, background), least)


def search(texts: pl.Series, items: Items, least: float) -> pl.DataFrame:
    """The columns of the step for texts and an index."""
    from curation._utf8 import utf8
    from curation._words import tables
    from curation.decontaminate import _ngram
    from curation.decontaminate._items import folds

    data, bounds = utf8(texts)
    named, shares, spans = _ngram.search(data, bounds, tables(), folds(), items.index, least, np.zeros(0, np.int64))
    rows = np.flatnonzero(named >= 0)
    pieces = [
        bytes(data[bounds[row] + a : bounds[row] + min(b, a + SPAN_BYTES)])
        for row, (a, b) in zip(rows, spans[rows], strict=True)
    ]
    leaks = items.names[named[rows]].with_columns(
        row=pl.Series(rows, dtype=pl.UInt32),
        leak_overlap=pl.Series(shares[rows, 0], dtype=pl.Float64).replace(0.0, None),
        leak_masked=pl.Series(shares[rows, 1], dtype=pl.Float64).replace(0.0, None),
        leak_span=pl.Series([piece.decode(errors="ignore").strip() for piece in pieces], dtype=pl.String),
    )
    every = pl.select(row=pl.int_range(texts.len(), dtype=pl.UInt32))
    return every.join(leaks, on="row", how="left", maintain_order="left").select(list(SCHEMA))


def _leaks(texts: pl.Series, items: Items) -> pl.DataFrame:
    """Columns `leak_item` and `leak`: the item that is named, and whether the default clause turns the text away."""
    made = search(texts, items, 0.1)
    overlap, masked = pl.col("leak_overlap").fill_null(0), pl.col("leak_masked").fill_null(0)
    return made.select("leak_item", leak=(overlap >= OVERLAP) | (masked >= MASKED))
