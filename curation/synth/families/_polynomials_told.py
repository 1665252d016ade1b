"""How problems about polynomials are worked out in words, for the family `polynomials`."""

from __future__ import annotations

import re
from fractions import Fraction

from curation.synth.families._algebra import Polynomial
from curation.synth.families._algebra import parse as polynomial
from curation.synth.families._chain import Step, Work
from curation.synth.families._family import spaced, tex
from curation.synth.families.polynomials import _at, _dense, _integer_roots, _root, _shown, _split


def work(kind: str, answer: str, shown: list[str], polys: list[Polynomial], numbers: tuple[int, ...]) -> Work:
    """What there is to tell about one problem."""
    written = [spaced(piece) for piece in shown]
    if kind in ("factor", "equal"):
        return _missing(answer, kind, written, polys, numbers[-1])
    dense = _dense(polys[0])
    if kind == "value":
        return _evaluated(answer, written[0], dense, numbers[-1], "")
    if kind == "remainder":
        return _evaluated(answer, written[0], dense, _root(polys[1]), written[1])
    if kind == "sum":
        return _sum(answer, written[0], shown[0], dense)
    return _largest(answer, written[0], dense) if kind == "largest" else _squares(answer, written[0], shown[0], dense)


def _bracket(value: int) -> str:
    return f"({value})" if value < 0 else str(value)


def _plugged(dense: list[int], x: int) -> str:
    """The polynomial with a number in place of x: `2 \\cdot 3^2 - 4 \\cdot 3 + 1`."""
    names = {0: "", 1: f" \\cdot {_bracket(x)}"}
    text = ""
    for k, c in reversed(list(enumerate(dense))):
        if c:
            body = names.get(k, f" \\cdot {_bracket(x)}^{k}")
            body = f"{abs(c)}{body}" if abs(c) != 1 or not k else body.removeprefix(" \\cdot ")
            text += f" {'-' if c < 0 else '+'} {body}" if text else f"{'-' if c < 0 else ''}{body}"
    return text


def _horner(dense: list[int], x: int) -> list[str]:
    value = 0
    rows: list[str] = []
    for c in reversed(dense):
        rows.append(
            str(c) if not rows else f"{value} · {_bracket(x)} {'-' if c < 0 else '+'} {abs(c)} = {value * x + c}"
        )
        value = value * x + c
    return rows


def _evaluated(answer: str, shown: str, dense: list[int], x: int, divisor: str) -> Work:
    parts = [(k, c) for k, c in reversed(list(enumerate(dense))) if c]
    values = [c * x**k for k, c in parts]
    first = f"By the remainder theorem, dividing by ${divisor}$ leaves the value at $x = {x}$."
    steps = [Step(first if divisor else f"I replace $x$ by ${x}$ everywhere: ${_plugged(dense, x)}$.")]
    steps += [
        Step(f"The term ${_shown([0] * k + [c])}$ becomes {{}}.", _plugged([0] * k + [c], x), str(c * x**k))
        for k, c in parts
        if k
    ]
    if len(values) > 1:
        steps.append(Step("Adding up gives {}. || All together that is {}.", " + ".join(map(_bracket, values)), answer))
    else:
        steps.append(Step(f"There is only that term, so the value is ${answer}$."))
    flipped = _at(dense, -x)
    traps = []
    if divisor and flipped != int(answer):
        sign = f"put $x = {-x}$ into it, because of the sign in ${divisor}$, and get ${flipped}$"
        traps.append((sign, f"The divisor ${divisor}$ is zero at $x = {x}$, so that is the number to put in."))
    if x < 0:
        traps.append(
            (f"let the minus sign of ${x}$ survive in $({x})^2$", f"A square is never negative: $({x})^2 = {x * x}$.")
        )
    given = f"I have ${shown}$ and the number ${x}$ for $x$. || The polynomial is ${shown}$, and $x$ is to be ${x}$."
    if divisor:
        given = f"I divide ${shown}$ by ${divisor}$. || The polynomial is ${shown}$, and it is divided by ${divisor}$."
    top, lead = len(dense) - 2, dense[-1]
    shape = _shown([0] * top + [lead])
    detour = (
        f"Suppose I add first and take powers later: ${x} + {_bracket(dense[0])} = {x + dense[0]}$.",
        "Powers come before sums, so that mixes up the order.",
    )
    if divisor:
        detour = (
            f"Long division, then: the quotient starts with ${shape}$, and ${shape}$ times ${divisor}$ is "
            f"${_shown([0] * top + [-x * lead, lead])}$, to be subtracted.",
            "That gets long, and only the remainder is asked for, so there must be something quicker.",
        )
    return Work(
        answer,
        given,
        "the remainder, which is a number" if divisor else f"the value at $x = {x}$",
        steps,
        said=f"The {'remainder' if divisor else 'value'} is ${answer}$.",
        checks=[f"With Horner's scheme: {', then '.join(_horner(dense, x))}."],
        traps=traps,
        detours=[detour] if len(dense) > 2 else []
    )  # fmt: skip


