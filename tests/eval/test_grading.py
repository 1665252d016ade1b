"""The grader says yes only to right answers, no only to wrong ones, and is not to be stopped. Hostile answers: `test_hostile.py`."""

import gzip
import json
import os
import threading
import time
from collections import Counter
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks._labelled import cases
from eval._judge import judge, quick
from eval.grading import Grader, Verdict, compare, extract, grade, normalise, question


def boxed(answer: str) -> str:
    return f"Thus the answer is $\\boxed{{{answer}}}$."


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("\\boxed{1} then \\boxed{\\frac{1}{2}}", "\\frac{1}{2}"),
        ("x is $\\boxed{3}$ or $\\boxed{4}$.", "3, 4"),
        ("\\boxed{\\{1, 2\\}}", "\\{1, 2\\}"),
        ("First \\boxed{7}, and then it was cut: \\boxed{8", "7"),
        ("cut: \\boxed{8", None),
        ("The final answer is $x = 5$. I hope it is correct.", "x = 5"),
        ("**Answer:** 12 apples", "12 apples"),
        ("9 + 9 = 18\n#### 18", "18"),
        ("So it is 3 and not 4\nA: 3", "3"),
        ("This leaves us with $x \\gt 5$ in the end.", "x \\gt 5"),
        ("She pays $5 and then $10 for it", "$10"),
        ("so 1,234.5 of them", "1,234.5"),
        ("\\frac12", "\\frac12"),
        ("No numbers in this sentence of words", None),
        ("", None),
        ("<think>\\boxed{7}?</think> It is \\boxed{8}.", "8"),
        ("<think>So it is \\boxed{7}.", None),
        ("\\boxed{8 \\text{ since } \\boxed{7}}", "8 \\text{ since } \\boxed{7}"),
        ("It is \\boxed{7}. The final answer is $8$. I hope it is correct.", "8"),
        ("The answer is $7$ and not $8$.", "7"),
        ("The answer is 7. The answer is 8.", "8"),
        ("If the answer is 7, we have a contradiction. So it is 8", "8"),
        ("so we get 7 million", "7 million"),
        ("so we get −7", "-7"),
        ("Answer \\[\n 9 \n\\]", "9"),
        ("x = \\boxed{3} and y = \\boxed{5}", "3, 5"),
        ("Hence, \\[ x = 72 \\]", "x = 72"),
        ("It is -\\boxed{5}", "-5"),
        ("It is \\boxed{5} million", "5 million"),
        ("so it cannot be 5", None),
    ],
)
def test_the_answer_of_a_reply_is_found(text: str, answer: str | None) -> None:
    assert extract(text) == answer


