"""Marks around formulas and code while a page is worked on: private-use characters, which a page may not bring itself.

A formula is marked as soon as it is known to be one, so that nothing later takes it for prose, and so that it can be counted.
"""

from __future__ import annotations

import re

OPEN, CLOSE = "\ue0f0", "\ue0f1"
"""Around a formula with its delimiters."""
CODE, END = "\ue0f2", "\ue0f3"
"""Around a block of code."""
MARKED = re.compile(f"{OPEN}([^{OPEN}{CLOSE}]*){CLOSE}")
FORGED = re.compile(r"[\ue0f0-\ue0f3]|&#0*(?:x0*e0f[0-3]|5758[4-7])(?![0-9a-f]);?", re.I)
_NONE = dict.fromkeys(map(ord, OPEN + CLOSE + CODE + END))


def unmarked(text: str) -> str:
    """The text without any marks."""
    return text.translate(_NONE)
