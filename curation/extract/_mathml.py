r"""MathML to LaTeX as people write it.

`to_latex` reads presentation MathML as tools write it and pages break it. Each element becomes LaTeX when it ends, so no depth of
nesting costs stack. What says nothing to a reader goes: styles, sizes, colours, invisible operators, annotations. No character of a
token is lost: children that an element cannot hold follow it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from curation.extract import _mathml_content, _mathml_scripts, _mathml_tables, _mathml_tokens
from curation.extract._mathml_rows import ATOM, environment, row
from curation.extract._mathml_tree import Node, parse

EMPTY = frozenset(("none", "mprescripts"))
CACHED = 20_000
"""Characters up to which a formula is remembered."""
ENCLOSED = {
    "box": "boxed", "roundedbox": "boxed", "updiagonalstrike": "cancel", "downdiagonalstrike": "bcancel", "top": "overline",
    "bottom": "underline", "radical": "sqrt", "updiagonalstrike downdiagonalstrike": "xcancel", "circle": "enclose{circle}",
    "longdiv": "enclose{longdiv}", "horizontalstrike": "enclose{horizontalstrike}", "actuarial": "enclose{actuarial}",
    "phasorangle": "enclose{phasorangle}", "verticalstrike": "enclose{verticalstrike}", "left": "enclose{left}", "right": "enclose{right}",
}  # fmt: skip


FRAME = {"left": "|", "right": "|", "top": r"\hline ", "bottom": r" \\ \hline"}


def to_latex(mathml: str) -> str | None:
    """LaTeX body of MathML source, without delimiters; None if there is nothing to convert or it nests too deep."""
    return _cached(mathml) if len(mathml) <= CACHED else _convert(mathml)


def _convert(mathml: str) -> str | None:
    root = parse(mathml, _element)
    return (row(root.kids).tex.strip(" ") or None) if root is not None else None


_cached = lru_cache(maxsize=8192)(_convert)


def _element(node: Node) -> Node:
    """The node converted. A row of one child is that child; children too many follow their element."""
    if (token := _mathml_tokens.HANDLERS.get(node.tag)) is not None:
        if node.kids:
            return _around(node)
        token(node, " ".join(node.text.split()))
        return node
    if node.tag not in HANDLERS:
        return row(node.kids) if node.kids or node.tag not in EMPTY else node
    count, handle = HANDLERS[node.tag]
    extra: list[Node] = []
    if count:
        node.kids, extra = node.kids[:count], node.kids[count:]
        node.kids += [Node("mrow")] * (count - len(node.kids))
    handle(node)
    return row([node, *extra]) if extra else node


def _around(node: Node) -> Node:
    """A token with elements in it: its text, then they."""
    text = Node("mtext" if node.tag == "mtext" else "stray")
    text.text = node.text
    return row([_element(text), *node.kids])


def mfrac(node: Node) -> None:
    over, under = (kid.tex for kid in node.kids)
    node.tall = node.atom = True
    if node.get("linethickness") in ("0", "0pt", "0px", "0em", "0.0", "0ex", "0mm", "0cm", "0in"):
        node.tag, node.text, node.tex = "binomial", f"{{{over}}}{{{under}}}", rf"{{{over} \atop {under}}}"
    elif node.get("bevelled") == "true" and ATOM.fullmatch(over) and ATOM.fullmatch(under):
        node.tex, node.tall, node.atom = f"{over}/{under}", False, False
    else:
        node.tex = rf"\frac{{{over}}}{{{under}}}"


def msqrt(node: Node) -> None:
    inner = row(node.kids)
    node.tex, node.tall, node.atom = rf"\sqrt{{{inner.tex}}}", inner.tall, True


def mroot(node: Node) -> None:
    of, degree = node.kids
    index = f"{{{degree.tex}}}" if "]" in degree.tex else degree.tex
    node.tex, node.tall, node.atom = (rf"\sqrt[{index}]{{{of.tex}}}" if index else rf"\sqrt{{{of.tex}}}"), of.tall, True


def mfenced(node: Node) -> None:
    """The row that `mfenced` abbreviates."""
    separators = node.get("separators", ",").replace(" ", "")
    kids: list[Node] = [_operator(node.get("open", "("))]
    for at, kid in enumerate(node.kids):
        if at and separators:
            kids.append(_operator(separators[min(at - 1, len(separators) - 1)]))
        kids.append(kid)
    kids.append(_operator(node.get("close", ")")))
    kids[0].source, kids[-1].source = 'form="prefix"', 'form="postfix"'
    inner = row(kids)
    node.tex, node.tall, node.atom = inner.tex, inner.tall, inner.atom or inner.tex.endswith("}")


def _operator(text: str) -> Node:
    node = Node("mo")
    node.text = {"<": "⟨", ">": "⟩"}.get(text, text)
    return _element(node)


def menclose(node: Node) -> None:
    inner = row(node.kids)
    notation = " ".join(node.get("notation").split()) or "longdiv"
    if inner.tag == "mtable" and inner.text and set(notation.split()) <= FRAME.keys():
        left, right, top, bottom = (line if side in notation else "" for side, line in FRAME.items())
        node.tex = environment("array", top + inner.text + bottom, f"{{{left}{inner.op}{right}}}")
        node.tall = node.atom = True
        return
    command = ENCLOSED.get(notation) or f"enclose{{{notation}}}"
    node.tex, node.tall, node.atom = rf"\{command}{{{inner.tex}}}", inner.tall, True


def mphantom(node: Node) -> None:
    inner = row(node.kids)
    node.tex, node.atom = rf"\phantom{{{inner.tex}}}" if inner.tex else "", True


def mpadded(node: Node) -> None:
    """Its row; nothing where it has no width and nothing to see, as before scripts in formulas of chemistry."""
    inner = row(node.kids)
    if inner.tag == "mphantom" and node.get("width") in ("0", "0px", "0em", "0pt"):
        node.tag = "hollow"
    else:
        node.tex, node.tall, node.atom, node.op, node.kids = inner.tex, inner.tall, inner.atom, inner.op, [inner]
        node.word = "padded" if node.get("width").startswith("+") else ""


def maction(node: Node) -> None:
    """The child that is shown."""
    chosen = node.get("selection")
    at = int(chosen) - 1 if chosen.isascii() and chosen.isdigit() and len(chosen) < 3 else 0
    shown = node.kids[min(max(at, 0), len(node.kids) - 1)] if node.kids else Node("mrow")
    node.tex, node.tall, node.atom = shown.tex, shown.tall, shown.atom


def semantics(node: Node) -> None:
    """What is annotated, or the presentation among its annotations where it is content itself."""
    shown = [kid for kid in node.kids if kid.tag != "annotation-xml"]
    best = next((kid for kid in node.kids if kid.word == "presentation"), None)
    inner = best or row(shown)
    node.tex, node.tall, node.atom = inner.tex, inner.tall, inner.atom


def annotation_xml(node: Node) -> None:
    node.tex = row(node.kids).tex
    node.word = "presentation" if "presentation" in node.get("encoding").lower() else ""


HANDLERS: dict[str, tuple[int, Callable[[Node], None]]] = {
    "mfrac": (2, mfrac), "mroot": (2, mroot), "msqrt": (0, msqrt), "mfenced": (0, mfenced), "menclose": (0, menclose),
    "mphantom": (0, mphantom), "mpadded": (0, mpadded), "maction": (0, maction), "semantics": (0, semantics),
    "annotation-xml": (0, annotation_xml),
    **{tag: (0, handle) for tag, handle in _mathml_content.HANDLERS.items()},
    **_mathml_scripts.HANDLERS, **{tag: (0, handle) for tag, handle in _mathml_tables.HANDLERS.items()},
}  # fmt: skip
