r"""Where formulas and code are in a text, in one native loop over UTF-8: what `curation.text.MATH` matches, in linear time on any text.

The pattern looks for each `\[` through the next thousand characters, so that a megabyte of nothing else takes seventeen seconds. Here it
is remembered where the next closing delimiter of each sort stands. A formula is what MATH says (tests compare the two), and also the whole
of `\begin{...}`, `\end{...}` and `\label{...}` of any environment, whose names are no prose. Code is what `_code.py` says.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

from curation._code import BLOCK, FENCE, FORMULA, PROMPT, code_at, number, number_of
from curation._words import IS_BLANK, IS_LETTER, IS_NUMBER, Bytes, Numbers, character

NEWLINE, SPACE, STAR, DOLLAR, BACKSLASH, UNDERSCORE, BRACE, UNBRACE = 10, 32, 42, 36, 92, 95, 123, 125
ROUND, SQUARE, ENVIRONMENT = (sort for sort in range(4) if sort != BLOCK)
_OPENING, _CLOSING, _LONGEST = (40, 91), (41, 93), (300, 1000, 1000)
MOST_OF_MARKUP = 80
MOST_BETWEEN_DOLLARS = (302, 1000)


def _numbers(names: str) -> tuple[int, ...]:
    return tuple(number_of(name) for name in names.split())


_ENVIRONMENTS = _numbers(
    "math displaymath equation align alignat aligned gather multline eqnarray split cases array tikzcd"
)
_PROSE = _numbers("emph chapter title caption item footnote begin end label")
"""Commands whose arguments are prose; `\\text...` and `...section` are too."""
_MARKUP = _numbers("begin end label")
_TEXT, _SECTION, _MATRIX = _numbers("text section matrix")
LONGEST_NAME = 20
"""Letters of a command or environment that means something here."""


@njit(cache=True)
def marked(data: Bytes, bounds: Numbers, classes: Bytes) -> tuple[Bytes, Numbers]:
    """The texts with marks around what is no prose, and where each begins, and the end (N + 1). What were marks before are blanks."""
    out, ends, at = np.empty(2 * (bounds[-1] - bounds[0]) + 16, np.uint8), np.zeros(len(bounds), np.int64), 0
    for n in range(len(bounds) - 1):
        at = _marked(data[bounds[n] : bounds[n + 1]], classes, out, at)
        ends[n + 1] = at
    return out[:at], ends


@njit(cache=True)
def _marked(text: Bytes, classes: Bytes, out: Bytes, at: int) -> int:
    near = np.full(
        (4, 2), -1, np.int64
    )  # where the next closing delimiter of each sort is, and how many characters before it
    i, chars, line = 0, 0, -2  # line: where one after a prompt ended
    while i < len(text):
        mark, end = FORMULA, i
        if i == 0 or text[i - 1] == NEWLINE:
            mark, end = code_at(text, i, line == i - 1, near)
            line = end if end > i and mark == PROMPT else -2
        if end == i and text[i] == DOLLAR:
            mark, end = FORMULA, _dollars(text, i, classes)
        elif end == i and text[i] == BACKSLASH:
            mark, end = FORMULA, _backslash(text, i, chars, classes, near)
        if end > i:
            out[at] = mark
            at += 1
        for k in range(i, max(end, i + 1)):
            byte = text[k]
            out[at] = SPACE if FORMULA <= byte <= FENCE + 1 else byte
            chars += (byte & 0xC0) != 0x80
            at += 1
        if end > i:
            out[at] = mark + 1
            at += 1
        i = max(end, i + 1)
    return at


@njit(cache=True)
def _dollars(text: Bytes, i: int, classes: Bytes) -> int:
    """End of a formula between dollars that starts at `i`, `i` if none does. Nothing is looked at beyond the next dollar."""
    double = i + 1 < len(text) and text[i + 1] == DOLLAR
    start = i + 2 if double else i + 1
    k, chars, blank, longest = start, 0, True, MOST_BETWEEN_DOLLARS[1 if double else 0]
    while k < len(text) and text[k] != DOLLAR and chars <= longest:
        code, size = int(text[k]), 1
        if code >= 0x80:
            code, size = character(text, k)
        blank = classes[code] == IS_BLANK
        if not double and (code == NEWLINE or (k == start and blank)):
            return i
        chars += 1
        k += size
    if k >= len(text) or text[k] != DOLLAR or not 0 < chars <= longest:
        return i
    if double:
        return k + 2 if k + 1 < len(text) and text[k + 1] == DOLLAR else i
    return i if blank else k + 1


@njit(cache=True)
def _backslash(text: Bytes, i: int, chars: int, classes: Bytes, near: npt.NDArray[np.int64]) -> int:
    """End of a formula or command that starts with the backslash at `i`, which has `chars` characters before it; `i` if none does."""
    if i + 1 >= len(text):
        return i
    for sort in (ROUND, SQUARE):
        if text[i + 1] == _OPENING[sort]:
            end = _closed(text, i + 3, chars + 3, sort, near)
            return end if end >= 0 and near[sort, 1] - chars - 2 <= _LONGEST[sort] else i
    name = i + 1
    while name < len(text) and (65 <= text[name] <= 90 or 97 <= text[name] <= 122):
        name += 1
    if name == i + 1:
        return i
    word = number(text, i + 1, min(name, i + 2 + LONGEST_NAME))
    if word == _MARKUP[0]:
        start = _environment(text, name)
        if start > 0:
            end = _closed(text, start + 1, chars + start - i + 1, ENVIRONMENT, near)
            if end >= 0 and near[ENVIRONMENT, 1] - chars - (start - i) <= _LONGEST[ENVIRONMENT]:
                return end
    if word in _MARKUP:
        end = _group(text, name)
        if end > name:
            return end
    if (word in _PROSE or _is_prose(text, i + 1, name)) and not _goes_on(text, name, classes):
        return name
    end = _group(text, name)
    while end > name:
        name, end = end, _group(text, end)
    return name


@njit(cache=True)
def _closed(text: Bytes, start: int, chars: int, sort: int, near: npt.NDArray[np.int64]) -> int:
    """Where the next closing delimiter from `start` on ends, -1 if there is none. `chars` characters are before `start`."""
    if start >= len(text):
        return -1
    if near[sort, 0] < start:
        k = start
        while k < len(text) and (text[k] & 0xC0) == 0x80:  # the rest of a character that was counted
            k += 1
        while k < len(text) and _closes(text, k, sort) < 0:
            chars += (text[k] & 0xC0) != 0x80
            k += 1
        near[sort, 0], near[sort, 1] = k, chars
    return _closes(text, near[sort, 0], sort) if near[sort, 0] < len(text) else -1


@njit(cache=True)
def _closes(text: Bytes, k: int, sort: int) -> int:
    """Where a closing delimiter that starts at `k` ends, -1 if none does."""
    if text[k] != BACKSLASH or k + 1 >= len(text):
        return -1
    if sort != ENVIRONMENT:
        return k + 2 if text[k + 1] == _CLOSING[sort] else -1
    if k + 4 < len(text) and text[k + 1] == 101 and text[k + 2] == 110 and text[k + 3] == 100:
        return _environment(text, k + 4)
    return -1


@njit(cache=True)
def _environment(text: Bytes, k: int) -> int:
    """Where the braced name of a maths environment that starts at `k` ends, -1 if none does."""
    if k >= len(text) or text[k] != BRACE:
        return -1
    start = k + 1
    end = start
    while end < len(text) and end - start < LONGEST_NAME and (65 <= text[end] <= 90 or 97 <= text[end] <= 122):
        end += 1
    matrix = end - start in (6, 7) and number(text, end - 6, end) == _MATRIX
    return _after_star(text, end) if matrix or number(text, start, end) in _ENVIRONMENTS else -1


@njit(cache=True)
def _after_star(text: Bytes, k: int) -> int:
    if k < len(text) and text[k] == STAR:
        k += 1
    return k + 1 if k < len(text) and text[k] == UNBRACE else -1


@njit(cache=True)
def _group(text: Bytes, k: int) -> int:
    """Where a braced group without braces or line breaks in it ends, `k` if none starts there."""
    if k >= len(text) or text[k] != BRACE:
        return k
    end, chars = k + 1, 0
    while end < len(text) and text[end] != UNBRACE:
        chars += (text[end] & 0xC0) != 0x80
        if text[end] == BRACE or text[end] == NEWLINE or chars > MOST_OF_MARKUP:
            return k
        end += 1
    return end + 1 if end < len(text) else k


@njit(cache=True)
def _is_prose(text: Bytes, start: int, end: int) -> bool:
    """Whether a command's arguments are prose by its name's beginning or end: `\\text...`, `...section`, in small letters."""
    for k in range(start, end):
        if text[k] < 97:
            return False
    return number(text, start, min(end, start + 4)) == _TEXT or number(text, max(start, end - 7), end) == _SECTION


@njit(cache=True)
def _goes_on(text: Bytes, k: int, classes: Bytes) -> bool:
    """Whether a word goes on at `k`."""
    if k >= len(text):
        return False
    kind = classes[character(text, k)[0]]
    return bool(kind in (IS_LETTER, IS_NUMBER) or text[k] == UNDERSCORE)
