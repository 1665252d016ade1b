# ruff: noqa: E501
r"""A text as the guards compare it: units (sentences and lines), words and numbers in order, formulas, and mathematics sign by sign.

Two streams are made of each text, after its mathematics is brought to one form (`_guards_text.py`). `words` holds words (their first
letters, which is a stem of sorts), numbers and the signs of formulas, with what each unit is: it is what places are compared by. `signs`
holds the mathematics of the whole text, prose included, letter by letter, with numbers whole: a formula is kept if its signs stand there
in a row, however it is delimited.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import Any, NamedTuple

import numpy as np

from curation._delimited import formulas_in
from curation.rewrite._guards_text import NUMBER_WORDS, STEM, STOPS, number, tidy

OPEN, CLOSE, SOFT, PLAIN = "\x03", "\x04", "\x02", "\x05"
"""Around a formula, before a number that a rewrite may drop, and in a formula that nothing delimits."""
REMEMBERED = 200_000
"""Tokens whose form is remembered."""
SIGN, WORD, NUMBER, SPELLED, DROPPABLE = 0, 1, 2, 3, 4
"""Kinds of tokens: signs and words that say little, other words, numbers in digits, numbers in words, numbers of dates and counters."""
_MARKER = re.compile(
    r"(?P<formula>\x03[^\x04]*\x04)|^[ \t]*(?:(?:[-*•+>]|#{1,6})[ \t]+)*\**(?:(?:step|part)[ \t]+)?(?:(?:\(?\d{1,3}[.)][ \t]+(?=\d))?\(?\d{1,3}(?:\.\d{1,3})*[.):]+\**(?=\s|$)|\d{1,3}(?:\.\d{1,3})+\**(?=\s+[A-Z])"
    r"|\d{1,2}(?=[ \t]+(?-i:[A-Z]|\x03))|\d{1,2}(?=[ \t]*$))|(?<![\w\])])\[\d{1,3}\]|\bstep[ \t]+\d{1,2}\b",
    re.MULTILINE | re.IGNORECASE,
)
"""Numbers of items, headings, steps and references."""
_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|sept|oct|nov|dec)[a-z]{0,6}\.?"
_SOFT = re.compile(
    r"\b\d{4}-\d\d?-\d\d?\b|\b\d{1,2}:\d\d(?::\d\d)?\b(?:[ \t]*[ap]\.?m\b)?|\b\d{1,2}/\d{1,2}/\d{2,4}\b|(?:©|\(c\)|copyright)[^\n]{0,40}"
    rf"|\b{_MONTH}[ \t]+\d{{1,2}}(?:st|nd|rd|th)?(?:,?[ \t]+\d{{4}})?\b|\b\d{{1,2}}(?:st|nd|rd|th)?[ \t]+{_MONTH}(?:,?[ \t]+\d{{4}})?\b|\b{_MONTH}[ \t]+\d{{4}}\b"
    r"|\b\d[\d.]{0,12}[km]?[ \t]{1,8}(?:comments?|repl(?:y|ies)|views?|votes?|answers?|likes?|shares?|followers?|posts?|points?|reviews?|downloads?|ratings?|stars?|badges?)\b"
    r"|\b\d+[ \t]+(?:seconds?|mins?|minutes?|hours?|days?|weeks?|months?|years?)[ \t]+ago\b|\bpages?[ \t]+\d+(?:[ \t]+of[ \t]+\d+)?\b"
    r"|\b(?:viewed|joined|posted|asked|answered|edited|modified|updated|views|votes|comments|replies|likes|tel|phone|fax|isbn|doi)\b(?:[^\n.]|\.(?=\d)){0,30}(?![\d.]\d)",
    re.IGNORECASE,
)
_OPERAND = r"[(\[|]{0,4}-?(?:\d+(?:\.\d+)?(?:[A-Za-z](?![A-Za-z]))?|\\[A-Za-z]+|(?<![A-Za-z\\])[A-Za-z](?![A-Za-z']))[)\]|]{0,4}"
_OPERATOR = r"(?:[=<>+*/^_-]|\\(?:leq|geq|neq|approx|pm)\b)"
_PLAIN = re.compile(
    rf"{OPEN}[^{CLOSE}]*{CLOSE}|{SOFT}[^\n]|(?P<mark>(?<![\w.\\-])\(?[A-H][).][ \t]+)|(?<![\w.-])(?<![_^] ){_OPERAND}(?:[^\S\n]{{0,2}}{_OPERATOR}[^\S\n]{{0,2}}{_OPERAND}){{1,24}}(?![\w-])|(?<![\w)\].{SOFT}-])-\d+(?:\.\d+)?"
)
_COMMENT = re.compile(r"(?<!\\)%(?=\s)")
_BULLET = re.compile(r"^[ \t]{0,20}(?:(?:[-*•+>]|#{1,6})[ \t]{1,20}){1,3}", re.MULTILINE)
_BOLD = re.compile(
    rf"{OPEN}[^{CLOSE}]*{CLOSE}|(?<![\w*])\*{{1,3}}(?=[\w\\({OPEN}])|(?<=[\w.:)!?,;\\{CLOSE}])\*{{1,3}}(?![\w*])|(?<!\w)__(?=\w)|(?<=[\w.:)])__(?!\w)"
)
"""What Markdown puts before a line and around words."""
_WRAPPED = re.compile(rf"^([^\n]{{30,}}[\w,;){CLOSE}-])[ \t]*\n(?=[ \t]*[a-z({OPEN}])", re.MULTILINE)
"""A long line that goes on in the next one."""
_BETWEEN = re.compile(f"{OPEN}[^{CLOSE}]*{CLOSE}")
_NUMBER = r"(?:\d+(?:\.\d+)?|(?<!\w)\.\d+)"
_DIGITS = re.compile(r"\d+(?:\.\d+)*")
_TOKEN = re.compile(
    rf"[\n{OPEN}{CLOSE}]|{SOFT}\d+(?:\.\d+)?|\\[A-Za-z]+|{_NUMBER}|[^\W\d_]+(?:'[^\W\d_]+)*|[.!?](?=[\"')]*\s+[\"'(]*[A-Z{OPEN}])|(?<=[a-z)\]][a-z)\]][a-z)\]])[.!?](?=\s+\d)|[^\s.,;:!?\"'`()\[\]$\x05]"
)

_LONG_SIGN = re.compile(
    rf"\\[A-Za-z]+|{_NUMBER}|\b(?:{'|'.join(word for word in NUMBER_WORDS if word != 'one')})\b", re.IGNORECASE
)
"""Numbers in words are as good as digits: `4 / 2 = two` is a calculation."""
_NO_SIGN = frozenset(f'.;?"`{OPEN}{CLOSE}{SOFT}{PLAIN}')
LONG_SIGN = 0x110000
"""From here on signs of more than one character are numbered, with the ids of their tokens; others are their code point."""
EDGE = frozenset(map(ord, ",:"))
"""Signs that end no formula."""


class Stream(NamedTuple):
    """Streams of one text; ids are those of a dictionary that both texts of a pair share."""

    words: Any
    kinds: Any
    units: Any
    """(N,) of each word its token, its kind, and the number of its sentence or line."""
    signs: Any
    """(M,) code points, and `LONG_SIGN` more than the id of a token."""
    spans: Any
    bounds: Any
    """(F, 2) where each formula stands: in `words` from, to; in `signs` from, to."""
    plain: Any
    """(F,) of each formula whether nothing delimits it."""
    runs: list[tuple[int, ...]]
    """The signs of each formula."""
    bodies: list[str]
    """Of each formula the text, tidied."""
    lines: list[str]
    """Of each unit the text, tidied."""
    free: Counter[str]
    """Numbers of items, headings and references, and how often each stands there."""
    names: list[str]
    """Of each id so far the token."""


def read(text: str, ids: dict[str, int]) -> Stream:
    """The streams of a text. New tokens enter `ids`."""
    for mark in (OPEN, CLOSE, SOFT, PLAIN):
        text = text.replace(mark, " ")
    text = text.replace("\r", "\n")
    parts, at = [], 0
    for span in formulas_in(text):
        inner = " ".join(_COMMENT.sub(" ", text[span.inner : span.last]).split())
        parts += [text[at : span.start], OPEN, inner, CLOSE]
        at = span.end
    tidied = tidy(_BOLD.sub(lambda m: m[0] if m[0][0] == OPEN else "", "".join([*parts, text[at:]])))
    free = Counter(n for m in _MARKER.finditer(tidied) if not m["formula"] for n in _DIGITS.findall(m[0]))
    tidied = _WRAPPED.sub(r"\1 ", tidied)
    tidied = _MARKER.sub(lambda m: m["formula"] or " ", tidied)
    tidied = _BULLET.sub("", tidied)
    tidied = _SOFT.sub(lambda m: _DIGITS.sub(lambda n: SOFT + n[0], m[0]) if OPEN not in m[0] else m[0], tidied)
    tidied = _PLAIN.sub(
        lambda m: m[0] if m[0][0] in (OPEN, SOFT) or m["mark"] else f"{OPEN}{PLAIN}{m[0]}{CLOSE}", tidied
    )
    return _streams(tidied, ids, free)


def _streams(tidied: str, ids: dict[str, int], free: Counter[str]) -> Stream:
    words, kinds, units, starts, lines = _words(tidied, ids)
    signs, places = _signs(tidied, ids)
    between = [found.span() for found in _BETWEEN.finditer(tidied)]
    chars = np.array(between, np.int64).reshape(-1, 2)
    bounds = np.searchsorted(places, chars)
    every = signs.tolist()
    return Stream(
        words,
        kinds,
        units,
        signs,
        np.searchsorted(starts, chars),
        bounds,
        np.array([tidied[start + 1] == PLAIN for start, _ in between], bool),
        [_trimmed(every[first:last]) for first, last in bounds.tolist()],
        [tidied[start + 1 : end - 1].lstrip(PLAIN) for start, end in between],
        lines,
        free,
        list(ids),
    )


def _trimmed(run: list[int]) -> tuple[int, ...]:
    """Signs without stops at their edges."""
    first, last = 0, len(run)
    while first < last and run[first] in EDGE:
        first += 1
    while last > first and run[last - 1] in EDGE:
        last -= 1
    return tuple(run[first:last])


def _words(tidied: str, ids: dict[str, int]) -> tuple[Any, Any, Any, Any, list[str]]:
    """Words with their kinds, units and where they begin, and the text of each unit."""
    words: list[int] = []
    kinds: list[int] = []
    starts: list[int] = []
    ends: list[int] = []
    lines: list[str] = []
    begin, inside = 0, False
    for found in _TOKEN.finditer(tidied):
        token = found[0]
        first = token[0]
        if first in "\n.!?" and len(token) == 1:
            if len(words) > (ends[-1] if ends else 0) and not inside:
                ends.append(len(words))
                lines.append(tidied[begin : found.end()])
                begin = found.end()
        elif first in (OPEN, CLOSE):
            inside = first == OPEN
        else:
            token, kind = _KNOWN.get(token) or _known(token)
            words.append(ids.setdefault(token, len(ids)))
            kinds.append(kind)
            starts.append(found.start())
    lines.append(tidied[begin:])
    units = np.searchsorted(np.array(ends, np.int64), np.arange(len(words)), "right")
    return np.array(words, np.int64), np.array(kinds, np.int64), units, np.array(starts, np.int64), lines


def _signs(tidied: str, ids: dict[str, int]) -> tuple[Any, Any]:
    """Signs of the whole text, and where each begins."""
    codes = np.frombuffer(tidied.encode("utf-32-le", "surrogatepass"), np.uint32).astype(np.int64)
    kept = ~np.isin(codes, [ord(sign) for sign in set(tidied) if sign.isspace() or sign in _NO_SIGN])
    found = [(m.start(), m.end(), ids.setdefault(_long(m[0]), len(ids))) for m in _LONG_SIGN.finditer(tidied)]
    if found:
        first, last, of = np.array(found, np.int64).T
        inside = np.zeros(len(codes) + 1, np.int64)
        np.add.at(inside, first, 1)
        np.add.at(inside, last, -1)
        kept &= np.cumsum(inside[:-1]) == 0
        kept[first] = True
        codes[first] = LONG_SIGN + of
    places = np.flatnonzero(kept)
    return codes[places], places


def _long(sign: str) -> str:
    return NUMBER_WORDS.get(sign.lower()) or number(sign)


_KNOWN: dict[str, tuple[str, int]] = {}


def _known(token: str) -> tuple[str, int]:
    """The form in which a token is compared, and its kind; remembered, as far as memory is bounded."""
    first, lower = token[0], token.lower()
    if first == "\\" or (len(token) == 1 and not first.isdigit()):
        made = (token, SIGN)
    elif first == SOFT:
        made = (token[1:], DROPPABLE)
    elif first.isdigit() or first == ".":
        made = (number(token), NUMBER)
    elif lower in NUMBER_WORDS:
        made = (NUMBER_WORDS[lower], SPELLED)
    else:
        made = (lower[:STEM] if lower not in STOPS else lower, SIGN if lower in STOPS else WORD)
    if len(_KNOWN) < REMEMBERED and len(token) < 40:
        _KNOWN[token] = made
    return made
