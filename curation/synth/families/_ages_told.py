"""How problems about ages are worked out in words, for the family `ages`."""

from __future__ import annotations

from fractions import Fraction

from curation.synth.families._chain import Step, Work
from curation.synth.families._family import decimal

Words = dict[str, str]


def _elder(w: Words) -> str:
    return f"{w['name']}'s {w['elder']}"


def tell_later(answer: str, w: Words, a: int, b: int, c: int) -> Work:
    x, y = w["name"], w["other"]
    return Work(
        answer,
        f"{x} is {a} now, and {y} is older by {b} years; I have to look {c} years ahead. || {y} is {b} years older than {x}, who is "
        f"{a}.",
        f"the age of {y} in {c} years",
        [Step(f"Today {y} is {{}} years old.", f"{a} + {b}", str(a + b)),
            Step(f"In {c} years {y} will be {{}}.", f"{a + b} + {c}", answer)],
        said=f"{y} will be {answer} years old.",
        checks=[f"By then {x} will be {a} + {c} = {a + c}, and {a + c} + {b} = {answer}: still {b} years apart.",
            f"Going back {c} years from {answer} gives {a + b}, which is {b} more than {a}."],
        traps=[(f"add only {c} to {a} and say {a + c}", f"That is how old {x} will be, and the question is about {y}."),
            (f"add {b} twice, because both get older", "The difference between two ages never changes.")],
        detours=[(f"In {c} years the difference will be {b} + {c} = {b + c}.",
                "No, both get older by the same number of years, so the difference stays what it is.")],
        other_way=[f"First let the time pass: {x} will be {a + c}.",
            f"{y} is then still {b} years older, so {a + c} + {b} = {answer}."]
    )  # fmt: skip


