"""Two linear equations in two unknowns, bare or in words."""

from __future__ import annotations

from fractions import Fraction

from curation.synth.families._algebra import Polynomial, add, scale, terms
from curation.synth.families._algebra import parse as polynomial
from curation.synth.families._chain import Step, Work
from curation.synth.families._family import Parsed, Phrasings, Problem, filled, skeleton, tex
from curation.synth.families._rng import Rng
from curation.synth.families._words import TOWNS

PHRASINGS = Phrasings("""
    pair: Solve the system of equations $<lhs> = <rhs>$ and $<lhs2> = <rhs2>$. Give the solution as an ordered pair \
        $(<v>, <w>)$.
    | Find the ordered pair $(<v>, <w>)$ for which both $<lhs> = <rhs>$ and $<lhs2> = <rhs2>$ are true.
    | The lines $<lhs> = <rhs>$ and $<lhs2> = <rhs2>$ meet in one point. At which point $(<v>, <w>)$ do they meet?
    one: If $<lhs> = <rhs>$ and $<lhs2> = <rhs2>$, what is the value of $<v>$?
    | Given that $<lhs> = <rhs>$ and $<lhs2> = <rhs2>$, find $<v>$.
    tickets: Adult tickets for a concert in <town> cost <a> dollars and child tickets cost <b> dollars. Altogether \
        <c> tickets were sold for <d> dollars. How many adult tickets were sold?
    | A theater in <town> sold <c> tickets and took in <d> dollars. An adult ticket is <a> dollars and a child \
        ticket is <b> dollars. How many of the tickets were for adults?
    legs: A farm has <item> and <birds>. Together the animals have <c> heads and <d> legs. If each of the <item> \
        has 4 legs and each of the <birds> has 2 legs, how many <item> are there?
    numbers: The sum of two numbers is <c> and their difference is <d>. What is the larger number?
    | Two numbers add up to <c>, and one of them is <d> more than the other. Find the larger of the two.
""")
LEVEL_KINDS = (("numbers", "legs"), ("legs", "tickets", "one"), ("tickets", "pair"), ("pair", "one"), ("pair", "one"))


def make(rng: Rng, level: int) -> Problem:
    """A problem of difficulty 1 to 5."""
    kind = rng.choice(LEVEL_KINDS[level - 1])
    words: dict[str, object] = {
        "town": rng.choice(TOWNS),
        "item": rng.choice("goats cows sheep horses pigs rabbits".split()),
        "birds": rng.choice("chickens ducks geese turkeys".split()),
    }
    if kind in ("pair", "one"):
        v, w = rng.choice((("x", "y"), ("x", "y"), ("a", "b"), ("m", "n"), ("p", "q"), ("u", "w")))
        top = (5, 6, 8, 10, 15)[level - 1]
        x, y = rng.randint(-top, top), rng.randint(-top, top)
        a, b, c, d = (rng.choice([n for n in range(-4 if level > 2 else 1, 6) if n]) for _ in range(4))
        if a * d == b * c:
            d += 1 if d != -1 else 2
            a += (a * d == b * c) * (1 if a != -1 else 2)
        sides = {
            "lhs": terms((a, v), (b, w)),
            "rhs": str(a * x + b * y),
            "lhs2": terms((c, v), (d, w)),
            "rhs2": str(c * x + d * y),
        }
        text = PHRASINGS.write(rng, kind, {**sides, "v": v, "w": w})
        return Problem(text, f"({x}, {y})" if kind == "pair" else str(x))
    top = 20 * level
    a, b = rng.randint(8, 30), rng.randint(3, 7)
    x, y = rng.randint(2, top), rng.randint(2, top)
    if kind == "numbers":
        total, other = 2 * x + y, y
        answer = x + y
    else:
        a, b = (4, 2) if kind == "legs" else (a, b)
        total, other, answer = x + y, a * x + b * y, x
    return Problem(PHRASINGS.write(rng, kind, {**words, "a": a, "b": b, "c": total, "d": other}), str(answer))


def parse(text: str) -> Parsed | None:
    """The problem that a text states, or None for anything else."""
    for kind, w in PHRASINGS.read(text):
        if kind not in ("pair", "one"):
            return PHRASINGS.integers(text)
        outline, numbers = skeleton(f"{w['lhs']}={w['rhs']};{w['lhs2']}={w['rhs2']}")
        names = sorted({ch for ch in outline if ch.isalpha()})
        other = w.get("w") or next((n for n in names if n != w["v"]), "")
        parsed = Parsed(kind, numbers, {"v": w["v"], "w": other, "equations": outline})
        if names == sorted((w["v"], other)) and _rows(parsed) is not None:
            return parsed
    return None


