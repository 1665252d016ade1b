"""Records from a reader as documents: columns renamed, ids given, foreign columns packed into `extra`, shards cut."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson
import polars as pl

from curate.artifact import ROW, SHARD_BYTES, SHARD_ROWS, sync_folder
from curate.errors import CurateError, did_you_mean
from curate.fraction import takes
from curate.plan import STANDARD
from curate.schema import dtype_of

if TYPE_CHECKING:
    from curate.sources import Source
    from curate.work import Work

IDS = {"given": "ids-are-given", "payload": "ids-are-of-payloads", "text": "ids-are-of-texts"}
"""Marks in a reader's draft, by what ids stand for: given, some are the user's own, so the same id may one day stand for another text;
payload, for bytes, of which a header may say one day that they spell another text; text, for the text itself."""


class Shard(NamedTuple):
    """A shard as it was read: documents with `row`, records that could not be read (row, fate, error), provenance.

    start: offset in the file where a reader can begin anew to read this shard and those after it; None where there is none.
    """

    docs: pl.DataFrame
    lost: pl.DataFrame
    provenance: pl.DataFrame | None
    start: int | None = None


def shards_of(frames: Iterator[pl.DataFrame], work: Work, file: Source) -> Iterator[Shard]:
    """Shards of one file."""
    held: list[pl.DataFrame] = []
    size = rows = 0
    start: int | None = None
    for frame in frames:
        place = start_of(frame)
        for piece in as_documents(frame, work, file).iter_slices(SHARD_ROWS):
            weight = int(piece["text"].str.len_bytes().sum() or 0)
            if held and (size + weight > SHARD_BYTES or rows + piece.height > SHARD_ROWS):
                yield numbered(held)._replace(start=start)
                held, size, rows = [], 0, 0
            start = start if held else place
            held.append(piece)
            size, rows, place = size + weight, rows + piece.height, None
    yield numbered(held or [empty_documents(work)])._replace(start=start if held else None)


def start_of(frame: pl.DataFrame) -> int | None:
    """Where in the file a frame's first record lies, if it is a whole one with a place of its own."""
    if not frame.height or not {"provenance", "error"} <= set(frame.columns) or frame["error"][0] is not None:
        return None
    place: int | None = frame["provenance"][0].get("offset")
    return place


def as_documents(frame: pl.DataFrame, work: Work, file: Source) -> pl.DataFrame:
    """A reader's records as documents: columns renamed, ids given, foreign columns packed into `extra`; in a sample a part of them.

    A record whose text, id or promoted column is not what it must be keeps its place with a null text and an `error`. CurateError for
    a file without a text column.
    """
    given = _renamed(frame, work.read["columns"], Path(file.path).name)
    if file.drawn and file.drawn.share < 1:
        given = given.filter(pl.Series(takes(sample_keys(given), file.drawn.share), dtype=pl.Boolean))
    kind = given.schema["text"]
    if not isinstance(kind, pl.String | pl.Binary | pl.Null):
        raise CurateError(
            f"{Path(file.path).name}: the column 'text' holds {kind}, not text; name another with `columns: {{text: ...}}`"
        )
    errors = [_error_of(given, "error")]
    docs = pl.DataFrame({"text": _as_text(given["text"])}).with_columns(pl.lit(work.corpus).alias("source"))
    errors.append(_lost_in_cast(given["text"], docs["text"], "the text is not valid UTF-8"))
    for name in ("url", "date", "dump", "license"):
        docs = docs.with_columns(_column(given, name, pl.String()))
    if work.read["license"]:
        docs = docs.with_columns(pl.col("license").fill_null(pl.lit(work.read["license"])))
    for name in work.read["promoted"]:
        wanted = dtype_of(work.adds[name])
        docs = docs.with_columns(_column(given, name, wanted))
        if name in given.columns:
            errors.append(_lost_in_cast(given[name], docs[name], f"{name} is not {wanted}"))
    docs = docs.with_columns(_extra(given, work), *[given[c] for c in ("payload", "provenance") if c in given.columns])
    if "provenance" in docs.columns and "://" in file.path:  # not where the copy was
        docs = docs.with_columns(pl.col("provenance").struct.with_fields(path=pl.lit(file.path)))
    if "id" in given.columns:
        mark_ids(work.draft, "given")
        docs = docs.with_columns(given["id"].cast(pl.String))
        errors.append(pl.Series([None if i else "no id" for i in docs["id"].is_not_null()], dtype=pl.String))
    else:
        mark_ids(work.draft, "payload" if "payload" in docs.columns else "text")
        docs = docs.with_columns(record_ids(work.corpus, docs))
    error = pl.select(pl.coalesce(errors)).to_series().alias("error")
    text = pl.when(error.is_null()).then(pl.col("text")).alias("text")
    return docs.with_columns(error, text).drop("payload", strict=False)


def mark_ids(draft: Path, kind: str) -> None:
    """Note what ids of a draft stand for, before a shard with such ids is there, also after a power cut."""
    with contextlib.suppress(FileNotFoundError):  # another worker, who did the same, may have ended the draft
        if not (mark := draft / "work" / IDS[kind]).exists():
            mark.touch()
            sync_folder(mark.parent)


