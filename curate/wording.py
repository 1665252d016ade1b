"""What a rewrite took out of a text and put in, word by word, in a time that no text can stretch.

The longest common subsequence of words by bit-vectors (Hyyro 2004, "Bit-parallel LCS-length computation revisited"): one addition of long
integers for each word, n words of n bits in all. difflib takes minutes for some texts of four thousand characters that repeat two words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import groupby, islice

_WORD = re.compile(r"\s+|[^\W_]+|.", re.DOTALL)
Run = tuple[str, str]
"""` `, `-` or `+`, and a text."""


def words(before: str, after: str, most: int | None = None) -> tuple[list[Run], float]:
    """Runs that spell both texts, and the share of all words that is common to both, in [0, 1]. most: words of each that are looked at."""
    old, new = ([found[0] for found in islice(_WORD.finditer(text), most)] for text in (before, after))
    signs = list(_aligned(old, new))
    common = sum(sign == " " for sign, _ in signs)
    runs = [(sign, "".join(text for _, text in some)) for sign, some in groupby(signs, key=lambda one: one[0])]
    return _joined(runs), 2 * common / max(1, len(old) + len(new))


def _aligned(old: Sequence[str], new: Sequence[str]) -> list[Run]:
    """Every word with its sign; of those that stand in one place, what went comes before what came."""
    rows = _rows(old, new)
    found: list[Run] = []
    row, column = len(old), len(new)
    while row and column:
        if rows[row] >> (column - 1) & 1:
            column -= 1
            found.append(("+", new[column]))
        elif rows[row - 1] >> (column - 1) & 1:
            row, column = row - 1, column - 1
            found.append((" ", old[row]))
        else:
            row -= 1
            found.append(("-", old[row]))
    found += [("+", word) for word in reversed(new[:column])] + [("-", word) for word in reversed(old[:row])]
    found.reverse()
    return [one for kept, some in groupby(found, key=lambda one: one[0] == " ") for one in _ordered(kept, list(some))]


def _ordered(kept: bool, some: list[Run]) -> list[Run]:
    return some if kept else sorted(some, key=lambda one: one[0] == "+")


def _rows(old: Sequence[str], new: Sequence[str]) -> list[int]:
    """For each number of words of `old`, the places of `new` at which their common subsequence does not grow, as bits."""
    where: dict[str, int] = {}
    for place, word in enumerate(new):
        where[word] = where.get(word, 0) | 1 << place
    every = (1 << len(new)) - 1
    rows = [every]
    for word in old:
        last, same = rows[-1], where.get(word, 0)
        rows.append(((last + (last & same)) | (last & ~same)) & every)
    return rows


def _joined(runs: list[Run]) -> list[Run]:
    """Runs without the blanks that stand alone between two changes: these went and came with the words around them."""
    parts: list[Run] = []
    for place, (sign, text) in enumerate(runs):
        lonely = sign == " " and not text.strip() and 0 < place < len(runs) - 1
        parts += [("-", text), ("+", text)] if lonely else [(sign, text)]
    found: list[Run] = []
    for kept, some in groupby(parts, key=lambda one: one[0] == " "):
        both = list(some)
        for sign in (" ",) if kept else ("-", "+"):
            if text := "".join(text for one, text in both if one == sign):
                found.append((sign, text))
    return found


def shortened(runs: Sequence[Run], around: int = 160) -> Iterator[Run]:
    """The same without the middles of what did not change."""
    for sign, text in runs:
        is_long = sign == " " and len(text) > 2 * around + 20
        yield sign, f"{text[:around]} […] {text[-around:]}" if is_long else text