def _rows(parsed: Parsed) -> tuple[tuple[Fraction, ...], tuple[Fraction, ...]] | None:
    """((a, b, p), (c, d, q)) of av + bw = p, cv + dw = q with exactly one solution, else None."""
    if parsed.kind not in ("pair", "one"):
        a, b, c, d = parsed.numbers if parsed.kind == "tickets" else (4, 2, *parsed.numbers)
        first, second = (Fraction(1), Fraction(1), Fraction(c)), (Fraction(a), Fraction(b), Fraction(d))
        if parsed.kind == "numbers":
            second = (Fraction(1), Fraction(-1), Fraction(d))
        return first, second
    rows = []
    for equation in filled(parsed.words["equations"], parsed.numbers).split(";"):
        sides = [polynomial(side) for side in equation.split("=")]
        if len(sides) != 2 or sides[0] is None or sides[1] is None:
            return None
        row = _row(add(sides[0], scale(sides[1], -1)), parsed.words["v"], parsed.words["w"])
        if row is None:
            return None
        rows.append(row)
    first, second = rows
    return (first, second) if first[0] * second[1] != first[1] * second[0] else None


def _row(poly: Polynomial, v: str, w: str) -> tuple[Fraction, Fraction, Fraction] | None:
    keys = (((v, 1),), ((w, 1),), ())
    if any(key not in keys for key in poly):
        return None
    x, y, constant = (Fraction(poly.get(key, 0)) for key in keys)
    return x, y, -constant


def _solution(parsed: Parsed) -> tuple[Fraction, Fraction]:
    rows = _rows(parsed)
    if rows is None:
        raise ValueError("not exactly one solution")
    (a, b, p), (c, d, q) = rows
    return (p * d - b * q) / (a * d - b * c), (a * q - p * c) / (a * d - b * c)


def solve(parsed: Parsed) -> str:
    """The exact answer as TeX. ValueError if there is none."""
    x, y = _solution(parsed)
    if parsed.kind in ("tickets", "legs") and (x < 0 or y < 0 or x.denominator > 1):
        raise ValueError("no whole number of things answers this")
    return f"({tex(x)}, {tex(y)})" if parsed.kind == "pair" else tex(x)


def explain(parsed: Parsed, rng: Rng) -> Work:
    """What there is to tell about the solution."""
    rows = _rows(parsed)
    assert rows is not None
    (a, b, p), (c, d, q) = rows
    bare = parsed.kind in ("pair", "one")
    v, w = (parsed.words["v"], parsed.words["w"]) if bare else ("x", "y")
    x, y = _solution(parsed)
    one, two = f"{terms((a, v), (b, w))} = {tex(p)}", f"{terms((c, v), (d, w))} = {tex(q)}"
    steps = [] if bare else [Step(f"{_letters(parsed)} That turns into the equations ${one}$ and ${two}$.")]
    if b and (abs(b) == 1 or (abs(d) != 1 and rng.chance(0.3))):
        steps += _substitution(v, w, rows, x, y)
    else:
        steps += _elimination(v, w, rows, x, y)
    if parsed.kind == "pair":
        steps.append(Step(f"So the ordered pair is ${solve(parsed)}$."))
    given, asked = _told(parsed, one, two)
    checks = [
        f"In the second equation, ${_times(c, x)} + {_times(d, y)} = {tex(c * x + d * y)}$, as it should be.",
        f"Putting ${v} = {tex(x)}$ and ${w} = {tex(y)}$ into the first equation gives "
        f"${tex(a * x + b * y)}$, which is right.",
    ]
    traps = [
        (
            "add the two equations as they stand",
            f"Adding only helps if it makes ${v}$ or ${w}$ disappear, and it doesn't here.",
        )
    ]
    return Work(
        solve(parsed),
        given,
        asked,
        steps,
        checks=checks,
        traps=traps if a + c and b + d else [],
        other_way=_all_alike(parsed),
    )


def _letters(parsed: Parsed) -> str:
    """What `x` and `y` stand for."""
    if parsed.kind == "tickets":
        return "Let $x$ be the number of adult tickets and $y$ the number of child tickets."
    if parsed.kind == "legs":
        return f"Let $x$ be the number of {parsed.words['item']} and $y$ the number of {parsed.words['birds']}."
    return "Let $x$ be the larger number and $y$ the smaller one."


