"""Words beside numbers: which change what a calculation means, and which are units that can be converted into each other."""

from __future__ import annotations

MULTIPLIERS = frozenset(
    (
        "dozen dozens hundred hundreds thousand thousands million millions billion billions trillion k m b bn half halves third "
        "thirds quarter quarters fourth fourths fifth fifths sixth sixths seventh eighth eighths ninth tenth tenths hundredths "
        "pair pairs couple score gross fold twice double triple thrice quadruple times squared cubed percent percentage mod "
        "modulo base remainder rem choose factorial am pm o'clock plus minus divided multiplied over degrees"
    ).split()
)
"""Beside a number these make another number of it, so a calculation with them is not read."""
NUMERALS = frozenset(
    "zero one two three four five six seven eight nine ten eleven twelve twenty thirty forty fifty sixty".split()
)
FUNCTION_WORDS = frozenset(
    (
        "pi ln log lg exp sin cos tan cot sec csc sqrt root cbrt abs gcd gcf hcf lcm max min floor ceil det arcsin arccos arctan "
        "and or by less than average mean median mode prime digit digits sum product difference ratio between from to if"
    ).split()
)
"""Before a bracket or number these ask for more than it says."""
NOT_COUNTED = (
    MULTIPLIERS
    | FUNCTION_WORDS
    | frozenset(
        (
            "because so is are was were be the then which that since as he she they it we you i his her their for in with has have "
            "had gives give makes make gets equals equal means leaves when while but therefore thus hence this these there on at into "
            "only if already remaining total altogether himself herself"
        ).split()
    )
)
"""Between a number and an operator these are no unit: what stands before them is another thing."""
OPENING = (
    MULTIPLIERS
    | NUMERALS
    | FUNCTION_WORDS
    | frozenset("of let when whether unless not say until per every out more suppose assume".split())
    | frozenset("day week month year hour step case part page chapter question problem level team".split())  # day 1
) - frozenset("and or sum product difference am pm remainder ratio than hundredths".split())
"""Before a calculation, these may change its meaning (`half of 20 + 10`)."""
AFTERWARDS = (MULTIPLIERS | frozenset("pi ln log sin cos tan sqrt".split())) - frozenset(
    "times twice double over score base pair pairs couple".split()
)
_UNITS = {
    "time": "second sec minute min hour hr day week month year yr decade century",
    "length": "inch inches ft foot feet yard yd mile mi mm cm m km meter metre centimeter centimetre millimeter kilometer kilometre",
    "mass": "oz ounce pound lb g gram kg kilogram mg ton tonne stone",
    "volume": "cup pint quart gallon liter litre ml l teaspoon tablespoon tsp tbsp",
    "money": "dollar cent penny pennies nickel dime buck euro usd",
    "score": "point percent",
    "speed": "mph kph",
}
_KNOWN = {word: (word, dimension) for dimension, words in _UNITS.items() for word in words.split()}
_SAME = {
    "inches": "inch",
    "ft": "foot",
    "feet": "foot",
    "sec": "second",
    "min": "minute",
    "hr": "hour",
    "yr": "year",
    "lb": "pound",
    "oz": "ounce",
    "g": "gram",
    "kg": "kilogram",
    "m": "meter",
    "cm": "centimeter",
    "mm": "millimeter",
    "km": "kilometer",
    "pennies": "penny",
    "buck": "dollar",
    "usd": "dollar",
    "yd": "yard",
    "mi": "mile",
    "metre": "meter",
    "litre": "liter",
    "centimetre": "centimeter",
    "kilometre": "kilometer",
}


def unit(word: str) -> tuple[str, str] | None:
    """A unit in one spelling and what it measures, None for a word that is none."""
    lower = word.lower()
    for form in (lower, lower.removesuffix("s"), lower.removesuffix("es")):
        if form in _KNOWN:
            return _SAME.get(form, form), _KNOWN[form][1]
    return None
