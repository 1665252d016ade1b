"""Polynomials: values, coefficients of products, remainders, roots, sums of coefficients, an unknown coefficient."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from math import isqrt

from curation.synth.families._algebra import Polynomial, coefficients, terms
from curation.synth.families._algebra import parse as polynomial
from curation.synth.families._chain import Work
from curation.synth.families._family import Parsed, Phrasings, Problem, filled, outlined, solvable, tex
from curation.synth.families._rng import Rng

PHRASINGS = Phrasings("""
    value: Let $p(x) = <expr>$. What is the value of $p(<a>)$?
    | Evaluate the polynomial $<expr>$ at $x = <a>$.
    coefficient: What is the coefficient of $x^2$ in the expanded form of $<expr>$?
    | Expand $<expr>$. Which number stands in front of $x^2$?
    remainder: What is the remainder of the polynomial division of $<expr>$ by $<lhs>$?
    | The polynomial $<expr>$ is divided by $<lhs>$. Find the constant that remains.
    sum: What is the sum of all the coefficients of the polynomial $<expr>$ after expanding it?
    | When $<expr>$ is multiplied out, what do its coefficients, the constant term included, add up to?
    largest: The polynomial $<expr>$ has three different integer roots. What is the largest of them?
    | All three roots of $<expr>$ are integers, and they are different. Find the largest root.
    factor: For which value of $k$ is $<lhs>$ a factor of $<expr>$?
    | The polynomial $<expr>$ with an unknown number $k$ is divisible by $<lhs>$. What is $k$?
    equal: The polynomials $<lhs>$ and $<rhs>$ have the same value at $x = <a>$. What is $k$?
