"""Verification of worked answers, a column for the verdict and one for its reason."""

import polars as pl

from curation.verify.math_answer import math_answer


def test_a_verdict_is_yes_no_or_unknown_with_a_reason() -> None:
    docs = pl.DataFrame(
        {
            "id": list("abcde"),
            "text": ["so \\boxed{\\frac{1}{2}}", "so \\boxed{3}", "\\boxed{9^{9^{9}}}", "no idea", "\\boxed{1}"],
            "gold": ["0.5", "2", "3", "4", None],
        }
    )
    found = math_answer(docs)
    assert found.schema == {"math_answer": pl.Boolean, "math_answer_reason": pl.String}
    assert found["math_answer"].to_list() == [True, False, None, False, None]
    assert found["math_answer_reason"].null_count() == 0


def test_gold_answers_may_be_numbers() -> None:
    docs = pl.DataFrame({"id": ["a"], "text": ["The answer is 1,234."], "gold": [1234]})
    assert math_answer(docs)["math_answer"].to_list() == [True]
    assert math_answer(docs.head(0)).height == 0
