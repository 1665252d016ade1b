r"""Tokens of MathML (identifiers, numbers, operators, text, spaces) as LaTeX."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

from curation.extract._mathml_tree import Node
from curation.extract._symbols import COMBINING, LATEX, RUN, in_font, scripts

FUNCTIONS = frozenset(
    "arccos arcsin arctan arg cos cosh cot coth csc deg det dim exp gcd hom inf ker lg lim liminf limsup ln log max min Pr sec sin"
    " sinh sup tan tanh injlim projlim".split()
)
LIMITS = frozenset("det gcd inf injlim lim liminf limsup max min Pr projlim sup".split())
"""Functions under which LaTeX sets a subscript in displayed formulas."""
WORDS = frozenset(
    "adj arccot arccsc arcctg arcosh arcsec arctg argmax argmin arsinh artanh Ass Aut ch char cl codim coker colim Coker cosec cotg Cov"
    " csch ctg curl diag diam dist div dom Div End erf erfc Ext Fix Gal grad Hom id Ind int Int Inn irr Irr lcm Lie Li mult"
    " nullity ord Ord Out Pic Proj proj Rad rad ran rank Re Im Res res rk rot sech sgn sh sign sinc Spec span Span spec Stab supp Supp"
    " Sym tg th Tor Tr tr trace Var vol Vol wt".split()
)
"""Operators that LaTeX has no command for, printed with the space of one."""
SPELLED = {
    "lim sup": r"\limsup",
    "lim inf": r"\liminf",
    "inj lim": r"\injlim",
    "proj lim": r"\projlim",
    "mod": r"\bmod",
}
OPERATORS = {
    "...": r"\ldots", "…": r"\ldots", "||": r"\|", "*": "*", "^": r"\wedge", "ˆ": r"\wedge",
    "|": "|", "`": "`", "∣": "|", "∥": r"\|",
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
PIECE = re.compile(rf"{RUN.pattern}|.", re.S)
MARKED = re.compile("[\u0300-\u036f\u20d0-\u20ff]")
NOT = {"=": r"\neq", r"\in": r"\notin", r"\exists": r"\nexists", "|": r"\nmid"}
BLACKBOARD = re.compile("-(?:bf)?bb|-ds")
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
    """Pieces of LaTeX one after the other, a blank between a command and the letter or digit after it."""
    out: list[str] = []
    command = False
    for part in parts:
        if not part:
            continue
        if command and part[0].isalnum():
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
    if MARKED.search(text):
        return join([_marked(piece) for piece in re.findall(r".[\u0300-\u036f\u20d0-\u20ff]*", text, re.S)])
    if RUN.search(text):
        return join([scripts(piece) if RUN.match(piece) else LATEX.get(piece, piece) for piece in PIECE.findall(text)])
    return join([LATEX.get(char, char) for char in text])


def _marked(text: str) -> str:
    """A character with its accents, or struck through."""
    tex = LATEX.get(text[0], text[0])
    for mark in text[1:]:
        if mark == "\u0338":
            tex = NOT.get(tex, rf"\not {tex}" if tex[:1].isalpha() else rf"\not{tex}")
        else:
            tex = rf"\{COMBINING[mark]}{{{tex}}}" if mark in COMBINING else tex + mark
    return tex


def in_text(text: str, variant: str = "") -> str:
    r"""Words in `\text{...}`; blanks alone as `\ `, one mathematical character as itself."""
    text = re.sub(r"\s+", " ", text)
    if not (plain := text.translate(TEXT_ESCAPES)).strip():
        return r"\ " if plain else ""
    char = text.strip()
    if len(char) == 1 and not char.isalnum() and char not in "^~" and LATEX.get(char, char).startswith(("\\", "{")):
        return LATEX[char]
    if (
        variant not in TEXT_FONTS
        and variant in VARIANTS
        and variant != "normal"
        and len(plain) == 1
        and plain.isalpha()
    ):
        return in_font(VARIANTS[variant], plain)
    return f"{TEXT_FONTS.get(variant, chr(92) + 'text')}{{{plain}}}"


def mi(node: Node, text: str) -> None:
    variant = _variant(node)
    if name := function(text):
        node.tex, node.op = name, text.replace(" ", "")
        return
    tex = symbols(
        text if text.isascii() or len(text) > 1 else unicodedata.normalize("NFD", text) if text < "\u2000" else text
    )
    if len(text) == 1:
        font = VARIANTS.get(variant, "")
        if font == r"\mathit" or (font == r"\mathrm" and not text.isascii()):
            font = ""
        node.tex = in_font(font, tex) if (font and text.isalpha()) or font == r"\mathbf" else tex
        return
    if not text.isalpha():
        node.tex = (
            in_font(VARIANTS.get(variant, ""), tex)
            if text.isalnum() and variant not in ("", "normal", "italic")
            else tex
        )
        return
    node.tex = in_font(VARIANTS.get(variant, r"\mathrm"), tex) if text.isascii() or variant else tex
    if not variant and text in WORDS:
        node.tex = rf"\operatorname{{{text}}}"
    elif variant in ("", "normal"):
        node.word = tex


def _variant(node: Node) -> str:
    """The style of an identifier, also where MathJax or LaTeXML tell it in attributes of their own."""
    given = node.get("data-mjx-variant")
    if BLACKBOARD.match(given):
        return "double-struck"
    if "ltx_font_mathcaligraphic" in node.get("class"):
        return "script"
    return given if given in VARIANTS else node.get("mathvariant") or node.variant


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
        letters = [r"\," if char.isspace() else LATEX.get(char, char) for char in text]
        node.tex = rf"\operatorname{{{join(letters)}}}"
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
