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
def hold(lists: Numbers, places: Numbers, counts: Numbers, entries: Numbers, earlier: Numbers) -> None:
    """Copy what buckets hold, one after another in `entries`, to their places in `lists`; documents get their numbers in `earlier`."""
    at = 0
    for i in range(len(places)):
        lists[places[i]] = counts[i]
        for k in range(min(counts[i], LEADERS)):
            lists[places[i] + 1 + k] = np.searchsorted(earlier, entries[at])
            at += 1


@njit(cache=True)
def decide(
    first: int, older: int, threshold: float, member: Numbers, lists: Numbers, sets: Hashes, ends: Numbers
) -> tuple[Numbers, Floats, npt.NDArray[np.bool_]]:
    """Verdicts over documents, in order, of which those before `first` stay: number + 1 of the one that each is a copy of, or 0; how
    similar they are; and whether it stayed beside a full bucket.

    A document goes if one that stays and shares a bucket with it is similar enough; the best such one is named. The `older` ones from
    `first` on stay whatever they resemble. member (bands, N): from `first` on, the place of a document's bucket in `lists`, or 0: there
    stands how many it holds, more than LEADERS if not all, and which. ends: where the set of each begins in `sets`, and the end.
    """
    bands, count = member.shape
    of, similar, beside = np.zeros(count, np.int64), np.zeros(count, np.float64), np.zeros(count, np.bool_)
    places, turn = np.empty(bands, np.int64), np.empty(bands, np.int64)
    for i in range(count):
        n = 0
        for band in range(bands):
            if member[band, i]:
                places[n] = member[band, i]
                n += 1
        turn[:n] = 0
        x = sets[ends[first + i] : ends[first + i + 1]]
        while i >= older:
            best = first + count
            for k in range(n):
                if turn[k] < min(lists[places[k]], LEADERS):
                    best = min(best, lists[places[k] + 1 + turn[k]])
            if best == first + count:
                break
            for k in range(n):
                if turn[k] < min(lists[places[k]], LEADERS) and lists[places[k] + 1 + turn[k]] == best:
                    turn[k] += 1
            y = sets[ends[best] : ends[best + 1]]
            shared = _shared(x, y, needed(len(x), len(y), threshold))
            if shared >= 0:
                of[i], similar[i] = best + 1, shared / max(1, len(x) + len(y) - shared)
                break
        if of[i]:
            continue
        for k in range(n):
            if lists[places[k]] < LEADERS:
                lists[places[k]] += 1
                lists[places[k] + lists[places[k]]] = first + i
            else:
                beside[i] |= lists[places[k]] > LEADERS
                lists[places[k]] = LEADERS + 1
    return of, similar, beside


@njit(cache=True)
def keep(held: Numbers, there: Numbers, lists: Numbers, places: Numbers, counts: Numbers, ranks: Numbers) -> None:
    """Write to buckets (`there`, in `held`) what `lists` has more than the `counts` that they had."""
    for i in range(len(places)):
        held[there[i]] = lists[places[i]]
        for k in range(min(counts[i], LEADERS), min(lists[places[i]], LEADERS)):
            held[there[i] + 1 + k] = ranks[lists[places[i] + 1 + k]]


# reading files


@njit(cache=True)
def span(starts: Numbers, sizes: Numbers, first: int, gap: int, most: int) -> tuple[int, int]:
    """Of ascending ranges of bytes, how far those from `first` on can be read as one: the next one, and the byte where it ends."""
    end = starts[first] + sizes[first]
    i = first + 1
    while i < len(starts) and starts[i] <= end + gap and max(end, starts[i] + sizes[i]) - starts[first] <= most:
        end = max(end, starts[i] + sizes[i])
        i += 1
    return i, end


@njit(cache=True)
def spread(data: Bytes, starts: Numbers, sizes: Numbers, base: int, to: Numbers, out: Bytes) -> None:
    """Copy ranges of bytes, counted from `base`, to where they go."""
    for i in range(len(starts)):
        for k in range(sizes[i]):
            out[to[i] + k] = data[starts[i] - base + k]
