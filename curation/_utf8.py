"""The bytes of a column of texts, without a Python object for each: what native loops run over."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa


def utf8(texts: pl.Series) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64]]:
    """UTF-8 of all texts one after another, and where each begins, and the end (N + 1); a null text is empty.

    Both are read-only, also of no texts: native loops are compiled once more for arrays that can be written to.
    """
    column = texts.fill_null("").to_arrow().cast(pa.large_string())
    _, offsets, data = column.buffers()
    bounds = np.zeros(1, np.int64)
    if len(column):
        bounds = np.frombuffer(offsets, np.int64)[column.offset : column.offset + len(column) + 1]
    found = np.frombuffer(data if len(column) and data else b"", np.uint8)
    for array in (bounds, found):
        array.flags.writeable = False
    return found, bounds


def series(like: pl.Series, data: npt.NDArray[np.uint8], bounds: npt.NDArray[np.int64]) -> pl.Series:
    """Texts from their UTF-8 and where each begins, and the end (N + 1); named like a series, and null where that is."""
    column = pa.LargeStringArray.from_buffers(len(like), pa.py_buffer(bounds), pa.py_buffer(data))
    made = pl.Series(like.name, column, dtype=pl.String)
    return made.set(like.is_null(), None) if like.has_nulls() else made
