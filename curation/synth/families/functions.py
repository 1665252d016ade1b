"""Functions: values, compositions, inverses of linear functions, an unknown coefficient, where one is defined, its smallest value."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction

from curation.synth.families import _functions_shape_told as shape
from curation.synth.families import _functions_told as told
from curation.synth.families._algebra import Number, coefficients, terms
from curation.synth.families._algebra import parse as polynomial
from curation.synth.families._chain import Work
from curation.synth.families._family import Parsed, Phrasings, Problem, filled, outlined, solvable, tex
from curation.synth.families._notation import power
from curation.synth.families._polynomial import composed, row, shown, value_at
from curation.synth.families._rng import Rng

PHRASINGS = Phrasings("""
    value: Let $<fn>(<v>) = <expr>$ for all real numbers $<v>$. What is the value of $<fn>(<a>)$?
    | A function is given by the formula $<fn>(<v>) = <expr>$. Calculate its value $<fn>(<a>)$.
    | Evaluate the function $<fn>(<v>) = <expr>$ at the point $<v> = <a>$.
    compose: Two functions are given by $<fn>(<v>) = <expr>$ and $<fm>(<v>) = <rhs>$. What is $<fn>(<fm>(<a>))$?
    | Let $<fn>(<v>) = <expr>$ and $<fm>(<v>) = <rhs>$ for all real numbers $<v>$. Find the value of \
        $<fn>(<fm>(<a>))$.
    twice: A function is given by the formula $<fn>(<v>) = <expr>$. What is $<fn>(<fn>(<a>))$?
    | Let $<fn>(<v>) = <expr>$ for all real numbers $<v>$. Apply the function two times: find $<fn>(<fn>(<a>))$.
    inverse: The function $<fn>(<v>) = <expr>$ has an inverse function $<fn>^{-1}$. What is $<fn>^{-1}(<a>)$?
    | Which number does the function $<fn>(<v>) = <expr>$ map to $<a>$?
    | Let $<fn>(<v>) = <expr>$ for all real numbers $<v>$. Find the number $<v>$ with $<fn>(<v>) = <a>$.
    rule: Two functions are given by $<fn>(<v>) = <expr>$ and $<fm>(<v>) = <rhs>$. Write $<fn>(<fm>(<v>))$ as a \
        polynomial in $<v>$ without brackets.
    | Let $<fn>(<v>) = <expr>$ and $<fm>(<v>) = <rhs>$. Expand the composition $<fn>(<fm>(<v>))$ completely.
    parameter: For which number $<w>$ does the function $<fn>(<v>) = <expr>$ satisfy $<fn>(<a>) = <b>$?
    | The graph of $<fn>(<v>) = <expr>$ passes through the point $(<a>, <b>)$. What is the constant $<w>$?
    line: The function $<fn>$ is linear, with $<fn>(<a>) = <b>$ and $<fn>(<c>) = <d>$. What is $<fn>(<e>)$?
    | A line passes through the points $(<a>, <b>)$ and $(<c>, <d>)$ and is the graph of $<fn>$. Find the value \
        $<fn>(<e>)$.
    slope: What is the slope of the linear function $<fn>$ that satisfies $<fn>(<a>) = <b>$ and $<fn>(<c>) = <d>$?
    | Find the slope of the line through the two points $(<a>, <b>)$ and $(<c>, <d>)$ of the plane.
    hole: For which real number $<v>$ is the function $<fn>(<v>) = \\frac{<expr>}{<rhs>}$ not defined?
    | Exactly one real number does not belong to the domain of $<fn>(<v>) = \\frac{<expr>}{<rhs>}$. Which one is \
        it?
    root: What is the smallest real number $<v>$ at which the function $<fn>(<v>) = \\sqrt{<expr>}$ is defined?
    | The largest possible domain of $<fn>(<v>) = \\sqrt{<expr>}$ is an interval that is bounded below. Find its \
        left end point.
    lowest: What is the smallest value that the function $<fn>(<v>) = <expr>$ takes for real numbers $<v>$?
    | Find the minimum value of the quadratic function $<fn>(<v>) = <expr>$ over the real numbers.
