"""How fast archives are read: pages per second of one core, beside bare fastwarc, warcio and datatrove's reader.

    python -m benchmarks.warc --warc pages.warc.gz --repeat 3

Without `--warc` it makes an archive of `--pages` pages of words, `--bytes` each, as Common Crawl has them: a request, a response and a
metadata record for every page, each a gzip member. All readers take the same file and give the same number of pages, or the benchmark ends.
What they do beside that differs, and each row says it:

fastwarc     parses WARC and HTTP headers and reads each response's body; no text
warcio       the same in Python
datatrove    its WarcReader: bodies of text/html, type and charset told by libmagic and cchardet where a header is silent, to text
ours         `read: warc`: bodies out of their encodings, to text by their real charset, kept beside their bytes; places in the file, errors
             as rows, a polars frame; the offset of every record, from which a killed build goes on

CPU time of one process; best of `--repeat` rounds, imports left out. warcio and datatrove's reader run where they are installed
(`make peers`, and libmagic).
"""

from __future__ import annotations

import argparse
import gzip
import importlib.util
import json
import random
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any


def make(path: Path, pages: int, size: int) -> None:
    """An archive of pages of random words."""
    rng = random.Random(0)
    words = ["".join(rng.choices("abcdefghijklmnopqrstuvwxyz", k=rng.randint(2, 9))) for _ in range(3000)]
    with path.open("wb") as file:
        for number in range(pages):
            lines = ["<html><title>A page</title>"]
            while sum(map(len, lines)) < size:
                lines.append(f"<p>{' '.join(rng.choices(words, k=60))}</p>")
            http = (
                b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nServer: some\r\n\r\n"
                + "\n".join(lines).encode()
            )
            url = f"https://example.org/{number}"
            request = f"GET /{number} HTTP/1.1\r\nHost: example.org\r\nUser-Agent: bot\r\n\r\n".encode()
            for kind, mime, block in (
                ("request", "application/http; msgtype=request", request),
                ("response", "application/http; msgtype=response", http),
                ("metadata", "application/warc-fields", b"fetchTimeMs: 12\r\ncharset-detected: UTF-8\r\n"),
            ):
                head = (
                    f"WARC/1.0\r\nWARC-Type: {kind}\r\nWARC-Date: 2024-11-01T18:42:24Z\r\nWARC-Target-URI: {url}\r\n"
                    f"WARC-Record-ID: <urn:uuid:{number:032x}>\r\nContent-Type: {mime}\r\nContent-Length: {len(block)}\r\n\r\n"
                )
                file.write(gzip.compress(head.encode() + block + b"\r\n\r\n", 6, mtime=0))


def ours(path: Path) -> int:
    from curation.read.warc import warc

    return sum(frame["text"].drop_nulls().len() for frame in warc(str(path)))


def fastwarc(path: Path) -> int:
    from fastwarc.warc import ArchiveIterator, WarcRecordType

    pages = 0
    with path.open("rb") as file:
        for record in ArchiveIterator(file, record_types=WarcRecordType.response, parse_http=True):
            record.reader.read()
            pages += 1
    return pages


def warcio(path: Path) -> int:
    from warcio.archiveiterator import ArchiveIterator

    pages = 0
    with path.open("rb") as file:
        for record in ArchiveIterator(file):
            if record.rec_type == "response":
                record.content_stream().read()
                pages += 1
    return pages


def datatrove(path: Path) -> int:
    from datatrove.pipeline.readers import WarcReader

    return sum(1 for _ in WarcReader(str(path.parent), glob_pattern=path.name).run())


READERS: dict[str, tuple[Callable[[Path], int], tuple[str, ...]]] = {
    "ours": (ours, ()),
    "fastwarc": (fastwarc, ()),
    "warcio": (warcio, ("warcio",)),
    "datatrove": (datatrove, ("warcio", "cchardet", "magic")),
}


def measure(path: Path, repeat: int) -> list[dict[str, Any]]:
    """One row for each reader that is installed. SystemExit if they do not find the same pages."""
    rows = []
    for name, (read, needs) in READERS.items():
        lacks = [module for module in needs if importlib.util.find_spec(module) is None]
        if lacks:
            rows.append({"reader": name, "missing": ", ".join(lacks)})
            continue
        best, pages = float("inf"), read(path)
        for _ in range(repeat):
            started = time.process_time()
            read(path)
            best = min(best, time.process_time() - started)
        rows.append({"reader": name, "pages": pages, "seconds": best, "pages_per_second": pages / best})
    counted = {row["pages"] for row in rows if "pages" in row}
    if len(counted) > 1:
        sys.exit(f"the readers do not find the same pages: {rows}")
    return rows


def show(rows: list[dict[str, Any]]) -> None:
    base = rows[0]["pages_per_second"]
    print(f"{'reader':<12}{'pages/s':>10}{'ours is':>10}")
    for row in rows:
        if "missing" in row:
            print(f"{row['reader']:<12}not run: {row['missing']} is not installed")
        else:
            speed = row["pages_per_second"]
            print(f"{row['reader']:<12}{speed:>10,.0f}{base / speed:>9.2f}x")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--warc", type=Path, help="an archive; else one is made")
    parser.add_argument("--pages", type=int, default=10_000)
    parser.add_argument("--bytes", type=int, default=10_000, help="of a page that is made")
    parser.add_argument("--repeat", type=int, default=3, help="rounds; the fastest counts")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = asked.warc or Path(folder) / "made.warc.gz"
        if not asked.warc:
            make(path, asked.pages, asked.bytes)
        rows = measure(path, asked.repeat)
    if asked.json:
        print(json.dumps({"bytes": asked.bytes, "rows": rows}))
    else:
        show(rows)


if __name__ == "__main__":
    main()
