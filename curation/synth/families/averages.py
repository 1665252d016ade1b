"""Means and medians: of given numbers, with one unknown, of groups put together, weighted."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from curation.synth.families import _averages_told as told
from curation.synth.families._chain import Work
from curation.synth.families._family import Parsed, Phrasings, Problem, decimal
from curation.synth.families._rng import Rng
from curation.synth.families._words import COUNTABLE, TOWNS, person

PHRASINGS = Phrasings("""
    mean: What is the arithmetic mean of the numbers <list>?
    | On consecutive days, <name> picked <list> <thing>. How many <thing> is that per day on average?
    | In the games of one season, a team from <town> scored <list> points. What was its average score per game?
    median: What is the median of the numbers <list>?
    | The members of a chess club in <town> are <list> years old. What is the median of their ages?
    | Sort the numbers <list> by size and give their median.
    unknown: The numbers <list> and $x$ have an arithmetic mean of <m>. What is $x$?
    | <name> wrote several tests. All scores but one are known: <list>. If the average of all of them, the unknown \
        one included, is <m>, what is the unknown score?
    combined: In one class, <a> students scored <b> points on average; in another class, <c> students scored <d> \
        points on average. What is the average score of all the students in both classes?
    | A farm in <town> has <a> old trees with <b> kilograms of fruit each on average, and <c> young trees with <d> \
        kilograms each on average. How many kilograms per tree is that for all of its trees together?
    next: After <a> tests, <name> has an average of <b> points. How many points does <he> need on the next test to \
        bring the average up to <c>?
    | <name> sold <b> <thing> a day on average for <a> days. How many <thing> must <he> sell tomorrow so that the \
        daily average becomes <c>?
    removed: The average of <a> numbers is <b>. One of them is crossed out, and the average of the others is <c>. \
        Which number was crossed out?
    | On average, the <a> parcels on a cart weigh <b> kilograms. After one parcel is unloaded, the average weight of \
        the rest is <c> kilograms. How many kilograms does the unloaded parcel weigh?
    weighted: In a course, homework counts for <a>% of the grade and the exam for <b>%. <name> has <c> points for \
        the homework and <d> points for the exam. What is <his> weighted average?
    | A judge gives <a>% of the weight to style and <b>% to technique. <name> got <c> points for style and <d> for \
        technique. What is the weighted mean of the two?
    row: The average of <n> consecutive whole numbers is <m>. What is the largest of them?
    | The mean of <n> whole numbers in a row is <m>. Find the greatest one.
""")
LEVEL_KINDS = (
    ("mean",),
    ("mean", "median"),
    ("median", "unknown", "row"),
    ("combined", "next", "unknown"),
    ("weighted", "removed", "combined"),
)


def make(rng: Rng, level: int) -> Problem:
    """A problem of difficulty 1 to 5."""
    kind, top = rng.choice(LEVEL_KINDS[level - 1]), 12 * level
    listed = [rng.randint(2, top) for _ in range(rng.randint(3, 4) if level == 1 else rng.randint(3, 5 + level // 2))]
    if kind == "mean" and rng.chance(0.8):
        listed[-1] += -sum(listed) % len(listed)
    total, m, n = sum(listed), rng.randint(2, top), 0
    if kind == "unknown":
        m = (total + rng.randint(1, top)) // (len(listed) + 1) + 1
    if kind == "row":
        n = rng.choice((3, 5, 7, 9, 11, 13, 15))
        m = rng.randint(n, 300 * level)
    a, b, c, d = _numbers(kind, rng, level)
    words = {
        **person(rng),
        "thing": rng.choice(COUNTABLE),
        "town": rng.choice(TOWNS),
        "list": ", ".join(map(str, listed)),
    }
    text = PHRASINGS.write(rng, kind, {**words, "a": a, "b": b, "c": c, "d": d, "m": m, "n": n})
    numbers = {"mean": listed, "median": listed, "unknown": [m, *listed], "row": [m, n]}.get(kind, [a, b, c, d])
    return Problem(text, decimal(_value(kind, tuple(numbers))))


def _numbers(kind: str, rng: Rng, level: int) -> tuple[int, int, int, int]:
    a, b, c, d = rng.randint(3, 6 + 2 * level), rng.randint(10, 25 * level), 0, 0
    if kind == "combined":
        c, d = rng.randint(3, 30), rng.randint(10, 30 * level)
        a = c * rng.choice((1, 2, 3, 4)) if rng.chance(0.6) else a * 5
    if kind == "next":
        c = b + rng.randint(1, 5)
    if kind == "removed":
        b = rng.randint(20, 40 * level)
        c = b + rng.choice((-3, -2, -1, 1, 2, 3))
        a = rng.randint(3, 12)
    if kind == "weighted":
        a = rng.choice(range(5, 96, 5))
        b, c, d = 100 - a, rng.randint(20, 100), rng.randint(20, 100)
    return a, b, c, d


def parse(text: str) -> Parsed | None:
    """The problem that a text states, or None for anything else."""
    return PHRASINGS.positive(text)


def _value(kind: str, numbers: tuple[int, ...]) -> Fraction | int:
    if kind == "mean":
        return Fraction(sum(numbers), len(numbers))
    if kind == "median":
        ordered, half = sorted(numbers), len(numbers) // 2
        return ordered[half] if len(numbers) % 2 else Fraction(ordered[half - 1] + ordered[half], 2)
    if kind == "unknown":
        return numbers[0] * len(numbers) - sum(numbers[1:])
    a, b, c, d = (*numbers, 0, 0)[:4]
    values: dict[str, Callable[[], Fraction | int]] = {
        "combined": lambda: Fraction(a * b + c * d, a + c),
        "next": lambda: c * (a + 1) - a * b,
        "removed": lambda: a * b - (a - 1) * c,
        "weighted": lambda: Fraction(a * c + b * d, 100),
        "row": lambda: a + b // 2,
    }
    return values[kind]()


def solve(parsed: Parsed) -> str:
    """The exact answer as TeX. ValueError if there is none."""
    numbers = parsed.numbers
    if (parsed.kind == "weighted" and numbers[0] + numbers[1] != 100) or (parsed.kind == "removed" and numbers[0] < 2):
        raise ValueError("the weights do not add up, or nothing is left")
    if parsed.kind == "row" and numbers[1] % 2 == 0:
        raise ValueError("the mean of an even number of consecutive numbers is not whole")
    return decimal(_value(parsed.kind, numbers))


TELL: dict[str, Callable[..., Work]] = {
    "combined": told.tell_combined,
    "next": told.tell_next,
    "removed": told.tell_removed,
    "weighted": told.tell_weighted,
    "row": told.tell_row,
}
"""Who tells the kinds without a list, given the answer and the numbers."""


def explain(parsed: Parsed, rng: Rng) -> Work:
    """What there is to tell about the solution."""
    answer, numbers = solve(parsed), parsed.numbers
    if parsed.kind == "mean":
        return told.tell_mean(answer, list(numbers), rng)
    if parsed.kind == "median":
        return told.tell_median(answer, list(numbers))
    if parsed.kind == "unknown":
        return told.tell_unknown(answer, numbers[0], list(numbers[1:]))
    return TELL[parsed.kind](answer, *numbers)
