"""Sums, differences, products and quotients of fractions, and parts of a whole."""

from __future__ import annotations

from fractions import Fraction
from math import gcd, lcm

from curation.synth.families._chain import Step, Work
from curation.synth.families._family import Parsed, Phrasings, Problem, decimal, tex
from curation.synth.families._rng import Rng
from curation.synth.families._words import person

PHRASINGS = Phrasings("""
    sum: What is $\\frac{<a>}{<b>} + \\frac{<c>}{<d>}$? Give the answer in lowest terms.
    | Compute the sum $\\frac{<a>}{<b>} + \\frac{<c>}{<d>}$ and simplify it.
    | Write $\\frac{<a>}{<b>} + \\frac{<c>}{<d>}$ as a single fraction in lowest terms.
    difference: What is $\\frac{<a>}{<b>} - \\frac{<c>}{<d>}$? Give the answer in lowest terms.
    | Subtract $\\frac{<c>}{<d>}$ from $\\frac{<a>}{<b>}$ and simplify the result.
    product: Evaluate $\\frac{<a>}{<b>} \\times \\frac{<c>}{<d>}$ and write the result in lowest terms.
    | Multiply $\\frac{<a>}{<b>}$ by $\\frac{<c>}{<d>}$. Simplify your answer.
    quotient: Divide $\\frac{<a>}{<b>}$ by $\\frac{<c>}{<d>}$. Simplify your answer.
    | What do you get when $\\frac{<a>}{<b>}$ is divided by $\\frac{<c>}{<d>}$? Give the answer in lowest terms.
    part: <name> has <c> meters of <stuff> and uses $\\frac{<a>}{<b>}$ of it. How many meters are left?
    | A roll of <stuff> is <c> meters long, and $\\frac{<a>}{<b>}$ of it has been used. How many meters of <stuff> \
        remain?
    twice: <name> saved <e> dollars. <He> spent $\\frac{<a>}{<b>}$ of it on <thing> and then $\\frac{<c>}{<d>}$ of \
        the rest on <item>. How many dollars does <name> still have?
    | Of the <e> dollars in a club's budget, $\\frac{<a>}{<b>}$ goes to <thing>. Of what remains, \
        $\\frac{<c>}{<d>}$ goes to <item>. How many dollars are not spent?
""")
STUFF = "ribbon rope cable wire fabric hose string lace tape".split()
EXPENSES = (
    "books|clothes|tools|paint|music lessons|train tickets|sports gear|concert tickets|garden plants|art supplies"
).split("|")
LEVEL_KINDS = (
    ("sum", "part"),
    ("sum", "difference", "part"),
    ("product", "difference"),
    ("quotient", "product", "twice"),
    ("twice", "sum"),
)


def make(rng: Rng, level: int) -> Problem:
    """A problem of difficulty 1 to 5."""
    kind = rng.choice(LEVEL_KINDS[level - 1])
    top = (6, 9, 12, 15, 24)[level - 1]
    b, d = rng.randint(2, top), rng.randint(2, top)
    a, c, e = _below(rng, b), _below(rng, d), 0
    if kind == "difference" and Fraction(a, b) <= Fraction(c, d):
        a, b, c, d = (
            (c, d, a, b) if Fraction(a, b) < Fraction(c, d) else (b - 1 if b > 2 else 3, b if b > 2 else 4, 1, 2 * b)
        )
    if kind == "part":
        c = b * rng.randint(2, 12)
    if kind == "twice":
        e = b * d * rng.randint(2, 9)
    thing, item = rng.sample(EXPENSES, 2)
    words = {**person(rng), "stuff": rng.choice(STUFF), "thing": thing, "item": item}
    text = PHRASINGS.write(rng, kind, {**words, "a": a, "b": b, "c": c, "d": d, "e": e})
    return Problem(text, _answer(kind, (a, b, c, d, e)))


def _below(rng: Rng, whole: int) -> int:
    """A numerator prime to the denominator."""
    return rng.choice([n for n in range(1, whole) if gcd(n, whole) == 1])


def parse(text: str) -> Parsed | None:
    """The problem that a text states, or None for anything else."""
    return PHRASINGS.positive(text)


