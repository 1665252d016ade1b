"""Numbers and formulas that a rewrite lost, changed, moved or added.

What stands nowhere in the other text is lost or added. What stands there less often (it is scarce) has been taken out where the words
around it follow each other, and what stands there more often has been put where something scarce fits at least as well. What is as
frequent as before has changed places where two places each fit the other's filling better.
"""

from __future__ import annotations

from collections import Counter
from typing import Any, NamedTuple

import numpy as np

from curation.rewrite._guards_formulas import told
from curation.rewrite._guards_holes import Kept
from curation.rewrite._guards_places import counts, fits, grams
from curation.rewrite._guards_streams import DROPPABLE, LONG_SIGN, NUMBER, SIGN, SPELLED, WORD, Stream

PROSE = 8
"""Words of a sentence whose numbers are looked for though it has no counterpart."""
SLOT, BETTER = 0.55, 0.25
"""How well a number fits the place of another one, and how much better than its own, to have changed places."""
EXCHANGED, STEPS, REACH = 0.1, 6, 40
"""How much better each of two fits the other's place, and how many of such places and of words may be from one to the other."""
SCARCE_SLOT = 0.45
"""How well something scarce fits the place of what stands there too often."""
WEIGHTS = {SIGN: 0.35, WORD: 1.0, NUMBER: 0.6, SPELLED: 0.6, DROPPABLE: 0.5}


class Placed(NamedTuple):
    """Things of one kind and where they stand."""

    places: Any
    """(N, 2) from, to, among the words."""
    fillings: Any
    """(N,) what stands there, by number."""


def numbers_of(s: Stream, w: Stream, size: int, kept: Kept) -> dict[str, Any]:
    """How many numbers the rewrite lost, and how many it added or changed."""
    theirs, mine = (np.flatnonzero(text.kinds > WORD) for text in (s, w))
    marks, their_marks = (_marks(text, w.names) for text in (w, s))
    had, has = (np.bincount(text.words[at], minlength=size) for text, at in ((s, theirs), (w, mine)))
    useful = theirs[~kept.dropped[s.units[theirs]] & (s.kinds[theirs] != DROPPABLE)]
    scarce = _counted(s, useful, size) > _counted(w, mine, size) + (marks - their_marks).clip(0)
    often = _counted(w, mine, size) > _counted(s, theirs, size) + (their_marks - marks).clip(0)
    moved = _moved(w, Placed(_one(mine), w.words[mine]), s, Placed(_one(theirs), s.words[theirs]), scarce, often)
    moved &= ~_is_one(w, mine)
    new = ((had == 0) & (their_marks == 0))[w.words[mine]] & (w.kinds[mine] != SPELLED)
    units = s.units[theirs]
    begins = (theirs == 0) | (units != s.units[theirs - 1])  # the number of an item, more often than not
    begins &= kept.sizes[units] < PROSE
    digits = (s.kinds[theirs] == NUMBER) & ~kept.noise[units] & ~begins
    few = (scarce & ((has > 0) | (marks == 0)))[s.words[theirs]]
    gone = ((has == 0) & (marks == 0))[s.words[theirs]] & (kept.covered | (kept.sizes >= PROSE))[units]
    long = np.array([len(name) > 1 for name in w.names], bool)[s.words[theirs]]
    gone |= few & (
        _taken_out(s, w, _one(theirs), size)
        | ~kept.covered[units]
        | long & ~_twice(s.words[theirs], units) & ~kept.again[units]
    )
    return {
        "numbers_lost": len(set(s.words[theirs][gone & digits].tolist())),
        "numbers_added": len(set(w.words[mine][new | moved].tolist())),
    }


def _counted(text: Stream, at: Any, size: int) -> Any:
    """How often each number stands in some places."""
    return np.bincount(text.words[at][~_is_one(text, at)], minlength=size)


