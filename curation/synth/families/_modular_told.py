"""How problems about remainders are worked out in words, for the family `modular`."""

from __future__ import annotations

from curation.synth.families._chain import Step, Work
from curation.synth.families._rng import Rng

CLOCK, WEEK, TEN = 12, 7, 10


def tell_round(answer: str, a: int, b: int, n: int) -> Work:
    unit, numbers = ("hours", "the number on the clock face") if n == CLOCK else ("days", "the number of the day")
    q, r = divmod(b, n)
    past = a + r > n
    return Work(
        answer,
        f"I start at {a} and move on by {b}, and after {n} comes 1 again. || The numbers go round and round from 1 to {n}; from {a} "
        f"on, {b} steps are taken.",
        numbers,
        [Step(f"Every {n} {unit} bring me back to the same number, so only the remainder of {b} by {n} matters. || A full round has "
                f"{n} {unit} and changes nothing."),
            Step(f"The full rounds in it use up {{}} {unit}.", f"{q} \\times {n}", str(q * n)),
            Step("So what remains is {}.", f"{b} - {q * n}", str(r)),
            Step("From the start that leads to {}.", f"{a} + {r}", str(a + r)), *([Step(
                    f"That is more than {n}, so I take off one round: {{}}.", f"{a + r} - {n}", answer)] if past else [])],
        said=f"The number is {answer}.",
        checks=[f"Going back {r} from {answer}" + (f" passes below 1, so it becomes {answer} + {n} - {r} = {a}." if past else
                f" gives {answer} - {r} = {a}, where I started.")],
        traps=[(f"answer {a + b}", f"There is no number above {n}; the counting starts over after {n}.")] if a + b > n else [],
        detours=[(f"{a} + {b} = {a + b}, and I could divide that by {n}, which gives {(a + b) // n} full rounds.",
                "The number of rounds isn't asked for, only where it stops.")] if a + b > n else [],
        other_way=[f"{a} + {b} = {a + b}, and {a + b} leaves the remainder {(a + b) % n} when divided by {n}" + ("." if (a + b) % n
                else f", which stands for {n} itself.") + f" That is {answer}."]
    )  # fmt: skip


def _cycle(a: int, m: int) -> tuple[list[int], int]:
    """Remainders of a, a^2, ... modulo m until they repeat, and the index where the cycle starts."""
    seen = [a % m]
    while (following := seen[-1] * a % m) not in seen:
        seen.append(following)
    return seen, seen.index(following)


def _power_steps(a: int, b: int, m: int) -> list[Step]:
    seen, start = _cycle(a, m)
    period = len(seen) - start
    rest = pow(a, b, m)
    name = f"${a}^{{{b}}}$"
    row, where = ", ".join(map(str, seen)), f" from position {start + 1} on" if start else ""
    steps = [
        Step(
            f"The powers of {a} leave the remainders {row} modulo {m}, and then it repeats{where}. || "
            f"Modulo {m} the powers of {a} run through {row}, and{where or ' then'} they repeat."
        )
    ]
    if b <= len(seen):
        return [*steps, Step(f"So {name} leaves {rest}, at position {b} of that list.")]
    if period == 1:
        return [*steps, Step(f"From there on nothing changes any more, so {name} leaves {rest}.")]
    place = (b - 1 - start) % period + start + 1
    return [
        *steps,
        Step(f"The pattern has length {period}, and exponent {b} is like exponent {place}, because {b} - {place} = {b - place} is a "
            f"multiple of {period}."),
        Step(f"So {name} leaves {rest}.")]  # fmt: skip


def tell_last(answer: str, a: int, b: int) -> Work:
    digit = a % TEN
    seen, _ = _cycle(a, TEN)
    return Work(
        answer,
        f"Only the last digit of ${a}^{{{b}}}$ matters, which is its remainder modulo 10. || The number ${a}^{{{b}}}$ is far too long "
        "to write down, but its last digit is enough.",
        f"the last digit of ${a}^{{{b}}}$",
        [*([Step(f"The last digit of a product depends on last digits only, so I can use {digit} in place of {a}.")] if a > TEN
                else []), *_power_steps(digit, b, TEN)],
        said=f"The last digit is {answer}.",
        checks=[f"The exponent {b} is {'even' if b % 2 == 0 else 'odd'}, and the {'even' if b % 2 == 0 else 'odd'} places of the list "
            f"hold {', '.join(str(seen[i]) for i in range(1 - b % 2, len(seen), 2)) or answer}; {answer} is among them."
            if len(seen) % 2 == 0 else f"{digit} to any power ends in {answer}."],
        traps=[(f"multiply, {digit} × {b} = {digit * b}, and take the last digit {digit * b % TEN}",
                "A power is not a product with the exponent.")] if digit * b % TEN != int(answer) else [],
        detours=[(f"Let me just compute: ${a}^2 = {a * a}$, ${a}^3 = {a**3}$, ${a}^4 = {a**4}$.",
                f"With exponent {b} that gets out of hand; only the last digits are needed: {a * a % TEN}, {a**3 % TEN}, {a**4 % TEN}.")],
        other_way=_squaring(a, b, TEN)
    )  # fmt: skip


