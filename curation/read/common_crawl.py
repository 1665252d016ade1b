"""HTML pages of Common Crawl: `warc`, with the name of the snapshot as each file says it itself.

    corpora: {web: {read: common_crawl, files: CC-MAIN-2024-46}}

Which files a snapshot has is found by `curate fetch` (`curate/crawls.py`). The WARC files of a snapshot begin with a record that names it
(`isPartOf`), so files of several snapshots can stand under one `files:`, and copies of them anywhere. Left out: WET and WAT files, which
hold no HTML, and the URL index.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import polars as pl

from curate.step import read
from curation.read import warc as archives

SCHEMA, SUFFIXES, begins = archives.SCHEMA, archives.SUFFIXES, archives.begins
NAME = re.compile(rb"^isPartOf:\s*(\S+)", re.MULTILINE | re.IGNORECASE)


@read(uses=["fastwarc", "resiliparse"])
def common_crawl(
    path: str,
    start: int = 0,
    stop: int | None = None,
    *,
    mime: list[str] = archives.HTML,
    status: list[int] = [200],  # noqa: B006 (pydantic copies it)
    dump: str | None = None,
    max_bytes: int = archives.MAX_BYTES,
) -> Iterator[pl.DataFrame]:
    """Pages of one file of Common Crawl, one row each, with the columns of `read: warc`.

    start, stop: offsets of the record to begin at and of the first that is not read any more. mime, status: which responses are
    documents. dump: the snapshot's name, where the file does not say it (ARC files of 2008 to 2012). max_bytes: of one record as stored
    and of one page as decoded; larger ones become error rows. Raises CurateError for a file that is no archive.
    """
    name = snapshot(path) or dump
    yield from archives.warc(path, start, stop, mime=mime, status=status, dump=name, max_bytes=max_bytes)


def snapshot(path: str) -> str | None:
    """The snapshot that a WARC file says it is part of, in its first record."""
    import fsspec
    from fastwarc.warc import ArchiveIterator, WarcRecordType

    try:
        with fsspec.open(path, "rb") as file:
            record = next(iter(ArchiveIterator(file, parse_http=False)), None)
            if record is None or record.record_type != WarcRecordType.warcinfo:
                return None
            found = NAME.search(record.reader.read(65_536))
    except (OSError, ValueError):  # what is wrong with the file, the reader says
        return None
    return found[1].decode("utf-8", "replace") if found else None
