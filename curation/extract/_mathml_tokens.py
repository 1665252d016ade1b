r"""Tokens of MathML (identifiers, numbers, operators, text, spaces) as LaTeX."""

from __future__ import annotations

import re
from collections.abc import Callable

from curation.extract._mathml_tree import Node
from curation.extract._symbols import LATEX, SUPERSCRIPT, in_font, scripts

FUNCTIONS = frozenset(
    "arccos arcsin arctan arg cos cosh cot coth csc deg det dim exp gcd hom inf ker lg lim liminf limsup ln log max min Pr sec sin"
    " sinh sup tan tanh injlim projlim".split()
)
LIMITS = frozenset("det gcd inf injlim lim liminf limsup max min Pr projlim sup".split())
"""Functions under which LaTeX sets a subscript in displayed formulas."""
SPELLED = {
    "lim sup": r"\limsup",
    "lim inf": r"\liminf",
    "inj lim": r"\injlim",
    "proj lim": r"\projlim",
    "mod": r"\bmod",
}
OPERATORS = {
    "...": r"\ldots", "…": r"\ldots", "<=": r"\leq", ">=": r"\geq", "!=": r"\neq", "->": r"\to", "||": r"\|", "*": "*", "^": r"\hat{}",
    "=>": r"\Rightarrow", "<=>": r"\Leftrightarrow", "-->": r"\longrightarrow", "|": "|", "`": "`", "∣": "|", "∥": r"\|", "ˆ": r"\hat{}",
    "ϕ": r"\phi", "ℏ": r"\hbar", "⁡": "", "∖": r"\setminus", "´": r"\acute{}", "˜": r"\tilde{}", "¯": r"\bar{}", "˙": r"\dot{}",
    "¨": r"\ddot{}",
}  # fmt: skip
VARIANTS = {
    "bold": r"\mathbf", "italic": r"\mathit", "bold-italic": r"\boldsymbol", "double-struck": r"\mathbb", "script": r"\mathcal",
    "bold-script": r"\boldsymbol\mathcal", "fraktur": r"\mathfrak", "bold-fraktur": r"\boldsymbol\mathfrak", "normal": r"\mathrm",
    "sans-serif": r"\mathsf", "bold-sans-serif": r"\boldsymbol\mathsf", "sans-serif-italic": r"\mathsf", "monospace": r"\mathtt",
    "sans-serif-bold-italic": r"\boldsymbol\mathsf", "-tex-calligraphic": r"\mathcal", "-tex-bold-calligraphic": r"\boldsymbol\mathcal",
    "-tex-mathit": r"\mathit",
}  # fmt: skip
TEXT_FONTS = {
    "bold": r"\textbf", "italic": r"\textit", "monospace": r"\texttt", "sans-serif": r"\textsf", "bold-italic": r"\textbf",
}  # fmt: skip
TEXT_SPECIAL = {char: "\\" + char for char in "{}$&#%_"} | {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
}
TEXT_ESCAPES = str.maketrans(
    TEXT_SPECIAL | dict.fromkeys("\u200b\u2060\u2061\u2062\u2063\u2064\ufeff\u00ad", "") | {"\u00a0": " "}
)
WIDTH = re.compile(r"([+-]?[\d.]+)\s*(em|ex|px|pt|mu|cm|mm|in)?$")
EMS = {"em": 1.0, "ex": 0.43, "px": 0.0625, "pt": 0.1, "mu": 1 / 18, "cm": 2.8, "mm": 0.28, "in": 7.2, None: 1.0}
NAMED_WIDTHS = {
    "thickmathspace": r"\;", "mediummathspace": r"\:", "thinmathspace": r"\,", "verythickmathspace": r"\;",
    "veryverythickmathspace": r"\;", "verythinmathspace": r"\,", "veryverythinmathspace": "", "negativethinmathspace": r"\!",
}  # fmt: skip


def join(parts: list[str]) -> str:
    """Pieces of LaTeX one after the other, a blank only where a command would swallow a letter."""
    out: list[str] = []
    command = False
    for part in parts:
        if not part:
            continue
        if command and part[0].isalpha():
            out.append(" ")
        out.append(part)
        command = ends_in_command(part)
    return "".join(out)


def ends_in_command(tex: str) -> bool:
    """Whether a letter put behind the LaTeX would change its last command."""
    if not tex[-1].isalpha():
        return False
    start = tex.rfind("\\")
    return start >= 0 and tex[start + 1 :].isalpha()


