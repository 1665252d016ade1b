"""From the items of benchmarks to what `ngram` finds them by: units, their grams in both views, and what each gram weighs.

A unit is what is looked for of an item: its problem, its worked solution, both where the problem alone is shorter than a gram, and its
problem with numbers masked. A gram weighs 1 / (problems that have it + background documents that have it), where problems with the
same words are one. A share is of the weight of the unit's grams, but of no less than `OWN` of what it would be if none were shared, and in
the masked view of no less than two runs of n words have, so that half of a short sentence is no half of a problem.
"""

from __future__ import annotations

import functools
import itertools
import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from curate.datacard import Benchmark
from curate.errors import CurateError

DRESS = (*"$,.;:!?\"'`“”‘’()[]{}\\~&*/^·×⋅÷–—%_", *(rf"\{word}" for word in (
    "left right big Big bigg Bigg displaystyle textstyle text textrm mathrm textbf mathbf quad qquad hspace boxed frac dfrac tfrac "
    "cdot times div circ"
).split()), *"question problem exercise answer solution".split())  # fmt: skip
"""Words that are left out of both sides. A fraction, a product or a power is written in too many ways; its numbers stay."""
ALIKE = {
    r"\dbinom": r"\binom", r"\leq": r"\le", r"\geq": r"\ge", r"\neq": r"\ne", "≤": r"\le", "≥": r"\ge", "≠": r"\ne", "−": "-",
    "π": r"\pi", "√": r"\sqrt", "∞": r"\infty", "²": "2", "³": "3", "⁴": "4", "⁵": "5",
}  # fmt: skip
NUMERALS = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen "
    "twenty thirty forty fifty sixty seventy eighty ninety hundred thousand million billion dozen half third quarter thirds quarters"
).split()
"""Numbers in words, which the masked view takes for numbers."""
SIGNS = "+-"
GOING_ON = (*"+-=<>", *(rf"\{word}" for word in "pm le ge ne".split()))
"""Words after which a short item, of which they are no part, is not whole."""
SHORTEST = 5
"""Words of the shortest problem that is looked for without its answer, and of the shortest with it."""
PLAIN = 8
"""The same of a problem without any number or TeX command: `How much money does he have left?` stands in many."""
MASK = 8 / 13
"""Length of a gram of the masked view, by that of the exact one. Whoever changes numbers changes a word here and there, and a word that is
changed takes as many grams as it stands in; it is the share of the whole problem that tells, not the single gram."""
OWN = (0.1, 0.9)
"""Share of the weight of its grams that a unit must have left in the exact view, when the background is counted, and in the masked one."""
ANNOTATION = re.compile(r"<<[^<>]*>>")
"""What GSM8K puts into its solutions for a calculator; documents have it or not."""
ALONE, SOLVED, WITH_ANSWER, SOLUTION, TINY = (
    "problem",
    "problem and solution",
    "with its answer",
    "solution",
    "nothing else",
)
FILE, SETTINGS = "grams.parquet", "settings.json"


class Items(NamedTuple):
    """An index, and what it is of."""

    index: Any
    """`_ngram.Index`."""
    names: pl.DataFrame
    """`leak_benchmark` and `leak_item` of each item, by its number."""
    paths: pl.DataFrame
    """`item`, `path` (the constants above) and `masked` of each unit, and `reach`: the largest share that it can have."""
    grams: np.ndarray
    """Keys of all grams, ascending, by their number."""


class _Unit(NamedTuple):
    item: int
    path: str
    masked: bool
    same: int
    """Equal for units with the same words: they are one problem."""
    grams: np.ndarray
    words: np.ndarray


@functools.lru_cache(maxsize=2)
def built(benchmarks: tuple[Benchmark, ...], n: int, background: str | None = None) -> Items:
    """The index of benchmarks. A benchmark is equal to another only with the same content.

    background: a folder that `fit: ngram_background` wrote. CurateError where that was counted for others, or there are no items.
    """
    counted = None if background is None else counts(Path(background), benchmarks, n)
    return index_of(items_of(benchmarks), n, counted)


def items_of(benchmarks: Iterable[Benchmark]) -> pl.DataFrame:
    """Columns `leak_benchmark`, `id`, `problem`, `answer` and `solution`. CurateError where there are none."""
    items = pl.concat([one.items().with_columns(leak_benchmark=pl.lit(one.name)) for one in benchmarks])
    if not items.height:
        raise CurateError(f"the benchmarks {', '.join(one.name for one in benchmarks)} hold no items")
    return items


