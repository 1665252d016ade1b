"""Worked computations of calculus: derivatives, integrals, series, Taylor polynomials, differential equations."""

from __future__ import annotations

from fractions import Fraction

from curation.embedded._derive import (
    So,
    at,
    check,
    factor,
    get,
    nonzero,
    p,
    plus,
    poly,
    power,
    show,
    signed,
    slope,
    so,
    table,
    task,
    times,
    variable,
)  # fmt: skip
from curation.embedded._page import Block
from curation.synth.families._family import decimal, tex
from curation.synth.families._rng import Rng


def _function(rng: Rng) -> str:
    return rng.choice("fghFp")


def tangent(rng: Rng) -> list[Block]:
    """The derivative of a polynomial and a tangent."""
    x, f, a = variable(rng), _function(rng), rng.randint(-3, 4)
    values = [nonzero(rng, -4, 5), *(rng.randint(-9, 9) for _ in range(rng.randint(1, 3)))]
    prime = slope(values)
    y, m = int(at(values, a)), int(at(prime, a))
    y0 = y - m * a
    return [
        p(rng, f"{task(rng, 'differentiate')} ${f}({x}) = {poly(values, x)}$ and find the tangent at ${x} = {a}$.",
          f"What is the tangent to the graph of ${f}({x}) = {poly(values, x)}$ at ${x} = {a}$?",
          f"Let ${f}({x}) = {poly(values, x)}$. We look for the line that touches the graph at ${x} = {a}$."),
        p(rng, f"Term by term, the power rule gives ${f}'({x}) = {poly(prime, x)}$.", f"The derivative is ${f}'({x}) = {poly(prime, x)}$."),
        p(rng, f"At the point in question ${f}({a}) = {y}$ and ${f}'({a}) = {m}$.",
          f"We need two numbers, ${f}({a}) = {y}$ and ${f}'({a}) = {m}$."),
        p(rng, f"{So(rng)} the tangent has the equation", "A line through a given point with a given slope:", "The tangent is"),
        show(f"y = {m}({poly([1, -a], x)}){plus(y)} = {poly([m, y0], x)}" if m else f"y = {y}"),
        p(rng, "There the tangent is horizontal." if not m else f"The function {'increases' if m > 0 else 'decreases'} at this point.",
          f"A step of $0.1$ to the right changes the value by about ${decimal(Fraction(m, 10))}$.",
          f"The tangent meets the vertical axis at ${y0}$."),
    ]  # fmt: skip


def product_rule(rng: Rng) -> list[Block]:
    """Product rule, and the same by expanding."""
    x = variable(rng)
    u, v = [nonzero(rng, -4, 5), nonzero(rng, -9, 9)], [nonzero(rng, -3, 4), rng.randint(-6, 6), nonzero(rng, -9, 9)]
    product, prime = times(u, v), slope([int(c) for c in times(u, v)])
    return [
        p(rng, f"{task(rng, 'differentiate')} $({poly(u, x)})({poly(v, x)})$ by the product rule.",
          f"Here is a test of the product rule: $u = {poly(u, x)}$ and $v = {poly(v, x)}$."),
        p(rng, f"The derivatives of the factors are $u' = {poly(slope(u), x)}$ and $v' = {poly(slope(v), x)}$."),
        show(f"{poly(slope(u), x)} \\cdot ({poly(v, x)}) + ({poly(u, x)})({poly(slope(v), x)}) = {poly(prime, x)}"),
        p(rng, f"The other way is to expand first, $uv = {poly(product, x)}$, and to differentiate afterwards. The result is the same.",
          f"{check(rng)} multiply out, ${poly(product, x)}$, and differentiate term by term.",
          f"At ${x} = 1$ the slope is ${at(prime, 1)}$."),
    ]  # fmt: skip


def chain_rule(rng: Rng) -> list[Block]:
    """The derivative of a power, a root, an exponential or a logarithm of a polynomial."""
    x, n = variable(rng), rng.randint(2, 9)
    inner = [nonzero(rng, -4, 5), rng.randint(-7, 7), nonzero(rng, -9, 9)][rng.randint(0, 1) :]
    inner[0] = inner[0] or 2
    g, prime = poly(inner, x), poly(slope(inner), x)
    sort = rng.choice(("power", "exp", "sin", "ln", "sqrt"))
    outer, result = {
        "power": (f"({g})^{n}", f"{n}{power(f'({g})', n - 1)} \\cdot ({prime})"),
        "exp": (f"e^{{{g}}}", f"({prime}) e^{{{g}}}"),
        "sin": (f"\\sin({g})", f"({prime}) \\cos({g})"),
        "ln": (f"\\ln({g})", f"\\frac{{{prime}}}{{{g}}}"),
        "sqrt": (f"\\sqrt{{{g}}}", f"\\frac{{{prime}}}{{2 \\sqrt{{{g}}}}}"),
    }[sort]
    return [
        p(rng, f"{task(rng, 'differentiate')} ${outer}$" + (", where it is defined." if sort in ("ln", "sqrt") else "."),
          f"How does ${outer}$ change with ${x}$?", f"The function ${outer}$ is a composition, {so(rng)} the chain rule applies."),
        p(rng, f"The inner function is $u = {g}$ with $u' = {prime}$.", f"Put $u = {g}$; then $u' = {prime}$."),
        p(rng, "Outer derivative times inner derivative:", f"By the chain rule {get(rng)}", "Multiply the two derivatives."),
        show(f"\\left( {outer} \\right)' = {result}"),
        p(rng, "A common slip is to forget the inner derivative.", "Do not multiply this out unless you have to.",
          f"The inner derivative is zero at ${x} = {tex(Fraction(-inner[1], 2 * inner[0]))}$, and so is the whole, where it is defined."
          if len(inner) == 3 else f"Since the inner function is linear, only the constant factor ${inner[0]}$ is new."),
    ]  # fmt: skip


