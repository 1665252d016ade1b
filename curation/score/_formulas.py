r"""Texts with their formulas between marks, so that a native loop over bytes knows prose from mathematics.

A formula is what `curation.text.MATH` says, and also `\begin{...}`, `\end{...}` and `\label{...}` of any environment, whose names are no
prose. The marks are two control characters that no page has a use for; a page that has them spoils only its own figures.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl

from curation._utf8 import utf8
from curation.text import ENVIRONMENT, MATH

OPEN, CLOSE = 1, 2
_WHOLE = rf"\\begin\{{{ENVIRONMENT}\*?\}}(?s:.{{1,1000}}?)\\end\{{{ENVIRONMENT}\*?\}}"
_MARKUP = r"\\(?:begin|end|label)\{[^{}\n]{0,80}\}"
FORMULA = rf"{_WHOLE}|{_MARKUP}|{MATH}"


_last: list[tuple[pl.Series, tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64]]]] = []


def marked(texts: pl.Series) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64]]:
    """UTF-8 of all texts with each formula between OPEN and CLOSE, and where each text begins, and the end (N + 1).

    The last batch is remembered, since several scores stand in a row, and looking for formulas takes longer than what they count.
    """
    if not _last or not _last[0][0].equals(texts, null_equal=True):
        _last[:] = [(texts, utf8(texts.str.replace_all(FORMULA, f"{chr(OPEN)}${{0}}{chr(CLOSE)}")))]
    return _last[0][1]
