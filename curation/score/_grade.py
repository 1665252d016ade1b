"""Asking a model for a grade so that the page cannot answer, and reading its reply so that only the last line can.

The page stands between two lines with a marker that does not occur in it, so nothing on it can end it. Of the reply, which is hostile input
too (a model may repeat what a page told it), the last line alone is read, and only if no other line has its form.
"""

from __future__ import annotations

import hashlib
import re
from typing import NamedTuple

LONGEST_REASON = 500
"""Characters of a justification that are kept."""
LONGEST_REPLY = 20_000
"""Characters; nothing that is longer says what it was asked for."""
_BOLD = re.compile(r"\*\*|__")
_FINAL = re.compile(r"final score:[ \t]*([0-5])(?:[ \t]*/[ \t]*5)?\.?", re.IGNORECASE | re.ASCII)
_CLAIM = re.compile(r"[\W_]*final[\W_]+score", re.IGNORECASE | re.ASCII)
_THINK = re.compile(r"\s*<think>.*?</think>", re.DOTALL)
_SLOT = re.compile(r"\{\{(rubric|marker|page)\}\}")
_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]+")
"""Control characters, line breaks, and marks that turn the direction of text or cannot be seen."""


class Grade(NamedTuple):
    """A grade from 0 to 5, and the model's reasons on one line."""

    grade: int
    reason: str


def prompt(template: str, rubric: str, page: str) -> str:
    """The template with its slots filled; what looks like a slot in the rubric or the page stays as it is."""
    filled = {"rubric": rubric, "marker": marker(page), "page": page}
    return _SLOT.sub(lambda slot: filled[slot[1]], template)


def marker(page: str) -> str:
    """A line that does not stand in the page, the same one each time."""
    salt = 0
    while True:
        digest = hashlib.sha256(f"{salt}/{page}".encode()).hexdigest()[:16]
        if digest not in page:
            return f"=====[ {digest} ]====="
        salt += 1


def read_grade(reply: str) -> Grade | None:
    """The grade in a reply whose last line is `Final score: 3`, or bold, or `3/5`; None for every other reply."""
    if len(reply) > LONGEST_REPLY:
        return None
    thought = _THINK.match(reply)
    said = reply[thought.end() :] if thought else reply
    lines = [line.strip(" \t\r") for line in said.strip().split("\n")]
    found = _FINAL.fullmatch(_BOLD.sub("", lines[-1]).strip(" \t"))
    if found is None or "<think>" in said or "</think>" in said or any(_CLAIM.match(line) for line in lines[:-1]):
        return None
    return Grade(int(found[1]), plain(" ".join(lines[:-1])))


def plain(text: str) -> str:
    """On one line, without control characters, at most `LONGEST_REASON` characters."""
    return " ".join(_UNSEEN.sub(" ", text).split())[:LONGEST_REASON].rstrip()


def lower_median(grades: list[Grade]) -> Grade | None:
    """The grade in the middle, of two the lower one, with the reasons of the first reply that gave it."""
    if not grades:
        return None
    middle = sorted(grade for grade, _ in grades)[(len(grades) - 1) // 2]
    return next(found for found in grades if found.grade == middle)
