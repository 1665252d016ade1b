"""SymPy substitutes, composes by substitution, solves for what is asked, and finds minima by its calculus."""

import sympy

from curation.synth.families._family import Parsed, filled
from tests.curation.oracles._formula import formula


def expected(parsed: Parsed) -> list[sympy.Expr]:
    outline, v = parsed.words["outline"], sympy.Symbol(parsed.words["v"])
    count = outline.count("#")
    n = [sympy.Integer(x) for x in parsed.numbers[count:]]
    f, *others = (
        formula(text) if text else sympy.S.Zero for text in filled(outline, parsed.numbers[:count]).split(";")
    )
    g = others[0] if others else f
    a, b, c, d, e = (*n, 0, 0, 0, 0, 0)[:5]
    m, k = sympy.symbols("m_ k_")
    table = {
        "value": lambda: f.subs(v, a),
        "compose": lambda: f.subs(v, g.subs(v, a)),
        "twice": lambda: f.subs(v, f.subs(v, a)),
        "inverse": lambda: sympy.solve(f - a, v)[0],
        "rule": lambda: sympy.expand(f.subs(v, g)),
        "parameter": lambda: sympy.solve(f.subs(v, a) - b, sympy.Symbol(parsed.words["w"]))[0],
        "line": lambda: (m * e + k).subs(sympy.solve([m * a + k - b, m * c + k - d], [m, k])),
        "slope": lambda: sympy.solve([m * a + k - b, m * c + k - d], [m, k])[m],
        "hole": lambda: next(iter(sympy.singularities(f / g, v))),
        "root": lambda: sympy.solve(f, v)[0],
        "lowest": lambda: sympy.calculus.util.minimum(f, v, sympy.S.Reals),
    }
    return [table[parsed.kind]()]
