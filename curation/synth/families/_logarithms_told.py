"""How logarithms are found in words, for the family `logarithms`: one function per kind."""

from __future__ import annotations

from fractions import Fraction

from curation.synth.families._algebra import terms
from curation.synth.families._chain import Step, Work
from curation.synth.families._family import tex
from curation.synth.families._notation import added, bracket, power

Words = dict[str, str]


def log(base: object, inside: object) -> str:
    return f"\\log_{{{base}}}({inside})"


def _raised(a: int, k: int) -> str:
    """A power with its exponent shown, be it 0 or 1."""
    return f"{a}^{k}" if k < 10 else f"{a}^{{{k}}}"


def _found(a: int, number: int, call: str, answer: str) -> tuple[list[Step], list[str]]:
    """Steps to the logarithm of a whole number, and trials; through a common base where the number is no power of the base."""
    k = 0
    while a ** (k + 1) <= number:
        k += 1
    if a**k == number:
        tries = [
            f"${_raised(a, j)} = {a**j}$, {'and that is it' if j == k else 'not yet'}."
            for j in range(max(1, k - 3), k + 1)
        ]
        return [
            Step(f"The logarithm is the exponent that turns {a} into {number}. || I ask which power of {a} is "
                 f"{number}."),
            Step(f"Since ${_raised(a, k)} = {number}$, it is ${answer}$. || The power is ${_raised(a, k)} = "
                 f"{number}$, so ${call} = {answer}$."),
        ], tries if k > 1 else []  # fmt: skip
    root, p, q = _common(a, number)
    tries = [f"${_raised(a, j)} = {a**j}$, {'too small' if a**j < number else 'too large'}." for j in (k, k + 1) if j]
    low, high = _raised(root, p), _raised(root, q)
    last = f"Dividing by {p} gives ${answer}$." if p > 1 else f"So the exponent is ${answer}$."
    return [
        Step(f"No whole power of {a} is {number}, but both are powers of {root}: ${low} = {a}$ and ${high} = "
             f"{number}$. || Both {a} and {number} are powers of {root}: ${a} = {low}$ and ${number} = {high}$."),
        Step(f"With the unknown exponent $e$ this says ${root}^{{{terms((p, 'e'))}}} = {high}$, so ${terms((p, 'e'))} "
             f"= {q}$."),
        Step(f"Hence the logarithm is ${answer}$. || {last}"),
    ], [*tries, "So the exponent is not a whole number."]  # fmt: skip


def _common(a: int, number: int) -> tuple[int, int, int]:
    """The smallest root of which both are powers, with the exponents."""
    for root in range(2, a + 1):
        p = next((k for k in range(1, 40) if root**k >= a), 0)
        q = next((k for k in range(1, 40) if root**k >= number), 0)
        if root**p == a and root**q == number:
            return root, p, q
    raise ValueError("no common root")


def value(answer: str, a: int, b: int) -> Work:
    call = log(a, b)
    steps, trials = _found(a, b, call, answer)
    return Work(
        answer,
        f"The base is {a} and the number is {b}. || It is the logarithm of {b} to the base {a}.",
        f"the exponent that turns {a} into {b}",
        steps,
        said=f"So ${call} = {answer}$.",
        traps=[(f"divide {b} by {a}", "A logarithm counts factors of the base, it does not divide once."),
               *([(f"turn it round and look for the power of {b} that is {a}",
                   f"The base is {a}, so {a} is what gets raised.")] if 1 < b != a else [])],
        checks=[f"Raising back, {a} to the power ${answer}$ is {b}."],
        trials=trials,
    )  # fmt: skip


def below(answer: str, a: int, b: int) -> Work:
    call = log(a, f"\\frac{{1}}{{{b}}}")
    steps, trials = _found(a, b, log(a, b), answer.lstrip("-"))
    return Work(
        answer,
        f"The number inside is one over {b}, and the base is {a}. || It is the logarithm of $\\frac{{1}}{{{b}}}$ to "
        f"the base {a}.",
        f"the exponent that turns {a} into $\\frac{{1}}{{{b}}}$",
        [
            Step(f"One over a number changes the sign of its logarithm: ${call} = -{log(a, b)}$. || A reciprocal has "
                 f"a negative exponent, so I first find ${log(a, b)}$."),
            *steps,
            Step(f"With the minus sign the result is ${answer}$. || The reciprocal makes it negative: ${answer}$."),
        ],
        said=f"So ${call} = {answer}$.",
        traps=[("say that a number below 1 has no logarithm",
                "Only zero and negative numbers have none; a number below 1 has a negative one."),
               (f"forget the fraction and answer ${answer.lstrip('-')}$", f"That is the logarithm of {b} itself.")],
        checks=[f"The base {a} is above 1 and $\\frac{{1}}{{{b}}}$ below 1, so the exponent has to be negative, and "
                "it is."],
        trials=trials,
    )  # fmt: skip