def _is_one(text: Stream, at: Any) -> Any:
    """Whether the word `one` stands in each place: in `one can` it is no number."""
    one = text.names.index("1") if "1" in text.names else -1
    return (text.words[at] == one) & (text.kinds[at] == SPELLED)


def _marks(text: Stream, names: list[str]) -> Any:
    """How often each token is the number of an item, heading or reference of a text."""
    return np.array([text.free[name] for name in names], np.int64)


def formulas_of(s: Stream, w: Stream, ids: dict[str, int], kept: Kept) -> dict[str, Any]:
    """How many formulas the rewrite lost, and how many it added or changed."""
    distinct = sorted({run for run in (*s.runs, *w.runs) if run})
    at = {run: n for n, run in enumerate(distinct)}
    there, back = (_amounts(text, distinct) for text in (s, w))
    theirs, mine = (np.array([at.get(run, len(at)) for run in text.runs], np.int64) for text in (s, w))
    long = np.array([len(run) > 1 for run in distinct] + [False], bool)
    units = _units_of(s)
    useful = ~kept.dropped[units]
    scarce, often = there > back, back > there
    once = np.bincount(theirs[useful & ~kept.again[units]], minlength=len(back)) > back
    negative = np.array([len(run) == 2 and run[0] == ord("-") for run in s.runs], bool) & s.plain
    lost = once[theirs] & useful & (negative | ~s.plain & long[theirs] & ~_twice(theirs, units))
    absent = (back[theirs] == 0) & long[theirs] & useful
    there_too = absent.copy()
    absent[absent] = ~told(np.flatnonzero(absent), s, w, ids)
    there_too &= ~absent
    lost = absent | lost & (back[theirs] > 0)
    added = (there[mine] == 0) & long[mine]
    as_good = added.copy()
    added[added] = ~told(np.flatnonzero(added), w, s, ids)
    as_good &= ~added
    added |= ~long[mine] & ~_lettered(s, w, ids)
    gone = ~kept.covered[units] & useful & (long[theirs] | s.plain)
    lost |= (_taken_out(s, w, s.spans, len(ids)) & ~s.plain | gone) & scarce[theirs] & ~there_too
    if len(mine) and len(theirs):
        added |= _moved(w, Placed(w.spans, mine), s, Placed(s.spans, theirs), scarce, often) & ~as_good
    return {"formulas_lost": len(set(theirs[lost].tolist())), "formulas_added": len(set(mine[added].tolist()))}


def _units_of(text: Stream) -> Any:
    """The unit of each formula; the first one in a text without a word."""
    if not len(text.units):
        return np.zeros(len(text.spans), np.int64)
    return text.units[np.minimum(text.spans[:, 0], len(text.units) - 1)]


def _twice(fillings: Any, units: Any) -> Any:
    """Whether each thing stands twice in its sentence: once may be enough."""
    _, of, times = np.unique(
        fillings * (int(units.max(initial=0)) + 1) + units, return_inverse=True, return_counts=True
    )
    return times[of] > 1


def _amounts(text: Stream, runs: list[tuple[int, ...]]) -> Any:
    """How often each run stands in a text, one sign alone in its formulas only; and 0 at the end."""
    inside = Counter(sign for run in text.runs for sign in run)
    whole = counts(text.signs, runs)
    return np.array(
        [inside[run[0]] if len(run) == 1 else n for run, n in zip(runs, whole, strict=True)] + [0], np.int64
    )


def _lettered(s: Stream, w: Stream, ids: dict[str, int]) -> Any:
    """Of each formula of the rewrite whether it is empty, or its first sign stands in a formula of the source or alone in its prose."""
    alone = set(s.words[s.kinds == SIGN].tolist()) | set(s.words[s.kinds > WORD].tolist())
    known = {sign for run in s.runs for sign in run}
    known |= {LONG_SIGN + n for n in alone} | {ord(w.names[n]) for n in alone if len(w.names[n]) == 1}
    return np.array([not run or run[0] in known for run in w.runs], bool)


