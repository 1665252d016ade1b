"""Worked computations in the plane: lines, circles, triangles, angles, complex numbers, dot and cross products in pictures."""

from __future__ import annotations

from fractions import Fraction
from math import sqrt

from curation.embedded._derive import (
    Number,
    So,
    check,
    get,
    minus,
    nonzero,
    p,
    plus,
    point,
    poly,
    show,
    signed,
    so,
    table,
    task,
)
from curation.embedded._derive_decimals import arccosine, direction, tangent
from curation.embedded._derive_decimals import cosine as cosine_of
from curation.embedded._page import Block
from curation.synth.families._algebra import terms
from curation.synth.families._family import tex
from curation.synth.families._rng import Rng


def line(rng: Rng) -> list[Block]:
    """The line through two points, its intercepts, and a perpendicular."""
    x1, x2 = rng.sample(range(-7, 9), 2)
    y1, y2 = rng.randint(-9, 9), rng.randint(-9, 9)
    if y1 == y2:
        y2 += 1
    m = Fraction(y2 - y1, x2 - x1)
    c = y1 - m * x1
    return [
        p(rng, f"{task(rng, 'find')} the line through ${point(x1, y1)}$ and ${point(x2, y2)}$.",
          f"Which line passes through ${point(x1, y1)}$ and ${point(x2, y2)}$?"),
        show(f"\\frac{{{y2} - {signed(y1)}}}{{{x2} - {signed(x1)}}} = {tex(m)}"),
        p(rng, "This is the slope.", f"The line {'rises' if m > 0 else 'falls'} by ${tex(abs(m))}$ per unit."),
        p(rng, f"With the first point, $y - {signed(y1)} = {tex(m)} (x - {signed(x1)})$, that is, $y = "
          f"{poly([m, c], 'x')}$.", f"{So(rng)} the equation is $y = {poly([m, c], 'x')}$."),
        p(rng, f"{check(rng)} ${tex(m)} \\cdot {signed(x2)}{plus(c)} = {y2}$.",
          f"The axes are met at ${point(0, c)}$ and ${point(-c / m, 0)}$.",
          f"The midpoint of the two points is ${point(Fraction(x1 + x2, 2), Fraction(y1 + y2, 2))}$."),
        p(rng, f"A perpendicular line has the slope ${tex(-1 / m)}$.",
          f"Through the origin, the perpendicular line is $y = {poly([-1 / m, 0], 'x')}$.",
          f"The parallel line through the origin is $y = {poly([m, 0], 'x')}$."),
    ]  # fmt: skip


def circle(rng: Rng) -> list[Block]:
    """Center and radius from the general equation, and a point inside or outside."""
    a, b, r = nonzero(rng, -7, 7), nonzero(rng, -7, 7), rng.randint(2, 9)
    q = rng.choice((r * r, r * r, rng.randint(2, 70)))
    u, v = rng.randint(-9, 9), rng.randint(-9, 9)
    distance = (u - a) ** 2 + (v - b) ** 2
    equation = terms((1, "x^2"), (1, "y^2"), (-2 * a, "x"), (-2 * b, "y"), (a * a + b * b - q, "")) + " = 0"
    radius = str(r) if q == r * r else f"\\sqrt{{{q}}}"
    return [
        p(rng, f"{task(rng, 'find')} center and radius of the circle ${equation}$.", f"Which circle is described by ${equation}$?"),
        p(rng, f"Complete both squares: $x^2{plus(-2 * a)}x = ({minus('x', a)})^2 - {a * a}$ and "
          f"$y^2{plus(-2 * b)}y = ({minus('y', b)})^2 - {b * b}$.",
          f"Half of the coefficients are ${-a}$ and ${-b}$; their squares are ${a * a}$ and ${b * b}$."),
        show(f"({minus('x', a)})^2 + ({minus('y', b)})^2 = {q}"),
        p(rng, f"The center is ${point(a, b)}$ and the radius ${radius}$.",
          f"{So(rng)} it is the circle about ${point(a, b)}$ with radius ${radius}$."),
        p(rng, f"Where is the point ${point(u, v)}$? The square of its distance from the center is "
          f"${signed(u - a)}^2 + {signed(v - b)}^2 = {distance}$, {so(rng)} it lies "
          f"{'inside' if distance < q else 'outside' if distance > q else 'on the circle'}.",
          f"The point ${point(u, v)}$ lies "
          f"{'inside' if distance < q else 'outside' if distance > q else 'on the circle'}, since ${distance}$ is "
          f"{'less than' if distance < q else 'more than' if distance > q else 'equal to'} ${q}$."),
        p(rng, f"Its area is ${q}\\pi$.", f"The highest point is $({a}, {b} + {radius})$.",
          f"The circumference is about ${2 * 3.141592653589793 * sqrt(q):.2f}$."),
    ]  # fmt: skip


