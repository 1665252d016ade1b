"""`eval.grading`, as the report asks it: with the kind, options and tolerances of the set, in processes of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from eval.grading import Verdict, grade

if TYPE_CHECKING:
    from benchmarks._labelled import Case


def arguments(case: Case) -> dict[str, Any]:
    return {
        "text": case.text, "gold": case.gold, "kind": case.kind, "options": case.options, "tolerance": case.tolerance,
        "relative": case.relative,
    }  # fmt: skip


def verdict(case: Case) -> Verdict:
    return grade(**arguments(case))