""")
LEVEL_KINDS = (
    ("value",),
    ("value", "coefficient"),
    ("coefficient", "remainder", "sum"),
    ("remainder", "factor", "sum", "equal"),
    ("largest", "factor", "coefficient"),
)


def make(rng: Rng, level: int) -> Problem:
    """A problem of difficulty 1 to 5."""
    kind, top = rng.choice(LEVEL_KINDS[level - 1]), 3 + 2 * level
    a = rng.randint(2 if level == 1 else -4 - level, 3 + level) or 2
    left, right = "", ""
    if kind in ("coefficient", "sum"):
        shown = _product(rng, level, top)
    elif kind == "largest":
        roots = rng.sample([n for n in range(-4 - 2 * level, 5 + 2 * level) if n], 3)
        shown = _shown([-roots[0] * roots[1] * roots[2], _pairs(roots), -sum(roots), 1])
    elif kind in ("factor", "equal"):
        shown, left, right = _unknown(kind, rng, a, top)
    else:
        degree = min(4, 2 + (level > 2) + (level > 3 and kind == "remainder"))
        shown = _shown(
            [*(_nonzero(rng, top) if rng.chance(0.85) else 0 for _ in range(degree)), rng.randint(1, 2 + level)]
        )
    if kind in ("remainder", "factor"):
        left = terms((1, "x"), (-a, ""))
    text = PHRASINGS.write(rng, kind, {"expr": shown, "lhs": left, "rhs": right, "a": a})
    parsed = parse(text)
    assert parsed is not None, text
    return Problem(text, solve(parsed))


def _nonzero(rng: Rng, top: int) -> int:
    return rng.randint(1, top) * rng.choice((1, -1))


def _shown(constants: list[int]) -> str:
    """TeX of a polynomial in x, coefficients from the constant up."""
    return terms(*((c, "" if k == 0 else "x" if k == 1 else f"x^{k}") for k, c in reversed(list(enumerate(constants)))))


def _pairs(roots: list[int]) -> int:
    a, b, c = roots
    return a * b + a * c + b * c


def _product(rng: Rng, level: int, top: int) -> str:
    first = _shown([_nonzero(rng, top), rng.randint(1, level)])
    if level > 2 and rng.chance(0.3):
        return f"({first})^{rng.choice((2, 3))}({_shown([_nonzero(rng, top), 1])})"
    second = _shown(
        [_nonzero(rng, top), _nonzero(rng, 2 + level), *([rng.randint(1, 3)] if level > 2 or rng.chance(0.4) else [])]
    )
    return f"({first})({second})"


def _unknown(kind: str, rng: Rng, a: int, top: int) -> tuple[str, str, str]:
    """A polynomial with a coefficient k that has the value 0 at a, or two with the same value there."""
    k, b, c = _nonzero(rng, 9), rng.randint(1, 3), _nonzero(rng, top)
    if kind == "equal":
        rest = b * a * a + k * a - c * a
        return "", f"{_shown([0, 0, b])} + kx", _shown([rest, c])
    place = rng.choice((1, 2))
    rest = -(a**3 + k * a**place + c * a ** (3 - place))
    cubic = (
        terms((1, "x^3"), (1, "kx^2"), (c, "x"), (rest, ""))
        if place == 2
        else terms((1, "x^3"), (c, "x^2"), (1, "kx"), (rest, ""))
    )
    return cubic, "", ""


def parse(text: str) -> Parsed | None:
    """The problem that a text states, or None for anything else."""
    return solvable(_readings(text), solve)


def _readings(text: str) -> Iterator[Parsed]:
    for kind, w in PHRASINGS.read(text):
        outline, numbers = outlined(w)
        given = (int(w["a"]),) if "a" in w else ()
        yield Parsed(kind, (*numbers, *given), {"formulas": outline})


def _read(parsed: Parsed) -> tuple[list[str], list[Polynomial]]:
    """The formulas as written, and as polynomials. ValueError if one is none."""
    shown = filled(parsed.words["formulas"], parsed.numbers).split(";")
    read = [polynomial(piece) for piece in shown]
    found = [poly for poly in read if poly]
    if len(found) != len(shown):
        raise ValueError("not a polynomial")
    return shown, found


def _dense(poly: Polynomial) -> list[int]:
    """Integer coefficients in x from the constant up. ValueError for anything else, or a constant."""
    found = coefficients(poly, "x", 4)
    if found is None or any(c.denominator != 1 for c in found) or not any(found[1:]):
        raise ValueError("not a polynomial in x with integer coefficients")
    whole = [int(c) for c in found]
    while not whole[-1]:
        whole.pop()
    return whole


def _root(poly: Polynomial) -> int:
    """The r of x - r."""
    dense = _dense(poly)
    if len(dense) != 2 or dense[1] != 1:
        raise ValueError("the divisor must be x minus a number")
    return -dense[0]


def _at(dense: list[int], x: int) -> int:
    value = 0
    for c in reversed(dense):
        value = value * x + c
    return value


def _split(poly: Polynomial) -> tuple[list[int], int]:
    """The part without k, and the exponent of x beside k. ValueError if k is not there exactly once, with coefficient 1."""
    with_k = [key for key in poly if any(name == "k" for name, _ in key)]
    if len(with_k) != 1 or poly[with_k[0]] != 1 or dict(with_k[0])["k"] != 1:
        raise ValueError("k must stand once")
    return _dense({key: value for key, value in poly.items() if key != with_k[0]}), dict(with_k[0]).get("x", 0)


def _integer_roots(dense: list[int]) -> list[int]:
    """The roots of a monic cubic with three different integer roots; ValueError for any other."""
    if len(dense) != 4 or dense[3] != 1 or not 0 < abs(dense[0]) < 10**6:
        raise ValueError("not a monic cubic")
    divisors = [d for d in range(1, isqrt(abs(dense[0])) + 1) if dense[0] % d == 0]
    found = sorted(
        {s * x for d in divisors for x in (d, abs(dense[0]) // d) for s in (1, -1) if _at(dense, s * x) == 0}
    )
    if len(found) != 3:
        raise ValueError("not three integer roots")
    return found


def solve(parsed: Parsed) -> str:
    """The exact answer as TeX. ValueError if there is none."""
    _, polys = _read(parsed)
    kind, last = parsed.kind, parsed.numbers[-1] if parsed.numbers else 0
    if kind == "factor":
        rest, power = _split(polys[0])
        return _quotient(-_at(rest, _root(polys[1])), _root(polys[1]) ** power)
    if kind == "equal":
        rest, power = _split(polys[0])
        return _quotient(_at(_dense(polys[1]), last) - _at(rest, last), last**power)
    dense = _dense(polys[0])
    if kind == "coefficient":
        if len(dense) < 3:
            raise ValueError("no square there")
        return str(dense[2])
    if kind == "largest":
        return str(_integer_roots(dense)[-1])
    return str(_at(dense, {"value": last, "sum": 1}.get(kind, 0) if kind != "remainder" else _root(polys[1])))


def _quotient(value: int, by: int) -> str:
    if not by:
        raise ValueError("no number does it, or all do")
    return tex(Fraction(value, by))


def explain(parsed: Parsed, rng: Rng) -> Work:
    """What there is to tell about the solution."""
    from curation.synth.families import _polynomials_told as told

    shown, polys = _read(parsed)
    return told.work(parsed.kind, solve(parsed), shown, polys, parsed.numbers)
