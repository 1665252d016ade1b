r"""Tables as Markdown. Tables that only lay out a page are no tables: their cells become blocks.

The first row is the header, as Markdown needs one. Ragged rows are filled up; a cell over several columns or rows stands in the first
of them and leaves the others empty, so that nothing is said twice. `|` is escaped outside formulas; in a formula nothing is touched,
for `\|` is another symbol there. Inner tables come first: one that holds data makes its outer one layout.

Layout is what has one column, one row, or blocks in its cells: lists, headings, code, other tables, long text. Tables of more than
`MAX_CELLS` cells keep the text they have. Each table stands for itself: whatever is wrong with one, others do not feel it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from curation.extract._dom import put_text, select, unwrap
from curation.extract._marks import BREAK, CLOSE, CODE, OPEN

if TYPE_CHECKING:
    from resiliparse.parse.html.node import DocumentNode, ElementNode

MAX_CELLS, MAX_COLUMNS, MAX_ROWSPAN, LONG = 20_000, 200, 1_000, 1_000
BLOCKS = "table, h1, h2, h3, h4, h5, h6, ul, ol, dl, pre, blockquote, form, div.table"
BREAKING = "br, p, div, li"
PARTS = re.compile(f"({OPEN}[^{OPEN}{CLOSE}]*{CLOSE})")
COMMENT = re.compile(f"%[^{BREAK}]*{BREAK}")
TABLE = "\ue0f5"
"""Stands where a table has been, while its outer tables are looked at."""


def tables(document: DocumentNode, body: ElementNode) -> None:
    """Replace each table by Markdown or blocks, inner ones first."""
    for table in reversed(select(body, "table")):
        if table.parent is None:
            continue
        rows = [select(row, "td, th") for row in select(table, "tr")]
        rows = [cells for cells in rows if cells]
        if sum(map(len, rows)) > MAX_CELLS:
            continue
        if table.query_selector(BLOCKS) is not None:
            _spread(document, rows)
            continue
        for node in select(table, BREAKING):
            node.after(document.create_text_node(" "))
        texts = [[_cell(cell) for cell in cells] for cells in rows]
        if any(len(text) > LONG for cells in texts for text in cells):
            _spread(document, rows)
        elif len(texts) < 2 or max(map(len, texts)) < 2:
            _lines(document, table, texts)
        else:
            _markdown(document, table, rows, texts)


def _spread(document: DocumentNode, rows: list[list[ElementNode]]) -> None:
    """Make blocks of the cells."""
    for cells in rows:
        for cell in cells:
            unwrap(document, cell, "div")


def _lines(document: DocumentNode, table: ElementNode, texts: list[list[str]]) -> None:
    """A table of one row or column as lines of text."""
    caption = table.query_selector("caption")
    lines = [_cell(caption) if caption is not None else "", *(" ".join(filter(None, cells)) for cells in texts)]
    text = BREAK.join(filter(None, lines)).replace("\\|", "|")
    if text:
        put_text(document, table, text, block=True)


def _markdown(document: DocumentNode, table: ElementNode, rows: list[list[ElementNode]], texts: list[list[str]]) -> None:
    grid = _grid(rows, texts)
    filled = [row for row in grid if any(row)]
    if not filled:
        return
    width = max(len(row) for row in filled)
    if width * len(filled) > 4 * sum(map(len, texts)) + 1_000:
        width = 0
    lines = [f"| {' | '.join(row + [''] * (width - len(row)))} |" for row in filled]
    lines.insert(1, "|" + " --- |" * max(width, len(filled[0])))
    caption = table.query_selector("caption")
    if caption is not None and (text := _cell(caption)):
        lines.insert(0, text + BREAK)
    put_text(document, table, TABLE + BREAK + BREAK.join(lines) + BREAK, block=True)


def _grid(rows: list[list[ElementNode]], texts: list[list[str]]) -> list[list[str]]:
    """Texts by row and column, spans laid out. Spans from above are kept as column -> rows to go."""
    grid: list[list[str]] = []
    below: dict[int, int] = {}
    budget = MAX_CELLS
    for cells, words in zip(rows, texts, strict=True):
        line: list[str] = []
        for cell, text in zip(cells, words, strict=True):
            while below.get(len(line), 0):
                line.append("")
            attributes = cell.attrs
            wide = _span(cell, "colspan", MAX_COLUMNS) if "colspan" in attributes else 1
            high = _span(cell, "rowspan", MAX_ROWSPAN) if "rowspan" in attributes else 1
            wide = max(1, min(wide, budget))
            budget -= wide
            at = len(line)
            line += [text] + [""] * (wide - 1)
            if high > 1:
                below.update((column, high) for column in range(at, at + wide))
        below = {column: left - 1 for column, left in below.items() if left > 1}
        grid.append(line)
    return grid


def _span(cell: ElementNode, name: str, most: int) -> int:
    value = (cell.getattr(name) or "").strip()
    return min(int(value), most) if value.isdecimal() and len(value) < 6 and int(value) else 1


def _cell(cell: ElementNode) -> str:
    """A cell's text on one line, `|` escaped outside formulas."""
    text = " ".join((cell.text or "").split())
    if BREAK in text:
        text = COMMENT.sub("", text).replace(BREAK, " ")
    if "|" not in text:
        return text
    parts = PARTS.split(text)
    return "".join(part if part.startswith(OPEN) else part.replace("\\|", "|").replace("|", "\\|") for part in parts)
