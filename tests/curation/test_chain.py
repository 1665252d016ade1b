"""How a chain looks from outside: its end, its boxes, its repetitions, its scripts, and how often it turns back."""

import random
import time

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation.verify.chain import PHRASES, chain

LONG = " ".join(
    f"We add the number {n} and look at what {n * 7 % 31} leaves when it is halved {n * 3 % 17} times."
    for n in range(60)
)
VARIED = " ".join(
    random.Random(0).choices(
        "we add the sum of all numbers and then look at what is left when it has been halved twice so far".split(),
        k=600,
    )
)
CHINESE = "让我们再检查一遍这个问题的答案。"


def looked(*texts: str | None, **params: object) -> pl.DataFrame:
    docs = pl.DataFrame(
        {"id": [str(i) for i in range(len(texts))], "text": texts}, schema={"id": pl.String, "text": pl.String}
    )
    return chain(docs, **params)  # type: ignore[arg-type]


def one(text: str, column: str) -> object:
    return looked(text)[f"chain_{column}"][0]


@pytest.mark.parametrize(
    ("text", "ending"),
    [
        ("So it is $\\boxed{4}$.", "box"),
        ("**Final Answer**\n\\boxed{\\frac{1}{2}}", "box"),
        ("\\[ x = \\boxed{4} \\]", "box"),
        ("It is \\boxed{4} metres.", "stop"),
        ("We are done. (Q.E.D.)", "stop"),
        ("Done!**", "stop"),
        ("所以答案是四。", "stop"),
        ("so that $x = 4.$", "stop"),
        ("so that $x = 4$", "formula"),
        ("so that $x = 4$ and", "cut"),
        ("it costs $18", "cut"),
        ("It costs $18.", "stop"),
        ("The answer is 18", "answer"),
        ("so\n#### 18", "answer"),
        ("so\nA: 18", "answer"),
        ("so $x = \\frac{1}{2", "open formula"),
        ("so \\[ x = \\frac{1}{2}", "open formula"),
        ("so \\( x = 4.", "open formula"),
        ("here \\( is open.\n\nBut this is another line.", "stop"),
        ("\\begin{aligned} x &= 4 \\\\", "open formula"),
        ("So \\boxed{4}, or \\boxed{5", "open formula"),
        ("```python\nprint(4)", "open code"),
        ("```python\nprint(4)\n```\nSo it prints 4.", "stop"),
        ("we then", "cut"),
        ("", "empty"),
        (" \n ", "empty"),
    ],
)
def test_an_ending_is_told_by_its_last_signs(text: str, ending: str) -> None:
    assert one(text, "ending") == ending


@pytest.mark.parametrize(
    ("text", "boxes", "answers", "before", "after"),
    [
        ("We add two and two: \\boxed{4}.", 1, 1, 5, 0),
        ("\\boxed{4}", 1, 1, 0, 0),
        ("\\boxed{4} because two and two are four.", 1, 1, 0, 6),
        ("It is \\boxed{4}. Again: \\boxed{ 4 }", 2, 1, 2, 0),
        ("It is \\boxed{\\frac12} or \\boxed{\\dfrac{1}{2}}", 2, 1, 2, 0),
        ("It is \\boxed{4} or \\boxed{5}", 2, 2, 2, 0),
        ("It is \\fbox{4}", 1, 1, 2, 0),
        ("\\boxed{\\boxed{4} and \\{5\\}}", 1, 1, 0, 0),
        ("\\boxed{1} and then \\boxed{", 1, 1, 0, 3),
        ("\\boxed{1} and \\boxed{2 and \\boxed{3}", 2, 2, 0, 0),
        ("\\boxed{} and \\boxed", 0, 0, None, None),
        ("no box", 0, 0, None, None),
    ],
)
def test_boxes_are_counted_and_told_apart(
    text: str, boxes: int, answers: int, before: int | None, after: int | None
) -> None:
    found = looked(text).select("chain_boxes", "chain_answers", "chain_before_box", "chain_after_box")
    assert found.row(0) == (boxes, answers, before, after)


def test_more_different_answers_than_are_noted_are_many() -> None:
    assert one(" ".join(f"\\boxed{{{n}}}" for n in range(100)), "answers") == 9


def test_a_loop_at_the_end_is_measured_also_when_it_is_cut() -> None:
    piece = "Let me check this once more. "
    assert one(LONG, "loop") == 0
    assert one(LONG + piece * 2, "loop") < 100
    assert one(LONG + piece * 10, "loop") >= 10 * len(piece) - 1
    assert one(LONG + piece * 10 + piece[:11], "loop") >= 10 * len(piece) + 10
    assert one("ha" * 500, "loop") == 1000
    assert one("äö" * 500, "loop") == 1000
    assert one(LONG + piece * 10 + "So it is \\boxed{4}.", "loop") == 0


