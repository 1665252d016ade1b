"""Worked computations with equations, inequalities and functions."""

from __future__ import annotations

from fractions import Fraction

from curation.embedded._derive import (
    So,
    at,
    check,
    factor,
    get,
    minus,
    nonzero,
    p,
    plus,
    poly,
    show,
    signed,
    so,
    table,
    task,
    times,
    variable,
)  # fmt: skip
from curation.embedded._page import Block
from curation.synth.families._algebra import terms
from curation.synth.families._family import tex
from curation.synth.families._rng import Rng


def linear_equation(rng: Rng) -> list[Block]:
    """One unknown on both sides."""
    x, root = variable(rng), nonzero(rng, -12, 15)
    a, c = rng.sample(range(2, 12), 2)
    b, k = nonzero(rng, -20, 20), nonzero(rng, 1, 6)
    d = a * root + b - c * root
    return [
        p(rng, f"{task(rng, 'solve')} ${terms((a, x), (b, ''))} = {terms((c, x), (d, ''))}$.",
          f"Here is an equation with the unknown on both sides: ${terms((a, x), (b, ''))} = {terms((c, x), (d, ''))}$."),
        p(rng, f"Bring the terms with ${x}$ to the left and the numbers to the right: ${terms((a - c, x))} = {d - b}$.",
          f"Subtracting ${terms((c, x))}$ and ${b}$ on both sides, {get(rng)} ${terms((a - c, x))} = {d - b}$."),
        p(rng, f"Division by ${a - c}$ gives ${x} = {root}$.", f"{So(rng)} ${x} = \\frac{{{d - b}}}{{{a - c}}} = {root}$."),
        p(rng, f"{check(rng)} ${a} \\cdot {signed(root)} + {signed(b)} = {a * root + b}$ and ${c} \\cdot "
          f"{signed(root)} + {signed(d)} = {c * root + d}$.",
          f"Both sides are ${a * root + b}$ for this value, as they should be.",
          f"If both sides are multiplied by ${k + 1}$, the solution stays the same: "
          f"${terms(((k + 1) * a, x), ((k + 1) * b, ''))} = {terms(((k + 1) * c, x), ((k + 1) * d, ''))}$."),
    ]  # fmt: skip


def cubic_roots(rng: Rng) -> list[Block]:
    """A cubic with integer roots: guess one, divide, factor the rest."""
    x = variable(rng)
    r, s, t = (nonzero(rng, -5, 6) for _ in range(3))
    cubic = times(times([1, -r], [1, -s]), [1, -t])
    rest = times([1, -s], [1, -t])
    divisors = [d for d in range(1, abs(r * s * t) + 1) if r * s * t % d == 0][:8]
    tried = next((d for d in (1, -1, 2, -2, 3) if at(cubic, d)), 4)
    return [
        p(rng, f"{task(rng, 'find all roots of')} ${poly(cubic, x)}$.", f"Where does ${poly(cubic, x)}$ vanish?"),
        p(rng, f"The polynomial is monic, {so(rng)} each rational root is an integer that divides "
          f"${tex(cubic[3])}$: try $\\pm {', '.join(map(str, divisors))}$ first.",
          f"Rational roots must divide the constant term ${tex(cubic[3])}$. Candidates are $\\pm {', '.join(map(str, divisors))}$."),
        p(rng, f"For ${x} = {tried}$ the value is ${tex(at(cubic, tried))}$, which is not zero. For ${x} = {r}$ it is zero.",
          f"We have a root at ${x} = {r}$, whereas ${x} = {tried}$ gives ${tex(at(cubic, tried))}$."),
        p(rng, f"Divide by ${minus(x, r)}$; the quotient is ${poly(rest, x)}$.",
          f"Splitting off ${factor(x, r)}$ leaves ${poly(rest, x)}$."),
        show(f"{poly(cubic, x)} = {factor(x, r)}({poly(rest, x)}) = {factor(x, r)}{factor(x, s)}{factor(x, t)}"),
        p(rng, f"The roots are ${r}$, ${s}$ and ${t}$" + ("." if len({r, s, t}) == 3 else ", where equal ones are repeated."),
          f"Their sum ${r + s + t}$ is minus the coefficient of ${x}^2$, and their product is ${r * s * t}$."),
    ]  # fmt: skip


