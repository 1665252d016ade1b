"""The benchmark of the text profile counts what a normalisation makes equal, and says where data is absent."""

from pathlib import Path

import pytest

from benchmarks import text_profile
from benchmarks.text_profile import alphanumeric, letters, merged, ours

SOME = [
    "Ann has 3 red apples and eats 2 of them",
    "Ann has 9 red apples and eats 4 of them",
    "3 + 4 of them",
    "3 - 4 of them",
]


def test_problems_that_differ_in_numbers_or_operators_are_equal_for_some_and_not_for_us() -> None:
    assert merged(SOME, ours) == {"problems": 4, "equal": 0, "same_shingles": 0, "near": 0, "problems_near": 0}
    assert merged(SOME, letters) == {"problems": 4, "equal": 2, "same_shingles": 2, "near": 2, "problems_near": 4}
    assert merged(SOME, alphanumeric)["equal"] == 1


def test_without_data_it_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert text_profile.main(["--data", str(tmp_path)]) == 2
    assert "there is no real data at" in capsys.readouterr().err
