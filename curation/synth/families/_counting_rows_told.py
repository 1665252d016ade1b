"""How orders in a row and paths on a grid are counted in words, for the family `counting`: one function per kind."""

from __future__ import annotations

from math import comb, factorial, prod

from curation.synth.families._chain import Step, Work
from curation.synth.families._counting_told import chained, choose
from curation.synth.families._notation import listed


def row(answer: str, w: dict[str, str], a: int) -> Work:
    return Work(
        answer,
        f"There are {a} places in a row and {a} different {w['things']}. || All {a} {w['things']} are different and "
        f"each gets one of {a} places.",
        f"the number of orders of {a} things",
        [
            Step(f"For the first place there are {a} possibilities, for the second {a - 1}, and so on down to 1. || "
                 f"Each place leaves one {w['things'][:-1]} less for the next: {a}, then {a - 1}, and so on."),
            *chained(list(range(a, 1, -1)), f"I have to multiply all numbers from {a} down to 1, and the first two "
                                           "make {}. || The first two places together give {} possibilities."),
        ],
        said=f"There are {answer} orders.",
        checks=[f"That is ${a}! = {a} \\cdot {a - 1}! = {a} \\cdot {factorial(a - 1)} = {answer}$."],
        traps=[(f"say {a} × {a} = {a * a}", f"That counts only two places, and it would let one of the {w['things']} "
                                            "be used twice.")],
        trials=[f"With 2 {w['things']} there are 2 orders.", "With 3 there are 3 · 2 = 6.",
                "So each new one multiplies the number by how many there are then."],
    )  # fmt: skip


def paths(answer: str, w: dict[str, str], a: int, b: int) -> Work:
    east, north = ("east", "north") if "town" in w else ("to the right", "up")
    return Work(
        answer,
        f"Every path has {a} steps {east} and {b} steps {north}, in some order. || A path is a sequence of {a + b} "
        f"steps, {a} of them {east} and {b} {north}.",
        "the number of such paths",
        [
            Step("Altogether a path has {} steps.", f"{a} + {b}", str(a + b)),
            Step(f"It is fixed by saying which {a} of the {a + b} steps go {east}. || Choosing the places of the {a} "
                 f"steps {east} decides everything."),
            *choose(a + b, a, "paths"),
        ],
        said=f"There are {answer} paths.",
        traps=[(f"multiply {a} × {b} = {a * b}", "That counts the squares of the grid, not the ways through it.")]
        if a * b != int(answer) else [],
        checks=["The last step comes "
                f"{'from the west or from the south' if 'town' in w else 'from the left or from below'}: "
                f"{comb(a + b - 1, a - 1)} + {comb(a + b - 1, a)} = {answer} paths."],
        trials=[f"With 1 step {east} and 1 step {north} there are 2 paths.",
                "With 2 and 1 there are 3, with 2 and 2 there are 6.",
                "These are the numbers of Pascal's triangle."],
    )  # fmt: skip


def through(answer: str, a: int, b: int, c: int, d: int) -> Work:
    p, q = comb(a + b, a), comb(c - a + d - b, c - a)
    return Work(
        answer,
        f"The path goes from $(0, 0)$ to $({a}, {b})$ and from there to $({c}, {d})$, only right and up. || There are "
        f"two parts: first to $({a}, {b})$, then on to $({c}, {d})$.",
        "the number of paths through the given point",
        [
            Step(f"The first part goes {a} to the right and {b} up. || To $({a}, {b})$ it is {a} to the right and {b} "
                 "up."),
            *choose(a + b, a, "first parts"),
            Step(f"The second part goes {c - a} to the right and {d - b} up. || From there it is {c - a} to the right "
                 f"and {d - b} up."),
            *choose(c - a + d - b, c - a, "second parts"),
            Step("Each first part can be continued by each second part, so I get {}.", f"{p} \\times {q}", answer),
        ],
        said=f"There are {answer} such paths.",
        traps=[(f"count all paths to $({c}, {d})$, of which there are {comb(c + d, c)}",
                f"Many of those miss the point $({a}, {b})$."),
               (f"add {p} and {q}", "A path needs both parts, so the numbers multiply.")],
        checks=[f"It must be fewer than all {comb(c + d, c)} paths to $({c}, {d})$, and {answer} is."],
    )  # fmt: skip


