"""What of a page came back in its rewrite, how long it is, what was repeated or added, and what is not in English."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from curation.rewrite._guards_noise import noise_of
from curation.rewrite._guards_streams import SIGN, Stream
from curation.rewrite._guards_text import STOPS

GRAM = 8
"""Words of a run that is counted as a repetition."""
REMARK = 20
"""Words of a line of its own, no sentence and without a formula, that counts half if it is gone: it may be noise of no known kind."""
COVERED = 0.5
"""Share of a sentence's words that a counterpart has."""


class Kept(NamedTuple):
    """Measures, and of each unit of the source whether it is noise, noise (or a line of its own) that is gone, has a counterpart, stands
    there twice, and how many words it has."""

    row: dict[str, Any]
    noise: Any
    dropped: Any
    covered: Any
    again: Any
    sizes: Any


def kept_of(s: Stream, w: Stream, size: int) -> Kept:
    """What of a source came back. s, w: source and rewrite. size: how many different tokens the two have."""
    from curation.rewrite._guards_places import covered, repeats

    said = [_content(text) for text in (s, w)]
    counts = [len(t.lines) for t in (s, w)]
    shares, own, _ = covered(*said[0], counts[0], *said[1], counts[1], size)
    back, _, _ = covered(*said[1], counts[1], *said[0], counts[0], size)
    sizes, back_sizes = (
        np.bincount(t.units[t.kinds != SIGN], minlength=n) for t, n in zip((s, w), counts, strict=True)
    )
    totals, noise = np.bincount(s.units, minlength=counts[0]), noise_of(s)
    again = _again(*said[0], counts[0])
    there = (own >= COVERED) | (again & (shares >= COVERED))
    lone = _lone(s)
    sentence = np.array([line.rstrip().endswith((".", "!", "?")) for line in s.lines], bool)
    told_less = np.where(lone & ~sentence & (totals <= REMARK), sizes // 2, sizes)
    hole = _longest(told_less, ~there & ~noise, noise & ~there)
    added = _longest(back_sizes, back < COVERED, back_sizes < 2)
    useful = int(totals[~noise].sum())
    ratio = len(w.words) / useful if len(w.words) < useful else max(len(w.words) / max(len(s.words), 1), 1.0)
    row = {
        "length_ratio": ratio, "loop": repeats(w.words, s.words, GRAM),
        "hole": hole / max(int(sizes[~noise].sum()), 1), "hole_words": hole, "added_words": added,
    }  # fmt: skip
    return Kept(row, noise, (noise | lone) & ~there, there, again, sizes)


def _content(text: Stream) -> tuple[Any, Any]:
    """Words and signs without those that say little, and their units."""
    telling = np.array([name not in STOPS for name in text.names], bool)[text.words]
    return text.words[telling], text.units[telling]


def _lone(text: Stream) -> Any:
    """Whether each unit is a line of its own, without a formula."""
    begins = np.array([True, *(line.endswith("\n") for line in text.lines[:-1])], bool)
    begins |= np.array([line.lstrip(" \t").startswith("\n") for line in text.lines], bool)
    lone = begins & np.append(begins[1:], True)
    for start, end in text.spans[~text.plain].tolist():
        lone[text.units[start:end]] = False
    return lone


def _again(words: Any, units: Any, count: int) -> Any:
    """Whether each unit has the same words as another one."""
    sums = np.zeros(count, np.uint64)
    mixed = (words.astype(np.uint64) + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
    np.add.at(sums, units, mixed ^ (mixed >> np.uint64(29)))
    _, of, times = np.unique(sums, return_inverse=True, return_counts=True)
    return times[of] > 1


def _longest(sizes: Any, missing: Any, neither: Any) -> int:
    """Words of the longest run of units that are missing; those that are neither missing nor there do not end it."""
    most = run = 0
    for size, gone, skipped in zip(sizes.tolist(), missing.tolist(), neither.tolist(), strict=True):
        run = run + size if gone else run if skipped else 0
        most = max(most, run)
    return most


def language_of(s: Stream, w: Stream, ids: dict[str, int]) -> dict[str, Any]:
    """Share of the letters written in units that are not in English, nor in words of the source; 0 where the source itself is not."""
    names = list(ids)
    word = np.array([name.isalpha() and len(name) > 1 for name in names] + [False], bool)
    stop = np.array([name in STOPS for name in names] + [False], bool)
    known = np.zeros(len(names) + 1, bool)
    known[s.words] = True
    if word[s.words].sum() >= 20 and stop[s.words].sum() < 0.08 * word[s.words].sum():
        return {"foreign": 0.0}
    count = len(w.lines)
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
