"""Worked computations of discrete mathematics: counting, sets and logic, induction, recursions, graphs, permutations."""

from __future__ import annotations

from fractions import Fraction
from math import comb, factorial, lcm

from curation.embedded._derive import (
    So,
    check,
    get,
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
)
from curation.embedded._page import Block
from curation.synth.families._algebra import terms
from curation.synth.families._family import tex
from curation.synth.families._rng import Rng

PEOPLE = (
    "women, men, students, teachers, pianists, violinists, doctors, nurses, sailors, cooks, juniors, "
    "seniors, poets, painters, skiers, swimmers, clerks, judges, farmers, engineers"
).split(", ")


def committee(rng: Rng) -> list[Block]:
    """A committee with at least so many of one kind, by cases."""
    first, second = rng.sample(PEOPLE, 2)
    a, b, size = rng.randint(4, 9), rng.randint(4, 9), rng.randint(3, 4)
    least = rng.randint(1, size - 1)
    cases = [(k, size - k, comb(a, k) * comb(b, size - k)) for k in range(least, size + 1)]
    total = sum(c for _, _, c in cases)
    return [
        p(rng, f"From ${a}$ {first} and ${b}$ {second} a committee of ${size}$ is chosen, with at least ${least}$ "
          f"of the {first}. In how many ways?",
          f"How many groups of ${size}$ out of ${a}$ {first} and ${b}$ {second} contain at least ${least}$ of the {first}?"),
        p(rng, f"We distinguish cases by the number of {first}.", f"Sort the groups by the number $k$ of {first}."),
        *[show(f"k = {k}: \\quad \\binom{{{a}}}{{{k}}} \\cdot \\binom{{{b}}}{{{m}}} = {comb(a, k)} \\cdot "
        f"{comb(b, m)} = {c}") for k, m, c in cases],
        p(rng, f"Altogether there are ${' + '.join(str(c) for _, _, c in cases)} = {total}$ possibilities.",
          f"Adding the cases, {get(rng)} ${' + '.join(str(c) for _, _, c in cases)} = {total}$.")
        if len(cases) > 1 else p(rng, f"There are ${total}$ possibilities."),
        p(rng, f"Without the condition there would be $\\binom{{{a + b}}}{{{size}}} = {comb(a + b, size)}$.",
          f"{check(rng)} the cases left out number ${comb(a + b, size) - total}$, and ${total} + "
          f"{comb(a + b, size) - total} = {comb(a + b, size)}$."),
    ]  # fmt: skip


def binomial_power(rng: Rng) -> list[Block]:
    """A power of a binomial, with the row of Pascal's triangle."""
    x, a, b, n = rng.choice("xytu"), rng.randint(1, 3), nonzero(rng, -3, 4), rng.randint(3, 6)
    row = [comb(n, k) for k in range(n + 1)]
    values = [c * a ** (n - k) * b**k for k, c in enumerate(row)]
    inner = poly([a, b], x)
    return [
        p(rng, f"{task(rng, 'expand')} $({inner})^{n}$.", f"What is $({inner})^{n}$, written as a sum?"),
        table(["$k$", *range(n + 1)], [f"$\\binom{{{n}}}{{k}}$", *row]),
        p(rng, f"The row adds up to $2^{n} = {2**n}$, as it should.",
          f"Row ${n}$ of Pascal's triangle begins ${row[0]}, {row[1]}, {row[2]}$.",
          f"For instance, ${row[2]} = {comb(n - 1, 1)} + {comb(n - 1, 2)}$."),
        show(f"({inner})^{n} = {poly(values, x)}"),
        p(rng, f"{check(rng)} at ${x} = 1$ both sides are ${(a + b) ** n}$.",
          f"The coefficient of ${power(x, n - 1)}$ is ${n} \\cdot {signed(a ** (n - 1))} \\cdot {signed(b)} = "
          f"{values[1]}$."),
    ]  # fmt: skip


