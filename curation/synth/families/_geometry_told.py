"""How problems of geometry are worked out in words, for the family `geometry`: one function per kind or two."""

from __future__ import annotations

from fractions import Fraction
from math import gcd

from curation.synth.families._chain import Step, Work
from curation.synth.families._family import decimal


def area(answer: str, a: int, b: int) -> Work:
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


def fence(answer: str, place: str, a: int, b: int) -> Work:
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


def side(answer: str, a: int, b: int) -> Work:
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


def triangle(answer: str, a: int, b: int) -> Work:
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


def circle(answer: str, a: int, diameter: bool) -> Work:
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


def pythagoras(kind: str, answer: str, a: int, b: int) -> Work:
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


def box(answer: str, a: int, b: int, c: int) -> Work:
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


def path(answer: str, place: str, a: int, b: int, c: int) -> Work:
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
