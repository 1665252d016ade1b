"""How zeros of a derivative and extreme values are found in words, for the family `derivatives`: one function per kind."""

from __future__ import annotations

from fractions import Fraction

from curation.synth.families._algebra import terms
from curation.synth.families._chain import Step, Work
from curation.synth.families._derivatives_told import Told, differentiated
from curation.synth.families._family import tex
from curation.synth.families._notation import bracket, power
from curation.synth.families._polynomial import (
    derivative,
    evaluation,
    shown,
    substituted,
    value_at,
)


def flat(t: Told) -> Work:
    poly, v, fn, (zero,) = t.rows[0], t.words["v"], t.words["fn"], t.zeros
    b, m = derivative(poly)
    moving = "vehicle" in t.words
    up = value_at(poly, zero + 1)
    steps = [
        Step("It stands still when its velocity, the derivative, is zero. || No movement means that the derivative "
             "is zero." if moving else
             "A horizontal tangent means that the derivative is zero. || Where the graph is flat, the derivative is "
             "zero."),
        *differentiated(poly, f"{fn}'", v),
        Step(f"Now solve ${shown([b, m], v)} = 0$, which means ${terms((m, v))} = {tex(-b)}$. || Setting it to zero "
             f"gives ${terms((m, v))} = {tex(-b)}$."),
        Step(f"Dividing by ${tex(m)}$ gives ${v} = {t.answer}$. || So ${v} = {t.answer}$."),
    ]  # fmt: skip
    return Work(
        t.answer,
        f"The {'position' if moving else 'function'} is ${t.rule}$, a quadratic. || I have ${t.rule}$, whose graph is "
        "a parabola.",
        "the time at which it stands still, in seconds" if moving else f"the ${v}$ with a horizontal tangent",
        steps if m != 1 else steps[:-1],
        said=f"It is ${v} = {t.answer}$.",
        traps=[(f"solve ${fn}({v}) = 0$", "There the position is zero, but it need not stand still." if moving else "There "
                                                                                                                    "the "
                                                                                                                    "height "
                                                                                                                    "is "
                                                                                                                    "zero, "
                                                                                                                    "but "
                                                                                                                    "not "
                                                                                                                    "the "
                                                                                                                    "slope.")],
        checks=[f"A parabola is symmetric about that point, and ${fn}$ is ${tex(up)}$ both one before and one after "
                "it."],
    )  # fmt: skip


def _zero_steps(t: Told) -> list[Step]:
    poly, v, fn, (low, high) = t.rows[0], t.words["v"], t.words["fn"], t.zeros
    slope_row = [Fraction(c) for c in derivative(poly)]
    c, b, a = slope_row
    inside = b * b - 4 * a * c
    monic = [x / a for x in slope_row]
    steps = [
        *differentiated(poly, f"{fn}'", v),
        Step(
            f"The derivative is to be zero: ${shown(slope_row, v)} = 0$. || I set it to zero: ${shown(slope_row, v)} "
            "= 0$."
        ),
    ]
    if all(x.denominator == 1 for x in (low, high)):
        if a != 1:
            steps.append(Step(f"Divide by ${tex(a)}$: ${shown(monic, v)} = 0$."))
        factors = "".join(f"({terms((1, v), (-x, ''))})" if x else v for x in sorted((low, high), key=abs))
        steps.append(Step(f"That factors as ${factors} = 0$, so ${v} = {tex(low)}$ or ${v} = {tex(high)}$. || The "
                          f"factors are ${factors}$, hence ${v} = {tex(low)}$ or ${v} = {tex(high)}$."))  # fmt: skip
    else:
        steps.append(
            Step(
                "The discriminant is {}.",
                f"{power(bracket(b), 2)} - 4 \\cdot {bracket(a)} \\cdot {bracket(c)}",
                tex(inside),
            )
        )
        steps.append(Step(f"The quadratic formula gives ${v} = {tex(low)}$ or ${v} = {tex(high)}$."))
    return steps


def stationary(t: Told) -> Work:
    poly, v, fn, (low, high) = t.rows[0], t.words["v"], t.words["fn"], t.zeros
    c, b, a = derivative(poly)
    return Work(
        t.answer,
        f"The function is the cubic ${t.rule}$. || I have ${t.rule}$, of degree three.",
        f"the ${v}$ where the derivative is zero, from small to large",
        [*_zero_steps(t), Step(f"In increasing order that is ${t.answer}$. || The smaller one first: ${t.answer}$.")],
        said=f"The derivative is zero at ${tex(low)}$ and ${tex(high)}$.",
        traps=[(f"look for the zeros of ${fn}$ itself",
                "Stationary points are where the slope is zero, not the height."),
               *([(f"cancel ${v}$ and keep only one solution", f"Then ${v} = 0$ would be lost.")] if not c else [])],
        checks=[f"The two should add up to ${tex(-Fraction(b) / a)}$ and multiply to ${tex(Fraction(c) / a)}$, by the "
                "coefficients of the derivative, and they do.",
                f"Put back in, ${substituted([c, b, a], low)} = 0$."],
    )  # fmt: skip


def _extreme(t: Told, top: bool) -> Work:
    poly, v, fn, (low, high) = t.rows[0], t.words["v"], t.words["fn"], t.zeros
    curve = derivative(derivative(poly))
    at, other = (low, high) if top == (poly[3] > 0) else (high, low)
    word, sign = ("maximum", "negative") if top else ("minimum", "positive")
    return Work(
        t.answer,
        f"The function is the cubic ${t.rule}$, which has one local maximum and one local minimum. || I have "
        f"${t.rule}$ and look at its local {word}.",
        f"the value of the local {word}",
        [
            *_zero_steps(t),
            Step(f"The second derivative is ${shown(curve, v)}$, which at ${tex(at)}$ is "
                 f"${tex(value_at(curve, at))}$, so {sign}. || With ${fn}''({v}) = {shown(curve, v)}$ I get "
                 f"${fn}''({tex(at)}) = {tex(value_at(curve, at))}$, which is {sign}."),
            Step(f"So the local {word} is at ${v} = {tex(at)}$. || That makes ${v} = {tex(at)}$ the place of the "
                 f"local {word}."),
            *evaluation(poly, f"{fn}({tex(at)})", v, at),
        ],
        said=f"The local {word} is ${t.answer}$.",
        traps=[(f"answer ${tex(at)}$", f"That is the place of the {word}; its value is asked for."),
               (f"take the value at ${tex(other)}$, which is ${tex(value_at(poly, other))}$",
                f"There the second derivative has the other sign, so that is the {'minimum' if top else 'maximum'}.")],
        checks=[f"Close by, at ${tex(at + d)}$, the value is ${tex(value_at(poly, at + d))}$, which is "
                f"{'lower' if top else 'higher'}." for d in (Fraction(1, 2), Fraction(-1, 2))]
        if at.denominator == 1 else [f"The value at ${tex(other)}$ is ${tex(value_at(poly, other))}$, which is "
                                     f"{'lower' if top else 'higher'}, as it has to be."],
    )  # fmt: skip


def highest(t: Told) -> Work:
    return _extreme(t, top=True)


def lowest(t: Told) -> Work:
    return _extreme(t, top=False)
