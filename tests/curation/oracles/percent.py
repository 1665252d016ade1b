"""Percentages as hundredths; what is asked backwards is solved as an equation."""

import sympy

from curation.synth.families._family import Parsed


def expected(parsed: Parsed) -> list[sympy.Expr]:
    a, b, c = (*map(sympy.Integer, parsed.numbers), *[sympy.S.One] * 3)[:3]
    x = sympy.Symbol("x")
    table = {
        "part": lambda: a / 100 * b,
        "off": lambda: b - b * a / 100,
        "up": lambda: b + b * a / 100,
        "before": lambda: sympy.solve(x - x * a / 100 - b, x)[0],
        "share": lambda: sympy.solve(x / 100 * b - a, x)[0],
        "double": lambda: (c + c * a / 100) * (1 - b / 100),
    }
    return [table[parsed.kind]()]
