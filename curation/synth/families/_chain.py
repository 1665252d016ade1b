"""How a solution is told: briefly, or thought aloud with trials, doubts, slips that are noticed, and checks.

A family says what is true (`Work`); this module chooses what of it is told, in what order and in which words. A long chain may follow a
tempting idea and drop it (at the start, or partway), try values one by one, estimate, get a number wrong and notice, lose its thread and
pick it up, solve by a second way, and doubt what the question asked. How much of that there is grows with the number of steps and with a
draw per chain, from none at all to all of it. Every statement that survives in a chain is true; a noticed slip is corrected before it is
used. A chain that ends wrong comes from a problem misread at the start (`_family.misread`), never from here.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from curation.synth.families import _calculation as calculation
from curation.synth.families import _phrases_astray as astray
from curation.synth.families import _phrases_between as between
from curation.synth.families import _phrases_closing as closing
from curation.synth.families import _phrases_opening as opening
from curation.synth.families._rng import Rng
from curation.synth.families._words import PROPER


class Step(NamedTuple):
    """One step. `{}` in the sentence is where the calculation `left = value` stands; without it the sentence is all there is."""

    text: str
    left: str = ""
    value: str = ""


@dataclass
class Work:
    """What there is to tell about one problem. Any sentence may hold several wordings, separated by ` || `, of which one is told."""

    answer: str
    given: str
    """The facts, as full sentences in other words than the problem's."""
    ask: str
    """What is wanted, as a noun phrase: `the number of eggs left`."""
    steps: Sequence[Step]
    said: str = ""
    """The result as a full sentence, without the box; empty: a standard one is made."""
    checks: Sequence[str] = ()
    """Full sentences, each an independent reason to believe the answer."""
    traps: Sequence[tuple[str, str]] = ()
    """A tempting idea (`multiply 3 by 4`, read after `I could`), and the sentence that says why it is wrong."""
    trials: Sequence[str] = ()
    """Attempts, one sentence each, told before the steps; the last one works."""
    other_way: Sequence[str] = field(default_factory=tuple)
    """The same result found differently, as sentences."""
    detours: Sequence[tuple[str, str]] = ()
    """A wrong approach begun in earnest (true sentences with their calculations), and the sentence that says why it is given up."""


def short(work: Work, rng: Rng) -> str:
    """The steps in order and the boxed answer, in one paragraph or one line each."""
    style = _Style(rng)
    lines, before = [], ""
    for i, step in enumerate(_worded(work.steps, rng)):
        lead = rng.choice(between.SHORT_NEXT) if i else ""
        lead, before = ("" if lead[:4] == before[:4] else lead), lead
        lines.append(_lead(lead, style.told(step)))
    if work.checks and rng.chance(0.12):
        lines.append(f"Check: {_lower(_pick(rng.choice(work.checks), rng))}")
    said = f"{_capital(_pick(work.said, rng))} " if work.said and rng.chance(0.5) else ""
    lines.append(said + rng.choice(closing.SHORT_DONE).format(box=f"$\\boxed{{{work.answer}}}$"))
    return _between_dollars(("\n" if len(lines) > 4 or rng.chance(0.4) else " ").join(lines))


def long(work: Work, rng: Rng) -> str:
    """A chain of thought in paragraphs, of some 60 to 500 words."""
    return _Chain(work, rng).told()


