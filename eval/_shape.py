r"""How an answer is built: a list, tuple, set, interval, union, matrix, relation, or one expression.

What is compared part by part here never reaches algebra as a whole, which is where graders go wrong: a list whose part is taken for
the whole, `3x+2=5` for 5, two equations without solutions that count as equal. Left out: set builders, piecewise functions and anything
that is not closed properly, which stay one expression.
"""

from __future__ import annotations

import re
from typing import NamedTuple

MAX_PARTS = 64
"""Parts of one list, set, tuple or matrix: comparing them without order takes the square of it."""
_ENVIRONMENT = re.compile(r"\\begin\{([pb]?matrix|smallmatrix|array)\}(?:\{[lcr|]*\})?(.*)\\end\{\1\}", re.S)
_RELATIONS = re.compile(
    r"\\(?:le|ge|ne|in|approx|equiv|sim|cong|to|rightarrow|implies|Rightarrow|iff)(?![A-Za-z])\s?|:=|[=<>]"
)
_TOKEN = re.compile(r"\\\{|\\\}|\\[A-Za-z]+\s?|\\.|.", re.S)
_OPEN, _CLOSE = (
    frozenset(("(", "[", "{", "\\{", "\\langle", "\\begin")),
    frozenset((")", "]", "}", "\\}", "\\rangle", "\\end")),
)
_THOUSANDS = re.compile(r"(?<=[0-9]),(?=[0-9]{3}(?![0-9]))")
_PLUS_MINUS = re.compile(r"\\(pm|mp)(?![A-Za-z])\s?")


class Shape(NamedTuple):
    """`kind` is list, row (a list whose order counts), tuple, set, interval, union, matrix, relation or expression; `mark` holds the
    ends of an interval, the operators of a relation, the width of a matrix."""

    kind: str
    parts: tuple[Shape, ...] = ()
    text: str = ""
    mark: tuple[str, ...] = ()


def shape(text: str, *, depth: int = 0) -> Shape:
    """Read a normalised answer."""
    whole = Shape("expression", text=text)
    if depth > 6 or not text:
        return whole
    if ", " in text:
        text = _THOUSANDS.sub("", text)  # `1,234, 5` are two numbers
    for separator, kind in ((";", "row"), (",", "list")):
        items = [item for item in split(text, separator)[0] if item]
        if len(items) > 1:
            return _of(kind, items, text, depth)
    sides, operators = split(text, _RELATIONS)
    if len(sides) > 1:
        return _of("relation", sides, text, depth, tuple(operators)) if all(sides) else whole
    sides, _ = split(text, re.compile(r"\\cup(?![A-Za-z])\s?"))
    if len(sides) > 1 and all(sides):
        return _of("union", sides, text, depth)
    if match := _ENVIRONMENT.fullmatch(text):
        return _matrix(match[2], text, depth)
    return _bracketed(text, depth) or _two_signs(text, depth) or whole


def _of(kind: str, items: list[str], text: str, depth: int, mark: tuple[str, ...] = ()) -> Shape:
    if len(items) > MAX_PARTS:
        return Shape("expression", text=text)
    return Shape(kind, tuple(shape(item, depth=depth + 1) for item in items), text, mark)


def _bracketed(text: str, depth: int) -> Shape | None:
    for left, right in (("\\{", "\\}"), ("(", ")"), ("(", "]"), ("[", ")"), ("[", "]"), ("\\langle", "\\rangle")):
        inner = text[len(left) : -len(right)]
        if not (text.startswith(left) and text.endswith(right) and inner and _balanced(inner)):
            continue
        items = split(inner, ",")[0]
        if left == "\\{":
            return None if "|" in inner or ":" in inner else _of("set", items, text, depth)
        if not all(items):
            return None
        if len(items) == 1:
            inside = shape(items[0], depth=depth + 1)
            return inside if left + right == "()" or inside.kind == "matrix" else None
        if len(items) == 2 and ("[" in text[0] + text[-1] or "]" in text[0] + text[-1] or "\\infty" in inner):
            return _of("interval", items, text, depth, (left, right))
        return _of("tuple", items, text, depth, (left,) if left == "[" else ())
    return None


def _matrix(inner: str, text: str, depth: int) -> Shape:
    rows = [split(row, "&")[0] for row in split(inner, "\\\\")[0] if row.strip()]
    if not rows or len({len(row) for row in rows}) > 1:
        return Shape("expression", text=text)
    cells = [cell.removeprefix("\\hline") for row in rows for cell in row]
    return _of("matrix", cells, text, depth, (str(len(rows[0])),))


def _two_signs(text: str, depth: int) -> Shape | None:
    r"""`a \pm b` is a list of two: two signs in one expression go together, as in `\pm a \mp b`."""
    if len(_PLUS_MINUS.findall(text)) not in (1, 2):
        return None
    upper = _PLUS_MINUS.sub(lambda m: "+" if m[1] == "pm" else "-", text)
    lower = _PLUS_MINUS.sub(lambda m: "-" if m[1] == "pm" else "+", text)
    return _of("list", [upper.removeprefix("+"), lower.removeprefix("+")], text, depth)


def split(text: str, at: str | re.Pattern[str]) -> tuple[list[str], list[str]]:
    """Parts of a text between the marks `at` that stand in no bracket, and those marks. An unbalanced text is one part."""
    parts, marks, start, depth = [], [], 0, 0
    for token in _TOKEN.finditer(text):
        mark = token.group().strip() or " "
        if mark in _OPEN:
            depth += 1
        elif mark in _CLOSE:
            depth -= 1
            if depth < 0:
                return [text], []
        elif depth == 0 and token.start() >= start and (found := _at(at, text, token.start())):
            parts.append(text[start : token.start()].strip())
            marks.append(found.strip())
            start = token.start() + len(found)
    return ([*parts, text[start:].strip()], marks) if depth == 0 else ([text], [])


def _at(at: str | re.Pattern[str], text: str, position: int) -> str:
    if isinstance(at, str):
        return at if text.startswith(at, position) else ""
    match = at.match(text, position)
    return match.group() if match else ""


def _balanced(inner: str) -> bool:
    depth = 0
    for token in _TOKEN.finditer(inner):
        mark = token.group().strip()
        depth += (mark in _OPEN) - (mark in _CLOSE)
        if depth < 0:
            return False
    return depth == 0
