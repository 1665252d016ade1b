"""The loop of `curation.text.prose`: words of sentences, without identifiers, numbers and lines of code, in one pass over UTF-8."""

from __future__ import annotations

import numpy as np
from numba import njit

from curation._words import BLANK, IS_BLANK, IS_LETTER, IS_NUMBER, Bytes, Numbers, Tables, character

APOSTROPHE, HYPHEN, NEWLINE = 39, 45, 10


@njit(cache=True)
def prose(data: Bytes, bounds: Numbers, tables: Tables) -> tuple[Bytes, Numbers]:
    """UTF-8 of the words of all texts, a blank between two, and where each text begins, and the end (N + 1)."""
    out, at = np.empty(bounds[-1] - bounds[0] + len(bounds), np.uint8), 0
    made = np.zeros(len(bounds), np.int64)
    for n in range(len(bounds) - 1):
        i, end, begin = bounds[n], bounds[n + 1], at
        while i < end:
            stop = i
            while stop < end and data[stop] != NEWLINE:
                stop += 1
            at = _put_line(data, i, stop, tables[0], out, at)
            i = stop + 1
        at -= at > begin  # the blank after the last word
        made[n + 1] = at
    return out[:at], made


@njit(cache=True)
def _put_line(data: Bytes, i: int, end: int, classes: Bytes, out: Bytes, at: int) -> int:
    """Write the words of a line, a blank after each, or nothing if names and signs are more; where the next one goes."""
    begin, words, names = at, 0, 0
    while i < end:
        start, first, last, foreign, blank = i, end, i, False, 0
        while i < end:
            char, size = int(data[i]), 1
            if char >= 128:
                char, size = character(data, i)
            kind = classes[char]
            if kind == IS_BLANK:
                blank = size
                break
            if kind in (IS_LETTER, IS_NUMBER):
                first, last = min(first, i), i + size
                foreign = foreign or (kind == IS_LETTER and char >= 128)
            i += size
        if foreign:
            at = _put_letters(data, first, last, classes, out, at)
            words += 1
        elif _is_word(data, first, last):
            for k in range(first, last):
                out[at] = data[k] if data[k] != HYPHEN else BLANK
                at += 1
            out[at] = BLANK
            at, words = at + 1, words + 1
        elif i > start and last - first != 1:  # one letter or digit says nothing
            names += 1
        i += blank
    return at if words >= names else begin


@njit(cache=True)
def _is_word(data: Bytes, first: int, last: int) -> bool:
    """Whether ASCII from a letter or digit up to another is a word: letters, with apostrophes and hyphens between, and no capital inside.

    One letter is a variable.
    """
    for k in range(first, last):
        byte = data[k]
        capital = 65 <= byte <= 90
        if not (97 <= byte <= 122 or capital or byte in (APOSTROPHE, HYPHEN)):
            return False
        if capital and k > first and data[k - 1] != HYPHEN:
            return False
    return last - first > 1


@njit(cache=True)
def _put_letters(data: Bytes, first: int, last: int, classes: Bytes, out: Bytes, at: int) -> int:
    """Write all letters, and a blank for what is between them: scripts that write no blanks have digits amid their sentences."""
    start = at
    while first < last:
        char, size = character(data, first)
        if classes[char] == IS_LETTER or char == APOSTROPHE:
            for k in range(first, first + size):
                out[at] = data[k]
                at += 1
        elif at > start and out[at - 1] != BLANK:
            out[at] = BLANK
            at += 1
        first += size
    if at > start and out[at - 1] != BLANK:
        out[at] = BLANK
        at += 1
    return at
