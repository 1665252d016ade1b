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
from collections.abc import Callable, Iterable, Iterator, Mapping
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple, Protocol, cast

from curation.synth.families import _chain
from curation.synth.families._calculation import exact
from curation.synth.families._chain import Work
from curation.synth.families._index import Index
from curation.synth.families._rng import Rng
from curation.synth.families._spelling import clean

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


def solved(text: str, rng: Rng, slip: float, told: Callable[[Family, Parsed, Rng], str]) -> str | None:
    """A problem solved as `told` says it, with probability `slip` a misread one; None for a text that no family reads or solves."""
    found = read(text)
    if found is None:
        return None
    family, parsed = families()[found[0]], found[1]
    try:
        if rng.chance(slip):
            parsed = misread(family, parsed, rng) or parsed
        return told(family, parsed, rng)
    except ValueError:
        return None


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

    def positive(self, text: str) -> Parsed | None:
        """`integers`, if all of them are above zero."""
        parsed = self.integers(text)
        return parsed if parsed and all(n > 0 for n in parsed.numbers) else None


def solvable(readings: Iterable[Parsed | None], solve: Callable[[Parsed], str]) -> Parsed | None:
    """The first reading that has an answer, or None: how a family refuses what its phrasings allow but mathematics doesn't."""
    for parsed in readings:
        try:
            if parsed is not None and solve(parsed):
                return parsed
        except (ValueError, ZeroDivisionError):
            continue
    return None


_COEFFICIENT = re.compile(r"(?<!\^)\d+")


def skeleton(formula: str) -> tuple[str, tuple[int, ...]]:
    """A cleaned formula with `#` for every number that is not an exponent, and those numbers: how equations become `Parsed.numbers`."""
    return _COEFFICIENT.sub("#", formula), tuple(int(n) for n in _COEFFICIENT.findall(formula))


def outlined(values: Mapping[str, str]) -> tuple[str, tuple[int, ...]]:
    """The skeletons of all formulas among the slot values, in one, with semicolons between them."""
    return skeleton(";".join(values[slot] for slot in ("expr", "lhs", "rhs") if slot in values))


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
    """A rational number with up to three decimals as such (`12.5`), any other as `tex`."""
    return exact(value, 3)
