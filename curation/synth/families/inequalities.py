"""Inequalities, linear and quadratic: their solutions as intervals, or the integers among them; limits in words."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from math import ceil, floor

from curation.synth.families._algebra import terms
from curation.synth.families._chain import Work
from curation.synth.families._family import Parsed, Phrasings, Problem, skeleton, solvable, tex
from curation.synth.families._inequality import SIGNS, ends, integers, interval, moved, region
from curation.synth.families._inequality_linear_told import linear
from curation.synth.families._inequality_told import between_two, quadratic, story
from curation.synth.families._rng import Rng
from curation.synth.families._words import TOWNS, person

PHRASINGS = Phrasings("""
    region: Solve the inequality $<lhs><sign><rhs>$ and write the set of all real solutions in interval notation.
    | Find all real numbers $<v>$ with $<lhs><sign><rhs>$. Give the solution set in interval notation.
    | For which real numbers $<v>$ is the inequality $<lhs><sign><rhs>$ true? Answer in interval notation.
    largest: What is the largest integer $<v>$ that satisfies the inequality $<lhs><sign><rhs>$?
    | Find the greatest integer $<v>$ for which the inequality $<lhs><sign><rhs>$ is true.
    smallest: What is the smallest integer $<v>$ that satisfies the inequality $<lhs><sign><rhs>$?
    | Find the least integer $<v>$ for which the inequality $<lhs><sign><rhs>$ is true.
    count: How many integers $<v>$ satisfy the inequality $<lhs><sign><rhs>$ in all?
    | Count the integers $<v>$ for which the inequality $<lhs><sign><rhs>$ holds.
    double: Solve the double inequality $<lhs><sign><expr><sign2><rhs>$ and write the solution as an interval.
    | For which real numbers $<v>$ are both parts of $<lhs><sign><expr><sign2><rhs>$ true? Answer in interval \
        notation.
    between: How many integers $<v>$ satisfy both parts of the inequality $<lhs><sign><expr><sign2><rhs>$?
    | Count the integers $<v>$ for which the double inequality $<lhs><sign><expr><sign2><rhs>$ holds.
    budget: Renting a <ware> in <town> costs <a> dollars plus <b> dollars for each hour. <name> wants to spend no \
        more than <c> dollars. For how many full hours at most can <he> rent it?
    | A print shop in <town> asks <a> dollars for setting up the machine and <b> dollars for every poster. How many \
        posters at most can <name> order for <c> dollars?
    goal: <name> has <a> dollars and saves another <b> dollars every week. After how many weeks will <he> have more \
        than <c> dollars for the first time?
    | A tank near <town> holds <a> liters of water, and <b> liters are pumped into it every minute. After how many \
        full minutes does it hold more than <c> liters for the first time?
