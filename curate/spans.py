"""The longest run of words that two texts have in common: what a near duplicate and its partner share, to be shown.

By bisection over the length of the run with a rolling hash, so it takes n log n steps and not n squared; the run that is found is compared
word by word in the end, so that a collision of hashes cannot show what is not there.
"""

from __future__ import annotations

import re

MOST_WORDS = 20_000
"""Words of each text that are looked at."""
_WORD = re.compile(r"\S+")
_MODULUS, _BASE = (1 << 61) - 1, 1_000_003


def common_run(text: str, other: str) -> tuple[int, str]:
    """Number of words of the longest run in both, and that run as it stands in `text`; (0, "") if they share no word."""
    spots = [found.span() for found, _ in zip(_WORD.finditer(text), range(MOST_WORDS), strict=False)]
    words = [text[a:b] for a, b in spots]
    others = [found[0] for found, _ in zip(_WORD.finditer(other), range(MOST_WORDS), strict=False)]
    numbers: dict[str, int] = {}
    mine = [numbers.setdefault(word, len(numbers) + 1) for word in words]
    theirs = [numbers.setdefault(word, len(numbers) + 1) for word in others]
    low, high, start = 0, min(len(mine), len(theirs)), 0
    while low < high:
        middle = (low + high + 1) // 2
        found_at = _shared(mine, theirs, middle)
        if found_at is None:
            high = middle - 1
        else:
            low, start = middle, found_at
    return (low, text[spots[start][0] : spots[start + low - 1][1]]) if low else (0, "")


def _shared(mine: list[int], theirs: list[int], length: int) -> int | None:
    """Where in `mine` the first run of this length begins that `theirs` has too."""
    where: dict[int, list[int]] = {}
    for start, value in enumerate(_rolling(theirs, length)):
        where.setdefault(value, []).append(start)
    for start, value in enumerate(_rolling(mine, length)):
        for other in where.get(value, [])[:4]:
            if mine[start : start + length] == theirs[other : other + length]:
                return start
    return None


def _rolling(numbers: list[int], length: int) -> list[int]:
    """A hash of every run of this length."""
    drop = pow(_BASE, length, _MODULUS)
    value, found = 0, []
    for position, number in enumerate(numbers):
        value = (value * _BASE + number) % _MODULUS
        if position >= length:
            value = (value - numbers[position - length] * drop) % _MODULUS
        if position >= length - 1:
            found.append(value)
    return found
