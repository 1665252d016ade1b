"""A seeded corpus of documents with a grade from 0 to 5: how useful each is to somebody who learns mathematics.

It stands where a language model's grades stand in MegaMath V2, FineMath and Web-Pro-Max: examples from which a classifier of grades learns,
with no model to pay for. The grade follows from how a document is made, never from chance:

    0  no mathematics: prose, threads about other things, documentation of programs, spam, boilerplate
    1  about mathematics, but nothing to learn: its history and its uses told in an article about something else, the page of a course
       (rooms, dates, literature), an answer key without its problems, prose in which a formula is quoted
    2  mathematics that has lost its use: notes whose formulas are missing, the beginning of notes behind a login, a question that nobody
       answered
    3  useful in part: notions explained without a computation, problems without worked solutions, a thread with its answer
    4  explained and worked out: notes or an entry with a computation, a sheet with worked solutions
    5  a lesson: statements, worked examples, and exercises to go on with

The texts are written by the same grammar as the crawl's but are other ones; some stand among menus and footers, some write formulas
without TeX, a few are in other languages (0, or 3 for mathematics), so that none of that is taken for a grade. There are more documents of
later years, and those are better, as MegaMath found (section 3.5), so that balancing by `date` or `dump` has something to do. Left out:
mathematics that is wrong or too advanced, and what tells a good explanation from a clumsy one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from curate.step import generate
from curation.embedded._chrome import web_bank
from curation.embedded._documents import SUFFIX, counted, text_of, write_rows
from curation.embedded._forum import forum, offtopic, thread
from curation.embedded._grammar import Voice
from curation.embedded._maths import article, lecture, maths_bank, sheet, topics
from curation.embedded._page import Block, Page, texts
from curation.embedded._problems import draw
from curation.embedded._prose import code, foreign, prose, spam
from curation.embedded._tex import parse, plain
from curation.synth.families._rng import Rng

Graded = tuple[Page, int]
FORMULA = re.compile(r"\$\$[^$]+\$\$|\$[^$]+\$")


@generate(files=["banks/*.txt", "../synth/families/*.py"])
def graded(out: Path, *, seed: int = 0, documents: int = 3000) -> dict[str, Any]:
    """`graded.jsonl.gz` in `out`: rows of url, date, dump, license, kind, topic, grade and text.

    seed: another one makes other documents. documents: so many.
    """
    count = write_rows(out / f"graded{SUFFIX}", _rows(seed, counted(documents)))
    return {"documents": count, "suffixes": [SUFFIX]}


def _rows(seed: int, documents: int) -> Iterator[dict[str, Any]]:
    for n in range(documents):
        rng = Rng(seed, "graded", n)
        page, grade = rng.choice(MAKERS)(rng)
        year, month = _year(rng, grade), rng.randint(1, 12)
        yield {
            "url": f"https://graded.example/{page.kind}/{n}", "date": f"{year}-{month:02d}-{rng.randint(1, 28):02d}",
            "dump": f"embedded-{year}-{4 * month:02d}", "license": "Apache-2.0", "kind": page.kind, "topic": page.topic,
            "grade": grade, "text": _as_found(page, rng),
        }  # fmt: skip


def _year(rng: Rng, grade: int) -> int:
    """2014 to 2024; the better a document, the likelier a late year."""
    return max(rng.randint(2014, 2024) for _ in range(1 + grade // 2))


def _as_found(page: Page, rng: Rng) -> str:
    """The text of a page as extractors find it: now and then formulas are no TeX, and menus and footers stand around it."""
    text = text_of(page)
    if page.math and rng.chance(0.2):
        text = FORMULA.sub(_spelled, text)
    if rng.chance(0.6):
        return text
    voice = Voice(web_bank(), rng)
    menu = [f"- {item}" for item in rng.some(web_bank().sources["nav"], rng.randint(2, 6))]
    below = voice.all(["share", *["comment"] * rng.few(4), *["related"] * rng.few(4), "footer"])
    return "\n\n".join(["\n".join(menu), text, *below])


def _spelled(formula: re.Match[str]) -> str:
    """A formula in Unicode, where one line can hold it; else as it is."""
    return plain(parse(formula[0].strip("$"))) or formula[0]


# ---- 0 -------------------------------------------------------------------------------------------------------------------------


def ordinary(rng: Rng) -> Graded:
    """No mathematics."""
    return rng.choice((prose, prose, prose, prose, offtopic, code, spam, spam))(rng), 0


def abroad(rng: Rng) -> Graded:
    """A page in another language: 3 if it is mathematics, which explains notions and computes little."""
    page = foreign(rng)
    return page, 3 if page.math else 0


# ---- 1 -------------------------------------------------------------------------------------------------------------------------


def about(rng: Rng) -> Graded:
    """An article about something else that comes to speak of mathematics, of its uses, or quotes a formula."""
    page, voice = prose(rng), Voice(maths_bank(), rng)
    said = voice.all([rng.choice(("talk.history", "talk.application")) for _ in range(rng.randint(1, 3))])
    if rng.chance(0.4):
        said.append(rng.choice(_QUOTED).format(voice.say(f"{rng.choice(topics())}.title"), _formula(rng)))
    blocks = list(page.blocks[: rng.randint(2, 8)])
    for text in said:
        blocks.insert(rng.randint(1, len(blocks)), ("p", text))
    title = page.title if rng.chance(0.5) else voice.say(f"{rng.choice(topics())}.title")
    return replace(page, title=title, blocks=blocks), 1


_QUOTED = (
    "Nobody in the room could say what {} is for, but the formula {} stood on the wall.",
    "The poster in the hall was about {}; all that one could read of it was {}.",
    "She gave a talk on {}, with {} on the first slide, and took questions about her career.",
    "The prize went to work on {}. A press release prints {} and explains no more.",
)


def _formula(rng: Rng) -> str:
    """A short formula of some page."""
    for _ in range(20):
        found = [f for part in _parts(article(rng)) for f in FORMULA.findall(part) if 6 < len(f) < 60]
        if found:
            return f"${rng.choice(found).strip('$')}$"
    return "$a^2 + b^2 = c^2$"


def course(rng: Rng) -> Graded:
    """The page of a course: who, when, where, what will be read."""
    voice = Voice(maths_bank(), rng)
    blocks: list[Block] = [("p", text) for text in voice.all(["talk.admin"] * rng.randint(1, 6))]
    if rng.chance(0.6):
        names = voice.all([f"{topic}.title" for topic in rng.sample(topics(), rng.randint(3, 10))])
        blocks.insert(rng.randint(0, 1), ("numbered" if rng.chance(0.5) else "list", names))
    if rng.chance(0.6):
        blocks += [("h", "Literature"), ("list", voice.all(["talk.reference"] * rng.randint(1, 6)))]
    return Page("course", "administration", voice.say("M.course"), blocks), 1


def key(rng: Rng) -> Graded:
    """The answers of a sheet that is not there."""
    answers = [f"${draw(rng).answer}$" for _ in range(rng.randint(5, 30))]
    title = f"{rng.choice(('Answer key', 'Answers', 'Results'))}, sheet {rng.randint(1, 40)}"
    return Page("key", "answers", title, [("numbered", answers)]), 1


# ---- 2 -------------------------------------------------------------------------------------------------------------------------


def lost(rng: Rng) -> Graded:
    """Notes whose formulas are missing, as a poor extractor leaves them."""
    page, mark = _notes(rng), rng.choice(("", "", "[Image]", "[formula]", "?"))
    return replace(page, title=_without(page.title, mark), blocks=[_without(block, mark) for block in page.blocks]), 2


def _notes(rng: Rng) -> Page:
    """Notes or an entry with at least a few formulas."""
    for _ in range(20):
        page = rng.choice((lecture, article))(rng)
        if sum(len(FORMULA.findall(part)) for part in _parts(page)) >= 5:
            break
    return page


def _without(part: Any, mark: str) -> Any:
    if isinstance(part, str):
        return re.sub(r" +", " ", FORMULA.sub(mark, part)).strip()
    return type(part)(_without(inner, mark) for inner in part) if isinstance(part, list | tuple) else part


def teaser(rng: Rng) -> Graded:
    """The beginning of notes, behind a login."""
    page = lecture(rng)
    first = page.blocks[: rng.randint(1, 2)]
    return replace(page, kind="teaser", blocks=[*first, ("p", rng.choice(_LOGIN))]), 2


_LOGIN = (
    "Sign in or subscribe to read the rest of this lesson.", "You have reached the end of the free preview.",
    "This chapter is for members. Log in, or start your free trial today.", "The full text is available to subscribers only.",
    "Buy the book to read on; this sample has 2 of 24 pages.", "Registered students find the remaining pages in the course folder.",
)  # fmt: skip


def unanswered(rng: Rng) -> Graded:
    """A question that nobody answered."""
    return thread(rng, draw(rng), solved=False), 2


# ---- 3 to 5 --------------------------------------------------------------------------------------------------------------------


def exercises(rng: Rng) -> Graded:
    """A sheet of problems: 4 with worked solutions, else 3."""
    page = sheet(rng)
    return page, 4 if any(block[0] == "label" for block in page.blocks) else 3


def answered(rng: Rng) -> Graded:
    """A thread with its answer."""
    return forum(rng), 3


def lesson(rng: Rng) -> Graded:
    """Notes or an entry: 3, one more with something worked out, and one more with statements and exercises besides."""
    page = rng.choice((lecture, lecture, article))(rng)
    labels = {block[1].split(".")[0].split(" ")[0] for block in page.blocks if block[0] == "label"}
    worked = "Example" in labels or sum(part.count("$$") // 2 for part in _parts(page)) >= 3
    drilled = any(block[0] == "numbered" for block in page.blocks) and labels & {"Definition", "Theorem", "Proof"}
    return page, 3 + worked + bool(worked and drilled)


def full(rng: Rng) -> Graded:
    """Notes that are a lesson, if ten draws give any."""
    return max((lesson(Rng(int(rng.random() * (1 << 53)), "full")) for _ in range(10)), key=lambda made: made[1])


def _parts(page: Page) -> list[str]:
    return [part for block in page.blocks for part in texts(block)]


MAKERS: tuple[Callable[[Rng], Graded], ...] = (
    *[ordinary] * 8, abroad, abroad, about, about, course, key, lost, lost, teaser, unanswered, *[exercises] * 3, answered, answered,
    *[lesson] * 5, *[full] * 4,
)  # fmt: skip
"""Of each document one, drawn; those that stand here more often are drawn more often."""
