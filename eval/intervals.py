"""How sure a result is: intervals of an accuracy, and whether two models can be told apart on the same items.

The unit is the item. Several draws of one item say little more about the benchmark than one does, so they are averaged first and items are
resampled whole (Miller 2024, arXiv 2411.00640, sections 2 and 3). Models are compared item by item, because most of the spread of an
accuracy is that of the items, which both share.

One draw each gives Wilson's interval (Wilson 1927) and McNemar's exact test (McNemar 1947), several give the percentiles of a bootstrap and
a test that flips signs, of which McNemar's is the case of equal sizes. Random numbers are a Philox stream of a fixed seed, and values are
sorted before they are drawn from, so a result never depends on the order of the items.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from curate.intervals import LEVEL, Interval, mean, wilson

DRAWS = 10_000
"""Resamples of a bootstrap, and random signs of a test."""
SEED = 20_250_601
APART = 2.0
"""Standard errors that a difference must be larger than."""
CHUNK = 1 << 22
"""Random signs that are held at a time."""


def of_shares(values: Sequence[float], level: float = LEVEL) -> Interval | None:
    """Interval of the mean of shares in [0, 1], one of each item: a bootstrap over items; None of nothing.

    Where all items have one value, resampling says nothing, and Wilson's interval is told, as if each item were one draw.
    """
    if len({*values}) == 1:
        return wilson(math.fsum(values), len(values), level)
    return bootstrap(values, level)


def standard_error(values: Sequence[float]) -> float | None:
    """Standard error of the mean over items, each with one value; None of fewer than two."""
    if len(values) < 2:
        return None
    middle = mean(values)
    return math.sqrt(math.fsum((v - middle) ** 2 for v in values) / (len(values) - 1) / len(values))


def bootstrap(values: Sequence[float], level: float = LEVEL, draws: int = DRAWS, seed: int = SEED) -> Interval | None:
    """Percentile interval of the mean over items, which are resampled whole; None where all have one value, which says nothing of others.

    Equal values are drawn together, by how often each comes, so the work grows with the number of different values.
    """
    if len({*values}) < 2:
        return None
    different, counts = np.unique(np.asarray(values, dtype=np.float64), return_counts=True)
    random = np.random.Generator(np.random.Philox(key=seed))
    drawn = random.multinomial(len(values), counts / len(values), size=draws)  # (draws, different values)
    return _percentiles(drawn @ different / len(values), level)


def _percentiles(means: NDArray[np.float64], level: float) -> Interval:
    low, high = np.quantile(means, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def mcnemar(only_a: int, only_b: int) -> float:
    """Two-sided p of McNemar's exact test: the chance of so uneven a split of the items that only one of two models has right."""
    n, fewer = only_a + only_b, min(only_a, only_b)
    return float(min(1.0, 2 * sum(math.comb(n, i) for i in range(fewer + 1)) / 2**n))


def sign_flips(differences: Sequence[float], draws: int = DRAWS, seed: int = SEED) -> float:
    """Two-sided p that differences which are as often positive as negative have so large a sum.

    Exact where all that are not zero have one size; else by random signs, and then never below 1 / (draws + 1) (Phipson and Smyth 2010,
    Statistical Applications in Genetics and Molecular Biology 9, article 39). Signs are drawn for sizes alone, so two models have one p
    whichever comes first.
    """
    sizes = np.sort(np.abs(np.asarray([d for d in differences if d], dtype=np.float64)))
    if sizes.size == 0 or sizes[0] == sizes[-1]:
        return mcnemar(sum(d > 0 for d in differences), sum(d < 0 for d in differences))
    random = np.random.Generator(np.random.Philox(key=seed))
    reached, near = 0, abs(math.fsum(differences)) - 1e-9 * float(sizes.sum())  # equal sums may round differently
    at_a_time = max(1, CHUNK // sizes.size)
    for start in range(0, draws, at_a_time):
        signs = random.integers(0, 2, size=(min(at_a_time, draws - start), sizes.size), dtype=np.int8) * 2 - 1
        reached += int((np.abs(signs @ sizes) >= near).sum())
    return (reached + 1) / (draws + 1)


def holm(ps: Sequence[float]) -> list[float]:
    """p of each of several tests, so that all those below a level hold together at that level, however they depend on each other.

    The step-down method of Holm 1979 (Scandinavian Journal of Statistics 6, section 2): the smallest p is multiplied by how many there are,
    the next by one fewer, and none ends below one before it.
    """
    found, reached = [1.0] * len(ps), 0.0
    for rank, place in enumerate(sorted(range(len(ps)), key=lambda at: ps[at])):
        reached = max(reached, min(1.0, ps[place] * (len(ps) - rank)))
        found[place] = reached
    return found


@dataclass(frozen=True)
class Difference:
    """How much better one model is than another on the same items."""

    items: int
    difference: float
    """Of their accuracies."""
    error: float | None
    """Standard error of it; None of fewer than two items."""
    interval: Interval | None
    """None where all items differ by the same, as they do where both models have all right."""
    p: float


def paired(a: Sequence[float], b: Sequence[float], pairs: int = 1) -> Difference:
    """Compare two models by what each got on the same items, in the same order. ValueError where the lengths differ, or of nothing.

    pairs: how many models are compared with each other two by two; the intervals of all of them hold together (Bonferroni).
    """
    differences = [x - y for x, y in zip(a, b, strict=True)]
    if not differences:
        raise ValueError("no items to compare on")
    interval = bootstrap(differences, 1 - (1 - LEVEL) / max(1, pairs))
    return Difference(
        len(differences), mean(differences), standard_error(differences), interval, sign_flips(differences)
    )


def better(one: Difference, p: float, pairs: int = 1) -> int:
    """1 where the first model is better, -1 where the second is, 0 where they cannot be told apart.

    The difference has to be larger than `errors_apart` standard errors, and p smaller than 1 - `LEVEL`. p: that of the difference,
    corrected for all tests that are made together (`holm`). pairs: as `paired` has it.
    """
    clear = one.error is not None and abs(one.difference) > errors_apart(pairs) * one.error and p < 1 - LEVEL
    return (one.difference > 0) - (one.difference < 0) if clear else 0


def errors_apart(pairs: int = 1) -> float:
    """How many standard errors a difference must be larger than, where so many comparisons are made together."""
    z = NormalDist().inv_cdf(0.5 + LEVEL / 2)
    return APART * NormalDist().inv_cdf(1 - (1 - LEVEL) / 2 / max(1, pairs)) / z
