"""The words of `curation.text.words` in native loops over UTF-8: as 64-bit hashes, which texts are compared by, as places, and as a text.

The classes and lower case of characters are asked of polars, as `words` asks it, so that there is one profile; tests compare the two.
The hash is fast and open: whoever wants to can make two words with one hash.
"""

from __future__ import annotations

import functools

import numpy as np
import numpy.typing as npt
import polars as pl
from numba import njit

Bytes = npt.NDArray[np.uint8]
Hashes = npt.NDArray[np.uint64]
Numbers = npt.NDArray[np.int64]
Tables = tuple[Bytes, npt.NDArray[np.uint32]]

CHARACTERS = 0x110000
IS_BLANK, IS_LETTER, IS_NUMBER, IS_OTHER = 0, 1, 2, 3
BLANK, BACKSLASH = 32, 92
BASIS = np.uint64(0xCBF29CE484222325)
PRIME = np.uint64(0x100000001B3)
SPREAD = np.uint64(0x9E3779B97F4A7C15)
KINDS = (r"\s", r"[\p{L}\p{M}]", r"\p{N}")


@functools.cache
def _every_character() -> tuple[list[int], pl.Series]:
    codes = [*range(0xD800), *range(0xE000, 0x40000), *range(0xE0000, 0xE1000)]  # elsewhere are none, or private ones
    return codes, pl.Series([chr(code) for code in codes])


@functools.cache
def classes_of(patterns: tuple[str, ...] = KINDS) -> Bytes:
    """For every code the number of the pattern that matches its character, and how many patterns there are if none does."""
    codes, char = _every_character()
    is_a = [char.str.contains(f"^{pattern}$").to_numpy() for pattern in patterns]
    classes = np.full(CHARACTERS, len(patterns), np.uint8)
    classes[codes] = np.select(is_a, [*range(len(patterns))], len(patterns))
    return classes


@functools.cache
def tables() -> Tables:
    """Class and lower case of every character."""
    codes, char = _every_character()
    lower = np.arange(CHARACTERS, dtype=np.uint32)
    small = char.str.to_lowercase()
    for at in np.flatnonzero((small != char).to_numpy() & (small.str.len_chars() == 1).to_numpy()).tolist():
        lower[codes[at]] = ord(small[at])
    return classes_of(), lower


@njit(cache=True, inline="always")
def mix(h: np.uint64, x: np.uint64) -> np.uint64:
    """Spread one more value over all 64 bits of a hash."""
    h = (h ^ x) * SPREAD
    return h ^ (h >> np.uint64(29))


@njit(cache=True, inline="always")
def _is_ascii_letter(byte: np.uint8) -> bool:
    return bool(65 <= byte <= 90 or 97 <= byte <= 122)


@njit(cache=True, inline="always")
def character(text: Bytes, i: int) -> tuple[int, int]:
    """Code and length in bytes of the character at `i`."""
    a = int(text[i])
    if a < 0x80:
        return a, 1
    if a < 0xE0:
        return (a & 0x1F) << 6 | int(text[i + 1]) & 0x3F, 2
    if a < 0xF0:
        return (a & 0x0F) << 12 | (int(text[i + 1]) & 0x3F) << 6 | int(text[i + 2]) & 0x3F, 3
    rest = (int(text[i + 1]) & 0x3F) << 12 | (int(text[i + 2]) & 0x3F) << 6 | int(text[i + 3]) & 0x3F
    return (a & 0x07) << 18 | rest, 4


@njit(cache=True)
def words(text: Bytes, tables: Tables, hashes: Hashes, ends: Numbers) -> int:
    """Number of words. The hash of each and the byte where it ends go into `hashes` and `ends`, as far as these reach."""
    return _words(text, tables, hashes, ends[:0], ends)


@njit(cache=True)
def _words(text: Bytes, tables: Tables, hashes: Hashes, starts: Numbers, ends: Numbers) -> int:
    classes, lower = tables
    n, i, total = 0, 0, len(text)
    while i < total:
        code, size = int(text[i]), 1
        if code >= 0x80:
            code, size = character(text, i)
        kind, start = int(classes[code]), i
        i += size
        if kind == IS_BLANK:
            continue
        h = (BASIS ^ np.uint64(lower[code])) * PRIME
        if kind != IS_OTHER:
            # a loop for a run is twice as fast as one over all characters: the processor foresees its branches
            while i < total:
                code, size = int(text[i]), 1
                if code >= 0x80:
                    code, size = character(text, i)
                if classes[code] != kind:
                    break
                h = (h ^ np.uint64(lower[code])) * PRIME
                i += size
        elif code == BACKSLASH and i < total and _is_ascii_letter(text[i]):
            kind = BACKSLASH
            while i < total and _is_ascii_letter(text[i]):
                h = (h ^ np.uint64(text[i])) * PRIME
                i += 1
        if n < len(hashes):
            hashes[n] = mix(h, np.uint64(kind))
        if n < len(starts):
            starts[n] = start
        if n < len(ends):
            ends[n] = i
        n += 1
    return n


