r"""Documents that hold a problem of a benchmark: runs of 13 words in common, and whole problems where they are shorter.

Words are those of the text profile that is safe for mathematics: numbers, operators and TeX commands count. What only dresses a formula up
does not (`$`, `\(`, braces, brackets, `\left`, `\frac`, signs of products and powers, punctuation), nor does the label `Question:`; `1,450`
is `1450` and `≤` is `\le`. So a problem is found again in another layout. A gram counts by how few items have it (1 / number of items): in
a benchmark whose items share their wording, it is their numbers that tell one from another, and a new problem of that wording is no leak.

`leak_overlap` is the share of an item's grams, so weighted, that stand in the document, wherever and in whatever company. An item of fewer
than 13 words is found where it stands whole and does not go on with an operator (`Find 2 + 3` is not in `Find 2 + 3 + 4`); one of fewer
than 5 (8 without a number) only together with its answer, since a few words stand anywhere. MegaMath takes one 13-gram of problem and
solution for a leak; here a gram alone is not enough (identities are shared by many), and a problem without its solution is.

On pairs of a benchmark item and a text (`../shared/data/dedup`) the default clause finds 99 % of the verbatim ones, 57 % of those with
other numbers (81 % at 0.5), none of the rephrased ones, and none of the clean neighbours. Of 5,141 documents that have nothing to do with
the benchmarks there (28,687 items) it takes none for one of them.

Left out: rephrased problems, which share no run of words, numbers written as words, and the worked solution alone.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Iterable
from typing import Annotated, Any

import numpy as np
import polars as pl
from pydantic import Field

from curate.datacard import Benchmark
from curate.errors import CurateError
from curate.step import Benchmarks, score

DRESS = (*"$,.;:!?\"'`“”‘’()[]{}\\~&*/^·×⋅÷–—%_", *(rf"\{word}" for word in (
    "left right big Big bigg Bigg displaystyle textstyle text textrm mathrm textbf mathbf quad qquad hspace boxed frac dfrac tfrac "
    "cdot times div circ"
).split()), *"question problem exercise answer solution".split())  # fmt: skip
"""Words that are left out of both sides. A fraction, a product or a power is written in too many ways; its numbers stay."""
ALIKE = {
    r"\dbinom": r"\binom", r"\leq": r"\le", r"\geq": r"\ge", r"\neq": r"\ne", "≤": r"\le", "≥": r"\ge", "≠": r"\ne", "−": "-",
    "π": r"\pi", "√": r"\sqrt", "∞": r"\infty", "²": "2", "³": "3", "⁴": "4", "⁵": "5",
}  # fmt: skip
BULLET = r"(?m)^([ \t]*)[-+] "
"""What begins a line of a list is no minus sign."""
GOING_ON = (*"+-=<>", *(rf"\{word}" for word in "pm le ge ne".split()))
"""Words after which a short item, of which they are no part, is not whole."""
SHORTEST = 5
"""Words of the shortest problem that is looked for without its answer, and of the shortest with it."""
PLAIN = 8
"""The same of a problem without any number or TeX command: `How much money does he have left?` stands in many."""
SPAN_BYTES = 500
SCHEMA = {"leak_benchmark": pl.String, "leak_item": pl.String, "leak_overlap": pl.Float64, "leak_span": pl.String}


@score(uses=["numba"], keep={"clean": "coalesce(leak_overlap, 0) < 0.7"})
def ngram(
    docs: pl.DataFrame,
    *,
    against: Benchmarks,
    n: Annotated[int, Field(ge=1, le=100)] = 13,
    least: Annotated[float, Field(ge=0, le=1)] = 0.1,
) -> pl.DataFrame:
    """Columns `leak_benchmark`, `leak_item`, `leak_overlap` (in (0, 1]) and `leak_span`; all null where nothing is found.

    against: names of data cards. n: words in a run. least: a smaller share of an item's grams is not told; 0 tells a single one. What is
    a leak, the clause decides. Of several items the one with the largest share is named, among equals the first. leak_span: the longest
    stretch of the document that the item covers, at most 500 bytes of it.
    """
    from curation._utf8 import utf8
    from curation._words import tables
    from curation.decontaminate import _ngram

    if not docs.height:
        return pl.DataFrame(schema=SCHEMA)
    index, items = _index(tuple(against), n)
    data, bounds = utf8(docs["text"].str.replace_all(BULLET, "${1}  "))  # as long as before: spans are places in it
    best, shares, spans = _ngram.search(data, bounds, tables(), _folds(), index, least)
    rows = np.flatnonzero(best >= 0)
    pieces = [
        bytes(data[bounds[row] + a : bounds[row] + min(b, a + SPAN_BYTES)])
        for row, (a, b) in zip(rows, spans[rows], strict=True)
    ]
    leaks = items[best[rows]].with_columns(
        row=pl.Series(rows, dtype=pl.UInt32),
        leak_overlap=pl.Series(shares[rows], dtype=pl.Float64),
        leak_span=pl.Series([piece.decode(errors="ignore").strip() for piece in pieces], dtype=pl.String),
    )
    every = pl.select(row=pl.int_range(docs.height, dtype=pl.UInt32))
    return every.join(leaks, on="row", how="left", maintain_order="left").select(list(SCHEMA))


@functools.lru_cache(maxsize=2)
def _index(benchmarks: tuple[Benchmark, ...], n: int) -> tuple[Any, pl.DataFrame]:
    """What items are found by (`_ngram.Index`), and their names. A benchmark is equal to another only with the same content."""
    frames = [one.items().with_columns(leak_benchmark=pl.lit(one.name)) for one in benchmarks]
    items = pl.concat(frames)
    if not items.height:
        raise CurateError(f"the benchmarks {', '.join(one.name for one in benchmarks)} hold no items")
    return _built(_found_by(items), items.height, n), items.select("leak_benchmark", leak_item="id")


def _found_by(items: pl.DataFrame) -> list[tuple[int, np.ndarray]]:
    """Items that can be found, by their number, and the words that they are found by: the problem, or if that is too short all of it."""
    both = items["problem"] + " " + items["answer"].fill_null("")
    plain = ~items["problem"].str.contains(r"\p{N}|\\[A-Za-z]")
    ways = enumerate(zip(_tokens(items["problem"]), _tokens(both), plain, strict=True))
    chosen = (
        (i, alone if len(alone) >= (PLAIN if is_plain else SHORTEST) else all_) for i, (alone, all_, is_plain) in ways
    )
    return [(i, found) for i, found in chosen if len(found) >= SHORTEST]


def _built(found: list[tuple[int, np.ndarray]], count: int, n: int) -> Any:
    """The index of `count` items."""
    from curation.decontaminate import _ngram

    lengths = {min(n, len(words)) for _, words in found} or {n}
    made = [(i, *_ngram.grams(words, min(n, len(words)), min(lengths))) for i, words in found]
    none = np.zeros(0, np.uint64)
    item = np.concatenate([np.zeros(0, np.int32), *[np.full(len(grams), i, np.int32) for i, grams, _ in made]])
    pairs = pl.DataFrame({"gram": np.concatenate([none, *[grams for _, grams, _ in made]]), "item": item})
    pairs = pairs.unique().sort("gram", "item")
    every, times = np.unique(pairs["gram"].to_numpy(), return_counts=True)
    firsts = np.concatenate([[0], times.cumsum()]).astype(np.int64)
    weights = 1.0 / times
    totals = np.bincount(pairs["item"].to_numpy(), np.repeat(weights, times), count).clip(1e-9)
    wanted = np.isin(np.arange(n + 1), sorted(lengths))
    bits = _ngram.beginnings(np.unique(np.concatenate([none, *[begins for *_, begins in made]])))
    items = pairs["item"].to_numpy().astype(np.int32)
    return *_ngram.table(every), wanted, firsts, items, weights, totals, np.unique(_hashes(GOING_ON)), bits


def _tokens(texts: pl.Series) -> list[np.ndarray]:
    """Hashes of the words of each text that count."""
    from curation._utf8 import utf8
    from curation._words import tables
    from curation.decontaminate import _ngram

    data, bounds = utf8(texts)
    made = []
    for start, end in itertools.pairwise(bounds):
        found, places = np.empty(end - start, np.uint64), np.empty((2, end - start), np.int64)
        made.append(found[: _ngram.tokens(data[start:end], tables(), _folds(), found, *places)])
    return made


@functools.cache
def _folds() -> tuple[np.ndarray, np.ndarray]:
    """Hashes of the words that are left out or stand for another, ascending, and of what they stand for (0 where they are left out)."""
    names, others = _hashes((*DRESS, *ALIKE)), _hashes(ALIKE.values())
    stand_for = np.concatenate([np.zeros(len(DRESS), np.uint64), others])
    order = np.argsort(names)
    return names[order], stand_for[order]


def _hashes(words: Iterable[str]) -> np.ndarray:
    from curation._words import hash_of

    return np.array([hash_of(word) for word in words], np.uint64)
