"""Speed, distance and time; two that meet or follow; work done together."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from curation.synth.families._chain import Step, Work
from curation.synth.families._family import Parsed, Phrasings, Problem, decimal
from curation.synth.families._rng import Rng
from curation.synth.families._words import TOWNS, VEHICLES, person

PHRASINGS = Phrasings("""
    distance: A <vehicle> moves at <a> kilometers per hour for <b> hours. How many kilometers does it cover?
    | How far, in kilometers, does a <vehicle> get in <b> hours at a steady <a> kilometers per hour?
    minutes: A <vehicle> travels at <a> kilometers per hour. How many kilometers does it travel in <b> minutes?
    | At a constant speed of <a> kilometers per hour, what distance in kilometers does a <vehicle> cover in <b> \
        minutes?
    average: A <vehicle> covers <a> kilometers in <b> hours and then <c> kilometers in <d> hours. What is its \
        average speed over the whole way, in kilometers per hour?
    | <name> drives <a> kilometers in <b> hours, and after a stop another <c> kilometers in <d> hours. Not counting \
        the stop, what was <his> average speed in kilometers per hour?
    meet: <town> and <town2> are <c> kilometers apart. A <vehicle> leaves <town> at <a> kilometers per hour, and at \
        the same time a <vehicle2> leaves <town2> toward it at <b> kilometers per hour. After how many hours do \
        they meet?
    | Two friends live <c> kilometers apart and set out toward each other at the same moment, one at <a> and the \
        other at <b> kilometers per hour. After how many hours do they meet?
    follow: A <vehicle> leaves <town> at <a> kilometers per hour. <c> hours later a <vehicle2> follows on the same \
        road at <b> kilometers per hour. How many hours does the second one need to catch up with the first?
    together: One pipe fills a tank in <a> hours and another fills it in <b> hours. How many hours do both pipes \
        need together?
    | <name> can paint a fence in <a> hours, and <his> friend can paint it in <b> hours. How many hours do they \
        need if they work together?
    machines: <a> machines make <b> parts in <c> hours. At the same rate, how many parts do <d> machines make in \
        the same time?
