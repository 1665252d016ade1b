"""Logarithms as quotients of SymPy's natural ones; equations by its solver, and only solutions that really satisfy them."""

import sympy

from curation.synth.families._family import Parsed, filled
from tests.curation.oracles._formula import formula


def exact(value: sympy.Expr) -> sympy.Expr:
    return sympy.nsimplify(sympy.simplify(sympy.expand_log(value, force=True)))


def expected(parsed: Parsed) -> list[sympy.Expr]:
    outline, v = parsed.words["outline"], sympy.Symbol(parsed.words["v"])
    count = outline.count("#")
    sides = [formula(side) for side in filled(outline, parsed.numbers[:count]).split(";")] if outline else []
    a, b, c, d, e = (*map(sympy.Integer, parsed.numbers[count:]), 0, 0, 0, 0, 0)[:5]
    x, y = sympy.symbols("x y", positive=True)
    table = {
        "value": lambda: exact(sympy.log(b) / sympy.log(a)),
        "below": lambda: exact(sympy.log(1 / b) / sympy.log(a)),
        "sum": lambda: exact(sympy.log(b * c) / sympy.log(a)),
        "difference": lambda: exact(sympy.log(b / c) / sympy.log(a)),
        "mixed": lambda: exact((c * sympy.log(b) - d * sympy.log(e)) / sympy.log(a)),
        "growth": lambda: exact(sympy.log(c / b) / sympy.log(a)),
        "solve": lambda: sympy.solve(sympy.log(sides[0], a) - b, v)[0],
        "base": lambda: sympy.solve(x**b - a, x)[0],
        "known": lambda: sympy.expand_log(sympy.log(x**c * y**d)).subs({sympy.log(x): a, sympy.log(y): b}),
        "ratio": lambda: sympy.expand_log(sympy.log(x**c / y**d)).subs({sympy.log(x): a, sympy.log(y): b}),
    }
    if parsed.kind in table:
        return [table[parsed.kind]()]
    claim = sides[0] - sides[1] if parsed.kind == "equal" else sides[0] * sides[1] - a**b
    return [root for root in sympy.solve(claim, v) if all(side.subs(v, root) > 0 for side in sides)]
