"""SymPy's own simplification of the expression as written; equations by its solver."""

import sympy

from curation.synth.families._family import Parsed, filled
from tests.curation.oracles._formula import formula


def expected(parsed: Parsed) -> list[sympy.Expr]:
    outline, v = parsed.words["outline"], sympy.Symbol(parsed.words["v"], positive=True)
    count = outline.count("#")
    sides = [formula(side) for side in filled(outline, parsed.numbers[:count]).split(";")] if outline else []
    unknown = sympy.Symbol(parsed.words["v"])
    a, b, c, d, e, f = (*map(sympy.Integer, parsed.numbers[count:]), 0, 0, 0, 0, 0, 0)[:6]
    table = {
        "product": lambda: v**a * v**b,
        "quotient": lambda: v**a * v**b / v**c,
        "tower": lambda: (v**a) ** b * v**c,
        "number": lambda: a**b,
        "cancel": lambda: a**b * a**c / a**d,
        "rational": lambda: d * sympy.root(a, c) ** b,
        "inverse": lambda: d / sympy.root(a, c) ** b,
        "surd": lambda: a * sympy.sqrt(b),
        "surds": lambda: sympy.sqrt(a) + sympy.sqrt(b) - sympy.sqrt(c),
        "write": lambda: a,
        "scientific": lambda: (a + b / 10) * sympy.Integer(10) ** c * (d + e / 10) * sympy.Integer(10) ** f,
        "solve": lambda: solution(sides[0] * sympy.log(a) - sympy.log(b), unknown),
        "reciprocal": lambda: solution(sides[0] * sympy.log(a) + sympy.log(b), unknown),
        "bases": lambda: solution(sides[0] * sympy.log(a) - sides[1] * sympy.log(b), unknown),
    }
    return [table[parsed.kind]().subs(v, unknown)]


def solution(logarithms: sympy.Expr, unknown: sympy.Symbol) -> sympy.Expr:
    """The solution after logarithms, made rational by SymPy."""
    (found,) = sympy.solve(logarithms, unknown)
    return sympy.nsimplify(sympy.simplify(sympy.expand_log(found, force=True)))
