"""What a rewrite lost, changed or added, measured on the pair of texts, and the verdict on it by the first guard that fails.

    guard      what it looks at                                                    columns
    refusal    the reply says that it does not do the work                         refusal
    length     words written for each word of the source that is no noise          length_ratio
    language   share of words in sentences that are not English, if the source is  foreign
    loop       runs of words that stand there more often than in the source        loop
    numbers    that are gone, stand nowhere in the source, or changed places       numbers_lost, numbers_added
    formulas   the same of formulas                                                formulas_lost, formulas_added
    hole       longest part of the source of which nothing came back               hole (share), hole_words, options_lost
    answer     statements of an answer that the source does not make               answers_added
    meta       it speaks of itself: `Here is ...`, `Note: I removed ...`           meta
    invented   longest part of the rewrite that has nothing in the source; links,
               tags, tokens of a chat and sentences without a word of it           added_words, strange

Numbers and formulas are compared after both texts are brought to one form (`_guards_text.py`), and judged where they stand
(`_guards_places.py`): a number whose neighbours have another number in the source has been changed, though it stands elsewhere in it.
Noise may go, with its numbers: lines by what they say (`_guards_phrases.py`), short lines around a date, and rows of page
numbers. A sentence has gone if its words stand nowhere together, or nearly all of them stand there less often than in the source.
Options of a question keep their letters and their numbers.

Left out: facts that are told in words alone (a `not` that is gone), single letters that are exchanged where the other one would fit
as well, and arithmetic.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import polars as pl

from curation.rewrite._guards_edges import said
from curation.rewrite._guards_phrases import invented, is_noise, options_lost
from curation.rewrite._guards_text import DROPPABLE, NUMBER, SIGN, SPELLED, STOPS, WORD, Text, read, tidy

FAITHFUL = "faithful"
SCHEMA: dict[str, type[pl.DataType]] = {
    "refusal": pl.Boolean, "meta": pl.Boolean, "length_ratio": pl.Float64, "foreign": pl.Float64, "loop": pl.UInt32,
    "numbers_lost": pl.UInt32, "numbers_added": pl.UInt32, "formulas_lost": pl.UInt32, "formulas_added": pl.UInt32,
    "hole": pl.Float64, "hole_words": pl.UInt32, "options_lost": pl.UInt32, "answers_added": pl.UInt32, "added_words": pl.UInt32,
    "strange": pl.UInt32,
}  # fmt: skip
GUARDS = ("refusal", "length", "language", "loop", "numbers", "formulas", "hole", "answer", "meta", "invented")
OUT_OF_PROPORTION = 4
"""A text so many times as long as its source, and `LONG_REPLY` characters more, is not looked at further: it is too long."""
LONG_REPLY = 20_000
LABEL, BLOCK = 12, 12
"""Words of a line that is no sentence, and such lines to each side of a date that are about it: what a page says of itself."""
GRAM = 8
"""Words of a run that is counted as a repetition."""
COVERED = 0.5
"""Share of a sentence's words that a counterpart has."""
SCARCE, HALF_THERE, SENTENCE = 0.95, 0.75, 5
"""A sentence of five words or more has gone if so much of it is said less often, though other sentences together say the rest."""
PROSE = 8
"""Words of a sentence whose numbers are looked for though it has no counterpart."""
SLOT, BETTER = 0.55, 0.25
"""How well a number fits the place of another one, and how much better than its own, to have changed places."""
WEIGHTS = {SIGN: 0.35, WORD: 1.0, NUMBER: 0.6, SPELLED: 0.6, DROPPABLE: 0.5}


def measured(source: pl.Series, written: pl.Series, *, adds: bool = False) -> pl.DataFrame:
    """The measures of the guards, one row for each pair; null where `written` is null. adds: a text may say more than its source."""
    rows = [None if w is None else _measures(s or "", w, adds) for s, w in zip(source, written, strict=True)]
    nothing = dict.fromkeys(SCHEMA)
    return pl.DataFrame([row or nothing for row in rows], schema=SCHEMA, orient="row")