def law_of_cosines(rng: Rng) -> list[Block]:
    """A triangle from its three sides."""
    a, b = rng.randint(4, 15), rng.randint(4, 15)
    c = rng.randint(max(abs(a - b) + 1, 3), a + b - 1)
    cosine = Fraction(a * a + b * b - c * c, 2 * a * b)
    gamma = arccosine(cosine)
    area = sqrt(4 * a * a * b * b - (a * a + b * b - c * c) ** 2) / 4
    return [
        p(rng, f"The sides of a triangle are $a = {a}$, $b = {b}$ and $c = {c}$. How large are its angles?",
          f"{task(rng, 'solve')} the triangle with the sides ${a}$, ${b}$ and ${c}$."),
        p(rng, "The law of cosines gives the angle opposite to $c$.", "We begin with the angle between the first two sides."),
        show(f"\\frac{{{a}^2 + {b}^2 - {c}^2}}{{2 \\cdot {a} \\cdot {b}}} = {tex(cosine)}"),
        p(rng, f"This is its cosine, {so(rng)} $\\gamma \\approx {gamma:.2f}^\\circ$.",
          f"From $\\cos \\gamma = {tex(cosine)}$ {get(rng)} $\\gamma \\approx {gamma:.2f}^\\circ$."),
        p(rng, "The angle is a right one." if not cosine else f"It is {'acute' if cosine > 0 else 'obtuse'}, as the "
          f"sign of the cosine shows."),
        p(rng, f"The area is $\\frac{{1}}{{2}} \\cdot {a} \\cdot {b} \\sin \\gamma \\approx {area:.2f}$.",
          f"The radius of the circumscribed circle is about ${a * b * c / (4 * area):.2f}$.",
          f"Half the perimeter is ${tex(Fraction(a + b + c, 2))}$, and Heron's formula gives the area ${area:.2f}$, rounded."),
    ]  # fmt: skip


def height(rng: Rng) -> list[Block]:
    """A height from a distance and an angle, or from two angles."""
    what = rng.choice(
        "tower, tree, chimney, cliff, lighthouse, mast, steeple, windmill, crane, dam, monument, silo, bridge pier".split(
            ", "
        )
    )
    far, alpha, eye = rng.randint(12, 220), rng.randint(12, 62), rng.randint(12, 19) / 10
    rise = far * tangent(alpha)
    return [
        p(rng, f"From a distance of ${far}$ meters the top of a {what} appears at an angle of ${alpha}^\\circ$. How high is it?",
          f"A {what} stands ${far}$ m away, and its top is seen under ${alpha}^\\circ$."),
        p(rng, "Draw a right triangle: the distance is one leg, the height above the eye the other.",
          "In the right triangle the tangent is opposite leg over adjacent leg."),
        p(rng, "Solving for the height, we multiply.", f"{So(rng)} the height above the eye is"),
        show(f"{far} \\cdot \\tan {alpha}^\\circ \\approx {rise:.2f}"),
        p(rng, f"If the eye is ${eye}$ m above the ground, the {what} is about ${rise + eye:.1f}$ m high.",
          f"Adding ${eye}$ m for the observer, {get(rng)} ${rise + eye:.1f}$ m, rounded."),
        p(rng, f"An error of one degree would change the result by about ${far * (tangent(alpha + 1) - tangent(alpha)):.1f}$ m.",
          f"The line of sight has the length ${far / cosine_of(alpha):.1f}$ m, rounded.",
          f"From twice the distance the angle would be about ${direction(2 * far, rise):.1f}^\\circ$."),
    ]  # fmt: skip


