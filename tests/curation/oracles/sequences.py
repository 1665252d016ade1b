"""Terms by substitution, sums by SymPy's summation."""

import sympy

from curation.synth.families._family import Parsed


def expected(parsed: Parsed) -> list[sympy.Expr]:
    a, b, c, d = (*map(sympy.Integer, parsed.numbers), *[sympy.S.One] * 4)[:4]
    n = sympy.Symbol("n")
    table = {
        "term": lambda: (a + (n - 1) * b).subs(n, c),
        "seats": lambda: (a + (n - 1) * b).subs(n, c),
        "sum": lambda: sympy.summation(a + (n - 1) * b, (n, 1, c)),
        "next": lambda: sympy.summation(a + (n - 1) * (b - a), (n, 1, d)),
        "power": lambda: a * b ** (c - 1),
        "germs": lambda: a * b**c,
        "total": lambda: sympy.summation(a * b ** (n - 1), (n, 1, c)),
    }
    return [table[parsed.kind]()]
