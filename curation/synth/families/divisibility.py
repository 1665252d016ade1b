"""Greatest common divisors, least common multiples, remainders and divisor counts, bare and in words."""

from __future__ import annotations

from math import gcd, lcm

from curation.synth.families._chain import Step, Work
from curation.synth.families._family import Parsed, Phrasings, Problem
from curation.synth.families._rng import Rng
from curation.synth.families._words import COUNTABLE, TOWNS, person

PHRASINGS = Phrasings("""
    gcd: What is the greatest common divisor of $<a>$ and $<b>$?
    | Find the largest number that divides both $<a>$ and $<b>$.
    bags: <name> has <a> <thing> and <b> <item> and wants to make as many identical gift bags as possible, using up \
        everything. How many bags can <he> make?
    | A carpenter cuts a board of <a> centimeters and a board of <b> centimeters into pieces of one length, as long \
        as possible, with nothing left over. How many centimeters long is each piece?
    lcm: What is the least common multiple of $<a>$ and $<b>$?
    | Find the smallest positive number that is divisible by both $<a>$ and $<b>$.
    bells: Two bells in <town> ring together at noon. One rings every <a> minutes and the other every <b> minutes. \
        After how many minutes do they next ring together?
    | One bus leaves <town> every <a> minutes and another every <b> minutes. They have just left at the same time. \
        After how many minutes does that happen again?
    remainder: What is the remainder when $<a>$ is divided by $<b>$?
    | <name> puts <a> <thing> into boxes of <b> until no full box can be made. How many <thing> are left over?
    power: What is the remainder when $<a>^{<b>}$ is divided by $<c>$?
    count: How many positive divisors does $<a>$ have?
    | In how many ways can <a> chairs be set up in equal rows, if one single row and rows of one chair both count?
""")
LEVEL_KINDS = (
    ("remainder",),
    ("gcd", "remainder", "lcm"),
    ("gcd", "lcm", "bells", "count"),
    ("bags", "count", "bells"),
    ("power", "bags"),
)


def make(rng: Rng, level: int) -> Problem:
    """A problem of difficulty 1 to 5."""
    kind = rng.choice(LEVEL_KINDS[level - 1])
    common = rng.choice((2, 3, 4, 5, 6, 8, 9, 12)) * (level if kind == "bags" else 1)
    x, y = rng.sample(range(2, 6 + 4 * level), 2)
    a, b, c = common * x, common * y, rng.choice((3, 5, 7, 9, 10, 11, 13))
    if kind in ("lcm", "bells"):
        a, b = rng.sample(range(4, 12 + 6 * level), 2)
    if kind == "remainder":
        a, b = rng.randint(30, 250 * level), rng.randint(3, 8 + 5 * level)
    if kind == "power":
        a, b = rng.randint(2, 9), rng.randint(10, 60)
        c += a == c
    if kind == "count":
        a = rng.choice((2, 4, 8, 3, 9)) * rng.choice((3, 5, 7, 9, 15, 25)) * rng.choice((1, 2, 4, 11))
    thing, item = rng.sample(COUNTABLE, 2)
    words = {**person(rng), "thing": thing, "item": item, "town": rng.choice(TOWNS)}
    text = PHRASINGS.write(rng, kind, {**words, "a": a, "b": b, "c": c})
    return Problem(text, _answer(kind, (a, b, c)))


def parse(text: str) -> Parsed | None:
    """The problem that a text states, or None for anything else."""
    parsed = PHRASINGS.positive(text)
    if parsed is None or (parsed.kind == "count" and parsed.numbers[0] > 10**6):
        return None
    return parsed if parsed.kind != "power" or parsed.numbers[1] <= 10**4 else None


def _answer(kind: str, numbers: tuple[int, ...]) -> str:
    a, b, c = (*numbers, 1, 1)[:3]
    value = {
        "gcd": lambda: gcd(a, b),
        "bags": lambda: gcd(a, b),
        "lcm": lambda: lcm(a, b),
        "bells": lambda: lcm(a, b),
        "remainder": lambda: a % b,
        "power": lambda: pow(a, b, c),
        "count": lambda: _count(a),
    }[kind]()
    return str(value)


