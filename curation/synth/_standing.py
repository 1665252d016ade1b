r"""Whether a text stands on a page, as whoever copied it says: in runs of the page's own words, numbers and signs.

Texts are compared as lists of tokens: words whatever their case, numbers, TeX commands and signs, without what only sets type (dollars,
braces, `\left`, commas), and with one spelling for `×` and `\times`. A token stands if one of the runs of four that it is in stands on the
page. A copy made complete has a few words of its own; it has no number, sign, command or letter of a formula that does not stand.

Left out: words that mean the same, and formulas that are equal but written otherwise. A short answer (`12`) stands wherever the page has
such a number outside the question, be it the number of an exercise.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

RUN = 4
"""Tokens of a run; of a shorter text all of them."""
_TOKEN = re.compile(r"\\[A-Za-z]+|\\.|[^\W\d_]+|\d+(?:\.\d+)?|\*\*|[^\s\w]|_", re.DOTALL)
_UNSEEN = frozenset(
    r""". , ; : ? ! ' " ` $ { } & ~ ** ’ ‘ “ ” \\ \( \) \[ \] \{ \} \, \; \: \! \left \right \displaystyle \textstyle \quad \qquad \text
    \mathrm""".split()
) | frozenset("\u200b\u00a0\x00")
_SAME = {
    **dict.fromkeys(("×", "·", "⋅", "∗", r"\times", r"\cdot", r"\ast"), "*"), **dict.fromkeys(("−", "–"), "-"),
    **dict.fromkeys(("÷", r"\div"), "/"), **dict.fromkeys(("≤", r"\leq", r"\leqslant"), r"\le"), "<": r"\lt", ">": r"\gt",
    **dict.fromkeys(("≥", r"\geq", r"\geqslant"), r"\ge"), **dict.fromkeys(("≠", r"\neq"), r"\ne"), "π": r"\pi",
    r"\dfrac": r"\frac", r"\tfrac": r"\frac",
}  # fmt: skip
_ARTICLES = frozenset("aI")


class Standing(NamedTuple):
    """Of the tokens of a text: the share that stands, in [0, 1], and how many numbers, signs, commands and letters do not."""

    share: float
    astray: int


class Page:
    """The runs of a page, to ask what stands on it."""

    def __init__(self, text: str) -> None:
        found = tokens(text)
        self._runs = [{*_runs(found, length)} for length in range(1, RUN + 1)]
        self._joined = _joined(found)

    def standing(self, text: str) -> Standing:
        """How much of a text stands on the page; nothing of an empty one."""
        found = tokens(text)
        if not found:
            return Standing(0.0, 0)
        length = min(RUN, len(found))
        stands = [False] * len(found)
        for start, run in enumerate(_runs(found, length)):
            if run in self._runs[length - 1]:
                stands[start : start + length] = [True] * length
        astray = sum(1 for token, there in zip(found, stands, strict=True) if not there and mathematical(token))
        return Standing(sum(stands) / len(found), astray)

    def beside(self, text: str, other: str) -> bool:
        """Whether a text stands on the page more often than in another text, which is of the page itself."""
        wanted = _joined(tokens(text))
        return bool(wanted) and self._joined.count(wanted) > _joined(tokens(other)).count(wanted)


def tokens(text: str) -> list[str]:
    """Words in lower case, numbers, commands and signs."""
    found = [_SAME.get(token, token) for token in _TOKEN.findall(text)]
    return [token if len(token) == 1 else token.lower() for token in found if token not in _UNSEEN]


def mathematical(token: str) -> bool:
    """Whether a token is a number, a sign, a command, or a letter that stands alone and is no word."""
    return not token.isalpha() or (len(token) == 1 and token not in _ARTICLES)


def _runs(found: Sequence[str], length: int) -> list[tuple[str, ...]]:
    return [tuple(found[i : i + length]) for i in range(len(found) - length + 1)]


def _joined(found: Sequence[str]) -> str:
    return "".join([f"\x01{token}\x02" for token in found])