@njit(cache=True)
def hashed(data: Bytes, bounds: Numbers, tables: Tables) -> tuple[Hashes, Numbers]:
    """Hashes of the words of all texts one after another, and which is each text's first, and the number of all (N + 1)."""
    firsts, none = np.zeros(len(bounds), np.int64), np.empty(0, np.int64)
    hashes = np.empty((bounds[-1] - bounds[0]) // 3, np.uint64)  # real text has fewer
    for n in range(len(bounds) - 1):
        text, first = data[bounds[n] : bounds[n + 1]], firsts[n]
        while len(hashes) < first + len(text):  # a word has at least one byte
            hashes = np.append(hashes, np.empty(len(hashes) + 16, np.uint64))
        firsts[n + 1] = first + words(text, tables, hashes[first:], none)
    return hashes[: firsts[-1]], firsts


@njit(cache=True)
def placed(data: Bytes, bounds: Numbers, tables: Tables) -> tuple[Numbers, Numbers, Numbers]:
    """Bytes where each word starts and ends in its text, and which is each text's first, and the number of all (N + 1)."""
    firsts, none = np.zeros(len(bounds), np.int64), np.empty(0, np.uint64)
    starts = np.empty((bounds[-1] - bounds[0]) // 3, np.int64)
    ends = np.empty(len(starts), np.int64)
    for n in range(len(bounds) - 1):
        text, first = data[bounds[n] : bounds[n + 1]], firsts[n]
        while len(ends) < first + len(text):
            starts, ends = (
                np.append(starts, np.empty(len(ends) + 16, np.int64)),
                np.append(ends, np.empty(len(ends) + 16, np.int64)),
            )
        firsts[n + 1] = first + _words(text, tables, none, starts[first:], ends[first:])
    return starts[: firsts[-1]], ends[: firsts[-1]], firsts


@njit(cache=True)
def normalised(data: Bytes, bounds: Numbers, tables: Tables) -> tuple[Bytes, Numbers]:
    """UTF-8 of all texts with one blank between words, in lower case except commands, and where each begins, and the end (N + 1)."""
    out, at = np.empty(2 * (bounds[-1] - bounds[0]), np.uint8), 0  # a character and a blank are at most twice as long
    made = np.zeros(len(bounds), np.int64)
    for n in range(len(bounds) - 1):
        at = _put_words(data[bounds[n] : bounds[n + 1]], tables, out, at)
        made[n + 1] = at
    return out[:at], made


@njit(cache=True)
def _put_words(text: Bytes, tables: Tables, out: Bytes, at: int) -> int:
    """Write the words of a text (they are those of `words`), a blank between two; where the next text goes."""
    classes, lower = tables
    i, total, begin = 0, len(text), at
    while i < total:
        code, size = int(text[i]), 1
        if code >= 0x80:
            code, size = character(text, i)
        kind = classes[code]
        i += size
        if kind == IS_BLANK:
            continue
        if at > begin:
            out[at] = BLANK
            at += 1
        at = put(out, at, lower[code])
        if kind != IS_OTHER:
            while i < total:
                code, size = int(text[i]), 1
                if code >= 0x80:
                    code, size = character(text, i)
                if classes[code] != kind:
                    break
                at = put(out, at, lower[code])
                i += size
        elif code == BACKSLASH:
            while i < total and _is_ascii_letter(text[i]):
                out[at] = text[i]
                at, i = at + 1, i + 1
    return at


@njit(cache=True, inline="always")
def put(out: Bytes, at: int, code: int) -> int:
    """Write one character as UTF-8; where the next one goes."""
    if code < 0x80:
        out[at] = code
        return at + 1
    if code < 0x800:
        out[at] = 0xC0 | code >> 6
        out[at + 1] = 0x80 | code & 0x3F
        return at + 2
    if code < 0x10000:
        out[at] = 0xE0 | code >> 12
        out[at + 1] = 0x80 | code >> 6 & 0x3F
        out[at + 2] = 0x80 | code & 0x3F
        return at + 3
    out[at] = 0xF0 | code >> 18
    out[at + 1] = 0x80 | code >> 12 & 0x3F
    out[at + 2] = 0x80 | code >> 6 & 0x3F
    out[at + 3] = 0x80 | code & 0x3F
    return at + 4


def hash_of(word: str) -> int:
    """The hash of one word. ValueError for a text that is not exactly one."""
    text, hashes = np.frombuffer(word.encode(), np.uint8), np.zeros(1, np.uint64)
    if words(text, tables(), hashes, np.zeros(1, np.int64)) != 1:
        raise ValueError(f"{word!r} is not one word")
    return int(hashes[0])
