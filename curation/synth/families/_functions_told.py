"""How values, compositions and inverses of functions are found in words, for the family `functions`: one function per kind."""

from __future__ import annotations

from fractions import Fraction

from curation.synth.families._algebra import terms
from curation.synth.families._chain import Step, Work
from curation.synth.families._family import spaced, tex
from curation.synth.families._notation import bracket, power, size
from curation.synth.families._polynomial import (
    Row,
    composed,
    evaluation,
    horner,
    shown,
    substituted,
    times,
    value_at,
)

Words = dict[str, str]


def named(w: Words, formulas: list[str]) -> tuple[str, str, str, str]:
    """Names and formulas of the two functions as they are written; the second pair is empty for one function."""
    first = f"{w['fn']}({w['v']}) = {spaced(formulas[0])}"
    return w["fn"], first, w.get("fm", ""), f"{w.get('fm', '')}({w['v']}) = {spaced(formulas[-1])}"


def _sign_trap(poly: Row, x: Fraction | int) -> list[tuple[str, str]]:
    """The usual mistakes with powers."""
    traps = []
    if x < 0 and len(poly) > 2 and poly[2]:
        traps.append(
            (f"take ${power(bracket(x), 2)}$ as ${tex(-x * x)}$", "The square of a negative number is positive.")
        )
    if len(poly) > 2 and poly[2] not in (0, 1, -1) and x not in (0, 1, -1):
        c = poly[2]
        traps.append((f"multiply first and square $({substituted([0, c], x)})$",
        f"The square belongs to ${tex(x)}$ alone; the factor ${tex(c)}$ comes afterwards."))  # fmt: skip
    if len(poly) == 2 and poly[0] and poly[1] not in (1, -1) and x:
        traps.append(
            (
                f"add ${tex(poly[0])}$ to ${tex(x)}$ before multiplying",
                "Without brackets the product comes before the sum.",
            )
        )
    return traps


def value(answer: str, w: Words, formulas: list[str], rows: list[list[Fraction | int]], n: list[int]) -> Work:
    (poly,), (a,), (fn, rule, _, _) = rows, n, named(w, formulas)
    other = horner(poly, a)
    neighbor = a + 1
    return Work(
        answer,
        f"The rule is ${rule}$, and ${w['v']}$ is ${a}$. || I have the function ${rule}$ and the point ${a}$.",
        f"the value ${fn}({a})$",
        evaluation(poly, f"{fn}({a})", w["v"], a),
        said=f"So ${fn}({a}) = {answer}$.",
        traps=_sign_trap(poly, a),
        checks=[f"{other}, which ends at ${answer}$."] if other else
               [f"Nearby, ${fn}({neighbor}) = {tex(value_at(poly, neighbor))}$, and the difference "
                f"${tex(value_at(poly, neighbor) - value_at(poly, a))}$ is just the slope."],
    )  # fmt: skip


def compose(answer: str, w: Words, formulas: list[str], rows: list[list[Fraction | int]], n: list[int]) -> Work:
    (outer, inner), (a,), (fn, rule, fm, second) = rows, n, named(w, formulas)
    middle = value_at(inner, a)
    swapped = value_at(inner, value_at(outer, a))
    whole = composed(outer, inner)
    return Work(
        answer,
        f"There are two functions, ${rule}$ and ${second}$. || Given are ${rule}$ and ${second}$, and they are "
        "applied one after the other.",
        f"the value ${fn}({fm}({a}))$",
        [
            Step(f"Work from the inside out, so first ${fm}({a})$. || The inner function comes first: ${fm}({a})$."),
            *evaluation(inner, f"{fm}({a})", w["v"], a),
            *evaluation(outer, f"{fn}({tex(middle)})", w["v"], middle),
        ],
        said=f"So ${fn}({fm}({a})) = {answer}$.",
        traps=[(f"apply ${fn}$ first and then ${fm}$, which gives ${tex(swapped)}$",
                "The function inside the brackets acts first.")]
        if tex(swapped) != answer else [],
        checks=[f"As one formula, ${fn}({fm}({w['v']})) = {shown(whole, w['v'])}$, and at ${w['v']} = {a}$ that is "
                f"${answer}$ too."]
        if len(whole) <= 5 else [f"{horner(outer, middle) or f'Again, from {tex(middle)} I get'} ${answer}$."],
    )  # fmt: skip


def twice(answer: str, w: Words, formulas: list[str], rows: list[list[Fraction | int]], n: list[int]) -> Work:
    (poly,), (a,), (fn, rule, _, _) = rows, n, named(w, formulas)
    middle = value_at(poly, a)
    return Work(
        answer,
        f"The function ${rule}$ is applied twice, starting from ${a}$. || The rule is ${rule}$; the result goes in "
        "once more.",
        f"the value ${fn}({fn}({a}))$",
        [
            Step(f"The inner value ${fn}({a})$ comes first. || I begin inside, with ${fn}({a})$."),
            *evaluation(poly, f"{fn}({a})", w["v"], a),
            *evaluation(poly, f"{fn}({tex(middle)})", w["v"], middle),
        ],
        said=f"So ${fn}({fn}({a})) = {answer}$.",
        traps=[(f"square ${fn}({a})$, which would be ${tex(middle * middle)}$",
                "Applying a function twice is not the same as multiplying values.")]
        if tex(middle * middle) != answer else [],
        checks=[f"As one formula, ${fn}({fn}({w['v']})) = {shown(composed(poly, poly), w['v'])}$, and at ${w['v']} = "
                f"{a}$ that is ${answer}$ too."]
        if len(poly) < 3 else [f"{horner(poly, middle)}, so ${answer}$ it is."],
    )  # fmt: skip


