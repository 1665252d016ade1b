"""The file of a supervised fastText model, `.bin` or `.ftz`: arguments, dictionary, and two matrices, plain or quantised.

Format as of fastText 0.9, versions 11 and 12 (`FastText::loadModel`, `Dictionary`, `DenseMatrix`, `QuantMatrix`). What a text is by such
a model stands elsewhere, in two loops: `score/_language_model.py` for n-grams of letters, `score/_classifier_model.py` for n-grams of
words. A file is hostile input: what it declares is compared with its size before memory is taken, and every number by which the loops
find their way is checked here. Left out: quantised output, and models that are not supervised.
"""

from __future__ import annotations

import os
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
import numpy.typing as npt

from curate.errors import CurateError

Floats = npt.NDArray[np.float32]
Ids = npt.NDArray[np.int32]

MAGIC, SUPERVISED = 793_712_314, 3
LOSSES = {1: "hs", 2: "ns", 3: "softmax", 4: "ova"}
LABEL = "__label__"
CENTROIDS = 256
LONGEST_NAME = 512
"""Bytes of a word, on average."""
LONGEST_NGRAM = 100
WIDEST_PART = 32
"""Columns that one byte of a quantised matrix stands for; fastText takes 2. Bounds what a file grows to."""
MOST_BUCKETS = 1 << 24
"""Of a model that has only some of them, where nothing in the file is as large; fastText takes 2 million."""
FLOAT = "<f4"
LARGEST = 1e9
"""Of a number in a matrix; those that training makes are below a hundred."""
TOO_EARLY = "it ends too early"
UNFIT = "its parts do not fit together"


@dataclass(frozen=True)
class Contents:
    """What is in a file."""

    words: list[bytes]
    labels: list[str]
    """Without `__label__`, the most frequent first."""
    counts: list[int]
    """How often each label was seen."""
    loss: str
    ngrams: int
    """Longest n-gram of words."""
    minn: int
    maxn: int
    """Shortest and longest n-gram of letters; maxn is 0 where there are none."""
    bucket: int
    """How many rows n-grams share; 0 where there are none."""
    buckets: Ids
    """Row of each bucket after the words, -1 for one that is left out; empty if all are there."""
    rows: Floats
    """Input matrix (words, then buckets; dim)."""
    output: Floats
    """Output matrix (labels, dim)."""


def read(path: Path) -> Contents:
    """What a file holds. CurateError for one that is none, is damaged, or is of a kind that is left out."""
    try:
        with path.open("rb") as file:
            return _contents(_Rest(file))
    except (OSError, ValueError, MemoryError) as error:
        raise unreadable(path, error) from None


def unreadable(path: Path, why: object) -> CurateError:
    """What is said of a file that cannot be used."""
    return CurateError(f"{path.name} is no fastText model that can be read: {why}")


class _Rest:
    """What of a file is not yet read."""

    def __init__(self, file: IO[bytes]) -> None:
        self.file, self.size = file, os.fstat(file.fileno()).st_size

    def left(self) -> int:
        return self.size - self.file.tell()

    def numbers(self, form: str) -> tuple[Any, ...]:
        data = self.file.read(struct.calcsize("<" + form))
        if len(data) < struct.calcsize("<" + form):
            raise ValueError(TOO_EARLY)
        return struct.unpack("<" + form, data)

    def array(self, dtype: Any, *shape: int) -> npt.NDArray[Any]:
        count = 1
        for size in shape:
            count *= size
        if min(shape) < 0 or count * np.dtype(dtype).itemsize > self.left():
            raise ValueError(TOO_EARLY)
        made = np.fromfile(self.file, dtype, count).reshape(shape)
        return made if dtype != FLOAT else _bounded(made)


