"""The loop of `lines`, over the marked bytes of all texts at once, compiled by numba."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from numba import njit

from curation._code import FORMULA
from curation._words import BASIS, IS_BLANK, IS_LETTER, Bytes, Hashes, Numbers, Tables, character
from curation.score._marks import closed, opens
from curation.score._phrases import LONGEST, Phrases, finished, joined, phrases, place, spelled

TAB, NEWLINE, SPACE, DOT, ELLIPSIS = 9, 10, 32, 46, 0x2026
BULLETS = tuple(ord(sign) for sign in "•‣◦▪·●■-–—*+")
ENDS = tuple(ord(sign) for sign in ".?!:;,\"'”’»)]…。？！：；，」』）")
BAR, BRACE, UNBRACE, HASH = (ord(sign) for sign in "|{}#")
INDENTED, WORD = 4, 3
NO_DOTS = -1_000_000
PROSE, BULLET, ELLIPSES, UNENDED, SHORT, BRACES, LINES, WORDS, PHRASES, KINDS = range(10)
COUNTS = KINDS + 2
Known = tuple[Phrases, Phrases, Bytes]
"""The phrases, how they may begin, and the kind of each phrase (0, 1)."""


def known_phrases(kinds: Sequence[Sequence[str]]) -> Known:
    """One set of the phrases of each kind; one that is of two kinds is of the first. ValueError as `phrases`."""
    lines = [line for kind in kinds for line in kind]
    begun = {" ".join(line.split()[:n]) for line in lines for n in range(1, len(line.split()))}
    whole, starts = phrases(lines), phrases(begun)
    of_kind = np.zeros(len(whole[0]), np.uint8)
    for number in reversed(range(len(kinds))):
        of_kind[np.searchsorted(whole[0], phrases(kinds[number])[0])] = number
    return whole, starts, of_kind


@njit(cache=True)
def count(data: Bytes, bounds: Numbers, tables: Tables, known: Known, short: int, out: npt.NDArray[np.int64]) -> None:
    """bounds: where each text begins, and the end (N + 1). short: characters. out: (N, COUNTS), filled in."""
    chains = np.zeros(LONGEST, np.uint64)
    for n in range(len(bounds) - 1):
        text, at = data[bounds[n] : bounds[n + 1]], 0
        while at < len(text):
            at = _line(text, at, tables, known, chains, short, out[n])


@njit(cache=True)
def _is(code: int, signs: tuple[int, ...]) -> bool:
    for sign in signs:  # noqa: SIM110
        if code == sign:
            return True
    return False


@njit(cache=True)
def _is_other(text: Bytes, start: int, first: int, last: int) -> bool:
    """Whether a line is a heading, a row of a table or, by its indent or a brace at its end, code."""
    if text[first] == BAR or text[first] == HASH or last in (BRACE, UNBRACE):
        return True
    indented = first - start >= INDENTED or (first > start and text[start] == TAB)
    return bool(indented and text[first] < 0x80 and not _is(int(text[first]), BULLETS))


@njit(cache=True)
def _line(
    text: Bytes, start: int, tables: Tables, known: Known, chains: Hashes, short: int, out: npt.NDArray[np.int64]
) -> int:
    """Count one line and say where the next begins. Formulas and code have no line breaks."""
    classes, lower = tables
    i, total, first, last = start, len(text), -1, 0
    size_of, words, long_word, formula, brace, dots, n_chains, kinds, phrases_here = (
        0,
        0,
        False,
        False,
        False,
        0,
        0,
        0,
        0,
    )
    while i < total and text[i] != NEWLINE:
        code, size = int(text[i]), 1
        if code >= 0x80:
            code, size = character(text, i)
        if opens(code):
            end = closed(text, i)
            for k in range(i + 1, end):
                size_of += (text[k] & 0xC0) != 0x80 and text[k] > SPACE
            formula, first, last, dots, n_chains, i = True, (i if first < 0 else first), FORMULA, NO_DOTS, 0, end + 1
            continue
        kind = classes[code]
        if kind == IS_BLANK:
            i += size
            continue
        first, last = (i if first < 0 else first), code
        if kind == IS_LETTER:
            h, length = BASIS, 0
            while kind == IS_LETTER:
                h = spelled(h, lower[code])
                length += 1
                i += size
                if i >= total:
                    break
                code, size = int(text[i]), 1
                if code >= 0x80:
                    code, size = character(text, i)
                kind = classes[code]
            size_of += length
            words += 1
            long_word |= length >= WORD
            dots = 0
            word = finished(h)
            n_chains, hits, kinds = _chained(known, chains, n_chains, word, kinds)
            phrases_here += hits
            continue
        size_of += 1
        if code in (DOT, ELLIPSIS):
            dots += 3 if code == ELLIPSIS else 1
        else:
            dots = NO_DOTS
        brace |= code in (BRACE, UNBRACE)
        i += size
    if long_word and not _is_other(text, start, first, last):
        start_sign = character(text, first)[0]
        ended = last == FORMULA or _is(last, ENDS)
        out[PROSE] += size_of
        out[BULLET] += size_of * (not formula and _is(start_sign, BULLETS))
        out[ELLIPSES] += size_of * (dots >= 3)
        out[UNENDED] += size_of * (not ended)
        out[SHORT] += size_of * (size_of <= short and not formula and not ended)
        out[BRACES] += size_of * brace
        out[LINES] += 1
        out[WORDS] += words
        out[PHRASES] += phrases_here
        out[KINDS] += size_of * (kinds & 1)
        out[KINDS + 1] += size_of * (kinds >> 1 & 1)
    return i + 1


@njit(cache=True)
def _chained(known: Known, chains: Hashes, count: int, word: np.uint64, kinds: int) -> tuple[int, int, int]:
    """Carry the phrases that have begun on by one word; how many may go on, how many ended, and kinds found so far (bits)."""
    whole, begun, of_kind = known
    left, ended = 0, 0
    for k in range(count + 1):
        h = joined(chains[k] if k < count else np.uint64(0), word)
        at = place(whole, h)
        if at >= 0:
            kinds |= 1 << of_kind[at]
            ended += 1
        if place(begun, h) >= 0:
            chains[left] = h
            left += 1
    return left, ended, kinds
