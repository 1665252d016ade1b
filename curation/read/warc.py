"""HTML pages from a WARC file (gzip, zstd, lz4 or plain) or an ARC file (gzip or plain), by path or URL.

Pages that answer to `status` and `mime` become documents, other healthy records are passed over. What is damaged, cut short or too large
becomes a row with a null text and an `error`, so that it is counted and not lost. Limits are in bytes, so the same file gives
the same rows on any machine. Damage handling is in `_archive.py` and `_arc.py`, encodings in `_http.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO, TYPE_CHECKING, Any

import polars as pl

from curate.errors import CurateError
from curate.step import Missed, read
from curation.read._arc import is_arc, next_arc_record, walk_arc
from curation.read._archive import MAGICS, PLAIN, TOO_LARGE, Piece, first_whole, next_record, walk
from curation.read._http import decode_body, decode_text

if TYPE_CHECKING:
    from fastwarc.warc import WarcRecord

FRAME_BYTES = 32_000_000
MAX_BYTES = 16_000_000
HEAD = 1 << 16
"""Bytes of a file that tell what it is."""
SCHEMA = pl.Schema(
    {
        "text": pl.String(),
        "payload": pl.Binary(),
        "url": pl.String(),
        "date": pl.String(),
        "dump": pl.String(),
        "mime": pl.String(),
        "error": pl.String(),
        "provenance": pl.Struct({"path": pl.String(), "offset": pl.Int64(), "length": pl.Int64()}),
    }
)
ROW = {name: SCHEMA[name] for name in ("text", "payload", "url", "date", "mime", "error", "dump", "provenance")}
HTML = ["text/html", "application/xhtml+xml"]

SUFFIXES = (".warc", ".warc.gz", ".warc.zst", ".warc.lz4", ".arc", ".arc.gz")
"""How names of its files end: what `curate run` and generated folders go by."""


@read(uses=["fastwarc", "resiliparse"])
def warc(
    path: str,
    start: int = 0,
    stop: int | None = None,
    *,
    mime: list[str] = HTML,
    status: list[int] = [200],  # noqa: B006 (pydantic copies it)
    dump: str | None = None,
    max_bytes: int = MAX_BYTES,
) -> Iterator[pl.DataFrame]:
    """Pages of a WARC file, or of an ARC file, one row each.

    start, stop: offsets of the record to begin at and of the first that is not read any more. mime, status: which responses are
    documents. dump: name of the snapshot, for the column `dump`. max_bytes: of one record as stored and of one page as decoded; larger
    ones become error rows. Columns: text (HTML), payload (the body's bytes as stored, before any decoding), url, date, dump, mime, error,
    provenance {path, offset, length} (positions in the file as stored, null where a record has none of its own). Raises CurateError for a
    file that is neither, Missed if no record begins at `stop`.
    """
    import fsspec

    batch = Batch()
    try:
        with fsspec.open(path, "rb") as file:
            for piece in until(stop, pieces(file, path, max_bytes, start)):
                row = _row(piece, mime, status, max_bytes)
                if row is None:
                    continue
                size = len(row[0] or "") + len(row[1])
                if batch.size and batch.size + size > FRAME_BYTES:
                    yield batch.frame()
                    batch = Batch()
                batch.add((*row, dump, _place(path, piece)), size)
    except FileNotFoundError:
        raise CurateError("no such file", where=path) from None
    yield batch.frame()


def begins(path: str, at: int, before: int) -> int | None:
    """Offset of the first healthy record that begins within these bytes; None if none does (`curate/large_files.py`)."""
    import fsspec

    with fsspec.open(path, "rb") as file:
        head = file.read(HEAD)
        of = (walk_arc, next_arc_record) if is_arc(head) else (walk, next_record)
        return first_whole(file, at, before, MAX_BYTES, *of)


def until(stop: int | None, found: Iterator[Piece]) -> Iterator[Piece]:
    """The pieces before the record that begins at `stop`; all of them without one. Missed if no record begins there."""
    for piece in found:
        if stop is not None and piece.offset is not None and piece.offset >= stop:
            if piece.offset == stop:
                return
            break
        yield piece
    if stop is not None:
        raise Missed(f"no record begins at byte {stop:,}")


class Batch:
    """Rows on their way into a frame."""

    def __init__(self) -> None:
        self.rows: list[tuple[Any, ...]] = []
        self.size = 0

    def add(self, row: tuple[Any, ...], size: int) -> None:
        self.rows.append(row)
        self.size += size

    def frame(self) -> pl.DataFrame:
        columns = zip(*self.rows, strict=True) if self.rows else ([] for _ in SCHEMA)
        return pl.DataFrame([pl.Series(c, v, t) for (c, t), v in zip(ROW.items(), columns, strict=True)]).select(
            *SCHEMA
        )


def pieces(file: IO[bytes], path: str, limit: int, start: int) -> Iterator[Piece]:
    """Records of a WARC or ARC file. CurateError for one that is neither."""
    head = file.read(HEAD)
    if not head:
        raise CurateError("the file is empty", where=path)
    file.seek(0)
    if is_arc(head):
        yield from walk_arc(file, limit, start)
        return
    if not head.startswith((*MAGICS, PLAIN)):
        raise CurateError("neither a WARC nor an ARC file", where=path)
    for number, piece in enumerate(walk(file, limit, start)):
        if not start and number == 0 and piece.error and "WARC header" in piece.error:
            raise CurateError("no WARC record at its beginning, and no ARC file", where=path)
        yield piece


def _place(path: str, piece: Piece) -> dict[str, Any]:
    length = None if piece.offset is None or piece.end is None else piece.end - piece.offset
    return {"path": path, "offset": piece.offset, "length": length}


def _row(piece: Piece, mime: list[str], status: list[int], limit: int) -> tuple[Any, ...] | None:
    """text, payload, url, date, mime and error of one piece of the archive; None if it is healthy and not asked for."""
    record = piece.record
    if record is None:
        return None, b"", None, None, None, piece.error
    http = record.http_headers
    kind = _mime(record, piece.block) if http else None
    damaged = piece.error and not piece.error.startswith(TOO_LARGE)  # then nobody knows what it was
    asked = kind in mime and http.status_code in status if http else piece.error
    if not asked and not damaged:
        return None
    url = record.headers.get("WARC-Target-URI")
    text, error = (None, piece.error) if piece.error else _text(record, piece.block, limit)
    return text, piece.block, url.strip("<> ") if url else None, record.headers.get("WARC-Date"), kind, error


def _mime(record: WarcRecord, block: bytes) -> str:
    """What the server said, else what the crawler found out, else what the first bytes look like."""
    told = record.http_content_type or record.headers.get("WARC-Identified-Payload-Type")
    if told:
        return told.strip().lower()
    from resiliparse.parse.encoding import detect_mime

    return detect_mime(block[:4096])


def _text(record: WarcRecord, block: bytes, limit: int) -> tuple[str | None, str | None]:
    """(text, None) or (None, what is wrong with it)."""
    headers = record.http_headers
    try:
        body = decode_body(block, headers.get("Transfer-Encoding"), headers.get("Content-Encoding"), limit)
    except ValueError as error:
        return None, str(error)
    return decode_text(body, record.http_charset), None
