r"""Formulas and code as opaque words, while an extractor that knows nothing of them works on the page.

trafilatura drops private-use characters, breaks lines, normalises blanks and reads Markdown in what it finds. So each marked piece
of the serialised page becomes one word of plain letters and digits, about as long as the piece itself (the heuristics of extractors
count characters), and is put back afterwards. A page cannot forge a word: it begins with letters drawn from a hash of the page, and
a draw that happens to stand in the page is repeated.
"""

from __future__ import annotations

import re
from hashlib import blake2b
from html import unescape
from itertools import count

from curation.extract._marks import BREAK, CLOSE, CODE, END, OPEN

LINE = rf"{BREAK}\|[^{BREAK}<]*"
PIECE = re.compile(f"{LINE}(?:{LINE})*{BREAK}|{CODE}[^{CODE}{END}]*{END}|{OPEN}[^{OPEN}{CLOSE}{CODE}{END}]*{CLOSE}")
"""A table in Markdown, a block of code, a formula."""
LETTERS = str.maketrans("0123456789abcdef", "bcdfghjklmnpqrst")
LONGEST = 80
"""Characters of a word at most: no word of a language is much longer, and none makes a page by itself."""


class Tokens:
    """The serialised page with a word for each marked piece (`html`), and the way back (`put_back`)."""

    def __init__(self, source: str) -> None:
        self._pieces: list[str] = []
        self.prefix = _unused(source)
        self.word = re.compile(rf"{self.prefix}(\d+)v*w")
        self.numbered = self.prefix[3:] + self.prefix[:3]
        """What the number of a list's item begins with."""
        self.html = PIECE.sub(self._hide, source).replace(BREAK, "<br>")
        self.formulas = sum(piece.count(OPEN) for piece in self._pieces)

    def _hide(self, piece: re.Match[str]) -> str:
        word = f"{self.prefix}{len(self._pieces)}"
        self._pieces.append(unescape(piece[0]))
        return word + "v" * (min(len(piece[0]) - 2, LONGEST) - len(word) - 1) + "w"

    def put_back(self, text: str) -> str:
        """The text with its pieces, marked as before; display formulas on lines of their own, a piece that comes twice only once."""
        seen: set[int] = set()

        def piece(word: re.Match[str]) -> str:
            dash, number = word[1] or "", int(word[2])
            if number in seen:
                return dash
            seen.add(number)
            found = self._pieces[number]
            return f"\n{found}\n" if _stands_alone(found) else dash + found  # no dash before a table

        return re.sub(rf"(?m)(^[ \t]*- )?{self.word.pattern}", piece, text)

    def numbers(self, text: str) -> str:
        """The text with the numbers of its lists."""
        return re.sub(rf"(?m)^([ \t]*)(?:- )?{self.numbered}(\d+)w ?|{self.numbered}(\d+)w", _number, text)

    def count(self, text: str) -> int:
        """How many different formulas have their word in the text."""
        numbers = set(self.word.findall(text))
        return sum(self._pieces[int(number)].count(OPEN) for number in numbers)


def _number(word: re.Match[str]) -> str:
    return f"{word[1]}{word[2]}. " if word[2] else f"{word[3]}."


def _stands_alone(piece: str) -> bool:
    """Whether a marked piece has lines of its own: code, a table, a displayed formula."""
    return piece.startswith((CODE, BREAK, f"{OPEN}$$", f"{OPEN}\\[", f"{OPEN}\\begin"))


def _unused(source: str) -> str:
    """Six letters that the page does not hold: of 16 million, even the longest page allowed holds less than half."""
    data = source.encode("utf-8", "surrogatepass")
    for salt in count():
        digest = blake2b(data, digest_size=3, salt=salt.to_bytes(8, "big")).hexdigest().translate(LETTERS)
        if digest not in source:
            return digest
    raise AssertionError
