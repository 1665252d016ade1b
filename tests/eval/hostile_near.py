r"""Answers whose truth is computed: spellings of a number by another one's side, mutations of a gold, soup of TeX, any unicode.

The oracle is arithmetic on integers and fractions, never a grader. Random, from fixed seeds; hypothesis draws further ones in
`test_hostile.py`.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from decimal import Decimal
from fractions import Fraction
from math import comb, factorial, gcd
from typing import Any

Row = tuple[str, str, str, dict[str, Any]]  # text, gold, allowed, further arguments of `grade`


def boxed(answer: str) -> str:
    return f"So it is \\boxed{{{answer}}}."


def spellings(value: Fraction) -> list[str]:
    """Ways to write a number, each of exactly this value."""
    top, bottom = value.numerator, value.denominator
    if bottom == 1:
        ways = [f"{top}", f"{top}.0", f"{top:,}", f"{{{top}}}", f"\\text{{{top}}}", f"{top}.", f" {top} ", f"x={top}"]
        if abs(top) >= 1000:
            ways += [f"{top:,}".replace(",", "{,}"), f"{top:,}".replace(",", ",\\!")]
        return ways
    sign, size = ("-" if top < 0 else ""), abs(top)
    ways = [f"{sign}\\frac{{{size}}}{{{bottom}}}", f"{top}/{bottom}", f"{sign}\\dfrac{{{size}}}{{{bottom}}}"]
    ways += [f"\\frac{{{top}}}{{{bottom}}}", f"{sign}\\tfrac{{{size}}}{{{bottom}}}", f"\\left({top}/{bottom}\\right)"]
    if size > bottom:
        ways.append(f"{sign}{size // bottom}\\frac{{{size % bottom}}}{{{bottom}}}")
    if 10**6 % bottom == 0:
        ways.append(str(Decimal(top) / Decimal(bottom)))  # ends: exact
    return ways


def near(value: Fraction, chance: random.Random) -> Fraction:
    """Another number: what a slip, a sloppy reading, or a tolerance would take for this one."""
    slips: list[Callable[[Fraction], Fraction]] = [
        lambda v: -v,
        lambda v: v + 1,
        lambda v: v - 1,
        lambda v: v * 10,
        lambda v: v / 10,
        lambda v: v * 100,
        lambda v: v / 100,
        lambda v: 1 / v if v else v + 1,
        lambda v: v + Fraction(1, 1000),
        lambda v: v * Fraction(10001, 10000),
        lambda v: v + Fraction(1, v.denominator),
        lambda v: Fraction(int(str(abs(v.numerator))[::-1] + "1"), v.denominator),
        lambda v: Fraction(abs(v.numerator) % 1000 + 1, v.denominator),
        lambda v: Fraction(v.numerator, v.denominator + 1),
        lambda v: Fraction(v.denominator, v.numerator) if v else v - 1,
        lambda v: Fraction(int(f"{abs(v.numerator)}{v.denominator}")),
    ]
    while (other := chance.choice(slips)(value)) == value:
        pass
    return other


def numbers(chance: random.Random) -> Fraction:
    """Numbers as golds have them: small, large, negative, zero, fractions."""
    size = chance.choice([10, 100, 5000, 10**6, 10**12])
    top = chance.randint(-size, size)
    return Fraction(top, chance.choice([1, 1, 1, 2, 3, 4, 7, 8, 12, 25, 100, 97]))


def same_numbers() -> Iterator[Row]:
    chance = random.Random(1)
    for n in range(300):
        value = numbers(chance)
        ways = spellings(value)
        yield boxed(chance.choice(ways)), chance.choice(ways), "right", {"strict": n % 2 == 1}


def other_numbers() -> Iterator[Row]:
    chance = random.Random(2)
    for n in range(500):
        value = numbers(chance)
        other = near(value, chance)
        answer, gold = chance.choice(spellings(other)), chance.choice(spellings(value))
        yield boxed(answer), gold, "not right", {"strict": n % 2 == 1}


def other_numbers_said() -> Iterator[Row]:
    chance = random.Random(3)
    said = [
        "The answer is {}.",
        "#### {}",
        "{}",
        "**Answer:** ${}$",
        "so we get ${}$",
        "Hence $x = {}$.",
        "= {}",
        "$$ {} $$",
        "\\[ {} \\]",
    ]
    for _ in range(150):
        value = numbers(chance)
        answer = chance.choice(spellings(near(value, chance)))
        yield chance.choice(said).format(answer), chance.choice(spellings(value)), "not right", {}


def sums_that_are_off() -> Iterator[Row]:
    """Unevaluated work with a wrong value, and with the right one: the latter only strict mode may refuse."""
    chance = random.Random(4)
    for _ in range(60):
        a, b = chance.randint(2, 40), chance.randint(2, 40)
        n, k = chance.randint(3, 9), chance.randint(1, 3)
        for work, value in (
            (f"{a}+{b}", a + b),
            (f"{a}-{b}", a - b),
            (f"{a}\\times{b}", a * b),
            (f"{a}\\cdot {b}", a * b),
            (f"{a}({b})", a * b),
            (f"{a * b}/{a}", b),
            (f"\\frac{{{a * b}}}{{{a}}}", b),
            (f"{n}^{k}", n**k),
            (f"{n}!", factorial(n)),
            (f"\\binom{{{n}}}{{{k}}}", comb(n, k)),
            (f"\\sqrt{{{a * a}}}", a),
            (f"\\sum_{{i=1}}^{{{n}}} i", n * (n + 1) // 2),
            (f"\\gcd({a},{b})", gcd(a, b)),
        )[:: chance.choice([2, 3, 4])]:
            yield (
                boxed(work),
                str(value + chance.choice([-1, 1, 2, 10])),
                "not right",
                {"strict": chance.random() < 0.5},
            )
            yield boxed(work), str(value), "not right", {"strict": True}


def other_lists() -> Iterator[Row]:
    """Lists and tuples with one member changed, dropped, doubled, or (tuples) two of them exchanged."""
    chance = random.Random(5)
    for n in range(150):
        values = chance.sample(range(-20, 21), chance.randint(2, 5))
        changed = list(values)
        slip = n % 5
        if slip == 0:
            changed[chance.randrange(len(changed))] += chance.choice([-50, 50])
        elif slip == 1:
            changed.pop(chance.randrange(len(changed)))
        elif slip == 2:
            changed.append(chance.randint(50, 60))
        elif slip == 3:
            changed = [-v if v else 99 for v in changed]
        else:
            changed[0], changed[1] = changed[1], changed[0]
        marks = chance.choice(
            ["({})", "\\left({}\\right)", "\\langle {} \\rangle"] if slip == 4 else ["({})", "{}", "\\{{{}\\}}"]
        )
        if slip == 3 and set(changed) == set(values):
            continue
        yield (
            boxed(marks.format(", ".join(map(str, changed)))),
            marks.format(", ".join(map(str, values))),
            "not right",
            {},
        )


def other_polynomials() -> Iterator[Row]:
    """A product of linear factors, and an expansion of another one."""
    chance = random.Random(6)
    for n in range(80):
        a, b = chance.randint(-9, 9), chance.randint(-9, 9)
        product = f"(x{a:+d})(x{b:+d})"
        right = f"x^2{a + b:+d}x{a * b:+d}"
        wrong = f"x^2{a + b + chance.choice([-1, 1, 2]):+d}x{a * b:+d}"
        yield (
            (boxed(product), right, "not wrong", {})
            if n % 4 == 0
            else (boxed(wrong), product, "not right", {"strict": n % 2 == 1})
        )


def mutations() -> Iterator[Row]:
    """One character of a formula changed so that its value at a point changes: digits and signs only, so arithmetic tells."""
    chance = random.Random(7)
    for n in range(150):
        a, b, c = (chance.randint(1, 99) for _ in range(3))
        form, value = chance.choice(
            [
                (r"\frac{%d}{%d}", lambda a, b, c: Fraction(a, b)),
                (r"%d-\frac{%d}{%d}", lambda a, b, c: a - Fraction(b, c)),
                (r"%d.%02d", lambda a, b, c: Fraction(a * 100 + b, 100)),
                (r"%d\frac{%d}{%d}", lambda a, b, c: a + Fraction(b, c) if b < c else None),
                (r"%d\pi", lambda a, b, c: a),
                (r"%d\sqrt{2}", lambda a, b, c: a),
            ]
        )
        count = form.count("%")
        gold, other = (a, b, c), [a, b, c]
        place = chance.randrange(count)
        other[place] += chance.choice([-1, 1, 10, 9 * other[place]])
        if (
            0 in other
            or value(*gold) is None
            or value(*other) is None
            or value(*gold) == value(*other)
            or (max(other) > 99 and "." in form)
        ):
            continue
        yield boxed(form % tuple(other[:count])), form % gold[:count], "not right", {"strict": n % 2 == 1}


TOKENS = (
    r"\frac \sqrt \boxed \left( \right) \left\{ \right\} { } ( ) [ ] ^ _ & \\ $ $$ \( \) \[ \] = < > \le \ge \pm \cdot "
    r"\times \div / + - * ! | \| , . ; : % # ~ ' \text{ \mathrm{ \begin{pmatrix} \end{pmatrix} \begin{cases} \end{cases} "
    r"\sum_ \int_ \prod_ \lim_ \infty \pi \in \cup \cap \setminus \mathbb{R} \sin \log_ \ln e i x y n 0 1 2 7 10 0.5 "
    r"1,000 \binom \over \choose \bmod \pmod{ \overline{ \dot \quad \, \emptyset \{ \} \langle \rangle \lfloor \rfloor "
    r"\to \ne \approx \equiv \ldots or and answer is </think> <think> #### "
).split()


def soup() -> Iterator[Row]:
    """Random strings of TeX tokens for a gold that none of them equals (a prime that no token can spell)."""
    chance = random.Random(8)
    for n in range(400):
        text = chance.choice(["", " "]).join(chance.choice(TOKENS) for _ in range(chance.randint(1, 40)))
        yield boxed(text) if n % 2 else text, "\\sqrt{1000003}+e^{\\pi^3}", "not right", {"strict": n % 3 == 0}


def soup_as_gold() -> Iterator[Row]:
    """The same where the gold is the broken one: nothing to be right about, and no crash."""
    chance = random.Random(9)
    for _ in range(100):
        text = " ".join(chance.choice(TOKENS) for _ in range(chance.randint(1, 20)))
        yield boxed("1000003"), text, "not right", {}


def any_unicode() -> Iterator[Row]:
    """Code points of every plane, in and out of a box; none of them spells the gold."""
    chance = random.Random(10)
    for n in range(200):
        text = "".join(
            chr(chance.choice([chance.randrange(0x110000), chance.randrange(0x3000)]))
            for _ in range(chance.randint(1, 60))
        )
        yield boxed(text) if n % 2 else text, "7919-\\sqrt{5}", "not right", {"strict": n % 3 == 0}


FAMILIES: dict[str, Callable[[], Iterator[Row]]] = {
    "numbers respelled": same_numbers,
    "numbers that differ": other_numbers,
    "numbers that differ, said": other_numbers_said,
    "work that is off": sums_that_are_off,
    "lists that differ": other_lists,
    "polynomials": other_polynomials,
    "formulas one digit off": mutations,
    "TeX soup": soup,
    "TeX soup as the gold": soup_as_gold,
    "any unicode": any_unicode,
}
