"""Ages: older and younger, sums, multiples, now, then, and some years ago."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from curation.synth.families import _ages_told as told
from curation.synth.families._chain import Work
from curation.synth.families._family import Parsed, Phrasings, Problem, decimal, solvable
from curation.synth.families._rng import Rng
from curation.synth.families._words import apart, people, person

PHRASINGS = Phrasings("""
    later: <name> is <a> years old, and <other> is <b> years older than <name>. How old will <other> be in <c> years?
    | <other> was born <b> years before <name>, who is <a> years old today. What will be the age of <other> <c> \
        years from now?
    sum: The ages of <name> and <other> add up to <b> years, and <name> is <a> years older than <other>. How old is \
        <name>?
    | <name> and <other> are <b> years old together. Since <name> is the older of the two by <a> years, what is the \
        age of <name>?
    times: <name> is <a> times as old as <his> <child>, and together they are <b> years old. How old is <name>?
    | Adding <name>'s age and that of <his> <child> gives <b> years. <name> is exactly <a> times as old. What is \
        <name>'s age?
    until: <name> is <a> years old and <his> <elder> is <b>. In how many years will <his> <elder> be exactly <c> \
        times as old as <name>?
    | Today <name> turns <a>, and on the same day <his> <elder> turns <b>. After how many years is <his> <elder> <c> \
        times as old as <he> is?
    ago: <name> is <a> years old and <other> is <b>. How many years ago was <name> exactly <c> times as old as <other>?
    | At the moment <name> is <a> and <other> is <b>. Some years back, <name> was <c> times as old as <other>. How \
        many years back was that?
    shift: <b> years ago, the ages of <name> and <other> added up to <c> years. <name> is <a> years older than \
        <other>. How old is <name> today?
    | When <name> and <other> met <b> years ago, they had a combined age of <c> years. <name> is the older one, by \
        <a> years. What is <name>'s age now?
    both: Today <name> is <a> times as old as <other>. In <b> years, <name> will be <c> times as old as <other>. How \
        old is <other> today?
    | At present <name>'s age is <a> times that of <other>; <b> years from now it will be only <c> times that of \
        <other>. What is the present age of <other>?
    three: <name> is <a> years older than <other>, and <other> is <b> times as old as <third>. Together the three are \
        <c> years old. How old is <third>?
    | Three cousins are <c> years old together. <other> is <b> times as old as <third>, and <name> is <a> years \
        older than <other>. What is the age of <third>?
""")
LEVEL_KINDS = (
    ("later",),
    ("later", "sum"),
    ("sum", "times", "ago"),
    ("until", "ago", "shift"),
    ("both", "three", "until"),
)
CHILDREN = "son daughter nephew niece grandson granddaughter".split()
ELDERS = "mother father aunt uncle grandmother grandfather teacher".split()


def make(rng: Rng, level: int) -> Problem:
    """A problem of difficulty 1 to 5."""
    kind, k = rng.choice(LEVEL_KINDS[level - 1]), rng.randint(2, 4 + level)
    a, b, c = rng.randint(3, 10 * level), rng.randint(2, 4 + 4 * level), rng.randint(2, 3 + 5 * level)
    if kind == "sum":
        a = rng.randint(2, 6 * level)
        b = a + 2 * rng.randint(4, 15 * level)
    if kind == "times":
        a = rng.randint(2, 9)
        b = (a + 1) * rng.randint(3, 60 // a)
    if kind == "until":
        c = rng.randint(2, 4)
        a, x = rng.randint(3, 25), rng.randint(1, 20)
        b = c * (a + x) - x
    if kind == "ago":
        c = rng.randint(2, 6)
        young, x = rng.randint(2, 14), rng.randint(1, 12 + 3 * level)
        a, b = c * young + x, young + x
    if kind == "shift":
        a, b = rng.randint(2, 25), rng.randint(2, 9)
        c = a + 2 * rng.randint(3, 30)
    if kind == "both":
        c, gap = rng.randint(2, 4), rng.randint(1, 4)
        a = c + gap
        b = gap * k
    if kind == "three":
        b = rng.randint(2, 4)
        c = a + (2 * b + 1) * rng.randint(2, 18)
    names = people(rng, 3)
    drawn = {
        **person(rng),
        "other": names[1],
        "third": names[2],
        "child": rng.choice(CHILDREN),
        "elder": rng.choice(ELDERS),
    }
    words = apart(drawn, rng)
    text = PHRASINGS.write(rng, kind, {**words, "a": a, "b": b, "c": c})
    return Problem(text, decimal(_value(kind, (a, b, c))))


def parse(text: str) -> Parsed | None:
    """The problem that a text states, or None for anything else."""
    parsed = solvable([PHRASINGS.positive(text)], solve)
    return parsed if parsed and _value(parsed.kind, parsed.numbers).denominator == 1 else None


def _value(kind: str, numbers: tuple[int, ...]) -> Fraction:
    a, b, c = (*numbers, 2)[:3]
    return {
        "later": lambda: Fraction(a + b + c),
        "sum": lambda: Fraction(a + b, 2),
        "times": lambda: Fraction(a * b, a + 1),
        "until": lambda: Fraction(b - c * a, c - 1),
        "ago": lambda: Fraction(c * b - a, c - 1),
        "shift": lambda: Fraction(c + 2 * b + a, 2),
        "both": lambda: Fraction(b * (c - 1), a - c),
        "three": lambda: Fraction(c - a, 2 * b + 1),
    }[kind]()


def solve(parsed: Parsed) -> str:
    """The exact answer as TeX. ValueError if there is none."""
    a, b, c = (*parsed.numbers, 2)[:3]
    if (parsed.kind in ("until", "ago", "both") and c < 2) or (parsed.kind == "both" and a <= c):
        raise ValueError("no such moment")
    value = _value(parsed.kind, parsed.numbers)
    if (
        value <= 0
        or (parsed.kind == "ago" and value >= b)
        or (parsed.kind == "sum" and b <= a)
        or (parsed.kind == "shift" and c <= a)
    ):
        raise ValueError("that would be before a birth")
    return decimal(value)


TELL: dict[str, Callable[..., Work]] = {
    "later": told.tell_later,
    "sum": told.tell_sum,
    "times": told.tell_times,
    "until": told.tell_until,
    "ago": told.tell_ago,
    "shift": told.tell_shift,
    "both": told.tell_both,
    "three": told.tell_three,
}
"""Who tells which kind, given the answer, the words and the numbers."""


def explain(parsed: Parsed, rng: Rng) -> Work:
    """What there is to tell about the solution."""
    return TELL[parsed.kind](solve(parsed), parsed.words, *parsed.numbers)
