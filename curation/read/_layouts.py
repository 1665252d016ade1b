"""Columns of ours that published files hold under another name: read without `columns:` where there is no doubt.

datatrove writes `text, id, metadata {url, date, dump, ...}`, Dolma `id, text, source, added, created, metadata {url, license, ...}`,
MegaMath `text, meta {url, timestamp, ...}`, C4 `text, timestamp, url`. What a record has itself is never replaced, and only text and
times are taken. Each record decides for itself, whatever columns the records beside it have, so that another split of them gives the same.
Left out: everything that needs a guess, such as which of two texts is the text; `columns:` of a recipe says that.
"""

from __future__ import annotations

import polars as pl

PLACES = {
    "url": ("metadata.url", "meta.url", "metadata.WARC-Target-URI"),
    "date": (
        *("created", "timestamp", "metadata.date", "metadata.created", "metadata.timestamp", "metadata.WARC-Date"),
        *("meta.date", "meta.timestamp"),
    ),
    "dump": ("metadata.dump", "meta.dump"),
    "license": ("metadata.license", "meta.license"),
}
"""Our column -> where it may stand; the first that holds something."""


def with_usual_columns(frame: pl.DataFrame) -> pl.DataFrame:
    """The frame with `url`, `date`, `dump` and `license` that it holds elsewhere; which columns it gets, its schema alone decides."""
    found = {}
    for name, places in PLACES.items():
        own = [pl.col(name)] if name in frame.columns else []
        elsewhere = [_text(frame, place) for place in places if _holds_text(frame.schema, place)]
        if elsewhere and (not own or isinstance(frame.schema[name], pl.String | pl.Null)):
            found[name] = pl.coalesce(*own, *elsewhere)
    return frame.with_columns(**found) if found else frame


def _holds_text(schema: pl.Schema, place: str) -> bool:
    kind = _kind(schema, place)
    return isinstance(kind, pl.String | pl.Datetime | pl.Date)


def _kind(schema: pl.Schema, place: str) -> pl.DataType | None:
    first, _, inner = place.partition(".")
    kind = schema.get(first)
    if not inner:
        return kind
    return {f.name: f.dtype for f in kind.fields}.get(inner) if isinstance(kind, pl.Struct) else None  # type: ignore[return-value]


def _text(frame: pl.DataFrame, place: str) -> pl.Expr:
    """A text, or a time as ISO 8601."""
    first, _, inner = place.partition(".")
    value = pl.col(first).struct.field(inner) if inner else pl.col(first)
    kind = _kind(frame.schema, place)
    if isinstance(kind, pl.String):
        return value
    return value.dt.to_string("iso:strict")
