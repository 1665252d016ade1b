"""The formulas of plane figures, with SymPy's roots and π."""

import sympy

from curation.synth.families._family import Parsed


def expected(parsed: Parsed) -> list[sympy.Expr]:
    a, b, c = (*map(sympy.Integer, parsed.numbers), *[sympy.S.One] * 3)[:3]
    table = {
        "area": lambda: a * b,
        "fence": lambda: 2 * a + 2 * b,
        "side": lambda: 2 * (a / b + b),
        "triangle": lambda: a * b / 2,
        "circle": lambda: sympy.pi * (a / 2) ** 2 if "diameter" in parsed.words else sympy.pi * a**2,
        "hypotenuse": lambda: sympy.sqrt(a**2 + b**2),
        "leg": lambda: sympy.sqrt(b**2 - a**2),
        "box": lambda: a * b * c,
        "path": lambda: 2 * c * (a + b) + 4 * c**2,
    }
    return [table[parsed.kind]()]
