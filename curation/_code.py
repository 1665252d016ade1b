"""Where code is in a text: a fenced block, or a line after the prompt of an interpreter; and names as bytes, for native loops.

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


def names(*some: str) -> tuple[Bytes, Numbers]:
    """Bytes of some names one after another, and where each begins, and the end (N + 1)."""
    return np.frombuffer("".join(some).encode(), np.uint8), np.cumsum([0, *map(len, some)])


_PROMPTS, _PROMPT_BOUNDS = names(">>>", "sage:", "...")
_IN = names("In [")[0]


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
    for n in range(len(_PROMPT_BOUNDS) - 1 - (not goes_on)):
        if is_word(text, k, _PROMPTS[_PROMPT_BOUNDS[n] : _PROMPT_BOUNDS[n + 1]]):
            return k + _PROMPT_BOUNDS[n + 1] - _PROMPT_BOUNDS[n]
    end = k
    while end < len(text) and end <= k + LONGEST_NAME and 97 <= text[end] <= 122:
        end += 1
    if 2 <= end - k <= LONGEST_NAME and end < len(text) and text[end] == GREATER:
        return end + 1
    if is_word(text, k, _IN):
        end = k + len(_IN)
        while end < len(text) and end < k + len(_IN) + LONGEST_NUMBER and 48 <= text[end] <= 57:
            end += 1
        if end + 1 < len(text) and text[end] == UNBRACKET and text[end + 1] == COLON:
            return end + 2
    return -1


@njit(cache=True, inline="always")
def _is_fence(text: Bytes, i: int) -> bool:
    return bool(i + 2 < len(text) and text[i] == GRAVE and text[i + 1] == GRAVE and text[i + 2] == GRAVE)


@njit(cache=True)
def is_one(word: Bytes, known: Bytes, bounds: Numbers) -> bool:
    """Whether a word is one of some names, as `names` gives them."""
    for n in range(len(bounds) - 1):  # noqa: SIM110
        if len(word) == bounds[n + 1] - bounds[n] and is_word(word, 0, known[bounds[n] : bounds[n + 1]]):
            return True
    return False


@njit(cache=True)
def is_word(text: Bytes, k: int, word: Bytes) -> bool:
    """Whether a word stands at `k`."""
    if k + len(word) > len(text):
        return False
    for n in range(len(word)):  # noqa: SIM110
        if text[k + n] != word[n]:
            return False
    return True
