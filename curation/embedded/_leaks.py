"""Pages on which items of the benchmark stand, as they do on the real web, and in what disguise.

verbatim     the item to the letter, in a forum or on a sheet
reformatted  the same words and numbers, set differently: other or no dollar signs, fractions with a slash, commas in numbers, capitals
swapped      the same words with other numbers: no leak of the item, but of its pattern
short        an item of few words, verbatim: too short for n-grams of 13
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable

from curation.embedded._forum import thread
from curation.embedded._maths import asked, solution
from curation.embedded._page import Block, Leak, Page
from curation.embedded._problems import Item, Problem, bench, draw, split_of
from curation.synth.families._family import families
from curation.synth.families._rng import Rng

KINDS = ("verbatim", "reformatted", "swapped", "short")
SHORT = 12
"""Most words that a short item has, counted with each number, operator and TeX command for one (`curation/text.py`)."""
_WORD = re.compile(r"\\[A-Za-z]+|[^\W\d_]+|\d+|[^\s\w]")


def leak(rng: Rng) -> Page:
    """A thread about one item, or a sheet with up to three among other problems."""
    kind = rng.choice(KINDS)
    if rng.chance(0.5):
        item, problem, text = _disguised(rng, kind)
        page = thread(rng, problem, text, solved=kind != "swapped")
        page.questions, page.leaks = [], [Leak(item.id, kind)]
        return page
    return _sheet(rng, kind)


def _sheet(rng: Rng, kind: str) -> Page:
    found = [_disguised(rng, kind) for _ in range(rng.randint(1, 3))]
    others = [draw(rng) for _ in range(rng.randint(3, 8))]
    lines = rng.shuffled([*((text, problem) for _, problem, text in found), *((p.text, p) for p in others)])
    blocks: list[Block] = [("p", rng.choice(_INTROS)), ("numbered", [text for text, _ in lines])]
    if kind != "swapped" and rng.chance(0.6):
        blocks += [("h", "Solutions"), ("numbered", [solution(problem, rng) for _, problem in lines])]
    return Page(
        "sheet", "practice test", rng.choice(_TITLES), blocks, math=True, questions=[asked(p) for p in others],
        leaks=[Leak(item.id, kind) for item, _, _ in found],
    )  # fmt: skip


_TITLES = (
    "Practice test",
    "Questions from last year's contest",
    "Problem bank",
    "Self-check with solutions",
    "Old exam questions",
)
_INTROS = (
    "A colleague sent me these; I do not know where they come from.", "Collected from several sources over the years.",
    "These came up in a test last spring, and people asked for them.", "Good practice before the exam.",
)  # fmt: skip


def _disguised(rng: Rng, kind: str) -> tuple[Item, Problem, str]:
    """An item, its problem, and the text in which it stands on the page."""
    if kind == "swapped":
        return _with_other_numbers(rng)
    item = rng.choice(_short() if kind == "short" else bench())
    text = _reformatted(item.problem.text, rng) if kind == "reformatted" else item.problem.text
    return item, item.problem, text


def _with_other_numbers(rng: Rng) -> tuple[Item, Problem, str]:
    """An item with other numbers that make a problem to train on. RuntimeError if none is found, which the tests rule out."""
    for _ in range(400):
        item = rng.choice(bench())
        text = _swapped(item.problem.text, rng)
        parsed = families()[item.problem.family].parse(text)
        if parsed is not None and split_of(item.problem.family, parsed) == "train":
            return item, item.problem._replace(text=text), text
    raise RuntimeError("no item of the benchmark makes a problem to train on when its numbers are changed")


@functools.cache
def _short() -> tuple[Item, ...]:
    """The items that n-grams of 13 words cannot find, or the shortest ones if there are fewer than ten."""
    lengths = sorted((len(_WORD.findall(item.problem.text)), item.id, item) for item in bench())
    few = tuple(item for length, _, item in lengths if length <= SHORT)
    return few if len(few) >= 10 else tuple(item for _, _, item in lengths[:10])


def _swapped(text: str, rng: Rng) -> str:
    """Other numbers in the places of the numbers, exponents excepted."""
    return re.sub(r"(?<![\^\d_.])\d+", lambda m: str(max(2, int(m[0]) + rng.choice((-3, -2, 1, 2, 3, 5)))), text)


def _reformatted(text: str, rng: Rng) -> str:
    """Two ways of setting the same thing otherwise, chosen from those that change something here, and blanks before full stops."""
    changes = 0
    for change in rng.shuffled(_CHANGES):
        changed = change(text)
        changes += changed != text
        text = changed
        if changes == 2:
            break
    return re.sub(r"(?<=\w)([.?,])(?=\s|$)", r" \1", text)


def _thousands(text: str) -> str:
    return re.sub(r"(?<![\w.,^{])\d{4,}(?![\w.,])", lambda m: f"{int(m[0]):,}", text)


def _spoken(text: str) -> str:
    return text.replace("%", " percent") if "\\%" not in text else text


_CHANGES: tuple[Callable[[str], str], ...] = (
    lambda text: text.replace("$", ""),
    lambda text: re.sub(r"\\frac\{(\w+)\}\{(\w+)\}", r"\1/\2", text),
    lambda text: text.replace(" = ", "=").replace(" + ", "+").replace(" - ", "-"),
    lambda text: text.replace("\\cdot", "\\times").replace("\\le ", "\\leq ").replace("\\ge ", "\\geq "),
    lambda text: re.sub(r"([.?!]) ", r"\1\n", text),
    lambda text: "(5 points) " + text,
    lambda text: text[:1].upper() + text[1:].replace("?", " ?"),
    _thousands, _spoken,
)  # fmt: skip
