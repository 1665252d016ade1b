"""Worked computations with measured quantities and digits: fractions, percentages, interest, units, and numerical methods."""

from __future__ import annotations

from fractions import Fraction
from math import gcd, lcm

from curation.embedded._derive import So, at, check, get, p, poly, show, signed, slope, so, table, task
from curation.embedded._derive_decimals import logarithm
from curation.embedded._page import Block
from curation.synth.families._family import decimal, tex
from curation.synth.families._rng import Rng


def fraction_sum(rng: Rng) -> list[Block]:
    """A sum of three fractions over a common denominator."""
    parts = [Fraction(rng.randint(1, 11), d) for d in rng.sample((2, 3, 4, 5, 6, 8, 9, 10, 12, 15), 3)]
    signs = [1, rng.choice((1, -1)), rng.choice((1, 1, -1))]
    common = lcm(*(v.denominator for v in parts))
    tops = [s * v.numerator * (common // v.denominator) for s, v in zip(signs, parts, strict=True)]
    total = Fraction(sum(tops), common)
    left = tex(parts[0]) + "".join(
        f" {'+' if s > 0 else '-'} {tex(v)}" for s, v in zip(signs[1:], parts[1:], strict=True)
    )
    middle = f"{tops[0]}" + "".join(f" {'+' if v > 0 else '-'} {abs(v)}" for v in tops[1:])
    return [
        p(rng, f"{task(rng, 'compute')} ${left}$.", f"What is ${left}$?"),
        p(rng, f"The least common denominator is ${common}$.",
          f"All denominators divide ${common}$, {so(rng)} we expand to this denominator.",
          f"The denominators ${', '.join(str(v.denominator) for v in parts)}$ have the least common multiple ${common}$."),
        show(f"{left} = \\frac{{{middle}}}{{{common}}} = {tex(total)}"),
        p(rng, f"The numerator ${sum(tops)}$ and ${common}$ have the greatest common divisor "
          f"${gcd(sum(tops), common)}$.", f"In decimals this is about ${float(total):.4f}$."),
        p(rng, f"{check(rng)} numerically, ${' + '.join(signed(s * v) for s, v in zip(signs, parts, strict=True))} "
          f"\\approx {float(total):.3f}$.",
          f"The reciprocal would be ${tex(1 / total)}$." if total else "The sum is zero."),
    ]  # fmt: skip


def percent_chain(rng: Rng) -> list[Block]:
    """A price that changes twice."""
    price, up, down = (
        rng.randint(4, 90) * 10,
        rng.choice((5, 10, 20, 25, 30, 40, 50)),
        rng.choice((5, 10, 15, 20, 25, 30)),
    )
    first = Fraction(price * (100 + up), 100)
    second = first * (100 - down) / 100
    what = rng.choice(
        "coat, bicycle, ticket, lamp, radio, season card, table, violin, tent, camera, stove, saddle, telescope, rug".split(
            ", "
        )
    )
    factor = Fraction((100 + up) * (100 - down), 10_000)
    return [
        p(rng, f"A {what} costs ${price}$ euros. The price rises by ${up}$ percent and falls later by ${down}$ "
          f"percent.", f"What does a {what} of ${price}$ euros cost after a rise of ${up}$ percent and a discount "
          f"of ${down}$ percent?"),
        p(rng, f"A rise of ${up}$ percent is a factor of ${decimal(Fraction(100 + up, 100))}$, a discount of "
          f"${down}$ percent a factor of ${decimal(Fraction(100 - down, 100))}$.",
          "Percentages that follow each other are multiplied as factors, not added."),
        show(f"{price} \\cdot {decimal(Fraction(100 + up, 100))} = {decimal(first)}, \\quad {decimal(first)} \\cdot "
          f"{decimal(Fraction(100 - down, 100))} = {decimal(second)}"),
        p(rng, f"Together the factor is ${tex(factor)}$, {so(rng)} the price has changed by "
          f"${tex(100 * factor - 100)}$ percent.", f"{So(rng)} the last price is ${decimal(second)}$ euros."),
        p(rng, f"In the other order the result is the same, for ${decimal(Fraction(100 - down, 100))} \\cdot "
          f"{decimal(Fraction(100 + up, 100))} = {tex(factor)}$.",
          f"To return to ${price}$, the price would have to change by the factor ${tex(1 / factor)}$."),
    ]  # fmt: skip


def _cents(amount: Fraction) -> str:
    """Rounded to two decimals, a half up, as money is."""
    cents = int(100 * amount + Fraction(1, 2))
    return f"{cents // 100}.{cents % 100:02}"


def interest_table(rng: Rng) -> list[Block]:
    """Compound interest year by year."""
    start, rate, years = rng.randint(2, 80) * 100, rng.randint(2, 12), rng.randint(4, 7)
    factor = Fraction(100 + rate, 100)
    pay = rng.choice((0, 0, rng.randint(1, 8) * 50))
    rows, amount = [], Fraction(start)
    for year in range(years + 1):
        rows.append([f"${year}$", f"${_cents(amount)}$"])
        amount = amount * factor + pay
    return [
        p(rng, f"${start}$ euros are put on an account with ${rate}$ percent a year" + (f", and ${pay}$ are added "
          f"at the end of each year." if pay else "."),
          f"{task(rng, 'follow')} a deposit of ${start}$ euros at ${rate}$ percent" + (f" with ${pay}$ euros added "
          f"every year." if pay else ".")),
        p(rng, f"Each year the amount is multiplied by ${decimal(Fraction(100 + rate, 100))}$.",
          f"One year later, ${start} \\cdot {decimal(Fraction(100 + rate, 100))} = "
          f"{decimal(start * Fraction(100 + rate, 100))}$ before anything is added."),
        table(["year", "amount"], *rows),
        show(f"{start} \\cdot {decimal(Fraction(100 + rate, 100))}^{years} \\approx {_cents(start * factor**years)}"),
        p(rng, "This is the share of the first deposit." if pay else "This is the last line of the table.",
          f"Without compounding it would be ${start} + {years} \\cdot {start * rate // 100} = "
          f"{start + years * (start * rate // 100)}$."),
        p(rng, f"Money doubles at this rate in about ${logarithm(Fraction(2)) / logarithm(factor):.1f}$ years.",
          f"The rule of seventy says that doubling takes about $\\frac{{70}}{{{rate}}} \\approx {70 / rate:.1f}$ "
          f"years."),
    ]  # fmt: skip


_UNITS = (
    ("kilometers per hour", "meters per second", Fraction(1000, 3600), "A kilometer has $1000$ meters and an hour $3600$ seconds."),
    ("meters per second", "kilometers per hour", Fraction(3600, 1000), "An hour has $3600$ seconds."),
    ("liters per minute", "cubic meters per hour", Fraction(60, 1000), "A cubic meter has $1000$ liters."),
    ("grams per cubic centimeter", "kilograms per cubic meter", Fraction(1000), "A cubic meter has a million cubic centimeters."),
    ("square meters", "square centimeters", Fraction(10_000), "A meter has $100$ centimeters, and $100^2 = 10000$."),
    ("hectares", "square kilometers", Fraction(1, 100), "A hectare is a square with sides of $100$ meters."),
    ("kilowatt hours", "megajoules", Fraction(36, 10), "An hour has $3600$ seconds, and a watt is a joule per second."),
    ("inches", "centimeters", Fraction(254, 100), "An inch is $2.54$ centimeters by definition."),
    ("nautical miles", "kilometers", Fraction(1852, 1000), "A nautical mile has $1852$ meters."),
    ("days", "minutes", Fraction(1440), "A day has $24 \\cdot 60 = 1440$ minutes."),
    ("cubic feet", "liters", Fraction(28_316_846_592, 10**9), "A foot is $30.48$ centimeters."),
    ("miles per hour", "feet per second", Fraction(5280, 3600), "A mile has $5280$ feet."),
    ("degrees of arc", "seconds of arc", Fraction(3600), "A degree has $60$ minutes of $60$ seconds each."),
    ("acres", "square yards", Fraction(4840), "An acre has $4840$ square yards."),
)  # fmt: skip


def units(rng: Rng) -> list[Block]:
    """A conversion, forth and back."""
    old, new, factor, why = rng.choice(_UNITS)
    value = rng.choice(
        (Fraction(rng.randint(2, 400)), Fraction(rng.randint(11, 999), 10), Fraction(rng.randint(2, 90) * 5))
    )
    result = value * factor
    size = float(result)
    shown = decimal(result) if "frac" not in decimal(result) else f"{size:.4f}"
    sign = "=" if "frac" not in decimal(result) else "\\approx"
    return [
        p(rng, f"{task(rng, 'convert')} ${decimal(value)}$ {old} to {new}.", f"How many {new} are ${decimal(value)}$ {old}?"),
        p(rng, why, f"{why} This is all that is needed.", f"Recall: {why[0].lower()}{why[1:]}"),
        p(rng, f"The conversion factor is ${tex(factor)}$.", f"One unit of the old kind is ${tex(factor)}$ of the new one."),
        show(f"{decimal(value)} \\cdot {tex(factor)} {sign} {shown}"),
        p(rng, f"{So(rng)} it is ${shown}$ {new}" + (", rounded." if sign != "=" else "."), f"The answer is "
          f"{'about ' if sign != '=' else ''}${shown}$ {new}."),
        p(rng, f"Backwards one divides, or multiplies by ${tex(1 / factor)}$.",
          f"{check(rng)} the new number must be {'larger' if factor > 1 else 'smaller'}, because the new unit is "
          f"{'smaller' if factor > 1 else 'larger'}."),
    ]  # fmt: skip


_NO_POWERS = [c for c in range(2, 91) if not {n**k for n in range(10) for k in (2, 3)} & {c}]
"""Numbers that are no squares and no cubes."""


def newton_root(rng: Rng) -> list[Block]:
    """Square or cube roots by Newton's method."""
    cube, c = rng.chance(0.4), rng.choice(_NO_POWERS)
    degree = 3 if cube else 2
    x = next(n for n in range(1, 11) if (2 * n + 1) ** degree > 2**degree * c)  # the nearest integer
    rows, y = [], float(x)
    for n in range(5):
        power = y * y * y if cube else y * y
        rows.append([f"${n}$", f"${y:.8f}$", f"${power - c:z.6f}$"])
        y = (2 * y + c / (y * y)) / 3 if cube else (y + c / y) / 2
    name = f"\\sqrt[3]{{{c}}}" if cube else f"\\sqrt{{{c}}}"
    inner = f"2x_n + \\frac{{{c}}}{{x_n^2}}" if cube else f"x_n + \\frac{{{c}}}{{x_n}}"
    rule = f"\\frac{{1}}{{{degree}}} \\left( {inner} \\right)"
    return [
        p(rng, f"{task(rng, 'compute')} ${name}$ by Newton's method.", f"How does a machine find ${name}$?",
          f"The zero of $x^{degree} - {c}$ is approximated step by step."),
        show(f"x_{{n+1}} = {rule}"),
        p(rng, f"We start with $x_0 = {x}$.", f"A rough guess is $x_0 = {x}$."),
        table(["$n$", "$x_n$", f"$x_n^{degree} - {c}$"], *rows),
        p(rng, "The number of correct digits about doubles from line to line.",
          "After a few steps nothing changes any more in eight decimals.",
          "The last column tends to zero very quickly."),
        p(rng, f"{So(rng)} ${name} \\approx {y:.6f}$.", f"To six decimals, ${name} \\approx {y:.6f}$."),
    ]  # fmt: skip


def bisection(rng: Rng) -> list[Block]:
    """A zero of a cubic, enclosed by halving."""
    a, c = rng.randint(1, 6), rng.randint(3, 60)
    values = [1, 0, a, -c]
    floor = 0
    while at(values, floor + 1) < 0:
        floor += 1
    low, high, rows = Fraction(floor), Fraction(floor + 1), []
    for _ in range(4):
        middle = Fraction(
            low.numerator * high.denominator + high.numerator * low.denominator, 2 * low.denominator * high.denominator
        )
        n, d = middle.numerator, middle.denominator
        value = n * n * n + a * n * d * d - c * d * d * d  # the value times d^3
        rows.append(
            [f"${tex(v)}$" for v in (low, high, middle)] + ["$+$" if value > 0 else "$-$" if value < 0 else "$0$"]
        )
        low, high = (low, middle) if value >= 0 else (middle, high)
    return [
        p(rng, f"{task(rng, 'enclose')} the real zero of $f(x) = {poly(values, 'x')}$ by bisection.",
          f"Where is the zero of $f(x) = {poly(values, 'x')}$?"),
        p(rng, f"The derivative ${poly(slope(values), 'x')}$ is positive, {so(rng)} there is only one.",
          f"The function is increasing, since ${poly(slope(values), 'x')} \\gt 0$."),
        table(["left", "right", "middle", "sign there"], *rows),
        p(rng, "Each line is half as long as the one before.", f"After four steps the length is ${tex(high - low)}$."),
        show(f"{tex(low)} \\le x_0 \\le {tex(high)}"),
        p(rng, f"In decimals the zero lies near ${float((low + high) / 2):.3f}$.",
          f"{So(rng)} the middle ${tex((low + high) / 2)}$ is wrong by at most ${tex((high - low) / 2)}$."),
    ]  # fmt: skip


def trapezoid(rng: Rng) -> list[Block]:
    """The trapezoid rule against the exact value."""
    values, b, n = [rng.randint(1, 4), rng.randint(-5, 5), rng.randint(0, 9)], rng.randint(1, 4), rng.choice((2, 4, 5))
    h = Fraction(b, n)
    nodes = [h * i for i in range(n + 1)]
    heights = [Fraction(at(values, x)) for x in nodes]
    rule = h * (sum(heights) - (heights[0] + heights[-1]) / 2)
    exact = at([Fraction(values[0], 3), Fraction(values[1], 2), Fraction(values[2]), Fraction(0)], b)
    return [
        p(rng, f"{task(rng, 'approximate')} $\\int_0^{b} ({poly(values, 'x')}) \\, dx$ by the trapezoid rule with "
          f"${n}$ strips.", f"How good is the trapezoid rule with ${n}$ strips for $\\int_0^{b} "
          f"({poly(values, 'x')}) \\, dx$?"),
        p(rng, f"The width of a strip is ${tex(h)}$.", f"The nodes are multiples of ${tex(h)}$."),
        table(["$x$", *nodes], ["value", *heights]),
        show(f"{tex(h)} \\left( \\frac{{{tex(heights[0])} + {signed(heights[-1])}}}{{2}} + "
          f"{' + '.join(signed(v) for v in heights[1:-1])} \\right) = {tex(rule)}"),
        p(rng, f"The exact value is ${tex(exact)}$, {so(rng)} the error is ${tex(rule)} - {signed(exact)} = "
          f"{tex(rule - exact)}$.", f"By an antiderivative {get(rng)} ${tex(exact)}$, and the rule is off by "
          f"${tex(rule - exact)}$."),
        p(rng, f"For this quadratic the error is exactly $\\frac{{b h^2}}{{6}}$ times the leading coefficient, with "
          f"$b = {b}$ and $h = {tex(h)}$.", f"With ${2 * n}$ strips the error would be a quarter of this, "
          f"${tex((rule - exact) / 4)}$."),
    ]  # fmt: skip
