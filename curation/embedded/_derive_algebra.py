"""Worked computations with polynomials and equations: expanding, factoring, dividing, solving."""

from __future__ import annotations

from fractions import Fraction
from math import isqrt, sqrt

from curation.embedded._derive import (
    So,
    at,
    check,
    factor,
    get,
    minus,
    nonzero,
    p,
    plus,
    poly,
    power,
    show,
    signed,
    so,
    table,
    task,
    times,
    variable,
)  # fmt: skip
from curation.embedded._page import Block
from curation.synth.families._family import tex
from curation.synth.families._rng import Rng


def expand(rng: Rng) -> list[Block]:
    """The product of two or three polynomials."""
    x = variable(rng)
    left = [nonzero(rng, -5, 6), nonzero(rng, -9, 9)]
    right = [rng.randint(1, 4), *(nonzero(rng, -7, 8) for _ in range(rng.randint(1, 2)))]
    product = times(left, right)
    parts = " + ".join(
        f"{'(' if i else ''}{poly([v] + [0] * (1 - i), x)}{')' if i else ''}({poly(right, x)})"
        for i, v in enumerate(left)
    )
    rows = [times([v] + [0] * (1 - i), right) for i, v in enumerate(left)]
    where = nonzero(rng, -3, 3)
    value = at(product, where)
    return [
        p(
            rng, f"{task(rng, 'expand', 'multiply out', 'write as a sum')} $({poly(left, x)})({poly(right, x)})$.",
            f"Each term of ${poly(left, x)}$ has to be multiplied by each term of ${poly(right, x)}$.",
            f"What is $({poly(left, x)})({poly(right, x)})$ as a sum of powers of ${x}$?",
        ),
        show(f"({poly(left, x)})({poly(right, x)}) = {parts} = "
          f"{poly(rows[0], x)}{' ' if rows[1][0] < 0 else ' + '}{_tail(poly(rows[1], x))}"),
        p(
            rng, f"Collecting equal powers, {get(rng)} ${poly(product, x)}$.",
            f"Terms with the same power of ${x}$ are put together: ${poly(product, x)}$.",
            f"{So(rng)} the product is ${poly(product, x)}$, a polynomial of degree ${len(product) - 1}$.",
        ),
        p(
            rng,
            f"{check(rng)} at ${x} = {where}$ the factors are ${tex(at(left, where))}$ and ${tex(at(right, where))}$, and "
            f"${tex(at(left, where))} \\cdot {signed(at(right, where))} = {tex(value)}$ is also the value of the result.",
            f"{check(rng)} put ${x} = {where}$. Both sides are ${tex(value)}$.",
            f"The sum of the coefficients is ${tex(at(product, 1))}$, as it must be, since ${tex(at(left, 1))} \\cdot "
            f"{signed(at(right, 1))} = {tex(at(product, 1))}$.",
        ),
    ]  # fmt: skip


def _tail(text: str) -> str:
    return f"- {text[1:]}" if text.startswith("-") else text


def factor_quadratic(rng: Rng) -> list[Block]:
    """A quadratic with integer roots, by looking for two numbers."""
    x, r, s = variable(rng), nonzero(rng, -12, 12), nonzero(rng, -12, 12)
    b, c = -r - s, r * s
    quadratic = poly([1, b, c], x)
    tried = [d for d in range(1, isqrt(abs(c)) + 1) if c % d == 0]
    pairs = ", ".join(f"${d} \\cdot {signed(c // d)}$" for d in tried)
    product = f"{factor(x, r)}{factor(x, s)}" if r != s else f"{factor(x, r)}^2"
    return [
        p(
            rng, f"{task(rng, 'factor', 'split into linear factors')} ${quadratic}$.",
            f"Which ${x}$ make ${quadratic}$ zero? We try to factor.", f"Can ${quadratic}$ be factored over the integers?",
        ),
        p(
            rng, f"We look for two numbers with the product ${c}$ and the sum ${b}$. Up to signs the candidates are {pairs}.",
            f"By Vieta, two numbers are wanted whose product is ${c}$ and whose sum is ${b}$. The products to try are {pairs}, "
            "with both choices of sign.",
            f"The constant term is ${c}$; its factorizations, apart from signs, are {pairs}. One of them must add up to ${b}$.",
        ),
        p(
            rng, f"The numbers ${-r}$ and ${-s}$ will do: ${-r} \\cdot {signed(-s)} = {c}$ and ${-r} + {signed(-s)} = {b}$.",
            f"Indeed ${-r} + {signed(-s)} = {b}$ and ${-r} \\cdot {signed(-s)} = {c}$, {so(rng)} ${-r}$ and ${-s}$ are what we need.",
        ),
        show(f"{quadratic} = {product}"),
        p(
            rng, f"The zeros are ${x} = {r}$" + (f" and ${x} = {s}$." if r != s else ", a double one."),
            f"A product is zero only if a factor is, {so(rng)} ${x} = {r}$" + (f" or ${x} = {s}$." if r != s else "."),
            f"The parabola $y = {quadratic}$ has its vertex at ${x} = {tex(Fraction(r + s, 2))}$, halfway between the zeros.",
        ),
    ]  # fmt: skip


