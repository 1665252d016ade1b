"""Long texts in pieces that a model can rewrite one by one: cut where nothing is torn apart, and together the text byte for byte.

A piece ends, best first, after a blank line, a line, a sentence or a word, in its second half if there is such a place. It never ends
inside a formula, a mathematical environment, or what a reader sees as one character; inside fenced code, a table or an item of a list
only where one of these is longer than a piece, after a line. A formula that is longer than a piece makes a longer one.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Any

import numpy as np

from curation._delimited import formulas_in

BLANK, LINE, SENTENCE, WORD, CHARACTER = 4, 3, 2, 1, 0
"""What ends at a place."""
_ENDS = (
    (re.compile(r"\s"), WORD),
    (re.compile(r"(?<=[.!?])[\"')\]]?[ \t]+(?=[\"'(\[]?[A-Z0-9$\\])"), SENTENCE),
    (re.compile(r"\n"), LINE),
    (re.compile(r"\n[ \t\r]*\n\s{0,1000}"), BLANK),
)
_FENCE = re.compile(r"^[ ]{0,3}(`{3,}|~{3,})", re.MULTILINE)
_TABLE = re.compile(r"(?:^[ \t]*\|[^\n]*(?:\n|\Z))+", re.MULTILINE)
_ITEM = re.compile(r"^[ \t]*(?:[-*+•]|\(?(?:\d{1,3}|[a-zA-Z])[.)])[ \t][^\n]*(?:\n[ \t]+[^\s][^\n]*)*", re.MULTILINE)
_CONTROLS = frozenset("\u200c\u200d\ufe0e\ufe0f")
PREFERENCES = (
    (False, BLANK, True), (False, LINE, True), (False, SENTENCE, True),
    (False, BLANK, False), (False, LINE, False), (False, SENTENCE, False),
    (False, WORD, True), (True, LINE, True), (True, LINE, False), (False, WORD, False), (True, WORD, True), (True, CHARACTER, True),
)  # fmt: skip
"""Whether a place may lie inside code, a table or an item; what ends there; whether it must lie in the second half of a piece."""


def pieces(text: str, limit: int) -> list[str]:
    """The text in pieces of at most `limit` bytes of UTF-8, about equally long, save for a formula or a character that is longer."""
    sizes = _sizes(text)
    total = int(sizes[-1])
    if total <= limit:
        return [text]
    ranks, inside = _places(text)
    at = {
        soft: {rank: np.flatnonzero((ranks >= rank) & (inside <= soft)) for rank in range(BLANK + 1)}
        for soft in (False, True)
    }
    found, start = [], 0
    while start < len(text):
        end = _end(at, sizes, start, limit)
        found.append(text[start:end])
        start = end
    return found


def _end(at: dict[bool, dict[int, Any]], sizes: Any, start: int, limit: int) -> int:
    """Where the piece that begins at `start` ends."""
    rest = int(sizes[-1] - sizes[start])
    if rest <= limit:
        return len(sizes) - 1
    goal = min(limit, rest / -(-rest // limit) * 1.1)  # the last piece is no crumb
    last = int(np.searchsorted(sizes, sizes[start] + goal, "right")) - 1
    middle = int(np.searchsorted(sizes, sizes[start] + goal / 2, "left"))
    for soft, rank, late in PREFERENCES:
        places = at[soft][rank]
        k = int(np.searchsorted(places, last, "right")) - 1
        if k >= 0 and places[k] > (middle if late else start):
            return int(places[k])
    places = at[True][CHARACTER]
    k = int(np.searchsorted(places, last, "right"))
    if k and places[k - 1] > start:
        return int(places[k - 1])
    return int(places[k]) if k < len(places) else len(sizes) - 1


def _sizes(text: str) -> Any:
    """Bytes before each character, and of all (N + 1)."""
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)
    each = 1 + (codes > 0x7F) + (codes > 0x7FF) + (codes > 0xFFFF)
    return np.concatenate([[0], np.cumsum(each, dtype=np.int64)])


def _places(text: str) -> tuple[Any, Any]:
    """For each place what ends there, -1 where nothing may end, and whether it lies inside code, a table or an item."""
    ranks = np.zeros(len(text) + 1, np.int8)
    for pattern, rank in _ENDS:
        ends = [found.end() for found in pattern.finditer(text)]
        ranks[ends] = rank
    inside = np.zeros(len(text) + 1, bool)
    for start, end in _whole(text):
        inside[start + 1 : end] = True
    for span in formulas_in(text):
        ranks[span.start + 1 : span.end] = -1
    ranks[_torn(text)] = -1
    ranks[0] = -1
    return ranks, inside


def _whole(text: str) -> list[tuple[int, int]]:
    """Fenced code, tables and items of lists: from, to."""
    found = [(m.start(), m.end()) for pattern in (_TABLE, _ITEM) for m in pattern.finditer(text)]
    opened: tuple[int, str] | None = None
    for fence in _FENCE.finditer(text):
        if opened is None:
            opened = fence.start(), fence[1]
        elif fence[1].startswith(opened[1]):
            line = text.find("\n", fence.end())
            found.append((opened[0], len(text) if line < 0 else line + 1))
            opened = None
    return found


def _torn(text: str) -> list[int]:
    """Places inside what is read as one character: before marks and joiners, after joiners, in pairs of regional indicators, in CR LF."""
    if text.isascii():
        return [m.start() + 1 for m in re.finditer("\r\n", text)] if "\r" in text else []
    found, flags = [], 0
    for i, char in enumerate(text):
        code = ord(char)
        if code < 0x300:
            torn = char == "\n" and i > 0 and text[i - 1] == "\r"
            flags = 0
        else:
            regional = 0x1F1E6 <= code <= 0x1F1FF
            torn = (
                unicodedata.category(char)[0] == "M"
                or char in _CONTROLS
                or 0x1F3FB <= code <= 0x1F3FF
                or 0x1160 <= code <= 0x11FF
                or (regional and flags % 2 == 1)
                or 0xDC00 <= code <= 0xDFFF
            )
            flags = flags + 1 if regional else 0
        if torn or (i and text[i - 1] == "\u200d"):
            found.append(i)
    return found