def verdicts(
    measures: pl.DataFrame,
    *,
    shortest: float = 0.5,
    longest: float = 1.6,
    foreign: float = 0.0,
    loop: int = 10,
    hole_words: int = 12,
    added_words: int = 30,
) -> pl.Series:
    """`faithful`, or the name of the first guard that failed; null where nothing was written."""
    fails = {
        "refusal": pl.col("refusal"),
        "length": ~pl.col("length_ratio").is_between(shortest, longest),
        "language": pl.col("foreign") > foreign,
        "loop": pl.col("loop") >= loop,
        "numbers": pl.col("numbers_lost") + pl.col("numbers_added") > 0,
        "formulas": pl.col("formulas_lost") + pl.col("formulas_added") > 0,
        "hole": (pl.col("hole_words") >= hole_words) | (pl.col("options_lost") > 0),
        "answer": pl.col("answers_added") > 0,
        "meta": pl.col("meta"),
        "invented": (pl.col("added_words") >= added_words) | (pl.col("strange") > 0),
    }
    verdict = pl.coalesce(*(pl.when(failed).then(pl.lit(name)) for name, failed in fails.items()), pl.lit(FAITHFUL))
    return measures.select(pl.when(pl.col("refusal").is_not_null()).then(verdict).alias("verdict")).to_series()


class Stream(NamedTuple):
    """A text with its streams as arrays."""

    text: Text
    words: Any
    kinds: Any
    units: Any
    signs: Any
    names: list[str]
    """Of each id the token."""

    @classmethod
    def of(cls, text: Text, ids: dict[str, int]) -> Stream:
        words, kinds, units, signs = (
            np.array(some, np.int64) for some in (text.words, text.kinds, text.units, text.signs)
        )
        return cls(text, words, kinds, units, signs, list(ids))

    @property
    def spans(self) -> Any:
        """(F, 2): where formulas stand among the words."""
        return np.array([f[:2] for f in self.text.formulas], np.int64).reshape(-1, 2)

    @property
    def runs(self) -> list[tuple[int, ...]]:
        """The signs of each formula."""
        return [tuple(self.text.signs[f[2] : f[3]]) for f in self.text.formulas]


def _measures(source: str, written: str, adds: bool) -> dict[str, Any]:
    row: dict[str, Any] = said(written, source, adds)._asdict()
    if len(written) > OUT_OF_PROPORTION * len(source) + LONG_REPLY:
        return (
            row | {name: 0 for name in SCHEMA if name not in row} | {"length_ratio": len(written) / max(len(source), 1)}
        )
    ids: dict[str, int] = {}
    s, w = Stream.of(read(source, ids), ids), Stream.of(read(written, ids), ids)
    kept = _kept(s, w, len(ids))
    return (
        row
        | kept.row
        | _language(s, w, ids)
        | _numbers(s, w, ids, kept)
        | _formulas(s, w, ids, kept)
        | {
            "answers_added": invented(*(tidy(text.replace("\\boxed{", " answer: {")) for text in (written, source))),
            "options_lost": options_lost(source, written),
        }
    )


class Kept(NamedTuple):
    """What came back: measures, and of each unit of the source whether it is noise, whether it has a counterpart, and how many words."""

    row: dict[str, Any]
    noise: Any
    covered: Any
    sizes: Any


