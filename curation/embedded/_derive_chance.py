"""Worked computations with chance and data: conditional probability, distributions, tables of data, fitted lines."""

from __future__ import annotations

from fractions import Fraction
from math import comb, isqrt, sqrt

from curation.embedded._derive import So, check, get, p, products, show, signed, so, table, task
from curation.embedded._page import Block
from curation.synth.families._algebra import terms
from curation.synth.families._family import decimal, tex
from curation.synth.families._rng import Rng

COLORS = "red, blue, white, black, green, yellow, gray, brown, silver".split(", ")
EVENTS = (
    "a seed germinates, a train is late, a call is answered, a shot hits, a bulb fails, a guest orders "
    "fish, a ticket wins, a fish bites, a student passes, a door is open"
).split(", ")
MEASURED = (
    "lengths, times in minutes, weights in grams, points, numbers of eggs, temperatures, numbers of "
    "visitors, ages, prices, distances, scores, depths"
).split(", ")


def bayes(rng: Rng) -> list[Block]:
    """A test for something rare, with exact fractions."""
    sick, right, alarm = rng.choice((1, 2, 3, 4, 5, 6, 8, 10)), rng.randint(80, 99), rng.randint(1, 12)
    base = Fraction(sick, rng.choice((100, 200, 250, 500, 1000)))
    hit, false = Fraction(right, 100), Fraction(alarm, 100)
    total = hit * base + false * (1 - base)
    after = hit * base / total
    what, where = rng.choice((("an infection", "patients"), ("a forged coin", "coins"), ("a defect",
    "boards"), ("spam", "messages"), ("a crack", "rivets"), ("a fraud", "payments"), ("rust", "bolts"), ("a leak",
    "valves"), ("a mutation", "seedlings")))  # fmt: skip
    return [
        p(rng, f"A share ${tex(base)}$ of all {where} has {what}. A test finds it with probability ${tex(hit)}$, "
          f"and gives a false alarm with "
          f"probability ${tex(false)}$. What does a positive result mean?",
          f"Among {where}, {what} occurs with probability ${tex(base)}$. The test is positive in ${right}$ percent "
          f"of these cases and in ${alarm}$ percent "
          "of all others. How likely is it after a positive test?"),
        p(rng, "By total probability, a positive result has the probability", "First we compute the probability of a positive result:"),
        show(f"{tex(hit)} \\cdot {tex(base)} + {tex(false)} \\cdot {tex(1 - base)} = {tex(total)}"),
        p(rng, f"Bayes' formula gives $\\frac{{{tex(hit * base)}}}{{{tex(total)}}} = {tex(after)} \\approx {float(after):.3f}$.",
          f"{So(rng)} the conditional probability is ${tex(after)}$, about ${float(after):.3f}$."),
        p(rng, "Most positive results are false alarms." if after < Fraction(1, 2) else "More often than not the alarm is justified.",
          f"Of ${10_000}$ {where}, about ${round(10_000 * float(total))}$ are tested positive.",
          f"After a negative test the probability is only ${tex((1 - hit) * base / (1 - total))}$."),
    ]  # fmt: skip


def urn(rng: Rng) -> list[Block]:
    """Two balls without replacement, and the colors by a tree."""
    one, two = rng.sample(COLORS, 2)
    a, b = rng.randint(2, 12), rng.randint(2, 12)
    n = a + b
    same1, same2 = Fraction(a * (a - 1), n * (n - 1)), Fraction(b * (b - 1), n * (n - 1))
    return [
        p(rng, f"A bag holds ${a}$ {one} and ${b}$ {two} marbles. Two are drawn, without putting the first one back.",
          f"From ${a}$ {one} and ${b}$ {two} socks in a drawer we take two in the dark. Do they match?",
          f"Of ${n}$ tickets ${a}$ are {one} and ${b}$ {two}; two tickets are drawn."),
        p(rng, f"Both are {one} with probability", f"Along the first branch of the tree, both {one}:"),
        show(f"\\frac{{{a}}}{{{n}}} \\cdot \\frac{{{a - 1}}}{{{n - 1}}} = {tex(same1)}"),
        p(rng, f"Both are {two} with probability ${tex(same2)}$.", f"In the same way ${tex(same2)}$ for {two}."),
        p(rng, f"{So(rng)} the colors agree with probability ${tex(same1)} + {tex(same2)} = {tex(same1 + same2)}$.",
          f"The colors differ with probability $1 - {tex(same1)} - {tex(same2)} = {tex(1 - same1 - same2)}$."),
        p(rng, f"With replacement the first number would have been ${tex(Fraction(a, n) ** 2)}$.",
          f"In decimals, the colors agree in about ${float(same1 + same2):.3f}$ of all cases.",
          f"{check(rng)} by counting pairs, $\\frac{{\\binom{{{a}}}{{2}}}}{{\\binom{{{n}}}{{2}}}} = "
          f"\\frac{{{comb(a, 2)}}}{{{comb(n, 2)}}} = {tex(same1)}$."),
    ]  # fmt: skip


