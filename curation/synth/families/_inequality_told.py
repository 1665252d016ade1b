"""How limits in words, double and quadratic inequalities are solved in words, for the family `inequalities`."""

from __future__ import annotations

from fractions import Fraction
from math import ceil, floor, isqrt

from curation.synth.families._algebra import terms
from curation.synth.families._chain import Step, Work
from curation.synth.families._family import Parsed, tex
from curation.synth.families._inequality import (
    FLIP,
    SIGNS,
    double,
    ends,
    integers,
    moved,
    parts,
    region,
    shown_as,
    truth,
)
from curation.synth.families._notation import bracket, size
from curation.synth.families._rng import Rng
from curation.synth.families.quadratic import roots


def asked(kind: str, v: str) -> str:
    return {
        "region": f"the set of all ${v}$ that satisfy it, in interval notation || the full solution set, written with "
        "intervals",
        "double": f"the interval of all such ${v}$ || the range of ${v}$ that makes both parts true",
        "count": "how many integers satisfy it || the number of integers in the solution",
        "between": "how many integers lie in the solution || the number of integers that satisfy both parts",
    }.get(kind, f"the {kind} integer ${v}$ that satisfies it")


# ---- limits in words --------------------------------------------------------------------------------------------------------


def story(parsed: Parsed, answer: str) -> Work:
    a, b, c = parsed.numbers
    rent = parsed.kind == "budget"
    if rent:
        one, unit = ("hour" if "ware" in parsed.words else "poster"), "dollars"
    else:
        one, unit = ("week", "dollars") if "he" in parsed.words else ("minute", "liters")
    many, v, n, sign = f"{one}s", one[0], int(answer), "\\le" if rent else ">"
    last = n if rent else n - 1
    total, beside = a + b * n, a + b * (n + 1 if rent else n - 1)
    if a + b * last == c:
        divided = Step(f"Each {one} counts for {b}, and {{}}, so ${v} {sign} {last}$. || Dividing by {b} gives {{}}, "
                       f"that is ${v} {sign} {last}$.", f"{c - a} \\div {b}", str(last))  # fmt: skip
    else:
        fits, fails = f"${b} \\cdot {last} = {b * last}$", f"${b} \\cdot {last + 1} = {b * last + b}$"
        divided = Step(
            f"Because {fits} and {fails}, the quotient $\\frac{{{c - a}}}{{{b}}}$ lies between {last} and {last + 1}. "
            f"|| The number {b} fits {last} times into {c - a}, as {fits}, but not {last + 1} times, as {fails}."
        )
    return Work(
        answer,
        f"There is a fixed amount of {a} {unit}, every {one} adds {b}, and the limit is {c}. || It starts at {a} "
        f"{unit} and grows by {b} with each {one}; the figure to compare with is {c}.",
        f"the largest whole number of {many}" if rent else f"the number of full {many} until the total is above {c}",
        [
            Step(f"After ${v}$ {many} the total is ${a} + {b}{v}$ {unit}. || Call the number of {many} ${v}$; then "
                 f"the total in {unit} is ${a} + {b}{v}$."),
            Step(f"The condition reads ${a} + {b}{v} {sign} {c}$. || So I want ${a} + {b}{v} {sign} {c}$. || In "
                 f"symbols, the limit means ${a} + {b}{v} {sign} {c}$."),
            Step(f"Without the fixed part, the {many} can account for {{}} {unit}." if rent else "At the start {} "
                                                                                                 f"{unit} are "
                                                                                                 "missing.",
                                        f"{c} - {a}", str(c - a)),
            divided,
            Step(f"Only whole {many} count, so the {'largest' if rent else 'first'} number that fits is {n}. || A "
                 f"part of {'an' if one[0] in 'h' else 'a'} {one} is no help, so it is {n}."),
        ],
        said=f"It is {n} {many if n != 1 else one}.",
        checks=[f"With {n} the total is ${a} + {b} \\cdot {n} = {total}$, and with {n + 1 if rent else n - 1} it is "
                f"{beside}, so the limit of {c} is passed exactly in between."],
        traps=[(f"divide {c} by {b} straight away",
                f"That forgets the {a} {unit} that are there before the first {one}."),
               (f"round up to {n + 1}", f"That would already be {beside} {unit}, which is over the limit of {c}.") if rent
               else (f"say that {n - 1} {many} are enough", f"Then the total is {beside}, which is not more than {c}.")],
        trials=_guesses(a, b, c, n, many) if b > 2 else [],
    )  # fmt: skip