""")
LEVEL_KINDS = (
    ("distance",),
    ("distance", "minutes", "machines"),
    ("meet", "average", "machines"),
    ("average", "meet", "follow"),
    ("follow", "together"),
)


def make(rng: Rng, level: int) -> Problem:
    """A problem of difficulty 1 to 5."""
    kind = rng.choice(LEVEL_KINDS[level - 1])
    a, b, c, d = rng.randint(2, 20 + 12 * level) * 2, rng.randint(2, 9), rng.randint(2, 6), rng.randint(2, 6)
    if kind == "minutes":
        a, b = rng.randint(2, 15) * 6, rng.choice((10, 15, 20, 30, 40, 45, 50, 70, 80, 90, 100))
    if kind == "average":
        a, c = rng.randint(20, 60) * b, rng.randint(20, 60) * d
    if kind == "meet":
        a, b = rng.randint(3, 50), rng.randint(3, 50)
        c = (a + b) * rng.randint(2, 8)
        c += (a + b) // 2 if (a + b) % 2 == 0 and rng.chance(0.3) else 0
    if kind == "follow":
        d, c = rng.randint(2, 6), rng.randint(2, 4)
        gap = rng.randint(2, 12)
        a, b = gap * d, gap * (c + d)  # caught after a·c / (b − a) = d hours
    if kind == "together":
        m, n = rng.sample(range(1, 7), 2)
        k = rng.randint(1, 5)
        a, b = sorted((k * m * (m + n), k * n * (m + n)))  # together k·m·n hours
    if kind == "machines":
        a, d = rng.sample(range(2, 13), 2)
        b = a * rng.randint(3, 40)
    town, other = rng.sample(TOWNS, 2)
    first, second = rng.sample(VEHICLES, 2)
    words = {**person(rng), "town": town, "town2": other, "vehicle": first, "vehicle2": second}
    text = PHRASINGS.write(rng, kind, {**words, "a": a, "b": b, "c": c, "d": d})
    return Problem(text, _answer(kind, (a, b, c, d)))


def parse(text: str) -> Parsed | None:
    """The problem that a text states, or None for anything else."""
    return PHRASINGS.positive(text)


def _answer(kind: str, numbers: tuple[int, ...]) -> str:
    a, b, c, d = (*numbers, 1, 1)[:4]
    value = {
        "distance": lambda: Fraction(a * b),
        "minutes": lambda: Fraction(a * b, 60),
        "average": lambda: Fraction(a + c, b + d),
        "meet": lambda: Fraction(c, a + b),
        "follow": lambda: Fraction(a * c, b - a),
        "together": lambda: Fraction(a * b, a + b),
        "machines": lambda: Fraction(b * d, a),
    }[kind]()
    return decimal(value)


def solve(parsed: Parsed) -> str:
    """The exact answer as TeX. ValueError if there is none."""
    if parsed.kind == "follow" and parsed.numbers[1] <= parsed.numbers[0]:
        raise ValueError("the second one never catches up")
    return _answer(parsed.kind, parsed.numbers)


def explain(parsed: Parsed, rng: Rng) -> Work:
    """What there is to tell about the solution."""
    if parsed.kind == "distance":
        return _distance(solve(parsed), parsed.words, *parsed.numbers)
    return TELL[parsed.kind](solve(parsed), *parsed.numbers)


def _distance(answer: str, w: dict[str, str], a: int, b: int) -> Work:
    return Work(
        answer,
        f"The speed is {a} kilometers per hour and the time is {b} hours. || The {w['vehicle']} does {a} "
        f"kilometers every hour and keeps going for {b} hours.",
        "the distance in kilometers",
        [
            Step("Distance is speed times time. || Every hour adds the same distance, so I multiply."),
            Step(f"In {b} hours that makes {{}} kilometers.", f"{a} \\times {b}", answer),
        ],
        said=f"The distance is {answer} kilometers.",
        checks=[f"Backwards, {answer} kilometers in {b} hours is {answer} ÷ {b} = {a} kilometers per hour."],
        traps=[("divide the speed by the time", "Going longer gets you farther, so dividing cannot be right.")],
    )


def _minutes(answer: str, a: int, b: int) -> Work:
    per = decimal(Fraction(a, 60))
    return Work(
        answer,
        f"The speed is {a} kilometers per hour, but the time is given in minutes: {b} of them.",
        "the distance in kilometers",
        [
            Step("An hour has 60 minutes. || The speed is per hour, and an hour is 60 minutes."),
            Step("In one minute the distance is {} kilometers.", f"{a} \\div 60", per),
            Step(f"In {b} minutes it is {{}} kilometers.", f"{b} \\times {per}", answer),
        ],
        said=f"The distance is {answer} kilometers.",
        checks=[f"{b} minutes are {b}/60 of an hour, and {b}/60 of {a} is {answer}."],
        traps=[
            (
                f"multiply {a} by {b} and get {a * b}",
                "The units don't fit: the speed is per hour, and the time is in minutes.",
            )
        ],
    )


def _average(answer: str, a: int, b: int, c: int, d: int) -> Work:
    x, y = Fraction(a, b), Fraction(c, d)
    naive = decimal((x + y) / 2)
    traps = (
        [
            (
                f"average the two speeds {decimal(x)} and {decimal(y)}, giving {naive}",
                "That would only be right if both parts took the same time.",
            )
        ]
        if naive != answer
        else []
    )
    return Work(
        answer,
        f"The first part is {a} kilometers in {b} hours, the second part {c} kilometers in {d} hours.",
        "the average speed in kilometers per hour",
        [
            Step("The whole distance is {} kilometers.", f"{a} + {c}", str(a + c)),
            Step("The whole time is {} hours.", f"{b} + {d}", str(b + d)),
            Step("So the average speed is {} kilometers per hour.", f"{a + c} \\div {b + d}", answer),
        ],
        said=f"The average speed is {answer} kilometers per hour.",
        traps=traps,
        checks=[
            f"The result should lie between the two speeds, {decimal(min(x, y))} and "
            f"{decimal(max(x, y))}, and {answer} does."
        ],
    )


def _meet(answer: str, a: int, b: int, c: int) -> Work:
    trials = [
        f"After 1 hour they have covered {a} + {b} = {a + b} of the {c} kilometers.",
        f"After 2 hours it is {2 * (a + b)}.",
        f"So the distance shrinks by {a + b} kilometers every hour.",
    ]
    return Work(
        answer,
        f"They are {c} kilometers apart at the start and come toward each other at {a} and {b} kilometers per hour.",
        "the time until they meet, in hours",
        [
            Step("Together they close {} kilometers every hour.", f"{a} + {b}", str(a + b)),
            Step("So they meet after {} hours.", f"{c} \\div {a + b}", answer),
        ],
        said=f"They meet after {answer} hours.",
        trials=trials if c > 2 * (a + b) else [],
        checks=[
            f"In {answer} hours the first goes {decimal(a * Fraction(c, a + b))} and the second "
            f"{decimal(b * Fraction(c, a + b))} kilometers, together {c}."
        ],
        traps=[("subtract the speeds", "They move toward each other, so their speeds add up.")],
    )


def _follow(answer: str, a: int, b: int, c: int) -> Work:
    return Work(
        answer,
        f"The first goes {a} kilometers per hour and has a head start of {c} hours; the second goes {b}.",
        "the hours that the second one needs",
        [
            Step("The head start is {} kilometers.", f"{a} \\times {c}", str(a * c)),
            Step("The gap shrinks by {} kilometers every hour.", f"{b} - {a}", str(b - a)),
            Step("So catching up takes {} hours.", f"{a * c} \\div {b - a}", answer),
        ],
        said=f"Catching up takes {answer} hours.",
        checks=[
            f"By then the second has gone {decimal(b * Fraction(a * c, b - a))} kilometers, and the first "
            f"{a} × ({answer} + {c}), which is the same."
        ],
        traps=[
            (
                f"use the sum of the speeds, {a + b}",
                "Both go in the same direction, so only the difference of the speeds closes the gap.",
            )
        ],
    )


def _together(answer: str, a: int, b: int) -> Work:
    rate = decimal(Fraction(a + b, a * b)) if a * b in (4, 5, 8, 10, 20, 25) else f"\\frac{{{a + b}}}{{{a * b}}}"
    return Work(
        answer,
        f"Alone, one needs {a} hours and the other {b} hours for the whole job.",
        "the hours they need together",
        [
            Step(f"In one hour the first does $\\frac{{1}}{{{a}}}$ of the job and the second $\\frac{{1}}{{{b}}}$."),
            Step("Together that is {} of the job per hour.", f"\\frac{{1}}{{{a}}} + \\frac{{1}}{{{b}}}", rate),
            Step("The whole job takes the reciprocal of that, {} hours.", f"\\frac{{{a * b}}}{{{a + b}}}", answer)
            if answer != f"\\frac{{{a * b}}}{{{a + b}}}"
            else Step(f"The whole job takes the reciprocal of that, ${answer}$ hours."),
        ],
        said=f"Together they need ${answer}$ hours.",
        checks=[
            f"It has to be less than {min(a, b)}, the time of the faster one alone, and more than half of "
            f"that; {a * b}/{a + b} is about {a * b / (a + b):.2f}, so that fits."
        ],
        traps=[
            (
                f"take the average of {a} and {b}",
                "Two that work together are faster than either alone, so the answer must be below both numbers.",
            ),
            (f"add the times, {a} + {b} = {a + b}", "Helping each other cannot take longer than working alone."),
        ],
    )


def _machines(answer: str, a: int, b: int, c: int, d: int) -> Work:
    one = decimal(Fraction(b, a))
    return Work(
        answer,
        f"{a} machines make {b} parts in {c} hours, and now {d} machines run for the same {c} hours.",
        f"the number of parts that {d} machines make",
        [
            Step("The time stays the same, so it does not matter here."),
            Step("One machine makes {} parts in that time.", f"{b} \\div {a}", one),
            Step(f"So {d} machines make {{}} parts.", f"{d} \\times {one}", answer),
        ],
        said=f"{d} machines make {answer} parts.",
        checks=[
            f"The ratio of parts should be the ratio of machines: {answer}/{b} and {d}/{a} are both about {d / a:.3f}."
        ],
        traps=[(f"divide by the {c} hours as well", "Both groups run equally long, so the hours cancel.")],
    )


TELL: dict[str, Callable[..., Work]] = {
    "minutes": _minutes,
    "average": _average,
    "meet": _meet,
    "follow": _follow,
    "together": _together,
    "machines": _machines,
}
"""Who tells the kinds without words, given the answer and the numbers."""
