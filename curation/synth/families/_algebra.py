"""Polynomials with rational coefficients, read from and written as the text of a formula.

Small on purpose: integers, one-letter variables, + - * / ^ and brackets, at most a few dozen characters. Anything else is None. Reading
is by recursive descent over tokens with a bound on depth, never by `eval`.
"""

from __future__ import annotations

import re
from fractions import Fraction

from curation.synth.families._family import tex

Monomial = tuple[tuple[str, int], ...]
Number = int | Fraction
"""Integers stay integers until something is divided: most problems never need a fraction, and `Fraction` is slow."""
Polynomial = dict[Monomial, Number]
ONE: Monomial = ()
_TOKEN = re.compile(r"\d{1,9}|[a-z]|[-+*/^()]")
_LOST = re.compile(r"[a-z)] ?\d|\d \d")
"""`x2`: nobody writes a product so; it is what is left of a power when a page has lost its exponents."""
MAX_DEGREE = 4


def parse(text: str) -> Polynomial | None:
    """The polynomial that a cleaned formula says, or None."""
    tokens = _TOKEN.findall(text)
    if not tokens or "".join(tokens) != text.replace(" ", "") or text.count("(") > 6 or _LOST.search(text):
        return None
    try:
        value, rest = _sum(tokens)
    except (ValueError, IndexError, ZeroDivisionError):
        return None
    return value if not rest else None


def _sum(tokens: list[str]) -> tuple[Polynomial, list[str]]:
    sign = 1
    if tokens[0] in "+-":
        sign, tokens = (-1 if tokens[0] == "-" else 1), tokens[1:]
    total, tokens = _product(tokens)
    total = scale(total, sign)
    while tokens and tokens[0] in "+-":
        factor = -1 if tokens[0] == "-" else 1
        term, tokens = _product(tokens[1:])
        total = add(total, scale(term, factor))
    return total, tokens


def _product(tokens: list[str]) -> tuple[Polynomial, list[str]]:
    total, tokens = _power(tokens)
    while tokens and tokens[0] not in "+-)":
        if tokens[0] == "/":
            divisor, tokens = _power(tokens[1:])
            if set(divisor) != {ONE}:
                raise ValueError("only division by a number")
            total = scale(total, Fraction(1, divisor[ONE]))
        else:
            factor, tokens = _power(tokens[1:] if tokens[0] == "*" else tokens)
            total = multiply(total, factor)
    return total, tokens


def _power(tokens: list[str]) -> tuple[Polynomial, list[str]]:
    token, tokens = tokens[0], tokens[1:]
    base: Polynomial
    if token == "(":
        base, tokens = _sum(tokens)
        if tokens[0] != ")":
            raise ValueError("a bracket is left open")
        tokens = tokens[1:]
    elif token.isdigit():
        base = {ONE: int(token)} if int(token) else {}
    elif token.isalpha():
        base = {((token, 1),): 1}
    else:
        raise ValueError(f"unexpected {token}")
    if tokens and tokens[0] == "^":
        exponent, tokens = int(tokens[1]), tokens[2:]
        if exponent > MAX_DEGREE:
            raise ValueError("degree too high")
        power: Polynomial = {ONE: 1}
        for _ in range(exponent):
            power = multiply(power, base)
        base = power
    return base, tokens


def add(a: Polynomial, b: Polynomial) -> Polynomial:
    total = dict(a)
    for key, value in b.items():
        total[key] = total.get(key, 0) + value
    return {key: value for key, value in total.items() if value}


def scale(a: Polynomial, factor: Number) -> Polynomial:
    return {key: value * factor for key, value in a.items() if value * factor}


def multiply(a: Polynomial, b: Polynomial) -> Polynomial:
    total: Polynomial = {}
    for left, x in a.items():
        for right, y in b.items():
            powers = dict(left)
            for name, power in right:
                powers[name] = powers.get(name, 0) + power
            if sum(powers.values()) > MAX_DEGREE:
                raise ValueError("degree too high")
            key = tuple(sorted(powers.items()))
            total[key] = total.get(key, 0) + x * y
    return {key: value for key, value in total.items() if value}


def coefficients(poly: Polynomial, variable: str, degree: int) -> list[Number] | None:
    """Coefficients from the constant up to `degree`; None if another variable or a higher power occurs."""
    wanted: list[Monomial] = [ONE, *(((variable, k),) for k in range(1, degree + 1))]
    if any(key not in wanted for key in poly):
        return None
    return [poly.get(key, 0) for key in wanted]


def terms(*parts: tuple[Number, str]) -> str:
    """TeX of a sum: `terms((2, "x"), (-1, "y"), (0, ""))` is `2x - y`. A part without a name is a constant."""
    text = ""
    for value, name in parts:
        if not value:
            continue
        size = tex(-value if value < 0 else value)
        body = name if name and size == "1" else size + name
        sign = "-" if value < 0 else "+"
        text = f"{text} {sign} {body}" if text else (f"-{body}" if value < 0 else body)
    return text or "0"
