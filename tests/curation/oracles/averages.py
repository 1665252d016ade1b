"""What makes the equation true that defines a mean, solved by SymPy; medians by sorting."""

import statistics

import sympy

from curation.synth.families._family import Parsed

X = sympy.Symbol("x")


def expected(parsed: Parsed) -> list[sympy.Expr]:
    n = [*map(sympy.Integer, parsed.numbers)]
    if parsed.kind == "median":
        return [statistics.median(n)]
    if parsed.kind == "mean":
        return sympy.solve(len(n) * X - sum(n), X)
    if parsed.kind == "unknown":
        return sympy.solve(sum(n[1:]) + X - n[0] * len(n), X)
    a, b, c, d = (*n, 0, 0)[:4]
    equation = {
        "combined": lambda: (a + c) * X - a * b - c * d,
        "next": lambda: (a * b + X) / (a + 1) - c,
        "removed": lambda: (a * b - X) / (a - 1) - c,
        "weighted": lambda: X - (a * c + b * d) / (a + b),
        "row": lambda: sum(X - k for k in range(b)) / b - a,
    }[parsed.kind]
    return sympy.solve(equation(), X)
