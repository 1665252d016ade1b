"""The four operations, in the order of the story."""

import sympy

from curation.synth.families._family import Parsed


def expected(parsed: Parsed) -> list[sympy.Expr]:
    a, b, c, d = (*map(sympy.Integer, parsed.numbers), *[sympy.S.One] * 4)[:4]
    table = {
        "give": lambda: a - b + c,
        "pack": lambda: a * b - c,
        "shop": lambda: a * b + c * d,
        "change": lambda: c - a * b,
        "share": lambda: (a - b) / c,
        "earn": lambda: a * b * c - d,
        "grow": lambda: a + 2 * a * b - c,
    }
    return [table[parsed.kind]()]