def induction(rng: Rng) -> list[Block]:
    """A sum of an arithmetic, quadratic or geometric progression, proved."""
    n, sort = rng.choice("nmk"), rng.choice(("linear", "geometric", "square"))
    a, d, q = rng.randint(1, 9), rng.randint(2, 9), rng.randint(2, 7)
    if sort == "linear":
        i = f"({poly([d, a - d], 'i')})" if a != d else poly([d, 0], "i")
        half = [d, 2 * a - d]
        right = f"\\frac{{{n}({poly(half, n)})}}{{2}}"
        next_ = (
            f"\\frac{{{n}({poly(half, n)})}}{{2}} + {poly([d, a], n)} = \\frac{{({n} + 1)({poly([d, 2 * a], n)})}}{{2}}"
        )
        first = a
    elif sort == "geometric":
        i = f"{a if a > 1 else ''}{' @ ' if a > 1 else ''}{q}^{{i-1}}".replace("@", "\\cdot")
        front = f"{a} \\cdot " if a > 1 else ""
        right = f"\\frac{{{front}({q}^{n} - 1)}}{{{q - 1}}}" if q > 2 else f"{front}(2^{n} - 1)"
        step = f"\\frac{{{front}({q}^{{{n}+1}} - 1)}}{{{q - 1}}}" if q > 2 else f"{front}(2^{{{n}+1}} - 1)"
        next_ = f"{right} + {front}{q}^{n} = {step}"
        first = a
    else:
        i = f"i(i + {d})"
        right = f"\\frac{{{n}({n} + 1)(2{n} + {1 + 3 * d})}}{{6}}"
        next_ = f"{right} + ({n} + 1)({n} + {d + 1}) = \\frac{{({n} + 1)({n} + 2)(2{n} + {3 + 3 * d})}}{{6}}"
        first = 1 + d
    return [
        p(rng, f"{task(rng, 'prove')} the following formula by induction on ${n}$.",
          f"Claim: for every integer ${n} \\ge 1$ the following is true.",
          "Here is a typical proof by induction."),
        show(f"\\sum_{{i=1}}^{{{n}}} {i} = {right}"),
        p(rng, f"For ${n} = 1$ both sides are ${first}$.", f"The base case ${n} = 1$: left and right we have ${first}$."),
        p(rng, f"Suppose the formula is true for some ${n}$, and add the next term.",
          f"Let the claim hold for ${n}$. For ${n} + 1$ the sum has one more term:",
          "In the induction step the next term is added on both sides."),
        show(next_),
        p(rng, f"This is the claim for ${n} + 1$.", f"That is the right side with ${n} + 1$ in place of ${n}$.",
          f"{So(rng)} the formula passes from ${n}$ to ${n} + 1$, and holds for all of them."),
    ]  # fmt: skip


def first_order(rng: Rng) -> list[Block]:
    """A recursion of order one with its closed form."""
    a, q = rng.choice("abxuc"), rng.choice((2, 3, 4, 5, -1, -2, -3))
    s, c0 = nonzero(rng, -6, 6), nonzero(rng, -5, 6)
    c, start = s - q * s, c0 + s
    terms_ = [start]
    for _ in range(5):
        terms_.append(q * terms_[-1] + c)
    base = f"({q})" if q < 0 else str(q)
    closed = f"{terms((c0, ''))} \\cdot {base}^n{plus(s)}"
    return [
        p(rng, f"{task(rng, 'solve')} ${a}_{{n+1}} = {terms((q, a + '_n'), (c, ''))}$ with ${a}_0 = {start}$.",
          f"A sequence begins with ${a}_0 = {start}$ and goes on by ${a}_{{n+1}} = {terms((q, a + '_n'), (c, ''))}$."),
        table(["$n$", *range(6)], [f"${a}_n$", *terms_]),
        p(rng, f"The fixed point solves $z = {terms((q, 'z'), (c, ''))}$, {so(rng)} $z = {s}$.",
          f"A constant solution is ${s}$, since ${q} \\cdot {signed(s)}{plus(c)} = {s}$."),
        p(rng, f"The differences from it are multiplied by ${q}$ in each step and begin with ${c0}$.",
          f"Subtracting ${s}$, {get(rng)} a geometric sequence with the first term ${c0}$."),
        show(f"{a}_n = {closed}"),
        p(rng, f"{check(rng)} for $n = 3$ this is ${c0} \\cdot {signed(q**3)}{plus(s)} = {terms_[3]}$.",
          f"The next terms are ${q * terms_[5] + c}$ and ${q * (q * terms_[5] + c) + c}$."),
    ]  # fmt: skip


