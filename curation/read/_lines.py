"""JSON lines in bounded pieces: decompression, cutting at line ends, and one schema for all lines of a file.

The schema is found by parsing every line with orjson, because no sample of a foreign file can be trusted: a field may appear in the last
line, or change its type. Fields of changing type, objects used as dictionaries (more than `MAX_FIELDS` keys) and nests deeper than
`MAX_DEPTH` become strings of JSON, which also keeps them away from polars, whose own inference overflows its stack on them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, Any

import numpy as np
import polars as pl
import pyarrow as pa

CHUNK = 16_000_000
BLOCK = 1 << 16
MAX_DEPTH = 8
MAX_FIELDS = 256
CODECS = {b"\x1f\x8b": "gzip", b"\x28\xb5\x2f\xfd": "zstd", b"\x04\x22\x4d\x18": "lz4", b"BZh": "bz2"}


@dataclass(slots=True)
class Chunk:
    """Whole lines, the number of the first one, and what is wrong with those that were blanked out."""

    number: int
    data: bytes
    errors: list[str]


def chunks(file: IO[bytes], limit: int) -> Iterator[Chunk]:
    """About `CHUNK` bytes of whole lines at a time. Lines over `limit` bytes become blank lines and are never held in memory."""
    held, number, dropping = bytearray(), 1, False
    errors: list[str] = []
    for block in _blocks(file, errors):
        if dropping:
            end = block.find(b"\n")
            if end < 0:
                continue
            block, dropping = block[end:], False  # its line end stays, so that line numbers stay true
        held += block
        if len(held) < CHUNK:
            continue
        cut = held.rfind(b"\n") + 1
        if len(held) - cut > limit:
            errors.append(_over(number + held.count(b"\n"), limit))
            dropping = True
            del held[cut:]
        if cut:
            yield _chunk(held[:cut], number, limit, errors)
            number += held.count(b"\n", 0, cut)
            errors.clear()
            del held[:cut]
    if held or errors:
        yield _chunk(held, number, limit, errors)


def _blocks(file: IO[bytes], errors: list[str]) -> Iterator[bytes]:
    """Decompressed bytes, the codec told by the first bytes. A damaged stream ends with an entry in `errors`."""
    head = file.read(4)
    file.seek(0)
    codec = next((name for magic, name in CODECS.items() if head.startswith(magic)), None)
    stream: Any = pa.CompressedInputStream(pa.PythonFile(file, mode="r"), codec) if codec else file
    try:
        while block := stream.read(BLOCK):
            yield block
    except OSError as error:
        errors.append(f"the file is damaged and cannot be read further: {error}")


def _over(number: int, limit: int) -> str:
    return f"line {number}: over the limit of {limit:,} bytes"


def _chunk(held: bytearray, number: int, limit: int, errors: list[str]) -> Chunk:
    data = bytes(held.removeprefix(b"\xef\xbb\xbf") if number == 1 else held)
    if len(data) <= limit or _longest(data) <= limit:
        return Chunk(number, data, list(errors))
    lines = data.split(b"\n")
    over = [i for i, line in enumerate(lines) if len(line) > limit]
    kept = [b"" if len(line) > limit else line for line in lines]
    return Chunk(number, b"\n".join(kept), [*(_over(number + i, limit) for i in over), *errors])


def _longest(data: bytes) -> int:
    ends = np.flatnonzero(np.frombuffer(data, np.uint8) == 10)
    return int(np.diff(ends, prepend=-1, append=len(data)).max()) - 1


def objects(chunk: Chunk) -> Iterator[tuple[int, dict[str, Any] | str]]:
    """(line number, the object, or what is wrong with the line) for every line that is not blank."""
    import orjson

    for number, line in enumerate(chunk.data.split(b"\n"), chunk.number):
        if not line or line.isspace():
            continue
        try:
            value = orjson.loads(line)
        except ValueError as error:
            yield number, f"line {number}: not JSON: {str(error)[:200]}"
            continue
        yield number, value if isinstance(value, dict) else f"line {number}: not a JSON object"


Kind = Any
"""Type of a JSON value while it is being found: a polars type, `[Kind]` for a list, `{name: Kind}` for an object."""


class Schema:
    """The smallest schema that holds all objects added to it."""

    def __init__(self) -> None:
        self.fields: dict[str, Kind] = {}
        self._seen: set[tuple[Any, ...]] = set()

    def add(self, item: dict[str, Any]) -> None:
        shape = (*item, *map(type, item.values()))
        if shape in self._seen:
            return
        nested = False
        for name, value in item.items():
            nested |= isinstance(value, (dict, list, int))  # an int may be too large for 64 bits
            kind = _kind(value, 1)
            self.fields[name] = _union(self.fields[name], kind) if name in self.fields else kind
        if not nested and len(self._seen) < 10_000:
            self._seen.add(shape)

    def polars(self) -> dict[str, pl.DataType]:
        return {name: _polars(kind) for name, kind in self.fields.items()}


def _kind(value: Any, depth: int) -> Kind:
    if value is None:
        return pl.Null
    if isinstance(value, bool):
        return pl.Boolean
    if isinstance(value, int):
        return pl.Int64 if -(2**63) <= value < 2**63 else pl.String
    if isinstance(value, float):
        return pl.Float64
    if isinstance(value, str) or depth >= MAX_DEPTH:
        return pl.String
    if isinstance(value, list):
        inner: Kind = pl.Null
        for element in value:
            inner = _union(inner, _kind(element, depth + 1))
        return [inner]
    return {k: _kind(v, depth + 1) for k, v in value.items()} if len(value) <= MAX_FIELDS else pl.String


def _union(a: Kind, b: Kind) -> Kind:
    if a is b or a == b or b is pl.Null:
        return a
    if a is pl.Null:
        return b
    if isinstance(a, list) and isinstance(b, list):
        return [_union(a[0], b[0])]
    if isinstance(a, dict) and isinstance(b, dict):
        more = {
            name: kind for name, inner in b.items() if (kind := _union(a.get(name, pl.Null), inner)) is not a.get(name)
        }
        fields = {**a, **more} if more else a  # where b says nothing new it costs what b has, not what a has
        return fields if len(fields) <= MAX_FIELDS else pl.String
    numbers = (pl.Int64, pl.Float64)
    return pl.Float64 if a in numbers and b in numbers else pl.String


def _polars(kind: Kind) -> pl.DataType:
    """A field that is null or empty everywhere is a string."""
    if isinstance(kind, list):
        return pl.List(_polars(kind[0]))
    if isinstance(kind, dict):
        return pl.Struct({name: _polars(inner) for name, inner in kind.items()}) if kind else pl.String()
    return pl.String() if kind is pl.Null else kind()
