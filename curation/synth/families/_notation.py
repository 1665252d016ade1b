"""How numbers, powers and lists are written inside a solution: small helpers that several families share."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import isqrt

from curation.synth.families._family import tex


def bracket(value: Fraction | int) -> str:
    """A number as a factor or base: negative ones and fractions in brackets."""
    text = tex(value)
    return f"({text})" if value < 0 else f"\\left({text}\\right)" if value.denominator != 1 else text


def size(value: Fraction | int) -> Fraction | int:
    """A number without its sign."""
    return -value if value < 0 else value


def added(value: Fraction | int) -> str:
    """A number as a further term: ` + 3`, ` - 3`."""
    return f" {'-' if value < 0 else '+'} {tex(size(value))}"


def power(base: str, exponent: Fraction | int) -> str:
    """A power as TeX, without the exponent 1 and with braces only where they are needed."""
    shown = str(exponent) if Fraction(exponent).denominator == 1 else tex(Fraction(exponent))
    return base if shown == "1" else f"{base}^{shown}" if len(shown) == 1 else f"{base}^{{{shown}}}"


def listed(items: Sequence[object], last: str = "and") -> str:
    """`3`, `3 and 4`, `3, 4 and 5`."""
    words = [str(item) for item in items]
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} {last} {words[-1]}"


def square_root(number: int) -> tuple[int, int]:
    """The whole number before and the one under the root, in lowest terms: 72 is 6 and 2."""
    outer = max(k for k in range(1, isqrt(number) + 1) if number % (k * k) == 0)
    return outer, number // outer**2


def surd(outer: int, inner: int) -> str:
    """`6\\sqrt{2}`, `\\sqrt{2}`, `6`."""
    if inner == 1:
        return str(outer)
    return f"{'-' if outer == -1 else '' if outer == 1 else outer}\\sqrt{{{inner}}}"
