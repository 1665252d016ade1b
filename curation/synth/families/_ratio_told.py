"""How problems about ratios are worked out in words, for the family `ratio`: one function per kind, called with its numbers."""

from __future__ import annotations

from fractions import Fraction
from math import lcm

from curation.synth.families._chain import Step, Work
from curation.synth.families._family import decimal


def share(answer: str, a: int, b: int, c: int) -> Work:
    part, other = Fraction(c, a + b), Fraction(b * c, a + b)
    return Work(
        answer,
        f"{c} is split into two shares in the ratio {a} to {b}, and the first share is wanted. || The whole is {c}; for every {a} in "
        f"the first share there are {b} in the second.",
        "the first share",
        [Step("The number of equal parts is {}. || In all there are {} parts.", f"{a} + {b}", str(a + b)),
            Step("Each part is worth {}. || One part is {}.", f"{c} \\div {a + b}", decimal(part)),
            Step(f"The first share has {a} of them, so it is {{}}. || {a} {_parts(a)} make {{}}.", f"{a} \\times {decimal(part)}",
                answer)],
        said=f"The first share is {answer}.",
        checks=[f"The other share is {b} × {decimal(part)} = {decimal(other)}, and {answer} + {decimal(other)} = {c}.",
            f"The shares {answer} and {decimal(other)} are in the ratio {a} to {b}, because dividing both by {decimal(part)} gives {a} "
            f"and {b}."],
        traps=[(f"take {a}/{b} of {c}", "The ratio compares the two shares with each other; compared with the whole, the first one is "
                f"{a} parts out of {a + b}."), *([(f"divide {c} by 2", "The two shares are not equal, since the ratio isn't 1 to 1.")]
                if a != b else [])],
        detours=[(f"Dividing by the first number of the ratio, {c} ÷ {a} = {decimal(Fraction(c, a))}.",
                f"But {c} is made of {a + b} parts, not of {a}.")] if a > 1 else [],
        other_way=[f"The first share is $\\frac{{{a}}}{{{a + b}}}$ of the whole, and {c} × {a} = {a * c}, divided by {a + b}, is "
            f"{answer}."]
    )  # fmt: skip


def _parts(count: int) -> str:
    return "part" if count == 1 else "parts"


def scale(answer: str, a: int, b: int) -> Work:
    per = decimal(Fraction(b, 100))
    return Work(
        answer,
        f"One centimeter on paper is {b} centimeters in reality, and the length on paper is {a} centimeters. || Everything is {b} "
        f"times as large in reality, and on paper it measures {a} centimeters.",
        "the real length in meters",
        [Step("In reality the length is {} centimeters.", f"{a} \\times {b}", str(a * b)),
            Step("A meter has 100 centimeters. || 100 centimeters make one meter."),
            Step("In meters that is {}.", f"{a * b} \\div 100", answer)],
        said=f"The real length is {answer} meters.",
        checks=[f"Back to the paper: {answer} meters are {a * b} centimeters, and {a * b} ÷ {b} = {a}."],
        traps=[(f"stop at {a * b}", "That is the length in centimeters, but meters are asked for.")],
        detours=[(f"Divide by the scale: {a} ÷ {b} would make the real thing smaller than the drawing.",
                "A map shows things smaller than they are, so going back means multiplying.")],
        other_way=[f"One centimeter on paper is {per} {'meter' if per == '1' else 'meters'}, and {a} × {per} = {answer}."]
    )  # fmt: skip


def recipe(answer: str, a: int, b: int, c: int) -> Work:
    one, factor = decimal(Fraction(b, a)), Fraction(c, a)
    return Work(
        answer,
        f"For {a} it is {b}, and everything grows in proportion. Now it should be for {c}. || {a} need {b}; the question is what {c} "
        "need.",
        f"the amount that belongs to {c}",
        [Step("For one it is {}. || First for a single one: {}.", f"{b} \\div {a}", one),
            Step(f"For {c} it is {{}}.", f"{c} \\times {one}", answer)],
        said=f"For {c} it is {answer}.",
        checks=[f"{c} is {'more' if c > a else 'fewer'} than {a}, so the amount should be {'larger' if c > a else 'smaller'} than {b}, "
            f"and {answer} is.", f"Both {b}/{a} and {answer} divided by {c} are {one}, the amount for one."],
        traps=[(f"add the difference, {c} - {a} = {c - a}, to {b} and say {b + c - a}" if c > a else
                f"subtract the difference, {a} - {c} = {a - c}, from {b} and say {b - a + c}",
                "In a proportion one multiplies; adding the same number to both sides changes the rate.")] if Fraction(b, a) != 1
        else [],
        detours=[(f"Let me divide the other way round: {a} ÷ {b} = {decimal(Fraction(a, b))}.",
                "That says how many of them one unit is enough for. I need the amount for each of them.")] if a != b else [],
        other_way=[f"The number grows by the factor {c}/{a} = {decimal(factor)}, so the amount does too: {b} × {decimal(factor)} = "
            f"{answer}."]
    )  # fmt: skip


