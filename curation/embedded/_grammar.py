"""Text from banks of phrases.

A bank is a text file of sections. `= name` opens a section whose lines are alternatives. `== name` opens an outline, whose lines come one
after another: a line that starts with `|` is another wording of the line before it, and one that starts with `?` is left out now and
then. In a line,

    <city>      a line of the section `city`               <@city>     the same, but the same one all through a page
    <3-40>      an integer in that range                   <a|b|c>     one of these
    <^city>     with a capital first letter

Formulas stand between dollar signs, in TeX. Lines are compiled once to a list of pieces, so that writing a page is mostly joining.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from pathlib import Path

from curation.synth.families._rng import Rng

Context = dict[str, str]
Piece = str | Callable[[Rng, Context], str]
_SLOT = re.compile(r"<([^<>]+)>")
_RANGE = re.compile(r"(-?\d+)-(\d+)")


class Line:
    """One compiled line. What it uses of other sections is looked up when it is first written."""

    __slots__ = ("bank", "pieces", "source")

    def __init__(self, source: str, bank: Bank) -> None:
        self.source, self.bank = source, bank
        self.pieces: list[Piece] | None = None

    def write(self, rng: Rng, context: Context) -> str:
        if self.pieces is None:
            self.pieces = [self._piece(part) if i % 2 else part for i, part in enumerate(_SLOT.split(self.source))]
        return "".join([p if p.__class__ is str else p(rng, context) for p in self.pieces])  # type: ignore[operator]

    def _piece(self, slot: str) -> Piece:
        if "|" in slot:
            words = slot.split("|")
            return lambda rng, _: rng.choice(words)
        span = _RANGE.fullmatch(slot)
        if span:
            low, high = int(span[1]), int(span[2])
            return lambda rng, _: str(rng.randint(low, high))
        if slot.startswith("^"):
            inner = self._piece(slot[1:])
            assert callable(inner)
            return lambda rng, context: _capital(inner(rng, context))
        if slot.startswith("@"):
            return self._kept(slot[1:])
        lines = self.bank.sections[slot]
        return lambda rng, context: rng.choice(lines).write(rng, context)

    def _kept(self, name: str) -> Piece:
        lines = self.bank.sections.get(name.rstrip("0123456789"), ())

        def piece(rng: Rng, context: Context) -> str:
            if name not in context:
                taken = set(context.values())
                for _ in range(4):
                    context[name] = rng.choice(lines).write(rng, context)
                    if context[name] not in taken:
                        break
            return context[name]

        return piece


class Bank:
    """The sections of some files, later ones added to earlier ones."""

    def __init__(self, *texts: str) -> None:
        self.sections: dict[str, list[Line]] = {}
        self.outlines: dict[str, list[tuple[bool, list[Line]]]] = {}
        for text in texts:
            self._add(text)

    def _add(self, text: str) -> None:
        section: list[Line] = []
        outline: list[tuple[bool, list[Line]]] | None = None
        for line in text.splitlines():
            if not line.strip() or line.startswith("#"):
                continue
            if line.startswith("=="):
                outline = self.outlines.setdefault(line[2:].strip(), [])
            elif line.startswith("="):
                section, outline = self.sections.setdefault(line[1:].strip(), []), None
            elif outline is None:
                section.append(Line(line.strip(), self))
            elif line.startswith("|"):
                outline[-1][1].append(Line(line[1:].strip(), self))
            else:
                outline.append((line.startswith("?"), [Line(line.lstrip("? ").strip(), self)]))

    def line(self, name: str, rng: Rng, context: Context) -> str:
        """One line of a section."""
        return rng.choice(self.sections[name]).write(rng, context)

    def lines(self, name: str, count: int, rng: Rng, context: Context) -> list[str]:
        """Different lines of a section in the order in which they stand."""
        return [line.write(rng, context) for line in rng.some(self.sections[name], count)]

    def outline(self, name: str, rng: Rng, context: Context, optional: float = 0.6) -> list[str]:
        """All lines of an outline, each in one of its wordings."""
        return [
            rng.choice(words).write(rng, context)
            for left_out, words in self.outlines[name]
            if not left_out or rng.chance(optional)
        ]

    def names(self, prefix: str) -> list[str]:
        """Outlines of one kind, by name."""
        return sorted(name for name in self.outlines if name.startswith(prefix))


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


@functools.cache
def bank(*names: str) -> Bank:
    """The bank of the named files in `banks/`."""
    folder = Path(__file__).parent / "banks"
    return Bank(*((folder / f"{name}.txt").read_text("utf-8") for name in names))
