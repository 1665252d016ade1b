"""`eval.grading`, as the report asks it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from eval.grading import Verdict, grade

if TYPE_CHECKING:
    from benchmarks._labelled import Case


def verdict(case: Case) -> Verdict:
    return grade(case.text, case.gold)
