"""How derivatives and tangents are found in words, for the family `derivatives`: one function per kind."""

from __future__ import annotations

from fractions import Fraction
from typing import NamedTuple

from curation.synth.families._algebra import Number
from curation.synth.families._chain import Step, Work
from curation.synth.families._family import tex
from curation.synth.families._notation import added, bracket, listed, power, size
from curation.synth.families._polynomial import (
    derivative,
    evaluation,
    shown,
    times,
    value_at,
)


class Told(NamedTuple):
    """A solved problem: answer, words, polynomials, the same as TeX, further numbers, stationary points."""

    answer: str
    words: dict[str, str]
    rows: list[list[Number]]
    written: list[str]
    numbers: list[int]
    zeros: list[Fraction]

    @property
    def rule(self) -> str:
        return f"{self.words['fn']}({self.words['v']}) = {self.written[0]}"


def differentiated(poly: list[Number], name: str, v: str) -> list[Step]:
    """Term by term by the power rule."""
    told = []
    for k, c in reversed(list(enumerate(poly))):
        if c and k:
            told.append(f"${shown([0] * k + [c], v)}$ becomes ${shown([0] * (k - 1) + [k * c], v)}$")
    rest = f", and the constant ${tex(poly[0])}$ goes away" if poly[0] else ""
    return [
        Step(f"By the power rule, {listed(told)}{rest}. || Term by term, {listed(told)}{rest}."),
        Step(f"So the derivative is ${name}({v}) = {shown(derivative(poly), v)}$. || This makes the derivative ${name}({v}) = "
             f"{shown(derivative(poly), v)}$."),
    ]  # fmt: skip


def _power_traps(poly: list[Number], v: str) -> list[tuple[str, str]]:
    k = len(poly) - 1
    traps = []
    if k > 1:
        c = poly[k]
        traps.append((f"turn ${shown([0] * k + [c], v)}$ into ${shown([0] * k + [k * c], v)}$",
                      f"The exponent has to go down by one as well, so it is ${shown([0] * (k - 1) + [k * c], v)}$."))  # fmt: skip
    if poly[0]:
        traps.append((f"keep the constant ${tex(poly[0])}$", "A constant does not change, so its derivative is zero."))
    return traps


def _secant(poly: list[Number], a: int) -> str:
    """A symmetric difference quotient: exact for a parabola, near otherwise."""
    up, down = value_at(poly, a + 1), value_at(poly, a - 1)
    return f"$\\frac{{{tex(up)} - {bracket(down)}}}{{2}} = {tex((up - down) / 2)}$"


def formula(t: Told) -> Work:
    poly, v, fn = t.rows[0], t.words["v"], t.words["fn"]
    return Work(
        t.answer,
        f"The function is ${t.rule}$, a polynomial of degree {len(poly) - 1}. || I have ${t.rule}$, a sum of powers "
        f"of ${v}$ with coefficients.",
        f"the derivative ${fn}'({v})$",
        differentiated(poly, f"{fn}'", v),
        said=f"So ${fn}'({v}) = {t.answer}$.",
        traps=_power_traps(poly, v),
        checks=[_formula_check(t)],
        other_way=["One can write the exponents in a row, "
                   f"{listed([str(k) for k, c in reversed(list(enumerate(poly))) if c and k])}.",
                   f"Each one multiplies its coefficient and is then lowered by one, which makes ${t.answer}$."],
    )  # fmt: skip


def _formula_check(t: Told) -> str:
    """At one point, against the chord around it, which is exact up to degree 2 and off by the lead coefficient for a cubic."""
    poly, v, fn = t.rows[0], t.words["v"], t.words["fn"]
    if len(poly) > 4:
        back = f"${t.answer}$ leads to ${shown([0, *poly[1:]], v)}$ and a constant"
        return f"Going back by integrating, {back}, which fits ${fn}({v})$."
    why = (
        "the same, as it must be for a parabola"
        if len(poly) < 4
        else "off by the coefficient of the cubic term, as expected"
    )
    slope_at = tex(value_at(derivative(poly), 1))
    return f"At ${v} = 1$ the formula gives ${slope_at}$, and the slope of the chord from $0$ to $2$ is {_secant(poly, 1)}, {why}."


