"""The native writer of `_grammar.py`: follows compiled lines on a stack of its own and joins the pieces into bytes.

Draws are those of SplitMix64 (Steele, Lea, Flood 2014) on integers, so text is the same on every machine. Text that would run away, by
recursion or length, is cut off: a page is bounded whatever its bank says.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np

from curation.embedded._grammar import ARTICLE, CAPITAL, CHOICE, KEPT, LITERAL, MARGIN, MAYBE, RANGE, SECTION

DEPTH = 96
_OUT = np.zeros(1 << 20, np.uint8)
_FRAMES = np.zeros((DEPTH, 7), np.int64)
"""Per level: next instruction, end, the name that is being drawn (-1: none), where it began, its section, tries, whether in capitals."""
_VOWELS = np.zeros(256, np.bool_)
_VOWELS[[ord(ch) for ch in "aeiouAEIOU8"]] = True
THEMED_SHARE = 178
"""Of 256: how often a themed slot is taken from the page's theme."""


@numba.njit(cache=True, inline="always")
def _draw(state):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    state[0] += np.uint64(0x9E3779B97F4A7C15)
    z = state[0]
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


@numba.njit(cache=True)
def _below(state, count):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """An integer in [0, count)."""
    return np.int64((_draw(state) >> np.uint64(32)) * np.uint64(count) >> np.uint64(32))


@numba.njit(cache=True)
def _pick(state, count, skewed):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """A place in a list; in a skewed one, place k about as often as k^(-2/3) says."""
    if not skewed:
        return _below(state, count)
    u = np.float64(_draw(state) >> np.uint64(11)) / 9007199254740992.0
    return np.int64(u * u * u * count)


@numba.njit(cache=True)
def _capital(out, at):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Raise the letter at a place: ASCII, Latin-1, Latin Extended-A and Cyrillic. False if there is no letter."""
    ch = out[at]
    if 97 <= ch <= 122:
        out[at] = ch - 32
        return True
    if 65 <= ch <= 90 or 48 <= ch <= 57 or ch == 36:  # a capital, a digit, a formula
        return True
    if ch == 0xC3 and 0xA0 <= out[at + 1] <= 0xBE:
        out[at + 1] -= 32
        return True
    if ch == 0xD0 and 0xB0 <= out[at + 1] <= 0xBF:
        out[at + 1] -= 32
        return True
    if ch == 0xD1 and 0x80 <= out[at + 1] <= 0x8F:
        out[at], out[at + 1] = 0xD0, out[at + 1] + 32
        return True
    if ch == 0xD1 and out[at + 1] == 0x91:  # ё
        out[at], out[at + 1] = 0xD0, 0x81
        return True
    if ch in (0xC4, 0xC5):  # Latin Extended-A: a capital stands before its small letter
        low = out[at + 1]
        even = ch == 0xC5 and (0x81 <= low <= 0x88 or low >= 0xB9)
        if low % 2 == (0 if even else 1):
            out[at + 1] -= 1
        return True
    return ch >= 0xC0 and ch not in (0xC2, 0xE2)


@numba.njit(cache=True)
def _article(text, start, length):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """After `a `: whether the word that begins at `start` wants `an`."""
    first = text[start]
    second = text[start + 1] if length > 1 else 0
    third = text[start + 2] if length > 2 else 0
    fourth = text[start + 3] if length > 3 else 0
    low = first | 32
    if low == 117 and second == 110 and third == 105:  # university, but uninteresting, unimportant
        return fourth in (109, 110)
    if low == 117 and (
        (second == 115 and third in (97, 101, 117)) or (second == 107 and third == 117) or second == 116
    ):
        return False  # usage, use, usual, ukulele, utility
    if (low == 101 and second == 117) or (
        low == 111 and second == 110 and third == 101 and fourth != 114
    ):  # euro, one, but onerous
        return False
    if low == 104 and second == 111 and third == 117:  # hour, but house
        return fourth == 114
    if low == 104 and second == 111 and third == 110:  # honour, honest, but honey
        return fourth == 111 or (fourth == 101 and length > 4 and text[start + 4] == 115)
    if first == 49 and second in (49, 56):  # 11, 18, not 118
        return length == 2 or not (48 <= third <= 57)
    return _VOWELS[first]


@numba.njit(cache=True)
def _put(out, size, start, text, at, length, flags):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Append a piece where pieces meet: blanks, articles and capitals are seen to. flags: [capital wanted, place of an article]."""
    end = at + length
    if at < end and text[at] == 32 and (size == start or out[size - 1] == 32):
        at += 1
    if at < end and size > start and out[size - 1] == 32:
        ch = text[at]
        if ch in (33, 41, 44, 46, 58, 59, 63):
            size -= 1
    if flags[1] == size and at < end and text[at] == 32:
        out[size] = 32
        size += 1
        at += 1
    if flags[1] >= 0 and at < end and text[at] != 32:
        if size == flags[1] + 1 and out[size - 1] == 32 and _article(text, at, end - at):
            out[size - 1] = 110
            out[size] = 32
            size += 1
        flags[1] = -1
    first = size
    while at < end:
        out[size] = text[at]
        size += 1
        at += 1
    if flags[0]:
        for i in range(first, size):
            if out[i] not in (32, 34, 40) and _capital(out, i):
                flags[0] = 0
                break
    return size


