"""Linear equations in one unknown, with brackets and fractions at the higher levels."""

from __future__ import annotations

from fractions import Fraction
from math import lcm

from curation.synth.families._algebra import Number, coefficients, terms
from curation.synth.families._algebra import parse as polynomial
from curation.synth.families._chain import Step, Work
from curation.synth.families._family import Parsed, Phrasings, Problem, filled, skeleton, spaced, tex
from curation.synth.families._rng import Rng

PHRASINGS = Phrasings("""
    solve: Solve for $<v>$: $<lhs> = <rhs>$.
    | Solve the equation $<lhs> = <rhs>$ for $<v>$.
    | Find the value of $<v>$ that satisfies $<lhs> = <rhs>$.
    | If $<lhs> = <rhs>$, what is the value of $<v>$?
    | What is the solution $<v>$ of the equation $<lhs> = <rhs>$?
    | For which number $<v>$ does $<lhs> = <rhs>$ hold?
""")


def make(rng: Rng, level: int) -> Problem:
    """A problem of difficulty 1 to 5."""
    v = rng.choice("xyztnmpk")
    top = (9, 12, 15, 20, 30)[level - 1]
    root = rng.randint(-top if level > 1 else 1, top)
    a, c = rng.randint(2, 5 + level), rng.randint(1, top)
    b = rng.choice([n for n in range(1, 5 + level) if n != a])
    if level <= 2:
        c *= rng.choice((1, -1)) if level == 2 else 1
        left, right = terms((a, v), (c, "")), str(a * root + c)
    elif level == 3:
        c *= rng.choice((1, -1))
        left, right = terms((a, v), (c, "")), terms((b, v), ((a - b) * root + c, ""))
    elif level == 4:
        left = f"{a}({terms((1, v), (c, ''))})"
        right = terms((b, v), ((a - b) * root + a * c, ""))
    else:
        b += a * b == 2
        left = f"\\frac{{{terms((1, v), (c, ''))}}}{{{a}}}" if rng.chance(0.5) else f"{a}({terms((b, v), (-c, ''))})"
        value = Fraction(root + c, a) if left.startswith("\\") else Fraction(a * (b * root - c))
        right = terms((2, v), (value - 2 * root, ""))
    if right == "0" and rng.chance(0.5):
        left, right = right, left
    return Problem(PHRASINGS.write(rng, "solve", {"v": v, "lhs": left, "rhs": right}), tex(root))


def parse(text: str) -> Parsed | None:
    """The problem that a text states, or None for anything else."""
    for kind, w in PHRASINGS.read(text):
        outline, numbers = skeleton(f"{w['lhs']}={w['rhs']}")
        parsed = Parsed(kind, numbers, {"v": w["v"], "equation": outline})
        if _sides(parsed) is not None:
            return parsed
    return None


def _sides(parsed: Parsed) -> tuple[Number, Number, Number, Number] | None:
    """a, b, c, d of av + b = cv + d; None if it is anything else or not solved by exactly one number."""
    sides = [polynomial(side) for side in filled(parsed.words["equation"], parsed.numbers).split("=")]
    found = [coefficients(side, parsed.words["v"], 1) for side in sides if side is not None]
    if len(found) != 2 or found[0] is None or found[1] is None or found[0][1] == found[1][1]:
        return None
    return found[0][1], found[0][0], found[1][1], found[1][0]


def solve(parsed: Parsed) -> str:
    """The exact answer as TeX. ValueError if there is none."""
    sides = _sides(parsed)
    if sides is None:
        raise ValueError("not a linear equation with one solution")
    a, b, c, d = sides
    return tex(Fraction(d - b) / (a - c))


def explain(parsed: Parsed, rng: Rng) -> Work:
    """What there is to tell about the solution."""
    sides = _sides(parsed)
    assert sides is not None
    answer, v = solve(parsed), parsed.words["v"]
    shown = spaced(filled(parsed.words["equation"], parsed.numbers))
    steps, (a, b, c, d) = [], sides
    scale = lcm(*(x.denominator for x in sides))
    if scale > 1:
        a, b, c, d = a * scale, b * scale, c * scale, d * scale
        steps.append(
            Step(
                f"Multiply both sides by {scale} to clear the fractions: ${terms((a, v), (b, ''))} = "
                f"{terms((c, v), (d, ''))}$."
            )
        )
    elif "(" in shown:
        steps.append(Step(f"Expand the brackets: ${terms((a, v), (b, ''))} = {terms((c, v), (d, ''))}$."))
    if c:
        steps.append(Step(f"{_move(c)} ${_size(c, v)}$ {_side(c)}: ${terms((a - c, v), (b, ''))} = {terms((d, ''))}$."))
    if b:
        steps.append(Step(f"{_move(b)} ${_size(b)}$ {_side(b)}: ${terms((a - c, v))} = {terms((d - b, ''))}$."))
    if a - c != 1:
        steps.append(Step(f"Divide both sides by ${terms((a - c, ''))}$: ${v} = {answer}$."))
    if not steps:
        steps.append(Step(f"The equation already says ${v} = {answer}$."))
    value = Fraction(d - b) / (a - c)
    both = sides[0] * value + sides[1]
    return Work(
        answer,
        f"The equation is ${shown}$, with ${v}$ unknown. || I have ${shown}$ and want ${v}$ alone.",
        f"the value of ${v}$",
        steps,
        said=f"The solution is ${v} = {answer}$.",
        checks=[
            f"With ${v} = {answer}$ the left side is ${tex(both)}$, and the right side is "
            f"${tex(sides[2] * value + sides[3])}$ as well."
        ],
        traps=[
            (
                f"move ${_size(b)}$ across without changing its sign",
                "Whatever is done to one side has to be done to the other, so its sign flips when it moves.",
            )
        ]
        if b
        else [],
        trials=_trials(sides, v, value) if value.denominator == 1 and abs(value) <= 30 and rng.chance(0.35) else [],
    )


def _trials(sides: tuple[Number, ...], v: str, value: Fraction) -> list[str]:
    """Two guesses and the direction in which they miss."""
    a, b, c, d = sides
    told = []
    for guess in (0, 1) if abs(value) > 1 else (3, -2):
        left, right = a * guess + b, c * guess + d
        relation = "larger" if left > right else "smaller"
        told.append(
            f"With ${v} = {guess}$ the left side is ${tex(left)}$ and the right side ${tex(right)}$, so "
            f"the left is {relation}."
        )
    return [*told, "Guessing could take a while, so let me solve it properly."]


def _move(value: Number) -> str:
    return "Subtract" if value > 0 else "Add"


def _side(value: Number) -> str:
    return "from both sides" if value > 0 else "to both sides"


def _size(value: Number, name: str = "") -> str:
    """A term without its sign."""
    return terms((-value if value < 0 else value, name))
