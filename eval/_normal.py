r"""One spelling of an answer, and the numbers that can be read off it without algebra.

The spelling only unifies notation that cannot change a value (`\dfrac`, `\left`, `1,234`, `½`): equal spellings are equal answers, and
different ones mean nothing yet. Numbers are exact fractions. Digits are ASCII digits: `int` and `\d` take those of any script.
"""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Iterator
from fractions import Fraction
from typing import NamedTuple

MAX_EXPONENT = 400
"""Of ten, in a number that is worked out."""

MAX_LENGTH = 4000
"""Characters of a text that is given one spelling; a longer one is left as it is."""

_PLAIN = {
    "−": "-",
    "–": "-",
    "—": "-",
    "×": r"\times ",
    "·": r"\cdot ",
    "⋅": r"\cdot ",
    "∗": r"\cdot ",
    "÷": "/",
    "∕": "/",
    "⁄": "/",
    "π": r"\pi ",
    "∞": r"\infty ",
    "°": r"^{\circ}",
    "≤": r"\le ",
    "≥": r"\ge ",
    "≠": r"\ne ",
    "≈": r"\approx ",
    "±": r"\pm ",
    "∓": r"\mp ",
    "∪": r"\cup ",
    "∩": r"\cap ",
    "∈": r"\in ",
    "∅": r"\emptyset ",
    "ℝ": r"\mathbb{R}",
    "√": r"\sqrt",
    "′": "'",
    "，": ",",
    "\u00a0": " ",
    "\u2009": " ",
    "\u202f": " ",
    "\u200b": "",
    "\ufeff": "",
}
_REWRITES = [
    (re.compile(pattern, re.S), new)
    for pattern, new in (
        (r"\\\\(?=[A-Za-z(])", r"\\"),  # escaped twice
        (r"\\m?(?:left|right)\s*\.", ""),
        (r"\\m(?:left|right)(?![A-Za-z])", ""),
        (r"\\textcolor\s*\{[a-z]{1,20}\}|\\color\s*\{[a-z]{1,20}\}|\\(?:bf|rm|it)(?![A-Za-z])", ""),
        (r"\{([^{}]*)\\over(?![A-Za-z])([^{}]*)\}", r"\\frac{\1}{\2}"),
        (r"\\not\s*=", r"\\ne "),
        (r"\\(?:left|right|middle|[bB]igg?[lrm]?|displaystyle|textstyle|limits|nolimits)(?![A-Za-z])\s*", ""),
        (
            r"\\(?:text|textbf|textit|textrm|textnormal|mathrm|mathbf|mathit|mathsf|mbox|hbox)\*?\s*\{([^{}]*)\}",
            r" \1 ",
        ),
        (r"\\operatorname\*?\s*\{(?!gcd|lcm|ceil|floor|arc|a?sinh|a?cosh|a?tanh|sech|csch|coth)([^{}]*)\}", r" \1 "),
        (r"\\[dtc]frac(?![A-Za-z])", r"\\frac"),
        (r"\s+,", ","),
        (r"(?<!\\)\\([lr]?(?:brace|brack))(?![A-Za-z])", lambda m: {"lb": "{", "rb": "}"}.get(m[1][:2], "")),
        (r"(?<=[0-9])(?:\\[,!:; ]|\\thinspace|~)\s*(?=[0-9]{3}(?![0-9]))", ""),  # 12\,345
        (r",\s*\\!\s*", ","),
        (r"(?<!\\)\\[,;:!> ]|\\q?quad(?![A-Za-z])|\\thinspace|(?<!\\)~", " "),
        (r"\{,\}", ","),
        (r"\\%", "%"),
        (r"\\\$|(?<!\\)\$", ""),
        (r"(?<=[0-9}])\s*(?:per\s?cent(?:age)?|pct)\b", "%"),
        (r"\\leq(?:slant)?(?![A-Za-z])|<=|=<|\\leqq", r"\\le "),
        (r"\\geq(?:slant)?(?![A-Za-z])|>=|\\geqq", r"\\ge "),
        (r"\\neq(?![A-Za-z])|!=", r"\\ne "),
        (r"\\lt(?![A-Za-z])|&lt;", "<"),
        (r"\\gt(?![A-Za-z])|&gt;", ">"),
        (r"\\(?:ast|cdotp)(?![A-Za-z])|(?<!\^)\*", r"\\cdot "),
        (r"\\div(?![A-Za-z])", "/"),
        (r"\\(?:lvert|rvert|vert|mid)(?![A-Za-z])", "|"),
        (r"\\(?:varnothing)(?![A-Za-z])|\\\{\s*\\\}", r"\\emptyset "),
        (r"\\(?:mathbb|mathbf|Bbb)\s*\{?\s*R\s*\}?|\\(?:Reals|R)(?![A-Za-z])", r"\\mathbb{R}"),
        (r"(?<![A-Za-z\\])(?:infinity|inf)(?![A-Za-z])|\+\s*\\infty", r"\\infty "),
        (r"(?<![A-Za-z\\])(arcsin|arccos|arctan|sin|cos|tan|cot|sec|csc|sqrt|log|ln|exp|pi)(?=[\s({^0-9]|$)", r"\\\1 "),
        (r"\\sqrt\s*\(([^()]*)\)", r"\\sqrt{\1}"),
        (r"\\(?:arc|a)(sin|cos|tan)h(?![A-Za-z])", r"\\operatorname{arc\1h}"),
        (r"\\dots[bcim]?(?![A-Za-z])|\\cdots|\\ldots|…", "..."),
        (r"\\frac\s*([0-9])\s*([0-9])", r"\\frac{\1}{\2}"),
        (r"\\frac\s*(\{[^{}]*\})\s*([0-9A-Za-z])", r"\\frac\1{\2}"),
        (r"\\frac\s*([0-9A-Za-z])\s*(\{)", r"\\frac{\1}\2"),
        (r"\\frac\s+([A-Za-z0-9])\s*([A-Za-z0-9])", r"\\frac{\1}{\2}"),
        (r"\\sqrt\s*([0-9A-Za-z])", r"\\sqrt{\1}"),
        (r"\^\s*\(([^(){}]*)\)", r"^{\1}"),
        (r"\^\s*(-?[0-9]{2,}|-[0-9a-z])(?![0-9])", r"^{\1}"),
        (r"(?:,\s*)?(?<![A-Za-z\\])(?:and|or)(?![A-Za-z])", ", "),
        (r",(?:\s*,)+", ","),
    )
]
_PLAIN_NUMBER = re.compile(r"-?[1-9][0-9]{0,17}")
_WHOLE = {
    "all real numbers": r"\mathbb{R}",
    "all reals": r"\mathbb{R}",
    "no solution": r"\emptyset",
    "no solutions": r"\emptyset",
}
_ABOUT = re.compile(r"^(?:\\(?:approx|sim)(?![A-Za-z])\s?|about (?=[0-9])|approximately ?(?=[0-9]))")
_DEGREE = re.compile(r"\^\s*\{?\s*\\(?:circ|degree)(?![A-Za-z])\s*\}?(?!\s*[0-9])|\\degree(?![A-Za-z])")
_TRIGONOMETRIC = re.compile(r"(?:sin|cos|tan|cot|sec|csc)(?![a-z])")
_VECTORS = re.compile(r"\\(?:vec|hat|mathbf|overrightarrow|boldsymbol)(?![A-Za-z])")
_ORDER = re.compile(r"[<>]|\\(?:le|ge|lt|gt)(?![a-z])")
_BOTH = re.compile(r"(?:\\text\{)?\s*\band\b\s*(?:\})?")
_SPACE = re.compile(r"\s+")
_DELIMITERS = (("$$", "$$"), ("$", "$"), ("\\(", "\\)"), ("\\[", "\\]"), ("**", "**"), ("*", "*"), ("`", "`"))
_MINUS = str.maketrans("−", "-")
_GROUPED_VALUE = re.compile(r"(?<==)-?[0-9]{1,3}(?:,[0-9]{3})+(?=$|%|\.)")
_GROUPED = re.compile(r"([+-]?)([0-9]{1,3}(?:(?:,[0-9]{3})+|(?: [0-9]{3})+))(\.[0-9]+)?(%?)")


