"""Marks around formulas and code while a page is worked on: private-use characters, which a page may not bring itself.

A formula is marked as soon as it is known to be one, so that nothing later takes it for prose, and so that it can be counted.
"""

from __future__ import annotations

import re

OPEN, CLOSE = "\ue0f0", "\ue0f1"
"""Around a formula with its delimiters."""
CODE, END = "\ue0f2", "\ue0f3"
"""Around a block of code, or a table whose lines must stay as they are."""
BREAK = "\ue0f4"
"""A line break that extractors would make a blank of."""
MARKED = re.compile(f"{OPEN}([^{OPEN}{CLOSE}]*){CLOSE}")
FORGED = re.compile(r"&#0*(?:x0*e0f[0-4]|5758[4-8])(?![0-9a-f]);?", re.I)
ALL = OPEN + CLOSE + CODE + END + BREAK


def unforged(html: str) -> str:
    """A page's source without characters of ours. References get a sign in their place, so that what is around them makes no other one."""
    if not html.isascii():
        for char in ALL:
            html = html.replace(char, "") if char in html else html
    return FORGED.sub("\ufffd", html) if "&#" in html else html


def unmarked(text: str) -> str:
    """The text without marks, with its own line breaks."""
    if text.isascii():
        return text
    if BREAK in text:
        text = text.replace(f"{BREAK} ", "\n").replace(BREAK, "\n")
    for char in (OPEN, CLOSE, CODE, END):
        if char in text:
            text = text.replace(char, "")
    return text


def formula(tex: str, display: bool, brackets: bool = False) -> str:
    r"""TeX with its delimiters and marks: `\(...\)` and `\[...\]` where it has a `$` of its own (`\text{if $x$}`) or a line break."""
    if brackets or "$" in tex or (BREAK in tex and not display):
        return f"{OPEN}\\[{tex}\\]{CLOSE}" if display else f"{OPEN}\\({tex}\\){CLOSE}"
    return f"{OPEN}$${tex}$${CLOSE}" if display else f"{OPEN}${tex}${CLOSE}"
