"""Worked computations with vectors: angles, planes, triangles, and small linear programs."""

from __future__ import annotations

from fractions import Fraction
from math import gcd, isqrt, sqrt

from curation.embedded._derive import (
    Number,
    So,
    check,
    get,
    nonzero,
    p,
    point,
    products,
    show,
    signed,
    so,
    table,
    task,
)
from curation.embedded._derive_decimals import cosine, direction, sine
from curation.embedded._page import Block
from curation.synth.families._algebra import terms
from curation.synth.families._family import tex
from curation.synth.families._rng import Rng


def angle(rng: Rng) -> list[Block]:
    """Lengths, dot product and angle of two vectors in space."""
    v, w = ([nonzero(rng, -5, 6) for _ in range(3)] for _ in range(2))
    dot, n, m = sum(a * b for a, b in zip(v, w, strict=True)), sum(a * a for a in v), sum(b * b for b in w)
    share = dot / sqrt(n * m)
    return [
        p(rng, f"{task(rng, 'find', 'estimate')} the angle between $v = {point(*v)}$ and $w = {point(*w)}$.",
          f"Which angle do $v = {point(*v)}$ and $w = {point(*w)}$ enclose?"),
        show(f"v \\cdot w = {products(v, w)} = {dot}"),
        p(rng, f"The lengths are $|v| = \\sqrt{{{n}}}$ and $|w| = \\sqrt{{{m}}}$.",
          f"Further, $|v|^2 = {n}$ and $|w|^2 = {m}$."),
        p(rng, f"{So(rng)} the cosine is $\\frac{{{dot}}}{{\\sqrt{{{n}}} \\sqrt{{{m}}}}} \\approx {share:.3f}$.",
          f"For the cosine {get(rng)} $\\frac{{{dot}}}{{\\sqrt{{{n * m}}}}} \\approx {share:.3f}$."),
        p(rng, "The vectors are perpendicular." if not dot else f"The angle is {'acute' if dot > 0 else 'obtuse'}.",
          f"The projection of $v$ onto $w$ is ${tex(Fraction(dot, m))} w$." if dot else "The projection of one onto the other is zero."),
    ]  # fmt: skip


def plane(rng: Rng) -> list[Block]:
    """The plane through three points, by the cross product."""
    a = [rng.randint(-4, 5) for _ in range(3)]
    u, v = [1, rng.randint(-3, 3), nonzero(rng, -3, 3)], [nonzero(rng, -3, 4), nonzero(rng, -2, 2), rng.randint(-3, 3)]
    n = [u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0]]
    b, c = [i + j for i, j in zip(a, u, strict=True)], [i + j for i, j in zip(a, v, strict=True)]
    d = sum(i * j for i, j in zip(n, a, strict=True))
    if not any(n):
        return angle(rng)
    equation = f"{terms((n[0], 'x'), (n[1], 'y'), (n[2], 'z'))} = {d}"
    return [
        p(rng, f"{task(rng, 'find')} the plane through ${point(*a)}$, ${point(*b)}$ and ${point(*c)}$.",
          f"Three points ${point(*a)}$, ${point(*b)}$, ${point(*c)}$ determine a plane. What is its equation?"),
        p(rng, f"Two directions in the plane are $u = {point(*u)}$ and $v = {point(*v)}$.",
          f"Subtracting the first point from the others, {get(rng)} $u = {point(*u)}$ and $v = {point(*v)}$."),
        show(f"u \\times v = {point(*n)}"),
        p(rng, f"This vector is perpendicular to the plane, {so(rng)} its equation is ${equation}$.",
          f"{So(rng)} the equation reads ${equation}$, where the right side comes from the first point."),
        p(rng, f"{check(rng)} the second point gives ${products(n, b)} = {d}$.",
          f"The triangle has the area $\\frac{{1}}{{2}} \\sqrt{{{sum(i * i for i in n)}}}$.",
          "The origin lies in the plane." if not d else f"The origin has the distance "
          f"$\\frac{{{abs(d)}}}{{\\sqrt{{{products(n, n)}}}}}$ from it."),
    ]  # fmt: skip