def trigonometric_equation(rng: Rng) -> list[Block]:
    """An equation with a known sine or cosine."""
    a, (value, angle) = (
        rng.randint(2, 9),
        rng.choice((("\\frac{1}{2}", 30), ("\\frac{\\sqrt{2}}{2}", 45), ("\\frac{\\sqrt{3}}{2}", 60))),
    )
    w, shift = rng.randint(1, 4), rng.randint(-9, 9)
    top = {30: "", 45: "\\sqrt{2}", 60: "\\sqrt{3}"}[angle]
    right = f"\\frac{{{a}{top}}}{{2}}"
    inside = f"{w if w > 1 else ''}x"
    first, second = Fraction(angle, w), Fraction(180 - angle, w)
    return [
        p(rng, f"{task(rng, 'solve')} ${a} \\sin {inside}{plus(shift)} = {right}{plus(shift)}$, with the angle in degrees.",
          f"For which angles is ${a} \\sin {inside}{plus(shift)} = {right}{plus(shift)}$?"),
        p(rng, f"Isolate the sine: $\\sin {inside} = {value}$.", f"This is the same as $\\sin {inside} = {value}$."),
        p(rng, f"In one turn the sine takes this value twice, at ${angle}^\\circ$ and at ${180 - angle}^\\circ$.",
          f"The unit circle shows two angles, ${angle}^\\circ$ and $180^\\circ - {angle}^\\circ = "
          f"{180 - angle}^\\circ$."),
        show(f"x = {tex(first)}^\\circ + k \\cdot {360 // w}^\\circ, \\quad x = {tex(second)}^\\circ + k \\cdot {360 // w}^\\circ"),
        p(rng, "Here $k$ runs through all integers.", f"Between $0^\\circ$ and $360^\\circ$ there are ${2 * w}$ solutions."),
        p(rng, f"The period of $\\sin {inside}$ is ${360 // w}^\\circ$.", "A calculator shows only the first of them."),
    ]  # fmt: skip


def wave(rng: Rng) -> list[Block]:
    """A sine and a cosine combined into one wave."""
    u, v = rng.choice(
        ((3, 4), (4, 3), (5, 12), (12, 5), (8, 15), (15, 8), (1, 1), (2, 1), (1, 3), (7, 24), (2, 5), (6, 5), (9, 2))
    )
    a, b = u * rng.choice((1, -1)), v
    square = a * a + b * b
    root = {25: "5", 169: "13", 289: "17", 625: "25"}.get(square, f"\\sqrt{{{square}}}")
    delta = direction(a, b)
    return [
        p(rng, f"{task(rng, 'write')} ${terms((a, chr(92) + 'cos x'), (b, chr(92) + 'sin x'))}$ as one cosine.",
          f"What are amplitude and phase of ${terms((a, chr(92) + 'cos x'), (b, chr(92) + 'sin x'))}$?"),
        p(rng, f"The point ${point(a, b)}$ has the distance ${root}$ from the origin, since ${signed(a)}^2 + {b}^2 "
          f"= {square}$.", f"The amplitude is $\\sqrt{{{signed(a)}^2 + {b}^2}} = {root}$."),
        p(rng, f"Its direction is $\\delta \\approx {delta:.2f}^\\circ$, with $\\cos \\delta = "
          f"\\frac{{{a}}}{{{root}}}$ and $\\sin \\delta = \\frac{{{b}}}{{{root}}}$.",
          f"The phase is $\\delta \\approx {delta:.2f}^\\circ$, an angle whose sine and cosine have the right signs."),
        show(f"{terms((a, chr(92) + 'cos x'), (b, chr(92) + 'sin x'))} = {root} \\cos(x - \\delta)"),
        p(rng, f"The largest value is ${root}$, taken at $x = \\delta$.", f"{So(rng)} all values lie between $-{root}$ and ${root}$."),
        p(rng, f"{check(rng)} at $x = 0$ the left side is ${a}$ and the right side ${root} \\cdot \\frac{{{a}}}{{{root}}} = {a}$."),
    ]  # fmt: skip


def _complex(a: Number, b: Number) -> str:
    return terms((a, ""), (b, "i"))


