"""Whether what the mathematics pages compute is true: every printed equality is read back and computed again."""

from __future__ import annotations

import ast
import itertools
import re
from fractions import Fraction
from pathlib import Path

import mpmath
import pytest
import sympy

from curation.embedded import _derive_algebra as algebra
from curation.embedded import _derive_calculus as calculus
from curation.embedded import _derive_decimals as decimals
from curation.embedded import _derive_discrete as discrete
from curation.embedded import _derive_equations as equations
from curation.embedded import _derive_linear as linear
from curation.embedded import _derive_plane as plane
from curation.embedded import _derive_practice as practice
from curation.embedded._derivations import DERIVATIONS, TABLED
from curation.embedded._examples import EXAMPLES, FAMILY_TOPICS
from curation.embedded._exercises import EXERCISES
from curation.embedded._grammar import Voice, bank
from curation.embedded._page import texts
from curation.embedded._tex import parse
from curation.synth.families._rng import Rng
from tests.curation.formulas import formulas, letters, rounded, same, value

MADE = sorted(
    {made for group in DERIVATIONS.values() for made in group}, key=lambda made: (made.__module__, made.__name__)
)
SEEDS = range(40)


def _all(made, seed):
    return [formula for block in made(Rng("test", seed)) for text in texts(block) for formula in formulas(text)]


def _name(made):
    return f"{made.__module__.rpartition('_')[2]}.{made.__name__}"


def _sides(formula):
    """The parts of a chain of equalities; none if the formula is a list or has words or relations of other kinds."""
    if (
        re.search(r"\\(?:pmod|lt|gt|le|ge|to|in|sum|int|begin|quad|equiv|dots|lim|pm)(?![a-z])|,", formula)
        or "_" in formula
    ):
        return [], ""
    chain, _, near = formula.partition("\\approx")
    return chain.split("="), near.strip()


def _check(formula, names):
    """How many equalities of a formula were found true. AssertionError for a false one."""
    sides, near = _sides(formula)
    values = [value(side, names) for side in sides]
    known = [v for v in values if v is not None]
    for v in known[1:]:
        assert same(known[0], v), formula
    if near and known and re.fullmatch(r"-?\d+(?:\.\d+)?", near):
        assert rounded(known[-1], near), formula
        return len(known)
    return max(len(known) - 1, 0)


@pytest.mark.parametrize("made", MADE, ids=_name)
def test_equalities_between_numbers_hold(made):
    for seed in SEEDS:
        for formula in _all(made, seed):
            if not letters(formula) - {"k"} or made in COMPLEX:
                _check(formula, {})


COMPLEX = {plane.complex_product, plane.complex_power, plane.complex_quadratic}


def test_many_equalities_are_checked_and_not_few():
    counts = {
        _name(made): sum(_check(f, {}) for seed in SEEDS for f in _all(made, seed) if not letters(f)) for made in MADE
    }
    assert sum(counts.values()) > 3000
    assert sum(count > 20 for count in counts.values()) > len(MADE) * 0.5, {k: v for k, v in counts.items() if v <= 20}


@pytest.mark.parametrize(
    "wrong", ["2 \\cdot 3 = 7", "\\frac{1}{2} + \\frac{1}{3} = \\frac{2}{5}", "(-2)^2 = -4", "\\sqrt{2} \\approx 1.42"]
)
def test_a_wrong_equality_is_noticed(wrong):
    with pytest.raises(AssertionError):
        _check(wrong, {})


IDENTITIES = (
    algebra.expand, algebra.factor_quadratic, algebra.complete_square, algebra.long_division, algebra.horner, algebra.partial_fractions,
    algebra.interpolation, equations.cubic_roots, equations.sign_table, discrete.binomial_power, calculus.extrema,
    calculus.product_rule, plane.complex_quadratic,
)  # fmt: skip


@pytest.mark.parametrize("made", IDENTITIES, ids=_name)
def test_displayed_identities_hold_at_several_points(made):
    checked = 0
    for seed in SEEDS:
        for block in made(Rng("test", seed)):
            if block[0] != "p" or not block[1].startswith("$$"):
                continue
            formula = block[1].strip("$")
            for number in (Fraction(3, 7), Fraction(-11, 5), Fraction(17)):
                checked += _check(formula, dict.fromkeys(letters(formula), number))
    assert checked >= 3 * len(SEEDS)