def _combined(answer: str, a: int, b: int, c: int, inside: Fraction, sign: str) -> Work:
    first, second, joined = log(a, b), log(a, c), log(a, tex(inside))
    add = sign == "+"
    calculation = Step(f"Inside stands the fraction $\\frac{{{b}}}{{{c}}} = {tex(inside)}$.")
    if inside.denominator == 1:
        calculation = Step("Inside that is {}.", f"{b} \\times {c}" if add else f"{b} \\div {c}", tex(inside))
    if inside.denominator == 1:
        steps, trials = _found(a, int(inside), joined, answer)
    else:
        steps, trials = _found(a, inside.denominator, log(a, inside.denominator), answer.lstrip("-"))
        steps = [*steps, Step(f"The reciprocal changes the sign, so it is ${answer}$.")]
    word, rule = ("sum", "product") if add else ("difference", "quotient")
    wrong = b + c if add else b - c
    return Work(
        answer,
        f"Two logarithms to the base {a} are {'added' if add else 'subtracted'}, of {b} and of {c}. || The base is "
        f"{a} both times; the numbers are {b} and {c}.",
        f"the value of ${first} {sign} {second}$",
        [
            Step(f"The {word} of two logarithms is the logarithm of the {rule}. || By the laws of logarithms, "
                 f"${first} {sign} {second}$ is the logarithm of the {rule}."),
            calculation,
            *steps,
        ],
        said=f"The {word} is ${answer}$.",
        traps=[(f"take ${log(a, wrong)}$, {'adding' if add else 'subtracting'} inside",
                f"A {word} of logarithms belongs to a {rule} inside, not to a {word}.")]
        if wrong > 0 else [("work out each logarithm on its own",
        "Neither of them has to be a nice number; only together they are.")],
        checks=[f"Raising {a} to the power ${answer}$ gives ${tex(inside)}$, which is {b} "
                f"{'times' if add else 'divided by'} {c}."],
        trials=trials,
    )  # fmt: skip


def sum_of(answer: str, a: int, b: int, c: int) -> Work:
    return _combined(answer, a, b, c, Fraction(b * c), "+")


def difference(answer: str, a: int, b: int, c: int) -> Work:
    return _combined(answer, a, b, c, Fraction(b, c), "-")


def mixed(answer: str, a: int, b: int, c: int, d: int, e: int) -> Work:
    one, two = _rational(a, b), _rational(a, e)
    first, second = _found(a, b, log(a, b), tex(one)), _found(a, e, log(a, e), tex(two))
    left, right = c * one, d * two
    return Work(
        answer,
        f"From {c} times the logarithm of {b} I take away {d} times that of {e}, both to the base {a}. || The base is "
        f"{a}; the numbers {b} and {e} come with the factors {c} and {d}.",
        f"the value of ${c}{log(a, b)} - {d}{log(a, e)}$",
        [
            *first[0],
            *([] if b == e else second[0]),
            Step(f"The first part is ${c} \\cdot {bracket(one)} = {tex(left)}$. || Times {c}, the first one gives "
                 f"${tex(left)}$."),
            Step(f"The second part is ${d} \\cdot {bracket(two)} = {tex(right)}$. || Times {d}, the second one gives "
                 f"${tex(right)}$."),
            Step("The difference is {}. || So the result is {}.", f"{tex(left)} - {tex(right)}", answer),
        ],
        said=f"The value is ${answer}$.",
        traps=[(f"take away only one ${tex(two)}$ and not {d} of them",
                f"The factor {d} belongs to the second logarithm."),
               (f"divide {b} by {e} inside one logarithm at once",
                f"The factors {c} and {d} would first have to go inside, as exponents.")]
        [: 1 + (c != d)],
        checks=[f"In powers of {a}: ${b}^{{{c}}}$ is {a} to the power ${tex(left)}$ and ${e}^{{{d}}}$ is {a} to the "
                f"power ${tex(right)}$, and dividing subtracts them."],
        trials=first[1],
    )  # fmt: skip


def _rational(a: int, number: int) -> Fraction:
    _, p, q = _common(a, number) if number > 1 else (a, 1, 0)
    return Fraction(q, p)


