"""SymPy's roots, sorted, added up, multiplied."""

import sympy

from curation.synth.families._family import Parsed, filled
from tests.curation.oracles._formula import equation


def expected(parsed: Parsed) -> list[sympy.Expr]:
    shown = equation(filled(parsed.words["equation"], parsed.numbers))
    roots = sorted(sympy.solve(shown, sympy.Symbol(parsed.words["v"])))
    return {
        "larger": roots[-1:],
        "smaller": roots[:1],
        "both": roots,
        "sum": [sum(roots)],
        "product": [sympy.prod(roots)],
    }[parsed.kind]
