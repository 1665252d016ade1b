"""How problems about averages are worked out in words, for the family `averages`."""

from __future__ import annotations

from fractions import Fraction

from curation.synth.families._chain import Step, Work
from curation.synth.families._family import decimal
from curation.synth.families._rng import Rng


def _added(numbers: list[int], rng: Rng) -> list[Step]:
    """The sum in one line, or number by number."""
    if len(numbers) < 4 or rng.chance(0.5):
        shown = " + ".join(map(str, numbers))
        return [Step("The sum of the numbers is {}. || Adding them all up gives {}.", shown, str(sum(numbers)))]
    steps, total = [], numbers[0]
    for i, number in enumerate(numbers[1:]):
        told = "Adding the next one, {}. || With the next number that is {}." if i else "The first two make {}."
        steps.append(Step(told, f"{total} + {number}", str(total + number)))
        total += number
    return steps


def _signed(values: list[int]) -> str:
    return ", ".join(f"+{x}" if x > 0 else str(x) for x in values)


def tell_mean(answer: str, numbers: list[int], rng: Rng) -> Work:
    n, total = len(numbers), sum(numbers)
    guess = round(total / n)
    off = [x - guess for x in numbers]
    shifted = (
        f"their sum is {sum(off)}, and {sum(off)}/{n} is what has to be added to {guess}"
        if sum(off)
        else f"they cancel out, so the mean is {guess} itself"
    )
    first, second = numbers[:2]
    half = decimal(Fraction(first + second, 2))
    return Work(
        answer,
        f"There are {n} numbers: {', '.join(map(str, numbers))}. || The numbers are {', '.join(map(str, numbers))}, so there are {n} "
        "of them.",
        "their mean || the average, that is, the sum divided by how many there are",
        [Step("The mean is the sum over the count. || I add everything up and divide by how many numbers there are."),
            *_added(numbers, rng),
            Step(f"There are {n} numbers, so the mean is {{}}. || Dividing by {n} gives {{}}.", f"{total} \\div {n}", answer)],
        said=f"The mean is {answer}.",
        checks=[f"A mean has to lie between the smallest number, {min(numbers)}, and the largest, {max(numbers)}, and {answer} does.",
            f"{n} numbers that are all equal to {answer} would add up to {total}, too."],
        traps=[(f"divide by {n - 1} because there are {n - 1} gaps between the numbers",
                f"I am counting the numbers, not the gaps, and there are {n} of them.")],
        detours=[(f"Let me average as I go: the mean of {first} and {second} is {half}, and then I average that with {numbers[2]}.",
                f"Averaging again and again gives the later numbers more weight than the earlier ones, but all {n} should count the "
                "same.")],
        other_way=[f"Take {guess} as a guess and look only at the differences from it: {_signed(off)}.",
            f"{_cap(shifted)}, so the mean is {answer}." if sum(off) else f"{_cap(shifted)}."]
    )  # fmt: skip


def _cap(text: str) -> str:
    return text[0].upper() + text[1:]


def tell_median(answer: str, numbers: list[int]) -> Work:
    n, ordered = len(numbers), sorted(numbers)
    listed, half = ", ".join(map(str, ordered)), len(numbers) // 2
    steps = [Step(f"In order of size they are {listed}. || Sorted: {listed}. || First I sort them: {listed}.")]
    if n % 2:
        steps += [
            Step(f"There are {n} numbers, so the middle one is number {half + 1}."),
            Step(f"Number {half + 1} in the sorted list is {answer}.")]  # fmt: skip
    else:
        low, high = ordered[half - 1 : half + 1]
        steps += [
            Step(f"There are {n} numbers, an even count, so there are two in the middle: {low} and {high}."),
            Step("Their sum is {}.", f"{low} + {high}", str(low + high)),
            Step("The median is halfway between them, {}.", f"{low + high} \\div 2", answer)]  # fmt: skip
    middle = Fraction(answer) if "\\" not in answer else Fraction(sum(ordered[half - 1 : half + 1]), 2)
    below, above = sum(x < middle for x in numbers), sum(x > middle for x in numbers)
    unsorted = numbers[half]
    return Work(
        answer,
        f"I have {n} numbers, {', '.join(map(str, numbers))}. || The list is {', '.join(map(str, numbers))}.",
        "the median, the value in the middle of the sorted list || the median",
        steps,
        said=f"The median is {answer}.",
        checks=[f"Numbers below {answer}: {below}. Numbers above it: {above}. Neither is more than half of {n}."],
        traps=[("compute the mean", "Mean and median are different things; the median only cares about the order."), *([]
                if numbers == ordered else [(f"take {unsorted}, which stands in the middle of the list as it is written",
                    "The list is not sorted yet, so its middle means nothing.")])],
        detours=[(f"The sum is {sum(numbers)}, and divided by {n} it would be the mean.",
                "But a median needs no sum at all; it is about position, not about size.")],
        other_way=["Cross out the smallest and the largest, again and again: " + "; ".join(_crossed(ordered)) +
            f". That leads to {answer}."] if n > 3 else []
    )  # fmt: skip


