"""The words of a clause: numbers, text in single quotes, columns in double quotes or bare, keywords and signs."""

from __future__ import annotations

import re
from typing import NamedTuple

from curate.clause_values import KEYWORDS
from curate.errors import CurateError

_TOKEN = re.compile(
    r"""[ \t\r\n]*(?:
    (?P<number>(?:[0-9][0-9_]*(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)(?![A-Za-z0-9_.])
  | (?P<text>'(?:[^']|'')*')
  | (?P<column>"(?:[^"]|"")*")
  | (?P<word>[A-Za-z_][A-Za-z0-9_]*)
  | (?P<sign>==|!=|<>|<=|>=|[=<>+\-*/(),])
  | (?P<end>$))""",
    re.VERBOSE,
)
_SAME = {"==": "=", "<>": "!="}


class Token(NamedTuple):
    """One word of a clause: what sort it is, its text (keywords in lower case), and its place from 1."""

    sort: str
    text: str
    place: int


def tokens_of(text: str) -> list[Token]:
    """All words of a clause and one `end`. CurateError at the first character that begins none."""
    tokens: list[Token] = []
    place = 0
    while not tokens or tokens[-1].sort != "end":
        match = _TOKEN.match(text, place)
        if match is None:
            raise _stray(text, place)
        sort = str(match.lastgroup)
        word = match[sort]
        if sort == "word" and word.lower() in KEYWORDS:
            sort, word = "sign", word.lower()
        tokens.append(
            Token(sort, _SAME.get(word, word) if sort == "sign" else word, match.start(match.lastgroup or 0) + 1)
        )
        place = match.end()
    return tokens


def _stray(text: str, place: int) -> CurateError:
    rest = text[place:].lstrip(" \t\r\n")
    at = len(text) - len(rest) + 1
    if rest[0] in "'\"":
        return CurateError(f"the quote at character {at} is never closed; double a quote inside text: 'it''s'")
    if rest[0] in "0123456789.":
        return CurateError(f"{rest.split()[0][:20]!r} at character {at} is not a number; write it out, e.g. 2000000")
    return CurateError(f"{rest[0]!r} at character {at} has no meaning in a clause; text stands in 'single quotes'")
