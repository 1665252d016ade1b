"""Walks the records of a WARC file, healthy or not, and says where each one lies.

fastwarc parses and decompresses; this adds what it leaves out: true offsets and lengths, and going on after damage. When a stretch
cannot be read, the walk looks for the next place where a record can begin (the magic of a compressed member, or `WARC/` at the start of
a line) and goes on there, so that a flipped bit costs one record. It gives up after `MAX_DAMAGE` stretches with no healthy record between
them: what was before a record decides nothing, so that a walk may begin at any of them.

Left out: ARC files (`_arc.py`; fastwarc reads none), and going on after damage inside a file that is one single compressed stream, where
no later beginning exists. There, records have no offset of their own either.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from fastwarc.warc import WarcRecord

GZIP = b"\x1f\x8b\x08"
MAGICS = (GZIP, b"\x28\xb5\x2f\xfd", b"\x04\x22\x4d\x18")
"""First bytes of a gzip member, a zstd frame and an lz4 frame."""
PLAIN = b"WARC/"
MAX_DAMAGE = 1000
TOO_LARGE = "a record of"
"""How the error of a healthy record begins that is not read."""
UNFINISHED = "cut off: the last member does not end, or another one only begins"
MAX_LAST = 64 << 20
"""Bytes of a last member that is looked through once more, to see whether it ends."""
BLOCK = 1 << 20


@dataclass(slots=True)
class Piece:
    """One record, or one stretch that cannot be read (`record` is None).

    `offset` and `end` are positions in the file as stored, None where unknown. `block` is what follows the WARC header of a response
    without the HTTP header, empty for all other records. `error` says what is wrong, None if nothing is.
    """

    offset: int | None
    end: int | None
    record: WarcRecord | None
    block: bytes
    error: str | None


class _Source:
    """A file from `start` on, as fastwarc wants it, that remembers its last blocks so that a record's first bytes can be looked at."""

    def __init__(self, file: IO[bytes], start: int) -> None:
        file.seek(start)
        self.file, self.start, self.at = file, start, start
        self.blocks: list[tuple[int, bytes]] = []

    def read(self, size: int = -1) -> bytes:
        data = self.file.read(size)
        self.blocks = [*self.blocks[-3:], (self.at, data)]
        self.at += len(data)
        return data

    def tell(self) -> int:
        return self.at - self.start

    def begins(self, position: int, magic: bytes) -> bool:
        """Whether `magic` (or what of it is left in a block) stands at this position of the file."""
        for at, data in self.blocks:
            if at <= position < at + len(data):
                return magic.startswith(data[position - at : position - at + len(magic)])
        return False


def walk(file: IO[bytes], limit: int, begin: int = 0) -> Iterator[Piece]:
    """Every record in the order of the file, and a Piece without record for each stretch that cannot be read.

    Responses longer than `limit` bytes are not read into memory: their Piece has an error instead of a block. begin: offset of a Piece that
    was read before; the Pieces from there on are those of a walk over the whole file.
    """
    magic = _magic(file)
    start: int | None = begin
    bad: tuple[int | None, str] | None = None
    damaged = 0
    while damaged < MAX_DAMAGE:
        damaged += 1
        assert start is not None
        last, trouble, told = start, None, False
        for piece in _run(file, start, magic, limit):
            if piece.record is None:
                trouble = piece.error
                break
            if bad:
                begins = bad[0] if bad[0] != piece.offset else None
                yield Piece(begins, piece.offset, None, b"", bad[1])
                bad = None
            damaged, told = (damaged, True) if piece.error else (0, False)
            yield piece
            last = last if piece.offset is None else piece.offset
        if trouble is None and magic == PLAIN:
            return
        start = next_start(file, last + 1, magic)
        bad = bad or _damage(start, last, trouble)
        if start is None:
            break
    if bad:
        yield Piece(bad[0], _size(file), None, b"", bad[1])
    elif trouble is None and not told and magic == GZIP and not _ends(file, last):
        yield Piece(None, None, None, b"", UNFINISHED)


def _ends(file: IO[bytes], last: int) -> bool:
    """Whether a file ends with the gzip member that begins here, zeros apart. True for a member too large to be looked at."""
    if _size(file) - last > MAX_LAST:
        return True
    file.seek(last)
    member, data = zlib.decompressobj(wbits=31), b""
    try:
        while not member.eof and (data := file.read(1 << 16)):
            while data and not member.eof:
                member.decompress(data, BLOCK)
                data = member.unconsumed_tail
    except zlib.error:
        return False
    return member.eof and not (member.unused_data + file.read()).strip(b"\0")


