"""Worked examples and exercises with numbers, right ones, for the topics of the lecture notes.

An example is a list of paragraphs, formulas between dollar signs, displayed ones between double dollar signs. An exercise is one line.
Topics that the problem families cover take theirs from there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from math import comb, gcd, sqrt

from curation.embedded._derivations import DERIVATIONS, TABLED
from curation.embedded._exercises import EXERCISES
from curation.synth.families._algebra import terms
from curation.synth.families._family import decimal, tex
from curation.synth.families._rng import Rng

Example = tuple[list[str], str]
"""Paragraphs of a worked example, and a similar exercise."""


def _polynomial(rng: Rng, x: str, degree: int) -> tuple[list[int], str]:
    """Coefficients from the highest power down, the leading one not zero, and the TeX."""
    values = [rng.randint(1, 6), *(rng.randint(-9, 9) for _ in range(degree))]
    return values, _tex(values, x)


def _tex(values: Sequence[int | Fraction], x: str) -> str:
    degree = len(values) - 1
    names = [x if degree - i == 1 else "" if degree == i else f"{x}^{degree - i}" for i in range(degree + 1)]
    return terms(*zip(values, names, strict=True))


def derivatives(rng: Rng) -> Example:
    x = rng.choice("xtu")
    values, shown = _polynomial(rng, x, rng.randint(2, 4))
    degree = len(values) - 1
    slope = [v * (degree - i) for i, v in enumerate(values[:-1])]
    at = rng.randint(-3, 4)
    value = sum(v * at ** (len(slope) - 1 - i) for i, v in enumerate(slope))
    told = [
        f"Let $f({x}) = {shown}$. Term by term, the power rule gives $$f'({x}) = {_tex(slope, x)}.$$",
        f"At ${x} = {at}$ this is $f'({at}) = {value}$, so the tangent there "
        + ("is horizontal." if not value else f"has slope ${value}$ and {'rises' if value > 0 else 'falls'}."),
    ]
    return told, f"Differentiate ${_polynomial(rng, x, 3)[1]}$ and find the slope at ${x} = {rng.randint(-2, 3)}$."


def integrals(rng: Rng) -> Example:
    x, b = rng.choice("xtu"), rng.randint(1, 4)
    values, shown = _polynomial(rng, x, 2)
    anti = [Fraction(v, 3 - i) for i, v in enumerate(values)]
    total = sum((v * b ** (3 - i) for i, v in enumerate(anti)), Fraction(0))
    told = [
        f"We compute $\\int_0^{b} ({shown}) \\, d{x}$. An antiderivative is "
f"${_tex([*anti, Fraction(0)], x)}$, and it vanishes at $0$.",
        f"Hence $$\\int_0^{b} ({shown}) \\, d{x} = {tex(total)}.$$"
        + (" It is negative because the graph lies mostly below the axis." if total < 0 else ""),
    ]  # fmt: skip
    return (
        told,
        f"Evaluate $\\int_{{{-rng.randint(1, 3)}}}^{{{rng.randint(1, 4)}}} ({_polynomial(rng, x, 2)[1]}) \\, d{x}$.",
    )


def series(rng: Rng) -> Example:
    d = rng.randint(2, 9)
    q, first = Fraction(rng.randint(1, d - 1), d), rng.randint(1, 12)
    total = first / (1 - q)
    told = [
        f"Take the first term ${first}$ and the ratio ${tex(q)}$. The series begins ${first} + "
        f"{' + '.join(tex(first * q**k) for k in (1, 2))} + \\dots$",
        f"Since ${tex(q)} \\lt 1$ it converges, and its sum is $$\\frac{{{first}}}{{1 - {tex(q)}}} = {tex(total)}.$$",
    ]
    return (
        told,
        f"Find the sum of the geometric series with first term ${rng.randint(2, 9)}$ and ratio "
        f"$-\\frac{{1}}{{{rng.randint(2, 9)}}}$.",
    )


def matrices(rng: Rng) -> Example:
    a, b, c, d = (rng.randint(-5, 7) for _ in range(4))
    det, trace = a * d - b * c, a + d
    shown = f"\\begin{{pmatrix}} {a} & {b} \\\\ {c} & {d} \\end{{pmatrix}}"
    told = [
        f"For $A = {shown}$ the determinant is ${terms((a * d, ''))} - ({b * c}) = {det}$ and the trace is ${trace}$."
    ]
    if det:
        told.append(
            f"So $A$ is invertible, and $$A^{{-1}} = {_fraction(1, det)} \\begin{{pmatrix}} {d} & {-b} "
            f"\\\\ {-c} & {a} \\end{{pmatrix}}.$$"
        )
    else:
        told.append("So $A$ is not invertible: its columns are multiples of one another.")
    told.append(
        "The eigenvalues are the roots of "
        f"${terms((1, chr(92) + 'lambda^2'), (-trace, chr(92) + 'lambda'), (det, ''))}$."
    )
    other = [rng.randint(-4, 6) for _ in range(4)]
    return (
        told,
        f"Find the determinant of $\\begin{{pmatrix}} {other[0]} & {other[1]} \\\\ {other[2]} & "
        f"{other[3]} \\end{{pmatrix}}$ and decide whether it has an inverse.",
    )


def _fraction(top: int, bottom: int) -> str:
    return tex(Fraction(top, bottom))


def probability(rng: Rng) -> Example:
    n = rng.randint(4, 10)
    k = rng.randint(2, n - 1)
    total = Fraction(comb(n, k), 2**n)
    told = [
        f"A fair coin is tossed ${n}$ times. What is the probability of exactly ${k}$ heads? There are "
        f"$\\binom{{{n}}}{{{k}}} = {comb(n, k)}$ sequences with ${k}$ heads among $2^{{{n}}} = "
        f"{2**n}$ in all.",
        "The probability is therefore "
        f"$$\\frac{{{comb(n, k)}}}{{{2**n}}}{f' = {tex(total)}' if total.denominator != 2**n else ''} "
        f"\\approx {float(total):.3f}.$$",
    ]
    red, blue = rng.randint(3, 9), rng.randint(3, 9)
    return (
        told,
        f"An urn holds ${red}$ red and ${blue}$ blue balls, and two are drawn without putting any back. "
        "Find the probability that both are red.",
    )


def numbers(rng: Rng) -> Example:
    a, b = rng.randint(40, 400), rng.randint(20, 200)
    rows, x, y = [], max(a, b), min(a, b)
    while y:
        rows.append(f"{x} = {x // y} \\cdot {y} + {x % y}")
        x, y = y, x % y
    told = [
        f"We compute $\\gcd({a}, {b})$ by repeated division: ${'$, $'.join(rows)}$.",
        f"The last remainder that is not zero is ${x}$, so $\\gcd({a}, {b}) = {gcd(a, b)}$.",
    ]
    return (
        told,
        f"Find integers $x$ and $y$ with ${rng.randint(11, 60)} x + {rng.randint(11, 60)} y = 1$, or show "
        "that there are none.",
    )


def complex_(rng: Rng) -> Example:
    a, b, c, d = rng.randint(1, 7), rng.randint(1, 7), rng.randint(1, 7), rng.randint(-7, -2)
    told = [
        f"Multiply out: $({a} + {b}i)({c} - {-d}i) = {terms((a * c - b * d, ''), (a * d + b * c, 'i'))}$, "
        "because $i^2 = -1$.",
        f"As a check, the absolute values are $\\sqrt{{{a * a + b * b}}}$ and "
        f"$\\sqrt{{{c * c + d * d}}}$, and their product is "
        f"$\\sqrt{{{(a * a + b * b) * (c * c + d * d)}}}$, the absolute value of the result.",
    ]
    return (
        told,
        f"Write $\\frac{{{rng.randint(1, 9)} + {rng.randint(1, 9)}i}}{{{rng.randint(1, 5)} - "
        f"{rng.randint(1, 5)}i}}$ in the form $a + bi$.",
    )


def trig(rng: Rng) -> Example:
    a, b = rng.randint(3, 15), rng.randint(3, 15)
    square = a * a + b * b - a * b
    told = [
        f"Two sides of a triangle are ${a}$ and ${b}$, and the angle between them is $60^\\circ$. Since "
        f"$\\cos 60^\\circ = \\frac{{1}}{{2}}$, the law of cosines gives $$c^2 = {a}^2 + {b}^2 - {a} "
        f"\\cdot {b} = {square}.$$",
        f"Hence $c = \\sqrt{{{square}}} \\approx {sqrt(square):.2f}$.",
    ]
    return (
        told,
        f"The sides of a triangle are ${rng.randint(4, 6)}$, ${rng.randint(7, 9)}$ and "
        f"${rng.randint(8, 10)}$. Which of its angles is the largest, and what is its cosine?",
    )


def diffeq(rng: Rng) -> Example:
    start, k = rng.randint(2, 90), Fraction(rng.randint(1, 9), 10)
    told = [
        f"Let $y' = -{decimal(k)} y$ with $y(0) = {start}$. Separating variables gives $\\ln y = "
        f"-{decimal(k)} t + C$, that is, $y(t) = {start} e^{{-{decimal(k)} t}}$.",
        f"The half-life is $\\frac{{\\ln 2}}{{{decimal(k)}}} \\approx "
        f"{0.6931471805599453 / float(k):.2f}$, no matter what the initial value is.",
    ]
    return told, f"Solve $y' = {rng.randint(2, 6)} t y$ with $y(0) = {rng.randint(1, 9)}$."


def graphs(rng: Rng) -> Example:
    n = rng.randint(5, 24)
    told = [
        f"In the complete graph on ${n}$ vertices every vertex has degree ${n - 1}$, so the number of "
        f"edges is $\\frac{{{n} \\cdot {n - 1}}}{{2}} = {n * (n - 1) // 2}$.",
        f"It has a closed walk through all its edges {'because' if n % 2 else 'only if'} ${n - 1}$ is even"
        + ("." if n % 2 else ", which is not the case."),
    ]
    return (
        told,
        f"At a party with ${rng.randint(6, 30)}$ guests everybody shakes hands with everybody else. How "
        "many handshakes is that? Use the sum of the degrees.",
    )


def groups(rng: Rng) -> Example:
    n = rng.choice((6, 8, 9, 10, 12, 14, 15, 16, 18, 20))
    g = rng.randint(2, n - 1)
    order = n // gcd(n, g)
    told = [
        f"In the group of integers modulo ${n}$ under addition, the multiples of ${g}$ are "
        f"${', '.join(str(g * i % n) for i in range(order))}$, and then they repeat.",
        f"So ${g}$ has order ${order}$, which divides ${n}$ as it must.",
    ]
    return (
        told,
        f"Find the order of ${rng.randint(2, 9)}$ in the group of integers modulo ${rng.randint(11, 40)}$ "
        "under addition, and list the subgroup it generates.",
    )


def _of(topic: str) -> Callable[[Rng], Example]:
    """A worked computation of a topic that needs no table, and an exercise of the same topic."""
    made, exercise = [d for d in DERIVATIONS[topic] if d not in TABLED], EXERCISES[topic]

    def example(rng: Rng) -> Example:
        return [block[1] for block in rng.choice(made)(rng)], exercise(rng)

    return example


EXAMPLES: dict[str, Callable[[Rng], Example]] = {
    "derivatives": derivatives, "integrals": integrals, "series": series, "matrices": matrices,
    "probability": probability, "numbers": numbers,
    "complex": complex_, "trig": trig, "diffeq": diffeq, "graphs": graphs, "groups": groups,
    **{topic: _of(topic) for topic in EXERCISES if any(made not in TABLED for made in DERIVATIONS[topic])},
}  # fmt: skip
FAMILY_TOPICS = {
    "analytic": ("geometry",), "combinatorics": ("counting", "sets"), "cryptography": ("modular", "divisibility"),
    "derivatives": ("derivatives", "rates"), "diffeq": ("interest",), "distributions": ("probability", "averages"),
    "equations": ("linear_equation", "quadratic", "linear_system", "ages"), "fractions": ("fractions", "percent", "ratio", "interest"),
    "functions": ("functions", "logarithms", "powers"), "inequalities": ("inequalities",), "integrals": ("integrals",),
    "limits": ("sequences",), "matrices": ("linear_system",), "numbers": ("divisibility", "modular"), "numerals": ("powers", "modular"),
    "numerics": ("units", "fractions"), "optimization": ("inequalities", "linear_system"), "polynomials": ("polynomials", "quadratic"),
    "probability": ("probability", "counting"), "recursion": ("sequences", "interest"), "series": ("sequences",),
    "sets": ("sets", "counting"),
    "statistics": ("averages",), "trig": ("geometry",), "vectors": ("geometry", "rates"),
}  # fmt: skip
"""Which problem families go with a topic. Who uses this looks which of them exist."""
