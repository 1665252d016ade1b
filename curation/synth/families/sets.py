"""Sets and their overlaps: two or three properties, neither, both, only one, and multiples of one number or another."""

from __future__ import annotations

from math import lcm

from curation.synth.families import _sets_told as told
from curation.synth.families._chain import Work
from curation.synth.families._family import Parsed, Phrasings, Problem, solvable
from curation.synth.families._rng import Rng
from curation.synth.families._words import TOWNS

PHRASINGS = Phrasings("""
    either: In a <group>, <a> people <verb> <first> and <b> people <verb> <second>, among them <c> who do both. How many \
        people <verb> at least one of the two?
    | A survey in <town> found <a> people who <verb> <first>, <b> who <verb> <second>, and <c> who belong to both of \
        these groups. How many people are in at least one of the groups?
    only: In a <group>, <a> people <verb> <first>, and <c> of these people <verb> <second> as well. Altogether <b> \
        people <verb> <second>. How many <verb> exactly one of the two?
    | Of the people in a <group>, <a> <verb> <first> and <b> <verb> <second>; <c> of them are counted in both numbers. \
        How many people <verb> one but not the other?
    neither: In a <group> of <n> people, <a> <verb> <first>, <b> <verb> <second>, and <c> <verb> both. How many people \
        <verb> neither of the two?
    | Of <n> people asked in <town>, <a> said that they <verb> <first>, <b> that they <verb> <second>, and <c> said \
        yes to both questions. How many said no to both?
    both: Each of the <n> people in a <group> does at least one of two things: <a> <verb> <first>, and <b> <verb> \
        <second>. How many people do both?
    | In a <group> of <n> people, everybody is on at least one of two lists: <a> are listed because they <verb> <first>, \
        and <b> because they <verb> <second>. How many are on both lists?
    formula: For two sets, $|A| = <a>$, $|B| = <b>$ and $|A \\cup B| = <n>$. What is $|A \\cap B|$?
    | The sets $A$ and $B$ have <a> and <b> elements, and their union has <n> elements. How many elements does their \
        intersection have?
    multiples: How many of the whole numbers from 1 to <n> can be divided by <a> or by <b>?
    | Cards are numbered from 1 to <n>. All cards whose number is a multiple of <a> or of <b> are taken away. How many \
        cards are that?
    three: In a <group>, <a> people <verb> <first>, <b> <verb> <second>, and <c> <verb> <third>. Of these, <d> <verb> \
        both <first> and <second>, <e> both <first> and <third>, <f> both <second> and <third>, and <g> <verb> all \
        three. How many people <verb> at least one of the three?
    none: Of <n> people in a <group>, <a> <verb> <first>, <b> <verb> <second>, and <c> <verb> <third>; <d> <verb> \
        <first> and <second>, <e> <verb> <first> and <third>, <f> <verb> <second> and <third>, and <g> <verb> all of \
        them. How many people <verb> none of the three?
    one: In a <group>, <a> people <verb> <first>, <b> <verb> <second>, and <c> <verb> <third>. Counted in pairs, <d> \
        <verb> <first> and <second>, <e> <first> and <third>, and <f> <second> and <third>; <g> people are in all \
        three of these groups. How many <verb> exactly one of the three?
""")
LEVEL_KINDS = (
    ("either",),
    ("either", "only", "neither"),
    ("neither", "both", "formula", "only"),
    ("multiples", "three", "both"),
    ("three", "none", "one", "multiples"),
)
GROUPS = (
    "club|choir|village|youth group|sports camp|language school|summer camp|reading circle|company|orchestra|boarding school|hiking group"
).split("|")
TOPICS = {
    "play": "tennis chess football badminton hockey volleyball basketball golf handball cricket".split(),
    "speak": "French Spanish German Arabic Swahili Japanese Turkish Portuguese Hindi Polish".split(),
    "like": "tea coffee olives cheese mushrooms mangoes chocolate rice soup pears".split(),
    "study": "physics history biology music chemistry drawing geography economics".split(),
    "own": "bicycles cats dogs pianos cameras boats tents skis".split(),
}


