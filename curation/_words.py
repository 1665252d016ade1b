"""The words of `curation.text.words` as 64-bit hashes, in one native loop over UTF-8: what dedup and decontamination compare texts by.

The classes and lower case of characters are asked of polars, as `words` asks it, so that there is one profile; tests compare the two.
Lower case is that of single characters (`İ` and a final `Σ` get no special treatment). The hash is fast and open: whoever wants to can
make two words with one hash.
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
BACKSLASH = 92
BASIS = np.uint64(0xCBF29CE484222325)
PRIME = np.uint64(0x100000001B3)
SPREAD = np.uint64(0x9E3779B97F4A7C15)


@functools.cache
def tables() -> Tables:
    """Class and lower case of every character."""
    codes = [*range(0xD800), *range(0xE000, 0x40000), *range(0xE0000, 0xE1000)]  # elsewhere are none, or private ones
    char = pl.Series([chr(code) for code in codes])
    is_a = [char.str.contains(f"^{pattern}$").to_numpy() for pattern in (r"\s", r"[\p{L}\p{M}]", r"\p{N}")]
    classes = np.full(CHARACTERS, IS_OTHER, np.uint8)
    classes[codes] = np.select(is_a, [IS_BLANK, IS_LETTER, IS_NUMBER], IS_OTHER)
    lower = np.arange(CHARACTERS, dtype=np.uint32)
    small = char.str.to_lowercase()
    for at in np.flatnonzero((small != char).to_numpy() & (small.str.len_chars() == 1).to_numpy()).tolist():
        lower[codes[at]] = ord(small[at])
    return classes, lower


@njit(cache=True, inline="always")
def mix(h: np.uint64, x: np.uint64) -> np.uint64:
    """Spread one more value over all 64 bits of a hash."""
    h = (h ^ x) * SPREAD
    return h ^ (h >> np.uint64(29))


@njit(cache=True, inline="always")
def _is_ascii_letter(byte: np.uint8) -> bool:
    return bool(65 <= byte <= 90 or 97 <= byte <= 122)


@njit(cache=True, inline="always")
def _character(text: Bytes, i: int) -> tuple[int, int]:
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


@njit(cache=True, inline="always")
def _note(hashes: Hashes, ends: Numbers, n: int, h: np.uint64, end: int) -> int:
    if n < len(hashes):
        hashes[n] = h
    if n < len(ends):
        ends[n] = end
    return n + 1


@njit(cache=True)
def words(text: Bytes, tables: Tables, hashes: Hashes, ends: Numbers) -> int:
    """Number of words. The hash of each and the byte where it ends go into `hashes` and `ends`, as far as these reach."""
    classes, lower = tables
    n, i, kind, h = 0, 0, IS_BLANK, BASIS
    while i < len(text):
        code, size = _character(text, i)
        now = int(classes[code])
        if kind != IS_BLANK and (now != kind or now == IS_OTHER):
            n = _note(hashes, ends, n, mix(h, np.uint64(kind)), i)
            kind = IS_BLANK
        if code == BACKSLASH and i + 1 < len(text) and _is_ascii_letter(text[i + 1]):
            h = (BASIS ^ np.uint64(BACKSLASH)) * PRIME
            i += 1
            while i < len(text) and _is_ascii_letter(text[i]):
                h = (h ^ np.uint64(text[i])) * PRIME
                i += 1
            n = _note(hashes, ends, n, mix(h, np.uint64(BACKSLASH)), i)
            continue
        if now != IS_BLANK:
            if kind == IS_BLANK:
                kind, h = now, BASIS
            h = (h ^ np.uint64(lower[code])) * PRIME
        i += size
    return n if kind == IS_BLANK else _note(hashes, ends, n, mix(h, np.uint64(kind)), i)


def hash_of(word: str) -> int:
    """The hash of one word. ValueError for a text that is not exactly one."""
    text, hashes = np.frombuffer(word.encode(), np.uint8), np.zeros(1, np.uint64)
    if words(text, tables(), hashes, np.zeros(1, np.int64)) != 1:
        raise ValueError(f"{word!r} is not one word")
    return int(hashes[0])