def sign_table(rng: Rng) -> list[Block]:
    """A quadratic inequality."""
    x = variable(rng)
    r, s = sorted(rng.sample(range(-9, 10), 2))
    sign = rng.choice(("\\lt", "\\gt", "\\le", "\\ge"))
    quadratic = poly(times([1, -r], [1, -s]), x)
    inside = sign in ("\\lt", "\\le")
    strict = sign in ("\\lt", "\\gt")
    less, more = ("\\lt", "\\gt") if strict else ("\\le", "\\ge")
    answer = f"${r} {less} {x} {less} {s}$" if inside else f"${x} {less} {r}$ or ${x} {more} {s}$"
    return [
        p(rng, f"{task(rng, 'solve')} ${quadratic} {sign} 0$.", f"For which ${x}$ is ${quadratic} {sign} 0$?"),
        show(f"{quadratic} = {factor(x, r)}{factor(x, s)}"),
        p(rng, "The signs of the two factors decide.", "A product is positive exactly when both factors have the same sign."),
        table(["", f"${x} \\lt {r}$", f"${r} \\lt {x} \\lt {s}$", f"${x} \\gt {s}$"], [f"${minus(x, r)}$", "$-$", "$+$", "$+$"],
              [f"${minus(x, s)}$", "$-$", "$-$", "$+$"], ["product", "$+$", "$-$", "$+$"]),
        p(rng, f"{So(rng)} the solutions are given by {answer}.",
          f"We read off {answer}" + (", the ends not included." if strict else ", ends included.")),
    ]  # fmt: skip


def inverse_function(rng: Rng) -> list[Block]:
    """Compose two linear functions and invert the result."""
    x = rng.choice("xtu")
    a, b, c, d = nonzero(rng, -5, 6), nonzero(rng, -9, 9), nonzero(rng, -5, 6), nonzero(rng, -9, 9)
    m, k = a * c, a * d + b
    return [
        p(rng, f"Let $f({x}) = {poly([a, b], x)}$ and $g({x}) = {poly([c, d], x)}$.",
          f"We are given two functions, $f({x}) = {poly([a, b], x)}$ and $g({x}) = {poly([c, d], x)}$."),
        show(f"f(g({x})) = {a}({poly([c, d], x)}){plus(b)} = {poly([m, k], x)}"),
        p(rng, f"In the other order, $g(f({x})) = {c}({poly([a, b], x)}){plus(d)} = {poly([m, c * b + d], x)}$"
          + (", which happens to be the same." if k == c * b + d else ", which is something else.")),
        p(rng, f"To invert the first composition, solve $y = {poly([m, k], x)}$ for ${x}$: ${x} = {tex(Fraction(1, m))}(y{plus(-k)})$.",
          f"The inverse function of $f \\circ g$ sends $y$ to ${tex(Fraction(1, m))}(y{plus(-k)})$."),
        p(rng, f"{check(rng)} $f(g(2)) = {2 * m + k}$, and ${tex(Fraction(1, m))}({2 * m + k}{plus(-k)}) = 2$."),
    ]  # fmt: skip


def mixture(rng: Rng) -> list[Block]:
    """Two solutions mixed to a wanted strength."""
    low, high = rng.randint(1, 30), rng.randint(45, 96)
    goal = rng.randint(low + 3, high - 3)
    amount = rng.randint(2, 60)
    strong = Fraction(amount * (goal - low), high - low)
    what = rng.choice(
        "vinegar, alcohol, syrup, brine, acid, bleach, antifreeze, milk, ink, fertilizer, dye, glue".split(", ")
    )
    return [
        p(rng, f"How much {what} of ${high}$ percent and of ${low}$ percent gives ${amount}$ liters of ${goal}$ "
          f"percent?", f"{task(rng, 'mix')} ${amount}$ liters of {what} with ${goal}$ percent out of two kinds with "
          f"${low}$ and ${high}$ percent."),
        p(rng, f"Let $x$ be the liters of the stronger kind; then ${amount} - x$ liters of the other are needed.",
          f"With $x$ liters of the stronger kind there are ${amount} - x$ of the weaker."),
        show(f"{high}x + {low}({amount} - x) = {goal * amount}"),
        p(rng, f"{So(rng)} ${high - low} x = {goal * amount} - {low * amount} = {(goal - low) * amount}$ and $x = "
          f"{tex(strong)}$.", f"Collecting terms, {get(rng)} ${high - low} x = {(goal - low) * amount}$, that is, "
          f"$x = {tex(strong)}$."),
        p(rng, f"The weaker kind makes up the rest, ${amount} - {tex(strong)} = {tex(amount - strong)}$ liters.",
          f"In decimals these are about ${float(strong):.2f}$ and ${float(amount - strong):.2f}$ liters."),
        p(rng, f"The parts are as ${goal - low} : {high - goal}$, the differences of the strengths crosswise.",
          f"{check(rng)} ${high} \\cdot {tex(strong)} + {low} \\cdot {tex(amount - strong)} = {goal * amount}$."),
    ]  # fmt: skip
