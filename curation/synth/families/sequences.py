"""Arithmetic and geometric sequences: a term, a sum, or the rule behind given terms."""

from __future__ import annotations

from itertools import pairwise

from curation.synth.families._chain import Step, Work
from curation.synth.families._family import Parsed, Phrasings, Problem
from curation.synth.families._rng import Rng
from curation.synth.families._words import person

PHRASINGS = Phrasings("""
    term: An arithmetic sequence has first term $<a>$ and common difference $<b>$. What is its term number <c>?
    | In an arithmetic sequence the first term is $<a>$ and each term is $<b>$ more than the one before. Find term \
        number <c>.
    seats: The first row of a theater has <a> seats, and every row after that has <b> seats more than the row in \
        front of it. How many seats are in row <c>?
    sum: Find the sum of the first <c> terms of the arithmetic sequence with first term $<a>$ and common difference \
        $<b>$.
    | The first row of a stadium has <a> seats and each further row has <b> seats more. How many seats are there in \
        the first <c> rows together?
    next: The numbers $<a>$, $<b>$, $<c>$ are the first three terms of an arithmetic sequence. What is the sum of \
        its first <d> terms?
    | Find the sum of the first <d> terms of the arithmetic sequence that begins $<a>$, $<b>$, $<c>$.
    power: A geometric sequence has first term $<a>$ and common ratio $<b>$. What is its term number <c>?
    | Each term of a sequence is <b> times the term before it, and the first term is <a>. Find term number <c>.
    germs: A colony starts with <a> bacteria and grows to <b> times its size every hour. How many bacteria are \
        there after <c> hours?
    total: Find the sum of the first <c> terms of the geometric sequence with first term $<a>$ and common ratio $<b>$.
    | <name> saves <a> dollars in the first week and in every later week <b> times as much as in the week before. \
        How many dollars has <he> saved after <c> weeks?
""")
LEVEL_KINDS = (
    ("seats", "term"),
    ("term", "power", "germs"),
    ("sum", "power"),
    ("sum", "next", "total"),
    ("next", "total"),
)
MAX_TERMS = 400


def make(rng: Rng, level: int) -> Problem:
    """A problem of difficulty 1 to 5."""
    kind, d = rng.choice(LEVEL_KINDS[level - 1]), rng.randint(8, 10 + 8 * level)
    a, b, c = rng.randint(2, 8 * level), rng.randint(2, 3 + 2 * level), rng.randint(5, 6 + 6 * level)
    if kind == "next":
        step = b * rng.choice((1, 1, -1))
        b, c = a + step, a + 2 * step
    if kind in ("power", "germs", "total"):
        a, b, c = (
            rng.randint(1, 3 + level) + (kind != "power"),
            rng.randint(2, 3 if level < 4 else 4),
            rng.randint(3, 5 + (level > 2)),
        )
    if kind == "term" and rng.chance(0.3):
        a = -a
    text = PHRASINGS.write(rng, kind, {**person(rng), "a": a, "b": b, "c": c, "d": d})
    return Problem(text, str(_value(kind, (a, b, c, d))))


def parse(text: str) -> Parsed | None:
    """The problem that a text states, or None for anything else."""
    parsed = PHRASINGS.integers(text)
    if parsed is None or not 1 <= parsed.numbers[-1] <= MAX_TERMS:
        return None
    a, b, c = parsed.numbers[:3]
    if parsed.kind == "next":
        return parsed if b - a == c - b else None
    geometric = parsed.kind in ("power", "germs", "total")
    return parsed if not geometric or (1 < b <= 20 and c <= 20) else None


def _value(kind: str, numbers: tuple[int, ...]) -> int:
    a, b, c = numbers[:3]
    if kind == "next":
        n = numbers[3]
        return n * (2 * a + (n - 1) * (b - a)) // 2
    return {
        "term": lambda: a + (c - 1) * b,
        "seats": lambda: a + (c - 1) * b,
        "sum": lambda: c * (2 * a + (c - 1) * b) // 2,
        "power": lambda: a * b ** (c - 1),
        "germs": lambda: a * b**c,
        "total": lambda: a * (b**c - 1) // (b - 1),
    }[kind]()


def solve(parsed: Parsed) -> str:
    """The exact answer as TeX. ValueError if there is none."""
    a, b, c = parsed.numbers[:3]
    if parsed.kind == "next" and b - a != c - b:
        raise ValueError("the three terms are not in arithmetic sequence")
    if parsed.kind in ("power", "germs", "total") and (b < 2 or c > 20):
        raise ValueError("out of range")
    return str(_value(parsed.kind, parsed.numbers))


