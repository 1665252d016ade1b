"""What pages say: title and blocks, before any site's markup.

Each kind of page is one function of a generator; a page is the same wherever and however it is later shown. Formulas stand between
dollar signs, displayed ones between double dollar signs. A block is a tuple of its kind and its content:

    ("p", text)  ("h", text)  ("list", [text])  ("numbered", [text])  ("code", text)  ("table", [[cell]])  ("label", label, text)
    ("post", user, date, votes, [block])
"""

from __future__ import annotations

import datetime
import functools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from curation.embedded._examples import EXAMPLES, FAMILY_TOPICS
from curation.embedded._grammar import Bank, Context, bank
from curation.synth.families._family import LEVELS, families, short_cot
from curation.synth.families._rng import Rng

Block = tuple[Any, ...]
LANGUAGES = ("de", "fr", "es", "ru", "ja")


class Question(NamedTuple):
    """A problem that stands on a page, and its right answer, whatever the page says."""

    text: str
    answer: str
    family: str
    level: int


@dataclass
class Page:
    """What a page says, and what is true about it."""

    kind: str
    topic: str
    title: str
    blocks: list[Block]
    language: str = "en"
    quality: int = 3
    """0 (worthless) to 5 (a good textbook), for a reader who wants to learn."""
    math: bool = False
    questions: list[Question] = field(default_factory=list)
    comments: bool = True
    """May be followed by readers' comments."""


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


def prose(rng: Rng) -> Page:
    """News, a recipe, a travel report, a review, minutes of a club: no mathematics."""
    words = bank("prose")
    name = rng.choice(list(words.outlines))
    page = _outline(words, name, rng, "en", quality=rng.randint(2, 4))
    _filled(
        page.blocks,
        words.lines(f"{page.topic if page.topic == 'football' else page.kind}.more", rng.randint(3, 7), rng, {}),
        rng,
    )
    return page


def _filled(blocks: list[Block], sentences: list[str], rng: Rng) -> None:
    """Add sentences to the end of paragraphs, or as paragraphs of their own, anywhere but at the very beginning and end."""
    for sentence in rng.shuffled(sentences):
        i = rng.randint(0, len(blocks) - 2)
        if rng.chance(0.5) and blocks[i][0] == "p":
            gap = "" if sentence[-1] == "。" else " "
            blocks[i] = ("p", f"{blocks[i][1]}{gap}{sentence}")
        else:
            blocks.insert(i + 1, ("p", sentence))


def _outline(words: Bank, name: str, rng: Rng, language: str, quality: int) -> Page:
    context: Context = {}
    title, *paragraphs = words.outline(name, rng, context)
    kind, _, topic = name.partition("/")
    return Page(kind, topic, title, [("p", text) for text in paragraphs], language=language, quality=quality)


def spam(rng: Rng) -> Page:
    """Spam and pages that are nothing but boilerplate."""
    words = bank("web")
    page = _outline(words, rng.choice(words.names("spam/")), rng, "en", quality=0)
    page.kind, page.comments = "boilerplate", False
    if page.topic in ("casino", "pills", "essay"):
        page.kind = "spam"
        pool = [line.source for line in words.sections["mathword" if page.topic == "essay" else "word"]]
        page.blocks = [rng.choice((block, ("p", _salad(pool, rng)))) for block in page.blocks]
        page.blocks.append(("p", _salad(pool, rng)))
        page.blocks *= rng.randint(1, 2)
    return page


def _salad(pool: list[str], rng: Rng) -> str:
    """Keywords thrown together."""
    gap = rng.choice((" ", ", ", " - "))
    return gap.join([" ".join([rng.choice(pool) for _ in range(rng.randint(1, 4))]) for _ in range(rng.randint(6, 24))])


def code(rng: Rng) -> Page:
    """Reference pages of a made-up library: signatures, parameters, examples."""
    words = bank("code")
    context: Context = {}
    blocks: list[Block] = [("p", words.line("opening", rng, context))]
    library = context.setdefault("library", words.line("library", rng, context))
    if rng.chance(0.5):
        blocks += [("h", "Installation"), ("code", words.line("install", rng, context))]
    for _ in range(rng.randint(2, 5)):
        blocks += _function(words, library, rng, context)
    return Page("code", "reference", f"{library}: API reference", blocks, quality=3)