def complete_square(rng: Rng) -> list[Block]:
    """Solve a quadratic equation by completing the square."""
    x, h, a = variable(rng), nonzero(rng, -9, 9), rng.choice((1, 1, 1, 2, 3, -1))
    d = rng.choice((rng.randint(1, 12) ** 2, rng.randint(2, 60), rng.randint(-40, 0)))
    values = [a, -2 * a * h, a * (h * h - d)]
    inner = poly([1, -2 * h, h * h - d], x)
    square = f"({minus(x, h)})^2"
    root = isqrt(d) if d > 0 else 0
    out = [
        p(rng, f"{task(rng, 'solve', 'treat')} ${poly(values, x)} = 0$ by completing the square.",
          f"Consider the equation ${poly(values, x)} = 0$.", f"For which ${x}$ is ${poly(values, x)} = 0$?"),
    ]  # fmt: skip
    if a != 1:
        out.append(
            p(rng, f"First divide by ${a}$: ${inner} = 0$.", f"Dividing both sides by ${a}$, {get(rng)} ${inner} = 0$.")
        )
    out += [
        p(
            rng, f"Half of the coefficient of ${x}$ is ${-h}$, and its square is ${h * h}$.",
            f"The square of half the coefficient is ${signed(-h)}^2 = {h * h}$. We add and subtract it.",
            f"The first two terms belong to the square ${square} = {poly([1, -2 * h, h * h], x)}$.",
        ),
        show(f"{inner} = {square}{plus(-d)}"),
    ]  # fmt: skip
    if d < 0:
        out.append(p(rng, f"Since the square is never negative, the right side is at least ${-d}$, and there is no real solution.",
                     f"A square cannot be ${d}$, {so(rng)} the equation has no real solutions; the complex ones are "
                     f"${h} \\pm i\\sqrt{{{-d}}}$."))  # fmt: skip
    elif d == 0:
        out.append(p(rng, f"A square is zero only if its base is, {so(rng)} ${x} = {h}$ is the only solution."))
    elif root * root == d:
        out.append(p(rng, f"{So(rng)} ${minus(x, h)} = \\pm {root}$, that is, ${x} = {h + root}$ or ${x} = {h - root}$.",
                     f"From ${square} = {d}$ {get(rng)} ${minus(x, h)} = {root}$ or ${minus(x, h)} = {-root}$, and "
                     f"the solutions are ${h + root}$ and ${h - root}$."))  # fmt: skip
    else:
        out.append(p(rng, f"{So(rng)} ${square} = {d}$ and ${x} = {h} \\pm \\sqrt{{{d}}}$, about ${h + sqrt(d):.3f}$ "
        f"and ${h - sqrt(d):.3f}$.",
                     f"Taking roots, {get(rng)} ${x} = {h} \\pm \\sqrt{{{d}}}$. In decimals this is "
                     f"${h + sqrt(d):.2f}$ or ${h - sqrt(d):.2f}$."))  # fmt: skip
    return out


