"""Records of a Parquet file, one row group after the other, by path or URL."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import polars as pl
import pyarrow as pa

from curate.errors import CurateError
from curate.step import read
from curation.read._layouts import with_usual_columns

if TYPE_CHECKING:
    from pyarrow.parquet import ParquetFile, RowGroupMetaData

FRAME_BYTES = 32_000_000

SUFFIXES = (".parquet",)
"""How names of its files end: what `curate run` and generated folders go by."""


@read(uses=["pyarrow", "polars"])
def parquet(path: str, start: int = 0, stop: int | None = None) -> Iterator[pl.DataFrame]:
    """Rows of a Parquet file with the file's own columns (structs and lists as they are) and `error`.

    start, stop: the first row group that is read, and the first that is not read any more.
    `url`, `date`, `dump` and `license` are found within `metadata` and `meta` too (`_layouts.py`).
    A row group that cannot be read further becomes one row of nulls with an error. A column of the file called `error` is renamed
    `error_`. Frames hold about 32 MB. Raises CurateError for a file that is no Parquet.
    """
    import fsspec
    import pyarrow.parquet as pq

    try:
        with fsspec.open(path, "rb") as file:
            table = pq.ParquetFile(file)
            empty = _frame(pa.RecordBatch.from_pylist([], schema=table.schema_arrow))
            yield empty
            for group in range(table.num_row_groups)[start:stop]:
                yield from _group(table, group, empty)
    except FileNotFoundError:
        raise CurateError("no such file", where=path) from None
    except (OSError, pa.ArrowException) as error:
        raise CurateError(f"not a Parquet file: {' '.join(str(error).split())[:200]}", where=path) from None


def begins(path: str, at: int, before: int) -> int | None:
    """The first row group that is stored within these bytes of a file (`curate/large_files.py`).

    None if none is, or if they are not stored in order.
    """
    import fsspec
    import pyarrow.parquet as pq

    try:
        with fsspec.open(path, "rb") as file:
            facts = pq.ParquetFile(file).metadata
            places = [_place(facts.row_group(group)) for group in range(facts.num_row_groups)]
            within = (group for group, place in enumerate(places) if at <= place < before)
            return next(within, None) if places == sorted(places) else None
    except (OSError, pa.ArrowException):  # which the reader says
        return None


def _place(group: RowGroupMetaData) -> int:
    """Where in the file a row group begins, as its first column says."""
    column = group.column(0) if group.num_columns else None
    return int(column.dictionary_page_offset or column.data_page_offset) if column else 0


def _group(table: ParquetFile, group: int, empty: pl.DataFrame) -> Iterator[pl.DataFrame]:
    facts = table.metadata.row_group(group)
    rows = max(1, min(65_536, FRAME_BYTES * facts.num_rows // max(1, facts.total_byte_size)))
    try:
        for batch in table.iter_batches(batch_size=rows, row_groups=[group], use_threads=False):
            for part in _bounded(batch):
                yield _frame(part).cast(empty.schema)
    except (OSError, pa.ArrowException) as error:
        lost = pl.DataFrame({"error": [f"row group {group}: {str(error).splitlines()[0]}"]})
        yield pl.concat([empty, lost], how="diagonal")


def _bounded(batch: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
    """A batch in pieces of at most `FRAME_BYTES`, or of one row."""
    if batch.nbytes <= FRAME_BYTES or batch.num_rows < 2:
        yield batch
        return
    half = batch.num_rows // 2
    yield from _bounded(batch.slice(0, half))
    yield from _bounded(batch.slice(half))


def _frame(batch: pa.RecordBatch) -> pl.DataFrame:
    """Categories and all-null columns as strings, so that files of one source agree."""
    frame = pl.DataFrame(pl.from_arrow(batch))
    if "error" in frame.columns:
        frame = frame.rename({"error": "error_"})
    strings = [name for name, kind in frame.schema.items() if kind in (pl.Categorical, pl.Enum, pl.Null)]
    frame = frame.with_columns(pl.col(strings).cast(pl.String))
    return with_usual_columns(frame).with_columns(error=pl.lit(None, pl.String))
