r"""Equations that LaTeXML sets as tables: the cells of a row are one formula, the rows of a group one aligned display.

The number of an equation follows its display. Text between the rows stands between displays.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from curation.extract._dom import attribute, put_text, select
from curation.extract._marks import BREAK, MARKED, formula
from curation.extract._tex import clean

if TYPE_CHECKING:
    from resiliparse.parse.html.node import DocumentNode, ElementNode

EQUATIONS = frozenset(("ltx_equation", "ltx_equationgroup", "ltx_eqn_table", "ltx_eqn_align"))
TABLE = ", ".join(f"table.{name}" for name in sorted(EQUATIONS))
BLANK = f" \n\t{BREAK}"
Row = tuple[list[str], str]
"""The formulas of a row, cell by cell, and its number."""


def equations(document: DocumentNode, body: ElementNode) -> bool:
    """Replace tables of LaTeXML's equations by displays, and by text where text stands between their rows; whether there were any."""
    found = False
    for table in select(body, TABLE):
        if table.parent is None or table.query_selector("table") is not None:
            continue
        pieces: list[str] = []
        run: list[Row] = []
        for line in select(table, "tr"):
            row = _row(line)
            if row is not None:
                run.append(row)
                continue
            pieces += [_display(run), " ".join((line.text or "").split())]
            run = []
        put_text(document, table, BREAK.join(filter(None, [*pieces, _display(run)])), block=True)
        found = True
    return found


def _row(row: ElementNode) -> Row | None:
    """The formulas of a row's cells and its number, None if it holds other text."""
    cells, number = [], ""
    for cell in select(row, "td, th"):
        classes, text = attribute(cell, "class"), cell.text or ""
        if "eqno" in classes:
            number = " ".join(text.split())
            continue
        if re.search(r"\w", MARKED.sub("", text)):
            return None
        if "pad" not in classes:
            cells.append(
                " ".join(clean(found[1])[0] for found in MARKED.finditer(text)) + MARKED.sub("", text).strip(BLANK)
            )
    return (cells if any(cells) else [], number)


def _display(rows: list[Row]) -> str:
    """One row as it is, several as an aligned block; then the equations' numbers."""
    numbers = " ".join(number for _, number in rows if number)
    filled = [cells for cells, _ in rows if cells]
    if not filled:
        return numbers
    if len(filled) == 1:
        tex = " ".join(filter(None, filled[0]))
    else:
        lines = f" \\\\{BREAK}".join(" & ".join(cells) for cells in filled)
        tex = f"\\begin{{aligned}}{BREAK}{lines}{BREAK}\\end{{aligned}}"
    return f"{formula(tex, display=True)} {numbers}".rstrip()
