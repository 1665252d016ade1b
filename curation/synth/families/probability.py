"""Probability: urns, dice, coins, numbers drawn at random, complements, two independent events. Answers are exact fractions."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from math import comb, lcm

from curation.synth.families import _probability_dice_told as dice
from curation.synth.families import _probability_told as bags
from curation.synth.families._chain import Work
from curation.synth.families._family import Parsed, Phrasings, Problem, solvable, tex
from curation.synth.families._rng import Rng
from curation.synth.families._words import TOWNS, person

PHRASINGS = Phrasings("""
    draw: A <vessel> contains <a> <col> and <b> <colx> <items>. One of them is drawn at random. What is the \
        probability that it is <col>?
    | <name> takes one of the <items> out of a <vessel> without looking. There are <a> <col> and <b> <colx> ones in \
        it. Find the probability that <he> gets a <col> one.
    three: A <vessel> contains <a> <col>, <b> <colx> and <c> <coly> <items>. One of them is drawn at random. What \
        is the probability that it is not <col>?
    | There are <a> <col>, <b> <colx> and <c> <coly> <items> in a <vessel>. <name> picks one at random. How likely \
        is it, as a fraction, that its color is not <col>?
    with: A <vessel> contains <a> <col> and <b> <colx> <items>. One is drawn at random, put back, and then a second \
        one is drawn. What is the probability that both are <col>?
    without: A <vessel> contains <a> <col> and <b> <colx> <items>. Two of them are drawn at random without \
        replacement. What is the probability that both are <col>?
    | From a <vessel> with <a> <col> and <b> <colx> <items>, <name> takes two at random, one after the other, and \
        keeps both. Find the probability that both are <col>.
    differ: A <vessel> contains <a> <col> and <b> <colx> <items>. Two of them are drawn at random without \
        replacement. What is the probability that they have different colors?
    | From a <vessel> with <a> <col> and <b> <colx> <items>, <name> takes two at random at the same time. Find the \
        probability that one is <col> and the other <colx>.
    some: A <vessel> contains <a> <col> and <b> <colx> <items>. <name> draws <c> of them at random without \
        replacement. What is the probability that at least one of them is <col>?
    dice: In a game in <town> two fair dice, each with faces numbered from 1 to <a>, are rolled. What is the \
        probability that the sum of the two numbers is <b>?
    | <name> rolls two fair dice that have <a> faces each, numbered from 1. Find the probability that the numbers \
        add up to <b>.
    above: In a game in <town> two fair dice, each with faces numbered from 1 to <a>, are rolled. What is the \
        probability that the sum of the two numbers is greater than <b>?
    | <name> rolls two fair dice that have <a> faces each, numbered from 1. Find the probability that the numbers \
        add up to more than <b>.
    heads: At a fair in <town> a fair coin is tossed <a> times. What is the probability of getting heads exactly \
        <b> times?
    | <name> tosses a fair coin <a> times in a row. Find the probability that exactly <b> of the tosses show heads.
    once: At a fair in <town> a fair die with faces numbered from 1 to <a> is rolled <b> times. What is the \
        probability that the number <a> comes up at least once?
    | A wheel has <a> equal fields, and one of them wins. <name> spins it <b> times. Find the probability of \
        winning at least once.
    number: A whole number from 1 to <a> is chosen at random. What is the probability that it is divisible by <b>?
    | Tickets for a raffle in <town> are numbered from 1 to <a>, and one is drawn at random. Find the probability \
        that its number is a multiple of <b>.
    either: <name> chooses a whole number from 1 to <a> at random. What is the probability that it is divisible by \
        <b> or by <c>?
    | Tickets for a raffle in <town> are numbered from 1 to <a>, and one is drawn at random. Find the probability \
        that its number is a multiple of <b> or of <c>.
    oneof: The probability that <name> hits the target is $\\frac{<a>}{<b>}$, and for <other> it is \
        $\\frac{<c>}{<d>}$, independently of each other. Each of them tries once. What is the probability that \
        exactly one of them hits?
    miss: The probability that <name> hits the target is $\\frac{<a>}{<b>}$, and for <other> it is \
        $\\frac{<c>}{<d>}$, independently of each other. Each of them tries once. What is the probability that at \
        least one of them hits?
    urns: One <vessel> holds <a> <col> and <b> <colx> <items>, another one holds <c> <col> and <d> <colx> <items>. \
        One of the two is chosen by a fair coin, and one of its <items> is drawn at random. What is the probability \
        that it is <col>?