def test_the_induction_step_is_an_identity_and_the_base_case_fits():
    checked = 0
    for seed in SEEDS:
        shown = [block[1].strip("$") for block in discrete.induction(Rng("test", seed)) if block[1].startswith("$$")]
        total, closed = shown[0].split(" = ")
        variable = re.search(r"\^\{(\w)\}", total)[1]
        term = total[total.index(f"^{{{variable}}}") + len(f"^{{{variable}}}") :].strip()
        for n in (1, 2, 5):
            assert sum(value(term, {"i": Fraction(i)}) for i in range(1, n + 1)) == value(
                closed, {variable: Fraction(n)}
            ), shown
            left, right = shown[1].split(" = ")
            assert value(left, {variable: Fraction(n)}) == value(right, {variable: Fraction(n)}), shown
            checked += 1
    assert checked == 3 * len(SEEDS)


_CONGRUENCE = re.compile(r"((?:[^\\,$]|\\(?:cdot|equiv))+)\\pmod\{(\d+)\}")


def test_congruences_hold():
    checked = 0
    for made in MADE:
        for seed in SEEDS:
            for formula in _all(made, seed):
                for chain, modulus in _CONGRUENCE.findall(formula):
                    numbers = [value(side) for side in re.split(r"\\equiv|=", chain)]
                    found = [int(v) for v in numbers if v is not None and v.denominator == 1]
                    for v in found[1:]:
                        assert (v - found[0]) % int(modulus) == 0, formula
                        checked += 1
    assert checked > 500


def _matrices(text):
    found = []
    for inner, inverse in re.findall(r"\\begin\{pmatrix\}(.*?)\\end\{pmatrix\}(\^\{-1\})?", text):
        m = sympy.Matrix([[sympy.Rational(str(value(cell))) for cell in row.split("&")] for row in inner.split("\\\\")])
        found.append(m.inv() if inverse else m)
    return found


@pytest.mark.parametrize("made", [linear.eigenvalues, linear.change_of_basis, linear.matrix_powers], ids=_name)
def test_products_and_inverses_of_matrices_are_right(made):
    checked = 0
    for seed in SEEDS:
        for block in made(Rng("test", seed)):
            for equation in block[1].strip("$").split("\\quad") if block[1].startswith("$$") else ():
                sides = [_matrices(side) for side in equation.split("=")]
                if len(sides) == 2 and all(sides):
                    assert sympy.prod(sides[0]) == sympy.prod(sides[1]), equation
                    checked += 1
    assert checked >= len(SEEDS)


def test_inverses_and_determinants_agree_with_sympy():
    for seed in SEEDS:
        told = [block[1] for block in linear.inverse(Rng("test", seed))]
        (matrix,) = _matrices(told[0])
        shown = next(text for text in told if "A^{-1} =" in text and text.startswith("$$"))
        factor = re.search(r"= (-?\\frac\{1\}\{\d+\}) \\begin", shown)
        (adjugate,) = _matrices(shown)
        scale = sympy.Rational(str(value(factor[1]))) if factor else 1
        assert scale * adjugate == matrix.inv()
        told = [block[1] for block in linear.determinant(Rng("test", seed))]
        assert _matrices(told[0])[0].det() == value(told[2].strip("$").rpartition("=")[2])


def _polynomial(text, x):
    """As SymPy has it: an interpolation through exact values, for what is at most of degree 12."""
    points = [(Fraction(i), value(text, {x: Fraction(i)})) for i in range(13)]
    pairs = [(sympy.Integer(int(a)), sympy.Rational(b.numerator, b.denominator)) for a, b in points]
    return sympy.interpolate(pairs, sympy.Symbol(x))


@pytest.mark.parametrize("made", [calculus.definite_integral, calculus.area, calculus.substitution], ids=_name)
def test_definite_integrals_agree_with_sympy(made):
    for seed in range(12):
        shown = next(b[1] for b in made(Rng("test", seed)) if b[1].startswith("$$\\int")).strip("$")
        low, high, body, x, result = re.fullmatch(
            r"\\int_\{(-?\d+)\}\^\{(-?\d+)\} (.*) \\, d([a-z]) = (.*)", shown
        ).groups()
        exact = sympy.integrate(_polynomial(body, x), (sympy.Symbol(x), int(low), int(high)))
        for part in result.split("="):
            assert sympy.Rational(str(value(part))) == exact, shown