def solve(answer: str, a: int, b: int, c: int) -> Work:
    return Work(
        answer,
        f"The proportion says $\\frac{{x}}{{{a}}} = \\frac{{{b}}}{{{c}}}$. || $x$ is to {a} as {b} is to {c}.",
        "the value of $x$",
        [Step(f"Multiply both sides by {a}: $x = \\frac{{{a} \\cdot {b}}}{{{c}}}$. || Cross-multiplying gives ${c}x = {a} \\cdot {b}$."),
            Step("The product is {}.", f"{a} \\cdot {b}", str(a * b)),
            Step(f"Dividing by {c} gives {{}}.", f"{a * b} \\div {c}", answer)],
        said=f"So $x = {answer}$.",
        checks=[f"Then $x \\cdot {c} = {a * b}$ and ${a} \\cdot {b} = {a * b}$, so the cross products agree."],
        traps=[(f"divide {a} by {b}", f"The {a} and the {b} stand on opposite sides and opposite levels, so they are multiplied.")]
        if b > 1 else [],
        detours=[(f"Cross-multiplying as ${a}x = {b} \\cdot {c}$ gives $x = {decimal(Fraction(b * c, a))}$.",
                f"That pairs the wrong numbers: $x$ belongs together with {c}, the denominator on the other side.")] if a != c else [],
        other_way=[f"The right side is {decimal(Fraction(b, c))}, and {a} times that is {answer}."]
    )  # fmt: skip


def mix(answer: str, a: int, b: int, c: int) -> Work:
    part = decimal(Fraction(c, a + b))
    return Work(
        answer,
        f"Out of every {a + b} parts, {a} are the first thing and {b} the second, and the whole amount is {c}. || The mixture has {a} "
        f"parts of one and {b} parts of the other, {c} in total.",
        "the amount of the first ingredient",
        [Step("One portion has {} parts.", f"{a} + {b}", str(a + b)),
            Step("So one part is {}.", f"{c} \\div {a + b}", part),
            Step(f"The first ingredient has {a} {_parts(a)}: {{}}.", f"{a} \\times {part}", answer)],
        said=f"The amount is {answer}.",
        checks=[f"The other ingredient takes {b} × {part} = {decimal(Fraction(b * c, a + b))}, and both together are {c}."],
        traps=[(f"take {a}/{b} of {c}", f"{c} is the whole mixture, which has {a + b} parts.")],
        detours=[(f"{c} ÷ {b} = {decimal(Fraction(c, b))}, and times {a} that is {decimal(Fraction(c * a, b))}.",
                f"That would be right if {c} were the amount of the second ingredient alone, but it is everything together.")],
        other_way=[f"The first ingredient is $\\frac{{{a}}}{{{a + b}}}$ of everything, and that part of {c} is {answer}."]
    )  # fmt: skip


def three(answer: str, a: int, b: int, c: int, d: int) -> Work:
    parts = a + b + c
    one = decimal(Fraction(d, parts))
    x, y = decimal(Fraction(a * d, parts)), decimal(Fraction(b * d, parts))
    return Work(
        answer,
        f"{d} is split three ways in the ratio {a}:{b}:{c}. || There are three shares, {a} to {b} to {c}, and together they are {d}.",
        "the third share",
        [Step("All three together have {} parts.", f"{a} + {b} + {c}", str(parts)),
            Step("One part is {}.", f"{d} \\div {parts}", one),
            Step(f"The last share has {c} {_parts(c)}, that is {{}}.", f"{c} \\times {one}", answer)],
        said=f"The last share is {answer}.",
        checks=[f"The other two shares are {x} and {y}, and {x} + {y} + {answer} = {d}."],
        traps=[(f"divide {d} by 3", "The three shares are only equal if the ratio numbers are, and they are not.")] if not a == b == c
        else [],
        detours=[(f"Without the third one, {a} + {b} = {a + b} parts, and {d} ÷ {a + b} = {decimal(Fraction(d, a + b))}.",
                f"But the total of {d} contains the third share as well, so all {parts} parts have to be counted.")],
        other_way=[f"The last share is $\\frac{{{c}}}{{{parts}}}$ of {d}: {c} × {d} = {c * d}, and {c * d} ÷ {parts} = {answer}."]
    )  # fmt: skip