""")
COLORS = "red|blue|green|yellow|white|black|purple|brown|gray|pink".split("|")
VESSELS = "bag|box|jar|basket|bowl|drawer|barrel|tin|hat|sack".split("|")
ITEMS = "marbles|balls|beads|buttons|tokens|ribbons|candles|socks|chips|stones|pencils|cubes".split("|")
LEVEL_KINDS = (
    ("draw", "draw", "number"),
    ("draw", "three", "with", "number"),
    ("with", "without", "dice", "heads"),
    ("without", "differ", "above", "once", "oneof"),
    ("some", "either", "miss", "urns", "heads"),
)


def make(rng: Rng, level: int) -> Problem:
    """A problem of difficulty 1 to 5."""
    kind = rng.choice(LEVEL_KINDS[level - 1])
    a, b, c, d = (rng.randint(2, 5 + 2 * level) for _ in range(4))
    if kind in ("with", "without", "differ"):
        a, b = rng.randint(2, 24), rng.randint(2, 24)
    if kind in ("dice", "above"):
        a = rng.choice((4, 6, 6, 8, 10, 12, 20))
        b = rng.randint(3, 2 * a - 1)
    if kind == "heads":
        a = rng.randint(2 + level // 2, 4 + level)
        b = rng.randint(1, a - 1)
    if kind == "once":
        a, b = rng.randint(3, 20), rng.randint(2, 4)
    if kind == "number":
        a, b = rng.randint(10, 30 + 30 * level), rng.randint(2, 9)
    if kind == "either":
        a, (b, c) = (
            rng.randint(20, 150),
            rng.choice(((2, 3), (2, 5), (3, 4), (3, 5), (4, 6), (4, 5), (6, 9), (2, 7), (3, 7), (6, 8), (5, 6))),
        )
    if kind in ("oneof", "miss"):
        b, d = rng.randint(3, 12), rng.randint(3, 12)
        a, c = rng.randint(1, b - 1), rng.randint(1, d - 1)
    if kind == "some":
        c = rng.randint(2, min(3, a + b))
    words = dict(zip(("col", "colx", "coly"), rng.sample(COLORS, 3), strict=True)) | person(rng)
    words |= {"vessel": rng.choice(VESSELS), "items": rng.choice(ITEMS), "town": rng.choice(TOWNS)}
    words["other"] = rng.choice(
        [n for n in ("Lena", "Ravi", "Sofia", "Emil", "Uma", "Pavel", "Nina", "Idris") if n != words["name"]]
    )
    text = PHRASINGS.write(rng, kind, words | {"a": a, "b": b, "c": c, "d": d})
    parsed = parse(text)
    assert parsed is not None, text
    return Problem(text, solve(parsed))


def parse(text: str) -> Parsed | None:
    """The problem that a text states, or None for anything else."""
    return solvable([PHRASINGS.integers(text)], solve)


def solve(parsed: Parsed) -> str:
    """The exact answer as TeX. ValueError if there is none."""
    return tex(_value(parsed.kind, parsed.numbers))


def _value(kind: str, numbers: tuple[int, ...]) -> Fraction:
    a, b, c, d = (*numbers, 1, 1, 1)[:4]
    if min(numbers) < 1 or max(numbers) > 2000:
        raise ValueError("out of range")
    sensible = {
        "some": c <= a + b and c < 7, "dice": 2 <= b <= 2 * a <= 60, "above": 2 <= b < 2 * a <= 60, "heads": b <= a <= 20,
        "once": 1 < a <= 100 and b <= 8, "number": b <= a, "either": b != c and lcm(b, c) not in (b, c) and max(b, c) <= a,
        "oneof": a < b <= 100 and c < d <= 100, "miss": a < b <= 100 and c < d <= 100,
    }  # fmt: skip
    if not sensible.get(kind, a + b < 500):
        raise ValueError("no such chances")
    if kind in ("oneof", "miss"):
        p, q = Fraction(a, b), Fraction(c, d)
        return p * (1 - q) + q * (1 - p) if kind == "oneof" else 1 - (1 - p) * (1 - q)
    n = a + b
    return {
        "draw": lambda: Fraction(a, n),
        "three": lambda: Fraction(b + c, n + c),
        "with": lambda: Fraction(a, n) ** 2,
        "without": lambda: Fraction(a * (a - 1), n * (n - 1)),
        "differ": lambda: Fraction(2 * a * b, n * (n - 1)),
        "some": lambda: 1 - Fraction(comb(b, c), comb(n, c)),
        "dice": lambda: Fraction(a - abs(b - a - 1), a * a),
        "above": lambda: sum((Fraction(a - abs(s - a - 1), a * a) for s in range(b + 1, 2 * a + 1)), Fraction(0)),
        "heads": lambda: Fraction(comb(a, b), 2**a),
        "once": lambda: 1 - Fraction(a - 1, a) ** b,
        "number": lambda: Fraction(a // b, a),
        "either": lambda: Fraction(a // b + a // c - a // lcm(b, c), a),
        "urns": lambda: (Fraction(a, n) + Fraction(c, c + d)) / 2,
    }[kind]()


TELL: dict[str, Callable[..., Work]] = {
    "draw": bags.draw,
    "three": bags.three,
    "with": bags.replaced,
    "without": bags.without,
    "differ": bags.differ,
    "some": bags.some,
    "once": dice.once,
    "oneof": dice.oneof,
    "miss": dice.miss,
    "urns": bags.urns,
}
"""Who tells which kind, given the answer, the words and the numbers."""
BARE: dict[str, Callable[..., Work]] = {
    "dice": dice.dice,
    "above": dice.above,
    "heads": dice.heads,
    "number": dice.number,
    "either": dice.either,
}
"""And without the words."""


def explain(parsed: Parsed, rng: Rng) -> Work:
    """What there is to tell about the solution."""
    kind, answer, numbers = parsed.kind, solve(parsed), parsed.numbers
    return BARE[kind](answer, *numbers) if kind in BARE else TELL[kind](answer, parsed.words, *numbers)
