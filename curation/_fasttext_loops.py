"""The loops of `curation/_fasttext.py`, compiled by numba: words to sums of rows, texts to hidden layers, and these to labels."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

from curation._words import BLANK, Bytes, Hashes, Numbers

Floats = npt.NDArray[np.float32]
Scores = npt.NDArray[np.float64]
Ids = npt.NDArray[np.int32]
Shape = tuple[int, int, int, int]
"""Number of words, of buckets, and shortest and longest n-gram."""
EPSILON = 1e-5
"""What fastText adds before it takes a logarithm."""


@njit(cache=True)
def word_hash(word: Bytes) -> np.uint64:
    h = np.uint64(0xCBF29CE484222325)
    for byte in word:
        h = (h ^ np.uint64(byte)) * np.uint64(0x100000001B3)
    return h


@njit(cache=True)
def word_vector(word: Bytes, hashes: Hashes, ids: Ids, rows: Floats, buckets: Ids, shape: Shape) -> tuple[Floats, int]:
    """Sum of the rows of a word and of its n-grams of letters, and how many there are; `<` and `>` stand around a word."""
    words, bucket, minn, maxn = shape
    made, count = np.zeros((1, rows.shape[1]), np.float32), 0
    h = word_hash(word)
    at = np.searchsorted(hashes, h)
    if at < len(hashes) and hashes[at] == h:
        _add(made, 0, rows, int(ids[at]))
        count = 1
    if len(word) == 4 and word[0] == 60 and word[1] == 47 and word[2] == 115 and word[3] == 62:  # the end of a line
        return made[0], count
    framed = np.empty(len(word) + 2, np.uint8)
    framed[0], framed[1:-1], framed[-1] = 60, word, 62
    for i in range(len(framed)):
        if framed[i] & 0xC0 == 0x80:
            continue
        h32, j = np.uint32(2166136261), i
        for n in range(1, maxn + 1):
            if j == len(framed):
                break
            h32 = _hashed(h32, framed[j])
            j += 1
            while j < len(framed) and framed[j] & 0xC0 == 0x80:
                h32 = _hashed(h32, framed[j])
                j += 1
            if n < minn or (n == 1 and (i == 0 or j == len(framed))):
                continue
            row = np.int64(h32 % np.uint32(bucket))
            if len(buckets):
                row = np.int64(buckets[row])
            if row >= 0:
                _add(made, 0, rows, words + int(row))
                count += 1
    return made[0], count


@njit(cache=True)
def _add(sums: Floats, n: int, rows: Floats, row: int) -> None:
    for k in range(sums.shape[1]):
        sums[n, k] += rows[row, k]


@njit(cache=True)
def _hashed(h: np.uint32, byte: np.uint8) -> np.uint32:
    """One more byte of FNV-1a; fastText takes bytes as signed numbers."""
    signed = np.uint32(byte) | np.uint32(0xFFFFFF00) if byte >= 128 else np.uint32(byte)
    return np.uint32(np.uint32(h ^ signed) * np.uint32(16777619))


@njit(cache=True)
def hidden_layers(
    data: Bytes,
    bounds: Numbers,
    hashes: Hashes,
    ids: Ids,
    rows: Floats,
    buckets: Ids,
    shape: Shape,
    end_of_line: Floats,
    at_end: int,
) -> tuple[Floats, Numbers]:
    """Sum of the word vectors of each text and of the end of a line (N, dim), and of how many rows; 0 where no word is known."""
    sums, counts = np.zeros((len(bounds) - 1, rows.shape[1]), np.float32), np.zeros(len(bounds) - 1, np.int64)
    keys, numbers = np.zeros(1 << 14, np.uint64), np.zeros(1 << 14, np.int32)
    ends = end_of_line.reshape((1, -1))
    vectors, many, seen = np.empty((256, rows.shape[1]), np.float32), np.empty(256, np.int64), 0
    for n in range(len(bounds) - 1):
        i, end = bounds[n], bounds[n + 1]
        while i < end:
            start = i
            h = np.uint64(0xCBF29CE484222325)
            while i < end and data[i] > BLANK:
                h = (h ^ np.uint64(data[i])) * np.uint64(0x100000001B3)
                i += 1
            if i > start:
                slot = _slot(keys, h)
                if keys[slot] == 0:
                    if seen == len(many):
                        vectors, many = np.append(vectors, vectors, axis=0), np.append(many, many)
                    if 2 * seen >= len(keys):
                        keys, numbers = _roomier(keys, numbers)
                        slot = _slot(keys, h)
                    keys[slot], numbers[slot] = h, seen
                    vector, count = word_vector(data[start:i], hashes, ids, rows, buckets, shape)
                    vectors[seen], many[seen] = vector, count
                    seen += 1
                number = numbers[slot]
                _add(sums, n, vectors, number)
                counts[n] += many[number]
            i += 1
        if counts[n]:
            _add(sums, n, ends, 0)
            counts[n] += at_end
    return sums, counts


@njit(cache=True)
def _slot(keys: Hashes, h: np.uint64) -> np.uint64:
    """Where a hash stands in an open table, or would stand."""
    mask = np.uint64(len(keys) - 1)
    slot = (h ^ (h >> np.uint64(32))) & mask
    while keys[slot] != 0 and keys[slot] != h:
        slot = (slot + np.uint64(1)) & mask
    return slot


@njit(cache=True)
def _roomier(keys: Hashes, numbers: Ids) -> tuple[Hashes, Ids]:
    more, moved = np.zeros(2 * len(keys), np.uint64), np.zeros(2 * len(keys), np.int32)
    for i in range(len(keys)):
        if keys[i]:
            slot = _slot(more, keys[i])
            more[slot], moved[slot] = keys[i], numbers[i]
    return more, moved


@njit(cache=True)
def answers(sums: Floats, counts: Numbers, out: Floats, tree: Ids) -> tuple[Numbers, Scores]:
    """The most probable label of each text and its probability, by a softmax or down a tree of labels; -1 for a text of no rows."""
    size = len(out) if not len(tree) else len(tree) + 1
    best, scores, logs = np.full(len(sums), -1), np.zeros(len(sums)), np.zeros(2 * size)
    for n in range(len(sums)):
        if not counts[n]:
            continue
        hidden = sums[n] / np.float32(counts[n])
        if len(tree):
            logs[2 * size - 2] = 0
            for i in range(size - 2, -1, -1):  # inner nodes, the root first
                right = 1 / (1 + np.exp(-_dot(out, i, hidden)))
                logs[tree[i, 0]] = logs[size + i] + np.log(1 - right + EPSILON)
                logs[tree[i, 1]] = logs[size + i] + np.log(right + EPSILON)
        else:
            top = -np.inf
            for k in range(size):
                logs[k] = _dot(out, k, hidden)
                top = max(top, logs[k])
            total = 0.0
            for k in range(size):
                total += np.exp(logs[k] - top)
            for k in range(size):
                logs[k] -= top + np.log(total)
        k = int(np.argmax(logs[:size]))
        best[n], scores[n] = k, np.exp(logs[k])
    return best, scores


@njit(cache=True)
def _dot(out: Floats, row: int, hidden: Floats) -> float:
    total = 0.0
    for k in range(len(hidden)):
        total += out[row, k] * hidden[k]
    return total
