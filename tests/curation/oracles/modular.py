"""Counting step by step, powers written out in full, and every candidate tried."""

import sympy

from curation.synth.families._family import Parsed


def walked(start: int, steps: int, last: int) -> int:
    for _ in range(steps):
        start = 1 if start == last else start + 1
    return start


def expected(parsed: Parsed) -> list[sympy.Expr]:
    a, b, c, d, m = (*parsed.numbers, 1, 1, 1)[:5]
    found = {
        "clock": lambda: walked(a, b, 12),
        "week": lambda: walked(a, b, 7),
        "last": lambda: int(str(a**b)[-1]),
        "product": lambda: a * b - c * ((a * b) // c),
        "solve": lambda: next(x for x in range(c) if (a * x - b) % c == 0),
        "inverse": lambda: sympy.mod_inverse(a, b),
        "powers": lambda: sympy.Integer(a**b + c**d) % m,
        "two": lambda: next(x for x in range(1, b * d + 1) if x % b == a and x % d == c),
    }[parsed.kind]
    return [sympy.Integer(found())]
