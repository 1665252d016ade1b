"""Remainders: last digits, products and powers, weekdays and clocks, congruences, inverses, two conditions at once."""

from __future__ import annotations

from math import gcd

from curation.synth.families import _modular_told as told
from curation.synth.families._chain import Work
from curation.synth.families._family import Parsed, Phrasings, Problem, solvable
from curation.synth.families._rng import Rng
from curation.synth.families._words import BOXES, COUNTABLE, person

PHRASINGS = Phrasings("""
    clock: The short hand of a clock with twelve hours points to <a>. To which number does it point <b> hours later?
    | It is <a> o'clock on an ordinary clock face. Which hour does the clock show after another <b> hours have passed?
    week: Number the days of the week from 1 to 7. If today is day number <a>, what is the number of the day that \
        comes <b> days after today?
    | In a timetable the weekdays carry the numbers 1 to 7, again and again. Which number does the day carry that is \
        <b> days after a day with number <a>?
    last: What is the last digit of $<a>^{<b>}$?
    | Find the units digit of the number $<a>^{<b>}$.
    | When $<a>^{<b>}$ is written out, which digit stands at the very end?
    product: What is the remainder when $<a> \\cdot <b>$ is divided by $<m>$?
    | <name> has <a> <box> with <b> <thing> each and packs everything into parcels of <m>. How many <thing> are \
        left over in the end?
    solve: Find the smallest non-negative integer $x$ with $<a>x \\equiv <b> \\pmod{<m>}$.
    | What is the least non-negative integer $x$ for which $<a>x$ leaves the remainder $<b>$ when divided by $<m>$?
    inverse: What is the smallest positive integer $x$ such that $<a>x \\equiv 1 \\pmod{<m>}$?
    | Find the multiplicative inverse of $<a>$ modulo $<m>$, as a number between $0$ and $<m>$.
    powers: What is the remainder when $<a>^{<b>} + <c>^{<d>}$ is divided by $<m>$?
    | Find the remainder of the sum $<a>^{<b>} + <c>^{<d>}$ modulo $<m>$.
    two: A number leaves the remainder $<a>$ when divided by $<b>$ and the remainder $<c>$ when divided by $<d>$. \
        What is the smallest positive integer with this property?
    | <name> counts <his> <thing>. In groups of <b> there are <a> left over, and in groups of <d> there are <c> left \
        over. What is the smallest positive number of <thing> that <he> can have?
""")
LEVEL_KINDS = (
    ("clock", "week"),
    ("week", "last", "product"),
    ("last", "product", "solve"),
    ("solve", "inverse", "two"),
    ("powers", "two", "inverse"),
)
MAX_EXPONENT, MAX_MODULUS = 10_000, 400


def make(rng: Rng, level: int) -> Problem:
    """A problem of difficulty 1 to 5."""
    kind = rng.choice(LEVEL_KINDS[level - 1])
    a, b, c, d = rng.randint(1, 12), rng.randint(5, 15 + 45 * level), 0, 0
    m = rng.randint(5, 5 + 6 * level)
    if kind == "week":
        a = rng.randint(1, 7)
    if kind == "last":
        a, b = rng.choice([n for n in range(2, 20 * level) if n % 10 not in (0, 1, 5, 6)]), rng.randint(5, 40 * level)
    if kind == "product":
        a, b, m = rng.randint(12, 40 * level), rng.randint(12, 40 * level), rng.randint(6, 10 + 5 * level)
    if kind in ("solve", "inverse"):
        m = rng.randint(7, 7 + 25 * level)
        a = rng.choice([n for n in range(2, m) if gcd(n, m) == 1])
        b = rng.randint(1, m - 1)
    if kind == "powers":
        m = rng.choice((5, 7, 9, 10, 11, 13, 17))
        a, c = rng.sample([n for n in range(2, 15) if n % m > 1], 2)
        b, d = rng.randint(4, 200), rng.randint(4, 200)
    if kind == "two":
        b, d = rng.choice(
            [(x, y) for x in range(3, 8 + level) for y in range(3, 8 + 2 * level) if x != y and gcd(x, y) == 1]
        )
        a, c = rng.randint(1, b - 1), rng.randint(1, d - 1)
    words = {**person(rng), "thing": rng.choice(COUNTABLE), "box": rng.choice(BOXES)}
    slots = {"a": a, "b": b, "c": c, "d": d, "m": m}
    used = {"clock": "ab", "week": "ab", "last": "ab", "inverse": "am", "powers": "abcdm", "two": "abcd"}.get(
        kind, "abm"
    )
    return Problem(PHRASINGS.write(rng, kind, {**words, **slots}), str(_value(kind, tuple(slots[x] for x in used))))


def parse(text: str) -> Parsed | None:
    """The problem that a text states, or None for anything else."""
    return solvable([PHRASINGS.positive(text)], solve)


def _value(kind: str, numbers: tuple[int, ...]) -> int:
    a, b, c, d, m = (*numbers, 1, 1, 1)[:5]
    return {
        "clock": lambda: (a + b - 1) % told.CLOCK + 1,
        "week": lambda: (a + b - 1) % told.WEEK + 1,
        "last": lambda: pow(a, b, told.TEN),
        "product": lambda: a * b % c,
        "solve": lambda: pow(a, -1, c) * b % c,
        "inverse": lambda: pow(a, -1, b),
        "powers": lambda: (pow(a, b, m) + pow(c, d, m)) % m,
        "two": lambda: next(n for n in range(a, b * d + a + 1, b) if n % d == c),
    }[kind]()


def solve(parsed: Parsed) -> str:
    """The exact answer as TeX. ValueError if there is none."""
    kind, (a, b, c, d, m) = parsed.kind, (*parsed.numbers, 1, 1, 1)[:5]
    modulus = {"product": c, "solve": c, "inverse": b, "powers": m, "two": max(b, d)}.get(kind, told.TEN)
    powers = {"last": (b,), "powers": (b, d)}.get(kind, ())
    bad = modulus < 2 or modulus > MAX_MODULUS or any(n > MAX_EXPONENT for n in powers)
    bad = bad or (kind in ("clock", "week") and a > (told.CLOCK if kind == "clock" else told.WEEK))
    bad = bad or (kind == "solve" and (gcd(a, c) > 1 or b >= c)) or (kind == "inverse" and gcd(a, b) > 1)
    bad = bad or (kind == "two" and (gcd(b, d) > 1 or a >= b or c >= d))
    if bad:
        raise ValueError("out of range, or no single answer")
    return str(_value(kind, parsed.numbers))


def explain(parsed: Parsed, rng: Rng) -> Work:
    """What there is to tell about the solution."""
    a, b, c, d, m = (*parsed.numbers, 1, 1, 1)[:5]
    answer, kind = solve(parsed), parsed.kind
    if kind in ("clock", "week"):
        return told.tell_round(answer, a, b, told.CLOCK if kind == "clock" else told.WEEK)
    if kind == "last":
        return told.tell_last(answer, a, b)
    if kind == "product":
        return told.tell_product(answer, a, b, c)
    if kind in ("solve", "inverse"):
        return told.tell_congruence(answer, a, b if kind == "solve" else 1, c if kind == "solve" else b, rng)
    return told.tell_powers(answer, a, b, c, d, m) if kind == "powers" else told.tell_two(answer, a, b, c, d)
