"""Sets of words and phrases by the hashes of their words, for native loops: `curation/_words.py` says what a word is.

A phrase is the letters of its words in a row, in any case, whatever stands between them: `Log-in` and `log in` are one phrase.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt
from numba import njit

from curation._words import BASIS, IS_LETTER, PRIME, Hashes, hash_of, mix

LONGEST = 6
"""Words of a phrase."""
BITS = 4096
Phrases = tuple[Hashes, npt.NDArray[np.bool_]]
"""Hashes in ascending order, and which of their last bits there are, which spares the search for nearly all."""


def phrases(lines: Iterable[str], longest: int = LONGEST) -> Phrases:
    """The set of these phrases. ValueError for one that is longer than `longest` words, or that has anything but letters."""
    hashes = []
    for words in (line.split() for line in lines):
        if not 0 < len(words) <= longest or not all(word.isalpha() for word in words):
            kind = "word of letters" if longest == 1 else f"phrase of at most {longest} words of letters"
            raise ValueError(f"{' '.join(words)!r} is no {kind}")
        h = np.uint64(0)
        for word in words:
            h = np.uint64(joined(h, np.uint64(hash_of(word))))
        hashes.append(int(h))
    ordered = np.unique(np.array(hashes, np.uint64))
    bits = np.zeros(BITS, np.bool_)
    bits[ordered & np.uint64(BITS - 1)] = True
    return ordered, bits


@njit(cache=True)
def joined(phrase: np.uint64, word: np.uint64) -> np.uint64:
    """Hash of a phrase with one more word."""
    return mix(phrase ^ BASIS, word)


@njit(cache=True)
def spelled(h: np.uint64, lower: np.uint32) -> np.uint64:
    """Hash of a word with one more character; it starts as BASIS."""
    return (h ^ np.uint64(lower)) * PRIME


@njit(cache=True)
def finished(h: np.uint64) -> np.uint64:
    """Hash of a word of letters when it has ended."""
    return mix(h, np.uint64(IS_LETTER))


@njit(cache=True)
def place(known: Phrases, h: np.uint64) -> int:
    """Number of a phrase in its set, -1 if it is none of them."""
    hashes, bits = known
    if not bits[h & np.uint64(BITS - 1)]:
        return -1
    at = int(np.searchsorted(hashes, h))
    return at if at < len(hashes) and hashes[at] == h else -1