def _count(number: int) -> int:
    total = 1
    for _, power in _factors(number):
        total *= power + 1
    return total


def _factors(number: int) -> list[tuple[int, int]]:
    found, p = [], 2
    while p * p <= number:
        power = 0
        while number % p == 0:
            number, power = number // p, power + 1
        found += [(p, power)] if power else []
        p += 1
    return [*found, (number, 1)] if number > 1 else found


def solve(parsed: Parsed) -> str:
    """The exact answer as TeX. ValueError if there is none."""
    return _answer(parsed.kind, parsed.numbers)


def explain(parsed: Parsed, rng: Rng) -> Work:
    """What there is to tell about the solution."""
    a, b, c = (*parsed.numbers, 1, 1)[:3]
    answer = solve(parsed)
    if parsed.kind in ("gcd", "bags"):
        return _gcd(
            answer,
            a,
            b,
            "What is wanted is the largest number that divides both of them." if parsed.kind == "bags" else "",
            rng,
        )
    if parsed.kind in ("lcm", "bells"):
        return _lcm(
            answer,
            a,
            b,
            "The moment they coincide again is the first common multiple of both." if parsed.kind == "bells" else "",
            rng,
        )
    if parsed.kind == "remainder":
        return _remainder(answer, a, b)
    return _power(answer, a, b, c) if parsed.kind == "power" else _divisors(answer, a)


def _written(number: int) -> str:
    return " \\cdot ".join(str(p) if k == 1 else f"{p}^{{{k}}}" for p, k in _factors(number)) or "1"


def _gcd(answer: str, a: int, b: int, remark: str, rng: Rng) -> Work:
    high, low = max(a, b), min(a, b)
    steps, x, y = [], high, low
    while y:
        steps.append(
            Step(f"{x} divided by {y} leaves {x % y}. || {x} = {x // y} × {y} + {x % y}, so the remainder is {x % y}.")
        )
        x, y = y, x % y
    steps.append(
        Step(
            f"The last remainder that is not zero is {answer}, and that is the greatest common divisor."
            if len(steps) > 1
            else f"So {answer} itself divides both numbers."
        )
    )
    if rng.chance(0.4):
        steps = [
            Step(f"Factor both numbers: ${a} = {_written(a)}$ and ${b} = {_written(b)}$."),
            Step(
                f"Taking each common prime with the smaller exponent gives {answer}."
                if int(answer) > 1
                else "They have no prime in common, so only 1 divides both."
            ),
        ]
    tries = [f"Does {d} divide both? {_divides(a, b, d)}" for d in (2, 3, 5)]
    return Work(
        answer,
        f"The two numbers are {a} and {b}. {remark}".strip(),
        f"the greatest common divisor of {a} and {b}",
        steps,
        said=f"The greatest common divisor is {answer}.",
        trials=[*tries, "A systematic way is better."] if rng.chance(0.3) else [],
        checks=[
            f"{a} = {answer} × {a // int(answer)} and {b} = {answer} × {b // int(answer)}, and "
            f"{a // int(answer)} and {b // int(answer)} have no common factor left."
        ],
        traps=[
            (
                f"take the least common multiple, {lcm(a, b)}",
                f"That is a number that {a} and {b} divide; here I need one that divides them.",
            )
        ]
        if lcm(a, b) != int(answer)
        else [],
    )


def _divides(a: int, b: int, d: int) -> str:
    if a % d == 0 and b % d == 0:
        return "Yes."
    return f"No, not {a if a % d else b}."


