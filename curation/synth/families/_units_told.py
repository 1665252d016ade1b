"""How conversions of units are worked out in words, for the family `units`."""

from __future__ import annotations

from fractions import Fraction

from curation.synth.families._calculation import exact
from curation.synth.families._chain import Step, Work
from curation.synth.families._family import decimal


def _one(unit: str) -> str:
    return {"dozens": "dozen", "pieces": "piece"}.get(unit, unit.removesuffix("s"))


def tell_converted(answer: str, given: str, wanted: str, shown: str, ratio: Fraction) -> Work:
    down = ratio < 1
    k = exact(1 / ratio if down else ratio)
    wrong = exact(Fraction(shown) / ratio)
    fact = f"One {_one(wanted)} is {k} {given}." if down else f"One {_one(given)} is {k} {wanted}."
    left = f"{shown} \\div {k}" if down else f"{shown} \\times {k}"
    size = "smaller" if down else "larger"
    why = "The new unit is smaller, so more of them are needed and I multiply. || Going to a smaller unit means multiplying."
    if down:
        why = "The new unit is larger, so fewer of them are needed and I divide. || Going to a larger unit means dividing."
    return Work(
        answer,
        f"The value is {shown} {given}, and it should be given in {wanted}. || {shown} {given} are to be changed into {wanted}.",
        f"the same value in {wanted}",
        [Step(f"{fact} || I need the relation between the units: {_small(fact)}"),
            Step(why),
            Step(f"That gives {{}} {wanted}.", left, answer)],
        said=f"It is {answer} {wanted}.",
        checks=[f"Back again: {answer} {wanted} {f'times {k}' if down else f'divided by {k}'} is {shown} {given}.",
            f"The unit got {'larger' if down else 'smaller'}, so the number should get {size}, and {answer} is {size} than {shown}."],
        traps=[(f"{'multiply' if down else 'divide'} by {k} and get {wrong}",
                f"That would make the number {'larger' if down else 'smaller'}, but in {wanted} it has to be {size}.")]
    )  # fmt: skip


def _small(text: str) -> str:
    return text[0].lower() + text[1:]


def tell_mixed(answer: str, large: str, small: str, a: int, b: int, k: int) -> Work:
    return Work(
        answer,
        f"There are {a} {large} and another {b} {small}. || The value has two parts: {a} {large}, and {b} {small} more.",
        f"the whole in {small}",
        [Step(f"One {_one(large)} is {k} {small}. || For one {_one(large)} I count {k} {small}."),
            Step(f"So the {a} {large} are {{}} {small}.", f"{a} \\times {k}", str(a * k)),
            Step(f"With the rest that makes {{}} {small}.", f"{a * k} + {b}", answer)],
        said=f"In total it is {answer} {small}.",
        checks=[f"Dividing back, {answer} ÷ {k} is {a} with remainder {b}, which are the {a} {large} and {b} {small}."],
        traps=[(f"write the numbers side by side, {a}{b}", "That only works if the unit changes by a power of ten and all the places "
                f"are filled; here one {_one(large)} is {k} {small}.")] if f"{a}{b}" != answer else [],
        detours=[(f"{a} + {b} = {a + b}.", f"Those are different units; {large} and {small} can't be added like that.")],
        other_way=[f"One more of the {large} would be {(a + 1) * k} {small}, and that is {k} - {b} = {k - b} too many: {(a + 1) * k} - "
            f"{k - b} = {answer}."]
    )  # fmt: skip


def tell_square(answer: str, given: str, wanted: str, a: int, ratio: Fraction) -> Work:
    down = ratio < 1
    k = int(1 / ratio if down else ratio)
    big, little = (wanted, given) if down else (given, wanted)
    wrong = exact(a * ratio)
    return Work(
        answer,
        f"The area is {a} square {given}, wanted in square {wanted}. || {a} square {given} are to be written in square {wanted}.",
        f"the area in square {wanted}",
        [Step(f"One {_one(big)} is {k} {little}."),
            Step(f"A square with that side has {{}} square {little}.", f"{k} \\times {k}", str(k * k)),
            Step(f"So the area is {{}} square {wanted}.", f"{a} \\{'div' if down else 'times'} {k * k}", answer)],
        said=f"The area is {answer} square {wanted}.",
        checks=[f"A square {_one(big)} is {k} rows of {k} square {little}, so {k * k} of them, and {a} {'÷' if down else '×'} {k * k} "
            f"= {answer}."],
        traps=[(f"use the factor {k} for lengths and say {wrong}", "An area changes by the square of that factor, since both sides "
                "change.")],
        detours=[(f"Twice the factor, because there are two sides: 2 × {k} = {2 * k}.",
                "No, the two sides are multiplied with each other, so the factors are multiplied too.")] if k != 2 else []
    )  # fmt: skip


