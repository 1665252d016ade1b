"""The loops of `minhash`, compiled by numba: texts to shingles and bands, groups to pairs, pairs to clusters, clusters to verdicts."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

from curation._words import BASIS, SPREAD, Bytes, Hashes, Numbers, Tables, mix, words

Floats = npt.NDArray[np.float64]
WINDOW = 16
"""In a group of one band, a document is compared with the best one and with so many before it."""
LEADERS = 256
"""Documents that stay of one cluster which a further one is compared with, the best ones first."""


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


@njit(cache=True)
def shingles(found: Hashes, ngram: int) -> Hashes:
    """Hashes of all runs of `ngram` words, each once, ascending; of a shorter text all its words as one run."""
    length = min(ngram, len(found))
    runs = np.empty(len(found) - length + 1 if length else 0, np.uint64)
    for i in range(len(runs)):
        h = BASIS
        for j in range(i, i + length):
            h = mix(h, found[j])
        runs[i] = mix(h, np.uint64(length))
    return ascending(runs)


@njit(cache=True)
def signature(runs: Hashes, a: Hashes, b: Hashes) -> Hashes:
    """The smallest value of each hash function over a set of shingles."""
    least = np.full(len(a), ~np.uint64(0), np.uint64)
    for x in runs:
        for k in range(len(a)):
            least[k] = min(least[k], a[k] * x + b[k])
    return least


@njit(cache=True)
def prepare(
    data: Bytes, bounds: Numbers, tables: Tables, ngram: int, bands: int, rows: int
) -> tuple[Hashes, Numbers, Hashes]:
    """Shingles of all texts one after another, where each text's begin, and the end (N + 1), and a hash of each band (bands, N)."""
    count = len(bounds) - 1
    a, b = constants(bands * rows)
    longest = 0
    for n in range(count):
        longest = max(longest, bounds[n + 1] - bounds[n])
    found = np.empty(longest, np.uint64)  # a word has at least one byte
    every, ends, keys = np.empty(1 << 16, np.uint64), np.zeros(count + 1, np.int64), np.empty((bands, count), np.uint64)
    for n in range(count):
        length = words(data[bounds[n] : bounds[n + 1]], tables, found, np.empty(0, np.int64))
        runs = shingles(found[:length], ngram)
        ends[n + 1] = ends[n] + len(runs)
        while len(every) < ends[n + 1]:
            every = np.concatenate((every, np.empty(len(every), np.uint64)))
        every[ends[n] : ends[n + 1]] = runs
        least = signature(runs, a, b)
        for band in range(bands):
            h = BASIS
            for k in range(band * rows, (band + 1) * rows):
                h = mix(h, least[k])
            keys[band, n] = h
    return every[: ends[-1]].copy(), ends, keys


@njit(cache=True)
def jaccard(x: Hashes, y: Hashes) -> float:
    """Shared over all shingles of two ascending sets; 0 where both are empty."""
    i, j, shared = 0, 0, 0
    while i < len(x) and j < len(y):
        if x[i] == y[j]:
            shared += 1
            i += 1
            j += 1
        elif x[i] < y[j]:
            i += 1
        else:
            j += 1
    return shared / max(1, len(x) + len(y) - shared)


@njit(cache=True)
def pairs(keys: Hashes, ranks: Numbers) -> Hashes:
    """Candidates of one band as `better << 32 | worse`. `keys` ascend, `ranks` ascend within a key."""
    made = np.empty(len(keys) * (WINDOW + 1), np.uint64)
    n, first = 0, 0
    for i in range(len(keys)):
        if keys[i] != keys[first]:
            first = i
        start = max(first, i - WINDOW)
        for j in range(start, i):
            made[n] = np.uint64(ranks[j]) << np.uint64(32) | np.uint64(ranks[i])
            n += 1
        if start > first:
            made[n] = np.uint64(ranks[first]) << np.uint64(32) | np.uint64(ranks[i])
            n += 1
    return made[:n].copy()


@njit(cache=True)
def _root(parent: Numbers, i: int) -> int:
    while parent[i] != i:
        parent[i] = parent[parent[i]]
        i = parent[i]
    return i


@njit(cache=True)
def clusters(count: int, left: Numbers, right: Numbers, sets: Hashes, ends: Numbers, threshold: float) -> Numbers:
    """For each of `count` documents the best one of its cluster: those that are linked by pairs at or above the threshold."""
    parent = np.arange(count)
    for p in range(len(left)):
        i, j = left[p], right[p]
        if jaccard(sets[ends[i] : ends[i + 1]], sets[ends[j] : ends[j + 1]]) >= threshold:
            x, y = _root(parent, i), _root(parent, j)
            parent[max(x, y)] = min(x, y)
    for i in range(count):
        parent[i] = _root(parent, i)
    return parent


@njit(cache=True)
def verdicts(order: Numbers, roots: Numbers, sets: Hashes, ends: Numbers, threshold: float) -> tuple[Numbers, Floats]:
    """For each document the one that it is a duplicate of, or -1, and their similarity.

    order: documents by cluster, best first. The best of a cluster stays; a further one goes if it is similar to one that stays, and is
    compared with the best of those first.
    """
    of, similar = np.full(len(roots), -1, np.int64), np.zeros(len(roots), np.float64)
    stay = np.empty(LEADERS, np.int64)
    count, root = 0, -1
    for i in order:
        if roots[i] != root:
            count, root = 0, roots[i]
        for n in range(count):
            found = jaccard(sets[ends[stay[n]] : ends[stay[n] + 1]], sets[ends[i] : ends[i + 1]])
            if found >= threshold:
                of[i], similar[i] = stay[n], found
                break
        if of[i] < 0 and count < LEADERS:
            stay[count] = i
            count += 1
    return of, similar
