"""How dice, coins, random numbers and shots are worked out in words, for the family `probability`: one function per kind."""

from __future__ import annotations

from fractions import Fraction
from math import comb, lcm

from curation.synth.families._chain import Step, Work
from curation.synth.families._family import tex
from curation.synth.families._notation import listed
from curation.synth.families._probability_told import frac, reduced, times


def dice(answer: str, a: int, b: int) -> Work:
    low, high = max(1, b - a), min(a, b - 1)
    count = high - low + 1
    shown = [f"({x}, {b - x})" for x in range(low, high + 1)]
    pairs = listed(shown) if count <= 7 else f"{', '.join(shown[:3])}, and so on up to {shown[-1]}"
    return Work(
        answer,
        f"Two dice show numbers from 1 to {a}, and the sum should be {b}. || There are two numbers from 1 to {a}, all "
        f"pairs equally likely, and they should add up to {b}.",
        f"the probability of the sum {b}",
        [
            Step("There are {} equally likely pairs.", f"{a} \\times {a}", str(a * a)),
            Step(f"The pairs with sum {b} are {pairs}." if count > 1 else f"The only pair with sum {b} is {pairs}."),
            Step(f"That makes {count}, as the first number runs from {low} to {high}. || The first number can be "
                 f"anything from {low} to {high}, so there are {count}." if count > 1 else "That is a single one."),
            Step(f"So the probability is ${frac(count, a * a)}$."),
            *reduced(count, a * a),
        ],
        said=f"The probability is ${answer}$.",
        traps=[(f"say that the {2 * a - 1} sums from 2 to {2 * a} are equally likely, so it is "
                f"${frac(1, 2 * a - 1)}$",
                "Middle sums can come about in more ways than 2, which needs two ones.")],
        checks=[f"The number of pairs grows from 1 at the sum 2 to {a} at the sum {a + 1} and then falls again; at "
                f"{b} it is {count}."],
    )  # fmt: skip


def above(answer: str, a: int, b: int) -> Work:
    ways = {s: a - abs(s - a - 1) for s in range(2, 2 * a + 1)}
    upper = sum(n for s, n in ways.items() if s > b)
    few = b >= a
    side = [n for s, n in ways.items() if (s > b) == few]
    shown = " + ".join(map(str, side)) if len(side) <= 8 else f"{' + '.join(map(str, side[:3]))} + \\dots + {side[-1]}"
    return Work(
        answer,
        f"Two dice show numbers from 1 to {a}, and the sum should be above {b}. || The sum of two numbers from 1 to "
        f"{a} has to be {b + 1} or more.",
        f"the probability of a sum greater than {b}",
        [
            Step("There are {} equally likely pairs.", f"{a} \\times {a}", str(a * a)),
            Step(f"A sum $s$ can come about in $s - 1$ ways up to ${a + 1}$, and in ${2 * a + 1} - s$ ways from there "
                 "on."),
            Step(f"For the sums from {b + 1 if few else 2} to {2 * a if few else b} the numbers of pairs are ${shown} "
                 f"= {sum(side)}$."
                 if len(side) > 1 else f"For the sum {2 * a if few else 2} that is just 1 pair."),
            *([] if few else [Step("The sums above that have the rest, {} pairs.", f"{a * a} - {sum(side)}", str(upper))]),
            Step(f"So the probability is ${frac(upper, a * a)}$."),
            *reduced(upper, a * a),
        ],
        said=f"The probability is ${answer}$.",
        traps=[(f"include the sum {b} itself, which gives {upper + ways[b]} pairs",
                f"Greater than {b} starts at {b + 1}.")],
        checks=[f"{upper} pairs lie above {b} and {a * a - upper} do not, together {a * a}."],
    )  # fmt: skip


