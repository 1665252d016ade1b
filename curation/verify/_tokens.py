r"""The marks of a sentence that may hold a calculation: numbers, operators, brackets, words, in one spelling for TeX, Unicode and ASCII."""

from __future__ import annotations

import re
from typing import NamedTuple

TOKEN = re.compile(
    r"""
    (?P<space>\s+|\\[,;:!>\ ]|\\(?:left|right|[bB]igg?[lr]?|displaystyle|textstyle|limits)(?![A-Za-z])|[&~]|\$(?!\.?[0-9]|\$))
  | (?P<break>\$\$|\\\\|\\[()\[\]]|⇒|→|->|=>|⟹|∴|•
      |\\(?:q?quad|implies|Rightarrow|Longrightarrow|therefore|begin\{[a-z*]{1,20}\}|end\{[a-z*]{1,20}\})(?![A-Za-z]))
  | (?P<rel>(?<![=<>!:~+*/^|\-])=(?![=>/~<])|≈|\\approx(?![A-Za-z]))
  | (?P<num>[0-9]{1,3}(?:(?:,|\{,\}|,\\!)[0-9]{3})+(?![0-9])(?:\.[0-9]+)?|[0-9]+(?:\.[0-9]+)?|\.[0-9]+)
  | (?P<frac2>\\[dtc]?frac\s?[0-9]\s?[0-9](?![0-9]))
  | (?P<frac>\\[dtc]?frac(?![A-Za-z]))
  | (?P<pow>\^|(?<=[0-9)])\*\*(?=[0-9(]))
  | (?P<sup>[⁰¹²³⁴⁵⁶⁷⁸⁹]+)
  | (?P<bold>\*\*)
  | (?P<op>\\(?:times|cdot|div)(?![A-Za-z])|[*×·⋅∙/÷+−-]|(?<=\s)–(?=\s))
  | (?P<percent>\\?%|\bper\s?cent\b)
  | (?P<money>\\?\$|[£€])
  | (?P<open>[(\[]|\\boxed\s?\{|\{)
  | (?P<close>[)\]}])
  | (?P<label>\\(?:text|mathrm|mbox|textbf|textrm)\s?\{[A-Za-z. ]{0,40}\})
  | (?P<word>[A-Za-z]+(?:['’-][A-Za-z]+)*)
  | (?P<odd>\.\.+|(?<=[0-9]),(?=[0-9])|(?<=[0-9]):(?=[0-9])|(?<=[0-9)}])!)
  | (?P<stop>[,;:.!])
  | (?P<other>\\[A-Za-z]+|.)
    """,
    re.X | re.S,
)
"""Marks of a sentence. `other` and `odd` are what no calculation holds; `break` and `stop` are where one may begin or end."""
_OPERATORS = {"÷": "/", "−": "-", "–": "-", "\\div": "/"} | dict.fromkeys(
    ("×", "·", "⋅", "∙", "\\times", "\\cdot"), "*"
)
_PROSE = re.compile(r"\s+[A-Za-z]{2}")
_HALVES = re.compile(r"[\s.]+")


class Token(NamedTuple):
    """A mark, what it is in one spelling, where it stands, whether a blank stands before it, and whether it is an asterisk."""

    kind: str
    text: str
    start: int
    end: int
    gap: bool
    literal: bool = False


def tokens(sentence: str) -> list[Token]:
    """All marks of a sentence but blanks."""
    found: list[Token] = []
    gap = False
    for match in TOKEN.finditer(sentence):
        kind = match.lastgroup or "other"
        if kind in ("space", "bold"):
            gap = True
            continue
        written = text = match.group()
        if kind == "op":
            text = _OPERATORS.get(text, text)
        elif kind == "open":
            text = text[-1]
        elif kind == "label":
            kind, text = _label(text)
        elif kind == "word" and len(text) == 1 and not (text == "a" and _PROSE.match(sentence, match.end())):
            kind = "times" if text in "xX" else "other"
        found.append(Token(kind, text, match.start(), match.end(), gap, written == "*"))
        gap = False
    return found


def _label(text: str) -> tuple[str, str]:
    r"""What stands in `\text{...}`: words, or nothing that is known."""
    words = _HALVES.split(text[text.index("{") + 1 : -1].strip(" ."))
    return ("word", " ".join(words)) if all(len(w) > 1 or w == "a" for w in words) else ("other", text)