class _Chain:
    """One long chain while it is being written."""

    def __init__(self, work: Work, rng: Rng) -> None:
        self.work, self.rng, self.style = work, rng, _Style(rng)
        self.steps = _worded(work.steps, rng)
        self.ask = _pick(work.ask, rng)
        size = sum(1 + bool(step.left) for step in work.steps) + len(work.trials) // 2
        self.effort = 0.95 * rng.random() + 0.1 * min(size, 14) - 0.45
        """From below 0 (says only what is needed) to over 1 (says all there is)."""
        self.used: set[str] = set()

    def some(self, probability: float) -> bool:
        """Whether an optional part is told: more often the more effort."""
        return self.rng.chance(probability * max(0.0, 0.25 + 1.25 * self.effort))

    def say(self, bank: Sequence[str], **values: str) -> str:
        """A phrase that this chain has not used yet, if a few draws find one. `{Given}` and `{why_}` come from `given` and `why`."""
        for _ in range(4):
            phrase = self.rng.choice(bank)
            if phrase not in self.used:
                break
        self.used.add(phrase)
        if "{" not in phrase:
            return phrase
        more = {name.capitalize(): _capital(text) for name, text in values.items()}
        small = {f"{name}_": _lower(text) for name, text in values.items()}
        return phrase.format(**values, **more, **small)

    def told(self) -> str:
        parts = self.opening()
        early, late = self.wrong_turns()
        parts += early
        if self.work.trials and (not self.steps or self.rng.chance(0.9)):
            parts.append(f"{self.say(opening.TRY)} {' '.join([_pick(trial, self.rng) for trial in self.work.trials])}")
        parts += self.calculations(late)
        parts += self.reviews()
        said = _pick(self.work.said, self.rng)
        said = f"{_capital(said)} " if said and self.rng.chance(0.6) else ""
        parts.append(said + self.say(closing.DONE, box=f"$\\boxed{{{self.work.answer}}}$"))
        return _between_dollars("\n\n".join([part for part in parts if part]))

    def given(self) -> dict[str, str]:
        """The facts in one of their wordings, another one each time if there is another."""
        given = _pick(self.work.given, self.rng)
        return {"given": _lower(given), "ask": self.ask}

    def opening(self) -> list[str]:
        given = self.given()
        if self.effort < 0.1 and self.rng.chance(0.25):
            return [_capital(given["given"])]
        text = f"{self.say(opening.OPEN, given=given['given'])}"
        if self.rng.chance(0.85):
            text += f" {self.say(opening.ASK, ask=self.ask)}"
        return [f"{text} {self.say(opening.MUSE)}" if self.some(0.45) else text]

    def wrong_turns(self) -> tuple[list[str], dict[int, str]]:
        """Wrong ideas told before the first step, and those told after a step, by its index."""
        early: list[str] = []
        late: dict[int, str] = {}
        ideas = self.rng.shuffled(
            [*((idea, False) for idea in self.work.traps), *((idea, True) for idea in self.work.detours)]
        )
        for (idea, why), long_way in ideas[: 1 + self.some(0.35) + self.some(0.2)]:
            if not self.some(0.75):
                continue
            idea, why = _pick(idea, self.rng), _pick(why, self.rng)
            if long_way:
                early.append(
                    f"{_capital(idea)} {self.say(astray.STOP)} {_capital(why)} {self.say(astray.GIVE_UP)}".rstrip()
                )
            elif len(self.steps) > 2 and self.rng.chance(0.45):
                told = self.say(astray.MIDWAY, trap=idea, why=_capital(why))
                late[self.rng.randint(0, len(self.steps) - 2)] = f"{told} {self.say(astray.RESUME)}".rstrip()
            else:
                early.append(f"{self.say(astray.TEMPT, trap=idea, why=_capital(why))} {self.say(astray.BACK)}".rstrip())
        return early, late

    def calculations(self, late: dict[int, str]) -> list[str]:
        """The steps in paragraphs of one to three, with what happens between them."""
        steps = self.steps
        slips = self._slips()
        lost = self.rng.randint(1, len(steps) - 2) if len(steps) > 3 and self.some(0.3) else -1
        paragraphs: list[str] = []
        told: list[str] = []
        for i, step in enumerate(steps):
            text = self._slipped(step, again=i == slips[-1] and len(slips) > 1) if i in slips else self._worked(step)
            told.append(_lead(self._connective(i), text))
            if i in late or i == lost or self.rng.chance(0.45):
                paragraphs.append(" ".join(told))
                told = []
            if i in late:
                paragraphs.append(late[i])
            if i == lost and step.left:
                paragraphs.append(
                    self.say(astray.LOST, **self.given(), sofar=self.style.calculation(step.left, step.value))
                )
        return [*paragraphs, " ".join(told)]

    def _slips(self) -> list[int]:
        """Which steps first get a wrong value: usually none or one, rarely two."""
        able = [
            i
            for i, step in enumerate(self.steps)
            if step.left and step.value.isdigit() and not _TRIVIAL.search(step.left)
        ]
        if not able or not self.some(0.6):
            return []
        return self.rng.some(able, 2 if len(able) > 2 and self.some(0.2) else 1)

    def _connective(self, i: int) -> str:
        if not self.rng.chance(0.62):
            return ""
        return self.say(
            between.BEGIN if not i else between.LAST if i == len(self.steps) - 1 and i > 1 else between.NEXT
        )

    def _worked(self, step: Step) -> str:
        text = self.style.told(step)
        rough = calculation.about(step.left, step.value) if step.left and self.some(0.3) else ""
        if rough:
            estimate = f"{self.say(between.ESTIMATE, about=rough)} {_capital(text)}"
            return f"{estimate} {self.say(between.CLOSE)}".rstrip()
        aside = calculation.aside(step.left, step.value, self.rng) if self.style.asides and self.some(0.6) else ""
        return f"{text} {aside}".rstrip()

    def _slipped(self, step: Step, *, again: bool) -> str:
        """The step with a wrong value first, noticed and put right; as it is where there is nothing to get wrong."""
        wrong = calculation.wrong(step.value, self.rng)
        if wrong is None:
            return self._worked(step)
        first = self.style.told(step._replace(value=wrong))
        aside = calculation.aside(step.left, step.value, self.rng) if "div" not in step.left else ""
        aside = aside or self.say(astray.AGAIN, calculation=self.style.calculation(step.left, step.value))
        noticed = f"{self.say(astray.NOTICE)} {_capital(aside.strip('()'))} {self.say(astray.INSTEAD, right=step.value, wrong=wrong)}"
        return (
            f"{first} {noticed} {self.say(astray.AGAIN_TOO)}"
            if again and self.rng.chance(0.5)
            else f"{first} {noticed}"
        )

    def reviews(self) -> list[str]:
        """Doubts, checks, a second way and a summary, in an order that varies."""
        work, parts = self.work, []
        if work.checks and self.some(0.95):
            for check in self.rng.sample(work.checks, 1 + self.some(0.35) + self.some(0.15)):
                parts.append(
                    f"{self.say(closing.CHECK, check=_pick(check, self.rng))} {self.say(closing.HOLDS)}".rstrip()
                )
        if work.other_way and self.some(0.55):
            way = " ".join([_pick(sentence, self.rng) for sentence in work.other_way])
            parts.append(f"{self.say(closing.OTHER, way=way)} {self.say(closing.SAME)}")
        if self.some(0.2) and (undone := self._undone()):
            parts.append(f"{self.say(closing.UNDO, undone=undone)} {self.say(closing.HOLDS)}".rstrip())
        if self.some(0.3):
            parts.insert(0 if self.rng.chance(0.6) else len(parts), self.say(closing.DOUBT, ask=self.ask))
        told = [self.style.calculation(step.left, step.value) for step in self.steps if step.left]
        if 2 <= len(told) <= 6 and self.some(0.2):
            parts.append(self.say(closing.RECAP, all=", ".join(told)))
        return parts

    def _undone(self) -> str:
        last = [step for step in self.steps if step.left][-1:]
        return calculation.undone(last[0].left, last[0].value) if last else ""


