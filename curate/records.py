"""Records from a reader as documents: columns renamed, ids given, foreign columns packed into `extra`, shards cut."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from curate.artifact import ROW, SHARD_BYTES, SHARD_ROWS
from curate.errors import CurateError
from curate.schema import dtype_of

if TYPE_CHECKING:
    from curate.passes import Work


def shards_of(
    frames: Iterator[pl.DataFrame], work: Work, path: str
) -> Iterator[tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame | None]]:
    """Shards of one file: documents with `row`, records that could not be read (row, fate, error), provenance."""
    held: list[pl.DataFrame] = []
    size = rows = 0
    for frame in frames:
        for piece in as_documents(frame, work, path).iter_slices(SHARD_ROWS):
            weight = int(piece["text"].str.len_bytes().sum() or 0)
            if held and (size + weight > SHARD_BYTES or rows + piece.height > SHARD_ROWS):
                yield numbered(held)
                held, size, rows = [], 0, 0
            held.append(piece)
            size, rows = size + weight, rows + piece.height
    yield numbered(held or [empty_documents(work)])


def as_documents(frame: pl.DataFrame, work: Work, path: str) -> pl.DataFrame:
    """A reader's records as documents: columns renamed, ids given, foreign columns packed into `extra`."""
    mapping = work.read["columns"]
    frame = frame.with_columns([_field(source).alias(name) for name, source in mapping.items()])
    if "text" not in frame.columns:
        raise CurateError(
            f"{Path(path).name} has no column 'text'; name the right one with `columns: {{text: ...}}` (it has {', '.join(frame.columns)})"
        )
    text = pl.col("text").cast(pl.String)
    given = set(frame.columns)
    strings = {
        c: (pl.col(c).cast(pl.String, strict=False) if c in given else pl.lit(None, pl.String))
        for c in ("url", "date", "dump", "license")
    }
    if work.read["license"]:
        strings["license"] = pl.coalesce(strings["license"], pl.lit(work.read["license"]))
    promoted = {
        c: pl.col(c).cast(dtype_of(work.adds[c]), strict=False) if c in given else pl.lit(None, dtype_of(work.adds[c]))
        for c in work.read["promoted"]
    }
    used = {s.partition(".")[0] for s in mapping.values()}
    foreign = [
        c
        for c in frame.columns
        if c
        not in (
            *strings,
            "id",
            "text",
            "payload",
            "provenance",
            "error",
            *work.read["promoted"],
            *(u for u in used if u in mapping),
        )
        and not (c in used and not frame.schema[c].is_nested())
    ]
    extra = pl.struct(foreign).struct.json_encode() if foreign else pl.lit(None, pl.String)
    error = pl.col("error").cast(pl.String) if "error" in given else pl.lit(None, pl.String)
    docs = frame.select(
        text.alias("text"),
        pl.lit(work.corpus).alias("source"),
        *[e.alias(c) for c, e in strings.items()],
        extra.alias("extra"),
        *[e.alias(c) for c, e in promoted.items()],
        error.alias("error"),
        *[c for c in ("payload", "provenance") if c in given],
        *([pl.col("id").cast(pl.String)] if "id" in given else []),
    )
    if "id" not in given:
        docs = docs.with_columns(record_ids(work.corpus, docs))
    elif docs["id"].null_count():
        none = pl.col("id").is_null()
        text = pl.when(none).then(None).otherwise(pl.col("text")).alias("text")
        docs = docs.with_columns(text, pl.when(none).then(pl.lit("no id")).otherwise(pl.col("error")).alias("error"))
    return docs.drop("payload", strict=False)


def record_ids(corpus: str, docs: pl.DataFrame) -> pl.Series:
    """First 128 bits of sha256(corpus, url, payload as read) of each record, in hexadecimal."""
    start = hashlib.sha256(corpus.encode() + b"\0")
    payload = docs["payload"] if "payload" in docs.columns else docs["text"].cast(pl.Binary)
    ids = []
    for url, data in zip(docs["url"].to_list(), payload.to_list(), strict=True):
        state = start.copy()
        state.update((url or "").encode("utf-8", "surrogatepass") + b"\0")
        state.update(data or b"")
        ids.append(state.hexdigest()[:32])
    return pl.Series("id", ids, dtype=pl.String)


def _field(source: str) -> pl.Expr:
    """`meta.url` as an expression: a column, then fields of structs."""
    first, *rest = source.split(".")
    expression = pl.col(first)
    for name in rest:
        expression = expression.struct.field(name)
    return expression


def empty_documents(work: Work) -> pl.DataFrame:
    """No documents, with the columns that documents of this reader have."""
    schema = {**{c: dtype_of(t) for c, t in work.adds.items()}, "error": pl.String()}
    return pl.DataFrame(schema=schema)


def numbered(held: list[pl.DataFrame]) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame | None]:
    """One shard: rows numbered, unreadable records apart, provenance apart."""
    whole = pl.concat(held, how="diagonal_relaxed").with_columns(pl.int_range(pl.len(), dtype=pl.UInt32).alias(ROW))
    bad = pl.col("text").is_null()
    lost = whole.filter(bad).select(
        ROW, "id", "url", pl.lit("quarantined").alias("fate"), pl.col("error").fill_null("no text").alias("error")
    )
    provenance = whole.select(ROW, "provenance").unnest("provenance") if "provenance" in whole.columns else None
    return whole.filter(~bad).drop("error", "provenance", strict=False), lost, provenance
