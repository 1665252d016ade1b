"""Supervised fastText models, read from their files and applied to columns of texts in native loops.

The library looks each n-gram of letters up again for every word that it meets; here a word is looked up once in a batch, which makes models
with n-grams of letters (those that identify languages) many times faster, needs no Python object for a text, and gives the library's
answers up to its rounding. Format and arithmetic are those of fastText 0.9 (`FastText::loadModel`, `Dictionary`, `QuantMatrix`,
`HierarchicalSoftmaxLoss`), plain or quantised. Left out: n-grams of words, one-vs-all losses, quantised output, and all but the best label.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
import numpy.typing as npt
from numba import njit

from curate.errors import CurateError
from curation._words import BLANK, Bytes, Hashes, Numbers

Floats = npt.NDArray[np.float32]
Scores = npt.NDArray[np.float64]
Ids = npt.NDArray[np.int32]
MAGIC, HIERARCHICAL, SOFTMAX = 793_712_314, 1, 3
CENTROIDS = 256
LABEL = "__label__"
END_OF_LINE = b"</s>"
EPSILON = 1e-5
"""What fastText adds before it takes a logarithm."""
BATCH = 4_000
"""Texts for which words are remembered: a bound for memory."""


@dataclass(frozen=True)
class Model:
    """A model as the loops need it."""

    labels: list[str]
    """Without `__label__`, the most frequent first."""
    known: tuple[Hashes, Ids]
    """Hashes of the words of the vocabulary, ascending, and their rows of the input matrix."""
    rows: Floats
    """Input matrix: words, then buckets of n-grams of letters."""
    buckets: Ids
    """Row of each bucket after the words, -1 for one that is left out; empty if all are there."""
    shape: tuple[int, int, int, int]
    """Number of words, of buckets, and shortest and longest n-gram."""
    out: Floats
    tree: Ids
    """Left and right child of each inner node (N - 1, 2); empty for a softmax."""

    def best(self, data: Bytes, bounds: Numbers) -> tuple[Numbers, Scores]:
        """Number of the most probable label of each text (-1 where no word is known) and its probability. Texts are words and blanks."""
        found, scores = np.full(len(bounds) - 1, -1), np.zeros(len(bounds) - 1)
        end_of_line = word_vector(np.frombuffer(END_OF_LINE, np.uint8), *self._input)
        for start in range(0, len(found), BATCH):
            part = slice(start, start + BATCH)
            hidden, counts = hidden_layers(data, bounds[start : start + BATCH + 1], *self._input, *end_of_line)
            found[part], scores[part] = answers(hidden, counts, self.out, self.tree)
        return found, scores.clip(0, 1).round(6)

    @property
    def _input(self) -> tuple[Hashes, Ids, Floats, Ids, tuple[int, int, int, int]]:
        return *self.known, self.rows, self.buckets, self.shape


# files


def load(path: Path) -> Model:
    """The model of a `.bin` or `.ftz` file. CurateError for a file that is none, or is of a kind that is left out."""
    try:
        with path.open("rb") as file:
            return _read(file)
    except (OSError, struct.error, ValueError) as error:
        raise CurateError(f"{path.name} is no fastText model that can be read: {error}") from None


def _take(file: IO[bytes], form: str) -> tuple[Any, ...]:
    return struct.unpack("<" + form, file.read(struct.calcsize("<" + form)))


def _array(file: IO[bytes], dtype: Any, count: int) -> npt.NDArray[Any]:
    made = np.fromfile(file, dtype, count)
    if len(made) != count:
        raise ValueError("it ends too early")
    return made


def _read(file: IO[bytes]) -> Model:
    magic, version = _take(file, "ii")
    if magic != MAGIC or version not in (11, 12):
        raise ValueError("it does not begin like one")
    word_ngrams, loss, kind, bucket, minn, maxn = _take(file, "12id")[5:11]
    if kind != 3 or word_ngrams > 1 or loss not in (HIERARCHICAL, SOFTMAX):
        raise ValueError("only supervised models without n-grams of words, of loss softmax or hs")
    if version == 11:
        maxn = 0
    words, labels, counts, pruned = _dictionary(file)
    buckets = np.zeros(0, np.int32)
    if pruned is not None:
        buckets = np.full(bucket, -1, np.int32)
        buckets[pruned[:, 0]] = pruned[:, 1]
    rows = _quantised(file) if _take(file, "?")[0] else _dense(file)
    if _take(file, "?")[0]:
        raise ValueError("only models without quantised output")
    hashes = np.array([word_hash(np.frombuffer(word, np.uint8)) for word in words], np.uint64)
    order = np.argsort(hashes)
    tree = _tree(counts) if loss == HIERARCHICAL else np.zeros((0, 2), np.int32)
    shape = (len(words), bucket, minn, maxn)
    return Model(labels, (hashes[order], order.astype(np.int32)), rows, buckets, shape, _dense(file), tree)


def _dictionary(file: IO[bytes]) -> tuple[list[bytes], list[str], list[int], Ids | None]:
    """Words, labels, how often each label was seen, and pairs of a bucket and its row where buckets are left out."""
    size, words, _, _, pruned = _take(file, "iiiqq")
    names, counts = [], []
    for _ in range(size):
        name = bytearray()
        while (byte := file.read(1)) not in (b"\0", b""):
            name += byte
        counts.append(_take(file, "qb")[0])
        names.append(bytes(name))
    labels = [name.decode(errors="replace").removeprefix(LABEL) for name in names[words:]]
    pairs = _array(file, "<i4", 2 * pruned).reshape(-1, 2) if pruned >= 0 else None
    return names[:words], labels, counts[words:], pairs


def _dense(file: IO[bytes]) -> Floats:
    m, n = _take(file, "qq")
    return _array(file, "<f4", m * n).reshape(m, n)


def _quantised(file: IO[bytes]) -> Floats:
    """A product-quantised matrix, multiplied out."""
    with_norms, m, _, size = _take(file, "?qqi")
    codes = _array(file, np.uint8, size).reshape(m, -1)
    made = _centroids(file, codes)
    if with_norms:
        made *= _centroids(file, _array(file, np.uint8, m).reshape(m, 1))
    return made


def _centroids(file: IO[bytes], codes: npt.NDArray[np.uint8]) -> Floats:
    dim, parts, size, last = _take(file, "4i")
    every = _array(file, "<f4", dim * CENTROIDS)
    ends = [*range(size, size * parts, size), dim]
    at, columns = 0, []
    for part, end in enumerate(ends):
        width = last if end == dim else size
        block = every[at : at + CENTROIDS * width].reshape(CENTROIDS, width)
        columns.append(block[codes[:, part]])
        at += CENTROIDS * width
    return np.ascontiguousarray(np.concatenate(columns, axis=1))


def _tree(counts: list[int]) -> Ids:
    """Huffman's tree over labels with these counts, which descend, as fastText builds it."""
    size = len(counts)
    weights = [*counts, *[10**15] * size]
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
def word_hash(word: Bytes) -> np.uint64:
    h = np.uint64(0xCBF29CE484222325)
    for byte in word:
        h = (h ^ np.uint64(byte)) * np.uint64(0x100000001B3)
    return h


@njit(cache=True)
def word_vector(
    word: Bytes, hashes: Hashes, ids: Ids, rows: Floats, buckets: Ids, shape: tuple[int, int, int, int]
) -> tuple[Floats, int]:
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
    shape: tuple[int, int, int, int],
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
