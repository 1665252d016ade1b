"""fastText's classifiers, read from their `.bin` and asked natively: the same numbers as the library's, several times as fast.

The format is fastText's own, version 12 (`FastText::loadModel`, `Dictionary::load`, `DenseMatrix::load` of 0.9.2); words are looked up by
their 32-bit FNV-1a hash, with bytes taken as signed, and n-grams as `Dictionary::addWordNgrams` has them. A model that knows `<unk>` sees
it for every word that it does not know (`curation/fit/_train.py`); another leaves these out, as fastText does. What a row adds to each
label is computed once, since the mean of rows times a matrix is the mean of products: two numbers are added for a word, not `dim`.
Left out: quantised models, subwords and losses other than softmax, none of which `fit: fasttext` writes.
"""

from __future__ import annotations

from pathlib import Path
from typing import IO, NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from curation._words import BLANK, Bytes, Numbers

MAGIC, VERSION, SOFTMAX, SUPERVISED = 793712314, 12, 3, 3
UNKNOWN = b"<unk>"
NGRAM = np.uint64(116049371)
END_BYTES = np.frombuffer(b"</s>", np.uint8)
"""Of a line; fastText takes it for a word."""
Floats = npt.NDArray[np.float32]


class Model(NamedTuple):
    """Word `w` is `word_bytes[spans[w]:spans[w + 1]]`, found through `slots` (open addressing); `weights` of words, then n-grams."""

    labels: list[str]
    word_bytes: Bytes
    spans: Numbers
    slots: npt.NDArray[np.int32]
    unknown: int
    ngrams: int
    bucket: int
    weights: Floats


def read(path: Path) -> Model:
    """A trained classifier. ValueError for a file that is none of these, OSError where there is no file."""
    with path.open("rb") as file:
        magic, version = _numbers(file, "<i4", 2)
        dim, _, _, _, _, ngrams, loss, kind, bucket, _, maxn, _ = _numbers(file, "<i4", 12)
        _numbers(file, "<f8", 1)
        if (magic, version) != (MAGIC, VERSION) or (loss, kind, maxn) != (SOFTMAX, SUPERVISED, 0):
            raise ValueError("no model of fastText 0.9 with labels and softmax")
        size, nwords, nlabels = _numbers(file, "<i4", 3)
        _, pruned = _numbers(file, "<i8", 2)
        entries = _entries(file, size)
        if pruned >= 0 or file.read(1) != b"\0":
            raise ValueError("a quantised model")
        rows = _matrix(file)
        if file.read(1) != b"\0":
            raise ValueError("a quantised model")
        output = _matrix(file)
    if rows.shape != (nwords + bucket, dim) or output.shape != (nlabels, dim) or nwords + nlabels != size:
        raise ValueError("a model whose matrices do not fit its words")
    words, labels = entries[:nwords], [label.decode() for label in entries[nwords:]]
    spans = np.concatenate(([0], np.cumsum([len(word) for word in words]))).astype(np.int64)
    word_bytes = np.frombuffer(b"".join(words), np.uint8)
    slots = _slots(word_bytes, spans)
    unknown = words.index(UNKNOWN) if UNKNOWN in words else -1
    return Model(labels, word_bytes, spans, slots, unknown, ngrams, bucket, _weights(rows, output))


def _numbers(file: IO[bytes], kind: str, count: int) -> list[int]:
    data = file.read(count * np.dtype(kind).itemsize)
    return np.frombuffer(data, kind, count).tolist()  # ValueError where the file ends


def _entries(file: IO[bytes], size: int) -> list[bytes]:
    """Words and labels; each is followed by a zero byte, its count and its type."""
    start, found = file.tell(), []
    data = file.read(size * 512)
    at = 0
    for _ in range(size):
        end = data.index(b"\0", at)
        found.append(data[at:end])
        at = end + 10
    file.seek(start + at)
    return found


def _matrix(file: IO[bytes]) -> Floats:
    rows, columns = _numbers(file, "<i8", 2)
    if rows < 0 or columns < 0:
        raise ValueError("a matrix of negative size")
    made = np.fromfile(file, "<f4", rows * columns)
    return made.reshape(rows, columns)


@njit(cache=True, inline="always")
def _hash(text: Bytes, start: int, end: int) -> np.uint32:
    h = np.uint32(2166136261)
    for i in range(start, end):
        byte = np.uint32(text[i])
        if text[i] >= 128:
            byte |= np.uint32(0xFFFFFF00)
        h = np.uint32(np.uint32(h ^ byte) * np.uint32(16777619))
    return h


