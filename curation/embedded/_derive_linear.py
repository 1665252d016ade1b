"""Worked computations of linear algebra: systems, determinants, inverses, eigenvalues, bases, vectors, and small linear programs."""

from __future__ import annotations

from fractions import Fraction

from curation.embedded._derive import (
    So,
    check,
    factor,
    get,
    matrix,
    nonzero,
    p,
    point,
    show,
    signed,
    so,
    task,
)
from curation.embedded._page import Block
from curation.synth.families._algebra import terms
from curation.synth.families._family import tex
from curation.synth.families._rng import Rng

UNKNOWNS = (("x", "y"), ("x", "y"), ("u", "v"), ("a", "b"), ("s", "t"), ("p", "q"))


def elimination(rng: Rng) -> list[Block]:
    """Two equations with two unknowns."""
    x, y = rng.choice(UNKNOWNS)
    v, w = nonzero(rng, -9, 9), nonzero(rng, -9, 9)
    a, b, c, d = nonzero(rng, -6, 6), nonzero(rng, -6, 6), nonzero(rng, -6, 6), nonzero(rng, -6, 6)
    det = a * d - b * c
    if not det:
        d += 1 if d != -1 else 2
        det = a * d - b * c
    e, f = a * v + b * w, c * v + d * w
    first, second = f"{terms((a, x), (b, y))} = {e}", f"{terms((c, x), (d, y))} = {f}"
    return [
        p(rng, f"{task(rng, 'solve')} the system ${first}$, ${second}$.", f"Find ${x}$ and ${y}$ with ${first}$ and ${second}$.",
          f"Two lines are given by ${first}$ and ${second}$. Where do they meet?"),
        p(rng, f"Multiply the first equation by ${d}$ and the second by ${b}$, so that ${y}$ can be eliminated:",
          f"To remove ${y}$, take ${d}$ times the first equation minus ${b}$ times the second."),
        show(f"{terms((a * d, x), (b * d, y))} = {e * d}, \\quad {terms((b * c, x), (b * d, y))} = {b * f}"),
        p(rng, f"Subtracting, {get(rng)} ${terms((det, x))} = {e * d - b * f}$ and ${x} = {v}$.",
          f"The difference is ${terms((det, x))} = {e * d - b * f}$, {so(rng)} ${x} = {v}$."),
        p(rng, f"Put this into the first equation: ${terms((b, y))} = {e} - {signed(a * v)} = {b * w}$, that is, ${y} = {w}$.",
          f"From the first equation, ${terms((b, y))} = {b * w}$ and ${y} = {w}$."),
        p(rng, f"{check(rng)} ${c} \\cdot {signed(v)} + {signed(d)} \\cdot {signed(w)} = {f}$.",
          f"The solution is $({x}, {y}) = ({v}, {w})$.", f"{So(rng)} the lines meet at $({v}, {w})$ and nowhere else."),
    ]  # fmt: skip


def system_of_three(rng: Rng) -> list[Block]:
    """Gaussian elimination on a triangular system in disguise."""
    x, y, z = (nonzero(rng, -5, 6) for _ in range(3))
    k, m, n = (nonzero(rng, -3, 4) for _ in range(3))
    rows = [
        [1, rng.randint(-3, 4), rng.randint(-3, 4)],
        [0, 1, nonzero(rng, -3, 3)],
        [0, 0, rng.choice((1, 2, 3, -1, -2))],
    ]
    full = [[*row, row[0] * x + row[1] * y + row[2] * z] for row in rows]
    second = [b + k * a for a, b in zip(full[0], full[1], strict=True)]
    third = [c + m * a + n * b for a, b, c in zip(*full, strict=True)]
    mixed = [full[0], second, third]
    step = [full[0], full[1], [c - m * a for a, c in zip(full[0], third, strict=True)]]
    return [
        p(rng, "A system of three equations is written as a matrix, with the right sides in the last column.",
          f"{task(rng, 'solve by elimination')} the system with this augmented matrix:", "Gaussian elimination in full:"),
        show(matrix(mixed)),
        p(rng, f"Subtract ${k}$ times row 1 from row 2 and ${m}$ times row 1 from row 3.",
          f"With the first row we clear the first column; the multipliers are ${k}$ and ${m}$."),
        show(matrix(step)),
        p(rng, f"Now subtract ${n}$ times row 2 from row 3.", f"The second column is cleared with the multiplier ${n}$."),
        show(matrix(full)),
        p(rng, f"Back substitution begins at the bottom: the third unknown is ${z}$, the second ${y}$, the first ${x}$.",
          f"From below: $x_3 = {z}$, then $x_2 = {full[1][3]} - {signed(rows[1][2])} \\cdot {signed(z)} = {y}$, and finally $x_1 = {x}$."),
        p(rng, f"The solution is ${point(x, y, z)}$.", f"{So(rng)} ${point(x, y, z)}$ is the only solution."),
    ]  # fmt: skip


