"""Integrals of polynomials: definite ones, areas, averages, an antiderivative through a point, an unknown upper limit."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import pairwise
from math import isqrt

from curation.synth.families._algebra import coefficients, terms
from curation.synth.families._algebra import parse as polynomial
from curation.synth.families._chain import Work
from curation.synth.families._family import Parsed, Phrasings, Problem, filled, outlined, solvable, spaced, tex
from curation.synth.families._rng import Rng

PHRASINGS = Phrasings("""
    definite: Evaluate the integral $\\int_{<a>}^{<b>} (<expr>) \\, dx$.
    | Compute the definite integral of $<expr>$ from $x = <a>$ to $x = <b>$.
    | What is the value of $\\int_{<a>}^{<b>} (<expr>) \\, dx$?
    mean: What is the average value of the function $f(x) = <expr>$ on the interval from $<a>$ to $<b>$?
    | Find the mean value of $<expr>$ for $x$ between $<a>$ and $<b>$.
    motion: A particle moves along a line with velocity $<expr>$ at time $x$. By how much does its position change from \
        time $<a>$ to time $<b>$?
    | Water flows into a tank at a rate of $<expr>$ liters per minute after $x$ minutes. How many liters flow in between \
        minute <a> and minute <b>?
    through: A function $F$ has the derivative $F'(x) = <expr>$ and the value $F(<a>) = <c>$. What is $F(<b>)$?
    | Let $F$ be the antiderivative of $<expr>$ with $F(<a>) = <c>$. Find $F(<b>)$.
    area: Find the area of the region between the graph of $y = <expr>$ and the $x$-axis from $x = <a>$ to $x = <b>$.
    | How large is the area that the graph of $<expr>$ and the $x$-axis enclose between $x = <a>$ and $x = <b>$?
    between: Find the area of the region that is bounded by the curves $y = <lhs>$ and $y = <rhs>$.
    | The graphs of $<lhs>$ and $<rhs>$ enclose a region. What is its area?
    upper: For which positive number $u$ does $\\int_{0}^{u} (<expr>) \\, dx = <c>$ hold?
    | Find the positive number $u$ such that the integral of $<expr>$ from $0$ to $u$ is $<c>$.
