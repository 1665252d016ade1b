"""SymPy's own number theory."""

import sympy

from curation.synth.families._family import Parsed


def expected(parsed: Parsed) -> list[sympy.Expr]:
    a, b, c = (*map(sympy.Integer, parsed.numbers), *[sympy.S.One] * 3)[:3]
    table = {
        "gcd": lambda: sympy.gcd(a, b),
        "bags": lambda: sympy.gcd(a, b),
        "lcm": lambda: sympy.lcm(a, b),
        "bells": lambda: sympy.lcm(a, b),
        "remainder": lambda: a % b,
        "power": lambda: sympy.Mod(a**b, c),
        "count": lambda: sympy.divisor_count(a),
    }
    return [table[parsed.kind]()]
