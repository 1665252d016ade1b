"""Rational arithmetic of SymPy, in the order of the story."""

import sympy

from curation.synth.families._family import Parsed


def expected(parsed: Parsed) -> list[sympy.Expr]:
    a, b, c, d, e = (*map(sympy.Integer, parsed.numbers), *[sympy.S.One] * 5)[:5]
    table = {
        "sum": lambda: a / b + c / d,
        "difference": lambda: a / b - c / d,
        "product": lambda: a / b * (c / d),
        "quotient": lambda: (a / b) / (c / d),
        "part": lambda: c - c * a / b,
        "twice": lambda: e - e * a / b - (e - e * a / b) * c / d,
    }
    return [table[parsed.kind]()]
