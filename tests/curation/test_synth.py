"""Reading replies strictly, and the two steps that make documents of them."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.asking import answered
from curate.models.base import Model
from curate.profile import ModelSettings
from curate.step import find
from curation._reply import cut, last_boxed, solution, thinking
from curation.synth.symbolic import connect
from tests.curation.scripted import Scripted


def long_cot(docs: pl.DataFrame, model: Model, **params) -> pl.DataFrame:
    return answered(find("synth", "long_cot"), docs, model, **params)


def short_cot(docs: pl.DataFrame, model: Model, **params) -> pl.DataFrame:
    return answered(find("synth", "short_cot"), docs, model, **params)


@pytest.mark.parametrize(
    ("text", "box"),
    [
        ("\\boxed{1}", "1"),
        ("\\boxed {a{b}c}", "a{b}c"),
        ("\\boxed{\\{1, 2\\}}", "\\{1, 2\\}"),
        ("\\boxed{1} then \\boxed{", None),
        ("boxed{1}", None),
        ("\\boxed{ }", None),
    ],
)
def test_the_last_box_counts(text, box):
    assert last_boxed(text) == box


@pytest.mark.parametrize(
    ("reply", "chain"),
    [
        ("<think>\na\n</think>\n\nb", "a"),
        ("a\nb", "a\nb"),
        ("<think>a", None),
        ("a</think>b", None),
        ("<think></think>b", None),
        ("<think>a</think><think>b</think>", None),
        ("hello <think>a</think>", None),
        ("", None),
        ("<think>a\x1b[2J</think>", None),
    ],
)
def test_thinking_is_what_stands_between_the_tags(reply, chain):
    assert thinking(reply) == chain


@given(st.text(), st.integers(1, 60))
def test_a_cut_text_is_a_prefix_within_the_limit(text, limit):
    text = text.encode(errors="ignore").decode()
    got = cut(text, limit)
    assert text.startswith(got)
    assert len(got.encode()) <= limit
    assert got == text or len(text.encode()) > limit


@given(st.text(alphabet=st.sampled_from("QA\nuestion: Answer\\boxed{}12 <think/>\x00"), max_size=200))
def test_no_reply_breaks_the_readers(reply):
    assert thinking(reply) is None or thinking(reply).strip()


ASKED = pl.DataFrame({"id": ["a"], "text": ["t"], "question": ["q"], "gold": ["1"]})
FINISHES = {"length": "cut off", "abstain": "abstained", "filtered": "filtered", "refused": "not answered"}


@pytest.mark.parametrize("finish", FINISHES)
def test_replies_that_did_not_end_by_themselves_give_a_row_of_each_draw(finish):
    long = long_cot(ASKED, model=Scripted("<think>a</think>", finish=finish), samples=3)
    short = short_cot(ASKED, model=Scripted("\\boxed{1}", finish=finish), samples=3)
    for made in (long, short):
        assert made.rows() == [(0, "", "q", "1", n, FINISHES[finish]) for n in range(3)]


def test_every_draw_of_a_long_chain_becomes_a_row_without_tags_and_equal_ones_are_called_so():
    asked = pl.DataFrame(
        {"id": ["a", "b", "c"], "text": ["", "", ""], "question": ["q1", None, "q2"], "gold": ["1", "2", "3"]}
    )
    model = Scripted(
        "<think>\nx\n</think> done", "<think>y</think>", "<think>\nx\n</think> ok", "<think>z", " ", draws=True
    )
    made = long_cot(asked, model=model, samples=5)
    assert made.rows() == [
        (parent, text and f"{question}\n{text}", question, gold, sample, form)
        for parent, question, gold in [(0, "q1", "1"), (2, "q2", "3")]
        for sample, (text, form) in enumerate(
            [("x", "whole"), ("y", "whole"), ("x", "repeated"), ("<think>z", "broken"), ("", "empty reply")]
        )
    ]


def test_a_long_chain_that_is_too_long_is_cut_and_is_no_repetition_of_another():
    model = Scripted("abcdef", "abcd", "abcd", draws=True)
    made = long_cot(ASKED, model=model, samples=3, max_chars=4)
    assert made.select("text", "outcome").rows() == [
        ("q\nabcd", "too long"),
        ("q\nabcd", "whole"),
        ("q\nabcd", "repeated"),
    ]


REPLIES = st.lists(
    st.sampled_from(["<think>a</think>", "<think>b</think>c", "<think>a", "b", "", "x" * 90, "a\x00", "\\boxed{1}"]),
    min_size=1,
    max_size=6,
)


@given(REPLIES, REPLIES)
def test_the_form_of_a_draw_depends_on_no_other_but_for_repetitions(one, other):
    def forms(replies):
        made = long_cot(ASKED, model=Scripted(*replies, draws=True), samples=len(replies), max_chars=80)
        assert made["sample"].to_list() == [*range(len(replies))]
        return made.select("text", "outcome").rows()

    alone, together = forms(one), forms([*one, *other])
    assert together[: len(one)] == alone
    whole = [text for text, form in together if form == "whole"]
    assert len({*whole}) == len(whole)
    for text, form in forms(other):
        if form != "repeated":
            assert (text, form) in together or (text in whole and form == "whole")


@pytest.mark.parametrize(
    ("reply", "found"),
    [
        ("Add them.\n\\boxed{2}\n", "Add them.\n\\boxed{2}"),
        ("It is 2.", None),
        ("<think>a</think>\\boxed{2}", None),
        ("\\boxed{2}\x1b[2J", None),
        ("", None),
    ],
)
def test_a_short_solution_ends_in_a_box_and_does_not_think_aloud(reply, found):
    assert solution(reply) == found


def test_every_draw_of_a_short_solution_becomes_a_row():
    asked = pl.DataFrame({"id": ["a", "b"], "text": ["", ""], "question": ["q {chain}", None], "gold": ["1", "2"]})
    model = Scripted("x \\boxed{1}", "no box", "x \\boxed{1}", "y \\boxed{2}", "<think>z</think>\\boxed{1}", draws=True)
    made = short_cot(asked, model=model, samples=5)
    assert made.rows() == [
        (0, f"Question: q {{chain}}\nAnswer: {text}", "q {chain}", "1", sample, form)
        for sample, (text, form) in enumerate(
            [
                ("x \\boxed{1}", "whole"),
                ("no box", "no box"),
                ("x \\boxed{1}", "repeated"),
                ("y \\boxed{2}", "whole"),
                ("<think>z</think>\\boxed{1}", "broken"),
            ]
        )
    ]
    assert model.prompts[0].startswith("Task: solve briefly.")
    assert {*short_cot(asked, model=model, max_chars=5)["outcome"]} == {"too long"}
    assert short_cot(asked, model=model, max_bytes=4).height == 0


def test_the_teacher_solves_briefly_what_a_short_chain_is_asked():
    question = "Solve for $x$: $2x + 3 = 11$."
    asked = pl.DataFrame({"id": ["a"], "text": [""], "question": [question], "gold": ["4"]})
    made = short_cot(
        asked, model=connect({"backend": "symbolic", "slip": 0, "sampling": {"temperature": 0.6}}, ModelSettings())
    )
    assert made.height
    whole = made.filter(pl.col("outcome") == "whole")
    assert set(whole["text"].map_elements(last_boxed, return_dtype=pl.String)) == {"4"}


def test_an_empty_frame_gives_the_planned_columns():
    asked = pl.DataFrame(schema={"id": pl.String, "text": pl.String, "question": pl.String, "gold": pl.String})
    assert dict(long_cot(asked, model=Scripted("x")).schema) == {
        "parent": pl.UInt32, "text": pl.String, "question": pl.String, "gold": pl.String, "sample": pl.UInt16,
        "outcome": pl.String,
    }  # fmt: skip
