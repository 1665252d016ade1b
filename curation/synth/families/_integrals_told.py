"""How integrals are worked out in words, for the family `integrals`."""

from __future__ import annotations

from fractions import Fraction

from curation.synth.families._chain import Step, Work
from curation.synth.families._family import tex
from curation.synth.families.integrals import (
    _difference,
    _integral,
    _pieces,
    _primitive,
    _primitive_shown,
    _shown,
    _upper,
)

Pair = tuple[str, str]


def work(kind: str, answer: str, given: list[int], shown: list[str], dense: list[list[int]]) -> Work:
    """What there is to tell about one problem."""
    if kind == "between":
        return _between(answer, shown, dense)
    if kind == "upper":
        return _limit(answer, given[0], shown[0], dense[0])
    if kind == "area":
        return _area(answer, given[0], given[1], shown[0], dense[0])
    return _definite(kind, answer, given, shown[0], dense[0])


def _set(value: Fraction | int) -> str:
    """A number as a term of a sum or a base of a power."""
    return f"({tex(value)})" if value < 0 else tex(value)


def _values(dense: list[int], a: int, b: int) -> list[Step]:
    """The antiderivative at both ends."""
    at_b, at_a = _primitive(dense, Fraction(b)), _primitive(dense, Fraction(a))
    steps = [
        Step(
            f"At the upper end, $x = {b}$, the antiderivative is ${tex(at_b)}$. || Putting in ${b}$ gives ${tex(at_b)}$."
        )
    ]
    steps.append(Step(f"At the lower end, $x = {a}$, it is ${tex(at_a)}$. || Putting in ${a}$ gives ${tex(at_a)}$."))
    return steps


def _powers(dense: list[int]) -> list[Step]:
    """The antiderivative, term by term where there are several."""
    parts = [(k, c) for k, c in reversed(list(enumerate(dense))) if c]
    single = [[0] * k + [c] for k, c in parts]
    listed = "; ".join(f"${_shown(d)}$ becomes ${_primitive_shown(d)}$" for d in single)
    rule = "Each power goes up by one, and the coefficient is divided by the new exponent"
    return [
        Step(f"{rule}: {listed}. || I integrate term by term: {listed}."),
        *([Step(f"So an antiderivative is ${_primitive_shown(dense)}$.")] if len(parts) > 1 else [])]  # fmt: skip


def _traps(dense: list[int], a: int, b: int) -> list[Pair]:
    slope = [k * c for k, c in enumerate(dense)][1:]
    at_a, at_b = _primitive(dense, Fraction(a)), _primitive(dense, Fraction(b))
    traps = (
        [
            (
                f"use the derivative ${_shown(slope)}$ instead",
                "Integrating goes the other way: the exponents go up, not down.",
            )
        ]
        if any(slope)
        else []
    )
    if at_a:
        traps.append(
            (
                f"put in only the upper end and stop at ${tex(at_b)}$",
                f"The value at the lower end, ${tex(at_a)}$, isn't zero and has to be subtracted.",
            )
        )
        traps.append(
            (
                f"add both values, ${_set(at_b)} + {_set(at_a)} = {tex(at_a + at_b)}$",
                "It is a difference, upper end minus lower end.",
            )
        )
    return traps


def _detours(dense: list[int], a: int, b: int) -> list[Pair]:
    ends = [sum(c * x**k for k, c in enumerate(dense)) for x in (a, b)]
    rough = Fraction(ends[0] + ends[1], 2) * (b - a)
    if not any(dense[2:]) or rough == _integral(dense, a, b):
        return []
    return [
        (f"At the ends the function is ${ends[0]}$ and ${ends[1]}$, so with their mean and the width {b - a} it would be "
            f"${tex(rough)}$.", "That would be exact for a straight line, but this graph is curved.")]  # fmt: skip


