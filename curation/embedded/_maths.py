"""Pages that teach mathematics in English: lecture notes, textbook sections, encyclopedia entries, problem sheets."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence

from curation.embedded._derivations import DERIVATIONS
from curation.embedded._examples import EXAMPLES, FAMILY_TOPICS
from curation.embedded._grammar import Bank, Voice, bank
from curation.embedded._loosen import joined, loosened
from curation.embedded._page import Block, Page, Question, count_words, wanted_words
from curation.embedded._problems import Problem, draw, known
from curation.synth.families._family import LEVELS, families, short_cot
from curation.synth.families._rng import Rng

LABELS = {"D:": "Definition", "T:": "Theorem", "P:": "Proof", "R:": "Remark"}
NUMBERED = ("Definition", "Theorem")


def maths_bank() -> Bank:
    """The bank of mathematical prose."""
    return bank("words", "maths", "maths-talk")


@functools.cache
def topics() -> list[str]:
    """Every topic that the bank has facts about."""
    return sorted(name.removesuffix(".fact") for name in maths_bank().sources if name.endswith(".fact"))


def asked(problem: Problem) -> Question:
    """A problem as the truth lists it."""
    return Question(problem.text, problem.answer, problem.family, problem.level)


def solution(problem: Problem, rng: Rng) -> str:
    """A worked solution as it would be printed: mostly without the box."""
    text = loosened(short_cot(families()[problem.family], problem.parsed, rng).replace("\n", " "), rng)
    return text.replace(f"\\boxed{{{problem.answer}}}", problem.answer) if rng.chance(0.8) else text


@functools.cache
def _groups(topic: str) -> list[list[str]]:
    """Facts of a topic; a proof or remark stays with its theorem."""
    groups: list[list[str]] = []
    for line in maths_bank().sources[f"{topic}.fact"]:
        if line[:2] in ("P:", "R:") and groups:
            groups[-1].append(line)
        else:
            groups.append([line])
    return groups


class _Notes:
    """Notes on one topic while they are being written. exercises: ready ones; drilled: families of which one more is to be drawn."""

    def __init__(self, rng: Rng) -> None:
        self.rng, self.topic = rng, rng.choice(topics())
        words = maths_bank()
        self.voice = Voice(words, rng, self.topic if self.topic in words.themes else None)
        self.chapter = f"{rng.randint(1, 12)}." if rng.chance(0.6) else ""
        self.facts = self._facts()
        self.numbers = {"Example": 0, "Theorem": 0}
        self.exercises: list[str] = []
        self.drilled: list[str] = []
        self.questions: list[Question] = []

    def _facts(self) -> Iterator[list[tuple[str, str]]]:
        """(label, text) of what the bank knows about the topic, most of it, from any place on."""
        groups = _groups(self.topic)
        chosen = self.rng.some(groups, max(3, len(groups) * 2 // 3))
        start = self.rng.randint(0, len(chosen) - 1)
        for group in chosen[start:] + chosen[:start]:
            yield [(LABELS.get(text[:2], ""), loosened(text, self.rng)) for text in self.voice.lines(group)]

    def fact(self) -> list[Block]:
        """The next fact, with its proof; an exposition where no fact is left."""
        blocks: list[Block] = []
        for label, text in next(self.facts, []):
            if not label or (label == "Remark" and self.rng.chance(0.3)):
                blocks.append(("p", text[2:].strip() if label else text))
                continue
            blocks.append(
                ("label", f"{label}{self._number('Theorem') if label in NUMBERED else ''}.", text[2:].strip())
            )
        return blocks or self.talk()

    def _number(self, series: str) -> str:
        self.numbers[series] += 1
        return f" {self.chapter}{self.numbers[series]}" if self.chapter else ""

    def talk(self) -> list[Block]:
        """A paragraph about the topic, or about mathematics at large."""
        own = f"{self.topic}.talk"
        names = [own] * 2 if own in maths_bank().sources else []
        return [("p", joined(loosened(self.voice.say(self.rng.choice([*names, *_TALK])), self.rng), self.rng))]

    def derivation(self) -> list[Block]:
        """A worked computation."""
        made = DERIVATIONS.get(self.topic)
        if not made:
            return self.example()
        told = self.rng.choice(made)(self.rng)
        return [("p", loosened(block[1], self.rng)) if block[0] == "p" else block for block in told]

    def example(self) -> list[Block]:
        """A worked example with numbers."""
        lead = self.voice.say("examplelead") if not self.numbers["Example"] else ""
        told = self._worked()
        label = f"Example{self._number('Example')}."
        return [("label", label, " ".join(filter(None, (lead, told[0])))), *(("p", text) for text in told[1:])]

    def _worked(self) -> list[str]:
        """Paragraphs of a worked example; what sort of exercise goes with it is noted."""
        names = known(FAMILY_TOPICS[self.topic]) if self.topic in FAMILY_TOPICS else []
        if self.topic in EXAMPLES and (not names or self.rng.chance(0.5)):
            told, exercise = EXAMPLES[self.topic](self.rng)
            self.exercises.append(exercise)
            return [told[0], *(loosened(text, self.rng) for text in told[1:])]
        shown = draw(self.rng, names)
        self.questions.append(asked(shown))
        self.drilled.append(shown.family)
        return [shown.text, solution(shown, self.rng)]

    def fill(self, target: int, blocks: list[Block], shares: Sequence[float]) -> None:
        """Add parts until a page has about so many words. shares: of facts, talk and derivations; the rest are examples."""
        have, since = count_words(blocks), 0
        while have < target:
            u = self.rng.random()
            part = (
                self.fact() if u < shares[0]
                else self.talk() if u < shares[0] + shares[1]
                else self.derivation() if u < sum(shares)
                else self.example()
            )  # fmt: skip
            if since > 6 and self.rng.chance(0.4):
                blocks.append(("h", self.voice.say("talk.head")))
                since = 0
            blocks += part
            have, since = have + count_words(part), since + len(part)

    def ending(self, blocks: list[Block], exercises: float, references: float) -> None:
        """Exercises, references and a closing line, with these chances."""
        if (self.exercises or self.drilled) and self.rng.chance(exercises):
            more = [draw(self.rng, (name,)) for name in self.drilled]
            self.questions += [asked(problem) for problem in more]
            texts = self.rng.shuffled([*self.exercises, *(problem.text for problem in more)])
            blocks += [("h", self.voice.say("exerciselead")), ("numbered", texts)]
        if self.rng.chance(references):
            count = self.rng.randint(2, 6)
            blocks += [("h", self.rng.choice(_REFERENCES)), ("list", self.voice.all(["talk.reference"] * count))]
        if self.rng.chance(0.4):
            blocks.append(("p", self.voice.say("closer")))


_TALK = ("talk.par", "talk.par", "talk.par", "talk.history", "talk.application", "talk.remark", "talk.summary")
_REFERENCES = ("References", "Further reading", "Literature", "Sources", "Bibliography")


def lecture(rng: Rng) -> Page:
    """Lecture notes or a textbook section on one topic, with worked examples and exercises."""
    notes = _Notes(rng)
    target = wanted_words(rng, "maths")
    blocks: list[Block] = [("p", notes.voice.say("opener"))] if target > 150 and rng.chance(0.6) else []
    blocks.append(("p", notes.voice.say(f"{notes.topic}.intro")))
    notes.fill(target, blocks, (0.18, 0.52, 0.19))
    notes.ending(blocks, 0.7, 0.15)
    return Page(
        "textbook" if notes.chapter else "lecture", notes.topic, notes.voice.say(f"{notes.topic}.title"), blocks,
        quality=rng.randint(4, 5), math=True, questions=notes.questions,
    )  # fmt: skip


def article(rng: Rng) -> Page:
    """An encyclopedia's entry: what it is, where it comes from, what it is good for, where to read more."""
    notes = _Notes(rng)
    notes.chapter = ""
    blocks: list[Block] = [("p", notes.voice.say(f"{notes.topic}.intro"))]
    notes.fill(wanted_words(rng, "maths"), blocks, (0.18, 0.7, 0.12))
    notes.ending(blocks, 0.0, 0.7)
    title = notes.voice.say(f"{notes.topic}.title")
    return Page("article", notes.topic, title, blocks, quality=rng.randint(3, 4), math=True, questions=notes.questions)