def long_division(rng: Rng) -> list[Block]:
    """Divide a polynomial by another one with remainder, step by step."""
    x = variable(rng)
    divisor = [1, *(rng.randint(-5, 6) for _ in range(rng.randint(1, 2)))]
    quotient = [rng.randint(1, 5), *(rng.randint(-6, 7) for _ in range(rng.randint(1, 2)))]
    rest = [rng.randint(-9, 9) for _ in range(len(divisor) - 1)]
    whole = times(divisor, quotient)
    for i, value in enumerate(rest):
        whole[len(whole) - len(rest) + i] += value
    out = [p(rng, f"{task(rng, 'divide')} ${poly(whole, x)}$ by ${poly(divisor, x)}$.",
             f"What are quotient and remainder of ${poly(whole, x)}$ on division by ${poly(divisor, x)}$?")]  # fmt: skip
    left = list(whole)
    for i, value in enumerate(quotient):
        degree = len(quotient) - 1 - i
        if not value:
            out.append(p(rng, f"The power {'' if not degree else f'${power(x, degree)}$ '}does not occur in the quotient; go on.",
                         "The next coefficient of the quotient is zero."))  # fmt: skip
            continue
        term = poly([value] + [0] * degree, x)
        for j, d in enumerate(divisor):
            left[i + j] -= value * d
        remaining = poly(left[i + 1 :], x)
        out.append(
            p(rng, f"Subtract ${term}$ times the divisor; ${remaining}$ remains.",
              f"The next term of the quotient is ${term}$. After subtracting ${term} \\cdot ({poly(divisor, x)})$, "
              f"{get(rng)} ${remaining}$.",
              f"The leading terms call for ${term}$, and the difference is ${remaining}$.")
        )  # fmt: skip
    result = f"({poly(divisor, x)})({poly(quotient, x)})" + (f" + ({poly(rest, x)})" if any(rest) else "")
    out.append(show(f"{poly(whole, x)} = {result}"))
    if any(rest):
        out.append(p(rng, f"The remainder ${poly(rest, x)}$ has a smaller degree than the divisor, {so(rng)} we are done.",
                     f"{So(rng)} the quotient is ${poly(quotient, x)}$ and the remainder ${poly(rest, x)}$."))  # fmt: skip
    else:
        out.append(p(rng, "The division leaves no remainder.", f"{So(rng)} ${poly(divisor, x)}$ is a factor."))
    return out


def horner(rng: Rng) -> list[Block]:
    """Evaluate by Horner's scheme, as a table."""
    x, values = variable(rng), [nonzero(rng, -4, 5), *(rng.randint(-9, 9) for _ in range(rng.randint(2, 4)))]
    c, line = nonzero(rng, -4, 5), [0]
    for value in values:
        line.append(line[-1] * c + value)
    carried = [line[i] * c for i in range(1, len(line) - 1)]
    return [
        p(rng, f"{task(rng, 'evaluate', 'find the value of')} $f({x}) = {poly(values, x)}$ at ${x} = {c}$ by Horner's scheme.",
          f"Horner's scheme for $f({x}) = {poly(values, x)}$ and ${x} = {c}$ looks as follows.",
          f"Which remainder does ${poly(values, x)}$ leave on division by ${minus(x, c)}$?"),
        table(["coefficients", *values], [f"times ${c}$", "", *carried], ["sum", *line[1:]]),
        p(rng, f"The last number is the value: $f({c}) = {line[-1]}$. The others are the coefficients of the quotient.",
          f"{So(rng)} $f({c}) = {line[-1]}$, with ${len(values) - 1}$ multiplications and as many additions.",
          f"We read off $f({c}) = {line[-1]}$" + (f", {so(rng)} ${c}$ is a root." if not line[-1] else ", which is not zero.")),
        show(f"{poly(values, x)} = {factor(x, c)}({poly(line[1:-1], x)}){plus(line[-1])}"),
    ]  # fmt: skip


