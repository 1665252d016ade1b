"""How problems about powers are solved in words, for the family `powers`: one function per kind."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

from curation.synth.families._algebra import Number, terms
from curation.synth.families._chain import Step, Work
from curation.synth.families._family import tex
from curation.synth.families._notation import added, listed, power, size
from curation.synth.families._polynomial import shown


def _multiplied(base: int, exponent: int) -> list[Step]:
    """Steps to a power by repeated multiplication."""
    rows = [base**k for k in range(1, exponent + 1)]
    return [
        Step(f"That makes ${power(str(base), k)}$: {{}}. || The power {k} is {{}}.", f"{x} \\times {base}", str(y))
        for k, (x, y) in enumerate(pairwise(rows), 2)
    ]


def product(answer: str, v: str, a: int, b: int) -> Work:
    return Work(
        answer,
        f"Two powers of ${v}$ are multiplied, with the exponents {a} and {b}. || The factors are ${power(v, a)}$ and "
        f"${power(v, b)}$.",
        f"the exponent of the single power || the product as one power of ${v}$",
        [
            Step(f"Equal bases are multiplied by adding the exponents. || ${power(v, a)}$ is {a} factors ${v}$ and "
                 f"${power(v, b)}$ is {b} more, so the factors are just counted together."),
            Step("So the new exponent is {}. || Adding the exponents: {}.", f"{a} + {b}", str(a + b)),
            Step(f"The result is ${answer}$."),
        ],
        said=f"The product is ${answer}$.",
        traps=[(f"multiply the exponents and write ${power(v, a * b)}$",
                "That would be right for a power of a power, not for a product.")] if a * b != a + b else [],
        checks=[f"With ${v} = 2$ the factors are {2**a} and {2**b}, and their product {2 ** (a + b)} is "
                f"$2^{{{a + b}}}$."] if a + b <= 24 else
               [f"Counting factors: {a} and {b} make {a + b}."],
    )  # fmt: skip


def quotient(answer: str, v: str, a: int, b: int, c: int) -> Work:
    n = a + b - c
    return Work(
        answer,
        f"On top there are ${power(v, a)}$ and ${power(v, b)}$, below there is ${power(v, c)}$. || Three powers of "
        f"${v}$ occur: two are multiplied, and it is divided by ${power(v, c)}$.",
        f"the fraction as one power of ${v}$",
        [
            Step("On top the exponents are added: {}. || The numerator has the exponent {}.", f"{a} + {b}", str(a + b)),
            Step("Dividing takes away exponents, which leaves {}. || The exponent below is subtracted: {}.",
                 f"{a + b} - {c}", str(n)),
            Step(f"So the fraction is ${answer}$." if n else "The exponent 0 means that the fraction is 1."),
        ],
        said=f"The fraction is ${answer}$.",
        traps=[("add all three exponents", "The power below the line divides, so its exponent counts negatively."),
               (f"divide the exponents, {a + b} by {c}", "Exponents of a quotient are subtracted, not divided.")],
        checks=[f"Multiplying back, ${power(v, c)} \\cdot {answer if n else 1}$ has the exponent {c}{added(n)} = "
                f"{a + b}, like the numerator."],
    )  # fmt: skip


def tower(answer: str, v: str, a: int, b: int, c: int) -> Work:
    return Work(
        answer,
        f"A power of a power, $({power(v, a)})^{{{b}}}$, is multiplied by ${power(v, c)}$. || There is "
        f"${power(v, a)}$ taken {b} times as a factor, and then ${power(v, c)}$.",
        f"the expression as one power of ${v}$",
        [
            Step("A power of a power multiplies the exponents: {}. || Raising again means multiplying: {}.",
                 f"{a} \\times {b}", str(a * b)),
            Step("The other factor adds its exponent: {}. || In the product the exponents are added: {}.",
                 f"{a * b} + {c}", str(a * b + c)),
            Step(f"So it is ${answer}$."),
        ],
        said=f"It is ${answer}$.",
        traps=[(f"add all the exponents to {a + b + c}",
                f"The exponent {b} repeats ${power(v, a)}$ as a factor, so {a} is added {b} times.")] if a + b != a * b else [],
        checks=[f"Counting factors, {b} groups of {a} and {c} more are {a * b + c}."],
    )  # fmt: skip


def number(answer: str, a: int, b: int) -> Work:
    n, half = abs(b), abs(b) // 2
    flip = [Step(f"A negative exponent means one over the power, so ${power(str(a), b)} = "
                 f"\\frac{{1}}{{{power(str(a), n)}}}$. || The minus in the exponent turns the power into its "
                 f"reciprocal, $\\frac{{1}}{{{power(str(a), n)}}}$.")] if b < 0 else []  # fmt: skip
    return Work(
        answer,
        f"The base is {a} and the exponent is {b}. || The number {a} is raised to the power {b}.",
        f"the value of ${power(str(a), b)}$",
        [*flip, *_multiplied(a, n), *([Step(f"So the value is ${answer}$.")] if b < 0 or n == 1 else [])],
        said=f"So ${power(str(a), b)} = {answer}$.",
        traps=[(f"give the result a minus sign, ${-(a**n)}$",
                "The exponent is negative, not the number; the result is a positive fraction.")
               if b < 0 else (f"multiply {a} by {b}", f"A power is {b} factors {a}, and not the product of the two.")],
        checks=[f"Since ${power(str(a), half)} = {a**half}$ and ${power(str(a), n - half)} = {a ** (n - half)}$, the "
                f"power {n} is {a**half} × {a ** (n - half)} = {a**n}."
                if n > 3 else f"Dividing {a**n} by {a} gives back {a ** (n - 1)}."],
    )  # fmt: skip


def cancel(answer: str, a: int, b: int, c: int, d: int) -> Work:
    n, base = b + c - d, str(a)
    return Work(
        answer,
        f"All powers have the base {a}; the exponents are {b} and {c} above and {d} below. || The fraction has "
        f"${power(base, b)}$ and ${power(base, c)}$ on top and ${power(base, d)}$ below.",
        "the value of the fraction",
        [
            Step("On top the exponents add up to {}.", f"{b} + {c}", str(b + c)),
            Step("The one below is subtracted: {}. || Dividing leaves the exponent {}.", f"{b + c} - {d}", str(n)),
            *([Step(f"A negative exponent puts the power below: $\\frac{{1}}{{{power(base, -n)}}}$.")] if n < 0 else []),
            *_multiplied(a, abs(n)),
            *([Step(f"So the value is ${answer}$.")] if n < 2 else []),
        ],
        said=f"The value is ${answer}$.",
        traps=[("work out all three powers first",
                "That would be right, but the numbers get large, and most factors cancel anyway."),
               (f"multiply the bases on top and use {a * a}", "The base stays the same; only the exponents are added.")],
        checks=[f"Written out, {abs(n)} factors {a} are left "
                f"{'over, all on top' if n > 0 else 'over, all below' if n else 'over'}."],
    )  # fmt: skip


def _scientific(digits: str, exponent: int) -> str:
    return f"{digits} \\times 10^{{{exponent}}}"


def write(answer: str, n: int) -> Work:
    text = str(n)
    digits = answer.split(" ", maxsplit=1)[0]
    moved = len(text) - 1
    return Work(
        answer,
        f"The number is {n}, with {len(text)} digits. || There are {len(text)} digits in {n}.",
        "the number from 1 to 10 and the power of ten",
        [
            Step(f"The first digit is {text[0]}, and the point goes right after it: {digits}. || With one digit "
                 f"before the point it is {digits}."),
            Step(f"For that the point moves {moved} places to the left, since {{}}. || The point jumps over all "
                 "digits but the first: {} places.",
                 f"{len(text)} - 1", str(moved)),
            Step(f"Each place is a factor of ten, so the number is ${answer}$."),
        ],
        said=f"In scientific notation it is ${answer}$.",
        traps=[(f"use the exponent {len(text)}, the number of digits",
                "The first digit stays before the point, so there is one place less."),
               ("count only the zeros at the end", "The other digits behind the point need their places, too.")][: 1 + (len(digits) > 1)],
        checks=[f"Moving the point in {digits} by {moved} places to the right gives {n}."],
    )  # fmt: skip


def scientific(answer: str, a: int, b: int, c: int, d: int, e: int, f: int) -> Work:
    x, y = f"{a}.{b}", f"{d}.{e}"
    hundredths = (10 * a + b) * (10 * d + e)
    digits = f"{hundredths // 100}.{hundredths % 100:02d}".rstrip("0").rstrip(".")
    total = c + f
    shift = [
        Step(
            f"But {digits} has two digits before the point, so ${digits} = {answer.split(' ', maxsplit=1)[0]} \\times "
            f"10$, and the exponent grows by one to {total + 1}."
        )
    ]
    return Work(
        answer,
        f"The factors are ${_scientific(x, c)}$ and ${_scientific(y, f)}$. || I have to multiply "
        f"${_scientific(x, c)}$ by ${_scientific(y, f)}$.",
        "the product in scientific notation",
        [
            Step("The numbers in front, without their points, give {}. || Leaving the points aside, the front "
                 "numbers give {}.", f"{10 * a + b} \\times {10 * d + e}",
                 str(hundredths)),
            Step(f"With the points back in place, {x} times {y} is {digits}. || Two decimals belong there, so it is "
                 f"{digits}."),
            Step("The exponents of ten are added: {}. || For the powers of ten it is {}.", f"{c}{added(f)}", str(total)),
            *(shift if hundredths >= 1000 else []),
            Step(f"So the product is ${answer}$."),
        ],
        said=f"The product is ${answer}$.",
        traps=[(f"multiply the exponents, {c} times {f}",
                "Powers of the same base are multiplied by adding the exponents."),
               *([(f"leave it as ${_scientific(digits, total)}$",
                   "In scientific notation there is only one digit before the point.")] if hundredths >= 1000 else [])],
        checks=[f"Roughly, {a} times {d} is {a * d}, and {digits} is a little more than that."],
    )  # fmt: skip


def equation(
    kind: str, answer: str, v: str, sides: list[list[Number]], a: int, b: int, base: int, powers: list[int]
) -> Work:
    p, q = powers
    first = f"{a}^{{{shown(sides[0], v)}}}" if len(shown(sides[0], v)) > 1 else f"{a}^{v}"
    second = {"solve": str(b), "reciprocal": f"\\frac{{1}}{{{b}}}"}.get(kind, f"{b}^{{{shown(sides[1], v)}}}")
    left, right = [p * x for x in sides[0]], [q * x for x in sides[1]]
    m, n = (left[1] if len(left) > 1 else 0) - (right[1] if len(right) > 1 else 0), right[0] - left[0]
    both = f"{shown(left, v)} = {shown(right, v)}"
    as_powers = [f"${x} = {power(str(base), k)}$" for x, k in ((a, p), (b, q)) if k > 1]
    steps = []
    if as_powers:
        steps.append(
            Step(
                f"Write both sides with the base {base}: {listed(as_powers)}. || Everything is a power of {base}: "
                f"{listed(as_powers)}."
            )
        )
    if kind == "reciprocal":
        steps.append(
            Step(
                f"One over a power is a negative exponent, so the right side is ${power(str(base), -q)}$. || The "
                f"right side is ${power(str(base), -q)}$."
            )
        )
    steps.append(
        Step(
            f"Equal powers of the same base have equal exponents: ${both}$. || Comparing the exponents gives ${both}$."
        )
    )
    if len(right) > 1 and right[1]:
        steps.append(Step(f"Collect ${v}$ on the left: ${terms((m, v), (left[0], ''))} = {tex(right[0])}$."))
    if left[0]:
        verb, way = ("Subtract", "from") if left[0] > 0 else ("Add", "to")
        steps.append(Step(f"{verb} ${tex(size(left[0]))}$ {way} both sides: ${terms((m, v))} = {tex(n)}$."))
    if m != 1:
        steps.append(Step(f"Divide by ${tex(m)}$: ${v} = {answer}$. || Dividing by ${tex(m)}$ gives ${v} = {answer}$."))
    at = Fraction(n) / m
    inside = Fraction(sides[0][0]) + (sides[0][1] if len(sides[0]) > 1 else 0) * at
    return Work(
        answer,
        f"The equation is ${first} = {second}$, with ${v}$ in the exponent. || I have ${first} = {second}$ and look "
        f"for ${v}$.",
        f"the number ${v}$",
        steps,
        said=f"So ${v} = {answer}$.",
        traps=[(f"divide {b} by {a}", "The unknown is an exponent, not a factor.") if kind != "bases" else
               ("set the exponents equal at once",
                f"That is allowed only for equal bases, and {a} and {b} are different.")],
        checks=[f"With ${v} = {answer}$ the exponent of {a} is ${tex(inside)}$, so the left side is {base} to the "
                f"power ${tex(p * inside)}$, and the right side is {base} to the power "
                f"${tex(q * (Fraction(sides[1][0]) + (sides[1][1] if len(sides[1]) > 1 else 0) * at))}$."],
        trials=_guessed(a, b) if kind == "solve" else [],
    )  # fmt: skip


def _guessed(a: int, b: int) -> list[str]:
    """Powers of the base until the number is reached or passed, the last ones told."""
    told, k = [], 1
    while a**k < b:
        k += 1
        told.append(
            f"${power(str(a), k)} = {a**k}$, {'too small' if a**k < b else 'just right' if a**k == b else 'too large'}."
        )
    return [*told[-4:], "That tells me what the exponent has to be."] if len(told) > 1 else []