def _lcm(answer: str, a: int, b: int, remark: str, rng: Rng) -> Work:
    common, product = gcd(a, b), a * b
    high, low = max(a, b), min(a, b)
    multiples = [high * k for k in range(1, min(int(answer) // high, 7) + 1)]
    tries = [
        f"The multiples of {high} are "
        f"{', '.join(map(str, multiples))}{'' if multiples[-1] == int(answer) else ' and so on'}.",
        f"I'm looking for the first one that {low} divides too.",
    ]
    return Work(
        answer,
        f"The two numbers are {a} and {b}. {remark}".strip(),
        f"the least common multiple of {a} and {b}",
        [
            Step(f"The greatest common divisor of {a} and {b} is {common}."),
            Step("Their product is {}.", f"{a} \\times {b}", str(product)),
            Step("The least common multiple is {}.", f"{product} \\div {common}", answer),
        ],
        said=f"The least common multiple is {answer}.",
        trials=tries if rng.chance(0.5) else [],
        checks=[
            f"{answer} ÷ {a} = {int(answer) // a} and {answer} ÷ {b} = {int(answer) // b}, both whole, "
            "and these two have no common factor."
        ],
        traps=[
            (
                f"just multiply, {a} × {b} = {product}",
                f"That is a common multiple, but not the smallest, because both are divisible by {common}.",
            )
        ]
        if common > 1
        else [],
    )


def _remainder(answer: str, a: int, b: int) -> Work:
    q = a // b
    return Work(
        answer,
        f"{a} is to be split into groups of {b}. || I divide {a} by {b}.",
        "the part that is left over",
        [
            Step(
                f"{b} fits {q} times into {a}, since {{}}. || The largest multiple of {b} up to {a} is {{}}.",
                f"{b} \\times {q}",
                str(b * q),
            ),
            Step("What is left is {}.", f"{a} - {b * q}", answer),
        ],
        said=f"The remainder is {answer}.",
        checks=[f"The remainder {answer} is smaller than {b}, and {b} × {q} + {answer} = {a}."],
        traps=[(f"answer {q}, how often {b} fits", "That is the quotient; the question is about what is left over.")]
        if q != int(answer)
        else [],
    )


def _power(answer: str, a: int, b: int, c: int) -> Work:
    seen = [a % c]
    while len(seen) < c and (following := seen[-1] * a % c) not in seen:
        seen.append(following)
    start = seen.index(seen[-1] * a % c)
    period = len(seen) - start
    listed = ", ".join(map(str, seen))
    where = (
        f"Since {b} is less than that, I can read it off directly."
        if b <= len(seen)
        else f"So the remainder for exponent {b} is the one for exponent "
        f"{start + 1 + (b - 1 - start) % period}, because they differ by a multiple of {period}."
    )
    return Work(
        answer,
        f"The power ${a}^{{{b}}}$ is huge, so computing it is no option; only remainders modulo {c} matter.",
        f"the remainder of ${a}^{{{b}}}$ modulo {c}",
        [
            Step(f"The powers of {a} leave the remainders {listed} modulo {c}."),
            Step(
                f"After that they repeat with period {period}."
                if not start
                else f"From exponent {start + 1} on they repeat with period {period}."
            ),
            Step(where),
            Step(f"That remainder is {answer}."),
        ],
        said=f"The remainder is {answer}.",
        checks=[
            f"By squaring: ${a}^2$ leaves {a * a % c} and ${a}^4$ leaves {a**4 % c}, in line with the "
            f"list, and building up to exponent {b} that way gives {answer} too."
        ],
        traps=[
            (
                f"reduce the exponent modulo {c}",
                f"Exponents repeat with the period of the remainders, which is {period}, not with {c}.",
            )
        ]
        if period != c
        else [],
    )


def _divisors(answer: str, a: int) -> Work:
    factors = _factors(a)
    counted = " \\cdot ".join(f"({k} + 1)" for _, k in factors) or "1"
    small = [d for d in range(1, a + 1) if a % d == 0] if a <= 2000 else []
    listed = ", ".join(map(str, small))
    return Work(
        answer,
        f"I want to count the numbers that divide {a}. || Equal rows mean divisors, so the divisors of "
        f"{a} have to be counted."
        if a % 2 == 0
        else f"I want to count the numbers that divide {a}.",
        f"the number of divisors of {a}",
        [
            Step(f"The prime factorization is ${a} = {_written(a)}$."),
            Step("A divisor takes each prime with an exponent from 0 up to the one there."),
            Step("So the number of divisors is {}.", counted, answer),
        ],
        said=f"There are {answer} divisors.",
        checks=[f"Listing them: {listed}. That is {answer} numbers."] if 0 < len(small) <= 16 else [],
        traps=[("count only the primes in the factorization", "Products of primes divide it as well, and so does 1.")],
    )
