"""Percentages: a part, a discount, a rise, the price before, the share, two changes in a row."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from curation.synth.families._chain import Step, Work
from curation.synth.families._family import Parsed, Phrasings, Problem, decimal
from curation.synth.families._rng import Rng
from curation.synth.families._words import TOWNS, WARES, person

PHRASINGS = Phrasings("""
    part: What is <a>% of <b>?
    | Find <a> percent of <b>.
    | A survey asked <b> people, and <a>% of them said yes. How many people said yes?
    off: A <ware> costs <b> dollars. In a sale the price is reduced by <a>%. What is the sale price in dollars?
    | <name> wants to buy a <ware> that normally sells for <b> dollars and is now <a>% off. How many dollars does \
        <he> pay?
    up: Last year <b> people visited the museum in <town>. This year the number rose by <a>%. How many people \
        visited this year?
    | The rent for <name>'s flat was <b> dollars a month and goes up by <a>%. What is the new rent in dollars?
    before: After a discount of <a>%, a <ware> costs <b> dollars. What was the price in dollars before the discount?
    | <name> pays <b> dollars for a <ware> because it is <a>% cheaper than usual. What is the usual price in dollars?
    share: Of the <b> students at a school in <town>, <a> take the bus. What percentage of the students take the bus?
    | A team won <a> of its <b> games. What percent of its games did it win?
    double: The price of a <ware> is <c> dollars. It is first raised by <a>% and later lowered by <b>%. What is the \
        final price in dollars?
    | A shop buys a <ware> for <c> dollars, marks it up by <a>%, and then sells it at <b>% below the marked price. \
        For how many dollars is it sold?