def symbols(text: str) -> str:
    """Characters in math mode."""
    if len(text) == 1:
        return LATEX.get(text, text)
    if text.isascii() and text.isalnum():
        return text
    if any(char in SUPERSCRIPT for char in text):
        text = scripts(text)
        return re.sub(r"[^\x00-\x7f]", lambda char: LATEX.get(char[0], char[0]), text)
    return join([LATEX.get(char, char) for char in text])


def in_text(text: str, variant: str = "") -> str:
    r"""Words in `\text{...}`; blanks alone as `\ `, one mathematical character as itself."""
    text = re.sub(r"\s+", " ", text)
    if not (plain := text.translate(TEXT_ESCAPES)).strip():
        return r"\ " if plain else ""
    char = text.strip()
    if len(char) == 1 and not char.isalnum() and char not in "^~" and LATEX.get(char, char).lstrip("\\") != char:
        return LATEX[char]
    return f"{TEXT_FONTS.get(variant, chr(92) + 'text')}{{{plain}}}"


def mi(node: Node, text: str) -> None:
    variant = node.get("data-mjx-variant") or node.get("mathvariant") or node.variant
    if name := function(text):
        node.tex, node.op = name, text.replace(" ", "")
        return
    tex = symbols(text)
    if len(text) == 1:
        font = VARIANTS.get(variant, "")
        if font == r"\mathit" or (font == r"\mathrm" and not text.isascii()):
            font = ""
        node.tex = in_font(font, tex) if font and text.isalpha() or font == r"\mathbf" else tex
        return
    if not text.isalpha():
        node.tex = (
            in_font(VARIANTS.get(variant, ""), tex)
            if text.isalnum() and variant not in ("", "normal", "italic")
            else tex
        )
        return
    node.tex = in_font(VARIANTS.get(variant, r"\mathrm"), tex) if text.isascii() or variant else tex
    if variant in ("", "normal"):
        node.word = tex


def function(text: str) -> str:
    r"""`\sin` for `sin`, empty for other words."""
    if text in FUNCTIONS:
        return "\\" + text
    return SPELLED.get(" ".join(text.split()), "")


def mn(node: Node, text: str) -> None:
    variant = node.get("mathvariant") or node.variant
    tex = symbols(text)
    node.tex = in_font(VARIANTS[variant], tex) if variant in VARIANTS and variant not in ("normal", "italic") else tex


def mo(node: Node, text: str) -> None:
    node.op = text
    if text in OPERATORS:
        node.tex = OPERATORS[text]
    elif name := function(text):
        node.tex, node.op = name, text.replace(" ", "")
    elif len(text) > 1 and any(char.isalpha() and char.isascii() for char in text):
        node.tex = rf"\operatorname{{{join([LATEX.get(char, char) for char in text])}}}"
    else:
        node.tex = symbols(text)
    variant = node.get("mathvariant") or node.variant
    if node.tex and variant.startswith("bold"):
        node.tex = in_font(r"\boldsymbol", node.tex)


def mtext(node: Node, text: str) -> None:
    node.tex = in_text(node.text, node.get("mathvariant") or node.variant)


def ms(node: Node, text: str) -> None:
    left, right = node.get("lquote") or '"', node.get("rquote") or '"'
    node.tex = in_text(left + node.text + right)


def stray(node: Node, text: str) -> None:
    """Text where none should stand: short words as variables, longer ones as words."""
    pieces = re.findall(r"[^\W\d_]{3,}|\d[\d.]*|\S", text)
    node.tex = join(
        [
            function(piece) or (in_text(piece) if piece.isalpha() and len(piece) > 2 else symbols(piece))
            for piece in pieces
        ]
    )


def mspace(node: Node, text: str) -> None:
    width = node.get("width")
    if node.get("linebreak") == "newline":
        node.tex = r"\\ "
    elif width in NAMED_WIDTHS:
        node.tex = NAMED_WIDTHS[width]
    elif size := WIDTH.match(width):
        node.tex = space(float(size[1]) * EMS[size[2]] if size[1].strip("+-.").replace(".", "", 1).isdigit() else 0.0)


def space(ems: float) -> str:
    """The LaTeX space next to a width."""
    if ems < -0.1:
        return r"\!"
    bounds = ((1.5, r"\qquad"), (0.7, r"\quad"), (0.26, r"\;"), (0.2, r"\:"), (0.1, r"\,"))
    return next((command for least, command in bounds if ems >= least), "")


def mglyph(node: Node, text: str) -> None:
    node.tex = in_text(node.get("alt"))


HANDLERS: dict[str, Callable[[Node, str], None]] = {
    "mi": mi, "mn": mn, "mo": mo, "mtext": mtext, "ms": ms, "stray": stray, "mspace": mspace, "mglyph": mglyph,
}  # fmt: skip
