r"""What a text classifier sees of a text, the same when it learns and when it judges.

After MegaMath (section 2.1.3 of its paper: one normalisation at both ends took F1 on unseen sources from 82 to 99), with two changes for
mathematics. Operators and TeX commands stay, as words of their own, because they are what tells a formula from prose. And nothing stands
for a line break, of which MegaMath's code leaves none before it looks for them. Delimiters of formulas are all dollars, since a site's
habit says nothing; the frame of a table is none of its text (a `|` between blanks), nor is a line drawn with operators (`-----`, three or
more of one). Text is one line; nothing in it can be taken for a label or for the end of a line, since `_` and `<` are operators and
`<num>` is only what we write.

One native loop over UTF-8. Characters are those of the text profile (`curation/_words.py`) after NFKC and lower case, character by
character, so letters and accents that are apart stay apart. Left out: stemming, and splitting scripts that write no blanks.
"""

from __future__ import annotations

import functools

import numpy as np
import numpy.typing as npt
import polars as pl
from numba import njit

from curation import _words
from curation._utf8 import series, utf8
from curation._words import BACKSLASH, BLANK, IS_LETTER, IS_NUMBER, IS_OTHER, Bytes, Numbers, character, put

OPERATORS = "=+<>^_{}|/*$~\\-±×÷·¬≤≥≠≈≡∈∑∏∫√∞∂∇∀∃→⇒⇔∪∩⊂⊆∧∨⁄−"
NUMBER = "<num>"
LONGEST_WORD = 100
"""Characters; longer words are encoded files and keys."""
FRAME = 3
"""So many of one operator side by side are a drawn line."""
GROWTH = 16
"""Bytes that one byte becomes at most: U+FDFA, three bytes, is four words with eighteen letters."""

IS_OPERATOR = 4
_NUMBER = np.frombuffer(NUMBER.encode(), np.uint8)
_BAR, _DOLLAR = ord("|"), ord("$")
Codes = npt.NDArray[np.uint32]
Tables = tuple[Bytes, Numbers, Codes]


def classifier_text(texts: pl.Series, max_chars: int) -> pl.Series:
    """The first `max_chars` characters of each text as lower-case words, numbers as `<num>`, and operators, a blank between two.

    A null text is empty.
    """
    return series(texts.fill_null(""), *normalised(*utf8(texts), tables(), max_chars))


@functools.cache
def tables() -> Tables:
    """Kind of every character, and what it becomes: `codes[spans[c]:spans[c + 1]]`; an empty span is the character itself."""
    classes, _ = _words.tables()
    kinds = classes.copy()
    kinds[[ord(operator) for operator in OPERATORS]] = IS_OPERATOR
    known = [*range(0xD800), *range(0xE000, 0x40000), *range(0xE0000, 0xE1000)]
    before = pl.Series([chr(code) for code in known])
    after = before.str.normalize("NFKC").str.to_lowercase()
    counts = np.zeros(_words.CHARACTERS, np.int64)
    codes: list[int] = []
    for at in np.flatnonzero((before != after).to_numpy()).tolist():
        counts[known[at]] = len(after[at])
        codes.extend(map(ord, after[at]))
    return kinds, np.concatenate(([0], np.cumsum(counts))), np.array(codes, np.uint32)


@njit(cache=True)
def normalised(data: Bytes, bounds: Numbers, tables: Tables, max_chars: int) -> tuple[Bytes, Numbers]:
    """UTF-8 of all normalised texts, and where each begins, and the end (N + 1)."""
    out, at = np.empty(2 * (bounds[-1] - bounds[0]) + 64, np.uint8), 0
    made = np.zeros(len(bounds), np.int64)
    for n in range(len(bounds) - 1):
        text = data[bounds[n] : bounds[n + 1]]
        if len(text) > 4 * max_chars:
            text = text[: _start(text, max_chars)]
        if len(out) < at + GROWTH * len(text) + 64:
            out = np.append(out[:at], np.empty(len(out) + GROWTH * len(text) + 64, np.uint8))
        at = _put_text(text, tables, max_chars, out, at)
        made[n + 1] = at
    return out[:at], made


