"""A refined pair is the pair it was given, explained: what each guard catches."""

import polars as pl
import pytest

from curate.asking import answered
from curate.models.base import Model
from curate.step import find
from curation.rewrite.qa_refine import unrefined
from tests.curation.scripted import Scripted

QUESTION = "Tom has $12$ apples and gives away at least 5. How many are left at most?"
GOOD = f"Question: {QUESTION}\nAnswer: He keeps the rest. Take what he gives away from what he has: $12 - 5 = 7$. So \\boxed{{7}} are left."


def refined(*founds: str | None, model: Model, question: str = QUESTION, **params) -> pl.DataFrame:
    docs = pl.DataFrame(
        {"id": [str(i) for i in range(len(founds))], "text": "t", "question": question, "found": founds},
        schema={"id": pl.String, "text": pl.String, "question": pl.String, "found": pl.String},
    )
    return answered(find("rewrite", "qa_refine"), docs, model, **params)


@pytest.mark.parametrize("found", ["7", "$7$", "12 - 5 = 7", None])
def test_a_faithful_refinement_is_taken(found: str | None) -> None:
    row = refined(found, model=Scripted(GOOD)).row(0, named=True)
    assert (row["qa_refine_verdict"], row["gold"], row["text"]) == ("refined", "7", GOOD)
    assert row["qa_refine_agrees"] is (None if found is None else True)


@pytest.mark.parametrize(
    ("reply", "verdict"),
    [
        (GOOD.replace("= 7", "= 15").replace("{7}", "{15}"), "answer"),
        (GOOD.replace("has $12$", "has $13$"), "question"),
        (GOOD.replace("at least", "at most"), "question"),
        (GOOD.replace("$12$ apples and gives away at least 5", "$5$ apples and gives away at least 12"), "question"),
        (GOOD.replace("\\boxed{7}", "7"), "boxed"),
        (f"{GOOD} Or \\boxed{{8}}.", "boxed"),
        (f"Question: {QUESTION}\nAnswer: \\boxed{{7}}", "length"),
        ("[INCOMPLETE]", "incomplete"),
        ("It is seven.", "form"),
        (f"{GOOD}\n\n{GOOD}", "form"),
        (f"{GOOD}\x00", "form"),
        ("[" * 1_000_000, "form"),
        ("I'm sorry, but I cannot help with that request.", "refusal"),
        (f"{GOOD}<|im_end|>", "strange"),
        (GOOD.replace("He keeps", "See https://a.example/x for it. He keeps"), "strange"),
    ],
)
def test_a_reply_that_is_none_leaves_the_pair_as_it_was(reply: str, verdict: str) -> None:
    row = refined("7", model=Scripted(reply)).row(0, named=True)
    assert row["qa_refine_verdict"] == verdict
    assert (row["text"], row["gold"], row["answer"]) == ("t", None, None)


def test_a_further_draw_is_taken_and_what_did_not_end_is_unfinished() -> None:
    assert refined("7", model=Scripted("nonsense", GOOD, draws=True), retries=1)["qa_refine_verdict"].to_list() == [
        "refined"
    ]
    assert refined("7", model=Scripted(GOOD, finish="length"))["qa_refine_verdict"].to_list() == ["cut off"]
    assert refined("7" * 9000, model=Scripted(GOOD))["qa_refine_verdict"].to_list() == [None]


@pytest.mark.parametrize(
    ("finish", "again"), [("stop", True), ("length", True), ("refused", False), ("filtered", False)]
)
def test_a_pair_is_asked_about_again_where_the_model_has_answered(finish: str, again: bool) -> None:
    reply = "nonsense" if finish == "stop" else None
    docs = pl.DataFrame(
        {"text": ["t"], "question": ["Is it?"], "found": ["7"], "replies": [[reply]], "finishes": [[finish]]}
    )
    assert unrefined(docs).to_list() == [again]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("$900$", "$.900$"), ("at least 5", "at least .5"), ("at least 5", "at least -5"), ("seven", "eight"), ("$900$", "$900$ thousand"),
        ("10 days", "10 weeks"), ("are left", "are lost"),
    ],
)  # fmt: skip
def test_a_question_that_asks_for_something_else_is_not_taken(old: str, new: str) -> None:
    question = "Tom has $900$ apples and gives away at least 5 on each of seven trips in 10 days. How many are left?"
    assert old in question
    reply = GOOD.replace(QUESTION, question)
    assert refined("7", model=Scripted(reply), question=question)["qa_refine_verdict"].to_list() == ["refined"]
    wrong = Scripted(reply.replace(question, question.replace(old, new)))
    assert refined("7", model=wrong, question=question)["qa_refine_verdict"].to_list() == ["question"]
