"""How problems about overlapping sets are worked out in words, for the family `sets`."""

from __future__ import annotations

from math import lcm

from curation.synth.families._chain import Step, Work


def tell_two(answer: str, kind: str, one: str, two: str, numbers: tuple[int, ...]) -> Work:
    a, b, c, n = (*numbers, 0)[:4]
    x, y, union = a - c, b - c, a + b - c
    steps = {
        "either": [
            Step("If I add the two groups, I get {}.", f"{a} + {b}", str(a + b)),
            Step(f"The {c} in both have been counted twice, so I take them off once: {{}}.", f"{a + b} - {c}", answer),
        ],
        "only": [
            Step(f"Only {one}: {{}}.", f"{a} - {c}", str(x)),
            Step(f"Only {two}: {{}}.", f"{b} - {c}", str(y)),
            Step("Exactly one of the two: {}.", f"{x} + {y}", answer),
        ],
        "neither": [
            Step("Adding the two groups gives {}.", f"{a} + {b}", str(a + b)),
            Step(f"The {c} in both were counted twice, so at least one applies to {{}}.", f"{a + b} - {c}", str(union)),
            Step(f"Of the {n}, that leaves {{}} for neither.", f"{n} - {union}", answer),
        ],
    }[kind]
    whole = f" In total there are {n}." if kind == "neither" else ""
    ask = {
        "either": "the number of people in at least one group",
        "only": "the number of people in exactly one group",
        "neither": "the number of people outside both groups",
    }[kind]
    wrong = {"either": a + b, "only": union, "neither": n - a - b}[kind]
    trap = {
        "either": (
            f"just add, {a} + {b} = {a + b}",
            f"Whoever is in both groups would be counted twice, and there are {c} of those.",
        ),
        "only": (
            f"subtract the {c} only once and say {union}",
            f"Then the {c} are still in it, but they are in both groups.",
        ),
        "neither": (
            f"subtract both groups from the total, {n} - {a} - {b} = {wrong}",
            f"The {c} in both would be taken away twice.",
        ),
    }[kind]
    parts = {
        "either": f"{x} + {y} + {c} = {answer}",
        "only": f"{x} + {y} = {answer}",
        "neither": f"{x} + {y} + {c} + {answer} = {n}",
    }[kind]
    return Work(
        answer,
        f"{a} belong to the first group ({one}), {b} to the second ({two}), and {c} to both.{whole} || The group for {one} has {a} "
        f"members, the group for {two} has {b}, and {c} are in both of them.{whole}",
        ask,
        steps,
        said=f"The number is {answer}.",
        checks=[f"The separate parts are {x} only for {one}, {y} only for {two}, and {c} for both; {parts}."],
        traps=[trap] if c else [],
        detours=[(f"Let me add all three numbers: {a} + {b} + {c} = {a + b + c}.",
                f"That counts the {c} three times: they are in the {a}, in the {b}, and once more.")] if c else [],
        other_way=[f"In a Venn diagram, the overlap is {c}, the rest of the first circle is {a} - {c} = {x}, and the rest of the "
            f"second is {b} - {c} = {y}.", f"Then {parts}."]
    )  # fmt: skip


def tell_overlap(answer: str, one: str, two: str, a: int, b: int, n: int) -> Work:
    c = int(answer)
    return Work(
        answer,
        f"The first set ({one}) has {a} members, the second ({two}) has {b}, and together they cover {n}. || {a} are in one, {b} are "
        f"in the other, and {n} are in at least one of the two.",
        "the number that is in both",
        [Step("Adding the two gives {}.", f"{a} + {b}", str(a + b)),
            Step(f"But there are only {n}, so the overlap has been counted twice: {{}}.", f"{a + b} - {n}", answer)],
        said=f"The overlap is {answer}.",
        checks=[f"Then {a} - {c} = {a - c} are only in the first, {b} - {c} = {b - c} only in the second, and {a - c} + {b - c} + {c} "
            f"= {n}.", f"The overlap cannot be larger than {min(a, b)}, the smaller set, and {answer} isn't."],
        traps=[(f"subtract the sets, {max(a, b)} - {min(a, b)} = {abs(a - b)}",
                "The difference of the sizes says nothing about who is in both.")] if abs(a - b) != c else [],
        detours=[(f"{n} - {a} = {n - a} are not in the first set, so maybe {n - a} is the answer.",
                f"Those {n - a} are in the second set only; the overlap is the rest of the second set.")] if n - a != c else [],
        other_way=[f"{n} - {a} = {n - a} are in the second set only.", f"The second set has {b}, so {b} - {n - a} = {answer} are in "
            "both."]
    )  # fmt: skip