RIGHT = [
    ("\\dfrac12", "\\frac{1}{2}"),
    ("0.5", "\\frac{1}{2}"),
    ("1,234", "1234"),
    ("11,\\! 111", "11111"),
    ("\\left(3, \\frac{\\pi}{2}\\right)", "(3,\\frac{\\pi}{2})"),
    ("x = 5", "5"),
    ("5", "x=5"),
    ("18 \\text{ dollars}", "18"),
    ("18 dollars", "18"),
    ("90^\\circ", "90"),
    ("28 percent", "28\\%"),
    ("(B)", "B"),
    ("(B) 42", "B"),
    ("\\text{Evelyn}", "evelyn"),
    ("\\sqrt{12}", "2\\sqrt{3}"),
    ("(x-1)(x+1)", "x^2-1"),
    ("\\begin{pmatrix}1 & 2 \\\\ 3 & 4\\end{pmatrix}", "\\begin{pmatrix} 1&2\\\\3&4 \\end{pmatrix}"),
    ("3, 1, 2", "1,2,3"),
    ("0.333333", "1/3"),
    ("½", "0.5"),
    ("5²", "25"),
    ("７", "7"),
    ("1e3", "1000"),
    ("0.1\\overline{6}", "\\frac16"),
    ("1\\frac12", "1.5"),
    ("1000,99", "1000.99"),
    ("498", "498 (marbles)"),
    ("12\\text{ cm}^2", "12 \\text{ square centimeters}"),
    ("x = 1, x = 2", "2, 1"),
    ("3 \\pm \\sqrt{5}", "3-\\sqrt5, 3+\\sqrt5"),
    ("1 < x \\le 2", "(1,2]"),
    ("x < 1 \\text{ or } x > 2", "(-\\infty,1)\\cup(2,\\infty)"),
    ("x \\ne 3", "(-\\infty,3)\\cup(3,\\infty)"),
    ("(x,y)=(1,2)", "x=1, y=2"),
    ("2x - y + 3 = 0", "y = 2x + 3"),
    ("x + K", "x + C"),
    ("e^{i\\pi}", "-1"),
    ("\\cos 60^\\circ", "\\frac12"),
    ("\\sum_{k=1}^{10} k", "55"),
    ("50\\%", "\\frac12"),
    ("m+n = 5", "5"),
    ("2+3 = 5", "5"),
    ("\\text{(B)}", "B"),
    ("\\textbf{(B)}\\ 12", "B"),
    ("9.8\\ \\mathrm{m/s^2}", "9.8"),
    ("2:15 \\text{ PM}", "2:15 P.M."),
    ("\\text{all real numbers}", "\\mathbb{R}"),
    ("x_1=2, x_2=-2", "-2, 2"),
    ("(1,2,3)", "\\begin{pmatrix}1\\\\2\\\\3\\end{pmatrix}"),
    ("C_1e^x+C_2e^{-x}", "c_1e^{x}+c_2e^{-x}"),
]
WRONG = [
    ("3", "4"),
    ("-3", "3"),
    ("3\\pi", "3"),
    ("6xyzw", "6"),
    ("y=3", "x=3"),
    ("1,2,3,4", "3"),
    ("3 \\text{ or } 4", "3"),
    ("(2,1)", "(1,2)"),
    ("[0,1)", "(0,1)"),
    ("A", "B"),
    ("Monday", "Tuesday"),
    ("2.9999999", "3"),
    ("10^{-7}", "0"),
    ("\\infty", "1"),
    ("0.333", "1/3"),
    ("3.14159", "\\pi"),
    ("[1,2]", "(1,2)"),
    ("120006", "120000"),
    ("5", "0.05"),
    ("1331", "1331 and 1728"),
    ("2 \\cdot 10^{-9}", "3 \\cdot 10^{-9}"),
    ("2^{64}", "2^{64}+1"),
    ("x^2+1=0", "x^2+2=0"),
    ("x=2, y=1", "x=1, y=2"),
    ("5 \\text{ or } 6", "5"),
    ("2x-y>0", "y-2x>0"),
    ("X+1", "x+1"),
    ("1,1,2", "1,2,2"),
    ("mk^2", "mc^2"),
    ("5\\mathrm{i}", "5"),
    ("0.333334", "1/3"),
    ("x_p", "x'"),
    ("\\mathcal{E}", "E"),
]


@pytest.mark.parametrize(("answer", "gold"), RIGHT)
def test_right_answers_pass_in_any_spelling(answer: str, gold: str) -> None:
    assert grade(boxed(answer), gold).value is True


@pytest.mark.parametrize(("answer", "gold"), WRONG)
def test_wrong_answers_fail(answer: str, gold: str) -> None:
    assert grade(boxed(answer), gold).value is False


def test_a_reply_without_an_answer_is_wrong_and_a_problem_without_gold_undecided() -> None:
    assert grade("I do not know", "3") == Verdict(False, "no answer in the reply")
    assert grade(boxed("3"), "").value is None


