"""fastText's models for languages, asked natively: the most probable label of each text and its probability.

The library looks each n-gram of letters up again for every word that it meets; here a word is looked up once in a batch, which makes such
models many times faster, needs no Python object for a text, and gives the library's answers up to its rounding. Arithmetic is that of
fastText 0.9 (`Dictionary::computeSubwords`, `SoftmaxLoss`, `HierarchicalSoftmaxLoss`). Left out: n-grams of words, losses that sum over
labels independently, and all but the best label.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from numba import njit

from curation._fasttext import UNFIT, Contents, Floats, Ids, read, unreadable
from curation._fasttext_words import BASIS, END_OF_LINE, Words, find, hash_of, hashed, words_of
from curation._words import BLANK, Bytes, Hashes, Numbers

Scores = npt.NDArray[np.float64]
Input = tuple[Words, Floats, Ids, int, int, int]
"""Words, rows, row of each bucket (empty if all are there), number of buckets, and shortest and longest n-gram."""
BATCH = 4_000
"""Texts for which words are remembered: a bound for memory."""
HEAVIEST = 10**15
"""Of an inner node before it has children, as in fastText."""
EPSILON = 1e-5
"""What fastText adds before it takes a logarithm."""


@dataclass(frozen=True)
class Model:
    """A model as the loops need it."""

    labels: list[str]
    """Without `__label__`, the most frequent first."""
    input: Input
    output: Floats
    tree: Ids
    """Left and right child of each inner node (N - 1, 2); empty for a softmax."""

    def best(self, data: Bytes, bounds: Numbers) -> tuple[Numbers, Scores]:
        """Number of the most probable label of each text (-1 where no word is known) and its probability. Texts are words and blanks."""
        found, scores = np.full(len(bounds) - 1, -1), np.zeros(len(bounds) - 1)
        end_of_line = word_vector(END_OF_LINE, self.input)
        for start in range(0, len(found), BATCH):
            part = slice(start, start + BATCH)
            hidden, counts = hidden_layers(data, bounds[start : start + BATCH + 1], self.input, *end_of_line)
            found[part], scores[part] = answers(hidden, counts, self.output, self.tree)
        return found, scores.clip(0, 1).round(6)


def load(path: Path) -> Model:
    """The model of a file. CurateError for a file that is none, or is of a kind that is left out."""
    file = read(path)
    try:
        return _model(file)
    except ValueError as error:
        raise unreadable(path, error) from None


def _model(file: Contents) -> Model:
    if file.ngrams > 1 or file.loss not in ("hs", "softmax"):
        raise ValueError("only supervised models without n-grams of words, of loss softmax or hs")
    tree = _tree(file.counts) if file.loss == "hs" else np.zeros((0, 2), np.int32)
    asked = (words_of(file.words), file.rows, file.buckets, file.bucket, file.minn, file.maxn)
    return Model(file.labels, asked, file.output, tree)


def _tree(counts: list[int]) -> Ids:
    """Huffman's tree over labels with these counts, which descend, as fastText builds it."""
    size = len(counts)
    if min(counts) < 0 or sum(counts) >= HEAVIEST:
        raise ValueError(UNFIT)
    weights = [*counts, *[HEAVIEST] * size]
    leaf, node, made = size - 1, size, np.zeros((size - 1, 2), np.int32)
    for i in range(size - 1):
        for side in range(2):
            if leaf >= 0 and weights[leaf] < weights[node]:
                made[i, side], leaf = leaf, leaf - 1
            else:
                made[i, side], node = node, node + 1
        weights[size + i] = weights[made[i, 0]] + weights[made[i, 1]]
    return made


# loops


@njit(cache=True)
def word_vector(word: Bytes, given: Input) -> tuple[Floats, int]:
    """Sum of the rows of a word and of its n-grams of letters, and how many there are; `<` and `>` stand around a word."""
    words, rows, buckets, bucket, minn, maxn = given
    made, count = np.zeros((1, rows.shape[1]), np.float32), 0
    known = find(hash_of(word, 0, len(word)), word, 0, len(word), words)
    if known >= 0:
        _add(made, 0, rows, known)
        count = 1
    if len(word) == 4 and word[0] == 60 and word[1] == 47 and word[2] == 115 and word[3] == 62:  # the end of a line
        return made[0], count
    framed = np.empty(len(word) + 2, np.uint8)
    framed[0], framed[1:-1], framed[-1] = 60, word, 62
    for i in range(len(framed)):
        if framed[i] & 0xC0 == 0x80:
            continue
        h32, j = BASIS, i
        for n in range(1, maxn + 1):
            if j == len(framed):
                break
            h32 = hashed(h32, framed[j])
            j += 1
            while j < len(framed) and framed[j] & 0xC0 == 0x80:
                h32 = hashed(h32, framed[j])
                j += 1
            if n < minn or (n == 1 and (i == 0 or j == len(framed))):
                continue
            row = np.int64(h32 % np.uint32(bucket))
            if len(buckets):
                row = np.int64(buckets[row])
            if row >= 0:
                _add(made, 0, rows, len(words[1]) - 1 + int(row))
                count += 1
    return made[0], count


@njit(cache=True)
def _add(sums: Floats, n: int, rows: Floats, row: int) -> None:
    for k in range(sums.shape[1]):
        sums[n, k] += rows[row, k]


@njit(cache=True)
def hidden_layers(
    data: Bytes, bounds: Numbers, given: Input, end_of_line: Floats, at_end: int
) -> tuple[Floats, Numbers]:
    """Sum of the word vectors of each text and of the end of a line (N, dim), and of how many rows; 0 where no word is known."""
    dim = given[1].shape[1]
    sums, counts = np.zeros((len(bounds) - 1, dim), np.float32), np.zeros(len(bounds) - 1, np.int64)
    keys, numbers = np.zeros(1 << 14, np.uint64), np.zeros(1 << 14, np.int32)
    ends = end_of_line.reshape((1, -1))
    vectors, many, seen = np.empty((256, dim), np.float32), np.empty(256, np.int64), 0
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
                    vector, count = word_vector(data[start:i], given)
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
