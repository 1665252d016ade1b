"""The one spelling that problem texts are read in: no math delimiters, plain fractions and powers, no spaces around signs.

Pages write one formula in many ways (TeX, Unicode, plain text), and a template should not have to know them. A list of rules, applied in
order, brings them together. Left out: any understanding of the formula; a rule only replaces signs.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable

_SIGNS = str.maketrans(
    {
        "−": "-",
        "–": "-",
        "×": "*",
        "⋅": "*",
        "·": "*",
        "’": "'",
        "~": " ",
        "$": "",
        "∣": "|",
        "′": "'",
        "″": "''",
        "\u00a0": " ",
        "\u2062": "",
        "\u2061": "",
        "\u200b": "",
    }
)
_ATOM = r"-?[\w.π\ue000-\uf8ff]+(?:\^[\w\ue000-\uf8ff]+)?"
"""What needs no brackets as a numerator: `12`, `2x`, `x^2`, a slot."""
_BELOW = r"(?:\d+|[a-z\ue000-\uf8ff])(?:\^-?(?:\d+|[a-z\ue000-\uf8ff]))?"
"""And as a denominator: `12`, `x`, `x^2`, but not `2x`."""
_DIGITS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁽⁾ⁿⁱ₀₁₂₃₄₅₆₇₈₉₊₋₍₎ₙᵢⱼₖ", "0123456789+-()ni0123456789+-()nijk")
_Rule = tuple[tuple[str, ...], re.Pattern[str], str | Callable[[re.Match[str]], str]]
"""What a text must hold for a rule to find anything (one of these; nothing: any text), what it finds, and what it puts there."""
_SCRIPTS: list[_Rule] = [
    (("^{",), re.compile(r"\^\{\s*(-?\d+|-?[a-z\ue000-\uf8ff])\s*\}"), r"^\1"),
    (("^{",), re.compile(r"\^\{([^{}]*)\}"), r"^(\1)"),
    (("_{",), re.compile(r"_\{([^{}]*)\}"), r"_\1"),
]
_SIMPLE = {
    "times": "*", "cdot": "*", "pi": "π", "le": "≤", "leq": "≤", "ge": "≥", "geq": "≥", "ne": "≠", "neq": "≠", "lt": "<", "gt": ">",
    "quad": " ", "qquad": " ", "log": "log", "ln": "ln", "int": "∫", "equiv": "≡", "cup": "∪", "cap": "∩", "vert": "|", "lvert": "|",
    "rvert": "|",
}  # fmt: skip
_RULES: list[_Rule] = [
    (
        ("frac",),
        re.compile(r"(?<=\d)\s*(?=\\[dt]?frac)"),
        "&",
    ),  # a mixed number, or a product: nobody can tell, so nobody reads it
    (
        ("\\displaystyle",),
        re.compile(r"\{\\displaystyle((?:[^{}]|\{(?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*\})*)\}"),
        r"\1",
    ),
    (("\\",), re.compile(r"\\(?:left|right|displaystyle|textstyle)(?![a-z])|\\[()\[\],;!:]"), ""),
    (tuple("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁽⁾ⁿⁱ"), re.compile(r"[⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁽⁾ⁿⁱ]+"), lambda m: f"^{{{m[0].translate(_DIGITS)}}}"),
    (tuple("₀₁₂₃₄₅₆₇₈₉₊₋₍₎ₙᵢⱼₖ"), re.compile(r"[₀₁₂₃₄₅₆₇₈₉₊₋₍₎ₙᵢⱼₖ]+"), lambda m: f"_{{{m[0].translate(_DIGITS)}}}"),
    *_SCRIPTS,
    (("\\sqrt",), re.compile(r"\\sqrt\s*\[(\w)\]\s*\{([^{}]*)\}"), r"√[\1](\2)"),
    (("\\sqrt",), re.compile(r"\\sqrt\s*\{(\d+|[a-z\ue000-\uf8ff])\}"), r"√\1"),
    (("\\sqrt",), re.compile(r"\\sqrt\s*\{([^{}]*)\}"), r"√(\1)"),
    (("frac",), re.compile(rf"\\[dt]?frac\s*\{{({_ATOM})\}}\s*\{{({_BELOW})\}}"), r"\1/\2"),
    (("frac",), re.compile(rf"\\[dt]?frac\s*\{{([^{{}}]*)\}}\s*\{{({_BELOW})\}}"), r"(\1)/\2"),
    (("frac",), re.compile(r"\\[dt]?frac\s*\{([^{}]*)\}\s*\{([^{}]*)\}"), r"(\1)/(\2)"),
    *_SCRIPTS,
    (("\\",), re.compile(rf"\\({'|'.join(sorted(_SIMPLE, key=len, reverse=True))})(?![a-z])"), lambda m: _SIMPLE[m[1]]),
    (("log", "ln"), re.compile(r"(?<=[\d\ue000-\uf8ff])\s+(?=(?:log|ln)(?![a-z]))"), ""),
    (("log", "ln"), re.compile(r"(?<![A-Za-z])(log(?:_[\w\ue000-\uf8ff]+)?|ln)\s+(?=\()"), r"\1"),
    (("∫",), re.compile(r"∫\s*_(-?\d+|[\ue000-\uf8ff])\s*\^(-?\d+|[\ue000-\uf8ff])\s*"), r"∫[\1;\2] "),
    ((")",), re.compile(r"\)\s*d([a-z])(?![a-z])"), r") d\1"),
    (
        ("mod",),
        re.compile(r"\s*\\pmod\s*\{?(\d+|[\ue000-\uf8ff])\}?|\s*\((?:\\\w+\{)?\\?mod\}?[\\\s]*(\d+)\)"),
        lambda m: f" (mod {m[1] or m[2]})",
    ),
    ((",",), re.compile(r"(?<=\d),(?=\d{3}(?!\d))"), ""),
    ((), re.compile(r"\s+([-+])\s+|\s*([*/=^,<>≤≥≠])\s*"), r"\1\2"),
    (tuple("≡∪∩|"), re.compile(r"\s*([≡∪∩|])\s*"), r"\1"),
]
_BEFORE_STOP = re.compile(r"\s+([.?!:;)])")


@functools.lru_cache(maxsize=512)
def clean(text: str) -> str:
    """A text in the one spelling that templates are matched in: no math delimiters, plain fractions and powers, no spaces around signs."""
    return _cleaned(text)


def clean_all(texts: list[str]) -> list[str]:
    """`clean` of many short texts, in one go."""
    return [piece.strip() for piece in _cleaned(_BORDER.join(texts)).split(_BORDER)] if texts else []


_BORDER = "\x01"
"""Stands between texts that are cleaned together. No rule takes it for a blank, and no rule drops it."""


def _cleaned(text: str) -> str:
    text = " ".join(text.translate(_SIGNS).split())  # runs of blanks would make the rules slow
    for needs, pattern, replacement in _RULES:
        if not needs or any(need in text for need in needs):
            text = pattern.sub(replacement, text)
    return _BEFORE_STOP.sub(r"\1", " ".join(text.split()))