@pytest.mark.parametrize(
    ("answer", "gold"),
    [
        ("9^{9^{9^9}}", "3"),
        ("10^{100000}", "3"),
        ("99999999!", "3"),
        ("(" * 300 + "1" + ")" * 300, "3"),
        ("\\phantom{3}", "3"),
        ("5\\text{ cm}", "5\\text{ m}"),
        ("0.5\\%", "0.5"),
        ("101_2", "101"),
        ("\\frac{dy}{dx}", "\\frac{dx}{dy}"),
        ("\\gcd(a,b)", "\\gcd(a,c)"),
        ("|x-10|", "10-x"),
        ("f'(x)=2x", "f(x)=2x"),
        ("y=1, x=2", "(1,2)"),
        ("3x+2=5", "5"),
        ("100\\,m", "100"),
        ("\\sqrt{x^2}", "x"),
        ("\\vec a\\times\\vec b", "\\vec b\\times\\vec a"),
    ],
)
def test_what_nobody_can_tell_is_undecided(answer: str, gold: str) -> None:
    assert grade(boxed(answer), gold).value is None


@pytest.mark.parametrize(
    ("text", "gold", "value"),
    [
        (boxed("7"), "7", True),
        (boxed("x = 7"), "7", True),
        (boxed("\\frac{2}{4}"), "\\frac12", True),
        (boxed("7\\text{ cm}"), "7", True),
        (boxed("2^{10}"), "2^{10}", True),
        ("\\boxed{7}, as said: \\boxed{7}", "7", True),
        ("<think>\\boxed{8}</think>\\boxed{7}", "7", True),
        (boxed("\\sum_{i=1}^{10} i"), "55", False),
        (boxed("\\int_0^4 1dx"), "4", False),
        (boxed("5!"), "120", False),
        (boxed("2^{10}"), "1024", False),
        (boxed("14/2"), "7", False),
        (boxed("3+4"), "7", False),
        (boxed("\\cos 0"), "1", False),
        (boxed("50\\%"), "\\frac12", None),
        ("The answer is 7", "7", False),
        ("7", "7", False),
        ("\\boxed{7} or maybe \\boxed{8}", "7", False),
        ("\\boxed{7}\\boxed{}", "7", False),
        ("<think>\\boxed{7}</think>The answer is 8", "7", False),
        ("<think>\\boxed{7}", "7", False),
        (boxed("7" + "0" * 400), "7" + "0" * 400, False),
    ],
)
def test_strict_mode_takes_one_box_with_a_finished_answer(text: str, gold: str, value: bool | None) -> None:
    assert grade(text, gold, strict=True).value is value


OPTIONS = ("12", "15 apples", "A triangle", "none of these")


@pytest.mark.parametrize(
    ("text", "gold", "value"),
    [
        ("The answer is (B).", "B", True),
        ("Answer: **C**", 2, True),
        ("\\boxed{15}", "B", True),
        ("The answer is a triangle.", "C", True),
        ("The answer is not B but C", "C", True),
        ("So I choose\n\n(D)", "d", True),
        ("The answer is (B).", "12", False),
        ("\\boxed{A}", "12", True),
        ("The answer is A or B.", "A", None),
        ("(E)", "A", None),
        ("\\boxed{99}", "A", False),
        ("\\boxed{x+C}", "C", None),
        ("At first the answer is (A). But checking, \\boxed{B}", "A", False),
        ("The correct option is **B**", "B", True),
        ("\\boxed{(A) or B}", "A", None),
        ("\\boxed{A. B. C. D.}", "A", None),
        ("The answer is (A), which is wrong", "A", None),
    ],
)
def test_a_choice_is_a_letter_or_the_text_of_an_option(text: str, gold: str | int, value: bool | None) -> None:
    assert grade(text, gold, kind="choice", options=OPTIONS).value is value


def test_several_letters_may_be_right_together() -> None:
    assert grade("\\boxed{B, A}", "AB", kind="choice").value is True
    assert grade("The answer is AB", "ABD", kind="choice").value is False


