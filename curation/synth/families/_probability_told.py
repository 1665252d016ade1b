"""How draws from bags are worked out in words, for the family `probability`: one function per kind, called with its numbers."""

from __future__ import annotations

from fractions import Fraction
from math import comb, gcd, prod

from curation.synth.families._chain import Step, Work
from curation.synth.families._family import tex


def reduced(top: int, bottom: int) -> list[Step]:
    """The last step to lowest terms, if there is something to do."""
    common = gcd(top, bottom)
    if common == 1:
        return [Step(f"The fraction ${frac(top, bottom)}$ cannot be reduced. || Nothing cancels in "
                     f"${frac(top, bottom)}$. || This is in lowest terms, since {top} and {bottom} have no common "
                     "factor.")]  # fmt: skip
    return [Step(f"Top and bottom can be divided by {common}: ${frac(top, bottom)} = {tex(Fraction(top, bottom))}$. "
                 f"|| In lowest terms ${frac(top, bottom)}$ is ${tex(Fraction(top, bottom))}$, because both parts "
                 f"are multiples of {common}.")]  # fmt: skip


def frac(top: int, bottom: int) -> str:
    return f"\\frac{{{top}}}{{{bottom}}}"


def times(fractions: list[tuple[int, int]]) -> str:
    return " \\cdot ".join(frac(*pair) for pair in fractions)


def draw(answer: str, w: dict[str, str], a: int, b: int) -> Work:
    col, other, items = w["col"], w["colx"], w["items"]
    return Work(
        answer,
        f"There are {a} {col} and {b} {other} {items}, and each of them is equally likely to be taken. || The "
        f"{w['vessel']} has {a} {items} that are {col} and {b} that are {other}.",
        f"the probability of {col}",
        [
            Step("Altogether there are {} of them. || The total is {}.", f"{a} + {b}", str(a + b)),
            Step(f"Of these {a + b} equally likely cases {a} are good, so the probability is ${frac(a, a + b)}$. || "
                 f"Favorable over possible gives ${frac(a, a + b)}$."),
            *reduced(a, a + b),
        ],
        said=f"The probability is ${answer}$.",
        checks=[f"The probability of {other} is ${tex(Fraction(b, a + b))}$, and ${answer} + "
                f"{tex(Fraction(b, a + b))} = 1$."],
        traps=[(f"write ${tex(Fraction(a, b))}$, the {col} ones over the {other} ones",
                "That compares the two colors; a probability compares with all of them.")],
    )  # fmt: skip


def three(answer: str, w: dict[str, str], a: int, b: int, c: int) -> Work:
    n, col = a + b + c, w["col"]
    return Work(
        answer,
        f"The {w['vessel']} holds {a} {col}, {b} {w['colx']} and {c} {w['coly']} {w['items']}. || There are three "
        f"colors: {a} of {col}, {b} of {w['colx']}, {c} of {w['coly']}.",
        f"the probability that the color is not {col}",
        [
            Step(f"Not {col} means {w['colx']} or {w['coly']}, and there are {{}} of those.", f"{b} + {c}", str(b + c)),
            Step("In all there are {} to draw from.", f"{a} + {b + c}", str(n)),
            Step(f"So the probability is ${frac(b + c, n)}$. || Good cases over all cases: ${frac(b + c, n)}$."),
            *reduced(b + c, n),
        ],
        said=f"The probability is ${answer}$.",
        checks=[f"The opposite event, {col}, has probability ${tex(Fraction(a, n))}$, and ${answer} + "
                f"{tex(Fraction(a, n))} = 1$."],
        traps=[(f"answer ${tex(Fraction(a, n))}$",
                f"That is the probability of {col}, and the question is about the other colors.")],
        other_way=[f"The chance of {col} is ${frac(a, n)}$.",
                   f"So the chance of something else is $1 - {frac(a, n)} = {answer}$."],
    )  # fmt: skip


