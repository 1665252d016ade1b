"""Exercises of one line, without solutions, for the topics of the lecture notes that no problem family covers.

Each is solvable as it stands. They are asked in imperative sentences with numbers drawn here; nothing is promised about nice results.
"""

from __future__ import annotations

from collections.abc import Callable

from curation.embedded._derive import factor, nonzero, point, poly, variable
from curation.synth.families._rng import Rng

Exercise = Callable[[Rng], str]


def _set(rng: Rng, size: int) -> str:
    return f"\\{{ {', '.join(map(str, sorted(rng.sample(range(1, 20), size))))} \\}}"


def _vector(rng: Rng, size: int = 3) -> str:
    return point(*(rng.randint(-6, 7) for _ in range(size)))


def _polynomial(rng: Rng, x: str, degree: int) -> str:
    return poly([nonzero(rng, -5, 6), *(rng.randint(-9, 9) for _ in range(degree))], x)


def sets(rng: Rng) -> str:
    a, b, n = _set(rng, 4), _set(rng, 5), rng.randint(4, 9)
    return rng.choice((
        f"Find union, intersection and both differences of ${a}$ and ${b}$.",
        f"How many subsets of ${_set(rng, n)}$ contain the smallest element but not the largest?",
        f"Negate the statement: for every $\\varepsilon \\gt 0$ there is $n \\ge {n}$ with $a_n \\lt \\varepsilon$.",
        "Use a truth table to decide whether $(p \\Rightarrow q) \\Rightarrow p$ is equivalent to $p$.",
        f"Show that $A \\setminus (B \\cup C) = (A \\setminus B) \\cap (A \\setminus C)$, and try it with ${a}$, "
        f"${b}$ and ${_set(rng, 3)}$.",
        f"How many relations are there on a set with ${n}$ elements, and how many of them are reflexive?",
    ))  # fmt: skip


def functions(rng: Rng) -> str:
    x, a, b, c = variable(rng), nonzero(rng, -6, 7), nonzero(rng, -9, 9), rng.randint(2, 9)
    return rng.choice((
        f"Find the largest domain of $f({x}) = \\sqrt{{{c}{x} - {abs(b)}}}$ and its inverse function.",
        f"Decide whether $f({x}) = {x}^3 + {c}{x}$ is even, odd or neither, and whether it is injective.",
        f"Compose $f({x}) = {poly([a, b], x)}$ with $g({x}) = {x}^2 - {c}$ in both orders.",
        f"Where do the graphs of $y = {poly([1, a, b], x)}$ and $y = {poly([c, 0], x)}$ meet?",
        f"Sketch $y = |{poly([1, -c], x)}| - {abs(b)}$ and read off its zeros.",
        f"How is the graph of $2^{{{x} - {c}}} + {abs(b)}$ obtained from the graph of $2^{x}$?",
    ))  # fmt: skip


def polynomials(rng: Rng) -> str:
    x, c = variable(rng), nonzero(rng, -4, 5)
    return rng.choice((
        f"Divide ${_polynomial(rng, x, 4)}$ by ${poly([1, -c], x)}$ with remainder.",
        f"Find all rational roots of ${poly([2, rng.randint(-5, 5), rng.randint(-5, 5), rng.randint(1, 6)], x)}$.",
        f"For which $k$ is ${poly([1, -c], x)}$ a factor of ${x}^3 + k{x} - {rng.randint(1, 20)}$?",
        f"Write down a monic polynomial with the roots ${c}$, ${rng.randint(6, 9)}$ and ${rng.randint(-9, -5)}$, and expand it.",
        f"Evaluate ${_polynomial(rng, x, 5)}$ at ${c}$ by Horner's scheme.",
        f"What is the sum of all coefficients of $({_polynomial(rng, x, 2)})^{rng.randint(2, 9)}$?",
    ))  # fmt: skip


def inequalities(rng: Rng) -> str:
    x, a, b = variable(rng), nonzero(rng, -8, 9), rng.randint(2, 12)
    return rng.choice((
        f"Solve ${factor(x, a)}{factor(x, -b)} \\le 0$ and show the solutions on the number line.",
        f"For which ${x}$ is $|{poly([2, -b], x)}| \\lt {rng.randint(2, 15)}$?",
        "Prove that $a^2 + b^2 + c^2 \\ge ab + bc + ca$ for all real numbers, and find the case of equality.",
        f"Let $a, b \\gt 0$ with $ab = {b * b}$. What is the smallest value of $a + b$?",
        f"Show that $(1 + 0.0{rng.randint(1, 9)})^{{{rng.randint(10, 60)}}}$ is larger than $1 + \\frac{{1}}{{10}}$.",
        f"Solve $\\frac{{{x} + {b}}}{{{x} - {rng.randint(1, 9)}}} \\ge 0$ with a table of signs.",
    ))  # fmt: skip