def ascii_math(text: str) -> str:
    """Mathematical characters as TeX, other compatible ones (full-width digits) as what they stand for."""
    return text if text.isascii() else "".join(_runs(text))


def _runs(text: str) -> Iterator[str]:
    """Pieces of `ascii_math`; raised characters that follow each other are one exponent, low ones one index."""
    for kind, marks in itertools.groupby(text, _kind):
        run = "".join(marks)
        if kind in ("^", "_"):
            yield f"{kind}{{{unicodedata.normalize('NFKC', run).translate(_MINUS)}}}"
        elif kind == "fraction":
            yield "".join(
                r"\frac{{{}}}{{{}}}".format(*unicodedata.normalize("NFKC", mark).split("\u2044")) for mark in run
            )
        elif kind == "wide":
            yield unicodedata.normalize("NFKC", run)
        else:
            yield "".join(_PLAIN.get(mark, mark) for mark in run)


def _kind(mark: str) -> str:
    if mark.isascii() or mark in _PLAIN:
        return ""
    tag = unicodedata.decomposition(mark).partition(" ")[0]
    if tag == "<fraction>":
        return "fraction" if not unicodedata.normalize("NFKC", mark).endswith("\u2044") else ""
    return {"<super>": "^", "<sub>": "_", "<wide>": "wide", "<font>": "wide"}.get(tag, "")


