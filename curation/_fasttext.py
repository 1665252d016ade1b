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

from curate.errors import CurateError
from curation._fasttext_loops import Floats, Ids, Scores, Shape, answers, hidden_layers, word_hash, word_vector
from curation._words import Bytes, Hashes, Numbers

MAGIC, HIERARCHICAL, SOFTMAX = 793_712_314, 1, 3
CENTROIDS = 256
LABEL = "__label__"
END_OF_LINE = b"</s>"
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
    shape: Shape
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
    def _input(self) -> tuple[Hashes, Ids, Floats, Ids, Shape]:
        return *self.known, self.rows, self.buckets, self.shape


# files


def load(path: Path) -> Model:
    """The model of a `.bin` or `.ftz` file. CurateError for a file that is none, or is of a kind that is left out."""
    try:
        with path.open("rb") as file:
            return _read(file)
    except (OSError, struct.error, ValueError, IndexError, MemoryError, OverflowError) as error:
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
    out, shape = _dense(file), (len(words), bucket, minn, maxn)
    last = len(words) + (int(buckets.max(initial=-1)) + 1 if pruned is not None else bucket if maxn else 0)
    if last > len(rows) or out.shape != (len(labels), rows.shape[1]):
        raise ValueError("its parts do not fit together")
    return Model(labels, (hashes[order], order.astype(np.int32)), rows, buckets, shape, out, tree)


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
