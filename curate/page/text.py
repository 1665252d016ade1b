"""Texts of documents as a page may hold them: cut, without what steers a display, and with their formulas told apart.

A text becomes a list of strings and of numbers; a number names a formula of the page (`curate/page/tex.py`). Nothing here is HTML: the
page puts every string into a text node. Left out: formulas that a line break of the text itself has cut, and currency that looks like one.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field

SHOWN = 1_600
"""Characters of a text that a page shows."""
MOST_FORMULA = 600
"""Characters of a formula; a longer one stays as it is written."""
LARGEST = 1e100
"""What is larger is no measurement: no scale is drawn for it."""
Pieces = list[str | int]

_STEERING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")
_MATHS = re.compile(
    rf"\$\$(?P<block>[^$]{{1,{MOST_FORMULA}}})\$\$"
    rf"|\\\[(?P<bracket>[^$]{{1,{MOST_FORMULA}}}?)\\\]"
    rf"|\\\((?P<round>[^$]{{1,{MOST_FORMULA}}}?)\\\)"
    rf"|(?<![\\$\w])\$(?P<inline>[^\s$](?:[^$\n]{{0,{MOST_FORMULA - 2}}}[^\s$\\])?)\$(?![\w$])"
)


def visible(text: str) -> str:
    """The text with characters that would steer a display written out: `\\u202e` as [U+202E], and so NUL and unpaired surrogates."""
    return _STEERING.sub(lambda found: f"[U+{ord(found[0]):04X}]", text.replace("\r\n", "\n"))


def cut(text: str, most: int = SHOWN) -> str:
    """The beginning of a text, visible."""
    return visible(text[:most])


def short(text: str, most: int) -> str:
    """The beginning of a text, visible, at most so many characters as it is shown; a sign says that more was there."""
    shown = visible(text[: most + 1])
    return shown if len(shown) <= most else f"{shown[: most - 1]}…"


def rounded(value: float, digits: int) -> float:
    """A finite number with so many significant digits; as it is where that would make it infinite."""
    short = float(f"{value:.{digits}g}")
    return short if math.isfinite(short) else value


@dataclass
class Formulas:
    """The formulas of a page, each once, in the order in which they were met."""

    known: dict[tuple[str, bool], int] = field(default_factory=dict)

    def pieces(self, text: str) -> Pieces:
        """A visible text as strings and numbers of formulas."""
        found: Pieces = []
        end = 0
        for match in _MATHS.finditer(text):
            kind = str(match.lastgroup)
            number = self.known.setdefault((match[kind].strip(), kind in ("block", "bracket")), len(self.known))
            found += [text[end : match.start()], number]
            end = match.end()
        return [piece for piece in (*found, text[end:]) if piece != ""]