def letters(answer: str, w: dict[str, str], *counts: int) -> Work:
    n, several = sum(counts), [(ch, k) for ch, k in zip(w["letters"], counts, strict=True) if k > 1]
    said = listed([f"{ch} occurs {k} times" for ch, k in several] or [""])
    below = prod(factorial(k) for _, k in several)
    steps = [
        Step(f"If all {n} letters were different, there would be ${n}! = {factorial(n)}$ arrangements. || Taken as "
             f"different, the {n} letters have ${n}! = {factorial(n)}$ orders."),
        *[Step(f"Exchanging the {k} letters {ch} changes nothing, so every arrangement is counted ${k}! = "
               f"{factorial(k)}$ times for them. || The {k} letters {ch} can be exchanged in ${k}! = {factorial(k)}$ "
               "ways without a visible change.") for ch, k in several],
        *(chained([factorial(k) for _, k in several], "All repeats together: each arrangement is counted {} times.")
          if len(several) > 1 else []),
        *([Step("So the number is {}. || Dividing gives {}.", f"{factorial(n)} \\div {below}", answer)] if several else []),
    ]  # fmt: skip
    return Work(
        answer,
        f"The row {w['word']} has {n} letters{f', and {said}' if several else ', all different'}. || There are {n} "
        f"letters to be put in order{f'; among them, {said}' if several else ', no two of them equal'}.",
        "the number of different arrangements",
        steps,
        said=f"There are {answer} arrangements.",
        traps=[(f"answer ${n}! = {factorial(n)}$",
                "Equal letters cannot be told apart, so this counts each arrangement several times.")]
        if several else [],
        checks=[_placed(n, several, answer)] if several else [f"By hand: {' · '.join(map(str, range(n, 0, -1)))} = "
                                                              f"{answer}."],
    )  # fmt: skip


def _placed(n: int, several: list[tuple[str, int]], answer: str) -> str:
    """The same number by choosing places for the repeated letters and ordering the rest."""
    free, told, total = n, [], 1
    for ch, k in several:
        told.append(f"the letters {ch} can take their places in $\\binom{{{free}}}{{{k}}} = {comb(free, k)}$ ways")
        total *= comb(free, k)
        free -= k
    rest = f", and the other {free} letters in ${free}! = {factorial(free)}$" if free > 1 else ""
    assert total * factorial(free) == int(answer)
    return f"Place by place, {listed(told)}{rest}; the product is {answer}."


def together(answer: str, w: dict[str, str], a: int) -> Work:
    x, y = w["name"], w["other"]
    return Work(
        answer,
        f"{a} people sit in a row, and {x} and {y} are neighbors. || The row has {a} seats, and {x} and {y} want to "
        "be side by side.",
        f"the number of orders in which {x} and {y} are neighbors",
        [
            Step(f"Tie {x} and {y} together, so that there are {{}} units to arrange. || Think of the two as one "
                 "block; then there are {} units.", f"{a} - 1", str(a - 1)),
            Step(f"The units have ${a - 1}! = {factorial(a - 1)}$ orders. || These can be ordered in ${a - 1}! = "
                 f"{factorial(a - 1)}$ ways."),
            Step("Inside the block the two can sit in 2 ways, so it is {}. || Either of the two may be on the "
                 "left: {}.",
                 f"2 \\times {factorial(a - 1)}", answer),
        ],
        said=f"There are {answer} such orders.",
        traps=[(f"stop at {factorial(a - 1)}", f"{x} may sit to the left or to the right of {y}, so each of these "
                                               "counts twice.")],
        checks=[f"The pair can take {a - 1} pairs of neighboring seats in 2 ways, and the others fill the rest in "
                f"${a - 2}! = {factorial(a - 2)}$ ways: {a - 1} · 2 · {factorial(a - 2)} = {answer}."],
    )  # fmt: skip


def apart(answer: str, w: dict[str, str], a: int) -> Work:
    x, y = w["name"], w["other"]
    close = 2 * factorial(a - 1)
    return Work(
        answer,
        f"{a} people sit in a row, but {x} and {y} must not be neighbors. || The row has {a} seats, with {x} and {y} "
        "not side by side.",
        f"the number of orders in which {x} and {y} are apart",
        [
            Step(f"Without any condition there are ${a}! = {factorial(a)}$ orders. || All orders together are ${a}! = "
                 f"{factorial(a)}$."),
            Step(f"For those where the two are neighbors, treat them as one block: ${a - 1}! = {factorial(a - 1)}$ "
                 f"orders of the units. || As a block, the two and the others have ${a - 1}! = {factorial(a - 1)}$ "
                 "orders."),
            Step("The block can be turned around, which makes {}. || Inside the block there are 2 ways, so {} "
                 "orders are not wanted.",
                 f"2 \\times {factorial(a - 1)}", str(close)),
            Step("The rest is {}. || Taking these away, {} remain.", f"{factorial(a)} - {close}", answer),
        ],
        said=f"There are {answer} such orders.",
        traps=[(f"take away only {factorial(a - 1)}",
                f"The block exists in two forms, with {x} on the left or on the right.")],
        checks=[f"The other {a - 2} sit in ${a - 2}! = {factorial(a - 2)}$ orders and leave {a - 1} gaps, of which "
                f"{x} and {y} take two different ones: {factorial(a - 2)} · {a - 1} · {a - 2} = {answer}."],
    )  # fmt: skip