def explain(parsed: Parsed, rng: Rng) -> Work:
    """What there is to tell about the solution."""
    a, b, c = parsed.numbers[:3]
    answer = solve(parsed)
    if parsed.kind == "next":
        work = _sum(answer, a, b - a, parsed.numbers[3])
        first = Step(
            "The common difference is {}. || From one term to the next the step is {}.",
            f"{b} - {_bracket(a)}",
            str(b - a),
        )
        return Work(
            answer,
            f"The sequence begins {a}, {b}, {c}.",
            work.ask,
            [first, *work.steps],
            work.said,
            work.checks,
            work.traps,
        )
    if parsed.kind in ("term", "seats"):
        return _term(answer, a, b, c)
    if parsed.kind == "sum":
        return _sum(answer, a, b, c)
    return _total(answer, a, b, c) if parsed.kind == "total" else _power(answer, a, b, c, hours=parsed.kind == "germs")


def _term(answer: str, a: int, b: int, c: int) -> Work:
    listed = ", ".join(str(a + i * b) for i in range(4))
    return Work(
        answer,
        f"The first value is {a}, and each one after it is {b} larger. || It begins with {a} and goes up "
        f"by {b} every time.",
        f"value number {c}",
        [
            Step(f"The values run {listed}, and so on. || Writing out the start: {listed}."),
            Step(
                f"To reach number {c}, I take {c - 1} steps from the first one. || From number 1 to "
                f"number {c} there are {c - 1} steps."
            ),
            Step("Those steps add {}.", f"{c - 1} \\times {b}", str((c - 1) * b)),
            Step(f"So value number {c} is {{}}.", f"{a} + {(c - 1) * b}", answer),
        ],
        traps=[
            (
                f"take {c} steps, which gives {a + c * b}",
                f"The first value needs no step at all, so there are only {c - 1} steps.",
            )
        ],
        checks=[
            f"With the formula $a + (n - 1)d$ and $n = {c}$ I get ${a} + {c - 1} \\cdot {b} = {answer}$.",
            f"Value number {c - 1} would be {int(answer) - b}, and adding {b} gives {answer}.",
        ],
    )


def _sum(answer: str, a: int, d: int, n: int) -> Work:
    last = a + (n - 1) * d
    return Work(
        answer,
        f"There are {n} terms, starting at {a}, with a step of {d} between them.",
        f"the sum of the first {n} terms",
        [
            Step(
                f"Term number {n} is {{}}. || The last term to add is {{}}.",
                f"{a} + {n - 1} \\cdot {_bracket(d)}",
                str(last),
            ),
            Step("The first and the last term together make {}.", f"{a} + {_bracket(last)}", str(a + last)),
            Step(
                "Pairing the terms from both ends, every pair has that same sum, so the total is {}. "
                "|| The sum is the number of terms times the average of first and last, which is {}.",
                f"\\frac{{{n} \\cdot {_bracket(a + last)}}}{{2}}",
                answer,
            ),
        ],
        said=f"The sum is {answer}.",
        traps=[
            (
                f"multiply {n} by the last term {last}",
                "Not every term is equal to the last one, so that cannot be the sum.",
            )
        ]
        if d
        else [],
        checks=[f"The average of the first and last term is {(a + last) / 2:g}, and {n} times that is {answer}."],
    )


def _power(answer: str, a: int, b: int, c: int, *, hours: bool) -> Work:
    times = c if hours else c - 1
    rows = [a * b**i for i in range(times + 1)]
    steps = [Step(f"I have to multiply by {b} exactly {times} times. || That makes {times} multiplications by {b}.")]
    steps += [
        Step(f"After {i + 1} of them: {{}}. || Number {i + 1} gives {{}}.", f"{x} \\times {b}", str(y))
        for i, (x, y) in enumerate(pairwise(rows))
    ]
    return Work(
        answer,
        f"It starts at {a} and is multiplied by {b} at every step.",
        f"the size after {c} hours" if hours else f"term number {c}",
        steps,
        traps=[
            (
                f"multiply {a} × {b} × {times} = {a * b * times}",
                f"The factor {b} is applied again and again, so it is a power, not a product with {times}.",
            )
        ]
        if times > 2
        else [],
        checks=[f"In one formula: ${a} \\cdot {b}^{{{times}}} = {a} \\cdot {b**times} = {answer}$."],
    )


def _total(answer: str, a: int, b: int, c: int) -> Work:
    rows = [a * b**i for i in range(c)]
    return Work(
        answer,
        f"The first amount is {a}, each later one is {b} times the one before, and there are {c} of them.",
        f"the sum of the first {c} amounts",
        [
            Step(f"The amounts are {', '.join(map(str, rows))}."),
            Step(
                "By the formula for a geometric sum, the total is {}.",
                f"\\frac{{{a} \\cdot ({b}^{{{c}}} - 1)}}{{{b} - 1}}",
                answer,
            ),
        ],
        said=f"The total is {answer}.",
        traps=[(f"stop at the last amount, {rows[-1]}", "That is only the last amount; they all have to be added up.")],
        checks=[f"Adding them one by one: {' + '.join(map(str, rows))} = {answer}."],
    )


def _bracket(value: int) -> str:
    return f"({value})" if value < 0 else str(value)
