"""Pages of mathematics in English: lecture notes, textbook sections, problem sheets, forum threads."""

from __future__ import annotations

import datetime
import functools
from typing import Any

from curation.embedded._examples import EXAMPLES, FAMILY_TOPICS
from curation.embedded._grammar import Context, bank
from curation.embedded._page import Block, Page, Question
from curation.synth.families._family import LEVELS, families, short_cot
from curation.synth.families._rng import Rng


@functools.cache
def _topics() -> list[str]:
    return sorted(name.removesuffix(".fact") for name in bank("maths").sections if name.endswith(".fact"))


LABELS = {"D:": "Definition", "T:": "Theorem", "P:": "Proof", "R:": "Remark"}


def _facts(topic: str, count: int, rng: Rng, context: Context, chapter: str) -> list[list[Block]]:
    """Some facts of a topic in their order; proofs and remarks stay with their theorem, in one list."""
    groups: list[list[Any]] = []
    for line in bank("maths").sections[f"{topic}.fact"]:
        if line.source[:2] in ("P:", "R:") and groups:
            groups[-1].append(line)
        else:
            groups.append([line])
    told: list[list[Block]] = []
    number = 0
    for group in rng.some(groups, count):
        blocks: list[Block] = []
        for line in group:
            text = line.write(rng, context)
            label = LABELS.get(text[:2])
            if label in ("Definition", "Theorem"):
                number += 1
            if label and not (label == "Remark" and rng.chance(0.3)):
                shown = f"{label} {chapter}{number}" if label in ("Definition", "Theorem") and chapter else label
                blocks.append(("label", f"{shown}.", text[2:]))
            elif not label:
                blocks.append(("p", text))
        told.append(blocks)
    return told


def lecture(rng: Rng) -> Page:
    """Lecture notes or a textbook section on one topic, with a worked example and exercises."""
    maths, topic = bank("maths"), rng.choice(_topics())
    context: Context = {}
    chapter = f"{rng.randint(1, 12)}." if rng.chance(0.7) else ""
    blocks: list[Block] = [("p", maths.line("opener", rng, context))] if rng.chance(0.7) else []
    blocks.append(("p", maths.line(f"{topic}.intro", rng, context)))
    facts = _facts(topic, rng.randint(4, 8), rng, context, chapter)
    questions: list[Question] = []
    middle = len(facts) // 2 if rng.chance(0.5) else len(facts)
    blocks += [block for group in facts[:middle] for block in group]
    exercises: list[str] = []
    for i in range(rng.randint(1, 2)):
        told, exercise, question = _example(topic, rng)
        lead = maths.line("examplelead", rng, context) if i == 0 else ""
        blocks.append(
            ("label", f"Example{f' {chapter}{i + 1}' if chapter else ''}.", " ".join(filter(None, (lead, told[0]))))
        )
        blocks += [("p", text) for text in told[1:]]
        exercises.append(exercise)
        questions += question
    blocks += [block for group in facts[middle:] for block in group]
    if rng.chance(0.6):
        blocks += [("h", maths.line("exerciselead", rng, context)), ("numbered", exercises)]
    else:
        questions = [q for q in questions if q.text not in exercises]
    if rng.chance(0.5):
        blocks.append(("p", maths.line("closer", rng, context)))
    kind = "textbook" if chapter else "lecture"
    return Page(
        kind,
        topic,
        maths.line(f"{topic}.title", rng, context),
        blocks,
        quality=rng.randint(4, 5),
        math=True,
        questions=questions,
    )


def _example(topic: str, rng: Rng) -> tuple[list[str], str, list[Question]]:
    """Paragraphs of a worked example, an exercise, and those questions of both that a family can read."""
    if topic in EXAMPLES and (topic not in FAMILY_TOPICS or rng.chance(0.5)):
        told, exercise = EXAMPLES[topic](rng)
        return told, exercise, []
    shown, other = _question(rng, FAMILY_TOPICS[topic]), _question(rng, FAMILY_TOPICS[topic])
    return [shown.text, _solution(shown, rng)], other.text, [shown, other]


def _question(rng: Rng, names: tuple[str, ...] | list[str], level: int = 0) -> Question:
    name, level = rng.choice(names), level or rng.choice(LEVELS)
    problem = families()[name].make(rng, level)
    return Question(problem.text, problem.answer, name, level)


def _solution(question: Question, rng: Rng) -> str:
    """A worked solution as it would be printed: the last box is replaced by plain words now and then."""
    family = families()[question.family]
    parsed = family.parse(question.text)
    assert parsed is not None, question
    text = short_cot(family, parsed, rng).replace("\n", " ")
    return text.replace(f"\\boxed{{{question.answer}}}", question.answer) if rng.chance(0.8) else text


SHEETS = (
    ("Word problems", ("arithmetic", "rates", "percent", "linear_system")),
    ("Fractions and percentages", ("fractions", "percent")),
    ("Solving equations", ("linear_equation", "quadratic", "linear_system")),
    ("Number theory basics", ("divisibility",)),
    ("Sequences and patterns", ("sequences",)), ("Geometry practice", ("geometry",)),
    ("Distance, rate and time", ("rates",)),
    ("Mixed review", ()), ("Weekly quiz", ()), ("Placement test", ()),
)  # fmt: skip