def _crossed(ordered: list[int]) -> list[str]:
    rows = []
    while len(ordered) > 2:
        ordered = ordered[1:-1]
        rows.append(f"{', '.join(map(str, ordered))} {'is' if len(ordered) == 1 else 'are'} left")
    return rows


def tell_unknown(answer: str, m: int, known: list[int]) -> Work:
    n, total = len(known) + 1, sum(known)
    shown = " + ".join(map(str, known))
    guess = max(1, int(answer) + (5 if int(answer) < 20 else -10))
    wrong = decimal(Fraction(total + guess, n))
    side = "too much" if guess > int(answer) else "too little"
    return Work(
        answer,
        f"There are {n} numbers in all, {n - 1} of them known: {', '.join(map(str, known))}. The mean of all {n} is {m}.",
        "the missing number",
        [Step(f"If {n} numbers have mean {m}, their sum is {{}}. || All {n} together must add up to {{}}.", f"{n} \\times {m}",
                str(n * m)),
            Step("The known ones add up to {}. || The numbers that I know make {}.", shown, str(total)),
            Step("The missing one is the difference, {}. || What is missing is {}.", f"{n * m} - {total}", answer)],
        said=f"The missing number is {answer}.",
        checks=[f"With it, the sum is {total} + {answer} = {n * m}, and {n * m} ÷ {n} = {m}."],
        trials=[f"If the missing number were {guess}, the mean would be {wrong}, which is {side}.",
            f"It has to come out as {m}, so let me work backwards instead of guessing."],
        traps=[(f"multiply {m} by {n - 1}", f"The mean is that of all {n} numbers, the unknown one included.")],
        detours=[(f"The known numbers have the mean {decimal(Fraction(total, n - 1))}; so maybe the missing one is that far away from "
                f"{m} on the other side.", "One number has to make up for all the others together, so that would not move the mean "
                "enough.")] if total != m * (n - 1) and n > 2 else [],
        other_way=[f"Compared with {m}, the known numbers are off by {_signed([x - m for x in known])}, in total {total - m * (n - 1)}.",
            f"The missing one must balance that, so it is {m} {'-' if total > m * (n - 1) else '+'} {abs(total - m * (n - 1))} = "
            f"{answer}."]
    )  # fmt: skip


def tell_combined(answer: str, a: int, b: int, c: int, d: int) -> Work:
    middle = decimal(Fraction(b + d, 2))
    nearer = (
        f"The larger group should pull the result toward its own mean, {b if a > c else d}."
        if a != c
        else "Both groups are equally large, so the result should be halfway between the two means."
    )
    return Work(
        answer,
        f"One group has {a} members with mean {b}, the other has {c} members with mean {d}.",
        "the mean of both groups together",
        [Step("The first group has a total of {}.", f"{a} \\times {b}", str(a * b)),
            Step("The second group has a total of {}.", f"{c} \\times {d}", str(c * d)),
            Step("Both together have {}.", f"{a * b} + {c * d}", str(a * b + c * d)),
            Step("The number of members is {}.", f"{a} + {c}", str(a + c)),
            Step("So the overall mean is {}.", f"{a * b + c * d} \\div {a + c}", answer)],
        said=f"The average over both groups is {answer}.",
        checks=[f"The result has to lie between {min(b, d)} and {max(b, d)}. {nearer} It is {answer}."],
        traps=[(f"take the mean of {b} and {d}, which is {middle}", "That would only be right if both groups had the same size.")]
        if middle != answer else [],
        detours=[(f"Adding the two means gives {b} + {d} = {b + d}, and I could divide that by the {a + c} members.",
                "Means are not totals; only totals can be added and then divided by the number of members.")],
        other_way=[f"Start from {b}: the {c} members of the second group are {abs(d - b)} {'above' if d >= b else 'below'} that, "
            f"{c * abs(d - b)} in total.", f"Spread over {a + c} members, that moves the mean by "
            f"{decimal(Fraction(c * abs(d - b), a + c))}, to {answer}."]
    )  # fmt: skip


def tell_next(answer: str, a: int, b: int, c: int) -> Work:
    return Work(
        answer,
        f"So far there are {a} values with an average of {b}; with one more the average should be {c}.",
        "the next value",
        [Step(f"The {a} values so far add up to {{}}.", f"{a} \\times {b}", str(a * b)),
            Step(f"For an average of {c} over {a + 1} values the sum must be {{}}.", f"{a + 1} \\times {c}", str((a + 1) * c)),
            Step("The difference has to come from the next one: {}.", f"{(a + 1) * c} - {a * b}", answer)],
        said=f"The next value has to be {answer}.",
        checks=[f"Then the total is {a * b} + {answer} = {(a + 1) * c}, and {(a + 1) * c} ÷ {a + 1} = {c}."],
        trials=[f"With {c} next time, the total would be {a * b} + {c} = {a * b + c}, and the average about "
            f"{(a * b + c) / (a + 1):.2f}: not enough."] if c > b else [],
        traps=[(f"just answer {c}", f"A single value of {c} cannot lift {a} values of {b} to an average of {c}.")] if c > b else [],
        other_way=[f"The new value must be {c} itself, plus {c - b} for each of the {a} earlier values that were {c - b} short: {c} + "
            f"{a} × {c - b} = {answer}."] if c > b else []
    )  # fmt: skip


