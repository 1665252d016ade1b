r"""Whether the equations between numbers that a text writes down are true, checked without evaluating any of it as code.

A final answer can be right by luck while the steps are wrong; this looks at the steps. Precision comes first: an equation that may mean
something else is skipped, not called wrong (`5x + 3 = 18`, `2 hours = 120`, `7 * 8 = 1 mod 11`, `suppose 2 + 2 = 5`, `3 + 4 = 8?`; more in
`_sides.py`). A wrong equation that the text takes back later ("Wait, 7*8 = 54, no, 56") is a wrong equation in the text, so false is right
there. Long chains try things out: for those, `arithmetic_standing` counts only the wrong equations that are not taken back soon after
(`_equations.py`).

What counts as equal: exact fractions. A decimal of two or more places may be the rounded or cut off value of the other side, for that is
how people write (`1/3 = 0.33`); with fewer places too much is lost to call it equal, and where rounded numbers explain a difference
(`33.33 * 3 = 100`, `25 / 4 = 6`) nothing is said. Behind `≈` the last digit may be off by one, and more than 10 % off is wrong.

Measured (`docs/verify.md`): of 15,967 real solutions 49 are called false, of which 4 are misread (0.03 %). With one digit of a right
equation changed, 91 % are found in GSM8K's calculator notes, 79 % in its prose, 57 % in MATH. Left out: equations with letters, roots,
factorials, congruences, mixed numbers and other bases.
"""

from __future__ import annotations

import polars as pl

from curate.step import score
from curation.verify._equations import equations

MAX_REASON = 100
"""Characters of the wrong equation that the reason quotes."""
SCHEMA = {
    "arithmetic": pl.Boolean,
    "arithmetic_checked": pl.UInt32,
    "arithmetic_wrong": pl.UInt32,
    "arithmetic_standing": pl.UInt32,
    "arithmetic_reason": pl.String,
}


@score
def arithmetic(docs: pl.DataFrame) -> pl.DataFrame:
    """Columns `arithmetic` (true: all equations that could be checked hold, false: one does not, null: none could be checked),
    `arithmetic_checked`, `arithmetic_wrong` and `arithmetic_standing` (how many; wrong ones that the text does not take back), and
    `arithmetic_reason` (the first wrong one as written, of those left standing if there are any)."""
    return pl.DataFrame([_verdict(text or "") for text in docs["text"]], schema=SCHEMA, orient="row")


def _verdict(text: str) -> tuple[bool | None, int, int, int, str]:
    found = list(equations(text))
    wrong = [one for one in found if not one.holds]
    standing = [one for one in wrong if not one.taken_back]
    if wrong:
        return False, len(found), len(wrong), len(standing), (standing or wrong)[0].written[:MAX_REASON]
    return (True if found else None), len(found), 0, 0, "all hold" if found else "no equation to check"
