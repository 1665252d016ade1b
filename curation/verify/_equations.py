r"""Finding the equations of a text and judging each: holds, does not hold, or is not ours to judge (null).

A text is cut into sentences; those with a sign of equality are cut into sides; a side between two signs must be a calculation from end to
end, the first and the last one may begin and end in prose, at a place that cannot change their meaning. What is refuted, supposed or asked in its
own sentence is not judged, nor anything in a text that counts in another base.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction

from curation.verify._expressions import Side, Token, Unreadable, side, tokens
from curation.verify._words import AFTERWARDS, FUNCTION_WORDS, MULTIPLIERS, OPENING, unit

MAX_TEXT = 1_000_000
"""Characters at the beginning of a text that are read."""
MAX_SENTENCE = 2_000
MAX_MARKS = 160
"""Marks of one side that are looked at, from the sign of equality on."""
MAX_EQUATIONS = 10_000
CENT = Fraction(1, 100)
FAR = Fraction(1, 10)
"""An approximation that misses by more than this share is wrong; one that is nearer may be a rough one."""

_RELATION = re.compile(r"=|≈|\\approx")
_SENTENCE = re.compile(r"\n|(?<=[.?!])[ \t]+(?=[A-Z\"'(*$\\<])")
_JOINED = re.compile(r"(?:\\\\|\n)[ \t]*(?:&[ \t]*)?(?=(?:=(?![=>])|≈|\\approx))")
_NOTE = re.compile(r"<<([^<>\n]{1,200})>>")
_BLOCKED = re.compile(
    r"\?|≠|\\neq?(?![A-Za-z])|!=|≡|\\equiv|\\sqrt\[|\bremainder\b|\b(?:can|could|do|does|did|is|was|would|wo|are|has)(?:not|n['’]?t)\b"
    r"|\b(?:not|never|impossible|contradict\w*|absurd\w*|wrong\w*|incorrect\w*|mistake\w*|mistaken\w*|false|suppos\w*|assum\w*|imagin\w*|"
    r"pretend\w*|would (?:be|give|mean)|instead|otherwise|hypothe\w*|if we had|were|typo)\b",
    re.I,
)
_MODULAR = re.compile(r"≡|\\equiv|\\?\b[pb]?mod(?:ulo|ular)?(?![a-z])|congruen", re.I)
NEAR = 400
"""Characters around a congruence in which a sign of equality may be one, too."""
_OTHER_BASE = re.compile(
    r"\bbase[- ]?(?:[0-9$\\]|two|three|four|five|six|seven|eight|nine|sixteen)|\b(?:binary|hexadecimal|octal)\b|_\{?(?:2|3|4|5|6|7|8|9|16)\}?\s?[=+]",
    re.I,
)
_OWN_OPERATION = re.compile(
    r"[a-zA-Z]\$?\s?(?:\*|\\ast)\s?\$?[a-zA-Z](?![a-zA-Z])|\\(?:star|oplus|otimes|diamond)|[0-9a-z] ?[#@◦⊕⊗★] ?[0-9a-z]"
)
_UNKNOWN_X = re.compile(r"(?:^|[^0-9 \t)])[ \t]?\b[xX]\b(?![ \t]?\$?[0-9])|\b[xX][0-9_^]|\b[xX][ \t]?[=+<>-]")
_OPEN_END = re.compile(r"(?:[-+*/×÷^=(,{]|\\(?:times|cdot|div|left\())[ \t$&\\]*$")
_GOES_ON = re.compile(r"[ \t$&\\]*(?:[+/×÷^]|(?:times|cdot|div|pmod)(?![a-z]))")


def equations(text: str) -> Iterator[tuple[str, bool]]:
    """Each judged equation as written, and whether it holds."""
    text = text[:MAX_TEXT]
    if not _RELATION.search(text) or _OTHER_BASE.search(text):
        return
    text = _JOINED.sub(" ", text.replace("\\\\\n", "\n"))
    own = bool(_OWN_OPERATION.search(text))
    unknown = bool(_UNKNOWN_X.search(text))
    count = 0
    modular = [m.start() for m in _MODULAR.finditer(text)]
    for sentence, start, open_start, open_end in _sentences(text):
        at = bisect_left(modular, start - NEAR)
        if at < len(modular) and modular[at] <= start + len(sentence) + NEAR:
            continue
        for found in _judged(sentence, own, unknown, open_start, open_end):
            yield found
            count += 1
            if count == MAX_EQUATIONS:
                return


def _sentences(text: str) -> Iterator[tuple[str, int, bool, bool]]:
    """Sentences with a sign of equality, notes of a calculator (`<<3+4=7>>`) by themselves; whether a formula comes into or goes out of it."""
    start, before = 0, ""
    bounds = [(m.start(), m.end()) for m in _SENTENCE.finditer(text)]
    for stop, after in [*bounds, (len(text), len(text))]:
        sentence = text[start:stop]
        if len(sentence) <= MAX_SENTENCE and _RELATION.search(sentence):
            open_start = bool(_OPEN_END.search(before[-40:]))
            open_end = bool(_GOES_ON.match(text, after, after + 40))
            if "<<" in sentence:
                for note in _NOTE.finditer(sentence):
                    yield note[1], start, False, False
                sentence = _NOTE.sub("", sentence)
            yield sentence, start, open_start, open_end
        if sentence.strip():
            before = sentence
        start = after


def _judged(sentence: str, own: bool, unknown: bool, open_start: bool, open_end: bool) -> Iterator[tuple[str, bool]]:
    if _BLOCKED.search(sentence):
        return
    marks = tokens(sentence)
    signs = [i for i, mark in enumerate(marks) if mark.kind == "rel"]
    if not signs:
        return
    bounds = [-1, *signs, len(marks)]
    last = len(signs)
    lefts: list[Side | None] = []
    rights: list[Side | None] = []
    for k in range(last + 1):
        part = marks[bounds[k] + 1 : bounds[k + 1]]
        whole = _read(part) if 0 < k < last else None
        lefts.append(None if k == last or (k == 0 and open_start and _leads(part)) else whole or _ending(part, k == 0))
        rights.append(None if k == 0 or (k == last and open_end and _trails(part)) else whole or _beginning(part))
    for k, sign in enumerate(signs):
        a, b = lefts[k], rights[k + 1]
        if a is None or b is None or (own and (a.stars or b.stars)) or (unknown and (a.times or b.times)):
            continue
        if (a.loose and _bare(a, b)) or (a.listed and b.listed):
            continue
        holds = judge(a, b, marks[sign].text == "=")
        if holds is None or (not holds and (_running(a, b) or _listed(a, b))):
            continue
        yield " ".join(sentence[a.span[0] : b.span[1]].split()), holds


def _leads(part: list[Token]) -> bool:
    """Whether nothing parts the side from the line before."""
    return not any(m.kind in ("word", "stop", "break") for m in part)


def _trails(part: list[Token]) -> bool:
    return not any(m.kind in ("word", "stop") for m in part)


def _read(marks: list[Token]) -> Side | None:
    try:
        return side(marks)
    except Unreadable:
        return None


_OPERAND_END = ("num", "close", "percent", "sup", "frac2")
_OPERAND_START = ("num", "open", "money", "frac", "frac2")


def _ending(marks: list[Token], first: bool) -> Side | None:
    """The calculation that ends a stretch of text, if what stands before it cannot change its meaning."""
    low = max(0, len(marks) - MAX_MARKS)
    i, depth = len(marks), 0
    after_word = listed = False
    while i > low:
        mark, right = marks[i - 1], marks[i] if i < len(marks) else None
        if mark.kind == "close":
            if depth == 0 and right and right.kind in _OPERAND_START and right.gap:
                if first and [m.kind for m in marks[:i]] in (["num", "close"], ["open", "num", "close"]):
                    break  # `2)` of a list
                return None
            depth += 1
        elif mark.kind == "open":
            if depth == 0:
                if (mark.text == "{" and mark.end == mark.start + 1) or (i > 1 and not mark.gap and marks[i - 2].kind not in ("stop", "break")):
                    return None
                break
            depth -= 1
        elif depth == 0 and mark.kind in ("break", "stop"):
            left = marks[i - 2] if i > 1 else None
            if mark.gap and mark.kind == "stop" or (mark.text == "," and _parted(left, right)):
                return None
            listed = mark.text == "," and left is not None and left.kind in _OPERAND_END
            break
        elif mark.kind in ("other", "odd") or (mark.kind == "open" and mark.end - mark.start > 1):
            return None
        elif depth == 0 and mark.kind == "word" and not _beside(marks, i - 1):
            if not _may_open(marks, i - 1, right):
                return None
            after_word = True
            break
        i -= 1
    if depth or (low and i == low):
        return None
    part = marks[i:]
    if not part or (part[0].kind == "op" and i == 0 and first):
        return None  # a dash at the beginning of a line
    found = _read(part)
    return replace(found, loose=after_word or found.words, listed=listed) if found else None


def _parted(left: Token | None, right: Token | None) -> bool:
    """`14, 400`: whether a comma with a blank may part thousands."""
    return bool(
        left
        and right
        and left.kind == right.kind == "num"
        and len(right.text.split(".")[0]) == 3
        and len(left.text) <= 3
    )


def _beside(marks: list[Token], at: int) -> bool:
    """Whether the word at `at` belongs to a number before it: what the number counts, or the `of` of `20% of 50`."""
    right = marks[at + 1] if at + 1 < len(marks) else None
    if marks[at].text == "of":
        return at > 0 and marks[at - 1].kind in _OPERAND_END and right is not None and right.kind in _OPERAND_START
    if right and right.kind in (*_OPERAND_START, "label") and not (right.kind == "open" and False):
        return False
    back = at
    while back > 0 and marks[back].kind == "word" and at - back < 4:
        back -= 1
    return marks[back].kind in _OPERAND_END or (marks[back].kind == "op" and back < at and marks[back].text == "/")


def _may_open(marks: list[Token], at: int, right: Token | None) -> bool:
    if at > 0 and marks[at - 1].kind in ("op", "pow"):
        return False  # 25 + his 1 + 1
    word = marks[at].text.lower().split()[-1] if marks[at].text.split() else ""
    if right is None or (right.kind == "open" and not right.gap):
        return False
    if right.kind == "op" and not (right.text == "-" and right.gap and at + 2 < len(marks) and not marks[at + 2].gap):
        return False
    if right.kind not in (*_OPERAND_START, "op") or not right.gap and right.kind != "frac":
        return False
    if word == "of":
        return at > 0 and marks[at - 1].text.lower() == "total"
    return word not in OPENING


def _beginning(marks: list[Token]) -> Side | None:
    """The calculation that begins a stretch of text, if what stands after it cannot change its meaning."""
    marks = marks[: MAX_MARKS + 1]
    j, depth = 0, 0
    listed = False
    while j < len(marks):
        mark, left = marks[j], marks[j - 1] if j else None
        if mark.kind == "open":
            if depth == 0 and left and left.kind in (*_OPERAND_END, "word") and mark.text != "{" and mark.gap:
                following = marks[j + 1] if j + 1 < len(marks) else None
                if not following or following.kind != "word" or following.text.lower() in AFTERWARDS:
                    return None
                break
            depth += 1
        elif mark.kind == "close":
            if depth == 0:
                break
            depth -= 1
        elif depth == 0 and mark.kind in ("break", "stop"):
            right = marks[j + 1] if j + 1 < len(marks) else None
            if (mark.text == ":" and mark.gap) or (mark.text == "," and _parted(left, right)):
                return None
            if mark.text == "." and right and not right.gap and right.kind not in ("close", "break"):
                return None
            listed = mark.text == "," and right is not None and right.kind in _OPERAND_START
            break
        elif mark.kind in ("other", "odd"):
            return None
        elif depth == 0 and mark.kind == "word" and left and left.kind in _OPERAND_END:
            ends = _word_end(marks, j)
            if ends is None:
                return None
            if ends:
                break
        j += 1
    if depth or j > MAX_MARKS:
        return None
    found = _read(marks[:j])
    return replace(found, units=found.units | _trailing(marks[j : j + 3]), listed=listed) if found else None


def _word_end(marks: list[Token], j: int) -> bool | None:
    """Whether the calculation ends before the word at `j`; None if that word may change its meaning."""
    k = j
    while k < len(marks) and marks[k].kind == "word" and k - j < 4:
        k += 1
    following = marks[k] if k < len(marks) else None
    word = marks[j].text.lower().split()[0] if marks[j].text.split() else ""
    if word == "of" and following and following.kind in _OPERAND_START and k == j + 1:
        return None
    if following and following.kind in ("op", "pow", "sup", "times"):
        return False
    if (
        word in AFTERWARDS
        or (word == "a" and k == j + 1)
        or (
            not marks[j].gap
            and unit(word) is None
            and marks[j - 1].kind == "num"
            and marks[j].end - marks[j].start < 12
            and "\\" not in word
        )
    ):
        return None
    if word in ("and", "or", "to") and _continues(marks, k, k == j + 1):
        return None
    if following and following.kind in ("num", "frac", "frac2") and any(unit(m.text) for m in marks[k - 1 : k]):
        return None  # 1 hour 30 minutes
    if (
        following
        and following.kind == "other"
        and k == j + 1
        and marks[j].end == following.start
        and following.text in "_^\\|<>"
    ):
        return None
    return not any(m.text.lower() in MULTIPLIERS for m in marks[j : min(k, j + 2)])


def _continues(marks: list[Token], k: int, directly: bool) -> bool:
    """`2 and 1/2`, `3 and a half`, `5 or 6`: whether what stands after an `and` or `or` belongs to the number before it."""
    following = marks[k] if k < len(marks) else None
    after = marks[k + 1] if k + 1 < len(marks) else None
    if not directly:
        return marks[k - 1].text.lower() in MULTIPLIERS or marks[k - 2].text.lower() in ("a", "one")
    return not (following and after and following.kind == "num" and after.kind == "op" and after.text != "/")


def _trailing(words: list[Token]) -> frozenset[tuple[str, str]]:
    """Units among the first words after a number."""
    found = set()
    for mark in words:
        if (
            mark.kind != "word"
            or mark.text.lower() in FUNCTION_WORDS
            or mark.text in ("in", "per", "for", "a", "each", "every", "so", "on")
        ):
            break
        found |= {known for word in mark.text.split() if (known := unit(word))}
    return frozenset(found)


def judge(a: Side, b: Side, exactly: bool) -> bool | None:
    """Whether two sides are equal, as exactly as they are written; None if that is not what they say, or a rounding may explain it."""
    if (a.operators == 0 and b.operators == 0) or _converted(a, b) or (a.words and a.divided and b.value.exact == 1):
        return None  # 60 minutes / 1 hour = 1
    answers = [(a.value.exact, b.value.exact)]
    if b.percent and not a.percents:
        answers.append((a.value.exact, b.value.exact * 100))  # 10 / 50 * 100 = 20%
    if any(x == y for x, y in answers):
        return True
    for x, y in answers:
        said = _rounded(a, b, x, y) if exactly else _near(a, b, x, y)
        if said is not False:
            return said
    if exactly and a.value.low <= b.value.high and b.value.low <= a.value.high:
        return None
    if (a.percents or b.percents) and any(x == 100 * y or y == 100 * x for x, y in answers[:1]):
        return None  # 10/50 * 100% = 20
    return False


def _rounded(a: Side, b: Side, x: Fraction, y: Fraction) -> bool | None:
    for bare, other, written in ((b, x, y), (a, y, x)):
        if bare.places is None:
            continue
        step = Fraction(1, 10**bare.places) / (100 if bare.percent and abs(written) == abs(bare.value.exact) else 1)
        if abs(other - written) < step:
            nearest = abs(other - written) * 2 <= step
            return True if bare.places >= 2 and (nearest or abs(other) > abs(written)) else None
    return False


def _near(a: Side, b: Side, x: Fraction, y: Fraction) -> bool | None:
    for bare, other, written in ((b, x, y), (a, y, x)):
        if bare.places is None:
            continue
        whole = bare.digits.replace(",", "")
        zeros = 0 if bare.places else len(whole) - len(whole.rstrip("0"))
        step = Fraction(10**zeros, 10**bare.places) / (
            100 if bare.percent and abs(written) == abs(bare.value.exact) else 1
        )
        if abs(other - written) <= step:
            return True
    largest = max(abs(x), abs(y))
    return False if abs(x - y) > FAR * largest else None


def _converted(a: Side, b: Side) -> bool:
    """Whether the sides count in different units of one kind."""
    for name, kind in b.units:
        same = {n for n, k in a.units if k == kind}
        if same and name not in same:
            return True
    return False


def _running(a: Side, b: Side) -> bool:
    """`2 + 3 = 5 * 4 = 20`, `3 * 11 * 130 = 3 * 11 = 33`: a calculation that goes on with the result or with a part, not an equation."""
    if a.tail is not None and (b.value.exact == a.tail or a.tail in b.heads):
        return True
    if b.operators == 0:
        return False
    if a.operators == 1 and a.stars:
        return True  # `*` may be an operation that the problem defines
    part = a.heads[0] == b.heads[0] and not (b.operators == 1 and b.divided)
    return part or any(
        a.value.low <= head <= a.value.high or abs(a.value.exact - head) < CENT for head in b.heads
    )


def _listed(a: Side, b: Side) -> bool:
    """`15 + 103 = 118,103 is prime`: a comma that may part two numbers."""
    return b.operators == 0 and "," in b.digits and a.value.exact == int(re.split("[^0-9]", b.digits)[0] or 0)


def _bare(a: Side, b: Side) -> bool:
    """A number, or what is used like one: `1/4 cup`, `weeks 1-2`."""
    if a.operators == 1:
        return a.value.exact < 0 < b.value.exact or (a.words and a.divided and a.value.exact < 1)
    return a.operators == 0
