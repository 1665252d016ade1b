r"""What `curation.text.MATH` matches, found in a native loop: five times as fast as the pattern, and in linear time whatever the text.

The pattern bounds its lengths, but after each of a million `\[` without an end it looks at a thousand characters; here the next end is
looked for once. Tests hold the two to the same answers.
"""

from __future__ import annotations

import functools

import numpy as np
import numpy.typing as npt
from numba import njit

from curation._words import BACKSLASH, BLANK, IS_BLANK, Bytes, Numbers, character, classes_of

DOLLAR, NEWLINE, OPEN, CLOSE = 36, 10, 123, 125
SHORT, LONG, ARGUMENT = 300, 1000, 80
"""Characters of a formula on a line, of a displayed one, and of a command's argument."""
NAMES = (
    "math displaymath equation align alignat aligned gather multline eqnarray split cases array matrix tikzcd".split(),
    "emph chapter title caption item footnote begin end label".split(),
)
"""Environments of formulas, and commands around prose; `[a-zA-Z]matrix`, `text...` and `...section` besides."""
Names = tuple[Bytes, Numbers, Numbers]
Marks = tuple[Bytes, npt.NDArray[np.bool_], Names, Names]


@functools.cache
def marks() -> Marks:
    r"""Classes of characters, which are `\w`, and the names, as the loops take them."""
    names = []
    for some in NAMES:
        data = "".join(some).encode()
        ends = np.cumsum([len(name) for name in some])
        names.append((np.frombuffer(data, np.uint8), ends - [len(name) for name in some], ends))
    return classes_of(), classes_of((r"\w",)) == 0, names[0], names[1]


@njit(cache=True)
def without(data: Bytes, bounds: Numbers, marks: Marks) -> tuple[Bytes, Numbers]:
    """UTF-8 of all texts with a blank for each formula, and where each begins, and the end (N + 1)."""
    out, made, at = np.empty(bounds[-1] - bounds[0], np.uint8), np.zeros(len(bounds), np.int64), 0
    for n in range(len(bounds) - 1):
        at = _put(data[bounds[n] : bounds[n + 1]], marks, out, at)
        made[n + 1] = at
    return out[:at], made


@njit(cache=True)
def _put(text: Bytes, marks: Marks, out: Bytes, at: int) -> int:
    i, size, ends = 0, len(text), np.full(3, -1)
    while i < size:
        stop = -1
        if text[i] == DOLLAR:
            stop = _dollars(text, i, marks[0])
        elif text[i] == BACKSLASH and i + 1 < size:
            stop = _command(text, i, marks, ends)
        if stop < 0:
            out[at] = text[i]
            i += 1
        else:
            out[at] = BLANK
            i = stop
        at += 1
    return at


@njit(cache=True)
def _length(text: Bytes, i: int, end: int) -> int:
    """Characters from `i` to `end`."""
    count = 0
    for k in range(i, end):
        count += text[k] & 0xC0 != 0x80
    return count


@njit(cache=True)
def _dollars(text: Bytes, i: int, classes: Bytes) -> int:
    """Where a formula between dollars ends, or -1."""
    double = i + 1 < len(text) and text[i + 1] == DOLLAR
    first = i + 1 + double
    end = first
    while end < len(text) and text[end] != DOLLAR:
        end += 1
    if end >= len(text) or end == first:
        return -1
    if double:
        far = end - first > 4 * LONG or _length(text, first, end) > LONG
        return -1 if far or end + 1 >= len(text) or text[end + 1] != DOLLAR else end + 2
    if end - first > 4 * (SHORT + 2) or _length(text, first, end) > SHORT + 2:
        return -1
    last = end - 1
    while text[last] & 0xC0 == 0x80:
        last -= 1
    for k in (first, last):
        if classes[character(text, k)[0]] == IS_BLANK:
            return -1
    for k in range(first, end):
        if text[k] == NEWLINE:
            return -1
    return end + 1


