"""Areas, perimeters, volumes and right triangles."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from math import gcd, isqrt

from curation.synth.families._chain import Step, Work
from curation.synth.families._family import Parsed, Phrasings, Problem, decimal
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


def _root(square: int) -> str:
    """The square root in lowest terms: `13`, `2\\sqrt{5}`."""
    outer = max(k for k in range(1, isqrt(square) + 1) if square % (k * k) == 0)
    inner = square // outer**2
    return str(outer) if inner == 1 else f"{'' if outer == 1 else outer}\\sqrt{{{inner}}}"


def _answer(kind: str, numbers: tuple[int, ...], diameter: bool) -> str:
    a, b, c = (*numbers, 1, 1)[:3]
    if kind == "circle":
        area = Fraction(a, 2) ** 2 if diameter else Fraction(a * a)
        return f"{'' if area == 1 else decimal(area)}\\pi"
    if kind in ("hypotenuse", "leg"):
        return _root(a * a + b * b if kind == "hypotenuse" else b * b - a * a)
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


def explain(parsed: Parsed, rng: Rng) -> Work:
    """What there is to tell about the solution."""
    a, b, c = (*parsed.numbers, 1, 1)[:3]
    kind, answer = parsed.kind, solve(parsed)
    if kind in ("hypotenuse", "leg"):
        return _pythagoras(kind, answer, a, b)
    if kind == "circle":
        return _circle(answer, a, "diameter" in parsed.words)
    return globals()[f"_{kind}"](answer, parsed.words.get("place", "rectangle"), a, b, c)


def _area(answer: str, place: str, a: int, b: int, c: int) -> Work:
    return Work(
        answer,
        f"The two sides are {a} and {b}, and all corners are right angles. || The shape is a rectangle of {a} by {b}.",
        "the area",
        [
            Step(
                "The area of a rectangle is length times width. || A rectangle is filled by rows of unit "
                "squares, so I multiply the sides."
            ),
            Step("That is {}.", f"{a} \\times {b}", answer),
        ],
        said=f"The area is {answer}.",
        checks=[f"Dividing the area by one side gives back the other: {answer} ÷ {b} = {a}."],
        traps=[
            (
                f"add up the sides, 2 × ({a} + {b}) = {2 * (a + b)}",
                "That is the perimeter, the way around, and not the area.",
            )
        ]
        if 2 * (a + b) != a * b
        else [],
    )


def _fence(answer: str, place: str, a: int, b: int, c: int) -> Work:
    return Work(
        answer,
        f"The {place} has two sides of {a} and two sides of {b}. || Going around the {place}, I pass two "
        f"sides of {a} and two of {b}.",
        "the length of the way around",
        [
            Step(
                "One long and one short side together are {}. || Half of the way around is {}.",
                f"{a} + {b}",
                str(a + b),
            ),
            Step("There are two of each, so the perimeter is {}.", f"2 \\times {a + b}", answer),
        ],
        said=f"The perimeter is {answer}.",
        checks=[f"Adding side by side, {a} + {b} + {a} + {b} = {answer}."],
        traps=[
            (
                f"multiply the sides, {a} × {b} = {a * b}",
                "That is the area inside, while a fence only runs along the edge.",
            )
        ]
        if a * b != 2 * (a + b)
        else [],
    )


def _side(answer: str, place: str, a: int, b: int, c: int) -> Work:
    other = decimal(Fraction(a, b))
    total = decimal(Fraction(a, b) + b)
    return Work(
        answer,
        f"The area is {a}, and one side is {b}. The other side is not given.",
        "the perimeter",
        [
            Step("The missing side is {}.", f"{a} \\div {b}", other),
            Step("Two neighboring sides together are {}.", f"{b} + {other}", total),
            Step("The perimeter is twice that, {}.", f"2 \\times {total}", answer),
        ],
        said=f"The perimeter is {answer}.",
        checks=[f"With sides {b} and {other} the area is {b} × {other} = {a}, as given."],
        traps=[("take the square root of the area as the other side", "That would only be right for a square.")]
        if a != b * b
        else [],
    )


def _triangle(answer: str, place: str, a: int, b: int, c: int) -> Work:
    return Work(
        answer,
        f"The base is {a} and the height over it is {b}.",
        "the area of the triangle",
        [
            Step("A triangle is half of a parallelogram with the same base and height."),
            Step("The whole parallelogram has area {}.", f"{a} \\times {b}", str(a * b)),
            Step("Half of that is {}.", f"{a * b} \\div 2", answer),
        ],
        said=f"The area is {answer}.",
        checks=[f"Twice the area is {a * b}, and {a * b} ÷ {a} = {b}, the height."],
        traps=[
            (
                f"multiply base and height and stop at {a * b}",
                "That is the area of the full parallelogram; the triangle is only half of it.",
            )
        ],
    )


def _circle(answer: str, a: int, diameter: bool) -> Work:
    radius = decimal(Fraction(a, 2)) if diameter else str(a)
    size = Fraction(a, 2) if diameter else Fraction(a)
    first = [Step("The radius is half the diameter, {}.", f"{a} \\div 2", radius)] if diameter else []
    trap = (
        (f"square the diameter and say ${a * a}\\pi$", "The formula needs the radius, which is half of the diameter.")
        if diameter
        else (f"use $2\\pi r$, which is ${2 * a}\\pi$", "That is the circumference; the area has the radius squared.")
    )
    return Work(
        answer,
        f"The circle has {'diameter' if diameter else 'radius'} {a}.",
        "the area, with $\\pi$ left as it is",
        [
            *first,
            Step("The area of a circle is $\\pi r^2$."),
            Step("The radius squared is {}.", f"{radius}^2", decimal(size**2)),
            Step(f"So the area is ${answer}$."),
        ],
        said=f"The area is ${answer}$.",
        traps=[trap] if f"{2 * a}\\pi" != answer else [],
        checks=[
            f"A square around the circle has area {decimal(4 * size**2)}, and the circle should fill a "
            "bit more than three quarters of it; $\\pi/4$ is about 0.785, so that fits."
        ],
    )


def _pythagoras(kind: str, answer: str, a: int, b: int) -> Work:
    sign, square = ("+", a * a + b * b) if kind == "hypotenuse" else ("-", b * b - a * a)
    x, y = (a, b) if kind == "hypotenuse" else (b, a)
    given = (
        f"The two legs, at the right angle, are {a} and {b}."
        if kind == "hypotenuse"
        else f"The longest side is {b}, and one of the legs is {a}."
    )
    trap = (
        ("simply add the two sides", "Lengths don't add up around a corner, only their squares do.")
        if kind == "hypotenuse"
        else (
            "add the squares",
            f"The {b} is the hypotenuse, so its square is the sum already, and I have to subtract.",
        )
    )
    divisor = gcd(a, b)
    small = (
        f"Both sides are multiples of {divisor}: {a // divisor} and {b // divisor}, so the third side must be "
        f"{divisor} times the third side of that smaller triangle, which fits {answer}."
    )
    whole = answer.isdigit()
    near = (
        ""
        if whole
        else f" It is about {square**0.5:.2f}, which is "
        f"{'more than the longer leg' if kind == 'hypotenuse' else 'less than the hypotenuse'}, as it "
        "must be."
    )
    return Work(
        answer,
        given,
        "the length of the third side" if kind == "leg" else "the length of the side across from the right angle",
        [
            Step("By the Pythagorean theorem its square is {}.", f"{x}^2 {sign} {y}^2", str(square)),
            Step(
                f"The root of {square} is ${answer}$."
                if whole
                else f"In lowest terms $\\sqrt{{{square}}} = {answer}$."
                if answer != f"\\sqrt{{{square}}}"
                else f"The root of {square} is not a whole number and cannot be simplified, so it stays "
                f"$\\sqrt{{{square}}}$."
            ),
        ],
        said=f"The length is ${answer}$.",
        traps=[trap],
        checks=[
            f"{answer} squared is {square}." if whole else f"The square of ${answer}$ is {square}.{near}",
            *([small] if divisor > 1 and whole else []),
        ],
    )


def _box(answer: str, place: str, a: int, b: int, c: int) -> Work:
    return Work(
        answer,
        f"The box is {a} by {b} by {c}. || The three edges are {a}, {b} and {c}.",
        "the volume",
        [
            Step("The bottom has area {}.", f"{a} \\times {b}", str(a * b)),
            Step("Times the height that is {}.", f"{a * b} \\times {c}", answer),
        ],
        said=f"The volume is {answer}.",
        checks=[f"In another order, {b} × {c} = {b * c} and {b * c} × {a} = {answer}."],
        traps=[
            ("add the areas of the faces", "That would be the surface; the volume is the product of the three edges.")
        ],
    )


def _path(answer: str, place: str, a: int, b: int, c: int) -> Work:
    x, y = a + 2 * c, b + 2 * c
    return Work(
        answer,
        f"The {place} is {a} by {b}, and the path around it is {c} wide.",
        "the area of the path alone",
        [
            Step("With the path, the length is {}.", f"{a} + 2 \\cdot {c}", str(x)),
            Step("The width is {}.", f"{b} + 2 \\cdot {c}", str(y)),
            Step("The large rectangle has area {}.", f"{x} \\times {y}", str(x * y)),
            Step(f"The {place} itself has area {{}}.", f"{a} \\times {b}", str(a * b)),
            Step("The difference is the path, {}.", f"{x * y} - {a * b}", answer),
        ],
        said=f"The path has area {answer}.",
        traps=[(f"add {c} only once to each side", f"The path lies on both sides, so each measure grows by {2 * c}.")],
        checks=[
            f"Cut into pieces: two strips of {a} × {c}, two of {b} × {c}, and four corners of {c} × {c}, "
            f"together {2 * a * c} + {2 * b * c} + {4 * c * c} = {answer}."
        ],
    )
