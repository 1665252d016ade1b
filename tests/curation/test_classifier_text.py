"""What a classifier sees of a text: one line of words, numbers and operators, whatever the text is, and soon."""

import time

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation.score._classifier_text import LONGEST_WORD, OPERATORS, classifier_text


def normal(text: str, limit: int = 1_000) -> str:
    return classifier_text(pl.Series([text]), limit)[0]


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("Let 12 apples, 3.5 PEARS!", "let <num> apples <num> <num> pears"),
        ("\\frac{a}{b}", "\\frac { a } { b }"),
        ("x²≤½", "x <num> ≤ <num> ⁄ <num>"),
        ("𝑥 ﬁ １２", "x fi <num>"),
        ("a\nb\r\nc", "a b c"),
        ("__label__positive", "_ _ label _ _ positive"),
        ("</s> <num>", "< / s > < num >"),
        ("x" * 101 + " y", "y"),
        ("!?.,;", ""),
        ("", ""),
    ],
)
def test_a_text_becomes_words_numbers_and_operators(text: str, seen: str) -> None:
    assert " ".join(normal(text).split()) == seen


def test_a_long_text_is_cut_and_a_missing_one_is_empty() -> None:
    assert normal("abc def", 5) == "abc d"
    assert classifier_text(pl.Series([None], dtype=pl.String), 5)[0] == ""


@given(st.text())
def test_no_text_can_end_its_line_or_carry_a_label(text: str) -> None:
    seen = normal(text.encode(errors="ignore").decode())
    assert "\n" not in seen and "\0" not in seen
    assert not any(word.startswith("__") or word == "</s>" for word in seen.split())


def test_how_a_page_delimits_formulas_and_frames_tables_is_not_seen() -> None:
    assert normal(r"so \(x\) and \[y\]") == normal("so $x$ and $$y$$")
    assert normal("| a | b |\n| --- | --- |\n| 1 | 2 |").split() == ["a", "b", "<num>", "<num>"]
    assert normal("p(a|b)").split() == ["p", "a", "|", "b"]
    assert normal("Title\n=====\n~~~~\na == b") == "title a = = b"


def test_cutting_is_by_characters_of_the_text_as_it_is() -> None:
    assert normal("é" * 7 + "b", 7) == "é" * 7
    assert normal("ﬁﬁﬁ", 2) == "fifi"
    assert normal(r"a \(x", 3) == "a \\" and normal("a", 0) == ""


@given(st.lists(st.text(max_size=30)), st.integers(0, 40))
def test_each_text_is_seen_alone_and_as_bounded_words(texts: list[str], limit: int) -> None:
    texts = [text.encode(errors="ignore").decode() for text in texts]
    seen = classifier_text(pl.Series(texts, dtype=pl.String), limit)
    assert seen.to_list() == [normal(text, limit) for text in texts]
    for word in [word for text in seen if text for word in text.split(" ")]:
        assert word and len(word) <= LONGEST_WORD
        assert word == "<num>" or word in OPERATORS or not {*word[1:]} & {*OPERATORS, " ", "\n"}


@given(st.text(alphabet=st.sampled_from("aZé9½\\(|$-_ \n√ﷺ文"), max_size=40))
def test_what_is_seen_stays_as_it_is(text: str) -> None:
    seen = normal(text)
    assert normal(seen).replace("< num >", "<num>") == seen or "|" in text or "\\" in text


@pytest.mark.parametrize("piece", ["\\", "|", "-|", "1a", "ﷺ", "a", "-- ", "\\(", "$x"])
def test_a_hostile_text_takes_time_in_proportion_to_its_length(piece: str) -> None:
    hostile = pl.Series([piece * (2_000_000 // len(piece.encode()))])
    normal(piece)
    start = time.perf_counter()
    classifier_text(hostile, 10_000_000)
    assert time.perf_counter() - start < 3
