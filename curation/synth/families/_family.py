"""What a family of problems is, and how problem text is read back.

A family is one file in this folder; there is no registry, `families()` lists the folder. It writes problems, reads them back from text,
solves them exactly, and explains the solution; the wording of chains is shared (`_chain.py`). Reading is strict: a text that is not, word
for word, one of the family's phrasings (up to white space, math delimiters and the way a formula is written) gives None, never a guess.

A phrasing is a `Template`: the same line writes a problem and, turned into a regular expression, reads it. Left out: understanding of
problems in free words. That is what real models are for.
"""

from __future__ import annotations

import functools
import importlib
import re
from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple, Protocol, cast

from curation.synth.families import _chain
from curation.synth.families._chain import Work
from curation.synth.families._index import Index
from curation.synth.families._rng import Rng

LEVELS = (1, 2, 3, 4, 5)
LONGEST = 2000
"""Characters of a problem; longer texts are not read."""


class Problem(NamedTuple):
    """A problem and its one right answer, as it would stand in a box. Formulas stand between dollar signs."""

    text: str
    answer: str


class Parsed(NamedTuple):
    """What a problem says: which sort it is, its integers in the order of the solver, and its other words."""

    kind: str
    numbers: tuple[int, ...]
    words: dict[str, str]


class Family(Protocol):
    """A family's module: its phrasings and four functions."""

    __name__: str
    PHRASINGS: Phrasings

    def make(self, rng: Rng, level: int) -> Problem:
        """A problem of difficulty 1 to 5."""
        ...

    def parse(self, text: str) -> Parsed | None:
        """The problem in a text, or None for anything that this family did not phrase."""
        ...

    def solve(self, parsed: Parsed) -> str:
        """The exact answer. ValueError if there is none."""
        ...

    def explain(self, parsed: Parsed, rng: Rng) -> Work:
        """Facts, steps, checks and tempting mistakes, from which chains are written."""
        ...


@functools.cache
def families() -> dict[str, Family]:
    """Every family in this folder, by name."""
    names = sorted(p.stem for p in Path(__file__).parent.glob("*.py") if not p.stem.startswith("_"))
    return {name: cast(Family, importlib.import_module(f"{__package__}.{name}")) for name in names}


@functools.cache
def index() -> Index:
    """The phrasings of all families."""
    return Index((name, template) for name, family in families().items() for template in family.PHRASINGS.templates)


def read(text: str) -> tuple[str, Parsed] | None:
    """The first family, by name, that can read a text, and what it read."""
    if len(text) > LONGEST:
        return None
    cleaned = clean(text)
    names = {name for name, template in index().endings.at(cleaned, len(cleaned)) if template.anchor in cleaned}
    for name in sorted(names):
        parsed = families()[name].parse(text)
        if parsed is not None:
            return name, parsed
    return None


def short_cot(family: Family, parsed: Parsed, rng: Rng) -> str:
    """A brief worked solution that ends in a box."""
    return _chain.short(family.explain(parsed, rng), rng)


def long_cot(family: Family, parsed: Parsed, rng: Rng) -> str:
    """A solution thought aloud: trials, doubts, checks and corrections, ending in a box."""
    return _chain.long(family.explain(parsed, rng), rng)


def misread(family: Family, parsed: Parsed, rng: Rng) -> Parsed | None:
    """The same problem with one number read wrongly (or taken for another), so that its answer differs; None if no slip does that."""
    right = family.solve(parsed)
    for i in rng.shuffled(range(len(parsed.numbers))):
        old = parsed.numbers[i]
        digits = str(abs(old))
        swapped = int(digits[::-1]) * (-1 if old < 0 else 1)
        for new in (swapped, old + 1, old - 1, old + 2, *parsed.numbers, 2 * old, old * old):
            wrong = parsed._replace(numbers=(*parsed.numbers[:i], new, *parsed.numbers[i + 1 :]))
            if new > 0 or old < 0:
                try:
                    if family.solve(wrong) != right:
                        return wrong
                except (ValueError, ZeroDivisionError):
                    continue
    return None


# ---- reading ----------------------------------------------------------------------------------------------------------------

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


_SLOT = re.compile(r"<(\w+)>")
_PATTERNS = {
    "name": r"[A-Z][a-z]+", "other": r"[A-Z][a-z]+", "he": "he|she", "He": "He|She", "his": "his|her",
    "him": "him|her", "v": "[a-z]",
    "w": "[a-z]", "town": r"[A-Z][a-z]+(?: [A-Z][a-z]+)?", "town2": r"[A-Z][a-z]+(?: [A-Z][a-z]+)?",
    "expr": r"[-+*/^()\da-z ]{1,60}",
    "lhs": r"[-+*/^()\da-z ]{1,60}", "rhs": r"[-+*/^()\da-z ]{1,60}", "lhs2": r"[-+*/^()\da-z ]{1,60}",
    "rhs2": r"[-+*/^()\da-z ]{1,60}",
    "first": r"[A-Z]?[a-z]+(?: [a-z]+)?", "second": r"[A-Z]?[a-z]+(?: [a-z]+)?", "third": r"[A-Z]?[a-z]+(?: [a-z]+)?",
    "sign": "[<>≤≥]", "sign2": "[<>≤≥]", "word": "[A-Z]{3,16}", "fn": "[fghpqrs]", "fm": "[fghpqrs]",
    "list": r"\d{1,9}(?:,\d{1,9}){1,9}",
}  # fmt: skip
_NUMBER = r"-?\d{1,9}"
_WORD = r"[a-z]+(?: [a-z]+)?"


