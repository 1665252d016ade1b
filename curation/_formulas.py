r"""Where the formulas of a text are, in native loops over UTF-8: what `curation.text.MATH` matches, in linear time on any text.

The pattern bounds its lengths, but after each of a million `\[` without an end it looks at a thousand characters: a megabyte of them takes
seventeen seconds. Here it is remembered where the next end of each sort stands, and from where it is near enough. There is one finder,
`formula`; the loops that use it blank formulas out, count their characters, or put marks around them. Tests hold it to the pattern.
"""

from __future__ import annotations

import functools

import numpy as np
from numba import njit

from curation._code import FENCE, FORMULA, PROMPT, code_at, is_one
from curation._words import BACKSLASH, BLANK, IS_BLANK, Bytes, Numbers, character, classes_of

NEWLINE, DOLLAR, STAR, OPEN, CLOSE = 10, 36, 42, 123, 125
IS_WORD = 1
ROUND, SQUARE, ENVIRONMENT = 0, 1, 2
OPENINGS, ENDS, LONGEST = (40, 91), (41, 93), (300, 1000, 1000)
"""Of `\\(`, `\\[` and an environment: the sign that opens, the one that ends, and the most characters between."""
SINGLE, DOUBLE, ARGUMENT = 302, 1000, 80
"""Characters between dollars, between doubled ones, and of a command's argument."""
ENVIRONMENTS = (
    b"math|displaymath|equation|align|alignat|aligned|gather|multline|eqnarray|split|cases|array|matrix|tikzcd"
)
OF_PROSE = b"emph|chapter|title|caption|item|footnote|begin|end|label"
"""Environments of formulas, and commands around prose; `[a-zA-Z]matrix`, `text...` and `...section` besides."""
NAMED = b"begin|end|label"
"""Commands whose argument is a name: no formula, and no prose either."""


@functools.cache
def kinds() -> Bytes:
    r"""For every character whether it is `\s` (IS_BLANK), `\w` (IS_WORD) or neither."""
    return classes_of((r"\s", r"\w"))


@njit(cache=True)
def without(data: Bytes, bounds: Numbers, kinds: Bytes) -> tuple[Bytes, Numbers]:
    """UTF-8 of all texts with a blank for each formula, and where each begins, and the end (N + 1)."""
    out, made, at = np.empty(bounds[-1] - bounds[0], np.uint8), np.zeros(len(bounds), np.int64), 0
    for n in range(len(bounds) - 1):
        text, near, i = data[bounds[n] : bounds[n + 1]], np.zeros((3, 2), np.int64), 0
        while i < len(text):
            end = formula(text, i, kinds, near) if may_begin(text[i]) else -1
            out[at] = BLANK if end > i else text[i]
            at, i = at + 1, max(end, i + 1)
        made[n + 1] = at
    return out[:at], made


@njit(cache=True)
def inside(data: Bytes, bounds: Numbers, kinds: Bytes) -> Numbers:
    """Characters in formulas, of each text."""
    found = np.zeros(len(bounds) - 1, np.int64)
    for n in range(len(found)):
        text, near, i = data[bounds[n] : bounds[n + 1]], np.zeros((3, 2), np.int64), 0
        while i < len(text):
            end = formula(text, i, kinds, near) if may_begin(text[i]) else -1
            for k in range(i, end):
                found[n] += (text[k] & 0xC0) != 0x80
            i = max(end, i + 1)
    return found


@njit(cache=True)
def marked(data: Bytes, bounds: Numbers, kinds: Bytes) -> tuple[Bytes, Numbers]:
    r"""The texts with marks around formulas and code, and where each begins, and the end (N + 1). What were marks before are blanks.

    `\begin{...}`, `\end{...}` and `\label{...}` of whatever name are marked whole.
    """
    out, made, at = np.empty(2 * (bounds[-1] - bounds[0]) + 16, np.uint8), np.zeros(len(bounds), np.int64), 0
    for n in range(len(bounds) - 1):
        at = _put_marked(data[bounds[n] : bounds[n + 1]], kinds, out, at)
        made[n + 1] = at
    return out[:at], made


@njit(cache=True)
def _put_marked(text: Bytes, kinds: Bytes, out: Bytes, at: int) -> int:
    near, fence = np.zeros((3, 2), np.int64), np.zeros(1, np.int64)
    i, prompted = 0, -2  # prompted: where a line after a prompt ended
    while i < len(text):
        mark, end = FORMULA, -1
        if i == 0 or text[i - 1] == NEWLINE:
            mark, end = code_at(text, i, prompted == i - 1, fence)
            prompted = end if mark == PROMPT else -2
        if end < 0 and may_begin(text[i]):
            mark, end = FORMULA, formula(text, i, kinds, near)
            if is_one(text, i + 1, end, NAMED):
                end = _argument(text, end)
        if end > i:
            out[at] = mark
            at += 1
        for k in range(i, max(end, i + 1)):
            out[at] = BLANK if FORMULA <= text[k] <= FENCE + 1 else text[k]
            at += 1
        if end > i:
            out[at] = mark + 1
            at += 1
        i = max(end, i + 1)
    return at


@njit(cache=True, inline="always")
def may_begin(byte: np.uint8) -> bool:
    """Whether a formula may begin with a byte. Asked before `formula`, since a call takes six times as long."""
    return byte in (DOLLAR, BACKSLASH)


