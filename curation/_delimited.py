r"""Where the delimited formulas and mathematical environments of a text are, as a model's page or reply writes them: long ones, too.

Finding formulas in all pages is native work with shorter bounds (`curation._formulas`); this is for texts that are asked about or judged.
"""

from __future__ import annotations

import re
from typing import NamedTuple

LONGEST_INLINE, LONGEST_DISPLAY = 600, 6_000
"""Characters of a formula between single dollars or round delimiters, and of any other."""
_DELIMITER = re.compile(
    r"\$\$|\$|\\\(|\\\)|\\\[|\\\]|\\\\|\\\$|\\(begin|end)\{(?:math|displaymath|equation|align|alignat|aligned|gather|gathered|multline|eqnarray|split|cases|array"
    r"|[a-zA-Z]?matrix|tikzcd)\*?\}"
)
_CLOSERS = {"$$": "$$", "$": "$", r"\(": r"\)", r"\[": r"\]"}


class Span(NamedTuple):
    """Where a formula stands, delimiters included, and where what is between them does."""

    start: int
    end: int
    inner: int
    last: int


def formulas_in(text: str) -> list[Span]:
    """Delimited formulas and environments, in order, none inside another; in linear time."""
    marks = [(m.start(), m.end(), m[0], m[1]) for m in _DELIMITER.finditer(text)]
    closed = _closed(marks)
    found: list[Span] = []
    i = 0
    while i < len(marks):
        start, inner, sign, _ = marks[i]
        at = closed[i]
        i += 1
        if at < 0:
            continue
        last, end = marks[at][0], marks[at][1]
        most = LONGEST_INLINE if sign in ("$", r"\(") else LONGEST_DISPLAY
        if 0 < last - inner <= most and (sign != "$" or _is_inline(text, inner, last)):
            found.append(Span(start, end, inner, last))
            i = at + 1
    return found


def _closed(marks: list[tuple[int, int, str, str | None]]) -> list[int]:
    """For each delimiter the one that closes it, -1 if none does; environments nest."""
    found, open_ = [-1] * len(marks), list[int]()
    following: dict[str, int] = {}
    for i, (_, _, _, kind) in enumerate(marks):
        if kind == "begin":
            open_.append(i)
        elif kind == "end" and open_:
            found[open_.pop()] = i
    for i in range(len(marks) - 1, -1, -1):
        _, _, sign, kind = marks[i]
        if kind is None:
            found[i] = following.get(_CLOSERS.get(sign, ""), -1)
            following[sign] = i
    return found


def _is_inline(text: str, inner: int, last: int) -> bool:
    return not text[inner].isspace() and not text[last - 1].isspace() and text.find("\n\n", inner, last) < 0
