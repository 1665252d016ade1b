"""Logarithms with exact values: single ones, sums and differences, equations, an unknown base, growth by a fixed factor."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from math import isqrt

from curation.synth.families import _logarithms_equations_told as equations
from curation.synth.families import _logarithms_told as told
from curation.synth.families._algebra import Number, terms
from curation.synth.families._chain import Work
from curation.synth.families._family import Parsed, Phrasings, Problem, filled, outlined, solvable, tex
from curation.synth.families._polynomial import row, value_at
from curation.synth.families._rng import Rng
from curation.synth.families._words import TOWNS, person

PHRASINGS = Phrasings("""
    value: What is the exact value of the logarithm $\\log_{<a>}(<b>)$? Give an integer or a fraction.
    | Calculate the logarithm $\\log_{<a>}(<b>)$ without a calculator, as an integer or a fraction.
    | To which power must <a> be raised to give <b>? In other words, what is $\\log_{<a>}(<b>)$?
    below: What is the exact value of the logarithm $\\log_{<a>}(\\frac{1}{<b>})$? Give an integer or a fraction.
    | Calculate the logarithm $\\log_{<a>}(\\frac{1}{<b>})$ without a calculator, as an integer or a fraction.
    sum: Find the exact value of the sum $\\log_{<a>}(<b>) + \\log_{<a>}(<c>)$ without a calculator.
    | Combine $\\log_{<a>}(<b>) + \\log_{<a>}(<c>)$ into a single logarithm. What is its value?
    difference: Find the exact value of the difference $\\log_{<a>}(<b>) - \\log_{<a>}(<c>)$ without a calculator.
    | Combine $\\log_{<a>}(<b>) - \\log_{<a>}(<c>)$ into a single logarithm. What is its value?
    mixed: Find the exact value of $<c> \\log_{<a>}(<b>) - <d> \\log_{<a>}(<e>)$ without a calculator.
    | Calculate $<c> \\log_{<a>}(<b>) - <d> \\log_{<a>}(<e>)$, where both logarithms have exact values.
    solve: Solve the logarithmic equation $\\log_{<a>}(<expr>) = <b>$ for the unknown $<v>$.
    | For which real number $<v>$ is the logarithmic equation $\\log_{<a>}(<expr>) = <b>$ true?
    base: For which base $<v>$, a positive number other than 1, is $\\log_{<v>}(<a>) = <b>$?
    | The logarithm of <a> to the positive base $<v>$ is <b>. In symbols, $\\log_{<v>}(<a>) = <b>$. What is $<v>$?
    known: Suppose that $\\log_{<w>}(x) = <a>$ and $\\log_{<w>}(y) = <b>$. What is $\\log_{<w>}(x^{<c>} \\cdot \
        y^{<d>})$?
    | Given are the logarithms $\\log_{<w>}(x) = <a>$ and $\\log_{<w>}(y) = <b>$. Find $\\log_{<w>}(x^{<c>} \\cdot \
        y^{<d>})$.
    ratio: Suppose that $\\log_{<w>}(x) = <a>$ and $\\log_{<w>}(y) = <b>$. What is \
        $\\log_{<w>}(\\frac{x^{<c>}}{y^{<d>}})$?
    | Given are the logarithms $\\log_{<w>}(x) = <a>$ and $\\log_{<w>}(y) = <b>$. Find \
        $\\log_{<w>}(\\frac{x^{<c>}}{y^{<d>}})$.
    equal: Solve the logarithmic equation $\\log_{<a>}(<lhs>) = \\log_{<a>}(<rhs>)$ for the unknown $<v>$.
    | For which real number $<v>$ are the two logarithms equal, $\\log_{<a>}(<lhs>) = \\log_{<a>}(<rhs>)$?
    pair: Solve the logarithmic equation $\\log_{<a>}(<lhs>) + \\log_{<a>}(<rhs>) = <b>$ for the unknown $<v>$.
    | For which real number $<v>$ is the logarithmic equation $\\log_{<a>}(<lhs>) + \\log_{<a>}(<rhs>) = <b>$ true?
    growth: A colony of <b> bacteria in a laboratory in <town> grows to <a> times its size every hour. After how \
        many hours are there <c> bacteria?
    | <name> puts <b> dollars into a game in which the stake grows to <a> times its size in every round. After how \
        many rounds are there <c> dollars?
