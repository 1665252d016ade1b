"""The loops of `minhash`, compiled by numba: texts to shingles and bands, keys to buckets, buckets to verdicts."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

from curation._words import BASIS, SPREAD, Bytes, Hashes, Numbers, Tables, mix, words

Floats = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int32]
LEADERS = 256
"""Kept documents of one bucket that a further one is compared with: the best ones."""
REACH = 1 << 16
"""Bytes of a mapped file that come into memory where one is read: Linux maps what is cached around it."""


@njit(cache=True)
def constants(count: int) -> tuple[Hashes, Hashes]:
    """Multipliers (odd) and offsets of `count` hash functions x -> a * x + b mod 2**64, by splitmix64."""
    a, b = np.empty(count, np.uint64), np.empty(count, np.uint64)
    state = np.uint64(0)
    for i in range(2 * count):
        state += SPREAD
        z = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z = z ^ (z >> np.uint64(31))
        if i % 2:
            b[i // 2] = z
        else:
            a[i // 2] = z | np.uint64(1)
    return a, b


@njit(cache=True)
def ascending(values: Hashes) -> Hashes:
    """The values sorted, each once. They are hashes, so their leading bits put nearly all in place; what shares a place is sorted there."""
    shift = 63
    while (len(values) >> (63 - shift)) > 2 and shift > 44:
        shift -= 1
    starts = np.zeros((1 << (64 - shift)) + 1, np.int64)
    for x in values:
        starts[(x >> np.uint64(shift)) + np.uint64(1)] += 1
    for i in range(1, len(starts)):
        starts[i] += starts[i - 1]
    placed = np.empty(len(values), np.uint64)
    at = starts.copy()
    for x in values:
        place = x >> np.uint64(shift)
        placed[at[place]] = x
        at[place] += 1
    n = 0
    for i in range(len(starts) - 1):
        start, end = starts[i], starts[i + 1]
        gap = 1
        while 3 * gap < end - start:
            gap = 3 * gap + 1
        while gap:  # Shell's sort: as quick as insertion for a few, not much slower than any other for many
            for j in range(start + gap, end):
                x, k = placed[j], j
                while k >= start + gap and placed[k - gap] > x:
                    placed[k] = placed[k - gap]
                    k -= gap
                placed[k] = x
            gap //= 3
        for j in range(start, end):
            if not n or placed[j] != placed[n - 1]:
                placed[n] = placed[j]
                n += 1
    return placed[:n]


@njit(cache=True, error_model="numpy")
def shingles(found: Hashes, count: int, ngram: int, runs: Hashes) -> int:
    """Hashes of all runs of `ngram` of the first `count` words, in order, into `runs`; how many. Of a shorter text all its words are one.

    A run's hash is a polynomial in the hashes of its words, which is spread over all bits afterwards: loops without branches or
    dependences, of which the processor does eight steps at once.
    """
    length = min(ngram, count)
    total = count - length + 1 if length else 0
    runs[:total] = np.uint64(length)
    for j in range(length):
        for i in range(total):
            runs[i] = runs[i] * SPREAD + found[i + j]
    for i in range(total):
        z = runs[i]
        z = (z ^ (z >> np.uint64(32))) * np.uint64(0xBF58476D1CE4E5B9)
        runs[i] = z ^ (z >> np.uint64(29))
    return total


@njit(cache=True, error_model="numpy")
def signature(runs: Hashes, a: Hashes, b: Hashes, least: Hashes) -> None:
    """The smallest value of each hash function over shingles, into `least`. Repeated shingles change nothing.

    Eight shingles at a time, so that what is held of the functions is loaded and stored once for eight.
    """
    least[:] = ~np.uint64(0)
    whole = len(runs) // 8 * 8
    for i in range(0, whole, 8):
        x0, x1, x2, x3 = runs[i], runs[i + 1], runs[i + 2], runs[i + 3]
        x4, x5, x6, x7 = runs[i + 4], runs[i + 5], runs[i + 6], runs[i + 7]
        for k in range(len(a)):
            p, q, v = a[k], b[k], least[k]
            v = min(v, p * x0 + q, p * x1 + q, p * x2 + q, p * x3 + q)
            least[k] = min(v, p * x4 + q, p * x5 + q, p * x6 + q, p * x7 + q)
    for i in range(whole, len(runs)):
        for k in range(len(a)):
            least[k] = min(least[k], a[k] * runs[i] + b[k])


@njit(cache=True)
def prepare(data: Bytes, bounds: Numbers, tables: Tables, ngram: int, bands: int, rows: int) -> tuple[Counts, Hashes]:
    """Of each text the number of its shingles, repeated ones too (N), and a hash of each band (bands, N)."""
    count = len(bounds) - 1
    a, b = constants(bands * rows)
    found, none = np.empty(_longest(bounds), np.uint64), np.empty(0, np.int64)  # a word has at least one byte
    runs, least = np.empty(len(found), np.uint64), np.empty(bands * rows, np.uint64)
    totals, keys = np.zeros(count, np.int32), np.empty((bands, count), np.uint64)
    for n in range(count):
        length = words(data[bounds[n] : bounds[n + 1]], tables, found, none)
        total = shingles(found, length, ngram, runs)
        totals[n] = total
        signature(runs[:total], a, b, least)
        for band in range(bands):
            h = BASIS
            for k in range(band * rows, (band + 1) * rows):
                h = mix(h, least[k])
            keys[band, n] = h
    return totals, keys


@njit(cache=True)
def _longest(bounds: Numbers) -> int:
    longest = 0
    for n in range(len(bounds) - 1):
        longest = max(longest, bounds[n + 1] - bounds[n])
    return longest


@njit(cache=True)
def sets(data: Bytes, bounds: Numbers, tables: Tables, ngram: int) -> tuple[Hashes, Numbers]:
    """Shingles of all texts one after another, ascending and each once, and where each text's begin, and the end (N + 1)."""
    found, none = np.empty(_longest(bounds), np.uint64), np.empty(0, np.int64)
    runs = np.empty(len(found), np.uint64)
    every, ends = np.empty((bounds[-1] - bounds[0]) // 4 + 16, np.uint64), np.zeros(len(bounds), np.int64)
    for n in range(len(bounds) - 1):
        length = words(data[bounds[n] : bounds[n + 1]], tables, found, none)
        made = ascending(runs[: shingles(found, length, ngram, runs)])
        ends[n + 1] = ends[n] + len(made)
        while len(every) < ends[n + 1]:
            every = np.concatenate((every, np.empty(len(every), np.uint64)))
        every[ends[n] : ends[n + 1]] = made
    return every[: ends[-1]].copy(), ends


@njit(cache=True)
def drawn(data: Bytes, bounds: Numbers) -> Hashes:
    """A hash of each id, by which documents are drawn."""
    made = np.empty(len(bounds) - 1, np.uint64)
    for n in range(len(made)):
        h = BASIS
        for i in range(bounds[n], bounds[n + 1]):
            h = mix(h, np.uint64(data[i]))
        made[n] = h
    return made


@njit(cache=True)
def taken(data: Bytes, bounds: Numbers, rows: Numbers) -> tuple[Bytes, Numbers]:
    """Some of many texts: their bytes one after another, and where each begins, and the end."""
    ends = np.zeros(len(rows) + 1, np.int64)
    for i in range(len(rows)):
        ends[i + 1] = ends[i] + bounds[rows[i] + 1] - bounds[rows[i]]
    made = np.empty(ends[-1], np.uint8)
    for i in range(len(rows)):
        made[ends[i] : ends[i + 1]] = data[bounds[rows[i]] : bounds[rows[i] + 1]]
    return made, ends


# similarity


@njit(cache=True)
def jaccard(x: Hashes, y: Hashes) -> float:
    """Shared over all shingles of two ascending sets; 0 where both are empty."""
    shared = _shared(x, y, 0)
    return shared / max(1, len(x) + len(y) - shared)


@njit(cache=True)
def _shared(x: Hashes, y: Hashes, least: int) -> int:
    """How many values two ascending sets share; -1 as soon as it is clear that they are fewer than `least`."""
    i, j, shared = 0, 0, 0
    spare_x, spare_y = len(x) - least, len(y) - least
    if spare_x < 0 or spare_y < 0:
        return -1
    while i < len(x) and j < len(y):
        if x[i] == y[j]:
            shared += 1
            i += 1
            j += 1
        elif x[i] < y[j]:
            i += 1
            if i - shared > spare_x:
                return -1
        else:
            j += 1
            if j - shared > spare_y:
                return -1
    return shared if shared >= least else -1


@njit(cache=True)
def needed(m: int, n: int, threshold: float) -> int:
    """The fewest values that sets of m and n must share for a Jaccard similarity of `threshold`, by the very division that decides."""
    least = max(0, int((m + n) * threshold / (1 + threshold)) - 1)
    while float(least) / float(max(1, m + n - least)) < threshold and least <= min(m, n):
        least += 1
    return least


# buckets and verdicts


@njit(cache=True)
def buckets(keys: Hashes, order: Numbers, older: npt.NDArray[np.bool_], end: int) -> tuple[Numbers, int]:
    """For each document the place of its bucket, or 0 where that has nothing to decide; and where further buckets begin.

    order: the documents by key. older: those of an index, between which nothing is left to decide. A bucket takes one place for the
    number of documents that it holds and one for each that it can hold.
    """
    places = np.zeros(len(keys), np.int64)
    i = 0
    while i < len(keys):
        j, new = i, False
        while j < len(keys) and keys[order[j]] == keys[order[i]]:
            new |= not older[order[j]]
            j += 1
        if j - i > 1 and new:
            for k in range(i, j):
                places[order[k]] = end
            end += min(j - i, LEADERS) + 1
        i = j
    return places, end


@njit(cache=True)
def decide(
    first: int, budget: int, distant: int, older: int, counted: int, threshold: float,
    member: Numbers, bases: Numbers, held: Numbers, at: Numbers, starts: Numbers, lengths: Counts, sets: Hashes,
    of: Numbers, similar: Floats,
) -> tuple[int, int]:  # fmt: skip
    """Verdicts from the document of rank `first` on, best first; the rank to go on with, and how many stayed beside a full bucket.

    A document goes if one that stays and shares a bucket with it is similar enough; the best such one is named, by its rank + 1 in `of`.
    member (bands, N): by rank, 0 or the place of a document's bucket in `held`, from where the band's places begin (`bases`). at: the
    position of each rank; by position, `starts` and `lengths` of the shingles in `sets`. The first `older` ranks stay whatever they
    resemble; those from `counted` on are not counted. Ends when it may have touched `budget` bytes of what is mapped; each touch of
    anything but `sets` counts for `distant`.
    """
    touched, met = 0, 0
    bands, count = member.shape
    places, turn = np.empty(bands, np.int64), np.empty(bands, np.int64)
    for rank in range(first, count):
        if touched > budget:
            return rank, met
        n = 0
        touched += 8 * bands if distant else 0
        for band in range(bands):
            if member[band, rank]:
                places[n] = bases[band] + member[band, rank]
                n += 1
        if not n:
            continue
        touched += (n + 3) * distant
        if rank >= older:
            x = sets[starts[at[rank]] : starts[at[rank]] + lengths[at[rank]]]
            touched += REACH + 8 * len(x)
            turn[:n] = 0
            while True:
                best = count
                for k in range(n):
                    if turn[k] < min(held[places[k]], LEADERS):
                        best = min(best, held[places[k] + 1 + turn[k]])
                if best == count:
                    break
                for k in range(n):
                    if turn[k] < min(held[places[k]], LEADERS) and held[places[k] + 1 + turn[k]] == best:
                        turn[k] += 1
                other = at[best]
                size = int(lengths[other])
                touched += 3 * distant
                least = needed(len(x), size, threshold)
                if least > min(len(x), size):
                    continue
                touched += REACH + 8 * size
                shared = _shared(x, sets[starts[other] : starts[other] + size], least)
                if shared >= 0:
                    of[rank] = best + 1
                    similar[rank] = shared / max(1, len(x) + size - shared)
                    break
        if not of[rank]:
            full = False
            for k in range(n):
                if held[places[k]] < LEADERS:
                    held[places[k]] += 1
                    held[places[k] + held[places[k]]] = rank
                else:
                    full |= held[places[k]] > LEADERS
                    held[places[k]] = LEADERS + 1  # one that stays is not held
            met += full and older <= rank < counted
    return count, met
