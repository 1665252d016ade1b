"""Numbers whose unit, currency or percent sign a rewrite changed or dropped."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

from curation.rewrite._guards_streams import CLOSE, OPEN, PLAIN, SOFT, Stream

_NAMES = {
    "%": ("percent", "per cent", "pct"),
    "$": ("dollars", "dollar", "usd"),
    "kg": ("kilograms", "kilogram", "kgs", "kilos", "kilo"),
    "g": ("grams", "gram"),
    "mg": ("milligrams", "milligram"),
    "lb": ("pounds", "pound", "lbs"),
    "km": ("kilometers", "kilometer", "kilometres", "kilometre", "kms"),
    "m": ("meters", "meter", "metres", "metre"),
    "cm": ("centimeters", "centimeter", "centimetres", "centimetre", "cms"),
    "mm": ("millimeters", "millimeter", "millimetres", "millimetre"),
    "mi": ("miles", "mile"),
    "ft": ("feet", "foot"),
    "in": ("inches", "inch"),
    "yd": ("yards", "yard", "yds"),
    "s": ("seconds", "second", "secs", "sec"),
    "min": ("minutes", "minute", "mins"),
    "h": ("hours", "hour", "hrs", "hr"),
    "day": ("days",),
    "week": ("weeks",),
    "month": ("months",),
    "year": ("years", "yrs"),
    "l": ("liters", "liter", "litres", "litre"),
    "ml": ("milliliters", "milliliter", "millilitres", "millilitre"),
    "hz": ("hertz",),
    "n": ("newtons", "newton"),
    "j": ("joules", "joule"),
    "w": ("watts", "watt"),
    "v": ("volts", "volt"),
    "cent": ("cents",),
}
"""Of each unit its other names; `in` before a word is none."""
_UNIT = {name: unit for unit, names in _NAMES.items() for name in (unit, *names)}
_AMOUNT = re.compile(
    rf"(?P<money>\$[ \t]?)?(?<![\w.])(?P<number>\d+(?:\.\d+)?)(?:[ \t{CLOSE}{OPEN}{PLAIN}-]{{0,4}}"
    rf"(?P<unit>%|(?!in[ \t]+\w)(?:{'|'.join(sorted(map(re.escape, _UNIT), key=len, reverse=True))})(?![\w'])))?",
    re.IGNORECASE,
)
_FORMULA = re.compile(f"{OPEN}(?!{PLAIN})[^{CLOSE}]*{CLOSE}?")
_MARKS = str.maketrans("", "", OPEN + CLOSE + PLAIN + SOFT)
_NEGATIVE = re.compile(r"(?:[A-Za-z]{2,}[,:;]?[ \t]{1,4}|[(=:;,][ \t]{0,4})-(\d+(?:\.\d+)?)(?![\w-])")
"""Behind a word, an opening bracket or a sign that ends a clause."""
_MINUS = re.compile(r"-[^\w\n.,;:]{0,3}(\d+(?:\.\d+)?)")
_CASED = frozenset("mgslhnjwv")
"""Units of one letter, which is a unit in prose only, and not a variable."""


def units_changed(s: Stream, w: Stream, dropped: Any) -> int:
    """How many numbers stand less often with a unit than in the source, and more often with another one or with none. dropped: units of the
    source (sentences and lines) that are noise and gone."""
    useful = [line for line, gone in zip(s.lines, dropped.tolist(), strict=True) if not gone]
    had, whole, has = _amounts(useful), _amounts(s.lines), _amounts(w.lines)
    lost, new = Counter[str](), Counter[str]()
    for (number, unit), times in had.items():
        if unit and times > has[number, unit]:
            lost[number] += 1
    for (number, unit), times in has.items():
        if times > whole[number, unit]:
            new[number] += 1
    return len(lost.keys() & new.keys())


def signs_changed(s: Stream, w: Stream, dropped: Any) -> int:
    """How many numbers of prose are negative in one text and, wherever they stand, nowhere behind a minus in the other one."""
    useful = [line for line, gone in zip(s.lines, dropped.tolist(), strict=True) if not gone]
    lost = _negative(useful) - _subtracted(w.lines)
    return len(lost & _numbers(w.lines)) + len(_negative(w.lines) - _subtracted(s.lines))


def _negative(lines: list[str]) -> set[str]:
    return {number for line in lines for number in _NEGATIVE.findall(_FORMULA.sub("0", line).translate(_MARKS))}


def _subtracted(lines: list[str]) -> set[str]:
    return {number for line in lines for number in _MINUS.findall(line.translate(_MARKS))}


def _numbers(lines: list[str]) -> set[str]:
    return {one["number"] for line in lines for one in _AMOUNT.finditer(line.replace(SOFT, ""))}


def _amounts(lines: list[str]) -> Counter[tuple[str, str]]:
    """How often each number stands with each unit, and without."""
    found = Counter[tuple[str, str]]()
    for line in lines:
        for one in _AMOUNT.finditer(line.replace(SOFT, "")):
            unit = "$" if one["money"] else _UNIT.get((one["unit"] or "").lower(), "")
            before = line[max(one.start() - 1, 0) : one.start()]
            if unit in _CASED and (OPEN in one[0] or before == OPEN):
                unit = ""
            found[one["number"], unit] += 1
    return found
