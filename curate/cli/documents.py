"""How `curate sample` prints a document: its columns on one line, then its text, or what a rewrite made of it."""

from __future__ import annotations

import difflib
from typing import Any

import click

from curate.words import printable

MOST_LINES = 4_000
"""Lines of a text that are compared: difflib takes 2 s for the worst that many, and a hundred times as long for five times as many."""


def show_document(row: dict[str, Any], chars: int, as_diff: bool) -> None:
    """One document. chars: of each text; 0 for all."""
    texts = {name: str(row.pop(name) or "") for name in ("text", "before", "after") if name in row}
    facts = {k: v for k, v in row.items() if v is not None and k not in ("corpus", "extra")}
    line = "  ".join(f"{k}={v:.4g}" if isinstance(v, float) else f"{k}={v}" for k, v in facts.items())
    click.secho(printable(line)[:800], bold=True)
    if as_diff:
        changed = difference(texts["before"], texts["after"])
        return click.echo(printable(_cut(changed, chars)) + "\n")
    for name, text in texts.items():
        if name != "text":
            click.secho(f"--- {name}, {len(text):,} characters", dim=True)
        click.echo(printable(_cut(text, chars)) + "\n")


def difference(before: str, after: str) -> str:
    """A unified diff by lines."""
    old, new = (text.splitlines()[:MOST_LINES] for text in (before, after))
    return "\n".join(difflib.unified_diff(old, new, "before", "after", n=1, lineterm="")) or "no line differs"


def _cut(text: str, chars: int) -> str:
    return text if chars == 0 or len(text) <= chars else f"{text[:chars]} [... {len(text) - chars:,} more characters]"
