r"""Finding the equations of a text and judging each: holds, does not hold, or is not ours to judge (null).

A text is cut into sentences; those with a sign of equality are cut into sides. A side between two signs must be a calculation from end
to end; the first and the last one may begin and end in prose, at a place that cannot change their meaning. What is refuted, supposed or
asked in its own sentence is not judged, nor anything in a text that counts in another base or near a congruence.

A wrong equation is taken back where the text soon says so (`Wait`, `that is wrong`, `let me recompute`) and then writes the value that one
of its sides has. That keeps apart the slip that a chain of thought puts right from the one that it builds on; `Wait` alone does not.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from fractions import Fraction
from typing import NamedTuple

from curation.verify._expressions import Side
from curation.verify._sides import beginning, ending, whole
from curation.verify._tokens import Token, tokens

MAX_TEXT = 1_000_000
"""Characters at the beginning of a text that are read."""
MAX_SENTENCE = 2_000
MAX_EQUATIONS = 10_000
CENT = Fraction(1, 100)
FLOAT = 10
"""Decimal places from which on a number is one that a machine wrote, with the errors of its last digits."""
FAR = Fraction(1, 10)
"""An approximation that misses by more than this share is wrong; one that is nearer may be a rough one."""

AT_ONCE, SOON = 150, 400
"""Characters after a wrong equation in which the text must say so, and in which the right value must stand."""

_TAKEN_BACK = re.compile(
    r"\b(?:wait|oops|hmm|sorry|actually|no[,.:;]|not (?:right|correct|true|quite)|mistake\w*|mis(?:took|read|calculated|counted)|wrong\w*"
    r"|incorrect\w*|errors?|slip\w*|scratch that|correct(?:ion|ing|ed)|should (?:be|have been)|recalculat\w*|recomput\w*|redo\w*|recheck\w*"
    r"|(?:double[- ])?check\w*|hold on|doesn['’]t|verif(?:y|ied)|can['’]?t be|is that (?:so|right|true)|once more|again|second time|trust)",
    re.I,
)
_VALUE = re.compile(r"(?<![\w.])-?(?:[0-9]{1,3}(?:(?:,|\{,\})[0-9]{3})+|[0-9]+)(?:\.[0-9]+)?(?![0-9])")
_RELATION = re.compile(r"=|≈|\\approx")
_SENTENCE = re.compile(r"\n|(?<=[.?!])[ \t]+(?=[A-Z\"'(*$\\<])")
_JOINED = re.compile(r"(?:\\\\|\n)[ \t]*(?:&[ \t]*)?(?=(?:=(?![=>])|≈|\\approx))")
_NOTE = re.compile(r"<<([^<>\n]{1,200})>>")
_BLOCKED = re.compile(
    r"\?|≠|\\neq?(?![A-Za-z])|!=|≡|\\equiv|\\sqrt\[|\bremainder\b|\b(?:can|could|do|does|did|is|was|would|wo|are|has)(?:not|n['’]?t)\b"
    r"|\b(?:not|never|impossible|contradict\w*|absurd\w*|wrong\w*|incorrect\w*|mistake\w*|mistaken\w*|false|suppos\w*|assum\w*|imagin\w*|"
    r"pretend\w*|would (?:be|give|mean)|instead|otherwise|neither|nor|digits?|hypothe\w*|if we had|were|typo)\b",
    re.I,
)
_MODULAR = re.compile(r"≡|\\equiv|\\?\b[pb]?mod(?:ulo|ular)?(?![a-z])|congruen", re.I)
NEAR = 400
"""Characters around a congruence in which a sign of equality may be one, too."""
_OTHER_BASE = re.compile(
    r"\bbase[- ]?(?:[0-9$\\]|two|three|four|five|six|seven|eight|nine|sixteen)|\b(?:binary|hexadecimal|octal)\b"
    r"|_\{?(?:2|3|4|5|6|7|8|9|16)\}?\s?[=+]",
    re.I,
)
_OWN_OPERATION = re.compile(
    r"[a-zA-Z]\$?\s?(?:\*|\\ast)\s?\$?[a-zA-Z](?![a-zA-Z])|\\(?:star|oplus|otimes|diamond)|[0-9a-z] ?[#@◦⊕⊗★] ?[0-9a-z]"
)
_UNKNOWN_X = re.compile(r"(?:^|[^0-9 \t)])[ \t]?\b[xX]\b(?![ \t]?\$?[0-9])|\b[xX][0-9_^]|\b[xX][ \t]?[=+<>-]")
_OPEN_END = re.compile(r"(?:[-+*/×÷^=(,{]|\\(?:times|cdot|div|left\())[ \t$&\\]*$")
_GOES_ON = re.compile(r"[ \t$&\\]*(?:[+/×÷^]|(?:times|cdot|div|pmod)(?![a-z]))")


class Equation(NamedTuple):
    """A judged equation as written, whether it holds, and if it does not, whether the text takes it back."""

    written: str
    holds: bool
    taken_back: bool = False


def equations(text: str) -> Iterator[Equation]:
    """Each judged equation."""
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
        for written, holds, end, values in _judged(sentence, own, unknown, open_start, open_end):
            yield Equation(written, holds, not holds and _taken_back(text[start + end : start + end + SOON], values))
            count += 1
            if count == MAX_EQUATIONS:
                return


def _sentences(text: str) -> Iterator[tuple[str, int, bool, bool]]:
    """Sentences with a sign of equality, and notes of a calculator (`<<3+4=7>>`) by themselves: text, where it begins, and whether a
    formula comes into it from the line before or goes on after it."""
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


def _taken_back(after: str, values: tuple[Fraction, ...]) -> bool:
    """Whether what follows a wrong equation says so and writes a value of one of its sides, other than the wrong one next to the sign.

    A value that is no finite decimal cannot be looked for; that the text says so is enough then.
    """
    said = _TAKEN_BACK.search(after[:AT_ONCE])
    if not said:
        return False
    written = {Fraction(number[0].replace("{,}", "").replace(",", "")) for number in _VALUE.finditer(after, said.end())}
    return any(value in written or 10**FLOAT % value.denominator for value in values)


def _judged(
    sentence: str, own: bool, unknown: bool, open_start: bool, open_end: bool
) -> Iterator[tuple[str, bool, int, tuple[Fraction, ...]]]:
    """Each equation as written, whether it holds, where it ends in the sentence, and the values of its sides that are calculations."""
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
        middle = whole(part) if 0 < k < last else None
        lefts.append(None if k == last or (k == 0 and open_start and _leads(part)) else middle or ending(part, k == 0))
        rights.append(None if k == 0 or (k == last and open_end and _trails(part)) else middle or beginning(part))
    for k, sign in enumerate(signs):
        a, b = lefts[k], rights[k + 1]
        if a is None or b is None or (own and (a.stars or b.stars)) or (unknown and (a.times or b.times)):
            continue
        if ((a.loose or a.words) and _bare(a, b)) or (a.ends_in_words and k > 0) or (a.listed and b.listed):
            continue
        holds = judge(a, b, marks[sign].text == "=")
        if holds is None or (not holds and (_running(a, b) or _listed(a, b) or _unclear(a, b))):
            continue
        values = tuple(side.value.exact for side in (a, b) if side.operators)
        yield " ".join(sentence[a.span[0] : b.span[1]].split()), holds, b.span[1], values


def _leads(part: list[Token]) -> bool:
    """Whether nothing parts the side from the line before."""
    return not any(m.kind in ("word", "stop", "break") for m in part)


def _trails(part: list[Token]) -> bool:
    return not any(m.kind in ("word", "stop") for m in part)


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
    if (a.percents or b.percents) and (_hundredfold(*answers[0]) or (a.percents != b.percents and a.operators == 0)):
        return None  # 10/50 * 100% = 20; 48 = 100% + 20% of it
    return False


def _hundredfold(x: Fraction, y: Fraction) -> bool:
    return any(abs(p - 100 * q) * 100 <= abs(p) for p, q in ((x, y), (y, x)))


def _rounded(a: Side, b: Side, x: Fraction, y: Fraction) -> bool | None:
    for bare, other, written in ((b, x, y), (a, y, x)):
        if bare.places is None:
            continue
        if bare.places > FLOAT and abs(other - written) * 10**FLOAT < abs(other):
            return True  # 2.3333333333333335
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
    part = a.heads[0] == b.heads[0] and (a.operators == 1 or not (b.operators == 1 and b.divided))
    return part or any(a.value.low <= head <= a.value.high or abs(a.value.exact - head) < CENT for head in b.heads)


def _unclear(a: Side, b: Side) -> bool:
    """`50 / 12 * 5 = 50 / 60`, `50 / 12 + 13 = 2`: whether brackets that were left out may explain a difference."""
    if a.unclear or b.unclear:
        return True
    pairs = [(x, b.value.exact) for x in a.others] + [(a.value.exact, y) for y in b.others]
    return any(abs(x - y) * 100 <= abs(y) for x, y in pairs)


def _listed(a: Side, b: Side) -> bool:
    """`15 + 103 = 118,103 is prime`: a comma that may part two numbers."""
    return b.operators == 0 and "," in b.digits and a.value.exact == int(re.split("[^0-9]", b.digits)[0] or 0)


def _bare(a: Side, b: Side) -> bool:
    """A number, or what is used like one: `1/4 cup`, `weeks 1-2`."""
    if a.operators == 1:
        return a.value.exact < 0 < b.value.exact or (a.ends_in_words and a.divided)
    return a.operators == 0
