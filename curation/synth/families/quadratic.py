"""Quadratic equations: the larger or smaller root, both roots, or what the roots add up to."""

from __future__ import annotations

from fractions import Fraction
from math import gcd, isqrt

from curation.synth.families._algebra import add, coefficients, scale, terms
from curation.synth.families._algebra import parse as polynomial
from curation.synth.families._chain import Step, Work
from curation.synth.families._family import Parsed, Phrasings, Problem, filled, skeleton, spaced, tex
from curation.synth.families._notation import added, bracket
from curation.synth.families._rng import Rng

PHRASINGS = Phrasings("""
    larger: What is the larger solution of $<lhs> = <rhs>$?
    | The equation $<lhs> = <rhs>$ has two real solutions. Find the larger one.
    smaller: What is the smaller solution of $<lhs> = <rhs>$?
    | Find the smaller of the two roots of $<lhs> = <rhs>$.
    both: Find all real solutions of $<lhs> = <rhs>$. List them in increasing order, separated by commas.
    | Solve the quadratic equation $<lhs> = <rhs>$ and give both roots, the smaller one first, separated by a comma.
    sum: What is the sum of the solutions of $<lhs> = <rhs>$?
    | The equation $<lhs> = <rhs>$ has two solutions. What do they add up to?
    product: What is the product of the solutions of $<lhs> = <rhs>$?
""")
LEVEL_KINDS = (
    ("larger", "smaller"),
    ("larger", "both", "sum"),
    ("both", "smaller", "product"),
    ("both", "larger"),
    ("larger", "smaller"),
)


def make(rng: Rng, level: int) -> Problem:
    """A problem of difficulty 1 to 5."""
    kind, v = rng.choice(LEVEL_KINDS[level - 1]), rng.choice("xxxyzt")
    top = (14, 14, 15, 9, 8)[level - 1]
    if level == 5:  # roots p ± sqrt(q)
        p, q = rng.randint(-top, top), rng.choice((2, 3, 5, 6, 7, 10, 11, 13))
        a, b, c = 1, -2 * p, p * p - q
    else:
        lead = 1 if level < 4 else rng.randint(2, 4)
        r, s = rng.sample([n for n in range(1 if level == 1 else -top, top + 1) if n], 2)
        a, b, c = lead, -(r + lead * s), r * s  # (lead·v − r)(v − s)
        if Fraction(r, lead) == s:
            c, b = r * (s + 1), -(r + lead * (s + 1))
    left, right = terms((a, f"{v}^2"), (b, v), (c, "")), "0"
    if level >= 3 and rng.chance(0.5):
        moved = rng.choice((b, c)) or c
        left = terms((a, f"{v}^2"), (0 if moved == b else b, v), (0 if moved == c and moved != b else c, ""))
        right = terms((-moved, v if moved == b else ""))
    return Problem(PHRASINGS.write(rng, kind, {"lhs": left, "rhs": right}), _answer(kind, a, b, c))


def parse(text: str) -> Parsed | None:
    """The problem that a text states, or None for anything else."""
    for kind, w in PHRASINGS.read(text):
        names = sorted({ch for ch in w["lhs"] + w["rhs"] if ch.isalpha()})
        if len(names) == 1:
            outline, numbers = skeleton(f"{w['lhs']}={w['rhs']}")
            parsed = Parsed(kind, numbers, {"v": names[0], "equation": outline})
            if _standard(parsed) is not None:
                return parsed
    return None


def _standard(parsed: Parsed) -> tuple[int, int, int] | None:
    """a, b, c of the equation as av^2 + bv + c = 0 with two different real roots, else None."""
    sides = [polynomial(side) for side in filled(parsed.words["equation"], parsed.numbers).split("=")]
    if len(sides) != 2 or sides[0] is None or sides[1] is None:
        return None
    found = coefficients(add(sides[0], scale(sides[1], -1)), parsed.words["v"], 2)
    if found is None or not found[2] or any(x.denominator != 1 for x in found):
        return None
    c, b, a = (int(x) for x in found)
    return (a, b, c) if b * b - 4 * a * c > 0 else None


def roots(a: int, b: int, c: int) -> tuple[str, str]:
    """Both roots as TeX, the smaller first. Rational ones are fractions, others `p ± q\\sqrt{r}` over one denominator."""
    inside = b * b - 4 * a * c
    if a < 0:
        a, b = -a, -b
    if isqrt(inside) ** 2 == inside:
        return tex(Fraction(-b - isqrt(inside), 2 * a)), tex(Fraction(-b + isqrt(inside), 2 * a))
    square = max(k for k in range(1, isqrt(inside) + 1) if inside % (k * k) == 0)
    rest, common = inside // square**2, gcd(gcd(b, square), 2 * a)
    p, q, d = -b // common, square // common, 2 * a // common
    surd = f"{'' if q == 1 else q}\\sqrt{{{rest}}}"
    both = [f"{p} {sign} {surd}" if p else f"{sign.replace('+', '')}{surd}" for sign in "-+"]
    low, high = both if d == 1 else (f"\\frac{{{text}}}{{{d}}}" for text in both)
    return low, high


