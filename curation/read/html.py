"""Pages from folders of HTML files: `files: pages/**/*.html`, also .htm, .xhtml and any of them with .gz.

Each file is one document. Its address is what the page says of itself: `<link rel=canonical>`, else `og:url`, else the comment that a
browser, SingleFile or HTTrack leaves in what it saved; only absolute http(s) ones count. A page that says none gets its path below the
folder in which the pattern looks, which is also the column `path`. There is no date: a file's time is that of a copy. Some hundreds of
files are read by one call (`curate/together.py`). Left out: archives of pages (zip, tar, MHTML), and files that a page refers to.
"""

from __future__ import annotations

import gzip
import html as entities
import io
import re
import zlib
from collections.abc import Iterator, Sequence

import polars as pl

from curate.step import read
from curation.read._http import decode_text

TOGETHER = 256
"""Files of one call."""
FRAME_BYTES = 32_000_000
HEAD = 1_000_000
"""Characters of a page in which its address is looked for."""
SCHEMA = pl.Schema(
    {"text": pl.String(), "payload": pl.Binary(), "url": pl.String(), "path": pl.String(), "error": pl.String()}
)
SUFFIXES = tuple(f".{end}{gz}" for end in ("html", "htm", "xhtml") for gz in ("", ".gz"))
"""How names of its files end."""
TAG = re.compile(r"<(link|meta)\b([^<>]{1,4000})>", re.IGNORECASE)
ATTRIBUTE = re.compile(
    r"""([a-z:-]{1,40})\s{0,20}=\s{0,20}(?:"([^"]{0,2000})"|'([^']{0,2000})'|([^\s"'>]{1,2000}))""", re.IGNORECASE
)
SAVED = re.compile(
    r"<!--\s{0,20}(?:saved from url=\(\d{1,6}\)|Page saved with SingleFile\s{1,20}url:\s{1,20})(https?://[^\s<>]{1,2000})"
    r"|<!--\s{0,20}Mirrored from ([^\s<>]{1,2000}) by HTTrack"
)


@read(uses=["resiliparse"])
def html(files: Sequence[tuple[str, str]], *, max_bytes: int = 16_000_000) -> Iterator[pl.DataFrame]:
    """Pages of a group of files, (name, path) of each, one row each.

    max_bytes: of one file as stored and of one page as decompressed; larger ones become error rows. Columns: text (HTML), payload (the
    file's bytes, decompressed), url, path (the name), error.
    """
    rows: list[tuple[str | None, bytes, str | None, str, str | None]] = []
    size = 0
    for name, path in files:
        row = _row(name, path, max_bytes)
        grown = len(row[0] or "") + len(row[1])
        if rows and size + grown > FRAME_BYTES:
            yield pl.DataFrame(rows, schema=SCHEMA, orient="row")
            rows, size = [], 0
        rows.append(row)
        size += grown
    yield pl.DataFrame(rows, schema=SCHEMA, orient="row")


def _row(name: str, path: str, limit: int) -> tuple[str | None, bytes, str | None, str, str | None]:
    with open(path, "rb") as file:
        data = file.read(limit + 1)
    if len(data) > limit:
        return None, b"", name, name, f"a file over the limit of {limit:,} bytes"
    try:
        body = _unpacked(data, limit)
    except (ValueError, OSError, EOFError, zlib.error) as error:
        return None, b"", name, name, str(error)
    text = decode_text(body, None)
    return text, body, address(text) or name, name, None


def _unpacked(data: bytes, limit: int) -> bytes:
    """A page without gzip. ValueError if it grows beyond `limit` bytes, OSError, EOFError or zlib.error if it is damaged."""
    if not data.startswith(b"\x1f\x8b"):
        return data
    with gzip.GzipFile(fileobj=io.BytesIO(data)) as file:
        body = file.read(limit + 1)
    if len(body) > limit:
        raise ValueError(f"a page over the limit of {limit:,} bytes")
    return body


def address(page: str) -> str | None:
    """The address that a page says it has."""
    head = page[:HEAD]
    graph = None
    for tag in TAG.finditer(head):
        said = {m[1].lower(): m[2] or m[3] or m[4] or "" for m in ATTRIBUTE.finditer(tag[2])}
        if tag[1].lower() == "link" and "canonical" in said.get("rel", "").lower().split():
            if found := _absolute(said.get("href", "")):
                return found
        elif graph is None and "og:url" in (said.get("property"), said.get("name")):
            graph = _absolute(said.get("content", ""))
    if graph:
        return graph
    saved = SAVED.search(head)
    return (_absolute(saved[1]) if saved[1] else f"http://{saved[2]}") if saved else None


def _absolute(url: str) -> str | None:
    """An address of the web, without what HTML wraps it in."""
    url = entities.unescape(url).strip()
    return url if re.match(r"https?://[^\s/]+\S*$", url, re.IGNORECASE) else None