def _contents(rest: _Rest) -> Contents:
    magic, version = rest.numbers("ii")
    if magic != MAGIC or version not in (11, 12):
        raise ValueError("it does not begin like one")
    dim, _, _, _, _, ngrams, loss, kind, bucket, minn, maxn, _ = rest.numbers("12i")
    rest.numbers("d")  # threshold of sampling
    if kind != SUPERVISED or loss not in LOSSES:
        raise ValueError("it is not supervised")
    maxn = 0 if version == 11 else maxn
    words, labels, counts, pairs = _dictionary(rest)
    if not maxn and ngrams <= 1:
        bucket = 0
    if bucket < 0 or not 0 <= max(ngrams, maxn) <= LONGEST_NGRAM or (maxn and not bucket):
        raise ValueError(UNFIT)
    buckets = np.zeros(0, np.int32) if pairs is None else _buckets(pairs, bucket)
    rows = _quantised(rest) if rest.numbers("?")[0] else _plain(rest)
    if rest.numbers("?")[0]:
        raise ValueError("only models without quantised output")
    output = _plain(rest)
    last = len(words) + (bucket if pairs is None else int(buckets.max(initial=-1)) + 1)
    if last > len(rows) or dim < 1 or rows.shape[1] != dim or output.shape != (len(labels), dim):
        raise ValueError(UNFIT)
    return Contents(words, labels, counts, LOSSES[loss], ngrams, minn, maxn, bucket, buckets, rows, output)


def _dictionary(rest: _Rest) -> tuple[list[bytes], list[str], list[int], Ids | None]:
    """Words, labels, how often each label was seen, and pairs of a bucket and its row where buckets are left out."""
    size, words, many, _, pruned = rest.numbers("iiiqq")
    if size != words + many or words < 0 or many < 1:
        raise ValueError(UNFIT)
    start = rest.file.tell()
    data, at = rest.file.read(min(size * LONGEST_NAME, rest.left())), 0
    names, counts = [], []
    for n in range(size):  # a name, a zero byte, how often it was seen, and whether it is a label
        end = data.find(b"\0", at)
        if end < 0 or end + 10 > len(data):
            raise ValueError(TOO_EARLY)
        names.append(data[at:end])
        if data[end + 9] != (n >= words):
            raise ValueError(UNFIT)
        if n >= words:
            counts.append(int.from_bytes(data[end + 1 : end + 9], "little", signed=True))
        at = end + 10
    rest.file.seek(start + at)
    labels = [name.decode(errors="replace").removeprefix(LABEL) for name in names[words:]]
    if len({*labels}) < many or not all(label.isprintable() for label in labels):
        raise ValueError("its labels are not told apart, or cannot be shown")
    return names[:words], labels, counts, rest.array("<i4", pruned, 2) if pruned >= 0 else None


def _buckets(pairs: Ids, bucket: int) -> Ids:
    if bucket > MOST_BUCKETS:
        raise ValueError(f"{bucket:,} buckets, of which most are left out; at most {MOST_BUCKETS:,}")
    if len(pairs) and (pairs.min() < 0 or pairs[:, 0].max() >= bucket):
        raise ValueError(UNFIT)
    buckets = np.full(bucket, -1, np.int32)
    buckets[pairs[:, 0]] = pairs[:, 1]
    return buckets


def _plain(rest: _Rest) -> Floats:
    return rest.array(FLOAT, *rest.numbers("qq"))


def _quantised(rest: _Rest) -> Floats:
    """A product-quantised matrix, multiplied out."""
    with_norms, m, n, size = rest.numbers("?qqi")
    if m < 1 or size < 1 or size % m:
        raise ValueError(UNFIT)
    codes = rest.array(np.uint8, m, size // m)
    made = _centroids(rest, codes, n)
    if with_norms:
        made *= _centroids(rest, rest.array(np.uint8, m, 1), 1)
    return _bounded(made)


def _bounded(made: Floats) -> Floats:
    """What it is given. ValueError for numbers so large, or none, that sums of them would be none."""
    if not (made.min(initial=0) > -LARGEST and made.max(initial=0) < LARGEST):
        raise ValueError("it has numbers that no training makes")
    return made


def _centroids(rest: _Rest, codes: npt.NDArray[np.uint8], columns: int) -> Floats:
    """The rows of these codes: each code is one of 256 centroids of its part of the columns; the last part may be narrower."""
    dim, parts, size, last = rest.numbers("4i")
    if dim != columns or parts != codes.shape[1] or dim != (parts - 1) * size + last or not 0 < last <= size:
        raise ValueError(UNFIT)
    if size > WIDEST_PART:
        raise ValueError(f"it is quantised by {size} columns at once; at most {WIDEST_PART}")
    every = rest.array(FLOAT, dim * CENTROIDS)
    made = []
    for part in range(parts):
        width = last if part == parts - 1 else size
        at = part * size * CENTROIDS
        made.append(every[at : at + CENTROIDS * width].reshape(CENTROIDS, width)[codes[:, part]])
    return np.ascontiguousarray(np.concatenate(made, axis=1))