def limits(rng: Rng) -> str:
    a, b, c, d = rng.randint(1, 9), nonzero(rng, -9, 9), rng.randint(1, 9), rng.randint(1, 9)
    return rng.choice((
        f"Find the limit of $\\frac{{{poly([a, b, 1], 'n')}}}{{{poly([c, 0, d], 'n')}}}$ as $n \\to \\infty$.",
        f"From which index on is $\\left| \\frac{{n}}{{n + {a}}} - 1 \\right| \\lt \\frac{{1}}{{{10 * c}}}$?",
        f"Show with $\\varepsilon$ and $\\delta$ that $f(x) = {poly([a, b], 'x')}$ is continuous at $x = {d}$.",
        f"Enclose the zero of $x^3 + {a}x - {c + 9}$ in an interval of length $\\frac{{1}}{{8}}$.",
        f"Let $x_0 = {a}$ and $x_{{n+1}} = \\frac{{x_n}}{{2}} + {c}$. Show that the sequence converges and find its limit.",
        f"Compute $\\lim_{{x \\to {d}}} \\frac{{x^2 - {d * d}}}{{x - {d}}}$.",
    ))  # fmt: skip


def vectors(rng: Rng) -> str:
    v, w, u = _vector(rng), _vector(rng), _vector(rng)
    return rng.choice((
        f"Compute the dot product and the cross product of ${v}$ and ${w}$.",
        f"Are ${v}$, ${w}$ and ${u}$ linearly independent?",
        f"Project ${v}$ onto ${point(*(nonzero(rng, -4, 4) for _ in range(3)))}$.",
        f"Find the plane through the origin that contains ${v}$ and ${w}$, if there is only one.",
        f"For which $t$ is ${point(rng.randint(1, 5), rng.randint(-5, 5))}$ perpendicular to $(t, {nonzero(rng, -6, 6)})$?",
        f"How far is ${v}$ from the plane $x + {rng.randint(2, 6)}y - 2z = {rng.randint(1, 9)}$?",
    ))  # fmt: skip


def analytic(rng: Rng) -> str:
    a, b, c, d = (rng.randint(-8, 9) for _ in range(4))
    return rng.choice((
        f"Find the line through ${point(a, b)}$ and ${point(a + nonzero(rng, -5, 5), c)}$, and its intercepts.",
        f"Determine center and radius of $x^2 + y^2 + {2 * abs(a) + 2}x - {2 * abs(b) + 4}y = {abs(c)}$.",
        f"Which points of the line $y = {nonzero(rng, -3, 4)}x + {abs(d)}$ are ${rng.randint(10, 20)}$ units away from the origin?",
        f"Find the focus of the parabola $y = \\frac{{x^2}}{{{4 * rng.randint(1, 9)}}}$.",
        f"Compute the area of the triangle with the corners ${point(a, b)}$, ${point(c, d)}$ and ${point(a + 3, d - 5)}$.",
        f"Give the perpendicular bisector of the segment from ${point(a, b)}$ to ${point(a + 2, b + nonzero(rng, -6, 6))}$.",
    ))  # fmt: skip


def combinatorics(rng: Rng) -> str:
    n, k = rng.randint(7, 15), rng.randint(2, 5)
    return rng.choice((
        f"In how many ways can ${n}$ people form ${k}$ named teams, empty ones allowed?",
        f"How many words of ${k + 2}$ letters can be formed from ${n}$ letters if no letter is used twice?",
        f"What is the coefficient of $x^{k}$ in $(x + {rng.randint(2, 6)})^{{{n}}}$?",
        f"How many ways are there to put ${n}$ equal balls into ${k}$ boxes so that no box stays empty?",
        f"How many integers from $1$ to ${100 * n}$ are divisible by ${k}$ or by ${k + 4}$?",
        f"Prove by counting in two ways that $\\sum_{{j=0}}^{{n}} j \\binom{{n}}{{j}} = n 2^{{n-1}}$, and check it for $n = {k + 1}$.",
    ))  # fmt: skip


