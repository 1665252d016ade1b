"""The loop of `lines`, over the marked bytes of all texts at once, compiled by numba."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from numba import njit

from curation._words import BASIS, IS_BLANK, IS_LETTER, Bytes, Numbers, Tables, _character
from curation.score._formulas import CLOSE, OPEN
from curation.score._phrases import LONGEST, Hashes, Phrases, finished, joined, phrases, place, spelled

TAB, NEWLINE, SPACE, DOT, ELLIPSIS = 9, 10, 32, 46, 0x2026
BULLETS = tuple(ord(sign) for sign in "•‣◦▪·●■-–—*+")
ENDS = tuple(ord(sign) for sign in ".?!:;,\"'”’»)]…。？！：；，」』）")
BACKTICK, TILDE, BAR, BRACE, UNBRACE, LESS, GREATER = (ord(sign) for sign in "`~|{}<>")
SAGE = tuple(b"sage:")
INDENTED, WORD = 4, 3
PROSE, BULLET, ELLIPSES, UNENDED, SHORT, BRACES, LINES, WORDS, KINDS = range(9)
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
        text, at, fenced = data[bounds[n] : bounds[n + 1]], 0, False
        while at < len(text):
            at, fence = _line(text, at, tables, known, chains, short, fenced, out[n])
            fenced ^= fence


@njit(cache=True, inline="always")
def _is(code: int, signs: tuple[int, ...]) -> bool:
    for sign in signs:
        if code == sign:
            return True
    return False


@njit(cache=True)
def _is_code(text: Bytes, start: int, at: int) -> bool:
    """Whether a line that starts at `start`, and whose first character stands at `at`, is indented or begins with a prompt."""
    if at - start >= INDENTED or (at > start and text[start] == TAB):
        return not (_is(int(text[at]), BULLETS) or text[at] >= 0x80)  # but for bullets
    end = at
    while end < len(text) and end - at < 20 and text[end] > SPACE:
        end += 1
    if text[end - 1] == GREATER and end - at > 1 and text[at] != LESS:
        return True
    sage = end - at == len(SAGE)
    for k in range(len(SAGE)):
        sage = sage and text[at + k] == SAGE[k]
    return sage


@njit(cache=True, inline="always")
def _is_fence(text: Bytes, at: int) -> bool:
    if at + 2 >= len(text) or (text[at] != BACKTICK and text[at] != TILDE):
        return False
    return bool(text[at] == text[at + 1] and text[at] == text[at + 2])


@njit(cache=True)
def _line(
    text: Bytes, start: int, tables: Tables, known: Known, chains: Hashes, short: int, fenced: bool, out: npt.NDArray[np.int64]
) -> tuple[int, bool]:
    """Count one line; where the next begins, and whether this one opens or closes a block of code. A formula has no line breaks."""
    classes, lower = tables
    i, total, first, last, before = start, len(text), -1, 0, 0
    size_of, words, long_word, formula, brace, dots, n_chains, kinds = 0, 0, False, False, False, 0, 0, 0
    while i < total and text[i] != NEWLINE:
        code, size = int(text[i]), 1
        if code >= 0x80:
            code, size = _character(text, i)
        if code == OPEN:
            formula, first, last, dots = True, (i if first < 0 else first), CLOSE, 0
            i += 1
            while i < total and text[i] != CLOSE:
                size_of += (text[i] & 0xC0) != 0x80 and text[i] > SPACE
                i += 1
            i += 1
            n_chains = 0
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
                    code, size = _character(text, i)
                kind = classes[code]
            size_of += length
            words += 1
            long_word |= length >= WORD
            dots = 0
            word = finished(h)
            n_chains, kinds = _chained(known, chains, n_chains, word, kinds)
            continue
        size_of += 1
        dots = dots + 1 if code == DOT else 3 if code == ELLIPSIS else 0
        brace |= code == BRACE or code == UNBRACE
        i += size
    fence = first >= 0 and _is_fence(text, first)
    braced = last == BRACE or last == UNBRACE
    if long_word and not (fenced or fence or braced or text[first] == BAR or _is_code(text, start, first)):
        start_sign = _character(text, first)[0]
        ended = last == CLOSE or _is(last, ENDS)
        out[PROSE] += size_of
        out[BULLET] += size_of * (not formula and _is(start_sign, BULLETS))
        out[ELLIPSES] += size_of * (dots >= 3)
        out[UNENDED] += size_of * (not ended)
        out[SHORT] += size_of * (size_of <= short and not formula and not ended)
        out[BRACES] += size_of * brace
        out[LINES] += 1
        out[WORDS] += words
        out[KINDS] += size_of * (kinds & 1)
        out[KINDS + 1] += size_of * (kinds >> 1 & 1)
    return i + 1, fence


@njit(cache=True, inline="always")
def _chained(known: Known, chains: Hashes, count: int, word: np.uint64, kinds: int) -> tuple[int, int]:
    """Carry the phrases that have begun on by one word; how many may go on, and which kinds were found (bits)."""
    whole, begun, of_kind = known
    left = 0
    for k in range(count + 1):
        h = joined(chains[k] if k < count else np.uint64(0), word)
        at = place(whole, h)
        if at >= 0:
            kinds |= 1 << of_kind[at]
        if place(begun, h) >= 0:
            chains[left] = h
            left += 1
    return left, kinds
