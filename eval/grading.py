"""Whether an answer is right: yes, no, or cannot be told.

Equal spellings are equal answers; all else is for math-verify, which parses TeX with a grammar (nothing is ever evaluated as
code) and compares with SymPy. Replies are hostile input, so what reaches SymPy is limited in length, nesting and the size of
the numbers it would write out; a clock is the last net and works in the main thread only. Where a side cannot be parsed, or a
limit is met, the verdict is None and not False: nobody has shown the answer to be wrong.

Left out so far: proofs, several accepted answers, tolerances other than math-verify's six decimals.
"""

from __future__ import annotations

import contextlib
import logging
import re
import signal
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from eval._answer import extract, marked, normalise

__all__ = ["Verdict", "extract", "grade", "normalise"]

MAX_ANSWER = 1000
"""Characters of an answer that is parsed."""
MAX_NESTING = 24
SECONDS = 5.0
_HUGE = re.compile(
    r"\^\s*\{?\s*\(?\s*-?\s*\{?\s*\d+\s*\}?\s*\^"  # a power in the exponent of a number
    r"|\^\s*\{?\s*\(?\s*-?\s*(?:\d\s*){5,}"  # an exponent of five digits
    r"|(?:\d\s*){4,}!|[)}!]\s*!"  # the factorial of a large number or of an expression
    r"|\\d?binom\s*\{\s*\d{5,}"
)
_NUMBER = r"-?\d+(?:,\d{3})*(?:\.\d+)?(?:/\d+)?"
_UNIT = re.compile(
    rf"\s*(?:\\?\$)?({_NUMBER})\s*(?:\s[A-Za-z]{{4,}}(?: [A-Za-z]+){{0,2}}|\\(?:text|mbox|mathrm)\s*\{{[^{{}}]*\}}(?:\^\{{?\d\}}?)?)\.?\s*"
)
_CHOICE = re.compile(r"\s*(?:\(([A-J])\)|([A-J])[).:])\s*\S.*", re.S)
_ASSIGNED = re.compile(r"[A-Za-z](?:\([A-Za-z]\))?=([^=]+)")


@dataclass(frozen=True)
class Verdict:
    """`value` is True (right), False (wrong) or None (cannot be told); `reason` says by what."""

    value: bool | None
    reason: str


class _Slow(BaseException):
    """Passes through the `except Exception` of the libraries it interrupts."""


def grade(text: str, gold: str) -> Verdict:
    r"""Judge the final answer of a reply (`text`) against the right one (`gold`, an answer or a solution that ends in one)."""
    if (
        normalise(text[: 2 * MAX_ANSWER]) == normalise(gold[: 2 * MAX_ANSWER]) != ""
        and max(len(text), len(gold)) <= MAX_ANSWER
    ):
        return Verdict(True, "same text")
    right = extract(gold) if len(gold) > 300 or marked(gold) else gold.strip()
    if not right:
        return Verdict(None, "no answer in the gold text")
    answer = extract(text)
    if answer is None:
        return Verdict(False, "no answer in the reply")
    return compare(answer, right)


def compare(answer: str, gold: str) -> Verdict:
    """Judge one bare answer against another."""
    if len(answer) > MAX_ANSWER or len(gold) > MAX_ANSWER:
        return Verdict(None, f"an answer longer than {MAX_ANSWER} characters")
    a, b = _alike(answer, gold)
    if a == b or _name(a) == _name(b) != "":
        return Verdict(True, "same answer")
    if _name(a) and _name(b):
        return Verdict(False, "different names")
    for side, spelling in (("answer", a), ("gold", b)):
        if _HUGE.search(spelling) or _nesting(spelling) > MAX_NESTING:
            return Verdict(None, f"the {side} is too large to be worked out")
    try:
        with _clock(SECONDS):
            return _by_algebra(a, b)
    except _Slow:
        return Verdict(None, f"not compared within {SECONDS:g} s")


def _by_algebra(answer: str, gold: str) -> Verdict:
    try:
        left, right = _parsed(answer), _parsed(gold)
        if not right:
            return Verdict(None, "the gold answer cannot be parsed")
        if not left:
            return Verdict(None, "the answer cannot be parsed")
        equal = _library().verify(right, left, timeout_seconds=None)
    except (Exception, RecursionError, MemoryError) as error:
        return Verdict(None, f"not compared: {type(error).__name__}")
    return Verdict(bool(equal), "equal by math-verify" if equal else "unequal by math-verify")


def _parsed(answer: str) -> list[Any]:
    """SymPy expressions of an answer, none if it does not parse. Only the TeX grammar is used: the other one ends in `eval`."""
    library = _library()
    found: list[Any] = library.parse(
        f"${answer}$",
        extraction_config=[library.LatexExtractionConfig()],
        fallback_mode="no_fallback",
        parsing_timeout=None,
    )
    return found


@lru_cache(maxsize=1)
def _library() -> Any:
    logging.getLogger("math_verify").setLevel(logging.ERROR)  # it warns that it has no timeout; ours is `_clock`
    import math_verify

    return math_verify


def _alike(answer: str, gold: str) -> tuple[str, str]:
    """Both in one spelling, the answer stripped of what the other lacks: a unit (`18 dollars` for 18), the text of a choice
    (`(B) 42` for B), the name of the unknown (`x=3` for 3)."""
    a, b = normalise(answer), normalise(gold)
    if re.fullmatch(_NUMBER, b) and (unit := _UNIT.fullmatch(answer)):
        a = normalise(unit[1])
    elif re.fullmatch(_NUMBER, a) and (unit := _UNIT.fullmatch(gold)):
        b = normalise(unit[1])
    if re.fullmatch("[A-J]", b) and (choice := _CHOICE.fullmatch(answer)):
        a = choice[1] or choice[2]
    if "=" not in b and (assigned := _ASSIGNED.fullmatch(a)):
        a = assigned[1]
    elif "=" not in a and (assigned := _ASSIGNED.fullmatch(b)):
        b = assigned[1]
    return a, b


def _name(answer: str) -> str:
    """A word answer (`Evelyn`, `Yes`, `even`) in lower case, empty if the answer is no word."""
    return answer.lower() if answer.isalpha() and len(answer) > 2 else ""


def _nesting(answer: str) -> int:
    depth = deepest = 0
    for mark in answer:
        depth += (mark in "({[") - (mark in ")}]")
        deepest = max(deepest, depth)
    return deepest


@contextlib.contextmanager
def _clock(seconds: float) -> Iterator[None]:
    """Raise `_Slow` in the body after so many seconds, where signals can be had.

    Again and again from then on, ten times a second: SymPy catches everything in places, and a single signal can be lost there.
    """
    if threading.current_thread() is not threading.main_thread() or not hasattr(signal, "setitimer"):
        yield
        return

    def stop(*_: object) -> None:
        raise _Slow

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds, 0.1)
    try:
        yield
    finally:
        try:
            signal.setitimer(signal.ITIMER_REAL, 0)
        finally:  # a signal that came in between must not leave the clock running
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)
