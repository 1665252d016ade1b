"""Committed cards: `datacards/recipes/NAME.md`, one beside each lock, and whether they say what would be written now.

A check needs the store that a build filled, as `make fresh` does, since a card counts documents as well as repeating the lock; planning and
counting take seconds for each recipe, and nothing is built.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from curate.artifact import replace_file
from curate.errors import CurateError

if TYPE_CHECKING:
    from curate.api import Curated

FOLDER = "datacards/recipes"
"""Where a project keeps the cards of its recipes, frozen versions too."""


def card_path(recipe: Curated, version: str = "") -> Path:
    """Where the card of a recipe lies in its project."""
    return recipe.project / FOLDER / f"{recipe.title}{f'-{version}' if version else ''}.md"


def write(path: Path, text: str) -> bool:
    """Write a file if it says something new; whether it did. CurateError for a place that cannot be written."""
    try:
        if path.is_file() and path.read_bytes() == text.encode():
            return False
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_file(path, text.encode())
    except OSError as error:
        raise CurateError(f"cannot be written: {error.strerror}", where=path.name) from None
    return True


def difference(path: Path, text: str) -> str:
    """The first difference between a file and what it is to say, in a line; empty if there is none."""
    try:
        committed = path.read_text("utf-8")
    except FileNotFoundError:
        return "is not there"
    except (OSError, UnicodeDecodeError):
        return "cannot be read as text"
    return first_difference(committed, text)


def first_difference(committed: str, text: str) -> str:
    """The first difference between two texts, in a line; empty if they are equal."""
    if committed == text:
        return ""
    was, now = committed.splitlines(), text.splitlines()
    for place, (old, new) in enumerate(zip(was, now, strict=False), 1):
        if old != new:
            return f"line {place} says {_part(old, new)}, and would say {_part(new, old)}"
    return (
        f"has {len(was)} lines, and would have {len(now)}" if len(was) != len(now) else "differs in how its lines end"
    )


LONGEST = 80
"""Characters of a line that a difference shows."""


def _part(line: str, other: str) -> str:
    """What of a line differs from another, with some of what stands before it."""
    same = next((i for i, (a, b) in enumerate(zip(line, other, strict=False)) if a != b), min(len(line), len(other)))
    start = max(same - LONGEST // 2, 0)
    shown = line[start : start + LONGEST]
    return repr(("..." if start else "") + shown + ("..." if start + LONGEST < len(line) else ""))
