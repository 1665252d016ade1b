r"""One side of an equation in a stretch of text: where its calculation begins or ends, and whether its surroundings change its meaning.

`whole` wants a calculation from end to end; `ending` takes the one that a text ends in, `beginning` the one that it begins with. Whatever
borders on a calculation must be known to be harmless: a sign of punctuation, a bracket around all of it, or a word that asks nothing
(`so 3 + 4`, not `half of 20 + 2`, `x + 3`, `f(3)`). Otherwise there is no side, and nothing is judged.
"""

from __future__ import annotations

import re
from dataclasses import replace

from curation.verify._expressions import Side, Unreadable, side
from curation.verify._tokens import Token
from curation.verify._words import AFTERWARDS, FUNCTION_WORDS, MULTIPLIERS, OPENING, unit

MAX_MARKS = 160
"""Marks that are looked at, from the sign of equality on."""


def whole(marks: list[Token]) -> Side | None:
    try:
        return side(marks)
    except Unreadable:
        return None


_OPERAND_END = ("num", "close", "percent", "sup", "frac2")
_OPERAND_START = ("num", "open", "money", "frac", "frac2")


def ending(marks: list[Token], first: bool) -> Side | None:
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
                if (mark.text == "{" and mark.end == mark.start + 1) or (
                    i > 1
                    and (not mark.gap or marks[i - 2].kind in ("op", "pow", *_OPERAND_END))
                    and marks[i - 2].kind not in ("stop", "break")
                ):
                    return None
                break
            depth -= 1
        elif depth == 0 and mark.kind in ("break", "stop"):
            left = marks[i - 2] if i > 1 else None
            if (mark.gap and mark.kind == "stop") or (mark.text == "," and _parted(left, right)):
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
    found = whole(part)
    return replace(found, loose=after_word or found.words, listed=listed) if found else None


def _parted(left: Token | None, right: Token | None) -> bool:
    """`14, 400`: whether a comma with a blank may part thousands."""
    if not left or not right or left.kind != "num" or right.kind != "num":
        return False
    return len(left.text) <= 3 and len(re.split("[.,]", right.text)[0]) == 3


def _beside(marks: list[Token], at: int) -> bool:
    """Whether the word at `at` belongs to a number before it: what the number counts, or the `of` of `20% of 50`."""
    right = marks[at + 1] if at + 1 < len(marks) else None
    if marks[at].text == "of":
        return at > 0 and marks[at - 1].kind in _OPERAND_END and right is not None and right.kind in _OPERAND_START
    if right and right.kind in _OPERAND_START:
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
    if right.kind not in (*_OPERAND_START, "op") or (not right.gap and right.kind != "frac"):
        return False
    fraction = [m.text for m in marks[at + 2 : at + 3]] == ["/"]
    if word == "and" and at > 0 and marks[at - 1].kind == "num" and fraction:
        return False  # 1 and 1/4
    if word == "of":
        return at > 0 and marks[at - 1].text.lower() == "total"
    return word not in OPENING


def beginning(marks: list[Token]) -> Side | None:
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
            if (mark.text == ":" and (mark.gap or (right and right.kind in _OPERAND_START))) or (
                mark.text == "," and _parted(left, right)
            ):
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
    found = whole(marks[:j])
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
    if word in AFTERWARDS or (word == "a" and k == j + 1) or _glued(marks[j - 1], marks[j]):
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


def _glued(left: Token, mark: Token) -> bool:
    r"""`5ab`, `\frac{1}{3}BP`: whether a word is rather a product of unknowns or a segment."""
    if "\\" in mark.text or mark.end - mark.start > len(mark.text) + 2:
        return False  # \text{...}
    return (not mark.gap and unit(mark.text) is None) or (mark.text.isupper() and len(mark.text) < 4)


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
