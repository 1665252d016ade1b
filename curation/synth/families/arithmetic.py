"""Word problems in whole numbers: getting, giving, buying, packing, sharing, earning."""

from __future__ import annotations

from curation.synth.families._chain import Step, Work
from curation.synth.families._family import Parsed, Phrasings, Problem
from curation.synth.families._rng import Rng
from curation.synth.families._words import BOXES, COUNTABLE, GOODS, RELATIVES, SHOPS, person

PHRASINGS = Phrasings("""
    give: <name> has <a> <thing>. <He> gives <b> of them to <his> <relative> and then buys <c> more. How many \
        <thing> does <name> have now?
    | There are <a> <thing> in <name>'s drawer. After <he> hands <b> to <his> <relative>, <he> finds <c> more in \
        the attic. How many <thing> does <name> have in the end?
    | <name> collects <thing>. On Monday <he> had <a>, on Tuesday <he> traded away <b>, and on Wednesday <his> \
        <relative> sent <him> another <c>. How many <thing> does <he> own after that?
    pack: <name> buys <a> <box> with <b> <thing> in each and keeps all but <c> of them. How many <thing> does <he> \
        keep?
    | A shelf in the shop holds <a> <box> of <thing>, <b> to each of the <box>. By noon, <name> has sold <c> \
        <thing>. How many <thing> are still on the shelf?
    | <name> fills <a> <box> with <b> <thing> each. Later <he> takes out <c> <thing> for <his> <relative>. How many \
        <thing> remain in the <box>?
    shop: At the <shop>, <name> buys <a> <thing> at <b> dollars each and <c> <item> at <d> dollars each. How many \
        dollars does <he> spend in total?
    | <name> needs <a> <thing> and <c> <item>. At the <shop> the <thing> cost <b> dollars apiece and the <item> \
        cost <d> dollars apiece. What is the total price in dollars?
    change: <name> pays for <a> <thing> at <b> dollars each with <c> dollars. How much change, in dollars, does \
        <he> get back?
    | The <shop> charges <b> dollars for each of the <thing>. <name> takes <a> and hands over <c> dollars. How many \
        dollars come back to <him>?
    share: <name> bakes <a> cookies, and <b> of them burn. The rest are shared equally among <c> children. How many \
        cookies does each child get?
    | Of <a> <thing>, <b> are damaged and thrown away. <name> divides the others equally into <c> <box>. How many \
        <thing> go into each of the <box>?
    earn: <name> works <a> hours a day for <b> days and earns <c> dollars per hour. <He> then spends <d> dollars on \
        a present. How many dollars are left?
    | For <b> days <name> tutors <a> hours every day at <c> dollars an hour, and afterwards pays <d> dollars for \
        books. How much of the money, in dollars, is left over?
    grow: On the first day <name> picked <a> baskets of berries. On the second day <he> picked <b> times as many, \
        and on the third day <c> baskets fewer than on the second. How many baskets did <he> pick in all three days?
    | <name> read <a> pages on Friday, <b> times as many on Saturday, and on Sunday <c> pages fewer than on \
        Saturday. How many pages is that altogether?
""")
LEVEL_KINDS = (
    ("give",),
    ("give", "pack", "change"),
    ("pack", "shop", "change", "share"),
    ("shop", "share", "earn"),
    ("earn", "grow"),
)


def make(rng: Rng, level: int) -> Problem:
    """A problem of difficulty 1 to 5."""
    kind = rng.choice(LEVEL_KINDS[level - 1])
    top = (36, 50, 80, 140, 300)[level - 1]
    a, b, c, d = _numbers(kind, rng, top)
    words = {
        **person(rng),
        "thing": rng.choice(COUNTABLE),
        "relative": rng.choice(RELATIVES),
        "box": rng.choice(BOXES),
        "shop": rng.choice(SHOPS),
    }
    if kind in ("shop", "change"):
        words["thing"], words["item"] = rng.sample(GOODS, 2)
    text = PHRASINGS.write(rng, kind, {**words, "a": a, "b": b, "c": c, "d": d})
    return Problem(text, str(_value(kind, (a, b, c, d))))


