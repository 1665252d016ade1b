"""Polynomials in one unknown as rows of coefficients (from the constant up): their value, how they are written, how they are worked out."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import zip_longest

from curation.synth.families._algebra import Number, coefficients, terms
from curation.synth.families._algebra import parse as polynomial
from curation.synth.families._chain import Step
from curation.synth.families._family import tex
from curation.synth.families._notation import bracket, listed, power

Row = Sequence[Number]


def row(text: str, v: str, degree: int = 4) -> list[Number]:
    """The coefficients of a cleaned formula. ValueError if it is no polynomial in that unknown."""
    poly = polynomial(text)
    found = None if poly is None else coefficients(poly, v, degree)
    if found is None:
        raise ValueError("not a polynomial in one unknown")
    while len(found) > 1 and not found[-1]:
        found.pop()
    return found


def shown(poly: Row, v: str) -> str:
    """TeX, the highest power first."""
    return terms(*((c, power(v, k) if k else "") for k, c in reversed(list(enumerate(poly)))))


def value_at(poly: Row, x: Number) -> Fraction:
    return sum((Fraction(c) * Fraction(x) ** k for k, c in enumerate(poly)), Fraction(0))


def plus(a: Row, b: Row) -> list[Number]:
    return [x + y for x, y in zip_longest(a, b, fillvalue=0)]


def times(a: Row, b: Row) -> list[Number]:
    out: list[Number] = [0] * (len(a) + len(b) - 1)
    for i, x in enumerate(a):
        for j, y in enumerate(b):
            out[i + j] += x * y
    return out


def composed(outer: Row, inner: Row) -> list[Number]:
    """outer(inner(v)), by Horner's scheme."""
    out: list[Number] = [0]
    for c in reversed(outer):
        out = plus(times(out, inner), [c])
    while len(out) > 1 and not out[-1]:
        out.pop()
    return out


def derivative(poly: Row) -> list[Number]:
    return [k * c for k, c in enumerate(poly)][1:] or [0]


def substituted(poly: Row, x: Number) -> str:
    """TeX of the polynomial with a number in place of the unknown: `2 \\cdot (-3)^2 + 4 \\cdot (-3) - 5`."""
    text = ""
    for k, c in reversed(list(enumerate(poly))):
        if not c:
            continue
        size, at = tex(-c if c < 0 else c), power(bracket(x), k)
        body = size if not k else at if size == "1" else f"{size} \\cdot {at}"
        text += f" {'-' if c < 0 else '+'} {body}" if text else f"{'-' if c < 0 else ''}{body}"
    return text or "0"


def evaluation(poly: Row, call: str, v: str, x: Number) -> list[Step]:
    """Steps to the value at a number; `call` is how the value is written, as `f(3)`."""
    put = substituted(poly, x)
    result = tex(value_at(poly, x))
    used = [k for k, c in enumerate(poly) if c]
    steps = [
        Step(f"Put ${tex(x)}$ in place of ${v}$: ${call} = {put}$. || With ${tex(x)}$ for ${v}$ this is ${call} = "
             f"{put}$. || Substituting gives ${call} = {put}$."),
    ]  # fmt: skip
    if used == [0] or (len(used) == 1 and used[0] == 1 and poly[1] == 1):
        return steps
    powers = [f"${power(bracket(x), k)} = {tex(Fraction(x) ** k)}$" for k in used if k > 1]
    if powers:
        steps.append(Step(f"Powers come first: {listed(powers)}. || I start with the powers, {listed(powers)}."))
    sizes = [Fraction(c) * Fraction(x) ** k for k, c in reversed(list(enumerate(poly))) if c]
    if len(sizes) > 1:
        if any(c not in (1, -1) for c in poly[1:] if c):
            names = listed([f"${tex(s)}$" for s in sizes])
            steps.append(Step(f"The terms are {names}. || One by one the terms give {names}."))
        steps.append(Step("Together that is {}. || Adding up: {}.", total(sizes), result))
    elif poly[used[0]] not in (1, -1):
        steps.append(
            Step("Multiplied out, it is {}.", f"{tex(poly[used[0]])} \\cdot {bracket(Fraction(x) ** used[0])}", result)
        )
    return steps


def total(values: Sequence[Number]) -> str:
    """A sum written out: `18 - 12 - 5`."""
    text = tex(values[0])
    for value in values[1:]:
        text += f" {'-' if value < 0 else '+'} {tex(-value if value < 0 else value)}"
    return text


def horner(poly: Row, x: Number) -> str:
    """The same value by nested multiplication, as a sentence without its end; empty below degree 2."""
    if len(poly) < 3:
        return ""
    at, told = Fraction(poly[-1]), []
    for c in reversed(poly[:-1]):
        after = at * x + c
        told.append(
            f"${tex(at)} \\cdot "
            f"{bracket(x)}{f' {chr(45) if c < 0 else chr(43)} {tex(-c if c < 0 else c)}' if c else ''} = "
            f"{tex(after)}$"
        )
        at = after
    return f"Horner's way from the highest coefficient down: {', '.join(told)}"