@njit(cache=True)
def formula(text: Bytes, i: int, kinds: Bytes, near: Numbers) -> int:
    r"""Where a formula that begins at `i` ends, or -1.

    near: (3, 2), zeros at first, for `\(`, `\[` and environments: where the next end stands, and the first beginning that it is near to.
    A text must be asked from its begin to its end.
    """
    if text[i] == DOLLAR:
        return _dollars(text, i, kinds)
    if text[i] != BACKSLASH or i + 1 >= len(text):
        return -1
    for sort in (ROUND, SQUARE):
        if text[i + 1] == OPENINGS[sort]:
            return _closed(text, i + 2, sort, near)
    if is_one(text, i + 1, i + 6, b"begin"):
        begun = _environment(text, i + 6)
        end = _closed(text, begun, ENVIRONMENT, near) if begun > 0 else -1
        if end > 0:
            return end
    return _command(text, i + 1, kinds)


@njit(cache=True)
def _dollars(text: Bytes, i: int, kinds: Bytes) -> int:
    """Where a formula between dollars ends, or -1. Nothing is looked at beyond the next dollar."""
    double = i + 1 < len(text) and text[i + 1] == DOLLAR
    start, most = (i + 2, DOUBLE) if double else (i + 1, SINGLE)
    k, chars, blank = start, 0, True
    while k < len(text) and text[k] != DOLLAR and chars <= most:
        code, size = character(text, k)
        blank = kinds[code] == IS_BLANK
        if not double and (code == NEWLINE or (k == start and blank)):
            return -1
        chars, k = chars + 1, k + size
    if k >= len(text) or text[k] != DOLLAR or not 0 < chars <= most:
        return -1
    if double:
        return k + 2 if k + 1 < len(text) and text[k + 1] == DOLLAR else -1
    return -1 if blank else k + 1


@njit(cache=True)
def _closed(text: Bytes, start: int, sort: int, near: Numbers) -> int:
    """Where a formula whose inside begins at `start` ends: at the next end of its sort after one character, if near enough; else -1."""
    after = start + 1
    while after < len(text) and text[after] & 0xC0 == 0x80:
        after += 1
    if near[sort, 0] < after:
        at = after
        while at < len(text) and _end(text, at, sort) < 0:
            at += 1
        first, chars = min(at, len(text)), 0
        while first > start and chars < LONGEST[sort]:
            first -= 1
            chars += text[first] & 0xC0 != 0x80
        near[sort, 0], near[sort, 1] = at, first
    at = near[sort, 0]
    return _end(text, at, sort) if at < len(text) and start >= near[sort, 1] else -1


@njit(cache=True)
def _end(text: Bytes, at: int, sort: int) -> int:
    """Where an end that begins at `at` is over, or -1 if none does."""
    if text[at] != BACKSLASH or at + 1 >= len(text):
        return -1
    if sort != ENVIRONMENT:
        return at + 2 if text[at + 1] == ENDS[sort] else -1
    return _environment(text, at + 4) if is_one(text, at + 1, at + 4, b"end") else -1


@njit(cache=True)
def _letters(text: Bytes, k: int) -> int:
    """Where ASCII letters from `k` on end."""
    while k < len(text) and (97 <= text[k] <= 122 or 65 <= text[k] <= 90):
        k += 1
    return k


@njit(cache=True)
def _environment(text: Bytes, k: int) -> int:
    """Where the braced name of an environment of formulas at `k` ends, or -1."""
    if k >= len(text) or text[k] != OPEN:
        return -1
    end = _letters(text, k + 1)
    if not is_one(text, k + 1, end, ENVIRONMENTS) and not is_one(text, k + 2, end, b"matrix"):
        return -1
    end += end < len(text) and text[end] == STAR
    return end + 1 if end < len(text) and text[end] == CLOSE else -1


@njit(cache=True)
def _command(text: Bytes, k: int, kinds: Bytes) -> int:
    """Where a command whose name begins at `k` ends, with its simple arguments if these are no prose; -1 if there is no name."""
    end = _letters(text, k)
    if end == k:
        return -1
    if _is_of_prose(text, k, end) and (end >= len(text) or kinds[character(text, end)[0]] != IS_WORD):
        return end
    after = _argument(text, end)
    while after > end:
        end, after = after, _argument(text, after)
    return end


@njit(cache=True)
def _argument(text: Bytes, k: int) -> int:
    """Where a simple argument in braces at `k` ends: on one line and without braces in it; `k` if there is none."""
    end, chars = k + 1, 0
    if k >= len(text) or text[k] != OPEN:
        return k
    while end < len(text) and text[end] not in (OPEN, CLOSE, NEWLINE) and chars <= ARGUMENT:
        chars += text[end] & 0xC0 != 0x80
        end += 1
    return end + 1 if end < len(text) and text[end] == CLOSE and chars <= ARGUMENT else k


@njit(cache=True)
def _is_of_prose(text: Bytes, start: int, end: int) -> bool:
    """Whether letters are the name of a command around prose."""
    for k in range(start, end):
        if text[k] < 97:
            return False
    texts = is_one(text, start, min(end, start + 4), b"text")
    return texts or is_one(text, max(start, end - 7), end, b"section") or is_one(text, start, end, OF_PROSE)
