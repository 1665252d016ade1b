"""Large input files are read in parts, by several workers at once.

A part is what begins within `SPAN` bytes of a file as stored. A reader can be given one if its module has the function
`begins(path, at, before)`: where the first record begins that lies within these bytes, as a value for the reader's `start` and `stop`, or
None. For an archive that is a place in the file, for Parquet a row group. Parts and the names of their shards follow from the file alone,
so it makes no difference who reads which; of a file that is fetched first, one worker reads them all.

`begins` looks at a few bytes and may be deceived, by an archive that lies within an archive. The reader of the part before then comes past
the place where it was to stop (`curate.step.Missed`), and the file is read from beginning to end instead.

Left out: files that say only as a whole which columns they have (JSON Lines), and those that are one compressed stream.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from curate.sources import Source
    from curate.step import Step

SPAN = 64 << 20
"""Bytes of a part, as stored. Another number gives large files other shards."""
MANY = 1024
"""So many files are enough for any number of workers, and each is one worker's."""

Place = tuple[int, int | None]
"""A file by its number, and one of its parts; None for all of it."""


def can_begin(reader: Step) -> bool:
    """Whether a reader can be given a part of a file."""
    return hasattr(sys.modules[reader.module], "begins")


def parts_of(size: int, span: int) -> int:
    """How many parts of `span` bytes a file of `size` bytes has."""
    return max(1, -(-size // span))


def places(files: Sequence[Source], reader: Step, whole: set[int], span: int) -> tuple[Place, ...]:
    """What each rank reads; empty where each reads one file. whole: files that cannot be read in parts. span: bytes of a part."""
    large = {i for i, file in enumerate(files) if file.bytes > span and "://" not in file.path and not file.members}
    if len(files) > MANY or not can_begin(reader) or not large - whole:
        return ()
    parts = [range(parts_of(file.bytes, span)) if i in large - whole else (None,) for i, file in enumerate(files)]
    return tuple((i, part) for i, some in enumerate(parts) for part in some)


def bounds(reader: Step, path: str, part: int, span: int) -> dict[str, Any] | None:
    """`start` and `stop` of a part, where it has any; None if nothing begins in it."""
    size = Path(path).stat().st_size
    begins = sys.modules[reader.module].begins

    def first(number: int) -> Any:
        return begins(path, number * span, min(size, (number + 1) * span))

    start = first(part) if part else 0
    if start is None:
        return None
    after = (first(number) for number in range(part + 1, parts_of(size, span)))
    stop = next((place for place in after if place is not None), None)
    return ({"start": start} if start else {}) | ({} if stop is None else {"stop": stop})
