"""Rewrites that bring published corpora into the form of a training text."""

import json

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate import step
from curate.errors import CurateError
from curation.extract.generations import generations
from curation.rewrite.chat import chat
from curation.rewrite.join import join
from curation.rewrite.thinking import thinking


def texts(*values: str | None) -> pl.DataFrame:
    return pl.DataFrame({"text": values}, schema={"text": pl.String})


def message(role: object, content: object) -> dict[str, object]:
    return {"role": role, "content": content}


TALK = [message("user", "Add 1 and 2."), message("assistant", "3 {}")]


def test_a_dialogue_becomes_turns_on_lines_of_their_own() -> None:
    long = [message("system", "Be brief."), *TALK, message("user", "And 4?"), message("assistant", "7")]
    assert chat(texts(json.dumps(long))).to_list() == ["User:Add 1 and 2.\nAssistant:3 {}\nUser:And 4?\nAssistant:7"]
    given = chat(texts(json.dumps(long)), user="{}", assistant="{}", system="[{}]", separator=" | ")
    assert given.to_list() == ["[Be brief.] | Add 1 and 2. | 3 {} | And 4? | 7"]
    sharegpt = [{"from": "human", "value": "a"}, {"from": "gpt", "value": "b"}]
    assert chat(texts(json.dumps(sharegpt))).to_list() == ["User:a\nAssistant:b"]


@pytest.mark.parametrize(
    "text",
    [
        "", "no JSON", "[", "null", "7", "{}", "[]", "[1]", "[[]]", "[" * 5000, json.dumps(TALK[:1]), json.dumps(TALK[1:]),
        json.dumps([*TALK, message("tool", "x")]), json.dumps([*TALK, message("user", ["parts"])]), json.dumps([*TALK, message(["user"], "x")]),
        json.dumps([*TALK, {"content": "x"}]), json.dumps([*TALK, "more"]), json.dumps([message("user", " "), TALK[1]]), '[{"role": "user", "content": "\\ud800"}]',
    ],
)  # fmt: skip
def test_what_is_no_dialogue_has_no_text_and_breaks_nothing(text: str) -> None:
    assert chat(texts(text, json.dumps(TALK))).to_list() == [None, "User:Add 1 and 2.\nAssistant:3 {}"]


@pytest.mark.parametrize(
    "nothing",
    [message("assistant", ""), message("assistant", " \n"), message("assistant", None), {"role": "assistant"}],
)
def test_a_dialogue_ends_with_the_last_reply_before_a_turn_in_which_nothing_was_said(
    nothing: dict[str, object],
) -> None:
    told = "User:Add 1 and 2.\nAssistant:3 {}"
    unanswered = [*TALK, message("user", "And 4?")]
    texts_ = [
        json.dumps(said)
        for said in (unanswered, [*unanswered, nothing], [*unanswered, nothing, *TALK], [nothing, *TALK])
    ]
    assert chat(texts(*texts_)).to_list() == [told, told, told, None]
    assert chat(texts(json.dumps([message("system", None), *TALK]))).to_list() == [told], (
        "what is left out may be empty"
    )


LONG = "Why?\n<think>\nLet me see.\n\nSo.\n</think>\n\nBecause."


@pytest.mark.parametrize(
    ("form", "wanted"),
    [("only", "Why?\nLet me see.\n\nSo."), ("bare", "Why?\nLet me see.\n\nSo.\nBecause."), ("drop", "Why?\nBecause.")],
)
def test_thinking_is_taken_out_of_its_tags(form: str, wanted: str) -> None:
    assert thinking(texts(LONG, "<think>a</think>b"), form=form).to_list()[0] == wanted
    assert thinking(texts("<think>a</think>b"), form="only").to_list() == ["a"]


@pytest.mark.parametrize(
    "text",
    ["", "none", "<think>cut off", "closed</think>", "</think><think>", "q<think> \n</think>", "<think>a</think><think>b</think>",
     "<think>a<think>b</think></think>", "<THINK>a</THINK>"],
)  # fmt: skip
def test_what_has_not_one_whole_thinking_part_has_no_text(text: str) -> None:
    assert thinking(texts(text), form="only").to_list() == [None]