def extrema(rng: Rng) -> list[Block]:
    """Local extrema of a cubic with integer critical points."""
    x, f = variable(rng), _function(rng)
    r, s = sorted(rng.sample(range(-4, 6), 2))
    if (r + s) % 2:
        s += 1
    c = rng.randint(-9, 12)
    values = [1, -3 * (r + s) // 2, 3 * r * s, c]
    high, low = int(at(values, r)), int(at(values, s))
    return [
        p(rng, f"{task(rng, 'find')} the local extrema of ${f}({x}) = {poly(values, x)}$.",
          f"Where does ${f}({x}) = {poly(values, x)}$ have peaks and valleys?"),
        show(f"{poly(slope(values), x)} = 3{factor(x, r)}{factor(x, s)}"),
        p(rng, f"This is the derivative; it vanishes at ${r}$ and ${s}$.",
          f"The critical points, zeros of the derivative, are ${x} = {r}$ and ${x} = {s}$."),
        table([f"${x}$", f"$\\lt {r}$", r, "between", s, f"$\\gt {s}$"], [f"${f}'$", "$+$", 0, "$-$", 0, "$+$"],
              [f"${f}$", "rises", high, "falls", low, "rises"]),
        p(rng, f"{So(rng)} there is a local maximum with the value ${high}$ and a local minimum with the value ${low}$.",
          f"The second derivative ${poly(slope(slope(values)), x)}$ is ${at(slope(slope(values)), r)}$ at the first and "
          f"${at(slope(slope(values)), s)}$ at the second point: maximum, then minimum."),
        p(rng, f"The point of inflection lies halfway, at ${x} = {tex(Fraction(r + s, 2))}$.",
          f"Between the two the function falls by ${high - low}$."),
    ]  # fmt: skip


def definite_integral(rng: Rng) -> list[Block]:
    """The integral of a polynomial."""
    x, low, high = variable(rng), rng.randint(-2, 1), rng.randint(2, 4)
    values = [nonzero(rng, -6, 9), *(rng.randint(-8, 9) for _ in range(rng.randint(1, 2)))]
    n = len(values)
    anti = [*(Fraction(v, n - i) for i, v in enumerate(values)), Fraction(0)]
    upper, lower = at(anti, high), at(anti, low)
    return [
        p(rng, f"{task(rng, 'compute', 'evaluate')} $\\int_{{{low}}}^{{{high}}} ({poly(values, x)}) \\, d{x}$.",
          f"What is the integral of ${poly(values, x)}$ from ${low}$ to ${high}$?"),
        p(rng, f"An antiderivative is $F({x}) = {poly(anti, x)}$.", f"Raise each exponent by one and divide: $F({x}) = {poly(anti, x)}$."),
        p(rng, f"Its values at the ends are $F({high}) = {tex(upper)}$ and $F({low}) = {tex(lower)}$."),
        show(f"\\int_{{{low}}}^{{{high}}} ({poly(values, x)}) \\, d{x} = {tex(upper)} - {signed(lower)} = {tex(upper - lower)}"),
        p(rng, f"The mean value of the function on this interval is ${tex((upper - lower) / Fraction(high - low))}$.",
          f"In decimals this is about ${float(upper - lower):.3f}$.",
          "If the function changes its sign, this is not an area but a balance of areas.",
          f"{check(rng)} the derivative of $F$ is ${poly(values, x)}$ again."),
    ]  # fmt: skip


def substitution(rng: Rng) -> list[Block]:
    """An integral of the form of an inner derivative times a power."""
    x, k, n, c = variable(rng), rng.randint(2, 3), rng.randint(2, 5), nonzero(rng, -3, 5)
    b = rng.randint(1, 2)
    inner = poly([1] + [0] * (k - 1) + [c], x)
    low, high = c, b**k + c
    value = Fraction(high ** (n + 1) - low ** (n + 1), n + 1)
    front = f"{k}{power(x, k - 1)}"
    return [
        p(rng, f"{task(rng, 'evaluate')} $\\int_0^{b} {front} ({inner})^{n} \\, d{x}$ by substitution.",
          f"In $\\int_0^{b} {front} ({inner})^{n} \\, d{x}$ the first factor is the derivative of ${inner}$. This "
          f"calls for a substitution."),
        p(rng, f"Put $w = {inner}$, so that $dw = {front} \\, d{x}$.", f"With $w = {inner}$ we have $dw = {front} \\, d{x}$."),
        p(rng, f"The limits become $w = {low}$ and $w = {high}$.",
          f"When ${x}$ runs from $0$ to ${b}$, $w$ runs from ${low}$ to ${high}$."),
        show(f"\\int_{{{low}}}^{{{high}}} w^{n} \\, dw = \\frac{{{signed(high)}^{{{n + 1}}} - "
          f"{signed(low)}^{{{n + 1}}}}}{{{n + 1}}} = {tex(value)}"),
        p(rng, "There is no need to return to the old variable.", f"{So(rng)} the integral is ${tex(value)}$.",
          f"Expanding the power would have meant ${n + 1}$ terms."),
    ]  # fmt: skip


def by_parts(rng: Rng) -> list[Block]:
    """A polynomial times an exponential, sine or cosine."""
    x, a, b, k = variable(rng), nonzero(rng, -5, 6), nonzero(rng, -9, 9), rng.randint(2, 7)
    linear = poly([a, b], x)
    sort = rng.choice(("exp", "sin", "cos"))
    factor_, anti, result = {
        "exp": (f"e^{{{k}{x}}}", f"\\frac{{1}}{{{k}}} e^{{{k}{x}}}",
                f"\\left( {poly([Fraction(a, k), Fraction(b, k) - Fraction(a, k * k)], x)} \\right) e^{{{k}{x}}} + C"),
        "sin": (f"\\sin {k}{x}", f"-\\frac{{1}}{{{k}}} \\cos {k}{x}",
                f"-\\frac{{{linear}}}{{{k}}} \\cos {k}{x}{' + ' if a > 0 else ' - '}{tex(Fraction(abs(a), k * k))} \\sin {k}{x} + C"),
        "cos": (f"\\cos {k}{x}", f"\\frac{{1}}{{{k}}} \\sin {k}{x}",
                f"\\frac{{{linear}}}{{{k}}} \\sin {k}{x}{' + ' if a > 0 else ' - '}{tex(Fraction(abs(a), k * k))} \\cos {k}{x} + C"),
    }[sort]  # fmt: skip
    return [
        p(rng, f"{task(rng, 'find')} $\\int ({linear}) {factor_} \\, d{x}$.",
          f"A product such as $({linear}) {factor_}$ is integrated by parts."),
        p(rng, f"Differentiate the polynomial and integrate the other factor: $u = {linear}$, $u' = {a}$, $v' = {factor_}$, $v = {anti}$.",
          f"We choose $u = {linear}$ and $v' = {factor_}$, {so(rng)} $u' = {a}$ and $v = {anti}$."),
        p(rng, f"The new integral is ${a} \\int v \\, d{x}$ with $v = {anti}$, which is elementary.",
          "What remains to be integrated has no polynomial factor any more."),
        show(f"\\int ({linear}) {factor_} \\, d{x} = {result}"),
        p(rng, "Differentiating the right side is the best check.", "With a polynomial of higher degree one would repeat the step.",
          "The other choice of $u$ would have made things worse."),
    ]  # fmt: skip


def area(rng: Rng) -> list[Block]:
    """The area between a parabola and a line."""
    x = rng.choice("xxt")
    r, s = sorted(rng.sample(range(-4, 6), 2))
    m, k = nonzero(rng, -4, 4), rng.randint(-6, 6)
    parabola, line = [1, m - r - s, k + r * s], [m, k]
    return [
        p(rng, f"{task(rng, 'find')} the area between $y = {poly(parabola, x)}$ and $y = {poly(line, x)}$.",
          f"The parabola $y = {poly(parabola, x)}$ and the line $y = {poly(line, x)}$ enclose a region. How large is it?"),
        p(rng, f"The curves meet where the difference ${poly([1, -r - s, r * s], x)} = "
          f"{factor(x, r)}{factor(x, s)}$ is zero, at ${r}$ and ${s}$.",
          f"Subtract the two: ${poly([1, -r - s, r * s], x)} = {factor(x, r)}{factor(x, s)}$, with the zeros ${r}$ and ${s}$."),
        p(rng, "Between them the line lies above the parabola.", f"In between the difference is negative, {so(rng)} the line is on top."),
        show(f"\\int_{{{r}}}^{{{s}}} ({poly([-1, r + s, -r * s], x)}) \\, d{x} = {tex(Fraction((s - r) ** 3, 6))}"),
        p(rng, f"The result is a sixth of the cube of ${s - r}$, the distance of the two points; this is always so.",
          f"{So(rng)} the area is ${tex(Fraction((s - r) ** 3, 6))}$, about ${(s - r) ** 3 / 6:.2f}$."),
    ]  # fmt: skip