def statistics(rng: Rng) -> str:
    data = ", ".join(str(rng.randint(1, 60)) for _ in range(rng.randint(6, 9)))
    xs = sorted(rng.sample(range(1, 15), 4))
    return rng.choice((
        f"Compute mean, median and standard deviation of ${data}$.",
        f"Draw a box plot of ${data}$. Is there an outlier?",
        f"Fit a line to the points {', '.join(f'$({x}, {rng.randint(0, 30)})$' for x in xs)} by least squares.",
        f"What happens to mean and variance of ${data}$ if every value is multiplied by ${rng.randint(2, 9)}$?",
        f"A sample of ${rng.randint(5, 40) * 10}$ people has the mean ${rng.randint(20, 90)}$ and the standard "
        f"deviation ${rng.randint(3, 15)}$. "
        "Give an interval for the true mean.",
        f"Find a number $c$ such that the median of ${data}, c$ is as large as possible.",
    ))  # fmt: skip


def optimization(rng: Rng) -> str:
    a, b, c, d, e = (rng.randint(1, 9) for _ in range(5))
    program = f"${a}x + {b}y$ subject to $x + {c}y \\le {c * 6 + 4}$, ${d}x + y \\le {d * 8 + 3}$ and $x, y \\ge 0$"
    return rng.choice((
        f"Maximize {program}.", f"Write down the dual of the program: maximize {program}.",
        f"Draw the region ${a}x + {b}y \\ge {a * b}$, $x \\le {b + e}$, $y \\le {a + e}$ and list its corners.",
        f"Introduce slack variables in: maximize {program}. Which of them are zero at the optimum?",
        f"By how much may the coefficient ${a}$ change in the program to maximize {program} before another corner becomes optimal?",
    ))  # fmt: skip


def numerals(rng: Rng) -> str:
    n, b = rng.randint(50, 4000), rng.randint(3, 9)
    return rng.choice((
        f"Write ${n}$ in binary and in base ${b}$.", f"Which number has the binary digits ${rng.randint(20, 500):b}$?",
        f"Add ${rng.randint(9, 120):b}$ and ${rng.randint(9, 120):b}$ in base two and check in base ten.",
        f"In which bases is $\\frac{{{rng.randint(1, 5)}}}{{{rng.randint(6, 30)}}}$ a finite expansion?",
        f"How many digits has $2^{{{n}}}$ in base ten, roughly?",
        f"Find the period of $\\frac{{1}}{{{rng.choice((7, 11, 13, 17, 19, 21, 27, 37))}}}$ in base ten.",
    ))  # fmt: skip


def induction(rng: Rng) -> str:
    a, d, q = rng.randint(1, 9), rng.randint(2, 9), rng.randint(3, 9)
    return rng.choice((
        f"Prove by induction that ${q}^n - 1$ is divisible by ${q - 1}$ for every $n \\ge 1$.",
        f"Prove that ${a} + {a + d} + \\dots + ({poly([d, a - d], 'n')}) = \\frac{{n({poly([d, 2 * a - d], 'n')})}}{{2}}$.",
        f"From which $n$ on is $2^n \\gt {d}n + {q}$? Prove it.",
        f"Show that every amount of at least ${(d - 1) * d}$ cents can be paid with coins of ${d}$ and ${d + 1}$ cents.",
        f"A strip of $n$ squares is tiled by pieces of length $1$ and $2$. Find the number of tilings for $n = {q}$ and a recursion.",
    ))  # fmt: skip


def metric(rng: Rng) -> str:
    a, b = rng.randint(1, 9), rng.randint(2, 9)
    return rng.choice((
        f"Draw the ball of radius ${a}$ about the origin for the distances $|x_1| + |x_2|$ and $\\max(|x_1|, |x_2|)$.",
        f"Is the set of all $(x, y)$ with ${a}x^2 + {b}y^2 \\lt 1$ open, closed, bounded?",
        f"Show that $h(x) = \\frac{{x}}{{{b}}} + {a}$ is a contraction of $\\mathbb{{R}}$ and find its fixed point.",
        f"Give a sequence in $(0, {a})$ that is a Cauchy sequence but does not converge there.",
        f"How many words of ${b}$ letters over two symbols differ from a given word in at most two places?",
        f"Find all limit points of the set of numbers $\\frac{{1}}{{m}} + \\frac{{{a}}}{{n}}$ with positive integers $m$ and $n$.",
    ))  # fmt: skip


