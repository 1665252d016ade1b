"""SymPy's integrals; areas as integrals between all real zeros, each without its sign."""

from itertools import pairwise

import sympy

from curation.synth.families._family import Parsed, filled
from tests.curation.oracles._formula import formula

X, U = sympy.symbols("x u")
OUTSIDE = {"between": 0, "upper": 1, "through": 3}


def area(curve: sympy.Expr, low: sympy.Expr | None, high: sympy.Expr | None) -> sympy.Expr:
    zeros = sympy.Poly(curve, X).real_roots()
    low, high = zeros[0] if low is None else low, zeros[-1] if high is None else high
    cuts = [low, *(zero for zero in zeros if low < zero < high), high]
    return sum((abs(sympy.integrate(curve, (X, x, y))) for x, y in pairwise(cuts)), sympy.S.Zero)


def expected(parsed: Parsed) -> list[sympy.Expr]:
    count = OUTSIDE.get(parsed.kind, 2)
    given = [*map(sympy.Integer, parsed.numbers[:count])]
    curves = [*map(formula, filled(parsed.words["formulas"], parsed.numbers[count:]).split(";"))]
    if parsed.kind == "between":
        return [area(sympy.expand(curves[0] - curves[1]), None, None)]
    if parsed.kind == "upper":
        equation = sympy.integrate(curves[0], (X, 0, U)) - given[0]
        return [u for u in sympy.solve(equation, U) if u > 0]
    a, b = given[:2]
    if parsed.kind == "area":
        return [area(curves[0], a, b)]
    whole = sympy.integrate(curves[0], (X, a, b))
    return [whole / (b - a) if parsed.kind == "mean" else whole + given[2] if parsed.kind == "through" else whole]