def _damage(start: int | None, last: int, trouble: str | None) -> tuple[int | None, str] | None:
    """Where a stretch that cannot be read begins, and why. None after a clean end, or a record that tells of the damage itself."""
    if trouble == "" or (trouble is None and start is None):
        return None
    return (last if start is None else start), trouble or "cut off within a record's header"


def _run(file: IO[bytes], start: int, magic: bytes, limit: int) -> Iterator[Piece]:
    """Records from `start` on until the end or the first damage, which is then the last Piece."""
    from fastwarc.warc import ArchiveIterator

    source = _Source(file, start)
    held: Piece | None = None
    damage: Piece | None = None
    try:
        for record in ArchiveIterator(source, parse_http=False):  # type: ignore[arg-type]
            place = start + record.stream_pos
            offset = place if source.begins(place, magic) else None
            if held:
                held.end = offset
                yield held
            held = _piece(record, offset, limit)
            if held.error and held.error.startswith("cut short"):
                damage = Piece(offset, None, None, b"", "")
                break
        else:
            if held and held.offset is not None:
                held.end = source.at
    except (OSError, ValueError) as error:
        damage = Piece(None, None, None, b"", str(error))
    if held:
        yield held
    if damage:
        yield damage


def piece_of(data: bytes, offset: int, end: int | None, limit: int) -> Piece:
    """The one record that these bytes are, which lies elsewhere in a file."""
    from io import BytesIO

    from fastwarc.warc import ArchiveIterator

    piece = _piece(next(iter(ArchiveIterator(BytesIO(data), parse_http=False))), offset, limit)
    piece.end = end
    return piece


def _piece(record: WarcRecord, offset: int | None, limit: int) -> Piece:
    """Read one record to its end and notice when the end comes too early."""
    from fastwarc.warc import WarcRecordType

    wanted = record.record_type == WarcRecordType.response
    try:
        if wanted:
            record.parse_http()
        size = record.content_length
        if wanted and size > limit:
            return Piece(offset, None, record, b"", f"{TOO_LARGE} {size:,} bytes, over the limit of {limit:,}")
        if not (record.headers.get("Content-Length") or "").strip().isdigit():
            return Piece(offset, None, record, b"", "no Content-Length, or cut off within the record's header")
        block = record.reader.read() if wanted else b""
        got = len(block) if wanted else record.reader.consume()
    except (OSError, ValueError) as error:
        return Piece(offset, None, record, b"", str(error))
    return Piece(offset, None, record, block, f"cut short: {got:,} of {size:,} bytes" if got < size else None)


Walk = Callable[[IO[bytes], int, int], Iterator[Piece]]
"""Pieces of a file, from its limit of bytes of a record and the offset to begin at."""
Next = Callable[[IO[bytes], int, int], int | None]
"""Where the next record can begin, from a file, a position and the one before which it must."""


def first_whole(file: IO[bytes], at: int, before: int, limit: int, walked: Walk, next_of: Next) -> int | None:
    """Where the first healthy record begins that does so at `at` or later and before `before`, in a file of either kind."""
    start = next_of(file, at, before)
    while start is not None:
        file.seek(0)
        piece = next(walked(file, limit, start), None)
        if piece and piece.offset == start and piece.record is not None and not piece.error:
            return start
        start = next_of(file, start + 1, before)
    return None


def next_record(file: IO[bytes], position: int, before: int) -> int | None:
    """Where the next record of a WARC file can begin; None if there is no such place before `before`."""
    file.seek(0)
    return next_start(file, position, _magic(file), before)


def _magic(file: IO[bytes]) -> bytes:
    """What each record of a file begins with, of which this reads the beginning."""
    head = file.read(8)
    return next((m for m in MAGICS if head.startswith(m)), PLAIN)


def next_start(file: IO[bytes], position: int, magic: bytes, before: int | None = None) -> int | None:
    """First place at or after `position` where a record can begin; None if there is none, or none before `before`."""
    needle = b"\n" + magic if magic == PLAIN else magic
    file.seek(position)
    tail = b""
    while data := file.read(BLOCK):
        window = tail + data
        found = window.find(needle)
        if found >= 0:
            place = position - len(tail) + found + len(needle) - len(magic)
            return place if before is None or place < before else None
        if before is not None and position + len(data) >= before + len(needle):
            return None
        tail = window[-(len(needle) - 1) :]
        position += len(data)
    return None


def _size(file: IO[bytes]) -> int:
    return file.seek(0, 2)
