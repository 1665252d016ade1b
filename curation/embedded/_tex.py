"""The TeX that our pages use, as a tree, and the tree as MathML, as HTML with <sup> and <sub>, and as plain Unicode.

Small on purpose: what the banks and the problem families write, no macros, no environments but matrices and cases. An unknown command is
an error (KeyError), so that a test over all banks finds it; pages of the crawl never hold a formula that this cannot read.
"""

from __future__ import annotations

import functools
import html
import re
from typing import NamedTuple


class Node(NamedTuple):
    """kind: i(dentifier), n(umber), o(perator), text, row, frac, binom, sqrt, root, sup, sub,
    subsup, over, boxed, matrix, fence, space."""

    kind: str
    text: str = ""
    parts: tuple[Node, ...] = ()


GREEK = {
    "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "epsilon": "ϵ", "varepsilon": "ε", "zeta": "ζ",
    "eta": "η", "theta": "θ", "kappa": "κ",
    "lambda": "λ", "mu": "μ", "nu": "ν", "xi": "ξ", "pi": "π", "rho": "ρ", "sigma": "σ", "tau": "τ", "phi": "ϕ",
    "varphi": "φ", "chi": "χ", "psi": "ψ",
    "omega": "ω", "Gamma": "Γ", "Delta": "Δ", "Theta": "Θ", "Lambda": "Λ", "Sigma": "Σ", "Phi": "Φ", "Psi": "Ψ",
    "Omega": "Ω", "infty": "∞", "ell": "ℓ",
    "emptyset": "∅", "varnothing": "∅", "iota": "ι", "upsilon": "υ", "vartheta": "ϑ", "Pi": "Π", "Xi": "Ξ", "aleph": "ℵ", "top": "⊤",
    "bot": "⊥",
}  # fmt: skip
SIGNS = {
    "cdot": "⋅", "times": "×", "div": "÷", "pm": "±", "le": "≤", "leq": "≤", "ge": "≥", "geq": "≥", "lt": "<",
    "gt": ">", "ne": "≠", "neq": "≠", "approx": "≈",
    "equiv": "≡", "to": "→", "rightarrow": "→", "mapsto": "↦", "implies": "⟹", "iff": "⟺", "in": "∈", "notin": "∉",
    "subset": "⊂", "subseteq": "⊆",
    "cup": "∪", "cap": "∩", "setminus": "∖", "mid": "∣", "nmid": "∤", "partial": "∂", "nabla": "∇", "forall": "∀",
    "exists": "∃", "dots": "…", "ldots": "…",
    "cdots": "⋯", "circ": "∘", "colon": ":", "perp": "⊥", "parallel": "∥", "cong": "≅", "sim": "∼", "oplus": "⊕",
    "otimes": "⊗", "ast": "∗", "prime": "′",
    "neg": "¬", "lnot": "¬", "land": "∧", "lor": "∨", "wedge": "∧", "vee": "∨", "Rightarrow": "⇒", "Leftarrow": "⇐",
    "Leftrightarrow": "⇔", "leftrightarrow": "↔", "leftarrow": "←", "longrightarrow": "⟶", "longmapsto": "⟼", "hookrightarrow": "↪",
    "supset": "⊃", "supseteq": "⊇", "subsetneq": "⊊", "ll": "≪", "gg": "≫", "propto": "∝", "simeq": "≃", "vdots": "⋮", "ddots": "⋱",
    "angle": "∠", "triangle": "△", "therefore": "∴", "star": "⋆", "bullet": "•", "mp": "∓", "vdash": "⊢", "ni": "∋", "square": "□",
    "{": "{", "}": "}", "|": "‖", "langle": "⟨", "rangle": "⟩", "lfloor": "⌊", "rfloor": "⌋", "lceil": "⌈",
    "rceil": "⌉", "%": "%",
}  # fmt: skip
BIG = {"sum": "∑", "prod": "∏", "int": "∫", "oint": "∮", "bigcup": "⋃", "bigcap": "⋂"}
NAMES = frozenset(
    "sin cos tan cot sec arcsin arccos arctan sinh cosh log ln exp lim max min sup inf det dim ker gcd "
    "lcm deg arg csc tanh coth sech limsup liminf Pr mod".split()
)
SPACES = {
    ",": "\u2009",
    ";": "\u2005",
    " ": " ",
    "!": "",
    "quad": "\u2003",
    "qquad": "\u2003\u2003",
    "displaystyle": "",
}
BLACKBOARD = {"R": "ℝ", "Z": "ℤ", "Q": "ℚ", "N": "ℕ", "C": "ℂ", "F": "𝔽", "P": "ℙ", "E": "𝔼"}
SCRIPT = {"L": "ℒ", "O": "𝒪", "F": "ℱ", "P": "𝒫", "A": "𝒜", "B": "ℬ"}
FENCES = {"pmatrix": "()", "bmatrix": "[]", "vmatrix": "||", "cases": "{", "matrix": "", "aligned": ""}
_ACCENTS = {"hat": "^", "widehat": "^", "vec": "→", "tilde": "~", "dot": "˙"}
NUMBERS, LETTERS = 0xE000, 0xE100
"""Private characters, 256 of each, that stand for a number and for a letter (`_math.formula`)."""
_TOKEN = re.compile(r"\\[A-Za-z]+|\\.|\d+(?:\.\d+)?|[^\s]")


