"""Any supervised fastText model, asked natively for one label: the library's numbers, for texts as they are.

Words, n-grams of letters and n-grams of words are those of `Dictionary::getLine` (fastText 0.9), the losses those of `SoftmaxLoss`,
`HierarchicalSoftmaxLoss` and `BinaryLogisticLoss`, with its table of sigmoids: thresholds that somebody found with the library hold here. A
word that begins with `__label__` counts for nothing, and a word `</s>` ends the text, as there. Without the 1e-5 that the library adds to
each probability before it takes a logarithm, except down a tree, where it is part of the product.

Where a model has fewer outputs than columns, what a row adds to each output is computed once, since the mean of rows times a matrix is the
mean of products. Left out: memory shared by processes; each reads the file.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from curation._fasttext import Floats, Ids, read
from curation._fasttext_words import END_OF_LINE, find, hash_of, words_of
from curation._words import Bytes, Numbers
from curation.score._classifier_model import NGRAM, _signed, _weights
from curation.score._language_model import EPSILON, Input, _add, _dot, _tree, word_vector

SOFTMAX, TREE, SIGMOID = range(3)
KINDS = {"softmax": SOFTMAX, "hs": TREE, "ova": SIGMOID, "ns": SIGMOID}
LABEL = np.frombuffer(b"__label__", np.uint8)
LARGEST_SIGMOID, STEPS = 8.0, 512
"""Of fastText's table: numbers beyond are 0 or 1, and so many steps lie between."""


class Model(NamedTuple):
    """A model as the loops need it."""

    labels: list[str]
    """Without `__label__`, the most frequent first."""
    input: Input
    ngrams: int
    """Longest n-gram of words."""
    output: Floats
    """Empty where `input` has what a row adds to each output."""
    tree: Ids
    kind: int


def load(path: Path) -> Model:
    """The model of a file. CurateError for a file that is none, or is no supervised model."""
    file = read(path)
    rows, output = file.rows, file.output
    if len(output) <= rows.shape[1]:
        rows, output = _weights(rows, output), np.zeros((0, 0), np.float32)
    asked = (words_of(file.words), rows, file.buckets, file.bucket, file.minn, file.maxn)
    tree = _tree(file.counts) if file.loss == "hs" else np.zeros((0, 2), np.int32)
    return Model(file.labels, asked, file.ngrams, output, tree, KINDS[file.loss])


def chance(model: Model, label: int, data: Bytes, bounds: Numbers) -> npt.NDArray[np.float64]:
    """P of a label for each text in UTF-8, (N,); NaN where the model has no row for anything in it."""
    return _chance(
        data, bounds, model.input, model.ngrams, model.output, model.tree, model.kind, label, len(model.labels)
    )


# loops


@njit(cache=True, inline="always")
def _blank(byte: np.uint8) -> bool:
    return bool(byte == 32 or 9 <= byte <= 13 or byte == 0)


@njit(cache=True, inline="always")
def _begins(word: Bytes, beginning: Bytes) -> bool:
    if len(word) < len(beginning):
        return False
    same = 0
    while same < len(beginning) and word[same] == beginning[same]:
        same += 1
    return same == len(beginning)


@njit(cache=True)
def _chance(
    data: Bytes,
    bounds: Numbers,
    given: Input,
    ngrams: int,
    output: Floats,
    tree: Ids,
    kind: int,
    label: int,
    labels: int,
) -> npt.NDArray[np.float64]:
    made = np.empty(len(bounds) - 1)
    longest = 0
    for n in range(len(made)):
        longest = max(longest, bounds[n + 1] - bounds[n])
    hashes = np.empty(longest // 2 + 3, np.uint64)
    sums, logits = np.zeros((1, given[1].shape[1]), np.float32), np.zeros(labels)
    for n in range(len(made)):
        sums[:] = 0
        count = _summed(data[bounds[n] : bounds[n + 1]], given, ngrams, hashes, sums)
        if not count:
            made[n] = np.nan
            continue
        hidden = sums[0] / np.float32(count)
        for k in range(labels - (kind == TREE)):
            logits[k] = _dot(output, k, hidden) if len(output) else hidden[k]
        made[n] = _probability(logits, tree, kind, label)
    return made


@njit(cache=True)
def _summed(text: Bytes, given: Input, ngrams: int, hashes: npt.NDArray[np.uint64], sums: Floats) -> int:
    """Add the rows of a text; how many these are."""
    words, rows, buckets, bucket = given[0], given[1], given[2], given[3]
    seen, added, start, total, ended = 0, 0, 0, len(text), False
    while not ended:
        end = start
        while end < total and not _blank(text[end]):
            end += 1
        word = text[start:end] if start < total else END_OF_LINE
        ended = start >= total or (len(word) == len(END_OF_LINE) and _begins(word, END_OF_LINE))
        h = hash_of(word, 0, len(word))
        known = find(h, word, 0, len(word), words) if len(word) else -1
        if len(word) and (known >= 0 or not _begins(word, LABEL)):
            if given[5] > 0:
                vector, count = word_vector(word, given)
                for k in range(len(vector)):
                    sums[0, k] += vector[k]
                added += count
            elif known >= 0:
                _add(sums, 0, rows, known)
                added += 1
            hashes[seen] = _signed(h)
            seen += 1
        start = end + 1
    for i in range(seen if bucket > 0 else 0):
        h64 = hashes[i]
        for j in range(i + 1, min(i + ngrams, seen)):
            h64 = h64 * NGRAM + hashes[j]
            row = np.int64(h64 % np.uint64(bucket))
            if len(buckets):
                row = np.int64(buckets[row])
            if row >= 0:
                _add(sums, 0, rows, len(words[1]) - 1 + int(row))
                added += 1
    return added


@njit(cache=True)
def _probability(logits: npt.NDArray[np.float64], tree: Ids, kind: int, label: int) -> float:
    if kind == SIGMOID:
        x = logits[label]
        if x < -LARGEST_SIGMOID or x > LARGEST_SIGMOID:
            return 0.0 if x < 0 else 1.0
        step = int((x + LARGEST_SIGMOID) * STEPS / LARGEST_SIGMOID / 2)
        return float(1 / (1 + np.exp(LARGEST_SIGMOID - step * 2 * LARGEST_SIGMOID / STEPS)))
    if kind == SOFTMAX:
        top = logits.max()
        return float(np.exp(logits[label] - top) / np.exp(logits - top).sum())
    size = len(tree) + 1
    chances = np.ones(2 * size - 1)
    for i in range(size - 2, -1, -1):  # inner nodes, the root first
        right = 1 / (1 + np.exp(-logits[i]))
        chances[tree[i, 0]] = chances[size + i] * (1 - right + EPSILON)
        chances[tree[i, 1]] = chances[size + i] * (right + EPSILON)
    return float(chances[label])
