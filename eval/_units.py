r"""Units behind a number, and numbers that are partly words: `12 \text{ cm}`, `2 million`, `2 and a half hours`.

Units are compared by name and never converted; words that change a number are no units.
"""

from __future__ import annotations

import re
from fractions import Fraction

from eval._extract import SCALES
from eval._normal import ascii_math, bare

_UNIT_TEX = re.compile(
    r"(?:[~\s]|\\[,;:! ]|\\cdot)*\\(?:text|mbox|mathrm|textrm|textbf|textit|operatorname|hbox|rm)\s*\{((?:[^{}]|\{[^{}]{0,9}\})*)\}"
    r"(?:\s*\^\s*\{?-?([0-9])\}?)?$"
)
_MIXED = r"[0-9]{1,9} ?(?:\\frac\{[0-9]{1,9}\}\{[0-9]{1,9}\}| [0-9]{1,9}/[0-9]{1,9})"
_GROUPED = r"[0-9]{1,3}(?: [0-9]{3})+(?![0-9])(?:\.[0-9]+)?"
_LITERAL = rf"(?:[-+]?\\?\$?(?:{_MIXED}|{_GROUPED}|[0-9][0-9,.]*(?:/[0-9]+)?)|[-+]?\\frac\{{[0-9]+\}}\{{[0-9]+\}}|[-+]?\.[0-9]+)"
_SHORT_UNIT = r"(?:cm|mm|km|ft)(?:\^\{?[23]\}?)?|km/h|m/s(?:\^\{?2\}?)?|kg|mg|lb|lbs|mph|ml|mL|hr|hrs|min|sec|inches|dollars|cents"
_UNIT_WORDS = re.compile(
    rf"\$?({_LITERAL})\$?\s*(?:\(([A-Za-z][A-Za-z /.]*)\)|\s([A-Za-z]{{2,}}(?:[ /][A-Za-z]+){{0,3}})|({_SHORT_UNIT}))\.?"
)
_LETTER_UNITS = "msghlbdLNJWVAKCFTH"
_CELSIUS = re.compile(r"\s*(?:\\[, ])?(?:\^\{?\\circ\}?|\\degree)\s*(?:\\(?:text|mathrm)\{\s*([CF])\s*\}|([CF]))$")
_MONEY = re.compile(r"(-?)(\\?\$|[£€¥₹])\s?([0-9][0-9,.]*|" + _GROUPED + ")")
_POWER = re.compile(r"\^\{?([23])\}?$")
_SAME_UNIT = {
    "centimeter": "cm", "centimetre": "cm", "meter": "m", "metre": "m", "kilometer": "km", "kilometre": "km", "inch": "in", "inche": "in",
    "feet": "ft", "foot": "ft", "hour": "h", "hr": "h", "minute": "min", "second": "s", "sec": "s", "dollar": "$", "usd": "$", "buck": "$",
    "degree": "", "gram": "g", "kilogram": "kg", "pound": "lb", "unit": "", "radian": "", "rad": "",
}  # fmt: skip
_POWERS = {
    "dozen": 12, "hundred": 100, "thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12,
}  # fmt: skip
_PARTS = {
    "half": (1, 2), "third": (1, 3), "quarter": (1, 4), "two thirds": (2, 3), "three quarters": (3, 4),
}  # fmt: skip
LONGEST = 120
"""Characters of a number that is partly words, with its unit."""
_TEXT = re.compile(r"\\(?:text|textrm|mathrm|mbox)\s?\{([^{}]*)\}|\\[,;: ]|~")
_BEHIND = r"(?:\s+([A-Za-z]{2,}(?:[ /][A-Za-z]+){0,3}))?"
_SCALED = re.compile(
    r"([-+]?)(\\?\$|[£€¥₹])?\s?([0-9]{1,3}(?:,[0-9]{3}){1,4}|[0-9]{1,15})(?:\.([0-9]{1,15}))?[\s$-]{1,3}"
    rf"({'|'.join(_POWERS)})s?{_BEHIND}"
)
_AND = re.compile(
    r"([-+]?[0-9]{1,9})\s+and\s+(?:([0-9]{1,4})\s?/\s?([0-9]{1,4})|\\frac\{([0-9]{1,4})\}\{([0-9]{1,4})\}"
    r"|(?:(?:an?|one)[ -])?(half|third|quarter)|(two[ -]thirds|three[ -]quarters))" + _BEHIND
)