def replaced(answer: str, w: dict[str, str], a: int, b: int) -> Work:
    n, col = a + b, w["col"]
    return Work(
        answer,
        f"There are {a} {col} and {b} {w['colx']} {w['items']}, and the first one goes back before the second draw. "
        f"|| Two draws are made from {n} {w['items']}, {a} of them {col}, with the first one put back.",
        f"the probability of {col} both times",
        [
            Step("The total is {}.", f"{a} + {b}", str(n)),
            Step(f"The first one is {col} with probability ${frac(a, n)}$. || On the first draw the chance is "
                 f"${frac(a, n)}$."),
            Step(f"It is put back, so for the second draw the probability is again ${frac(a, n)}$. || The second "
                 f"draw starts from the same {n}, so nothing changes: ${frac(a, n)}$."),
            Step("The draws are independent, so the probabilities are multiplied: {}. || Both together: {}.", times([(a, n)] * 2),
                 frac(a * a, n * n)),
            *reduced(a * a, n * n),
        ],
        said=f"The probability is ${answer}$.",
        checks=[f"Of ${n}^2 = {n * n}$ ordered pairs, ${a}^2 = {a * a}$ are {col} twice, which is the same fraction."],
        traps=[(f"use ${frac(a - 1, n - 1)}$ for the second draw",
                "That would be right if the first one stayed outside, but it is put back."),
               (f"add the two probabilities and get ${tex(2 * Fraction(a, n))}$",
                "Both things have to happen, so the probabilities multiply.")],
    )  # fmt: skip


def without(answer: str, w: dict[str, str], a: int, b: int) -> Work:
    n, col = a + b, w["col"]
    return Work(
        answer,
        f"There are {a} {col} and {b} {w['colx']} {w['items']}; two are taken and stay outside. || Two of {n} "
        f"{w['items']} are drawn without replacement, and {a} of the {n} are {col}.",
        f"the probability that both are {col}",
        [
            Step("The total is {}.", f"{a} + {b}", str(n)),
            Step(f"The first one is {col} with probability ${frac(a, n)}$. || For the first draw, {a} of {n} are "
                 f"good: ${frac(a, n)}$."),
            Step(f"Then {a - 1} {col} ones are left among {n - 1}, so the second one is {col} with probability "
                 f"${frac(a - 1, n - 1)}$."),
            Step("Multiplying along the two draws gives {}. || The product is {}.", times([(a, n), (a - 1, n - 1)]),
                 frac(a * (a - 1), n * (n - 1))),
            *reduced(a * (a - 1), n * (n - 1)),
        ],
        said=f"The probability is ${answer}$.",
        checks=[f"There are $\\binom{{{n}}}{{2}} = {comb(n, 2)}$ pairs, and $\\binom{{{a}}}{{2}} = {comb(a, 2)}$ of "
                f"them are {col} only, which is ${answer}$ again."],
        traps=[(f"take ${frac(a, n)}$ for both draws",
                f"After the first draw one {w['items'][:-1]} is missing, so the second probability is different.")],
    )  # fmt: skip


def differ(answer: str, w: dict[str, str], a: int, b: int) -> Work:
    n, col, other = a + b, w["col"], w["colx"]
    same = a * (a - 1) + b * (b - 1)
    return Work(
        answer,
        f"From {a} {col} and {b} {other} {w['items']} two are taken without replacement. || Two of {n} {w['items']} "
        f"are taken; {a} are {col} and {b} are {other}.",
        "the probability of two different colors || the probability of one of each color",
        [
            Step("In all there are {}.", f"{a} + {b}", str(n)),
            Step(f"First {col}, then {other}: ${times([(a, n), (b, n - 1)])} = {frac(a * b, n * (n - 1))}$."),
            Step(f"The other order, first {other} and then {col}, has the same probability: "
                 f"${times([(b, n), (a, n - 1)])} = {frac(a * b, n * (n - 1))}$."),
            Step("Both orders count, so together it is {}.", f"2 \\cdot {frac(a * b, n * (n - 1))}", frac(2 * a * b, n * (n - 1))),
            *reduced(2 * a * b, n * (n - 1)),
        ],
        said=f"The probability is ${answer}$.",
        checks=[f"Two equal colors have probability ${frac(same, n * (n - 1))} = "
                f"{tex(Fraction(same, n * (n - 1)))}$, and together with ${answer}$ that makes 1."],
        traps=[(f"stop at ${frac(a * b, n * (n - 1))}$",
                f"That is only the order {col}, {other}; it can also come out the other way round.")],
        other_way=[f"There are $\\binom{{{n}}}{{2}} = {comb(n, 2)}$ pairs.",
                   f"Of these, {a} · {b} = {a * b} have one of each color, and ${frac(a * b, comb(n, 2))} = "
                   f"{answer}$." if Fraction(a * b, comb(n, 2)).denominator != comb(n, 2) else
                   f"Of these, {a} · {b} = {a * b} have one of each color, which gives ${answer}$."],
    )  # fmt: skip