def _numbers(kind: str, rng: Rng, top: int) -> tuple[int, int, int, int]:
    a, b, c, d = (
        rng.randint(4, top),
        rng.randint(3, max(4, top // 3)),
        rng.randint(2, max(3, top // 3)),
        rng.randint(2, 20),
    )
    if kind == "give":
        a = a + b
    if kind == "pack":
        a, c = rng.randint(3, max(4, top // 4)), rng.randint(2, 3 * b)
        c = min(c, a * b - 1)
    if kind in ("shop", "change"):
        a, b, c = rng.randint(2, max(3, top // 6)), rng.randint(2, 25), rng.randint(2, max(3, top // 6))
    if kind == "change":
        c = (a * b // 10 + rng.randint(1, 3)) * 10
    if kind == "share":
        c = rng.randint(2, max(3, top // 8))
        a = b + c * rng.randint(2, max(3, top // 5))
    if kind == "earn":
        a, b, c = rng.randint(2, 9), rng.randint(3, 20), rng.randint(9, 24)
        d = rng.randint(10, max(11, a * b * c // 2))
    if kind == "grow":
        b = rng.randint(2, 4)
        c = rng.randint(1, a * b - 1)
    return a, b, c, d


def parse(text: str) -> Parsed | None:
    """The problem that a text states, or None for anything else."""
    return PHRASINGS.integers(text)


def _value(kind: str, numbers: tuple[int, ...]) -> int:
    a, b, c, d = (*numbers, 0)[:4]
    return {
        "give": lambda: a - b + c,
        "pack": lambda: a * b - c,
        "shop": lambda: a * b + c * d,
        "change": lambda: c - a * b,
        "share": lambda: (a - b) // c,
        "earn": lambda: a * b * c - d,
        "grow": lambda: a + a * b + a * b - c,
    }[kind]()


def solve(parsed: Parsed) -> str:
    """The exact answer as TeX. ValueError if there is none."""
    a, b, c = parsed.numbers[:3]
    value = _value(parsed.kind, parsed.numbers)
    if value < 0 or (parsed.kind == "share" and (not c or (a - b) % c)):
        raise ValueError("no whole number of things answers this")
    return str(value)


def explain(parsed: Parsed, rng: Rng) -> Work:
    """What there is to tell about the solution."""
    kind, w, numbers, answer = parsed.kind, parsed.words, parsed.numbers, solve(parsed)
    thing = w.get("thing", "cookies" if kind == "share" else "dollars")
    name = w.get("name", "someone")
    if kind in ("give", "change"):
        return (_give if kind == "give" else _change)(answer, name, thing, *numbers)
    if kind in ("pack", "share"):
        return (_pack if kind == "pack" else _share)(answer, thing, w, *numbers)
    if kind == "shop":
        return _shop(answer, name, thing, w, *numbers)
    return _earn(answer, name, *numbers) if kind == "earn" else _grow(answer, *numbers)


def _give(answer: str, name: str, thing: str, a: int, b: int, c: int) -> Work:
    left = a - b
    return Work(
        answer,
        f"{name} starts with {a} {thing}, loses {b}, and then gains {c}.",
        f"the number of {thing} at the end",
        [
            Step(f"After giving away {b} there are {{}} {thing}.", f"{a} - {b}", str(left)),
            Step("With the new ones that makes {}.", f"{left} + {c}", answer),
        ],
        said=f"{name} ends up with {answer} {thing}.",
        checks=[f"Going backwards, {answer} - {c} = {left}, and {left} + {b} = {a}, which is the number at the start."],
        traps=[
            (
                f"add all three numbers, {a} + {b} + {c} = {a + b + c}",
                f"The {b} {thing} leave, so they have to be subtracted.",
            )
        ],
        other_way=[f"The net change is {c} - {b} = {c - b}, and {a} {'+' if c >= b else '-'} {abs(c - b)} = {answer}."],
    )


def _pack(answer: str, thing: str, w: dict[str, str], a: int, b: int, c: int) -> Work:
    return Work(
        answer,
        f"There are {a} {w['box']} with {b} {thing} each, and {c} {thing} are taken away.",
        f"the number of {thing} left",
        [
            Step(f"All the {w['box']} together hold {{}} {thing}.", f"{a} \\times {b}", str(a * b)),
            Step(f"Without the {c} that are gone, {{}} {thing} are left.", f"{a * b} - {c}", answer),
        ],
        said=f"{answer} {thing} are left.",
        checks=[
            f"{answer} + {c} = {a * b}, and {a * b} split over {a} {w['box']} is {b} each.",
            f"The total of {a * b} is a bit more than the answer {answer}, by exactly {c}.",
        ],
        traps=[
            (
                f"take the {c} away first and compute {a} × ({b} - {c})",
                f"That would take {c} out of every single one of the {w['box']}, but only {c} are taken in all.",
            )
        ]
        if b > c
        else [],
    )


def _shop(answer: str, name: str, thing: str, w: dict[str, str], a: int, b: int, c: int, d: int) -> Work:
    item = w["item"]
    return Work(
        answer,
        f"{name} buys {a} {thing} for {b} dollars each and {c} {item} for {d} dollars each.",
        "the total cost in dollars",
        [
            Step(f"The {thing} cost {{}} dollars.", f"{a} \\times {b}", str(a * b)),
            Step(f"The {item} cost {{}} dollars.", f"{c} \\times {d}", str(c * d)),
            Step("Together that is {} dollars.", f"{a * b} + {c * d}", answer),
        ],
        said=f"The total is {answer} dollars.",
        checks=[
            f"Taking the {item} off again, {answer} - {c * d} = {a * b}, and {a * b} divided by {a} is "
            f"{b}, the price of one of the {thing}."
        ],
        traps=[
            (
                f"add up the things, {a} + {c} = {a + c}, and use one price for all of them",
                f"The prices differ: the {thing} cost {b} and the {item} cost {d}.",
            )
        ]
        if b != d
        else [],
    )


def _change(answer: str, name: str, thing: str, a: int, b: int, c: int) -> Work:
    return Work(
        answer,
        f"{name} buys {a} {thing} at {b} dollars each and pays with {c} dollars.",
        "the change in dollars",
        [
            Step(f"The {thing} cost {{}} dollars altogether.", f"{a} \\times {b}", str(a * b)),
            Step("The change is {} dollars.", f"{c} - {a * b}", answer),
        ],
        said=f"The change is {answer} dollars.",
        checks=[f"The price plus the change is {a * b} + {answer} = {c}, exactly what was paid."],
        traps=[
            (
                f"subtract a single price, {c} - {b} = {c - b}",
                f"That would be right for one of the {thing}, but there are {a}.",
            )
        ]
        if c > b
        else [],
    )


def _share(answer: str, thing: str, w: dict[str, str], a: int, b: int, c: int) -> Work:
    parts = w.get("box", "children")
    return Work(
        answer,
        f"There are {a} {thing} at first, {b} of them are lost, and the rest is split equally into {c} shares.",
        "the size of one share",
        [
            Step(f"Once the {b} are gone, {{}} {thing} are left.", f"{a} - {b}", str(a - b)),
            Step(f"Split over {c} {parts}, that gives {{}} for each.", f"{a - b} \\div {c}", answer),
        ],
        said=f"Each share has {answer} {thing}.",
        checks=[f"{c} × {answer} = {a - b}, and adding the lost {b} gives {a} again."],
        traps=[
            (
                f"divide the whole {a} by {c}",
                f"{b} of the {thing} are gone before the sharing starts, so they must come off first.",
            )
        ],
    )


def _earn(answer: str, name: str, a: int, b: int, c: int, d: int) -> Work:
    return Work(
        answer,
        f"{name} works {a} hours on each of {b} days, at {c} dollars an hour, and later spends {d} dollars.",
        "the number of dollars left",
        [
            Step("In total that is {} hours of work.", f"{a} \\times {b}", str(a * b)),
            Step("The pay for it is {} dollars.", f"{a * b} \\times {c}", str(a * b * c)),
            Step(f"After spending {d}, there are {{}} dollars left.", f"{a * b * c} - {d}", answer),
        ],
        said=f"{name} has {answer} dollars left.",
        checks=[
            f"One day pays {a} × {c} = {a * c} dollars, so {b} days pay {a * b * c}, and {a * b * c} - {d} = {answer}."
        ],
        traps=[
            (
                f"forget the hours and take {b} × {c} = {b * c}",
                f"The {c} dollars are per hour, and each day has {a} hours of work.",
            )
        ],
    )


def _grow(answer: str, a: int, b: int, c: int) -> Work:
    second, third = a * b, a * b - c
    return Work(
        answer,
        f"The first day gives {a}, the second {b} times that, and the third {c} fewer than the second.",
        "the sum over the three days",
        [
            Step("On the second day it is {}.", f"{b} \\times {a}", str(second)),
            Step("On the third day it is {}.", f"{second} - {c}", str(third)),
            Step("All three days together make {}.", f"{a} + {second} + {third}", answer),
        ],
        said=f"The three days together make {answer}.",
        checks=[
            f"Without the {c} fewer it would be {a} + {second} + {second} = {a + 2 * second}, and "
            f"{a + 2 * second} - {c} = {answer}."
        ],
        traps=[
            (
                f"take {c} off the first day for the third day",
                "The third day is compared with the second day, not with the first.",
            )
        ],
    )
