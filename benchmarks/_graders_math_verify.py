"""math-verify as it comes: `parse` and `verify` with their defaults, its own time limits switched off (the report has one).

Its default also reads plain arithmetic with SymPy's `parse_expr`, which ends in Python's `eval`; what its pattern lets through is digits,
operators and brackets. Octocurate leaves that reader out; here it stays, because this is what others run.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from benchmarks._labelled import Case


def grade(case: Case) -> bool | None:
    """Right or wrong; None where gold or answer cannot be parsed."""
    from math_verify import parse, verify

    logging.getLogger("math_verify").setLevel(logging.CRITICAL)
    bare = "$" not in case.gold and case.group != "math_verify_tests"
    gold = parse(f"${case.gold}$" if bare else case.gold, parsing_timeout=None)
    answer = parse(case.text, parsing_timeout=None)
    if not gold:
        return None
    return bool(answer) and bool(verify(gold, answer, timeout_seconds=None))
