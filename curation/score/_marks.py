r"""Texts with what is no prose between marks, so that native loops over bytes know it: formulas and code.

A formula is what `curation.text.MATH` says, and also `\begin{...}`, `\end{...}` and `\label{...}` of any environment, whose names are no
prose. Code is a fenced block, or a line after the prompt of an interpreter. The marks are control characters that no page has a use for; a
page that has them spoils only its own figures. Each sort has its own search, since one for all would take eight times as long.

Left out: code without fences or prompts, which only looks like it.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl
from numba import njit

from curation._utf8 import utf8
from curation.text import ENVIRONMENT, MATH

Bytes = npt.NDArray[np.uint8]
Marked = tuple[Bytes, npt.NDArray[np.int64]]

FORMULA, PROMPT, FENCE = 1, 3, 5
"""What opens each; the next number closes it."""
_WHOLE = rf"\\begin\{{{ENVIRONMENT}\*?\}}(?s:.{{1,1000}}?)\\end\{{{ENVIRONMENT}\*?\}}"
_MARKUP = r"\\(?:begin|end|label)\{[^{}\n]{0,80}\}"
PATTERNS = {
    FORMULA: rf"{_WHOLE}|{_MARKUP}|{MATH}",
    PROMPT: r"(?m:^)[ \t]{0,16}(?:>>>|\.\.\.|sage:|In \[\d{0,4}\]:|[a-z]{2,8}>)[ \t][^\n]*",
    FENCE: r"(?m:^)```[^\n]{0,80}\n(?s:.{0,5000}?)\n```",
}
_last: list[tuple[pl.Series, Marked]] = []


def marked(texts: pl.Series) -> Marked:
    """UTF-8 of all texts with marks, and where each text begins, and the end (N + 1).

    The last batch is remembered, since several scores stand in a row, and looking for formulas takes longer than what they count.
    """
    if not _last or not _last[0][0].equals(texts, null_equal=True):
        made = texts
        for mark, pattern in PATTERNS.items():
            made = made.str.replace_all(pattern, f"{chr(mark)}${{0}}{chr(mark + 1)}")
        _last[:] = [(texts, utf8(made))]
    return _last[0][1]


@njit(cache=True, inline="always")
def opens(byte: int) -> bool:
    """Whether a byte opens a formula or code."""
    return byte == FORMULA or byte == PROMPT or byte == FENCE


@njit(cache=True, inline="always")
def closed(text: Bytes, i: int) -> int:
    """Where what opens at `i` is closed, or the end of the text."""
    end = text[i] + 1
    while i < len(text) and text[i] != end:
        i += 1
    return i
