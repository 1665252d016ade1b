"""The loops of `ngram`, compiled by numba: items to grams, and the grams of each document to the item it has most of."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

from curation._words import BASIS, IS_NUMBER, PRIME, SPREAD, Bytes, Hashes, Numbers, Tables, mix, words

Floats = npt.NDArray[np.float64]
Places = npt.NDArray[np.int32]
Index = tuple[Hashes, Places, npt.NDArray[np.bool_], Numbers, Places, Floats, Floats, Hashes, Hashes]
"""What items are found by: an open table of gram hashes and, in the same places, numbers of grams; which lengths of grams there are; where
the items of each gram begin in a list of item numbers, and that list; the weight of each gram; the weight of each item's grams together;
words that tell that a short item goes on, ascending; and bits of how grams begin (`beginnings`)."""


@njit(cache=True)
def _find(ascending: Hashes, x: np.uint64) -> int:
    """Where `x` stands, or -1."""
    low, high = 0, len(ascending)
    while low < high:
        middle = (low + high) // 2
        if ascending[middle] < x:
            low = middle + 1
        else:
            high = middle
    return low if low < len(ascending) and ascending[low] == x else -1


@njit(cache=True)
def tokens(
    text: Bytes, tables: Tables, folds: tuple[Hashes, Hashes], found: Hashes, begins: Numbers, ends: Numbers
) -> int:
    """Words that count: those whose fold is 0 are left out, others stand for their fold; `1,450` is the word `1450`. How many there are.

    found, begins, ends: as long as the text; get the hash of each word, and the bytes where it (or the blank before it) begins and it ends.
    """
    names, stand_for = folds
    count, i, n = words(text, tables, found, ends), 0, 0
    while i < count:
        last = i
        while _is_thousands(text, ends, last, count):
            last += 2
        word = found[i] if last == i else _number_word(text, int(ends[last]))
        at = _find(names, word)
        if at >= 0:
            word = stand_for[at]
        if word:
            begins[n] = ends[i - 1] if i else 0
            found[n], ends[n] = word, ends[last]
            n += 1
        i = last + 1
    return n


@njit(cache=True, inline="always")
def _is_digit(byte: np.uint8) -> bool:
    return bool(48 <= byte <= 57)


@njit(cache=True)
def _is_thousands(text: Bytes, ends: Numbers, i: int, count: int) -> bool:
    """Whether word `i` ends in a digit and goes on with a comma and three digits."""
    if i + 2 >= count or not _is_digit(text[ends[i] - 1]) or ends[i + 1] != ends[i] + 1 or ends[i + 2] != ends[i] + 4:
        return False
    start = ends[i]
    return (
        text[start] == 44 and _is_digit(text[start + 1]) and _is_digit(text[start + 2]) and _is_digit(text[start + 3])
    )


@njit(cache=True)
def _number_word(text: Bytes, end: int) -> np.uint64:
    """The hash of a number of digits and commas as it would be without the commas."""
    start = end
    while start and (_is_digit(text[start - 1]) or text[start - 1] == 44):
        start -= 1
    h = BASIS
    for byte in text[start:end]:
        if byte != 44:
            h = (h ^ np.uint64(byte)) * PRIME
    return mix(h, np.uint64(IS_NUMBER))


@njit(cache=True)
def grams(found: Hashes, length: int, beginning: int) -> tuple[Hashes, Hashes]:
    """Hash of each run of `length` tokens, in order, and of its first `beginning` tokens."""
    made = np.empty(max(0, len(found) - length + 1), np.uint64)
    begins = np.empty(len(made), np.uint64)
    for i in range(len(made)):
        h = BASIS
        for j in range(i, i + length):
            h = mix(h, found[j])
            if j - i + 1 == beginning:
                begins[i] = h
        made[i] = mix(h, np.uint64(length))
    return made, begins


@njit(cache=True)
def table(every: Hashes) -> tuple[Hashes, Places]:
    """An open table of different hashes, and the number of each in the same place."""
    size = 16
    while size < 2 * len(every):
        size *= 2
    keys, numbers, mask = np.zeros(size, np.uint64), np.zeros(size, np.int32), np.uint64(size - 1)
    for n in range(len(every)):
        slot = (every[n] * SPREAD >> np.uint64(17)) & mask
        while keys[slot] != np.uint64(0):
            slot = (slot + np.uint64(1)) & mask
        keys[slot], numbers[slot] = every[n], n
    return keys, numbers


@njit(cache=True)
def _matches(found: Hashes, index: Index, starts: Numbers, lengths: Numbers, which: Numbers) -> int:
    """The grams of some item that stand in a text: where each starts, how long it is, which it is. The number of them."""
    keys, numbers, wanted, going_on, bits = index[0], index[1], index[2], index[7], index[8]
    longest, n = len(wanted) - 1, 0
    shortest = 1
    while shortest < longest and not wanted[shortest]:
        shortest += 1
    for i in range(len(found) - shortest + 1):
        h = BASIS
        for j in range(i, i + shortest):
            h = mix(h, found[j])
        if not _begins(bits, h):
            continue
        for end in range(i + shortest, min(i + longest, len(found)) + 1):
            length = end - i
            if length > shortest:
                h = mix(h, found[end - 1])
            gram = _number(keys, numbers, mix(h, np.uint64(length))) if wanted[length] else -1
            whole = gram >= 0 and (length == longest or end == len(found) or _find(going_on, found[end]) < 0)
            if whole and n < len(starts):
                starts[n], lengths[n], which[n] = i, length, gram
                n += 1
    return n


@njit(cache=True, inline="always")
def _number(keys: Hashes, numbers: Places, key: np.uint64) -> int:
    """The number of a gram, or -1."""
    mask = np.uint64(len(keys) - 1)
    slot = (key * SPREAD >> np.uint64(17)) & mask
    while keys[slot] != np.uint64(0) and keys[slot] != key:
        slot = (slot + np.uint64(1)) & mask
    return int(numbers[slot]) if keys[slot] == key else -1


@njit(cache=True, inline="always")
def _begins(bits: Hashes, h: np.uint64) -> bool:
    return bool((bits[(h >> np.uint64(6)) & np.uint64(len(bits) - 1)] >> (h & np.uint64(63))) & np.uint64(1))


@njit(cache=True)
def beginnings(starts: Hashes) -> Hashes:
    """A bit for each hash of how a gram begins, so that most places of a text need no further look."""
    size = 1
    while 4 * size < len(starts):
        size *= 2
    bits = np.zeros(size, np.uint64)
    for h in starts:
        bits[(h >> np.uint64(6)) & np.uint64(size - 1)] |= np.uint64(1) << (h & np.uint64(63))
    return bits


@njit(cache=True)
def _span(n: int, starts: Numbers, lengths: Numbers, which: Numbers, item: int, index: Index) -> tuple[int, int]:
    """First and last token of the longest stretch that an item's grams cover."""
    firsts, items = index[3], index[4]
    best, best_end, first, end = 0, -1, -1, -1
    for m in range(n):
        covers = False
        for at in range(firsts[which[m]], firsts[which[m] + 1]):
            covers = covers or items[at] == item
        if not covers:
            continue
        if starts[m] > end + 1 or first < 0:
            first = starts[m]
        end = max(end, starts[m] + lengths[m] - 1)
        if end - first > best_end - best:
            best, best_end = first, end
    return best, best_end