def slope(t: Told) -> Work:
    poly, v, fn, (a,) = t.rows[0], t.words["v"], t.words["fn"], t.numbers
    moving = "vehicle" in t.words
    asked = f"the velocity after {a} seconds, in meters per second" if moving else f"the slope ${fn}'({a})$"
    traps = [(f"put ${a}$ into ${fn}$ itself and get ${tex(value_at(poly, a))}$",
              "That is how far it has moved, not how fast it is." if moving else "That is the height of the graph, "
                                                                                 "not its slope."),
             *_power_traps(poly, v)]  # fmt: skip
    if moving:
        traps.append(
            (
                f"divide ${fn}({a}) = {tex(value_at(poly, a))}$ by {a}",
                "That is the average velocity so far, and the velocity changes.",
            )
        )
    return Work(
        t.answer,
        f"The {'distance is' if moving else 'function is'} ${t.rule}$, and the {'time' if moving else 'point'} is "
        f"${v} = {a}$. || I have ${t.rule}$ and look at ${v} = {a}$.",
        asked,
        [
            *([Step("Velocity is the derivative of the distance. || The velocity is how fast the distance changes, "
                    "so I differentiate.")] if moving else []),
            *differentiated(poly, f"{fn}'", v),
            *evaluation(derivative(poly), f"{fn}'({a})", v, a),
        ],
        said=f"It moves at {t.answer} meters per second." if moving else f"So ${fn}'({a}) = {t.answer}$.",
        traps=traps,
        checks=[_slope_check(t)],
    )  # fmt: skip


def _slope_check(t: Told) -> str:
    poly, (a,) = t.rows[0], t.numbers
    up, down = value_at(poly, a + 1), value_at(poly, a - 1)
    if len(poly) < 3:
        return f"The graph is a straight line, so its slope is ${t.answer}$ everywhere."
    mean = (up - down) / 2
    off = size(mean - value_at(derivative(poly), a))
    why = f"only ${tex(off)}$ away, because the curve is bent" if off else "exactly the slope in the middle"
    return f"Between ${a - 1}$ and ${a + 1}$ the values go from ${tex(down)}$ to ${tex(up)}$, on average ${tex(mean)}$ per unit, {why}."


def second(t: Told) -> Work:
    poly, v, fn, (a,) = t.rows[0], t.words["v"], t.words["fn"], t.numbers
    first = derivative(poly)
    again = derivative(first)
    up, here, down = (value_at(poly, a + d) for d in (1, 0, -1))
    return Work(
        t.answer,
        f"The function is ${t.rule}$, to be differentiated twice. || I have ${t.rule}$ and need its second derivative "
        f"at ${a}$.",
        f"the second derivative at ${v} = {a}$",
        [
            *differentiated(poly, f"{fn}'", v),
            Step(f"Differentiating once more gives ${fn}''({v}) = {shown(again, v)}$. || The derivative of that is "
                 f"${fn}''({v}) = {shown(again, v)}$."),
            *(evaluation(again, f"{fn}''({a})", v, a) if len(again) > 1 else [Step("It is the same number "
                                                                                   f"everywhere, so ${fn}''({a}) = "
                                                                                   f"{t.answer}$.")]),
        ],
        said=f"So ${fn}''({a}) = {t.answer}$.",
        traps=[(f"stop at ${fn}'({a}) = {tex(value_at(first, a))}$",
                "That is the first derivative; the second one is wanted."),
               ("square the first derivative", "The second derivative is the derivative of the derivative, not its "
                                               "square.")],
        checks=[f"The second difference ${tex(up)} - 2 \\cdot {bracket(here)}{added(down)} = "
                f"{tex(up - 2 * here + down)}$ of the values around ${a}$ is "
                f"{'exactly that' if len(poly) < 5 else 'close to that'}."] if len(poly) < 5 else
               ["Working from the coefficients, each one is multiplied by its exponent and by one less: "
                f"{_twice(poly)}, which gives ${shown(again, v)}$ again."],
    )  # fmt: skip


def _twice(poly: list[Number]) -> str:
    return listed(
        [
            f"${tex(c)} \\cdot {k} \\cdot {k - 1} = {tex(c * k * (k - 1))}$"
            for k, c in reversed(list(enumerate(poly)))
            if c and k > 1
        ]
    )


def tangent(t: Told) -> Work:
    poly, v, fn, (a,) = t.rows[0], t.words["v"], t.words["fn"], t.numbers
    slope_at, here = value_at(derivative(poly), a), value_at(poly, a)
    line = f"{shown([here - slope_at * a, slope_at], v)}"
    return Work(
        t.answer,
        f"The curve is ${t.rule}$, touched at ${v} = {a}$. || The tangent touches the graph of ${t.rule}$ where ${v} "
        f"= {a}$.",
        "the height of the tangent above zero",
        [
            *evaluation(poly, f"{fn}({a})", v, a),
            *differentiated(poly, f"{fn}'", v),
            *evaluation(derivative(poly), f"{fn}'({a})", v, a),
            Step(f"So the tangent goes through $({a}, {tex(here)})$ with slope ${tex(slope_at)}$. || The tangent has "
                 f"the slope ${tex(slope_at)}$ and contains $({a}, {tex(here)})$."),
            Step(f"From ${v} = {a}$ back to zero its height changes by ${bracket(-a)} \\cdot {bracket(slope_at)} = "
                 f"{tex(-a * slope_at)}$."),
            Step("At zero it is therefore at {}. || So its height there is {}.", f"{tex(here)}{added(-a * slope_at)}", t.answer),
        ],
        said=f"The tangent meets the axis at ${t.answer}$.",
        traps=[(f"take ${fn}(0) = {tex(poly[0])}$",
                "That is where the curve itself crosses the axis, not its tangent."),
               (f"answer with the slope ${tex(slope_at)}$",
                "The question is about a height, and the slope is only a step on the way.")],
        checks=[f"The line ${line}$ has the value ${tex(here)}$ at ${v} = {a}$, the same as the curve."],
    )  # fmt: skip