def determinant(rng: Rng) -> list[Block]:
    """A determinant of order three, by the first row."""
    a = [[rng.randint(-4, 6) for _ in range(3)] for _ in range(3)]
    minors = [
        a[1][1] * a[2][2] - a[1][2] * a[2][1],
        a[1][0] * a[2][2] - a[1][2] * a[2][0],
        a[1][0] * a[2][1] - a[1][1] * a[2][0],
    ]
    value = a[0][0] * minors[0] - a[0][1] * minors[1] + a[0][2] * minors[2]
    name = rng.choice("ABCMS")
    return [
        p(rng, f"{task(rng, 'compute', 'find')} the determinant of ${name} = {matrix(a)}$.",
          f"What is $\\det {name}$ for ${name} = {matrix(a)}$?"),
        p(rng, f"Expand along the first row. The three minors are ${minors[0]}$, ${minors[1]}$ and ${minors[2]}$.",
          f"The minors that belong to the first row are ${signed(a[1][1])} \\cdot {signed(a[2][2])} - {signed(a[1][2])} \\cdot "
          f"{signed(a[2][1])} = {minors[0]}$, and in the same way ${minors[1]}$ and ${minors[2]}$."),
        show(f"{a[0][0]} \\cdot {signed(minors[0])} - {signed(a[0][1])} \\cdot {signed(minors[1])} + {signed(a[0][2])} \\cdot "
             f"{signed(minors[2])} = {value}"),
        p(rng, f"{So(rng)} $\\det {name} = {value}$" + (", and the matrix is invertible." if value else ", and the columns are dependent."),
          f"The volume of the box spanned by the rows is ${abs(value)}$." if value else "The rows lie in one plane.",
          f"The transposed matrix has the same determinant, ${value}$."),
    ]  # fmt: skip


def inverse(rng: Rng) -> list[Block]:
    """The inverse of a matrix of order two, and a system solved with it."""
    a, b, c, d = (rng.randint(-5, 7) for _ in range(4))
    if a * d == b * c:
        a, d = a + 2, d + 3
    det = a * d - b * c
    if not det:
        a, b, c, d, det = 2, 1, 5, 3, 1
    e, f = rng.randint(-9, 9), rng.randint(-9, 9)
    solved = [Fraction(d * e - b * f, det), Fraction(a * f - c * e, det)]
    return [
        p(rng, f"{task(rng, 'invert')} the matrix ${matrix([[a, b], [c, d]])}$.",
          f"Is $A = {matrix([[a, b], [c, d]])}$ invertible? If so, what is $A^{{-1}}$?"),
        p(rng, f"The determinant is ${a} \\cdot {signed(d)} - {signed(b)} \\cdot {signed(c)} = {det}$, which is not zero."),
        p(rng, "Exchange the diagonal entries, change the signs of the others, and divide by the determinant:",
          f"By the formula for order two, {get(rng)}", "The adjugate divided by the determinant is"),
        show(f"A^{{-1}} = {tex(Fraction(1, det))} {matrix([[d, -b], [-c, a]])}" if det not in (1, -1)
             else f"A^{{-1}} = {matrix([[d * det, -b * det], [-c * det, a * det]])}"),
        p(rng, f"With its help the system $Ax = {point(e, f)}$ is solved at once: $x = {point(*solved)}$.",
          f"For the right side ${point(e, f)}$ the solution is ${point(*solved)}$.",
          f"{check(rng)} the first row times the first column gives ${a} \\cdot {signed(d)} + {signed(b)} \\cdot {signed(-c)} = {det}$."),
    ]  # fmt: skip


