"""The loops of `ngram`, compiled by numba: texts to words in two views, and the grams of each document to the item it has most of.

In the masked view each run of numbers is one word, so that an item whose numbers were changed has the grams of the item.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from curation._words import BASIS, IS_NUMBER, PRIME, SPREAD, Bytes, Hashes, Numbers, Tables, mix, words

Floats = npt.NDArray[np.float64]
Places = npt.NDArray[np.int32]
Flags = npt.NDArray[np.bool_]
Folds = tuple[Hashes, Hashes, Bytes]
"""An open table of words that are left out or stand for another: their hashes, what they stand for, and what they are (bits below)."""
LEFT_OUT, IS_NUMERAL, IS_SIGN = np.uint8(1), np.uint8(2), np.uint8(4)
NUMBER = np.uint64(0x6E756D6265722121)
"""The word that stands for numbers in the masked view, where `BASIS` stands for a sign that is no operator."""
BASE = np.uint64(0x9FB21C651E98DF25)
"""Of the rolling hash of a gram, sum of word * BASE^k."""
MASKED, WHOLE = np.uint64(1 << 20), np.uint64(1 << 21)
"""What is mixed into the hash of a gram of the masked view, and of a text that is an item and nothing else."""
LOOKS_LIKE = 0.7
"""Share in the exact view from which on a text is taken for a copy of the item, whose grams it is then not counted for."""


class Index(NamedTuple):
    """What items are found by. A unit is what can be found of an item in one view: its problem, its solution, both."""

    keys: Hashes
    """An open table of gram hashes."""
    numbers: Places
    """Numbers of grams, in the same places."""
    wanted: Flags
    """Which lengths of grams there are in the exact view, and last the longest."""
    firsts: Numbers
    """Where the units of each gram begin in `units`, and the end."""
    units: Places
    weights: Floats
    """Of each gram."""
    totals: Floats
    """Of each unit: the weight that is a share of 1."""
    items: Places
    """Of each unit: its item."""
    masked: Flags
    """Of each unit: whether it is one of the masked view."""
    going_on: Hashes
    """Words that tell that a short item goes on, ascending."""
    begins: Hashes
    """Bits of how grams of the exact view begin (`bits_of`)."""
    masks: Hashes
    """Bits of the grams of the masked view."""
    mask_length: int
    """Words of a gram of the masked view."""
    tiny: int
    """Words of the longest text that is compared as a whole."""


@njit(cache=True, inline="always")
def _is_digit(byte: np.uint8) -> bool:
    return bool(48 <= byte <= 57)


@njit(cache=True, inline="always")
def _is_letter(byte: np.uint8) -> bool:
    return bool(65 <= byte <= 90 or 97 <= byte <= 122 or byte >= 128)


@njit(cache=True)
def _slot(keys: Hashes, key: np.uint64) -> int:
    mask = np.uint64(len(keys) - 1)
    slot = (key * SPREAD >> np.uint64(17)) & mask
    while keys[slot] != np.uint64(0) and keys[slot] != key:
        slot = (slot + np.uint64(1)) & mask
    return int(slot)


@njit(cache=True)
def table(every: Hashes) -> tuple[Hashes, Places]:
    """An open table of different hashes, and the number of each in the same place (-1 where there is none)."""
    size = 16
    while size < 2 * len(every):
        size *= 2
    keys, numbers = np.zeros(size, np.uint64), np.full(size, -1, np.int32)
    for n in range(len(every)):
        slot = _slot(keys, every[n])
        keys[slot], numbers[slot] = every[n], n
    return keys, numbers


@njit(cache=True)
def tokens(
    text: Bytes, tables: Tables, folds: Folds, found: Hashes, begins: Numbers, ends: Numbers,
    masked: Hashes, mask_begins: Numbers, mask_ends: Numbers,
) -> tuple[int, int]:  # fmt: skip
    """Words that count, in the exact view and in the masked one, and how many there are in each.

    Words of `folds` are left out or stand for another; `1,450` is the word `1450`; the sign that begins a line of a list is none. In the
    masked view numbers, number words, fractions and decimals are one word each, with a sign that is no operator before them.
    found, begins, ends and the same of the masked view: as long as the text; get the hash of each word, and the bytes where it (or the
    blank before it) begins and it ends.
    """
    names, stand_for, kinds = folds
    count, i, n, m = words(text, tables, found, ends), 0, 0, 0
    spelt = False  # whether the last number is one in letters
    after_end = 0  # where the last word that counts ends
    while i < count:
        last = i
        while _is_thousands(text, ends, last, count):
            last += 2
        end, begin = ends[last], ends[i - 1] if i else 0
        is_number = _is_digit(text[end - 1])
        word = found[i] if last == i else _number_word(text, int(end))
        i, kind = last + 1, np.uint8(0)
        slot = _slot(names, word)
        if names[slot] == word:
            word, kind = stand_for[slot], kinds[slot]
        if kind & LEFT_OUT or (kind & IS_SIGN and _is_bullet(text, int(end))):
            continue
        in_letters = bool(kind & IS_NUMERAL)
        if is_number or in_letters:
            if m >= 2 and mask_ends[m - 1] == begin and in_letters and spelt and masked[m - 2] == NUMBER:
                if _is_hyphen(text, mask_ends[m - 2], int(begin)):
                    m -= 1
            elif m and masked[m - 1] == BASIS:  # a sign that is no operator
                m -= 1
                if not (m and masked[m - 1] == NUMBER):
                    masked[m], mask_ends[m] = NUMBER, end
                    m += 1
            if m and masked[m - 1] == NUMBER:
                mask_ends[m - 1] = end
            else:
                masked[m], mask_begins[m], mask_ends[m] = NUMBER, begin, end
                m += 1
            spelt = in_letters
        else:
            unary = kind & IS_SIGN and not _is_operand(text, int(after_end))
            masked[m], mask_begins[m], mask_ends[m] = BASIS if unary else word, begin, end
            m += 1
        found[n], begins[n], ends[n] = word, begin, end
        n, after_end = n + 1, end
    return n, m


@njit(cache=True)
def _is_hyphen(text: Bytes, start: int, end: int) -> bool:
    """Whether there is one byte, a hyphen, as in `twenty-five`."""
    return end == start + 1 and text[start] == 45


@njit(cache=True)
def _is_bullet(text: Bytes, end: int) -> bool:
    """Whether a sign that ends here begins a line, with a blank after it."""
    if end >= len(text) or text[end] != 32:
        return False
    at = end - 2
    while at >= 0 and (text[at] == 32 or text[at] == 9):
        at -= 1
    return at < 0 or text[at] == 10


@njit(cache=True)
def _is_operand(text: Bytes, end: int) -> bool:
    """Whether the word that ends here is one that an operator may follow: a number, a single letter or a command."""
    if not end:
        return False
    if _is_digit(text[end - 1]):
        return True
    start = end
    while start and _is_letter(text[start - 1]):
        start -= 1
    return end - start == 1 or (end > start > 0 and text[start - 1] == 92)


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
def said(text: Bytes, begins: Numbers, ends: Numbers) -> Bytes:
    """For each word 1 if it is one of at least two letters and no command, else 0: what is left of a sentence when numbers are masked."""
    made = np.zeros(len(ends), np.uint8)
    for k in range(len(ends)):
        start = ends[k]
        while start > begins[k] and _is_letter(text[start - 1]):
            start -= 1
        made[k] = ends[k] - start >= 2 and not (start > begins[k] and text[start - 1] == 92)
    return made


@njit(cache=True, inline="always")
def _power(length: int) -> np.uint64:
    h = np.uint64(1)
    for _ in range(length):
        h *= BASE
    return h


@njit(cache=True)
def grams(found: Hashes, length: int, beginning: int, more: np.uint64) -> tuple[Hashes, Hashes]:
    """Key of each run of `length` tokens, in order, and the hash of its first `beginning` tokens. more: `MASKED`, `WHOLE` or 0."""
    made = np.empty(max(0, len(found) - length + 1), np.uint64)
    begins = np.empty(len(made), np.uint64)
    for i in range(len(made)):
        h = np.uint64(0)
        for j in range(i, i + length):
            h = h * BASE + found[j]
            if j - i + 1 == beginning:
                begins[i] = mix(h, np.uint64(beginning))
        made[i] = mix(h, np.uint64(length) | more)
    return made, begins


@njit(cache=True, inline="always")
def _number(index: Index, key: np.uint64) -> int:
    """The number of a gram, or -1."""
    keys = index.keys
    mask = np.uint64(len(keys) - 1)
    slot = (key * SPREAD >> np.uint64(17)) & mask
    while keys[slot] != np.uint64(0) and keys[slot] != key:
        slot = (slot + np.uint64(1)) & mask
    return int(index.numbers[slot])


@njit(cache=True, inline="always")
def _has(bits: Hashes, h: np.uint64) -> bool:
    return bool((bits[(h >> np.uint64(6)) & np.uint64(len(bits) - 1)] >> (h & np.uint64(63))) & np.uint64(1))


@njit(cache=True)
def bits_of(hashes: Hashes) -> Hashes:
    """A bit for each hash, so that most places of a text need no further look."""
    size = 1
    while 4 * size < len(hashes):
        size *= 2
    bits = np.zeros(size, np.uint64)
    for h in hashes:
        bits[(h >> np.uint64(6)) & np.uint64(size - 1)] |= np.uint64(1) << (h & np.uint64(63))
    return bits


@njit(cache=True)
def _exact(
    text: Bytes, found: Hashes, begins: Numbers, ends: Numbers, index: Index,
    starts: Numbers, lengths: Numbers, which: Numbers,
) -> int:  # fmt: skip
    """The grams of some unit that stand in a text: where each starts, how long it is, which it is. The number of them."""
    wanted, longest, count, n = index.wanted, len(index.wanted) - 1, len(found), 0
    shortest = 1
    while shortest < longest and not wanted[shortest]:
        shortest += 1
    if 0 < count <= index.tiny:
        h = np.uint64(0)
        for word in found:
            h = h * BASE + word
        gram = _number(index, mix(h, np.uint64(count) | WHOLE))
        if gram >= 0:
            starts[0], lengths[0], which[0], n = 0, count, gram, 1
    power, h = _power(shortest - 1), np.uint64(0)
    for j in range(min(shortest - 1, count)):
        h = h * BASE + found[j]
    for i in range(count - shortest + 1):
        h = h * BASE + found[i + shortest - 1]
        if _has(index.begins, mix(h, np.uint64(shortest))):
            run = h
            for end in range(i + shortest, min(i + longest, count) + 1):
                length = end - i
                if length > shortest:
                    run = run * BASE + found[end - 1]
                gram = _number(index, mix(run, np.uint64(length))) if wanted[length] else -1
                if (
                    gram >= 0
                    and n < len(starts)
                    and (length == longest or _is_whole(text, found, begins, ends, i, end, index.going_on))
                ):
                    starts[n], lengths[n], which[n] = i, length, gram
                    n += 1
        h -= found[i] * power
    return n


@njit(cache=True)
def _ends_paragraph(text: Bytes, at: int) -> bool:
    """Whether an empty line comes next, after what dresses up a formula."""
    lines = 0
    while at < len(text) and not (_is_digit(text[at]) or _is_letter(text[at]) or text[at] == 43 or text[at] == 45):
        lines += text[at] == 10
        at += 1
        if lines == 2:
            return True
    return False


@njit(cache=True)
def _is_whole(text: Bytes, found: Hashes, begins: Numbers, ends: Numbers, i: int, end: int, going_on: Hashes) -> bool:
    """Whether words `i` to `end` are no part of a longer formula: no operator after them, nothing that sticks to their last word."""
    if end == len(found) or _ends_paragraph(text, int(ends[end - 1])):
        return True
    at = np.searchsorted(going_on, found[end])
    if at < len(going_on) and going_on[at] == found[end]:
        return False
    a, b = ends[end - 1], begins[end]
    if not _is_digit(text[a - 1]) or b - a > 3 or b >= len(text):
        return True
    for k in range(a, b):
        if text[k] <= 32:
            return True
    if b > a and not (text[a] == 46 or text[a] == 94 or text[a] == 47 or text[a] == 42):  # . ^ / *
        return True
    return not (_is_digit(text[b]) or (_is_letter(text[b]) and ends[end] == b + 1))


@njit(cache=True)
def _masked(masked: Hashes, index: Index, starts: Numbers, lengths: Numbers, which: Numbers, n: int) -> int:
    """The same for the masked view, after the first `n` of the exact one."""
    length = index.mask_length
    power, h = _power(length - 1), np.uint64(0)
    for j in range(min(length - 1, len(masked))):
        h = h * BASE + masked[j]
    for i in range(len(masked) - length + 1):
        h = h * BASE + masked[i + length - 1]
        key = mix(h, np.uint64(length) | MASKED)
        if _has(index.masks, key):
            gram = _number(index, key)
            if gram >= 0 and n < len(starts):
                starts[n], lengths[n], which[n] = i, length, gram
                n += 1
        h -= masked[i] * power
    return n


@njit(cache=True)
def _is_of(gram: int, item: int, index: Index) -> bool:
    """Whether an item has a gram."""
    found = False
    for unit in index.units[index.firsts[gram] : index.firsts[gram + 1]]:
        found = found or index.items[unit] == item
    return found


@njit(cache=True)
def _span(
    first: int, last: int, starts: Numbers, lengths: Numbers, which: Numbers, seen: Numbers, k: int
) -> tuple[int, int]:
    """First and last token of the longest stretch that grams, of those from `first` to `last`, cover: the ones that are `k` in `seen`."""
    best, best_end, at, end = 0, -1, -1, -1
    for m in range(first, last):
        if seen[which[m]] != k:
            continue
        if starts[m] > end + 1 or at < 0:
            at = starts[m]
        end = max(end, starts[m] + lengths[m] - 1)
        if end - at > best_end - best:
            best, best_end = at, end
    return best, best_end


@njit(cache=True)
def search(
    data: Bytes, bounds: Numbers, tables: Tables, folds: Folds, index: Index, least: float, counts: Numbers
) -> tuple[Places, Floats, Numbers]:
    """For each text the item of which it has the largest share, or -1 below `least`; its shares in the exact and the masked view (N, 2);
    and the bytes (N, 2) that the item spans.

    The shares are the largest ones of any item in each view; the item is that of the larger, and of equals of the exact one, and the first.
    counts: as many as there are grams, to count in how many texts each stands; or none. A text with `LOOKS_LIKE` of an item in the exact
    view is not counted for the item's grams. However often a gram stands in a text, the items that have it are looked at a fixed number
    of times, because a wording may be that of a hundred thousand items.
    """
    texts = len(bounds) - 1
    best, shares, spans = np.full((texts, 2), -1, np.int32), np.zeros((texts, 2)), np.zeros((texts, 2), np.int64)
    longest = 0
    for k in range(texts):
        longest = max(longest, bounds[k + 1] - bounds[k])
    found, begins, ends = np.empty(longest, np.uint64), np.empty(longest, np.int64), np.empty(longest, np.int64)
    masked, mask_begins, mask_ends = (
        np.empty(longest, np.uint64), np.empty(longest, np.int64), np.empty(longest, np.int64)
    )  # fmt: skip
    room = 3 * longest + 3
    starts, lengths, which = np.empty(room, np.int64), np.empty(room, np.int64), np.empty(room, np.int64)
    have, seen = np.zeros(len(index.totals)), np.full(len(index.weights), -1, np.int64)
    different = np.empty(room, np.int64)
    leaked = np.full(max(1, len(index.items) and index.items.max() + 1), -1, np.int64) if len(counts) else seen[:0]
    named = np.full(texts, -1, np.int32)
    for k in range(texts):
        text = data[bounds[k] : bounds[k + 1]]
        size, mask_size = tokens(text, tables, folds, found, begins, ends, masked, mask_begins, mask_ends)
        exact = _exact(text, found[:size], begins, ends, index, starts, lengths, which)
        n = _masked(masked[:mask_size], index, starts, lengths, which, exact)
        size = 0
        for m in range(n):
            gram = which[m]
            if seen[gram] != k:
                seen[gram] = k
                different[size] = gram
                size += 1
                for unit in index.units[index.firsts[gram] : index.firsts[gram + 1]]:
                    have[unit] += index.weights[gram]
        for gram in different[:size]:
            for unit in index.units[index.firsts[gram] : index.firsts[gram + 1]]:
                if have[unit] == 0.0:
                    continue
                share, view, item = (
                    min(1.0, have[unit] / index.totals[unit]),
                    int(index.masked[unit]),
                    index.items[unit],
                )
                have[unit] = 0.0
                if share >= 1 - 1e-9:
                    share = 1.0
                if share >= least and (share > shares[k, view] or (share == shares[k, view] and item < best[k, view])):
                    best[k, view], shares[k, view] = item, share
                if len(counts) and not view and share >= LOOKS_LIKE:
                    leaked[item] = k
        if len(counts):
            _count(different[:size], k, leaked, index, counts)
        if best[k, 0] >= 0 or best[k, 1] >= 0:
            view = int(shares[k, 1] > shares[k, 0])
            named[k] = best[k, view]
            for gram in different[:size]:
                if not _is_of(gram, named[k], index):
                    seen[gram] = -1
            if view:
                a, b = _span(exact, n, starts, lengths, which, seen, k)
                spans[k, 0], spans[k, 1] = mask_begins[a], mask_ends[b]
            else:
                a, b = _span(0, exact, starts, lengths, which, seen, k)
                spans[k, 0], spans[k, 1] = begins[a], ends[b]
    return named, shares, spans


@njit(cache=True)
def _count(grams: Numbers, k: int, leaked: Numbers, index: Index, counts: Numbers) -> None:
    """Count text `k` for each of its grams that is of no item it looks like. grams: different ones."""
    for gram in grams:
        copied = False
        for unit in index.units[index.firsts[gram] : index.firsts[gram + 1]]:
            copied = copied or leaked[index.items[unit]] == k
        counts[gram] += not copied