@njit(cache=True)
def _slots(text: Bytes, spans: Numbers) -> npt.NDArray[np.int32]:
    size = 16
    while size < 3 * len(spans):
        size *= 2
    slots = np.full(size, -1, np.int32)
    for word in range(len(spans) - 1):
        at = np.int64(_hash(text, spans[word], spans[word + 1])) & (size - 1)
        while slots[at] >= 0:
            at = (at + 1) & (size - 1)
        slots[at] = word
    return slots


@njit(cache=True, inline="always")
def _find(
    h: np.uint32, text: Bytes, start: int, end: int, words: Bytes, spans: Numbers, slots: npt.NDArray[np.int32]
) -> int:
    at = np.int64(h) & (len(slots) - 1)
    while slots[at] >= 0:
        word = slots[at]
        first = spans[word]
        if spans[word + 1] - first == end - start:
            i = 0
            while i < end - start and words[first + i] == text[start + i]:
                i += 1
            if i == end - start:
                return int(word)
        at = (at + 1) & (len(slots) - 1)
    return -1


@njit(cache=True)
def _signed(h: np.uint32) -> np.uint64:
    """A hash as fastText holds it: 32 bits with a sign."""
    return np.uint64(np.int64(np.int32(h)))


@njit(cache=True)
def _looked_up(
    text: Bytes,
    words: Bytes,
    spans: Numbers,
    slots: npt.NDArray[np.int32],
    unknown: int,
    ids: npt.NDArray[np.int32],
    hashes: npt.NDArray[np.uint64],
) -> int:
    """Number of words of a text, with the end of its line; of each the row (-1: none) and the hash."""
    n, start, total = 0, 0, len(text)
    other = _hash(words, spans[unknown], spans[unknown + 1]) if unknown >= 0 else np.uint32(0)
    while start < total:
        end = start
        while end < total and text[end] != BLANK:
            end += 1
        if end > start:
            h = _hash(text, start, end)
            word = _find(h, text, start, end, words, spans, slots)
            if word < 0 and unknown >= 0:
                word, h = unknown, other
            ids[n], hashes[n] = word, _signed(h)
            n += 1
        start = end + 1
    h = _hash(END_BYTES, 0, len(END_BYTES))
    ids[n], hashes[n] = _find(h, END_BYTES, 0, len(END_BYTES), words, spans, slots), _signed(h)
    return n + 1


@njit(cache=True)
def _weights(rows: Floats, output: Floats) -> Floats:
    """What each row adds to each label (rows, labels). A loop, since the order of a library's sums differs between machines."""
    made = np.zeros((len(rows), len(output)), np.float32)
    for row in range(len(rows)):
        for label in range(len(output)):
            total = np.float32(0)
            for k in range(rows.shape[1]):
                total += rows[row, k] * output[label, k]
            made[row, label] = total
    return made


@njit(cache=True)
def _chances(
    data: Bytes,
    bounds: Numbers,
    words: Bytes,
    spans: Numbers,
    slots: npt.NDArray[np.int32],
    unknown: int,
    ngrams: int,
    bucket: int,
    weights: Floats,
) -> npt.NDArray[np.float64]:
    count, nwords, nlabels = len(bounds) - 1, len(spans) - 1, weights.shape[1]
    made, longest = np.zeros((count, nlabels)), 0
    for n in range(count):
        longest = max(longest, bounds[n + 1] - bounds[n])
    ids, hashes = np.empty(longest // 2 + 3, np.int32), np.empty(longest // 2 + 3, np.uint64)
    for n in range(count):
        size = _looked_up(data[bounds[n] : bounds[n + 1]], words, spans, slots, unknown, ids, hashes)
        sums, added = made[n], 0
        for i in range(size):
            if ids[i] >= 0:
                for label in range(nlabels):
                    sums[label] += weights[ids[i], label]
                added += 1
            h = hashes[i]
            for j in range(i + 1, min(i + ngrams, size) if bucket > 0 else i):
                h = h * NGRAM + hashes[j]
                row = nwords + np.int64(h % np.uint64(bucket))
                for label in range(nlabels):
                    sums[label] += weights[row, label]
                added += 1
        if added:
            _softmax(sums, added)
    return made


@njit(cache=True, inline="always")
def _softmax(sums: npt.NDArray[np.float64], added: int) -> None:
    """From sums over rows to probabilities, in place."""
    highest, total = sums.max(), 0.0
    for label in range(len(sums)):
        sums[label] = np.exp((sums[label] - highest) / added)
        total += sums[label]
    for label in range(len(sums)):
        sums[label] /= total


def chances(model: Model, data: Bytes, bounds: Numbers) -> npt.NDArray[np.float64]:
    """P of each label for each normalised text in UTF-8, (N, labels), rows sum to one; zero where the model has no row for it."""
    return _chances(data, bounds, *model[1:])
