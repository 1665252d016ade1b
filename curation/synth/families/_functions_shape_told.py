"""How lines, domains, minima and unknown coefficients are found in words, for the family `functions`: one function per kind."""

from __future__ import annotations

from fractions import Fraction

from curation.synth.families._algebra import terms
from curation.synth.families._chain import Step, Work
from curation.synth.families._family import spaced, tex
from curation.synth.families._functions_told import Words, named
from curation.synth.families._notation import added, bracket, size
from curation.synth.families._polynomial import (
    shown,
    substituted,
    value_at,
)


def parameter(answer: str, w: Words, formula: str, known: Fraction, factor: Fraction, a: int, b: int) -> Work:
    fn, v, k = w["fn"], w["v"], w["w"]
    line = terms((factor, k), (known, ""))
    steps = [Step(f"Put ${v} = {a}$ into the formula: ${fn}({a}) = {line}$. || At ${v} = {a}$ the formula becomes "
                  f"${fn}({a}) = {line}$."),
             Step(f"This has to be ${b}$, so ${line} = {b}$. || The value is known, hence ${line} = {b}$.")]  # fmt: skip
    if known:
        verb, way = ("Subtract", "from") if known > 0 else ("Add", "to")
        steps.append(Step(f"{verb} ${tex(size(known))}$ {way} both sides: ${terms((factor, k))} = {tex(b - known)}$."))
    if factor != 1:
        steps.append(Step(f"Divide by ${tex(factor)}$: ${k} = {answer}$."))
    return Work(
        answer,
        f"The function is ${fn}({v}) = {spaced(formula)}$ with an unknown ${k}$, and ${fn}({a}) = {b}$. || In "
        f"${fn}({v}) = {spaced(formula)}$ only ${k}$ is unknown, and the point $({a}, {b})$ is on the graph.",
        f"the number ${k}$",
        steps,
        said=f"So ${k} = {answer}$.",
        traps=[(f"put ${v} = {b}$ and set the result equal to ${a}$",
                f"In $({a}, {b})$ the first number is ${v}$ and the second the value.")] if a != b else [],
        checks=[f"With ${k} = {answer}$ the value at ${a}$ is ${tex(factor)} \\cdot "
                f"{bracket((b - known) / factor)}{added(known) if known else ''} = {b}$."],
    )  # fmt: skip


def _sloped(a: int, b: int, c: int, d: int) -> list[Step]:
    m = Fraction(d - b, c - a)
    return [
        Step(f"From ${a}$ to ${c}$ the argument changes by {{}}.", f"{c} - {bracket(a)}", str(c - a)),
        Step("Meanwhile the value changes by {}. || The values change by {}.", f"{d} - {bracket(b)}", str(d - b)),
        Step(f"So the slope is ${tex(m)}$, the change of the value per step. || Dividing the two, the slope is "
             f"${tex(m)}$."),
    ]  # fmt: skip


def line(answer: str, w: Words, n: list[int]) -> Work:
    a, b, c, d, e = n
    fn, m = w["fn"], Fraction(d - b, c - a)
    start = b - m * a
    return Work(
        answer,
        f"The function is linear, ${fn}({a}) = {b}$ and ${fn}({c}) = {d}$. || Two points of a straight line are "
        f"known, $({a}, {b})$ and $({c}, {d})$.",
        f"the value ${fn}({e})$",
        [
            *_sloped(a, b, c, d),
            Step(f"From ${a}$ to ${e}$ it is ${e - a}$, so the value changes by ${bracket(m)} \\cdot {bracket(e - a)} "
                 f"= {tex(m * (e - a))}$."),
            Step("Starting from the first value I get {}. || Added to the first value: {}.",
                 f"{b}{added(m * (e - a))}", answer),
        ],
        said=f"So ${fn}({e}) = {answer}$.",
        checks=[f"From the second point it is ${d}{added(m * (e - c))} = {answer}$ as well."],
        traps=[(f"add up ${b}$ and ${d}$", "The value at another place depends on how far it is from the two points.")],
        other_way=[f"The formula is ${fn}(x) = {shown([start, m], 'x')}$.", f"At $x = {e}$ it gives ${answer}$."] if e else
                  [f"The formula is ${fn}(x) = {shown([start, m], 'x')}$, and its constant is the value at zero."],
    )  # fmt: skip


def slope(answer: str, n: list[int]) -> Work:
    a, b, c, d = n
    m = Fraction(d - b, c - a)
    return Work(
        answer,
        f"Two points of a line are given, $({a}, {b})$ and $({c}, {d})$. || The line goes through $({a}, {b})$ and "
        f"$({c}, {d})$.",
        "the slope of the line",
        _sloped(a, b, c, d),
        said=f"The slope is ${answer}$.",
        checks=[f"Starting at $({a}, {b})$ and going ${c - a}$ to the side changes the height by ${bracket(c - a)} "
                f"\\cdot {bracket(m)} = {d - b}$, which leads to ${d}$."],
        traps=[(f"divide the other way round and get ${tex(1 / m)}$",
                "Slope is the change in height over the change to the side.")] if m and m != 1 / m else [],
        other_way=[f"Taking the points in the other order gives $\\frac{{{b - d}}}{{{a - c}}}$, which is ${answer}$ "
                   "again."],
    )  # fmt: skip