def solve(parsed: Parsed) -> str:
    """The exact answer as TeX. ValueError if there is none."""
    standard = _standard(parsed)
    if standard is None:
        raise ValueError("no two real roots")
    return _answer(parsed.kind, *standard)


def _answer(kind: str, a: int, b: int, c: int) -> str:
    low, high = roots(a, b, c)
    return {
        "larger": high,
        "smaller": low,
        "both": f"{low}, {high}",
        "sum": tex(Fraction(-b, a)),
        "product": tex(Fraction(c, a)),
    }[kind]


def explain(parsed: Parsed, rng: Rng) -> Work:
    """What there is to tell about the solution."""
    standard = _standard(parsed)
    assert standard is not None
    (a, b, c), v, answer = standard, parsed.words["v"], solve(parsed)
    low, high = roots(a, b, c)
    whole = isqrt(b * b - 4 * a * c) ** 2 == b * b - 4 * a * c
    shown = spaced(filled(parsed.words["equation"], parsed.numbers))
    normal = terms((a, f"{v}^2"), (b, v), (c, ""))
    steps = (
        []
        if shown == f"{normal} = 0"
        else [Step(f"Move everything to one side: ${normal} = 0$. || In standard form the equation is ${normal} = 0$.")]
    )
    trials: list[str] = []
    if a == 1 and whole and c and rng.chance(0.7):
        trials = _pairs(b, c)
        r, s = int(low), int(high)
        steps += [
            Step(f"The left side factors as $({terms((1, v), (-r, ''))})({terms((1, v), (-s, ''))})$."),
            Step(f"A product is zero only if one of its factors is, so ${v} = {low}$ or ${v} = {high}$."),
        ]
    elif a == 1 and b % 2 == 0 and rng.chance(0.5):
        half = b // 2
        steps += [
            Step(f"Complete the square: $({terms((1, v), (half, ''))})^2 = {half * half - c}$."),
            Step(f"Taking roots on both sides gives ${v} = {low}$ or ${v} = {high}$."),
        ]
    else:
        inside = b * b - 4 * a * c
        steps += [
            Step(
                "The discriminant is {}. || Under the root of the quadratic formula stands {}.",
                f"{bracket(b)}^2 - 4 \\cdot {bracket(a)} \\cdot {bracket(c)}",
                str(inside),
            ),
            Step(f"So ${v} = \\frac{{{-b} \\pm \\sqrt{{{inside}}}}}{{{2 * a}}}$."),
            Step(f"That gives ${v} = {low}$ or ${v} = {high}$."),
        ]
    ends = {"larger": "larger", "smaller": "smaller"}
    steps.append(
        Step(f"The {ends[parsed.kind]} of the two is ${answer}$.")
        if parsed.kind in ends
        else Step(f"Their {parsed.kind} is ${answer}$.")
        if parsed.kind in ("sum", "product")
        else Step(f"In increasing order the solutions are ${answer}$.")
    )
    asked = {
        "both": "both roots in increasing order",
        "sum": "the sum of the roots",
        "product": "the product of the roots",
    }
    return Work(
        answer,
        f"The equation is ${shown}$. || I have the quadratic equation ${shown}$.",
        asked.get(parsed.kind, f"the {parsed.kind} of the two roots"),
        steps,
        trials=trials,
        traps=_traps(parsed.kind, v, a, b, c),
        checks=[
            f"By Vieta, the roots should add up to ${tex(Fraction(-b, a))}$ and multiply to "
            f"${tex(Fraction(c, a))}$, and ${low}$ and ${high}$ do.",
            *_plugged(low, v, a, b, c),
            *_plugged(high, v, a, b, c),
        ],
    )


def _traps(kind: str, v: str, a: int, b: int, c: int) -> list[tuple[str, str]]:
    if not c:
        return [(f"divide both sides by ${v}$", f"That silently loses the solution ${v} = 0$.")]
    if kind in ("larger", "smaller") and a == 1 and b:
        return [
            (
                f"take ${terms((b, ''))}$ as the sum of the roots",
                f"The sign is wrong: expanding $({v} - r)({v} - s)$ shows that the sum is minus the "
                "middle coefficient.",
            )
        ]
    return (
        [
            (
                f"take the sum as ${tex(Fraction(b, a))}$",
                f"Vieta's formula has a minus sign there: the sum is ${tex(Fraction(-b, a))}$.",
            )
        ]
        if kind == "sum" and b
        else []
    )


def _pairs(b: int, c: int) -> list[str]:
    """Trying factor pairs of c whose sum should be -b."""
    told = [f"I need two numbers with product {c} and sum {-b}."]
    for p in range(1, isqrt(abs(c)) + 1):
        if c % p:
            continue
        for r, s in ((p, c // p), (-p, -(c // p))):
            if r + s == -b:
                return [*told[:1], *told[1:][-3:], f"{r} and {s}: their sum is {-b}, and that is it."]
            told.append(f"{r} and {s}: the sum is {r + s}, no.")
    return []


def _plugged(root: str, v: str, a: int, b: int, c: int) -> list[str]:
    if not root.lstrip("-").isdigit():
        return []
    x = int(root)
    return [f"Plugging in ${v} = {root}$: ${terms((a * x * x, ''))}{added(b * x)}{added(c)} = 0$."]
