"""How linear inequalities are solved in words, for the family `inequalities`."""

from __future__ import annotations

from fractions import Fraction
from math import ceil, floor, lcm

from curation.synth.families._algebra import Number, terms
from curation.synth.families._chain import Step, Work
from curation.synth.families._family import Parsed, tex
from curation.synth.families._inequality import (
    FLIP,
    SIGNS,
    parts,
    shown_as,
    sides_of,
    truth,
)
from curation.synth.families._inequality_told import asked
from curation.synth.families._notation import size
from curation.synth.families._rng import Rng

WORDS = {"<": "less than", ">": "greater than", "≤": "at most", "≥": "at least"}


def linear(parsed: Parsed, answer: str, rng: Rng) -> Work:
    v, (sides, signs) = parsed.words["v"], parts(parsed)
    sign, shown = signs[0], shown_as(sides, signs)
    (d, p, _), (e, q, _) = sides_of(parsed, 2)
    bound = Fraction(e - d) / (p - q)
    after = sign if p > q else FLIP[sign]
    result = f"${v} {SIGNS[after]} {tex(bound)}$"
    low = "lower" if after in "<≤" else "upper"
    return Work(
        answer,
        f"The inequality is ${shown}$. || I have ${shown}$ and want to know which ${v}$ make it true. || It says "
        f"${shown}$, and ${v}$ is unknown.",
        asked(parsed.kind, v),
        [*_isolated(parsed, result), Step(_last(parsed.kind, after, answer, bound))],
        said=f"The solutions are the numbers with {result}." if parsed.kind == "region" else "The integer is "
                                                                                             f"${answer}$.",
        checks=[*_tested(parsed, bound, after)],
        traps=_line_traps(p - q, v, after, bound, parsed.kind),
        other_way=[f"The two sides are equal at ${v} = {tex(bound)}$, where both are ${tex(p * bound + d)}$.",
                   f"Only on one side of that point can the inequality hold, and ${v} = {_near(bound, after)}$ shows "
                   f"that it is the {low} one. || A test with ${v} = {_near(bound, after)}$ shows that the {low} side "
                   "is meant."],
        trials=_searched(parsed, int(answer)) if parsed.kind != "region" and rng.chance(0.6) else [],
    )  # fmt: skip


def _isolated(parsed: Parsed, result: str) -> list[Step]:
    """Steps from the inequality to the unknown alone."""
    v, sign, sides = parsed.words["v"], parts(parsed)[1][0], sides_of(parsed, 2)
    common = lcm(*(Fraction(x).denominator for row in sides for x in row))
    (b, a, _), (d, c, _) = ([x * common for x in row] for row in sides)
    steps = []
    said = f"${terms((a, v), (b, ''))} {SIGNS[sign]} {terms((c, v), (d, ''))}$"
    if common > 1:
        steps.append(Step(f"Multiply both sides by {common}, which is positive, so the sign stays: {said}. || Times "
                          f"{common}, to be rid of the fractions: {said}."))  # fmt: skip
    elif any("(" in side for side in parts(parsed)[0]):
        steps.append(Step(f"Expand the brackets: {said}. || Without brackets this is {said}."))
    if c:
        now = f"${terms((a - c, v), (b, ''))} {SIGNS[sign]} {terms((d, ''))}$"
        verb, way = ("Subtract", "from") if c > 0 else ("Add", "to")
        steps.append(Step(f"Bring the terms with ${v}$ to the left: {now}. || Collecting ${v}$ on the left gives "
                          f"{now}. || {verb} ${terms((size(c), v))}$ {way} both sides: {now}."))  # fmt: skip
    if b:
        now = f"${terms((a - c, v))} {SIGNS[sign]} {terms((d - b, ''))}$"
        verb, way = ("Subtract", "from") if b > 0 else ("Add", "to")
        steps.append(Step(f"Take the constants to the right: {now}. || The numbers go to the right: {now}. || {verb} "
                          f"${tex(size(b))}$ {way} both sides: {now}."))  # fmt: skip
    slope = tex(a - c)
    if a < c:
        steps.append(Step(f"Divide by ${slope}$. It is negative, so the sign turns around: {result}. || Dividing by "
                          f"the negative number ${slope}$ reverses the inequality: {result}. || The factor ${slope}$ "
                          f"is negative, so dividing by it flips the sign: {result}."))  # fmt: skip
    elif a - c != 1:
        steps.append(Step(f"Divide by ${slope}$, which is positive, so the sign stays as it is: {result}. || Dividing "
                          f"by ${slope}$ keeps the order, since it is positive: {result}. || Divide both sides by "
                          f"${slope}$: {result}."))  # fmt: skip
    return steps


