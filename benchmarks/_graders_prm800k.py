r"""A grader that behaves as PRM800K's does, written anew, for the disagreement report only.

Either the MATH spelling rules make two answers the same string, or a second normal form does, or SymPy finds their difference zero. What
it is known for is kept: an integer gold wants an integer, two fractions must be the same (reduced) one, tuples are compared in order with
their brackets, and nothing with more than two letters or a braced exponent reaches SymPy. It has no extraction: it is given the last box,
else what follows the last "answer is", `A:` or `####`, else the last number. The original hands SymPy's Python reader a text without
TeX; this one hands the TeX to a TeX grammar.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from benchmarks import _hendrycks as hendrycks
from benchmarks._sets import last_box
from benchmarks._tex import parsed

if TYPE_CHECKING:
    from benchmarks._labelled import Case

UNITS = "degree centimeter cm meter mile second minute hour day week month year foot feet inch yard".split()
_UNIT = re.compile(rf"(?:{'|'.join(UNITS)})(?:es)?s? *(?:\^\d+)?")
_SAID = re.compile(r"[Aa]nswer(?: is|:)|####|^A:", re.M)


def grade(case: Case) -> bool:
    gold = read(case.gold) if case.group == "math_verify_tests" else case.gold
    answer = read(case.text)
    if case.kind == "choice":
        answer = re.sub(r"[().\s]", "", answer) if len(answer) < 5 else answer
    return bool(answer) and equal(answer, gold)


def read(text: str) -> str:
    """What is given to it for a reply."""
    if (box := last_box(text)) is not None:
        return box
    if said := [mark.end() for mark in _SAID.finditer(text)]:
        line = text[said[-1] :].strip(": ").split("\n", 1)[0].split(". I hope", 1)[0]
        return line.strip().rstrip(".").strip("$").strip()
    return text.strip().strip("$") if len(text) < 40 else hendrycks.last_number(text)


def equal(answer: str, gold: str) -> bool:
    if release(answer) == release(gold):
        return True
    left, right = normal(answer), normal(gold)
    if left == right:
        return True
    if not left:
        return False
    parts, golds = _elements(left), _elements(right)
    if len(parts) != len(golds) or (len(golds) > 1 and (left[0], left[-1]) != (right[0], right[-1])):
        return False
    return all(map(_same, parts, golds))


def release(answer: str) -> str:
    """The normal form of the release of MATH."""
    text = answer.strip()
    text = text[6:-1].strip() if re.fullmatch(r"\\text\{[^{}]+\}", text) else text
    text = hendrycks.layout(text.replace("\\\\", "\\")).split("\\text{ ")[0].replace("\\%", "")
    text = hendrycks.leading_zeros(text)
    text = text.rsplit("=", 1)[-1]
    text = re.sub(r"\\sqrt([^{])", r"\\sqrt{\1}", text).replace(" ", "")
    text = hendrycks.fractions(text)
    return hendrycks.slash("\\frac{1}{2}" if text == "0.5" else text)


def normal(answer: str) -> str:
    """The second normal form: no units, no percent, no braces of grouping, lower case, integers as such."""
    text = re.sub(r"^\\text\{(.+?)\}$", r"\1", answer)
    text = re.sub(r"\\?[%$]", "", text)
    text = re.sub(r"\s(?:or|and)\s", ",", text)
    text = re.sub(r"\^ *\{?\\circ\}?", "", _UNIT.sub("", text))
    text = re.sub(r",\\! *", "", text)
    text = re.sub(r"\\[dt]frac", r"\\frac", text).replace("\\left", "").replace("\\right", "")
    text = re.sub(r"(\d) +(?=\d)", r"\1+", text).replace(" ", "")
    text = re.sub(r"\\text\{([^{}]*)\}", r"\1", text)
    text = re.sub(r"(?<=\d),(?=\d{3}(?:$|\D))", "", text).lower()
    number = hendrycks.float_of(text)
    return (
        str(round(number)) if number is not None and abs(number) < 1e15 and abs(number - round(number)) < 1e-7 else text
    )


def _elements(text: str) -> list[str]:
    framed = len(text) > 2 and text[0] in "([" and text[-1] in ")]" and not re.search(r"[()\[\]]", text[1:-1])
    return [part.strip() for part in text[1:-1].split(",")] if framed else [text]


def _same(answer: str, gold: str) -> bool:
    fraction = re.compile(r"-?\\frac\{\d+\}\{\d+\}|-?\d+/0*[1-9]\d*")
    if fraction.fullmatch(answer) and fraction.fullmatch(gold):
        return answer == gold
    if _integer(answer) != _integer(gold):
        return False
    both = answer + gold
    letters = {mark for mark in re.sub(r"\\[a-z]+|sqrt|frac", "", both) if mark.isalpha()}
    if len(letters) > 2 or re.search(r"\^[{(]|\^\d+\^|\^\d\d", both):
        return False
    left, right = parsed(answer), parsed(gold)
    return left is not None and right is not None and hendrycks.difference_is_zero(left, right)


def _integer(text: str) -> bool:
    number = hendrycks.float_of(text)
    return number is not None and abs(number) < 1e15 and abs(number - round(number)) < 1e-7
