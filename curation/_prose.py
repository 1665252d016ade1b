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
            at = _put_line(data[i:stop], tables[0], out, at)
            i = stop + 1
        at -= at > begin  # the blank after the last word
        made[n + 1] = at
    return out[:at], made


@njit(cache=True)
def _put_line(line: Bytes, classes: Bytes, out: Bytes, at: int) -> int:
    """Write the words of a line, a blank after each, or nothing if more of it is code; where the next one goes."""
    begin, i, code = at, 0, 0
    while i < len(line):
        now, stop = _put_word(line, i, classes, out, at)
        if now == at:
            code += stop - i
        at, i = now, stop
        if i < len(line):
            i += character(line, i)[1]  # a blank may be of several bytes
    return at if at - begin >= code else begin


@njit(cache=True)
def _put_word(line: Bytes, i: int, classes: Bytes, out: Bytes, at: int) -> tuple[int, int]:
    """Write what stands from `i` up to a blank, if it is a word; where the next one goes, and where that blank is.

    A word is letters, with apostrophes and hyphens inside, and no capital after the first letter of a part. One letter is a variable. Of a
    run with letters that are not ASCII all letters stay: scripts that write no blanks have digits in the middle of their sentences.
    """
    first, last, stop, foreign = len(line), i, i, False
    while stop < len(line):
        code, size = character(line, stop)
        kind = classes[code]
        if kind == IS_BLANK:
            break
        if kind == IS_LETTER or kind == IS_NUMBER:
            first, last = min(first, stop), stop + size
            foreign = foreign or (kind == IS_LETTER and code >= 128)
        stop += size
    if not foreign and not _is_word(line[first:last]):
        return at, stop
    start = at
    while first < last:
        code, size = character(line, first)
        if classes[code] == IS_LETTER or code == APOSTROPHE:
            out[at : at + size] = line[first : first + size]
            at += size
        elif at > start and out[at - 1] != BLANK:
            out[at] = BLANK
            at += 1
        first += size
    if at > start and out[at - 1] != BLANK:
        out[at] = BLANK
        at += 1
    return at, stop


@njit(cache=True, inline="always")
def _is_word(token: Bytes) -> bool:
    """Whether ASCII characters without punctuation around them are a word."""
    for k in range(len(token)):
        byte = token[k]
        capital = 65 <= byte <= 90
        if not (97 <= byte <= 122 or capital or byte == APOSTROPHE or byte == HYPHEN):
            return False
        if capital and k and token[k - 1] != HYPHEN:
            return False
    return len(token) > 1
