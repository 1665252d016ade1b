"""How problems of probability are solved in words, for the family `probability`: one function per kind, called with its numbers."""

from __future__ import annotations

from fractions import Fraction
from math import comb, gcd, lcm, prod

from curation.synth.families._chain import Step, Work
from curation.synth.families._family import tex
from curation.synth.families._notation import listed


def _reduced(top: int, bottom: int) -> list[Step]:
    """The last step to lowest terms, if there is something to do."""
    common = gcd(top, bottom)
    if common == 1:
        return [Step(f"The fraction ${_frac(top, bottom)}$ cannot be reduced. || Nothing cancels in "
                     f"${_frac(top, bottom)}$. || This is in lowest terms, since {top} and {bottom} have no common "
                     "factor.")]  # fmt: skip
    return [Step(f"Top and bottom can be divided by {common}: ${_frac(top, bottom)} = {tex(Fraction(top, bottom))}$. "
                 f"|| In lowest terms ${_frac(top, bottom)}$ is ${tex(Fraction(top, bottom))}$, because both parts "
                 f"are multiples of {common}.")]  # fmt: skip


def _frac(top: int, bottom: int) -> str:
    return f"\\frac{{{top}}}{{{bottom}}}"


def _times(fractions: list[tuple[int, int]]) -> str:
    return " \\cdot ".join(_frac(*pair) for pair in fractions)


def draw(answer: str, w: dict[str, str], a: int, b: int) -> Work:
    col, other, items = w["col"], w["colx"], w["items"]
    return Work(
        answer,
        f"There are {a} {col} and {b} {other} {items}, and each of them is equally likely to be taken. || The "
        f"{w['vessel']} has {a} {items} that are {col} and {b} that are {other}.",
        f"the probability of {col}",
        [
            Step("Altogether there are {} of them. || The total is {}.", f"{a} + {b}", str(a + b)),
            Step(f"Of these {a + b} equally likely cases {a} are good, so the probability is ${_frac(a, a + b)}$. || "
                 f"Favorable over possible gives ${_frac(a, a + b)}$."),
            *_reduced(a, a + b),
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
            Step(f"So the probability is ${_frac(b + c, n)}$. || Good cases over all cases: ${_frac(b + c, n)}$."),
            *_reduced(b + c, n),
        ],
        said=f"The probability is ${answer}$.",
        checks=[f"The opposite event, {col}, has probability ${tex(Fraction(a, n))}$, and ${answer} + "
                f"{tex(Fraction(a, n))} = 1$."],
        traps=[(f"answer ${tex(Fraction(a, n))}$",
                f"That is the probability of {col}, and the question is about the other colors.")],
        other_way=[f"The chance of {col} is ${_frac(a, n)}$.",
                   f"So the chance of something else is $1 - {_frac(a, n)} = {answer}$."],
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
            Step(f"The first one is {col} with probability ${_frac(a, n)}$. || On the first draw the chance is "
                 f"${_frac(a, n)}$."),
            Step(f"It is put back, so for the second draw the probability is again ${_frac(a, n)}$. || The second "
                 f"draw starts from the same {n}, so nothing changes: ${_frac(a, n)}$."),
            Step("The draws are independent, so the probabilities are multiplied: {}. || Both together: {}.", _times([(a, n)] * 2),
                 _frac(a * a, n * n)),
            *_reduced(a * a, n * n),
        ],
        said=f"The probability is ${answer}$.",
        checks=[f"Of ${n}^2 = {n * n}$ ordered pairs, ${a}^2 = {a * a}$ are {col} twice, which is the same fraction."],
        traps=[(f"use ${_frac(a - 1, n - 1)}$ for the second draw",
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
            Step(f"The first one is {col} with probability ${_frac(a, n)}$. || For the first draw, {a} of {n} are "
                 f"good: ${_frac(a, n)}$."),
            Step(f"Then {a - 1} {col} ones are left among {n - 1}, so the second one is {col} with probability "
                 f"${_frac(a - 1, n - 1)}$."),
            Step("Multiplying along the two draws gives {}. || The product is {}.", _times([(a, n), (a - 1, n - 1)]),
                 _frac(a * (a - 1), n * (n - 1))),
            *_reduced(a * (a - 1), n * (n - 1)),
        ],
        said=f"The probability is ${answer}$.",
        checks=[f"There are $\\binom{{{n}}}{{2}} = {comb(n, 2)}$ pairs, and $\\binom{{{a}}}{{2}} = {comb(a, 2)}$ of "
                f"them are {col} only, which is ${answer}$ again."],
        traps=[(f"take ${_frac(a, n)}$ for both draws",
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
            Step(f"First {col}, then {other}: ${_times([(a, n), (b, n - 1)])} = {_frac(a * b, n * (n - 1))}$."),
            Step(f"The other order, first {other} and then {col}, has the same probability: "
                 f"${_times([(b, n), (a, n - 1)])} = {_frac(a * b, n * (n - 1))}$."),
            Step("Both orders count, so together it is {}.", f"2 \\cdot {_frac(a * b, n * (n - 1))}", _frac(2 * a * b, n * (n - 1))),
            *_reduced(2 * a * b, n * (n - 1)),
        ],
        said=f"The probability is ${answer}$.",
        checks=[f"Two equal colors have probability ${_frac(same, n * (n - 1))} = "
                f"{tex(Fraction(same, n * (n - 1)))}$, and together with ${answer}$ that makes 1."],
        traps=[(f"stop at ${_frac(a * b, n * (n - 1))}$",
                f"That is only the order {col}, {other}; it can also come out the other way round.")],
        other_way=[f"There are $\\binom{{{n}}}{{2}} = {comb(n, 2)}$ pairs.",
                   f"Of these, {a} · {b} = {a * b} have one of each color, and ${_frac(a * b, comb(n, 2))} = "
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
            Step(
                f"One after the other, the chances of missing {col} are ${', '.join(_frac(x, y) for x, y in pairs)}$."
            ),
            Step("Their product is {}. || None is " + col + " with probability {}.", _times(pairs), _frac(top, bottom)),
            *_reduced(top, bottom),
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
                f"which leaves ${_frac(comb(n, c) - comb(b, c), comb(n, c))}$, the same number."],
        traps=[(f"add ${tex(Fraction(a, n))}$ once for each of the {c} draws, which gives ${tex(c * Fraction(a, n))}$",
                "The events overlap: more than one can be of that color, and such cases would be counted several "
                "times.")],
    )  # fmt: skip


def dice(answer: str, w: dict[str, str], a: int, b: int) -> Work:
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
            Step(f"So the probability is ${_frac(count, a * a)}$."),
            *_reduced(count, a * a),
        ],
        said=f"The probability is ${answer}$.",
        traps=[(f"say that the {2 * a - 1} sums from 2 to {2 * a} are equally likely, so it is "
                f"${_frac(1, 2 * a - 1)}$",
                "Middle sums can come about in more ways than 2, which needs two ones.")],
        checks=[f"The number of pairs grows from 1 at the sum 2 to {a} at the sum {a + 1} and then falls again; at "
                f"{b} it is {count}."],
    )  # fmt: skip


