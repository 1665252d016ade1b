"""What the contract of steps is tried on: odd documents, and a frame cut into shards."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import polars as pl

from curate.schema import Schema
from curate.step import DOCUMENT

PLAIN = "A plain sentence about nothing in particular, written in English so that a language identifier can hold on."
DOCUMENTS = [
    "", " \n\t ", PLAIN, "spam spam spam spam spam spam spam spam spam spam\n" * 20, "直角三角形的斜边的平方等于两条直角边的平方和。",
    "Let $x^2 - 5x + 6 = 0$. Then $(x-2)(x-3) = 0$, so \\[ x \\in \\{2, 3\\}. \\] The answer is $\\boxed{3}$.", PLAIN,
    "<html><head><title>Roots</title></head><body><p>Solve <math><mi>x</mi><mo>=</mo><mn>2</mn></math> for \\(x\\).</p></body></html>",
    "<p>unclosed <b>markup <script>var secret = 1;</script> & an &unknown; entity", "$" * 300 + "{" * 300, "12 34 56\n12 34 56\n12 34 56",
    "Le carré de l'hypoténuse est égal à la somme des carrés des deux autres côtés.", PLAIN + "!", "word " * 400,
    "Question: What is 17 + 25?\n\nAnswer: 17 + 25 = 42, so the answer is 42.", PLAIN,
    "zero\u0000byte, a lone combining \u0301, a bidi \u202e mark, 👩‍👩‍👧 and \ufffd\ufffd, \U0001d465 and \x07",
    "\\frac{1}{2} + \\frac{1}{3} = \\frac{5}{6} and 1/2 + 1/3 = 5/6, as well as 0.5 + 0.333 < 0.834. " * 12,
]  # fmt: skip
BENCHMARK = [
    PLAIN,
    "What is 17 + 25?",
    "A problem that stands in none of the documents, whatever one may read in them.",
]
"""Items of a benchmark; the first are in some of the documents."""


class Cut:
    """A corpus that is one frame cut into so many nearly equal shards."""

    name = "cut"

    def __init__(self, frame: pl.DataFrame, count: int) -> None:
        ends = [frame.height * i // count for i in range(count + 1)]
        self.parts = [frame[a:b] for a, b in itertools.pairwise(ends)]

    def shards(self, *columns: str) -> Iterator[pl.DataFrame]:
        return (part.select(columns) for part in self.parts)


def values(dtype: Any, count: int) -> list[Any]:
    """Ordinary values of a type with one null among them: a column that a step reads may be unknown for a document."""
    if isinstance(dtype, pl.List):
        return [None if i == 3 else values(dtype.inner, i % 3) for i in range(count)]
    if dtype in (pl.String, pl.Boolean):
        return [None if i == 3 else str(i) if dtype == pl.String else i % 2 == 0 for i in range(count)]
    return [None if i == 3 else i / 16 if dtype.is_float() else i for i in range(count)]


def documents(columns: Schema) -> pl.DataFrame:
    """Odd documents, some of them equal, with these columns besides `id` and `text`; a new frame each time."""
    count = len(DOCUMENTS)
    docs = pl.DataFrame({"id": [f"{i:032x}" for i in range(count)], "text": DOCUMENTS})
    return docs.with_columns(pl.Series(c, values(t, count), t) for c, t in columns.items() if c not in DOCUMENT)