@functools.lru_cache(maxsize=1024)
def parse(tex: str) -> Node:
    """The tree of a formula. KeyError for an unknown command, IndexError or ValueError for broken nesting."""
    tokens = _TOKEN.findall(tex)
    node, rest = _row(tokens, ())
    if rest:
        raise ValueError(f"unexpected {rest[0]!r} in {tex!r}")
    return node


def _row(tokens: list[str], stop: tuple[str, ...]) -> tuple[Node, list[str]]:
    parts: list[Node] = []
    while tokens and tokens[0] not in stop:
        node, tokens = _scripts(tokens)
        parts.append(node)
    return (parts[0] if len(parts) == 1 else Node("row", "", tuple(parts))), tokens


def _scripts(tokens: list[str]) -> tuple[Node, list[str]]:
    base, tokens = _atom(tokens)
    found: dict[str, Node] = {}
    while tokens and tokens[0] in ("^", "_", "'"):
        mark, tokens = tokens[0], tokens[1:]
        if mark == "'":
            count = 1
            while tokens and tokens[0] == "'":
                count, tokens = count + 1, tokens[1:]
            found["^"] = Node("o", "′" * count)
        else:
            found[mark], tokens = _atom(tokens)
    if len(found) == 2:
        return Node("subsup", "", (base, found["_"], found["^"])), tokens
    if found:
        ((mark, script),) = found.items()
        return Node("sup" if mark == "^" else "sub", "", (base, script)), tokens
    return base, tokens


def _atom(tokens: list[str]) -> tuple[Node, list[str]]:
    token, tokens = tokens[0], tokens[1:]
    if token == "{":
        node, tokens = _row(tokens, ("}",))
        return node, tokens[1:] if tokens[0] == "}" else tokens
    if token[0] == "\\":
        return _command(token[1:], tokens)
    if token[0].isdigit() or NUMBERS <= ord(token[0]) < LETTERS:
        return Node("n", token), tokens
    if token.isalpha() or LETTERS <= ord(token) < LETTERS + 256:
        return Node("i", token), tokens
    return Node("o", {"-": "−", "*": "∗"}.get(token, token)), tokens


