"""Answers that try to fool, crash or stop the grader: at least 2,000, the same ones each time, in named families.

A case says what is true of it (right, wrong) without asking any grader: written by hand, or computed with integers and fractions. A
verdict of None ("cannot be told") is allowed where the truth would take algebra; True is never allowed for a wrong answer. Cases
whose truth depends on a convention (`50%` for 1/2) allow both, and only must not crash or hang.

    python -m tests.eval.hostile [family ...]     the verdicts by family, the misses, and the ten slowest
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from eval.grading import grade
from tests.eval import hostile_code, hostile_hedges, hostile_kinds, hostile_near, hostile_pairs, hostile_sizes

RIGHT = frozenset({True})
WRONG = frozenset({False})
NOT_RIGHT = frozenset({False, None})
NOT_WRONG = frozenset({True, None})
ANY = frozenset({True, False, None})
ALLOWED = {"right": RIGHT, "wrong": WRONG, "not right": NOT_RIGHT, "not wrong": NOT_WRONG, "any": ANY}


@dataclass(frozen=True)
class Case:
    """One answer, the gold, how it is asked, and the verdicts that would be true."""

    family: str
    text: str
    gold: Any
    allowed: frozenset[bool | None]
    kind: str = "math"
    options: tuple[str, ...] = ()
    strict: bool = False


@dataclass
class Outcome:
    """What the grader said of a case, and how long it took."""

    case: Case
    number: int
    verdict: bool | None | str
    seconds: float
    reason: str = ""
    told: str = field(init=False)

    def __post_init__(self) -> None:
        text = self.case.text if len(self.case.text) < 80 else self.case.text[:60] + "..." + self.case.text[-17:]
        asked = "".join((f", {self.case.kind}" if self.case.kind != "math" else "", ", strict" if self.case.strict else ""))
        allowed = "/".join(sorted(map(str, self.case.allowed)))
        self.told = (
            f"{self.case.family} {self.number}: {text!r} for {str(self.case.gold)[:60]!r}{asked}: "
            f"{self.verdict} ({self.reason}), not {allowed}, {self.seconds:.1f} s"
        )

    def missed(self, limit: float) -> bool:
        """Whether the verdict is not allowed, or took too long."""
        return self.verdict not in self.case.allowed or self.seconds > limit


def boxed(answer: str) -> str:
    return f"Thus the answer is $\\boxed{{{answer}}}$."


def pairs(family: str, allowed: str, strict: str, table: str) -> Iterator[Case]:
    """Cases of a table with `answer ~~ gold` on each line, as boxed answers: asked plainly, and in strict mode."""
    for line in table.strip().splitlines():
        answer, _, gold = (part.strip() for part in line.partition("~~"))
        yield Case(family, boxed(answer), gold, ALLOWED[allowed])
        yield Case(family, boxed(answer), gold, ALLOWED[strict], strict=True)


def texts(family: str, rows: list[tuple[str, Any, str, str]], **asked: Any) -> Iterator[Case]:
    """Cases of whole replies: text, gold, what is allowed, what is allowed in strict mode ("" for not asked)."""
    for text, gold, allowed, strict in rows:
        if allowed:
            yield Case(family, text, gold, ALLOWED[allowed], **asked)
        if strict:
            yield Case(family, text, gold, ALLOWED[strict], strict=True, **asked)


def families() -> dict[str, Callable[[], Iterator[Case]]]:
    """A generator of cases for each family, in order."""
    found: dict[str, Callable[[], Iterator[Case]]] = {}
    for name, (allowed, strict, table) in hostile_pairs.TABLES.items():
        found[name] = lambda n=name, a=allowed, s=strict, t=table: pairs(n, a, s, t)  # type: ignore[misc]
    for name, rows in hostile_hedges.TEXTS.items():
        found[name] = lambda n=name, r=rows: texts(n, r)  # type: ignore[misc]
    for module in (hostile_near, hostile_kinds, hostile_sizes, hostile_code):
        for name, rows_of in module.FAMILIES.items():
            found[name] = lambda n=name, f=rows_of: (  # type: ignore[misc]
                Case(n, text, gold, ALLOWED[allowed], **asked) for text, gold, allowed, asked in f()
            )
    return found


def judged(family: str) -> Iterator[Outcome]:
    """Every case of a family with what the grader says; a crash is a verdict of its own."""
    for number, case in enumerate(families()[family]()):
        start = time.perf_counter()
        try:
            verdict = grade(case.text, case.gold, kind=case.kind, options=case.options, strict=case.strict)
            value, reason = verdict.value, verdict.reason
        except Exception as error:
            value, reason = "crash", f"{type(error).__name__}: {error}"[:200]
        yield Outcome(case, number, value, time.perf_counter() - start, reason)


def main(names: list[str]) -> None:
    """Print the table, the misses and the slowest."""
    slowest: list[Outcome] = []
    for family in names or families():
        outcomes = list(judged(family))
        verdicts = Counter(str(o.verdict) for o in outcomes)
        misses = [o for o in outcomes if o.missed(2)]
        print(f"{family:32} {len(outcomes):5} cases, {len(misses):4} misses, {sum(o.seconds for o in outcomes):6.1f} s", dict(verdicts))
        for outcome in misses:
            print("   ", outcome.told)
        slowest = sorted([*slowest, *outcomes], key=lambda o: -o.seconds)[:10]
    print("slowest:")
    for outcome in slowest:
        print(f"    {outcome.seconds:.2f} s", outcome.told)


if __name__ == "__main__":
    main(sys.argv[1:])