@pytest.mark.parametrize(
    ("answer", "gold", "value"),
    [
        ("7.3 \\times 10^{-11} \\mathrm{~m}", "7.25e-11", True),
        ("-10.05", "-10", True),
        ("-10", "10", False),
        ("-5", "-5", True),
        ("0", "0", True),
        ("0.001", "0", False),
        ("1,000", "1000", True),
        ("102", "100", False),
        ("\\frac{1}{3}\\ln 8", "0.693", True),
        ("x(t) = 2e^{-t}", "2 e^{-t}", True),
    ],
)
def test_numbers_of_courses_may_be_off_by_one_percent(answer: str, gold: str, value: bool) -> None:
    assert grade(boxed(answer), gold, kind="ocw").value is value


def test_tolerances_and_other_golds_are_taken_into_account() -> None:
    assert grade(boxed("1.05"), 1, tolerance=0.1).value is True
    assert grade(boxed("1.2"), 1, tolerance=0.1).value is False
    assert grade(boxed("\\frac{1}{2}"), ["0.5", "1"]).value is True
    assert grade(boxed("2"), ["0.5", "1"]).value is False
    assert compare("2x", "x+x").value is True


def test_golds_and_options_may_be_numbers_of_any_library() -> None:
    assert grade(boxed("5"), np.int64(5)).value is True
    assert grade(boxed("B"), np.int64(1), kind="choice", options=(3, 4)).value is True
    assert grade(boxed("5"), float("nan")).value is None
    with pytest.raises(ValueError, match="must be finite"):
        grade(boxed("5"), 5, tolerance=float("inf"))


@pytest.mark.parametrize(
    "text",
    ["0" * 100_000, "\\boxed{" + "0" * 90_000 + "}", "\n" * 100_000, "answer is" + "\n" * 90_000, "\\(" * 50_000],
)
@pytest.mark.parametrize("kind", ["math", "choice"])
def test_long_replies_take_no_time(text: str, kind: Any) -> None:
    begun = time.monotonic()
    assert grade(text, "5" if kind == "math" else "A", kind=kind, options=("5", "6")).value is not True
    assert time.monotonic() - begun < 3


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(ValueError, match="kind='sat': must be one of math, choice, ocw"):
        grade("7", "7", kind="sat")  # type: ignore[arg-type]


SLOW = "\\sum_{k=1}^n k^{50}"


def test_a_hang_costs_its_limit_and_no_other_answer() -> None:
    with Grader(workers=2, seconds=0.5) as grader:
        grader.grade(boxed("x+1"), "1+x")  # starts the processes
        begun = time.monotonic()
        pairs = [(boxed(a), g) for a, g in (("2x", "x+x"), (SLOW, "\\sum_{k=1}^n k^{51}"), ("3x", "x+x"), ("4", "4"))]
        verdicts = grader.map(pairs)
    assert [v.value for v in verdicts] == [True, None, False, True]
    assert verdicts[1].reason == "not judged within 0.5 s"
    assert time.monotonic() - begun < 3


