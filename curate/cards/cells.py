"""Cells of the tables of a card: names of others in code spans, counts with thousands, and a word for what is not known."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from curate.words import code

Row = dict[str, Any]
UNKNOWN = "unknown"
NONE = "none"
MOST = 50
"""Names or rows that documents themselves chose: a card shows no more of them, and how many there are."""


def cell(text: str | None) -> str:
    """A name in a table."""
    return code(text).replace("|", "\\|") if text else UNKNOWN


def figure(value: int | None) -> str:
    """A count in a table."""
    return UNKNOWN if value is None else f"{value:,}"


def listed(names: Iterable[str], nothing: str = NONE) -> str:
    """Names in a table, `MOST` of them."""
    every = list(names)
    more = [f"{len(every) - MOST:,} more"] if len(every) > MOST else []
    return ", ".join([*(cell(name) for name in every[:MOST]), *more]) or nothing


def percent(part: int | None, whole: int | None) -> str:
    """A share; unknown where it is one of nothing."""
    return UNKNOWN if part is None or not whole else f"{part / whole:.2%}"
