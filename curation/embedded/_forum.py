"""Forum threads: a question and what people answered, right, wrong or beside the point; and threads about other things."""

from __future__ import annotations

import datetime
import functools

from curation.embedded._grammar import Bank, Voice, bank
from curation.embedded._maths import asked, solution
from curation.embedded._page import Block, Page, wanted_words
from curation.embedded._problems import Problem, draw
from curation.synth.families._rng import Rng


def forum_bank() -> Bank:
    """The bank of what people write in forums."""
    return bank("words", "forum")


def forum(rng: Rng) -> Page:
    """A thread about one problem, or about a notion."""
    return _conceptual(rng) if rng.chance(0.25) else thread(rng, draw(rng))


def thread(rng: Rng, problem: Problem, text: str = "", *, solved: bool = True) -> Page:
    """A thread in which somebody asks a problem, in these words if some are given, and others answer."""
    talk = Voice(forum_bank(), rng)
    text = text or problem.text
    asker, *others = talk.all(["user"] * 7)
    says = talk.all(["hello", "context", "attempt", "thanks", "answerlead", "answerend"])
    ask: list[Block] = [("p", f"{says[0]} {says[1]}"), ("p", text), ("p", says[2])]
    ask += [("p", says[3])] if rng.chance(0.6) else []
    good: list[Block] = [("p", says[4]), ("p", solution(problem, rng))] if solved else [("p", talk.say("hint"))]
    good += [("p", says[5])] if rng.chance(0.6) else []
    answers = [_post(others[0], rng, good)]
    if rng.chance(0.3):
        wrong = f"{talk.say('wronglead')} {_near(problem.answer, rng)}?"
        answers.insert(rng.randint(0, 1), _post(others[1], rng, [("p", wrong)], votes=-2))
    answers += [_post(user, rng, _reply(talk, rng)) for user in others[2 : 2 + _replies(rng)]]
    posts = _dated([_post(asker, rng, ask), *answers], rng)
    title = text.split(". ")[0].split("?")[0].replace("$", "")
    words = problem.family.replace("_", " ")
    short = f"{title[:70].rstrip('. ')}?" if rng.chance(0.5) else f"Help with {words} please"
    return Page("forum", problem.family, short, posts, math=True, questions=[asked(problem)], comments=False)


def _replies(rng: Rng) -> int:
    """How many more people say something: mostly few."""
    return rng.few(6)


def _reply(talk: Voice, rng: Rng) -> list[Block]:
    return [("p", text) for text in talk.all([rng.choice(_REPLIES) for _ in range(1 + rng.chance(0.3))])]


_REPLIES = ("reply", "reply", "followup", "hint", "signature", "moderation")


def _conceptual(rng: Rng) -> Page:
    """A thread about a notion. Now and then its answers are known to be good ones (`conceptual.pair`)."""
    talk = Voice(forum_bank(), rng)
    count = 1 + rng.few(6)
    if rng.chance(0.08):
        ask, *answers = talk.say("conceptual.pair").split(BETWEEN)
    else:
        ask, answers = talk.say("conceptual"), talk.some("conceptualanswer", count)
    users = talk.all(["user"] * (len(answers) + 1))
    says = talk.all(["hello", "thanks"])
    posts = [_post(users[0], rng, [("p", f"{says[0]} {ask}"), ("p", says[1])])]
    posts += [
        _post(user, rng, [("p", text), *(_reply(talk, rng) if rng.chance(0.3) else [])])
        for user, text in zip(users[1:], answers, strict=True)
    ]
    title = ask[:80].rpartition(" ")[0] if len(ask) > 80 else ask
    short = f"{title.rstrip('? ,.')}?" if title.count("$") % 2 == 0 else "A question about notation"
    return Page("forum", "teaching", short, _dated(posts, rng), quality=3, math=True, comments=False)


BETWEEN = " || "
"""Stands between the posts of one line of the bank."""


def offtopic(rng: Rng) -> Page:
    """A thread that has nothing to do with mathematics."""
    talk = Voice(forum_bank(), rng)
    title, ask, *replies = talk.say("offtopic.pair").split(BETWEEN)
    theme = rng.choice(_offtopics())
    count = max(0, min(12, wanted_words(rng, "short") // 40))
    replies += talk.all([f"offtopic.reply/{theme}"] * count) if rng.chance(0.5) else []
    users = talk.all(["user"] * (len(replies) + 1))
    posts = [_post(users[0], rng, [("p", ask)])]
    posts += [_post(user, rng, [("p", text)]) for user, text in zip(users[1:], replies, strict=True)]
    return Page("forum", "offtopic", title, _dated(posts, rng), quality=2, comments=False)


@functools.cache
def _offtopics() -> list[str]:
    sources = forum_bank().sources
    return sorted(name.partition("/")[2] for name in sources if name.startswith("offtopic.reply/"))


def _post(user: str, rng: Rng, blocks: list[Block], votes: int = 0) -> Block:
    return ("post", user, "", votes or rng.few(60, 3), blocks)


def _dated(posts: list[Block], rng: Rng) -> list[Block]:
    """Posts with dates, each on the day of the one before it or a few days later."""
    day = datetime.date(2006, 1, 1) + datetime.timedelta(days=rng.randint(0, 2800))
    dated = []
    for post in posts:
        dated.append((*post[:2], day.isoformat(), *post[3:]))
        day += datetime.timedelta(days=rng.few(30, 3))
    return dated


def _near(answer: str, rng: Rng) -> str:
    """A wrong answer that somebody might give."""
    if answer.lstrip("-").isdigit():
        return str(int(answer) + rng.choice((-10, -2, 1, 2, 10)))
    return rng.choice(("zero", "one", "twice that", "infinity"))