def make(rng: Rng, level: int) -> Problem:
    """A problem of difficulty 1 to 5."""
    kind, top = rng.choice(LEVEL_KINDS[level - 1]), 12 * level
    x, y, z, rest = (rng.randint(1, top) for _ in range(4))
    a, b, c, n = x + z, y + z, z, x + y + z + rest
    d = e = f = g = 0
    if kind in ("both", "formula"):
        n = x + y + z
    if kind == "multiples":
        a, b = rng.sample((2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 15), 2)
        while max(a, b) % min(a, b) == 0:
            a, b = rng.sample((2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 15), 2)
        n = rng.randint(3 * lcm(a, b), 40 * level + 8 * lcm(a, b))
    if kind in ("three", "none", "one"):
        only = [rng.randint(1, top) for _ in range(3)]
        pairs = [rng.randint(1, top // 3) for _ in range(3)]
        g = rng.randint(1, top // 4)
        d, e, f = (p + g for p in pairs)
        a, b, c = only[0] + d + e - g, only[1] + d + f - g, only[2] + e + f - g
        n = sum(only) + sum(pairs) + g + rest
    verb = rng.choice(sorted(TOPICS))
    first, second, third = rng.sample(TOPICS[verb], 3)
    words = {
        "group": rng.choice(GROUPS),
        "town": rng.choice(TOWNS),
        "verb": verb,
        "first": first,
        "second": second,
        "third": third,
    }
    text = PHRASINGS.write(rng, kind, {**words, "a": a, "b": b, "c": c, "d": d, "e": e, "f": f, "g": g, "n": n})
    parsed = parse(text)
    assert parsed is not None, text
    return Problem(text, solve(parsed))


def parse(text: str) -> Parsed | None:
    """The problem that a text states, or None for anything else."""
    return solvable([PHRASINGS.integers(text)], solve)


def _value(kind: str, numbers: tuple[int, ...]) -> int:
    a, b, c, d, e, f, g, n = (*numbers[:7], *[0] * (7 - len(numbers[:7])), numbers[-1])
    return {
        "either": lambda: a + b - c,
        "only": lambda: a + b - 2 * c,
        "neither": lambda: n - (a + b - c),
        "both": lambda: a + b - n,
        "formula": lambda: a + b - n,
        "multiples": lambda: n // a + n // b - n // lcm(a, b),
        "three": lambda: a + b + c - d - e - f + g,
        "none": lambda: n - (a + b + c - d - e - f + g),
        "one": lambda: a + b + c - 2 * (d + e + f) + 3 * g,
    }[kind]()


def solve(parsed: Parsed) -> str:
    """The exact answer as TeX. ValueError if there is none."""
    kind, numbers = parsed.kind, parsed.numbers
    a, b, c = numbers[:3]
    if kind == "multiples":
        if min(numbers) < 1:
            raise ValueError("no numbers to count")
        return str(_value(kind, numbers))
    if min(numbers) < 0:
        raise ValueError("a group of fewer than no people")
    regions: tuple[int, ...] = (a - c, b - c)
    if kind in ("three", "none", "one"):
        d, e, f, g = numbers[3:7]
        regions = (a - d - e + g, b - d - f + g, c - e - f + g, d - g, e - g, f - g)
    elif kind in ("both", "formula"):
        regions = (a + b - c, c - a, c - b)
    value = _value(kind, numbers)
    if min(*regions, value) < 0:
        raise ValueError("a part would be larger than its whole")
    return str(value)


def explain(parsed: Parsed, rng: Rng) -> Work:
    """What there is to tell about the solution."""
    kind, numbers, w = parsed.kind, parsed.numbers, parsed.words
    answer = solve(parsed)
    if kind == "multiples":
        return told.tell_multiples(answer, *numbers)
    if kind in ("three", "none", "one"):
        return told.tell_three(answer, kind, w, numbers)
    one, two = (w.get("first", "A"), w.get("second", "B"))
    if kind in ("both", "formula"):
        return told.tell_overlap(answer, one, two, *numbers)
    return told.tell_two(answer, kind, one, two, numbers)
