"""One digit of one equation is changed so that it no longer holds, wherever it stands, and nothing else is."""

import gzip
import json
from fractions import Fraction
from pathlib import Path

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


@pytest.mark.parametrize(
    "text",
    [
        "2^3 + 4 = 12", "3 + 4 = 7^2", "x + 3 = 7", "x + 3 + 4 = 7", r"2 \cdot x - 3 + 4 = 7", "7^{2} + 3 + 4 = 7", "- 3 + 4 = 7",
        "3 + 4 = 7 / 1", r"3 + 4 = 7 \cdot 1", "3 + 4 = 7 ^2", "3 + 4 = 7!", "3 + 4 = 8", "3 / 0 = 1", "no equation at all",
    ],
)  # fmt: skip
def test_a_part_of_a_longer_formula_is_no_equation(text: str) -> None:
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


def test_solutions_count_once_and_without_those_that_are_labelled_wrong(tmp_path: Path) -> None:
    found = [
        {"solution": "a"},
        {"solution": ["b", "c"]},
        {"solution": "a"},
        {"response": "d", "correct": False},
        {"solution": None},
    ]
    with gzip.open(tmp_path / "set.jsonl.gz", "wt") as file:
        file.writelines(json.dumps({"id": n, **row}) + "\n" for n, row in enumerate(found))
    assert v.solutions(tmp_path, ["set"]) == {"set/0": "a", "set/1": "b\nc"}


def test_only_what_was_right_counts() -> None:
    texts = {"a": "6*7=42", "b": "6*7=42 and 1+1=3"}
    row = v.changed(texts)
    assert row["solutions"] == 1  # the other one is called false for what stood there before
    assert row["called_false"] == 1
    assert v.changed({"a": "no equation"})["solutions"] == 0
    assert v.counted(texts.values()) == {"documents": 2, "checked": 2, "false": 1}
