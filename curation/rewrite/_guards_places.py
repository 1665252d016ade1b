"""Where the words of one text have their counterparts in the other: native loops over the streams of `_guards_streams.py`.

A place is judged by what stands around it, nearest words first, so that a number may move with its sentence but not out of it. Left out:
an alignment of the whole texts, which a reorganised text has not.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
REACH = 6
"""Words to each side of a place that are compared."""
ONE_SIDE = 0.9
"""How much words on one side count for a place: what stood on the other side may be gone."""
CANDIDATES = 400
"""Places with the same filling that are looked at."""
WORK = 4_000_000
"""Pairs of places that are compared in one text; beyond that, a number is only looked for."""
POSTINGS = 48
"""Units in which a word that says something may stand."""
SPREAD = np.uint64(0x9E3779B97F4A7C15)
BASE = np.uint64(0xD6E8FEB86659FD93)
"""Odd numbers of mixed bits, by which tokens are spread over 64 bits (as SplitMix64 does) and runs of them summed."""
LONGEST_GRAM = 16
"""Tokens of a run that is looked for as one; a longer run is looked for by its parts."""
LONG_REPEAT = 60
"""Tokens that make a part long that stands there twice."""


# ---- runs of signs ------------------------------------------------------------------------------------------------------------


@njit(cache=True)
def prefixes(ids: Ints) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.uint64]]:
    """Sums of a polynomial in `BASE` up to each token, and the powers of `BASE`."""
    sums, powers = np.zeros(len(ids) + 1, np.uint64), np.ones(len(ids) + 1, np.uint64)
    for i in range(len(ids)):
        h = (np.uint64(ids[i]) + np.uint64(1)) * SPREAD
        h = (h ^ (h >> np.uint64(29))) * np.uint64(0xBF58476D1CE4E5B9)
        sums[i + 1] = sums[i] * BASE + (h ^ (h >> np.uint64(32)))
        powers[i + 1] = powers[i] * BASE
    return sums, powers


def grams(ids: Ints, n: int) -> npt.NDArray[np.uint64]:
    """A hash of each run of n tokens."""
    sums, powers = prefixes(ids)
    return sums[n:] - sums[: len(sums) - n] * powers[n] if n < len(sums) else np.zeros(0, np.uint64)


def counts(ids: Ints, runs: list[tuple[int, ...]]) -> list[int]:
    """How often each run of tokens stands in a stream; one that is longer than `LONGEST_GRAM` as often as the rarest of its parts."""
    found: list[int] = [0] * len(runs)
    by_size: dict[int, list[tuple[int, npt.NDArray[np.uint64]]]] = {}
    for at, run in enumerate(runs):
        size = min(len(run), LONGEST_GRAM)
        if size:
            hashes = grams(np.array(run, np.int64), size)
            by_size.setdefault(size, []).append(
                (at, hashes if len(run) <= 4 * size else np.append(hashes[::size], hashes[-1:]))
            )
    for size, wanted in by_size.items():
        values, amounts = np.unique(grams(ids, size), return_counts=True)
        if not len(values):
            continue
        joined = np.concatenate([hashes for _, hashes in wanted])
        places = np.searchsorted(values, joined).clip(0, len(values) - 1)
        amount = np.where(values[places] == joined, amounts[places], 0)
        firsts = np.cumsum([0, *(len(hashes) for _, hashes in wanted[:-1])])
        for (at, _), least in zip(wanted, np.minimum.reduceat(amount, firsts).tolist(), strict=True):
            found[at] = least
    return found


def repeats(written: Ints, source: Ints, n: int) -> int:
    """How many times too often runs of n tokens stand in the one stream: three times or more, or twice if it is a long part that does.

    As often as in the other stream is not too often, nor as often as the rarest of its tokens stands there: other delimiters, or a line
    that is gone from between two, make new runs of old tokens. Tokens that the other stream has not, such as synonyms, do not count.
    """
    values, firsts, amounts = np.unique(grams(written, n), return_index=True, return_counts=True)
    many = amounts > 1
    values, firsts, amounts = values[many], firsts[many], amounts[many]
    if not len(values):
        return 0
    had, times = np.unique(grams(source, n), return_counts=True)
    known = np.ones(len(values), np.int64)
    if len(had):
        at = np.searchsorted(had, values).clip(0, len(had) - 1)
        known = np.where(had[at] == values, times[at], 1)
    there = np.bincount(source, minlength=int(written.max()) + 1)
    each = there[written[firsts[:, None] + np.arange(n)]]
    rarest = np.where(each > 0, each, len(source) + 1).min(axis=1)
    known = np.where((each > 0).sum(axis=1) > n // 2, np.maximum(known, rarest), known)
    excess = (amounts - known).clip(0)
    often, twice = int(excess[amounts > 2].sum()), int(excess[amounts == 2].sum())
    return often + (twice if twice >= LONG_REPEAT else 0)


# ---- what stands around ---------------------------------------------------------------------------------------------------------


@njit(cache=True)
def _near(a: Ints, left: int, right: int, b: Ints, low: int, high: int, weights: Floats) -> tuple[float, float]:
    """How far the words around a place of `a` stand around one of `b`, and those of the side that fits better, from 0 to 1.

    left and right are the words beside the one place, low and high those beside the other.
    """
    have, total = np.zeros(2), np.zeros(2)
    for d in range(REACH):
        for side in range(2):
            i = left - d if side == 0 else right + d
            if i < 0 or i >= len(a):
                continue
            weight = weights[a[i]] / (d + 1.5)
            total[side] += weight
            j = low - d if side == 0 else high + d
            if 0 <= j < len(b) and b[j] == a[i]:
                have[side] += weight
            elif (0 <= j + 1 < len(b) and b[j + 1] == a[i] and j + 1 != low + 1) or (
                0 <= j - 1 < len(b) and b[j - 1] == a[i] and j - 1 != high - 1
            ):
                have[side] += 0.6 * weight
    both = have.sum() / total.sum() if total.sum() > 0 else 0.0
    one = 0.0
    for side in range(2):
        if total[side] > 0.5:
            one = max(one, have[side] / total[side])
    return both, one


@njit(cache=True)
def _own_fit(
    a: Ints,
    left: int,
    right: int,
    b: Ints,
    others: Ints,
    order: Ints,
    ranked: Ints,
    filling: int,
    weights: Floats,
    suspect: bool,
) -> float:
    """How well a place fits the best place of `b` with the same filling, up to `CANDIDATES` of them; -1 where there is none."""
    own = -1.0
    first, last = int(np.searchsorted(ranked, filling, "left")), int(np.searchsorted(ranked, filling, "right"))
    for k in range(first, last, max(1, (last - first) // CANDIDATES)):
        both, one = _near(a, left, right, b, others[order[k], 0] - 1, others[order[k], 1], weights)
        own = max(own, both, ONE_SIDE * one)
        if own > 0.9 and not suspect:
            break
    return own


@njit(cache=True)
def fits(
    a: Ints,
    places: Ints,
    fillings: Ints,
    b: Ints,
    others: Ints,
    theirs: Ints,
    weights: Floats,
    sure: npt.NDArray[np.bool_],
    suspect: npt.NDArray[np.bool_],
    scarce: npt.NDArray[np.bool_],
) -> tuple[Floats, Floats, Floats, Ints]:
    """For each place of `a` how well it fits the best place of `b` with the same filling, with another one, and with a scarce one.

    places, others: (N, 2), from and to. fillings, theirs: (N,), what stands there. sure: which places need no look. suspect: which need one
    though they fit. scarce: which places of `b` hold something scarce. -1 where there is none, or it is not looked for. Last, the filling
    of the best place with another one.
    """
    which = np.full(len(places), -1, np.int64)
    own, other, lacking = np.full(len(places), -1.0), np.full(len(places), -1.0), np.full(len(places), -1.0)
    order = np.argsort(theirs, kind="mergesort")
    ranked = theirs[order]
    work = 0
    for n in range(len(places)):
        if sure[n]:
            own[n] = 1.0
            continue
        left, right = places[n, 0] - 1, places[n, 1]
        own[n] = _own_fit(a, left, right, b, others, order, ranked, fillings[n], weights, suspect[n])
        if (own[n] > 0.7 and not suspect[n]) or work > WORK:
            continue
        work += len(others)
        for m in range(len(others)):
            if theirs[m] != fillings[n]:
                both, _ = _near(a, left, right, b, others[m, 0] - 1, others[m, 1], weights)
                if both > other[n]:
                    other[n], which[n] = both, theirs[m]
                if scarce[m]:
                    lacking[n] = max(lacking[n], both)
    return own, other, lacking, which


# ---- units without counterpart -----------------------------------------------------------------------------------------------


@njit(cache=True)
def covered(
    words: Ints, units: Ints, count: int, others: Ints, their_units: Ints, their_count: int, size: int
) -> tuple[Floats, Floats, Ints]:
    """How much of each unit stands close together in the other text.

    words, units: (N,) the words that say something, and the unit of each; count: units. size: how many different words there are.
    Of each unit the share of its words, rare ones first, that stand in one unit of the other text and the next; the same where each word
    of the other text is the counterpart of one word only, the units that have the most going first; and how many words it has.
    """
    firsts, listed = _postings(others, size)
    mine, begins, totals = _weighed(words, units, count, size)
    sizes, shares, own = begins[1:] - begins[:-1], np.ones(count), np.ones(count)
    score, touched = np.zeros(their_count + 2), np.empty(their_count + 2, np.int64)
    taken = np.zeros(len(others), np.bool_)
    windows = np.zeros(count, np.int64)
    hint = 0
    for unit in range(count):
        if totals[unit] > 0:
            most = 0.0
            for _ in range(2):
                hint, most = _best(
                    words,
                    begins[unit],
                    begins[unit + 1],
                    mine,
                    firsts,
                    listed,
                    their_units,
                    taken,
                    score,
                    touched,
                    hint,
                )
            windows[unit], shares[unit] = hint, min(most / totals[unit], 1.0)
    for unit in np.argsort(-shares, kind="mergesort"):
        if totals[unit] > 0:
            begin, end = begins[unit], begins[unit + 1]
            window, most = _best(
                words, begin, end, mine, firsts, listed, their_units, taken, score, touched, windows[unit]
            )
            own[unit] = min(most / totals[unit], 1.0)
            _take(words, begin, end, window, firsts, listed, their_units, taken)
    return shares, own, sizes


@njit(cache=True)
def _weighed(words: Ints, units: Ints, count: int, size: int) -> tuple[Ints, Ints, Floats]:
    """How often each word is said, where each unit begins, and what the words of each weigh together."""
    mine, begins, totals = np.zeros(size, np.int64), np.zeros(count + 1, np.int64), np.zeros(count)
    for k in range(len(words)):
        mine[words[k]] += 1
        begins[units[k] + 1] += 1
    for k in range(len(words)):
        totals[units[k]] += 1.0 / np.sqrt(np.float64(mine[words[k]]))
    return mine, np.cumsum(begins), totals


@njit(cache=True)
def _nearby(first: int, last: int, listed: Ints, their_units: Ints, hint: int) -> tuple[int, int]:
    """Which of a word's places are looked at: all, or as many as may be around a window."""
    if last - first <= POSTINGS:
        return first, last
    low, high = first, last
    while low < high:
        middle = (low + high) // 2
        if their_units[listed[middle]] < hint - 1:
            low = middle + 1
        else:
            high = middle
    begin = max(first, min(low - POSTINGS // 2, last - POSTINGS))
    return begin, begin + POSTINGS


@njit(cache=True)
def _postings(others: Ints, size: int) -> tuple[Ints, Ints]:
    """Where the places of each word begin in a list of places, and that list."""
    firsts = np.zeros(size + 1, np.int64)
    for k in range(len(others)):
        firsts[others[k] + 1] += 1
    firsts = np.cumsum(firsts)
    listed, at = np.empty(len(others), np.int64), firsts[:-1].copy()
    for k in range(len(others)):
        listed[at[others[k]]] = k
        at[others[k]] += 1
    return firsts, listed


@njit(cache=True)
def _best(
    words: Ints,
    begin: int,
    end: int,
    mine: Ints,
    firsts: Ints,
    listed: Ints,
    their_units: Ints,
    taken: npt.NDArray[np.bool_],
    score: Floats,
    touched: Ints,
    hint: int,
) -> tuple[int, float]:
    """The window of the other text (a unit and the one before it) that has the most of a unit's words which are not taken, and how much."""
    used, most, best = 0, 0.0, hint
    for k in range(begin, end):
        word = words[k]
        weight = 1.0 / np.sqrt(np.float64(mine[word]))
        last = -1  # a window is counted once for each word
        low, high = _nearby(firsts[word], firsts[word + 1], listed, their_units, hint)
        for p in range(low, high):
            if taken[listed[p]]:
                continue
            unit = their_units[listed[p]]
            for window in range(max(unit, last + 1), unit + 2):
                if score[window] == 0.0:
                    touched[used] = window
                    used += 1
                score[window] += weight
                last = window
    for u in range(used):
        found = score[touched[u]]
        if found > most or (found == most and abs(touched[u] - hint) < abs(best - hint)):
            most, best = found, touched[u]
    for u in range(used):
        score[touched[u]] = 0.0
    return best, most


@njit(cache=True)
def _take(
    words: Ints,
    begin: int,
    end: int,
    window: int,
    firsts: Ints,
    listed: Ints,
    their_units: Ints,
    taken: npt.NDArray[np.bool_],
) -> None:
    """Marks the words of a window that are the counterparts of a unit's, first in that of its two units that has more."""
    have = np.zeros(2, np.int64)
    for k in range(begin, end):
        low, high = _nearby(firsts[words[k]], firsts[words[k] + 1], listed, their_units, window)
        for p in range(low, high):
            if window - 1 <= their_units[listed[p]] <= window and not taken[listed[p]]:
                have[their_units[listed[p]] - window + 1] += 1
    better = window if have[1] > have[0] else window - 1
    for k in range(begin, end):
        low, high = _nearby(firsts[words[k]], firsts[words[k] + 1], listed, their_units, window)
        found = -1
        for p in range(low, high):
            unit = their_units[listed[p]]
            if window - 1 <= unit <= window and not taken[listed[p]]:
                if unit == better:
                    found = p
                    break
                if found < 0:
                    found = p
        if found >= 0:
            taken[listed[found]] = True
