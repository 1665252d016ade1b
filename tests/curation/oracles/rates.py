"""Distances as products, meetings and joint work as equations."""

import sympy

from curation.synth.families._family import Parsed


def expected(parsed: Parsed) -> list[sympy.Expr]:
    a, b, c, d = (*map(sympy.Integer, parsed.numbers), *[sympy.S.One] * 4)[:4]
    x = sympy.Symbol("x")
    table = {
        "distance": lambda: a * b,
        "minutes": lambda: a * b / 60,
        "average": lambda: (a + c) / (b + d),
        "meet": lambda: sympy.solve(a * x + b * x - c, x)[0],
        "follow": lambda: sympy.solve(b * x - a * (x + c), x)[0],
        "together": lambda: sympy.solve(x / a + x / b - 1, x)[0],
        "machines": lambda: b / a * d,
    }
    return [table[parsed.kind]()]