""")
WARES = "bicycle|kayak|tandem|moped|surfboard|rowing boat|projector|pressure washer|trailer|canoe".split("|")
LEVEL_KINDS = (
    ("region", "region", "budget"),
    ("region", "region", "goal", "budget"),
    ("region", "largest", "smallest", "double"),
    ("region", "region", "between", "largest", "smallest"),
    ("region", "region", "count", "largest"),
)


def make(rng: Rng, level: int) -> Problem:
    """A problem of difficulty 1 to 5."""
    kind = rng.choice(LEVEL_KINDS[level - 1])
    if kind in ("budget", "goal"):
        b, n = rng.randint(2, 6 + 4 * level), rng.randint(3, 10 * level)
        a = rng.randint(3, 15 * level)
        c = a + b * n + rng.randint(0, b - 1)
        values: dict[str, object] = {"a": a, "b": b, "c": c, "ware": rng.choice(WARES), "town": rng.choice(TOWNS)}
        text = PHRASINGS.write(rng, kind, values | person(rng))
    else:
        text = PHRASINGS.write(rng, kind, _formulas(rng, level, kind))
    parsed = parse(text)
    return Problem(text, solve(parsed)) if parsed else make(rng, level)  # no integer may lie between two roots


def _formulas(rng: Rng, level: int, kind: str) -> dict[str, object]:
    v, top = rng.choice("xyztnmk" if kind != "region" else "xxyzt"), 4 + 3 * level
    sign = rng.choice("<≤>≥")
    a, r = rng.randint(2, 3 + level), rng.randint(-top, top)
    b = rng.choice([n for n in range(-top, top + 1) if n])
    if level > 1 and rng.chance(0.4):
        a = -a
    shown: dict[str, object] = {"v": v, "sign": f" {SIGNS[sign]} "}
    if kind in ("double", "between"):
        sign, sign2 = rng.choice("<≤"), rng.choice("<≤")
        width, extra = rng.randint(2, top), rng.randint(0, abs(a) - 1) if kind == "between" else 0
        low, high = sorted((a * r + b - extra, a * (r + width) + b))
        signs = {"sign": f" {SIGNS[sign]} ", "sign2": f" {SIGNS[sign2]} "}
        return shown | signs | {"lhs": low, "expr": terms((a, v), (b, "")), "rhs": high}
    if level == 5 or (level == 4 and kind == "region" and rng.chance(0.5)):
        return shown | _quadratic(rng, level, kind, v, sign)
    if level == 1:
        left, right = ((1, b), r + b) if rng.chance(0.5) else ((a, 0), a * r)
        return shown | {"lhs": terms((left[0], v), (left[1], "")), "rhs": right}
    if level == 2:
        return shown | {"lhs": terms((a, v), (b, "")), "rhs": a * r + b + (rng.randint(0, 2) if rng.chance(0.3) else 0)}
    c = rng.choice([n for n in range(-5, 6) if n not in (0, a)])
    if kind in ("smallest", "largest"):
        below = (a > c) == (kind == "largest")
        shown["sign"] = f" {SIGNS[rng.choice('<≤' if below else '>≥')]} "
    if level == 3:
        off = rng.randint(0, 3) if kind != "region" else 0
        return shown | {"lhs": terms((a, v), (b, "")), "rhs": terms((c, v), ((a - c) * r + b + off, ""))}
    return shown | _nested(rng, a, b, c, r, v, kind == "region")


def _nested(rng: Rng, a: int, b: int, c: int, r: int, v: str, exact: bool) -> dict[str, object]:
    """Brackets, or a fraction on one side."""
    off = 0 if exact else rng.randint(0, 3)
    if rng.chance(0.5):
        inner = terms((1, v), (b, ""))
        return {"lhs": f"{a}({inner})", "rhs": terms((c, v), ((a - c) * r + a * b + off, ""))}
    d, size = rng.randint(2, 6), abs(a)
    value = Fraction(size * r + b, d)
    slope = c if (Fraction(size, d) > c) == (a > c) and Fraction(size, d) != c else -1 if a > c else size + 1
    rest = value - slope * r
    return {"lhs": f"\\frac{{{terms((size, v), (b, ''))}}}{{{d}}}", "rhs": terms((slope, v), (rest, ""))}


def _quadratic(rng: Rng, level: int, kind: str, v: str, sign: str) -> dict[str, object]:
    lead = 1 if level == 4 else rng.choice((1, 1, 2, 3, -1))
    r, s = rng.sample(range(-8, 9), 2)
    a, b, c = lead, -lead * (r + s), lead * r * s
    if level == 5 and rng.chance(0.5):
        p, q = rng.randint(-7, 7), rng.choice((2, 3, 5, 6, 7, 10, 11, 13, 14, 15, 17, 19))
        a, b, c = 1, -2 * p, p * p - q
    elif level == 5 and lead > 1:
        a, b, c = lead, -(r + lead * s), r * s
        if Fraction(r, lead) == s:
            b, c = b - lead, r * (s + 1)
    if kind != "region":
        sign = rng.choice("<≤" if a > 0 else ">≥")
    left, right = terms((a, f"{v}^2"), (b, v), (c, "")), "0"
    if b and rng.chance(0.4):
        left, right = terms((a, f"{v}^2"), (c, "")), terms((-b, v))
    return {"lhs": left, "rhs": right, "sign": f" {SIGNS[sign]} "}


def parse(text: str) -> Parsed | None:
    """The problem that a text states, or None for anything else."""
    return solvable(_readings(text), solve)


def _readings(text: str) -> Iterator[Parsed]:
    for kind, w in PHRASINGS.read(text):
        if kind in ("budget", "goal"):
            yield Parsed(kind, tuple(int(w[k]) for k in "abc"), {k: w[k] for k in w if len(k) > 1})
        else:
            sides = f"{w['lhs']}{w['sign']}{w['expr']}{w['sign2']}{w['rhs']}" if "expr" in w else ""
            outline, numbers = skeleton(sides or f"{w['lhs']}{w['sign']}{w['rhs']}")
            names = {ch for ch in outline if ch.isalpha()}
            if len(names) != 1 or w.get("v", *names) not in names:
                continue
            yield Parsed(kind, numbers, {"v": names.pop(), "outline": outline})


def solve(parsed: Parsed) -> str:
    """The exact answer as TeX. ValueError if there is none."""
    if parsed.kind in ("budget", "goal"):
        a, b, c = parsed.numbers
        if not 0 < a <= c or b < 1 or (parsed.kind == "budget" and a + b > c):
            raise ValueError("too little money for one")
        return str((c - a) // b + (parsed.kind == "goal"))
    if parsed.kind in ("double", "between"):
        left, closed, right, shut = ends(parsed)
        if parsed.kind == "double":
            return interval(tex(left), closed, tex(right), shut)
        first, last = ceil(left), floor(right)
        first, last = first + (not closed and first == left), last - (not shut and last == right)
        if first > last:
            raise ValueError("no integer in between")
        return str(last - first + 1)
    terms_and_sign = moved(parsed)
    if parsed.kind == "region":
        return region(*terms_and_sign)
    smallest, largest = integers(*terms_and_sign)
    end = {"largest": largest, "smallest": smallest}.get(parsed.kind)
    if parsed.kind == "count" and smallest is not None and largest is not None:
        end = largest - smallest + 1
    if end is None:
        raise ValueError("there is no such integer")
    return str(end)


def explain(parsed: Parsed, rng: Rng) -> Work:
    """What there is to tell about the solution."""
    answer = solve(parsed)
    if parsed.kind in ("budget", "goal"):
        return story(parsed, answer)
    if parsed.kind in ("double", "between"):
        return between_two(parsed, answer)
    return quadratic(parsed, answer, rng) if moved(parsed)[0] else linear(parsed, answer, rng)