def _moved(w: Stream, mine: Placed, s: Stream, theirs: Placed, scarce: Any, often: Any) -> Any:
    """Whether what stands in each place of the rewrite belongs elsewhere, or something scarce belongs there."""
    size = len(w.names)
    weights = np.full(size, WEIGHTS[SIGN])
    for stream in (w, s):
        for kind, weight in WEIGHTS.items():
            weights[stream.words[stream.kinds == kind]] = weight
    sure = _said_so(_around(w, mine, size), _around(s, theirs, size))
    suspect = often[mine.fillings]
    own, other, lacking, which = fits(
        w.words,
        mine.places,
        mine.fillings,
        s.words,
        theirs.places,
        theirs.fillings,
        weights,
        sure,
        suspect,
        scarce[theirs.fillings],
    )
    moved = (other >= SLOT) & (own >= 0) & (own < other - BETTER)
    moved |= _exchanged(mine, which, (other >= SLOT) & (own >= 0) & (own < other - EXCHANGED))
    return moved | (suspect & (lacking >= SCARCE_SLOT) & (lacking >= own))


def _exchanged(placed: Placed, which: Any, better: Any) -> Any:
    """Whether what stands in each place, and in one near it, fits the place of the other."""
    found = np.zeros(len(better), bool)
    at = np.flatnonzero(better)
    starts, fillings, others = placed.places[at, 0], placed.fillings[at], which[at]
    for step in range(1, min(STEPS, len(at))):
        pair = (fillings[step:] == others[:-step]) & (fillings[:-step] == others[step:])
        pair &= abs(starts[step:] - starts[:-step]) <= REACH
        found[at[step:][pair]] = found[at[:-step][pair]] = True
    return found


def _around(stream: Stream, placed: Placed, size: int) -> Any:
    """A hash of what stands in each place and two words to each side."""
    words, at = _edged(stream, size), placed.places
    sides = [words[at[:, 0]], words[at[:, 0] + 1], placed.fillings, words[at[:, 1] + 2], words[at[:, 1] + 3]]
    return grams(np.stack(sides, axis=1).ravel(), 5)[::5] if len(at) else np.zeros(0, np.uint64)


def _said_so(keys: Any, others: Any) -> Any:
    """Whether each key stands among the others as often as here."""
    values, amounts = np.unique(others, return_counts=True)
    mine, of, times = np.unique(keys, return_inverse=True, return_counts=True)
    if not len(values) or not len(mine):
        return np.zeros(len(keys), bool)
    at = np.searchsorted(values, mine).clip(0, len(values) - 1)
    return ((values[at] == mine) & (amounts[at] >= times))[of]


def _one(at: Any) -> Any:
    """Places of one word each."""
    return np.stack([at, at + 1], axis=1) if len(at) else np.zeros((0, 2), np.int64)


def _edged(stream: Stream, size: int) -> Any:
    """Words with two marks before and two after them."""
    edge = np.full(2, size, np.int64)
    return np.concatenate([edge, stream.words, edge + 1])


def _taken_out(s: Stream, w: Stream, places: Any, size: int) -> Any:
    """Whether three words around a place of the source follow each other in the rewrite, and nowhere in the source."""
    if not len(places):
        return np.zeros(0, bool)
    a, b = _edged(s, size), _edged(w, size)
    l2, l1, r1, r2 = a[places[:, 0]], a[places[:, 0] + 1], a[places[:, 1] + 2], a[places[:, 1] + 3]
    found = np.zeros(len(places), bool)
    for around in ((l2, l1, r1, r2), (l2, l1, r1), (l1, r1, r2)):
        n = len(around)
        wanted = grams(np.stack(around, axis=1).ravel(), n)[::n]
        found |= np.isin(wanted, grams(b, n)) & ~np.isin(wanted, grams(a, n))
    return found
