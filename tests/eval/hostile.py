"""Answers that try to fool, crash or stop the grader: over 10,000, the same ones each time, in named families.

A case says what is true of it without asking any grader: written by hand, or computed with integers and fractions. A verdict of None
("cannot be told") is allowed where the truth would take algebra; True is never allowed for a wrong answer. Cases whose truth depends
on a convention (`50%` for 1/2) allow every verdict, and only must not crash or hang. Pairs of bare answers are in
`hostile_pairs.txt`, whole replies in `hostile_hedges.py`, what is computed in the other modules beside this one.

    python -m tests.eval.hostile [family ...]     the verdicts by family, the misses, and the ten slowest
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

from eval.grading import Grader
from tests.eval import hostile_code, hostile_hedges, hostile_kinds, hostile_near, hostile_sizes

PAIRS = Path(__file__).with_name("hostile_pairs.txt")
LIMIT = 2.0
"""Seconds that a verdict may take."""
ALLOWED: dict[str, frozenset[bool | None]] = {
    "right": frozenset({True}),
    "wrong": frozenset({False}),
    "not right": frozenset({False, None}),
    "not wrong": frozenset({True, None}),
    "any": frozenset({True, False, None}),
}


@dataclass(frozen=True)
class Case:
    """One reply, the gold, how it is asked, and the verdicts that would be true."""

    family: str
    text: str
    gold: Any
    allowed: frozenset[bool | None]
    kind: str = "math"
    options: tuple[str, ...] = ()
    strict: bool = False


@dataclass(frozen=True)
class Outcome:
    """What the grader said of a case, and how long it took; a crash is a verdict of its own."""

    case: Case
    number: int
    verdict: bool | str | None
    seconds: float
    reason: str = ""

    @property
    def missed(self) -> bool:
        """Whether the verdict is not allowed, or took too long."""
        return self.verdict not in self.case.allowed or self.seconds > LIMIT

    def __str__(self) -> str:
        case, text = self.case, self.case.text
        text = text if len(text) <= 80 else text[:60] + "..." + text[-17:]
        asked = ("" if case.kind == "math" else f", {case.kind}") + (", strict" if case.strict else "")
        allowed = " or ".join(sorted(map(str, case.allowed)))
        return (
            f"{case.family} {self.number}: {text!r} for {str(case.gold)[:60]!r}{asked}: "
            f"{self.verdict} ({self.reason[:120]}), allowed {allowed}, {self.seconds:.1f} s"
        )


def boxed(answer: str) -> str:
    """A reply that ends in this answer."""
    return f"Thus the answer is $\\boxed{{{answer}}}$."


def tables() -> dict[str, list[str]]:
    """The lines of each table of pairs, by its heading."""
    found: dict[str, list[str]] = {}
    heading = ""
    for line in PAIRS.read_text(encoding="utf-8").splitlines():
        if line.startswith("== "):
            heading = line[3:]
        elif "~~" in line and not line.startswith("# "):
            found.setdefault(heading, []).append(line)
    return found


def pairs(family: str, allowed: str, strict: str, lines: list[str]) -> Iterator[Case]:
    """Cases of a table, as boxed answers: asked plainly, and in strict mode."""
    for line in lines:
        answer, _, gold = (part.strip() for part in line.partition("~~"))
        yield Case(family, boxed(answer), gold, ALLOWED[allowed])
        yield Case(family, boxed(answer), gold, ALLOWED[strict], strict=True)


def replies(family: str, rows: list[tuple[str, str, str, str]]) -> Iterator[Case]:
    """Cases of whole replies: text, gold, what is allowed, what is allowed in strict mode ("" for not asked)."""
    for text, gold, allowed, strict in rows:
        yield Case(family, text, gold, ALLOWED[allowed])
        if strict:
            yield Case(family, text, gold, ALLOWED[strict], strict=True)


def computed(family: str, rows: Callable[[], Iterator[tuple[str, str, str, dict[str, Any]]]]) -> Iterator[Case]:
    """Cases of a generator: text, gold, what is allowed, and how to ask."""
    for text, gold, allowed, asked in rows():
        yield Case(family, text, gold, ALLOWED[allowed], **asked)


def families() -> dict[str, Callable[[], Iterator[Case]]]:
    """A generator of cases for each family, in order."""
    found: dict[str, Callable[[], Iterator[Case]]] = {}
    for heading, lines in tables().items():
        name, _, allowed = heading.partition(": ")
        found[name] = partial(pairs, name, *allowed.split("; "), lines)
    for name, texts in hostile_hedges.TEXTS.items():
        found[name] = partial(replies, name, texts)
    for module in (hostile_near, hostile_kinds, hostile_sizes, hostile_code):
        for name, rows in module.FAMILIES.items():
            found[name] = partial(computed, name, rows)
    return found


@lru_cache(maxsize=1)
def grader() -> Grader:
    """One process, with half of what a case may take."""
    return Grader(workers=1, seconds=LIMIT / 2)


def judge(case: Case, number: int = 0) -> Outcome:
    """Ask the grader."""
    start = time.perf_counter()
    try:
        verdict = grader().grade(case.text, case.gold, kind=case.kind, options=case.options, strict=case.strict)
    except Exception as error:
        return Outcome(case, number, "crash", time.perf_counter() - start, f"{type(error).__name__}: {error}")
    return Outcome(case, number, verdict.value, time.perf_counter() - start, verdict.reason)


def judged(family: str) -> Iterator[Outcome]:
    """Every case of a family with what the grader says."""
    for number, case in enumerate(families()[family]()):
        yield judge(case, number)


def main(names: list[str]) -> None:
    """Print the verdicts by family, the misses, and the slowest."""
    slowest: list[Outcome] = []
    for family in names or families():
        outcomes = list(judged(family))
        misses = [o for o in outcomes if o.missed]
        took = sum(o.seconds for o in outcomes)
        verdicts = dict(Counter(str(o.verdict) for o in outcomes))
        print(f"{family:32} {len(outcomes):5} cases {len(misses):4} misses {took:6.1f} s {verdicts}", flush=True)
        for outcome in misses:
            print(f"    {outcome}".encode("utf-8", "backslashreplace").decode())
        slowest = sorted([*slowest, *outcomes], key=lambda o: -o.seconds)[:10]
    print("slowest:")
    for outcome in slowest:
        print(f"    {outcome}".encode("utf-8", "backslashreplace").decode())


if __name__ == "__main__":
    main(sys.argv[1:])