def tell_speed(answer: str, a: int, *, back: bool) -> Work:
    if back:
        per_hour = a * 3600
        steps = [
            Step("An hour has {} seconds.", "60 \\times 60", "3600"),
            Step("In an hour the distance is {} meters.", f"{a} \\times 3600", str(per_hour)),
            Step("In kilometers that is {}.", f"{per_hour} \\div 1000", answer)]  # fmt: skip
        trap = (
            f"divide {a} by 3.6",
            "From meters per second to kilometers per hour the number gets larger, so it has to be multiplied.",
        )
        check = f"With the factor 3.6: {a} × 3.6 = {answer}."
    else:
        steps = [
            Step("A kilometer has 1000 meters, so in an hour it is {} meters.", f"{a} \\times 1000", str(a * 1000)),
            Step("An hour has {} seconds.", "60 \\times 60", "3600"),
            Step("So in a second it is {} meters.", f"{a * 1000} \\div 3600", answer)]  # fmt: skip
        trap = (
            f"multiply {a} by 3.6 and get {exact(Fraction(a * 36, 10))}",
            "In a second it goes less far than in an hour, and the number has to get smaller.",
        )
        check = f"With the factor 3.6: {answer} × 3.6 = {a}."
    wrong = exact(Fraction(a * 60, 1000)) if back else exact(Fraction(a * 1000, 60))
    return Work(
        answer,
        f"The speed is {a} {'meters per second' if back else 'kilometers per hour'}. || {a} "
        f"{'meters every second' if back else 'kilometers every hour'}, that is how fast it is.",
        f"the same speed in {'kilometers per hour' if back else 'meters per second'}",
        steps,
        said=f"The speed is {answer} {'kilometers per hour' if back else 'meters per second'}.",
        checks=[check],
        traps=[trap],
        detours=[(f"With 60 instead of 3600, I would get {wrong}.", "But 60 is the number of seconds in a minute, and the speed is per "
                "hour." if not back else "But 60 seconds are only a minute, and I need a whole hour.")],
        other_way=["Both changes at once: "
            f"{'times 3600 and divided by 1000 is times 3.6' if back else 'times 1000 and divided by 3600 is the same as divided by 3.6'}, "
            f"and {a} {'×' if back else '÷'} 3.6 = {answer}."]
    )  # fmt: skip


def tell_rate(answer: str, a: int, b: int, units: tuple[str, str]) -> Work:
    small, large = units
    return Work(
        answer,
        f"Every minute it is {a} {small}, and the time is {b} hours. || The rate is {a} {small} per minute, over {b} hours, and the "
        f"result is wanted in {large}.",
        f"the total in {large}",
        [Step("First the time: the hours have {} minutes.", f"{b} \\times 60", str(b * 60)),
            Step(f"In that time it is {{}} {small}.", f"{a} \\times {b * 60}", str(a * b * 60)),
            Step(f"A {_one(large)} has 1000 {small}, so that is {{}} {large}.", f"{a * b * 60} \\div 1000", answer)],
        said=f"The total is {answer} {large}.",
        checks=[f"In one hour it is {a} × 60 = {a * 60} {small}, or {exact(Fraction(a * 60, 1000))} {large}, and {b} times that is "
            f"{answer}."],
        traps=[(f"multiply {a} by {b} and get {a * b}", "The rate is per minute, but the time is in hours."), (f"stop at {a * b * 60}",
                f"That is in {small}, but {large} are wanted.")],
        detours=[(f"{b} hours are {b * 3600} seconds, and {a} × {b * 3600} = {a * b * 3600}.",
                "The rate is per minute and not per second, so seconds are the wrong unit here.")],
        other_way=[f"{a} {small} a minute are {exact(Fraction(a * 60, 1000))} {large} an hour, because 60 × {a} = {60 * a}. Times {b} "
            f"hours, that is {answer}."]
    )  # fmt: skip


def tell_heap(answer: str, a: int, b: int) -> Work:
    return Work(
        answer,
        f"There are {b} pieces, and each weighs {a} grams. || One piece has {a} grams, and there are {b} of them.",
        "the total weight in kilograms",
        [Step("All of them together weigh {} grams.", f"{b} \\times {a}", str(a * b)),
            Step("A kilogram has 1000 grams. || 1000 grams are one kilogram."),
            Step("So that is {} kilograms.", f"{a * b} \\div 1000", answer)],
        said=f"They weigh {answer} kilograms.",
        checks=[f"{answer} kilograms are {a * b} grams, and {a * b} ÷ {b} = {a} grams for each."],
        traps=[(f"answer {a * b}", "That is the weight in grams; the question is about kilograms."), (
                f"divide by 100 and say {exact(Fraction(a * b, 100))}", "A kilogram has 1000 grams and not 100.")],
        detours=[(f"Adding {a} and {b} gives {a + b}.", "Each piece has that weight, so the weights repeat and I have to multiply.")],
        other_way=[f"One piece weighs {exact(Fraction(a, 1000))} kilograms, and {b} × {exact(Fraction(a, 1000))} = {answer}."]
    )  # fmt: skip


def tell_old(answer: str, w: dict[str, str], a: int, b: int, c: int) -> Work:
    one, two, three = w["unit"], w["units2"], w["units3"]
    return Work(
        answer,
        f"One {one} is {a} {two}, and each of those is {b} {three}. I have {c} to begin with. || From the {one} to the {two} it is a "
        f"factor of {a}, from the {two} to the {three} a factor of {b}, and the number to change is {c}.",
        f"the value in {three}",
        [Step(f"First into {two}: {{}}.", f"{c} \\times {a}", str(c * a)),
            Step(f"Then into {three}: {{}}.", f"{c * a} \\times {b}", answer)],
        said=f"That is {answer} {three}.",
        checks=[f"Backwards: {answer} ÷ {b} = {c * a} {two}, and {c * a} ÷ {a} = {c}.",
            f"A single {one} is {a} × {b} = {a * b} {three}, and {c} times that is {answer}."],
        traps=[(f"add the factors, {a} + {b} = {a + b}, and multiply {c} by that",
                "The second factor applies to each of the things that the first one gave, so they are multiplied."), (
                f"use only the first factor and say {c * a}", f"Those are {two}, and {three} are wanted.")],
        detours=[(f"{c} ÷ {a} = {decimal(Fraction(c, a))}.", "Dividing would be right in the other direction; smaller things are "
                "needed here, so the number grows.")],
        other_way=[f"In one step: {a} × {b} = {a * b} {three} for each {one}, and {c} × {a * b} = {answer}."]
    )  # fmt: skip
