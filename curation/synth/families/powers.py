"""Powers and roots: laws of exponents, negative and fractional exponents, roots in lowest terms, scientific notation, a^x = b."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from math import gcd

from curation.synth.families import _powers_roots_told as roots
from curation.synth.families import _powers_told as told
from curation.synth.families._algebra import Number, terms
from curation.synth.families._chain import Work
from curation.synth.families._family import Parsed, Phrasings, Problem, filled, outlined, solvable, tex
from curation.synth.families._notation import power, square_root, surd
from curation.synth.families._polynomial import row
from curation.synth.families._rng import Rng

PHRASINGS = Phrasings("""
    product: Write the product $<v>^{<a>} \\cdot <v>^{<b>}$ as a single power of $<v>$.
    | Simplify the expression $<v>^{<a>} \\cdot <v>^{<b>}$ to one power with base $<v>$.
    | By the laws of exponents, which single power of $<v>$ is equal to $<v>^{<a>} \\cdot <v>^{<b>}$?
    quotient: Write the quotient $\\frac{<v>^{<a>} \\cdot <v>^{<b>}}{<v>^{<c>}}$ as a single power of $<v>$, where \
        $<v> \\ne 0$.
    | Simplify the fraction $\\frac{<v>^{<a>} \\cdot <v>^{<b>}}{<v>^{<c>}}$ to one power with base $<v>$, which is \
        not zero.
    tower: Write the expression $(<v>^{<a>})^{<b>} \\cdot <v>^{<c>}$ as a single power of $<v>$.
    | By the laws of exponents, which single power of $<v>$ is equal to $(<v>^{<a>})^{<b>} \\cdot <v>^{<c>}$?
    number: What is the value of the power $<a>^{<b>}$? Give the answer as an integer or as a fraction in lowest \
        terms.
    | Calculate the power $<a>^{<b>}$ without a calculator, as an integer or a fraction.
    cancel: Calculate $\\frac{<a>^{<b>} \\cdot <a>^{<c>}}{<a>^{<d>}}$ without a calculator, as an integer or a \
        fraction.
    | Find the exact value of the quotient $\\frac{<a>^{<b>} \\cdot <a>^{<c>}}{<a>^{<d>}}$.
    rational: What is the exact value of $<d> \\cdot <a>^{\\frac{<b>}{<c>}}$ in whole numbers?
    | Calculate $<d> \\cdot <a>^{\\frac{<b>}{<c>}}$ without a calculator, by taking a root first.
    inverse: What is the exact value of $<d> \\cdot <a>^{-\\frac{<b>}{<c>}}$ as a fraction in lowest terms?
    | Calculate $<d> \\cdot <a>^{-\\frac{<b>}{<c>}}$ without a calculator, and reduce the result.
    surd: Write $<a>\\sqrt{<b>}$ with the smallest possible whole number under the root.
    | Simplify the root $<a>\\sqrt{<b>}$ as far as possible, so that no square factor is left under it.
    surds: Simplify $\\sqrt{<a>} + \\sqrt{<b>} - \\sqrt{<c>}$ to a single root with a whole number in front.
    | The expression $\\sqrt{<a>} + \\sqrt{<b>} - \\sqrt{<c>}$ can be written with one root only. What is it?
    write: How is the number <n> written in scientific notation, with one digit before the point?
    | Write the number <n> in scientific notation, as a number from 1 to 10 times a power of ten.
    scientific: Multiply $<a>.<b> \\times 10^{<c>}$ by $<d>.<e> \\times 10^{<f>}$ and give the result in scientific \
        notation.
    | What is the product of $<a>.<b> \\times 10^{<c>}$ and $<d>.<e> \\times 10^{<f>}$ in scientific notation?
    solve: For which real number $<v>$ is the exponential equation $<a>^{<expr>} = <b>$ true?
    | Solve the exponential equation $<a>^{<expr>} = <b>$ for the unknown $<v>$.
    reciprocal: For which real number $<v>$ is the exponential equation $<a>^{<expr>} = \\frac{1}{<b>}$ true?
    | Solve the exponential equation $<a>^{<expr>} = \\frac{1}{<b>}$ for the unknown $<v>$.
    bases: For which real number $<v>$ are the two powers equal, $<a>^{<lhs>} = <b>^{<rhs>}$?
    | Solve the exponential equation $<a>^{<lhs>} = <b>^{<rhs>}$ by writing both sides with the same base. What is \
        $<v>$?