@njit(cache=True)
def _start(text: Bytes, count: int) -> int:
    """The byte after the first `count` characters."""
    i = 0
    for _ in range(count):
        i += character(text, i)[1]
    return i


@njit(cache=True)
def _put_text(text: Bytes, tables: Tables, max_chars: int, out: Bytes, begin: int) -> int:
    """Write one text; where the next goes. `kind` is of the word that is being written, from `start` on, of `length` characters."""
    kinds, spans, codes = tables
    i, total, at = 0, len(text), begin
    kind, start, length = IS_OTHER, begin, 0
    while i < total and max_chars > 0:
        code, size = int(text[i]), 1
        if code >= 0x80:
            code, size = character(text, i)
        here, i, max_chars = i, i + size, max_chars - 1
        if code == BACKSLASH or kinds[code] == IS_OPERATOR:
            at, kind = _closed(kind, start, length, at), IS_OTHER
            ahead = _run(text, here, size)
            if ahead >= FRAME or (code == _BAR and _between_blanks(text, here)):
                i, max_chars = here + ahead * size, max_chars - ahead + 1
                continue
            if code == BACKSLASH and i < total and max_chars > 0:
                if kinds[text[i]] == IS_LETTER and text[i] < 0x80:
                    start, at = at, _put_word(out, at, begin, BACKSLASH)
                    kind, length = IS_LETTER, 1
                    continue
                dollars = 1 if text[i] == 40 or text[i] == 41 else 2 if text[i] == 91 or text[i] == 93 else 0
                for _ in range(dollars):
                    at = _put_word(out, at, begin, _DOLLAR)
                if dollars:
                    i, max_chars = i + 1, max_chars - 1
                    continue
            at = _put_word(out, at, begin, code)
            continue
        first, last = spans[code], spans[code + 1]
        for place in range(first, max(last, first + 1)):
            char = int(codes[place]) if last > first else code
            now = kinds[char]
            if now != kind or now == IS_OPERATOR:
                at = _closed(kind, start, length, at)
                start, kind, length = at, now, 0
                if now in (IS_LETTER, IS_OPERATOR):
                    at = _put_word(out, at, begin, char)
                elif now == IS_NUMBER:
                    at = _put_word(out, at, begin, _NUMBER[0])
                    out[at : at + len(_NUMBER) - 1] = _NUMBER[1:]
                    at += len(_NUMBER) - 1
            elif now == IS_LETTER:
                at = put(out, at, char)
            length += 1
    return _closed(kind, start, length, at)


@njit(cache=True, inline="always")
def _closed(kind: int, start: int, length: int, at: int) -> int:
    """Where the next word goes: after this one, or in its place if it is too long."""
    return start if kind == IS_LETTER and length > LONGEST_WORD else at


@njit(cache=True, inline="always")
def _put_word(out: Bytes, at: int, begin: int, code: int) -> int:
    """Write the first character of a word, after a blank unless the text begins with it."""
    if at > begin:
        out[at] = BLANK
        at += 1
    return put(out, at, code)


@njit(cache=True, inline="always")
def _run(text: Bytes, i: int, size: int) -> int:
    """How many of the character at `i` stand side by side."""
    n = 1
    while i + (n + 1) * size <= len(text):
        for byte in range(size):
            if text[i + n * size + byte] != text[i + byte]:
                return n
        n += 1
    return n


@njit(cache=True, inline="always")
def _between_blanks(text: Bytes, i: int) -> bool:
    before = i == 0 or text[i - 1] == 32 or text[i - 1] == 10 or text[i - 1] == 13
    after = i + 1 == len(text) or text[i + 1] == 32 or text[i + 1] == 10 or text[i + 1] == 13
    return before and after
