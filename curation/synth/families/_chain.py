"""How a solution is told: briefly, or thought aloud with trials, doubts, slips that are noticed, and checks.

A family says what is true (`Work`); this module chooses what of it is told, in what order and in which words. A long chain may follow a
tempting idea and drop it, try values one by one, get a product wrong and notice, solve by a second way, and doubt what the question
asked. Every statement that survives in a chain is true; a noticed slip is always corrected before it is used. A chain that ends wrong
comes from a problem misread at the start (`_family.misread`), never from here.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from curation.synth.families import _phrases as say
from curation.synth.families._rng import Rng
from curation.synth.families._words import PEOPLE, TOWNS


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
    """A tempting idea (`just multiply 3 by 4`, read after `I could`), and the sentence that says why it is wrong."""
    trials: Sequence[str] = ()
    """Attempts, one sentence each, told before the steps; the last one works."""
    other_way: Sequence[str] = field(default_factory=tuple)
    """The same result found differently, as sentences."""


def short(work: Work, rng: Rng) -> str:
    """The steps in order and the boxed answer, in one paragraph or one line each."""
    style = _Style(rng)
    work = _worded(work, rng)
    lines = []
    for i, step in enumerate(work.steps):
        lead = rng.choice(say.SHORT_NEXT) if i else ""
        lines.append(_lead(lead, style.told(step)))
    said = f"{_capital(work.said)} " if work.said and rng.chance(0.5) else ""
    lines.append(said + rng.choice(say.SHORT_DONE).format(box=f"$\\boxed{{{work.answer}}}$"))
    return ("\n" if len(lines) > 4 or rng.chance(0.4) else " ").join(lines)


def long(work: Work, rng: Rng) -> str:
    """A chain of thought in paragraphs."""
    style = _Style(rng)
    work = _worded(work, rng)
    opening = rng.choice(say.OPEN).format(given=_lower(work.given), Given=work.given)
    paragraphs = [f"{opening} {rng.choice(say.ASK).format(ask=work.ask)}"]
    if rng.chance(0.4):
        paragraphs[0] += f" {rng.choice(say.MUSE)}"
    if work.traps and rng.chance(0.6):
        paragraphs.append(_trap(work, rng))
    if work.trials:
        paragraphs.append(f"{rng.choice(say.TRY)} {' '.join(work.trials)}")
    paragraphs += _steps(work.steps, style, rng)
    if rng.chance(0.3):
        paragraphs.append(rng.choice(say.DOUBT).format(ask=work.ask))
    if work.checks and rng.chance(0.85):
        paragraphs += [_check(check, rng) for check in rng.sample(work.checks, 1 + rng.chance(0.3))]
    if work.other_way and rng.chance(0.45):
        way = " ".join(work.other_way)
        paragraphs.append(f"{rng.choice(say.OTHER).format(way=way, way_=_lower(way))} {rng.choice(say.SAME)}")
    said = f"{_capital(work.said)} " if work.said and rng.chance(0.6) else ""
    paragraphs.append(said + rng.choice(say.DONE).format(box=f"$\\boxed{{{work.answer}}}$"))
    return "\n\n".join(paragraphs)


def _worded(work: Work, rng: Rng) -> Work:
    steps = [step._replace(text=_pick(step.text, rng)) for step in work.steps]
    checks = [_pick(check, rng) for check in work.checks]
    return replace(
        work,
        given=_pick(work.given, rng),
        ask=_pick(work.ask, rng),
        said=_pick(work.said, rng),
        steps=steps,
        checks=checks,
    )


def _trap(work: Work, rng: Rng) -> str:
    trap, why = rng.choice(work.traps)
    return f"{rng.choice(say.TEMPT).format(trap=trap, why=_capital(why))} {rng.choice(say.BACK)}".rstrip()


def _check(check: str, rng: Rng) -> str:
    return f"{rng.choice(say.CHECK).format(check=check)} {rng.choice(say.HOLDS)}"


def _steps(steps: Sequence[Step], style: _Style, rng: Rng) -> list[str]:
    slip = rng.randint(0, len(steps) - 1) if rng.chance(0.4) else -1
    told, paragraphs = [], []
    for i, step in enumerate(steps):
        lead = (
            rng.choice(say.BEGIN if not i else say.LAST if i == len(steps) - 1 else say.NEXT)
            if rng.chance(0.75)
            else ""
        )
        text = style.slipped(step) if i == slip else style.worked(step)
        told.append(_lead(lead, text))
        if len(told) > 1 and rng.chance(0.5):
            paragraphs.append(" ".join(told))
            told = []
    return [*paragraphs, " ".join(told)] if told else paragraphs


class _Style:
    """How one writer sets calculations: in TeX or in plain signs, with or without asides."""

    def __init__(self, rng: Rng) -> None:
        self.rng = rng
        self.plain = rng.chance(0.4)
        self.asides = rng.chance(0.7)

    def calculation(self, left: str, value: str) -> str:
        if self.plain and "\\frac" not in left + value:
            return (
                f"{left} = {value}".replace("\\times", "×")
                .replace("\\div", "÷")
                .replace("\\pi", "π")
                .replace("\\cdot", "·")
            )
        return f"${left} = {value}$"

    def told(self, step: Step) -> str:
        return step.text.format(self.calculation(step.left, step.value)) if step.left else step.text

    def worked(self, step: Step) -> str:
        aside = _aside(step.left, step.value) if self.asides and self.rng.chance(0.6) else ""
        return f"{self.told(step)} {aside}".rstrip()

    def slipped(self, step: Step) -> str:
        """The step with a wrong value first, noticed and put right; as it is where there is nothing to get wrong."""
        wrong = _wrong(step.value, self.rng)
        if not step.left or wrong is None:
            return self.worked(step)
        first = self.told(step._replace(value=wrong))
        aside = _aside(step.left, step.value) if "div" not in step.left else ""
        aside = aside or f"Computing it again, {self.calculation(step.left, step.value)}."
        ends = ("So it's {0}, not {1}.", "That's {0}, not {1}.", "So I should use {0} instead of {1}.", "So {0} it is.")
        return f"{first} {self.rng.choice(say.NOTICE)} {aside} {self.rng.choice(ends).format(step.value, wrong)}"


_SUM = re.compile(r"(\d+) ([-+]) (\d+)")
_PRODUCT = re.compile(r"(\d+) \\(?:times|cdot) (\d+)")
_QUOTIENT = re.compile(r"(\d+) \\div (\d+)")


def _aside(left: str, value: str) -> str:
    """How one would see a small calculation in one's head; empty where that is obvious or not simple."""
    product = _PRODUCT.fullmatch(left)
    if product:
        a, b = sorted(map(int, product.groups()), reverse=True)
        tens, ones = a // 10 * 10, a % 10
        if tens and ones and 1 < b < 100 and a < 1000:
            return f"({tens} × {b} = {tens * b} and {ones} × {b} = {ones * b}, which add up to {value}.)"
    total = _SUM.fullmatch(left)
    if total:
        a, b = int(total[1]), int(total[3])
        tens, ones = b // 10 * 10, b % 10
        half = a + tens if total[2] == "+" else a - tens
        if tens and ones and half >= 0:
            return f"({a} {total[2]} {tens} is {half}, {'plus' if total[2] == '+' else 'minus'} {ones} is {value}.)"
    quotient = _QUOTIENT.fullmatch(left)
    if quotient and value.isdigit():
        return f"({quotient[2]} × {value} is {quotient[1]}, so that's right.)"
    return ""


def _wrong(value: str, rng: Rng) -> str | None:
    """A believable slip: off by one or by ten."""
    if not value.isdigit() or int(value) < 4:
        return None
    number = int(value)
    offsets = [1, -1, *((10, -10) if number > 20 else (2,))]
    return str(number + rng.choice(offsets))


def _lead(lead: str, text: str) -> str:
    """A sentence with a connective before it; its own (`So 1% is ...`) gives way."""
    text = re.sub(r"^(?:So|And|Then|Hence),? (?=.)", "", text) if lead.strip() else text
    return f"{lead.strip()} {_lower(text)}" if lead.strip() else text


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


_PROPER = frozenset(
    [*(person[0] for person in PEOPLE), *(word for town in TOWNS for word in town.split()), "I", "Cramer"]
)


def _lower(text: str) -> str:
    """The text with a small first letter, unless its first word is a name or a symbol."""
    first = re.match(r"[A-Za-z]+", text)
    if first is None or first[0] in _PROPER or (len(first[0]) == 1 and first[0] != "A"):
        return text
    return text[:1].lower() + text[1:]


def _pick(text: str, rng: Rng) -> str:
    """One of the wordings that a family separates by ` || `."""
    return rng.choice(text.split(" || ")) if "||" in text else text
