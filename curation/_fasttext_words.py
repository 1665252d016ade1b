"""Hashes of fastText, and the words of a model as native loops look them up.

FNV-1a of 32 bits, with bytes taken as signed numbers (`Dictionary::hash` of fastText 0.9): n-grams go by these hashes, and so do words
here, whose bytes are compared as well. Left out: `std::string` and all else that the library makes of a word.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from curation._fasttext import Ids
from curation._words import Bytes, Numbers

Words = tuple[Bytes, Numbers, Ids]
"""Word `w` is `data[spans[w]:spans[w + 1]]`; `slots` is an open table of words by their hash, -1 where there is none."""
BASIS = np.uint32(2166136261)
END_OF_LINE = np.frombuffer(b"</s>", np.uint8)
"""fastText takes it for a word."""


@njit(cache=True, inline="always")
def hashed(h: np.uint32, byte: np.uint8) -> np.uint32:
    """A hash with one more byte."""
    signed = np.uint32(byte) | np.uint32(0xFFFFFF00) if byte >= 128 else np.uint32(byte)
    return np.uint32(np.uint32(h ^ signed) * np.uint32(16777619))


@njit(cache=True, inline="always")
def hash_of(text: Bytes, start: int, end: int) -> np.uint32:
    """The hash of the bytes from one place to another."""
    h = BASIS
    for i in range(start, end):
        h = hashed(h, text[i])
    return h


def words_of(names: list[bytes]) -> Words:
    """A table of words, which are numbered as they stand."""
    spans = np.concatenate(([0], np.cumsum([len(name) for name in names]))).astype(np.int64)
    data = np.frombuffer(b"".join(names), np.uint8)
    return data, spans, _slots(data, spans)


@njit(cache=True)
def _slots(data: Bytes, spans: Numbers) -> Ids:
    size = 16
    while size < 3 * len(spans):
        size *= 2
    slots = np.full(size, -1, np.int32)
    for word in range(len(spans) - 1):
        at = np.int64(hash_of(data, spans[word], spans[word + 1])) & (size - 1)
        while slots[at] >= 0:
            at = (at + 1) & (size - 1)
        slots[at] = word
    return slots


@njit(cache=True, inline="always")
def find(h: np.uint32, text: Bytes, start: int, end: int, words: Words) -> int:
    """Number of the word that stands from one place of a text to another, -1 for none; `h` is its hash."""
    data, spans, slots = words
    at = np.int64(h) & (len(slots) - 1)
    while slots[at] >= 0:
        word = slots[at]
        first = spans[word]
        if spans[word + 1] - first == end - start:
            i = 0
            while i < end - start and data[first + i] == text[start + i]:
                i += 1
            if i == end - start:
                return int(word)
        at = (at + 1) & (len(slots) - 1)
    return -1