def counts(folder: Path, benchmarks: Iterable[Benchmark], n: int) -> pl.DataFrame:
    """Columns `gram` and `documents` of a background. CurateError if it was counted for other items or lengths."""
    settings = json.loads((folder / SETTINGS).read_text("utf-8"))
    if settings["n"] != n:
        raise CurateError(f"the background was counted for n: {settings['n']}, not {n}; say n in both places")
    for one in benchmarks:
        if one.identity not in settings["benchmarks"]:
            raise CurateError(
                f"the background was not counted for the items of {one.name}; list the same names under against: in both places"
            )
    return pl.read_parquet(folder / FILE, glob=False)


def index_of(items: pl.DataFrame, n: int, counted: pl.DataFrame | None = None) -> Items:
    """The index of items (`items_of`)."""
    from curation.decontaminate import _ngram

    units = [*_units(items, n)]
    exact = [one.words for one in units if not one.masked and one.path != TINY]
    lengths = {min(n, len(words)) for words in exact} | {n}
    pairs = _weighed(units, counted)
    grams = pairs["gram"].unique().sort().to_numpy()
    numbers = np.searchsorted(grams, pairs["gram"].to_numpy())
    order = np.lexsort((pairs["unit"].to_numpy(), numbers))
    weights = np.zeros(len(grams))
    weights[numbers] = pairs["weight"].to_numpy()
    unit = pairs["unit"].to_numpy()
    is_masked = np.array([one.masked for one in units], bool)
    total = np.bincount(unit, pairs["weight"].to_numpy(), len(units))
    alone = np.bincount(unit, pairs["alone"].to_numpy(), len(units))
    all_of = np.array([max(1, len(one.words) - masked_length(n) + 1) for one in units], float)
    run = n - masked_length(n) + 1  # grams of the masked view in a run of n words
    least = np.where(is_masked, np.maximum(OWN[1] * all_of, 2 * run), OWN[0] * alone)
    totals = np.maximum(total, least).clip(1e-9)
    wanted = np.isin(np.arange(n + 1), sorted(lengths))
    shortest = min(lengths)
    firsts_of = (_ngram.grams(words, min(n, len(words)), shortest, np.uint64(0))[1] for words in exact)
    begins = np.concatenate([np.zeros(0, np.uint64), *firsts_of])
    masks = np.concatenate([np.zeros(0, np.uint64), *[one.grams for one in units if one.masked]])
    firsts = np.concatenate([[0], np.bincount(numbers, minlength=len(grams)).cumsum()]).astype(np.int64)
    index = _ngram.Index(
        *_ngram.table(grams), wanted, firsts, unit[order].astype(np.int32), weights, totals,
        np.array([one.item for one in units], np.int32), is_masked, np.unique(_hashes(GOING_ON)),
        _ngram.bits_of(np.unique(begins)), _ngram.bits_of(np.unique(masks)), masked_length(n), PLAIN,
    )  # fmt: skip
    paths = pl.DataFrame(
        {
            "item": [one.item for one in units],
            "path": [one.path for one in units],
            "masked": is_masked,
            "reach": total / totals,
        },
        schema={"item": pl.Int64, "path": pl.String, "masked": pl.Boolean, "reach": pl.Float64},
    )
    return Items(index, items.select("leak_benchmark", leak_item="id"), paths, grams)


def masked_length(n: int) -> int:
    """Words of a gram of the masked view where those of the exact one have `n`."""
    return max(1, round(n * MASK))


def _weighed(units: list[_Unit], counted: pl.DataFrame | None) -> pl.DataFrame:
    """Columns `gram`, `unit`, `weight` and `alone` (the weight without a background) of each gram of each unit."""
    none = np.zeros(0, np.uint64)
    pairs = pl.DataFrame(
        {
            "gram": np.concatenate([none, *[one.grams for one in units]]),
            "unit": np.repeat(np.arange(len(units)), [len(one.grams) for one in units]).astype(np.int64),
            "same": np.repeat(np.array([one.same for one in units], np.int64), [len(one.grams) for one in units]),
        }
    ).unique(["gram", "unit"])
    problems = pairs.group_by("gram").agg(problems=pl.col("same").n_unique())
    pairs = pairs.join(problems, on="gram")
    background = pl.lit(0)
    if counted is not None:
        pairs = pairs.join(counted, on="gram", how="left")
        background = pl.col("documents").fill_null(0)
    return pairs.select(
        "gram", "unit", weight=1 / (pl.col("problems") + background), alone=1 / pl.col("problems")
    ).sort("gram", "unit")