def _guesses(a: int, b: int, c: int, n: int, many: str) -> list[str]:
    tries = sorted({max(1, n // 2), n + 3, n} - {1})
    told = [f"{k} {many}: {a} + {b * k} = {a + b * k}, {'above' if a + b * k > c else 'not above'} {c}." for k in tries]
    return [
        *told,
        "So it is somewhere around there; an inequality will tell exactly. || Close, but let me do it exactly.",
    ]


# ---- double -----------------------------------------------------------------------------------------------------------------


def between_two(parsed: Parsed, answer: str) -> Work:
    v, (sides, signs) = parsed.words["v"], parts(parsed)
    low, first, a, b, second, high = double(parsed)
    left, _, right, _ = ends(parsed)
    one, two = (first, second) if a > 0 else (second, first)
    ready = f"${tex(left)} {SIGNS[one]} {v} {SIGNS[two]} {tex(right)}$"
    steps, shown = [], shown_as(sides, signs)
    if b:
        verb, way = ("Subtract", "from") if b > 0 else ("Add", "to")
        now = f"${tex(low - b)} {SIGNS[first]} {terms((a, v))} {SIGNS[second]} {tex(high - b)}$"
        steps.append(Step(f"{verb} ${tex(size(b))}$ {way} all three parts: {now}. || What is done to one part is done "
                          f"to all three: {now}, after I {verb.lower()} ${tex(size(b))}$."))  # fmt: skip
    if a < 0:
        steps.append(
            Step(f"Divide by ${tex(a)}$, which turns both signs around; written from small to large: {ready}.")
        )
    elif a != 1:
        steps.append(Step(f"Divide all parts by ${tex(a)}$: {ready}. || Dividing by ${tex(a)}$ leaves {ready}."))
    inside = [n for n in range(ceil(left), floor(right) + 1) if truth(parsed, n)[0]]
    if parsed.kind == "between":
        steps += _counted(inside[0], inside[-1], answer)
    else:
        steps.append(Step(f"That is the interval ${answer}$. || In interval notation this is ${answer}$."))
    beyond = floor(right) + 1
    each = ((low, FLIP[first] if a > 0 else first), (high, second if a > 0 else FLIP[second]))
    bounds = [f"${v} {SIGNS[sign]} {tex(Fraction(end - b) / a)}$" for end, sign in each]
    some = (
        f"For ${v} = {inside[len(inside) // 2]}$ I get ${truth(parsed, inside[len(inside) // 2])[1]}$, which is true. "
        if inside
        else ""
    )
    return Work(
        answer,
        f"Two conditions hold at once: ${shown}$. || The expression ${terms((a, v), (b, ''))}$ is enclosed from both "
        f"sides: ${shown}$.",
        asked(parsed.kind, v),
        steps,
        checks=[f"{some}For ${v} = {beyond}$ I get ${truth(parsed, beyond)[1]}$, and that is false, so the solution "
                "stops before it."],
        traps=[("subtract the first integer in it from the last and call that their number",
                "That counts the steps from one to the next and is one short.") if parsed.kind == "between"
               else ("forget about the lower bound",
               "Both parts have to be true, so the solution is bounded on both sides.")],
        other_way=[f"Taken one at a time, the first part gives {bounds[0]} and the second {bounds[1]}. || The left "
                   f"part alone means {bounds[0]}, the right part alone {bounds[1]}.", f"Together that is {ready}."],
    )  # fmt: skip


def _counted(first: int, last: int, answer: str) -> list[Step]:
    return [
        Step(f"The integers in there run from ${first}$ to ${last}$. || The first integer inside is ${first}$ and the "
             f"last one ${last}$."),
        Step("Their number is {}. || Counting both ends, that makes {} integers.", f"{last} - {bracket(first)} + 1", answer),
    ]  # fmt: skip


# ---- quadratic --------------------------------------------------------------------------------------------------------------


def quadratic(parsed: Parsed, answer: str, rng: Rng) -> Work:
    v, (a, b, c, sign), (sides, signs) = parsed.words["v"], moved(parsed), parts(parsed)
    shown = shown_as(sides, signs)
    steps = [] if sides[1] == "0" else [Step(f"Move everything to the left: ${_zero(a, b, c, v, sign)}$. || With zero "
                                             f"on the right it is ${_zero(a, b, c, v, sign)}$.")]  # fmt: skip
    if a < 0:
        a, b, c, sign = -a, -b, -c, FLIP[sign]
        steps.append(Step(f"Multiply by $-1$, which turns the sign around: ${_zero(a, b, c, v, sign)}$."))
    low, high = roots(a, b, c)
    steps += [*_rooted(a, b, c, v, low, high), *_judged(parsed, a, b, c, sign, answer)]
    tests = (
        -b // (2 * a),
        (isqrt(b * b - 4 * a * c) - b) // (2 * a) + rng.randint(2, 3),
        -((isqrt(b * b - 4 * a * c) + b) // (2 * a)) - 2,
    )
    return Work(
        answer,
        f"The inequality is quadratic: ${shown}$. || I have to find the ${v}$ with ${shown}$. || It is a quadratic "
        f"inequality in ${v}$, namely ${shown}$.",
        asked(parsed.kind, v),
        steps,
        checks=[_membership(parsed, n) for n in tests],
        traps=[(f"solve ${_zero(a, b, c, v, '=')}$ and stop there",
                "The equation gives only the end points; the inequality asks where the sign is right."),
               (f"write ${v} {SIGNS[sign]} {low}$ or ${v} {SIGNS[sign]} {high}$, as if it were an equation",
                "The sign of a product depends on both factors, so I have to see where they agree and where they "
                "differ.")],
        other_way=["The roots cut the line into three pieces, and one value from each tells the sign there.",
                   " ".join(f"At ${v} = {n}$ the claim ${truth(parsed, n)[1]}$ is "
                            f"{'true' if truth(parsed, n)[0] else 'false'}." for n in
                            (tests[2], tests[0], tests[1]))],
    )  # fmt: skip


def _judged(parsed: Parsed, a: int, b: int, c: int, sign: str, answer: str) -> list[Step]:
    """From the roots to the solution."""
    v, between = parsed.words["v"], sign in "<≤"
    where = "between the roots" if between else "outside the roots, on both sides"
    ends_, why = (
        ("belong to the solution", "equality is allowed") if sign in "≤≥" else ("are left out", "the sign is strict")
    )
    shown = region(a, b, c, sign)
    steps = [
        Step(f"The parabola opens upward, so the left side is {'negative' if between else 'positive'} {where}. || The "
             f"coefficient of ${v}^2$ is positive, so the graph lies {'below' if between else 'above'} the axis "
             f"{where}. || Far out the left side is positive and the sign changes at each root, so it is "
             f"{'negative' if between else 'positive'} {where}."),
        Step(f"The roots themselves {ends_} because {why}: ${shown}$. || The solution is ${shown}$, where the end "
             f"points {ends_}. || As {why}, the end points {ends_}, and I get ${shown}$."),
    ]  # fmt: skip
    if parsed.kind == "region":
        return steps
    first, last = integers(a, b, c, sign)
    assert first is not None and last is not None
    if parsed.kind == "count":
        return [*steps, *_counted(first, last, answer)]
    return [
        *steps,
        Step(f"The integers in this interval run from ${first}$ to ${last}$, and the {parsed.kind} is ${answer}$."),
    ]


def _membership(parsed: Parsed, n: int) -> str:
    holds, values = truth(parsed, n)
    v, verdict, place = parsed.words["v"], "true" if holds else "false", "inside" if holds else "outside"
    return (f"At ${v} = {n}$ the inequality reads ${values}$, which is {verdict}, and ${n}$ does lie {place} the "
            f"solution. || Take ${v} = {n}$, which should be {place} the solution: ${values}$ is {verdict}.")  # fmt: skip


def _zero(a: int, b: int, c: int, v: str, sign: str) -> str:
    return f"{terms((a, f'{v}^2'), (b, v), (c, ''))} {SIGNS.get(sign, sign)} 0"


def _rooted(a: int, b: int, c: int, v: str, low: str, high: str) -> list[Step]:
    """How the roots are found: by factors where they are integers, else by the formula."""
    if a == 1 and low.lstrip("-").isdigit() and high.lstrip("-").isdigit():
        r, s = int(low), int(high)
        factors = "".join(f"({terms((1, v), (-n, ''))})" if n else v for n in sorted((r, s), key=abs))
        return [
            Step(f"Look for two numbers with sum ${r + s}$ and product ${r * s}$: they are ${r}$ and ${s}$. || Two "
                 f"numbers that add up to ${r + s}$ and multiply to ${r * s}$ are ${r}$ and ${s}$."),
            Step(f"So the left side is ${factors}$, which is zero at ${v} = {low}$ and ${v} = {high}$. || That "
                 f"factors the left side into ${factors}$, with the roots ${low}$ and ${high}$."),
        ]  # fmt: skip
    inside = b * b - 4 * a * c
    return [
        Step("The discriminant is {}. || Under the root of the formula stands {}.",
             f"{bracket(b)}^2 - 4 \\cdot {a} \\cdot {bracket(c)}",
             str(inside)),
        Step(f"The formula $\\frac{{{-b} \\pm \\sqrt{{{inside}}}}}{{{2 * a}}}$ gives the roots ${low}$ and ${high}$. "
             f"|| So the left side is zero at ${v} = {low}$ and at ${v} = {high}$."),
    ]  # fmt: skip
