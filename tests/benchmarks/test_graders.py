"""The report on graders: its labels are right without any grader, and the graders written after others behave as they do."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from benchmarks import _graders_math_verify, _graders_octothinker, _graders_prm800k, _graders_qwen, _srepr, graders
from benchmarks._labelled import Case, cases, forms, math_verify_tests, srepr_cases
from benchmarks._sets import Question, names, options, question, questions
from benchmarks._tex import differ, parsed
from benchmarks._trial import GRADERS, Judged, judge, load
from benchmarks._variations import perturbed, respelled

ROOT = Path(__file__).resolve().parents[2]


def row(answer: object, **extra: object) -> dict[str, Any]:
    return {"id": "s/1", "answer": answer, "solution": r"so $\boxed{20.39}$", "extra": extra}


def asked(gold: str, name: str = "math_test", **fields: Any) -> Question:
    return Question(name, "s/1", gold, **{"kind": "math", "style": "math", **fields})


def case(text: str, gold: str, style: str = "math", **fields: Any) -> Case:
    return Case("golds", fields.pop("name", "math_test"), "s/1", text, gold, True, style=style, **fields)


# ---- sets -------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "given", "expected"),
    [
        ("mmlu_stem", row(2, choices=["a", "b", "c", "d"]), ("C", "choice", ("a", "b", "c", "d"))),
        ("mathqa_test", row("b", options="a ) 12 , b ) 1,6 , c ) c ) x"), ("B", "choice", ("12", "1,6", "x"))),
        ("tabmwp_test1k", row("no", choices=["yes", "no"]), ("no", "choice", ("yes", "no"))),
        ("tabmwp_test1k", row("8,824", choices=None), ("8,824", "math", ())),
        ("minerva_math", row(None), ("20.39", "ocw", ())),
        ("olympiadbench_en", row(["$1,2$"], error="1e-1"), ("$1,2$", "math", ())),
        ("asdiv", row("9 (apples)"), ("9", "math", ())),
        ("odyssey_math", row("$C$\\\\\n\\noindent"), ("$C$", "math", ())),
        ("amc23", row(27.0), ("27.0", "math", ())),
    ],
)
def test_a_row_tells_its_gold_its_kind_and_its_options(name: str, given: dict[str, Any], expected: object) -> None:
    found = question(name, given)
    assert found is not None
    assert (found.gold, found.kind, found.options) == expected


def test_units_and_tolerances_are_kept_beside_the_gold() -> None:
    found = question("asdiv", row("9 (apples)"))
    assert found is not None and found.unit == "apples"
    found = question("olympiadbench_en", row(["1"], error="1e-1"))
    assert found is not None and found.tolerance == 0.1


def test_a_row_without_an_answer_is_no_question() -> None:
    assert question("math500", row(None)) is None
    assert question("math500", row(" ")) is None


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("A) $x<3$ B) $x<-1$ C) 1,000", ("$x<3$", "$x<-1$", "1,000")),
        ("A. Rana's sample. B. More than A. C) none", ("Rana's sample.", "More than A.", "none")),
        (["(A)2", "(B)4"], ("2", "4")),
        ({"B": "y", "A": "x"}, ("x", "y")),
        ("['a ) 10', 'b ) 12.5']", ("10", "12.5")),
        (None, ()),
    ],
)
def test_options_are_read_from_every_form_that_sets_use(given: object, expected: tuple[str, ...]) -> None:
    assert options(given) == expected


def test_every_row_with_an_answer_is_a_question(shared: Path) -> None:
    import json

    told = {entry["name"]: entry for entry in json.loads((shared / "benchmarks" / "index.json").read_text("utf-8"))}
    found = {name: sum(1 for _ in questions(name, path)) for name, path in names(shared).items()}
    assert found["minerva_math"] == 272  # golds in the boxes of the solutions
    wrong = {n: c for n, c in found.items() if n in told and n != "minerva_math" and c != told[n]["with_answer"]}
    assert wrong == {}


# ---- variations -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("gold", "expected"),
    [
        (r"\frac{1}{2}", {r"\dfrac{1}{2}", r"x = \frac{1}{2}"}),
        ("27200", {"27,200", "27200.0", "x = 27200"}),
        ("27,200", {"27200"}),
        (r"\{1,2\}", {r"\{1 , 2\}", r"\{2, 1\}"}),
        ("(3,4)", {r"\left(3,4\right)", "(3 , 4)"}),
        ("x=3", {"x = 3"}),
        ("x", {"y = x"}),
        ("Monday", set()),
        ("$1$ and $2$", set()),
        (r"11,\!111", set()),
    ],
)
def test_golds_are_respelled_without_a_change_of_value(gold: str, expected: set[str]) -> None:
    assert {answer for _, answer in respelled(asked(gold))} == expected


@pytest.mark.parametrize(
    ("gold", "kinds"),
    [
        ("18", {"digit", "sign"}),
        ("0", {"digit"}),
        (r"\frac{2}{3}", {"digit", "sign", "turned over"}),
        (r"\frac{1}{1}", {"digit", "sign"}),
        ("2x+3", {"digit", "sign", "letter"}),
        ("x^2+C", {"digit", "letter"}),
        ("1,2,3", {"digit", "shortened"}),
        ("[0,1)", {"digit", "bracket"}),
        (r"(-\infty,2]", {"digit", "bracket"}),
        ("x=3", {"digit"}),
        ("Monday", set()),
        ("x>3", set()),
    ],
)
def test_golds_are_made_wrong_only_where_that_can_be_shown(gold: str, kinds: set[str]) -> None:
    assert {kind for kind, _ in perturbed(asked(gold))} == kinds


def test_a_change_within_the_tolerance_is_not_called_wrong() -> None:
    exact = asked("4.49", kind="ocw")
    assert [kind for kind, _ in perturbed(exact)] == ["sign"] or dict(perturbed(exact))["digit"][0] != "4"
    assert "digit" not in dict(perturbed(asked("0.666666666", relative=1.0)))


def test_another_choice_is_wrong_unless_its_text_is_the_same() -> None:
    fields = {"kind": "choice", "style": "choice", "options": ("1", "2", "1")}
    assert list(perturbed(asked("A", **fields))) == [("other choice", "B")]
    words = {"kind": "choice", "style": "words", "options": ("yes", "no")}
    assert list(perturbed(asked("no", **words))) == [("other choice", "yes")]


@pytest.mark.parametrize(
    ("left", "right", "shown"),
    [
        ("1", "2", True),
        ("(x+1)^2", "x^2+2x+1", False),
        (r"\sqrt{8}", r"2\sqrt{2}", False),
        ("x", "y", True),
        ("1,2", "2,1", False),
        ("1,2", "1,3", True),
        ("[0,1)", "[0,1]", True),
        (r"[-\infty,1]", r"(-\infty,1]", False),
        ("x+y=1", "2x+2y=2", False),
        ("x=1", "x=2", True),
        ("x>1", "x>2", False),
        ("1", "(1,2)", False),
    ],
)
def test_two_answers_differ_only_where_it_is_shown(left: str, right: str, shown: bool) -> None:
    assert differ(parsed(left), parsed(right)) is shown


def test_replies_of_a_choice_name_the_letter_in_each_usual_way() -> None:
    found = dict(forms(asked("B", kind="choice", style="choice"), "B", every=True))
    assert found["final answer"] == "The final answer is (B)."
    assert {*found} == {"final answer", "boxed", "letter"}


# ---- SymPy objects ----------------------------------------------------------------------------------------------------------


def test_objects_are_read_back_from_their_srepr() -> None:
    import sympy

    x = sympy.Symbol("x")
    for thing in (
        sympy.Rational(1, 2), sympy.sin(x) ** 2 + 1, sympy.Interval.Lopen(0, 1), sympy.FiniteSet(1, -2), sympy.Matrix([[1, x]]),
        sympy.Integral(x, x), sympy.Eq(x, sympy.pi), sympy.Float("1.1"), sympy.S.Complexes,
    ):  # fmt: skip
        assert _srepr.read(sympy.srepr(thing)) == thing


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os').system('x')", "sin('__import__')", "Integer('1+1')", "sympify('1')", "Symbol.__class__", "(lambda: 1)()",
        "f'{1}'", "[x for x in y]", "Lambda(Symbol('x'), 1)", "S('1')",
    ],
)  # fmt: skip
def test_anything_but_the_listed_constructors_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not on the list"):
        _srepr.read(text)


# ---- graders written after others ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "gold", "right"),
    [
        ("5", "0.05", True),  # the hundredfold rule
        ("0.7", "70", True),
        ("120006", "120000", True),  # 1e-4
        ("3", "4", False),
        ("(1,2)", "1,2", True),  # brackets do not count
        ("(2,1)", "(1,2)", False),
        ("x = 5", "5", True),
        (r"\frac12", "0.5", True),
        (r"18 \text{ dollars}", "18", True),
        ("3pq=1-q", "3pq-1=-q", True),
        (r"\begin{pmatrix}1&2\end{pmatrix}", r"\begin{bmatrix}1&2\end{bmatrix}", True),
        (r"(x-1)(x+1)", "x^2-1", True),
    ],
)
def test_qwens_grader_forgives_what_it_is_known_to_forgive(answer: str, gold: str, right: bool) -> None:
    assert _graders_qwen.grade(case(rf"So $\boxed{{{answer}}}$.", gold)) is right


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("final answer is $3$. I hope so. \\boxed{4}", "3"),
        ("\\boxed{1} and \\boxed{\\frac{1}{2}}.", "\\frac{1}{2}"),
        ("The answer is 12.", "12"),
        ("costs 1,234 in all", "1234"),
        ("no number", ""),
    ],
)
def test_qwens_reader_prefers_the_sentence_to_the_box(text: str, answer: str) -> None:
    assert _graders_qwen.read(text) == answer


def test_qwens_reader_of_choices_takes_the_first_letter_after_the_phrase_or_the_last_one() -> None:
    assert _graders_qwen.letter("A or B? The answer is (C), not D") == "C"
    assert _graders_qwen.letter("A or B") == "B"


@pytest.mark.parametrize(
    ("answer", "gold", "right"),
    [
        (r"\frac{2}{4}", r"\frac{1}{2}", False),  # not reduced
        ("4/2", "2", False),  # an integer wants an integer
        ("0.5", r"\frac{1}{2}", True),
        (r"\dfrac{1}{2}", "1/2", True),
        ("1,234", "1234", True),
        ("(1,2)", "(1,2]", False),
        ("(1, 2)", "(1,2)", True),
        ("5 miles", "5", True),
        ("x=3", "3", True),
        ("2(x+1)", "2x+2", True),
        ("(a+b)(c+1)", "ac+a+bc+b", False),  # three letters
        ("x^{2}-1", "(x-1)(x+1)", False),  # a braced exponent
    ],
)
def test_prm800ks_grader_is_as_strict_as_it_is_known_to_be(answer: str, gold: str, right: bool) -> None:
    assert _graders_prm800k.grade(case(rf"So $\boxed{{{answer}}}$.", gold)) is right


@pytest.mark.parametrize(
    ("text", "gold", "style", "right"),
    [
        ("so she pays 22,500", "500", "number", True),  # no commas
        ("so she pays 22,500", "22500", "number", False),
        ("it is 12.0005", "12", "number", True),
        (r"\boxed{1} and \boxed{2}", r"1\text{ and }2", "math", True),
        (r"\boxed{[0,1] \cup [2,3]}", r"[2,3]\cup[0,1]", "math", True),
        ("Final Answer: The final answer is $3$. I hope it is correct.", "$3$", "olympiad", True),
        ("The final answer is (b).", "B", "choice", True),
        ("The final answer is -2. I hope it is correct.", "-2", "ocw", False),  # equal negative numbers
        ("The final answer is 2. I hope it is correct.", "2", "ocw", True),
        ("The final answer is 2. I hope it is correct.", "2.01", "ocw", False),
        (r"The final answer is $x^2-1$. I hope it is correct.", "(x-1)(x+1)", "ocw", False),  # strings
        ("It is a surplus.", "surplus", "words", True),
    ],
)
def test_octothinkers_grader_has_its_known_flaws(text: str, gold: str, style: str, right: bool) -> None:
    given = case(text, gold, style, options=("shortage", "surplus"), kind="choice" if style == "words" else "math")
    assert _graders_octothinker.grade(given) is right


def test_math_verify_is_asked_with_the_gold_as_tex() -> None:
    assert _graders_math_verify.grade(case(r"so $\boxed{0.5}$", r"\frac{1}{2}")) is True
    assert _graders_math_verify.grade(case("no idea", "3")) is False


@pytest.mark.parametrize("name", GRADERS)
def test_no_grader_runs_a_reply_as_code(name: str, tmp_path: Path) -> None:
    trap = tmp_path / "trap"
    code = f"__import__('os').mkdir('{trap}')"
    for style in ("number", "math", "olympiad", "ocw"):
        for text in (
            rf"\boxed{{{code}}}",
            f"The answer is ${code}$",
            f"The final answer is ${code}$. I hope it is correct.",
        ):
            load(name)(case(text, "3", style))
    assert not os.path.exists(trap)


# ---- the report -------------------------------------------------------------------------------------------------------------


def test_a_grading_out_of_time_is_an_abstention() -> None:
    found = judge("math-verify", [case(r"\boxed{3}", "3"), case(r"$\boxed{(x+y+z)^{400}}$", "(x+z+y)^{399}")], 1.0)
    assert found[0].value is True
    assert found[1].value is None and found[1].reason == "out of time"


def test_mistakes_are_counted_apart_and_listed_false_positives_first() -> None:
    tried = [
        Case("golds", "math500", "a", "x", "1", True, answer="1"), Case("golds", "math500", "b", "x", "y" * 99, True),
        Case("perturbed", "math500", "c", "x", "3", False, answer="4"), Case("perturbed", "math500", "d", "x", "3", False),
    ]  # fmt: skip
    judged = [Judged(True), Judged(None, "too long"), Judged(True, "oops"), Judged(False)]
    found = graders.results(tried, {"ours": judged})
    assert found["groups"]["golds"]["ours"] == {
        "cases": 2, "false_positives": 0, "false_negatives": 0, "undecided": 1, "agreement": 50.0,
    }  # fmt: skip
    assert found["sets"]["perturbed"]["math500"]["ours"]["false_positives"] == 1
    listed = graders.disagreements(tried, judged)
    assert [(r["id"], r["verdict"], r["gold"]) for r in listed] == [("c", True, "3"), ("b", None, "(99 characters)")]


def test_a_table_and_a_figure_come_from_the_counts(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    from benchmarks import _plots

    tried = [Case("golds", "math500", "a", "x", "1", True), Case("perturbed", "math500", "c", "x", "3", False)]
    found = graders.results(tried, {"ours": [Judged(True), Judged(False)], "Qwen": [Judged(False), Judged(True)]})
    speed = [{"grader": "ours", "processes": 2, "per_second": 2345.6}]
    result = found | {"graders": ["ours", "Qwen"], "right": {"golds": 1, "perturbed": 0}, "speed": speed}
    assert "| perturbed (1) | 0 | 0 / 0 / 0, 100.00 | 1 / 0 / 0, 0.00 |" in graders.table(result)
    assert "| ours | 2 | 2,346 |" in graders.table(result)
    _plots.graders(result, tmp_path / "graders.png")
    assert (tmp_path / "graders.png").stat().st_size > 10_000


def test_without_the_real_data_the_command_says_so(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "benchmarks.graders", "--data", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 2
    assert "no real data at" in done.stderr and done.stderr.count("\n") == 1


def test_tests_of_math_verify_for_another_configuration_are_left_out(shared: Path) -> None:
    kept, left = math_verify_tests(shared)
    assert (len(kept), sum(c.right for c in kept), len(left)) == (124, 108, 10)


def test_objects_are_wrong_against_another_object_only(shared: Path) -> None:
    found = list(srepr_cases(shared))
    assert sum(c.right for c in found) == 569
    assert all(c.id.count("/") == (not c.right) for c in found)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "expected"),
    [("math-verify", (0, 0)), ("Qwen", (12, 0)), ("PRM800K", (0, 0)), ("OctoThinker", (13, 2))],
)
def test_graders_of_others_err_on_labelled_replies_as_often_as_published(
    shared: Path, name: str, expected: tuple[int, int]
) -> None:
    tried = list(cases(shared, groups=("gsm8k_model_solutions",)))
    found = graders.counts(zip(tried, judge(name, tried, 5.0), strict=True))
    assert (found["false_positives"], found["false_negatives"]) == expected
