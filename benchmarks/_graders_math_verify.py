"""math-verify as it comes: `parse` and `verify` with their defaults, for choices its reader of letters (or of the options, where they
have none). Its own time limits are switched off, because the report has one.

Its default also reads plain arithmetic with SymPy's `parse_expr`, which ends in Python's `eval`; what its pattern lets through is digits,
operators and brackets. Octocurate leaves that reader out; here it stays, because this is what others run.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from benchmarks._labelled import Case


def quiet() -> None:
    """It warns that its time limits are off."""
    for name in ("math_verify", "math_verify.parser", "math_verify.grader"):
        logging.getLogger(name).setLevel(logging.CRITICAL)


def grade(case: Case) -> bool | None:
    """Right or wrong; None where gold or answer cannot be parsed."""
    from math_verify import StringExtractionConfig, parse, verify

    quiet()
    if case.kind == "choice":
        words = StringExtractionConfig(strings=case.options if case.style == "words" else tuple("ABCDE"))
        found = parse(case.text, extraction_config=[words], parsing_timeout=None)
        return case.gold.lower() in (str(item).lower() for item in found)
    bare = "$" not in case.gold and case.group != "math_verify_tests"
    gold = parse(f"${case.gold}$" if bare else case.gold, parsing_timeout=None)
    answer = parse(case.text, parsing_timeout=None)
    if not gold:
        return None
    return bool(answer) and bool(verify(gold, answer, timeout_seconds=None))