def heads(answer: str, a: int, b: int) -> Work:
    return Work(
        answer,
        f"A fair coin is tossed {a} times, and {b} heads are wanted. || There are {a} tosses, each of them heads or "
        f"tails with equal chance; {b} should be heads.",
        f"the probability of exactly {b} heads",
        [
            Step(f"There are $2^{{{a}}} = {2**a}$ equally likely sequences. || Each toss has 2 outcomes, so there are "
                 f"$2^{{{a}}} = {2**a}$ sequences."),
            Step(f"The {b} heads can stand at $\\binom{{{a}}}{{{b}}} = {comb(a, b)}$ different sets of places. || "
                 f"Which tosses are the heads can be chosen in $\\binom{{{a}}}{{{b}}} = {comb(a, b)}$ ways."),
            Step(f"So the probability is ${frac(comb(a, b), 2**a)}$."),
            *reduced(comb(a, b), 2**a),
        ],
        said=f"The probability is ${answer}$.",
        traps=[(f"say ${frac(b, a)}$, since {b} of {a} are heads",
                "That is the share of heads in such a sequence, not its probability."),
               *([(f"say ${frac(1, 2**a)}$", f"That is the probability of one particular sequence, and {comb(a, b)} "
                                              "of them fit.")] if comb(a, b) > 1
                 else [])],
        checks=[f"By symmetry, exactly {a - b} heads must be as likely, and $\\binom{{{a}}}{{{a - b}}} = "
                f"{comb(a, a - b)}$ as well."],
        other_way=[f"Each single sequence has probability $\\left(\\frac{{1}}{{2}}\\right)^{{{a}}} = "
                   f"{frac(1, 2**a)}$.",
                   f"There are {comb(a, b)} suitable ones, so the total is ${answer}$."],
    )  # fmt: skip


def once(answer: str, w: dict[str, str], a: int, b: int) -> Work:
    what = "spin" if "name" in w else "roll"
    miss = Fraction((a - 1) ** b, a**b)
    return Work(
        answer,
        f"There are {b} independent {what}s, each with a chance of 1 in {a}. || Each {what} succeeds with probability "
        f"${frac(1, a)}$, and there are {b} of them.",
        f"the probability of at least one success in {b} {what}s",
        [
            Step("I look at the opposite, no success at all. || At least once is the opposite of never, which is "
                 "easier."),
            Step(f"A single {what} fails with probability {{}}.", f"1 - {frac(1, a)}", frac(a - 1, a)),
            Step(f"All {b} fail with probability {{}}.", f"\\left({frac(a - 1, a)}\\right)^{b}", frac((a - 1) ** b, a**b)),
            Step("The rest is the probability wanted: {}. || So at least one success has probability {}.",
                 f"1 - {tex(miss)}", answer),
        ],
        said=f"The probability is ${answer}$.",
        traps=[(f"multiply ${frac(1, a)}$ by {b} and get ${tex(Fraction(b, a))}$",
                f"That counts the cases with more than one success several times; with {a} {what}s it would even "
                "claim certainty.")],
        checks=[f"Of ${a}^{b} = {a**b}$ results, ${a - 1}^{b} = {(a - 1) ** b}$ have no success, so "
                f"{a**b - (a - 1) ** b} have at least one."],
    )  # fmt: skip


def number(answer: str, a: int, b: int) -> Work:
    k = a // b
    return Work(
        answer,
        f"One of the numbers from 1 to {a} is drawn, all equally likely, and multiples of {b} are wanted. || There "
        f"are {a} numbers, from 1 to {a}; the good ones are the multiples of {b}.",
        f"the probability of a multiple of {b}",
        [
            Step(f"The multiples of {b} are "
                 f"{', '.join(str(b * i) for i in range(1, min(k, 4) + 1))}{f', and so on up to {b * k}' if k > 4 else ''}."
                 if k > 1 else f"The only multiple of {b} among them is {b}."),
            Step(f"There are {k} of them, because ${b} \\cdot {k} = {b * k}$ is the last one below or at {a}. || "
                 f"Since ${b} \\cdot {k} = {b * k}$ and ${b} \\cdot {k + 1} = {b * k + b}$ is too large, their number "
                 f"is {k}."),
            Step(f"So the probability is ${frac(k, a)}$. || {k} good numbers out of {a}: ${frac(k, a)}$."),
            *reduced(k, a),
        ],
        said=f"The probability is ${answer}$.",
        traps=[(f"answer $\\frac{{1}}{{{b}}}$ without counting",
                f"{a} is not a multiple of {b}, so the share is not exactly one in {b}.")]
        if a % b else [],
        checks=[f"The next multiple would be {b * (k + 1)}, which is more than {a}, so {k} is right." if a % b else
                f"Since {a} is a multiple of {b}, exactly one number in {b} is good."],
    )  # fmt: skip


