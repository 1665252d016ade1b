"""How choices are counted in words, for the family `counting`: one function per kind, called with the kind's numbers."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from math import comb, factorial, perm, prod

from curation.synth.families._chain import Step, Work
from curation.synth.families._notation import listed


def chained(factors: list[int], text: str) -> list[Step]:
    """A product worked out factor by factor; `text` says what the first two factors are."""
    steps, total = [], factors[0]
    for i, factor in enumerate(factors[1:]):
        say = (
            text
            if not i
            else "Times {factor}, that is {{}}. || With the next factor {factor} it becomes {{}}. || That times {factor} makes {{}}."
        )
        steps.append(Step(say.replace("{factor}", str(factor)), f"{total} \\times {factor}", str(total * factor)))
        total *= factor
    return [Step(step.text.replace("{{}}", "{}"), step.left, step.value) for step in steps]


def _dots(factors: Iterable[int]) -> str:
    return " \\cdot ".join(map(str, factors))


def choose(n: int, k: int, what: str) -> list[Step]:
    """Steps to a binomial coefficient, called `what`."""
    small = min(k, n - k)
    name = f"\\binom{{{n}}}{{{k}}}"
    if small <= 1:
        return [Step(f"The number of {what} is ${name} = {comb(n, k)}$.")]
    above = list(range(n, n - small, -1))
    shown = f"\\frac{{{_dots(above)}}}{{{_dots(range(small, 0, -1))}}}"
    start = (
        f"Since ${name} = \\binom{{{n}}}{{{small}}}$, the number of {what} is"
        if small != k
        else f"The number of {what} is ${name}$, that is"
    )
    return [
        Step(f"{start} ${shown}$. || For the {what} I need ${name} = {shown}$."),
        *chained(above, "The numerator is {}. || Multiplying the numbers on top, I get {}."
          if small == 2 else "On top, the first two factors make {}. || I start on top: {}."),
        Step("Dividing by the orders of the same choice gives {}. || So I divide: {}.",
             f"{prod(above)} \\div {factorial(small)}",
             str(comb(n, k))),
    ]  # fmt: skip


def outfits(answer: str, w: dict[str, str], a: int, b: int, c: int) -> Work:
    names = ("shirts", "pairs of trousers", "hats") if "name" in w else ("starters", "main courses", "desserts")
    return Work(
        answer,
        f"There are {a} {names[0]}, {b} {names[1]} and {c} {names[2]}, and one of each kind is taken. || Three "
        f"independent choices are made, with {a}, {b} and {c} possibilities.",
        "the number of combinations || the number of ways to take one of each",
        [
            Step(f"Each of the {a} {names[0]} goes with each of the {b} {names[1]}, which makes {{}} pairs. || The "
                 "first two choices can be made in {} ways.", f"{a} \\times {b}", str(a * b)),
            Step(f"Every one of these goes with any of the {c} {names[2]}, so there are {{}} in all. || The third "
                 f"choice multiplies this by {c}, which is {{}}.", f"{a * b} \\times {c}", answer),
        ],
        said=f"There are {answer} combinations.",
        checks=[f"With the {names[0]} fixed there are {b} × {c} = {b * c} possibilities, and {a} times {b * c} is "
                f"{answer}."],
        traps=[(f"add the numbers, {a} + {b} + {c} = {a + b + c}",
                "That would be right for taking a single piece; here every choice can be combined with every other "
                "one.")] if a + b + c != int(answer) else [],
    )  # fmt: skip


def podium(answer: str, w: dict[str, str], a: int, b: int) -> Work:
    who, what = ("members", "offices") if "club" in w else ("runners", "places")
    factors = list(range(a, a - b, -1))
    return Work(
        answer,
        f"{b} different {what} go to {b} of the {a} {who}, and it matters who gets which. || There are {a} {who} and "
        f"{b} {what}, and nobody can have two of them.",
        f"the number of ways to fill the {what}",
        [
            Step(f"One after the other there are {listed(factors)} possibilities. || The first of the {what} can go "
                 f"to any of {a}, and for every further one there is one person less."),
            *chained(factors, "The first two together: {}. || Two of them can be filled in {} ways."),
        ],
        said=f"There are {answer} ways.",
        checks=[f"By the formula it is $\\frac{{{a}!}}{{{a - b}!}}$, where everything up to {a - b} cancels and "
                f"${_dots(factors)} = {answer}$ is left."],
        traps=[(f"compute {a} to the power {b}, which is {a**b}", "That would let one person have several of them."),
               (f"use $\\binom{{{a}}}{{{b}}} = {comb(a, b)}$",
                "That counts groups without order, and here the order matters.")],
        other_way=[f"First choose who they are: $\\binom{{{a}}}{{{b}}} = {comb(a, b)}$ groups.",
                   f"Each group can be ordered in {b}! = {factorial(b)} ways, and {comb(a, b)} × {factorial(b)} = "
                   f"{answer}."],
    )  # fmt: skip


def committee(answer: str, a: int, b: int) -> Work:
    return Work(
        answer,
        f"{b} of {a} members are chosen, and their order plays no role. || It is about groups of {b} out of {a} "
        "people.",
        f"the number of groups of {b}",
        choose(a, b, f"groups of {b}"),
        said=f"There are {answer} groups.",
        checks=[f"Choosing the {a - b} who stay out gives the same: $\\binom{{{a}}}{{{a - b}}} = {answer}$.",
                *([f"By Pascal's rule it is $\\binom{{{a - 1}}}{{{b - 1}}} + \\binom{{{a - 1}}}{{{b}}} = "
                   f"{comb(a - 1, b - 1)} + {comb(a - 1, b)} = {answer}$."] if b < a else [])],
        traps=[(f"multiply {' × '.join(map(str, range(a, a - b, -1)))} = {perm(a, b)}",
                f"That counts every group {factorial(b)} times, once for each order of its members.")] if b > 1 else [],
    )  # fmt: skip


def mixed(answer: str, w: dict[str, str], a: int, b: int, c: int, d: int) -> Work:
    one, two = ("women", "men") if "club" in w else (f"red {w['things']}", f"blue {w['things']}")
    p, q = comb(a, c), comb(b, d)
    return Work(
        answer,
        f"{c} of {a} {one} and {d} of {b} {two} are chosen. || The choice has two parts: {c} out of {a} {one}, and "
        f"{d} out of {b} {two}.",
        "the number of possible choices",
        [
            *choose(a, c, f"choices of {one}"),
            *choose(b, d, f"choices of {two}"),
            Step("Each choice of the first kind goes with each of the second, so it is {}. || The two choices are "
                 "independent, hence {}.",
                 f"{p} \\times {q}", answer),
        ],
        said=f"There are {answer} choices.",
        checks=[f"The number of choices must be a multiple of {q}, and indeed {answer} ÷ {q} = {p}."] if q > 1 else
               [f"With only one choice of {two} it is the {p} choices of {one}."],
        traps=[(f"add the two numbers, {p} + {q} = {p + q}",
                "Both choices are made, not one of them, so they multiply."),
               (f"take $\\binom{{{a + b}}}{{{c + d}}} = {comb(a + b, c + d)}$",
                f"That does not fix how many {one} are among them.")],
    )  # fmt: skip


def least(answer: str, w: dict[str, str], a: int, b: int, c: int) -> Work:
    one, two = ("woman", "men") if "club" in w else ("teacher", "students")
    women = "women" if one == "woman" else "teachers"
    total, none = comb(a + b, c), comb(b, c)
    parts = [comb(a, k) * comb(b, c - k) for k in range(1, min(a, c) + 1) if c - k <= b]
    return Work(
        answer,
        f"{c} people are chosen from {a} {women} and {b} {two}, and not all of them may be {two}. || Out of {a + b} "
        f"people {c} are chosen, with at least one {one}.",
        f"the number of groups with at least one {one}",
        [
            Step(f"It is easier to count the opposite, the groups without any {one}. || At least one means all groups "
                 f"except those with only {two}."),
            Step("Together there are {} people.", f"{a} + {b}", str(a + b)),
            *choose(a + b, c, "groups in all"),
            *(choose(b, c, f"groups of {two} only") if none else [Step(f"There are fewer than {c} {two}, so no group "
                                                                        f"has only {two}.")]),
            Step("What remains is {}. || Taking those away leaves {}.", f"{total} - {none}", answer),
        ],
        said=f"There are {answer} such groups.",
        traps=[(f"set one {one} first and choose the rest freely, {a} × {comb(a + b - 1, c - 1)} = "
                f"{a * comb(a + b - 1, c - 1)}",
                f"A group with two {women} would then be counted twice, once for each of them.")] if c > 1 and a > 1 else [],
        checks=[f"Counting by the number of {women}, from 1 upwards: {' + '.join(map(str, parts))} = {answer}."] if len(parts) > 1
        else [f"The {answer} groups with and the {none} groups without a {one} make {total}, which is all."],
    )  # fmt: skip


def code(answer: str, a: int, b: int, c: int) -> Work:
    powers = [b**k for k in range(1, a + 1)]
    return Work(
        answer,
        f"The code has {a} letters, each one of {b}, and {c} digits, each one of ten. || The code has {a + c} places: "
        f"{a} with {b} possibilities and {c} with 10.",
        "the number of possible codes",
        [
            *[Step(f"With {i} letters there are {{}} possibilities.", f"{x} \\times {b}", str(y))
              for i, (x, y) in enumerate(pairwise(powers), 2)],
            Step(f"The digits can be chosen in $10^{c} = {10**c}$ ways. || From {'0' * c} to {'9' * c} there are "
                 f"{10**c} ways to choose the digits."),
            Step("Letters and digits together: {}.", f"{b**a} \\times {10**c}", answer),
        ],
        said=f"There are {answer} codes.",
        traps=[(f"stop using what has been used, and take {b - 1} for the second letter",
                "Repeats are allowed, so every place has its full number of possibilities.")] if a > 1 else
        [(f"add {b} and {10**c}", "A letter and the digits are both chosen, so the numbers multiply.")],
        checks=[f"The {a + c} places have {listed([b] * a + [10] * c)} possibilities, and their product is {answer}."],
    )  # fmt: skip


def distinct(answer: str, a: int, b: int) -> Work:
    factors = list(range(b + 1, b + 1 - a, -1))
    return Work(
        answer,
        f"The code has {a} places, the digits go from 0 to {b}, and all must be different. || {a} different digits "
        f"from 0 to {b} are written one after the other.",
        "the number of possible codes",
        [
            Step("From 0 up there are {} digits to choose from.", f"{b} + 1", str(b + 1)),
            Step(f"Each place has one possibility less than the one before: {listed(factors)}."),
            *(chained(factors, "The first two places give {}. || For two places there are {} possibilities.") if a > 1 else []),
        ],
        said=f"There are {answer} codes.",
        traps=[(f"count {b} digits from 0 to {b}", f"The zero counts too, so there are {b + 1}."),
               (f"compute {b + 1} to the power {a}, which is {(b + 1)**a}",
                "That would allow a digit to be used twice.")],
        checks=[f"As a check, $\\binom{{{b + 1}}}{{{a}}} = {comb(b + 1, a)}$ sets of digits with {factorial(a)} "
                f"orders each make {answer}."],
    )  # fmt: skip


def handshakes(answer: str, w: dict[str, str], a: int) -> Work:
    what = "handshakes" if "town" in w else "games"
    return Work(
        answer,
        f"Each of {a} people meets each of the other {a - 1} once. || Every pair out of {a} people meets exactly "
        "once.",
        f"the number of {what}",
        [
            Step(f"Everyone takes part in {{}} {what}.", f"{a} - 1", str(a - 1)),
            Step("Adding that up over all people gives {}.", f"{a} \\times {a - 1}", str(a * (a - 1))),
            Step(f"But each of the {what} has been counted twice, once for either person, so I halve it: {{}}. || Two "
                 "people share each one, so the number is {}.", f"{a * (a - 1)} \\div 2", answer),
        ],
        said=f"There are {answer} {what}.",
        traps=[(f"take {a} × {a - 1} = {a * (a - 1)} as the answer", "In that product every pair is counted twice."),
               (f"take {a} × {a} = {a * a}", "Nobody meets himself, and every pair would be counted twice.")],
        checks=[f"It is the number of pairs, $\\binom{{{a}}}{{2}} = {answer}$."],
        other_way=[f"The first person meets {a - 1} others, the second {a - 2} new ones, and so on down to 1.",
                   f"The sum of the numbers from 1 to {a - 1} is {a - 1} · {a} / 2 = {answer}."],
        trials=["2 people: 1.", "3 people: 3.", "4 people: 6.",
                "Each new person adds one with everybody who is there already."],
    )  # fmt: skip
