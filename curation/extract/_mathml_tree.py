r"""MathML source to nodes, bottom up, in one pass without recursion.

Not an XML parser, since half of the MathML on pages is not XML: any prefix (`m:mi`, `mml:mi`), entities of HTML, bare attributes,
unclosed and crossed tags, text outside tokens. Nothing outside the string is read and no entity is defined by it. Each element is
converted when it closes, by a function that the caller gives, so that depth costs no stack and has a limit.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape

MAX_DEPTH = 250
ATTRIBUTES = r"""(?:[^<>"']|"[^"]*"|'[^']*')*+"""
SKIPPED = r"<!--(?:.*?-->|.*)|<[!?][^<>]*>"
NAME = r"<(/?)(?:[\w.-]+:)?([A-Za-z][\w.-]*+)"
TAG = re.compile(rf"{SKIPPED}|{NAME}({ATTRIBUTES})>|<(?=/?[A-Za-z])", re.S)
NAIVE = re.compile(rf"{SKIPPED}|{NAME}([^<>]*)>", re.S)
"""For what follows a tag whose quotes do not match: to look for their ends at every tag would take quadratic time."""
ATTRIBUTE = re.compile(r"""([\w:.-]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'=<>`]+)))?""")
TOKENS = frozenset("mi mn mo mtext ms ci cn csymbol".split())
WORDS = frozenset("mtext ms a b i u em strong span font small tt code sup sub abbr label bdi".split())
"""Elements whose text is words, those of HTML in texts among them."""
MIXED = frozenset(("ci", "cn", "csymbol"))
"""Tokens that hold other elements by rights."""
VOID = frozenset("mspace none mprescripts mglyph malignmark maligngroup sep br hr img".split())
ANNOTATION = {name: re.compile(rf"</(?:[\w.-]+:)?{name}\s*>", re.I) for name in ("annotation", "annotation-xml")}
ROWS = {"mtr": {"mtr", "mlabeledtr"}, "mlabeledtr": {"mtr", "mlabeledtr"}, "mtd": {"mtd"}}
TABLE_PARTS = {"mtable", "mtr", "mlabeledtr"}
SPACE = " \t\r\n\f"


class Node:
    """An element, and after its end what it says in LaTeX.

    tex: LaTeX body; atom: takes a script without braces; tall: higher than a line; op: the operator that it is or, for a script,
    that it begins with; word: letters set upright that a sign of application would make an operator's name; rank: how
    strongly an expression of content MathML holds together.
    """

    __slots__ = (
        "atom",
        "attrs",
        "kids",
        "op",
        "primed",
        "rank",
        "source",
        "tag",
        "tall",
        "tex",
        "text",
        "variant",
        "word",
    )

    def __init__(self, tag: str, source: str = "", variant: str = "") -> None:
        self.tag, self.source, self.variant = tag, source, variant
        self.attrs: dict[str, str] | None = None
        self.kids: list[Node] = []
        self.text = self.tex = self.op = self.word = ""
        self.atom = self.tall = self.primed = False
        self.rank = 4

    def get(self, name: str, default: str = "") -> str:
        """Value of an attribute, by its name in lower case."""
        if not self.source:
            return default
        if self.attrs is None:
            found = ATTRIBUTE.findall(self.source)
            self.attrs = {key.lower(): unescape(a or b or c).strip() for key, a, b, c in reversed(found)}
        return self.attrs.get(name, default)


def parse(mathml: str, convert: Callable[[Node], Node]) -> Node | None:
    """The root node, whose children are converted; None if elements nest too deep or there are none."""
    if "<![CDATA[" in mathml:
        mathml = mathml.replace("<![CDATA[", "").replace("]]>", "")
    stack, at, find, seen = [Node("root")], 0, TAG.search, False
    while tag := find(mathml, at):
        start, end = tag.span()
        if start > at:
            _add_text(stack[-1], mathml[at:start], convert)
        at = end
        name = tag[2]
        if name is None:
            if end - start == 1:
                at, find = start, NAIVE.search
            continue
        name, seen = name.lower(), True
        if tag[1]:
            _close(stack, name, convert)
        elif _is_annotation(name, tag[3], stack[-1]):
            skipped = ANNOTATION[name].search(mathml, at)
            at = skipped.end() if skipped else len(mathml)
        else:
            _open(stack, name, tag[3].strip(SPACE), convert)
            if len(stack) > MAX_DEPTH:
                return None
    _add_text(stack[-1], mathml[at:], convert)
    while len(stack) > 1:
        _pop(stack, convert)
    return stack[0] if seen else None


def _is_annotation(name: str, source: str, parent: Node) -> bool:
    """Whether all up to the end of the element is beside what it annotates."""
    if source.endswith("/") or name not in ANNOTATION:
        return False
    return name == "annotation" or (bool(parent.kids) and "resentation" not in source)


def _add_text(node: Node, text: str, convert: Callable[[Node], Node]) -> None:
    """Text of a token as it is; elsewhere, where none should stand, a child of its own, and so between elements in a token."""
    if node.tag in TOKENS and (not node.kids or node.tag in MIXED):
        node.text += unescape(text) if "&" in text else text
    elif node.tag in WORDS or (text := text.strip(SPACE)):
        stray = Node("mtext" if node.tag in WORDS else "stray")
        stray.text = unescape(text) if "&" in text else text
        node.kids.append(convert(stray))


def _open(stack: list[Node], name: str, source: str, convert: Callable[[Node], Node]) -> None:
    _end_unclosed(stack, name, convert)
    parent = stack[-1]
    if name in ("sep", "br"):
        _add_text(parent, " ", convert)
        return
    if parent.text and parent.tag in TOKENS and parent.tag not in MIXED:
        text, parent.text = parent.text, ""
        parent.kids.append(convert(_part(parent, text)))
    node = Node(name, source.removesuffix("/"), parent.variant)
    if name in ("mstyle", "math"):
        node.variant = node.get("mathvariant") or parent.variant
    stack.append(node)
    if source.endswith("/") or name in VOID:
        _pop(stack, convert)


def _part(parent: Node, text: str) -> Node:
    """What a token says before an element in it."""
    node = Node("mtext" if parent.tag in WORDS else "stray")
    node.text = text
    return node


def _end_unclosed(stack: list[Node], name: str, convert: Callable[[Node], Node]) -> None:
    """End what cannot hold the element that begins: a token in a token, a row in a row, a cell in a cell of one table."""
    if name in TOKENS and stack[-1].tag in TOKENS and stack[-1].tag not in MIXED:
        _pop(stack, convert)
    elif name in ROWS:
        for depth in range(len(stack) - 1, 0, -1):
            if stack[depth].tag in ROWS[name]:
                while len(stack) > depth:
                    _pop(stack, convert)
            elif stack[depth].tag not in TABLE_PARTS:
                continue
            break


def _close(stack: list[Node], name: str, convert: Callable[[Node], Node]) -> None:
    """End the innermost element of the name, with all that stand open in it. An end without a beginning is nothing."""
    for depth in range(len(stack) - 1, 0, -1):
        if stack[depth].tag == name:
            while len(stack) > depth:
                _pop(stack, convert)
            return


def _pop(stack: list[Node], convert: Callable[[Node], Node]) -> None:
    node = stack.pop()
    stack[-1].kids.append(convert(node))
