"""Questions are copied from a page or not there at all: strict reading, what stands, pieces, and the teacher."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.asking import answered
from curate.models.base import Model
from curate.profile import ModelSettings
from curate.step import find
from curation._reply import MAX_REPLY, pairs
from curation._standing import Page
from curation.synth.symbolic import connect
from tests.curation.scripted import Scripted

PAGE = (
    "Sheet 3\n\n1. Find 20 percent of $50$ apples in the basket.\n2. Solve for $x$: $2x + 3 = 11$.\n"
    "3. A rectangle is 3 centimeters long. How wide is it?\n\nAnswers\n\n1. $10$\n2. $x = 4$"
)
FIRST = "Question: Find 20 percent of $50$ apples in the basket.\nAnswer: $10$"
SECOND = "Question: Solve for $x$: $2x + 3 = 11$.\nAnswer: $x = 4$"


def qa_pairs(*texts: str, model: Model, **params) -> pl.DataFrame:
    docs = pl.DataFrame(
        {"id": [f"{i}" for i in range(len(texts))], "text": texts}, schema={"id": pl.String, "text": pl.String}
    )
    return answered(find("synth", "qa_pairs"), docs, model, **params)


@pytest.mark.parametrize(
    ("reply", "found"),
    [
        ("[NO QA]", []),
        ("  [NO QA]\n", []),
        ("Question: a\nAnswer: 1", [("a", "1")]),
        ("Question: a\nAnswer: [NO ANSWER]\n\nQuestion: b\nAnswer: 2\nand more", [("a", None), ("b", "2\nand more")]),
        ("Question: a\nAnswer: 1\n\nQuestion: a\nAnswer: 2", [("a", "1")]),
        ("", None),
        ("I found these:\nQuestion: a\nAnswer: 1", None),
        ("Question: a", None),
        ("Question: a\nAnswer: 1\nAnswer: 2", None),
        ("Question:\nAnswer: 1", None),
        ("Question: a\nAnswer:", None),
        ("[NO QA]\nQuestion: a\nAnswer: 1", None),
        ("Question: a\nAnswer: 1\n[NO QA]", None),
        ("Question: a\nAnswer: perhaps [NO ANSWER]", None),
        ("Question: a\nAnswer: 1\x00", None),
        ("Question: a\nAnswer: 1\u202e", None),
        ("Question: " + "a" * 3000 + "\nAnswer: 1", None),
        ("Question: a\nAnswer: " + "1" * MAX_REPLY, None),
    ],
)
def test_a_reply_is_read_strictly_or_not_at_all(reply: str, found: list[tuple[str, str | None]] | None) -> None:
    assert pairs(reply) == found


@given(st.text(alphabet=st.sampled_from("QA\nuestion: Answer[]NO 12\\{}\x00"), max_size=200))
def test_no_reply_breaks_the_reader(reply: str) -> None:
    for question, answer in pairs(reply) or []:
        assert question and answer != ""


def test_pairs_become_rows_with_what_the_page_answers() -> None:
    third = "Question: A rectangle is 3 centimeters long. How wide is it?\nAnswer: [NO ANSWER]"
    made = qa_pairs("nothing", PAGE, model=Scripted("[NO QA]", f"{FIRST}\n\n{SECOND}\n\n{third}"))
    assert made["parent"].to_list() == [1, 1, 1]
    assert made["found"].to_list() == ["$10$", "$x = 4$", None]
    assert made["qa_pairs_answer"].to_list() == ["given", "given", "none"]
    assert made["text"].to_list() == [FIRST, SECOND, third.partition("\n")[0]]


@pytest.mark.parametrize(
    "question",
    [
        "Find 30 percent of $50$ apples in the basket.",
        "Find 50 percent of $20$ apples in the basket.",
        "Solve for $x$: $2x - 3 = 11$.",
        "Solve for $y$: $2y + 3 = 11$.",
        "Solve for $a$: $2a + 3 = 11$.",
        "How many primes lie between one and one hundred?",
        "Solve for $x$: $2x + 3 = 11$ and $\\frac{x}{2} = 2$.",
    ],
)
def test_a_question_that_does_not_stand_on_the_page_gives_no_row(question: str) -> None:
    assert qa_pairs(PAGE, model=Scripted(f"Question: {question}\nAnswer: $10$")).height == 0


@pytest.mark.parametrize("answer", ["$12$", "$x = 5$", "It is ten, as anybody sees.", "$50$", "20"])
def test_an_answer_that_the_page_does_not_give_is_none(answer: str) -> None:
    made = qa_pairs(PAGE, model=Scripted(FIRST.replace("$10$", answer)))
    assert made.select("found", "qa_pairs_answer").rows() == [(None, "invented")]


SHEET = (
    "1. Add $3$ and $4$ to get a sum.\n2. Take $5$ from $17$ and write it down.\n\nExample 9. Double the number six at once.\n\n"
    "That gives 12.\n\nTopics 88 of the course\n\nAnswers\n1. 7\n2. 13\n"
)


@pytest.mark.parametrize(
    ("question", "answer", "stands"),
    [
        ("Add $3$ and $4$ to get a sum.", "7", True), ("Add $3$ and $4$ to get a sum.", "13", False),
        ("Take $5$ from $17$ and write it down.", "$13$", True), ("Take $5$ from $17$ and write it down.", "7", False),
        ("Take $5$ from $17$ and write it down.", "12", False), ("Double the number six at once.", "12", True),
        ("Add $3$ and $4$ to get a sum.", "88", False), ("Add $3$ and $4$ to get a sum.", "2", False),
        ("Double the number six at once.", "9", False), ("", "12", False), ("Add $3$ and $4$ to get a sum.", "", False),
    ],
)  # fmt: skip
def test_a_short_answer_stands_where_an_answer_may(question: str, answer: str, stands: bool) -> None:
    assert Page(SHEET).answers(answer, question) is stands


@pytest.mark.parametrize(
    "heading", ["Answers", "## Answer key", "Check your answers:", "Solutions in brief", "**Answers**"]
)
def test_a_list_of_answers_is_known_by_its_heading(heading: str) -> None:
    page = SHEET.replace("\nAnswers\n", f"\n{heading}\n")
    assert Page(page).answers("13", "Take $5$ from $17$ and write it down.")
    assert not Page(page).answers("7", "Take $5$ from $17$ and write it down.")


def test_an_answer_soon_behind_the_word_stands_and_none_in_an_empty_page() -> None:
    assert Page("How many legs has a spider of any kind?\n\n# More\n\n1. Fun\n\nThe answer is 8.").answers(
        "8", "How many legs has a spider?"
    )
    assert not Page("The solution of it, a result and a key. Or 8 more.").answers("8", "Where?")
    assert not Page("").answers("8", "How many?")


@pytest.mark.parametrize(
    ("text", "astray"),
    [
        ("Find the value of $x$ if $3x + 5y = 7$ and $y$ is small.", 1),
        ("Find the value of $x$ if $-3x + 5y$ and $y$ is small.", 1),
        ("Find the value of $x$ if $-3x + 5y = 7$ and $y$ is small.", 0),
        (
            "Find the value of $x$ if $-3x + 5y = 7$ and $y$ is small. Give all of the $n$ that are not odd at all times.",
            0,
        ),
        ("Give all of the $n$ that are odd at all times.", 1),
        ("Then compute the sum of all the parts.", 0),
    ],
)
def test_what_is_left_out_of_a_question_is_seen(text: str, astray: int) -> None:
    page = "Find the value of $x$ if $-3x + 5y = 7$ and $y$ is small.\n\nAside of that, others say nothing of it at all.\n\n"
    page += "Give all of the $n$ that are not odd at all times. Then compute the sum (b) of all the parts."
    assert Page(page).standing(text).astray == astray


def test_a_factorial_is_a_sign_and_an_exclamation_is_none() -> None:
    page = Page("Compute $n! + 5!$ for all of $n$ up to seven! Then rest for a while.")
    assert page.standing("Compute $n! + 5!$ for all of $n$ up to seven") == (1.0, 0)
    assert page.standing("for all of $n$ up to seven!! Then rest") == (1.0, 0)
    assert page.standing("Compute $n + 5!$ for all of $n$").astray > 0
    assert Page("Compute $5!$ by hand.").standing("Compute $5$ by hand.").astray > 0


def test_another_spelling_of_a_formula_stands() -> None:
    page = Page("Compute $\\dfrac{1}{2} \\times 7 \\leq 4$ and explain why.")
    assert page.standing("Compute \\( \\frac12 · 7 ≤ 4 \\) and explain").astray > 0  # 12 is another number than 1 and 2
    assert page.standing("Compute \\(\\frac{1}{2} · 7 ≤ 4\\), and explain") == (1.0, 0)


@given(
    st.lists(st.sampled_from(["red", "x", "+", "7", "12", "\\frac", "is"]), min_size=8, max_size=30), st.integers(0, 4)
)
def test_a_copied_part_always_stands(words: list[str], start: int) -> None:
    assert Page(" ".join(words)).standing(" ".join(words[start:])) == (1.0, 0)


@pytest.mark.parametrize("finish", ["length", "abstain", "filtered", "refused"])
def test_replies_that_did_not_end_by_themselves_give_no_rows(finish: str) -> None:
    assert qa_pairs(PAGE, model=Scripted(FIRST, finish=finish)).height == 0


def test_a_long_page_is_asked_about_in_pieces_and_cannot_fill_in_the_prompt() -> None:
    model = Scripted("[NO QA]")
    qa_pairs("word " * 10_000, "{{text}} {0} %s", "", model=model, max_bytes=1_000, max_pieces=3)
    assert len(model.prompts) == 4
    assert all(len(prompt) < 3_500 for prompt in model.prompts)
    assert model.prompts[3].rstrip().endswith("Page:\n{{text}} {0} %s")


def test_what_the_model_was_not_shown_does_not_stand() -> None:
    page = f"{'word ' * 400}\n\n{PAGE}"
    assert qa_pairs(page, model=Scripted(FIRST), max_bytes=500, max_pieces=1).height == 0
    assert qa_pairs(page, model=Scripted(FIRST), max_bytes=500, max_pieces=8).height == 1


def test_the_teacher_copies_what_the_page_says_and_its_slips_are_seen() -> None:
    page = PAGE.replace("Find 20 percent of $50$ apples in the basket.", "Find 10 percent of 50.")
    greedy = qa_pairs(page, model=connect({}, ModelSettings()))
    assert greedy.select("question", "found").rows() == [
        ("Find 10 percent of 50.", "$10$"),
        ("Solve for $x$: $2x + 3 = 11$.", "$x = 4$"),
    ]
    sure = connect({"slip": 1, "sampling": {"temperature": 0.6}}, ModelSettings())
    slipped = qa_pairs(page, model=sure, samples=8)
    assert set(slipped["question"]) <= set(greedy["question"])
    assert {"invented"} <= set(slipped["qa_pairs_answer"])


def test_a_megabyte_of_signs_takes_no_time() -> None:
    for sign in ("[", "$", "1", "\\", "\n", "Question: "):
        reply = f"Question: a\nAnswer: {sign * (MAX_REPLY // len(sign) // 2)}"
        assert qa_pairs(sign * 1_000_000 if len(sign) == 1 else "a", model=Scripted(reply)).height == 0


def test_an_empty_frame_gives_the_planned_columns() -> None:
    assert dict(qa_pairs(model=Scripted("x")).schema) == {
        "parent": pl.UInt32, "text": pl.String, "question": pl.String, "found": pl.String, "qa_pairs_answer": pl.String,
    }  # fmt: skip