def two_roots(rng: Rng) -> list[Block]:
    """A recursion of order two with integer characteristic roots."""
    a = rng.choice("abxuf")
    r, s = rng.sample((-3, -2, -1, 2, 3, 4, 5), 2)
    if r == -s:
        s -= 1
    c, d = nonzero(rng, -4, 5), nonzero(rng, -4, 5)
    values = [c * r**n + d * s**n for n in range(6)]
    rule = terms((r + s, a + "_{n+1}"), (-r * s, a + "_n"))
    return [
        p(rng, f"{task(rng, 'find a closed form for')} ${a}_{{n+2}} = {rule}$ with ${a}_0 = {values[0]}$ and ${a}_1 = {values[1]}$.",
          f"Let ${a}_0 = {values[0]}$, ${a}_1 = {values[1]}$ and ${a}_{{n+2}} = {rule}$."),
        p(rng, f"The first terms are ${', '.join(map(str, values))}$.",
          f"We compute ${a}_2 = {values[2]}$, ${a}_3 = {values[3]}$, ${a}_4 = {values[4]}$."),
        p(rng, f"The characteristic equation ${terms((1, 'z^2'), (-r - s, 'z'), (r * s, ''))} = 0$ has the roots ${r}$ and ${s}$.",
          f"Trying ${a}_n = z^n$, {get(rng)} ${terms((1, 'z^2'), (-r - s, 'z'), (r * s, ''))} = 0$, that is, $z = {r}$ or $z = {s}$."),
        p(rng, f"From $C + D = {values[0]}$ and ${terms((r, 'C'), (s, 'D'))} = {values[1]}$ follows $C = {c}$, $D = {d}$.",
          f"The initial values give $C = {c}$ and $D = {d}$ in $C \\cdot {signed(r)}^n + D \\cdot {signed(s)}^n$."),
        show(f"{a}_n = {c} \\cdot {signed(r)}^n{' + ' if d > 0 else ' - '}{abs(d)} \\cdot {signed(s)}^n"),
        p(rng, f"{check(rng)} ${c} \\cdot {signed(r**4)} + {signed(d)} \\cdot {signed(s**4)} = {values[4]}$.",
          f"In the long run each term is about ${max(r, s, key=abs)}$ times the one before."),
    ]  # fmt: skip


def permutation(rng: Rng) -> list[Block]:
    """Cycles, order and sign of a permutation."""
    n = rng.randint(6, 9)
    image = rng.shuffled(range(1, n + 1))
    cycles: list[list[int]] = []
    seen: set[int] = set()
    for i in range(1, n + 1):
        cycle = []
        while i not in seen:
            seen.add(i)
            cycle.append(i)
            i = image[i - 1]
        if cycle:
            cycles.append(cycle)
    moved = [c for c in cycles if len(c) > 1]
    order = lcm(*(len(c) for c in cycles))
    odd = sum(len(c) - 1 for c in cycles) % 2
    written = "".join(f"({' @ '.join(map(str, c))})".replace("@", "\\,") for c in moved) or "e"
    return [
        p(rng, f"{task(rng, 'write')} the following permutation of ${n}$ things as a product of cycles.",
          "What are the order and the sign of this permutation?"),
        table(["$i$", *range(1, n + 1)], ["$\\sigma(i)$", *image]),
        p(rng, f"Begin with $1$ and follow the arrows: {', '.join(f'${i}$' for i in cycles[0])}, and back to $1$.",
          f"The cycle of $1$ has the length ${len(cycles[0])}$."),
        show(f"\\sigma = {written}"),
        p(rng, f"The cycles have the lengths {', '.join(f'${len(c)}$' for c in cycles)}, {so(rng)} the order is "
          f"${order}$.", f"{So(rng)} the order is ${order}$, the least common multiple of the lengths."),
        p(rng, f"The permutation is {'odd' if odd else 'even'}.",
          f"It is a product of ${sum(len(c) - 1 for c in cycles)}$ transpositions and therefore "
          f"{'odd' if odd else 'even'}.",
          f"There are ${n}! = {factorial(n)}$ permutations of this many things."),
    ]  # fmt: skip


