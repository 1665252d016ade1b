"""The loop of `prose`, over the marked bytes of all texts at once, compiled by numba."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

from curation._code import FORMULA
from curation._words import BASIS, IS_BLANK, IS_LETTER, IS_NUMBER, Bytes, Numbers, Tables, character
from curation.score._marks import closed, opens
from curation.score._phrases import Phrases, finished, joined, place, spelled

NEWLINE, HASH, DOT, ELLIPSIS = 10, 35, 46, 0x2026
NAMES = (
    "words", "letters", "long", "long_letters", "stops", "different", "tokens", "numeric", "hashes", "ellipses", "digits", "signs",
    "formulas",
)  # fmt: skip
"""What is counted, in this order. long: words of two letters and more. numeric: tokens without a letter."""
(WORDS, LETTERS, LONG, LONG_LETTERS, STOPS, DIFFERENT, TOKENS, NUMERIC, HASHES, ELLIPSES, DIGITS, SIGNS, FORMULAS) = (
    range(len(NAMES))
)


@njit(cache=True)
def without_blanks(code: int) -> bool:
    """Whether a letter's script writes no blanks between words: Thai to Khmer, kana, Han."""
    if code < 0x0E00:
        return False
    return (
        code < 0x1000
        or 0x1780 <= code < 0x1800
        or 0x2E80 <= code < 0xA000
        or 0xF900 <= code < 0xFB00
        or code >= 0x20000
    )


@njit(cache=True)
def count(data: Bytes, bounds: Numbers, tables: Tables, stops: Phrases, out: npt.NDArray[np.int64]) -> None:
    """bounds: where each text begins, and the end (N + 1). out: (N, len(NAMES)), filled in."""
    for n in range(len(bounds) - 1):
        _count(data[bounds[n] : bounds[n + 1]], tables, stops, out[n])


@njit(cache=True)
def _count(text: Bytes, tables: Tables, stops: Phrases, out: npt.NDArray[np.int64]) -> None:
    classes, lower = tables
    seen = np.zeros(len(stops[0]), np.bool_)
    i, total, bare = 0, len(text), True  # bare: nothing but blanks and `#` or `.` since the line began
    letters, digits, formula = False, False, False  # in this run of characters that are no blanks
    while i <= total:
        code, size = (int(text[i]), 1) if i < total else (NEWLINE, 1)
        if code >= 0x80:
            code, size = character(text, i)
        if opens(code):
            out[FORMULAS] += code == FORMULA
            formula, bare = True, False
            i = closed(text, i) + 1
            continue
        kind = classes[code]
        if kind == IS_BLANK:
            if not formula and (letters or digits):
                out[TOKENS] += 1
                out[NUMERIC] += not letters
            letters, digits, formula = False, False, False
            bare |= code == NEWLINE
        elif kind == IS_LETTER:
            letters, bare, h, length = True, False, BASIS, 0
            while True:
                h = spelled(h, lower[code])
                length += 1
                i += size
                if i >= total or without_blanks(code):
                    break
                following, size = int(text[i]), 1
                if following >= 0x80:
                    following, size = character(text, i)
                if classes[following] != IS_LETTER or without_blanks(following):
                    break
                code = following
            out[WORDS] += 1
            out[LETTERS] += length
            out[LONG] += length > 1
            out[LONG_LETTERS] += length * (length > 1)
            at = place(stops, joined(np.uint64(0), finished(h)))
            if at >= 0:
                out[STOPS] += 1
                out[DIFFERENT] += not seen[at]
                seen[at] = True
            if i + 2 < total and text[i] == DOT and text[i + 1] == DOT and text[i + 2] == DOT:
                out[ELLIPSES] += 1
            elif i < total and text[i] == 0xE2:
                out[ELLIPSES] += character(text, i)[0] == ELLIPSIS
            continue
        elif kind == IS_NUMBER:
            digits, bare = True, False
            out[DIGITS] += 1
        else:
            out[SIGNS] += 1
            out[HASHES] += code == HASH and not bare
            bare &= code in (HASH, DOT)
        i += size