def unit(answer: str) -> tuple[str, str]:
    """An answer without the unit at its end, and that unit in one spelling; words that change a number are no units."""
    text, units = bare(ascii_math(answer)), []
    if degrees := _CELSIUS.search(text):
        return text[: degrees.start()], degrees[1] or degrees[2]
    if money := _MONEY.fullmatch(text):
        return money[1] + money[3], money[2].lstrip("\\")
    if match := _UNIT_WORDS.fullmatch(text):
        words = match[2] or match[3] or match[4]
        return (match[1], _name(words)) if is_unit(words) else (text, "")
    for _ in range(3):
        match = _UNIT_TEX.search(text)
        if not match or not match.start() or not is_unit(match[1]):
            break
        units.append(_name(match[1]) + (match[2] or ""))
        text = text[: match.start()].rstrip("/ ~")
    return (text, "".join(reversed(units))) if units else (text, "")


def is_unit(words: str) -> bool:
    """Whether words behind a number may be its unit."""
    words = re.sub(r"\^\{?-?[0-9]\}?|\\[,;: ]|~", " ", words)
    found = re.findall(r"[A-Za-z]+", words)
    if len(found) == 1 and len(found[0]) == 1 and found[0] not in _LETTER_UNITS:
        return False
    return (
        0 < len(found) <= 4
        and not any(word.lower() in SCALES - {"per"} for word in found)
        and not re.search(r"[0-9()?=]", words)
    )


def _name(words: str) -> str:
    raised = _POWER.search(words)
    text = re.sub(r"[^a-z/]", "", words.lower().replace(" per ", "/"))
    power = raised[1] if raised else ""
    for name, exponent in (("square", "2"), ("sq", "2"), ("cubic", "3")):
        if text.startswith(name):
            text, power = text[len(name) :], exponent
    text = text[:-1] if len(text) > 2 and text.endswith("s") else text
    return _SAME_UNIT.get(text, text) + power


def spelled_out(answer: str) -> str:
    """An answer that is a number with a word for a power of ten, or with a fraction after "and", as a number, with its unit; any other as
    it is. `2 and 1/2` is a list of two just as well, so what comes of it is one reading of the answer."""
    if len(answer) > LONGEST or not any(mark in answer for mark in ("ill", "thous", "hundr", "doz", "and")):
        return answer
    text = " ".join(_TEXT.sub(r" \1 ", bare(ascii_math(answer))).split())
    if match := _SCALED.fullmatch(text):
        sign, money, whole, part, power, words = match.groups()
        value = Fraction(int(whole.replace(",", "") + (part or "")), 10 ** len(part or "")) * _POWERS[power]
        number = str(value) if value.denominator == 1 else rf"\frac{{{value.numerator}}}{{{value.denominator}}}"
        return answer if words and not is_unit(words) else f"{sign}{money or ''}{number}{' ' + words if words else ''}"
    if match := _AND.fullmatch(text):
        whole, *parts, words = match.groups()
        up, down = _part(parts)
        if 0 < up < down and not (words and not is_unit(words)):
            return rf"{whole}\frac{{{up}}}{{{down}}}{' ' + words if words else ''}"
    return answer


def _part(said: list[str | None]) -> tuple[int, int]:
    """Numerator and denominator of a fraction after "and"."""
    over, under, above, below, one, several = said
    if one or several:
        return _PARTS[(one or several or "").replace("-", " ")]
    return int(over or above or 0), int(under or below or 0)