def bare(text: str) -> str:
    """Without the delimiters of a formula, marks of emphasis, and the full stop around it."""
    before = None
    while text != before:
        before = text
        text = text.strip().removesuffix("\\noindent").rstrip()
        text = text.removesuffix("\\\\").rstrip()
        if text.endswith((".", ",", ";", ":")) and not text.endswith(("..", "\\.", "\\,", "\\;", "\\:")):
            text = text[:-1]
        for left, right in _DELIMITERS:
            inner = text[len(left) : -len(right)]
            if (
                text.startswith(left)
                and text.endswith(right)
                and inner
                and left not in inner
                and not inner.endswith("\\")
            ):
                text = inner
    return text


def normalise(answer: str) -> str:
    """One spelling of an answer, without delimiters, layout commands, separators of thousands and needless blanks."""
    if _PLAIN_NUMBER.fullmatch(answer):
        return answer
    text = bare(ascii_math(answer))
    if len(text) > MAX_LENGTH:
        return text
    if _ORDER.search(text):
        text = _BOTH.sub(r" \\land ", text)  # `x>1 and x<2` is no list of answers
    text = _DEGREE.sub("@" if _TRIGONOMETRIC.search(text) else "", text)
    rewrites = _REWRITES[1:] if "\\begin" in text else _REWRITES
    for pattern, new in rewrites:
        text = pattern.sub(new, text)
    if not _VECTORS.search(text):
        text = text.replace("\\times", "\\cdot ")
    text = _ABOUT.sub("", _SPACE.sub(_blank, text.strip()))
    text = _unwrapped(text)
    if grouped := _GROUPED.fullmatch(text):
        sign, whole, part, percent = grouped.groups()
        text = sign + whole.replace(",", "").replace(" ", "") + (part or "") + percent
    text = _GROUPED_VALUE.sub(lambda m: m[0].replace(",", ""), text)
    text = _WHOLE.get(text.lower(), text)
    if text.startswith("+"):
        text = text[1:]
    read = number(text)
    return read.spelling if read and read.spelling else text


def _blank(match: re.Match[str]) -> str:
    """A blank stays where it parts a command from a letter (`\\pi r`), a word from a word, a number from a number, or two list items."""
    text, start, end = match.string, match.start(), match.end()
    if not start or end >= len(text):
        return ""
    left, right = text[start - 1], text[end]
    if left.isalpha() and right.isalpha():
        return " " if _WORD_END.search(text, max(0, start - 40), start) or _two_words(text, start, end) else ""
    if left in "0123456789." and right in "0123456789.":
        return " "
    return " " if left == "," and right.isdigit() else ""


_WORD_END = re.compile(r"\\[A-Za-z]+$")
_WORDS = re.compile(r"[A-Za-z]{2,}$"), re.compile(r"[A-Za-z]{2,}")


def _two_words(text: str, start: int, end: int) -> bool:
    return bool(_WORDS[0].search(text, max(0, start - 40), start) or _WORDS[1].match(text, end))


def _unwrapped(text: str) -> str:
    """Without braces or a box around the whole."""
    while True:
        inner = re.fullmatch(r"(?:\\boxed|\\fbox|\\displaystyle)?\{(.*)\}", text, re.S)
        if not inner or _closes_early(inner[1]):
            return text
        text = inner[1]