def above(answer: str, w: dict[str, str], a: int, b: int) -> Work:
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
            Step(f"So the probability is ${_frac(upper, a * a)}$."),
            *_reduced(upper, a * a),
        ],
        said=f"The probability is ${answer}$.",
        traps=[(f"include the sum {b} itself, which gives {upper + ways[b]} pairs",
                f"Greater than {b} starts at {b + 1}.")],
        checks=[f"{upper} pairs lie above {b} and {a * a - upper} do not, together {a * a}."],
    )  # fmt: skip


def heads(answer: str, w: dict[str, str], a: int, b: int) -> Work:
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
            Step(f"So the probability is ${_frac(comb(a, b), 2**a)}$."),
            *_reduced(comb(a, b), 2**a),
        ],
        said=f"The probability is ${answer}$.",
        traps=[(f"say ${_frac(b, a)}$, since {b} of {a} are heads",
                "That is the share of heads in such a sequence, not its probability."),
               *([(f"say ${_frac(1, 2**a)}$", f"That is the probability of one particular sequence, and {comb(a, b)} "
                                              "of them fit.")] if comb(a, b) > 1
                 else [])],
        checks=[f"By symmetry, exactly {a - b} heads must be as likely, and $\\binom{{{a}}}{{{a - b}}} = "
                f"{comb(a, a - b)}$ as well."],
        other_way=[f"Each single sequence has probability $\\left(\\frac{{1}}{{2}}\\right)^{{{a}}} = "
                   f"{_frac(1, 2**a)}$.",
                   f"There are {comb(a, b)} suitable ones, so the total is ${answer}$."],
    )  # fmt: skip


def once(answer: str, w: dict[str, str], a: int, b: int) -> Work:
    what = "spin" if "name" in w else "roll"
    miss = Fraction((a - 1) ** b, a**b)
    return Work(
        answer,
        f"There are {b} independent {what}s, each with a chance of 1 in {a}. || Each {what} succeeds with probability "
        f"${_frac(1, a)}$, and there are {b} of them.",
        f"the probability of at least one success in {b} {what}s",
        [
            Step("I look at the opposite, no success at all. || At least once is the opposite of never, which is "
                 "easier."),
            Step(f"A single {what} fails with probability {{}}.", f"1 - {_frac(1, a)}", _frac(a - 1, a)),
            Step(f"All {b} fail with probability {{}}.", f"\\left({_frac(a - 1, a)}\\right)^{b}", _frac((a - 1) ** b, a**b)),
            Step("The rest is the probability wanted: {}. || So at least one success has probability {}.",
                 f"1 - {tex(miss)}", answer),
        ],
        said=f"The probability is ${answer}$.",
        traps=[(f"multiply ${_frac(1, a)}$ by {b} and get ${tex(Fraction(b, a))}$",
                f"That counts the cases with more than one success several times; with {a} {what}s it would even "
                "claim certainty.")],
        checks=[f"Of ${a}^{b} = {a**b}$ results, ${a - 1}^{b} = {(a - 1) ** b}$ have no success, so "
                f"{a**b - (a - 1) ** b} have at least one."],
    )  # fmt: skip


