"""What every picture of ours needs: a figure, labels that are no formulas, plain axes, and bytes that do not depend on the day.

matplotlib comes with the extra `plots` and is imported here alone, when something is drawn.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from curate.errors import CurateError
from curate.run_folder import one_line

GREY = "#888888"
LINES = "#e6e6e6"


def refuse_kind(path: Path) -> None:
    """CurateError for a file that is no picture by its name."""
    if path.suffix not in (".png", ".svg", ".pdf"):
        raise CurateError("a picture is a .png, .svg or .pdf", where=str(path))


def canvas(height: float, title: str, width: float = 16) -> Any:
    """A figure of so many inches. CurateError where matplotlib is missing."""
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise CurateError("a picture needs matplotlib: pip install 'octocurate[plots]'") from None
    figure = Figure(figsize=(width, height), dpi=100, layout="constrained")
    figure.suptitle(title, fontsize=14, x=0.01, ha="left", weight="bold")
    return figure


def save(figure: Any, path: Path) -> None:
    """Write a figure. CurateError where the file cannot be written."""
    from matplotlib import rc_context

    dated = {".svg": "Date", ".png": "Software", ".pdf": "CreationDate"}[path.suffix]
    try:
        with rc_context({"svg.hashsalt": "curate"}):
            figure.savefig(path, metadata={dated: None})
    except OSError as error:
        raise CurateError(f"cannot be written: {error.strerror}", where=str(path)) from None


def shown(name: str) -> str:
    """A name as matplotlib shows it: between two dollars it would read a formula."""
    return one_line(name).replace("$", r"\$")


def plain(axis: Any) -> None:
    """A light grid, no frame above and at the right."""
    axis.grid(color=LINES)
    axis.set_axisbelow(True)
    axis.spines[["top", "right"]].set_visible(False)
