r"""Tables as Markdown. Tables that only lay out a page are no tables: their cells become lines.

The first row is the header, as Markdown needs one. Ragged rows are filled up; a cell over several columns or rows stands in the first
of them and leaves the others empty, so that nothing is said twice. `|` is escaped outside formulas; in a formula nothing is touched,
for `\|` is another symbol there. Inner tables come first: one that holds data makes its outer one layout.

Layout is what has one column, one row, or blocks in its cells: lists, headings, code, other tables, long text. Cells are read from the
table's HTML in one piece, which takes a tenth of the time of asking the DOM for each. Tables of more than `MAX_CELLS` cells keep the
text they have; one that would grow to `SPARSE` times its cells is not filled up. Each table stands for itself: whatever is wrong with
one, others do not feel it.
"""

from __future__ import annotations

import re
from html import unescape
from typing import TYPE_CHECKING

import numpy as np

from curation.extract._dom import affordable, put_text, select
from curation.extract._marks import BREAK, CLOSE, OPEN

if TYPE_CHECKING:
    import numpy.typing as npt
    from resiliparse.parse.html.node import DocumentNode, ElementNode

MAX_CELLS, MAX_COLUMNS, MAX_ROWSPAN, LONG, SPARSE = 20_000, 200, 1_000, 1_000, 4
BLOCK = re.compile(r"<(?:table|h[1-6]|ul|ol|dl|pre|blockquote|form|script|style)[\s>]|" + BREAK + r"\|")
CELLS = re.compile(r"<(tr|td|th|caption)((?:\s[^<>\"]*(?:\"[^\"]*\"[^<>\"]*)*)?)>")
WITHIN = "a abbr acronym b bdi bdo big cite code del dfn em font i ins kbd mark nobr q s samp small span strong sub sup tt u var wbr"
ATTRIBUTES = r"[^<>\"]*+(?:\"[^\"]*\"[^<>\"]*+)*+"
INLINE = re.compile(rf"</?(?:{WITHIN.replace(' ', '|')})(?:\s{ATTRIBUTES})?>")
TAG = re.compile(rf"<(?:!--.*?--|{ATTRIBUTES})>", re.S)
SPAN = re.compile(r"(col|row)span=\"\s*(\d{1,5})")
PARTS = re.compile(f"({OPEN}[^{OPEN}{CLOSE}]*{CLOSE})")
COMMENT = re.compile(f"%[^{BREAK}]*{BREAK}")
Cell = tuple[str, int, int]
"""Text, columns, rows."""


def tables(document: DocumentNode, body: ElementNode, size: int) -> None:
    """Replace each table by Markdown or lines, inner ones first; `size`: characters of the page."""
    for table in affordable(select(body, "table")[::-1], size):
        html = table.html
        if (html.count("<tr") < 2 and OPEN not in html) or BLOCK.search(html, 6):
            continue
        caption, rows = _read(html)
        count = sum(map(len, rows))
        if count > MAX_CELLS or any(len(cell[0]) > LONG for row in rows for cell in row):
            continue
        if len(rows) < 2 or max(map(len, rows)) < 2:
            lines = [caption, *(" ".join(filter(None, (text for text, _, _ in row))) for row in rows)]
            put_text(document, table, BREAK.join(filter(None, lines)).replace("\\|", "|"), block=True)
        else:
            put_text(document, table, _markdown(caption, rows, count), block=True)


def _read(html: str) -> tuple[str, list[list[Cell]]]:
    """Caption and rows of cells of a table without inner tables."""
    rows: list[list[Cell]] = []
    caption = ""
    pieces = CELLS.split(INLINE.sub("", html))
    for tag, attributes, content in zip(pieces[1::3], pieces[2::3], pieces[3::3], strict=True):
        if tag == "tr":
            rows.append([])
        elif tag == "caption":
            caption = _text(content)
        else:
            wide, high = _spans(attributes) if "span" in attributes else (1, 1)
            (rows or [[]])[-1].append((_text(content), wide, high))
    return caption, [row for row in rows if row]


def _spans(attributes: str) -> tuple[int, int]:
    """Columns and rows that a cell covers."""
    spans = dict(SPAN.findall(attributes))
    wide, high = (max(1, int(spans.get(name, 1))) for name in ("col", "row"))
    return min(wide, MAX_COLUMNS), min(high, MAX_ROWSPAN)


def _text(html: str) -> str:
    """A cell's text on one line, `|` escaped outside formulas."""
    text = TAG.sub(" ", html) if "<" in html else html
    text = " ".join((unescape(text) if "&" in text else text).split())
    if BREAK in text:
        text = COMMENT.sub("", text).replace(BREAK, " ")
    if "|" not in text:
        return text
    parts = PARTS.split(text)
    return "".join(part if part.startswith(OPEN) else part.replace("|", "\\|") for part in parts)


def _markdown(caption: str, rows: list[list[Cell]], count: int) -> str:
    """Rows of equal width, unless filling them up would make the table several times as large."""
    filled = _grid(rows, SPARSE * count + 200)
    if not filled:
        return caption
    width = max(map(len, filled))
    if width * len(filled) > SPARSE * count + 200:
        width = 0
    lines = [f"| {' | '.join(row + [''] * (width - len(row)))} |" for row in filled]
    lines.insert(1, "|" + " --- |" * max(width, len(filled[0])))
    return BREAK + BREAK.join([caption + BREAK, *lines] if caption else lines) + BREAK


def _grid(rows: list[list[Cell]], budget: int) -> list[list[str]]:
    """Texts by row and column of the rows that have any, spans laid out; `ends`: by column, the row where no cell from above covers it.

    Once rows have twice the budget's columns, cells of the next ones stand side by side: what lies above them is too wide for its cells.
    """
    grid: list[list[str]] = []
    ends, room = np.zeros(0, np.int64), 2 * budget
    for number, row in enumerate(rows):
        if not ends.size and all(wide == 1 == high for _, wide, high in row):
            columns, width = list(range(len(row))), len(row)
            budget -= width
        else:
            columns, width, budget, ends = _row(row, number, budget, ends)
        if any(text for text, _, _ in row):
            room -= width
            grid.append(_line(row, columns, width) if room >= 0 else [text for text, _, _ in row])
    return grid


def _line(row: list[Cell], columns: list[int], width: int) -> list[str]:
    line = [""] * width
    for column, (text, _, _) in zip(columns, row, strict=True):
        line[column] = text
    return line


def _row(
    row: list[Cell], number: int, budget: int, ends: npt.NDArray[np.int64]
) -> tuple[list[int], int, int, npt.NDArray[np.int64]]:
    """Column of each cell, the row's width, what is left of the budget, and what the rows above and this one cover.

    What is covered is looked at once for the row and not for each column of each cell, so that rows below thousands of tall cells take
    no longer than their cells do.
    """
    ends = ends[: np.max(np.flatnonzero(ends > number), initial=-1) + 1]
    free = np.append(np.flatnonzero(ends <= number), ends.size)
    columns: list[int] = []
    tall: list[tuple[int, int, int]] = []
    column = 0
    for _, wide, high in row:
        if column < ends.size:
            column = int(free[np.searchsorted(free, column)])
        columns.append(column)
        wide = max(1, min(wide, budget))
        budget -= wide
        if high > 1:
            tall.append((column, column + wide, number + high))
        column += wide
    if tall:
        ends = np.append(ends, np.zeros(max(0, tall[-1][1] - ends.size), np.int64))
        for first, beyond, end in tall:
            ends[first:beyond] = end
    return columns, column, budget, ends
