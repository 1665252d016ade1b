"""How many documents have each value of a column that a step names in `counts=`: the verdicts of a guard, the forms of a reply.

They stand among the facts of the step's manifest as `{"counts": {column: {value: documents}}}`, the most frequent value first, and in the
view `counts`, which an `expect:` may ask.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from curate.errors import CurateError

if TYPE_CHECKING:
    from curate.state import State

Row = dict[str, Any]
MOST = 100
"""Different values of a column; a step with more of them tells a measure, not a verdict."""
NONE = "null"
"""What a value that is missing is called."""


def of_files(files: Iterable[Path], columns: Sequence[str]) -> dict[str, dict[str, int]]:
    """By column, how many rows of Parquet files have each value. CurateError for a column with more than `MOST`."""
    found: dict[str, Counter[str]] = {column: Counter() for column in columns}
    for path in files:
        frame = pl.read_parquet(path, columns=list(columns))
        for column in columns:
            for value, count in frame[column].cast(pl.String).fill_null(NONE).value_counts().iter_rows():
                found[column][value] += count
            if len(found[column]) > MOST:
                raise CurateError(f"{column} has more than {MOST} values; `counts=` is for columns of a few")
    return {column: dict(sorted(some.items(), key=lambda one: (-one[1], one[0]))) for column, some in found.items()}


def told(state: State) -> Iterator[Row]:
    """What built steps counted: corpus, node, counted (the column), value, documents."""
    from curate.figures import built_nodes

    for _, node, manifest in built_nodes(state):
        for column, values in manifest.facts.get("counts", {}).items():
            for value, documents in values.items():
                yield {
                    "corpus": node.corpus,
                    "node": node.name,
                    "counted": column,
                    "value": value,
                    "documents": documents,
                }


def in_words(rows: list[Row]) -> list[str]:
    """A line for each column of the rows."""
    kinds = dict.fromkeys((row["node"], row["counted"]) for row in rows)
    lines = []
    for kind in kinds:
        own = [f"{row['value']} {row['documents']:,}" for row in rows if (row["node"], row["counted"]) == kind]
        lines.append(f"{kind[1]} of {kind[0]}: {', '.join(own)}")
    return lines
