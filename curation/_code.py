"""Where code is in a text: a fenced block, or a line after the prompt of an interpreter; and names as numbers, for native loops.

Left out: code without fences or prompts, which only looks like it.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

Bytes = npt.NDArray[np.uint8]
Numbers = npt.NDArray[np.int64]

FORMULA, PROMPT, FENCE = 1, 3, 5
"""Control characters that open what is no prose; the next number closes it."""
BLOCK = 3
"""Which row of `near` is for blocks."""
NEWLINE, SPACE, TAB, GRAVE, GREATER, COLON, UNBRACKET = 10, 32, 9, 96, 62, 58, 93
INDENT, LONGEST_NAME, LONGEST_NUMBER = 16, 8, 4


PRIME, BITS = 0x100000001B3, 0x3FFFFFFF


def number_of(name: str) -> int:
    """What `number` gives for a name."""
    return int(number(np.frombuffer(name.encode(), np.uint8), 0, len(name)))


@njit(cache=True)
def number(text: Bytes, start: int, end: int) -> int:
    """A number for the bytes from `start` up to `end`, the same for the same bytes; 0 if these are not there."""
    h = end - start
    if start < 0 or end > len(text):
        return 0
    for k in range(start, end):
        h = ((h ^ int(text[k])) * PRIME ^ h >> 15) & BITS
    return h


_PROMPTS = tuple(number_of(name) for name in (">>>", "...", "sage:"))
_IN = number_of("In [")


@njit(cache=True)
def code_at(text: Bytes, i: int, goes_on: bool, near: npt.NDArray[np.int64]) -> tuple[int, int]:
    """Mark and end of a block of code, or of a line after a prompt, that starts with the line at `i`; the end is `i` if there is none.

    goes_on: the line before has a prompt, so that `...` is one.
    """
    if _is_fence(text, i):
        if near[BLOCK, 0] <= i:
            k = i + 3
            while k < len(text) and not (text[k - 1] == NEWLINE and _is_fence(text, k)):
                k += 1
            near[BLOCK, 0] = k
        if near[BLOCK, 0] < len(text):
            return FENCE, near[BLOCK, 0] + 3
    k = i
    while k < len(text) and k < i + INDENT and (text[k] == SPACE or text[k] == TAB):
        k += 1
    after = _prompt(text, k, goes_on)
    if after < 0 or after >= len(text) or (text[after] != SPACE and text[after] != TAB):
        return PROMPT, i
    while after < len(text) and text[after] != NEWLINE:
        after += 1
    return PROMPT, after


@njit(cache=True)
def _prompt(text: Bytes, k: int, goes_on: bool) -> int:
    """Where a prompt that starts at `k` ends, -1 if none does: `>>>`, `sage:`, `In [3]:`, `gap>`, and `...` where one goes on."""
    three = number(text, k, k + 3)
    if three == _PROMPTS[0] or (goes_on and three == _PROMPTS[1]):
        return k + 3
    if number(text, k, k + 5) == _PROMPTS[2]:
        return k + 5
    end = k
    while end < len(text) and end <= k + LONGEST_NAME and 97 <= text[end] <= 122:
        end += 1
    if 2 <= end - k <= LONGEST_NAME and end < len(text) and text[end] == GREATER:
        return end + 1
    if number(text, k, k + 4) == _IN:
        end = k + 4
        while end < len(text) and end < k + 4 + LONGEST_NUMBER and 48 <= text[end] <= 57:
            end += 1
        if end + 1 < len(text) and text[end] == UNBRACKET and text[end + 1] == COLON:
            return end + 2
    return -1


@njit(cache=True)
def _is_fence(text: Bytes, i: int) -> bool:
    return bool(i + 2 < len(text) and text[i] == GRAVE and text[i + 1] == GRAVE and text[i + 2] == GRAVE)