def _definite(kind: str, answer: str, given: list[int], shown: str, dense: list[int]) -> Work:
    a, b = given[:2]
    value = _integral(dense, a, b)
    at_b, at_a = _primitive(dense, Fraction(b)), _primitive(dense, Fraction(a))
    facts, ask = _asked(kind, given, shown)
    steps = [
        *_powers(dense),
        *_values(dense, a, b),
        Step("The difference is {}. || Upper minus lower is {}.", f"{_set(at_b)} - {_set(at_a)}", tex(value))]  # fmt: skip
    if kind == "motion":
        steps.insert(0, Step("The change is the integral of the rate. || To get from a rate to a change, I integrate."))
    traps, detours = _traps(dense, a, b), _detours(dense, a, b)
    if kind == "mean":
        ends = [Fraction(sum(c * x**k for k, c in enumerate(dense))) for x in (a, b)]
        steps.append(
            Step(f"Dividing by the length {b - a} gives {{}}.", f"{_set(value)} \\div {b - a}", answer)
            if b - a > 1
            else Step("The interval has length 1, so that is the average already.")
        )
        if sum(ends) / 2 != value / (b - a):
            traps.append(
                (
                    f"take the mean of the two end values, ${tex(sum(ends, Fraction(0)) / 2)}$",
                    "Between the ends, the function does not change at a constant rate.",
                )
            )
    if kind == "through":
        steps.insert(
            0,
            Step(
                f"From ${a}$ to ${b}$, $F$ changes by the integral of its derivative. || $F({b}) - F({a})$ is the integral of the "
                f"derivative from ${a}$ to ${b}$."
            ),
        )
        steps.append(Step(f"So $F({b})$ is {{}}.", f"{given[2]} + {_set(value)}", answer))
        if given[2]:
            traps.append(
                (
                    f"forget about $F({a}) = {given[2]}$ and answer ${tex(value)}$",
                    "That is only the change of $F$; it starts from a value of its own.",
                )
            )
    constant = given[-1] - at_a if kind == "through" else Fraction(0)
    return Work(
        answer,
        facts,
        ask,
        steps,
        said=f"The result is ${answer}$.",
        checks=[f"The derivative of ${_primitive_shown(dense)}$ is ${_shown(dense)}$, so the antiderivative is right.",
            *_between_bounds(dense, a, b, value)],
        traps=traps,
        detours=detours,
        other_way=[f"With a constant, $F(x) = {_primitive_shown(dense)} + C$, and $F({a}) = {given[2]}$ gives $C = {tex(constant)}$.",
            f"Then $F({b}) = {_set(at_b)} + {_set(constant)} = {answer}$."] if kind == "through" else _by_terms(dense, a, b, value)
        if kind != "mean" else []
    )  # fmt: skip


def _asked(kind: str, given: list[int], shown: str) -> tuple[str, str]:
    """The facts and what is wanted."""
    a, b = given[:2]
    if kind == "mean":
        return (
            f"The function is ${shown}$, on the interval from {a} to {b}, which has length {b - a}. || On the stretch from {a} to {b}, "
            f"the values of ${shown}$ are to be averaged.",
            "the average value",
        )
    if kind == "motion":
        return (
            f"The rate is ${shown}$, and the time runs from {a} to {b}. || Something changes at the rate ${shown}$ between the times "
            f"{a} and {b}.",
            "the total change || the change over that time",
        )
    if kind == "through":
        return (
            f"$F'(x) = {shown}$, and $F({a})$ is known. || The derivative of $F$ is ${shown}$, and $F$ has the value {given[-1]} at "
            f"${a}$.",
            f"the value $F({b})$",
        )
    return (
        f"The function to integrate is ${shown}$, from ${a}$ to ${b}$. || I have to integrate ${shown}$ between ${a}$ and ${b}$.",
        "the value of the integral",
    )


