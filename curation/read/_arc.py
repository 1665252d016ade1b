"""Walks the records of an ARC file, which Common Crawl wrote before 2013: gzip members or plain, healthy or not.

A record is one line (URL, IP address, date, type, length in bytes; version 2 has more in between) and as many bytes, the HTTP response.
Each is handed on as the WARC record that it would be, so that one reader does for both. Damage costs a record: the walk goes on at the next
member, or at the next line that looks like a record's. Left out: a file that is one compressed stream, whose records have no place of their
own; its first one is read.
"""

from __future__ import annotations

import io
import re
import zlib
from collections.abc import Iterator
from typing import IO

from curation.read._archive import BLOCK, GZIP, MAX_DAMAGE, UNFINISHED, Piece, next_start, piece_of

LINE = re.compile(
    rb"(?P<url>[^\r\n]{1,8192}?) (?P<ip>[0-9a-fA-F.:]{3,45}) (?P<date>\d{12,18}) (?P<rest>(?:\S{1,512} ){1,10})(?P<size>\d{1,10})\r?\n"
)
LONGEST = 16_384
"""Bytes of a record's line."""


def is_arc(head: bytes) -> bool:
    """Whether a file that begins so is an ARC file."""
    if head.startswith(GZIP):
        try:
            head = zlib.decompressobj(31).decompress(head, LONGEST)
        except zlib.error:
            return False
    return head.startswith(b"filedesc:") or LINE.match(head) is not None


def walk_arc(file: IO[bytes], limit: int, begin: int = 0) -> Iterator[Piece]:
    """Every record in the order of the file, and a Piece without record for each stretch that cannot be read."""
    packed = file.read(len(GZIP)) == GZIP
    start: int | None = begin
    damaged = 0
    while start is not None and damaged < MAX_DAMAGE:
        record, end, error = (_member if packed else _plain)(file, start, limit)
        if record is None and error is None:
            return
        if record is not None:
            piece = _piece(record, start, end, limit, error)
            damaged = damaged if piece.error else 0
            yield piece
            if error and not piece.error:  # the record is whole, the file is not
                yield Piece(None, None, None, b"", UNFINISHED)
        elif end is None or error:
            end = _next(file, start + 1, packed)
            yield Piece(start, end if end is not None else file.seek(0, io.SEEK_END), None, b"", error)
            damaged += 1
        start = end


def next_arc_record(file: IO[bytes], position: int, before: int) -> int | None:
    """Where the next record can begin; None if there is no such place before `before`."""
    file.seek(0)
    return _next(file, position, file.read(len(GZIP)) == GZIP, before)


def _next(file: IO[bytes], position: int, packed: bool, before: int | None = None) -> int | None:
    """Where the next record can begin; None if there is no such place, or none before `before`."""
    if packed:
        return next_start(file, position, GZIP, before)
    file.seek(position)
    tail, at = b"", position
    while data := file.read(BLOCK >> 4):
        window = tail + data
        if found := re.search(rb"\n" + LINE.pattern, window):
            place = at - len(tail) + found.start() + 1
            return place if before is None or place < before else None
        if before is not None and at + len(data) >= before + LONGEST:
            return None
        tail = window[-LONGEST:]
        at += len(data)
    return None


def _member(file: IO[bytes], start: int, limit: int) -> tuple[bytes | None, int | None, str | None]:
    """One gzip member: what is in it, where it ends, what is wrong. All None at the end of the file."""
    file.seek(start)
    inflater = zlib.decompressobj(31)
    out, read = bytearray(), 0
    while not inflater.eof:
        data = inflater.unconsumed_tail or file.read(BLOCK if read else 1 << 16)
        if not data:
            return (bytes(out), None, "cut short") if out else (None, None, "cut short" if read else None)
        read += 0 if inflater.unconsumed_tail else len(data)
        try:
            out += inflater.decompress(data, limit + LONGEST + 1 - len(out))
        except zlib.error as error:
            return None, None, str(error)
        if not out and read > BLOCK:
            return None, None, "no record at the beginning of a gzip member"
        if len(out) > limit + LONGEST:
            return None, None, f"a record over the limit of {limit:,} bytes"
    return bytes(out), start + read - len(inflater.unused_data), None


def _plain(file: IO[bytes], start: int, limit: int) -> tuple[bytes | None, int | None, str | None]:
    """The same of a file that is not compressed."""
    file.seek(start)
    head = file.read(LONGEST)
    line = LINE.match(head) or re.match(rb"(?P<url>filedesc:\S*)[^\n]*? (?P<size>\d+)\r?\n", head)
    if line is None:
        return None, None, "no ARC header where one should be" if head.strip() else None
    size = int(line["size"])
    end = start + line.end() + size
    if size > limit:
        return None, None, f"a record of {size:,} bytes, over the limit of {limit:,}"
    file.seek(start)
    data = file.read(end - start)
    after = file.read(2)
    blank = len(after) - len(after.lstrip(b"\r\n"))
    return data, end + blank, None if len(data) == end - start else "cut short"


def _piece(data: bytes, start: int, end: int | None, limit: int, error: str | None) -> Piece:
    """A record as the WARC record that it would be."""
    data = data.lstrip(b"\r\n")
    line = LINE.match(data)
    if data.startswith(b"filedesc:"):
        return piece_of(_warc(b"filedesc", b"", b"", b"warcinfo", b""), start, end, limit)
    if line is None:
        return Piece(start, end, None, b"", error or "no ARC header where one should be")
    size, block = int(line["size"]), data[line.end() :]
    block = block[:size]
    http = block.startswith(b"HTTP/")
    kind = b"response" if http else b"resource"
    mime = b"application/http; msgtype=response" if http else line["rest"].split()[0]
    piece = piece_of(_warc(line["url"], line["date"], mime, kind, block), start, end, limit)
    if len(block) < size and not piece.error:
        piece.error, piece.block = f"cut short: {len(block):,} of {size:,} bytes", piece.block
    return piece


def _warc(url: bytes, date: bytes, mime: bytes, kind: bytes, block: bytes) -> bytes:
    d = date[:14].ljust(14, b"0")
    when = b"%s-%s-%sT%s:%s:%sZ" % (d[:4], d[4:6], d[6:8], d[8:10], d[10:12], d[12:14])
    head = b"WARC/1.0\r\nWARC-Type: %s\r\nWARC-Target-URI: %s\r\nWARC-Date: %s\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n"
    return head % (kind, url, when, mime, len(block)) + block + b"\r\n\r\n"
