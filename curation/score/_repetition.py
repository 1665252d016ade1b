"""The loops of `repetition`, over the marked bytes of all texts at once, compiled by numba."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

from curation.score._marks import closed, opens

Bytes = npt.NDArray[np.uint8]
Hashes = npt.NDArray[np.uint64]
Numbers = npt.NDArray[np.int64]

PRIME = np.uint64(0x100000001B3)
BASIS = np.uint64(0xCBF29CE484222325)
SPREAD = np.uint64(0x9E3779B97F4A7C15)
SPACE, NEWLINE = 32, 10
BLANKS = (SPACE, 9, NEWLINE, 13)


@njit(cache=True, inline="always")
def _mix(h: np.uint64, x: np.uint64) -> np.uint64:
    """Spread one more value over all 64 bits of a hash."""
    h = (h ^ x) * SPREAD
    return h ^ (h >> np.uint64(29))


@njit(cache=True)
def _count(keys: Hashes, counts: Numbers, key: np.uint64) -> int:
    """Note one more occurrence of a key in an open table, and say how often it has now occurred."""
    mask = np.uint64(len(keys) - 1)
    if key == np.uint64(0):
        key = np.uint64(1)
    slot = (key * SPREAD >> np.uint64(17)) & mask
    while keys[slot] != np.uint64(0) and keys[slot] != key:
        slot = (slot + np.uint64(1)) & mask
    keys[slot] = key
    counts[slot] += 1
    return counts[slot]


@njit(cache=True)
def _table(size: int) -> tuple[Hashes, Numbers]:
    capacity = 16
    while capacity < 2 * size:
        capacity *= 2
    return np.zeros(capacity, np.uint64), np.zeros(capacity, np.int64)


@njit(cache=True)
def _words(text: Bytes) -> tuple[Hashes, Numbers]:
    """Hash and length of every word. A formula is one, of length 1, and blanks in it do not matter."""
    hashes, lengths = np.empty(len(text) // 2 + 1, np.uint64), np.empty(len(text) // 2 + 1, np.int64)
    n, length, h, i = 0, 0, BASIS, 0
    while i <= len(text):
        byte = int(text[i]) if i < len(text) else NEWLINE
        if length and (byte in BLANKS or opens(byte)):
            hashes[n], lengths[n] = _mix(h, np.uint64(length)), length
            n, length, h = n + 1, 0, BASIS
        if opens(byte):
            end = closed(text, i)
            hashes[n], lengths[n] = _formula(text[i:end]), 1
            n, i = n + 1, end
        elif byte not in BLANKS:
            h = (h ^ np.uint64(byte)) * PRIME
            length += 1
        i += 1
    return hashes[:n], lengths[:n]


@njit(cache=True)
def _formula(text: Bytes) -> np.uint64:
    h = BASIS
    for byte in text:
        if byte not in BLANKS:
            h = (h ^ np.uint64(byte)) * PRIME
    return _mix(h, np.uint64(1))


@njit(cache=True)
def _repeated_lines(text: Bytes) -> float:
    """Share of the bytes in lines that stood there before. Blanks inside a line count as one; formulas and code have no line breaks."""
    keys, counts = _table(len(text) // 2 + 1)
    i, total, repeated, length, blank, h, prose = 0, 0, 0, 0, False, BASIS, False
    while i <= len(text):
        byte = int(text[i]) if i < len(text) else NEWLINE
        if byte == NEWLINE:
            total += length
            if prose and _count(keys, counts, _mix(h, np.uint64(length))) > 1:
                repeated += length
            length, blank, h, prose = 0, False, BASIS, False
        elif byte in BLANKS:
            blank = length > 0
        else:
            if blank:
                h = (h ^ np.uint64(SPACE)) * PRIME
                length += 1
            blank = False
            if opens(byte):
                end = closed(text, i)
                h = _mix(h, _formula(text[i:end]))
                length += end - i
                i = end
            else:
                h = (h ^ np.uint64(byte)) * PRIME
                length += 1
                prose |= bool(byte >= 0x80 or 65 <= byte <= 90 or 97 <= byte <= 122)
        i += 1
    return repeated / max(1, total)


@njit(cache=True)
def _top_ngram(hashes: Hashes, lengths: Numbers, n: int) -> float:
    keys, counts = _table(len(hashes))
    most = 0
    for i in range(len(hashes) - n + 1):
        h, size = BASIS, 0
        for j in range(i, i + n):
            h = _mix(h, hashes[j])
            size += lengths[j]
        times = _count(keys, counts, h)
        if times > 1 and times * size > most:
            most = times * size
    return min(1.0, most / max(1, lengths.sum()))


@njit(cache=True)
def _repeated_ngrams(hashes: Hashes, lengths: Numbers, n: int) -> float:
    keys, counts = _table(len(hashes))
    repeated, covered = 0, 0
    for i in range(len(hashes) - n + 1):
        h = BASIS
        for j in range(i, i + n):
            h = _mix(h, hashes[j])
        if _count(keys, counts, h) > 1:
            for j in range(max(i, covered), i + n):
                repeated += lengths[j]
            covered = i + n
    return repeated / max(1, lengths.sum())


@njit(cache=True)
def measure(data: Bytes, offsets: Numbers, top: int, span: int, out: npt.NDArray[np.float64]) -> None:
    """data: marked bytes of all texts (`_marks.py`). offsets: where each begins, and the end (N + 1). out: (N, 3) shares, filled in."""
    for k in range(len(offsets) - 1):
        text = data[offsets[k] : offsets[k + 1]]
        out[k, 0] = _repeated_lines(text)
        hashes, lengths = _words(text)
        out[k, 1] = _top_ngram(hashes, lengths, top)
        out[k, 2] = _repeated_ngrams(hashes, lengths, span)
