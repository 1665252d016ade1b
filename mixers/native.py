"""Two things every native loop of this package needs: a compiler, and a column's bytes without one Python object per document.

Modules that import this one cost a second (numba), so step modules import them inside their functions.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np
import polars as pl

Function = TypeVar("Function", bound=Callable[..., Any])
OLDEST = pl.CompatLevel.oldest()
"""Arrow with offsets and contiguous values, not views."""


def native(function: Function) -> Function:
    """Compile a loop over numpy arrays; the machine code is kept beside the module where that folder can be written."""
    import numba

    compiled: Any
    try:
        compiled = numba.njit(cache=True)(function)
    except RuntimeError:  # an installation that nobody may write to, and no cache folder of one's own
        compiled = numba.njit(function)
    return compiled  # type: ignore[no-any-return]


def utf8(strings: pl.Series) -> tuple[np.ndarray, np.ndarray]:
    """Bytes of a String series, end to end (uint8), and where each string starts and ends (int64, one more than strings)."""
    array: Any = strings.to_arrow(compat_level=OLDEST)
    return arrow_utf8(array)


def arrow_utf8(array: Any) -> tuple[np.ndarray, np.ndarray]:
    """The same for an Arrow `large_string` array."""
    _, offsets, data = array.buffers()
    bounds = (
        np.frombuffer(offsets, np.int64)[array.offset : array.offset + len(array) + 1]
        if len(array)
        else np.zeros(1, np.int64)
    )
    return np.frombuffer(data, np.uint8) if data and data.size else np.zeros(0, np.uint8), bounds


def lists(column: pl.Series) -> tuple[np.ndarray, np.ndarray]:
    """Values of a List(UInt32) series, end to end, and where each list starts and ends (int64, one more than lists)."""
    array: Any = column.to_arrow(compat_level=OLDEST)
    return array.values.to_numpy(zero_copy_only=True), array.offsets.to_numpy(zero_copy_only=True)
