"""Every equally likely case is listed and counted; where chances are given, all outcomes are weighed."""

from itertools import combinations, product

import sympy

from curation.synth.families._family import Parsed


def share(cases: list[bool]) -> sympy.Rational:
    return sympy.Rational(sum(map(bool, cases)), len(cases))


def expected(parsed: Parsed) -> list[sympy.Expr]:
    a, b, c, d = (*map(sympy.Integer, parsed.numbers), 0, 0, 0)[:4]
    balls = (
        [True] * a + [False] * b
        if parsed.kind in ("draw", "three", "with", "without", "differ", "some", "urns")
        else []
    )
    rolls = [x + y for x, y in product(range(1, a + 1), repeat=2)] if parsed.kind in ("dice", "above") else []
    two = list(combinations(balls, 2))
    outcomes = {
        (x, y): (a / b if x else 1 - a / b) * (c / d if y else 1 - c / d) for x, y in product((0, 1), repeat=2) if d
    }
    table = {
        "draw": lambda: share(balls),
        "three": lambda: share([not ball for ball in balls] + [True] * c),
        "with": lambda: share([x and y for x, y in product(balls, repeat=2)]),
        "without": lambda: share([x and y for x, y in two]),
        "differ": lambda: share([x != y for x, y in two]),
        "some": lambda: share([any(picked) for picked in combinations(balls, c)]),
        "dice": lambda: share([roll == b for roll in rolls]),
        "above": lambda: share([roll > b for roll in rolls]),
        "heads": lambda: share([sum(tosses) == b for tosses in product((0, 1), repeat=a)]),
        "once": lambda: share([0 in faces for faces in product(range(a), repeat=b)]),
        "number": lambda: share([n % b == 0 for n in range(1, a + 1)]),
        "either": lambda: share([n % b == 0 or n % c == 0 for n in range(1, a + 1)]),
        "oneof": lambda: outcomes[0, 1] + outcomes[1, 0],
        "miss": lambda: 1 - outcomes[0, 0],
        "urns": lambda: (share(balls) + share([True] * c + [False] * d)) / 2,
    }
    return [table[parsed.kind]()]
