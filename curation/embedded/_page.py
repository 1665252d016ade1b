"""What a page says: title and blocks, before any site's markup.

Formulas stand between dollar signs, displayed ones between double dollar signs. A block is a tuple of its kind and its content:

    ("p", text)  ("h", text)  ("list", [text])  ("numbered", [text])  ("code", text)  ("table", [[cell]])  ("label", label, text)
    ("post", user, date, votes, [block])
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

Block = tuple[Any, ...]


class Question(NamedTuple):
    """A problem that stands on a page, and its right answer, whatever the page says."""

    text: str
    answer: str
    family: str
    level: int


@dataclass
class Page:
    """What a page says, and what is true about it."""

    kind: str
    topic: str
    title: str
    blocks: list[Block]
    language: str = "en"
    quality: int = 3
    """0 (worthless) to 5 (a good textbook), for a reader who wants to learn."""
    math: bool = False
    questions: list[Question] = field(default_factory=list)
    comments: bool = True
    """May be followed by readers' comments."""
