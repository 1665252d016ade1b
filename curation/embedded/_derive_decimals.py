"""Sines, angles, exponentials and logarithms for printed decimals, the same on every machine.

The `math` functions of these names come from the C library, and their last bit differs between machines: a printed rounding could flip.
Here each value is computed with forty digits in `decimal` and rounded once to the nearest float; what is then done with it is IEEE
arithmetic, which is the same everywhere. `math.sqrt` is too, and is used as it is. Values are cached: few arguments occur.
"""

from __future__ import annotations

import functools
from decimal import Context, Decimal, localcontext
from fractions import Fraction

_FINE = Context(prec=40)
_PI = Decimal("3.141592653589793238462643383279502884197169399375105820974944592")
_HALVINGS = 3
"""How often an angle is halved before its series is summed: the tangent is below 1/5 then."""


def _sine(degrees: int) -> Decimal:
    """Its series, for the angle in the first quadrant with the same sine or its opposite."""
    turned = degrees % 360
    if turned > 180:
        return -_sine(turned - 180)
    angle = _PI * min(turned, 180 - turned) / 180
    total, term, n = Decimal(0), angle, 1
    while total + term != total:
        total += term
        term *= -angle * angle / ((n + 1) * (n + 2))
        n += 2
    return total


@functools.cache
def sine(degrees: int) -> float:
    """The sine of an angle in whole degrees."""
    with localcontext(_FINE):
        return float(_sine(degrees))


def cosine(degrees: int) -> float:
    """The cosine of an angle in whole degrees."""
    return sine(degrees + 90)


@functools.cache
def tangent(degrees: int) -> float:
    """The tangent of an angle in whole degrees, not a right one."""
    with localcontext(_FINE):
        return float(_sine(degrees) / _sine(degrees + 90))


@functools.lru_cache(maxsize=4096)
def direction(x: float, y: float) -> float:
    """The angle of the point (x, y), not the origin, from the first axis: degrees in (-180, 180]."""
    with localcontext(_FINE):
        return float(_direction(Decimal(x), Decimal(y)))


def _direction(x: Decimal, y: Decimal) -> Decimal:
    """The series of the arctangent, for an angle of at most 45 degrees that is halved some times."""
    if y < 0:
        return -_direction(x, -y)
    if x < y:
        return 90 - _direction(y, x) if x > -y else 180 - _direction(-x, y)
    tan = y / x
    for _ in range(_HALVINGS):
        tan /= 1 + (1 + tan * tan).sqrt()
    total, term, n = Decimal(0), tan, 1
    while total + term / n != total:
        total += term / n
        term *= -tan * tan
        n += 2
    return total * 2**_HALVINGS * 180 / _PI


@functools.lru_cache(maxsize=4096)
def arccosine(value: Fraction) -> float:
    """The angle in [0, 180] degrees with this cosine."""
    with localcontext(_FINE):
        side = Decimal(value.denominator**2 - value.numerator**2).sqrt()
        return float(_direction(Decimal(value.numerator), side))


@functools.lru_cache(maxsize=4096)
def exponential(value: Fraction) -> float:
    """e to a power."""
    with localcontext(_FINE):
        return float((Decimal(value.numerator) / value.denominator).exp())


@functools.lru_cache(maxsize=4096)
def logarithm(value: Fraction) -> float:
    """The natural logarithm of a positive number."""
    with localcontext(_FINE):
        return float((Decimal(value.numerator) / value.denominator).ln())