def hole(answer: str, w: Words, formulas: list[str], rows: list[list[Fraction | int]]) -> Work:
    below, v, fn = rows[1], w["v"], w["fn"]
    b, m = below
    top = spaced(formulas[0]).strip("()")
    steps = [Step(f"The fraction is undefined exactly where its denominator is zero, so ${shown(below, v)} = 0$. || "
                  f"Dividing by zero is impossible, so I solve ${shown(below, v)} = 0$.")]  # fmt: skip
    if b:
        steps.append(
            Step(
                f"That means ${terms((m, v))} = {tex(-b)}$. || Taking the constant to the right: ${terms((m, v))} = "
                f"{tex(-b)}$."
            )
        )
    if m != 1:
        steps.append(Step(f"Divide by ${tex(m)}$: ${v} = {answer}$."))
    at = -Fraction(b) / m
    zero = (
        []
        if len(rows[0]) < 2
        else [(f"set the numerator ${top}$ to zero", "There the function is just zero, which is fine.")]
    )
    return Work(
        answer,
        f"The function is ${fn}({v}) = \\frac{{{top}}}{{{shown(below, v)}}}$. || It is a fraction with ${top}$ on top "
        f"and ${shown(below, v)}$ below.",
        f"the number ${v}$ where ${fn}$ is not defined",
        steps,
        said=f"It is ${v} = {answer}$.",
        checks=[f"At ${v} = {answer}$ the denominator is ${substituted(below, at)} = 0$, and the numerator is "
                f"${tex(value_at(rows[0], at))}$."],
        traps=[*zero, (f"say ${v} = 0$", f"At zero the denominator is ${tex(b)}$, which is no problem at all.")] if b else zero,
    )  # fmt: skip


def root(answer: str, w: Words, rows: list[list[Fraction | int]]) -> Work:
    (poly,), v, fn = rows, w["v"], w["fn"]
    b, m = poly
    inside, at = shown(poly, v), -Fraction(b) / m
    steps = [Step(f"A square root needs something that is not negative, so ${inside} \\ge 0$. || The expression under "
                  f"the root must be at least zero: ${inside} \\ge 0$.")]  # fmt: skip
    if b:
        steps.append(Step(f"That is ${terms((m, v))} \\ge {tex(-b)}$."))
    if m != 1:
        steps.append(
            Step(
                f"Divide by the positive number ${tex(m)}$: ${v} \\ge {answer}$. || Dividing by ${tex(m)}$ gives ${v} "
                f"\\ge {answer}$."
            )
        )
    low = at - 1
    return Work(
        answer,
        f"The function is ${fn}({v}) = \\sqrt{{{inside}}}$, a square root. || Under the root stands ${inside}$.",
        f"the smallest ${v}$ that may be put in",
        [*steps, Step(f"So the smallest possible ${v}$ is ${answer}$.")],
        said=f"It is ${v} = {answer}$.",
        checks=[f"At ${v} = {answer}$ the root is $\\sqrt{{0}} = 0$, and at ${v} = {tex(low)}$ there would be "
                f"${tex(value_at(poly, low))}$ under it."],
        traps=[(f"exclude the point where ${inside}$ is zero", "The root of zero is zero, so that point is allowed."),
               (f"answer ${v} = 0$", f"At zero there is ${tex(b)}$ under the root, which "
                                     f"{'is negative' if b < 0 else 'leaves room below'}.")],
    )  # fmt: skip


def lowest(answer: str, w: Words, formulas: list[str], rows: list[list[Fraction | int]]) -> Work:
    (poly,), (fn, rule, _, _), v = rows, named(w, formulas), w["v"]
    c, b, a = poly
    at = -Fraction(b) / (2 * a)
    square = f"{'' if a == 1 else tex(a)}({terms((1, v), (-at, ''))})^2" if at else f"{'' if a == 1 else tex(a)}{v}^2"
    low = value_at(poly, at)
    full = f"{square}{added(low)}" if low else square
    return Work(
        answer,
        f"The function is ${rule}$, whose graph is a parabola that opens upward. || I have ${rule}$, with a positive "
        f"coefficient of ${v}^2$.",
        f"the smallest value of ${fn}$",
        [
            Step(f"Complete the square: ${shown(poly, v)} = {full}$. || Written with a square it is ${full}$."),
            Step(f"A square is never negative, so the smallest value is reached at ${v} = {tex(at)}$. || The square "
                 f"is at least 0, and it is 0 at ${v} = {tex(at)}$."),
            Step(f"There the function is ${fn}({tex(at)}) = {answer}$. || What remains then is ${answer}$."),
        ],
        said=f"The smallest value is ${answer}$.",
        traps=[(f"answer ${tex(at)}$", "That is where the minimum is, not how large it is."),
               *([(f"take the constant ${tex(c)}$", f"That is the value at ${v} = 0$, and elsewhere it gets smaller.")] if b else [])],
        checks=[f"One to the left and one to the right of ${tex(at)}$ the value is ${tex(value_at(poly, at + 1))}$ "
                "both times, which is larger."],
        other_way=[f"The derivative ${shown([b, 2 * a], v)}$ is zero at ${v} = {tex(at)}$.",
                   f"The value there is ${answer}$."],
    )  # fmt: skip
