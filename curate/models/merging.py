"""Merging of the reply store's segments: many small ones become one, in which each key stands once.

Segments of about one size are merged, so that a reply is written again only a few times, however many there come to be. Nothing is held as
a whole: which rows stay is found out from the keys, and then row group after row group is copied.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from curate.models.segments import GROUP_BYTES, GROUP_ROWS, SCHEMA, Segment, write

FANOUT = 8
"""Segments of about one size that are merged."""
SMALLEST, LARGEST = 256 << 10, 32 << 20
"""Bytes: smaller segments count as of one size; larger ones are not merged any more."""


def to_merge(segments: Sequence[tuple[str, int]]) -> list[str]:
    """Names of the segments to merge, of (name, bytes): the smallest size of which there are `FANOUT`; none if there is no such size.

    Sizes are powers of `FANOUT`, so that a reply is written again once for each of them at most.
    """
    classes: dict[int, list[str]] = {}
    for name, size in sorted(segments):
        if size < LARGEST:
            classes.setdefault(_class(size), []).append(name)
    return next((names for _, names in sorted(classes.items()) if len(names) >= FANOUT), [])


def _class(size: int) -> int:
    found, limit = 0, SMALLEST
    while size >= limit:
        found, limit = found + 1, limit * FANOUT
    return found


def merge(parts: Sequence[Segment], folder: Path) -> str:
    """Write one segment in place of these: each key once, oldest part first. The parts stay; the caller deletes them."""
    parts = sorted(parts, key=lambda part: (_first(part), part.path.name))
    keep = _winners(parts)
    names = {part.path.name for part in parts} | {name for part in parts for name in part.replaces}
    return write(_regrouped(_kept(parts, keep)), folder, sorted(names))


def _first(part: Segment) -> int:
    return int(part.table([0], ["asked_at"]).column(0)[0].as_py())


def _winners(parts: Sequence[Segment]) -> list[np.ndarray[Any, np.dtype[np.bool_]]]:
    """Of each part, which rows stay."""
    keep = [np.ones(part.rows.size, np.bool_) for part in parts]
    found, times = np.unique(np.concatenate([part.prefixes for part in parts]), return_counts=True)
    twice = found[times > 1]
    best: dict[bytes, tuple[tuple[Any, ...], int, int]] = {}
    for number, part in enumerate(parts):
        rows = part.find(twice)
        for row, (key, told) in zip(rows, part.read(rows), strict=True):
            new = (told.order, number, int(row))
            if key in best:
                worse = max(best[key], new)
                keep[worse[1]][worse[2]] = False
                new = min(best[key], new)
            best[key] = new
    return keep


def _kept(parts: Sequence[Segment], keep: Sequence[np.ndarray[Any, np.dtype[np.bool_]]]) -> Iterator[pa.Table]:
    for part, mask in zip(parts, keep, strict=True):
        for group, start in enumerate(part.starts[:-1]):
            table = part.table([group], SCHEMA.names)
            yield table.filter(pa.array(mask[start : start + table.num_rows]))


def _regrouped(tables: Iterable[pa.Table]) -> Iterator[pa.Table]:
    """The same rows in row groups of full size."""
    held: list[pa.Table] = []
    for table in tables:
        for start in range(0, table.num_rows, GROUP_ROWS):
            piece = table.slice(start, GROUP_ROWS)
            if held and (
                sum(t.num_rows for t in held) + piece.num_rows > GROUP_ROWS
                or sum(t.nbytes for t in held) + piece.nbytes > 2 * GROUP_BYTES
            ):
                yield pa.concat_tables(held).combine_chunks()
                held = []
            held.append(piece)
    if held:
        yield pa.concat_tables(held).combine_chunks()