def inverse(answer: str, w: Words, formulas: list[str], rows: list[list[Fraction | int]], n: list[int]) -> Work:
    (poly,), (a,), (fn, rule, _, _), v = rows, n, named(w, formulas), w["v"]
    below = Fraction(poly[1]).denominator if "/" in formulas[0] else 1
    below = max(below, Fraction(poly[0]).denominator)
    b, m, right = poly[0] * below, poly[1] * below, a * below
    steps = [
        Step(
            f"I look for the ${v}$ with ${spaced(formulas[0])} = {a}$. || Undoing ${fn}$ means solving "
            f"${spaced(formulas[0])} = {a}$."
        )
    ]
    if below > 1:
        steps.append(Step(f"Multiply both sides by {below}: ${shown([b, m], v)} = {right}$."))
    if b:
        verb, way = ("Subtract", "from") if b > 0 else ("Add", "to")
        steps.append(Step(f"{verb} ${tex(size(b))}$ {way} both sides: ${terms((m, v))} = {tex(right - b)}$."))
    if m != 1:
        steps.append(
            Step(f"Divide by ${tex(m)}$: ${v} = {answer}$. || Dividing by ${tex(m)}$ leaves ${v} = {answer}$.")
        )
    forward = tex(value_at(poly, a))
    return Work(
        answer,
        f"The function is ${rule}$, and its value is ${a}$. || I know the rule ${rule}$ and the result ${a}$, but not "
        "what was put in.",
        f"the number that ${fn}$ maps to ${a}$",
        steps,
        said=f"So ${fn}({answer}) = {a}$.",
        traps=[(f"compute ${fn}({a}) = {forward}$", f"That puts ${a}$ in, but here ${a}$ is what comes out."),
               (f"take the reciprocal of ${fn}({a})$",
                "The $-1$ of an inverse function is not an exponent; it undoes the function.")]
        if forward != answer else [],
        checks=[f"Forward again: ${fn}({answer}) = {tex(value_at(poly, (a - Fraction(poly[0])) / poly[1]))}$."],
        other_way=[f"In general the inverse is ${fn}^{{-1}}(y) = "
                   f"\\frac{{{terms((below, 'y'), (-b, ''))}}}{{{tex(m)}}}$.",
                   f"At $y = {a}$ this gives ${answer}$."] if m > 1 else [],
    )  # fmt: skip


def rule(answer: str, w: Words, formulas: list[str], rows: list[list[Fraction | int]]) -> Work:
    (outer, inner), (fn, first, fm, second), v = rows, named(w, formulas), w["v"]
    inside = shown(inner, v)
    put = terms(*((c, power(f"({inside})", k) if k else "") for k, c in reversed(list(enumerate(outer)))))
    steps = [
        Step(
            f"Replace ${v}$ in ${fn}$ by ${inside}$: ${fn}({fm}({v})) = {put}$. || The whole of ${inside}$ goes into "
            f"${fn}$: ${put}$."
        )
    ]
    power_row: list[Fraction | int] = [1]
    parts = []
    for k, c in enumerate(outer):
        if k > 1 and any(outer[k:]):
            power_row = times(power_row, inner)
            steps.append(Step(f"Expand ${power(f'({inside})', k)} = {shown(power_row, v)}$."))
        elif k == 1:
            power_row = list(inner)
        if c and k:
            parts.append(f"${shown([c * x for x in power_row], v)}$")
    steps.append(
        Step(
            f"With the coefficients of ${fn}$ the parts are "
            f"{' and '.join(reversed(parts))}{f', and the constant ${tex(outer[0])}$' if outer[0] else ''}."
        )
    )
    steps.append(Step(f"Collecting equal powers gives ${answer}$. || Together that is ${answer}$."))
    other, x = shown(composed(inner, outer), v), 2
    return Work(
        answer,
        f"The functions are ${first}$ and ${second}$. || Given are ${first}$ on the outside and ${second}$ on the "
        "inside.",
        f"the formula of ${fn}({fm}({v}))$, multiplied out",
        steps,
        said=f"So ${fn}({fm}({v})) = {answer}$.",
        traps=[(f"multiply the two formulas, which gives ${shown(times(outer, inner), v)}$",
                "A composition is not a product."),
               (f"put ${fn}$ into ${fm}$, which gives ${other}$", f"That is ${fm}({fn}({v}))$, the other order.")][: 1 + (other != answer)],
        checks=[f"Test with ${v} = {t}$: ${fm}({t}) = {tex(value_at(inner, t))}$ and ${fn}({tex(value_at(inner, t))}) "
                f"= {tex(value_at(outer, value_at(inner, t)))}$, and the formula gives "
                f"${substituted(composed(outer, inner), t)} = {tex(value_at(composed(outer, inner), t))}$." for t in (1, x)],
    )  # fmt: skip