def linear_program(rng: Rng) -> list[Block]:
    """Two products and two resources, solved at the corners."""
    x, y = rng.randint(2, 9), rng.randint(2, 9)
    a, b = rng.randint(1, 3), rng.randint(4, 6)
    c, d = rng.randint(3, 6), rng.randint(1, 2)
    e, f = a * x + b * y, c * x + d * y
    u, v = rng.randint(2, 12), rng.randint(2, 12)
    corners: list[tuple[Number, Number]] = [(0, 0), (Fraction(f, c), 0), (x, y), (0, Fraction(e, b))]
    values = [u * i + v * j for i, j in corners]
    best = max(range(4), key=lambda i: values[i])
    goods = rng.sample(
        "tables, chairs, kites, lamps, boats, shelves, drums, toys, sweaters, benches, ladders".split(", "), 2
    )
    return [
        p(rng, f"A workshop makes {goods[0]} and {goods[1]}. One unit brings ${u}$ and ${v}$ euros. With $x$ and $y$ units, time requires "
          f"${terms((a, 'x'), (b, 'y'))} \\le {e}$ and material ${terms((c, 'x'), (d, 'y'))} \\le {f}$.",
          f"{task(rng, 'maximize')} ${u}x + {v}y$ subject to ${terms((a, 'x'), (b, 'y'))} \\le {e}$, "
          f"${terms((c, 'x'), (d, 'y'))} \\le {f}$ and $x, y \\ge 0$."),
        p(rng, "The feasible region is a quadrilateral. We list its corners and the value of the objective there.",
          "It is enough to look at the corners of the region:"),
        table(["corner", f"${u}x + {v}y$"], *[[f"${point(*corner)}$", value] for corner, value in zip(corners, values, strict=True)]),
        p(rng, f"The largest value is ${tex(values[best])}$, at ${point(*corners[best])}$.",
          f"{So(rng)} the optimum ${tex(values[best])}$ is taken at the corner ${point(*corners[best])}$."),
        p(rng, f"The two conditions are both tight at ${point(x, y)}$, where ${a} \\cdot {x} + {b} \\cdot {y} = "
          f"{e}$ and ${c} \\cdot {x} + {d} \\cdot {y} = {f}$.",
          f"The corner ${point(x, y)}$ is found by solving the two equations, the others lie on the axes."),
    ]  # fmt: skip


def triangle(rng: Rng) -> list[Block]:
    """Sides, midpoint, area and center of a triangle given by its corners."""
    a, b, c = ([rng.randint(-6, 8), rng.randint(-6, 8)] for _ in range(3))
    u, v = [b[0] - a[0], b[1] - a[1]], [c[0] - a[0], c[1] - a[1]]
    cross, square = u[0] * v[1] - u[1] * v[0], u[0] ** 2 + u[1] ** 2
    root = isqrt(square)
    rounded = f" = {root}" if root * root == square else f" \\approx {sqrt(square):.2f}"
    return [
        p(rng, f"Consider the triangle with the corners $A = {point(*a)}$, $B = {point(*b)}$ and $C = {point(*c)}$.",
          f"Let $A = {point(*a)}$, $B = {point(*b)}$, $C = {point(*c)}$. "
          f"{rng.choice(('What is the area of the triangle?', 'We study this triangle.'))}"),
        p(rng, f"From $A$ the directions to the other corners are $u = {point(*u)}$ and $v = {point(*v)}$."),
        show(f"\\frac{{1}}{{2}} |{signed(u[0])} \\cdot {signed(v[1])} - {signed(u[1])} \\cdot {signed(v[0])}| = "
          f"{tex(Fraction(abs(cross), 2))}"),
        p(rng, "The three points lie on a line." if not cross else f"{So(rng)} the area is ${tex(Fraction(abs(cross), 2))}$."),
        p(rng, f"The side $AB$ has the length $\\sqrt{{{square}}}{rounded}$."),
        p(rng, f"The medians meet at ${point(Fraction(a[0] + b[0] + c[0], 3), Fraction(a[1] + b[1] + c[1], 3))}$.",
          f"The midpoint of $BC$ is ${point(Fraction(b[0] + c[0], 2), Fraction(b[1] + c[1], 2))}$."),
    ]  # fmt: skip


def bearing(rng: Rng) -> list[Block]:
    """Two legs of a walk or flight put together."""
    north, east = rng.randint(3, 40), rng.randint(3, 40)
    first, turn = rng.randint(5, 60), rng.randint(20, 160)
    across, along = first * sine(turn), first * cosine(turn)
    x, y = across + east, along + north
    scale = gcd(north, east)
    return [
        p(rng, f"A boat sails ${first}$ km on the course ${turn}^\\circ$, counted from north to east, then ${east}$ "
          f"km east and ${north}$ km north. How far is it from the start?",
          f"{task(rng, 'add')} three displacements: ${first}$ km at ${turn}^\\circ$ from north, ${east}$ km to the "
          f"east, ${north}$ km to the north."),
        p(rng, f"The first leg leads ${across:.2f}$ km east and "
          f"${along:.2f}$ km north, rounded.",
          "Split the first leg into its parts by sine and cosine."),
        show(f"{first} \\sin {turn}^\\circ \\approx {across:.2f}, \\quad {first} \\cos "
          f"{turn}^\\circ \\approx {along:.2f}"),
        p(rng, f"In all this is ${x:.2f}$ km east and ${y:.2f}$ km north.",
          f"Adding the other legs, {get(rng)} about ${x:.1f}$ km east and ${y:.1f}$ km north."),
        p(rng, f"The distance is about ${sqrt(x * x + y * y):.1f}$ km.",
          f"By the Pythagorean theorem the start is about ${sqrt(x * x + y * y):.1f}$ km away."),
        p(rng, f"The last two legs alone have the slope $\\frac{{{north}}}{{{east}}} = {tex(Fraction(north, east))}$."
          if scale > 1 else f"The last two legs alone would lead $\\sqrt{{{north * north + east * east}}}$ km from their start.",
          f"The course from the start would have been about ${direction(y, x):.0f}^\\circ$."),
    ]  # fmt: skip