class _Style:
    """How one writer sets calculations: in TeX or in plain signs, with or without asides."""

    def __init__(self, rng: Rng) -> None:
        self.plain = rng.chance(0.4)
        self.asides = rng.chance(0.75)

    def calculation(self, left: str, value: str) -> str:
        if self.plain and "\\" not in calculation.plain(left + value):
            return calculation.plain(f"{left} = {value}")
        return f"${left} = {value}$"

    def told(self, step: Step) -> str:
        if not step.left:
            return step.text
        text, told = step.text, self.calculation(step.left, step.value)
        return text.format(told) if "{{" in text else text.replace("{}", told)  # TeX may have braces of its own


def _worded(steps: Sequence[Step], rng: Rng) -> list[Step]:
    return [step._replace(text=_pick(step.text, rng)) for step in steps]


_FRACTION = re.compile(r"-?\d*\\frac\{[^{}]*\}\{[^{}]*\}")


def _between_dollars(text: str) -> str:
    """Fractions that stand bare in a sentence become formulas."""
    if "\\frac" not in text:
        return text
    parts = text.split("$")
    parts[::2] = [_FRACTION.sub(r"$\g<0>$", part) for part in parts[::2]]
    return "$".join(parts)


_TRIVIAL = re.compile(r"^1 \\(?:times|cdot)|\\(?:times|cdot|div) 10*$|[-+] 0$")
_OPENER = re.compile(r"^(?:So|And|But|Then|Hence|Now|Next|Finally|First|Thus|Therefore),? (?=.)")


def _lead(lead: str, text: str) -> str:
    """A sentence with a connective before it; its own (`So 1% is ...`) gives way."""
    return f"{lead.strip()} {_lower(_OPENER.sub('', text))}" if lead.strip() else text


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


_WORD = re.compile(r"[A-Za-z]+")


def _lower(text: str) -> str:
    """The text with a small first letter, unless its first word is a name or a symbol."""
    first = _WORD.match(text)
    if first is None or first[0] in PROPER or (len(first[0]) == 1 and first[0] != "A"):
        return text
    return text[:1].lower() + text[1:]


def _pick(text: str, rng: Rng) -> str:
    """One of the wordings that a family separates by ` || `."""
    return rng.choice(text.split(" || ")) if "||" in text else text