def _horner_quotient(dense: list[int], x: int) -> list[int]:
    """Quotient of the division by x minus a number, from the constant up."""
    row = [dense[-1]]
    for c in reversed(dense[1:-1]):
        row.append(row[-1] * x + c)
    return row[::-1] if len(dense) > 1 else [0]


def _factors(shown: str, dense: list[int]) -> list[list[int]]:
    """The factors of a product of brackets, powers written out; the whole polynomial if it is written in any other way."""
    found: list[list[int]] = []
    for body, power in _FACTOR.findall(shown):
        read = polynomial(body)
        found += [_dense(read)] * int(power or 1) if read else []
    return found if _FACTOR.sub("", shown) == "" and found else [dense]


_FACTOR = re.compile(r"\(([^()]*)\)(?:\^(\d))?")


def _sum(answer: str, shown: str, raw: str, dense: list[int]) -> Work:
    factors = _factors(raw, dense)
    ones = [sum(f) for f in factors]
    product = " \\cdot ".join(_bracket(n) for n in ones)
    at_zero = dense[0]
    return Work(
        answer,
        f"The polynomial is given as ${shown}$, not multiplied out. || I have ${shown}$ and want its coefficients only through their "
        "sum.",
        "the sum of all the coefficients",
        [Step("Each coefficient stands beside a power of $x$, and at $x = 1$ all powers are 1. || The sum of the coefficients is the "
                "value at $x = 1$."), *(Step(f"At $x = 1$ the factor ${shown}$ is {n}.") for shown, n in
                    dict(zip(map(_shown, factors), ones, strict=True)).items()),
            Step("So the sum is {}.", product, answer) if len(ones) > 1 else Step(f"So the sum is {answer}.")],
        said=f"The coefficients add up to ${answer}$.",
        checks=[f"Multiplied out, it is ${_shown(dense)}$, and its coefficients {', '.join(str(c) for c in reversed(dense) if c)} add "
            f"up to {answer}."],
        traps=[(f"put in $x = 0$ and get ${at_zero}$", "At 0 only the constant term survives, and all the others are lost.")]
        if at_zero != int(answer) else [],
        detours=[("I could multiply everything out, term by term: the leading one is "
                f"${_shown([0] * (len(dense) - 1) + [dense[-1]])}$, the constant one ${at_zero}$.",
                "There are several more in between, and that is a lot of work for a single number.")]
    )  # fmt: skip


def _squares(answer: str, shown: str, raw: str, dense: list[int]) -> Work:
    factors = _factors(raw, dense)
    first, rest = factors[0], [1]
    for f in factors[1:]:
        rest = [
            sum(rest[i] * f[k - i] for i in range(len(rest)) if 0 <= k - i < len(f))
            for k in range(len(rest) + len(f) - 1)
        ]
    ways = [(i, 2 - i) for i in range(min(2, len(first) - 1) + 1) if 2 - i < len(rest) and first[i] and rest[2 - i]]
    got = [first[i] * rest[j] for i, j in ways]
    simple = f"(Two of the factors together are ${_shown(rest)}$.)" if len(factors) > 2 else ""
    return Work(
        answer,
        f"The expression is ${shown}$. || I am to expand ${shown}$.",
        "the coefficient of $x^2$",
        [Step(f"I only collect the products that give $x^2$. {simple}".strip()), *(Step(
                    f"From ${_shown([0] * i + [first[i]])}$ and ${_shown([0] * j + [rest[j]])}$ comes {{}}.",
                    f"{_bracket(first[i])} \\cdot {_bracket(rest[j])}", str(g)) for (i, j), g in zip(ways, got, strict=True)),
            *([Step("Together that is {}.", " + ".join(map(_bracket, got)), answer)] if len(got) > 1 else [Step(
                    f"There is no other way to get $x^2$, so it is {sum(got)}.")])],
        said=f"The coefficient of $x^2$ is ${answer}$.",
        checks=[f"In full, the expansion is ${_shown(dense)}$.", f"At $x = 1$ the product is {_at(dense, 1)}, and the coefficients of "
            f"${_shown(dense)}$ add up to {sum(dense)}, which is the same."],
        traps=[(f"multiply only the leading terms, ${_shown([0] * (len(first) - 1) + [first[-1]])}$ and "
                f"${_shown([0] * (len(rest) - 1) + [rest[-1]])}$", "That gives the highest power only; several products have to be "
                "collected here.")] if len(ways) > 1 else [],
        detours=[(f"The constants multiply to {_bracket(first[0])} · {_bracket(rest[0])} = {first[0] * rest[0]}.",
                "But that is the constant term, without any $x$.")]
    )  # fmt: skip


