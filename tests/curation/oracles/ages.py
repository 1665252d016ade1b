"""Every pair or triple of ages up to a limit, tried one by one."""

from itertools import product

import sympy

from curation.synth.families._family import Parsed

OLDEST = 400


def expected(parsed: Parsed) -> list[sympy.Expr]:
    a, b, c = (*parsed.numbers, 0)[:3]
    ages = range(1, OLDEST)
    found = {
        "later": lambda: [y + c for y in ages if y - a == b],
        "sum": lambda: [x for x, y in product(ages, ages) if x + y == b and x - y == a],
        "times": lambda: [x for x, y in product(ages, ages) if x + y == b and x == a * y],
        "until": lambda: [t for t in ages if b + t == c * (a + t)],
        "ago": lambda: [t for t in ages if t < b and a - t == c * (b - t)],
        "shift": lambda: [x for x, y in product(ages, ages) if x - b + y - b == c and x - y == a],
        "both": lambda: [y for x, y in product(ages, ages) if x == a * y and x + b == c * (y + b)],
        "three": lambda: [z for y, z in product(ages, ages) if y == b * z and y + a + y + z == c],
    }[parsed.kind]
    return [*map(sympy.Integer, found())]
