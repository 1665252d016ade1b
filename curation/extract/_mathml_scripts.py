r"""Scripts of MathML: indices, powers, primes, limits, accents, braces and arrows with text."""

from __future__ import annotations

from collections.abc import Callable

from curation.extract._mathml_rows import BARS, CLOSE, DEGREE, PRIMES, base
from curation.extract._mathml_tokens import LIMITS, join
from curation.extract._mathml_tree import Node

BIG = frozenset("∑∏∐⋃⋂⨁⨂⨀⋁⋀⨄⨆⨅⨃⅀")
INTEGRALS = frozenset("∫∬∭⨌∮∯∰⨍⨏⨖")
OVER = {
    "^": "hat", "ˆ": "hat", "̂": "hat", "¯": "bar", "‾": "overline", "̅": "overline", "̄": "bar", "ˉ": "bar", "―": "overline",
    "_": "overline", "~": "tilde", "˜": "tilde", "̃": "tilde", "∼": "tilde", "˙": "dot", "̇": "dot", "¨": "ddot", "̈": "ddot",
    "⃛": "dddot", "⃜": "ddddot", "…": "dddot", "ˇ": "check", "̌": "check", "˘": "breve", "̆": "breve", "´": "acute", "́": "acute",
    "`": "grave", "̀": "grave", "˚": "mathring", "̊": "mathring", "→": "vec", "⃗": "vec", "⇀": "overrightharpoon", "←": "overleftarrow",
    "⃖": "overleftarrow", "↔": "overleftrightarrow", "⃡": "overleftrightarrow", "⏞": "overbrace", "︷": "overbrace", "⏜": "overparen",
    "⎴": "overbracket", "⌢": "overparen", "⌒": "overparen", "⏠": "overbracket",
}  # fmt: skip
UNDER = {
    "_": "underline", "̲": "underline", "¯": "underline", "‾": "underline", "―": "underline", "̱": "underline", "⏟": "underbrace",
    "︸": "underbrace", "⏝": "underparen", "⎵": "underbracket", "→": "underrightarrow", "←": "underleftarrow", "↔": "underleftrightarrow",
}  # fmt: skip
WITH_ATTRIBUTE = {
    "-": "bar",
    "−": "bar",
    "–": "bar",
    ".": "dot",
    "..": "ddot",
    "...": "dddot",
    "′": "acute",
    "°": "mathring",
    "⋅": "dot",
}
"""Marks that are accents only where the markup says so."""
WIDE = {"hat": "widehat", "tilde": "widetilde", "bar": "overline", "vec": "overrightarrow"}
MARKS = frozenset("⏞⏟⎴⎵⏜⏝¯‾―")
"""What is never the limit of an operator."""
VARIED = {
    ("―", True): r"\varliminf",
    ("―", False): r"\varlimsup",
    ("→", True): r"\varinjlim",
    ("←", True): r"\varprojlim",
}
VARIED |= {(bar, low): VARIED["―", low] for bar in "¯‾_" for low in (True, False)}
BRACES = frozenset("⏞⏟⎴⎵⏜⏝")
ARROWS = {
    "→": "xrightarrow", "⟶": "xrightarrow", "←": "xleftarrow", "⟵": "xleftarrow", "↔": "xleftrightarrow", "⇒": "xRightarrow",
    "⇐": "xLeftarrow", "⇔": "xLeftrightarrow", "↦": "xmapsto", "↪": "xhookrightarrow", "↩": "xhookleftarrow", "⇌": "xrightleftharpoons",
    "⇋": "xleftrightharpoons", "↠": "xtwoheadrightarrow", "⟹": "xRightarrow", "⟸": "xLeftarrow", "⟺": "xLeftrightarrow",
    "↼": "xleftharpoonup",
    "⇀": "xrightharpoonup", "↽": "xleftharpoondown", "⇁": "xrightharpoondown", "⟷": "xleftrightarrow", "⟼": "xmapsto", "⇄": "xtofrom",
}  # fmt: skip


def put(node: Node, of: Node, sub: str, sup: str) -> None:
    """Index and power to a base. Primes stand as `'`, and before an index where the base has them."""
    of_tex = of.tex if of.primed and not sup else base(of)
    raised = PRIMES.match(sup)
    primes = ""
    if raised:
        primes, sup = "'" * raised[0].count("\\"), sup[raised.end() :].lstrip(" ")
    sup = r"\circ" if sup == DEGREE else sup
    low, high = f"_{{{sub}}}" if sub else "", f"^{{{sup}}}" if sup else ""
    node.tex = (of_tex or "{}") + (primes + low if of.primed or not low else low + primes) + high
    if of.tag == "hollow":
        node.tag = "attached"
    node.primed = bool(primes) and not (low or high)
    node.tall = of.tall
    if (of.op in CLOSE or of.op in BARS) and of.tag == "mo":
        node.op, node.text = of.op, of.tex


def msub(node: Node) -> None:
    put(node, node.kids[0], node.kids[1].tex, "")


def msup(node: Node) -> None:
    put(node, node.kids[0], "", node.kids[1].tex)