def test_answers_are_graded_from_any_thread() -> None:
    found: list[Verdict] = []
    threads = [
        threading.Thread(target=lambda n=n: found.append(grade(boxed(f"{n}x"), f"x+{n - 1}x"))) for n in range(2, 8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [v.value for v in found] == [True] * 6


def spellings(value: Fraction) -> Iterator[str]:
    """Ways to write a number that all mean it."""
    yield f"\\frac{{{value.numerator}}}{{{value.denominator}}}"
    yield f"{value.numerator}/{value.denominator}"
    if value.denominator == 1:
        yield from (f"{value.numerator:,}", f"{value.numerator}.0", f"x = {value.numerator}", f"${value.numerator}$")
    if 10**6 % value.denominator == 0:
        yield f"{value.numerator * (10**6 // value.denominator) / 10**6:.6f}"


NUMBERS = st.builds(Fraction, st.integers(-(10**6), 10**6), st.sampled_from([1, 1, 2, 3, 4, 7, 8, 10, 60]))


@given(NUMBERS, NUMBERS)
def test_numbers_are_equal_in_every_spelling_and_only_if_they_are(a: Fraction, b: Fraction) -> None:
    for mine in spellings(a):
        for theirs in spellings(b):
            assert grade(boxed(mine), theirs).value is (a == b)


@given(st.text(max_size=80), st.text(max_size=20), st.booleans())
def test_any_two_texts_get_a_verdict_and_the_same_one_by_the_fast_path(text: str, gold: str, strict: bool) -> None:
    asked = question(text, gold, strict=strict)
    fast = quick(asked)
    assert fast is None or fast == judge(asked)
    assert normalise(normalise(text)) is not None


def rows(path: Path) -> Iterator[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        yield from map(json.loads, lines)


@pytest.mark.parametrize(
    ("name", "right", "wrong"), [("gsm8k_model_solutions", 982, 1722), ("qwen_math_cot_100", 301, 11)]
)
def test_labelled_replies_are_judged_as_labelled(shared: Path, name: str, right: int, wrong: int) -> None:
    replies = list(rows(shared / "cot" / f"{name}.jsonl.gz"))
    with Grader() as grader:
        verdicts = grader.map((r["response"], r["answer"]) for r in replies)
    found = Counter((r["correct"], v.value) for r, v in zip(replies, verdicts, strict=True))
    assert found == {(True, True): right, (False, False): wrong}


def test_golds_of_every_set_pass_their_own_grader(shared: Path) -> None:
    """In a box, in a sentence and as GSM8K writes it; no exceptions. One of ten, or with CURATE_TEST_ALL=1 all."""
    golds = list(cases(shared, groups=("golds",)))
    assert len(golds) > 45_000
    if not os.environ.get("CURATE_TEST_ALL"):
        golds = golds[::10]
    with Grader() as grader:
        asked = [
            {
                "text": c.text,
                "gold": c.gold,
                "kind": c.kind,
                "options": c.options,
                "tolerance": c.tolerance,
                "relative": c.relative,
            }
            for c in golds
        ]
        verdicts = grader.map(asked)
    assert [(c.id, c.how) for c, v in zip(golds, verdicts, strict=True) if v.value is not True] == []


@pytest.mark.parametrize("name", ["gsm8k_test", "math500"])
def test_reference_solutions_pass(shared: Path, name: str) -> None:
    solved = list(rows(shared / "benchmarks" / f"{name}.jsonl.gz"))
    with Grader() as grader:
        verdicts = grader.map((r["solution"], r["answer"]) for r in solved)
    assert [r["id"] for r, v in zip(solved, verdicts, strict=True) if not v.value] == []


EXPECTED = {
    "test_all:58#2": "1,22 are two numbers",
    "test_all:121#16": "an escaped dollar sign inside a formula",
    "test_all:182#31": "the gold is a whole solution in escaped quotes",
    "test_all:332#57": "the unknown stands in the middle of a chain",
    "test_all:473#61": "the last formula is a product of matrices and its value",
    "test_open_thoughts:6#115": "two boxes joined by a sentence",
    "test_yujianll:6#131": "labelled right, but 1 + 1/e is not 1 - 1/e",
}


@pytest.mark.slow
def test_only_listed_cases_of_math_verify_and_its_parser_are_judged_otherwise(shared: Path) -> None:
    tried = list(cases(shared, groups=("math_verify_tests", "latex2sympy_srepr")))
    with Grader() as grader:
        verdicts = grader.map((c.text, c.gold) for c in tried)
    found = list(zip(tried, verdicts, strict=True))
    assert [c.id for c, v in found if v.value and not c.right] == []
    assert {c.id for c, v in found if c.group == "math_verify_tests" and c.right and not v.value} == set(EXPECTED)
    parsed = [v.value for c, v in found if c.group == "latex2sympy_srepr" and c.right]
    assert parsed.count(True) >= 0.8 * len(parsed)
