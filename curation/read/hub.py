"""Records of a published corpus as the hub has it: Parquet or JSON Lines, whichever a file is.

    corpora: {web: {read: hub, files: card:megamath-web-pro, revision: unpinned}}

The files are those of a data card (`curate/published.py`), or of a path like any other. Lists of objects, such as the messages of a
dialogue, come as one JSON text, which `columns:` can name as the text and steps can read. Records with the same text are one record seen
twice, unless `key:` says what else tells them apart: of problems that have many solutions each, the solution. A data card may have a `key:`
of its own, which holds where the recipe has none.

Left out: bytes inside of lists, and everything else that a data set may be on the hub (scripts, archives, images).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import orjson
import polars as pl

from curate.errors import CurateError, did_you_mean
from curate.step import read
from curation.read import jsonl as lines
from curation.read import parquet as tables

SUFFIXES = (*tables.SUFFIXES, *lines.SUFFIXES)
"""How names of its files end."""


@read(uses=["orjson", "polars", "pyarrow"])
def hub(
    path: str,
    start: int = 0,
    stop: int | None = None,
    *,
    max_bytes: int = 16_000_000,
    key: list[str] = [],  # noqa: B006 (pydantic copies it)
) -> Iterator[pl.DataFrame]:
    """Rows of a file with its own columns and `error`; lists of objects as JSON text, keys sorted and nulls left out.

    start, stop: of a Parquet file, the first row group that is read, and the first that is not read any more. max_bytes: of one JSON
    line. key: columns of text and numbers, as the file calls them, that with the url are what a record is; records that are equal in them
    are one record and have one id. Without it that is the text alone. The text's column must be among them.
    Raises CurateError for a file that is neither Parquet nor JSON Lines by its name, or has no such column.
    """
    if path.endswith(tables.SUFFIXES):
        frames = tables.parquet(path, start, stop)
    elif path.endswith(lines.SUFFIXES):
        frames = lines.jsonl(path, max_bytes=max_bytes)
    else:
        raise CurateError(f"is none of {', '.join(SUFFIXES)}", where=path)
    for frame in frames:
        nested = [name for name, kind in frame.schema.items() if _is_list_of_objects(kind)]
        plain = frame.with_columns(_json(frame[name]) for name in nested)
        yield plain.with_columns(payload=_payload(plain, key, path)) if key else plain


def begins(path: str, at: int, before: int) -> int | None:
    """Of a Parquet file, the first row group that is stored within these bytes; None if none is (`curate/large_files.py`)."""
    return tables.begins(path, at, before) if path.endswith(tables.SUFFIXES) else None


def _payload(frame: pl.DataFrame, key: list[str], path: str) -> pl.Series:
    """What a record is, as bytes: each value of its key with its length before it, so that no two keys are spelled alike."""
    for name in key:
        kind = frame.schema.get(name)
        if kind is None:
            raise CurateError(f"has no column {name!r} for its key{did_you_mean(name, frame.columns)}", where=path)
        if kind.is_nested():
            raise CurateError(
                f"the column {name!r} of its key holds {kind}; name columns of text or numbers", where=path
            )
    values = [pl.col(name).cast(pl.String) for name in key]
    parts = [pl.concat_str(value.str.len_bytes(), pl.lit(":"), value).fill_null("-") for value in values]
    return frame.select(pl.concat_str(parts).cast(pl.Binary).alias("payload")).to_series()


def _is_list_of_objects(kind: pl.DataType) -> bool:
    return isinstance(kind, pl.List | pl.Array) and isinstance(kind.inner, pl.Struct)


def _json(values: pl.Series) -> pl.Series:
    """One text per row, the same whatever fields the rows beside it have."""
    texts = [
        None if value is None else orjson.dumps(_plain(value), option=orjson.OPT_SORT_KEYS).decode()
        for value in values.to_list()
    ]
    return pl.Series(values.name, texts, dtype=pl.String)


def _plain(value: Any) -> Any:
    """A value as JSON has it, without nulls in its maps, which a reader fills in where other records have a field.

    Dates and times are ISO 8601 (by orjson), decimals and durations text, so that no digit is lost; bytes are left out of maps.
    """
    if isinstance(value, dict):
        return {
            key: _plain(inner) for key, inner in value.items() if inner is not None and not isinstance(inner, bytes)
        }
    if isinstance(value, list):
        return [_plain(inner) for inner in value if not isinstance(inner, bytes)]
    return str(value) if isinstance(value, Decimal | timedelta) else value