def _units(items: pl.DataFrame, n: int) -> Iterator[_Unit]:
    """What is looked for of each item."""
    from curation.decontaminate import _ngram

    solutions = items["solution"].fill_null("")
    bare = pl.Series([ANNOTATION.sub("", text) for text in solutions], dtype=pl.String)
    with_answer = items["problem"] + " " + items["answer"].fill_null("")
    plain = ~items["problem"].str.contains(r"\p{N}|\\[A-Za-z]")
    same: dict[bytes, int] = {}
    long = masked_length(n)

    def unit(item: int, path: str, found: np.ndarray, key: int, more: int = 0) -> _Unit:
        made, _ = _ngram.grams(found, min(n, len(found)), 1, np.uint64(more))
        return _Unit(item, path, False, key, np.unique(made), found)

    for i, ((found, masked, said), both, solved, solved_bare, solution, solution_bare, is_plain) in enumerate(
        zip(
            _views(items["problem"]), _tokens(with_answer), _tokens(items["problem"] + " " + solutions),
            _tokens(items["problem"] + " " + bare), _tokens(solutions), _tokens(bare), plain, strict=True,
        )
    ):  # fmt: skip
        key = same.setdefault(found.tobytes(), len(same))
        least = PLAIN if is_plain else SHORTEST
        if len(found) >= least:
            yield unit(i, ALONE, found, key)
        elif len(both) >= SHORTEST:
            yield unit(i, WITH_ANSWER, both, key)
        if 1 < len(found) < least:
            yield unit(i, TINY, found, key, int(_ngram.WHOLE))
        different = {words.tobytes(): words for words in (solution, solution_bare)}.values()
        for words in different:
            if len(words) >= 2 * n - 1:
                yield unit(i, SOLUTION, words, same.setdefault(words.tobytes(), len(same)))
        if len(found) < n and len(solution):
            for words in {words.tobytes(): words for words in (solved, solved_bare)}.values():
                if len(words) >= n:
                    yield unit(i, SOLVED, words, key)
        if len(masked) >= max(n, long) and (masked == _ngram.NUMBER).any():
            made, _ = _ngram.grams(masked, long, 1, np.uint64(_ngram.MASKED))
            sums = np.concatenate([[0], said.astype(np.int64).cumsum()])
            telling = 2 * (sums[long:] - sums[:-long]) >= long
            yield _Unit(i, ALONE, True, key, made[telling], masked)


def _views(texts: pl.Series) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Words of each text in the exact and in the masked view, and which of the masked ones are words of a sentence."""
    from curation._utf8 import utf8
    from curation._words import tables
    from curation.decontaminate import _ngram

    data, bounds = utf8(texts)
    for start, end in itertools.pairwise(bounds):
        words, masked = np.empty(end - start, np.uint64), np.empty(end - start, np.uint64)
        places = np.empty((4, end - start), np.int64)
        a, b = _ngram.tokens(
            data[start:end], tables(), folds(), words, places[0], places[1], masked, places[2], places[3]
        )
        yield words[:a], masked[:b], _ngram.said(data[start:end], places[2, :b], places[3, :b])


def _tokens(texts: pl.Series) -> Iterator[np.ndarray]:
    return (words for words, _, _ in _views(texts))


@functools.cache
def folds() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """An open table of words that are left out or stand for another (`_ngram.Folds`)."""
    from curation.decontaminate import _ngram

    names = [*DRESS, *ALIKE, *NUMERALS, *SIGNS]
    stand_for = [*DRESS, *ALIKE.values(), *NUMERALS, *SIGNS]
    minus = {"−", *SIGNS}
    kinds = [
        _ngram.LEFT_OUT if name in DRESS
        else _ngram.IS_SIGN if name in minus
        else _ngram.IS_NUMERAL if name in NUMERALS or name in "²³⁴⁵" else 0
        for name in names
    ]  # fmt: skip
    keys, numbers = _ngram.table(_hashes(names))
    there = numbers >= 0
    values, what = np.zeros(len(keys), np.uint64), np.zeros(len(keys), np.uint8)
    values[there] = _hashes(stand_for)[numbers[there]]
    what[there] = np.array(kinds, np.uint8)[numbers[there]]
    return keys, values, what


def _hashes(words: Iterable[str]) -> np.ndarray:
    from curation._words import hash_of

    return np.array([hash_of(word) for word in words], np.uint64)
