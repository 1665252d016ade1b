"""One digit of one equation is changed so that it no longer holds, wherever it stands, and nothing else is."""

from fractions import Fraction

import pytest

from benchmarks import verification as v


@pytest.mark.parametrize(
    ("side", "value"),
    [("48/2", 24), ("2 \\times 3 + 4", 10), ("10 - 2 - 3", 5), ("1,000 - 0.5", Fraction(1999, 2)), ("6 ÷ 4 * 2", 3)],
)
def test_signs_are_taken_in_their_order(side: str, value: Fraction) -> None:
    assert v.value(side) == value


def test_what_holds_is_told_from_what_does_not_and_from_what_has_no_value() -> None:
    assert v.holds("3+4 = 7")
    assert not v.holds("3+4 = 7.5")
    assert not v.holds("3/0 = 1")


def test_a_part_of_a_longer_formula_is_no_equation() -> None:
    for text in ("2^3 + 4 = 12", "3 + 4 = 7^2", "x + 3 = 7", "no equation at all"):
        assert v.with_wrong_digit(text, "a") is None


def test_one_digit_is_another_one_in_an_equation_that_held() -> None:
    text = "There were 9 of them. So 48/2=24, and then 24 \\times 5 = 120. It is not 3+3=7."
    made = {v.with_wrong_digit(text, str(n)) for n in range(60)}
    for one in made:
        assert one
        places = [n for n, (before, after) in enumerate(zip(text, one, strict=True)) if before != after]
        assert len(places) == 1
        assert 22 <= places[0] < text.index(". It is")
    assert len(made) > 6


def test_only_what_was_right_counts_and_texts_count_once() -> None:
    texts = {"a": "6*7=42", "b": "6*7=42 and 1+1=3"}
    row = v.changed(texts)
    assert row["solutions"] == 1  # the other one is called false for what stood there before
    assert row["called_false"] == 1
    assert v.counted(texts.values()) == {"documents": 2, "checked": 2, "false": 1}