def _command(name: str, tokens: list[str]) -> tuple[Node, list[str]]:
    if name in ("frac", "dfrac", "tfrac", "binom"):
        top, tokens = _atom(tokens)
        bottom, tokens = _atom(tokens)
        return Node("binom" if name == "binom" else "frac", "", (top, bottom)), tokens
    if name == "sqrt":
        if tokens[0] == "[":
            degree, tokens = _row(tokens[1:], ("]",))
            inner, tokens = _atom(tokens[1:])
            return Node("root", "", (inner, degree)), tokens
        inner, tokens = _atom(tokens)
        return Node("sqrt", "", (inner,)), tokens
    if name == "boxed":
        inner, tokens = _atom(tokens)
        return Node("boxed", "", (inner,)), tokens
    if name in ("overline", "bar", "hat", "vec", "tilde", "dot", "widehat"):
        inner, tokens = _atom(tokens)
        return Node("over", _ACCENTS.get(name, "¯"), (inner,)), tokens
    if name in ("mathbb", "mathcal", "mathrm", "operatorname", "text", "mathbf"):
        word, tokens = _word(tokens)
        table = {"mathbb": BLACKBOARD, "mathcal": SCRIPT}.get(name, {})
        return Node("text" if name == "text" else "i", table.get(word, word)), tokens
    if name == "pmod":
        inner, tokens = _atom(tokens)
        return Node(
            "row",
            "",
            (Node("space", "\u2003"), Node("o", "("), Node("i", "mod"), Node("space", " "), inner, Node("o", ")")),
        ), tokens
    if name == "bmod":
        return Node("i", "mod"), tokens
    if name == "left":
        opening, tokens = tokens[0], tokens[1:]
        inner, tokens = _row(tokens, ("\\right",))
        return Node("fence", _fence(opening) + _fence(tokens[1]), (inner,)), tokens[2:]
    if name == "begin":
        return _matrix(tokens)
    if name in SPACES:
        return Node("space", SPACES[name]), tokens
    if name in GREEK or name in NAMES:
        return Node("i", GREEK.get(name, name)), tokens
    return Node("o", BIG[name] if name in BIG else SIGNS[name]), tokens


def _fence(token: str) -> str:
    return "" if token == "." else SIGNS[token[1:]] if token[0] == "\\" else token


def _word(tokens: list[str]) -> tuple[str, list[str]]:
    end = tokens.index("}")
    return " ".join(_words(tokens[1:end])), tokens[end + 1 :]


def _words(tokens: list[str]) -> list[str]:
    """Letters put together again; `~` and `\\ ` stand for spaces inside \\text."""
    return "".join(" " if t in ("~", "\\ ") else t for t in tokens).split(" ")


def _matrix(tokens: list[str]) -> tuple[Node, list[str]]:
    name, tokens = _word(tokens)
    rows: list[Node] = []
    cells: list[Node] = []
    while True:
        cell, tokens = _row(tokens, ("&", "\\\\", "\\end"))
        cells.append(cell)
        mark, tokens = tokens[0], tokens[1:]
        if mark != "&":
            rows.append(Node("row", "", tuple(cells)))
            cells = []
        if mark == "\\end":
            return Node("matrix", FENCES[name], tuple(rows)), _word(tokens)[1]


# ---- MathML -----------------------------------------------------------------------------------------------------------------

_TAGS = {"i": "mi", "n": "mn", "o": "mo", "text": "mtext"}
_LIMITS = frozenset("∑∏⋃⋂")


def mathml(node: Node) -> str:
    """The content of a <math> element."""
    kind, text, parts = node
    if kind in _TAGS:
        return f"<{_TAGS[kind]}>{html.escape(text, quote=False)}</{_TAGS[kind]}>"
    inner = [mathml(part) for part in parts]
    if kind in ("frac", "sqrt", "root", "sup", "sub", "subsup"):
        tag = {"frac": "mfrac", "sqrt": "msqrt", "root": "mroot", "sup": "msup", "sub": "msub", "subsup": "msubsup"}[
            kind
        ]
        if parts[0].text in _LIMITS or parts[0].text in ("lim", "max", "min"):
            tag = {"msup": "mover", "msub": "munder", "msubsup": "munderover"}.get(tag, tag)
        return f"<{tag}>{''.join(inner)}</{tag}>"
    return _mathml_rest(kind, text, inner, parts)


def _mathml_rest(kind: str, text: str, inner: list[str], parts: tuple[Node, ...]) -> str:
    if kind == "row":
        return f"<mrow>{''.join(inner)}</mrow>"
    if kind == "space":
        return f'<mspace width="{len(text)}em"/>' if text else ""
    if kind == "boxed":
        return f'<menclose notation="box">{inner[0]}</menclose>'
    if kind == "over":
        return f'<mover accent="true">{inner[0]}<mo>{text}</mo></mover>'
    if kind == "binom":
        return f'<mrow><mo>(</mo><mfrac linethickness="0">{inner[0]}{inner[1]}</mfrac><mo>)</mo></mrow>'
    if kind == "fence":
        opening, closing = (text[:1], text[1:]) if len(text) == 2 else (text, "")
        return f"<mrow><mo>{opening}</mo>{inner[0]}{f'<mo>{closing}</mo>' if closing else ''}</mrow>"
    rows = "".join(f"<mtr>{''.join(f'<mtd>{mathml(cell)}</mtd>' for cell in row.parts)}</mtr>" for row in parts)
    opening, closing = f"<mo>{text[0]}</mo>" if text else "", f"<mo>{text[1]}</mo>" if len(text) > 1 else ""
    return f"<mrow>{opening}<mtable>{rows}</mtable>{closing}</mrow>"


