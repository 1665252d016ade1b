"""Pages as plain documents, and rows as JSON lines whose compressed bytes are the same on every machine."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from curate.errors import CurateError
from curation.embedded._page import Block, Page

SUFFIX = ".jsonl.gz"
ROWS = 512
"""Rows of one gzip member."""
MOST = 10_000_000
"""No seeded corpus has more documents."""


def text_of(page: Page) -> str:
    """Title and blocks as text, formulas in dollar signs."""
    return "\n\n".join([page.title, *_blocks(page.blocks)])


def _blocks(blocks: list[Block]) -> Iterator[str]:
    for block in blocks:
        kind, *parts = block
        if kind in ("list", "numbered"):
            yield "\n".join(
                [f"{i}. {item}" if kind == "numbered" else f"- {item}" for i, item in enumerate(parts[0], 1)]
            )
        elif kind == "table":
            yield "\n".join([" | ".join(row) for row in parts[0]])
        elif kind == "post":
            yield f"{parts[0]} wrote:"
            yield from _blocks(parts[3])
        else:
            yield " ".join(parts)


def counted(documents: int) -> int:
    """The number, if it is one of documents that a seeded corpus can have. CurateError otherwise."""
    if not 0 <= documents <= MOST:
        raise CurateError(f"documents: from 0 to {MOST:,}, not {documents}")
    return documents


def write_rows(path: Path, rows: Iterable[Mapping[str, Any]]) -> int:
    """Write rows as JSON lines in gzip members; returns how many."""
    from curation.gzip import member

    count = 0
    held: list[str] = []
    with path.open("wb") as file:
        for row in rows:
            held.append(json.dumps(row, ensure_ascii=False))
            count += 1
            if len(held) == ROWS:
                file.write(member(("\n".join(held) + "\n").encode()))
                held = []
        if held or not count:
            file.write(member(("\n".join(held) + "\n").encode() if held else b""))
    return count