class Template:
    """One phrasing. Slots of one letter (but v and w) are integers; all others are words or, like `<lhs>`, expressions."""

    def __init__(self, kind: str, text: str) -> None:
        self.kind, self.text = kind, text
        self.slots = list(dict.fromkeys(_SLOT.findall(text)))
        marks = {slot: chr(0xE000 + i) for i, slot in enumerate(self.slots)}
        cleaned = clean(_SLOT.sub(lambda m: marks[m[1]], text))
        pieces = [p for p in re.split("[\ue000-\uf8ff]", cleaned) if p]
        self.anchor = max(pieces, key=len)
        """The longest literal piece: a text without it cannot match, which is cheap to see."""
        self.tail = re.split("[\ue000-\uf8ff]", cleaned)[-1]
        """What stands after the last slot."""
        pattern = re.escape(cleaned)
        for slot, mark in marks.items():
            wanted = _NUMBER if len(slot) == 1 and slot not in "vw" else _PATTERNS.get(slot, _WORD)
            pattern = pattern.replace(mark, f"(?P<{slot}>{wanted})", 1).replace(mark, f"(?P={slot})")
        self._pattern = re.compile(pattern)

    def fill(self, values: Mapping[str, object]) -> str:
        return _SLOT.sub(lambda m: str(values[m[1]]), self.text)

    def match(self, cleaned: str) -> dict[str, str] | None:
        """Slot values of a text already `clean`, or None."""
        if self.anchor not in cleaned:
            return None
        found = self._pattern.fullmatch(cleaned)
        return found.groupdict() if found else None


class Phrasings:
    """All phrasings of a family, from lines `kind: template`; a line that starts with `|` is another phrasing of the same kind."""

    def __init__(self, lines: str) -> None:
        self.templates: list[Template] = []
        kind = ""
        for line in filter(None, map(str.strip, lines.splitlines())):
            head, _, rest = line.partition(":") if not line.startswith("|") else (kind, "", line[1:])
            kind = head
            self.templates.append(Template(kind, " ".join(rest.split())))
        self.kinds = list(dict.fromkeys(t.kind for t in self.templates))

    def write(self, rng: Rng, kind: str, values: Mapping[str, object]) -> str:
        return rng.choice([t for t in self.templates if t.kind == kind]).fill(values)

    def read(self, text: str) -> Iterator[tuple[str, dict[str, str]]]:
        """Every (kind, slot values) that the text can mean."""
        if len(text) > LONGEST:
            return
        cleaned = clean(text)
        for template in self.templates:
            values = template.match(cleaned)
            if values is not None:
                yield template.kind, values

    def integers(self, text: str) -> Parsed | None:
        """The usual `parse`: one-letter slots in alphabetical order are the numbers, then those of a `<list>`; the rest are words."""
        for kind, values in self.read(text):
            letters = sorted(k for k in values if len(k) == 1 and k not in "vw")
            listed = values.get("list", "").split(",") if "list" in values else []
            words = {k: v for k, v in values.items() if k not in letters and k != "list"}
            return Parsed(kind, (*(int(values[k]) for k in letters), *map(int, listed)), words)
        return None


_COEFFICIENT = re.compile(r"(?<!\^)\d+")


def skeleton(formula: str) -> tuple[str, tuple[int, ...]]:
    """A cleaned formula with `#` for every number that is not an exponent, and those numbers: how equations become `Parsed.numbers`."""
    return _COEFFICIENT.sub("#", formula), tuple(int(n) for n in _COEFFICIENT.findall(formula))


def filled(outline: str, numbers: tuple[int, ...]) -> str:
    """The formula back from its skeleton."""
    rest = iter(numbers)
    return re.sub("#", lambda _: str(next(rest)), outline)


def spaced(formula: str) -> str:
    """A cleaned formula as people write it: `3x+5=20` becomes `3x + 5 = 20`, `(x+1)/4` becomes a fraction."""
    text = re.sub(
        r"\(([^()]*)\)/(\d+)|(?<![\w)])(\d+)/(\d+)", lambda m: f"\\frac{{{m[1] or m[3]}}}{{{m[2] or m[4]}}}", formula
    )
    text = re.sub(r"(?<=[\w)}])\s*([-+=])\s*", r" \1 ", text)
    return text.replace("*", " \\cdot ")


def tex(value: Fraction | int) -> str:
    """A rational number as TeX: `7`, `-3`, `\\frac{3}{4}`, `-\\frac{3}{4}`."""
    if value.denominator == 1:
        return str(value.numerator)
    return f"{'-' if value < 0 else ''}\\frac{{{abs(value.numerator)}}}{{{value.denominator}}}"


def decimal(value: Fraction | int) -> str:
    """A rational number with few decimals as such (`12.5`), any other as `tex`."""
    if value.denominator == 1:
        return str(value.numerator)
    for places in range(1, 4):
        scaled = value * 10**places
        if scaled.denominator == 1:
            digits = str(abs(scaled.numerator)).rjust(places + 1, "0")
            return f"{'-' if value < 0 else ''}{digits[:-places]}.{digits[-places:]}"
    return tex(value)