def _function(words: Bank, library: str, rng: Rng, context: Context) -> list[Block]:
    verb, noun = words.line("verb", rng, context), words.line("noun", rng, context)
    rows = [line.split(": ", 2) for line in words.lines("param", rng.randint(1, 4), rng, context)]
    signature = ", ".join([noun, *(f"{name}: {kind}" for name, kind, _ in rows)])
    says = f"{words.line('remark', rng, context)} Returns {words.line('result', rng, context)}."
    call = (
        f">>> import {library}\n>>> {library}.{verb}_{noun}({noun}, "
        f"{rows[0][0]}={rng.choice(_VALUES.get(rows[0][1], ('None',)))})"
    )
    return [
        ("h", f"{verb}_{noun}({signature})"),
        ("p", says),
        ("table", [["Parameter", "Type", "Meaning"], *rows]),
        ("code", call),
    ]


_VALUES = {
    "int": ("3", "8", "1024"),
    "float": ("0.5", "30.0"),
    "bool": ("True", "False"),
    "str": ('"utf-8"', '"a"', '"read"'),
    "Path": ('Path(".")',),
}


def foreign(rng: Rng) -> Page:
    """A page in German, French, Spanish, Russian or Japanese; about a third are mathematics."""
    language = rng.choice(LANGUAGES)
    words = bank(language)
    math = rng.chance(0.35)
    names = rng.sample(words.names("maths/" if math else "prose/"), rng.randint(1, 2))
    pages = [_outline(words, name, rng, language, quality=rng.randint(3, 4)) for name in names]
    blocks = [block for i, page in enumerate(pages) for block in ([("h", page.title)] if i else []) + page.blocks]
    _filled(blocks, words.lines("more.maths" if math else "more.prose", rng.randint(3, 8), rng, {}), rng)
    return Page("maths" if math else "prose", pages[0].topic, pages[0].title, blocks, language, pages[0].quality, math)


MAKERS: dict[str, Callable[[Rng], Page]] = {
    "lecture": lecture, "sheet": sheet, "forum": forum, "prose": prose, "spam": spam, "code": code,
    "foreign": foreign,
}  # fmt: skip


def varied(page: Page, rng: Rng) -> Page:
    """A near duplicate: the same page with a sentence or two dropped, some words replaced, something added at the end."""
    blocks = list(page.blocks)
    plain = [i for i, block in enumerate(blocks) if block[0] == "p" and "$" not in block[1] and len(block[1]) > 60]
    if plain and len(blocks) > 5 and rng.chance(0.5):
        blocks.pop(plain.pop(rng.randint(0, len(plain) - 1)))
    for i in rng.sample([i for i, b in enumerate(blocks) if b[0] in ("p", "label")], 3):
        blocks[i] = (*blocks[i][:-1], _reworded(blocks[i][-1], rng))
    if blocks == page.blocks or rng.chance(0.6):
        blocks.append(("p", rng.choice(_TAILS[page.language])))
    return Page(
        page.kind, page.topic, page.title, blocks, page.language, page.quality, page.math, page.questions, page.comments
    )


_TAILS = {
    "en": ("Reposted with permission.", "This article first appeared elsewhere.", "Last checked in spring.", "Edited for length."),
    "de": ("Alle Angaben ohne Gewähr.", "Zuletzt geändert im Herbst."),
    "fr": ("Article mis à jour.", "Reproduction autorisée."),
    "es": ("Artículo actualizado.", "Texto reproducido con permiso."),
    "ru": ("Материал обновлён.", "Перепечатка с разрешения."), "ja": ("内容は予告なく変更されることがあります。", "最終更新は春です。"),
}  # fmt: skip
_WORDS = {
    "usually": "mostly", "because": "since", "often": "frequently", "also": "too", "begin": "start", "big": "large",
    "quickly": "fast", "must": "has to",
    "however": "though", "shows": "demonstrates", "called": "named", "people": "persons", "several": "some",
    "small": "little", "about": "roughly",
    "help": "assist", "easy": "simple", "answer": "result", "problem": "task", "way": "manner",
}  # fmt: skip


def _reworded(text: str, rng: Rng) -> str:
    """A word or two replaced outside formulas and problems; the meaning stays nearly the same."""
    if "?" in text or any(ch.isdigit() for ch in text):
        return text
    parts = text.split("$")
    words = parts[0].split(" ")
    for i, word in enumerate(words):
        if word in _WORDS and rng.chance(0.7):
            words[i] = _WORDS[word]
    return "$".join([" ".join(words), *parts[1:]])
