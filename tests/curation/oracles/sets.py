"""Real sets of numbers, built so that they overlap as told, and counted; three sets by SymPy from the seven parts of their diagram."""

import sympy

from curation.synth.families._family import Parsed


def overlapping(a: int, b: int, c: int) -> tuple[set[int], set[int]]:
    """Two sets of a and b numbers with c in common."""
    return set(range(a)), set(range(a - c, a - c + b))


def three(a: int, b: int, c: int, d: int, e: int, f: int, g: int) -> dict[str, sympy.Expr]:
    """The sizes of the seven parts, named by the sets they lie in."""
    x = {name: sympy.Symbol(name) for name in ("A", "B", "C", "AB", "AC", "BC", "ABC")}
    wholes = {"A": a, "B": b, "C": c, "AB": d, "AC": e, "BC": f, "ABC": g}
    within = [sum(x[part] for part in x if set(whole) <= set(part)) - size for whole, size in wholes.items()]
    found = sympy.solve(within, list(x.values()))
    return {name: found[symbol] for name, symbol in x.items()}


def expected(parsed: Parsed) -> list[sympy.Expr]:
    n, kind = parsed.numbers, parsed.kind
    if kind == "multiples":
        return [sympy.Integer(sum(k % n[0] == 0 or k % n[1] == 0 for k in range(1, n[2] + 1)))]
    if kind in ("both", "formula"):
        sizes = [k for k in range(min(n[:2]) + 1) if len(set.union(*overlapping(*n[:2], k))) == n[2]]
        return [*map(sympy.Integer, sizes)]
    if kind in ("either", "only", "neither"):
        one, two = overlapping(*n[:3])
        found = {"either": one | two, "only": one ^ two, "neither": set(range(n[-1])) - (one | two)}[kind]
        return [sympy.Integer(len(found))]
    parts = three(*n[:7])
    inside = sum(parts.values())
    return [{"three": inside, "none": n[-1] - inside, "one": parts["A"] + parts["B"] + parts["C"]}[kind]]