def partial_fractions(rng: Rng) -> list[Block]:
    """Two simple poles."""
    x = variable(rng)
    r, s = rng.sample(range(-8, 9), 2)
    a, b = nonzero(rng, -6, 6), nonzero(rng, -6, 6)
    top = [a + b, -a * s - b * r]
    whole = f"\\frac{{{poly(top, x)}}}{{{factor(x, r)}{factor(x, s)}}}"
    return [
        p(rng, f"{task(rng, 'decompose', 'split')} ${whole}$ into partial fractions.",
          f"The denominator of ${whole}$ has two simple zeros, {so(rng)} there are constants $A$ and $B$ with ${whole} = "
          f"\\frac{{A}}{{{minus(x, r)}}} + \\frac{{B}}{{{minus(x, s)}}}$."),
        p(rng, f"Multiplying by the denominator, {get(rng)} ${poly(top, x)} = A{factor(x, s) if s else ' ' + x} + "
          f"B{factor(x, r) if r else ' ' + x}$ for all ${x}$.",
          f"Clear denominators: ${poly(top, x)} = A{factor(x, s) if s else ' ' + x} + B{factor(x, r) if r else ' ' + x}$."),
        p(rng, f"At ${x} = {r}$ the second term vanishes: ${at(top, r)} = {r - s} A$, {so(rng)} $A = {a}$.",
          f"Put ${x} = {r}$: then ${r - s} A = {at(top, r)}$ and $A = {a}$."),
        p(rng, f"Likewise ${x} = {s}$ gives ${at(top, s)} = {s - r} B$ and $B = {b}$.",
          f"With ${x} = {s}$ {get(rng)} ${s - r} B = {at(top, s)}$, that is, $B = {b}$."),
        show(f"{whole} = " + (f"\\frac{{{a}}}{{{minus(x, r)}}}" if a > 0 else f"-\\frac{{{-a}}}{{{minus(x, r)}}}")
             + f" {'+' if b > 0 else '-'} \\frac{{{abs(b)}}}{{{minus(x, s)}}}"),
    ]  # fmt: skip


def interpolation(rng: Rng) -> list[Block]:
    """A parabola through three points, by divided differences."""
    xs = sorted(rng.sample(range(-4, 6), 3))
    a, b, c = nonzero(rng, -3, 4), rng.randint(-6, 6), rng.randint(-9, 9)
    ys = [a * x * x + b * x + c for x in xs]
    d01, d12 = Fraction(ys[1] - ys[0], xs[1] - xs[0]), Fraction(ys[2] - ys[1], xs[2] - xs[1])
    x0, x1 = f"(x{plus(-xs[0])})" if xs[0] else "x", f"(x{plus(-xs[1])})" if xs[1] else "x"
    middle = f" + {tex(d01)}" if d01 > 0 else f" - {tex(-d01)}"
    newton = f"{ys[0]}{f'{middle}{x0}' if d01 else ''} {'+' if a > 0 else '-'} {abs(a) if abs(a) > 1 else ''}{x0}{x1}"
    return [
        p(rng, f"{task(rng, 'find')} the parabola through $({xs[0]}, {ys[0]})$, $({xs[1]}, {ys[1]})$ and $({xs[2]}, "
          f"{ys[2]})$.", "Three points determine a polynomial of degree at most two. Take the following ones."),
        table(["$x$", *xs], ["$y$", *ys]),
        p(rng, f"The divided differences are ${tex(d01)}$ and ${tex(d12)}$, and in the second step "
          f"$\\frac{{{tex(d12)} - {signed(d01)}}}{{{xs[2]} - {signed(xs[0])}}} = {a}$.",
          f"First differences: ${tex(d01)}$, ${tex(d12)}$. Second difference: ${a}$."),
        show(f"{newton} = {poly([a, b, c], 'x')}"),
        p(rng, f"{check(rng)} at $x = {xs[2]}$ this is ${a} \\cdot {signed(xs[2])}^2{plus(b * xs[2])}{plus(c)} = "
          f"{ys[2]}$.", f"The parabola opens {'upward' if a > 0 else 'downward'}."),
        p(rng, f"At $x = {xs[2] + 1}$ it predicts ${a * (xs[2] + 1) ** 2 + b * (xs[2] + 1) + c}$.",
          "A fourth point would add one more term and leave these as they are."),
    ]  # fmt: skip