def _slope(text, x, at):
    step = 1e-5
    up, down = value(text, {x: at + step}), value(text, {x: at - step})
    return None if up is None or down is None else (up - down) / (2 * step)


def test_the_chain_rule_and_integration_by_parts_agree_with_difference_quotients():
    checked = 0
    for seed in SEEDS:
        rule = next(b[1] for b in calculus.chain_rule(Rng("test", seed)) if b[1].startswith("$$")).strip("$")
        outer, result = re.fullmatch(r"\\left\( (.*) \\right\)' = (.*)", rule).groups()
        parts = next(b[1] for b in calculus.by_parts(Rng("test", seed)) if b[1].startswith("$$")).strip("$")
        body, x, anti = re.fullmatch(r"\\int (.*) \\, d([a-z]) = (.*) \+ C", parts).groups()
        (y,) = letters(outer)
        for function, slope, name in ((outer, result, y), (anti, body, x)):
            for at in (0.31, -0.47):
                measured, printed = _slope(function, name, at), value(slope, {name: at})
                if measured is not None and printed is not None and abs(measured) < 1e6:
                    assert abs(measured - printed) <= 1e-3 * max(1, abs(printed)), (function, slope)
                    checked += 1
    assert checked > 3 * len(SEEDS)


@pytest.mark.parametrize("seed", range(80))
def test_each_row_of_newton_s_method_follows_from_the_printed_rule(seed):
    blocks = practice.newton_root(Rng("test", seed))
    rule = next(block[1] for block in blocks if str(block[1]).startswith("$$")).strip("$").partition(" = ")[2]
    head, *rows = next(block[1] for block in blocks if block[0] == "table")
    told = [[Fraction(cell.strip("$")) for cell in row] for row in rows]
    assert len(told) == 5
    for (_, x, rest), (_, following, _) in itertools.pairwise(told):
        assert abs(value(rule.replace("x_n", "x"), {"x": x}) - following) < Fraction(1, 10**7), (rule, rows)
        assert abs(value(head[2].strip("$").replace("x_n", "x"), {"x": x}) - rest) < Fraction(1, 10**5), (head, rows)
    assert told[0][2] != 0 and "-0.000000" not in str(rows)


def test_the_last_line_of_compound_interest_is_the_printed_power():
    for seed in SEEDS:
        blocks = practice.interest_table(Rng("test", seed))
        power = next(block[1] for block in blocks if str(block[1]).startswith("$$")).strip("$")
        assert _check(power, {}) == 1 + power.count(" = ")
        rows = next(block[1] for block in blocks if block[0] == "table")
        if any(str(block[1]).startswith("This is the last line") for block in blocks):
            assert rows[-1][1].strip("$") == power.rpartition(" ")[2]


def test_decimals_are_the_nearest_floats():
    with mpmath.workdps(50):
        for n in range(1, 360):
            angle = mpmath.mpf(n) * mpmath.pi / 180
            assert decimals.sine(n) == pytest.approx(float(mpmath.sin(angle)), rel=0, abs=1e-30 if n == 180 else 0)
            if n % 90:
                assert decimals.tangent(n) == float(mpmath.sin(angle) / mpmath.cos(angle))
                assert decimals.cosine(n) == float(mpmath.cos(angle))
            ratio = Fraction(n, 47)
            exact = mpmath.mpf(n) / 47
            assert decimals.exponential(-ratio) == float(mpmath.exp(-exact))
            assert decimals.logarithm(ratio) == float(mpmath.log(exact))
            x, y = n % 19 - 9, n % 17 - 8
            if x or y:
                assert decimals.direction(x, y) == float(mpmath.atan2(y, x) * 180 / mpmath.pi)
            cosine = Fraction(n - 180, 181)
            assert decimals.arccosine(cosine) == float(mpmath.acos(mpmath.mpf(n - 180) / 181) * 180 / mpmath.pi)