""")
LEVEL_KINDS = (
    ("product", "number"),
    ("quotient", "cancel", "number", "write", "solve"),
    ("rational", "surd", "tower", "solve"),
    ("surds", "scientific", "solve", "reciprocal"),
    ("bases", "inverse", "scientific", "reciprocal"),
)
LARGEST = 10**9


def make(rng: Rng, level: int) -> Problem:
    """A problem of difficulty 1 to 5."""
    kind, v = rng.choice(LEVEL_KINDS[level - 1]), rng.choice("xyabntzmpk")
    a, b, c, d = (rng.randint(2, 6 + 2 * level) for _ in range(4))
    e, f = rng.randint(1, 9), rng.randint(2, 12)
    values: dict[str, object] = {}
    if kind == "number":
        a = rng.randint(2, 12 if level > 1 else 60)
        b = rng.choice([k for k in range(2, 13) if a**k < 6000]) * (rng.choice((1, -1, -1)) if level > 1 else 1)
    if kind == "cancel":
        a, b, c = rng.randint(2, 7), rng.randint(2, 9), rng.randint(2, 9)
        d = b + c + rng.choice((-4, -3, -2, -1, 1, 2, 3))
    if kind in ("rational", "inverse"):
        c = rng.choice((2, 2, 3, 3, 4, 5))
        r = rng.choice([n for n in range(2, 31) if n**c <= 1100])
        a, b = r**c, rng.choice([k for k in range(1, 7) if gcd(k, c) == 1 and r**k < 1500])
        d = rng.randint(2, 40)
    if kind == "surd":
        m, inner = rng.randint(2, 12), rng.choice([2, 3, 5, 6, 7, 10, 11, 13, 14, 15, 17, 19, 21])
        a, b = rng.randint(2, 15), m * m * inner
    if kind == "surds":
        inner = rng.choice((2, 3, 5, 6, 7, 10, 11, 13))
        x, y, z = rng.sample(range(1, 13), 3)
        a, b, c = (k * k * inner for k in (x, y, z))
    if kind == "scientific":
        a, b, c, d = (
            rng.randint(1, 9),
            rng.randint(1, 9),
            rng.randint(2, 15) * rng.choice((1, 1, -1)),
            rng.randint(1, 9),
        )
        f *= rng.choice((1, 1, -1))
    if kind == "write":
        values["n"] = rng.randint(101, 9999) * 10 ** rng.randint(1, 5)
    if kind in ("solve", "reciprocal", "bases"):
        values |= _equation(rng, kind, level, v)
    text = PHRASINGS.write(rng, kind, {"v": v, "a": a, "b": b, "c": c, "d": d, "e": e, "f": f} | values)
    parsed = parse(text)
    return Problem(text, solve(parsed)) if parsed else make(rng, level)


def _equation(rng: Rng, kind: str, level: int, v: str) -> dict[str, object]:
    """An exponential equation with a rational solution."""
    base = rng.randint(2, 10)
    k = rng.choice([n for n in range(1 if level > 2 else 2, 11) if base**n < 20000])
    m, n = rng.randint(1, 1 + level) * rng.choice((1, 1, -1)), rng.randint(-9, 9)
    if kind == "bases":
        root = rng.choice((2, 2, 2, 3, 3, 5))
        p, q = rng.sample([i for i in range(1, 7) if root**i < 1100], 2)
        return {
            "a": root**p,
            "b": root**q,
            "lhs": terms((abs(m), v), (n, "")),
            "rhs": terms((rng.randint(1, 3), v), (rng.randint(-7, 7), "")),
        }
    if level == 2:
        return {"a": base, "b": base**k, "expr": v}
    return {"a": base, "b": base**k, "expr": terms((m if level > 3 else 1, v), (n, ""))}


# ---- reading and solving ----------------------------------------------------------------------------------------------------


def parse(text: str) -> Parsed | None:
    """The problem that a text states, or None for anything else."""
    return solvable(_readings(text), solve)


def _readings(text: str) -> Iterator[Parsed]:
    for kind, w in PHRASINGS.read(text):
        outline, numbers = outlined(w)
        slots = tuple(int(w[k]) for k in "abcdefn" if k in w)
        if kind == "scientific" and any(w[k].startswith(("-", "0")) for k in "abde"):
            continue
        yield Parsed(kind, (*numbers, *slots), {"v": w.get("v", "x"), "outline": outline})


def exponents(parsed: Parsed) -> tuple[list[list[Number]], list[int]]:
    """The linear exponents of an equation, and the further numbers."""
    outline = parsed.words["outline"]
    count = outline.count("#")
    formulas = filled(outline, parsed.numbers[:count]).split(";") if outline else []
    rows = [row(formula, parsed.words["v"], 1) for formula in formulas]
    return rows, list(parsed.numbers[count:])


def common_base(*numbers: int) -> tuple[int, list[int]]:
    """The smallest base of which all numbers are whole powers, and the exponents. ValueError if there is none."""
    for base in range(2, min(numbers) + 1):
        found = [next((k for k in range(1, 40) if base**k >= n), 0) for n in numbers]
        if all(base**k == n for k, n in zip(found, numbers, strict=True)):
            return base, found
    raise ValueError("no common base")


def nth_root(number: int, degree: int) -> int:
    """ValueError if it is no whole number."""
    found = round(number ** (1 / degree))
    for near in (found - 1, found, found + 1):
        if near > 0 and near**degree == number:
            return near
    raise ValueError("not a perfect power")


def mantissa(digits: int, exponent: int) -> tuple[str, int]:
    """digits · 10^exponent in scientific notation."""
    text = str(digits)
    tail = text[1:].rstrip("0")
    return (f"{text[0]}.{tail}" if tail else text[0]), exponent + len(text) - 1


def scientific(digits: int, exponent: int) -> str:
    """TeX of digits · 10^exponent in scientific notation."""
    return "{} \\times 10^{{{}}}".format(*mantissa(digits, exponent))


def solve(parsed: Parsed) -> str:
    """The exact answer as TeX. ValueError if there is none."""
    kind, v = parsed.kind, parsed.words["v"]
    rows, n = exponents(parsed)
    a, b, c, d = (*n, 0, 0, 0, 0)[:4]
    if max(map(abs, n)) > LARGEST:
        raise ValueError("too large")
    if kind in ("product", "quotient", "tower"):
        if min(n) < 2 or max(n) > 99:
            raise ValueError("out of range")
        total = {"product": a + b, "quotient": a + b - c, "tower": a * b + c}[kind]
        return power(v, total) if total else "1"
    if kind in ("number", "cancel"):
        exponent = b if kind == "number" else b + c - d
        if not 2 <= a <= 100 or abs(exponent) > 20 or max(map(abs, n[1:])) > 60:
            raise ValueError("out of range")
        return tex(Fraction(a) ** exponent)
    if kind in ("rational", "inverse"):
        if min(n) < 1 or gcd(b, c) > 1 or c < 2 or b > 20:
            raise ValueError("out of range")
        value = Fraction(nth_root(a, c)) ** (b if kind == "rational" else -b)
        return tex(d * value)
    if kind in ("surd", "surds"):
        if min(n) < 1 or max(n) > 10**6:
            raise ValueError("out of range")
        if kind == "surd":
            outer, inner = square_root(b)
            return surd(a * outer, inner)
        parts = [square_root(x) for x in (a, b, c)]
        if len({inner for _, inner in parts}) > 1:
            raise ValueError("different roots")
        outer = parts[0][0] + parts[1][0] - parts[2][0]
        return surd(outer, parts[0][1]) if outer else "0"
    if kind == "write":
        if a < 10:
            raise ValueError("too small")
        return scientific(a, 0)
    if kind == "scientific":
        _, b, c, d, e, f = n
        if not (1 <= a <= 9 and 1 <= b <= 9 and 1 <= d <= 9 and 1 <= e <= 9) or max(abs(c), abs(f)) > 60:
            raise ValueError("not in scientific notation")
        return scientific((10 * a + b) * (10 * d + e), c + f - 2)
    return tex(_unknown(kind, rows, a, b))


def _unknown(kind: str, rows: list[list[Number]], a: int, b: int) -> Fraction:
    """The solution of an exponential equation."""
    if a < 2 or b < 2 or (a == b and kind == "bases") or any(len(poly) > 2 for poly in rows):
        raise ValueError("out of range")
    _, (p, q) = common_base(a, b)
    if kind != "bases":
        rows = [rows[0], [1 if kind == "solve" else -1]]
    left, right = ([Fraction(x) * k for x in (*poly, 0)[:2]] for poly, k in zip(rows, (p, q), strict=True))
    if left[1] == right[1]:
        raise ValueError("no single solution")
    return (right[0] - left[0]) / (left[1] - right[1])


TELL: dict[str, Callable[..., Work]] = {
    "product": told.product,
    "quotient": told.quotient,
    "tower": told.tower,
}
"""Who tells which kind, given the answer, the letter and the numbers."""
BARE: dict[str, Callable[..., Work]] = {
    "number": told.number,
    "cancel": told.cancel,
    "write": told.write,
    "scientific": told.scientific,
    "surd": roots.surd_form,
    "surds": roots.surds,
}
"""And without the letter."""


def explain(parsed: Parsed, rng: Rng) -> Work:
    """What there is to tell about the solution."""
    answer, v, (rows, n) = solve(parsed), parsed.words["v"], exponents(parsed)
    if parsed.kind in ("solve", "reciprocal", "bases"):
        base, powers = common_base(*n[:2])
        sides: list[list[Number]] = [rows[0], rows[1] if len(rows) > 1 else [1 if parsed.kind == "solve" else -1]]
        return told.equation(parsed.kind, answer, v, sides, n[0], n[1], base, powers)
    if parsed.kind in ("rational", "inverse"):
        return roots.rational(answer, nth_root(n[0], n[2]), parsed.kind == "inverse", *n)
    return BARE[parsed.kind](answer, *n) if parsed.kind in BARE else TELL[parsed.kind](answer, v, *n)
