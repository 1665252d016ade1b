"""How problems about roots are solved in words, for the family `powers`: one function per kind."""

from __future__ import annotations

from fractions import Fraction

from curation.synth.families._chain import Step, Work
from curation.synth.families._family import tex
from curation.synth.families._notation import power, square_root, surd


def rational(answer: str, root: int, negative: bool, a: int, b: int, c: int, d: int) -> Work:
    base, name = str(a), "square root" if c == 2 else "cube root" if c == 3 else f"root of degree {c}"
    raised = root**b
    sign = "-" if negative else ""
    full = f"{base}^{{{sign}\\frac{{{b}}}{{{c}}}}}"
    steps = [Step(f"The denominator {c} of the exponent stands for a {name}. || An exponent with denominator {c} "
                  f"means the {name}."),
             Step(f"The {name} of {a} is {root}, because ${power(str(root), c)} = {a}$. || Since "
                  f"${power(str(root), c)} = {a}$, that root is {root}."),
             *([Step(f"It is raised to the power {b}: ${power(str(root), b)} = {raised}$. || The numerator {b} is an "
                     f"ordinary power: ${power(str(root), b)} = {raised}$.")]
               if b > 1 else [])]  # fmt: skip
    if negative:
        steps.append(
            Step(
                f"The minus sign turns it into the reciprocal, $\\frac{{1}}{{{raised}}}$. || Because of the minus it "
                f"is $\\frac{{1}}{{{raised}}}$."
            )
        )
        steps.append(Step(f"Times {d} that is ${answer}$. || With the factor {d} I get ${answer}$."))
    else:
        steps.append(
            Step("With the factor in front it is {}. || The last step is {}.", f"{d} \\times {raised}", answer)
        )
    return Work(
        answer,
        f"The power is ${full}$, and there is a factor {d} in front. || {d} is multiplied by {a} to the power "
        f"${sign}\\frac{{{b}}}{{{c}}}$.",
        f"the value of ${d} \\cdot {full}$",
        steps,
        said=f"The value is ${answer}$.",
        traps=[(f"multiply {a} by $\\frac{{{b}}}{{{c}}}$ and get ${tex(Fraction(a * b, c))}$",
                "An exponent is not a factor."),
               *([(f"raise {d * a} to the power", f"The exponent belongs to {a} only, not to the {d} in front.")])],
        checks=[f"Backwards, ${power(str(raised), c)} = {raised**c}$ should be ${power(base, b)} = {a**b}$, and it "
                "is." if b > 1 else
                f"Backwards, {c} factors {root} make {a}, the number under the root."],
        other_way=[f"The power can come first: ${power(base, b)} = {a**b}$.",
                   f"The {name} of that is {raised}, the same as before."] if b > 1 and a**b < 10**6 else [],
    )  # fmt: skip


def surd_steps(number: int) -> str:
    outer, inner = square_root(number)
    if outer == 1:
        return f"$\\sqrt{{{number}}}$ cannot be simplified"
    if inner == 1:
        return f"$\\sqrt{{{number}}} = {outer}$"
    return f"$\\sqrt{{{number}}} = \\sqrt{{{outer**2} \\cdot {inner}}} = {surd(outer, inner)}$"


def _squares(number: int) -> list[str]:
    """Trying square factors from small to large."""
    outer, inner = square_root(number)
    told = [f"{k}² = {k * k}: "
            f"{f'{number} ÷ {k * k} = {number // (k * k)}, so it fits' if number % (k * k) == 0 else f'it does not divide {number}'}."
            for k in range(2, outer + 1) if number % (k * k) == 0 or k < 5 or k == outer]  # fmt: skip
    return [*told[-5:], f"After that, {inner} has no square factor any more."] if outer > 1 else []


def surd_form(answer: str, a: int, b: int) -> Work:
    outer, inner = square_root(b)
    return Work(
        answer,
        f"Under the root stands {b}, and there is a factor {a} in front. || The expression is {a} times the square "
        f"root of {b}.",
        f"the form of ${a}\\sqrt{{{b}}}$ with the smallest number under the root",
        [
            Step(f"The largest square that divides {b} is {outer**2}, as ${outer**2} \\cdot {inner} = {b}$. || I can "
                 f"write {b} as ${outer**2} \\cdot {inner}$, and {outer**2} is a square."),
            Step(f"So {surd_steps(b)}. || The square comes out of the root: {surd_steps(b)}."),
            Step("The numbers in front are multiplied: {}.", f"{a} \\times {outer}", str(a * outer)),
            Step(f"That makes ${answer}$."),
        ],
        said=f"It is ${answer}$.",
        traps=[(f"take {outer**2} out of the root as it is", f"What comes out is its root, {outer}.")] if outer > 1 else [],
        checks=[f"Squaring both forms: ${a}^2 \\cdot {b} = {a * a * b}$ and ${a * outer}^2 \\cdot {inner} = "
                f"{(a * outer) ** 2 * inner}$."],
        trials=_squares(b),
    )  # fmt: skip


def surds(answer: str, a: int, b: int, c: int) -> Work:
    (x, inner), (y, _), (z, _) = map(square_root, (a, b, c))
    return Work(
        answer,
        f"Three roots are combined: those of {a} and {b} are added, that of {c} is taken away. || The numbers under "
        f"the roots are {a}, {b} and {c}.",
        "the expression with a single root",
        [
            Step(f"The first root: {surd_steps(a)}. || The root of {a}: {surd_steps(a)}."),
            Step(f"The second root: {surd_steps(b)}. || The root of {b}: {surd_steps(b)}."),
            Step(f"The third root: {surd_steps(c)}. || The root of {c}: {surd_steps(c)}."),
            Step(f"All are multiples of $\\sqrt{{{inner}}}$, so only the numbers in front count: {{}}.",
                 f"{x} + {y} - {z}", str(x + y - z)),
            Step(f"So the result is ${answer}$."),
        ],
        said=f"It is ${answer}$.",
        traps=[(f"add under the root and take $\\sqrt{{{a + b - c}}}$",
                "The root of a sum is not the sum of the roots.")] if a + b > c else
              [("add the numbers under the roots", "The root of a sum is not the sum of the roots.")],
        checks=[f"In decimals, {a**0.5:.3f} + {b**0.5:.3f} - {c**0.5:.3f} is about {a**0.5 + b**0.5 - c**0.5:.2f}, "
                f"and ${answer}$ is about {(x + y - z) * inner**0.5:.2f} as well."],
    )  # fmt: skip
