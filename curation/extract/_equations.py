r"""Equations that LaTeXML sets as tables: the cells of a row are one formula, the rows of a group one aligned display.

The number of an equation follows its display. A table in which anything else stands is left to the other rules.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from curation.extract._containers import mathml
from curation.extract._dom import attribute, put_text, select
from curation.extract._marks import BREAK, formula
from curation.extract._tex import clean

if TYPE_CHECKING:
    from resiliparse.parse.html.node import DocumentNode, ElementNode

TABLE = "table.ltx_equation, table.ltx_equationgroup, table.ltx_eqn_table, table.ltx_eqn_align"


def equations(document: DocumentNode, body: ElementNode) -> None:
    """Replace tables of LaTeXML's equations by displays."""
    for table in select(body, TABLE):
        if table.parent is None or table.query_selector("table") is not None:
            continue
        rows = [_row(row) for row in select(table, "tr")]
        if rows and all(rows):
            put_text(document, table, _display([row for row in rows if row is not None]), block=True)


def _row(row: ElementNode) -> tuple[list[str], str] | None:
    """The formulas of a row and its number, None if it holds other text."""
    cells, number, rest = [], "", row.text or ""
    for cell in select(row, "td, th"):
        if "eqno" in attribute(cell, "class"):
            number = " ".join((cell.text or "").split())
            rest = rest.replace(cell.text or "", "", 1)
            continue
        maths = select(cell, "math")
        rest = rest.replace(cell.text or "", "", 1) if maths else rest
        outside = cell.text or ""
        for math in maths:
            outside = outside.replace(math.text or "", "", 1)
        if re.search(r"\w", outside):
            return None
        tex = " ".join(filter(None, (clean(mathml(math) or "")[0] for math in maths)))
        if tex:
            cells.append(tex + outside.strip())
    return (cells, number) if not rest.strip() else None


def _display(rows: list[tuple[list[str], str]]) -> str:
    """One row as it is, several as an aligned block; then the equations' numbers."""
    numbers = " ".join(number for _, number in rows if number)
    filled = [cells for cells, _ in rows if cells]
    if not filled:
        return numbers
    if len(filled) == 1:
        tex = " ".join(filled[0])
    else:
        lines = f" \\\\{BREAK}".join(" & ".join(cells) for cells in filled)
        tex = f"\\begin{{aligned}}{BREAK}{lines}{BREAK}\\end{{aligned}}"
    return f"{formula(tex, display=True)} {numbers}".rstrip()
