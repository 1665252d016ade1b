"""The grader of answers that steps share: starting one takes seconds, so each process of a build keeps one."""

from __future__ import annotations

from functools import lru_cache

from eval.grading import Grader


@lru_cache(maxsize=1)
def grader() -> Grader:
    """One process to judge in for each process of a build, which has as many as there are cores."""
    return Grader(workers=1)