def tell_removed(answer: str, a: int, b: int, c: int) -> Work:
    return Work(
        answer,
        f"{a} values have mean {b}. Without one of them, the remaining {a - 1} have mean {c}.",
        "the value that was taken away",
        [Step(f"All {a} together add up to {{}}.", f"{a} \\times {b}", str(a * b)),
            Step(f"Now {a - 1} are left, and they add up to {{}}.", f"{a - 1} \\times {c}", str((a - 1) * c)),
            Step("What is gone is the difference, {}.", f"{a * b} - {(a - 1) * c}", answer)],
        said=f"The value that went away is {answer}.",
        checks=[f"Putting it back, ({(a - 1) * c} + {answer}) ÷ {a} = {a * b} ÷ {a} = {b}."],
        traps=[(f"subtract the averages, {b} - {c} = {b - c}", "Averages of different numbers of values cannot be subtracted like "
                "that; the sums can."), (f"multiply {c} by {a}", f"Only {a - 1} values are left after one is gone.")],
        other_way=[f"Taking the value away {'raised' if c > b else 'lowered' if c < b else 'did not change'} the mean of the other "
            f"{a - 1} by {abs(c - b)}, so it was {a - 1} × {abs(c - b)} = {(a - 1) * abs(c - b)} {'below' if c > b else 'above'} {b}, "
            f"which is {answer}."] if c != b else []
    )  # fmt: skip


def tell_weighted(answer: str, a: int, b: int, c: int, d: int) -> Work:
    first, second = decimal(Fraction(a * c, 100)), decimal(Fraction(b * d, 100))
    middle = decimal(Fraction(c + d, 2))
    return Work(
        answer,
        f"The first part has weight {a}% and score {c}, the second has weight {b}% and score {d}.",
        "the weighted mean of the two scores",
        [Step(f"The weights add up to 100%, so nothing has to be rescaled. || {a} and {b} make 100, as weights should."),
            Step(f"The first part contributes {a}% of {c}, which is {{}}.", f"\\frac{{{a}}}{{100}} \\times {c}", first),
            Step(f"The second part contributes {b}% of {d}, which is {{}}.", f"\\frac{{{b}}}{{100}} \\times {d}", second),
            Step("Together that is {}.", f"{first} + {second}", answer)],
        said=f"The weighted average is {answer}.",
        checks=[f"It has to lie between {min(c, d)} and {max(c, d)}, closer to the score with the larger weight; {answer} does lie "
            "between them."],
        traps=[(f"take the plain average, {middle}", f"The parts don't count equally: one has {a}% and the other {b}%.")]
        if a != b and c != d else [],
        detours=[(f"{a} × {c} = {a * c} and {b} × {d} = {b * d}, so the sum is {a * c + b * d}.",
                "That is far too large for a score. I forgot that the weights are percentages, so everything has to be divided by 100.")],
        other_way=[f"Start from {d} and move {a}% of the way to {c}: the distance is {c} - {d} = {c - d}, {a}% of it is "
            f"{decimal(Fraction(a * (c - d), 100))}, and adding that to {d} gives {answer}."]
    )  # fmt: skip


def tell_row(answer: str, m: int, n: int) -> Work:
    half = n // 2
    return Work(
        answer,
        f"There are {n} consecutive whole numbers, and their mean is {m}.",
        "the largest of the numbers",
        [Step("In a row of consecutive numbers the mean is the one in the middle. || Consecutive numbers lie evenly around their mean."),
            Step(f"So {m} is the middle one, with the same number of neighbors on either side: {{}}.", f"({n} - 1) \\div 2", str(half)),
            Step("The largest is that many steps above it: {}.", f"{m} + {half}", answer)],
        said=f"The largest number is {answer}.",
        checks=[f"The smallest would be {m} - {half} = {m - half}, and from {m - half} to {answer} there are {answer} - {m - half} + 1 "
            f"= {n} numbers.", f"The mean of smallest and largest, ({m - half} + {answer}) ÷ 2, is {m}."],
        traps=[(f"add {n} to {m}", f"The largest number is not {n} above the middle, because half of the numbers lie below it."), (
                f"divide {n} by 2 and get {decimal(Fraction(n, 2))}", f"The middle number itself takes one place, so only {n - 1} "
                "numbers are split between the two sides.")],
        other_way=[f"The sum is {n} × {m} = {n * m}. If $s$ is the smallest number, the sum is also ${n}s + {n * (n - 1) // 2}$.",
            f"So ${n}s = {n * m - n * (n - 1) // 2}$ and $s = {m - half}$, and the largest number is {m - half} + {n - 1} = {answer}."]
    )  # fmt: skip
