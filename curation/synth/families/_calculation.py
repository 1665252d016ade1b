"""What one says around a single calculation `left = value`: how to see it in one's head, a rough figure, a believable slip, its inverse.

Only calculations of two plain numbers are understood; around all others nothing is said. Whatever is said is true, but for the slip,
which the chain takes back.
"""

from __future__ import annotations

import re
from fractions import Fraction

from curation.synth.families._rng import Rng

_NUMBER = r"(\d+(?:\.\d+)?)"
_SUM = re.compile(r"(\d+) ([-+]) (\d+)")
_PRODUCT = re.compile(r"(\d+) \\(?:times|cdot) (\d+)")
_QUOTIENT = re.compile(r"(\d+) \\div (\d+)")
_ANY = re.compile(rf"{_NUMBER} (\+|-|\\times|\\cdot|\\div) {_NUMBER}")
_PLAIN = {"\\times": "×", "\\div": "÷", "\\pi": "π", "\\cdot": "·"}


def exact(value: Fraction | int, places: int = 9) -> str:
    """A number with all its decimals, however many up to `places`; as a fraction in TeX if there are more."""
    scaled = value * 10**places
    if scaled.denominator != 1:
        return f"{'-' if value < 0 else ''}\\frac{{{abs(value.numerator)}}}{{{value.denominator}}}"
    whole, rest = divmod(abs(int(scaled)), 10**places)
    digits = f"{rest:0{places}d}".rstrip("0")
    return f"{'-' if value < 0 else ''}{whole}{'.' if digits else ''}{digits}"


def plain(formula: str) -> str:
    """A calculation in plain signs, for those who write no TeX."""
    for sign, written in _PLAIN.items():
        formula = formula.replace(sign, written)
    return formula


def aside(left: str, value: str, rng: Rng) -> str:
    """How one would see a small calculation in one's head; empty where that is obvious or not simple."""
    if found := _PRODUCT.fullmatch(left):
        return _product(int(found[1]), int(found[2]), value, rng)
    if found := _SUM.fullmatch(left):
        return _sum(int(found[1]), found[2], int(found[3]), value, rng)
    if (found := _QUOTIENT.fullmatch(left)) and value.isdigit() and value != found[1] and value != "1":
        b, a = found[2], found[1]
        return rng.choice((
            f"(Because {b} × {value} is {a}.)", f"({a} is {value} times {b}.)", f"(Since {b} × {value} = {a}.)",
            f"(How often does {b} go into {a}? {value} times.)",
        ))  # fmt: skip
    return ""


def _product(x: int, y: int, value: str, rng: Rng) -> str:
    a, b = max(x, y), min(x, y)
    tens, ones = a // 10 * 10, a % 10
    if not (tens and ones and 1 < b < 100 and a < 1000):
        return ""
    if ones >= 8:
        up, less = tens + 10, 10 - ones
        return rng.choice((
            f"({up} × {b} = {up * b}, minus {less} × {b} = {less * b}, is {value}.)",
            f"({a} is {up} - {less}, so I take {less * b} off {up * b}, which leaves {value}.)",
        ))  # fmt: skip
    return rng.choice((
        f"({tens} × {b} = {tens * b} and {ones} × {b} = {ones * b}, which add up to {value}.)",
        f"({tens} times {b} is {tens * b}, plus {ones} times {b}, which is {ones * b}, makes {value}.)",
        f"(Splitting {a} into {tens} and {ones}: {tens * b} + {ones * b} = {value}.)",
        f"({b} × {tens} = {tens * b}, and {ones * b} more is {value}.)",
    ))  # fmt: skip


def _sum(a: int, sign: str, b: int, value: str, rng: Rng) -> str:
    tens, ones = b // 10 * 10, b % 10
    half = a + tens if sign == "+" else a - tens
    if not (tens and ones and half >= 0):
        return ""
    word = "plus" if sign == "+" else "minus"
    if sign == "-" and not value.startswith("-") and rng.chance(0.3):
        return f"(Because {b} + {value} = {a}.)"
    return rng.choice((
        f"({a} {sign} {tens} is {half}, {word} {ones} is {value}.)",
        f"(First {a} {word} {tens}, which is {half}, then {word} {ones}: {value}.)",
        f"({a} {word} {tens} makes {half}, and {word} another {ones} makes {value}.)",
    ))  # fmt: skip


def about(left: str, value: str) -> str:
    """The calculation with rounded numbers (`40 × 70 is 2800`); empty if that is not near, or no easier."""
    found = _PRODUCT.fullmatch(left) or _SUM.fullmatch(left)
    if found is None or not value.isdigit() or int(value) < 50:
        return ""
    x, y = int(found[1]), int(found[found.lastindex or 2])
    a, b = _rounded(x), _rounded(y)
    times = found.re is _PRODUCT
    if (a, b) == (x, y) or min(x, y) < 2:
        return ""
    rough = a * b if times else a + b if found[2] == "+" else a - b
    if rough == int(value) or abs(rough - int(value)) > 0.15 * int(value):
        return ""
    return f"{a} {'×' if times else found[2]} {b} is {rough}"


def _rounded(number: int) -> int:
    """To one significant digit; numbers below 13 stay."""
    unit = 10 ** (len(str(number)) - 1)
    return number if number < 13 else (number + unit // 2) // unit * unit


def undone(left: str, value: str) -> str:
    """The inverse calculation (`75 + 15 = 90` for `90 - 75 = 15`); empty where there is none in plain numbers."""
    found = _ANY.fullmatch(left)
    if found is None or not re.fullmatch(_NUMBER, value):
        return ""
    a, sign, b = found.groups()
    if float(b) == 0:
        return ""
    inverse = {"+": "-", "-": "+", "\\times": "÷", "\\cdot": "÷", "\\div": "×"}[sign]
    return f"{value} {inverse} {b} = {a}"


def wrong(value: str, rng: Rng) -> str | None:
    """A believable slip: off by one, by ten, or two digits swapped. None where there is nothing to get wrong."""
    if not value.isdigit() or int(value) < 4:
        return None
    number = int(value)
    options = [number + 1, number - 1, *((number + 10, number - 10) if number > 20 else (number + 2,))]
    if len(value) > 1 and value[-1] not in (value[-2], "0") and value[:-2] + value[-1] + value[-2] != value:
        swapped = value[:-2] + value[-1] + value[-2]
        options += [int(swapped)] if swapped[0] != "0" else []
    return str(rng.choice(options))