def distributions(rng: Rng) -> str:
    n, d, lam = rng.randint(5, 60), rng.randint(2, 10), rng.randint(1, 9)
    return rng.choice((
        f"A variable is binomial with $n = {n}$ and $p = \\frac{{1}}{{{d}}}$. Find its mean, its variance and $P(X = 0)$.",
        f"How long does one wait on average for a success that has the probability $\\frac{{1}}{{{d + 1}}}$ in each trial?",
        f"For a Poisson variable with parameter ${lam}$, which value is the most likely?",
        f"A density is $c x^{lam}$ on $[0, {d}]$ and $0$ elsewhere. Find $c$ and the expectation.",
        f"Bound the probability that the number of heads in ${10 * n}$ tosses differs from ${5 * n}$ by at least ${n}$.",
    ))  # fmt: skip


def recursion(rng: Rng) -> str:
    a, q, c, r, s = rng.randint(0, 9), rng.randint(2, 6), nonzero(rng, -9, 9), rng.randint(2, 6), rng.randint(-4, -1)
    return rng.choice((
        f"Solve $x_{{n+1}} = {poly([q, c], 'x_n')}$ with $x_0 = {a}$.",
        f"Find a closed form of $a_{{n+2}} = {r + s}a_{{n+1}} + {-r * s}a_n$ with $a_0 = {a}$ and $a_1 = {q}$.",
        f"Compute the first eight terms of $b_{{n+1}} = b_n^2 - {q}$ with $b_0 = 1$, modulo ${q + 7}$.",
        f"A loan of ${a + 1}000$ euros at ${q}$ percent is paid back with ${100 * (a + q)}$ euros a year. Write "
        f"down a recursion for the debt.",
        f"Show that $F_{{n+{q}}} = F_{q} F_{{n+1}} + F_{{{q - 1}}} F_n$ for the Fibonacci numbers.",
    ))  # fmt: skip


def cryptography(rng: Rng) -> str:
    q, r = rng.sample((5, 7, 11, 13, 17, 19, 23), 2)
    return rng.choice((
        f"Encrypt ${rng.randint(2, q * r - 1)}$ with the public key $N = {q * r}$ and an exponent of your choice "
        f"that is prime to ${(q - 1) * (r - 1)}$.",
        f"Factor $N = {q * r}$ from the knowledge that $(p - 1)(q - 1) = {(q - 1) * (r - 1)}$.",
        f"Decipher a text that was shifted by ${rng.randint(2, 24)}$ letters. How many trials would have been enough?",
        f"Find a primitive root modulo ${q}$ and the discrete logarithm of ${rng.randint(2, q - 1)}$.",
        f"Why is the affine cipher $x \\mapsto {2 * rng.randint(1, 9)}x + {rng.randint(1, 25)}$ modulo $26$ useless?",
        f"Compute ${rng.randint(2, 9)}^{{{rng.randint(20, 99)}}}$ modulo ${r}$ by repeated squaring.",
    ))  # fmt: skip


def numerics(rng: Rng) -> str:
    c, a, n = rng.randint(2, 60), rng.randint(1, 9), rng.choice((4, 6, 8, 10))
    return rng.choice((
        f"Do three steps of Newton's method for $\\sqrt{{{c}}}$, starting with $1$.",
        f"How many steps of bisection are needed to find a zero in $[0, {a}]$ with an error below $10^{{-{rng.randint(2, 9)}}}$?",
        f"Approximate $\\int_0^{a} \\frac{{1}}{{1 + x^2}} \\, dx$ by the trapezoid rule with ${n}$ strips.",
        f"Interpolate $\\sqrt{{x}}$ at $0$, $1$ and $4$ by a parabola and evaluate it at ${a}$.",
        f"Rewrite $\\sqrt{{x + {a}}} - \\sqrt{{x}}$ so that no digits are lost for large $x$.",
        f"Find the first four convergents of the continued fraction of $\\frac{{{100 + c}}}{{{30 + a}}}$.",
    ))  # fmt: skip


EXERCISES: dict[str, Exercise] = {
    "analytic": analytic, "combinatorics": combinatorics, "cryptography": cryptography, "distributions": distributions,
    "functions": functions, "induction": induction, "inequalities": inequalities, "limits": limits, "metric": metric,
    "numerals": numerals, "numerics": numerics, "optimization": optimization, "polynomials": polynomials, "recursion": recursion,
    "sets": sets, "statistics": statistics, "vectors": vectors,
}  # fmt: skip
"""One exercise by topic."""