def chain(answer: str, a: int, b: int, c: int, d: int, n: int) -> Work:
    x, z, common = decimal(Fraction(n * a, b)), decimal(Fraction(n * d, c)), lcm(b, c)
    f, g = common // b, common // c
    unit = decimal(Fraction(n, common))
    joined = f"{a * f}:{common}:{d * g}"
    return Work(
        answer,
        f"The first to the second is {a} to {b}, the second to the third is {c} to {d}, and there are {n} of the second. || Two ratios "
        f"share the middle group, which has {n} members: {a}:{b} and {c}:{d}.",
        "the number of all of them together",
        [Step(f"The first group is {a if b == 1 else f'{a}/{b}'} {'times' if b == 1 else 'of'} the second. || For every {b} in the "
                f"middle group, {a} {_belong(a)} to the first."),
            Step(f"One {b}{_th(b)} of {n} is {{}}.", f"{n} \\div {b}", decimal(Fraction(n, b))) if b > 1 else Step(
                f"So each one in the middle group goes with {a} in the first."),
            Step("So the first group has {}.", f"{a} \\times {decimal(Fraction(n, b))}", x),
            Step(f"The third group is {d if c == 1 else f'{d}/{c}'} {'times' if c == 1 else 'of'} the second, which gives {{}}.",
                f"{d} \\times {decimal(Fraction(n, c))}", z),
            Step("All three groups together have {}.", f"{x} + {n} + {z}", answer)],
        said=f"In total there are {answer}.",
        checks=[f"The ratio {x} to {n} is {a} to {b}, and {n} to {z} is {c} to {d}, so both conditions hold."],
        traps=[(f"write the three groups as {a}:{b}:{d}", f"The middle group is {b} in one ratio and {c} in the other, so they can't "
                "be joined as they stand.")] if b != c else [],
        detours=[(f"Adding all the ratio numbers, {a} + {b} + {c} + {d} = {a + b + c + d}.",
                "That counts the middle group twice, once in each ratio, and in different units.")],
        other_way=[f"With a common middle of {common} the ratios join to {joined}, which are {a * f + common + d * g} parts.",
            f"The middle shows that one part is {n} ÷ {common} = {unit}, and {a * f + common + d * g} × {unit} = {answer}."]
    )  # fmt: skip


def _belong(count: int) -> str:
    return "belongs" if count == 1 else "belong"


def _th(number: int) -> str:
    return "rd" if number == 3 else "nd" if number == 2 else "th"


def inverse(answer: str, a: int, b: int, c: int) -> Work:
    wrong = decimal(Fraction(b * c, a))
    return Work(
        answer,
        f"With {a} it takes {b} days, and the total amount is always the same. Now there are {c}. || {a} of them take {b} days; how "
        f"long does it take with {c}?",
        f"the number of days with {c}",
        [Step("The total, counted in days of a single one, is {}. || One alone would take {} days.", f"{a} \\times {b}", str(a * b)),
            Step(f"Spread over {c}, that is {{}} days.", f"{a * b} \\div {c}", answer)],
        said=f"It takes {answer} days.",
        checks=[f"With {'more' if c > a else 'fewer'} of them the time has to be {'shorter' if c > a else 'longer'} than {b} days, and "
            f"{answer} is.", f"{c} × {answer} = {a * b}, the same total as {a} × {b}."],
        traps=[(f"use a direct proportion, {b} × {c}/{a} = {wrong}", "More of them don't make it last longer; this proportion is "
                "inverse.")] if a != c else [],
        detours=[(f"For one it would be {b} ÷ {a} = {decimal(Fraction(b, a))} days.",
                f"No: a single one needs longer than all {a} together, not less long.")] if a > 1 else [],
        other_way=[f"The number changes by the factor {c}/{a}, so the days change by the inverse factor {a}/{c}, and {b} × {a}/{c} = "
            f"{answer}."]
    )  # fmt: skip
