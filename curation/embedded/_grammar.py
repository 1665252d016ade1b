"""Text from banks of phrases: a grammar, compiled to arrays and written by native code.

A bank is text files of sections. `= name` opens a section whose lines are alternatives; `= name ~` one whose first lines are much the most
frequent, as words of a language are. `== name` opens an outline, whose lines come one after another: a line that starts with `|` is
another wording of the line before it, and one that starts with `?` is left out now and then. `3* line` counts as three lines. In a line,

    <city>     a line of the section `city`             <@city> <@city2>  the same, but the same one all through a page
    <^city>    with a capital first letter              <a|b|c|>          one of these, the last of them nothing
    <?city>    half of the time                         <~thing>          mostly from `thing/THEME` if the page's theme has one
    <3-40>     an integer in that range, evenly         <3~4000>          small ones more often; `<1,000~90,000>` with commas
    <an>       `a` or `an`, whatever follows            <[>, <]>          < and >

`= name : noun` also makes `name.s`; `: verb` makes `.s .ed .en .ing`; `: adjective` makes `.ly`; irregular forms are given as
`go/goes/went/gone/going`. Sections may use each other recursively. Where pieces meet, one blank remains of two, and none before
punctuation, so that parts may be left out. Formulas stand between dollar signs, in TeX.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from curation.embedded._inflect import inflected
from curation.synth.families._rng import Rng

_SLOT = re.compile(r"<([^<>]+|\[|\])>")
_RANGE = re.compile(r"(-?[\d,]+)([-~])([\d,]+)")
_HEAD = re.compile(r"=\s*(\S+)\s*(~?)\s*(?::\s*(\w+))?\s*$")
_WEIGHT = re.compile(r"(\d+)\*\s+")
LITERAL, SECTION, CHOICE, RANGE, KEPT, ARTICLE, CAPITAL, MAYBE, THEMED = range(9)
"""Operations of a compiled line, of which each is one integer (`_word`)."""
MARGIN = 4096
"""Bytes that the writer keeps in reserve; no piece of a line may hold more."""
REGISTERS, LONGEST = 160, 240
"""How many `@` names a bank may use, and how many bytes one of them may hold."""


class Bank:
    """The sections of some files, later ones added to earlier ones, as arrays for `_native.write`."""

    def __init__(self, *texts: str) -> None:
        self.sources: dict[str, list[str]] = {}
        self.skewed: set[str] = set()
        self.plans: dict[str, list[tuple[bool, list[str]]]] = {}
        for text in texts:
            self._read(text)
        self.themes = sorted({name.partition("/")[2] for name in self.sources if "/" in name})
        self._compile()

    def _read(self, text: str) -> None:
        section: list[str] = []
        plan: list[tuple[bool, list[str]]] | None = None
        names: list[str] = []
        kind = ""
        for raw in text.splitlines():
            line = raw.strip()
            if not line or line.startswith("#"):
                continue
            if line.startswith("=="):
                plan = self.plans.setdefault(line[2:].strip(), [])
            elif line.startswith("=") and (head := _HEAD.match(line)):
                name, skew, kind = head[1], head[2], head[3] or ""
                section, plan, names = self.sources.setdefault(name, []), None, [name]
                self.skewed |= {name} if skew else set()
            elif plan is None:
                self._add(section, line, names[0] if names else "", kind)
            elif line.startswith("|"):
                plan[-1][1].append(line[1:].strip())
            else:
                plan.append((line.startswith("?"), [line.lstrip("? ")]))

    def _add(self, section: list[str], line: str, name: str, kind: str) -> None:
        weight = _WEIGHT.match(line)
        count, line = (int(weight[1]), line[weight.end() :]) if weight else (1, line)
        if not kind:
            section += [line] * count
            return
        base, slash, theme = name.partition("/")
        for form, word in inflected(line, kind).items():
            self.sources.setdefault(base + form + slash + theme, []).extend([word] * count)
            self.skewed |= {base + form + slash + theme} if name in self.skewed else set()

    # ---- compiling ----------------------------------------------------------------------------------------------------------

    def _compile(self) -> None:
        self.section_ids = {name: i for i, name in enumerate(self.sources)}
        self.registers: dict[str, int] = {}
        self.line_ids: dict[str, int] = {}
        self._blob = bytearray()
        self._known: dict[bytes, int] = {}
        self._code: list[int] = []
        self._starts: list[int] = [0]
        self._choices: list[tuple[int, int]] = []
        self._ranges: list[tuple[int, int, int]] = []
        self._slots: dict[str, int] = {}
        bounds, members = [0], []
        for lines in self.sources.values():
            members += [self.line_id(line) for line in lines]
            bounds.append(len(members))
        for plan in self.plans.values():
            for _, wordings in plan:
                for wording in wordings:
                    self.line_id(wording)
        themed = [
            [self.section_ids.get(f"{name}/{theme}", -1) for theme in self.themes] or [-1] for name in self._slots
        ]
        self.tables = (
            np.frombuffer(bytes(self._blob) or b" ", np.uint8), np.array(self._code or [0], np.int64), np.array(self._starts, np.int64),
            np.array(bounds, np.int64), np.array(members or [0], np.int64),
            np.array([name in self.skewed for name in self.sources] or [False]),
            np.array(self._choices or [(0, 0)], np.int64), np.array(self._ranges or [(0, 0, 0)], np.int64),
            np.array(themed or [[-1]], np.int64),
        )  # fmt: skip
        assert len(self.registers) <= REGISTERS, sorted(self.registers)

    def line_id(self, line: str) -> int:
        """The number of a line, compiling it at first use."""
        if line not in self.line_ids:
            code: list[int] = []
            for i, part in enumerate(_SLOT.split(line)):
                if i % 2:
                    self._slot(part, code)
                elif part:
                    code.append(_word(LITERAL, *self._text(part)))
            self._code += code
            self._starts.append(len(self._code))
            self.line_ids[line] = len(self._starts) - 2
        return self.line_ids[line]

    def _text(self, text: str) -> tuple[int, int]:
        data = text.encode()
        assert len(data) < MARGIN, text[:80]
        if data not in self._known:
            self._known[data] = len(self._blob)
            self._blob += data
        return self._known[data], len(data)

    def _slot(self, slot: str, code: list[int]) -> None:
        while slot[0] in "^?" and slot[1:]:
            code.append(_word(CAPITAL if slot[0] == "^" else MAYBE))
            slot = slot[1:]
        span = _RANGE.fullmatch(slot)
        if slot in ("[", "]"):
            code.append(_word(LITERAL, *self._text("<>"["[]".index(slot)])))
        elif slot == "an":
            code.append(_word(ARTICLE))
        elif "|" in slot:
            options = slot.split("|")
            code.append(_word(CHOICE, len(self._choices), len(options)))
            self._choices += [self._text(option) if option else (0, 0) for option in options]
        elif span:
            low, high = int(span[1].replace(",", "")), int(span[3].replace(",", ""))
            code.append(_word(RANGE, len(self._ranges)))
            self._ranges.append((low, high, (span[2] == "~") + 2 * ("," in slot)))
        elif slot[0] == "~":
            number = self._slots.setdefault(slot[1:], len(self._slots))
            code.append(_word(THEMED, number, self.section_ids[slot[1:]]))
        elif slot[0] == "@":
            register = self.registers.setdefault(slot[1:], len(self.registers))
            section = self.section_ids.get(slot[1:].rstrip("0123456789"), -1)
            code.append(_word(KEPT, register, section + 1))
        else:
            code.append(_word(SECTION, self.section_ids[slot]))

    def names(self, prefix: str) -> list[str]:
        """Outlines of one kind, by name."""
        return sorted(name for name in self.plans if name.startswith(prefix))


def _word(op: int, a: int = 0, b: int = 0) -> int:
    """One instruction: operation, and two numbers below 2^28."""
    assert 0 <= a < 1 << 28 and 0 <= b < 1 << 28
    return op | a << 4 | b << 32


class Voice:
    """One page's way through a bank: its draws, its theme, and what it has named so far."""

    def __init__(self, words: Bank, rng: Rng, theme: str | None = None) -> None:
        self.bank, self.rng = words, rng
        self.theme = words.themes.index(theme) if theme is not None else -1
        self._state = np.array([int(rng.random() * (1 << 53)) * 2 + 1], np.uint64)
        count = max(len(words.registers), 1)
        self._kept = np.zeros((count, LONGEST), np.uint8)
        self._lengths = np.zeros(count, np.int64)

    def say(self, section: str) -> str:
        """A line of a section."""
        return self._write([-1 - self.bank.section_ids[section]])[0]

    def all(self, sections: Sequence[str]) -> list[str]:
        """A line of each of these sections, in one go."""
        ids = self.bank.section_ids
        return self._write([-1 - ids[name] for name in sections])

    def some(self, section: str, count: int) -> list[str]:
        """Different lines of a section in the order in which they stand."""
        return self.lines(self.rng.some(self.bank.sources[section], count))

    def lines(self, sources: Sequence[str]) -> list[str]:
        """These lines of the bank, written out."""
        return self._write([self.bank.line_ids[source] for source in sources])

    def outline(self, name: str, optional: float = 0.6) -> list[str]:
        """All lines of an outline, each in one of its wordings."""
        rng = self.rng
        return self.lines(
            [rng.choice(words) for left_out, words in self.bank.plans[name] if not left_out or rng.chance(optional)]
        )

    def keep(self, name: str, text: str) -> None:
        """Give a name its text, as if it had been drawn."""
        data = np.frombuffer(text.encode()[:LONGEST], np.uint8)
        register = self.bank.registers[name]
        self._kept[register, : data.size], self._lengths[register] = data, data.size

    def kept(self, name: str) -> str:
        """What a name was given or has drawn; empty before that."""
        register = self.bank.registers[name]
        return bytes(self._kept[register, : self._lengths[register]]).decode()

    def _write(self, todo: list[int]) -> list[str]:
        from curation.embedded._native import write

        return write(self.bank.tables, todo, self._state, self._kept, self._lengths, self.theme)


@functools.cache
def bank(*names: str) -> Bank:
    """The bank of the named files in `banks/`."""
    folder = Path(__file__).parent / "banks"
    return Bank(*((folder / f"{name}.txt").read_text("utf-8") for name in names))