""")
LEVEL_KINDS = (
    ("definite",),
    ("definite", "mean"),
    ("motion", "through", "definite"),
    ("area", "upper", "through", "mean"),
    ("between", "area", "through"),
)
MAX_SIZE = 10**6


def make(rng: Rng, level: int) -> Problem:
    """A problem of difficulty 1 to 5."""
    kind, top = rng.choice(LEVEL_KINDS[level - 1]), 3 + 2 * level
    a, b = (0, rng.randint(1, 4)) if level == 1 else (rng.randint(-level + 1, 2), 0)
    b = b or a + rng.randint(1, 2 + level // 2)
    c, left, right = rng.randint(-3 * level, 4 * level), "", ""
    if kind in ("motion", "mean"):
        a, b = max(a, 0), max(a, 0) + rng.randint(1, 4)
    if kind == "area":
        dense = _crossing(rng, a, b)
    elif kind == "between":
        left, right = _enclosing(rng)
        dense = [1, 1]
    elif kind == "upper":
        k, u = rng.randint(1, 4 * level), rng.randint(2, 4 + 2 * level)
        lower = rng.choice((0, rng.randint(1, 6 * level)))
        dense, c = [lower, 2 * k], lower * u + k * u * u
    else:
        degree = min(3, 1 + level // 2) if kind != "motion" else 2
        sign = (1,) if kind == "motion" and level < 4 else (1, 1, -1)
        dense = [rng.randint(1, top) * rng.choice(sign) if rng.chance(0.8) else 0 for _ in range(degree)] + [
            rng.randint(1, 2 + 2 * level)
        ]
        if level < 3:
            dense = [x * (k + 1) if rng.chance(0.6) and k else x for k, x in enumerate(dense)]
    text = PHRASINGS.write(rng, kind, {"expr": _shown(dense), "lhs": left, "rhs": right, "a": a, "b": b, "c": c})
    parsed = parse(text)
    assert parsed is not None, text
    return Problem(text, solve(parsed))


def _crossing(rng: Rng, a: int, b: int) -> list[int]:
    """A line or parabola with integer roots, one of them often inside the interval."""
    k, root = rng.randint(1, 3), rng.randint(a, b)
    if rng.chance(0.4):
        return [-2 * k * root, 2 * k]
    other = rng.choice([n for n in range(a - 3, b + 4) if n != root])
    return [n * k for n in (root * other, -root - other, 1)]


def _enclosing(rng: Rng) -> tuple[str, str]:
    """Two curves that meet at two integers."""
    low, width, k = rng.randint(-6, 4), rng.randint(2, 7), rng.randint(1, 3)
    high = low + width
    slope, height = rng.randint(-6, 6), rng.randint(-9, 9)
    line = [height, slope, 0]
    curve = [height + k * low * high, slope - k * (low + high), k]
    if rng.chance(0.4):
        line, curve = [*line[:2], 1], [curve[0], curve[1], k + 1]
    pair = (_shown(curve), _shown(line))
    return pair if rng.chance(0.5) else (pair[1], pair[0])


def _shown(dense: list[int]) -> str:
    return terms(*((c, "" if k == 0 else "x" if k == 1 else f"x^{k}") for k, c in reversed(list(enumerate(dense)))))


def parse(text: str) -> Parsed | None:
    """The problem that a text states, or None for anything else."""
    return solvable(_readings(text), solve)


def _readings(text: str) -> Iterator[Parsed]:
    for kind, w in PHRASINGS.read(text):
        outline, numbers = outlined(w)
        given = tuple(int(w[name]) for name in "abc" if name in w)
        yield Parsed(kind, (*given, *numbers), {"formulas": outline})


GIVEN = {"between": 0, "upper": 1, "through": 3}
"""How many numbers stand outside the formulas; 2 for all other kinds."""


def _read(parsed: Parsed) -> tuple[list[int], list[str], list[list[int]]]:
    """Numbers outside formulas, formulas as written, and their coefficients from the constant up. ValueError if one is no polynomial."""
    count = GIVEN.get(parsed.kind, 2)
    shown = filled(parsed.words["formulas"], parsed.numbers[count:]).split(";")
    dense = []
    for piece in shown:
        read = polynomial(piece)
        found = coefficients(read, "x", 4) if read is not None else None
        if found is None or any(x.denominator != 1 or not -MAX_SIZE < x < MAX_SIZE for x in found):
            raise ValueError("not a polynomial in x with integer coefficients")
        dense.append([int(x) for x in found])
    given = list(parsed.numbers[:count])
    if count > 1 and (any(abs(n) > 1000 for n in given[:2]) or (count == 2 and given[0] >= given[1])):
        raise ValueError("limits out of range or out of order")
    return given, shown, dense


def _integral(dense: list[int], a: Fraction | int, b: Fraction | int) -> Fraction:
    return _primitive(dense, Fraction(b)) - _primitive(dense, Fraction(a))


def _primitive(dense: list[int], x: Fraction) -> Fraction:
    value = Fraction(0)
    for k in reversed(range(len(dense))):
        value = value * x + Fraction(dense[k], k + 1)
    return value * x


def _primitive_shown(dense: list[int]) -> str:
    return terms(*((Fraction(c, k + 1), "x" if k == 0 else f"x^{k + 1}") for k, c in reversed(list(enumerate(dense)))))


def _roots(dense: list[int]) -> list[Fraction]:
    """The rational roots of a line or parabola, in order. ValueError if the degree is higher or the roots are irrational."""
    c, b, a = (*dense, 0, 0)[:3]
    if any(dense[3:]) or not (a or b):
        raise ValueError("not a line or parabola")
    if not a:
        return [Fraction(-c, b)]
    inside = b * b - 4 * a * c
    if inside < 0:
        return []
    if isqrt(inside) ** 2 != inside:
        raise ValueError("irrational roots")
    return sorted({Fraction(-b - isqrt(inside), 2 * a), Fraction(-b + isqrt(inside), 2 * a)})


def _pieces(dense: list[int], a: int, b: int) -> list[tuple[Fraction, Fraction, Fraction]]:
    """The integral from a to b, cut where the sign changes: (from, to, value)."""
    roots = _roots(dense)
    if len(roots) == 1 and dense[2]:  # a parabola that only touches the axis
        roots = []
    cuts = [Fraction(a), *(r for r in roots if a < r < b), Fraction(b)]
    return [(x, y, _integral(dense, x, y)) for x, y in pairwise(cuts)]


def _difference(dense: list[list[int]]) -> tuple[list[int], Fraction, Fraction]:
    """The difference of two curves and where it is zero. ValueError unless it is a parabola with two rational roots."""
    found = [x - y for x, y in zip(*dense, strict=True)]
    roots = _roots(found)
    if not found[2] or len(roots) != 2:
        raise ValueError("no region is enclosed")
    return found, roots[0], roots[1]


def solve(parsed: Parsed) -> str:
    """The exact answer as TeX. ValueError if there is none."""
    given, _, dense = _read(parsed)
    kind = parsed.kind
    if kind == "between":
        found, low, high = _difference(dense)
        return tex(abs(_integral(found, low, high)))
    if kind == "upper":
        return tex(_upper(dense[0], given[0]))
    a, b = given[:2]
    if kind == "area":
        return tex(sum((abs(value) for _, _, value in _pieces(dense[0], a, b)), Fraction(0)))
    value = _integral(dense[0], a, b)
    if kind == "mean":
        value /= b - a
    return tex(given[2] + value if kind == "through" else value)


def _upper(dense: list[int], c: int) -> Fraction:
    """The u > 0 with k u^2 + l u = c. ValueError unless it is rational and alone."""
    lower, double = dense[:2]
    inside = lower * lower + 2 * double * c
    if any(dense[2:]) or double <= 0 or lower < 0 or c <= 0 or isqrt(inside) ** 2 != inside:
        raise ValueError("no single rational limit")
    return Fraction(isqrt(inside) - lower, double)


def explain(parsed: Parsed, rng: Rng) -> Work:
    """What there is to tell about the solution."""
    from curation.synth.families import _integrals_told as told

    given, shown, dense = _read(parsed)
    return told.work(parsed.kind, solve(parsed), given, [spaced(piece) for piece in shown], dense)
