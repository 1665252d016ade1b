"""The grader says yes only to right answers, no only to wrong ones, and is not to be fooled or stopped."""

import gzip
import json
import os
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.grading import Verdict, extract, grade, normalise


def boxed(answer: str) -> str:
    return f"Thus the answer is $\\boxed{{{answer}}}$."


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("\\boxed{1} then \\boxed{\\frac{1}{2}}", "\\frac{1}{2}"),
        ("x is $\\boxed{3}$ or $\\boxed{4}$.", "3,4"),
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
    "answer",
    [
        "9^{9^{9^9}}",
        "10^{100000}",
        "99999999!",
        "(9!)!",
        "(" * 300 + "1" + ")" * 300,
        "1" * 5000,
        "\\sum_{k=1}^{1000000} k^{50}",
    ],
)
def test_what_would_take_forever_is_undecided_at_once(answer: str) -> None:
    start = time.monotonic()
    assert grade(boxed(answer), "3").value is None
    assert time.monotonic() - start < 2


@pytest.mark.parametrize(
    "text", ["\\boxed{" * 5000, "$" * 50_000, "answer is " * 20_000, "\\frac{" * 30_000, "1" * 200_000]
)
def test_hostile_replies_are_never_right_and_take_no_time(text: str) -> None:
    start = time.monotonic()
    assert grade(text, "3").value is not True
    assert time.monotonic() - start < 2


def test_a_reply_is_never_run_as_code(tmp_path: Path) -> None:
    trap = tmp_path / "trap"
    for code in (
        f"__import__('os').system('touch {trap}')",
        f"open('{trap}','w')",
        f"\\text{{__import__('os').mkdir('{trap}')}}",
    ):
        for text in (boxed(code), code, f"The answer is {code}", f"The answer is ${code}$"):
            grade(text, "3")
    assert not os.path.exists(trap)


@pytest.mark.filterwarnings(
    "ignore::pytest.PytestUnraisableExceptionWarning"
)  # a signal may be lost in somebody's __del__
def test_the_clock_stops_what_the_limits_let_through(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("eval.grading.SECONDS", 0.3)
    verdict = grade(boxed("(x+y+z)^{999}"), "(x+z+y)^{998}")
    assert verdict.value is None and "0.3 s" in verdict.reason


def test_the_clock_stops_what_swallows_its_first_signals() -> None:
    from eval.grading import _clock, _Slow

    swallowed = 0
    with pytest.raises(_Slow), _clock(0.05):
        end = time.monotonic() + 20
        while time.monotonic() < end:
            try:
                time.sleep(1)
            except BaseException:
                swallowed += 1
                if swallowed == 3:
                    raise
    assert swallowed == 3


@given(st.text(max_size=80), st.text(max_size=20))
def test_any_two_texts_get_a_verdict(text: str, gold: str) -> None:
    assert grade(text, gold).value in (True, False, None)
    assert normalise(normalise(text)) is not None


def rows(path: Path) -> Iterator[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        yield from map(json.loads, lines)


@pytest.mark.parametrize("name", ["gsm8k_test", "math500", "aime24", "sat_math", "omni_math_num_500"])
def test_gold_answers_pass_their_own_grader(shared: Path, name: str) -> None:
    wrong = [
        r["id"]
        for r in rows(shared / "benchmarks" / f"{name}.jsonl.gz")
        if not grade(boxed(str(r["answer"])), str(r["answer"])).value
    ]
    assert wrong == []


@pytest.mark.parametrize("name", ["gsm8k_test", "math500"])
def test_reference_solutions_pass(shared: Path, name: str) -> None:
    wrong = [
        r["id"] for r in rows(shared / "benchmarks" / f"{name}.jsonl.gz") if not grade(r["solution"], r["answer"]).value
    ]
    assert wrong == []


@pytest.mark.parametrize("name", ["gsm8k_model_solutions", "qwen_math_cot_100"])
def test_verdicts_agree_with_the_labels_of_model_replies(shared: Path, name: str) -> None:
    found = Counter(
        (r["correct"], grade(r["response"], r["answer"]).value) for r in rows(shared / "cot" / f"{name}.jsonl.gz")
    )
    assert found[True, False] == found[False, True] == 0
    assert found[True, None] + found[False, None] <= 1


def test_verdicts_agree_with_the_cases_of_math_verify(shared: Path) -> None:
    found: Counter[tuple[bool, bool | None]] = Counter()
    for case in (r["case"] for r in rows(shared / "peercases" / "math_verify_tests.jsonl.gz")):
        if case.get("gold") and case.get("pred") and str(case.get("expected")) in ("0", "1", "True", "False"):
            found[str(case["expected"]) in ("1", "True"), grade(case["pred"], case["gold"]).value] += 1
    assert found[False, True] <= 1
    assert found[True, True] >= 0.9 * sum(n for (expected, _), n in found.items() if expected)
