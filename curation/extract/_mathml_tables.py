r"""Tables of MathML: matrices, cases, aligned equations and their numbers."""

from __future__ import annotations

import re
from collections.abc import Callable

from curation.extract._mathml_rows import environment, row
from curation.extract._mathml_tree import Node

NUMBER = re.compile(r"\\text\{\(([\w.]{1,8})\)\}")
ALIGN = {"left": "l", "right": "r", "center": "c"}


def mtr(node: Node) -> None:
    """A row, which is a matrix where no table holds it. What stands outside of cells are cells of its own."""
    if node.kids:
        node.tex = environment("matrix", " & ".join(kid.tex for kid in node.kids if kid.tex or kid.tag == "mtd"))


def mtd(node: Node) -> None:
    inner = row(node.kids)
    node.tex, node.tall = inner.tex, inner.tall


def mtable(node: Node) -> None:
    """The environment that prints the table; `text` keeps its body and `word` its kind for the fences around it."""
    rows = [kid for kid in node.kids if kid.tag in ("mtr", "mlabeledtr")]
    loose = [kid for kid in node.kids if kid.tag not in ("mtr", "mlabeledtr") and kid.tex]
    if loose:
        extra = Node("mtr")
        extra.kids = loose
        rows.append(extra)
    labels = [_label(line) for line in rows]
    cells = [[cell for cell in line.kids if cell.tex or cell.tag == "mtd"] for line in rows]
    width = max(map(len, cells), default=0)
    node.tall, node.atom = True, True
    if not width:
        return
    if len(rows) == 1 and labels[0] and width == 1:
        node.tex, node.atom = cells[0][0].tex + labels[0], False
        return
    _own_numbers(cells, labels)
    width = max(map(len, cells))
    columns = _columns(node, cells, width)
    if set(columns) == set("clr") and width > 3:
        columns = _without_empty(cells, columns)
    kind = _kind(node, columns, any(labels))
    lines = (node.get("rowlines") or "").split()
    if any(line not in ("none",) for line in lines):
        kind = "array"
    if kind in ("array", "cases") and any(labels):
        kind = _numbered(cells, labels, columns)
    body = _body(cells, labels, lines)
    if set((node.get("columnlines") or "none").split()) != {"none"}:
        kind, columns = "array", _with_lines(columns, node.get("columnlines").split())
    node.text, node.word, node.op = body, kind, columns
    node.tex = environment("array", body, f"{{{columns}}}") if kind in ("array", "cases") else environment(kind, body)


def _label(line: Node) -> str:
    if line.tag != "mlabeledtr" or not line.kids:
        return ""
    first = line.kids.pop(0)
    tex = first.tex
    return rf"\tag{{{_plain(tex)}}}" if tex else ""


def _own_numbers(cells: list[list[Node]], labels: list[str]) -> None:
    """Numbers of equations that stand in a last cell beyond an aligned pair."""
    width = max(map(len, cells))
    if width < 3 or width % 2 == 0:
        return
    found = [NUMBER.fullmatch(line[-1].tex) if len(line) == width else None for line in cells]
    if any(found) and all(match or len(line) < width for match, line in zip(found, cells, strict=True)):
        for at, match in enumerate(found):
            if match:
                cells[at].pop()
                labels[at] = rf"\tag{{{match[1]}}}"


def _without_empty(cells: list[list[Node]], columns: str) -> str:
    """Columns that hold something: aligned environments are padded with some that do not."""
    used = [at for at in range(len(columns)) if any(line[at].tex for line in cells if at < len(line))]
    for line in cells:
        line[:] = [line[at] for at in used if at < len(line)]
    return "".join(columns[at] for at in used)


def _plain(tex: str) -> str:
    """A number without the parentheses that a tag adds itself."""
    tex = tex.replace(r"\text{", "").replace("}", "") if tex.count("{") == tex.count(r"\text{") else tex
    return tex.removeprefix("(").removesuffix(")")


def _columns(node: Node, cells: list[list[Node]], width: int) -> str:
    """Letters of a column specification, one for each column."""
    given = [ALIGN.get(name, "c") for name in node.get("columnalign").split()]
    if not given:
        longest = max(cells, key=len)
        given = [ALIGN.get(cell.get("columnalign"), "c") for cell in longest]
    given += given[-1:] * (width - len(given))
    return "".join(given[:width])


def _with_lines(columns: str, lines: list[str]) -> str:
    lines += lines[-1:] * len(columns)
    last = len(columns) - 1
    return "".join(c + ("|" if at < last and lines[at] != "none" else "") for at, c in enumerate(columns))


def _kind(node: Node, columns: str, labelled: bool) -> str:
    if node.get("data-mjx-smallmatrix"):
        return "smallmatrix"
    aligned = len(columns) > 1 and columns == ("rl" * len(columns))[: len(columns)]
    if aligned:
        return "align" if labelled else "aligned"
    if len(columns) == 1 and (labelled or (node.get("displaystyle") == "true" and columns == "c")):
        return "gather" if labelled else "gathered"
    if set(columns) == {"c"}:
        return "matrix"
    return "cases" if columns in ("l", "ll") else "array"


def _numbered(cells: list[list[Node]], labels: list[str], columns: str) -> str:
    """Numbers of equations where the environment takes none: in a cell of their own."""
    if columns == "rcl":
        return "eqnarray"
    for line, label in zip(cells, labels, strict=True):
        if label:
            cell = Node("mtd")
            cell.tex = label.replace(r"\tag{", r"\text{(").removesuffix("}") + ")}"
            line.append(cell)
    labels[:] = [""] * len(labels)
    return "array"


def _body(cells: list[list[Node]], labels: list[str], lines: list[str]) -> str:
    rows = []
    for at, (line, label) in enumerate(zip(cells, labels, strict=True)):
        text = " & ".join(cell.tex for cell in line) + label
        text = "{}" + text if text[:1] in ("[", "*") and at else text
        ruled = at and lines and lines[min(at - 1, len(lines) - 1)] != "none"
        rows.append((r"\hline " if ruled else "") + text)
    return r" \\ ".join(rows)


HANDLERS: dict[str, Callable[[Node], None]] = {"mtable": mtable, "mtr": mtr, "mlabeledtr": mtr, "mtd": mtd}