def number(answer: str, w: dict[str, str], a: int, b: int) -> Work:
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
            Step(f"So the probability is ${_frac(k, a)}$. || {k} good numbers out of {a}: ${_frac(k, a)}$."),
            *_reduced(k, a),
        ],
        said=f"The probability is ${answer}$.",
        traps=[(f"answer $\\frac{{1}}{{{b}}}$ without counting",
                f"{a} is not a multiple of {b}, so the share is not exactly one in {b}.")]
        if a % b else [],
        checks=[f"The next multiple would be {b * (k + 1)}, which is more than {a}, so {k} is right." if a % b else
                f"Since {a} is a multiple of {b}, exactly one number in {b} is good."],
    )  # fmt: skip


def either(answer: str, w: dict[str, str], a: int, b: int, c: int) -> Work:
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
            Step(f"The probability is ${_frac(good, a)}$."),
            *_reduced(good, a),
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
        f"{x} hits with probability ${_frac(a, b)}$ and {y} with ${_frac(c, d)}$, and the two don't influence each "
        f"other. || For {x} the chance is ${_frac(a, b)}$, for {y} it is ${_frac(c, d)}$, independently.",
        "the probability of exactly one hit",
        [
            Step(f"{x} misses with probability ${_frac(b - a, b)}$ and {y} with ${_frac(d - c, d)}$."),
            Step(f"Only {x} hits: {{}}. || If {x} hits and {y} misses, it is {{}}.",
                 _times([(a, b), (d - c, d)]), _frac(first, bottom)),
            Step(f"Only {y} hits: {{}}. || If {x} misses and {y} hits, it is {{}}.",
                 _times([(b - a, b), (c, d)]), _frac(second, bottom)),
            Step("These exclude each other, so they are added: {}.",
                 f"{_frac(first, bottom)} + {_frac(second, bottom)}", _frac(first + second, bottom)),
            *_reduced(first + second, bottom),
        ],
        said=f"The probability is ${answer}$.",
        traps=[(f"add ${_frac(a, b)}$ and ${_frac(c, d)}$",
                "That counts the case of two hits twice, and here it should not count at all.")],
        checks=[f"Two hits have probability ${tex(both)}$ and no hit ${tex(neither)}$; with ${answer}$ all three add "
                "up to 1."],
    )  # fmt: skip


def miss(answer: str, w: dict[str, str], a: int, b: int, c: int, d: int) -> Work:
    x, y = w["name"], w["other"]
    none = Fraction((b - a) * (d - c), b * d)
    return Work(
        answer,
        f"{x} hits with probability ${_frac(a, b)}$ and {y} with ${_frac(c, d)}$, and the two don't influence each "
        f"other. || For {x} the chance is ${_frac(a, b)}$, for {y} it is ${_frac(c, d)}$, independently.",
        "the probability of at least one hit",
        [
            Step(f"{x} misses with probability {{}}.", f"1 - {_frac(a, b)}", _frac(b - a, b)),
            Step(f"{y} misses with probability {{}}.", f"1 - {_frac(c, d)}", _frac(d - c, d)),
            Step("Both miss with probability {}. || The chance of no hit at all is {}.", _times([(b - a, b), (d - c, d)]),
                 _frac((b - a) * (d - c), b * d)),
            Step("At least one hit is the opposite: {}.", f"1 - {tex(none)}", answer),
        ],
        said=f"The probability is ${answer}$.",
        traps=[(f"add ${_frac(a, b)}$ and ${_frac(c, d)}$ to ${tex(Fraction(a, b) + Fraction(c, d))}$",
                "The case in which both hit would be counted twice.")],
        checks=[f"Adding the two chances and taking away the chance of two hits: ${_frac(a, b)} + {_frac(c, d)} - "
                f"{tex(Fraction(a * c, b * d))} = {answer}$."],
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
            Step(f"Within the first the chance of {col} is ${_frac(a, a + b)}$, within the second "
                 f"${_frac(c, c + d)}$."),
            Step(f"By way of the first {vessel}: {{}}.", f"\\frac{{1}}{{2}} \\cdot {_frac(a, a + b)}", tex(p / 2)),
            Step("By way of the second one: {}.", f"\\frac{{1}}{{2}} \\cdot {_frac(c, c + d)}", tex(q / 2)),
            Step("The two ways exclude each other, so I add: {}.", f"{tex(p / 2)} + {tex(q / 2)}", answer),
        ],
        said=f"The probability is ${answer}$.",
        traps=[wrong],
        checks=[f"It must lie halfway between ${tex(p)}$ and ${tex(q)}$, and ${answer}$ does."],
        other_way=["It is the average of the two chances.",
                   f"The sum ${tex(p)} + {tex(q)}$ is ${tex(p + q)}$, and half of it is ${answer}$."],
    )  # fmt: skip