""")
LEVEL_KINDS = (
    ("value",),
    ("value", "inverse", "twice"),
    ("compose", "inverse", "hole", "slope"),
    ("parameter", "compose", "line", "root"),
    ("rule", "twice", "lowest", "parameter", "line"),
)
MIXED = ("line", "slope")


def make(rng: Rng, level: int) -> Problem:
    """A problem of difficulty 1 to 5."""
    kind, v = rng.choice(LEVEL_KINDS[level - 1]), rng.choice("xxxtuz")
    fn, fm = rng.sample("fghpqr", 2)
    values: dict[str, object] = {"fn": fn, "fm": fm, "v": v, "w": rng.choice("kcmb")} | _drawn(rng, kind, level, v)
    if kind == "parameter":
        values |= _with_parameter(rng, level, v, str(values["w"]))
    text = PHRASINGS.write(rng, kind, values)
    parsed = parse(text)
    return Problem(text, solve(parsed)) if parsed else make(rng, level)


def _drawn(rng: Rng, kind: str, level: int, v: str) -> dict[str, object]:
    """Formulas and numbers."""
    top = 3 + 2 * level
    nonzero = [n for n in range(-top, top + 1) if n]
    m, n, p, q, r, s = (rng.choice(nonzero) for _ in range(6))
    a = rng.choice([x for x in nonzero if x > 0 or level > 1])
    line = shown([n, abs(m) + 1 if kind == "root" else m if m != 1 else 2], v)
    square = shown(
        [p, q if rng.chance(0.7) else 0, rng.randint(1, 3) if kind == "lowest" else rng.choice((1, 1, 2, 3, -1))], v
    )
    cube = shown([p, rng.choice((0, q)), rng.choice((0, r)), rng.choice((1, 2, -1))], v)
    expr, rhs = line, shown([r, s], v)
    if kind in ("value", "twice", "compose") and level > 1 + (kind == "twice"):
        expr = rng.choice((square, cube) if kind == "value" else (square, line))
    if kind == "value" and level == 1:
        expr = rng.choice((shown([abs(n), abs(m) + 1], v), shown([abs(n), 0, rng.randint(1, 2)], v)))
    if kind == "rule":
        expr, rhs = (square, rhs) if rng.chance(0.6) else (line, square)
    if kind == "lowest":
        expr = shown([p, 2 * q, rng.choice((1, 1, 2))], v)
    if kind == "inverse":
        a = value_at(row(line, v), a).numerator
        if level > 2 and rng.chance(0.5):
            expr, a = f"\\frac{{{shown([n, abs(m) + 1], v)}}}{{{rng.randint(2, 6)}}}", rng.randint(-top, top)
    if kind == "hole":
        expr = rng.choice((str(abs(p)), shown([p, 1], v)))
    b, d = rng.randint(-15, 15), rng.randint(-15, 15)
    c, e = rng.sample([x for x in range(-12, 13) if x != a], 2)
    if kind in MIXED and rng.chance(0.7):
        d = b + (c - a) * rng.choice(nonzero[::2])
    return {"a": a, "b": b, "c": c, "d": d, "e": e, "expr": expr, "rhs": rhs}


def _with_parameter(rng: Rng, level: int, v: str, w: str) -> dict[str, object]:
    """A formula with an unknown coefficient, a point, and the value there."""
    k, a = rng.randint(-6, 6), rng.choice([n for n in range(-5, 6) if n])
    lead, n = rng.randint(1, 3), rng.choice([n for n in range(-9, 10) if n])
    easy = ((lead, 2), (w, 1), (n, 0)), ((w, 1), (n, 0))
    hard = ((w, 2), (n, 1), (lead, 0)), ((1, 3), (w, 2), (n, 0)), ((lead, 3), (w, 1), (n, 0))
    parts: tuple[tuple[int | str, int], ...] = rng.choice(easy if level == 4 else hard)
    named: list[tuple[Number, str]] = []
    value = 0
    for c, degree in parts:
        variable = power(v, degree) if degree else ""
        named.append((1, f"{c}{variable}") if isinstance(c, str) else (c, variable))
        value += (k if isinstance(c, str) else c) * a**degree
    return {"expr": terms(*named), "a": a, "b": value}


# ---- reading and solving ----------------------------------------------------------------------------------------------------


def parse(text: str) -> Parsed | None:
    """The problem that a text states, or None for anything else."""
    return solvable(_readings(text), solve)


def _readings(text: str) -> Iterator[Parsed]:
    for kind, w in PHRASINGS.read(text):
        outline, numbers = outlined(w)
        slots = tuple(int(w[k]) for k in "abcde" if k in w)
        words = {k: w[k] for k in ("fn", "fm", "v", "w") if k in w}
        if (
            w.get("fn") == w.get("fm", "")
            or w.get("v") == w.get("w", "")
            or {w.get("v"), w.get("w")} & {w.get("fn"), w.get("fm")} - {None}
        ):
            continue
        yield Parsed(kind, (*numbers, *slots), {"v": "x", "fn": "f"} | words | {"outline": outline})


def pieces(parsed: Parsed) -> tuple[list[str], list[int]]:
    """The formulas of a problem, and its further numbers."""
    outline = parsed.words["outline"]
    count = outline.count("#")
    formulas = filled(outline, parsed.numbers[:count]).split(";")
    return formulas, list(parsed.numbers[count:])


def known_and_factor(parsed: Parsed) -> tuple[Fraction, Fraction]:
    """What a formula with an unknown coefficient k is at a point: known + factor · k."""
    (formula,), (a, _) = pieces(parsed)
    v, k = parsed.words["v"], parsed.words["w"]
    poly = polynomial(formula)
    if poly is None:
        raise ValueError("not a polynomial")
    without = coefficients({m: c for m, c in poly.items() if k not in dict(m)}, v, 4)
    with_k = {tuple(x for x in m if x[0] != k): c for m, c in poly.items() if dict(m).get(k) == 1}
    factor = coefficients(with_k, v, 4)
    if without is None or factor is None or not any(factor) or any(dict(m).get(k, 0) > 1 for m in poly):
        raise ValueError("the coefficient does not occur once")
    return value_at(without, a), value_at(factor, a)


def solve(parsed: Parsed) -> str:
    """The exact answer as TeX. ValueError if there is none."""
    kind, v = parsed.kind, parsed.words["v"]
    formulas, n = pieces(parsed)
    if kind == "parameter":
        known, factor = known_and_factor(parsed)
        if not factor:
            raise ValueError("the coefficient makes no difference there")
        return tex((n[1] - known) / factor)
    if kind in MIXED:
        a, b, c, d = n[:4]
        if a == c:
            raise ValueError("twice the same point")
        slope = Fraction(d - b, c - a)
        return tex(slope if kind == "slope" else b + slope * (n[4] - a))
    rows = [row(formula, v) for formula in formulas]
    first = rows[0]
    if kind in ("inverse", "hole", "root"):
        linear = rows[-1]
        if len(linear) != 2 or (kind == "root" and linear[1] < 0):
            raise ValueError("not linear")
        at = (n[0] if kind == "inverse" else 0) - Fraction(linear[0])
        if kind == "hole" and len(first) > 1 and not value_at(first, at / linear[1]):
            raise ValueError("the numerator is zero there too")
        return tex(at / linear[1])
    if kind == "lowest":
        if len(first) != 3 or first[2] < 0:
            raise ValueError("no smallest value")
        return tex(first[0] - Fraction(first[1] ** 2) / (4 * first[2]))
    if kind == "rule":
        if len(rows[0]) < 2 or len(rows[1]) < 2 or (len(rows[0]) - 1) * (len(rows[1]) - 1) > 4:
            raise ValueError("the degree is too high or too low")
        return shown(composed(rows[0], rows[1]), v)
    inner = value_at(rows[-1], n[0])
    return tex(inner if kind == "value" else value_at(first, inner))


TELL: dict[str, Callable[..., Work]] = {
    "value": told.value,
    "compose": told.compose,
    "twice": told.twice,
    "inverse": told.inverse,
}
"""Who tells which kind, given the answer, the words, the formulas as written and as rows, and the numbers."""
WHOLE: dict[str, Callable[..., Work]] = {
    "rule": told.rule,
    "hole": shape.hole,
    "lowest": shape.lowest,
}
"""And without numbers outside the formulas."""


def explain(parsed: Parsed, rng: Rng) -> Work:
    """What there is to tell about the solution."""
    kind, w, answer, (formulas, n) = parsed.kind, parsed.words, solve(parsed), pieces(parsed)
    if kind == "parameter":
        return shape.parameter(answer, w, formulas[0], *known_and_factor(parsed), *n)
    if kind in MIXED:
        return shape.line(answer, w, n) if kind == "line" else shape.slope(answer, n)
    rows = [row(formula, w["v"]) for formula in formulas]
    if kind == "root":
        return shape.root(answer, w, rows)
    return TELL[kind](answer, w, formulas, rows, n) if kind in TELL else WHOLE[kind](answer, w, formulas, rows)