def tell_sum(answer: str, w: Words, a: int, b: int) -> Work:
    x, y = w["name"], w["other"]
    young = decimal(Fraction(b - a, 2))
    half = decimal(Fraction(b, 2))
    guess = max(1, (b - a) // 2 - 3)
    return Work(
        answer,
        f"Two ages add up to {b}, and they differ by {a}. {x} is the older one. || {x} and {y} are {b} together, and {x} is {a} years "
        "ahead.",
        f"the age of {x}",
        [Step(f"If {y} were as old as {x}, the sum would be larger by {a}: {{}}.", f"{b} + {a}", str(a + b)),
            Step(f"That would be twice the age of {x}, so {x} is {{}}.", f"{a + b} \\div 2", answer)],
        said=f"{x} is {answer} years old.",
        checks=[f"Then {y} is {answer} - {a} = {young}, and {answer} + {young} = {b}."],
        trials=[f"Suppose {y} is {guess}. Then {x} is {guess + a}, together {2 * guess + a}, which is {b - 2 * guess - a} too little.",
            "So both have to be a bit older."] if 2 * guess + a < b else [],
        traps=[(f"halve the sum and say {half}", f"Half of {b} would be right for two people of the same age, but they differ by {a} "
                "years."), (f"halve the sum and add {a}, which gives {decimal(Fraction(b, 2) + a)}",
                f"Then the other one would have to be {a} below the half, and the difference would be {2 * a}.")],
        detours=[(f"Subtract the difference from the sum: {b} - {a} = {b - a}.",
                f"That is twice the age of {y}, the younger one, and not yet what I want.")],
        other_way=[f"With $x$ for the age of {x}, the equation is $x + (x - {a}) = {b}$.", f"So $2x = {a + b}$ and $x = {answer}$."]
    )  # fmt: skip


def tell_times(answer: str, w: Words, a: int, b: int) -> Work:
    x, y = w["name"], f"the {w['child']}"
    young = decimal(Fraction(b, a + 1))
    return Work(
        answer,
        f"{x} is {a} times as old as {y}, and the two ages make {b} together. || Both ages together are {b}, and one of them is {a} "
        "times the other.",
        f"the age of {x}",
        [Step(f"If the age of {y} is one part, {x} has {a} parts, and together there are {{}} parts.", f"{a} + 1", str(a + 1)),
            Step(f"One part, the age of {y}, is {{}}.", f"{b} \\div {a + 1}", young),
            Step(f"So {x} is {{}} years old.", f"{a} \\times {young}", answer)],
        said=f"{x} is {answer} years old.",
        checks=[f"{answer} + {young} = {b}, and {answer} is {a} times {young}."],
        traps=[(f"divide {b} by {a}", f"The sum contains {a} parts for {x} and one more for {y}, so {a + 1} parts in all."),
            (f"stop at {young}", f"That is the age of {y}; the question is about {x}.")],
        detours=[(f"{b} ÷ {a} = {decimal(Fraction(b, a))}, so {y} would be {decimal(Fraction(b, a))} years old.",
                f"Then {x} alone would already be {b}, which is the age of both together.")],
        other_way=[f"With $y$ for the younger age, ${a}y + y = {b}$, so ${a + 1}y = {b}$ and $y = {young}$.",
            f"The older age is {b} - {young} = {answer}."]
    )  # fmt: skip


def tell_until(answer: str, w: Words, a: int, b: int, c: int) -> Work:
    x, y = w["name"], _elder(w)
    gap, n = b - a, Fraction(b - c * a, c - 1)
    then = decimal(a + n)
    tries = [
        f"After {k} {'year' if k == 1 else 'years'} they would be {a + k} and {b + k}, and {c} times {a + k} is {c * (a + k)}, "
        f"{_compare(c * (a + k), b + k)}."
        for k in (1, 5)
        if k < n
    ]
    return Work(
        answer,
        f"Now {x} is {a} and {y} is {b}. At some time the older age will be {c} times the younger one. || The ages are {a} and {b} "
        "today, and both grow by one every year.",
        f"the number of years until the older age is {c} times the younger one",
        [Step("The difference of the ages is always {}. || Their ages differ by {}, and that never changes.", f"{b} - {a}", str(gap)),
            Step(f"When the older age is {c} times the younger, the difference is {_multiple(c - 1)} the younger age."),
            Step(f"So at that moment {x} is {then}.") if c == 2 else Step(f"So at that moment {x} is {{}}.", f"{gap} \\div {c - 1}",
                then),
            Step("That is {} years from now.", f"{then} - {a}", answer)],
        said=f"It will take {answer} years.",
        checks=[f"In {answer} years they are {then} and {decimal(b + n)}, and {c} × {then} = {decimal(c * (a + n))}."],
        trials=[*tries, "Let me do it with the difference instead."] if tries else [],
        traps=[(f"compute {c} × {a} = {c * a} and wait until {y} is that old", f"{x} gets older in the meantime, too.")],
        detours=[(f"{b} ÷ {a} is about {b / a:.2f} today, and it should become {c}.",
                "But how the quotient falls from year to year is not regular, so that doesn't tell me the number of years.")],
        other_way=[f"As an equation: ${b} + t = {c}({a} + t)$, so ${b - c * a} = "
            f"{'' if c == 2 else c - 1}t${'' if c == 2 else f', and $t = {answer}$'}."]
    )  # fmt: skip


def _multiple(count: int) -> str:
    return "exactly" if count == 1 else "twice" if count == 2 else f"{count} times"


def _compare(wanted: int, found: int) -> str:
    return f"less than {found}" if wanted < found else f"more than {found}" if wanted > found else "a match"


def tell_ago(answer: str, w: Words, a: int, b: int, c: int) -> Work:
    x, y = w["name"], w["other"]
    gap, n = a - b, Fraction(c * b - a, c - 1)
    then = decimal(b - n)
    return Work(
        answer,
        f"Today {x} is {a} and {y} is {b}. At some time in the past, {x}'s age was {c} times {y}'s. || The two ages now are {a} and "
        f"{b}; going back, both shrink by one every year.",
        "the number of years that have passed since then",
        [Step("The ages differ by {}, now as then.", f"{a} - {b}", str(gap)),
            Step(f"When one is {c} times the other, the difference is {_multiple(c - 1)} the smaller age."),
            Step(f"So {y} was {then} years old at that time.") if c == 2 else Step(f"So {y} was {{}} years old at that time.",
                f"{gap} \\div {c - 1}", then),
            Step("That was {} years ago.", f"{b} - {then}", answer)],
        said=f"It was {answer} years ago.",
        checks=[f"{answer} years ago they were {decimal(a - n)} and {then}, and {c} × {then} = {decimal(a - n)}."],
        trials=[f"One year ago they were {a - 1} and {b - 1}, and {c} × {b - 1} = {c * (b - 1)}, {_compare(c * (b - 1), a - 1)}.",
            "I have to go back further than that, so let me think in terms of the difference."] if n > 1 else [],
        traps=[(f"divide {a} by {c}", f"That gives the age {y} would need now, but in the past {x} was younger as well.")],
        detours=[(f"{c} × {b} = {c * b}, and {c * b} - {a} = {c * b - a}, so maybe it was {c * b - a} years ago.",
                f"Going back one year takes 1 off the age of {x} but {c} off {c} times the age of {y}, so {c * b - a} still has to be "
                f"divided by {c - 1}.")] if c > 2 else [],
        other_way=[f"As an equation: ${a} - t = {c}({b} - t)$. Collecting "
            f"terms{'' if c == 2 else f' gives ${c - 1}t = {c * b - a}$ and'} leads to $t = {answer}$."]
    )  # fmt: skip


def tell_shift(answer: str, w: Words, a: int, b: int, c: int) -> Work:
    x, y = w["name"], w["other"]
    total = c + 2 * b
    young = decimal(Fraction(total - a, 2))
    return Work(
        answer,
        f"The sum of the two ages was {c} at a time {b} years back, and {x} is {a} years older than {y}.",
        f"the age of {x} today",
        [Step(f"Since then both have become {b} years older, so the sum has grown by {{}}.", f"2 \\times {b}", str(2 * b)),
            Step("Today the ages add up to {}.", f"{c} + {2 * b}", str(total)),
            Step(f"Adding the difference gives twice the age of {x}: {{}}.", f"{total} + {a}", str(total + a)),
            Step(f"So {x} is {{}} years old.", f"{total + a} \\div 2", answer)],
        said=f"{x} is {answer} years old today.",
        checks=[f"Then {y} is {young}. {b} years ago they were {decimal(Fraction(answer) - b)} and {decimal(Fraction(young) - b)}, "
            f"together {c}."],
        traps=[(f"add {b} only once to the sum", f"Both of them have aged by {b} years, so the sum grows twice as fast."),
            (f"halve {total} and stop", f"They are not the same age; there are {a} years between them.")],
        detours=[(f"Let me first split the old sum: ({c} - {a}) ÷ 2 = {decimal(Fraction(c - a, 2))}, so {y} would be "
                f"{decimal(Fraction(c - a, 2))}.", f"But that was {b} years ago; nobody's age in that line is the age of today.")],
        other_way=[f"Back then {x} was ({c} + {a}) ÷ 2 = {decimal(Fraction(c + a, 2))}, and {b} years later that makes {answer}."]
    )  # fmt: skip


def tell_both(answer: str, w: Words, a: int, b: int, c: int) -> Work:
    x, y = w["name"], w["other"]
    young = Fraction(b * (c - 1), a - c)
    old = decimal(a * young)
    tries = [
        f"If {y} were {k}, {x} would be {a * k}, and in {b} years they would be {k + b} and {a * k + b}; {c} times {k + b} is "
        f"{c * (k + b)}, {_compare(c * (k + b), a * k + b)}."
        for k in (1, 10)
        if k != young
    ]
    return Work(
        answer,
        f"The older age is {a} times the younger one now, and it will be {c} times the younger one in {b} years. || Call the age of "
        f"{y} today $y$; then {x} is ${a}y$ years old.",
        f"the age of {y} today",
        [Step(f"Let $y$ be the age of {y}, so {x} is ${a}y$ years old."),
            Step(f"In {b} years the ages are $y + {b}$ and ${a}y + {b}$."),
            Step(f"The condition says ${a}y + {b} = {c}(y + {b})$, that is, ${a}y + {b} = {c}y + {c * b}$."),
            Step("On the right, the number is larger by {}.", f"{c * b} - {b}", str(c * b - b)),
            Step(f"On the left, $y$ occurs {a - c} more {'time' if a - c == 1 else 'times'}, so ${'' if a - c == 1 else a - c}y = "
                f"{c * b - b}$."), *([Step("Hence $y$ is {}.", f"{c * b - b} \\div {a - c}", answer)] if a - c > 1 else [])],
        said=f"{y} is {answer} years old.",
        checks=[f"Today they are {old} and {answer}. In {b} years they will be {decimal(a * young + b)} and {decimal(young + b)}, and "
            f"{c} × {decimal(young + b)} = {decimal(c * (young + b))}."],
        trials=[*tries, "Trying every age takes too long; an equation is better."] if tries else [],
        traps=[(f"write ${a}y + {b} = {c}y$",
                f"In {b} years {y} is older by {b} years as well, so it has to be $y + {b}$ on the right."), (
                f"take the difference {a} - {c} = {a - c} as the answer", "That is a difference of factors, not a number of years.")],
        detours=[(f"Expanding as ${a}y + {b} = {c}y + {b}$ leads to ${a - c if a - c > 1 else ''}y = 0$.",
                f"Nobody is 0 years old here; I forgot to multiply the {b} by {c} as well.")],
        other_way=[f"The difference of the ages is {a - 1} times $y$ now and {_multiple(c - 1)} $y + {b}$ later, and it is the same: "
            f"${a - 1}y = {f'y + {b}' if c == 2 else f'{c - 1}(y + {b})'}$.",
            f"That again gives ${'' if a - c == 1 else a - c}y = {(c - 1) * b}$ and $y = {answer}$."]
    )  # fmt: skip


def tell_three(answer: str, w: Words, a: int, b: int, c: int) -> Work:
    x, y, z = w["name"], w["other"], w["third"]
    t = Fraction(c - a, 2 * b + 1)
    return Work(
        answer,
        f"{y} is {b} times as old as {z}, {x} is {a} years older than {y}, and all three together are {c}. || The youngest is {z}. {y} "
        f"has {b} times that age, {x} another {a} years more, and the total is {c}.",
        f"the age of {z}",
        [Step(f"Let {z} be $z$ years old. Then {y} is ${b}z$ and {x} is ${b}z + {a}$. || With $z$ for the age of {z}, the others are "
                f"${b}z$ and ${b}z + {a}$."),
            Step(f"All three together: $z + {b}z + {b}z + {a} = {c}$, so ${2 * b + 1}z + {a} = {c}$."),
            Step("Without the extra years, that leaves {}.", f"{c} - {a}", str(c - a)),
            Step("So $z$ is {}.", f"{c - a} \\div {2 * b + 1}", answer)],
        said=f"{z} is {answer} years old.",
        checks=[f"The ages are then {answer}, {decimal(b * t)} and {decimal(b * t + a)}, and their sum is {c}."],
        traps=[(f"divide {c} by {2 * b + 1} straight away", f"The {a} extra years of {x} belong to no multiple and have to be taken "
                "off first."), (f"count {b} + 1 = {b + 1} parts", f"{x}'s age contains {b} parts as well, so there are {2 * b + 1}.")],
        detours=[(f"An equal split would give {c} ÷ 3 = {decimal(Fraction(c, 3))} to each.",
                "But the three are of quite different ages, so that says nothing about the youngest.")],
        other_way=[f"If {x} were {a} years younger, {x} and {y} would be of the same age, and the total would be {c - a}, which is "
            f"{2 * b + 1} times the age of {z}."]
    )  # fmt: skip