@given(st.lists(st.text(alphabet="ab \n<>/think", max_size=30)), st.sampled_from(["only", "bare", "drop"]))
def test_no_tag_is_left_in_any_form(parts: list[str], form: str) -> None:
    made = thinking(texts(*parts, *(f"q<think>{part}</think>{part}" for part in parts)), form=form)
    assert all(text is None or ("<think>" not in text and "</think>" not in text) for text in made)


REPLIES = {
    "<think>a</think>b": "q\na", "\n<think>\na\n</think>": "q\na", "a</think><answer>b</answer>": "q\na", "<think>a": None, "a": None, "": None,
    "<think> </think>b": None, "x<think>a</think>": None, "<think>a</think>b</think>": None, "<think>a<think>b</think>": None, None: None,
}  # fmt: skip


def test_a_reply_in_a_column_of_its_own_may_lack_the_tag_that_opens_and_its_question_may_speak_of_tags() -> None:
    docs = pl.DataFrame(
        {"text": ["q"] * len(REPLIES), "reply": [*REPLIES]}, schema={"text": pl.String, "reply": pl.String}
    )
    assert thinking(docs, reply="reply").to_list() == [*REPLIES.values()]
    asked = pl.DataFrame({"text": ["What is <think>?"], "reply": ["<think>a</think><answer>b\n</answer>\n"]})
    made = [thinking(asked, form=form, reply="reply").item() for form in ("only", "bare", "drop")]
    assert made == ["What is <think>?\na", "What is <think>?\na\nb", "What is <think>?\nb"]
    assert step.find("rewrite", "thinking").reads_with({"reply": "reply"}) == ("id", "text", "reply")


def generated(**lists: list[object] | None) -> pl.DataFrame:
    given = {"generations": ["a", "b", "a", " ", None], "correctness_math_verify": [True, False, True, True, True]}
    given |= {"correctness_llama": None, "is_reasoning_complete": [True] * 5, **lists}
    kinds = {name: pl.List(pl.String if name == "generations" else pl.Boolean) for name in given}
    return pl.DataFrame({"text": ["p"], "gold": ["g"], **{k: [v] for k, v in given.items()}}, schema_overrides=kinds)


@pytest.mark.parametrize(
    ("lists", "params", "wanted"),
    [
        ({}, {}, ["a"]),
        ({"correctness_llama": [False, True, None, None, None]}, {}, ["a", "b"]),
        ({}, {"right": []}, ["a", "b"]),
        ({"is_reasoning_complete": [False, True, None, True, True]}, {}, []),
        ({"is_reasoning_complete": [True]}, {}, []),
        ({"is_reasoning_complete": [True]}, {"complete": None, "right": []}, ["a", "b"]),
        ({"generations": None}, {}, []),
        ({"generations": [], "correctness_math_verify": [], "is_reasoning_complete": []}, {"right": [], "complete": None}, []),
        ({}, {"right": [], "most": 1}, ["a"]),
    ],
)  # fmt: skip
def test_each_right_generation_is_a_document_once(
    lists: dict[str, list[object]], params: dict[str, object], wanted: list[str]
) -> None:
    made = generations(pl.concat([generated(**lists)] * 2), carry=["gold"], **params)  # type: ignore[arg-type]
    assert made["generation"].to_list() == wanted * 2
    assert made["parent"].to_list() == [parent for parent in (0, 1) for _ in wanted]
    assert {*made["text"], *made["gold"]} == ({"p", "g"} if wanted else set())
    assert made.schema == generations(generated().clear(), carry=["gold"], **params).schema  # type: ignore[arg-type]


def test_columns_are_joined_in_their_order_and_one_that_is_missing_is_said() -> None:
    docs = pl.DataFrame({"text": ["p", "q", None], "solution": ["s", None, "t"], "n": [1, 2, 3]})
    assert join(docs, columns=["solution", "text"]).to_list() == ["s\np", None, None]
    blank = pl.DataFrame({"text": ["p", "p"], "solution": ["", " \n"]})
    assert join(blank, columns=["text", "solution"]).to_list() == [None, None]
    assert join(docs, columns=["text", "n"], separator=" = ").to_list() == ["p = 1", "q = 2", None]
    found = step.find("rewrite", "join")
    assert found.reads_with({"columns": ["solution", "text"]}) == ("id", "text", "solution")
    with pytest.raises(CurateError, match="columns"):
        found.validated({"columns": []})
