"""Derivatives of polynomials: the formula, slopes, tangents, second derivatives, products and powers, stationary points, motion."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from math import isqrt

from curation.synth.families import _derivatives_told as told
from curation.synth.families import _derivatives_zeros_told as zeros
from curation.synth.families._algebra import Number
from curation.synth.families._chain import Work
from curation.synth.families._family import Parsed, Phrasings, Problem, filled, outlined, solvable, tex
from curation.synth.families._polynomial import derivative, row, shown, value_at
from curation.synth.families._rng import Rng
from curation.synth.families._words import VEHICLES

PHRASINGS = Phrasings("""
    formula: Find the derivative of the function $<fn>(<v>) = <expr>$ as a polynomial in $<v>$.
    | Differentiate the polynomial $<fn>(<v>) = <expr>$ with respect to $<v>$ and simplify.
    slope: What is the slope of the graph of the function $<fn>(<v>) = <expr>$ at the point where $<v> = <a>$?
    | The function $<fn>(<v>) = <expr>$ has the derivative $<fn>'(<v>)$. Calculate $<fn>'(<a>)$.
    | Find the rate at which $<fn>(<v>) = <expr>$ changes at the moment when $<v> = <a>$.
    second: Differentiate the function $<fn>(<v>) = <expr>$ twice. What is the value of $<fn>''(<a>)$?
    | Find the second derivative of $<fn>(<v>) = <expr>$ at the point $<v> = <a>$.
    tangent: The tangent to the graph of $<fn>(<v>) = <expr>$ at $<v> = <a>$ crosses the vertical axis. At which \
        height does it do so?
    | Let $L$ be the tangent line of $<fn>(<v>) = <expr>$ at the point with $<v> = <a>$. Find the value of $L$ at \
        $<v> = 0$.
    product: Use the product rule for the function $<fn>(<v>) = (<lhs>)(<rhs>)$. What is $<fn>'(<a>)$?
    | A function is given as a product, $<fn>(<v>) = (<lhs>)(<rhs>)$. Find its derivative at $<v> = <a>$.
    chain: Use the chain rule for the function $<fn>(<v>) = (<expr>)^{<b>}$. What is $<fn>'(<a>)$?
    | A function is given as a power, $<fn>(<v>) = (<expr>)^{<b>}$. Find its derivative at $<v> = <a>$.
    flat: At which real number $<v>$ is the tangent to the parabola $<fn>(<v>) = <expr>$ horizontal?
    | The function $<fn>(<v>) = <expr>$ has exactly one stationary point. At which $<v>$ is it?
    stationary: Find all real numbers $<v>$ at which the derivative of $<fn>(<v>) = <expr>$ is zero, in increasing \
        order and separated by commas.
    | The function $<fn>(<v>) = <expr>$ has two stationary points. At which $<v>$ are they? List the smaller one \
        first, separated by a comma.
    highest: What is the local maximum value of the function $<fn>(<v>) = <expr>$ on the real numbers?
    | Find the height of the local maximum of the graph of $<fn>(<v>) = <expr>$.
    lowest: What is the local minimum value of the function $<fn>(<v>) = <expr>$ on the real numbers?
    | Find the height of the local minimum of the graph of $<fn>(<v>) = <expr>$.
    speed: After $t$ seconds a <vehicle> on a straight road has moved $s(t) = <expr>$ meters. What is its velocity, \
        in meters per second, after <a> seconds?
    rest: After $t$ seconds a <vehicle> on a straight road is $s(t) = <expr>$ meters from its starting line. After \
        how many seconds does it stand still for a moment?
