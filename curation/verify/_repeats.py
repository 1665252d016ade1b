"""How a text repeats itself: the loops of `chain` over its bytes, compiled by numba. Each takes time in proportion to the text."""

from __future__ import annotations

import numpy as np
from numba import njit

from curation._code import NEWLINE
from curation._words import BASIS, PRIME, Bytes, Hashes
from curation.score._repetition import _count, _mix, _table

FEWEST = 3
"""Times that a tail must repeat."""
MILLION = 1_000_000


@njit(cache=True, inline="always")
def blank(byte: int) -> bool:
    return byte == 32 or 9 <= byte <= 13


@njit(cache=True)
def loop(text: Bytes) -> int:
    """Characters of the longest end of a text that is one piece repeated at least `FEWEST` times, the last time perhaps in part.

    By the failure function of Knuth, Morris and Pratt over the text read backwards.
    """
    end = len(text)
    while end and blank(int(text[end - 1])):
        end -= 1
    border, longest, k = np.zeros(end + 1, np.int32), 0, 0
    for i in range(1, end):
        while k and text[end - 1 - i] != text[end - 1 - k]:
            k = border[k]
        if text[end - 1 - i] == text[end - 1 - k]:
            k += 1
        border[i + 1] = k
        if i + 1 >= FEWEST * (i + 1 - k):
            longest = i + 1
    chars = 0
    for i in range(end - longest, end):
        chars += (text[i] & 0xC0) != 0x80
    return chars


@njit(cache=True)
def word_hashes(text: Bytes) -> tuple[Hashes, Hashes]:
    """Hashes of what stands between blanks: as it is, and with all numbers alike."""
    exact, alike = np.empty(len(text) // 2 + 1, np.uint64), np.empty(len(text) // 2 + 1, np.uint64)
    n, a, b, inside, digit = 0, BASIS, BASIS, False, False
    for i in range(len(text) + 1):
        byte = int(text[i]) if i < len(text) else NEWLINE
        if blank(byte):
            if inside:
                exact[n], alike[n] = _mix(a, np.uint64(0)), _mix(b, np.uint64(0))
                n += 1
            a, b, inside, digit = BASIS, BASIS, False, False
            continue
        a, inside = (a ^ np.uint64(byte)) * PRIME, True
        if not 48 <= byte <= 57:
            b = (b ^ np.uint64(byte)) * PRIME
        elif not digit:
            b = (b ^ np.uint64(48)) * PRIME
        digit = 48 <= byte <= 57
    return exact[:n], alike[:n]


@njit(cache=True)
def repeated(hashes: Hashes, start: int, span: int) -> int:
    """Of the words from `start` on, the share in runs of `span` words that stood before, in millionths."""
    if len(hashes) < span:
        return 0
    keys, counts = _table(len(hashes))
    total, covered = 0, start
    for i in range(len(hashes) - span + 1):
        h = BASIS
        for j in range(i, i + span):
            h = _mix(h, hashes[j])
        if _count(keys, counts, h) > 1 and i + span > covered:
            total += i + span - max(i, covered)
            covered = i + span
    return total * MILLION // max(1, len(hashes) - start)