def product(t: Told) -> Work:
    (x, y), v, fn, (a,) = t.rows, t.words["v"], t.words["fn"], t.numbers
    dx, dy = derivative(x), derivative(y)
    values = [value_at(p, a) for p in (dx, y, x, dy)]
    one, two = values[0] * values[1], values[2] * values[3]
    whole = times(x, y)
    return Work(
        t.answer,
        f"The function is the product of ${t.written[0]}$ and ${t.written[1]}$. || There are two factors, "
        f"${t.written[0]}$ and ${t.written[1]}$.",
        f"the value ${fn}'({a})$",
        [
            Step(f"The factors have the derivatives ${shown(dx, v)}$ and ${shown(dy, v)}$. || Differentiating each "
                 f"factor gives ${shown(dx, v)}$ and ${shown(dy, v)}$."),
            Step(f"By the product rule, ${fn}'({v}) = ({shown(dx, v)})({t.written[1]}) + "
                 f"({t.written[0]})({shown(dy, v)})$."),
            Step(f"At ${v} = {a}$ the factors are ${tex(values[2])}$ and ${tex(values[1])}$, and their derivatives "
                 f"${tex(values[0])}$ and ${tex(values[3])}$."),
            Step("The first part is {}.", f"{tex(values[0])} \\cdot {bracket(values[1])}", tex(one)),
            Step("The second part is {}.", f"{tex(values[2])} \\cdot {bracket(values[3])}", tex(two)),
            Step("Their sum is {}. || Adding both: {}.", f"{tex(one)}{added(two)}", t.answer),
        ],
        said=f"So ${fn}'({a}) = {t.answer}$.",
        traps=[(f"multiply the two derivatives, which gives ${tex(values[0] * values[3])}$",
                "The derivative of a product is not the product of the derivatives.")]
        if tex(values[0] * values[3]) != t.answer else [],
        checks=[f"Multiplied out, ${fn}({v}) = {shown(whole, v)}$, whose derivative ${shown(derivative(whole), v)}$ "
                f"is ${t.answer}$ at ${a}$ too."],
    )  # fmt: skip


def chain(t: Told) -> Work:
    (inner,), v, fn, (a, n) = t.rows, t.words["v"], t.words["fn"], t.numbers
    at, slope_at = value_at(inner, a), value_at(derivative(inner), a)
    whole: list[Number] = [1]
    for _ in range(n):
        whole = times(whole, inner)
    up = power(bracket(at), n - 1)
    return Work(
        t.answer,
        f"The function is ${fn}({v}) = ({t.written[0]})^{n}$, a power of ${t.written[0]}$. || Outside there is the "
        f"power {n}, inside ${t.written[0]}$.",
        f"the value ${fn}'({a})$",
        [
            Step(f"The outer derivative is {n} times the power {n - 1}, and the inner one is "
                 f"${shown(derivative(inner), v)}$."),
            Step(f"So ${fn}'({v}) = {n}{power(f'({t.written[0]})', n - 1)} \\cdot ({shown(derivative(inner), v)})$. "
                 f"|| By the chain rule, ${fn}'({v}) = {n}{power(f'({t.written[0]})', n - 1)} \\cdot "
                 f"({shown(derivative(inner), v)})$."),
            Step(f"At ${v} = {a}$ the inside is ${tex(at)}$ and its derivative ${tex(slope_at)}$."),
            *([Step(f"The power is ${up} = {tex(at ** (n - 1))}$.")] if n > 2 else []),
            Step("All together that is {}. || Multiplying the three numbers gives {}.",
                 f"{n} \\cdot {bracket(at ** (n - 1))} \\cdot {bracket(slope_at)}", t.answer),
        ],
        said=f"So ${fn}'({a}) = {t.answer}$.",
        traps=[(f"forget the inner derivative and take ${n} \\cdot {bracket(at ** (n - 1))} = "
                f"{tex(n * at ** (n - 1))}$",
                "The inside changes too, and that has to be multiplied on.")]
        if slope_at != 1 and tex(n * at ** (n - 1)) != t.answer else [],
        checks=[f"Multiplied out, the derivative is ${shown(derivative(whole), v)}$, and at ${v} = {a}$ that is "
                f"${t.answer}$."] if n * (len(inner) - 1) <= 5 else
               [f"The factors are {n}, ${tex(at ** (n - 1))}$ and ${tex(slope_at)}$, and in any order their product "
                f"is ${t.answer}$."],
    )  # fmt: skip
