"""A comparison as files: one HTML page, one of Markdown."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from curate.artifact import replace_file
from curate.errors import CurateError

if TYPE_CHECKING:
    from curate.api import Curated


def write(
    recipes: Sequence[Curated],
    found: dict[str, Any],
    *,
    html: Path | str | None = None,
    markdown: Path | str | None = None,
) -> None:
    """Write what `curate.outcomes.compare` found. CurateError if a file cannot be written."""
    if html is not None:
        from curate.outcomes import page

        _save(Path(html), page.html(found, page.curves_of(recipes)))
    if markdown is not None:
        from curate.outcomes import markdown as form

        _save(Path(markdown), form.text(found).encode("utf-8", "replace"))


def _save(path: Path, data: bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_file(path, data)
    except OSError as error:
        raise CurateError(f"cannot be written: {error.strerror}", where=str(path)) from None
