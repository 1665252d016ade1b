"""Texts with what is no prose between marks, so that native loops over bytes know it: formulas and code (`curation/_formulas.py`)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl
from numba import njit

from curation import _formulas
from curation._code import FENCE, FORMULA, PROMPT
from curation._utf8 import utf8

Bytes = npt.NDArray[np.uint8]
Marked = tuple[Bytes, npt.NDArray[np.int64]]
_last: list[tuple[pl.Series, Marked]] = []


def marked(texts: pl.Series) -> Marked:
    """UTF-8 of all texts with marks, and where each text begins, and the end (N + 1).

    The last batch is remembered, since several scores stand in a row.
    """
    if not _last or not _last[0][0].equals(texts, null_equal=True):
        _last[:] = [(texts, _formulas.marked(*utf8(texts), _formulas.kinds()))]
    return _last[0][1]


@njit(cache=True)
def opens(byte: int) -> bool:
    """Whether a byte opens a formula or code."""
    return byte in (FORMULA, PROMPT, FENCE)


@njit(cache=True)
def closed(text: Bytes, i: int) -> int:
    """Where what opens at `i` is closed, or the end of the text."""
    end = text[i] + 1
    while i < len(text) and text[i] != end:
        i += 1
    return i
