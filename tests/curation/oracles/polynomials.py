"""SymPy's polynomials: expanded, divided, factored, solved for k."""

import sympy

from curation.synth.families._family import Parsed, filled
from tests.curation.oracles._formula import formula

X, K = sympy.symbols("x k")


def expected(parsed: Parsed) -> list[sympy.Expr]:
    first, *rest = map(formula, filled(parsed.words["formulas"], parsed.numbers).split(";"))
    last = sympy.Integer(parsed.numbers[-1] if parsed.numbers else 0)
    found = {
        "value": lambda: [first.subs(X, last)],
        "coefficient": lambda: [sympy.expand(first).coeff(X, 2)],
        "remainder": lambda: [sympy.rem(first, rest[0], X)],
        "sum": lambda: [sum(sympy.Poly(first, X).all_coeffs())],
        "largest": lambda: [max(sympy.roots(first, X))],
        "factor": lambda: sympy.solve(sympy.rem(first, rest[0], X), K),
        "equal": lambda: sympy.solve((first - rest[0]).subs(X, last), K),
    }[parsed.kind]
    return found()
