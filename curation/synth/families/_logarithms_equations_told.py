"""How equations with logarithms are solved in words, for the family `logarithms`: one function per kind."""

from __future__ import annotations

from fractions import Fraction

from curation.synth.families._algebra import Number, terms
from curation.synth.families._chain import Step, Work
from curation.synth.families._family import tex
from curation.synth.families._logarithms_told import log
from curation.synth.families._notation import bracket, size
from curation.synth.families._polynomial import plus, shown, substituted, times, value_at


def _isolated(poly: list[Number], right: Number, v: str, answer: str) -> list[Step]:
    """From mv + n = right to v."""
    n, m = poly
    steps = []
    if n:
        verb, way = ("Subtract", "from") if n > 0 else ("Add", "to")
        steps.append(Step(f"{verb} ${tex(size(n))}$ {way} both sides: ${terms((m, v))} = {tex(right - n)}$."))
    if m != 1:
        steps.append(Step(f"Divide by ${tex(m)}$: ${v} = {answer}$. || Dividing by ${tex(m)}$ gives ${v} = {answer}$."))
    return steps


def solve(answer: str, v: str, rows: list[list[Number]], a: int, b: int) -> Work:
    (poly,) = rows
    raised, inside = Fraction(a) ** b, shown(poly, v)
    call = log(a, inside)
    name = f"{a}^{{{b}}}" if b < 0 or b > 9 else f"{a}^{b}"
    return Work(
        answer,
        f"The equation is ${call} = {b}$, with ${v}$ inside the logarithm. || I have ${call} = {b}$ and look for "
        f"${v}$.",
        f"the number ${v}$",
        [
            Step(f"Undo the logarithm by raising {a} to both sides: ${inside} = {name}$. || By the meaning of a "
                 f"logarithm, ${inside} = {name}$."),
            Step(f"And ${name} = {tex(raised)}$, so ${inside} = {tex(raised)}$. || The power is ${tex(raised)}$: "
                 f"${inside} = {tex(raised)}$."),
            *_isolated(poly, raised, v, answer),
        ],
        said=f"So ${v} = {answer}$.",
        traps=[(f"set ${inside}$ equal to {a} times {b}", f"The number {b} is an exponent of {a}, not a factor."),
               (f"set ${inside} = {b}^{a}$", f"The base is {a}, so it is {a} that is raised to the power {b}.")]
        [: 2 if a != b and b > 1 else 1],
        checks=[f"Inside stands then ${tex(raised)}$, which is positive, and ${log(a, tex(raised))} = {b}$."],
    )  # fmt: skip


def equal(answer: str, v: str, rows: list[list[Number]], a: int) -> Work:
    left, right = (shown(poly, v) for poly in rows)
    (q, p), (s, r) = rows
    at = Fraction(s - q) / (p - r)
    inside = value_at(rows[0], at)
    return Work(
        answer,
        f"Two logarithms to the base {a} are equal, of ${left}$ and of ${right}$. || The equation is ${log(a, left)} "
        f"= {log(a, right)}$.",
        f"the number ${v}$",
        [
            Step(f"Equal logarithms to the same base belong to equal numbers: ${left} = {right}$. || The logarithm "
                 f"takes each value once, so ${left} = {right}$."),
            Step(f"Collect ${v}$ on the left: ${terms((p - r, v), (q, ''))} = {tex(s)}$."),
            *_isolated([q, p - r], s, v, answer),
            Step(f"Both insides are then ${tex(inside)}$, which is positive, so the logarithms exist."),
        ],
        said=f"So ${v} = {answer}$.",
        traps=[(f"cancel the logarithms and stop as soon as I have ${v}$",
                "That is right only if both insides come out positive, so I have to check it."),
               (f"raise {a} to both insides", "The logarithms are undone already, so the insides themselves are "
                                              "equal.")],
        checks=[f"Left: ${substituted(rows[0], at)} = {tex(inside)}$. Right: ${substituted(rows[1], at)} = "
                f"{tex(value_at(rows[1], at))}$."],
    )  # fmt: skip


def pair(answer: str, v: str, rows: list[list[Number]], a: int, b: int, roots: list[Fraction]) -> Work:
    left, right = (shown(poly, v) for poly in rows)
    raised = Fraction(a) ** b
    product = plus(times(*rows), [-raised])
    good = next(x for x in roots if all(value_at(poly, x) > 0 for poly in rows))
    bad = next(x for x in roots if x != good)
    worse = next(poly for poly in rows if value_at(poly, bad) <= 0)
    name = f"{a}^{{{b}}}" if b < 0 or b > 9 else f"{a}^{b}"
    return Work(
        answer,
        f"The equation is ${log(a, left)} + {log(a, right)} = {b}$. || Two logarithms to the base {a}, of ${left}$ "
        f"and ${right}$, add up to {b}.",
        f"the number ${v}$ || the ${v}$ for which both logarithms exist and add up to {b}",
        [
            Step(f"A sum of logarithms is the logarithm of the product, so $({left})({right}) = {name} = "
                 f"{tex(raised)}$. || Combining them, the product $({left})({right})$ has to be ${name} = "
                 f"{tex(raised)}$."),
            Step(f"Multiplied out and with everything on one side: ${shown(product, v)} = 0$. || That is the "
                 f"quadratic equation ${shown(product, v)} = 0$."),
            Step("The discriminant is {}. || Under the root of the formula stands {}.",
                 f"{bracket(product[1])}^2 - 4 \\cdot {bracket(product[0])}",
                 tex(product[1] ** 2 - 4 * product[0])),
            Step(f"Its solutions are ${v} = {tex(roots[0])}$ and ${v} = {tex(roots[1])}$. || It is solved by ${v} = "
                 f"{tex(roots[0])}$ and ${v} = {tex(roots[1])}$."),
            Step(f"At ${v} = {tex(bad)}$ the inside ${shown(worse, v)}$ would be ${tex(value_at(worse, bad))}$, and "
                 f"that has no logarithm. || But ${v} = {tex(bad)}$ makes ${shown(worse, v)} = "
                 f"{tex(value_at(worse, bad))}$, which is not positive, so it drops out."),
            Step(f"At ${v} = {tex(good)}$ the insides are ${tex(value_at(rows[0], good))}$ and "
                 f"${tex(value_at(rows[1], good))}$, both positive. || What is left is ${v} = {tex(good)}$."),
        ],
        said=f"So ${v} = {answer}$.",
        traps=[("accept every solution of the quadratic equation that comes up",
                "A logarithm needs a positive number inside, and that has to be checked."),
               (f"add the insides, $({left}) + ({right}) = {tex(raised)}$",
                "The sum of logarithms belongs to the product of the insides.")],
        checks=[f"The insides ${tex(value_at(rows[0], good))}$ and ${tex(value_at(rows[1], good))}$ multiply to "
                f"${tex(raised)} = {name}$."],
    )  # fmt: skip