def either(answer: str, a: int, b: int, c: int) -> Work:
    m = lcm(b, c)
    x, y, z = a // b, a // c, a // m
    good = x + y - z
    return Work(
        answer,
        f"A number from 1 to {a} is drawn, and it should be a multiple of {b} or of {c}. || All numbers from 1 to {a} "
        f"are equally likely; those divisible by {b} or by {c} are good.",
        f"the probability of a multiple of {b} or {c}",
        [
            Step(f"Up to {a} there are {x} multiples of {b} and {y} multiples of {c}. || There are {x} multiples of "
                 f"{b}, the last one {b * x}, and {y} multiples of {c}, the last one {c * y}."),
            Step("Together that is {}.", f"{x} + {y}", str(x + y)),
            Step(f"Multiples of both are the multiples of {m}, and there are {z} of them. || The {z} multiples of {m} "
                 "have been counted twice, though."),
            Step("So the good numbers are {}. || Counting those once leaves {}.", f"{x + y} - {z}", str(good)),
            Step(f"The probability is ${frac(good, a)}$."),
            *reduced(good, a),
        ],
        said=f"The probability is ${answer}$.",
        traps=[(f"stop at {x + y}", f"Numbers like {m} are divisible by both and would be counted twice.") if z else
               (f"multiply {x} and {y}", "Only one number is drawn, so the numbers of cases are added."),
               *([(f"take away the multiples of {b * c}",
                   f"The numbers divisible by both are the multiples of {m}, the least common multiple.")]
                 if b * c != m else [])],
        checks=[f"{good} numbers are good and {a - good} are not, together {a}; neither {b} nor {c} divides, for "
                "example, 1."],
    )  # fmt: skip


def oneof(answer: str, w: dict[str, str], a: int, b: int, c: int, d: int) -> Work:
    x, y = w["name"], w["other"]
    first, second, bottom = a * (d - c), c * (b - a), b * d
    both, neither = Fraction(a * c, b * d), Fraction((b - a) * (d - c), b * d)
    return Work(
        answer,
        f"{x} hits with probability ${frac(a, b)}$ and {y} with ${frac(c, d)}$, and the two don't influence each "
        f"other. || For {x} the chance is ${frac(a, b)}$, for {y} it is ${frac(c, d)}$, independently.",
        "the probability of exactly one hit",
        [
            Step(f"{x} misses with probability ${frac(b - a, b)}$ and {y} with ${frac(d - c, d)}$."),
            Step(f"Only {x} hits: {{}}. || If {x} hits and {y} misses, it is {{}}.",
                 times([(a, b), (d - c, d)]), frac(first, bottom)),
            Step(f"Only {y} hits: {{}}. || If {x} misses and {y} hits, it is {{}}.",
                 times([(b - a, b), (c, d)]), frac(second, bottom)),
            Step("These exclude each other, so they are added: {}.",
                 f"{frac(first, bottom)} + {frac(second, bottom)}", frac(first + second, bottom)),
            *reduced(first + second, bottom),
        ],
        said=f"The probability is ${answer}$.",
        traps=[(f"add ${frac(a, b)}$ and ${frac(c, d)}$",
                "That counts the case of two hits twice, and here it should not count at all.")],
        checks=[f"Two hits have probability ${tex(both)}$ and no hit ${tex(neither)}$; with ${answer}$ all three add "
                "up to 1."],
    )  # fmt: skip


def miss(answer: str, w: dict[str, str], a: int, b: int, c: int, d: int) -> Work:
    x, y = w["name"], w["other"]
    none = Fraction((b - a) * (d - c), b * d)
    return Work(
        answer,
        f"{x} hits with probability ${frac(a, b)}$ and {y} with ${frac(c, d)}$, and the two don't influence each "
        f"other. || For {x} the chance is ${frac(a, b)}$, for {y} it is ${frac(c, d)}$, independently.",
        "the probability of at least one hit",
        [
            Step(f"{x} misses with probability {{}}.", f"1 - {frac(a, b)}", frac(b - a, b)),
            Step(f"{y} misses with probability {{}}.", f"1 - {frac(c, d)}", frac(d - c, d)),
            Step("Both miss with probability {}. || The chance of no hit at all is {}.", times([(b - a, b), (d - c, d)]),
                 frac((b - a) * (d - c), b * d)),
            Step("At least one hit is the opposite: {}.", f"1 - {tex(none)}", answer),
        ],
        said=f"The probability is ${answer}$.",
        traps=[(f"add ${frac(a, b)}$ and ${frac(c, d)}$ to ${tex(Fraction(a, b) + Fraction(c, d))}$",
                "The case in which both hit would be counted twice.")],
        checks=[f"Adding the two chances and taking away the chance of two hits: ${frac(a, b)} + {frac(c, d)} - "
                f"{tex(Fraction(a * c, b * d))} = {answer}$."],
    )  # fmt: skip