def _between_bounds(dense: list[int], a: int, b: int, value: Fraction) -> list[str]:
    """Width times the first and times the last value enclose the integral of a function that grows."""
    values = [sum(c * x**k for k, c in enumerate(dense)) for x in range(a, b + 1)]
    slope = [k * c for k, c in enumerate(dense)][1:]
    if any(c < 0 for c in slope) or a < 0 or values[0] == values[-1]:
        return []
    low, high = values[0] * (b - a), values[-1] * (b - a)
    return [
        f"From ${a}$ to ${b}$ the function grows from {values[0]} to {values[-1]}, so the integral must lie between {low} and {high}; "
        f"${tex(value)}$ does."]  # fmt: skip


def _by_terms(dense: list[int], a: int, b: int, value: Fraction) -> list[str]:
    single = [[0] * k + [c] for k, c in reversed(list(enumerate(dense))) if c]
    if len(single) < 2:
        return []
    parts = [_integral(d, a, b) for d in single]
    told = ", ".join(f"${_shown(d)}$ contributes ${tex(p)}$" for d, p in zip(single, parts, strict=True))
    return [
        f"I can integrate the terms one at a time: {told}.",
        f"Their sum is ${' + '.join(map(_set, parts))} = {tex(value)}$.",
    ]


def _area(answer: str, a: int, b: int, shown: str, dense: list[int]) -> Work:
    pieces = _pieces(dense, a, b)
    total = _integral(dense, a, b)
    cuts = [y for _, y, _ in pieces[:-1]]
    steps = [
        Step(f"First I look for zeros of ${_shown(dense)}$ between ${a}$ and ${b}$: {', '.join(f'$x = {tex(c)}$' for c in cuts)}."
            if cuts else f"Between ${a}$ and ${b}$ the sign does not change, so the area is the size of the integral.")]  # fmt: skip
    steps += _powers(dense)
    for x, y, value in pieces:
        side = "above" if value > 0 else "below"
        steps.append(
            Step(
                f"From ${tex(x)}$ to ${tex(y)}$ the graph is {side} the axis, and the integral is {{}}.",
                f"{_set(_primitive(dense, y))} - {_set(_primitive(dense, x))}",
                tex(value),
            )
        )
    sizes = [abs(value) for *_, value in pieces]
    if len(pieces) > 1:
        steps.append(Step("The areas add up to {}.", " + ".join(map(tex, sizes)), answer))
    elif pieces[0][2] < 0:
        steps.append(Step(f"An area is positive, so it is ${answer}$."))
    return Work(
        answer,
        f"The graph is that of ${shown}$, and the stretch is from ${a}$ to ${b}$. || The region lies between ${shown}$ and the "
        f"$x$-axis, for $x$ from ${a}$ to ${b}$.",
        "the area, counted as positive wherever the region is",
        steps,
        said=f"The area is ${answer}$.",
        checks=[f"An area is at least as large as the size of the plain integral, which is ${tex(abs(total))}$; ${answer}$ "
            f"{'is larger' if abs(total) != sum(sizes) else 'is the same, because there is no change of sign'}.",
            f"The derivative of ${_primitive_shown(dense)}$ is ${_shown(dense)}$, so the antiderivative is right."],
        traps=[(f"take the plain integral from ${a}$ to ${b}$, which is ${tex(total)}$",
                "Parts below the axis count as negative there, but an area does not.")] if total != sum(sizes) else [],
        detours=[(f"Let me integrate straight through: the value is ${_set(_primitive(dense, Fraction(b)))} - "
                f"{_set(_primitive(dense, Fraction(a)))} = {tex(total)}$.",
                f"The graph crosses the axis at ${tex(cuts[0])}$, so positive and negative parts cancel in that number.")] if cuts
        else []
    )  # fmt: skip