def kind_of_ids(draft: Path) -> str:
    """What ids of a draft stand for, by its marks: that of which least follows.

    `given` where there is none: they were lost, or nothing was read.
    """
    return next((kind for kind, mark in IDS.items() if (draft / "work" / mark).is_file()), "given")


def _renamed(frame: pl.DataFrame, columns: dict[str, str], file: str) -> pl.DataFrame:
    """The frame with the recipe's `columns:` applied; `meta.url` names a field of a struct."""
    for source in columns.values():
        first, *rest = source.split(".")
        kind: Any = frame.schema.get(first)
        for name in rest:
            kind = dict(kind).get(name) if isinstance(kind, pl.Struct) else None
        if kind is None:
            raise CurateError(f"{file} has no column {source!r}{did_you_mean(source, frame.columns)}")
    frame = frame.with_columns([_field(source).alias(name) for name, source in columns.items()])
    if "text" not in frame.columns:
        has = ", ".join(frame.columns)
        raise CurateError(
            f"{file} has no column 'text'; name the right one with `columns: {{text: ...}}` (it has {has})"
        )
    return frame


def _column(given: pl.DataFrame, name: str, dtype: pl.DataType) -> pl.Series:
    """A column in the type that was planned; null where it is missing or is something else."""
    if name not in given.columns:
        return pl.Series(name, [None] * given.height, dtype=dtype)
    return given[name].cast(dtype, strict=False)


def _as_text(values: pl.Series) -> pl.Series:
    """Bytes as text; null where they are not UTF-8."""
    try:
        return values.cast(pl.String)
    except pl.exceptions.ComputeError:
        return pl.Series([_decoded(value) for value in values.to_list()], dtype=pl.String)


def _decoded(value: bytes | None) -> str | None:
    try:
        return None if value is None else value.decode()
    except UnicodeDecodeError:
        return None


def _error_of(given: pl.DataFrame, name: str) -> pl.Series:
    return given[name].cast(pl.String) if name in given.columns else pl.Series([None] * given.height, dtype=pl.String)


def _lost_in_cast(before: pl.Series, after: pl.Series, error: str) -> pl.Series:
    """An error for each value that was there and is null now."""
    lost = before.is_not_null() & after.is_null()
    return pl.select(pl.when(lost).then(pl.lit(error)).otherwise(pl.lit(None, pl.String))).to_series()


def _extra(given: pl.DataFrame, work: Work) -> pl.Series:
    """The file's other columns, one JSON text per record: keys sorted, nulls left out, whole numbers without a fraction.

    A Python loop, because the same record must give the same text whatever columns the records beside it have.
    """
    mapping = work.read["columns"]
    used = {source for source in mapping.values() if "." not in source and source not in mapping}
    taken = {*STANDARD, "payload", "provenance", "error", *work.read["promoted"], *used}
    foreign = [c for c, t in given.schema.items() if c not in taken and not isinstance(t, pl.Binary | pl.Object)]
    if not foreign:
        return pl.Series("extra", [None] * given.height, dtype=pl.String)
    rows = (
        {k: _plain(v) for k, v in row.items() if v is not None} for row in given.select(foreign).iter_rows(named=True)
    )
    texts = [orjson.dumps(row, default=str, option=orjson.OPT_SORT_KEYS).decode() if row else None for row in rows]
    return pl.Series("extra", texts, dtype=pl.String)


def _plain(value: Any) -> Any:
    """A value without nulls in its maps, 1 for 1.0, a map for "{}": what a reader inferred from other records must not show."""
    if isinstance(value, dict):
        return {k: _plain(v) for k, v in value.items() if v is not None}
    if isinstance(value, list):
        return [_plain(v) for v in value]
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return int(value)
    return {} if value == "{}" else value


def sample_keys(given: pl.DataFrame) -> Iterator[bytes]:
    """What decides whether a sample takes a record: the user's id, else url and payload as read (the corpus's name is no part of it)."""
    if "id" in given.columns:
        return (str(i).encode("utf-8", "surrogatepass") for i in given["id"].to_list())
    urls = given["url"].cast(pl.String, strict=False).to_list() if "url" in given.columns else [None] * given.height
    payload = given["payload" if "payload" in given.columns else "text"].to_list()
    return (
        f"{url or ''}\0".encode("utf-8", "surrogatepass") + _bytes(data)
        for url, data in zip(urls, payload, strict=True)
    )


def _bytes(data: Any) -> bytes:
    return data if isinstance(data, bytes) else str(data or "").encode("utf-8", "surrogatepass")


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


def numbered(held: list[pl.DataFrame]) -> Shard:
    """One shard: rows numbered, unreadable records apart, provenance apart."""
    whole = pl.concat(held, how="diagonal_relaxed").with_columns(pl.int_range(pl.len(), dtype=pl.UInt32).alias(ROW))
    bad = pl.col("text").is_null()
    lost = whole.filter(bad).select(
        ROW, "id", "url", pl.lit("quarantined").alias("fate"), pl.col("error").fill_null("no text").alias("error")
    )
    provenance = whole.select(ROW, "provenance").unnest("provenance") if "provenance" in whole.columns else None
    return Shard(whole.filter(~bad).drop("error", "provenance", strict=False), lost, provenance)
