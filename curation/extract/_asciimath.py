r"""AsciiMath to LaTeX: what pages write between backquotes or in `script[type="math/asciimath"]` for ASCIIMathML.js.

A formula is split into the longest known names, then parsed by the language's own grammar (asciimath.org): simple
expressions, the same with scripts, rows of fractions; brackets around rows of brackets are matrices. Every string is
AsciiMath, so None says only that there is nothing, or too much. Names follow version 2.3, whose unit tests are the
oracle. What leaves a choice is written as its author meant it: `epsilon` is `\epsilon`, an unpaired bar `\mid`.

py-asciimath 0.3 was tried first: 46 of the 481 unit tests raise, and rules in matrices, `f'(x)/5`, `arcsec` come out wrong.
Left out: colours, `class` and `id`, which are no mathematics; the decimal comma, which only a page's settings could tell.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import NamedTuple

from curation.extract._asciimath_names import ESCAPED, FENCES, SYMBOLS, TOKEN, WIDE

MAX_LENGTH, MAX_DEPTH = 20_000, 60
"""Characters, and expressions in expressions."""

ENVIRONMENTS = {("(", ")"): "pmatrix", ("[", "]"): "bmatrix", ("|", "|"): "vmatrix", (r"\{", r"\}"): "Bmatrix"}
ENVIRONMENTS |= {(".", "."): "matrix", (r"\{", "."): "cases"}
TEXT_MODE = {"\\": r"\backslash", "^": r"\^{}", "~": r"\~{}"}
IN_TEXT = re.compile(r"[#%&$_{}\\^~]")
COMMAND = re.compile(r"\\[A-Za-z]+$")
SINGLE = re.compile(r"\\[A-Za-z]+|.", re.S)
PLAIN = frozenset(("(", ")", "[", "]", r"\{", r"\}"))


class Token(NamedTuple):
    """One name: its kind, its LaTeX (of a text the text), itself."""

    kind: str
    tex: str
    name: str


class Node(NamedTuple):
    """LaTeX of a part, and whether brackets have to grow around it. Of a part in brackets also these and what they hold."""

    tex: str
    tall: bool = False
    kind: str = ""
    left: str = ""
    right: str = ""
    items: tuple[Node, ...] = ()


CLOSES = {"(": ")", "[": "]", "{": "}"}
BLANKS = re.compile(r"[\x00-\x20]*")
END = Token("end", "", "")


class _TooMuchError(Exception):
    """The formula is nested or bends back too often."""


@lru_cache(maxsize=4096)
def to_latex(asciimath: str) -> str | None:
    """LaTeX of a formula in AsciiMath, without delimiters; None if it is empty, longer or deeper than any formula."""
    source = asciimath.strip().strip("`").strip()
    if not source or len(source) > MAX_LENGTH:
        return None
    for entity, character in (("&nbsp;", " "), ("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&")):
        source = source.replace(entity, character)
    try:
        items, _ = _Parser(tokens(source)).row(closed_by_bar=False)
    except _TooMuchError:
        return None
    return join(item.tex for item in items).strip() or None


def tokens(source: str) -> list[Token]:
    """The names, numbers and characters of a formula, each text whole, END behind them."""
    found: list[Token] = []
    at, end = _skip(source, 0), len(source)
    while at < end:
        match = TOKEN.match(source, at)
        assert match is not None
        name, raw, stop = match[1] or match[2], match[3] or "\\", match.end()
        if name is None:
            minus = raw == "-" and found and found[-1].kind == "infix" and source[stop : stop + 1] != " "
            token = Token("minus" if minus else "constant", ESCAPED.get(raw, raw), raw)
        elif SYMBOLS[name][0] == "text":
            token, stop = _text(source, name, stop)
        else:
            token = Token(*SYMBOLS[name], name)
        found.append(token)
        at = _skip(source, stop)
    return [*found, END]


def _skip(source: str, at: int) -> int:
    blanks = BLANKS.match(source, at)
    return blanks.end() if blanks else at


def _text(source: str, name: str, at: int) -> tuple[Token, int]:
    """A quotation, or `text` and the brackets behind it; a lone name or quotation mark is nothing."""
    opening = at - 1 if name == '"' else _skip(source, at)
    closing = '"' if name == '"' else CLOSES.get(source[opening : opening + 1], "")
    end = source.find(closing, opening + 1) if closing else -1
    if not closing or (name == '"' and end < 0):
        return Token("constant", "", name), at
    end = end if end >= 0 else len(source)
    text = source[opening + 1 : end]
    return Token("constant", r"\ ", name) if name == "mspace" else Token("text", text, name), end + 1


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


NOTHING = Node("")


class _Parser:
    """Recursive descent over the tokens. A bar that nothing closes is remembered, so that it is tried once."""

    def __init__(self, found: list[Token]) -> None:
        self.tokens, self.at, self.depth, self.brackets = found, 0, 0, 0
        self.budget = 40 * len(found) + 400
        self.single_bars: set[int] = set()

    def next(self) -> Token:
        token = self.tokens[self.at]
        self.at = min(self.at + 1, len(self.tokens) - 1)
        self.budget -= 1
        if self.budget < 0:
            raise _TooMuchError
        return token

    def row(self, *, closed_by_bar: bool) -> tuple[tuple[Node, ...], str]:
        """Fractions and all else up to the closing bracket, which is given too; rows of brackets become a matrix."""
        items: list[Node] = []
        while (token := self.tokens[self.at]).kind != "end":
            if self.brackets and (token.kind == "right" or (closed_by_bar and items and token.kind == "bar")):
                self.next()
                return _as_matrix(tuple(items), token.tex), token.tex
            item = self.scripted()
            if self.tokens[self.at].name == "/":
                self.next()
                item = Node(rf"\frac{{{inner(item)}}}{{{inner(self.operand(self.scripted))}}}", tall=True)
            if item.tex[:1] == "'" and items and items[-1].kind == "raised":
                item = Node("{}" + item.tex)
            items.append(item)
        return tuple(items), ""

    def operand(self, parse: Callable[[], Node]) -> Node:
        """What follows, or nothing where the brackets end."""
        token = self.tokens[self.at]
        return NOTHING if token.kind == "end" or (self.brackets and token.kind == "right") else parse()

    def scripted(self) -> Node:
        """A simple expression with its scripts; a function that has scripts takes its argument behind them."""
        first = self.tokens[self.at]
        node = self.simple()
        token = self.tokens[self.at]
        if token.name not in ("_", "^"):
            return node
        self.next()
        scripts = f"{token.name}{{{inner(self.operand(self.simple))}}}"
        if token.name == "_" and self.tokens[self.at].name == "^":
            self.next()
            scripts += f"^{{{inner(self.operand(self.simple))}}}"
        node = Node(_base(node) + scripts, node.tall or first.kind == "large", "raised")
        after = self.tokens[self.at].kind
        if (first.kind == "function" and after not in ("infix", "right", "end")) or (
            first.kind in ("letter", "minus") and after == "left"
        ):
            argument = self.scripted()
            node = Node(join((node.tex, argument.tex)), node.tall or argument.tall)
        return node

    def simple(self) -> Node:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise _TooMuchError
        token = self.next()
        node: Node = getattr(self, "_" + token.kind, self._constant)(token)
        self.depth -= 1
        return node

    def _constant(self, token: Token) -> Node:
        """Also a closing bracket that nothing opened."""
        return Node(r":\}" if token.name == ":}" else ESCAPED.get(token.tex, token.tex))

    def _text(self, token: Token) -> Node:
        text = IN_TEXT.sub(lambda match: TEXT_MODE.get(match[0], "\\" + match[0]), token.tex)
        return Node(rf"\text{{{text}}}", kind="text", left=token.tex)

    def _left(self, token: Token) -> Node:
        self.brackets += 1
        items, closing = self.row(closed_by_bar=False)
        self.brackets -= 1
        return _bracketed(token.tex, items, closing)

    def _bar(self, _: Token) -> Node:
        start = self.at
        if start not in self.single_bars and self.tokens[start].name != ",":
            self.brackets += 1
            items, closing = self.row(closed_by_bar=True)
            self.brackets -= 1
            if closing == "|":
                return _bracketed("|", items, "|")
            self.at = start
        self.single_bars.add(start)
        return Node("|" if self.tokens[start].name in ("_", "^") else r"\mid", kind="rule")

    def _function(self, token: Token) -> Node:
        if self.tokens[self.at].name.startswith(("^", "_", "/", "|", ",")):
            return Node(token.tex)
        argument = self.operand(self.simple)
        return Node(join((token.tex, argument.tex)), argument.tall)

    _minus = _function

    def _letter(self, token: Token) -> Node:
        return self._function(token) if self.tokens[self.at].name.startswith("(") else Node(token.tex)

    def _accent(self, token: Token) -> Node:
        operand = self.operand(self.simple)
        content = inner(operand)
        wide = token.tex in WIDE and not SINGLE.fullmatch(content)
        return Node(f"{WIDE[token.tex] if wide else token.tex}{{{content}}}", operand.tall or token.tex == r"\sqrt")

    def _brace(self, token: Token) -> Node:
        return Node(f"{token.tex}{{{inner(self.operand(self.simple))}}}", tall=True)

    def _fence(self, token: Token) -> Node:
        operand = self.operand(self.simple)
        left, right = FENCES[token.name]
        return _bracketed(left, (Node(inner(operand), operand.tall),), right)

    def _font(self, token: Token) -> Node:
        operand = self.operand(self.simple)
        content = operand.left if operand.kind == "text" and operand.left.isalnum() else inner(operand)
        for command in reversed(token.tex.split("\\")[1:]):
            command = "boldsymbol" if command == "mathbf" and "\\" in content else command
            content = f"\\{command}{{{content}}}"
        return Node(content, operand.tall)

    def _binary(self, token: Token) -> Node:
        first, second = self.operand(self.simple), self.operand(self.simple)
        a, b = inner(first), inner(second)
        if token.name in ("color", "id", "class"):
            return Node(b, second.tall, "row")
        if token.name == "root":
            return Node(rf"\sqrt[{a}]{{{b}}}" if "]" not in a else rf"\sqrt[{{{a}}}]{{{b}}}", tall=True)
        command = {"frac": "frac", "underset": "underset"}.get(token.name, "overset")
        return Node(rf"\{command}{{{a}}}{{{b}}}", tall=True)


def inner(node: Node) -> str:
    """LaTeX of a part without the round, square or curly brackets around it, as an argument of a command has it."""
    if node.kind != "brackets" or (node.items and node.items[0].kind == "matrix"):
        return node.tex
    left, right = ("" if side in PLAIN or side == "." else side for side in (node.left, node.right))
    return node.tex if left and right else join((left, *(item.tex for item in node.items), right))


def _base(node: Node) -> str:
    """What scripts stand at: in braces if they would else go to its last part only, or be its second."""
    return f"{{{node.tex}}}" if node.kind in ("row", "raised") and len(node.tex) > 1 else node.tex


def _bracketed(left: str, items: tuple[Node, ...], right: str) -> Node:
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


def _as_matrix(items: tuple[Node, ...], closing: str) -> tuple[Node, ...]:
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