EXACT = {"comb", "factorial", "gcd", "isqrt", "lcm", "sqrt"}
SOURCES = sorted(
    path
    for pattern in ("_deriv*.py", "_examples.py", "_exercises.py")
    for path in (Path(__file__).parents[2] / "curation/embedded").glob(pattern)
)


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_no_text_stands_alone_and_no_decimal_comes_from_the_c_library(path):
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Expr):
            assert isinstance(node.value, ast.Constant | ast.Call), (
                node.lineno
            )  # no JoinedStr, alone or in an operation
        if isinstance(node, ast.ImportFrom) and node.module == "math":
            assert {name.name for name in node.names} <= EXACT, node.lineno
        if isinstance(node, ast.Import):
            assert not {"math", "cmath", "numpy"} & {name.name for name in node.names}, node.lineno
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow):
            numbers = [
                part.value
                for side in (node.left, node.right)
                for part in ast.walk(side)
                if isinstance(part, ast.Constant)
            ]
            assert not any(isinstance(number, float) for number in numbers), node.lineno
            called = [
                part.func.id
                for part in ast.walk(node.left)
                if isinstance(part, ast.Call) and isinstance(part.func, ast.Name)
            ]
            assert "float" not in called, node.lineno


@pytest.mark.parametrize("made", MADE, ids=_name)
def test_formulas_are_read_and_equal_keys_give_equal_text(made):
    told = [made(Rng("test", seed)) for seed in SEEDS]
    for block in (block for blocks in told for block in blocks):
        for text in texts(block):
            assert text.count("$") % 2 == 0
            for formula in formulas(text):
                parse(formula)
                assert "<" not in formula and ">" not in formula
    assert told == [made(Rng("test", seed)) for seed in SEEDS]
    assert len({repr(blocks) for blocks in told}) > len(SEEDS) * 0.8
    assert all(3 <= len(blocks) <= 14 for blocks in told)
    assert any(block[0] == "table" for blocks in told for block in blocks) == (made in TABLED)


def _maths():
    return bank("words", "maths", "maths-talk")


TOPICS = sorted(DERIVATIONS)


def test_every_topic_has_all_that_a_page_needs():
    words = _maths()
    found = sorted(name.removesuffix(".fact") for name in words.sources if name.endswith(".fact"))
    assert found == TOPICS
    for topic in TOPICS:
        assert len(words.sources[f"{topic}.fact"]) >= 20
        assert all(f"{topic}.{part}" in words.sources for part in ("title", "intro", "talk"))
        assert topic in words.themes
        assert topic in EXAMPLES or topic in FAMILY_TOPICS


@pytest.mark.parametrize("topic", TOPICS)
def test_what_the_bank_says_of_a_topic_has_readable_formulas(topic):
    words = _maths()
    for seed in range(6):
        voice = Voice(words, Rng("test", topic, seed), topic)
        said = [
            *voice.lines(words.sources[f"{topic}.fact"]),
            *voice.all([f"{topic}.{part}" for part in ("title", "intro", "talk")] * 4),
        ]
        said += voice.all(
            [f"talk.{part}" for part in ("par", "history", "application", "remark", "summary", "admin", "reference")]
            * 6
        )
        for text in said:
            for formula in formulas(text):
                parse(formula)
                assert "<" not in formula and ">" not in formula
            assert "<" not in text and "  " not in text


def test_the_true_instances_of_the_bank_are_true():
    checked = 0
    for name, lines in _maths().sources.items():
        if name.startswith("ex.") and name not in (
            "ex.cmul",
            "ex.cdiv",
            "ex.csqrt",
            "ex.polar",
            "ex.ipow",
            "ex.phi",
            "ex.fib",
        ):
            for line in lines:
                for formula in formulas(line):
                    plain = not letters(formula)
                    if plain or name in ("ex.square", "ex.quad", "ex.cube", "ex.polydiv"):
                        checked += _check(formula, dict.fromkeys(letters(formula), Fraction(13, 7)))
    assert checked > 700


@pytest.mark.parametrize("topic", sorted({*EXAMPLES, *EXERCISES}))
def test_examples_and_exercises_can_be_read(topic):
    for seed in range(30):
        told, exercise = (
            EXAMPLES[topic](Rng("test", seed)) if topic in EXAMPLES else ([], EXERCISES[topic](Rng("test", seed)))
        )
        for text in (*told, exercise):
            assert text.count("$") % 2 == 0
            for formula in formulas(text):
                parse(formula)