def _closes_early(inner: str) -> bool:
    depth = 0
    for mark in inner.replace("\\{", "").replace("\\}", ""):
        depth += (mark == "{") - (mark == "}")
        if depth < 0:
            return True
    return depth != 0


class Number(NamedTuple):
    """A number as written: `value` counts a percent sign as nothing, `places` are the decimals written, None if it is a fraction."""

    value: Fraction
    places: int | None
    percent: bool
    spelling: str
    """The one spelling of an integer or decimal, empty for other forms."""


_DIGITS = r"(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)"
_DECIMAL = rf"(?:{_DIGITS}(?:\.[0-9]*)?|\.[0-9]+)"
_SIGN = r"([+-]?)\s*"
_SIMPLE = re.compile(rf"{_SIGN}({_DECIMAL})(%?)")
_RATIO = re.compile(rf"{_SIGN}(?:\\frac\{{([+-]?{_DECIMAL})\}}\{{([+-]?{_DECIMAL})\}}|({_DECIMAL})/({_DECIMAL}))(%?)")
_MIXED = re.compile(rf"{_SIGN}({_DIGITS})(?: ?\\frac\{{([0-9]+)\}}\{{([0-9]+)\}}| ([0-9]+)/([0-9]+))(%?)")
_SCIENCE = re.compile(rf"{_SIGN}(?:({_DECIMAL})(?:\\cdot |\\cdot|x))?10\^(?:\{{([+-]?[0-9]{{1,4}})\}}|([+-]?[0-9]))")
_FLOAT = re.compile(rf"{_SIGN}({_DECIMAL})[eE]([+-]?[0-9]{{1,4}})")
_REPEATING = re.compile(rf"{_SIGN}({_DIGITS})\.([0-9]*)\\(?:overline|bar|dot)\{{([0-9]{{1,40}})\}}")


def number(text: str) -> Number | None:
    """The number that a normalised answer spells out, None if it is anything else (`2^{10}` and `5!` are sums to be done)."""
    while text.startswith("(") and text.endswith(")") and "(" not in text[1:-1] and "," not in text:
        text = text[1:-1]
    if not text or len(text) > 1000 or not any(mark in "0123456789" for mark in text):
        return None
    if match := _SIMPLE.fullmatch(text):
        return _simple(*match.groups())
    for pattern, read in (
        (_RATIO, _ratio),
        (_MIXED, _mixed),
        (_SCIENCE, _science),
        (_FLOAT, _science),
        (_REPEATING, _repeating),
    ):
        if match := pattern.fullmatch(text):
            value = read(*match.groups()[1:])
            percent = text.endswith("%")
            return None if value is None else Number(-value if match[1] == "-" else value, None, percent, "")
    return None


def _simple(sign: str, digits: str, percent: str) -> Number:
    whole, _, part = digits.replace(",", "").partition(".")
    whole, part = whole.lstrip("0") or "0", part.rstrip("0")
    zero = whole == "0" and not part
    spelling = ("-" if sign == "-" and not zero else "") + whole + ("." + part if part else "") + percent
    places = len(digits.partition(".")[2])
    value = Fraction(int(whole + part), 10 ** len(part))
    return Number(-value if sign == "-" else value, places, bool(percent), spelling)


def _fraction(digits: str) -> Fraction:
    return Fraction(digits.replace(",", "").rstrip(".") if digits != "." else "0")


def _ratio(up: str | None, down: str | None, above: str | None, below: str | None, _: str) -> Fraction | None:
    divisor = _fraction(down or below or "0")
    return _fraction(up or above or "0") / divisor if divisor else None


def _mixed(
    whole: str, up: str | None, down: str | None, above: str | None, below: str | None, _: str
) -> Fraction | None:
    divisor = int(down or below or "0")
    return _fraction(whole) + Fraction(int(up or above or "0"), divisor) if divisor else None


def _science(digits: str | None, *exponents: str | None) -> Fraction | None:
    exponent = int(next(e for e in exponents if e))
    return _fraction(digits or "1") * Fraction(10) ** exponent if abs(exponent) <= MAX_EXPONENT else None


def _repeating(whole: str, part: str, again: str) -> Fraction:
    start = Fraction(int(whole.replace(",", "") + part), 10 ** len(part))
    return start + Fraction(int(again), (10 ** len(again) - 1) * 10 ** len(part))
