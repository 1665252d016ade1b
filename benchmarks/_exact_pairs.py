"""All pairs of documents whose sets of word n-grams have at least a given Jaccard similarity, exactly: what MinHash is measured against.

Words and n-grams become dense integers by sorting, so two are equal only if their texts are: nothing is hashed. The join is a product of
the sparse document-by-n-gram matrix with its transpose, some rows at a time; n-grams of one document alone count for its size and are
left out of the product. A text of fewer words than n is one n-gram of all its words, and a text without words is like no other.

Left out: any bound that would skip pairs before they are counted. A few tens of thousands of documents are what this is made for.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from curation.text import words as profile_words

Numbers = npt.NDArray[np.int64]
ROWS = 256
"""Documents at a time on one side of the product."""


class Sets(NamedTuple):
    """The n-grams of each document, each once, as integers: document `i` has `grams[firsts[i]:firsts[i + 1]]`, ascending."""

    grams: Numbers
    firsts: Numbers

    @property
    def sizes(self) -> Numbers:
        return np.diff(self.firsts)


class Pairs(NamedTuple):
    """Pairs of places, the smaller on the left, and their exact Jaccard similarity, in order of the places."""

    left: Numbers
    right: Numbers
    jaccard: npt.NDArray[np.float64]


def words(texts: Sequence[str], kind: str) -> pl.Series:
    r"""Words of each text as a list.

    kind: `blanks`: what white space parts; `alphanumeric`: runs of `\w`; both in lower case; `profile`: of `curation.text.words`.
    """
    text = pl.col("text")
    if kind == "profile":
        split = profile_words(text)
    else:
        split = text.str.to_lowercase().str.extract_all({"blanks": r"\S+", "alphanumeric": r"\w+"}[kind])
    return pl.DataFrame({"text": list(texts)}, schema={"text": pl.String}).select(words=split)["words"]


def sets(found: pl.Series, n: int = 5) -> Sets:
    """The sets of runs of n words of each document."""
    counts = found.list.len().to_numpy().astype(np.int64)
    document = np.repeat(np.arange(len(counts)), counts)
    words = found.explode().drop_nulls().rank("dense").to_numpy().astype(np.int64)  # from 1: 0 is no word
    after = np.arange(len(words)) - np.repeat(np.cumsum(counts) - counts, counts)  # place of a word in its document
    left = np.repeat(counts, counts) - after  # words from this one to the end
    grams = words
    for step in range(1, n):
        following = np.zeros(len(words), np.int64)
        following[: max(0, len(words) - step)] = words[step:]
        following[left <= step] = 0
        grams = _dense(grams * (words.max(initial=0) + 1) + following)
    starts = (left >= n) | (after == 0)  # a short text is one run, from its first word
    codes = np.unique(document[starts] * (grams.max(initial=0) + 1) + grams[starts])
    owner, grams = np.divmod(codes, grams.max(initial=0) + 1)
    return Sets(grams, np.searchsorted(owner, np.arange(len(counts) + 1)))


def _dense(values: Numbers) -> Numbers:
    return np.unique(values, return_inverse=True)[1].ravel().astype(np.int64)


def pairs(of: Sets, least: float) -> Pairs:
    """All pairs with a Jaccard similarity of at least `least`, which is above 0."""
    from scipy import sparse

    count, sizes = len(of.firsts) - 1, of.sizes
    held = np.bincount(of.grams, minlength=1)
    shared = held[of.grams] > 1
    owner = np.repeat(np.arange(count), sizes)[shared]
    columns = _dense(of.grams[shared])
    shape = (count, int(columns.max(initial=0)) + 1)
    matrix = sparse.csr_matrix((np.ones(len(owner), np.int32), (owner, columns)), shape=shape)
    other = matrix.T.tocsr()
    found = []
    for start in range(0, count, ROWS):
        product = (matrix[start : start + ROWS] @ other).tocoo()
        left, right, common = product.row.astype(np.int64) + start, product.col.astype(np.int64), product.data
        similar = common / np.maximum(1, sizes[left] + sizes[right] - common)
        kept = (left < right) & (similar >= least)
        found.append((left[kept], right[kept], similar[kept]))
    left, right, similar = (
        np.concatenate(column) for column in zip(*found or [(np.zeros(0, np.int64),) * 3], strict=True)
    )
    order = np.lexsort((right, left))
    return Pairs(left[order], right[order], similar[order].astype(np.float64))
