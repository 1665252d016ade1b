"""fastText's classifiers of documents, asked natively: the same numbers as the library's, several times as fast.

n-grams of words are those of `Dictionary::addWordNgrams` (fastText 0.9). A model that knows `<unk>` sees it for every word that it does
not know (`curation/fit/_train.py`); another leaves these out, as fastText does. What a row adds to each label is computed once, since the
mean of rows times a matrix is the mean of products: two numbers are added for a word, not `dim`. Left out: n-grams of letters, losses
other than softmax, and models with many labels or with buckets left out, none of which `fit: fasttext` writes.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from curation._fasttext import Contents, Floats, read, unreadable
from curation._fasttext_words import END_OF_LINE, Words, find, hash_of, words_of
from curation._words import BLANK, Bytes, Numbers

UNKNOWN = b"<unk>"
NGRAM = np.uint64(116049371)
MOST_LABELS = 64
"""There is a number for each row and label."""


class Model(NamedTuple):
    """A classifier as the loop needs it."""

    labels: list[str]
    """Without `__label__`."""
    words: Words
    unknown: int
    """Which word is `<unk>`; -1 if none is."""
    ngrams: int
    bucket: int
    weights: Floats
    """What each word, then each n-gram, adds to each label."""


def load(path: Path) -> Model:
    """A trained classifier. CurateError for a file that is none, or is of a kind that is left out, with what it is."""
    file = read(path)
    if wrong := _unlike(file):
        raise unreadable(path, wrong)
    unknown = file.words.index(UNKNOWN) if UNKNOWN in file.words else -1
    weights = _weights(file.rows, file.output)
    return Model(file.labels, words_of(file.words), unknown, file.ngrams, file.bucket, weights)


def _unlike(file: Contents) -> str:
    """How a model differs from classifiers of documents."""
    if file.maxn:
        return f"it has n-grams of letters (maxn {file.maxn}), as models for languages have; a classifier has none"
    if file.loss != "softmax":
        return f"its loss is {file.loss}; that of a classifier is softmax"
    if len(file.buckets):
        return "some of its n-grams are left out (quantised with a cutoff); take the model before that"
    return f"it has {len(file.labels):,} labels; at most {MOST_LABELS}" if len(file.labels) > MOST_LABELS else ""


def chances(model: Model, data: Bytes, bounds: Numbers) -> npt.NDArray[np.float64]:
    """P of each label for each normalised text in UTF-8, (N, labels), rows sum to one; zero where the model has no row for it."""
    return _chances(data, bounds, *model[1:])


# loops


@njit(cache=True)
def _signed(h: np.uint32) -> np.uint64:
    """A hash as fastText holds it: 32 bits with a sign."""
    return np.uint64(np.int64(np.int32(h)))


@njit(cache=True)
def _looked_up(
    text: Bytes,
    words: Words,
    unknown: int,
    ids: npt.NDArray[np.int32],
    hashes: npt.NDArray[np.uint64],
) -> int:
    """Number of words of a text, with the end of its line; of each the row (-1: none) and the hash."""
    n, start, total = 0, 0, len(text)
    other = hash_of(words[0], words[1][unknown], words[1][unknown + 1]) if unknown >= 0 else np.uint32(0)
    while start < total:
        end = start
        while end < total and text[end] != BLANK:
            end += 1
        if end > start:
            h = hash_of(text, start, end)
            word = find(h, text, start, end, words)
            if word < 0 and unknown >= 0:
                word, h = unknown, other
            ids[n], hashes[n] = word, _signed(h)
            n += 1
        start = end + 1
    h = hash_of(END_OF_LINE, 0, len(END_OF_LINE))
    ids[n], hashes[n] = find(h, END_OF_LINE, 0, len(END_OF_LINE), words), _signed(h)
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
    data: Bytes, bounds: Numbers, words: Words, unknown: int, ngrams: int, bucket: int, weights: Floats
) -> npt.NDArray[np.float64]:
    count, nwords, nlabels = len(bounds) - 1, len(words[1]) - 1, weights.shape[1]
    made, longest = np.zeros((count, nlabels)), 0
    for n in range(count):
        longest = max(longest, bounds[n + 1] - bounds[n])
    ids, hashes = np.empty(longest // 2 + 3, np.int32), np.empty(longest // 2 + 3, np.uint64)
    for n in range(count):
        size = _looked_up(data[bounds[n] : bounds[n + 1]], words, unknown, ids, hashes)
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