def _kept(s: Stream, w: Stream, size: int) -> Kept:
    from curation.rewrite._guards_places import covered, repeats

    said = [(t.words[t.kinds != SIGN], t.units[t.kinds != SIGN]) for t in (s, w)]
    counts = [len(t.text.lines) for t in (s, w)]
    shares, sizes = covered(*said[0], counts[0], *said[1], counts[1], size)
    back, back_sizes = covered(*said[1], counts[1], *said[0], counts[0], size)
    totals, noise = np.bincount(s.units, minlength=counts[0]), _noise(s)
    there = (shares >= COVERED) & ((shares >= HALF_THERE) | (_scarce(s, w, size) < SCARCE) | (sizes < SENTENCE))
    hole = _longest(sizes, ~there & ~noise, noise & ~there)
    added = _longest(back_sizes, back < COVERED, back_sizes < 2)
    useful = int(totals[~noise].sum())
    ratio = len(w.words) / useful if len(w.words) < useful else max(len(w.words) / max(len(s.words), 1), 1.0)
    row = {
        "length_ratio": ratio, "loop": repeats(w.words, s.words, GRAM),
        "hole": hole / max(int(sizes[~noise].sum()), 1), "hole_words": hole, "added_words": added,
    }  # fmt: skip
    return Kept(row, noise, there, sizes)


def _scarce(s: Stream, w: Stream, size: int) -> Any:
    """Of each unit of the source the share of its words, rare ones first, that are said less often in the rewrite."""
    count, says = len(s.text.lines), s.kinds != SIGN
    had, has = np.bincount(s.words, minlength=size), np.bincount(w.words, minlength=size)
    words, units = s.words[says], s.units[says]
    weights = 1 / np.sqrt(had[words])
    total = np.bincount(units, weights=weights, minlength=count)
    return np.bincount(units, weights=weights * (has < had)[words], minlength=count) / np.maximum(total, 1e-9)


def _noise(s: Stream) -> Any:
    """Whether each unit of the source is noise."""
    count = len(s.text.lines)
    has_formula = np.zeros(count, bool)
    for (start, end, _, _), plain in zip(s.text.formulas, s.text.plain, strict=True):
        if not plain and end > start:
            has_formula[s.units[start:end]] = True
    totals = np.bincount(s.units, minlength=count)
    lines = zip(s.text.lines, totals.tolist(), has_formula.tolist(), strict=True)
    noise = np.array([is_noise(line, words, formula) for line, words, formula in lines], bool)
    return noise | _dated(s, totals) | _menu(s, totals)


def _dated(s: Stream, totals: Any) -> Any:
    """Whether each unit stands in a block of short lines, none of them a sentence, with a line that is mostly date."""
    count = len(totals)
    dates = np.bincount(s.units[s.kinds == DROPPABLE], minlength=count)
    label = (totals <= LABEL) & np.array(
        [not line.rstrip().endswith((".", "!", "?", ":")) for line in s.text.lines], bool
    )
    dated = label & (dates >= 3)
    near = np.zeros(count, bool)
    for at in np.flatnonzero(dated).tolist():
        for step in (-1, 1):
            for one in range(at, max(-1, min(count, at + step * BLOCK)), step):
                if not label[one]:
                    break
                near[one] = True
    return near


def _menu(s: Stream, totals: Any) -> Any:
    """Whether each unit is a row of numbers that count up by one, which leads to other pages."""
    count = len(totals)
    names = np.array([int(n) if n.isdigit() and len(n) < 9 else -9 for n in s.names], np.int64)
    said = names[s.words] if len(s.words) else s.words
    up = np.zeros(len(said), bool)
    up[1:] = (said[1:] == said[:-1] + 1) & (said[:-1] >= 0) & (s.units[1:] == s.units[:-1])
    steps = np.bincount(s.units[up], minlength=count)
    return (steps >= 8) & (steps >= 0.6 * totals)


def _longest(sizes: Any, missing: Any, neither: Any) -> int:
    """Words of the longest run of units that are missing; those that are neither missing nor there do not end it."""
    most = run = 0
    for size, gone, skipped in zip(sizes.tolist(), missing.tolist(), neither.tolist(), strict=True):
        run = run + size if gone else run if skipped else 0
        most = max(most, run)
    return most


