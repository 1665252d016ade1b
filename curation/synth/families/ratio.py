"""Ratios: sharing, scales, proportions, recipes, mixtures, and ratios joined by a common part."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from math import gcd, lcm

from curation.synth.families import _ratio_told as told
from curation.synth.families._chain import Work
from curation.synth.families._family import Parsed, Phrasings, Problem, decimal
from curation.synth.families._rng import Rng
from curation.synth.families._words import COUNTABLE, TOWNS, apart, people, person

PHRASINGS = Phrasings("""
    share: <name> and <other> share <c> <thing> in the ratio <a>:<b>. How many <thing> does <name> get?
    | A sum of <c> dollars is divided between <name> and <other> in the ratio <a> to <b>, in this order. How many \
        dollars does <name> receive?
    | In a box of <c> <thing>, red ones and blue ones are in the ratio <a>:<b>. How many of the <thing> are red?
    scale: A map is drawn at a scale of 1 to <c>. Two villages are <a> centimeters apart on the map. How many meters \
        apart are they in nature?
    | On a plan of <town>, 1 centimeter stands for <c> centimeters. A street is <a> centimeters long on the plan. \
        How long is it in meters?
    recipe: A recipe for <a> people needs <b> grams of flour. How many grams of flour are needed for <c> people?
    | <name> uses <b> milliliters of milk to cook for <a> guests. How many milliliters does <he> need, at the same \
        rate, for <c> guests?
    | If <a> <thing> cost <b> cents, how many cents do <c> of them cost at the same price each?
    solve: Solve the proportion $\\frac{x}{<a>} = \\frac{<b>}{<c>}$ for $x$.
    | The ratio of $x$ to <a> is the same as the ratio of <b> to <c>. What is $x$?
    mix: <name> makes a drink from <a> parts of syrup and <b> parts of water. How many milliliters of syrup are in \
        <c> milliliters of the drink?
    | Paint is mixed from <a> parts of blue and <b> parts of yellow. How many liters of blue are needed for <c> \
        liters of the mixture?
    three: <name>, <other> and <third> divide <d> dollars in the ratio <a>:<b>:<c>. How many dollars does <third> \
        receive?
    | A rope of <d> meters is cut into three pieces whose lengths are in the ratio <a>:<b>:<c>. How many meters long \
        is the piece that is named last in this ratio?
    chain: The ratio of red to green <thing> in a bag is <a>:<b>, and the ratio of green to blue ones is <c>:<d>. \
        There are <n> green ones. How many <thing> are in the bag altogether?
    | In a choir, sopranos and altos are in the ratio <a> to <b>, altos and basses in the ratio <c> to <d>. If <n> \
        altos sing in it, how many singers are there in these three groups together?
    inverse: <a> workers need <b> days for a job. How many days do <c> workers need if all work at the same rate?
    | The hay in a barn lasts <a> horses <b> days. How many days does it last <c> horses?
""")
LEVEL_KINDS = (
    ("recipe",),
    ("share", "recipe", "scale"),
    ("share", "mix", "solve"),
    ("three", "inverse", "mix"),
    ("chain", "three", "inverse"),
)


def make(rng: Rng, level: int) -> Problem:
    """A problem of difficulty 1 to 5."""
    kind, top = rng.choice(LEVEL_KINDS[level - 1]), 3 + 2 * level
    a, b = _coprime(rng, top)
    if kind == "mix" and 1 in (a, b):
        a, b = 2 * a + 1, 2 * b + 1
    k = rng.randint(2, 8 * level)
    c, d, n = (a + b) * k, 0, 0
    if kind == "scale":
        a, c = rng.randint(2, 9 * level), 100 * rng.choice((2, 5, 10, 20, 25, 50, 75, 100, 250, 500))
    if kind == "recipe":
        a, c = rng.sample(range(2, 4 + 3 * level), 2)
        b = a * rng.randint(5, 15 * level)
    if kind == "solve":
        a, b, c = rng.randint(2, 40), rng.randint(2, 30), rng.randint(2, 30)
        a = c * a if rng.chance(0.7) else a
    if kind == "three":
        c = rng.randint(1, top)
        d = (a + b + c) * k
    if kind == "chain":
        c, d = _coprime(rng, 7)
        n = lcm(b, c) * rng.randint(1, 2 * level)
    if kind == "inverse":
        a, c = rng.sample(range(2, 6 + 4 * level), 2)
        b = rng.randint(2, 9) * (c // gcd(a, c) if rng.chance(0.8) else 1)
    names = people(rng, 3)
    drawn = {
        **person(rng),
        "other": names[1],
        "third": names[2],
        "thing": rng.choice(COUNTABLE),
        "town": rng.choice(TOWNS),
    }
    words = apart(drawn, rng)
    slots = {"a": a, "b": b, "c": c, "d": d, "n": n}
    used = {"scale": "ac", "three": "abcd", "chain": "abcdn"}.get(kind, "abc")
    return Problem(PHRASINGS.write(rng, kind, {**words, **slots}), decimal(_value(kind, tuple(slots[x] for x in used))))


def _coprime(rng: Rng, top: int) -> tuple[int, int]:
    a, b = rng.sample(range(1, top + 1), 2)
    return a // gcd(a, b), b // gcd(a, b)


def parse(text: str) -> Parsed | None:
    """The problem that a text states, or None for anything else."""
    parsed = PHRASINGS.positive(text)
    if parsed and parsed.kind in ("share", "chain") and _value(parsed.kind, parsed.numbers).denominator != 1:
        return None  # things that are counted
    return parsed


def _value(kind: str, numbers: tuple[int, ...]) -> Fraction:
    a, b, c, d, n = (*numbers, 0, 0, 0)[:5]
    return {
        "share": lambda: Fraction(a * c, a + b),
        "scale": lambda: Fraction(a * b, 100),
        "recipe": lambda: Fraction(b * c, a),
        "solve": lambda: Fraction(a * b, c),
        "mix": lambda: Fraction(a * c, a + b),
        "three": lambda: Fraction(c * d, a + b + c),
        "chain": lambda: n + Fraction(n * a, b) + Fraction(n * d, c),
        "inverse": lambda: Fraction(a * b, c),
    }[kind]()


def solve(parsed: Parsed) -> str:
    """The exact answer as TeX. ValueError if there is none."""
    if any(n < 1 for n in parsed.numbers):
        raise ValueError("only positive numbers have a ratio here")
    return decimal(_value(parsed.kind, parsed.numbers))


TELL: dict[str, Callable[..., Work]] = {
    "share": told.share,
    "scale": told.scale,
    "recipe": told.recipe,
    "solve": told.solve,
    "mix": told.mix,
    "three": told.three,
    "chain": told.chain,
    "inverse": told.inverse,
}
"""Who tells which kind, given the answer and the numbers."""


def explain(parsed: Parsed, rng: Rng) -> Work:
    """What there is to tell about the solution."""
    return TELL[parsed.kind](solve(parsed), *parsed.numbers)
