"""What a page says: title and blocks, before any site's markup.

Formulas stand between dollar signs, displayed ones between double dollar signs. A block is a tuple of its kind and its content:

    ("p", text)  ("h", text)  ("list", [text])  ("numbered", [text])  ("code", text)  ("table", [[cell]])  ("label", label, text)
    ("post", user, date, votes, [block])
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from curation.synth.families._rng import Rng

Block = tuple[Any, ...]


class Question(NamedTuple):
    """A problem that stands on a page, and its right answer, whatever the page says."""

    text: str
    answer: str
    family: str
    level: int


class Leak(NamedTuple):
    """An item of the benchmark that stands on a page: verbatim, reformatted, swapped (other numbers) or short."""

    item: str
    kind: str


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
    leaks: list[Leak] = field(default_factory=list)
    comments: bool = True
    """May be followed by readers' comments."""


LENGTHS = {
    "maths": (30, 90, 170, 300, 620, 1300, 2600, 6000),
    "prose": (40, 130, 240, 460, 880, 1600, 2800, 7000),
    "short": (20, 60, 90, 150, 260, 450, 800, 1500),
}
"""Words of main text at the quantiles of `_QUANTILES`, after those of real pages (docs/embedded.md)."""
_QUANTILES = (0.0, 0.1, 0.25, 0.5, 0.75, 0.9, 0.97, 1.0)


def wanted_words(rng: Rng, sort: str) -> int:
    """How long a page should become, drawn from the distribution of its sort by straight lines between quantiles."""
    u, points = rng.random(), LENGTHS[sort]
    place = sum(u >= q for q in _QUANTILES) - 1
    low, high = _QUANTILES[place], _QUANTILES[place + 1]
    return int(points[place] + (u - low) / (high - low) * (points[place + 1] - points[place]))


def count_words(blocks: Sequence[Block]) -> int:
    """About how many words some blocks hold."""
    return sum(part.count(" ") + 1 for block in blocks for part in texts(block))


def texts(block: Block) -> list[str]:
    """Every text in a block, in order."""
    found: list[str] = []
    for part in block[1:]:
        if isinstance(part, str):
            found.append(part)
        elif isinstance(part, list):
            for inner in part:
                found += texts(("", inner)) if isinstance(inner, str | list) else texts(inner)
    return found