def _language(s: Stream, w: Stream, ids: dict[str, int]) -> dict[str, Any]:
    """Share of the written words of letters in units that are not in English, nor in the words of the source."""
    names = list(ids)
    word = np.array([name.isalpha() and len(name) > 1 for name in names] + [False], bool)
    stop = np.array([name in STOPS for name in names] + [False], bool)
    known = np.zeros(len(names) + 1, bool)
    known[s.words] = True
    if word[s.words].sum() >= 20 and stop[s.words].sum() < 0.08 * word[s.words].sum():
        return {"foreign": 0.0}
    count = len(w.text.lines)
    of, each = w.units[word[w.words]], w.words[word[w.words]]
    lengths = np.array([*map(len, names), 0], np.int64)
    latin = np.array(
        [not name.isalpha() or ord(name[0]) < 0x250 or "\u1e00" <= name[0] < "\u2000" for name in names] + [True], bool
    )
    total, letters = np.bincount(of, minlength=count), np.bincount(of, weights=lengths[each], minlength=count)
    new = np.bincount(of, weights=~known[each], minlength=count)
    english = np.bincount(of, weights=stop[each], minlength=count)
    other = np.bincount(of, weights=lengths[each] * (~latin[each] & ~known[each]), minlength=count)
    foreign = ((total >= 5) & (english < 0.1 * total) & (new > 0.6 * total)) | ((other >= 4) & (other > 0.3 * letters))
    return {"foreign": float(letters[foreign].sum() / max(letters.sum(), 1))}


def _numbers(s: Stream, w: Stream, ids: dict[str, int], kept: Kept) -> dict[str, Any]:
    names = list(ids)
    free = {ids[n] for n in (*s.text.free,) if n in ids}
    had, has = (
        set(s.words[s.kinds > WORD].tolist()) | free,
        set(w.words[w.kinds > WORD].tolist()) | {ids[n] for n in w.text.free if n in ids},
    )
    weights = _weights(s, w, len(names))
    theirs = np.flatnonzero(s.kinds > WORD)
    mine = np.flatnonzero(w.kinds > WORD)
    own, other = _fits(w, _places(mine), w.words[mine], s, _places(theirs), s.words[theirs], weights)
    new = np.array([n not in had for n in w.words[mine].tolist()], bool)
    moved = (other >= SLOT) & (own < other - BETTER)
    added = (new & (w.kinds[mine] != SPELLED)) | moved
    prose = kept.covered | (kept.sizes >= PROSE)  # what is dropped as a whole, and is short, is a matter of holes
    required = (s.kinds[theirs] == NUMBER) & ~kept.noise[s.units[theirs]] & prose[s.units[theirs]]
    gone = required & np.array([n not in has for n in s.words[theirs].tolist()], bool)
    begins = (theirs == 0) | (s.units[theirs] != s.units[theirs - 1])  # the number of an item, more often than not
    gone &= ~begins | (kept.sizes[s.units[theirs]] >= PROSE)
    gone |= _taken_out(s, w, _places(theirs), len(ids)) & (s.kinds[theirs] == NUMBER) & ~begins
    return {
        "numbers_lost": len(set(s.words[theirs][gone].tolist())),
        "numbers_added": len(set(w.words[mine][added].tolist())),
    }


