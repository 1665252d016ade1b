"""What an inequality says, for the family `inequalities`: its sides, its solution as intervals, the integers in it."""

from __future__ import annotations

from fractions import Fraction
from math import ceil, floor, isqrt, lcm

from curation.synth.families._algebra import Number, coefficients
from curation.synth.families._algebra import parse as polynomial
from curation.synth.families._family import Parsed, filled, spaced, tex
from curation.synth.families.quadratic import roots

SIGNS = {"<": "<", ">": ">", "≤": "\\le", "≥": "\\ge"}
FLIP = {"<": ">", ">": "<", "≤": "≥", "≥": "≤"}


def parts(parsed: Parsed) -> tuple[list[str], list[str]]:
    """Sides and signs of the inequality as it stands."""
    text = filled(parsed.words["outline"], parsed.numbers)
    signs = [ch for ch in text if ch in SIGNS]
    sides = "".join("|" if ch in SIGNS else ch for ch in text).split("|")
    return sides, signs


def sides_of(parsed: Parsed, degree: int) -> list[list[Number]]:
    """Each side's coefficients from the constant up. ValueError if one is no polynomial of that degree."""
    found = []
    for side in parts(parsed)[0]:
        poly = polynomial(side)
        row = None if poly is None else coefficients(poly, parsed.words["v"], degree)
        if row is None:
            raise ValueError("not a polynomial inequality")
        found.append(row)
    return found


def moved(parsed: Parsed) -> tuple[int, int, int, str]:
    """a, b, c and the sign of av^2 + bv + c < 0 in whole numbers: everything on the left."""
    sides, sign = sides_of(parsed, 2), parts(parsed)[1][0]
    rows = [x - y for x, y in zip(sides[0], sides[1], strict=True)]
    common = lcm(*(Fraction(x).denominator for x in rows))
    c, b, a = (int(x * common) for x in rows)
    if not a and not b:
        raise ValueError("no unknown is left")
    if a and b * b - 4 * a * c <= 0:
        raise ValueError("no two roots")
    return a, b, c, sign


def double(parsed: Parsed) -> tuple[Number, str, Number, Number, str, Number]:
    """low, sign, slope, constant, sign, high of low < av + b < high."""
    (sides, signs) = sides_of(parsed, 1), parts(parsed)[1]
    (low, x), (b, a), (high, y) = sides
    if x or y or not a or not low < high or not set(signs) <= {"<", "≤"}:
        raise ValueError("not an expression between two numbers")
    return low, signs[0], a, b, signs[1], high


def ends(parsed: Parsed) -> tuple[Fraction, bool, Fraction, bool]:
    """The interval of a double inequality: each end, and whether it belongs to it."""
    low, first, a, b, second, high = double(parsed)
    ends = [(Fraction(low - b) / a, first == "≤"), (Fraction(high - b) / a, second == "≤")]
    (left, closed), (right, shut) = ends if a > 0 else ends[::-1]
    return left, closed, right, shut


def interval(low: str, closed: bool, high: str, shut: bool) -> str:
    return f"{'[' if closed else '('}{low}, {high}{']' if shut else ')'}"


def ray(sign: str, bound: str) -> str:
    """All numbers on one side of a bound."""
    if sign in "<≤":
        return interval("-\\infty", False, bound, sign == "≤")
    return interval(bound, sign == "≥", "\\infty", False)


def region(a: int, b: int, c: int, sign: str) -> str:
    if not a:
        return ray(sign if b > 0 else FLIP[sign], tex(Fraction(-c, b)))
    low, high = roots(a, b, c)
    if (sign in "<≤") == (a > 0):
        closed = sign in "≤≥"
        return interval(low, closed, high, closed)
    outward = "<>" if sign in "<>" else "≤≥"
    return f"{ray(outward[0], low)} \\cup {ray(outward[1], high)}"


def integers(a: int, b: int, c: int, sign: str) -> tuple[int | None, int | None]:
    """The first and the last integer that satisfy it; None where there is no end, or no single stretch of integers."""
    closed = sign in "≤≥"
    if not a:
        bound = Fraction(-c, b)
        up = (sign in ">≥") == (b > 0)
        if up:
            return (ceil(bound) if closed else floor(bound) + 1), None
        return None, (floor(bound) if closed else ceil(bound) - 1)
    if (sign in "<≤") != (a > 0):
        return None, None
    if a < 0:
        a, b, c = -a, -b, -c
    root = isqrt(b * b - 4 * a * c)
    first, last = -((b + root) // (2 * a)), (root - b) // (2 * a)
    first += not closed and a * first * first + b * first + c == 0
    last -= not closed and a * last * last + b * last + c == 0
    if first > last:
        raise ValueError("no integer lies between the roots")
    return first, last


def truth(parsed: Parsed, n: int) -> tuple[bool, str]:
    """Whether the integer satisfies the inequality, and the inequality with its values."""
    sides, signs = sides_of(parsed, 2), parts(parsed)[1]
    values = [row[0] + row[1] * n + row[2] * n * n for row in sides]
    pairs = list(zip(values, signs, values[1:], strict=False))
    holds = all({"<": x < y, ">": x > y, "≤": x <= y, "≥": x >= y}[sign] for x, sign, y in pairs)
    return holds, tex(values[0]) + "".join(f" {SIGNS[sign]} {tex(y)}" for _, sign, y in pairs)


def shown_as(sides: list[str], signs: list[str]) -> str:
    text = spaced(sides[0])
    for sign, side in zip(signs, sides[1:], strict=True):
        text += f" {SIGNS[sign]} {spaced(side)}"
    return text
