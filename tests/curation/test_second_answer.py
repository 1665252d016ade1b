"""Another model, which sees the question alone, agrees, contradicts, or cannot be told from either."""

import polars as pl
import pytest

from curate.asking import answered
from curate.models.base import Model
from curate.step import find
from tests.curation.scripted import Scripted

SCHEMA = {"id": pl.String, "text": pl.String, "question": pl.String, "gold": pl.String}


def second(*rows: tuple[str | None, str | None], model: Model, **params) -> pl.DataFrame:
    docs = pl.DataFrame([(str(i), "secret", *row) for i, row in enumerate(rows)], schema=SCHEMA, orient="row")
    made = answered(find("verify", "second_answer"), docs, model, **params)
    assert isinstance(made, pl.DataFrame)
    return made


@pytest.mark.parametrize(
    ("gold", "said", "agrees"),
    [
        ("7", "So \\boxed{7}.", True),
        ("7", "So \\boxed{8}.", False),
        ("\\frac{1}{2}", "So \\boxed{0.5}.", True),
        ("7", "So it is 7.", None),
        ("7", "First \\boxed{7}. No, I take it back, it must be \\boxed{8}.", None),
        ("7", "\\boxed{" + "7" * 500 + "}", None),
        ("7", "\\boxed{", None),
        ("7", "\\boxed{" * 20_000, None),
    ],
)
def test_it_agrees_contradicts_or_abstains(gold: str, said: str, agrees: bool | None) -> None:
    assert second(("How many?", gold), model=Scripted(said))["second_answer"].to_list() == [agrees]


def test_the_other_model_sees_the_question_and_nothing_else() -> None:
    model = Scripted("\\boxed{1}")
    second(("How many sheep?", "4711"), model=model)
    (prompt,) = model.prompts
    assert prompt.rstrip().endswith("How many sheep?")
    assert "4711" not in prompt and "secret" not in prompt


def test_what_has_no_known_answer_or_is_too_long_is_not_asked() -> None:
    model = Scripted("\\boxed{1}")
    made = second((None, "1"), ("a", None), ("", "1"), ("b" * 101, "1"), ("c", "1"), model=model, max_bytes=100)
    assert len(model.prompts) == 1
    assert made["second_answer"].to_list() == [None, None, None, None, True]
    assert made["second_answer_reason"].to_list()[:4] == ["not asked"] * 4


def test_of_several_draws_the_first_with_an_answer_counts() -> None:
    model = Scripted("I do not know.", "\\boxed{8}", "\\boxed{7}", draws=True)
    made = second(("How many?", "7"), model=model, samples=3)
    assert made.select("second_answer", "second_answer_given").rows() == [(False, "8")]


@pytest.mark.parametrize("finish", ["length", "abstain", "filtered", "refused"])
def test_a_reply_that_did_not_end_says_nothing(finish: str) -> None:
    made = second(("How many?", "7"), model=Scripted("\\boxed{8}", finish=finish))
    assert made.rows() == [(None, None, "no answer")]


def test_an_empty_frame_gives_the_planned_columns() -> None:
    made = second(model=Scripted("x"))
    assert made.columns == ["second_answer", "second_answer_given", "second_answer_reason"]