def _all_alike(parsed: Parsed) -> list[str]:
    """Heads and legs without equations: suppose all were of the cheaper kind, then see what is missing."""
    if parsed.kind not in ("legs", "tickets"):
        return []
    a, b, c, d = parsed.numbers if parsed.kind == "tickets" else (4, 2, *parsed.numbers)
    if a == b:
        return []
    one, all_of = ("animal", parsed.words["birds"]) if parsed.kind == "legs" else ("ticket", "child tickets")
    unit = "legs" if parsed.kind == "legs" else "dollars"
    return [
        f"Suppose all {c} were {all_of}.",
        f"That would make {b} × {c} = {b * c} {unit}, but there are {d}, so {d - b * c} are missing.",
        f"Each {one} of the other kind adds {a - b}, so there must be {d - b * c} ÷ {a - b} = "
        f"{tex(Fraction(d - b * c, a - b))} of those.",
    ]


def _told(parsed: Parsed, one: str, two: str) -> tuple[str, str]:
    w = parsed.words
    if parsed.kind == "tickets":
        a, b, c, d = parsed.numbers
        return (
            f"Let $x$ be the number of adult tickets and $y$ the number of child tickets. There are {c} "
            f"tickets, and at {a} and {b} dollars they bring in {d} dollars.",
            "the number of adult tickets",
        )
    if parsed.kind == "legs":
        return (
            f"Let $x$ be the number of {w['item']} and $y$ the number of {w['birds']}. There are "
            f"{parsed.numbers[0]} heads and {parsed.numbers[1]} legs.",
            f"the number of {w['item']}",
        )
    if parsed.kind == "numbers":
        return (
            f"Call the larger number $x$ and the smaller one $y$. They add up to {parsed.numbers[0]} and "
            f"differ by {parsed.numbers[1]}.",
            "the larger number",
        )
    asked = (
        f"the value of ${w['v']}$" if parsed.kind == "one" else f"the pair $({w['v']}, {w['w']})$ that satisfies both"
    )
    return (
        f"There are two equations, ${one}$ and ${two}$. || I have ${one}$ as the first equation and "
        f"${two}$ as the second.",
        asked,
    )


def _substitution(
    v: str, w: str, rows: tuple[tuple[Fraction, ...], tuple[Fraction, ...]], x: Fraction, y: Fraction
) -> list[Step]:
    (a, b, p), (c, d, q) = rows
    left, right = c - d * a / b, q - d * p / b
    return [
        Step(
            f"Solve the first equation for ${w}$: ${w} = {terms((p / b, ''), (-a / b, v))}$. || From the "
            f"first equation, ${w} = {terms((p / b, ''), (-a / b, v))}$."
        ),
        Step(f"Substitute this into the second equation and collect terms: ${terms((left, v))} = {tex(right)}$."),
        Step(f"Hence ${v} = {tex(x)}$."),
        Step(
            f"Then ${w} = {terms((p / b, ''))} {'-' if a * b > 0 else '+'} {_times(abs(a / b), x)} = {tex(y)}$."
            if a and p
            else f"That makes ${w} = {tex(y)}$."
        ),
    ]


def _elimination(
    v: str, w: str, rows: tuple[tuple[Fraction, ...], tuple[Fraction, ...]], x: Fraction, y: Fraction
) -> list[Step]:
    (a, b, p), (c, d, q) = rows
    if abs(b) == abs(d):
        sign = -1 if b == d else 1
        verb = "Subtract the second equation from the first" if b == d else "Add the two equations"
        left, right = a + sign * c, p + sign * q
        steps = [Step(f"{verb}, so that ${w}$ disappears: ${terms((left, v))} = {tex(right)}$.")]
    else:
        steps = [
            Step(f"Multiply the first equation by ${tex(d)}$: ${terms((a * d, v), (b * d, w))} = {tex(p * d)}$."),
            Step(f"Multiply the second one by ${tex(b)}$: ${terms((c * b, v), (d * b, w))} = {tex(q * b)}$."),
            Step(f"Subtract: ${terms((a * d - c * b, v))} = {tex(p * d - q * b)}$."),
        ]
    if b:
        last = Step(
            f"Putting that into the first equation, ${terms((b, w))} = {tex(p)} - {_bracket(a * x)} = "
            f"{tex(b * y)}$, so ${w} = {tex(y)}$."
        )
    else:
        last = Step(f"The second equation then gives ${w} = {tex(y)}$.")
    return [*steps, Step(f"So ${v} = {tex(x)}$."), last]


def _bracket(value: Fraction) -> str:
    return f"({tex(value)})" if value < 0 else tex(value)


def _times(factor: Fraction, value: Fraction) -> str:
    """`3 \\cdot (-2)`, with brackets where they are needed and no factor 1."""
    return _bracket(value) if factor == 1 else f"{_bracket(factor)} \\cdot {_bracket(value)}"