def msubsup(node: Node) -> None:
    put(node, node.kids[0], node.kids[1].tex, node.kids[2].tex)


def munder(node: Node) -> None:
    under_over(node, node.kids[0], node.kids[1], None)


def mover(node: Node) -> None:
    under_over(node, node.kids[0], None, node.kids[1])


def munderover(node: Node) -> None:
    under_over(node, *node.kids)


def under_over(node: Node, of: Node, under: Node | None, over: Node | None) -> None:
    """Limits of operators, else accents, braces, arrows with text, and whatever stands above or below."""
    low, high = under.tex if under else "", over.tex if over else ""
    node.tall = True
    mark = over or under
    if of.tex == r"\lim" and mark and (name := VARIED.get((mark.op, over is None))):
        node.tex = name
    elif (operator := _operator(of)) and not (mark and mark.tag == "mo" and mark.op in MARKS):
        node.tex = operator + (f"_{{{low}}}" if low else "") + (f"^{{{high}}}" if high else "")
    elif of.op in BRACES and (over or of.op not in "⏞⎴⏜") and (under or of.op not in "⏟⎵⏝"):
        node.tex = of.tex + (f"_{{{low}}}" if low else "") + (f"^{{{high}}}" if high else "")
    elif of.tag == "mo" and of.op in ARROWS and _stretches(of, under, over):
        node.tex = f"\\{ARROWS[of.op]}" + (f"[{{{low}}}]" if "]" in low else f"[{low}]" if low else "") + f"{{{high}}}"
    else:
        _stack(node, of, under, over)


def _stretches(arrow: Node, *texts: Node | None) -> bool:
    """Whether an arrow is as long as the text that it carries, for which tools pad the text."""
    stretchy = arrow.get("stretchy")
    if stretchy in ("true", "false"):
        return stretchy == "true"
    return any(text is not None and (text.word == "padded" or len(text.tex) > 1) for text in texts)


def _operator(of: Node) -> str:
    if of.tag in ("mo", "mi"):
        if of.op in BIG or of.op in LIMITS:
            return of.tex
        if of.op in INTEGRALS:
            return of.tex + r"\limits"
        if of.word:
            return of.tex.replace(r"\mathrm", r"\operatorname*", 1)
        if of.tex.startswith(r"\operatorname{"):
            return of.tex.replace(r"\operatorname", r"\operatorname*", 1)
    return ""


def _stack(node: Node, of: Node, under: Node | None, over: Node | None) -> None:
    tex, node.tall, node.atom = of.tex, of.tall, True
    for mark, accents, command in ((under, UNDER, "underset"), (over, OVER, "overset")):
        if mark is None or not mark.tex:
            continue
        if name := _accent(node, mark, of, accents):
            tex, node.op = f"\\{name}{{{tex}}}", mark.op if mark.op in BRACES else ""
        else:
            tex, node.tall = f"\\{command}{{{mark.tex}}}{{{tex}}}", True
    node.tex = tex
    if not tex.startswith("\\"):
        node.atom = False


def _accent(node: Node, mark: Node, of: Node, accents: dict[str, str]) -> str:
    """The command of an accent, wide if it stretches over more than a letter."""
    if mark.tag not in ("mo", "mi", "mtext", "mn"):
        return ""
    char = mark.op or mark.text.strip()
    name = accents.get(char, "")
    if not name and accents is OVER and node.get("accent") == "true":
        name = WITH_ATTRIBUTE.get(char, "")
    if (
        name in WIDE
        and mark.get("stretchy") != "false"
        and (mark.get("stretchy") == "true" or (len(of.tex) > 1 and of.tag == "mrow"))
    ):
        return WIDE[name]
    return name


def mmultiscripts(node: Node) -> None:
    """Pairs of index and power behind the base, and after `mprescripts` before it."""
    kids = [kid for kid in node.kids if kid.tag != "stray" or kid.tex]
    split = next((at for at, kid in enumerate(kids) if kid.tag == "mprescripts"), len(kids))
    of = kids[0] if split else Node("mrow")
    before = [_pair("{}", kids[at : at + 2]) for at in range(split + 1, len(kids), 2)]
    pairs = [kids[at : at + 2] for at in range(1, split, 2)]
    behind = [_pair(base(of) if at == 0 else "{}", pair) for at, pair in enumerate(pairs)] or [base(of)]
    node.tex, node.tall = join(before + behind), of.tall


def _pair(of: str, pair: list[Node]) -> str:
    scripts = [kid.tex for kid in pair]
    return of + "".join(f"{mark}{{{tex}}}" for mark, tex in zip("_^", scripts, strict=False) if tex)


HANDLERS: dict[str, tuple[int, Callable[[Node], None]]] = {
    "msub": (2, msub), "msup": (2, msup), "msubsup": (3, msubsup), "munder": (2, munder), "mover": (2, mover),
    "munderover": (3, munderover), "mmultiscripts": (0, mmultiscripts),
}  # fmt: skip
"""Element to the number of its children (0: any) and what makes LaTeX of them."""
