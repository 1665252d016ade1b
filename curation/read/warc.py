"""HTML pages from a WARC file: gzip, zstd, lz4 or plain, by path or URL.

Pages that answer to `status` and `mime` become documents, other healthy records are passed over. What is damaged, cut short or too large
becomes a row with a null text and an `error`, so that it is counted and not lost. Limits are in bytes, so the same file gives
the same rows on any machine. Damage handling is in `_archive.py`, encodings in `_http.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import polars as pl

from curate.errors import CurateError
from curate.step import read
from curation.read._archive import MAGICS, PLAIN, Piece, walk
from curation.read._http import decode_body, decode_text

if TYPE_CHECKING:
    from fastwarc.warc import WarcRecord

FRAME_BYTES = 32_000_000
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
HTML = ["text/html", "application/xhtml+xml"]

SUFFIXES = (".warc", ".warc.gz", ".warc.lz4")
"""How names of its files end: what `curate run` and generated folders go by."""


@read(uses=["fastwarc", "resiliparse"])
def warc(
    path: str,
    *,
    mime: list[str] = HTML,
    status: list[int] = [200],  # noqa: B006 (pydantic copies it)
    dump: str | None = None,
    max_bytes: int = 16_000_000,
) -> Iterator[pl.DataFrame]:
    """Pages of a WARC file, one row each.

    mime, status: which responses are documents. dump: name of the snapshot, for the column `dump`. max_bytes: of one record as stored
    and of one page as decoded; larger ones become error rows. Columns: text (HTML), payload (the body's bytes as stored, before
    any decoding), url, date, dump, mime, error, provenance {path, offset, length} (positions in the file as stored, null where a record
    has none of its own). Raises CurateError for a file that is no WARC.
    """
    import fsspec

    rows: list[dict[str, Any]] = []
    size = 0
    try:
        with fsspec.open(path, "rb") as file:
            _check(file.read(8), path)
            file.seek(0)
            for number, piece in enumerate(walk(file, max_bytes)):
                if number == 0 and piece.error and "WARC header" in piece.error:
                    raise CurateError(
                        "no WARC record at its beginning (ARC and other formats are not read)", where=path
                    )
                row = _row(piece, mime, status, max_bytes)
                if row is None:
                    continue
                row |= {"dump": dump, "provenance": _place(path, piece)}
                grown = len(row["text"] or "") + len(row["payload"])
                if rows and size + grown > FRAME_BYTES:
                    yield pl.DataFrame(rows, schema=SCHEMA)
                    rows, size = [], 0
                rows.append(row)
                size += grown
    except FileNotFoundError:
        raise CurateError("no such file", where=path) from None
    yield pl.DataFrame(rows, schema=SCHEMA)


def _check(head: bytes, path: str) -> None:
    if not head:
        raise CurateError("the file is empty", where=path)
    if not head.startswith((*MAGICS, PLAIN)):
        raise CurateError("not a WARC file (ARC and other formats are not read)", where=path)


def _place(path: str, piece: Piece) -> dict[str, Any]:
    length = None if piece.offset is None or piece.end is None else piece.end - piece.offset
    return {"path": path, "offset": piece.offset, "length": length}


def _row(piece: Piece, mime: list[str], status: list[int], limit: int) -> dict[str, Any] | None:
    """The row of one piece of the archive, None if it is healthy and not asked for."""
    record = piece.record
    if record is None:
        return {"text": None, "payload": b"", "url": None, "date": None, "mime": None, "error": piece.error}
    http = record.http_headers
    kind = _mime(record, piece.block) if http else None
    asked = kind in mime and http.status_code in status if http else bool(piece.error)
    if not asked:
        return None
    url = record.headers.get("WARC-Target-URI")
    row = {
        "text": None,
        "payload": piece.block,
        "url": url.strip("<> ") if url else None,
        "date": record.headers.get("WARC-Date"),
        "mime": kind,
        "error": piece.error,
    }
    if not piece.error:
        row["text"], row["error"] = _text(record, piece.block, limit)
    return row


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
