"""How `curate assess` prints what it found."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

from curate.assess_text import fold_table, group_table, sentences, sweep_table, wrong_table
from curate.cli.common import table
from curate.words import printable

WIDEST = 60
"""Characters of a cell."""
MOST = 12
"""Groups, and wrong documents, that are printed; `--json` and `--out` have all."""


def show(found: dict[str, Any]) -> None:
    """The sentences and tables of an assessment."""
    for sentence in sentences(found):
        click.echo(printable(sentence))
    if "by_fold" in found:
        _print("folds", *fold_table(found))
    headers, rows = group_table(found)
    rest = f" ({MOST} of {len(rows)})" if len(rows) > MOST else ""
    _print(f"groups, those with most wrong documents first{rest}", headers, rows[:MOST])
    if found["wrong"]:
        headers, rows = wrong_table(found)
        _print("some wrong documents", headers, rows[:MOST])
    _print("thresholds", *sweep_table(found))


def _print(title: str, headers: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    click.secho(f"\n{title}", bold=True)
    cells = [[_cell(cell) for cell in row] for row in rows]
    text = {"left out", "group", "corpus", "document", "wrongly", "95 % interval"}
    table(headers, cells, [n for n, header in enumerate(headers) if header not in text])


def _cell(text: str) -> str:
    line = printable(" ".join(text.split()))
    return line if len(line) <= WIDEST else f"{line[: WIDEST - 1]}\N{HORIZONTAL ELLIPSIS}"