def base(answer: str, w: Words, a: int, b: int) -> Work:
    v, root = w["v"], int(answer)
    return Work(
        answer,
        f"The logarithm of {a} is {b}, and the base is unknown. || I know that ${log(v, a)} = {b}$, but not the "
        "base.",
        f"the base ${v}$",
        [
            Step(f"By the meaning of a logarithm, ${v}^{b} = {a}$. || In other words, ${v}^{b}$ has to be {a}."),
            Step(f"The positive number whose power {b} is {a} is {root}, because ${power(str(root), b)} = {a}$. || So "
                 f"${v}$ is the root of degree {b} of {a}, and ${power(str(root), b)} = {a}$."),
            Step(f"So the base is ${v} = {answer}$."),
        ],
        said=f"The base is {answer}.",
        traps=[(f"divide {a} by {b}", "The base is multiplied by itself, not by the exponent."),
               *([(f"allow ${v} = -{root}$ as well", "A base of logarithms has to be positive.")] if b % 2 == 0 else [])],
        checks=[f"Forward: ${log(root, a)} = {b}$, since {b} factors {root} make {a}."],
        trials=[f"${power(str(k), b)} = {k**b}$, "
                f"{'just right' if k == root else 'too small' if k < root else 'too large'}." for k in _around(root)],
    )  # fmt: skip


def _around(root: int) -> list[int]:
    """Two wrong guesses and the right one."""
    return [max(2, root // 2), root + 1, root] if root > 3 else [root + 1, root]


def known(answer: str, base_name: str, sign: int, a: int, b: int, c: int, d: int) -> Work:
    x, y = power("x", c), power("y", d)
    inside = f"{x} \\cdot {y}" if sign > 0 else f"\\frac{{{x}}}{{{y}}}"
    word, rule = ("added", "product") if sign > 0 else ("subtracted", "quotient")
    return Work(
        answer,
        f"The logarithm of $x$ is ${a}$, that of $y$ is ${b}$, both to the base ${base_name}$. || Known are "
        f"${log(base_name, 'x')} = {a}$ and ${log(base_name, 'y')} = {b}$.",
        f"the logarithm of ${inside}$",
        [
            Step(f"The logarithms of a {rule} are {word}, and exponents come to the front: ${c}{log(base_name, 'x')} "
                 f"{'+' if sign > 0 else '-'} {d}{log(base_name, 'y')}$."),
            Step("The first part is {}. || For $x$ that is {}.", f"{c} \\cdot {bracket(a)}", str(c * a)),
            Step("The second part is {}. || For $y$ it is {}.", f"{d} \\cdot {bracket(b)}", str(d * b)),
            Step("Together that is {}." if sign > 0 else "The difference is {}.",
                 f"{c * a}{added(d * b) if sign > 0 else f' - {bracket(d * b)}'}", answer),
        ],
        said=f"The logarithm is ${answer}$.",
        traps=[(f"raise the logarithms to the powers and use ${power(bracket(a), c)}$ and ${power(bracket(b), d)}$",
                "An exponent inside becomes a factor in front."),
               *([(f"multiply the two parts, ${c * a}$ and ${d * b}$", "A product inside turns into a sum outside.")] if sign > 0 else
                 [("divide the two parts", "A quotient inside turns into a difference outside.")])],
        checks=[f"In powers of ${base_name}$: $x$ has the exponent ${a}$ and $y$ the exponent ${b}$, so ${x}$ has "
                f"${c * a}$ and ${y}$ has ${d * b}$; {'multiplying adds' if sign > 0 else 'dividing subtracts'} them "
                f"to ${answer}$."],
    )  # fmt: skip


def growth(answer: str, w: Words, a: int, b: int, c: int) -> Work:
    unit, what = ("hours", "bacteria") if "town" in w else ("rounds", "dollars")
    n, times_more = int(answer), c // b
    rows = [b * a**k for k in range(n + 1)]
    return Work(
        answer,
        f"It starts with {b} {what} and is multiplied by {a} each time, until there are {c}. || From {b} to {c}, with "
        f"the factor {a} in each of the {unit}.",
        f"the number of {unit} it takes",
        [
            Step("The total factor is {}. || Altogether it grows by the factor {}.", f"{c} \\div {b}", str(times_more)),
            Step(f"After $n$ {unit} the factor is ${a}^n$, so I need ${a}^n = {times_more}$, that is $n = "
                 f"{log(a, times_more)}$."),
            Step(f"Since ${power(str(a), n)} = {times_more}$, it is $n = {n}$. || The power is ${power(str(a), n)} = "
                 f"{times_more}$, so $n = {n}$."),
        ],
        said=f"It takes {answer} {unit}.",
        traps=[(f"divide {times_more} by {a}", f"The factor {a} is applied again in each of the {unit}, so its powers "
                                               "count."),
               (f"take the logarithm of {c}", f"It starts with {b} and not with 1, so only the factor {times_more} "
                                              "matters.")],
        checks=[f"Step by step: {', '.join(map(str, rows if n < 7 else [*rows[:3], '...', *rows[-2:]]))}, which are "
                f"{n} steps."],
        trials=[f"After {k} it is ${b} \\cdot {_raised(a, k)} = {b * a**k}$, "
                f"{'too few' if b * a**k < c else 'exactly'}."
                for k in sorted({max(1, n // 2), n - 1, n})],
    )  # fmt: skip
