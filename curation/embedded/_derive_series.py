"""Worked computations with series, Taylor polynomials and differential equations."""

from __future__ import annotations

from fractions import Fraction
from math import factorial

from curation.embedded._derive import (
    So,
    at,
    check,
    factor,
    get,
    nonzero,
    p,
    poly,
    power,
    show,
    signed,
    slope,
    so,
    table,
    task,
    variable,
)  # fmt: skip
from curation.embedded._derive_decimals import exponential, logarithm
from curation.embedded._page import Block
from curation.synth.families._algebra import terms
from curation.synth.families._family import decimal, tex
from curation.synth.families._rng import Rng


def taylor(rng: Rng) -> list[Block]:
    """A Taylor polynomial: of an exponential at zero, or of a polynomial at another point."""
    x, k, n = variable(rng), rng.randint(2, 5), rng.randint(3, 4)
    if rng.chance(0.5):
        values = [Fraction(k**i, factorial(i)) for i in range(n + 1)]
        return [
            p(rng, f"{task(rng, 'expand')} $e^{{{k}{x}}}$ at $0$ up to degree ${n}$."),
            p(rng, f"Each derivative brings a factor ${k}$, {so(rng)} the derivatives at $0$ are $1, "
              f"{', '.join(str(k**i) for i in range(1, n + 1))}$."),
            table(["order", *range(n + 1)], ["derivative at $0$", *(k**i for i in range(n + 1))], ["coefficient", *values]),
            show(f"e^{{{k}{x}}} \\approx {' + '.join(tex(v) + power(x, i) if i else '1' for i, v in enumerate(values))}"),
            p(rng, f"At ${x} = 0.1$ the polynomial is about ${float(at(values[::-1], Fraction(1, 10))):.5f}$.",
              f"The next term would be ${tex(Fraction(k ** (n + 1), factorial(n + 1)))}{power(x, n + 1)}$."),
        ]  # fmt: skip
    a, values_ = nonzero(rng, -3, 3), [rng.randint(1, 3), *(rng.randint(-6, 6) for _ in range(3))]
    first, second = slope(values_), slope(slope(values_))
    c = [at(values_, a), at(first, a), Fraction(int(at(second, a)), 2), values_[0]]
    base = factor(x, a)
    return [
        p(rng, f"{task(rng, 'rewrite')} ${poly(values_, x)}$ in powers of ${poly([1, -a], x)}$.",
          f"What is ${poly(values_, x)}$ in powers of ${poly([1, -a], x)}$?"),
        p(rng, f"The value and the derivatives at ${a}$ are ${c[0]}$, ${c[1]}$, ${at(second, a)}$ and ${6 * values_[0]}$."),
        show(f"{poly(values_, x)} = {terms(*[(c[i], power(base, i)) for i in (3, 2, 1, 0)])}"),
        p(rng, "For a polynomial, Taylor's formula has no remainder once the degree is reached.",
          f"The constant term ${c[0]}$ is the value at ${x} = {a}$."),
    ]  # fmt: skip


def geometric_sum(rng: Rng) -> list[Block]:
    """Finite and infinite geometric sums."""
    a, d, n = rng.randint(1, 12), rng.randint(2, 6), rng.randint(4, 7)
    q = Fraction(rng.choice((1, d - 1, -1)), d)
    if q == 1:
        q = Fraction(1, d)
    total = a * (1 - q**n) / (1 - q)
    return [
        p(rng, f"{task(rng, 'sum')} the first ${n}$ terms of the geometric sequence with the first term ${a}$ and the ratio ${tex(q)}$.",
          f"A geometric sequence begins with ${a}$ and has the ratio ${tex(q)}$. What is the sum of its first ${n}$ "
          f"terms, and of all of them?"),
        p(rng, f"The terms are ${', '.join(tex(a * q**i) for i in range(min(n, 5)))}$" + (" and so on." if n > 5 else ".")),
        show(f"\\frac{{1 - \\left( {tex(q)} \\right)^{n}}}{{1 - {signed(q)}}} = {tex((1 - q**n) / (1 - q))}"),
        p(rng, f"Multiply by ${a}$: the sum is ${tex(total)} \\approx {float(total):.4f}$.",
          f"{So(rng)} the partial sum is ${tex(total)}$."),
        p(rng, f"All terms together give $\\frac{{{a}}}{{1 - {signed(q)}}} = {tex(a / (1 - q))}$.",
          f"The infinite series has the sum ${tex(a / (1 - q))}$, since the ratio is less than $1$ in absolute value."),
        p(rng, f"Between the two lies a difference of ${tex(a / (1 - q) - total)}$.",
          f"What is missing after ${n}$ terms is ${tex(a / (1 - q) - total)}$."),
    ]  # fmt: skip


