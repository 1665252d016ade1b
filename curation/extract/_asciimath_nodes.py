"""Parts of AsciiMath formulas put together as LaTeX: rows, brackets, matrices."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

ENVIRONMENTS = {("(", ")"): "pmatrix", ("[", "]"): "bmatrix", ("|", "|"): "vmatrix", (r"\{", r"\}"): "Bmatrix"}
ENVIRONMENTS |= {(".", "."): "matrix", (r"\{", "."): "cases"}
COMMAND = re.compile(r"\\[A-Za-z]+$")
PLAIN = frozenset(("(", ")", "[", "]", r"\{", r"\}"))


class Node(NamedTuple):
    """LaTeX of a part, and whether brackets have to grow around it. Of a part in brackets also these and what they hold."""

    tex: str
    tall: bool = False
    kind: str = ""
    left: str = ""
    right: str = ""
    items: tuple[Node, ...] = ()


def join(parts: Iterable[str]) -> str:
    """Parts in a row, a blank only between a command and a letter or number, and between two numbers."""
    row = ""
    for part in parts:
        first, last = part[:1], row[-1:]
        if (first.isalnum() and last.isalpha() and COMMAND.search(row, max(0, len(row) - 30))) or (
            last.isdigit() and (first.isdigit() or (first == "." and len(part) > 1))
        ):
            row += " "
        row += part
    return row


def inner(node: Node) -> str:
    """LaTeX of a part without the round, square or curly brackets around it, as an argument of a command has it."""
    if node.kind != "brackets" or (node.items and node.items[0].kind == "matrix"):
        return node.tex
    left, right = ("" if side in PLAIN or side == "." else side for side in (node.left, node.right))
    return node.tex if left and right else join((left, *(item.tex for item in node.items), right))


def base(node: Node) -> str:
    """What scripts stand at: in braces if they would else go to its last part only, or be its second."""
    return f"{{{node.tex}}}" if node.kind in ("row", "raised") and len(node.tex) > 1 else node.tex


def bracketed(left: str, items: tuple[Node, ...], right: str) -> Node:
    """A part in brackets, which grow around what is tall; invisible ones are `.`, a missing one is empty."""
    if items and items[0].kind == "matrix":
        return Node(_matrix(left, items[0], right), True, "brackets", left, right, items)
    tex, tall = join(item.tex for item in items), any(item.tall for item in items)
    if left == "." and right in (".", ""):
        return items[0] if len(items) == 1 else Node(tex, tall, "row")
    if tall and right:
        tex = join((rf"\left{left}", tex, rf"\right{right}"))
    else:
        tex = join((left.strip("."), tex, right.strip(".")))
    return Node(tex, tall, "brackets", left, right, items)


def _matrix(left: str, matrix: Node, right: str) -> str:
    name, columns = ENVIRONMENTS.get((left, right), ""), matrix.left
    if "|" in columns or (name == "cases" and len(columns) > 2):
        body = rf"\begin{{array}}{{{columns}}}{matrix.tex}\end{{array}}"
    elif name:
        return rf"\begin{{{name}}}{matrix.tex}\end{{{name}}}"
    else:
        body = rf"\begin{{matrix}}{matrix.tex}\end{{matrix}}"
    return body if left == right == "." else rf"\left{left}{body}\right{right or '.'}"


def as_matrix(items: tuple[Node, ...], closing: str) -> tuple[Node, ...]:
    """Rows `(a,b),(c,d)` as one matrix if they are equally long; a cell that is a bar in the first row is a rule."""
    rows, commas = items[::2], items[1::2]
    if not len(items) % 2 or (rows[0].left, rows[0].right) not in (("(", ")"), ("[", "]")):
        return items
    if (rows[0].left == "(" and closing == r"\}") or any(comma.tex != "," for comma in commas):
        return items
    if any(row.kind != "brackets" or (row.left, row.right) != (rows[0].left, rows[0].right) for row in rows):
        return items
    cells = [_cells(row.items) for row in rows]
    if len({len(row) for row in cells}) > 1 or len(cells) * len(cells[0]) < 2:
        return items
    align = "l" if closing == "." else "c"
    columns = "".join("|" if at and _is_rule(cell) else align for at, cell in enumerate(cells[0]))
    body = r" \\ ".join(
        " & ".join(join(node.tex for node in cell) for at, cell in enumerate(row) if not (at and _is_rule(cell)))
        for row in cells
    )
    return (Node(body, True, "matrix", columns),)


def _cells(items: tuple[Node, ...]) -> list[list[Node]]:
    cells: list[list[Node]] = [[]]
    for item in items:
        if item.tex == ",":
            cells.append([])
        else:
            cells[-1].append(item)
    return cells


def _is_rule(cell: list[Node]) -> bool:
    return len(cell) == 1 and cell[0].kind == "rule"