def _answer(kind: str, numbers: tuple[int, ...]) -> str:
    a, b, c, d, e = (*numbers, 1, 0)[:5]
    x, y = Fraction(a, b), Fraction(c, d)
    value = {
        "sum": lambda: x + y,
        "difference": lambda: x - y,
        "product": lambda: x * y,
        "quotient": lambda: x / y,
        "part": lambda: c * (1 - x),
        "twice": lambda: e * (1 - x) * (1 - y),
    }[kind]()
    return decimal(value) if kind in ("part", "twice") else tex(value)


def solve(parsed: Parsed) -> str:
    """The exact answer as TeX. ValueError if there is none."""
    a, b, c, d = (*parsed.numbers, 1)[:4]
    if parsed.kind in ("part", "twice") and (a > b or (parsed.kind == "twice" and c > d)):
        raise ValueError("more than the whole")
    return _answer(parsed.kind, parsed.numbers)


def explain(parsed: Parsed, rng: Rng) -> Work:
    """What there is to tell about the solution."""
    a, b, c, d, e = (*parsed.numbers, 1, 0)[:5]
    answer = solve(parsed)
    if parsed.kind in ("sum", "difference"):
        return _add(parsed.kind, answer, a, b, c, d)
    if parsed.kind in ("product", "quotient"):
        return _multiply(parsed.kind, answer, a, b, c, d)
    return (
        _part(parsed.words, answer, a, b, c) if parsed.kind == "part" else _twice(parsed.words, answer, a, b, c, d, e)
    )


def _add(kind: str, answer: str, a: int, b: int, c: int, d: int) -> Work:
    sign, word = ("+", "sum") if kind == "sum" else ("-", "difference")
    common = lcm(b, d)
    x, y = a * common // b, c * common // d
    total = x + y if kind == "sum" else x - y
    steps = [
        Step(
            f"A common denominator of {b} and {d} is {common}. || The least common multiple of {b} and {d} is {common}."
        )
    ]
    for old, new, below, which in ((a, x, b, "first"), (c, y, d, "second")):
        if below != common:
            steps.append(
                Step(
                    f"The {which} fraction becomes {{}}.", f"\\frac{{{old}}}{{{below}}}", f"\\frac{{{new}}}{{{common}}}"
                )
            )
    if b == d:
        steps = [
            Step(
                f"Both fractions are already in {b}ths. || The denominators are the same, so nothing has "
                "to be expanded."
            )
        ]
    steps.append(Step(f"The {word} of the numerators is {{}}, over {common}.", f"{x} {sign} {y}", str(total)))
    if answer != f"\\frac{{{total}}}{{{common}}}":
        steps.append(Step("In lowest terms, {}.", f"\\frac{{{total}}}{{{common}}}", answer))
    near = a / b + c / d if kind == "sum" else a / b - c / d
    naive = f"\\frac{{{a + c}}}{{{b + d}}}"
    return Work(
        answer,
        f"The two fractions are $\\frac{{{a}}}{{{b}}}$ and $\\frac{{{c}}}{{{d}}}$.",
        f"their {word} in lowest terms",
        steps,
        said=f"The {word} is ${answer}$.",
        checks=[
            f"As decimals, {a}/{b} is about {a / b:.3f} and {c}/{d} is about {c / d:.3f}, so the {word} "
            f"should be about {near:.2f}, and ${answer}$ is indeed about {near:.2f}."
        ],
        traps=[
            (
                f"add tops and bottoms separately, ${naive}$",
                "Fractions don't work that way: the pieces have to be of the same size first.",
            )
        ]
        if kind == "sum"
        else [],
    )


