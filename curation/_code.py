"""Where code is in a text: a fenced block, or a line after the prompt of an interpreter, for native loops.

Left out: code without fences or prompts, which only looks like it.
"""

from __future__ import annotations

from numba import njit

from curation._words import Bytes, Numbers

FORMULA, PROMPT, FENCE = 1, 3, 5
"""Control characters that open what is no prose; the next number closes it."""
NEWLINE, SPACE, TAB, GRAVE, GREATER, COLON, UNBRACKET, BAR = 10, 32, 9, 96, 62, 58, 93, 124
INDENT, LONGEST_NAME, LONGEST_NUMBER = 16, 8, 4


@njit(cache=True)
def is_one(text: Bytes, start: int, end: int, names: bytes) -> bool:
    """Whether the bytes from `start` up to `end` are one of some names, between which stands a `|`; not if they reach beyond the text."""
    at = 0
    while 0 <= start < end <= len(text) and at < len(names):
        k = start
        while k < end and at < len(names) and names[at] == text[k] != BAR:
            k, at = k + 1, at + 1
        if k == end and (at == len(names) or names[at] == BAR):
            return True
        while at < len(names) and names[at] != BAR:
            at += 1
        at += 1
    return False


@njit(cache=True)
def code_at(text: Bytes, i: int, goes_on: bool, fence: Numbers) -> tuple[int, int]:
    """Mark and end of a block of code, or of a line after a prompt, that starts with the line at `i`; the end is -1 if there is none.

    goes_on: the line before has a prompt, so that `...` is one. fence: where the next one after a line's begin stands, 0 at first.
    """
    if _is_fence(text, i):
        if fence[0] <= i:
            k = i + 3
            while k < len(text) and not (text[k - 1] == NEWLINE and _is_fence(text, k)):
                k += 1
            fence[0] = k
        if fence[0] < len(text):
            return FENCE, fence[0] + 3
    k = i
    while k < len(text) and k < i + INDENT and (text[k] == SPACE or text[k] == TAB):
        k += 1
    after = _prompt(text, k, goes_on)
    if after < 0 or after >= len(text) or (text[after] != SPACE and text[after] != TAB):
        return PROMPT, -1
    while after < len(text) and text[after] != NEWLINE:
        after += 1
    return PROMPT, after


@njit(cache=True)
def _prompt(text: Bytes, k: int, goes_on: bool) -> int:
    """Where a prompt that starts at `k` ends, -1 if none does: `>>>`, `sage:`, `In [3]:`, `gap>`, and `...` where one goes on."""
    if is_one(text, k, k + 3, b">>>") or (goes_on and is_one(text, k, k + 3, b"...")):
        return k + 3
    if is_one(text, k, k + 5, b"sage:"):
        return k + 5
    end = k
    while end < len(text) and end <= k + LONGEST_NAME and 97 <= text[end] <= 122:
        end += 1
    if 2 <= end - k <= LONGEST_NAME and end < len(text) and text[end] == GREATER:
        return end + 1
    if is_one(text, k, k + 4, b"In ["):
        end = k + 4
        while end < len(text) and end < k + 4 + LONGEST_NUMBER and 48 <= text[end] <= 57:
            end += 1
        if end + 1 < len(text) and text[end] == UNBRACKET and text[end + 1] == COLON:
            return end + 2
    return -1


@njit(cache=True)
def _is_fence(text: Bytes, i: int) -> bool:
    return bool(i + 2 < len(text) and text[i] == GRAVE and text[i + 1] == GRAVE and text[i + 2] == GRAVE)