@numba.njit(cache=True)
def _digits(state, low, high, how, text):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Write an integer of a range backwards into `text`; returns where it begins."""
    if how & 1:
        u = np.float64(_draw(state) >> np.uint64(11)) / 9007199254740992.0
        value = low + np.int64(u * u * u * u * np.float64(high - low + 1))
    else:
        value = low + _below(state, high - low + 1)
    negative, at, count = value < 0, 32, 0
    value = abs(value)
    while True:
        if how & 2 and count and count % 3 == 0:
            at -= 1
            text[at] = 44
        at -= 1
        text[at] = 48 + value % 10
        value //= 10
        count += 1
        if value == 0:
            break
    if negative:
        at -= 1
        text[at] = 45
    return at


@numba.njit(cache=True)
def _same(kept, lengths, register):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Whether another name has the same text."""
    for other in range(lengths.size):
        if other != register and lengths[other] == lengths[register]:
            equal = True
            for i in range(lengths[register]):
                if kept[other, i] != kept[register, i]:
                    equal = False
                    break
            if equal:
                return True
    return False


@numba.njit(cache=True)
def _named(out, size, kept, lengths, frame):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Keep what was drawn for a name. False, three times at most, if another name has the same text and it should be drawn again."""
    register, begin = frame[2], frame[3]
    while begin < size and out[begin] == 32:
        begin += 1
    length = min(size - begin, kept.shape[1])
    kept[register, :length] = out[begin : begin + length]
    lengths[register] = length
    if frame[5] < 3 and _same(kept, lengths, register):
        frame[3] = begin
        frame[5] += 1
        return False
    if frame[6]:
        for i in range(begin, size):
            if out[i] not in (32, 34, 40) and _capital(out, i):
                break
    return True


@numba.njit(cache=True)
def _write(tables, todo, state, kept, lengths, theme, out, frames):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    blob, code, starts, bounds, members, skewed, choices, ranges, themed = tables
    flags = np.array([0, -1], np.int64)
    number = np.zeros(32, np.uint8)
    limit = out.size - MARGIN
    size = 0
    for item in todo:
        start = size
        flags[0], flags[1] = 0, -1
        line = item
        if item < 0:
            s = -item - 1
            line = members[bounds[s] + _pick(state, bounds[s + 1] - bounds[s], skewed[s])]
        frames[0, 0], frames[0, 1], frames[0, 2] = starts[line], starts[line + 1], -1
        depth, skip = 0, False
        while depth >= 0:
            if frames[depth, 0] == frames[depth, 1] or size > limit:
                if frames[depth, 2] >= 0 and not _named(out, size, kept, lengths, frames[depth]):
                    size = frames[depth, 3]
                    s = frames[depth, 4]
                    chosen = members[bounds[s] + _pick(state, bounds[s + 1] - bounds[s], skewed[s])]
                    frames[depth, 0], frames[depth, 1] = starts[chosen], starts[chosen + 1]
                    continue
                depth -= 1
                continue
            word = code[frames[depth, 0]]
            frames[depth, 0] += 1
            op, a, b = word & 15, (word >> 4) & 0xFFFFFFF, word >> 32
            if skip and op != CAPITAL:  # capitals are for what comes next, whatever is left out
                skip = False
                continue
            section = np.int64(-1)
            if op == LITERAL:
                size = _put(out, size, start, blob, a, b, flags)
            elif op == SECTION:
                section = a
            elif op == CHOICE:
                k = a + _below(state, b)
                size = _put(out, size, start, blob, choices[k, 0], choices[k, 1], flags)
            elif op == RANGE:
                at = _digits(state, ranges[a, 0], ranges[a, 1], ranges[a, 2], number)
                size = _put(out, size, start, number, at, 32 - at, flags)
            elif op == KEPT:
                if lengths[a] > 0:
                    size = _put(out, size, start, kept[a], 0, lengths[a], flags)
                elif b > 0:
                    section = b - 1
            elif op == ARTICLE:
                size = _put(out, size, start, np.array([97], np.uint8), 0, 1, flags)
                flags[1] = size
            elif op == CAPITAL:
                flags[0] = 1
            elif op == MAYBE:
                skip = (_draw(state) >> np.uint64(63)) == np.uint64(1)
            else:
                section = b
                if theme >= 0 and themed[a, theme] >= 0 and np.int64(_draw(state) >> np.uint64(56)) < THEMED_SHARE:
                    section = themed[a, theme]
            if section >= 0 and depth + 1 < frames.shape[0]:
                chosen = members[bounds[section] + _pick(state, bounds[section + 1] - bounds[section], skewed[section])]
                depth += 1
                frames[depth, 0], frames[depth, 1] = starts[chosen], starts[chosen + 1]
                frames[depth, 2] = a if op == KEPT else -1
                if op == KEPT:
                    frames[depth, 3], frames[depth, 4], frames[depth, 5] = size, section, 0
                    frames[depth, 6], flags[0] = flags[0], 0
        if size > start and out[size - 1] == 32:
            size -= 1
        out[size] = 0
        size += 1
    return size


def write(tables: Any, todo: list[int], state: Any, kept: Any, lengths: Any, theme: int) -> list[str]:
    """Each line (or, for -1 - s, a line of section s) written out. `state`, `kept` and `lengths` are carried from call to call."""
    size = _write(tables, np.array(todo, np.int64), state, kept, lengths, theme, _OUT, _FRAMES)
    return _OUT[: max(size - 1, 0)].tobytes().decode("utf-8", "replace").split("\0") if todo else []
