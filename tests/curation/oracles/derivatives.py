"""SymPy differentiates and solves; a tangent is built from it, and extrema are told apart by values nearby."""

import sympy

from curation.synth.families._family import Parsed, filled
from tests.curation.oracles._formula import formula


def expected(parsed: Parsed) -> list[sympy.Expr]:
    outline, v = parsed.words["outline"], sympy.Symbol(parsed.words["v"])
    count = outline.count("#")
    first, *others = map(formula, filled(outline, parsed.numbers[:count]).split(";"))
    a, b = (*map(sympy.Integer, parsed.numbers[count:]), 0, 0)[:2]
    f = first * others[0] if others else first**b if parsed.kind == "chain" else first
    slope = sympy.diff(f, v)
    if parsed.kind in ("flat", "rest", "stationary", "highest", "lowest"):
        zeros = sorted(sympy.solve(slope, v))
        if parsed.kind in ("flat", "rest", "stationary"):
            return zeros
        values = [f.subs(v, zero) for zero in zeros]
        return [max(values) if parsed.kind == "highest" else min(values)]
    table = {
        "formula": lambda: sympy.expand(slope),
        "second": lambda: sympy.diff(f, v, 2).subs(v, a),
        "tangent": lambda: sympy.expand(sympy.series(f, v, a, 2).removeO()).subs(v, 0),
    }
    return [table.get(parsed.kind, lambda: slope.subs(v, a))()]