def shortest_path(rng: Rng) -> list[Block]:
    """Breadth and lengths: Dijkstra's algorithm on a small network."""
    names = rng.choice(("ABCDE", "PQRST", "KLMNO", "UVWXY"))
    edges = {(i, j): rng.randint(1, 12) for i in range(5) for j in range(i + 1, 5) if j == i + 1 or rng.chance(0.5)}
    dist, done = [0, *[1 << 20] * 4], [False] * 5
    rows = []
    for _ in range(5):
        here = min((v for v in range(5) if not done[v]), key=lambda v: (dist[v], v))
        done[here] = True
        for (i, j), w in edges.items():
            other = j if i == here else i if j == here else -1
            if other >= 0:
                dist[other] = min(dist[other], dist[here] + w)
        rows.append([names[here], *(f"${d}$" if d < 1 << 20 else "-" for d in dist)])
    listed = ", ".join(f"{names[i]}{names[j]} ${w}$" for (i, j), w in edges.items())
    return [
        p(rng, f"{task(rng, 'find')} the distances from {names[0]} in a network with the lengths {listed}.",
          f"Five places are connected by roads of these lengths: {listed}. How far is it from {names[0]} to the others?"),
        p(rng, "In each step the nearest place that is not settled yet is settled, and its neighbors are updated.",
          "Dijkstra's algorithm settles one place after another:"),
        table(["settled", *names], *rows),
        p(rng, f"The last line holds the distances; from {names[0]} to {names[4]} it is ${dist[4]}$.",
          f"{So(rng)} the shortest way from {names[0]} to {names[4]} has the length ${dist[4]}$."),
        p(rng, f"The graph has ${len(edges)}$ edges, {so(rng)} its degrees add up to ${2 * len(edges)}$.",
          f"The place farthest from {names[0]} is {names[max(range(5), key=lambda v: dist[v])]}."),
    ]  # fmt: skip


def dice(rng: Rng) -> list[Block]:
    """The sum of two dice with a few faces."""
    a, b = rng.choice((4, 6, 6, 8)), rng.choice((4, 6, 6, 8, 10))
    s = rng.randint(3, a + b - 1)
    pairs = [(i, s - i) for i in range(1, a + 1) if 1 <= s - i <= b]
    chance = Fraction(len(pairs), a * b)
    above = sum(1 for i in range(1, a + 1) for j in range(1, b + 1) if i + j > s)
    return [
        p(rng, f"Two dice with ${a}$ and ${b}$ faces are thrown. How likely is the sum ${s}$?",
          f"{task(rng, 'compute')} the probability of the sum ${s}$ for dice with ${a}$ and ${b}$ faces."),
        p(rng, f"There are ${a} \\cdot {b} = {a * b}$ equally likely pairs.", f"All ${a * b}$ pairs have the same probability."),
        p(rng, f"Favorable are {', '.join(f'$({i}, {j})$' for i, j in pairs)}.",
          f"The sum ${s}$ is reached in {len(pairs)} ways, from $({pairs[0][0]}, {pairs[0][1]})$ to "
          f"$({pairs[-1][0]}, {pairs[-1][1]})$."),
        show(f"\\frac{{{len(pairs)}}}{{{a * b}}}{f' = {tex(chance)}' if chance.denominator != a * b else ''} \\approx {float(chance):.3f}"),
        p(rng, f"A larger sum occurs with probability ${tex(Fraction(above, a * b))}$.",
          f"The expected sum is ${tex(Fraction(a + 1, 2))} + {tex(Fraction(b + 1, 2))} = "
          f"{tex(Fraction(a + b + 2, 2))}$.",
          f"In ${12 * a * b}$ throws one expects this sum about ${12 * len(pairs)}$ times."),
    ]  # fmt: skip
