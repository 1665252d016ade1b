r"""Whether a text stands on a page, as whoever copied it says: in runs of the page's own words, numbers and signs.

Texts are compared as lists of tokens: words whatever their case, numbers, TeX commands and signs, without what only sets type (dollars,
braces, `\left`, commas), and with one spelling for `×` and `\times`. A token stands if one of the runs of four that it is in stands on the
page. A copy made complete has a few words of its own; it has no number, sign, command or letter of a formula that does not stand, and
leaves none out: where two runs meet that stand a few tokens apart in a sentence of the page, what is between them says nothing of
mathematics.

A short answer (`12`) would stand on nearly every page. It must have its place as well: behind its question and before the next numbered
one, soon behind a word such as `Answer`, or in a list of answers, there behind the number of its question, if that has one.

Left out: words that mean the same, formulas that are equal but written otherwise, and braces: `x^{n+1}` is taken for `x^n+1`. That
a longer answer belongs to its question.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

RUN = 4
"""Tokens of a run; of a shorter text all of them."""
_TOKEN = re.compile(r"\\[A-Za-z]+|\\.|[^\W\d_]+|(?<![\w.)\]}])\.\d+|\d+(?:\.\d+)?|\*\*|[^\s\w]|_", re.DOTALL)
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
_FACTORIAL = re.compile(r"(?:(?<=[\d)}\]])|(?<=(?<![^\W\d_])[^\W\d_]))!")
"""Behind a number, a bracket or a letter that stands alone; behind a word it ends a sentence."""
_ARTICLES = frozenset("aI")
_NUMBERED = re.compile(
    r"^[ \t#>*_\[(-]{0,12}(?:(?:Exercise|Problem|Question|Example|Task|Q)[ \t]{0,3})?(\d{1,3})[.):\]*_]{1,4}(?=\s)",
    re.MULTILINE | re.IGNORECASE,
)
"""What a sheet or a list of answers writes before an entry."""
_SAYS = re.compile(r"^[^\w\n]{0,8}(?:answers?|solutions?|ans)\b|\banswer\b", re.MULTILINE | re.IGNORECASE)
_LISTS = re.compile(
    r"^[^\n]{0,24}\b(?:answers|solutions|answer[ \t]{1,3}keys?)\b(?=[^\n]{0,24}$)", re.MULTILINE | re.IGNORECASE
)
"""A line as short as a heading."""
_MARK, _SAID, _LIST = "\x02", "\x03", "\x04"
_OURS = str.maketrans("", "", "\x02\x03\x04")
_END = re.compile(r"(?<=[.?!:])(?=\s)|\n")
BEHIND = 300
"""Tokens behind a question in which its answer may stand."""
SOON = 40
"""Tokens behind the word `Answer`, or behind the number of an entry, in which a short answer may stand."""
LISTED = 3_000
"""Tokens of a list of answers."""
SKIPPED = 6
"""Tokens between two runs of a page that a copy may have left out; what stands farther apart comes from two places."""
PLACES = 64
"""Places of one run that are looked at."""
TRIED = 8
"""Runs of a question, from its end, that are looked for to find its place: a model may have completed it there."""


class Standing(NamedTuple):
    """Of the tokens of a text: the share that stands, in [0, 1], and how many numbers, signs, commands and letters do not.

    Places at which some are left out count there, too.
    """

    share: float
    astray: int


class Page:
    """The runs of a page, to ask what stands on it."""

    def __init__(self, text: str) -> None:
        self._text = text
        found: list[str] = []
        self._ends = set[int]()  # tokens before which a sentence or a line has ended
        for token in tokens(_END.sub(f" {_MARK} ", text.translate(_OURS))):
            if token == _MARK:
                self._ends.add(len(found))
            else:
                found.append(token)
        self._tokens = found
        self._runs = [{*_runs(found, length)} for length in range(1, RUN)]
        self._at: dict[tuple[str, ...], list[int]] = {}
        for start, run in enumerate(_runs(found, RUN)):
            places = self._at.setdefault(run, [])
            if len(places) < PLACES:
                places.append(start)

    def standing(self, text: str) -> Standing:
        """How much of a text stands on the page; nothing of an empty one."""
        found = tokens(text)
        if not found:
            return Standing(0.0, 0)
        length = min(RUN, len(found))
        known = self._at if length == RUN else self._runs[length - 1]
        runs = _runs(found, length)
        stands = [False] * len(found)
        there, left_out = -1, 0  # the last run that stands
        for start, run in enumerate(runs):
            if run in known:
                stands[start : start + length] = [True] * length
                if start - there == RUN and there >= 0:
                    left_out += self._left_out(runs[there], run)
                there = start
        around = zip(["", *found], found, [*found[1:], ""], stands, strict=False)
        astray = sum(
            mathematical(token) or (token in _ARTICLES and not (before + after).isalpha())
            for before, token, after, there in around
            if not there
        )
        return Standing(sum(stands) / len(found), astray + left_out)

    def _left_out(self, before: tuple[str, ...], after: tuple[str, ...]) -> bool:
        """Whether two runs that follow each other in a text stand apart on the page by a few tokens of mathematics, or by a `not`."""
        ends = {start + RUN for start in self._at.get(before, ())}
        apart = False
        for start in self._at.get(after, ()):
            end = next((end for end in range(start - 1, start - SKIPPED - 1, -1) if end in ends), None)
            if end is None:
                continue
            if self._ends.intersection(range(end, start + 1)) or not _says(self._tokens[end:start]):
                return False
            apart = True
        return apart

    def answers(self, text: str, question: str) -> bool:
        """Whether a short text stands on the page where an answer to a question of the page may stand."""
        wanted = tokens(text)
        return bool(wanted) and self._placed.answers(wanted, tokens(question))

    @cached_property
    def _placed(self) -> _Places:
        return _Places(self._text)


class _Places:
    """The tokens of a page as numbers, with the entries of its lists, to find where texts stand."""

    def __init__(self, text: str) -> None:
        text = text.translate(_OURS)
        labels = [int(found[1]) for found in _NUMBERED.finditer(text)]
        marked = _NUMBERED.sub(f"\n{_MARK}\n", text)
        marked = _SAYS.sub(rf" {_SAID} \g<0>", _LISTS.sub(rf" {_LIST} \g<0>", marked))
        stream = tokens(marked)
        self._ids: dict[str, int] = {}
        self._stream = np.array([self._ids.setdefault(token, len(self._ids)) for token in stream], np.int64)
        marks, said, lists = (self._stream == self._ids.get(mark, -1) for mark in (_MARK, _SAID, _LIST))
        self._entry = np.concatenate([[-1], labels])[np.cumsum(marks)]  # the number of the entry that a token stands in
        self._marks, self._since_mark = marks, _since(marks)
        self._one, self._many = _since(said), _since(lists)

    def answers(self, wanted: list[str], question: list[str]) -> bool:
        """Whether tokens stand where an answer to a question may: behind it, in a list of answers, or soon behind a word that says so."""
        there = self._at(wanted)
        if not there.any():
            return False
        run = min(RUN, len(question))
        last = range(len(question) - run, max(len(question) - run - TRIED, -1), -1)
        end = next((at for start in last if (at := self._at(question[start : start + run])).any()), None)
        behind, labels = np.zeros_like(there), set[int]()
        if end is not None:
            ends = np.zeros_like(end)
            ends[run - 1 :] = end[: len(end) - run + 1]
            since = _since(ends)
            behind = (since > 0) & (since <= BEHIND) & (since < self._since_mark)
            starts = np.flatnonzero(self._at(question[:run]))
            labels = {int(self._entry[at]) for at in starts.tolist() if at and self._marks[at - 1]}
        fits = np.isin(self._entry, [*labels]) if labels else np.ones_like(there)
        listed = (self._many <= LISTED) & (np.minimum(self._since_mark, self._many) <= SOON) & fits
        said = (self._one <= SOON) & (fits | (self._since_mark > self._one))
        return bool((there & (behind | listed | said)).any())

    def _at(self, wanted: list[str]) -> Any:
        """(T,): whether a run of tokens begins at each token of the page."""
        size, count = len(wanted), len(self._stream) - len(wanted) + 1
        at = np.zeros(len(self._stream), bool)
        if count > 0 and size:
            at[:count] = True
            for offset, token in enumerate(wanted):
                at[:count] &= self._stream[offset : offset + count] == self._ids.get(token, -1)
        return at


def _since(marks: Any) -> Any:
    """(T,): how many tokens ago the last mark was, 0 at the mark itself; very many where there was none."""
    places = np.arange(len(marks))
    return places - np.maximum.accumulate(np.where(marks, places, -(10**9)))


def tokens(text: str) -> list[str]:
    """Words in lower case, numbers, commands and signs; `!` where it is a factorial."""
    text = _FACTORIAL.sub(r" \\factorial ", text)
    found = [_SAME.get(token, token) for token in _TOKEN.findall(text)]
    return [token if len(token) == 1 else token.lower() for token in found if token not in _UNSEEN]


def mathematical(token: str) -> bool:
    """Whether a token is a number, a sign, a command, or a letter that stands alone and is no word."""
    return not token.isalpha() or (len(token) == 1 and token not in _ARTICLES)


def _says(skipped: list[str]) -> bool:
    """Whether tokens say something of mathematics, and are no label such as `(a)` or `[1]`, nor marks of emphasis."""
    label = len(skipped) <= 3 and skipped[-1] in (")", "]")
    return not label and any(token == "not" or (mathematical(token) and token not in "*_#|") for token in skipped)


def _runs(found: Sequence[str], length: int) -> list[tuple[str, ...]]:
    return [tuple(found[i : i + length]) for i in range(len(found) - length + 1)]