# ---- HTML with <sup> and <sub>, and Unicode ---------------------------------------------------------------------------------

_SUPERSCRIPTS = str.maketrans("0123456789+−n()i", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻ⁿ⁽⁾ⁱ")
_SUBSCRIPTS = str.maketrans("0123456789+−n()ijk", "₀₁₂₃₄₅₆₇₈₉₊₋ₙ₍₎ᵢⱼₖ")
_SPACED = frozenset("=<>≤≥≠≈≡→↦⟹⟺∈∉⊂⊆∪∩+−×÷±∣")


def supsub(node: Node) -> str | None:
    """HTML with italics, <sup> and <sub>; None for what that cannot say (matrices, binomials, roots of sums)."""
    return _linear(node, markup=True)


def plain(node: Node) -> str | None:
    """One line of Unicode, with superscript and subscript characters where all of them exist; None for matrices and the like."""
    return _linear(node, markup=False)


def _linear(node: Node, *, markup: bool) -> str | None:
    kind, text, parts = node
    if kind in ("i", "text"):
        return (
            f"<i>{text}</i>"
            if markup and len(text) == 1 and kind == "i" and (text.isascii() or text >= chr(LETTERS))
            else text
        )
    if kind in ("n", "space"):
        return text
    if kind == "o":
        return html.escape(text) if markup else text
    inner = [_linear(part, markup=markup) for part in parts]
    if any(x is None for x in inner) or kind in ("matrix", "binom", "over", "root"):
        return None
    got = [x for x in inner if x is not None]
    if kind == "row":
        return _spaced(parts, got)
    if kind == "boxed":
        return got[0]
    if kind == "fence":
        return f"{text[:1]}{got[0]}{text[1:]}"
    if kind == "frac":
        return f"{_grouped(parts[0], got[0])}/{_grouped(parts[1], got[1])}"
    if kind == "sqrt":
        return f"√{got[0]}" if parts[0].kind in ("i", "n") else f"√({got[0]})"
    return _scripted(kind, parts, got, markup)


def _spaced(parts: tuple[Node, ...], got: list[str]) -> str:
    out = ""
    for i, (part, text) in enumerate(zip(parts, got, strict=True)):
        binary = (
            part.kind == "o"
            and part.text in _SPACED
            and i > 0
            and (parts[i - 1].kind != "o" or parts[i - 1].text in ")]|!…′")
        )
        named = part.kind == "i" and len(part.text) > 1 and part.text in NAMES
        out += f" {text} " if binary else f"{text} " if named or text == "," else text
    return out.strip()


def _grouped(node: Node, text: str) -> str:
    return text if node.kind in ("i", "n", "sup", "sqrt", "fence") else f"({text})"


def _scripted(kind: str, parts: tuple[Node, ...], got: list[str], markup: bool) -> str | None:
    low = got[1] if kind in ("sub", "subsup") else ""
    high = got[-1] if kind in ("sup", "subsup") else ""
    base = got[0]
    if markup:
        prime = high if high and set(high) == {"′"} else f"<sup>{high}</sup>" if high else ""
        return f"{base}{f'<sub>{low}</sub>' if low else ''}{prime}"
    below, above = low.replace(" ", "").translate(_SUBSCRIPTS), high.replace(" ", "").translate(_SUPERSCRIPTS)
    if low and any(ch in low for ch in below):
        below = f"_{low}" if len(low) == 1 else f"_({low})"
    if high and set(high) != {"′"} and any(ch in high for ch in above):
        above = f"^{high}" if len(high) == 1 else f"^({high})"
    return f"{base}{below}{above}"
