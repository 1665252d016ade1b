"""The report on questions and refinements: faithful ones are taken, and each planted one is refused."""

from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from benchmarks import qa_guards

SOLVED = (
    "Tom has $12$ apples and gives away at least 5. How many are left at most?",
    "7",
    "He keeps the rest. Take what he gives away from what he has: $12 - 5 = 7$. So \\boxed{7} are left.",
)


def test_a_faithful_refinement_is_taken_and_each_planted_one_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def solved(data: Path) -> Iterator[tuple[str, str, str]]:
        yield SOLVED

    monkeypatch.setattr(qa_guards, "solved", solved)
    found, by, missed = qa_guards.judged_refinements(Path("none"), 1, Random(0))
    assert {"faithful: refined", "the final answer changed", "no box", "two boxes that differ"} < {*found}
    assert not missed and all(row["cases"] == row["right"] for row in found.values())
    assert by["the final answer changed"] == {"answer": 1}


def test_no_garbage_gives_a_row() -> None:
    for kind, row in qa_guards.garbage(["A page of $3$ words. What is it?"]).items():
        assert row["right"] == row["cases"] == 1, kind
