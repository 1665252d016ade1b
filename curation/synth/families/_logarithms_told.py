"""How logarithms are found in words, for the family `logarithms`: one function per kind."""

from __future__ import annotations

from fractions import Fraction

from curation.synth.families._algebra import Number, terms
from curation.synth.families._chain import Step, Work
from curation.synth.families._family import tex
from curation.synth.families._notation import added, bracket, power, size
from curation.synth.families._polynomial import plus, shown, substituted, times, value_at

Words = dict[str, str]


def _log(base: object, inside: object) -> str:
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


def value(answer: str, w: Words, a: int, b: int) -> Work:
    call = _log(a, b)
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


def below(answer: str, w: Words, a: int, b: int) -> Work:
    call = _log(a, f"\\frac{{1}}{{{b}}}")
    steps, trials = _found(a, b, _log(a, b), answer.lstrip("-"))
    return Work(
        answer,
        f"The number inside is one over {b}, and the base is {a}. || It is the logarithm of $\\frac{{1}}{{{b}}}$ to "
        f"the base {a}.",
        f"the exponent that turns {a} into $\\frac{{1}}{{{b}}}$",
        [
            Step(f"One over a number changes the sign of its logarithm: ${call} = -{_log(a, b)}$. || A reciprocal has "
                 f"a negative exponent, so I first find ${_log(a, b)}$."),
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
    first, second, joined = _log(a, b), _log(a, c), _log(a, tex(inside))
    add = sign == "+"
    calculation = Step(f"Inside stands the fraction $\\frac{{{b}}}{{{c}}} = {tex(inside)}$.")
    if inside.denominator == 1:
        calculation = Step("Inside that is {}.", f"{b} \\times {c}" if add else f"{b} \\div {c}", tex(inside))
    if inside.denominator == 1:
        steps, trials = _found(a, int(inside), joined, answer)
    else:
        steps, trials = _found(a, inside.denominator, _log(a, inside.denominator), answer.lstrip("-"))
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
        traps=[(f"take ${_log(a, wrong)}$, {'adding' if add else 'subtracting'} inside",
                f"A {word} of logarithms belongs to a {rule} inside, not to a {word}.")]
        if wrong > 0 else [("work out each logarithm on its own",
        "Neither of them has to be a nice number; only together they are.")],
        checks=[f"Raising {a} to the power ${answer}$ gives ${tex(inside)}$, which is {b} "
                f"{'times' if add else 'divided by'} {c}."],
        trials=trials,
    )  # fmt: skip


def sum_of(answer: str, w: Words, a: int, b: int, c: int) -> Work:
    return _combined(answer, a, b, c, Fraction(b * c), "+")


def difference(answer: str, w: Words, a: int, b: int, c: int) -> Work:
    return _combined(answer, a, b, c, Fraction(b, c), "-")


def mixed(answer: str, w: Words, a: int, b: int, c: int, d: int, e: int) -> Work:
    one, two = _rational(a, b), _rational(a, e)
    first, second = _found(a, b, _log(a, b), tex(one)), _found(a, e, _log(a, e), tex(two))
    left, right = c * one, d * two
    return Work(
        answer,
        f"From {c} times the logarithm of {b} I take away {d} times that of {e}, both to the base {a}. || The base is "
        f"{a}; the numbers {b} and {e} come with the factors {c} and {d}.",
        f"the value of ${c}{_log(a, b)} - {d}{_log(a, e)}$",
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


def _isolated(poly: list[Number], right: Number, v: str, answer: str) -> list[Step]:
    """From mv + n = right to v."""
    n, m = poly
    steps = []
    if n:
        verb, way = ("Subtract", "from") if n > 0 else ("Add", "to")
        steps.append(Step(f"{verb} ${tex(size(n))}$ {way} both sides: ${terms((m, v))} = {tex(right - n)}$."))
    if m != 1:
        steps.append(Step(f"Divide by ${tex(m)}$: ${v} = {answer}$. || Dividing by ${tex(m)}$ gives ${v} = {answer}$."))
    return steps


def solve(answer: str, v: str, rows: list[list[Number]], a: int, b: int) -> Work:
    (poly,) = rows
    raised, inside = Fraction(a) ** b, shown(poly, v)
    call = _log(a, inside)
    name = f"{a}^{{{b}}}" if b < 0 or b > 9 else f"{a}^{b}"
    return Work(
        answer,
        f"The equation is ${call} = {b}$, with ${v}$ inside the logarithm. || I have ${call} = {b}$ and look for "
        f"${v}$.",
        f"the number ${v}$",
        [
            Step(f"Undo the logarithm by raising {a} to both sides: ${inside} = {name}$. || By the meaning of a "
                 f"logarithm, ${inside} = {name}$."),
            Step(f"And ${name} = {tex(raised)}$, so ${inside} = {tex(raised)}$. || The power is ${tex(raised)}$: "
                 f"${inside} = {tex(raised)}$."),
            *_isolated(poly, raised, v, answer),
        ],
        said=f"So ${v} = {answer}$.",
        traps=[(f"set ${inside}$ equal to {a} times {b}", f"The number {b} is an exponent of {a}, not a factor."),
               (f"set ${inside} = {b}^{a}$", f"The base is {a}, so it is {a} that is raised to the power {b}.")]
        [: 2 if a != b and b > 1 else 1],
        checks=[f"Inside stands then ${tex(raised)}$, which is positive, and ${_log(a, tex(raised))} = {b}$."],
    )  # fmt: skip


def base(answer: str, w: Words, a: int, b: int) -> Work:
    v, root = w["v"], int(answer)
    return Work(
        answer,
        f"The logarithm of {a} is {b}, and the base is unknown. || I know that ${_log(v, a)} = {b}$, but not the "
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
        checks=[f"Forward: ${_log(root, a)} = {b}$, since {b} factors {root} make {a}."],
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
        f"${_log(base_name, 'x')} = {a}$ and ${_log(base_name, 'y')} = {b}$.",
        f"the logarithm of ${inside}$",
        [
            Step(f"The logarithms of a {rule} are {word}, and exponents come to the front: ${c}{_log(base_name, 'x')} "
                 f"{'+' if sign > 0 else '-'} {d}{_log(base_name, 'y')}$."),
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


def equal(answer: str, v: str, rows: list[list[Number]], a: int) -> Work:
    left, right = (shown(poly, v) for poly in rows)
    (q, p), (s, r) = rows
    at = Fraction(s - q) / (p - r)
    inside = value_at(rows[0], at)
    return Work(
        answer,
        f"Two logarithms to the base {a} are equal, of ${left}$ and of ${right}$. || The equation is ${_log(a, left)} "
        f"= {_log(a, right)}$.",
        f"the number ${v}$",
        [
            Step(f"Equal logarithms to the same base belong to equal numbers: ${left} = {right}$. || The logarithm "
                 f"takes each value once, so ${left} = {right}$."),
            Step(f"Collect ${v}$ on the left: ${terms((p - r, v), (q, ''))} = {tex(s)}$."),
            *_isolated([q, p - r], s, v, answer),
            Step(f"Both insides are then ${tex(inside)}$, which is positive, so the logarithms exist."),
        ],
        said=f"So ${v} = {answer}$.",
        traps=[(f"cancel the logarithms and stop as soon as I have ${v}$",
                "That is right only if both insides come out positive, so I have to check it."),
               (f"raise {a} to both insides", "The logarithms are undone already, so the insides themselves are "
                                              "equal.")],
        checks=[f"Left: ${substituted(rows[0], at)} = {tex(inside)}$. Right: ${substituted(rows[1], at)} = "
                f"{tex(value_at(rows[1], at))}$."],
    )  # fmt: skip


def pair(answer: str, v: str, rows: list[list[Number]], a: int, b: int, roots: list[Fraction]) -> Work:
    left, right = (shown(poly, v) for poly in rows)
    raised = Fraction(a) ** b
    product = plus(times(*rows), [-raised])
    good = next(x for x in roots if all(value_at(poly, x) > 0 for poly in rows))
    bad = next(x for x in roots if x != good)
    worse = next(poly for poly in rows if value_at(poly, bad) <= 0)
    name = f"{a}^{{{b}}}" if b < 0 or b > 9 else f"{a}^{b}"
    return Work(
        answer,
        f"The equation is ${_log(a, left)} + {_log(a, right)} = {b}$. || Two logarithms to the base {a}, of ${left}$ "
        f"and ${right}$, add up to {b}.",
        f"the number ${v}$ || the ${v}$ for which both logarithms exist and add up to {b}",
        [
            Step(f"A sum of logarithms is the logarithm of the product, so $({left})({right}) = {name} = "
                 f"{tex(raised)}$. || Combining them, the product $({left})({right})$ has to be ${name} = "
                 f"{tex(raised)}$."),
            Step(f"Multiplied out and with everything on one side: ${shown(product, v)} = 0$. || That is the "
                 f"quadratic equation ${shown(product, v)} = 0$."),
            Step("The discriminant is {}. || Under the root of the formula stands {}.",
                 f"{bracket(product[1])}^2 - 4 \\cdot {bracket(product[0])}",
                 tex(product[1] ** 2 - 4 * product[0])),
            Step(f"Its solutions are ${v} = {tex(roots[0])}$ and ${v} = {tex(roots[1])}$. || It is solved by ${v} = "
                 f"{tex(roots[0])}$ and ${v} = {tex(roots[1])}$."),
            Step(f"At ${v} = {tex(bad)}$ the inside ${shown(worse, v)}$ would be ${tex(value_at(worse, bad))}$, and "
                 f"that has no logarithm. || But ${v} = {tex(bad)}$ makes ${shown(worse, v)} = "
                 f"{tex(value_at(worse, bad))}$, which is not positive, so it drops out."),
            Step(f"At ${v} = {tex(good)}$ the insides are ${tex(value_at(rows[0], good))}$ and "
                 f"${tex(value_at(rows[1], good))}$, both positive. || What is left is ${v} = {tex(good)}$."),
        ],
        said=f"So ${v} = {answer}$.",
        traps=[("accept every solution of the quadratic equation that comes up",
                "A logarithm needs a positive number inside, and that has to be checked."),
               (f"add the insides, $({left}) + ({right}) = {tex(raised)}$",
                "The sum of logarithms belongs to the product of the insides.")],
        checks=[f"The insides ${tex(value_at(rows[0], good))}$ and ${tex(value_at(rows[1], good))}$ multiply to "
                f"${tex(raised)} = {name}$."],
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
                 f"{_log(a, times_more)}$."),
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