def test_a_tail_that_nearly_repeats_itself_is_measured() -> None:
    again = " ".join(f"Let me try n = {n}: that gives {n * n}, which is too small, so we go on." for n in range(40))
    assert one(VARIED, "tail") < 0.1
    assert one(VARIED + again, "tail") > 0.9
    assert one(VARIED + again, "repeated") < 0.5
    assert one(f"{VARIED} {VARIED}", "repeated") == pytest.approx(0.5, abs=0.05)


def test_formulas_that_differ_repeat_nothing() -> None:
    steps = "\n".join(f"$x_{{{n}}} = \\frac{{{n}}}{{{n + 1}}} + {n * n}$" for n in range(200))
    assert one(steps, "repeated") == 0


def test_letters_of_another_script_are_foreign_and_names_of_quantities_are_not() -> None:
    assert one(LONG + CHINESE + LONG, "foreign") == 15
    assert one("We set α, β and sinθ + cosφ = ω² with Δx, Σ and ∑ over ℝ.", "foreign") == 0
    assert one("设三角形 ABC 的面积为 S，求边长 a。", "foreign") == 3
    assert one("It is $\\text{面积面积}$ in the formula.", "foreign") == 0
    assert one("Затем мы сложим числа. Then we add the numbers that are left over.", "foreign") == 18


def test_turning_back_is_counted_once_for_each_place() -> None:
    assert one("Wait, let me check. Hmm. But WAIT - alternatively we add.", "reflections") == 5
    assert one("Let me double-check: the waiter is waiting, let us check it.", "reflections") == 1
    assert one("wait " * 100, "reflection_rate") == 1000
    assert one("", "reflection_rate") == 0


def test_every_line_of_the_list_is_a_phrase_that_is_found() -> None:
    lines = [line for line in PHRASES.read_text("utf-8").splitlines() if line and not line.startswith("#")]
    assert looked(*lines)["chain_reflections"].to_list() == [1] * len(lines)
    assert len({*lines}) == len(lines)


def test_the_question_is_left_out_where_the_document_begins_with_it() -> None:
    docs = pl.DataFrame(
        {
            "id": ["a", "b", "c", "d"],
            "question": ["Is \\boxed{1} it?", "What is 2 + 2?", "Another one", None],
            "text": [
                "Is \\boxed{1} it?\nNo: \\boxed{4}",
                "Question: What is 2 + 2?\nAnswer: It is \\boxed{4}",
                "So \\boxed{4}",
                "\\boxed{4}",
            ],
        }
    )
    found = chain(docs, question="question")
    assert found["chain_boxes"].to_list() == [1, 1, 1, 1]
    assert found["chain_before_box"].to_list() == [1, 2, 1, 0]


TEXTS = st.lists(
    st.sampled_from(
        ["Wait, ", "\\boxed{4}", "\\boxed{", "}", "$", "\\[", "\\]", "```\n", "x = 4. ", "你好", "\n", "no ", "é"]
    ),
    max_size=30,
)


@given(st.lists(TEXTS.map("".join), min_size=1, max_size=6))
def test_what_is_said_of_a_text_depends_on_no_other(texts: list[str]) -> None:
    assert looked(*texts).rows() == [looked(text).row(0) for text in texts]


@given(TEXTS.map("".join))
def test_shares_are_shares_and_counts_agree(text: str) -> None:
    found = looked(text).row(0, named=True)
    assert 0 <= found["chain_repeated"] <= 1 and 0 <= found["chain_tail"] <= 1
    assert found["chain_answers"] <= found["chain_boxes"]
    assert found["chain_foreign"] <= found["chain_letters"] and found["chain_loop"] <= found["chain_chars"] == len(text)
    assert (found["chain_before_box"] is None) == (found["chain_boxes"] == 0)
    assert found["chain_words"] == len(text.split())


@pytest.mark.parametrize(
    "piece",
    [
        "wait ",
        "$",
        "{",
        "}",
        "\\boxed{",
        "\\boxed{1}",
        "\\[",
        "\\(",
        "\\begin{",
        "```\n",
        "a",
        "ab" * 7 + "c",
        "1",
        " ",
        "你",
        "((",
        "\\",
    ],
)
def test_a_megabyte_of_anything_takes_under_two_seconds(piece: str) -> None:
    looked("warm up")
    text = piece * (1_000_000 // len(piece))
    started = time.perf_counter()
    looked(text)
    assert time.perf_counter() - started < 2


def test_a_null_text_is_an_empty_one() -> None:
    assert looked(None).rows() == looked("").rows()