def _multiply(kind: str, answer: str, a: int, b: int, c: int, d: int) -> Work:
    steps = []
    if kind == "quotient":
        steps.append(
            Step(
                f"Dividing by $\\frac{{{c}}}{{{d}}}$ is the same as multiplying by its reciprocal "
                f"$\\frac{{{d}}}{{{c}}}$."
            )
        )
    p, q = (c, d) if kind == "product" else (d, c)
    steps += [
        Step("The numerators give {}.", f"{a} \\times {p}", str(a * p)),
        Step("The denominators give {}.", f"{b} \\times {q}", str(b * q)),
    ]
    raw = f"\\frac{{{a * p}}}{{{b * q}}}"
    if raw != answer:
        divisor = gcd(a * p, b * q)
        steps.append(Step(f"Both are divisible by {divisor}, so {{}}." if divisor > 1 else "So {}.", raw, answer))
    else:
        steps.append(Step(f"So the result is ${raw}$, and nothing cancels."))
    trap = (
        (
            "multiply straight across without flipping anything",
            "This is a division, so the second fraction has to be turned over first.",
        )
        if kind == "quotient"
        else (
            "look for a common denominator",
            "That is only needed for adding and subtracting; a product just multiplies across.",
        )
    )
    return Work(
        answer,
        f"The fractions are $\\frac{{{a}}}{{{b}}}$ and $\\frac{{{c}}}{{{d}}}$.",
        f"the {kind} in lowest terms",
        steps,
        said=f"The {kind} is ${answer}$.",
        traps=[trap],
        checks=[
            f"Numerically, $\\frac{{{a}}}{{{b}}}$ is about {a / b:.3f} and $\\frac{{{c}}}{{{d}}}$ is "
            f"about {c / d:.3f}, which makes the result about {(a * p) / (b * q):.3f}, and ${answer}$ is "
            "the same."
        ],
    )


def _part(w: dict[str, str], answer: str, a: int, b: int, c: int) -> Work:
    stuff = w["stuff"]
    used = Fraction(c * a, b)
    one = Fraction(c, b)
    return Work(
        answer,
        f"There are {c} meters of {stuff}, and {a}/{b} of that is used up.",
        f"the length of {stuff} that is left, in meters",
        [
            Step(f"One part out of {b} is {{}} meters.", f"{c} \\div {b}", decimal(one)),
            *(
                [
                    Step(
                        f"The {a}/{b} that are used make {{}} meters. || So {{}} meters are used.",
                        f"{a} \\times {decimal(one)}",
                        decimal(used),
                    )
                ]
                if a > 1
                else []
            ),
            Step("What is left is {} meters.", f"{c} - {decimal(used)}", answer),
        ],
        said=f"{answer} meters are left.",
        checks=[f"The used {decimal(used)} meters and the remaining {answer} meters together make {c} meters."],
        traps=[
            (
                f"answer with {decimal(used)}, the part that is used",
                "The question is about what remains, not about what is gone.",
            )
        ],
        other_way=[f"If {a}/{b} is used, then {b - a}/{b} is left, and {b - a}/{b} of {c} is {answer}."],
    )


def _twice(w: dict[str, str], answer: str, a: int, b: int, c: int, d: int, e: int) -> Work:
    first = Fraction(e * a, b)
    rest = e - first
    second = rest * Fraction(c, d)
    return Work(
        answer,
        f"There are {e} dollars. First {a}/{b} of that goes to {w['thing']}, then {c}/{d} of the "
        f"remainder to {w['item']}.",
        "the number of dollars left",
        [
            Step(f"The share for {w['thing']} is {{}} dollars.", f"\\frac{{{a}}}{{{b}}} \\times {e}", decimal(first)),
            Step("That leaves {} dollars.", f"{e} - {decimal(first)}", decimal(rest)),
            Step(
                f"The share for {w['item']} is {{}} dollars.",
                f"\\frac{{{c}}}{{{d}}} \\times {decimal(rest)}",
                decimal(second),
            ),
            Step("In the end there are {} dollars.", f"{decimal(rest)} - {decimal(second)}", answer),
        ],
        said=f"{answer} dollars are left.",
        checks=[f"Adding up where the money went: {decimal(first)} + {decimal(second)} + {answer} = {e}."],
        traps=[
            (
                f"take {c}/{d} of the whole {e} for the second expense",
                "It says of the rest, so the second fraction applies to what is left after the first.",
            )
        ],
        other_way=[
            f"After the first expense {b - a}/{b} is left, and after the second {d - c}/{d} of that, so "
            f"{e} × {b - a}/{b} × {d - c}/{d} = {answer}."
        ],
    )