def some(answer: str, w: dict[str, str], a: int, b: int, c: int) -> Work:
    n, col = a + b, w["col"]
    pairs = [(b - i, n - i) for i in range(c)] if b >= c else []
    top, bottom = prod(x for x, _ in pairs), prod(y for _, y in pairs)
    none = 1 - Fraction(comb(b, c), comb(n, c))
    if not pairs:
        middle = [Step(f"But {c} are drawn and only {b} are {w['colx']}, so one {col} must be among them.")]
    else:
        middle = [
            Step(f"One after the other, the chances of missing {col} are ${', '.join(frac(x, y) for x, y in pairs)}$."),
            Step("Their product is {}. || None is " + col + " with probability {}.", times(pairs), frac(top, bottom)),
            *reduced(top, bottom),
            Step("At least one has the rest: {}.", f"1 - {tex(1 - none)}", answer),
        ]
    return Work(
        answer,
        f"{c} of {n} {w['items']} are drawn and kept; {a} are {col}, {b} are {w['colx']}. || There are {a} {col} and "
        f"{b} {w['colx']} {w['items']}, and {c} are taken without replacement.",
        f"the probability of at least one {col}",
        [
            Step("Altogether there are {}.", f"{a} + {b}", str(n)),
            Step(f"The opposite is easier: no {col} one at all. || At least one is the opposite of none, so I look at "
                 f"all {c} being {w['colx']}."),
            *middle,
        ],
        said=f"The probability is ${answer}$.",
        checks=[f"There are $\\binom{{{n}}}{{{c}}} = {comb(n, c)}$ choices, and {comb(b, c)} of them avoid {col}, "
                f"which leaves ${frac(comb(n, c) - comb(b, c), comb(n, c))}$, the same number."],
        traps=[(f"add ${tex(Fraction(a, n))}$ once for each of the {c} draws, which gives ${tex(c * Fraction(a, n))}$",
                "The events overlap: more than one can be of that color, and such cases would be counted several "
                "times.")],
    )  # fmt: skip


def urns(answer: str, w: dict[str, str], a: int, b: int, c: int, d: int) -> Work:
    vessel, col = w["vessel"], w["col"]
    p, q = Fraction(a, a + b), Fraction(c, c + d)
    mixed = Fraction(a + c, a + b + c + d)
    wrong = (f"add ${tex(p)}$ and ${tex(q)}$", f"Only one {vessel} is used, each with chance one half.")
    if mixed != (p + q) / 2:
        wrong = (
            f"pour both together and take ${tex(mixed)}$",
            f"The coin chooses the {vessel} first, so it matters how many {w['items']} share the chance of each.",
        )
    return Work(
        answer,
        f"The first {vessel} has {a} {col} of {a + b}, the second {c} {col} of {c + d}, and a coin decides between "
        f"them. || Two steps: a fair choice of the {vessel}, then a draw from it, with {a} {col} among {a + b} or {c} "
        f"among {c + d}.",
        f"the probability of {col}",
        [
            Step(f"The first {vessel} holds {{}} {w['items']}.", f"{a} + {b}", str(a + b)),
            Step("The second one holds {}.", f"{c} + {d}", str(c + d)),
            Step(f"Within the first the chance of {col} is ${frac(a, a + b)}$, within the second "
                 f"${frac(c, c + d)}$."),
            Step(f"By way of the first {vessel}: {{}}.", f"\\frac{{1}}{{2}} \\cdot {frac(a, a + b)}", tex(p / 2)),
            Step("By way of the second one: {}.", f"\\frac{{1}}{{2}} \\cdot {frac(c, c + d)}", tex(q / 2)),
            Step("The two ways exclude each other, so I add: {}.", f"{tex(p / 2)} + {tex(q / 2)}", answer),
        ],
        said=f"The probability is ${answer}$.",
        traps=[wrong],
        checks=[f"It must lie halfway between ${tex(p)}$ and ${tex(q)}$, and ${answer}$ does."],
        other_way=["It is the average of the two chances.",
                   f"The sum ${tex(p)} + {tex(q)}$ is ${tex(p + q)}$, and half of it is ${answer}$."],
    )  # fmt: skip
