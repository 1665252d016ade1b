"""Documents with planted duplicates, any number of them, each a function of a seed and its own number: nothing is held to make them.

A document has 60 to 140 words (100 on average) of a vocabulary of 50,000 with Zipf's frequencies. Every tenth is an original, and so are
four fifths of all. The others are planted:

- copies (16 in 100): of an original of the same ten thousand documents, with 0, 1, 2 or 5 words replaced, equally often. Which one is
  skewed: of each ten thousand one original has some 280 copies, most have one or none.
- templated (3 in 100): one text for the whole corpus with 2 words of 100 replaced, always in the same two places: a pair has a Jaccard
  similarity of 86 / 106 = 0.81, so hardly any stays.
- forms (1 in 100): another one with 6 words replaced, a pair has 0.52: all are candidates of many others, and none of them is a duplicate.
"""

from __future__ import annotations

import functools

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa
from numba import njit

VOCABULARY, DRAWS = 50_000, 1 << 20
BLOCK, EVERY = 10_000, 10
ORIGINAL, COPY, TEMPLATED, FORM = 0, 1, 2, 3
KINDS = ("original", "copy", "templated", "form")
EDITS = (0, 1, 2, 5)
FIXED = 100
"""Words of a templated text and of a form."""


@njit(cache=True, inline="always")
def draw(seed: np.uint64, number: np.uint64, what: np.uint64) -> np.uint64:
    """64 random bits for one purpose: splitmix64's finisher over the three."""
    z = (
        seed * np.uint64(0xD1342543DE82EF95)
        + number * np.uint64(0x9E3779B97F4A7C15)
        + what * np.uint64(0xBF58476D1CE4E5B9)
    )
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    z = (z ^ (z >> np.uint64(31))) * np.uint64(0xBF58476D1CE4E5B9)
    return z ^ (z >> np.uint64(29))


@njit(cache=True, inline="always")
def share(bits: np.uint64) -> float:
    return float(bits >> np.uint64(11)) / 9007199254740992.0


@njit(cache=True)
def plan(seed: np.uint64, number: int) -> tuple[int, int, int]:
    """Kind of a document, the number of the text that it is made of, and how many words of it are replaced."""
    u = share(draw(seed, np.uint64(number), np.uint64(1)))
    if number % EVERY == 0 or u >= 0.2 / 0.9:
        return ORIGINAL, number, 0
    if u >= 0.04 / 0.9:
        v = share(draw(seed, np.uint64(number), np.uint64(2)))
        origin = number - number % BLOCK + EVERY * int(BLOCK // EVERY * v**4)
        return COPY, origin, EDITS[int(draw(seed, np.uint64(number), np.uint64(3)) & np.uint64(3))]
    return (TEMPLATED, -1, 2) if u >= 0.01 / 0.9 else (FORM, -2, 6)


@njit(cache=True)
def compose(
    seed: np.uint64,
    first: int,
    count: int,
    table: npt.NDArray[np.int32],
    data: npt.NDArray[np.uint8],
    bounds: npt.NDArray[np.int64],
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """UTF-8 of `count` documents from number `first`, where each begins and the end, and (kind, origin, words replaced) of each."""
    out, ends, plans = np.empty(count * 1400, np.uint8), np.zeros(count + 1, np.int64), np.empty((count, 3), np.int64)
    at = 0
    chosen = np.empty(160, np.int32)
    for i in range(count):
        kind, origin, edits = plan(seed, first + i)
        plans[i, 0], plans[i, 1], plans[i, 2] = kind, origin, edits
        base = np.uint64(origin + 8)
        length = FIXED if origin < 0 else 60 + int(draw(seed, base, np.uint64(4)) % np.uint64(81))
        for k in range(length):
            chosen[k] = table[draw(seed, base, np.uint64(16 + k)) >> np.uint64(44)]
        for e in range(edits):
            # places are at least five words apart and from both ends, so each replaced word changes five 5-grams
            place = 5 + (length - 10) * e // edits
            bits = draw(seed, np.uint64(first + i), np.uint64(1024 + e))
            chosen[place] = (chosen[place] + 1 + int(bits % np.uint64(VOCABULARY - 1))) % VOCABULARY
        while at + 24 * length > len(out):
            out = np.concatenate((out, np.empty(len(out) // 2 + 4096, np.uint8)))
        for k in range(length):
            if k:
                out[at] = 32
                at += 1
            start, end = bounds[chosen[k]], bounds[chosen[k] + 1]
            out[at : at + end - start] = data[start:end]
            at += end - start
        ends[i + 1] = at
    return out[:at].copy(), ends, plans


@functools.cache
def vocabulary() -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64], npt.NDArray[np.int32]]:
    """UTF-8 of all words, where each begins, and a table in which each word stands as often as Zipf's law says."""
    syllables = [a + b for a in "bcdfghklmnprstvwz" for b in ("a", "e", "i", "o", "u", "an", "er", "in", "or", "us")]
    rng = np.random.default_rng(0)
    found: dict[str, None] = {}
    for number in range(2 * VOCABULARY):
        picks = rng.integers(0, len(syllables), int(rng.integers(1, 5)))
        word = "".join(syllables[i] for i in picks) if number % 50 else str(rng.integers(0, 100_000))
        found[word] = None
    words = [word.encode() for word in [*found][:VOCABULARY]]
    weights = 1 / (np.arange(VOCABULARY) + 2.7)
    counts = np.maximum(1, np.round(weights / weights.sum() * DRAWS)).astype(np.int64)
    counts[0] += DRAWS - counts.sum()
    return (
        np.frombuffer(b"".join(words), np.uint8),
        np.concatenate([[0], np.cumsum([len(word) for word in words])]).astype(np.int64),
        np.repeat(np.arange(VOCABULARY, dtype=np.int32), counts),
    )


def documents(first: int, count: int, seed: int = 0) -> pl.DataFrame:
    """Documents from a number on: `id`, `text`, and what was planted: `kind` (of KINDS), `origin` (number of the text), `edits`.

    Ids are mixed numbers, so their order has nothing to do with that of the documents.
    """
    data, bounds, table = vocabulary()
    made, ends, plans = compose(np.uint64(seed), first, count, table, data, bounds)
    texts = pl.Series(
        "text", pa.LargeStringArray.from_buffers(count, pa.py_buffer(ends), pa.py_buffer(made)), pl.String
    )
    numbers = (np.arange(first, first + count, dtype=np.uint64) + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
    columns = {"kind": plans[:, 0], "origin": plans[:, 1], "edits": plans[:, 2]}
    return pl.DataFrame({"id": pl.Series(numbers).cast(pl.String).str.zfill(20), "text": texts, **columns})
