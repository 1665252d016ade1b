"""Reading replies strictly, and the two steps that make documents of them."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.asking import answered
from curate.models.base import Model
from curate.profile import ModelSettings
from curate.step import find
from curation.synth._reply import MAX_GOLD, cut, last_boxed, pairs, solution, thinking
from curation.synth.symbolic import connect
from tests.curation.scripted import Scripted


def qa_pairs(docs: pl.DataFrame, model: Model, **params) -> pl.DataFrame:
    return answered(find("synth", "qa_pairs"), docs, model, **params)


def long_cot(docs: pl.DataFrame, model: Model, **params) -> pl.DataFrame:
    return answered(find("synth", "long_cot"), docs, model, **params)


def short_cot(docs: pl.DataFrame, model: Model, **params) -> pl.DataFrame:
    return answered(find("synth", "short_cot"), docs, model, **params)


GOOD = "Question: What is 1 + 1?\nAnswer: It is\n\\boxed{2}."


@pytest.mark.parametrize(
    ("reply", "found"),
    [
        ("[NO QA]", []),
        ("  [NO QA]\n", []),
        (GOOD, [("What is 1 + 1?", "It is\n\\boxed{2}.", "2")]),
        (f"{GOOD}\n\n{GOOD.replace('1 + 1', '3 - 1')}", ["2", "2"]),
        (f"{GOOD}\n\n{GOOD}", ["2"]),
        ("Question: a\nAnswer: \\boxed{\\frac{1}{2}}", ["\\frac{1}{2}"]),
        ("Question: a\nAnswer: \\boxed{1} or rather \\boxed{2}", ["2"]),
        ("", None),
        ("I found these:\n" + GOOD, None),
        ("Question: a", None),
        ("Question: a\nAnswer: no box", None),
        ("Question: a\nAnswer: \\boxed{", None),
        ("Question: a\nAnswer: \\boxed{}", None),
        ("Question: a\nAnswer: \\boxed{1}\nAnswer: \\boxed{2}", None),
        ("Question:\nAnswer: \\boxed{1}", None),
        ("[NO QA]\n" + GOOD, None),
        (GOOD + "\n\nQuestion: b\nAnswer: none", None),
        (GOOD + "\x00", None),
        (GOOD + "\u202e", None),
        ("Question: a\nAnswer: \\boxed{" + "1" * (MAX_GOLD + 1) + "}", None),
        ("Question: " + "a" * 3000 + "\nAnswer: \\boxed{1}", None),
    ],
)
def test_a_reply_is_read_strictly_or_not_at_all(reply, found):
    got = pairs(reply)
    assert got == found or [gold for *_, gold in got] == found


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
    for question, answer, gold in pairs(reply) or []:
        assert question and answer and gold
    assert thinking(reply) is None or thinking(reply).strip()


def docs(*texts: str) -> pl.DataFrame:
    return pl.DataFrame(
        {"id": [str(i) for i in range(len(texts))], "text": texts}, schema={"id": pl.String, "text": pl.String}
    )


def test_pairs_become_documents_in_the_order_of_the_reply():
    made = qa_pairs(
        docs("a", "b", "c"), model=Scripted("[NO QA]", GOOD + "\n\n" + GOOD.replace("1 + 1", "0 + 2"), "nonsense")
    )
    assert made["parent"].to_list() == [1, 1]
    assert made["question"].to_list() == ["What is 1 + 1?", "What is 0 + 2?"]
    assert made["text"][0] == "Question: What is 1 + 1?\nAnswer: It is\n\\boxed{2}."
    assert made["gold"].to_list() == ["2", "2"]


ASKED = pl.DataFrame({"id": ["a"], "text": ["t"], "question": ["q"], "gold": ["1"]})
FINISHES = {"length": "cut off", "abstain": "abstained", "filtered": "filtered", "refused": "refused"}


@pytest.mark.parametrize("finish", FINISHES)
def test_replies_that_did_not_end_by_themselves_give_no_pairs_and_a_row_of_each_draw(finish):
    assert qa_pairs(docs("a"), model=Scripted(GOOD, finish=finish)).height == 0
    long = long_cot(ASKED, model=Scripted("<think>a</think>", finish=finish), samples=3)
    short = short_cot(ASKED, model=Scripted("\\boxed{1}", finish=finish), samples=3)
    for made in (long, short):
        assert made.rows() == [(0, "", "q", "1", n, FINISHES[finish]) for n in range(3)]


def test_a_long_page_is_cut_and_a_page_cannot_fill_in_the_prompt():
    model = Scripted("[NO QA]")
    qa_pairs(docs("word " * 10_000, "{{text}} {0} %s"), model=model, max_bytes=1_000)
    assert len(model.prompts[0]) < 3_000
    assert model.prompts[1].endswith("Page:\n{{text}} {0} %s\n")


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
            [("x", "whole"), ("y", "whole"), ("x", "repeated"), ("<think>z", "broken"), ("", "empty")]
        )
    ]


def test_a_long_chain_that_is_too_long_is_cut_and_is_no_repetition_of_another():
    model = Scripted("abcdef", "abcd", "abcd", draws=True)
    made = long_cot(ASKED, model=model, samples=3, max_chars=4)
    assert made.select("text", "form").rows() == [
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
        return made.select("text", "form").rows()

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
    assert {*short_cot(asked, model=model, max_chars=5)["form"]} == {"too long"}
    assert short_cot(asked, model=model, max_bytes=4).height == 0


def test_the_teacher_solves_briefly_what_a_short_chain_is_asked():
    question = "Solve for $x$: $2x + 3 = 11$."
    asked = pl.DataFrame({"id": ["a"], "text": [""], "question": [question], "gold": ["4"]})
    made = short_cot(
        asked, model=connect({"backend": "symbolic", "slip": 0, "sampling": {"temperature": 0.6}}, ModelSettings())
    )
    assert made.height
    whole = made.filter(pl.col("form") == "whole")
    assert set(whole["text"].map_elements(last_boxed, return_dtype=pl.String)) == {"4"}


def test_an_empty_frame_gives_the_planned_columns():
    assert dict(qa_pairs(docs(), model=Scripted("x")).schema) == {
        "parent": pl.UInt32, "text": pl.String, "question": pl.String, "answer": pl.String, "gold": pl.String,
    }  # fmt: skip
    asked = pl.DataFrame(schema={"id": pl.String, "text": pl.String, "question": pl.String, "gold": pl.String})
    assert dict(long_cot(asked, model=Scripted("x")).schema) == {
        "parent": pl.UInt32, "text": pl.String, "question": pl.String, "gold": pl.String, "sample": pl.UInt16,
        "form": pl.String,
    }  # fmt: skip
