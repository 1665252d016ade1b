"""How scores and lengths are distributed over the documents of a corpus: histograms that DuckDB counts."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from curate.page.documents import Facts
from curate.page.text import LARGEST, rounded
from curate.sql import quoted
from curate.views import frame

if TYPE_CHECKING:
    import duckdb

BINS = 40
MOST = 24
"""Columns of a corpus."""
SKEWED = 8.0
"""A column without negative numbers, whose largest values are this many times its median, is shown by its logarithm."""


def distributions(
    connection: duckdb.DuckDBPyConnection, facts: Facts, thresholds: dict[str, list[float]]
) -> list[dict[str, Any]]:
    """A histogram for each column of numbers, of documents that were kept and of others. thresholds: of clauses, by column."""
    found = [_distribution(connection, facts, column) for column in ("characters", *facts.numbers[:MOST])]
    return [{**one, "thresholds": thresholds.get(one["column"], [])} for one in found if one]


def _distribution(connection: duckdb.DuckDBPyConnection, facts: Facts, column: str) -> dict[str, Any] | None:
    name = f"{quoted(column)}::double"
    kept = " where fate = 'kept'" if column == "characters" else ""
    count, least, low, middle, high, most = frame(
        connection,
        f"select count({name}), min({name}), quantile_disc({name}, 0.005) as low, quantile_disc({name}, 0.5) as middle,"
        f" quantile_disc({name}, 0.995) as high, max({name}) from {facts.name}{kept}",
    ).row(0)
    if not count or not all(abs(one) <= LARGEST for one in (least, most)):
        return None
    low, high = (least, most) if low == high else (low, high)
    logarithm = low >= 0 and high > SKEWED * max(middle, 1.0)
    start, stop = (math.log10(max(one, 1.0)) if logarithm else one for one in (low, high))
    edges = [start + (stop - start) * i / BINS for i in range(BINS + 1)]
    place = f"log10(greatest({name}, 1))" if logarithm else name
    width = (stop - start) / BINS
    bin_ = f"least({BINS - 1}, greatest(0, floor(({place} - {start!r}) / {width!r})))::integer" if width > 0 else "0"
    rows = frame(
        connection,
        f"select {bin_} as bin, fate = 'kept' as kept, count(*) as documents from {facts.name}"
        f" where {name} is not null{kept.replace('where', 'and')} group by all order by all",
    )
    sides: dict[bool, list[int]] = {True: [0] * BINS, False: [0] * BINS}
    for row in rows.to_dicts():
        sides[row["kept"]][row["bin"]] += row["documents"]
    shown = [10**edge for edge in edges] if logarithm else edges
    return {
        "corpus": facts.corpus,
        "column": column,
        "log": logarithm,
        "documents": count,
        "least": _short(least),
        "median": _short(middle),
        "most": _short(most),
        "edges": [_short(edge) for edge in shown],
        "kept": sides[True],
        "dropped": sides[False],
    }


def _short(value: float) -> float:
    return rounded(value, 4)