SHEETS = (
    ("Word problems", ("arithmetic", "rates", "percent", "linear_system", "ages", "ratio")),
    ("Fractions and percentages", ("fractions", "percent", "interest")),
    ("Solving equations", ("linear_equation", "quadratic", "linear_system", "inequalities")),
    ("Number theory basics", ("divisibility", "modular")), ("Sequences and patterns", ("sequences",)),
    ("Geometry practice", ("geometry",)), ("Distance, rate and time", ("rates", "units")),
    ("Counting and chance", ("counting", "probability", "sets")), ("Averages and data", ("averages", "ratio")),
    ("Functions and polynomials", ("functions", "polynomials")), ("Calculus drill", ("derivatives", "integrals")),
    ("Powers and logarithms", ("powers", "logarithms")), ("Mixed review", ()), ("Weekly quiz", ()), ("Placement test", ()),
)  # fmt: skip


def sheet(rng: Rng) -> Page:
    """A sheet of problems, with solutions below each, answers at the end, or neither."""
    title, names = rng.choice([one for one in SHEETS if known(one[1])])
    level = rng.choice((0, 0, *LEVELS))
    shown = rng.choice(("solutions", "answers", "answers", "none"))
    count = max(2, min(40, wanted_words(rng, "maths") // (75 if shown == "solutions" else 28)))
    problems = list({p.text: p for p in (draw(rng, names, level) for _ in range(count))}.values())
    blocks = _sheet_opening(rng, len(problems))
    if shown == "solutions":
        word, label = (
            rng.choice(("Solution.", "Answer.", "Worked solution.")),
            rng.choice(("Problem", "Exercise", "Task")),
        )
        for i, problem in enumerate(problems, 1):
            blocks += [("label", f"{label} {i}.", problem.text), ("label", word, solution(problem, rng))]
    else:
        blocks.append(("numbered", [p.text for p in problems]))
    if shown == "answers":
        lead = rng.choice(("Answers", "Answer key", "Check your answers", "Solutions in brief"))
        blocks += [("h", lead), ("numbered", [f"${p.answer}$" for p in problems])]
    number = f": sheet {rng.randint(1, 30)}" if rng.chance(0.6) else ""
    return Page(
        "sheet", title.lower(), f"{title}{number}", blocks, quality=4 if shown == "solutions" else 3, math=True,
        questions=[asked(p) for p in problems],
    )  # fmt: skip


def _sheet_opening(rng: Rng, count: int) -> list[Block]:
    blocks: list[Block] = [("p", rng.choice(_SHEET_INTROS).format(count=count, minutes=5 * count))]
    if rng.chance(0.35):
        blocks.append(("p", Voice(maths_bank(), rng).say(rng.choice(("talk.admin", "talk.remark", "talk.par")))))
    return blocks


_SHEET_INTROS = (
    "Work on these {count} problems without a calculator. You have {minutes} minutes.",
    "Show all your work. Each of the {count} problems is worth the same.",
    "These problems review the material of the last two weeks.", "Try every problem before you look at the answers.",
    "For homework, do the odd numbers; the even ones are for practice.",
    "There are {count} problems on this page, sorted in no particular order.",
    "Read each question twice before you start to calculate.",
    "Partners may work together, but everyone hands in a sheet of their own.",
)  # fmt: skip
