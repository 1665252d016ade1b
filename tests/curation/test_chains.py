"""What the teacher's chains of thought say: every calculation in them is true, or taken back in the same paragraph."""

import re
from collections.abc import Iterator
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation.synth.families import _calculation as calculation
from curation.synth.families._chain import Work
from curation.synth.families._family import LEVELS, families, index, long_cot, read
from curation.synth.families._rng import Rng
from curation.synth.families._spelling import clean

NAMES = sorted(families())
_NUMBER = r"(?:\\frac\{-?\d+\}\{\d+\}|\d+(?:\.\d+)?)"
_TERM = rf"(?:-?{_NUMBER}|\(-?{_NUMBER}\)|\\left\(-?{_NUMBER}\\right\))(?:\^(?:\d|\{{\d+\}}))?"
_SIGN = r"\s*(?:\+|-|×|÷|·|/|\\times|\\cdot|\\div)\s*"
_EQUALITY = re.compile(
    rf"(?<![\w.%}}^/)]){_TERM}(?:{_SIGN}{_TERM})+(?:\s*=\s*{_TERM}(?:{_SIGN}{_TERM})*)+(?![\w^/%(]|\.\d|\s*[×·÷/%])"
)
_INSIDE = re.compile(r"(?:[-+*/×÷·=^.]|\\(?:cdot|times|div))\s*$|[a-z]\^?$")
"""What ends the text before an equality that is only the rest of a longer one."""


def equalities(text: str) -> Iterator[list[str]]:
    """The sides of all chains of equal numbers in a text: `3 + 4 = 7`, `2 × 3 × 4 = 6 × 4 = 24`."""
    for found in _EQUALITY.finditer(text):
        if not _INSIDE.search(text[: found.start()]):
            yield [side.strip() for side in found[0].split("=")]


def value(side: str) -> Fraction:
    side = side.replace("\\left", "").replace("\\right", "")
    side = re.sub(r"\\frac\{(-?\d+)\}\{(\d+)\}", r"(Fraction(\1)/Fraction(\2))", side)
    side = re.sub(r"(?<![\w(])(\d+\.\d+)", r"Fraction('\1')", side)
    side = re.sub(r"(?<![\w'.(])(\d+)(?![\w'.])", r"Fraction(\1)", side)
    for sign, python in (
        ("\\times", "*"),
        ("\\cdot", "*"),
        ("\\div", "/"),
        ("×", "*"),
        ("·", "*"),
        ("÷", "/"),
        ("^{", "**("),
        ("^", "**"),
    ):
        side = side.replace(sign, python)
    return eval(side.replace("}", ")"), {"Fraction": Fraction})


def parsed(name: str, level: int, seed: int):
    problem = families()[name].make(Rng("chains", name, level, seed), level)
    found = families()[name].parse(problem.text)
    assert found is not None
    return problem, found


def told(work: Work) -> list[str]:
    pairs = [text for pair in (*work.traps, *work.detours) for text in pair]
    steps = [text for step in work.steps for text in (step.text, f"{step.left} = {step.value}" if step.left else "")]
    return [work.given, work.said, *work.checks, *work.trials, *work.other_way, *pairs, *steps]


@pytest.mark.parametrize("name", NAMES)
def test_every_calculation_that_a_family_tells_is_true(name):
    count = 0
    for level in LEVELS:
        for seed in range(12):
            _, found = parsed(name, level, seed)
            for text in told(families()[name].explain(found, Rng(seed))):
                for sides in equalities(text):
                    count += 1
                    assert len({value(side) for side in sides}) == 1, (text, sides)
    assert count > 20 or name == "linear_equation"  # which only moves terms with letters


def test_a_slip_is_put_right_in_the_same_paragraph():
    slips = 0
    for name in NAMES:
        for level in LEVELS:
            for seed in range(6):
                _, found = parsed(name, level, seed)
                for paragraph in long_cot(families()[name], found, Rng(seed)).split("\n\n"):
                    for left, *rest in equalities(paragraph):
                        if any(value(side) != value(left) for side in rest):
                            slips += 1
                            _, _, after = paragraph.partition(f"{left} = {rest[-1]}")
                            assert re.search(rf"(?<![\d.]){re.escape(calculation.exact(value(left)))}(?!\d)", after), (
                                paragraph
                            )
    assert slips > 100


def test_chains_are_longer_for_harder_problems_and_vary_in_length():
    lengths = {
        level: sorted(
            len(long_cot(families()[name], parsed(name, level, seed)[1], Rng(seed, draw)).split())
            for name in NAMES for seed in range(4) for draw in range(3)
        )
        for level in LEVELS
    }  # fmt: skip
    means = [sum(found) / len(found) for found in lengths.values()]
    assert means[0] * 1.2 < means[-1]
    assert lengths[1][len(lengths[1]) // 10] < 80
    assert lengths[5][-len(lengths[5]) // 10] > 300


def test_the_index_finds_what_a_search_through_all_phrasings_finds():
    for name in NAMES:
        for level in LEVELS:
            problem, _ = parsed(name, level, 0)
            found = read(problem.text)
            assert found is not None
            assert found[0] == next(other for other in NAMES if families()[other].parse(problem.text) is not None)
            page = clean(f"Some text. {problem.text} More.")
            ends = len(page) - len(" More.")
            templates = [template for _, template in index().on(page).at(page, ends)]
            assert any(template.match(clean(problem.text)) is not None for template in templates)


NUMBERS = st.integers(0, 999)


@given(NUMBERS, NUMBERS, st.sampled_from(("+", "-", "\\times", "\\cdot")), st.integers(0, 9))
def test_what_is_said_around_a_calculation_is_true(a, b, sign, seed):
    left = f"{a} {sign} {b}"
    right = {"+": a + b, "-": a - b}.get(sign, a * b)
    undone = calculation.undone(left, str(right))
    for text in (undone, calculation.aside(left, str(right), Rng(seed))):
        for sides in equalities(text):
            assert len({value(side) for side in sides}) == 1, text
    rough = calculation.about(left, str(right))
    if rough:
        shown, _, stated = rough.rpartition(" is ")
        assert value(shown) == int(stated) != right
        assert abs(int(stated) - right) <= 0.15 * right
    slip = calculation.wrong(str(right), Rng(seed))
    assert slip is None or int(slip) != right


@given(st.fractions(-1000, 1000, max_denominator=64))
def test_exact_decimals_are_exact(number):
    shown = calculation.exact(number)
    found = re.fullmatch(r"(-?)\\frac\{(\d+)\}\{(\d+)\}", shown)
    read_back = Fraction(f"{found[1]}{found[2]}/{found[3]}") if found else Fraction(shown)
    assert read_back == number
