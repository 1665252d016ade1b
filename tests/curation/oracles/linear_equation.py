"""SymPy solves the equation as it stands."""

import sympy

from curation.synth.families._family import Parsed, filled
from tests.curation.oracles._formula import equation


def expected(parsed: Parsed) -> list[sympy.Expr]:
    shown = equation(filled(parsed.words["equation"], parsed.numbers))
    return sympy.solve(shown, sympy.Symbol(parsed.words["v"]))