def expectation(rng: Rng) -> list[Block]:
    """A game given by a table; expectation and variance."""
    weights = [rng.randint(1, 6) for _ in range(rng.randint(3, 4))]
    total = sum(weights)
    values = sorted(rng.sample(range(-6, 15), len(weights)))
    chances = [Fraction(w, total) for w in weights]
    mean = sum((v * c for v, c in zip(values, chances, strict=True)), Fraction(0))
    square = sum((v * v * c for v, c in zip(values, chances, strict=True)), Fraction(0))
    x = rng.choice("XYZ")
    return [
        p(rng, f"A game pays ${x}$ euros according to the following table.", f"The random variable ${x}$ has this distribution:",
          f"{task(rng, 'find')} expectation and variance of the variable ${x}$ in the table."),
        table(["value", *values], ["probability", *chances]),
        show(f"E({x}) = {' + '.join(f'{signed(v)} @ {tex(c)}' for v, c in zip(values, chances, strict=True))} = "
          f"{tex(mean)}".replace("@", "\\cdot")),
        p(rng, f"For the variance we need the mean of the squares, $E({x}^2) = {tex(square)}$.",
          f"The squares have the expectation ${tex(square)}$."),
        show(f"V({x}) = {tex(square)} - \\left( {tex(mean)} \\right)^2 = {tex(square - mean * mean)}"),
        p(rng, f"The standard deviation is about ${sqrt(square - mean * mean):.3f}$.",
          f"A fair price for the game is ${tex(mean)}$ euros." if mean > 0 else "Nobody should play this game for "
          "nothing.",
          f"{check(rng)} the probabilities add up to ${' + '.join(map(tex, chances))} = 1$."),
    ]  # fmt: skip


def binomial_table(rng: Rng) -> list[Block]:
    """The binomial distribution with a small number of trials."""
    n, d = rng.randint(3, 5), rng.choice((2, 3, 4, 5, 6, 10))
    q = Fraction(1, d)
    probs = [comb(n, k) * q**k * (1 - q) ** (n - k) for k in range(n + 1)]
    k = rng.randint(1, n - 1)
    what = rng.choice(EVENTS)
    return [
        p(rng, f"Suppose {what} with probability ${tex(q)}$, independently in ${n}$ trials. How many times does this happen?",
          f"In ${n}$ independent trials with success probability ${tex(q)}$, let $X$ be the number of successes."),
        table(["$k$", *range(n + 1)], ["$P(X = k)$", *probs]),
        p(rng, f"For example, $P(X = {k})$ is computed as follows.", f"The entry for ${k}$ arises like this:"),
        show(f"\\binom{{{n}}}{{{k}}} \\left( {tex(q)} \\right)^{k} \\left( {tex(1 - q)} \\right)^{{{n - k}}} = "
          f"{comb(n, k)} \\cdot {tex(q**k)} \\cdot {tex((1 - q) ** (n - k))} = {tex(probs[k])}"),
        p(rng, f"At least one success has the probability $1 - {tex(probs[0])} = {tex(1 - probs[0])}$.",
          f"The expectation is ${n} \\cdot {tex(q)} = {tex(n * q)}$.",
          f"The variance is ${n} \\cdot {tex(q)} \\cdot {tex(1 - q)} = {tex(n * q * (1 - q))}$."),
        p(rng, f"The most likely number of successes is ${max(range(n + 1), key=lambda i: probs[i])}$.",
          f"{So(rng)} at most one success happens with probability ${tex(probs[0] + probs[1])}$."),
    ]  # fmt: skip


