"""Shares as unknowns of linear equations, solved by SymPy."""

import sympy

from curation.synth.families._family import Parsed

X, Y, Z = sympy.symbols("x y z")


def expected(parsed: Parsed) -> list[sympy.Expr]:
    a, b, c, d, n = (*map(sympy.Integer, parsed.numbers), 1, 1, 1)[:5]
    equations = {
        "share": lambda: [X + Y - c, b * X - a * Y],
        "mix": lambda: [X + Y - c, b * X - a * Y],
        "scale": lambda: [100 * X - a * b],
        "recipe": lambda: [X / c - b / a],
        "solve": lambda: [X / a - b / c],
        "three": lambda: [X + Y + Z - d, b * X - c * Y, a * X - c * Z],
        "chain": lambda: [X - Y - Z - n, Y / n - a / b, n / Z - c / d],
        "inverse": lambda: [a * b - c * X],
    }[parsed.kind]
    found = sympy.solve(equations(), [X, Y, Z], dict=True)
    return [found[0][X]]
