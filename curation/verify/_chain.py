r"""The loops of `chain`, over the bytes of all texts at once, compiled by numba. Each takes time in proportion to the text."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

from curation._code import FORMULA, GRAVE, NEWLINE, is_one
from curation._words import BASIS, IS_LETTER, PRIME, Bytes, Hashes, Numbers, Tables, character
from curation.score._lines import Known
from curation.score._marks import closed, opens
from curation.score._phrases import LONGEST, Phrases, finished, joined, place, spelled
from curation.verify._repeats import blank, loop, repeated, word_hashes

ENDINGS = ("box", "stop", "formula", "open formula", "open code", "cut", "empty")
BOX, STOP, AT_FORMULA, OPEN_FORMULA, OPEN_CODE, CUT, NOTHING = range(len(ENDINGS))
SCRIPTS = (
    r"\p{Latin}", r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Bopomofo}]", r"\p{Cyrillic}", r"\p{Greek}", r"\p{Arabic}", r"\p{Hangul}",
    r"\p{Hebrew}", r"\p{Thai}", r"\p{Devanagari}",
)  # fmt: skip
"""Patterns of the scripts that are told apart; all others are one more. Han and kana are one."""
FEWEST_LETTERS = (2, 1, 2, 4, 1, 1, 1, 1, 1, 2)
"""Letters of a script that a word must have to count: fewer are the names of quantities (`x`, `sinθ`, `αβ`)."""
NAMES = (
    "words", "boxes", "answers", "before", "after", "reflections", "letters", "foreign", "other_language", "ending", "loop",
    "repeated", "tail",
)  # fmt: skip
"""What is counted, in this order; repeated and tail in millionths."""
(
    WORDS, BOXES, ANSWERS, BEFORE, AFTER, REFLECTIONS, LETTERS, FOREIGN, OTHER_LANGUAGE, ENDING, LOOP, REPEATED, TAIL,
) = range(len(NAMES))  # fmt: skip
DIFFERENT = 8
"""Boxes with different contents whose places are noted."""
OPEN_WITHIN = 1_000
"""Bytes from the end in which an open formula is looked for: no formula is longer."""
DOLLAR, BACKSLASH, OPEN, CLOSE, DOT = 36, 92, 123, 125, 46
STOPS = (0x2E, 0x21, 0x3F, 0x2026, 0x3002, 0xFF01, 0xFF1F, 0xFF0E)
CLOSERS = (0x2A, 0x5F, 0x22, 0x27, 0x29, 0x5D, 0x7D, 0x24, 0x60, 0x201D, 0x2019, 0xBB, 0x5C, 0xFF09, 0x300D)


@njit(cache=True)
def measure(
    data: Bytes, bounds: Numbers, marked: Bytes, marks: Numbers, tables: Tables, scripts: Bytes,
    words: tuple[Known, Phrases], span: int, tail: int, tail_span: int, out: Numbers, spans: Numbers,
) -> None:  # fmt: skip
    """data, bounds: UTF-8 of all chains. marked, marks: the same with marks (`curation/score/_marks.py`). scripts: of each character.
    words: phrases that turn back, and common words of other languages.

    span: words of a run that may stand there twice. tail: words at the end. tail_span: words of a run in it. out: (N, len(NAMES)), filled
    in. spans: (N, DIFFERENT, 2), bytes where boxes of different contents begin and end, filled in.
    """
    for n in range(len(bounds) - 1):
        text, row = data[bounds[n] : bounds[n + 1]], out[n]
        first, last, unclosed = _boxes(text, row, spans[n])
        if row[BOXES]:
            row[BEFORE], row[AFTER] = _spoken(text, 0, first), _spoken(text, last, len(text))
        open_code = _prose(marked[marks[n] : marks[n + 1]], tables, scripts, words, row)
        row[ENDING] = _ending(text, marked[marks[n] : marks[n + 1]], row[BOXES] > 0, last, unclosed, open_code)
        row[LOOP] = loop(text)
        exact, alike = word_hashes(text)
        row[WORDS] = len(exact)
        row[REPEATED] = repeated(exact, 0, span)
        row[TAIL] = repeated(alike, max(0, len(alike) - tail), tail_span)


@njit(cache=True, inline="always")
def _says(byte: int) -> bool:
    """Whether a byte is of a letter or digit."""
    return 48 <= byte <= 57 or 65 <= byte <= 90 or 97 <= byte <= 122 or byte >= 0x80


@njit(cache=True)
def _spoken(text: Bytes, start: int, end: int) -> int:
    r"""Words with a letter or digit in them, the names after `\\end` not counted."""
    count, said, i = 0, False, start
    while i < end:
        byte = int(text[i])
        if byte == BACKSLASH and is_one(text, i + 1, i + 5, b"end{"):
            while i < end and text[i] != CLOSE:
                i += 1
        elif blank(byte):
            said = False
        elif not said and _says(byte):
            said = True
            count += 1
        i += 1
    return count


# ---- boxes ------------------------------------------------------------------------------------------------------------------


@njit(cache=True)
def _box(text: Bytes, i: int) -> int:
    r"""Where the content of a `\boxed{` or `\fbox{` that begins at `i` begins, or -1."""
    end = -1
    for name in (b"\\boxed", b"\\fbox"):
        k = 0
        while k < len(name) and i + k < len(text) and text[i + k] == name[k]:
            k += 1
        if k == len(name):
            end = i + k
    while 0 < end < len(text) and text[end] == 32:
        end += 1
    return end + 1 if 0 < end < len(text) and text[end] == OPEN else -1


@njit(cache=True)
def _boxes(text: Bytes, row: Numbers, spans: Numbers) -> tuple[int, int, bool]:
    """Where the first closed box begins and the last one ends, and whether one was opened after it that is not closed."""
    stack, depths = np.empty((len(text) // 6 + 1, 2), np.int64), np.empty(len(text) // 6 + 1, np.int64)
    done = np.empty((len(text) // 6 + 1, 3), np.int64)
    n_open, n_done, depth, i = 0, 0, 0, 0
    while i < len(text):
        byte = text[i]
        if byte == BACKSLASH:
            start = _box(text, i)
            if start > 0:
                stack[n_open, 0], stack[n_open, 1], depths[n_open] = i, start, depth
                n_open += 1
                depth += 1
            i = start if start > 0 else i + 2
            continue
        if byte == OPEN:
            depth += 1
        elif byte == CLOSE:
            depth -= 1
            if n_open and depths[n_open - 1] == depth:
                n_open -= 1
                while n_done and done[n_done - 1, 0] > stack[n_open, 0]:
                    n_done -= 1  # a box inside this one
                done[n_done, 0], done[n_done, 1], done[n_done, 2] = stack[n_open, 0], stack[n_open, 1], i
                n_done += 1
            depth = max(depth, 0)
        i += 1
    first, last = _contents(text, done[:n_done], row, spans)
    return first, last, n_open > 0 and stack[n_open - 1, 0] > last


@njit(cache=True)
def _contents(text: Bytes, done: Numbers, row: Numbers, spans: Numbers) -> tuple[int, int]:
    """Counts closed boxes and their different contents: where the first one begins and the last one ends.

    done: (K, 3), where each box begins, its content does, and it ends.
    """
    hashes, different, n_boxes, first, last = np.empty(DIFFERENT, np.uint64), 0, 0, -1, 0
    for k in range(len(done)):
        start, end = done[k, 1], done[k, 2]
        h, empty = BASIS, True
        for j in range(start, end):
            if not blank(int(text[j])):
                h, empty = (h ^ np.uint64(text[j])) * PRIME, False
        if empty:
            continue
        n_boxes += 1
        first, last = (done[k, 0] if first < 0 else first), end + 1
        new = True
        for j in range(min(different, DIFFERENT)):
            new &= hashes[j] != h
        if new and different < DIFFERENT:
            hashes[different], spans[different, 0], spans[different, 1] = h, start, end
        different += new
    row[BOXES], row[ANSWERS] = n_boxes, min(different, DIFFERENT + 1)
    return max(first, 0), last


# ---- prose ------------------------------------------------------------------------------------------------------------------


@njit(cache=True)
def _prose(text: Bytes, tables: Tables, scripts: Bytes, words: tuple[Known, Phrases], row: Numbers) -> bool:
    """Count letters by script, common words and reflections in a marked text; whether a block of code is open at its end."""
    classes, lower = tables
    (whole, begun, _), common = words
    said = np.zeros(len(common[0]), np.bool_)
    letters, word_scripts = np.zeros(len(SCRIPTS) + 1, np.int64), np.zeros(len(SCRIPTS) + 1, np.int64)
    phrases, n_phrases = np.zeros(LONGEST, np.uint64), 0
    i, open_code, at_line = 0, False, True
    while i < len(text):
        code, size = int(text[i]), 1
        if code >= 0x80:
            code, size = character(text, i)
        if opens(code):
            i, n_phrases, at_line = closed(text, i) + 1, 0, False
            continue
        if at_line and i + 2 < len(text) and text[i] == GRAVE and text[i + 1] == GRAVE and text[i + 2] == GRAVE:
            open_code = True
        at_line = code == NEWLINE
        if classes[code] != IS_LETTER:
            n_phrases = 0 if 48 <= code <= 57 or code == NEWLINE else n_phrases
            i += size
            continue
        h = BASIS
        while True:
            h = spelled(h, lower[code])
            word_scripts[scripts[code]] += 1
            i += size
            if i >= len(text):
                break
            code, size = int(text[i]), 1
            if code >= 0x80:
                code, size = character(text, i)
            if classes[code] != IS_LETTER:
                break
        for k in range(len(letters)):
            if word_scripts[k] >= FEWEST_LETTERS[k]:
                letters[k] += word_scripts[k]
            word_scripts[k] = 0
        at = place(common, joined(np.uint64(0), finished(h)))
        if at >= 0:
            said[at] = True
        n_phrases, ended = _phrased(whole, begun, phrases, n_phrases, finished(h))
        row[REFLECTIONS] += ended
    row[LETTERS] = letters.sum()
    row[FOREIGN] = letters.sum() - letters.max()
    row[OTHER_LANGUAGE] = said.sum()
    return open_code


@njit(cache=True)
def _phrased(
    whole: tuple[Hashes, npt.NDArray[np.bool_]], begun: tuple[Hashes, npt.NDArray[np.bool_]], phrases: Hashes, count: int, word: np.uint64
) -> tuple[int, int]:  # fmt: skip
    """Carry the phrases that have begun on by one word: how many may go on, and whether one ended. Each word is of one phrase only."""
    left = 0
    for k in range(count + 1):
        h = joined(phrases[k] if k < count else np.uint64(0), word)
        if place(whole, h) >= 0:
            return 0, 1
        if place(begun, h) >= 0:
            phrases[left] = h
            left += 1
    return left, 0


# ---- the end ----------------------------------------------------------------------------------------------------------------


@njit(cache=True)
def _ending(text: Bytes, marked: Bytes, boxed: bool, last: int, unclosed: bool, open_code: bool) -> int:
    """How a chain ends, by number among `ENDINGS`. last: where its last box ends. unclosed: whether one after it is not closed."""
    end = len(text)
    while end and blank(int(text[end - 1])):
        end -= 1
    if not end:
        return NOTHING
    if open_code:
        return OPEN_CODE
    if unclosed or _open_environment(text) or _open_formula(marked):
        return OPEN_FORMULA
    if boxed and _spoken(text, last, end) == 0:
        return BOX
    i = end
    while i > 0:
        start = i - 1
        while start > 0 and (text[start] & 0xC0) == 0x80:
            start -= 1
        code = character(text, start)[0]
        if _among(code, STOPS):
            return STOP
        if not _among(code, CLOSERS) and not blank(code):
            break
        i = start
    k = len(marked)
    while k and blank(int(marked[k - 1])):
        k -= 1
    return AT_FORMULA if k and marked[k - 1] == FORMULA + 1 else CUT


@njit(cache=True)
def _among(code: int, some: tuple[int, ...]) -> bool:
    for one in some:  # noqa: SIM110
        if code == one:
            return True
    return False


@njit(cache=True)
def _open_formula(text: Bytes) -> bool:
    r"""Whether a `\[` near the end of a marked text, or a `\(` or `$` in its last line, is not closed."""
    start = max(0, len(text) - OPEN_WITHIN)
    while start < len(text) and (text[start] & 0xC0) == 0x80:
        start += 1
    end = start  # of the formula that the window begins in
    while end < len(text) and not opens(text[end]) and text[end] != FORMULA + 1:
        end += 1
    i = end + 1 if end < len(text) and text[end] == FORMULA + 1 else start
    inline = display = dollar = False
    while i < len(text):
        byte = text[i]
        if opens(byte):
            if i + 2 < len(text) and (text[i + 1] == DOLLAR or (text[i + 1] == BACKSLASH and text[i + 2] in (40, 91))):
                inline = display = dollar = False  # a whole formula after it: what seemed open was a sign for itself
            i = closed(text, i) + 1
            continue
        following = int(text[i + 1]) if i + 1 < len(text) else NEWLINE
        if byte == NEWLINE:
            inline = dollar = False
        if byte == DOLLAR:
            dollar = not (blank(following) or 48 <= following <= 57 or following == DOT) and not dollar
        if byte == BACKSLASH:
            if following in (40, 41):
                inline = following == 40
            elif following in (91, 93):
                display = following == 91
            i += 2
            continue
        i += 1
    return inline or display or dollar


@njit(cache=True)
def _open_environment(text: Bytes) -> bool:
    r"""Whether a `\begin{` near the end of a text has no `\end{`."""
    depth, i = 0, max(0, len(text) - OPEN_WITHIN)
    while i < len(text):
        if text[i] == BACKSLASH:
            depth += is_one(text, i + 1, i + 7, b"begin{")
            depth = max(0, depth - is_one(text, i + 1, i + 5, b"end{"))
            i += 1
        i += 1
    return depth > 0