def tell_multiples(answer: str, a: int, b: int, n: int) -> Work:
    m = lcm(a, b)
    x, y, z = n // a, n // b, n // m
    product = a * b
    return Work(
        answer,
        f"The numbers go from 1 to {n}, and I count those that are multiples of {a} or of {b}, or of both. || Among 1, 2, ..., {n}, a "
        f"number counts if {a} or {b} divides it.",
        f"how many numbers up to {n} have such a divisor",
        [Step(f"Multiples of {a}: {n} divided by {a} is {x}{_rest(n, a)}, so there are {x}."),
            Step(f"Multiples of {b}: {n} divided by {b} is {y}{_rest(n, b)}, so there are {y}."),
            Step("Together that is {}.", f"{x} + {y}", str(x + y)),
            Step(f"Multiples of both are multiples of {m}, and there are {z} of them, since {z} × {m} = {z * m}."),
            Step("They were counted twice, so I subtract them once: {}.", f"{x + y} - {z}", answer)],
        said=f"There are {answer} such numbers.",
        checks=[f"The last multiple of {a} is {x * a} and of {b} it is {y * b}; the next ones, {x * a + a} and {y * b + b}, are above "
            f"{n}.", f"Multiples of {a} only: {x} - {z} = {x - z}; of {b} only: {y} - {z} = {y - z}; of both: {z}; in total {answer}."],
        traps=[(f"stop at {x} + {y} = {x + y}", f"Numbers like {m} are multiples of both and have been counted twice."), *([(
                    f"use {a} × {b} = {product} for the numbers divisible by both",
                    f"Already {m} is divisible by both, because {a} and {b} have a common factor.")] if m != product else [])],
        detours=[(f"Numbers divisible by {a} or {b}: I could divide {n} by {a} + {b} = {a + b}, which gives {n // (a + b)}.",
                "Being divisible by one of two numbers has nothing to do with their sum.")]
    )  # fmt: skip


def _rest(n: int, by: int) -> str:
    return f", remainder {n % by}" if n % by else ""


def tell_three(answer: str, kind: str, w: dict[str, str], numbers: tuple[int, ...]) -> Work:
    a, b, c, d, e, f, g = numbers[:7]
    x, y, z = a - d - e + g, b - d - f + g, c - e - f + g
    union, singles, pairs = a + b + c - d - e - f + g, a + b + c, d + e + f
    one, two, three = w["first"], w["second"], w["third"]
    if kind == "one":
        steps = [
            Step(f"Only {one}: from {a} I take those in a pair, {d} and {e}, and give back the {g} that were taken twice: {{}}.",
                f"{a} - {d} - {e} + {g}", str(x)),
            Step(f"Only {two}, in the same way: {{}}.", f"{b} - {d} - {f} + {g}", str(y)),
            Step(f"Only {three}: {{}}.", f"{c} - {e} - {f} + {g}", str(z)),
            Step("Exactly one of the three: {}.", f"{x} + {y} + {z}", answer)]  # fmt: skip
    else:
        steps = [
            Step("The three groups add up to {}.", f"{a} + {b} + {c}", str(singles)),
            Step("The pairs add up to {}.", f"{d} + {e} + {f}", str(pairs)),
            Step("Whoever is in a pair was counted twice, so the pairs come off: {}.", f"{singles} - {pairs}", str(singles - pairs)),
            Step(f"The {g} in all three were added three times and taken off three times, so they have to be added again: {{}}.",
                f"{singles - pairs} + {g}", str(union))]  # fmt: skip
    if kind == "none":
        steps.append(Step(f"Of {numbers[-1]} people, that leaves {{}}.", f"{numbers[-1]} - {union}", answer))
    whole = f" There are {numbers[-1]} people in all." if kind == "none" else ""
    regions = f"{x} only {one}, {y} only {two}, {z} only {three}, {d - g}, {e - g} and {f - g} in exactly two groups, and {g} in all three"
    trap = {
        "three": (
            f"subtract the pairs and stop at {singles - pairs}",
            f"The {g} in all three groups have then been removed completely and must be put back.",
        ),
        "none": (
            f"subtract only the singles and add nothing back, {numbers[-1]} - {singles} = {numbers[-1] - singles}",
            "Many people are in more than one group and would be taken off more than once.",
        ),
        "one": (
            f"take the pairs off only once, {singles} - {pairs} = {singles - pairs}",
            "Somebody in exactly two groups is counted "
            "twice among the single groups, so taking a pair off once still leaves that person in.",
        ),
    }[kind]
    total = {
        "three": f"They add up to {answer}.",
        "none": f"They add up to {union}, and {union} + {answer} = {numbers[-1]}.",
        "one": f"The first three add up to {answer}.",
    }[kind]
    return Work(
        answer,
        f"The groups have {a}, {b} and {c} members, the pairs of groups share {d}, {e} and {f}, and {g} are in all three.{whole} || "
        f"{one}: {a}, {two}: {b}, {three}: {c}; shared by two: {d}, {e}, {f}; shared by all: {g}.{whole}",
        {"three": "the number of people in at least one of the groups", "none": "the number of people in none of the groups", "one":
            "the number of people in exactly one of the groups"}[kind],
        steps,
        said=f"The number is {answer}.",
        checks=[f"Filling in a Venn diagram from the inside: {regions}. {total}"],
        traps=[trap] if g and (kind != "none" or numbers[-1] > singles) else [],
        detours=[(f"Adding everything, {singles} + {pairs} + {g} = {singles + pairs + g}.",
                "That counts people in several groups again and again, and it grows where it should shrink.")],
        other_way=[f"By formula, exactly one is {singles} - 2 × {pairs} + 3 × {g} = {answer}."] if kind == "one" else [
            f"From the inside out: {g} in all three, then {d - g} + {e - g} + {f - g} = {pairs - 3 * g} in exactly two, then {x} + {y} "
            f"+ {z} = {x + y + z} in exactly one.", f"Together {g} + {pairs - 3 * g} + {x + y + z} = {union}" + (
                f", and {numbers[-1]} - {union} = {answer}." if kind == "none" else ".")]
    )  # fmt: skip
