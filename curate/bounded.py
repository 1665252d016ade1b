"""Files that strangers made, held to a size before they are believed: what a few kilobytes say can fill any memory.

gzip grows a thousandfold. Parquet has no bound at all: a dictionary holds a value once and rows name it, and a run of a few bytes is a
billion nulls. So what a table would hold is counted from its metadata and its dictionaries before any of it is made. Left out: metadata
that says less than the pages hold, of which one page is decoded (2 GiB at most) before that shows.
"""

from __future__ import annotations

import gzip
import io
from pathlib import Path
from typing import Any

SMALL = 1_000_000
"""Bytes of a file that people write by hand: a recipe, a profile, a card."""
MOST = 512 << 20
"""Bytes that a file of a benchmark, of a card or the like may hold, unpacked; the largest that are in use hold a third of that."""
CELLS = 16_000_000
"""Values that a table of that kind may have."""
PIECE = 1 << 20
ROWS = 4096


def read_small(path: Path) -> bytes | None:
    """A file that people write by hand; None if it has more than `SMALL` bytes, which are not read. OSError if it cannot be read."""
    with path.open("rb") as file:
        content = file.read(SMALL + 1)
    return content if len(content) <= SMALL else None


def inflated(data: bytes, most: int = MOST) -> bytes:
    """What gzip members hold. ValueError beyond `most` bytes; OSError, EOFError or zlib.error where they are damaged."""
    parts: list[bytes] = []
    size = 0
    with gzip.GzipFile(fileobj=io.BytesIO(data)) as file:
        while part := file.read(PIECE):
            parts.append(part)
            if (size := size + len(part)) > most:
                raise ValueError(f"it inflates beyond the limit of {most:,} bytes")
    return b"".join(parts)


def refuse_vast(data: bytes, most: int = MOST, cells: int = CELLS) -> None:
    """ValueError for a Parquet file whose table would have more than so many bytes or values, or that is none."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        facts = pq.read_metadata(pa.BufferReader(data))
        columns = [facts.schema.column(place) for place in range(len(facts.schema))]
        groups = [facts.row_group(place) for place in range(facts.num_row_groups)]
        said = sum(group.column(place).num_values for group in groups for place in range(group.num_columns))
        if max(said, facts.num_rows * max(1, len(columns))) > cells:
            raise ValueError(f"its table has more than {cells:,} values")
        shared = [column.path for column in columns if column.physical_type == "BYTE_ARRAY"]
        size = 0
        with pq.ParquetFile(pa.BufferReader(data), read_dictionary=shared) as file:
            for batch in file.iter_batches(ROWS, use_threads=False):
                if (size := size + sum(map(_bytes, batch.columns))) > most:
                    raise ValueError(f"its table has more than the limit of {most:,} bytes")
    except pa.ArrowException as error:
        raise ValueError(" ".join(str(error).split())[:200]) from None


def _bytes(values: Any) -> int:
    """Bytes of an Arrow array with each value of a dictionary as often as it is named."""
    import pyarrow as pa
    import pyarrow.compute as pc

    kind = values.type
    if pa.types.is_dictionary(kind):
        lengths = pc.cast(pc.binary_length(values.dictionary), pa.int64())
        return int(pc.sum(pc.take(lengths, values.indices)).as_py() or 0) + int(values.indices.nbytes)
    if pa.types.is_struct(kind):
        return sum(_bytes(values.field(place)) for place in range(kind.num_fields))
    if pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_map(kind):
        return _bytes(values.values) + 4 * len(values)
    return int(values.nbytes)