def _formulas(s: Stream, w: Stream, ids: dict[str, int], kept: Kept) -> dict[str, Any]:
    from curation.rewrite._guards_places import counts

    runs, written = s.runs, w.runs
    distinct = sorted({run for run in (*runs, *written) if len(run) > 1})
    at = {run: n for n, run in enumerate(distinct)}
    there, back = counts(s.signs, distinct), counts(w.signs, distinct)
    relations = {
        ids[name]
        for name in ("=", "<", ">", "\\leq", "\\geq", "\\approx", "\\equiv", "\\neq", "\\rightarrow", "\\Rightarrow")
        if name in ids
    }
    lost, gone = set(), []
    for run, (start, _, _, _) in zip(runs, s.text.formulas, strict=True):
        if run in at and not back[at[run]] and not (start < len(s.units) and kept.noise[s.units[start]]):
            gone.append(run)
    sides = sorted({side for run in gone for side in _sides(run, relations)})
    found = dict(zip(sides, counts(w.signs, sides), strict=True))
    lost = {
        run
        for run in gone
        if len(_sides(run, relations)) < 2 or not all(found[side] for side in _sides(run, relations))
    }
    spans = s.spans
    if len(spans):
        out = _taken_out(s, w, spans, len(ids))
        lost |= {
            run for run, is_out, plain in zip(runs, out.tolist(), s.text.plain, strict=True) if is_out and not plain
        }
    numbers = set(s.words[s.kinds > WORD].tolist())
    letters = {sign for run in runs for sign in run} | set(s.words[s.kinds == SIGN].tolist())
    added = {
        run
        for run in written
        if (not there[at[run]] if run in at else bool(run) and run[0] not in letters and run[0] not in numbers)
    }
    numbered: dict[tuple[int, ...], int] = {}
    mine = np.array([numbered.setdefault(run, len(numbered)) for run in written], np.int64)
    theirs = np.array([numbered.setdefault(run, len(numbered)) for run in runs], np.int64)
    if len(mine) and len(theirs):
        own, other = _fits(w, w.spans, mine, s, spans, theirs, _weights(s, w, len(ids)))
        moved = (other >= SLOT) & (own >= 0) & (own < other - BETTER)
        added |= {run for run, is_moved in zip(written, moved.tolist(), strict=True) if is_moved}
    return {"formulas_lost": len(lost), "formulas_added": len(added)}


def _sides(run: tuple[int, ...], relations: set[int]) -> list[tuple[int, ...]]:
    """What stands between signs of relation."""
    sides: list[list[int]] = [[]]
    for sign in run:
        if sign in relations:
            sides.append([])
        else:
            sides[-1].append(sign)
    return [tuple(side) for side in sides if side]


def _weights(s: Stream, w: Stream, size: int) -> Any:
    """How much a word says about where it stands."""
    weights = np.full(size, WEIGHTS[SIGN])
    for stream in (w, s):
        for kind, weight in WEIGHTS.items():
            weights[stream.words[stream.kinds == kind]] = weight
    return weights


def _places(at: Any) -> Any:
    return np.stack([at, at + 1], axis=1) if len(at) else np.zeros((0, 2), np.int64)


def _fits(w: Stream, places: Any, fillings: Any, s: Stream, others: Any, theirs: Any, weights: Any) -> tuple[Any, Any]:
    """How well what stands in each place of the rewrite fits the places of its like in the source, and those of others."""
    from curation.rewrite._guards_places import fits, grams

    def keys(stream: Stream, at: Any, filling: Any) -> Any:
        """A hash of what stands there and two words to each side."""
        words = _edged(stream, len(weights))
        sides = [words[at[:, 0]], words[at[:, 0] + 1], filling, words[at[:, 1] + 2], words[at[:, 1] + 3]]
        return grams(np.stack(sides, axis=1).ravel(), 5)[::5]

    sure = (
        np.isin(keys(w, places, fillings), keys(s, others, theirs))
        if len(places) and len(others)
        else np.zeros(len(places), bool)
    )
    made: tuple[Any, Any] = fits(w.words, places, fillings, s.words, others, theirs, weights, sure)
    return made


def _edged(stream: Stream, size: int) -> Any:
    """Words with two marks before and two after them."""
    edge = np.full(2, size, np.int64)
    return np.concatenate([edge, stream.words, edge + 1])


def _taken_out(s: Stream, w: Stream, places: Any, size: int) -> Any:
    """Whether three words around a place of the source follow each other in the rewrite, and nowhere in the source."""
    from curation.rewrite._guards_places import grams

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


def nothing_but_noise(text: str) -> bool:
    """Whether every line of a text is noise."""
    ids: dict[str, int] = {}
    return bool(_noise(Stream.of(read(text, ids), ids)).all())