def _squaring(a: int, b: int, m: int) -> list[str]:
    """a^b modulo m by repeated squaring."""
    told, power, exponent, used = [], a % m, 1, []
    while exponent <= b:
        if b & exponent:
            used.append((exponent, power))
        power, exponent = power * power % m, exponent * 2
    if len(used) == 1:
        told.append(f"By repeated squaring, {b} is itself a power of two.")
        return [*told, f"Squaring again and again modulo {m} ends at {pow(a, b, m)}."]
    told.append(
        f"By repeated squaring, I need the exponents {', '.join(str(e) for e, _ in used)}, since they add up to {b}."
    )
    left = ", ".join(str(p) for _, p in used)
    told.append(f"They leave {left} modulo {m}, and the product of these leaves {pow(a, b, m)}.")
    return told


def tell_product(answer: str, a: int, b: int, m: int) -> Work:
    x, y = a % m, b % m
    return Work(
        answer,
        f"The product is {a} times {b}, and I divide by {m}. || Something of size {a} × {b} is split into groups of {m}.",
        f"the remainder of the product modulo {m}",
        [Step("It is enough to multiply the remainders. || Factors may be replaced by their remainders first."),
            Step(f"{a} leaves {x}, because {{}}.", f"{a} - {a - x}", str(x)),
            Step(f"{b} leaves {y}, because {{}}.", f"{b} - {b - y}", str(y)),
            Step("The product of the remainders is {}.", f"{x} \\times {y}", str(x * y)),
            Step(f"Modulo {m} that leaves {answer}, since {x * y} = {x * y // m} × {m} + {answer}." if x * y >= m else
                f"That is below {m} already, so it is the remainder.")],
        said=f"The remainder is {answer}.",
        checks=[f"In full, {a} × {b} = {a * b}, and {a * b} = {a * b // m} × {m} + {answer}."],
        traps=[(f"add the remainders, {x} + {y} = {x + y}", "The numbers are multiplied, so the remainders have to be multiplied as "
                "well.")] if (x + y - x * y) % m else [],
        detours=[(f"Taking one remainder only, {x} and {y}: the first one is {x}, so maybe the answer is {x}.",
                "That would ignore the second factor altogether.")] if x != int(answer) else [],
        other_way=[f"One can also reduce just one of the factors: with {x} instead of {a}, the product is {x} × {b} = {x * b}, and "
            f"{x * b} leaves {x * b % m}."]
    )  # fmt: skip