""")
LEVEL_KINDS = (
    ("formula", "slope"),
    ("formula", "slope", "speed"),
    ("second", "tangent", "flat", "rest", "slope"),
    ("product", "stationary", "tangent", "second"),
    ("chain", "highest", "lowest", "product", "stationary"),
)
CUBICS = ("stationary", "highest", "lowest")


def make(rng: Rng, level: int) -> Problem:
    """A problem of difficulty 1 to 5."""
    kind, v = rng.choice(LEVEL_KINDS[level - 1]), rng.choice("xxxtuz")
    top = 2 + 2 * level
    nonzero = [n for n in range(-top, top + 1) if n]
    p, q, r, s, m = (rng.choice(nonzero) for _ in range(5))
    a = rng.choice([n for n in range(-3 - level, 4 + level) if n and (n > 0 or level > 1)])
    values: dict[str, object] = {
        "fn": rng.choice("fghpq"),
        "v": v,
        "a": a,
        "b": rng.randint(2, 5),
        "vehicle": rng.choice(VEHICLES),
    }
    poly: list[Number] = (
        [p, q, rng.randint(2, 5)] if level == 1 else [p, q, r, rng.choice((0, s, m)), rng.choice((0, 0, m, s))]
    )
    if level == 1 and rng.chance(0.4):
        poly = [abs(p), 0, 0, abs(q)]
    if kind == "speed":
        a, poly = rng.randint(2, 12), [0, rng.randint(2, 20), rng.randint(1, 6), rng.choice((0, 0, 1))]
        values["a"] = a
    if kind == "rest":
        poly = [rng.randint(0, 40), rng.randint(2, 15) * 4, -rng.randint(1, 6)]
    if kind == "flat":
        poly = [p, q, r]
    if kind == "chain":
        values |= {
            "expr": shown([p, q] if rng.chance(0.5) else [p, 0, rng.choice((1, 2, -1))], v),
            "a": rng.randint(-3, 3),
        }
    else:
        values["expr"] = shown(
            _cubic(rng, level) if kind in CUBICS else poly, v if kind not in ("speed", "rest") else "t"
        )
    values |= {
        "lhs": shown([p, q] if rng.chance(0.6) else [p, q, 1], v),
        "rhs": shown([r, 0, s] if rng.chance(0.5) else [r, s], v),
    }
    text = PHRASINGS.write(rng, kind, values)
    parsed = parse(text)
    return Problem(text, solve(parsed)) if parsed else make(rng, level)


def _cubic(rng: Rng, level: int) -> list[Number]:
    """A cubic whose derivative has two different rational roots, in whole numbers."""
    low, high = sorted(rng.sample(range(-6, 7), 2))
    lead = rng.choice((1, 1, 2, -1)) if (high - low) % 2 == 0 else rng.choice((2, -2, 4))
    if level == 5 and rng.chance(0.4):  # roots low and high/3
        return (
            [rng.randint(-9, 9), low * high, -(high + 3 * low) // 2, 1]
            if (high + 3 * low) % 2 == 0
            else [0, 3 * low * high * 2, -3 * (low + high), 2]
        )
    return [rng.randint(-9, 9), 3 * lead * low * high, -3 * lead * (low + high) // 2, lead]


# ---- reading and solving ----------------------------------------------------------------------------------------------------


def parse(text: str) -> Parsed | None:
    """The problem that a text states, or None for anything else."""
    return solvable(_readings(text), solve)


def _readings(text: str) -> Iterator[Parsed]:
    for kind, w in PHRASINGS.read(text):
        outline, numbers = outlined(w)
        slots = tuple(int(w[k]) for k in "ab" if k in w)
        words = {"fn": w.get("fn", "s"), "v": w.get("v", "t"), "outline": outline} | (
            {"vehicle": w["vehicle"]} if "vehicle" in w else {}
        )
        if words["fn"] != words["v"]:
            yield Parsed(kind, (*numbers, *slots), words)


def pieces(parsed: Parsed) -> tuple[list[list[Number]], list[int]]:
    """The polynomials of a problem, and its further numbers."""
    outline = parsed.words["outline"]
    count = outline.count("#")
    formulas = filled(outline, parsed.numbers[:count]).split(";")
    rows = [row(formula, parsed.words["v"]) for formula in formulas]
    if any(len(poly) < 2 for poly in rows):
        raise ValueError("a constant")
    return rows, list(parsed.numbers[count:])


def stationary(poly: list[Number]) -> list[Fraction]:
    """Rational zeros of the derivative of a parabola or a cubic, in order. ValueError if they are not rational and different."""
    slope = [Fraction(x) for x in derivative(poly)]
    if len(slope) == 2:
        return [-slope[0] / slope[1]]
    if len(slope) != 3:
        raise ValueError("neither a parabola nor a cubic")
    c, b, a = slope
    inside = b * b - 4 * a * c
    if inside <= 0 or inside.denominator != 1 or isqrt(inside.numerator) ** 2 != inside:
        raise ValueError("no two rational zeros")
    return sorted((-b + sign * isqrt(inside.numerator)) / (2 * a) for sign in (1, -1))


def solve(parsed: Parsed) -> str:
    """The exact answer as TeX. ValueError if there is none."""
    kind, v = parsed.kind, parsed.words["v"]
    rows, n = pieces(parsed)
    poly = rows[0]
    if kind == "formula":
        return shown(derivative(poly), v)
    if kind in ("flat", "rest"):
        if len(poly) != 3:
            raise ValueError("not a parabola")
        at = stationary(poly)[0]
        if kind == "rest" and at <= 0:
            raise ValueError("not after the start")
        return tex(at)
    if kind in CUBICS:
        if len(poly) != 4:
            raise ValueError("not a cubic")
        low, high = stationary(poly)
        if kind == "stationary":
            return f"{tex(low)}, {tex(high)}"
        return tex(value_at(poly, low if (kind == "highest") == (poly[3] > 0) else high))
    a = n[0]
    if kind in ("slope", "speed"):
        return tex(value_at(derivative(poly), a))
    if kind == "second":
        return tex(value_at(derivative(derivative(poly)), a))
    if kind == "tangent":
        return tex(value_at(poly, a) - a * value_at(derivative(poly), a))
    if kind == "product":
        return tex(sum(value_at(derivative(x), a) * value_at(y, a) for x, y in (rows, rows[::-1])))
    if not 2 <= n[1] <= 9:
        raise ValueError("exponent out of range")
    return tex(n[1] * value_at(poly, a) ** (n[1] - 1) * value_at(derivative(poly), a))


TELL: dict[str, Callable[[told.Told], Work]] = {
    "formula": told.formula,
    "slope": told.slope,
    "second": told.second,
    "tangent": told.tangent,
    "product": told.product,
    "chain": told.chain,
    "flat": zeros.flat,
    "stationary": zeros.stationary,
    "highest": zeros.highest,
    "lowest": zeros.lowest,
    "speed": told.slope,
    "rest": zeros.flat,
}
"""Who tells which kind."""


def explain(parsed: Parsed, rng: Rng) -> Work:
    """What there is to tell about the solution."""
    rows, n = pieces(parsed)
    points = stationary(rows[0]) if parsed.kind in (*CUBICS, "flat", "rest") else []
    written = [shown(poly, parsed.words["v"]) for poly in rows]
    return TELL[parsed.kind](told.Told(solve(parsed), parsed.words, rows, written, n, points))