def summary(rng: Rng) -> list[Block]:
    """Mean, median, range and standard deviation of a few measurements."""
    n = rng.choice((4, 5, 6))
    data = [rng.randint(2, 40) for _ in range(n)]
    mean = Fraction(sum(data), n)
    ordered = sorted(data)
    median = Fraction(ordered[(n - 1) // 2] + ordered[n // 2], 2)
    squares = sum(((v - mean) * (v - mean) for v in data), Fraction(0))
    what = rng.choice(MEASURED)
    return [
        p(rng, f"The following {what} were recorded: ${', '.join(map(str, data))}$.",
          f"{task(rng, 'describe')} the {what} ${', '.join(map(str, data))}$ by a few numbers."),
        show(f"\\frac{{{' + '.join(map(str, data))}}}{{{n}}} = {tex(mean)}"),
        p(rng, f"Sorted, the data are ${', '.join(map(str, ordered))}$, {so(rng)} the median is ${tex(median)}$.",
          f"The median is ${tex(median)}$, the range ${ordered[-1]} - {ordered[0]} = {ordered[-1] - ordered[0]}$."),
        table(["value", *data], ["deviation", *(v - mean for v in data)]),
        p(rng, f"The squares of the deviations add up to ${tex(squares)}$.",
          f"Squaring and adding the deviations, {get(rng)} ${tex(squares)}$."),
        p(rng, f"With the divisor ${n - 1}$ the standard deviation is $\\sqrt{{{tex(squares / (n - 1))}}} \\approx "
          f"{sqrt(squares / (n - 1)):.2f}$.",
          f"{So(rng)} the variance of the sample is ${tex(squares / (n - 1))}$."),
        p(rng, f"The mean is {'larger than' if mean > median else 'smaller than' if mean < median else 'equal to'} "
          f"the median.", "One large value would move the mean, but hardly the median."),
    ]  # fmt: skip


def fitted_line(rng: Rng) -> list[Block]:
    """Least squares through four or five points."""
    n, m, c = rng.choice((4, 5)), rng.randint(-3, 5), rng.randint(-5, 20)
    xs = list(range(n)) if rng.chance(0.5) else sorted(rng.sample(range(10), n))
    ys = [m * x + c + rng.randint(-3, 3) for x in xs]
    sx, sy, sxx, sxy = sum(xs), sum(ys), sum(x * x for x in xs), sum(x * y for x, y in zip(xs, ys, strict=True))
    top, bottom = n * sxy - sx * sy, n * sxx - sx * sx
    slope = Fraction(top, bottom)
    start = Fraction(sy, n) - slope * Fraction(sx, n)
    at = xs[-1] + 1
    return [
        p(rng, f"{task(rng, 'fit a line to')} the following data by least squares.", "Which line fits these points best?"),
        table(["$x$", *xs], ["$y$", *ys]),
        p(rng, f"The sums are $\\sum x = {sx}$, $\\sum y = {sy}$, $\\sum x^2 = {sxx}$ and $\\sum xy = {products(xs, ys)} = {sxy}$.",
          f"We need $\\sum x = {sx}$, $\\sum y = {sy}$, $\\sum x^2 = {sxx}$ and $\\sum xy = {sxy}$."),
        show(f"m = \\frac{{{n} \\cdot {signed(sxy)} - {signed(sx)} \\cdot {signed(sy)}}}{{{n} \\cdot {sxx} - "
          f"{sx}^2}} = \\frac{{{top}}}{{{bottom}}} = {tex(slope)}"
             if slope.denominator > 1 and slope.denominator != bottom else
             f"m = \\frac{{{n} \\cdot {signed(sxy)} - {signed(sx)} \\cdot {signed(sy)}}}{{{n} \\cdot {sxx} - {sx}^2}} = {tex(slope)}"),
        p(rng, f"The line passes through the point of the means, {so(rng)} its intercept is ${tex(Fraction(sy, n))} "
          f"- {signed(slope)} \\cdot {tex(Fraction(sx, n))} = {tex(start)}$.",
          f"The intercept is ${tex(start)}$, because the line passes through $\\left( {tex(Fraction(sx, n))}, "
          f"{tex(Fraction(sy, n))} \\right)$."),
        p(rng, f"{So(rng)} $y = {terms((slope, 'x'), (start, ''))}$; for $x = {at}$ it predicts ${tex(slope * at + start)}$.",
          f"At $x = {at}$ the line has the value ${tex(slope * at + start)} \\approx {float(slope * at + start):.2f}$."),
        p(rng, f"The first residual is ${ys[0]} - {signed(slope * xs[0] + start)} = "
          f"{tex(ys[0] - slope * xs[0] - start)}$.", "The residuals add up to zero, as always."),
    ]  # fmt: skip


def chain_of_states(rng: Rng) -> list[Block]:
    """Weather of two kinds: a two-state chain and its equilibrium."""
    a, b = Fraction(rng.randint(1, 9), 10), Fraction(rng.randint(1, 9), 10)
    one, two = rng.choice(
        (
            ("dry", "wet"),
            ("open", "closed"),
            ("busy", "idle"),
            ("sunny", "cloudy"),
            ("calm", "windy"),
            ("full", "empty"),
            ("green", "red"),
        )
    )
    state, rows = Fraction(1), []
    for n in range(4):
        rows.append(
            [
                f"${n}$",
                f"${_short(state)}$",
            ]
        )
        state = state * (1 - a) + (1 - state) * b
    rest = b / (a + b)
    return [
        p(rng, f"After a day that is {one} the next one is {two} with probability ${decimal(a)}$; after a day that "
          f"is {two} it is {one} with probability ${decimal(b)}$.",
          f"A system is {one} or {two}. It changes from {one} to {two} with probability ${decimal(a)}$ and back "
          f"with probability ${decimal(b)}$ in each step."),
        p(rng, f"Let $p_n$ be the probability of {one} after $n$ steps, with $p_0 = 1$.",
          f"We begin with {one} for certain and follow its probability $p_n$."),
        show(f"p_{{n+1}} = {decimal(1 - a)} p_n + {decimal(b)} (1 - p_n)"),
        table(["$n$", "$p_n$"], *rows),
        p(rng, f"In equilibrium $p = {decimal(1 - a)} p + {decimal(b)} (1 - p)$, {so(rng)} $p = "
          f"\\frac{{{decimal(b)}}}{{{decimal(a)} + {decimal(b)}}} = {tex(rest)}$.",
          f"The fixed point is ${tex(rest)}$, about ${float(rest):.3f}$."),
        p(rng, f"The distance from it is multiplied by $1 - {decimal(a)} - {decimal(b)} = {decimal(1 - a - b)}$ in "
          f"each step.", f"In the long run the state is {one} in ${tex(rest)}$ of all steps.")
        if a + b != 2 else p(rng, "It depends only on chance."),
    ]  # fmt: skip


def _short(value: Fraction) -> str:
    """Exact where three decimals are enough, else rounded."""
    return decimal(value) if 1000 % value.denominator == 0 else f"{float(value):.4f}"


def square_root_law(rng: Rng) -> list[Block]:
    """How many answers a survey needs."""
    share, margin = rng.randint(1, 9) * 10, rng.choice((1, 2, 3, 4, 5))
    q = Fraction(share, 100)
    needed = 4 * q * (1 - q) / Fraction(margin, 100) ** 2
    n = rng.choice((100, 400, 900, 1600, 2500))
    deviation = sqrt(q * (1 - q) / n)
    whole = isqrt(n)
    return [
        p(rng, f"In a survey of ${n}$ people, ${share}$ percent say yes. How exact is this?",
          f"How far can a share of ${share}$ percent among ${n}$ answers be from the truth?"),
        p(rng, "The share among $n$ answers has the standard deviation",
          "By the formula for the binomial distribution, the standard deviation of the share is"),
        show(f"\\frac{{\\sqrt{{{decimal(q)} \\cdot {decimal(1 - q)}}}}}{{{whole}}} \\approx {deviation:.4f}"),
        p(rng, f"Two standard deviations are about ${200 * deviation:.1f}$ percentage points.",
          f"{So(rng)} the share is known up to about ${200 * deviation:.1f}$ points, with a confidence of some $95$ "
          f"percent."),
        p(rng, f"For a margin of ${margin}$ points one would need $\\frac{{4 \\cdot {decimal(q)} \\cdot "
          f"{decimal(1 - q)}}}{{{decimal(Fraction(margin, 100))}^2}} = {tex(needed)}$ answers, rounded up.",
          f"Four times as many answers, ${4 * n}$, halve the margin to about ${100 * deviation:.1f}$ points."),
        p(rng, f"{check(rng)} $\\sqrt{{{n}}} = {whole}$.",
          f"The variance of one answer is ${decimal(q)} \\cdot {decimal(1 - q)} = {decimal(q * (1 - q))}$."),
    ]  # fmt: skip