def tell_congruence(answer: str, a: int, b: int, m: int, rng: Rng) -> Work:
    x, inverse = int(answer), pow(a, -1, m)
    rows = [f"${a} \\cdot {k} = {a * k}$ leaves {a * k % m}" for k in range(1, min(x, 6) + 1)]
    multiples = [b + k * m for k in range(a) if (b + k * m) <= a * x]
    if rng.chance(0.5) and len(multiples) <= 8:
        steps = [
            Step(f"I look for a multiple of {a} among the numbers that leave {b}: {', '.join(map(str, multiples))}. || The numbers "
                f"with remainder {b} are {', '.join(map(str, multiples))}, and so on; one of them has to be divisible by {a}."),
            Step(f"The first one that {a} divides is {a * x}."),
            Step("So $x$ is {}.", f"{a * x} \\div {a}", answer)]  # fmt: skip
    else:
        steps = [
            Step(f"The inverse of {a} modulo {m} is {inverse}, because ${a} \\cdot {inverse} = {a * inverse}$, which is one more than "
                f"{a * inverse - 1} = {(a * inverse - 1) // m} × {m}."),
            *([Step(f"Multiplying both sides by {inverse} turns the right side into {{}}.", f"{inverse} \\times {b}", str(inverse * b)),
                    Step(f"Modulo {m} that is {answer}.")] if b > 1 else [Step(
                        f"That is already the number I am looking for, $x = {answer}$.")])]  # fmt: skip
    return Work(
        answer,
        f"${a}x$ should leave {b} when divided by {m}. || I need $x$ so that ${a}x - {b}$ is a multiple of {m}.",
        "the smallest such $x$",
        steps,
        said=f"The smallest solution is {answer}.",
        checks=[f"${a} \\cdot {answer} = {a * x}$, and {a * x} - {b} = {a * x - b} = {(a * x - b) // m} × {m}.",
            f"{a} and {m} have no common factor, so there is exactly one solution from 0 to {m - 1}, and it is {answer}."],
        trials=[*(f"{row}{', and that is it' if k == x else ', no'}." for k, row in enumerate(rows, 1)), *([] if x <= 6 else [
                    "There may be many to try, so a better way is needed."])] if x and rng.chance(0.6) else [],
        traps=[(f"divide {b} by {a} as usual", f"That is not a whole number, and modulo {m} dividing means multiplying by an inverse.")]
        if b % a else [],
        detours=[(f"{m} divided by {a} is {m // a}, remainder {m % a}, so maybe $x$ is {m // a}.",
                f"But ${a} \\cdot {m // a} = {a * (m // a)}$ leaves {a * (m // a) % m} and not {b}.")] if a * (m // a) % m != b else []
    )  # fmt: skip


def tell_powers(answer: str, a: int, b: int, c: int, d: int, m: int) -> Work:
    x, y = pow(a, b, m), pow(c, d, m)
    return Work(
        answer,
        f"There are two powers, ${a}^{{{b}}}$ and ${c}^{{{d}}}$, and their sum is taken modulo {m}. || I need ${a}^{{{b}}}$ and "
        f"${c}^{{{d}}}$ modulo {m}, and then their sum.",
        f"the remainder of the sum modulo {m}",
        [*_power_steps(a, b, m), *_power_steps(c, d, m),
            Step("The remainders add up to {}.", f"{x} + {y}", str(x + y)), *([Step(
                    f"That is not below {m}, so I subtract {m} once: {{}}.", f"{x + y} - {m}", answer)] if x + y >= m else [])],
        said=f"The remainder is {answer}.",
        checks=[f"The result must be from 0 to {m - 1}, and {answer} is; and {x} + {y} - {answer} = {x + y - int(answer)} is a "
            f"multiple of {m}."],
        traps=[(f"add the bases and the exponents, giving ${a + c}^{{{b + d}}}$", "There is no such rule for sums of powers."),
            (f"reduce the exponents modulo {m}", f"It is the base that may be reduced modulo {m}; exponents follow the length of the "
                "pattern instead.")],
        detours=[(f"Reducing the bases first: {a} becomes {a % m} and {c} becomes {c % m}, with sum {(a + c) % m} modulo {m}.",
                "That is right for the bases, but the powers still have to be taken before adding.")],
        other_way=[*_squaring(a, b, m), f"In the same way ${c}^{{{d}}}$ leaves {y}, and the sum leaves {answer}."]
    )  # fmt: skip


def tell_two(answer: str, a: int, b: int, c: int, d: int) -> Work:
    n = int(answer)
    listed = list(range(a, n + 1, b))
    shown = listed if len(listed) <= 9 else [*listed[:4], *listed[-3:]]
    rows = [f"{x} leaves {x % d} when divided by {d}{', which is it' if x == n else ', no'}." for x in shown]
    if len(listed) > 9:
        rows.insert(4, "And so on.")
    return Work(
        answer,
        f"Divided by {b}, the number leaves {a}; divided by {d}, it leaves {c}. || There are two conditions: remainder {a} by {b}, and "
        f"remainder {c} by {d}.",
        "the smallest positive number that satisfies both conditions",
        [Step(f"The numbers with remainder {a} by {b} are {', '.join(map(str, listed[:6]))}{' and so on' if len(listed) > 6 else ''}. "
                f"|| By the first condition, it is one of {', '.join(map(str, listed[:6]))}{' and so on' if len(listed) > 6 else ''}."),
            Step(f"The first of them with remainder {c} by {d} is {n}."),
            Step(f"The next one would only come {b * d} later, so {n} is the smallest.")],
        said=f"The smallest such number is {answer}.",
        checks=[f"{n} = {n // b} × {b} + {a} and {n} = {n // d} × {d} + {c}.",
            f"Since {b} and {d} have no common factor, there is exactly one solution from 0 to {b * d - 1}, and {n} is below {b * d}."],
        trials=rows,
        traps=[(f"add the remainders, {a} + {c} = {a + c}", f"{a + c} leaves {(a + c) % b} when divided by {b}, not {a}.")]
        if (a + c) % b != a else [],
        detours=[(f"The product {b} × {d} = {b * d} is divisible by both.",
                "So it leaves 0 twice; it tells me how often solutions come, but isn't one.")],
        other_way=["Starting from the other condition, the numbers "
            f"{', '.join(map(str, list(range(c, n + 1, d))[:5]))}{' and so on' if (n - c) // d >= 5 else ''} leave {c} by {d}, and the "
            f"first of these that leaves {a} by {b} is again {n}."]
    )  # fmt: skip