def _last(kind: str, sign: str, answer: str, bound: Fraction) -> str:
    if kind == "region":
        end = "belongs to it" if sign in "≤≥" else "does not belong to it"
        return (f"As an interval that is ${answer}$, and the end point ${tex(bound)}$ {end}. || In interval notation "
                f"the solution is ${answer}$. || The end point ${tex(bound)}$ "
                f"{end.replace('to it', 'to the solution')}, so the interval is ${answer}$.")  # fmt: skip
    return (f"The {kind} integer that is {WORDS[sign]} ${tex(bound)}$ is ${answer}$. || Among the integers that are "
            f"{WORDS[sign]} ${tex(bound)}$, the {kind} is ${answer}$.")  # fmt: skip


def _near(bound: Fraction, sign: str) -> int:
    """An integer clearly on the side where the inequality holds."""
    return ceil(bound) - 2 if sign in "<≤" else floor(bound) + 2


def _tested(parsed: Parsed, bound: Fraction, sign: str) -> list[str]:
    v, inside = parsed.words["v"], _near(bound, sign)
    outside = floor(bound) + 2 if sign in "<≤" else ceil(bound) - 2
    yes, no = truth(parsed, inside)[1], truth(parsed, outside)[1]
    return [
        f"For ${v} = {inside}$ the inequality says ${yes}$, which is true, and for ${v} = {outside}$ it says ${no}$, "
        f"which is false, as it should be. || Inside, at ${v} = {inside}$: ${yes}$, true. Outside, at ${v} = "
        f"{outside}$: ${no}$, false."
    ]


def _line_traps(slope: Number, v: str, sign: str, bound: Fraction, kind: str) -> list[tuple[str, str]]:
    if slope < 0:
        return [(f"write ${v} {SIGNS[FLIP[sign]]} {tex(bound)}$ and keep the sign as it was",
                 "Dividing by a negative number turns the order around: 1 is less than 2, but -1 is greater than -2. "
                 "|| Both sides change their sign, and with that their order.")]  # fmt: skip
    if kind == "region":
        wrong, why = ("include", "is strict") if sign in "<>" else ("leave out", "allows equality")
        part = "does not belong" if sign in "<>" else "does belong"
        return [
            (f"{wrong} the end point ${tex(bound)}$", f"The inequality {why}, so the end point {part} to the solution.")
        ]
    if bound.denominator == 1 and sign in "<>":
        return [
            (
                f"answer ${tex(bound)}$",
                "There the two sides are equal, and equal is not enough for a strict inequality.",
            )
        ]
    if bound.denominator > 1:
        return [(f"round ${tex(bound)}$ to the nearest integer",
        "Rounding may step out of the solution; I need the last integer that is still inside.")]  # fmt: skip
    return []


def _searched(parsed: Parsed, n: int) -> list[str]:
    v, step = parsed.words["v"], 1 if parsed.kind == "largest" else -1
    told = []
    for k in (n - 3 * step, n + step, n):
        holds, values = truth(parsed, k)
        told.append(f"${v} = {k}$ gives ${values}$, which is {'true' if holds else 'false'}.")
    return [*told, "That looks like the turning point, but I would rather derive it. || Now let me see why."]
