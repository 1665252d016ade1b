"""SymPy's inequality solver for regions; integers by trying all of a wide range; limits in words by counting up."""

import operator

import sympy

from curation.synth.families._family import Parsed, filled
from tests.curation.oracles._formula import formula

SIGNS = {"<": operator.lt, ">": operator.gt, "≤": operator.le, "≥": operator.ge}


def expected(parsed: Parsed) -> list[sympy.Basic]:
    if parsed.kind in ("budget", "goal"):
        a, b, c = parsed.numbers
        n = 0
        while a + b * n <= c:
            n += 1
        return [sympy.Integer(n - 1 if parsed.kind == "budget" else n)]
    text = filled(parsed.words["outline"], parsed.numbers)
    signs = [ch for ch in text if ch in SIGNS]
    for sign in signs:
        text = text.replace(sign, "|")
    sides = [formula(side) for side in text.split("|")]
    v = sympy.Symbol(parsed.words["v"])
    if parsed.kind in ("region", "double"):
        real = sympy.Symbol("r", real=True)
        claims = [SIGNS[s](x.subs(v, real), y.subs(v, real)) for s, x, y in zip(signs, sides, sides[1:], strict=False)]
        region = sympy.S.Reals
        for claim in claims:
            region &= sympy.solve_univariate_inequality(claim, real, relational=False)
        return [region]
    calls = [sympy.lambdify(v, side, "math") for side in sides]
    true = [
        n
        for n in range(-3000, 3001)
        if all(SIGNS[s](f(n), g(n)) for s, f, g in zip(signs, calls, calls[1:], strict=False))
    ]
    return [sympy.Integer({"largest": true[-1], "smallest": true[0]}.get(parsed.kind, len(true)))]