def telescope(rng: Rng) -> list[Block]:
    """A telescoping sum."""
    k, n, m = rng.choice("kij"), rng.randint(5, 60), rng.randint(1, 4)
    left = Fraction(1, m) - Fraction(1, n + m)
    low, high = k if m == 1 else f"({k} + {m - 1})", f"({k} + {m})"
    first, second = low.strip("()"), high.strip("()")
    return [
        p(rng, f"{task(rng, 'compute')} $\\sum_{{{k}=1}}^{{{n}}} \\frac{{1}}{{{low}{high}}}$.",
          f"What is the sum of $\\frac{{1}}{{{low}{high}}}$ for ${k}$ from $1$ to ${n}$?"),
        p(rng, f"Split the fraction: $\\frac{{1}}{{{low}{high}}} = \\frac{{1}}{{{first}}} - \\frac{{1}}{{{second}}}$.",
          f"Each term is a difference, $\\frac{{1}}{{{first}}} - \\frac{{1}}{{{second}}}$."),
        p(rng, "In the sum almost everything cancels; only the beginning and the end remain.",
          "What one term subtracts the next one adds."),
        show(f"\\frac{{1}}{{{m}}} - \\frac{{1}}{{{n + m}}} = {tex(left)}" if m > 1 else f"1 - \\frac{{1}}{{{n + 1}}} = {tex(left)}"),
        p(rng, f"As the number of terms grows, the sum tends to ${tex(Fraction(1, m))}$.",
          f"In decimals this is about ${float(left):.4f}$, close to ${tex(Fraction(1, m))}$."),
    ]  # fmt: skip


def second_order(rng: Rng) -> list[Block]:
    """A linear differential equation with constant coefficients and initial values."""
    t, y = rng.choice("txs"), rng.choice("yuz")
    r, s = rng.sample([v for v in range(-5, 6) if v], 2)
    c, d = nonzero(rng, -5, 6), nonzero(rng, -5, 6)
    e = [f"e^{{{terms((v, t))}}}" for v in (r, s)]
    solved = terms((c, e[0]), (d, e[1]))
    equation = terms((1, f"{y}''"), (-r - s, f"{y}'"), (r * s, y))
    lam = "\\lambda"
    return [
        p(rng, f"{task(rng, 'solve')} ${equation} = 0$ with ${y}(0) = {c + d}$ and ${y}'(0) = {c * r + d * s}$.",
          f"Which function satisfies ${equation} = 0$, ${y}(0) = {c + d}$, ${y}'(0) = {c * r + d * s}$?"),
        p(rng, f"The trial solution $e^{{{lam} {t}}}$ leads to "
          f"${terms((1, lam + '^2'), (-r - s, lam), (r * s, ''))} = 0$ with the roots ${r}$ and ${s}$.",
          f"The characteristic equation has the roots ${r}$ and ${s}$."),
        show(f"{y}({t}) = C_1 {e[0]} + C_2 {e[1]}"),
        p(rng, f"The initial values require $C_1 + C_2 = {c + d}$ and ${terms((r, 'C_1'), (s, 'C_2'))} = {c * r + d * s}$.",
          f"At ${t} = 0$ {get(rng)} two equations: $C_1 + C_2 = {c + d}$ and ${terms((r, 'C_1'), (s, 'C_2'))} = {c * r + d * s}$."),
        p(rng, f"{So(rng)} $C_1 = {c}$ and $C_2 = {d}$, and the solution is ${y}({t}) = {solved}$.",
          f"The solution is ${y}({t}) = {solved}$."),
        p(rng, "All solutions tend to zero." if max(r, s) < 0 else "The largest exponent decides what happens in the long run.",
          f"{check(rng)} ${c} + {signed(d)} = {c + d}$ and ${r} \\cdot {signed(c)} + {signed(s)} \\cdot {signed(d)} = {c * r + d * s}$."),
    ]  # fmt: skip


def cooling(rng: Rng) -> list[Block]:
    """Newton's law of cooling, with a table."""
    room, start, k = rng.randint(4, 25), rng.randint(60, 98), rng.randint(2, 12)
    rate = Fraction(k, 100)
    times_ = (0, 5, 10, 20, 40)
    goal = room + (start - room) // 3
    needed = logarithm(Fraction(start - room, goal - room)) / rate
    thing = rng.choice(
        "cup of tea, soup, engine, loaf of bread, kettle, stone, bath, casting, horseshoe, pie, brick".split(", ")
    )
    return [
        p(rng, f"A {thing} of ${start}$ degrees stands in a room of ${room}$ degrees; the rate is $k = "
          f"{decimal(Fraction(k, 100))}$ per minute."
          .replace("A engine", "An engine"),
          f"{task(rng, 'solve')} $T' = -{decimal(Fraction(k, 100))}(T - {room})$ with $T(0) = {start}$."),
        p(rng, f"The difference to ${room}$ decays exponentially and begins with ${start - room}$.",
          f"Put $D = T - {room}$; then $D' = -{decimal(Fraction(k, 100))} D$ and $D(0) = {start - room}$."),
        show(f"T(t) = {room} + {start - room} e^{{-{decimal(Fraction(k, 100))} t}}"),
        table(["$t$", *times_], ["$T(t)$", *(f"${room + (start - room) * exponential(-rate * t):.1f}$" for t in times_)]),
        p(rng, f"When is the temperature ${goal}$? From $e^{{-{decimal(Fraction(k, 100))} t}} = "
          f"\\frac{{{goal - room}}}{{{start - room}}}$ {get(rng)} $t \\approx {needed:.1f}$.",
          f"The difference is halved every ${logarithm(Fraction(2)) / rate:.1f}$ minutes."),
    ]  # fmt: skip
