"""SymPy's own table of units; chains of them multiplied out."""

import sympy
from sympy.physics import units

from curation.synth.families._family import Parsed

ONE = sympy.Symbol("piece")
NAMES = {
    "weeks": 7 * units.day,
    "tonnes": units.metric_ton,
    "centiliters": units.centiliter,
    "pieces": ONE,
    "dozens": 12 * ONE,
}


def unit(name: str) -> sympy.Expr:
    return NAMES[name] if name in NAMES else getattr(units, name.removesuffix("s"))


def ratio(given: str, wanted: str, power: int = 1) -> sympy.Expr:
    """How many of one unit another one is."""
    base = [units.meter, units.kilogram, units.second, units.bit]
    found = units.convert_to(unit(given) ** power, base) / units.convert_to(unit(wanted) ** power, base)
    return sympy.nsimplify(sympy.simplify(found), rational=True)


def expected(parsed: Parsed) -> list[sympy.Expr]:
    a, b, c = (*map(sympy.Integer, parsed.numbers), 1, 1)[:3]
    w = parsed.words
    speed = ratio("kilometers", "meters") / ratio("hours", "seconds")
    found = {
        "convert": lambda: a * ratio(w["from"], w["to"]),
        "tenths": lambda: (a + b / 10) * ratio(w["from"], w["to"]),
        "mixed": lambda: a * ratio(w["large"], w["small"]) + b,
        "speed": lambda: a * speed,
        "back": lambda: a / speed,
        "flow": lambda: a * b * ratio("hours", "minutes") * ratio("milliliters", "liters"),
        "walk": lambda: a * b * ratio("hours", "minutes") * ratio("meters", "kilometers"),
        "heap": lambda: a * b * ratio("grams", "kilograms"),
        "old": lambda: a * b * c,
        "square": lambda: a * ratio(w["from"], w["to"], 2),
    }[parsed.kind]
    return [sympy.nsimplify(found(), rational=True)]