""")
LEVEL_KINDS = (("part",), ("part", "off"), ("off", "up", "share"), ("before", "share", "up"), ("double", "before"))


def make(rng: Rng, level: int) -> Problem:
    """A problem of difficulty 1 to 5."""
    kind = rng.choice(LEVEL_KINDS[level - 1])
    a, c = rng.choice((5, 10, 15, 20, 25, 30, 35, 40, 45, 50, 55, 60, 65, 70, 75, 80, 90)), 0
    b = rng.randint(2, 20 + 10 * level) * 20
    if kind == "before":
        usual = rng.randint(2, 30) * 20
        b = usual * (100 - a) // 100
    if kind == "share":
        b = rng.choice((20, 25, 40, 50, 80, 120, 200, 250, 400, 500, 800))
        a = b * rng.choice(range(5, 96, 5)) // 100 if b % 20 == 0 else b * rng.choice(range(4, 97, 4)) // 100
    if kind == "double":
        b, c = rng.choice((5, 10, 15, 20, 25, 30, 40, 50)), rng.randint(2, 30) * 20
    words = {**person(rng), "ware": rng.choice(WARES), "town": rng.choice(TOWNS)}
    text = PHRASINGS.write(rng, kind, {**words, "a": a, "b": b, "c": c})
    return Problem(text, _answer(kind, (a, b, c)))


def parse(text: str) -> Parsed | None:
    """The problem that a text states, or None for anything else."""
    return PHRASINGS.positive(text)


def _answer(kind: str, numbers: tuple[int, ...]) -> str:
    a, b, c = (*numbers, 0)[:3]
    up, down = Fraction(100 + a, 100), Fraction(100 - a, 100)
    value = {
        "part": lambda: Fraction(a * b, 100),
        "off": lambda: b * down,
        "up": lambda: b * up,
        "before": lambda: b / down,
        "share": lambda: Fraction(100 * a, b),
        "double": lambda: c * up * Fraction(100 - b, 100),
    }[kind]()
    return decimal(value)


def solve(parsed: Parsed) -> str:
    """The exact answer as TeX. ValueError if there is none."""
    a, b = parsed.numbers[:2]
    if parsed.kind != "up" and a >= (b + 1 if parsed.kind == "share" else 100):
        raise ValueError("more than the whole")
    return _answer(parsed.kind, parsed.numbers)


def explain(parsed: Parsed, rng: Rng) -> Work:
    """What there is to tell about the solution."""
    kind, answer, numbers = parsed.kind, solve(parsed), parsed.numbers
    return BARE[kind](answer, *numbers) if kind in BARE else TELL[kind](answer, parsed.words, *numbers)


def _part(answer: str, a: int, b: int) -> Work:
    one = decimal(Fraction(b, 100))
    ten = decimal(Fraction(b, 10))
    return Work(
        answer,
        f"I need {a} out of every hundred, and the whole is {b}. || The whole is {b}, and the part is {a}% of it.",
        f"{a}% of {b}",
        [
            Step("One percent is {}.", f"{b} \\div 100", one),
            Step(f"So {a} percent is {{}}.", f"{a} \\times {one}", answer),
        ],
        said=f"{a}% of {b} is {answer}.",
        checks=[f"10% of {b} is {ten}, and {a}% is {decimal(Fraction(a, 10))} times as much, which is {answer}."],
        traps=[
            (
                f"divide {b} by {a}",
                f"That would be {b} in {a} equal parts, which is something else than {a} hundredths.",
            )
        ]
        if a != 10
        else [],
        other_way=[f"Written as a fraction, {a}/100 × {b} = {a * b}/100 = {answer}."],
    )


def _off(answer: str, w: dict[str, str], a: int, b: int) -> Work:
    less = decimal(Fraction(a * b, 100))
    return Work(
        answer,
        f"The {w['ware']} is {b} dollars without the discount, and {a}% is taken off. || The full price "
        f"of the {w['ware']} is {b} dollars; the reduction is {a}%.",
        "the price after the reduction, in dollars",
        [
            Step(f"The reduction is {a}% of {b}, which is {{}} dollars.", f"\\frac{{{a}}}{{100}} \\times {b}", less),
            Step("The new price is {} dollars. || What remains to pay is {} dollars.", f"{b} - {less}", answer),
        ],
        said=f"The reduced price is {answer} dollars.",
        checks=[f"The saving of {less} and the price of {answer} add up to {b}."],
        traps=[(f"just subtract {a} from {b}", f"The {a} is a percentage, not a number of dollars.")],
        other_way=[f"Paying {a}% less means paying {100 - a}%, and {b} × {100 - a}/100 = {answer}."],
    )


def _up(answer: str, a: int, b: int) -> Work:
    more = decimal(Fraction(a * b, 100))
    return Work(
        answer,
        f"The old figure is {b}, and it grows by {a}%. || Something that was {b} becomes {a}% larger.",
        "the new figure",
        [
            Step(f"The increase is {a}% of {b}, so {{}}.", f"\\frac{{{a}}}{{100}} \\times {b}", more),
            Step("Adding it on gives {}.", f"{b} + {more}", answer),
        ],
        said=f"The new figure is {answer}.",
        checks=[f"The growth {answer} - {b} = {more}, and {more} compared with {b} is {a}%."],
        traps=[(f"stop at {more}", "That is only the increase; the question asks for the amount after it.")],
        other_way=[
            f"Growing by {a}% means multiplying by {decimal(Fraction(100 + a, 100))}, and {b} × "
            f"{decimal(Fraction(100 + a, 100))} = {answer}."
        ],
    )


def _before(answer: str, w: dict[str, str], a: int, b: int) -> Work:
    left = 100 - a
    one = decimal(Fraction(b, left))
    wrong = decimal(b * Fraction(100 + a, 100))
    return Work(
        answer,
        f"The {w['ware']} costs {b} dollars once {a}% has been taken off the usual price.",
        "the price without the discount, in dollars",
        [
            Step("The reduced price is {} percent of the usual one.", f"100 - {a}", str(left)),
            Step(f"If {left}% is {b} dollars, then 1% is {{}} dollars.", f"{b} \\div {left}", one),
            Step("And 100% is {} dollars.", f"100 \\times {one}", answer),
        ],
        said=f"The usual price is {answer} dollars.",
        checks=[f"Taking {a}% off {answer} leaves {left}% of {answer}, which is {b}, just as the problem says."],
        traps=[
            (
                f"add {a}% to {b} and get {wrong}",
                f"The {a}% was taken of the larger price, not of {b}, so adding {a}% of {b} gives too little.",
            )
        ],
    )


def _share(answer: str, a: int, b: int) -> Work:
    return Work(
        answer,
        f"The part is {a} and the whole is {b}.",
        f"what percentage {a} is of {b}",
        [
            Step(f"As a fraction of the whole, that is $\\frac{{{a}}}{{{b}}}$."),
            Step("In percent it is {}.", f"\\frac{{{a}}}{{{b}}} \\times 100", answer),
        ],
        said=f"That is {answer} percent.",
        checks=[f"{answer}% of {b} is {b} × {answer} / 100 = {a}, which is the part we started from."],
        traps=[
            (
                f"divide the other way round, {b} by {a}",
                f"That says how often {a} fits into {b}; the share is part over whole.",
            )
        ],
    )


def _double(answer: str, w: dict[str, str], a: int, b: int, c: int) -> Work:
    more = decimal(Fraction(a * c, 100))
    high = c * Fraction(100 + a, 100)
    less = decimal(high * Fraction(b, 100))
    trap = (
        ("say that the two changes cancel", "They are percentages of different amounts, so they don't.")
        if a == b
        else (
            f"combine the two changes into {abs(a - b)}% {'up' if a > b else 'down'}",
            "The second percentage is taken of the raised price, not of the first one.",
        )
    )
    return Work(
        answer,
        f"The {w['ware']} starts at {c} dollars, goes up by {a}%, and then comes down by {b}%.",
        "the price in dollars at the end",
        [
            Step("The increase is {} dollars.", f"\\frac{{{a}}}{{100}} \\times {c}", more),
            Step("The price in between is {} dollars.", f"{c} + {more}", decimal(high)),
            Step(f"The decrease is {b}% of that, {{}} dollars.", f"\\frac{{{b}}}{{100}} \\times {decimal(high)}", less),
            Step("The price at the end is {} dollars.", f"{decimal(high)} - {less}", answer),
        ],
        said=f"The final price is {answer} dollars.",
        traps=[trap],
        checks=[f"In one go: {c} × {decimal(Fraction(100 + a, 100))} × {decimal(Fraction(100 - b, 100))} = {answer}."],
    )


TELL: dict[str, Callable[..., Work]] = {
    "off": _off,
    "before": _before,
    "double": _double,
}
"""Who tells which kind, given the answer, the words and the numbers."""
BARE: dict[str, Callable[..., Work]] = {
    "part": _part,
    "up": _up,
    "share": _share,
}
"""And without the words."""
