r"""Right answers in another spelling, and answers made wrong by one small change, from a gold answer.

Respelled answers are equal by how they are made: notation, blanks, separators, the order of a set. Perturbed ones have one digit, sign,
element, bracket or letter changed, or a fraction turned over; only those that `_tex.differ` shows to be different are given, so no
grader decides which are wrong. Left out: answers in words, several equations, inequalities.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator

from benchmarks._sets import LETTERS, Question
from benchmarks._tex import CLOSE, differ, parsed

_NUMBER = re.compile(r"-?\d+(?:,\d{3})*(?:\.\d+)?")
_RELATION = re.compile(r"[=<>:|]|\\(?:leq?|geq?|neq?|in|mid|approx|equiv|to|lt|gt)(?![A-Za-z])")
_FRACTION = re.compile(r"\\[dt]?frac\{([^{}]+)\}\{([^{}]+)\}")
_LETTER = re.compile(r"(?<![\\A-Za-z{])[abdmnpqrtuvwxyz](?![A-Za-z])")
_CONSTANT = re.compile(r"[cC]_|(?<![A-Za-z\\])[cCkK](?![A-Za-z])")  # of integration: its sign and name are free
_ORDERLESS = ("math", "olympiad", "limr", "agieval_math", "deepscaler")


def bare(gold: str) -> str:
    """An answer without the dollars around it."""
    inner = gold[1:-1] if gold.count("$") == 2 and gold.startswith("$") and gold.endswith("$") else gold
    return inner.strip()


def respelled(question: Question) -> Iterator[tuple[str, str]]:
    """What was done, and the answer."""
    gold = bare(question.gold)
    if question.kind == "choice":
        yield from _respelled_choice(question)
        return
    if "$" in gold or "\n" in gold:
        return
    if r"\frac{" in gold:
        yield "dfrac", gold.replace(r"\frac{", r"\dfrac{")
    if r"\left" in gold and r"\left." not in gold:
        yield "no left", re.sub(r"\\(?:left|right)(?![A-Za-z])", "", gold)
    elif gold[:1] in "([" and gold[-1:] in ")]" and not re.search(r"[()\[\]]", gold[1:-1]):
        yield "left", rf"\left{gold[0]}{gold[1:-1]}\right{gold[-1]}"
    if (
        re.search(r"[,+=]", gold)
        and not _NUMBER.fullmatch(gold)
        and not re.search(r"\{,\}|\\!", gold)
        and "\\text" not in gold
    ):
        yield "spaces", re.sub(r"\s*([,+=])\s*", r" \1 ", gold)
    yield from _respelled_number(question, gold)
    if (
        single(gold) and parsed(gold) is not None and ("," not in gold or question.style == "number")
    ):  # `24,112` may be two
        yield "name", f"{'x' if 'x' not in gold else 'y' if 'y' not in gold else 'N'} = {gold}"
    if (
        "\\!" not in gold
        and (found := _list(gold))
        and (gold.startswith(r"\{") or (not found[0] and question.set.startswith(_ORDERLESS)))
    ):
        left, parts, right = found
        yield "reversed", left + ", ".join(reversed(parts)) + right


def _respelled_number(question: Question, gold: str) -> Iterator[tuple[str, str]]:
    if re.fullmatch(r"-?[1-9]\d{3,}", gold):
        yield "thousands", f"{int(gold):,}"
    elif re.fullmatch(r"-?\d{1,3}(,\d{3})+", gold):
        yield "no thousands", gold.replace(",", "")
    if re.fullmatch(r"-?[1-9]\d*", gold):
        yield "point zero", f"{gold}.0"
    elif re.fullmatch(r"-?\d+\.0", gold):
        yield "integer", gold[:-2]
    if question.unit and _NUMBER.fullmatch(gold):
        yield "unit", rf"{gold} \text{{ {question.unit}}}"


def _respelled_choice(question: Question) -> Iterator[tuple[str, str]]:
    if question.style == "words":
        yield "text", rf"\text{{{question.gold}}}"
    elif question.gold in LETTERS[: len(question.options)]:
        text = question.options[LETTERS.index(question.gold)]
        yield "bracketed", f"({question.gold})"
        if text and "\n" not in text and "$" not in text:
            yield "with text", f"({question.gold}) {text}"


def single(gold: str) -> bool:
    """Whether a gold is one value: no word, no relation, no list."""
    plain = re.sub(r"\\(?:text|mathrm|mbox)\s*\{[^{}]*\}|\\[A-Za-z]+", " ", gold)
    words = re.search(r"[A-Za-z]{2,}", plain) or re.fullmatch(r"\W*[A-J]\W*", gold) or "\\text" in gold
    return not (words or _RELATION.search(gold) or _list(gold) or gold[:1] in "([" or "\\pm" in gold or ";" in gold)


def perturbed(question: Question) -> Iterator[tuple[str, str]]:
    """What was done, and an answer shown to be wrong."""
    if question.kind == "choice":
        yield from _other_choices(question)
        return
    gold = bare(question.gold)
    right = parsed(gold) if "$" not in gold and "\n" not in gold else None
    if right is None:
        return
    margin = max(CLOSE, 3 * question.relative, 0.05 if question.kind == "ocw" else 0.0)
    for name, answer in _changed(gold):
        wrong = parsed(answer)
        if wrong is not None and differ(right, wrong, margin, 3 * question.tolerance):
            yield name, answer


def _other_choices(question: Question) -> Iterator[tuple[str, str]]:
    if question.style == "words":
        others = [text for text in question.options if text.lower() != question.gold.lower()]
    else:
        others = [letter for letter in LETTERS[: len(question.options)] if letter not in question.gold]
        gold = LETTERS.find(question.gold)
        if len(question.gold) == 1:  # two choices may have the same text
            others = [o for o in others if question.options[LETTERS.index(o)] != question.options[gold]]
    if others:
        yield "other choice", others[digest(question.id) % len(others)]


def _changed(gold: str) -> Iterator[tuple[str, str]]:
    chance = digest(gold)
    digits = [m.start() for m in re.finditer(r"\d", gold)]
    if digits:
        at = digits[chance % min(len(digits), 3)]
        yield "digit", gold[:at] + str((int(gold[at]) + 1 + chance % 8) % 10) + gold[at + 1 :]
    if single(gold) and not _CONSTANT.search(gold):
        inner = gold[1:] if gold.startswith("-") else gold
        if re.search(r"[+-]", inner):
            yield "sign", f"-({gold})"
        else:
            yield "sign", inner if gold.startswith("-") else f"-{gold}"
    if found := _list(gold):
        left, parts, right = found
        yield "shortened", left + ",".join(parts[:-1]) + right
        if left.endswith("(") and len(parts) == 2 and right.endswith(")"):
            yield "swapped", f"{left}{parts[1]},{parts[0]}{right}"
        yield from _bracket(left, parts, right)
    if letter := _LETTER.search(gold) if not _RELATION.search(gold) else None:
        new = "w" if letter[0] != "w" and "w" not in gold else "h"
        yield "letter", re.sub(rf"(?<![\\A-Za-z{{]){letter[0]}(?![A-Za-z])", new, gold)
    if fraction := _FRACTION.search(gold):
        yield (
            "turned over",
            gold[: fraction.start()] + rf"\frac{{{fraction[2]}}}{{{fraction[1]}}}" + gold[fraction.end() :],
        )


def _bracket(left: str, parts: list[str], right: str) -> Iterator[tuple[str, str]]:
    r"""The other kind of bracket at a finite end of an interval of two ends."""
    if len(parts) != 2 or not re.fullmatch(r"(?:\\left)?[(\[]", left):
        return
    other = {"(": "[", "[": "(", ")": "]", "]": ")"}
    if "infty" not in parts[0]:
        yield "bracket", f"{left[:-1]}{other[left[-1]]}{','.join(parts)}{right}"
    elif "infty" not in parts[1]:
        yield "bracket", f"{left}{','.join(parts)}{right[:-1]}{other[right[-1]]}"


def _list(gold: str) -> tuple[str, list[str], str] | None:
    """Opening bracket (may be none), elements, closing bracket; None if there are no commas outside of inner brackets."""
    frame = re.fullmatch(r"((?:\\left)?(?:\(|\[|\\\{))(.*?)((?:\\right)?(?:\)|\]|\\\}))", gold, re.S)
    left, inner, right = frame.groups() if frame else ("", gold, "")
    if _NUMBER.fullmatch(gold):
        return None
    parts, depth, last = [], 0, 0
    for at, mark in enumerate(inner):
        depth += (mark in "([{") - (mark in ")]}")
        if depth < 0:  # the first bracket is not closed by the last one
            return _list_bare(gold)
        if mark == "," and depth == 0:
            parts.append(inner[last:at].strip())
            last = at + 1
    parts.append(inner[last:].strip())
    return (left, parts, right) if len(parts) > 1 and all(parts) else None


def _list_bare(gold: str) -> tuple[str, list[str], str] | None:
    r"""A list of bracketed elements: `(1,2),(3,4)`."""
    parts = [part.strip() for part in re.split(r"(?<=[)\]])\s*,\s*(?=[(\[])", gold)]
    return ("", parts, "") if len(parts) > 1 else None


def digest(text: str) -> int:
    """A number that only the text decides."""
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=6).digest())
