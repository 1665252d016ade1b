"""How interest and growth are worked out in words, for the family `interest`."""

from __future__ import annotations

from fractions import Fraction

from curation.synth.families._calculation import exact
from curation.synth.families._chain import Step, Work


def simple(answer: str, p: int, r: int, t: int, *, total: bool) -> Work:
    yearly, all_in = Fraction(p * r, 100), Fraction(p * r * t, 100)
    grown = f", which gives {exact(p * Fraction(100 + r, 100) ** t)} dollars in the end" if t < 4 else ""
    steps = [
        Step(f"One year of interest is {r}% of {p}, which is {{}} dollars. || Each year brings {{}} dollars.",
            f"\\frac{{{r}}}{{100}} \\times {p}", exact(yearly)),
        Step(f"In {t} years that makes {{}} dollars.", f"{t} \\times {exact(yearly)}", exact(all_in))]  # fmt: skip
    if total:
        steps.append(Step("Together with the first amount that is {} dollars.", f"{p} + {exact(all_in)}", answer))
    return Work(
        answer,
        f"The amount is {p} dollars, the rate is {r}% a year, and the time is {t} years. The interest is simple, so it is the same "
        f"every year. || {p} dollars earn {r}% of themselves every year, {t} times, and the interest is not added to what earns "
        "interest.",
        "the amount after that time, in dollars" if total else "the interest for all the years, in dollars",
        steps,
        said=f"{'After that time it is' if total else 'The interest is'} {answer} dollars.",
        checks=[f"In percent of the first amount, the interest is {r} × {t} = {r * t}%, and {r * t}% of {p} is {exact(all_in)}."],
        traps=[(f"let the interest earn interest{grown}", "That would be compound interest, but this is simple interest."),
            *([(f"stop at {exact(all_in)}", "That is only the interest; the first amount still has to be added.")] if total
                else [(f"add the {p} dollars as well", "The question is about the interest alone.")])],
        detours=[(f"{p} × {r} = {p * r}, and times {t} that is {p * r * t} dollars.",
                "That is far too much. I forgot that the rate is in percent, so it has to be divided by 100.")],
        other_way=["The factor for all the years together is "
            f"{exact(Fraction(r * t, 100))}{f' + 1 = {exact(1 + Fraction(r * t, 100))}' if total else ''}, and {p} times that is "
            f"{answer}."]
    )  # fmt: skip


def backwards(answer: str, p: int, q: int, n: int, kind: str) -> Work:
    gain = q - p
    if kind == "rate":
        yearly = Fraction(gain, n)
        steps = [
            Step(f"Spread over {n} years, that is {{}} dollars a year.", f"{gain} \\div {n}", exact(yearly)),
            Step(f"As a part of the {p} dollars, one year brings {{}} percent.", f"\\frac{{{exact(yearly)}}}{{{p}}} \\times 100"
                if yearly.denominator == 1 else f"100 \\times {exact(yearly)} \\div {p}", answer)]  # fmt: skip
        given = f"In {n} years, {p} dollars have become {q} dollars by simple interest."
        check = f"{answer}% of {p} is {exact(yearly)}, and {n} years of that are {gain}, so the amount grows to {p} + {gain} = {q}."
        trap = (
            f"take {gain} as percent of {p} and forget the years",
            f"That growth took {n} years, and the rate is for one.",
        )
    else:
        yearly = Fraction(p * n, 100)
        steps = [
            Step(f"One year brings {n}% of {p}, which is {{}} dollars.", f"\\frac{{{n}}}{{100}} \\times {p}", exact(yearly)),
            Step("So it takes {} years.", f"{gain} \\div {exact(yearly)}", answer)]  # fmt: skip
        given = f"At {n}% simple interest, {p} dollars should become {q} dollars."
        check = f"{answer} years at {exact(yearly)} dollars a year make {gain} dollars, and {p} + {gain} = {q}."
        trap = (
            f"divide {q} by the yearly interest",
            f"The {p} dollars were there from the start; only the growth has to come from interest.",
        )
    part = Fraction(100 * gain, p)
    return Work(
        answer,
        given,
        "the yearly rate in percent" if kind == "rate" else "the number of years",
        [Step("The growth is {} dollars. || What has been added is {} dollars.", f"{q} - {p}", str(gain)), *steps],
        said=f"The {'rate is' if kind == 'rate' else 'time is'} {answer} {'percent' if kind == 'rate' else 'years'}.",
        checks=[check],
        traps=[trap],
        trials=_guesses(p, n, gain, kind) if p * n < 100 * gain else [],
        detours=[(f"The quotient {q} ÷ {p} is about {q / p:.3f}.", "That is a factor for the whole time, and with simple interest a "
                "factor doesn't split evenly over the years.")],
        other_way=[f"In all, the growth is {exact(part)}% of the first amount, and divided by {n} that is {answer}."]
    )  # fmt: skip


def _guesses(p: int, n: int, gain: int, kind: str) -> list[str]:
    told = []
    for guess, unit in ((1, "year"), (10, "years")):
        found = Fraction(p * guess * n, 100)
        told.append(
            f"If it were {guess}{'%' if kind == 'rate' else f' {unit}'}, it would bring {exact(found)} dollars, {_size(found, gain)}."
        )
    return told


def _size(found: Fraction, wanted: int) -> str:
    return "too little" if found < wanted else "too much" if found > wanted else "which fits"