@njit(cache=True)
def search(
    data: Bytes, bounds: Numbers, tables: Tables, folds: tuple[Hashes, Hashes], index: Index, least: float
) -> tuple[Places, Floats, Numbers]:
    """For each text the item of whose grams it has the largest share, or -1 below `least`; that share; and the bytes (N, 2) it spans."""
    firsts, items, weights, totals = index[3], index[4], index[5], index[6]
    count = len(bounds) - 1
    best, shares, spans = np.full(count, -1, np.int32), np.zeros(count), np.zeros((count, 2), np.int64)
    longest = 0
    for k in range(count):
        longest = max(longest, bounds[k + 1] - bounds[k])
    found, begins, ends = np.empty(longest, np.uint64), np.empty(longest, np.int64), np.empty(longest, np.int64)
    starts, lengths, which = np.empty(longest, np.int64), np.empty(longest, np.int64), np.empty(longest, np.int64)
    have, seen = np.zeros(len(totals)), np.full(len(weights), -1, np.int64)
    for k in range(count):
        length = tokens(data[bounds[k] : bounds[k + 1]], tables, folds, found, begins, ends)
        n = _matches(found[:length], index, starts, lengths, which)
        for m in range(n):
            gram = which[m]
            if seen[gram] != k:
                seen[gram] = k
                for item in items[firsts[gram] : firsts[gram + 1]]:
                    have[item] += weights[gram]
        for m in range(n):
            for item in items[firsts[which[m]] : firsts[which[m] + 1]]:
                share = have[item] / totals[item]
                if share >= least and (share > shares[k] or (share == shares[k] and item < best[k])):
                    best[k], shares[k] = item, share
        for m in range(n):
            for item in items[firsts[which[m]] : firsts[which[m] + 1]]:
                have[item] = 0.0
        if best[k] >= 0:
            first, last = _span(n, starts, lengths, which, best[k], index)
            spans[k, 0], spans[k, 1] = begins[first], ends[last]
    return best, shares, spans
