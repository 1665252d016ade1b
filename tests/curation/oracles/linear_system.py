"""SymPy solves the two equations, as written or as the story means them."""

import sympy

from curation.synth.families._family import Parsed, filled
from tests.curation.oracles._formula import equation


def expected(parsed: Parsed) -> list[sympy.Expr]:
    if "equations" in parsed.words:
        pair = [equation(part) for part in filled(parsed.words["equations"], parsed.numbers).split(";")]
        unknowns = sympy.symbols((parsed.words["v"], parsed.words["w"]))
    else:
        numbers = parsed.numbers if parsed.kind == "tickets" else (4, 2, *parsed.numbers)
        unknowns = sympy.symbols("x y")
        weights = (1, -1) if parsed.kind == "numbers" else numbers[:2]
        more = sympy.Eq(weights[0] * unknowns[0] + weights[1] * unknowns[1], numbers[3])
        pair = [sympy.Eq(sum(unknowns), numbers[2]), more]
    found = sympy.solve(pair, unknowns)
    return [found[u] for u in unknowns] if parsed.kind == "pair" else [found[unknowns[0]]]