@njit(cache=True)
def _command(text: Bytes, i: int, marks: Marks, ends: Numbers) -> int:
    r"""Where `\(...\)`, `\[...\]`, an environment or a command ends, or -1. ends: the next `\)`, `\]` and `\end{...}` as far as known."""
    if text[i + 1] == 40:
        return _closed(text, i + 2, 0, SHORT, marks, ends)
    if text[i + 1] == 91:
        return _closed(text, i + 2, 1, LONG, marks, ends)
    if _is(text, i + 1, b"begin{"):
        begun = _environment(text, i + 7, marks)
        stop = _closed(text, begun, 2, LONG, marks, ends) if begun > 0 else -1
        if stop > 0:
            return stop
    j = i + 1
    while j < len(text) and 97 <= text[j] <= 122:
        j += 1
    if _is_of_prose(text, i + 1, j, marks):
        return j
    while j < len(text) and (97 <= text[j] <= 122 or 65 <= text[j] <= 90):
        j += 1
    if j == i + 1:
        return -1
    while j < len(text) and text[j] == OPEN:
        k, count = j + 1, 0
        while k < len(text) and text[k] != OPEN and text[k] != CLOSE and text[k] != NEWLINE and count <= ARGUMENT:
            count += text[k] & 0xC0 != 0x80
            k += 1
        if k >= len(text) or text[k] != CLOSE or count > ARGUMENT:
            break
        j = k + 1
    return j


@njit(cache=True)
def _closed(text: Bytes, start: int, kind: int, most: int, marks: Marks, ends: Numbers) -> int:
    """Where a formula that begins at `start` ends: at the next end of its kind after one character, if that is near enough; else -1."""
    after = start + 1
    while after < len(text) and text[after] & 0xC0 == 0x80:
        after += 1
    if ends[kind] < after:
        at = after
        while at < len(text) and _end(text, at, kind, marks) < 0:
            at += 1
        ends[kind] = at
    at = ends[kind]
    if at >= len(text) or at - start > 4 * most or _length(text, start, at) > most:
        return -1
    return _end(text, at, kind, marks)


@njit(cache=True)
def _end(text: Bytes, at: int, kind: int, marks: Marks) -> int:
    """Where an end that begins at `at` is over, or -1 if none does."""
    if text[at] != BACKSLASH or at + 1 >= len(text):
        return -1
    if kind == 0:
        return at + 2 if text[at + 1] == 41 else -1
    if kind == 1:
        return at + 2 if text[at + 1] == 93 else -1
    return _environment(text, at + 5, marks) if _is(text, at + 1, b"end{") else -1


@njit(cache=True)
def _environment(text: Bytes, start: int, marks: Marks) -> int:
    """Where the name of an environment of formulas and its brace end, or -1."""
    j = start
    while j < len(text) and (97 <= text[j] <= 122 or 65 <= text[j] <= 90):
        j += 1
    known = _is_one(text, start, j, marks[2]) or (j - start == 7 and _is(text, start + 1, b"matrix"))
    if j < len(text) and text[j] == 42:
        j += 1
    return j + 1 if known and j < len(text) and text[j] == CLOSE else -1


@njit(cache=True)
def _is_of_prose(text: Bytes, start: int, end: int, marks: Marks) -> bool:
    """Whether small letters are the name of a command around prose, and no letter or digit follows them."""
    if end < len(text) and marks[1][character(text, end)[0]]:
        return False
    section = end - start >= 7 and _is(text, end - 7, b"section")
    return section or (end - start >= 4 and _is(text, start, b"text")) or _is_one(text, start, end, marks[3])


@njit(cache=True)
def _is(text: Bytes, at: int, name: bytes) -> bool:
    same = at + len(name) <= len(text)
    for k in range(len(name)):
        same = same and text[at + k] == name[k]
    return same


@njit(cache=True)
def _is_one(text: Bytes, start: int, end: int, names: Names) -> bool:
    data, begins, stops = names
    for n in range(len(begins)):
        if stops[n] - begins[n] == end - start:
            k = 0
            while start + k < end and data[begins[n] + k] == text[start + k]:
                k += 1
            if start + k == end:
                return True
    return False
