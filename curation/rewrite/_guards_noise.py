"""Which units of a page are noise: lines by what they say, short lines around a date, and rows of page numbers."""

from __future__ import annotations

from typing import Any

import numpy as np

from curation.rewrite._guards_phrases import is_noise
from curation.rewrite._guards_streams import DROPPABLE, SIGN, Stream

LABEL, BLOCK = 12, 12
"""Words of a line that is no sentence, and such lines to each side of a date that are about it: what a page says of itself."""


def noise_of(s: Stream) -> Any:
    """Whether each unit of the source is noise."""
    count = len(s.lines)
    has_formula = np.zeros(count, bool)
    for start, end in s.spans[~s.plain].tolist():
        has_formula[s.units[start:end]] = True
    totals = np.bincount(s.units, minlength=count)
    lines = zip(s.lines, totals.tolist(), has_formula.tolist(), strict=True)
    found = np.array([is_noise(line, words, formula) for line, words, formula in lines], bool)
    return found | _dated(s) | _menu(s, totals)


def _dated(s: Stream) -> Any:
    """Whether each unit stands in a block of short lines, none of them a sentence, with a line that is mostly date."""
    count = len(s.lines)
    totals = np.bincount(s.units[s.kinds != SIGN], minlength=count)
    dates = np.bincount(s.units[s.kinds == DROPPABLE], minlength=count)
    label = (totals <= LABEL) & np.array([not line.rstrip().endswith((".", "!", "?", ":")) for line in s.lines], bool)
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
    names = np.array([int(n) if n.isdecimal() and len(n) < 9 else -9 for n in s.names], np.int64)
    said = names[s.words] if len(s.words) else s.words
    up = np.zeros(len(said), bool)
    up[1:] = (said[1:] == said[:-1] + 1) & (said[:-1] >= 0) & (s.units[1:] == s.units[:-1])
    steps = np.bincount(s.units[up], minlength=count)
    return (steps >= 8) & (steps >= 0.6 * totals)