def _between(answer: str, shown: list[str], dense: list[list[int]]) -> Work:
    found, low, high = _difference(dense)
    middle = (low + high) / 2
    upper, lower = (0, 1) if sum(c * middle**k for k, c in enumerate(found)) > 0 else (1, 0)
    top = [x if upper == 0 else -x for x in found]
    at_high, at_low = _primitive(top, high), _primitive(top, low)
    width = high - low
    return Work(
        answer,
        f"The two curves are $y = {shown[0]}$ and $y = {shown[1]}$. || One curve is ${shown[0]}$, the other is ${shown[1]}$.",
        "the area of the region between them",
        [Step(f"The curves meet where their difference ${_shown(found)}$ is zero. || I set ${shown[0]}$ equal to ${shown[1]}$, which "
                f"means ${_shown(found)} = 0$."),
            Step(f"That happens at $x = {tex(low)}$ and $x = {tex(high)}$."),
            Step(f"In between, ${shown[upper]}$ is the upper curve, for example at $x = {tex(middle)}$."),
            Step(f"So I integrate ${_shown(top)}$ from ${tex(low)}$ to ${tex(high)}$; an antiderivative is ${_primitive_shown(top)}$."),
            Step(f"At ${tex(high)}$ it is ${tex(at_high)}$, and at ${tex(low)}$ it is ${tex(at_low)}$."),
            Step("The difference is {}.", f"{_set(at_high)} - {_set(at_low)}", answer)],
        said=f"The enclosed area is ${answer}$.",
        checks=[f"For a parabola and two meeting points at distance ${tex(width)}$, the area is $\\frac{{{abs(found[2])} \\cdot "
            f"{tex(width)}^3}}{{6}}$, which is ${answer}$." if width.denominator == 1 else
            f"The area is positive, as it must be: ${answer}$."],
        traps=[(f"integrate the lower curve minus the upper one and get $-{answer}$",
                "An area cannot be negative; the upper curve comes first."), (f"integrate ${shown[upper]}$ alone",
                f"The region ends at the other curve, ${shown[lower]}$, and not at the axis.")],
        detours=[(f"Where do the curves meet the axis? Perhaps I need the zeros of ${shown[0]}$.",
                "No, the region is bounded by the two curves alone, so only the points where they meet matter.")]
    )  # fmt: skip


def _limit(answer: str, c: int, shown: str, dense: list[int]) -> Work:
    lower, double = dense[:2]
    half = Fraction(double, 2)
    u = _upper(dense, c)
    lead = f"{'' if half == 1 else tex(half)}u^2"
    left = lead + (f" + {'' if lower == 1 else lower}u" if lower else "")
    return Work(
        answer,
        f"The integral of ${shown}$ from 0 to $u$ should be {c}. || I look for an upper limit $u$ that makes the integral of ${shown}$ "
        f"equal to {c}.",
        "the positive number $u$",
        [*_powers(dense),
            Step(f"At 0 it is 0, so the integral from 0 to $u$ is ${left}$."),
            Step(f"The condition is ${left} = {c}$."), *([Step("So $u^2$ is {}.", f"{c} \\div {tex(half)}", tex(c / half)),
                    Step(f"The positive root is $u = {answer}$.")] if not lower and half != 1 else [Step(
                    f"Hence $u = {answer}$, since $u$ is positive.")] if not lower else [Step(
                    f"The positive solution of this quadratic equation is $u = {answer}$.")])],
        said=f"So $u = {answer}$.",
        checks=[f"For $u = {answer}$, ${left}$ is ${tex(half * u * u)}{f' + {tex(lower * u)}' if lower else ''} = {c}$."],
        trials=[f"With $u = {k}$ it would be ${tex(half * k * k + lower * k)}$, which is too little." for k in (1, 2) if k < u],
        traps=[(f"set ${_shown(dense)}$ with $u$ in place of $x$ equal to {c}",
                "The integral has to be that number, not the function itself.")],
        detours=[(f"The other solution of the equation is $u = {tex(-u - Fraction(lower) / half)}$.",
                "That one isn't positive, so it is not what is asked for.")]
    )  # fmt: skip