def complex_product(rng: Rng) -> list[Block]:
    """Product, quotient and absolute values of two complex numbers."""
    a, b, c, d = (nonzero(rng, -6, 7) for _ in range(4))
    n = c * c + d * d
    re, im = a * c - b * d, a * d + b * c
    quotient = Fraction(a * c + b * d, n), Fraction(b * c - a * d, n)
    z, w = rng.choice((("z", "w"), ("u", "v"), ("z_1", "z_2"), ("a", "b")))
    return [
        p(rng, f"Let ${z} = {_complex(a, b)}$ and ${w} = {_complex(c, d)}$.",
          f"{task(rng, 'multiply and divide')} ${z} = {_complex(a, b)}$ and ${w} = {_complex(c, d)}$."),
        show(f"({_complex(a, b)})({_complex(c, d)}) = {a * c}{plus(a * d)}i{plus(b * c)}i{plus(-b * d)} = {_complex(re, im)}"),
        p(rng, "Here $i^2 = -1$ was used in the last term.", f"The last term is ${signed(b)} \\cdot {signed(d)} \\cdot i^2 = {-b * d}$."),
        p(rng, f"To divide, extend with the conjugate ${_complex(c, -d)}$; the denominator becomes ${signed(c)}^2 + "
          f"{signed(d)}^2 = {n}$.", f"The quotient needs the conjugate ${_complex(c, -d)}$ of the denominator."),
        show(f"\\frac{{{_complex(a, b)}}}{{{_complex(c, d)}}} = "
          f"\\frac{{{_complex(a * c + b * d, b * c - a * d)}}}{{{n}}} = {_complex(*quotient)}"),
        p(rng, f"{check(rng)} the squares of the absolute values are ${a * a + b * b}$, ${n}$ and "
          f"${re * re + im * im}$, and ${a * a + b * b} \\cdot {n} = {re * re + im * im}$.",
          f"The sum is ${_complex(a + c, b + d)}$ and the difference ${_complex(a - c, b - d)}$."),
    ]  # fmt: skip


def complex_power(rng: Rng) -> list[Block]:
    """A power by the polar form, checked by repeated squaring."""
    a, b, n = rng.choice((1, 2, 3)), rng.choice((1, -1)), rng.randint(3, 8)
    b *= a
    re, im = 1, 0
    powers = []
    for _ in range(n):
        re, im = re * a - im * b, re * b + im * a
        powers.append(_complex(re, im))
    return [
        p(rng, f"{task(rng, 'compute')} $({_complex(a, b)})^{n}$.", f"What is $({_complex(a, b)})^{n}$?"),
        p(rng, f"The absolute value of ${_complex(a, b)}$ is $\\sqrt{{{a * a + b * b}}}$, the argument "
          f"${45 if b > 0 else -45}^\\circ$.",
          f"In polar form the number has the argument ${45 if b > 0 else -45}^\\circ$, and the square of its "
          f"absolute value is ${a * a + b * b}$."),
        p(rng, f"The power has the argument ${n} \\cdot {signed(45 if b > 0 else -45)}^\\circ = "
          f"{n * (45 if b > 0 else -45)}^\\circ$.", f"By De Moivre the argument is multiplied by ${n}$."),
        table(["exponent", *range(1, n + 1)], ["power", *(f"${v}$" for v in powers)]),
        show(f"({_complex(a, b)})^{n} = {powers[-1]}"),
        p(rng, f"{check(rng)} the square of the absolute value is ${a * a + b * b}^{n} = {re * re + im * im}$.",
          f"{So(rng)} the result is ${powers[-1]}$; multiplying by ${_complex(a, b)}$ again turns it by another "
          f"$45^\\circ$."),
    ]  # fmt: skip


def complex_quadratic(rng: Rng) -> list[Block]:
    """A quadratic equation with complex roots."""
    a, b, z = rng.randint(-7, 7), rng.randint(1, 8), rng.choice("zwxu")
    values = [1, -2 * a, a * a + b * b]
    return [
        p(rng, f"{task(rng, 'solve')} ${poly(values, z)} = 0$ over the complex numbers.",
          f"The equation ${poly(values, z)} = 0$ has no real solution. What are the complex ones?"),
        show(f"{poly(values, z)} = ({minus(z, a)})^2 + {b * b}"),
        p(rng, f"A solution satisfies $({minus(z, a)})^2 = -{b * b}$, {so(rng)} ${minus(z, a)} = \\pm "
          f"{b if b > 1 else ''}i$.", f"The square must be $-{b * b} = ({b if b > 1 else ''}i)^2$."),
        p(rng, f"The solutions are ${_complex(a, b)}$ and ${_complex(a, -b)}$.",
          f"{So(rng)} ${z} = {_complex(a, b)}$ or ${z} = {_complex(a, -b)}$."),
        p(rng, f"They are conjugate; their sum is ${2 * a}$ and their product ${signed(a)}^2 + {b}^2 = "
          f"{a * a + b * b}$.", f"Both have the absolute value $\\sqrt{{{a * a + b * b}}}$.",
          "Conjugate solutions lie opposite to each other with respect to the real axis."),
    ]  # fmt: skip