""")
LEVEL_KINDS = (
    ("value",),
    ("value", "below", "sum", "growth"),
    ("solve", "solve", "difference", "mixed", "base", "value", "growth"),
    ("solve", "known", "equal", "mixed"),
    ("pair", "ratio", "equal", "mixed", "pair"),
)


def make(rng: Rng, level: int) -> Problem:
    """A problem of difficulty 1 to 5."""
    kind, v = rng.choice(LEVEL_KINDS[level - 1]), rng.choice("xxyztnm")
    a = rng.randint(2, 12 if level > 1 else 40)
    k = rng.choice(
        [n for n in range(1 if level > 1 else 0, 14) if a**n <= (99_999, 4000, 9000, 10000, 10000)[level - 1]]
    )
    b, c, d = a**k, rng.randint(2, 9), rng.randint(2, 9)
    values: dict[str, object] = {}
    if kind in ("value", "below") and level > 2:
        root = rng.choice((2, 2, 2, 3, 3, 5, 6, 7, 10, 11, 12))
        p, q = rng.sample([n for n in range(1, 15) if root**n <= 20000], 2)
        a, b = root**p, root**q
    if kind == "sum":
        power = a ** max(k, 2)
        c = rng.choice([n for n in range(2, power) if power % n == 0])
        b = power // c
        if rng.chance(0.5):  # neither of the two needs to be a power of the base
            a, b, c = rng.choice(
                (
                    (6, 4, 9),
                    (6, 12, 3),
                    (10, 4, 25),
                    (10, 20, 5),
                    (10, 8, 125),
                    (6, 8, 27),
                    (12, 16, 9),
                    (15, 9, 25),
                    (6, 2, 18),
                )
            )
    if kind == "difference":
        c = rng.randint(2, 99)
        b = c * a ** rng.choice([n for n in range(1, 9) if c * a**n <= 99999])
        b, c = (c, b) if rng.chance(0.25) else (b, c)
    if kind == "mixed":
        root = rng.choice((2, 2, 3, 5, 10)) if level == 5 else a
        p, q, r = rng.sample([n for n in range(1, 11) if root**n <= 10000], 3)
        values = {"a": root**p if level == 5 else root, "b": root**q, "c": c, "d": d, "e": root**r}
    if kind == "base":
        b = rng.choice((2, 2, 3, 3, 4, 5))
        root = rng.choice([n for n in range(2, 40) if n**b <= 40000])
        values = {"a": root**b, "b": b}
    if kind in ("known", "ratio"):
        a, b = rng.sample([n for n in range(-6, 13) if n], 2)
    if kind == "growth":
        a, b = rng.randint(2, 5), rng.randint(2, 60)
        values = {"a": a, "b": b, "c": b * a ** rng.choice([n for n in range(2, 12) if b * a**n <= 200000])}
    if kind in ("solve", "equal", "pair"):
        values = _equation(rng, kind, level, v)
    words: dict[str, object] = {"v": v, "w": rng.choice("abckmn"), "town": rng.choice(TOWNS), **person(rng)}
    text = PHRASINGS.write(rng, kind, words | {"a": a, "b": b, "c": c, "d": d} | values)
    parsed = parse(text)
    return Problem(text, solve(parsed)) if parsed else make(rng, level)


def _equation(rng: Rng, kind: str, level: int, v: str) -> dict[str, object]:
    """An equation with logarithms and one solution."""
    a = rng.randint(2, 10)
    k = rng.choice([n for n in range(0 if level > 3 else 1, 9) if a**n <= 3000])
    m = rng.choice([n for n in range(-5, 10) if n]) if level > 3 else rng.randint(1, 4)
    x, n = rng.randint(-9, 12), rng.choice([n for n in range(-12, 13) if n])
    if kind == "solve":
        return {"a": a, "b": k, "expr": terms((m, v), (n if rng.chance(0.6) else a**k - m * x, ""))}
    if kind == "equal":
        r = rng.choice([n for n in range(-4, 8) if n not in (0, m)])
        value = rng.randint(1, 40)
        return {"a": a, "lhs": terms((m, v), (value - m * x, "")), "rhs": terms((r, v), (value - r * x, ""))}
    k = rng.choice([n for n in range(1, 9) if a**n <= 1500])
    p = rng.choice([n for n in range(1, isqrt(a**k) + 1) if a**k % n == 0])
    sides = [terms((1, v), (p - x, "")), terms((1, v), (a**k // p - x, ""))]
    left, right = rng.shuffled(sides)
    return {"a": a, "b": k, "lhs": left, "rhs": right}


# ---- reading and solving ----------------------------------------------------------------------------------------------------


def parse(text: str) -> Parsed | None:
    """The problem that a text states, or None for anything else."""
    return solvable(_readings(text), solve)


def _readings(text: str) -> Iterator[Parsed]:
    for kind, w in PHRASINGS.read(text):
        outline, numbers = outlined(w)
        slots = tuple(int(w[k]) for k in "abcde" if k in w)
        words = {k: w[k] for k in ("v", "w", "town", "name") if k in w} | {"outline": outline}
        if words.get("w") not in ("x", "y"):
            yield Parsed(kind, (*numbers, *slots), {"v": "x"} | words)


def pieces(parsed: Parsed) -> tuple[list[list[Number]], list[int]]:
    """What stands inside the logarithms of an equation, and the further numbers."""
    outline = parsed.words["outline"]
    count = outline.count("#")
    formulas = filled(outline, parsed.numbers[:count]).split(";") if outline else []
    rows = [row(formula, parsed.words["v"], 1) for formula in formulas]
    if any(len(poly) != 2 for poly in rows):
        raise ValueError("not linear")
    return rows, list(parsed.numbers[count:])


def log(base: int, number: Fraction) -> Fraction:
    """The exact logarithm. ValueError if it is not rational."""
    if (
        base < 2
        or number <= 0
        or 1 not in (number.numerator, number.denominator)
        or max(number.numerator, number.denominator) > 10**9
    ):
        raise ValueError("no rational logarithm")
    sign, size = (1, number.numerator) if number.denominator == 1 else (-1, number.denominator)
    for root in range(2, base + 1):
        p, q = _exponent(root, base), _exponent(root, size)
        if p and q is not None:
            return Fraction(sign * q, p)
    raise ValueError("no rational logarithm")


def _exponent(root: int, number: int) -> int | None:
    k = 0
    while number % root == 0:
        number, k = number // root, k + 1
    return k if number == 1 else None


def solve(parsed: Parsed) -> str:
    """The exact answer as TeX. ValueError if there is none."""
    kind = parsed.kind
    rows, n = pieces(parsed)
    a, b, c, d = (*n, 0, 0, 0)[:4]
    if max(map(abs, n)) > 10**7:
        raise ValueError("too large")
    if kind in ("known", "ratio"):
        if not (1 < c < 60 and 1 < d < 60):
            raise ValueError("out of range")
        return str(c * a + d * b * (1 if kind == "known" else -1))
    if kind == "mixed":
        if min(n) < 1 or max(c, d) > 60:
            raise ValueError("out of range")
        return tex(c * log(a, Fraction(b)) - d * log(a, Fraction(n[4])))
    if kind in ("sum", "difference", "growth") and (min(b, c) < 1 or a < 2):
        raise ValueError("no logarithm of that")
    if kind in ("value", "below", "sum", "difference", "growth"):
        inside = {"value": Fraction(b), "below": Fraction(1, b or 1), "sum": Fraction(b * c), "difference": Fraction(b, c or 1),
                  "growth": Fraction(c, b)}[kind]  # fmt: skip
        result = log(a, inside)
        if kind == "growth" and (result < 1 or result.denominator > 1):
            raise ValueError("not after whole hours")
        return tex(result)
    if kind == "base":
        return str(_base(a, b))
    if not 2 <= a <= 1000 or not -20 <= b <= 30:
        raise ValueError("out of range")
    if kind == "solve":
        return tex((Fraction(a) ** b - rows[0][0]) / rows[0][1])
    return tex(_solution(kind, rows, a, b))


def _base(a: int, b: int) -> int:
    """The base to which a has the logarithm b."""
    if a < 2 or not 2 <= b <= 20:
        raise ValueError("out of range")
    found = round(a ** (1 / b))
    if found < 2 or found**b != a:
        raise ValueError("no whole base")
    return found


def candidates(rows: list[list[Number]], a: int, b: int) -> list[Fraction]:
    """Both roots of (first)(second) = a^b, in order. ValueError if they are not rational and different."""
    (q, p), (s, r) = rows
    x, y, z = Fraction(p * r), Fraction(p * s + q * r), Fraction(q * s) - Fraction(a) ** b
    inside = y * y - 4 * x * z
    if inside <= 0 or inside.denominator != 1 or isqrt(inside.numerator) ** 2 != inside:
        raise ValueError("no rational roots")
    return sorted((-y + sign * isqrt(inside.numerator)) / (2 * x) for sign in (1, -1))


def _solution(kind: str, rows: list[list[Number]], a: int, b: int) -> Fraction:
    """The one number that solves the equation with positive numbers inside its logarithms."""
    if kind == "equal":
        (q, p), (s, r) = rows
        if p == r:
            raise ValueError("no single solution")
        tried = [Fraction(s - q) / (p - r)]
    else:
        tried = candidates(rows, a, b)
    valid = [x for x in tried if all(value_at(poly, x) > 0 for poly in rows)]
    if len(valid) != 1:
        raise ValueError("no single solution")
    return valid[0]


TELL: dict[str, Callable[..., Work]] = {
    "value": told.value,
    "below": told.below,
    "sum": told.sum_of,
    "difference": told.difference,
    "mixed": told.mixed,
}
"""Who tells the kinds without words or equations, given the answer and the numbers."""


def explain(parsed: Parsed, rng: Rng) -> Work:
    """What there is to tell about the solution."""
    answer, words, (rows, n) = solve(parsed), parsed.words, pieces(parsed)
    if parsed.kind == "pair":
        return equations.pair(answer, words["v"], rows, n[0], n[1], candidates(rows, n[0], n[1]))
    if parsed.kind in ("solve", "equal"):
        return (equations.solve if parsed.kind == "solve" else equations.equal)(answer, words["v"], rows, *n)
    if parsed.kind in ("known", "ratio"):
        return told.known(answer, words["w"], 1 if parsed.kind == "known" else -1, *n)
    if parsed.kind in ("base", "growth"):
        return (told.base if parsed.kind == "base" else told.growth)(answer, words, *n)
    return TELL[parsed.kind](answer, *n)