def sheet(rng: Rng) -> Page:
    """A sheet of problems, with solutions below each, answers at the end, or neither."""
    title, names = rng.choice(SHEETS)
    level = rng.choice((0, 0, *LEVELS))
    asked = [_question(rng, names or sorted(families()), level) for _ in range(rng.randint(5, 12))]
    questions = list({question.text: question for question in asked}.values())
    shown = rng.choice(("solutions", "answers", "answers", "none"))
    blocks: list[Block] = [("p", rng.choice(_SHEET_INTROS).format(count=len(questions), minutes=5 * len(questions)))]
    if shown == "solutions":
        word = rng.choice(("Solution.", "Answer.", "Worked solution."))
        for i, question in enumerate(questions, 1):
            blocks += [
                ("label", f"{rng.choice(('Problem', 'Problem', 'Exercise'))} {i}.", question.text),
                ("label", word, _solution(question, rng)),
            ]
    else:
        blocks.append(("numbered", [q.text for q in questions]))
    if shown == "answers":
        blocks += [
            ("h", rng.choice(("Answers", "Answer key", "Check your answers"))),
            ("numbered", [f"${q.answer}$" for q in questions]),
        ]
    number = f" {rng.randint(1, 30)}" if rng.chance(0.6) else ""
    return Page(
        "sheet",
        title.lower(),
        f"{title}{number and f': sheet{number}'}",
        blocks,
        quality=4 if shown == "solutions" else 3,
        math=True,
        questions=questions,
    )


_SHEET_INTROS = (
    "Work on these {count} problems without a calculator. You have {minutes} minutes.",
    "Show all your work. Each of the {count} problems is worth the same.",
    "These problems review the material of the last two weeks.", "Try every problem before you look at the answers.",
    "For homework, do the odd numbers; the even ones are for practice.",
    "There are {count} problems on this page, sorted in no particular order.",
    "Read each question twice before you start to calculate.",
    "Partners may work together, but everyone hands in a sheet of their own.",
)  # fmt: skip


def forum(rng: Rng) -> Page:
    """A question in a forum and what people answered: right, wrong, or beside the point."""
    talk = bank("forum")
    context: Context = {}
    asker, *others = rng.sample([line.source for line in talk.sections["user"]], 6)
    if rng.chance(0.2):
        return _conceptual(rng, asker, others)
    question = _question(rng, sorted(families()))
    says = [talk.line("hello", rng, context), talk.line("context", rng, context)]
    ask: list[Block] = [("p", " ".join(says)), ("p", question.text), ("p", talk.line("attempt", rng, context))]
    ask += [("p", talk.line("thanks", rng, context))] if rng.chance(0.6) else []
    posts = [_post(asker, rng, ask)]
    good: list[Block] = [("p", talk.line("answerlead", rng, context)), ("p", _solution(question, rng))]
    good += [("p", talk.line("answerend", rng, context))] if rng.chance(0.6) else []
    answers = [_post(others[0], rng, good)]
    if rng.chance(0.3):
        answers.insert(
            rng.randint(0, 1),
            _post(
                others[1],
                rng,
                [("p", f"{talk.line('wronglead', rng, context)} {_near(question.answer, rng)}?")],
                votes=-2,
            ),
        )
    answers += [
        _post(user, rng, [("p", talk.line("reply", rng, context))]) for user in others[2 : 2 + rng.randint(0, 3)]
    ]
    title = question.text.split(". ")[0].split("?")[0].replace("$", "")
    short = (
        f"{title[:70].rstrip('. ')}?" if rng.chance(0.5) else f"Help with {question.family.replace('_', ' ')} please"
    )
    thread = _dated([*posts, *answers], rng)
    return Page("forum", question.family, short, thread, math=True, questions=[question], comments=False)


def _conceptual(rng: Rng, asker: str, others: list[str]) -> Page:
    talk = bank("forum")
    context: Context = {}
    ask = talk.line("conceptual", rng, context)
    answers = [
        _post(user, rng, [("p", text)])
        for user, text in zip(others, talk.lines("conceptualanswer", rng.randint(2, 4), rng, context), strict=False)
    ]
    posts = [
        _post(
            asker, rng, [("p", f"{talk.line('hello', rng, context)} {ask}"), ("p", talk.line("thanks", rng, context))]
        ),
        *answers,
    ]
    return Page(
        "forum", "teaching", ask[:80].rstrip("? ,") + "?", _dated(posts, rng), quality=3, math=True, comments=False
    )


def _post(user: str, rng: Rng, blocks: list[Block], votes: int = 0) -> Block:
    return ("post", user, "", votes or rng.randint(0, 40), blocks)


def _dated(posts: list[Block], rng: Rng) -> list[Block]:
    """Posts with dates, each on the day of the one before it or a few days later."""
    day = datetime.date(2006, 1, 1) + datetime.timedelta(days=rng.randint(0, 2800))
    dated = []
    for post in posts:
        dated.append((*post[:2], day.isoformat(), *post[3:]))
        day += datetime.timedelta(days=int(rng.random() ** 3 * 30))
    return dated


def _near(answer: str, rng: Rng) -> str:
    """A wrong answer that somebody might give."""
    return (
        str(int(answer) + rng.choice((-10, -2, 1, 2, 10)))
        if answer.lstrip("-").isdigit()
        else rng.choice(("zero", "one", "twice that", "infinity"))
    )