def compound(answer: str, p: int, r: int, t: int, *, sign: int) -> Work:
    factor = Fraction(100 + sign * r, 100)
    rows = [p * factor**k for k in range(t + 1)]
    (verb, noun), flat = ("grows", "growth") if sign > 0 else ("shrinks", "loss"), p + sign * Fraction(p * r * t, 100)
    change = f"100% {'+' if sign > 0 else '-'} {r}% = {100 + sign * r}%"
    steps = [Step(f"Every year it is multiplied by {exact(factor)}, because {change}.")]
    steps += [
        Step(
            f"After {k} {'year' if k == 1 else 'years'} it is {{}}. || Year {k} ends at {{}}.",
            f"{exact(rows[k - 1])} \\times {exact(factor)}",
            exact(rows[k]),
        )
        for k in range(1, t + 1)
    ]
    first, last = abs(rows[1] - rows[0]), abs(rows[t] - rows[t - 1])
    return Work(
        answer,
        f"It starts at {p}, and every year it {verb} by {r}% of what it is at that time. || The first value is {p}; each year changes "
        f"it by {r}%, {t} times.",
        f"the value after {t} years",
        steps,
        said=f"After {t} years the value is {answer}.",
        checks=[f"The {noun} in the first year is {exact(first)} and in the last year {exact(last)}; it gets "
            f"{'larger' if sign > 0 else 'smaller'} each time, as it should.",
            f"In one formula: ${p} \\cdot {exact(factor)}^{{{t}}} = {answer}$."],
        traps=[(f"take {t} times {r}% of {p} and say {exact(flat)}", f"The {r}% are taken of a new amount every year, not of {p} each "
                "time.")],
        detours=[(f"{t} × {r}% = {t * r}%, and {t * r}% of {p} is {exact(Fraction(p * r * t, 100))}.",
                f"That treats every year like the first one. From the second year on, the {r}% are of a different amount.")],
        other_way=[f"First the factors: {exact(factor)} to the power {t} is {exact(factor**t)}.",
            f"Then {p} × {exact(factor**t)} = {answer}."]
    )  # fmt: skip


def extra(answer: str, p: int, r: int, t: int) -> Work:
    factor, simple = Fraction(100 + r, 100), Fraction(p * r * t, 100)
    rows = [p * factor**k for k in range(t + 1)]
    second = Fraction(p * r * r, 10_000)
    return Work(
        answer,
        f"The same {p} dollars at the same {r}% run for {t} years, once with compound and once with simple interest. || I compare two "
        f"ways of paying {r}% on {p} dollars over {t} years.",
        "how much more the compound interest brings, in dollars",
        [Step("With simple interest, every year brings {} dollars.", f"\\frac{{{r}}}{{100}} \\times {p}", exact(Fraction(p * r, 100))),
            Step("Over all the years that is {} dollars.", f"{t} \\times {exact(Fraction(p * r, 100))}", exact(simple)), *(Step(
                    f"With compound interest, year {k} ends at {{}}.", f"{exact(rows[k - 1])} \\times {exact(factor)}", exact(rows[k]))
                for k in range(1, t + 1)),
            Step("So the compound interest is {} dollars.", f"{exact(rows[t])} - {p}", exact(rows[t] - p)),
            Step("The difference is {} dollars.", f"{exact(rows[t] - p)} - {exact(simple)}", answer)],
        said=f"Compound interest brings {answer} dollars more.",
        checks=[f"In the first year both bring the same, {exact(Fraction(p * r, 100))} dollars. In the second year the compound "
            f"account earns {r}% of that on top, {exact(second)} dollars" + (", and that is the whole difference." if t == 2 else
                f", so the difference must be larger than {exact(second)}, and {answer} is.")],
        traps=[("say that there is no difference because the rate is the same",
                "Compound interest pays interest on interest, and that adds up.")],
        detours=[(f"The final amount with compound interest is {exact(rows[t])}, and minus {exact(simple)} that is "
                f"{exact(rows[t] - simple)}.", f"That still contains the {p} dollars of the deposit; I have to compare interest with "
                "interest.")],
        other_way=[f"As amounts: {exact(rows[t])} with compound interest and {exact(p + simple)} with simple interest.",
            f"They differ by {exact(rows[t])} - {exact(p + simple)} = {answer}."]
    )  # fmt: skip


def deposit(answer: str, q: int, r: int, t: int) -> Work:
    factor = Fraction(100 + r, 100)
    rows = [q / factor**k for k in range(t + 1)]
    wrong = exact(q * Fraction(100 - r, 100) ** t)
    return Work(
        answer,
        f"After {t} years of growing by {r}% each, the number is {q}. || The end is {q}, and each of the {t} years before has "
        f"multiplied by {exact(factor)}.",
        "the number at the start",
        [Step(f"Each year multiplies by {exact(factor)}, so going back a year means dividing by {exact(factor)}."), *(Step(
                    f"{k} {'year' if k == 1 else 'years'} before the end it was {{}}.", f"{exact(rows[k - 1])} \\div {exact(factor)}",
                    exact(rows[k])) for k in range(1, t + 1))],
        said=f"At the start it was {answer}.",
        checks=[f"Forwards again: {', then '.join(exact(row) for row in reversed(rows))}."],
        traps=[(f"take off {r}% {t} times and get {wrong}", f"Taking off {r}% does not undo adding {r}%, because the percentages are "
                "of different amounts.")],
        detours=[(f"{t} × {r}% = {t * r}%, so maybe I divide by {exact(1 + Fraction(r * t, 100))}.",
                "With compound growth the factors multiply; the percentages don't simply add up.")],
        other_way=[f"All the years together have the factor {exact(factor)} to the power {t}, which is {exact(factor**t)}, and {q} ÷ "
            f"{exact(factor**t)} = {answer}."]
    )  # fmt: skip
