r"""Rows of MathML: what stands side by side, with fences, matrices, binomials and names of operators found in it."""

from __future__ import annotations

import re

from curation.extract._mathml_tokens import join
from curation.extract._mathml_tree import Node

PAIRS = {
    "(": ")",
    "[": "]",
    "{": "}",
    "⟨": "⟩",
    "\u2329": "\u232a",
    "\u3008": "\u3009",
    "⌊": "⌋",
    "⌈": "⌉",
    "⟦": "⟧",
    "⟮": "⟯",
    "⎰": "⎱",
}
OPEN, CLOSE = frozenset(PAIRS), frozenset(PAIRS.values())
BARS = frozenset("|‖∥∣")
MATRICES = {
    ("(", ")"): "pmatrix", ("[", "]"): "bmatrix", ("{", "}"): "Bmatrix", ("|", "|"): "vmatrix", ("∣", "∣"): "vmatrix",
    ("‖", "‖"): "Vmatrix", ("∥", "∥"): "Vmatrix",
}  # fmt: skip
KEPT = frozenset(("mo", "hollow"))
DEGREE = r"{}^{\circ}"
MODULUS = re.compile(r"(?:\\[;:, ]|\\q?quad)*\(\\bmod(?:\\[;:,])* ?((?:[^(){}\\]|\\[a-zA-Z]+)*)\)")
PRIMES = re.compile(r"(?:\\prime)+")
ATOM = re.compile(
    r"\\?[^\\{}^_\s]|\\[A-Za-z]+|\d+(?:\.\d+)?|\\[A-Za-z]+\*?\{[^{}]*\}|\\boldsymbol\{\\[A-Za-z]+\{[^{}]*\}\}"
)


def row(kids: list[Node]) -> Node:
    """One node for its children in a row; a single child stands for itself."""
    kids = [kid for kid in kids if kid.tex or kid.tag in KEPT]
    if len(kids) == 1:
        return kids[0]
    node = Node("mrow")
    if not kids:
        return node
    parts = [kid.tex for kid in kids]
    used: set[int] = set()
    for at, kid in enumerate(kids):
        _with_neighbours(kids, parts, at, kid, used)
    node.tall = any(kid.tall for kid in kids)
    if node.tall:
        _stretch(kids, parts, used)
    node.kids, node.tex = kids, _modulus(join(parts))
    last = kids[-1]
    node.atom = last.tag == "mo" and (last.op in CLOSE or last.op in BARS)
    node.op = kids[0].op if kids[0].op in OPEN or kids[0].op in BARS else ""
    return node


def _with_neighbours(kids: list[Node], parts: list[str], at: int, kid: Node, used: set[int]) -> None:
    """What a child means beside those before and after it."""
    before = kids[at - 1] if at else None
    if kid.text and kid.tag in ("mtable", "binomial"):
        _enclose(kids, parts, at, kid, used)
    elif kid.tag == "attached":
        attach = before is not None and (before.tag in ("mi", "mtext", "mrow") or before.op in CLOSE) and before.tex
        parts[at] = kid.tex.removeprefix("{}") if attach else kid.tex
    elif kid.tag not in ("mo", "mi", "stray"):
        return
    elif kid.op == "\u2061":
        if before is not None and before.word:
            parts[at - 1] = before.tex.replace(r"\mathrm", r"\operatorname", 1)
    elif kid.op == "\u2062":
        if before is not None and before.tag == "mn" and at + 1 < len(kids) and kids[at + 1].tag == "mn":
            parts[at] = r"\,"
    elif kid.word and kid.get("data-mjx-texclass") == "op":
        parts[at] = kid.tex.replace(r"\mathrm", r"\operatorname", 1)
    elif before is not None and parts[at - 1] and (before.tag != "mo" or before.op in CLOSE):
        raised = "'" * kid.tex.count("\\") if PRIMES.fullmatch(kid.tex) else "^{\\circ}" if kid.tex == DEGREE else ""
        if raised:
            parts[at] = "{}" + raised if before.primed or before.tag in ("msup", "msubsup") else raised


def _enclose(kids: list[Node], parts: list[str], at: int, kid: Node, used: set[int]) -> None:
    """Matrices and binomials with the fences around them."""
    left = kids[at - 1] if at and kids[at - 1].tag == "mo" and parts[at - 1] else None
    right = kids[at + 1] if at + 1 < len(kids) else None
    pair = (left.op if left else "", right.op if right else "")
    if kid.tag == "binomial":
        if pair != ("(", ")"):
            return
        parts[at] = rf"\binom{kid.text}"
    elif kid.word == "matrix" and pair in MATRICES:
        parts[at] = environment(MATRICES[pair], kid.text)
    elif pair[0] == "{" and pair[1] not in CLOSE and kid.word in ("matrix", "cases"):
        parts[at], right = environment("cases", kid.text), right if right and not right.tex else None
    else:
        return
    parts[at - 1] = ""
    used |= {at - 1, at + 1}
    if right:
        parts[at + 1] = right.tex[len(_fence(right)) :]


def _modulus(tex: str) -> str:
    return MODULUS.sub(r"\\pmod{\1}", tex) if r"(\bmod" in tex else tex


def _fence(node: Node) -> str:
    """The fence that a node, or the base of its scripts, is."""
    return {"{": r"\{", "}": r"\}", "‖": r"\|", "∥": r"\|", "∣": "|"}.get(node.op, node.op)


def environment(name: str, body: str, columns: str = "") -> str:
    """A LaTeX environment."""
    return f"\\begin{{{name}}}{columns}{body}\\end{{{name}}}"


def _stretch(kids: list[Node], parts: list[str], used: set[int]) -> None:
    r"""`\left` and `\right` for fences that stretch around what is tall."""
    opened: list[int] = []
    last = len(kids) - 1
    for at, kid in enumerate(kids):
        side = _side(kid, at == 0, at == last) if at not in used else ""
        if side == "open":
            opened.append(at)
        elif (
            side == "close" and not opened and at == last and kid.op in BARS and kid.tag == "mo" and _stretchy(kid, kid)
        ):
            parts[0], parts[at] = rf"\left.{parts[0]}", rf"\right{parts[at]}"
        elif side == "close" and opened:
            start = opened.pop()
            left, right = parts[start], parts[at]
            if (
                (left or right)
                and any(kids[i].tall and parts[i] for i in range(start + 1, at))
                and _stretchy(kids[start], kid)
            ):
                parts[start], parts[at] = rf"\left{left or '.'}", rf"\right{right or '.'}"


def _side(kid: Node, first: bool, last: bool) -> str:
    """Whether a fence opens or closes a pair."""
    if kid.op in OPEN or (not kid.op and kid.tag != "mo"):
        return "open" if kid.op and kid.tag == "mo" else ""
    if kid.op in CLOSE:
        return "close"
    if kid.op and kid.op not in BARS:
        return ""
    kind = kid.get("data-mjx-texclass") or kid.get("form") if kid.tag == "mo" else ""
    if kind in ("open", "prefix") or (first and kid.op and not last):
        return "open"
    return "close" if kind in ("close", "postfix") or (last and kid.op) else ""


def _stretchy(left: Node, right: Node) -> bool:
    return (
        left.get("stretchy") != "false"
        and right.get("stretchy") != "false"
        and "\\boldsymbol" not in left.tex + right.tex
    )


def base(node: Node) -> str:
    """LaTeX that a script can be put to."""
    return node.tex if node.atom or ATOM.fullmatch(node.tex) else f"{{{node.tex}}}"
