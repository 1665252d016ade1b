"""Areas, perimeters, volumes and right triangles."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from curation.synth.families import _geometry_told as told
from curation.synth.families._chain import Work
from curation.synth.families._family import Parsed, Phrasings, Problem, decimal
from curation.synth.families._notation import square_root, surd
from curation.synth.families._rng import Rng

PHRASINGS = Phrasings("""
    area: A rectangle is <a> centimeters long and <b> centimeters wide. What is its area in square centimeters?
    | Find the area, in square meters, of a rectangular <place> that measures <a> meters by <b> meters.
    fence: A rectangular <place> is <a> meters long and <b> meters wide. How many meters of fence are needed to go \
        all the way around it?
    | What is the perimeter, in centimeters, of a rectangle with sides of <a> centimeters and <b> centimeters?
    side: The area of a rectangle is <a> square centimeters and one side is <b> centimeters long. What is its \
        perimeter in centimeters?
    triangle: A triangle has a base of <a> centimeters and a height of <b> centimeters. What is its area in square \
        centimeters?
    | Find the area in square centimeters of a triangle with base <a> centimeters and height <b> centimeters.
    circle: What is the area of a circle with radius <a>? Give the answer in terms of $\\pi$.
    | A circle has a diameter of $<b>$. Find its area in terms of $\\pi$.
    hypotenuse: The legs of a right triangle are <a> and <b>. How long is the hypotenuse?
    | A ladder stands <a> feet from a wall and reaches a window <b> feet above the ground. How many feet long is \
        the ladder?
    leg: A right triangle has a hypotenuse of <b> and one leg of <a>. Find the length of the other leg.
    box: A box is <a> centimeters long, <b> centimeters wide and <c> centimeters high. What is its volume in cubic \
        centimeters?
    path: A <place> measures <a> meters by <b> meters and is surrounded by a path that is <c> meters wide on every \
        side. What is the area of the path in square meters?
""")
PLACES = "garden|field|courtyard|playground|lawn|parking lot|swimming pool|flower bed|school yard".split("|")
TRIPLES = ((3, 4, 5), (5, 12, 13), (8, 15, 17), (7, 24, 25), (20, 21, 29), (9, 40, 41))
LEVEL_KINDS = (
    ("area", "fence"),
    ("area", "fence", "triangle", "box"),
    ("triangle", "circle", "side", "box"),
    ("side", "circle", "hypotenuse"),
    ("path", "leg", "hypotenuse"),
)


def make(rng: Rng, level: int) -> Problem:
    """A problem of difficulty 1 to 5."""
    kind = rng.choice(LEVEL_KINDS[level - 1])
    top = 10 + 8 * level
    a, b, c = rng.randint(3, top), rng.randint(2, top), rng.randint(2, 4 if kind == "path" else 12)
    if kind == "side":
        a = b * rng.randint(2, top)
    if kind == "triangle" and a * b % 2 and rng.chance(0.7):
        a += 1
    if kind == "circle":
        b = 2 * a
    if kind in ("hypotenuse", "leg"):
        k = rng.randint(1, level)
        x, y, z = (k * n for n in rng.choice(TRIPLES))
        a, b = (x, y) if kind == "hypotenuse" else (x, z)
        if kind == "hypotenuse" and rng.chance(0.3):
            a, b = rng.sample(range(2, 10), 2)
    template = rng.choice([t for t in PHRASINGS.templates if t.kind == kind])
    text = template.fill({"a": a, "b": b, "c": c, "place": rng.choice(PLACES)})
    numbers = tuple({"a": a, "b": b, "c": c}[s] for s in sorted(template.slots) if len(s) == 1)
    return Problem(text, _answer(kind, numbers, "<a>" not in template.text))


def parse(text: str) -> Parsed | None:
    """The problem that a text states, or None for anything else."""
    for kind, values in PHRASINGS.read(text):
        letters = sorted(k for k in values if len(k) == 1)
        numbers = tuple(int(values[k]) for k in letters)
        if all(n > 0 for n in numbers):
            words = {k: v for k, v in values.items() if k not in letters}
            return Parsed(kind, numbers, {**words, **({"diameter": "yes"} if letters == ["b"] else {})})
    return None


def _answer(kind: str, numbers: tuple[int, ...], diameter: bool) -> str:
    a, b, c = (*numbers, 1, 1)[:3]
    if kind == "circle":
        area = Fraction(a, 2) ** 2 if diameter else Fraction(a * a)
        return f"{'' if area == 1 else decimal(area)}\\pi"
    if kind in ("hypotenuse", "leg"):
        return surd(*square_root(a * a + b * b if kind == "hypotenuse" else b * b - a * a))
    values: dict[str, Callable[[], Fraction | int]] = {
        "area": lambda: a * b,
        "fence": lambda: 2 * (a + b),
        "side": lambda: 2 * (Fraction(a, b) + b),
        "triangle": lambda: Fraction(a * b, 2),
        "box": lambda: a * b * c,
        "path": lambda: (a + 2 * c) * (b + 2 * c) - a * b,
    }
    return decimal(values[kind]())


def solve(parsed: Parsed) -> str:
    """The exact answer as TeX. ValueError if there is none."""
    if parsed.kind == "leg" and parsed.numbers[1] <= parsed.numbers[0]:
        raise ValueError("the hypotenuse is the longest side")
    return _answer(parsed.kind, parsed.numbers, "diameter" in parsed.words)


TELL: dict[str, Callable[..., Work]] = {
    "area": told.area,
    "side": told.side,
    "triangle": told.triangle,
    "box": told.box,
}
"""Who tells the kinds without words, given the answer and the numbers."""


def explain(parsed: Parsed, rng: Rng) -> Work:
    """What there is to tell about the solution."""
    kind, answer, numbers = parsed.kind, solve(parsed), parsed.numbers
    if kind in ("hypotenuse", "leg"):
        return told.pythagoras(kind, answer, *numbers)
    if kind == "circle":
        return told.circle(answer, numbers[0], "diameter" in parsed.words)
    if kind in ("fence", "path"):
        return (told.fence if kind == "fence" else told.path)(answer, parsed.words.get("place", "rectangle"), *numbers)
    return TELL[kind](answer, *numbers)