def _largest(answer: str, shown: str, dense: list[int]) -> Work:
    roots = _integer_roots(dense)
    first = min(roots, key=lambda r: (abs(r), -r))
    b, c = _horner_quotient(dense, first)[1], _horner_quotient(dense, first)[0]
    others = sorted(set(roots) - {first})
    tries = [x for k in range(1, abs(first) + 1) for x in (k, -k) if dense[0] % k == 0]
    tries = tries[: tries.index(first) + 1]
    return Work(
        answer,
        f"The cubic is ${shown}$, and all its roots are integers. || I need the roots of ${shown}$; there are three of them, all whole.",
        "the largest root",
        [Step(f"Integer roots must divide the constant term ${dense[0]}$."),
            Step(f"${first}$ is a root, so ${_shown([-first, 1])}$ is a factor."),
            Step(f"Dividing by it leaves ${_shown([c, b, 1])}$."),
            Step(f"Two numbers with sum {-b} and product {c} are {others[0]} and {others[1]}, so those are the other roots."),
            Step(f"The roots are {', '.join(map(str, roots))}, and the largest is {answer}.")],
        said=f"The largest root is {answer}.",
        checks=[f"The sum of the roots should be {-dense[2]}, and {roots[0]} + {_bracket(roots[1])} + {_bracket(roots[2])} = "
            f"{sum(roots)}.", f"Their product should be {-dense[0]}, and {roots[0]} · {_bracket(roots[1])} · {_bracket(roots[2])} = "
            f"{-dense[0]}."],
        trials=[*(f"$x = {x}$ gives ${_at(dense, x)}${', a root' if x == first else ', no root'}." for x in tries)],
        traps=[(f"take ${-int(answer)}$ because of the sign in ${_shown([-int(answer), 1])}$",
                f"The factor ${_shown([-int(answer), 1])}$ is zero at $x = {answer}$, so the sign changes.")],
        detours=[("Let me move the constant over and factor out an $x$: " + f"${_shown([0, *dense[1:]])} = {-dense[0]}$.",
                "A product is only easy to handle when the other side is zero, so that doesn't help.")]
    )  # fmt: skip


def _missing(answer: str, kind: str, shown: list[str], polys: list[Polynomial], last: int) -> Work:
    rest, power = _split(polys[0])
    x = _root(polys[1]) if kind == "factor" else last
    other = [0] if kind == "factor" else _dense(polys[1])
    value, target, factor = _at(rest, x), _at(other, x), x**power
    beside = "k" if factor == 1 else "-k" if factor == -1 else f"{factor}k"
    k = Fraction(target - value, factor)
    given = f"${shown[0]}$ and ${shown[1]}$ agree at $x = {x}$, and $k$ is unknown."
    why = f"I put $x = {x}$ into both and set them equal."
    if kind == "factor":
        given = f"${shown[1]}$ divides ${shown[0]}$, and $k$ is unknown."
        why = f"A factor ${shown[1]}$ means that the value at $x = {x}$ is zero."
    wrong = target - _at(rest, -x)
    return Work(
        answer,
        given,
        "the value of $k$",
        [Step(why),
            Step("Without the term that contains $k$, the first polynomial gives {}.", _plugged(rest, x), str(value)),
            Step(f"The term with $k$ gives ${beside}$."), *([] if kind == "factor" else [Step("The second polynomial gives {}.",
                    _plugged(other, x), str(target))]),
            Step(f"So ${beside} {'-' if value < 0 else '+'} {abs(value)} = {target}$, that is, ${beside} = {target - value}$."),
            *([Step(f"Hence $k = {answer}$.")] if factor != 1 else [])],
        said=f"So $k = {answer}$.",
        checks=[f"With $k = {answer}$ the term is ${tex(factor * k)}$, and ${tex(factor * k)} {'-' if value < 0 else '+'} {abs(value)} = "
            f"{target}$, as it should be."],
        traps=[(f"put in $x = {-x}$", f"${shown[1]}$ is zero at $x = {x}$ and not at $x = {-x}$.")] if kind == "factor" and wrong
        else [],
        detours=[(f"If $k$ were 0, the first polynomial would be ${value}$ there.",
                f"That is {'not zero' if kind == 'factor' else f'not {target}'}, so $k$ cannot be left out.")] if value != target
        else [],
        other_way=[f"In steps: the known part is off by {target} - {_bracket(value)} = {target - value}, and each unit of $k$ "
            f"contributes {factor}, so $k$ is {target - value} divided by {_bracket(factor)}, which is {answer}."]
    )  # fmt: skip
