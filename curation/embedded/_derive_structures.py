"""Worked computations with limits, distances, cyclic groups and graphs."""

from __future__ import annotations

from fractions import Fraction
from math import gcd

from curation.embedded._derive import So, check, get, nonzero, p, plus, poly, show, so, table, task
from curation.embedded._page import Block
from curation.synth.families._family import tex
from curation.synth.families._rng import Rng


def epsilon_index(rng: Rng) -> list[Block]:
    """The limit of a quotient of linear terms, and an index for a given epsilon."""
    n, a, c, d = rng.choice("nmk"), rng.randint(1, 9), rng.randint(1, 6), rng.randint(1, 9)
    b = nonzero(rng, -9, 9)
    limit, top = Fraction(a, c), b * c - a * d
    if not top:
        b, top = b + 1, top + c
    size = rng.choice((10, 100, 1000))
    first = max(1, -(-(abs(top) * size - c * d) // (c * c)) + 1)
    term = f"\\frac{{{poly([a, b], n)}}}{{{poly([c, d], n)}}}"
    return [
        p(rng, f"{task(rng, 'find')} the limit of ${term}$ as ${n} \\to \\infty$, and an index for $\\varepsilon = "
          f"{tex(Fraction(1, size))}$.",
          f"How fast does ${term}$ approach its limit?"),
        p(rng, f"Divide top and bottom by ${n}$: the limit is ${tex(limit)}$.",
          f"The leading coefficients decide, {so(rng)} the limit is ${tex(limit)}$."),
        p(rng, "The difference from the limit is brought over one denominator.",
          f"For the error {get(rng)} a fraction with constant numerator."),
        show(f"{term} - {tex(limit)} = \\frac{{{top}}}{{{c}({poly([c, d], n)})}}" if c > 1 else f"{term} - "
          f"{tex(limit)} = \\frac{{{top}}}{{{poly([1, d], n)}}}"),
        p(rng, f"Its absolute value is below ${tex(Fraction(1, size))}$ as soon as ${c}({poly([c, d], n)}) \\gt "
          f"{abs(top) * size}$, for instance for ${n} \\ge {first}$.",
          f"{So(rng)} all terms from ${n} = {first}$ on are closer than ${tex(Fraction(1, size))}$ to ${tex(limit)}$."),
        p(rng, f"{check(rng)} at ${n} = {first}$ the error is ${tex(Fraction(abs(top), c * (c * first + d)))}$ in absolute value.",
          f"The sequence approaches its limit from {'above' if top > 0 else 'below'}."),
    ]  # fmt: skip


def contraction(rng: Rng) -> list[Block]:
    """The iteration of a contraction of the line, with the bound of the fixed point theorem."""
    q, c, start = Fraction(rng.choice((1, 1, 1, -1, 2)), rng.randint(3, 5)), rng.randint(1, 9), rng.randint(0, 9)
    fixed = c / (1 - q)
    values = [Fraction(start)]
    for _ in range(4):
        values.append(q * values[-1] + c)
    first = abs(values[1] - values[0])
    bound = abs(q) ** 4 / (1 - abs(q)) * first
    rule = poly([q, c], "x")
    return [
        p(rng, f"{task(rng, 'study', 'iterate')} $h(x) = {rule}$, starting with ${start}$.",
          f"Let $h(x) = {rule}$. Where does the iteration from $x_0 = {start}$ lead?"),
        p(rng, f"Distances are multiplied by ${tex(abs(q))}$, {so(rng)} $h$ is a contraction of the line.",
          f"Since $|h(x) - h(y)| = {tex(abs(q))} |x - y|$, the fixed point theorem applies."),
        table(["$n$", *range(5)], ["$x_n$", *values]),
        p(rng, f"The fixed point solves $x = {rule}$.", f"From $x = {rule}$ {get(rng)} the fixed point."),
        show(f"\\frac{{{c}}}{{1{plus(-q)}}} = {tex(fixed)}"),
        p(rng, f"After four steps the theorem promises an error of at most ${tex(bound)}$; the true one is "
          f"${tex(abs(values[4] - fixed))}$.",
          f"The distance of $x_4$ from it is ${tex(abs(values[4] - fixed))}$, within the bound ${tex(bound)}$."),
        p(rng, f"{check(rng)} ${tex(q)} \\cdot {tex(fixed)}{plus(c)} = {tex(fixed)}$.", "Any other start leads to the same point."),
    ]  # fmt: skip


def hamming(rng: Rng) -> list[Block]:
    """Distances between words, as a table, with the triangle inequality."""
    size, letters = rng.randint(4, 7), rng.choice(("01", "01", "ab", "xy", "abc"))
    words = ["".join(rng.choice(letters) for _ in range(size)) for _ in range(3)]
    d = [[sum(a != b for a, b in zip(u, v, strict=True)) for v in words] for u in words]
    total, least = d[0][1] + d[1][2], min(d[0][1], d[0][2], d[1][2])
    return [
        p(rng, f"The distance of two words is the number of places in which they differ. Take {words[0]}, {words[1]} and {words[2]}.",
          f"{task(rng, 'compare')} the words {words[0]}, {words[1]} and {words[2]} by counting the places where they differ."),
        table(["", *words], *[[word, *(f"${v}$" for v in row)] for word, row in zip(words, d, strict=True)]),
        p(rng, "The table is symmetric and has zeros on the diagonal, as it must.",
          f"The first two words differ in ${d[0][1]}$ places, for example."),
        show(f"{d[0][2]} \\le {d[0][1]} + {d[1][2]} = {total}"),
        p(rng, "This is the triangle inequality for the first and the third word.",
          f"Going from {words[0]} to {words[2]} by way of {words[1]} is no shorter."),
        p(rng, f"A code made of these words has the least distance ${least}$" + (", which is useless." if least < 2 else "."),
          f"There are ${len(letters)}^{size} = {len(letters) ** size}$ words of this length, and "
          f"${size * (len(letters) - 1)}$ of them are at distance $1$ from any given one."),
    ]  # fmt: skip


def cyclic_group(rng: Rng) -> list[Block]:
    """Orders and generators in the integers modulo n."""
    n = rng.choice((6, 8, 9, 10, 12, 14, 15, 16, 18, 20, 21, 24))
    g = rng.randint(2, n - 2)
    order = n // gcd(n, g)
    orders = [(d, sum(1 for a in range(n) if n // gcd(n, a) == d)) for d in range(1, n + 1) if n % d == 0]
    units = [a for a in range(1, n) if gcd(a, n) == 1]
    return [
        p(rng, f"In the group of integers modulo ${n}$ we add ${g}$ again and again.",
          f"What is the order of ${g}$ modulo ${n}$ under addition, and which elements generate the group?"),
        p(rng, f"The multiples are ${', '.join(str(g * i % n) for i in range(order))}$, then they repeat.",
          f"Starting with $0$, {get(rng)} ${', '.join(str(g * i % n) for i in range(order))}$ and then $0$ once more."),
        show(f"\\frac{{{n}}}{{\\gcd({n}, {g})}} = \\frac{{{n}}}{{{gcd(n, g)}}} = {order}"),
        p(rng, f"{So(rng)} ${g}$ has the order ${order}$, a divisor of ${n}$.",
          f"The subgroup has ${order}$ elements and ${n // order}$ cosets, and ${order} \\cdot {n // order} = {n}$."),
        table(["order", *(d for d, _ in orders)], ["elements", *(c for _, c in orders)]),
        p(rng, f"The generators are ${', '.join(map(str, units))}$; there are ${len(units)}$ of them.",
          f"{check(rng)} the second line adds up to ${' + '.join(str(c) for _, c in orders)} = {n}$."),
    ]  # fmt: skip


def euler_walk(rng: Rng) -> list[Block]:
    """Degrees of a small connected graph, and whether it can be drawn in one line."""
    names = rng.choice(("ABCDE", "PQRSTU", "KLMNO", "UVWXY", "abcdef"))
    n = len(names)
    edges = [(i, j) for i in range(n) for j in range(i + 1, n) if j == i + 1 or rng.chance(0.4)]
    degree = [sum(v in edge for edge in edges) for v in range(n)]
    odd = [names[v] for v in range(n) if degree[v] % 2]
    return [
        p(rng, f"A graph has the edges {', '.join(f'${names[i]}{names[j]}$' for i, j in edges)}. Can it be drawn without lifting the pen?",
          f"{task(rng, 'decide')} whether some walk uses each of the edges "
          f"{', '.join(f'${names[i]}{names[j]}$' for i, j in edges)} exactly once."),
        table(["vertex", *names], ["degree", *degree]),
        show(f"{' + '.join(map(str, degree))} = {sum(degree)} = 2 \\cdot {len(edges)}"),
        p(rng, "The sum of the degrees is twice the number of edges.",
          f"{check(rng)} there are ${len(edges)}$ edges, each counted at both ends."),
        p(rng, f"Vertices of odd degree: {', '.join(f'${v}$' for v in odd)}.",
          f"The degree is odd at {', '.join(f'${v}$' for v in odd)} and nowhere else.") if odd
        else p(rng, "All degrees are even."),
        p(rng, "There is a closed walk through all edges.", f"{So(rng)} one can start anywhere and return to the start.") if not odd
        else p(rng, f"{So(rng)} there is an open walk from ${odd[0]}$ to ${odd[1]}$, but no closed one.",
        f"One has to start at ${odd[0]}$ or at ${odd[1]}$.") if len(odd) == 2
        else p(rng, f"With ${len(odd)}$ odd vertices it is impossible; one needs at least ${len(odd) // 2}$ strokes.",
        f"{So(rng)} no such walk exists."),
        p(rng, f"A spanning tree has ${n - 1}$ edges, {so(rng)} ${len(edges) - n + 1}$ edges lie outside of it."
          if len(edges) >= n else "The graph is a tree.",
          f"The complete graph on ${n}$ vertices would have $\\frac{{{n} \\cdot {n - 1}}}{{2}} = {n * (n - 1) // 2}$ edges."),
    ]  # fmt: skip