def eigenvalues(rng: Rng) -> list[Block]:
    """A matrix of order two with integer eigenvalues, made by a change of basis with determinant 1."""
    r, s = rng.sample(range(-6, 8), 2)
    k, m = nonzero(rng, -3, 3), nonzero(rng, -2, 2)
    base = [[1, k], [m, 1 + k * m]]
    p11, p12, p21, p22 = 1, k, m, 1 + k * m
    a = [[r * p11 * p22 - s * p12 * p21, (s - r) * p11 * p12], [(r - s) * p21 * p22, s * p11 * p22 - r * p12 * p21]]
    trace, det = r + s, r * s
    lam = "\\lambda"
    return [
        p(rng, f"{task(rng, 'diagonalize')} $A = {matrix(a)}$.", f"What are the eigenvalues and eigenvectors of $A = {matrix(a)}$?"),
        p(rng, f"The trace is ${trace}$ and the determinant ${det}$, {so(rng)} the characteristic polynomial is",
          "From trace and determinant we read off the characteristic polynomial:"),
        show(f"{terms((1, lam + '^2'), (-trace, lam), (det, ''))} = {factor(lam, r)}{factor(lam, s)}"),
        p(rng, f"The eigenvalues are ${r}$ and ${s}$.", f"{So(rng)} ${lam}_1 = {r}$ and ${lam}_2 = {s}$."),
        p(rng, f"For ${r}$ we need a vector in the kernel of "
          f"${matrix([[a[0][0] - r, a[0][1]], [a[1][0], a[1][1] - r]])}$, for example ${point(1, m)}$.",
          f"An eigenvector for ${r}$ is ${point(1, m)}$: indeed the first entry of its image is ${a[0][0]} + "
          f"{signed(a[0][1])} \\cdot {signed(m)} = {r}$."),
        p(rng, f"For ${s}$ one may take ${point(k, 1 + k * m)}$.", f"Likewise ${point(k, 1 + k * m)}$ belongs to ${s}$."),
        show(f"{matrix(a)} = {matrix(base)} {matrix([[r, 0], [0, s]])} {matrix([[p22, -p12], [-p21, p11]])}"),
        p(rng, f"{So(rng)} powers are easy: $A^n$ has the eigenvalues ${signed(r)}^n$ and ${signed(s)}^n$.",
          f"The sum of the eigenvalues is ${r + s}$, as the trace demands."),
    ]  # fmt: skip


def change_of_basis(rng: Rng) -> list[Block]:
    """Coordinates of a vector in another basis of the plane."""
    k, m = nonzero(rng, -4, 4), nonzero(rng, -3, 3)
    b1, b2 = (1, m), (k, 1 + k * m)
    s, t = nonzero(rng, -6, 6), nonzero(rng, -6, 6)
    v = (s * b1[0] + t * b2[0], s * b1[1] + t * b2[1])
    return [
        p(rng, f"{task(rng, 'express')} $v = {point(*v)}$ in the basis $b_1 = {point(*b1)}$, $b_2 = {point(*b2)}$.",
          f"Let $b_1 = {point(*b1)}$ and $b_2 = {point(*b2)}$. What are the coordinates of $v = {point(*v)}$ in this basis?"),
        p(rng, f"The matrix with the columns $b_1$, $b_2$ has the determinant ${b1[0]} \\cdot {signed(b2[1])} - "
          f"{signed(b2[0])} \\cdot {signed(b1[1])} = 1$, "
          f"{so(rng)} they form a basis."),
        show(f"{matrix([[b1[0], b2[0]], [b1[1], b2[1]]])}^{{-1}} = {matrix([[b2[1], -b2[0]], [-b1[1], b1[0]]])}"),
        p(rng, f"The coordinates are ${b2[1]} \\cdot {signed(v[0])} + {signed(-b2[0])} \\cdot {signed(v[1])} = {s}$ and "
          f"${-b1[1]} \\cdot {signed(v[0])} + {signed(b1[0])} \\cdot {signed(v[1])} = {t}$.",
          f"Multiplying this matrix with $v$, {get(rng)} ${point(s, t)}$."),
        p(rng, f"{check(rng)} $v = {terms((s, 'b_1'), (t, 'b_2'))}$.", f"{So(rng)} $v = {terms((s, 'b_1'), (t, 'b_2'))}$."),
    ]  # fmt: skip


def matrix_powers(rng: Rng) -> list[Block]:
    """Two products, which differ, and a square."""
    a, b = ([[rng.randint(-3, 5) for _ in range(2)] for _ in range(2)] for _ in range(2))

    def product(m: list[list[int]], n: list[list[int]]) -> list[list[int]]:
        return [[sum(m[i][k] * n[k][j] for k in range(2)) for j in range(2)] for i in range(2)]

    ab, ba = product(a, b), product(b, a)
    return [
        p(rng, f"Let $A = {matrix(a)}$ and $B = {matrix(b)}$.",
          f"{task(rng, 'multiply')} $A = {matrix(a)}$ and $B = {matrix(b)}$ in both orders."),
        show(f"{matrix(a)} {matrix(b)} = {matrix(ab)}, \\quad {matrix(b)} {matrix(a)} = {matrix(ba)}"),
        p(rng, "The two products are equal: these matrices commute." if ab == ba else "The order of the factors matters here.",
          f"In the corner at the top left, ${a[0][0]} \\cdot {signed(b[0][0])} + {signed(a[0][1])} \\cdot "
          f"{signed(b[1][0])} = {ab[0][0]}$."),
        show(f"A^2 = {matrix(product(a, a))}, \\quad B^2 = {matrix(product(b, b))}"),
        p(rng, f"Both products have the trace ${ab[0][0] + ab[1][1]}$, although they need not be equal.",
          f"The determinant of either product is ${ab[0][0] * ab[1][1] - ab[0][1] * ab[1][0]}$."),
    ]  # fmt: skip
