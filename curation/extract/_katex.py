r"""LaTeX of formulas of which a page kept only what KaTeX drew (`.katex-html`): no source, no MathML.

KaTeX draws with nested spans, whose classes name what they are and whose offsets say where they stand. From these the MathML is
built that KaTeX would have written, and converted like any other. Rows of a list stand in the order of drawing, so what is above
and below is read from their baselines: `top` plus the height of the strut in them. Classes are those of KaTeX 0.10 to 0.19.

What is not understood makes the whole formula None, for half a formula is worse than none. Left out: sizes, colours, thin spaces,
which KaTeX sets itself between signs.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from functools import lru_cache
from html import escape
from typing import NamedTuple

from curation.extract._markup import Element, UnknownError, parse
from curation.extract._mathml import to_latex

SKIPPED = frozenset(
    """strut pstrut vlist-s nulldelimiter frac-line arraycolsep hline hdashline katex-mathml tag fix eqn-num rule
    overline-line underline-line clap-fix""".split()
)
FONTS = {
    "mathbb": "double-struck", "textbb": "double-struck", "mathcal": "script", "mathscr": "script", "textscr": "script",
    "mathfrak": "fraktur", "textfrak": "fraktur", "mathboldfrak": "bold-fraktur", "textboldfrak": "bold-fraktur",
    "mathbf": "bold", "textbf": "bold", "boldsymbol": "bold-italic", "mathrm": "normal", "textrm": "normal", "mainrm": "normal",
    "mathsf": "sans-serif", "textsf": "sans-serif", "mathtt": "monospace", "texttt": "monospace", "textit": "italic",
    "mathboldsf": "bold-sans-serif", "textboldsf": "bold-sans-serif", "mathitsf": "sans-serif-italic",
    "textitsf": "sans-serif-italic", "mathsfit": "sans-serif-italic",
}  # fmt: skip
OPERATORS = frozenset("mopen mclose mrel mbin mpunct minner".split())
PIECES = {
    "⎧⎨⎩": "{", "⎫⎬⎭": "}", "⎛⎝": "(", "⎞⎠": ")", "⎡⎣": "[", "⎤⎦": "]", "⎡": "⌈", "⎤": "⌉", "⎣": "⌊", "⎦": "⌋", "⎧⎩": "⟮",
    "⎫⎭": "⟯", "⎧⎭": "⎰", "⎩⎫": "⎱", "∣": "|", "↑↓": "↕", "⇑⇓": "⇕",
}  # fmt: skip
"""Tall delimiters by the pieces they are built of, in the order of their codes."""
SHAPES = (
    ("∥", re.compile("M145 15 .*M367 15")), ("|", re.compile("M145 15 ")), ("(", re.compile("M863,9c0")), (")", re.compile("M76,0c-16")),
    ("⌊", re.compile("M319 602 .*?h263")), ("⌋", re.compile("M319 602 ")), ("⌈", re.compile("M403 1759 .*?v602")),
    ("⌉", re.compile("M347 1759 .*?v602")), ("[", re.compile("M403 1759 ")), ("]", re.compile("M347 1759 ")),
)  # fmt: skip
"""Tall delimiters by the path they are drawn with."""
PATHS = {
    "M377 20c0": "⃗", "M529 0h5l519": "^", "M1181 0h2l1171": "^", "M529,159h5l5": "ˇ", "M1181,220h2l1171": "ˇ", "M200 55.538": "~",
    "M344 55.266": "~", "M786 59C457": "~", "M786 58C457": "~", "M0 241v40h399891": "→", "M400000 241H110l3": "←",
    "M399738 392l": "⇒", "M262 157 l10": "⇐", "M0 50 h400000": "=", "M400000 167 c-68": "↠", "M0 167c68": "↞",
    "M0 334c68": "↠", "M7 435c": "⇌", "M400000 80 H435C64": "⏠", "M400000 262 H435": "⏡", "M40 281 V448": "|",
    "M400000 281 H103": "⊂", "M399859 241c": "⊃",
}  # fmt: skip
"""Beginnings of the paths that KaTeX draws stretched signs with."""
PAIRS: dict[tuple[str, ...], str] = {
    ("←", "→"): "↔",
    ("⇐", "⇒"): "⇔",
    ("|", "→"): "↦",
    ("⊂", "→"): "↪",
    ("←", "⊃"): "↩",
}
SPLIT = re.compile(r"[0-9]+(?:\.[0-9]+)*|.", re.S)
SPLIT_FONT = re.compile(r"[0-9]+(?:\.[0-9]+)*|[^\W\d_]+|.", re.S)
SIGN = re.compile(r".\u0338?", re.S)
WORD = re.compile(r"[^\W\d_]+(?: [^\W\d_]+)*")
PREFIX = re.compile(r"^katex-(?!html|mathml|error|display)")
PREFIXED = re.compile(r"\bkatex-(?!html|mathml|error|display)")
"""Of classes since KaTeX 0.17."""
NO_WORD = frozenset(("vlist-t", "msupsub", "mathnormal"))
OPERATOR = re.compile(r"((?:<m\w+>)*<mo>)([^<])")
PRIVATE = dict(
    zip(
        "\ue006\ue007\ue00c\ue00d\ue00e\ue00f\ue010\ue011\ue016\ue017\ue018\ue019\ue01a\ue01b",
        "∤∦≨≩≱≱≰≰⊈⫋⊉⫌⊊⊋",
        strict=True,
    )
)
"""Signs without a code of their own in Unicode, which KaTeX's fonts have in the private area."""
IGNORED = frozenset("\u200b⏐‖⎜⎟⎢⎥⎪ \n")
FLAT = frozenset("base katex html katex-html katex-display display".split())
OFFSET = re.compile(r"(?:^|;|\s)top:\s*(-?[\d.]+)em")
HEIGHT = re.compile(r"height:\s*(-?[\d.]+)em")
SPACE = re.compile(r"(?:margin-right|width|margin-left):\s*(-?[\d.]+)em")
NOT, STROKE = "\ue020", "\ue020\ue020"
"""A stroke through the sign that follows, or that came before."""


class Row(NamedTuple):
    """A row of a list: how far its baseline stands below that of the list, in em; what is in it; its own element."""

    shift: float
    kids: list[Element | str]
    element: Element


@lru_cache(maxsize=4096)
def katex_to_latex(html: str) -> str | None:
    """LaTeX of the markup of one `.katex` element, without delimiters; None if it cannot be read back."""
    root = parse(html)
    if root is None:
        return None
    if PREFIXED.search(html):
        for element in root.walk():
            element.classes = [PREFIX.sub("", name) for name in element.classes]
    try:
        mathml = "".join(_Reader(italic="mathnormal" in html or "mathdefault" in html).items(root.kids))
    except UnknownError:
        return None
    return to_latex(f"<math>{mathml}</math>") if mathml else None


class _Reader:
    """Elements to MathML. `italic` says that letters of formulas have a class of their own, so that `mathit` means italics."""

    def __init__(self, *, italic: bool) -> None:
        self.italic = italic

    def group(self, kids: list[Element | str]) -> str:
        """One element of MathML for a row of them."""
        items = self.items(kids)
        return items[0] if len(items) == 1 else f"<mrow>{''.join(items)}</mrow>"

    def items(self, kids: list[Element | str], classes: Sequence[str] = ()) -> list[str]:
        """MathML of elements and of text of the given classes in a row. A stroke goes to the sign that follows it."""
        found: list[str] = []
        for kid in kids:
            if isinstance(kid, str):
                found += _characters(kid, classes, self.italic)
            elif kid.classes and "msupsub" in kid.classes:
                found.append(self.scripts(found.pop() if found else "<mrow></mrow>", kid))
            else:
                for item in self.element(kid):
                    if found and found[-1] == NOT:
                        found[-1] = _negated(item)
                    elif item == STROKE and found:
                        found[-1] = _negated(found[-1])
                    else:
                        found.append(item)
        return found

    def element(self, element: Element) -> list[str]:
        names = element.classes
        if not SKIPPED.isdisjoint(names) or "transparent" in element.attributes:
            return []
        for name in names:
            if (handler := HANDLERS.get(name)) is not None:
                return [made] if (made := handler(self, element)) else []
        if element.tag in ("svg", "img") or "katex-error" in names:
            raise UnknownError
        if "mop" in names and (word := _word(element)):
            return [f"<mi>{word}</mi>" if len(word) > 1 else f'<mi mathvariant="normal">{word}</mi>']
        if "llap" in names and element.text().strip("\u200b") == "/":
            return [STROKE]
        items = self.items(element.kids, names)
        if len(items) < 2 or not FLAT.isdisjoint(names):
            return items
        return [f"<mrow>{''.join(items)}</mrow>"]

    def rows(self, element: Element) -> list[Row]:
        """Rows of the list that an element is or has, from top to bottom."""
        lists = [element] if "vlist-t" in element.classes else [k for k in element.elements() if "vlist-t" in k.classes]
        if not lists or not (parts := lists[0].elements()) or not parts[0].elements():
            raise UnknownError
        rows = [self.row(line) for line in parts[0].elements()[0].elements() if line.kids]
        return sorted(rows, key=lambda row: row.shift)

    def row(self, line: Element) -> Row:
        struts = [kid for kid in line.elements() if "pstrut" in kid.classes]
        top = OFFSET.search(line.get("style"))
        height = HEIGHT.search(struts[0].get("style")) if struts else None
        if top is None or height is None:
            raise UnknownError
        return Row(round(float(top[1]) + float(height[1]), 3), [kid for kid in line.kids if kid is not struts[0]], line)

    def scripts(self, base: str, element: Element) -> str:
        rows = self.rows(element)
        if len(rows) == 2:
            return f"<msubsup>{base}{self.group(rows[1].kids)}{self.group(rows[0].kids)}</msubsup>"
        if len(rows) != 1:
            raise UnknownError
        tag = "msub" if rows[0].shift > 0 else "msup"
        return f"<{tag}>{base}{self.group(rows[0].kids)}</{tag}>"

    def fraction(self, element: Element) -> str:
        rows = self.rows(element)
        parts = [row for row in rows if not _has(row.kids, "frac-line")]
        if len(parts) != 2:
            raise UnknownError
        line = "" if len(parts) < len(rows) else ' linethickness="0"'
        return f"<mfrac{line}>{self.group(parts[0].kids)}{self.group(parts[1].kids)}</mfrac>"

    def root(self, element: Element) -> str:
        bodies = [row for row in self.rows(element) if not _has(row.kids, "hide-tail")]
        if len(bodies) != 1:
            raise UnknownError
        body = self.group(bodies[0].kids)
        for kid in element.elements():
            if "root" in kid.classes:
                return f"<mroot>{body}{self.group(self.rows(kid)[0].kids)}</mroot>"
        return f"<msqrt>{body}</msqrt>"

    def accent(self, element: Element) -> str:
        """Accents, braces and arrows over or under a base."""
        rows = self.rows(element)
        signs = [row for row in rows if "svg-align" in row.element.classes or _has(row.kids, "accent-body")]
        if not signs:
            return self.limits(element)
        bases = [row for row in rows if row is not signs[0]]
        if len(bases) != 1:
            raise UnknownError
        under = "accentunder" in element.classes or "munder" in element.classes
        tag, accent = ("munder", "accentunder") if under else ("mover", "accent")
        sign = _sign(signs[0].element, under=under)
        return f'<{tag} {accent}="true">{self.group(bases[0].kids)}<mo>{sign}</mo></{tag}>'

    def limits(self, element: Element) -> str:
        """A sign with what stands over and under it; the sign is the one on the line."""
        rows = self.rows(element)
        at = min(range(len(rows)), key=lambda index: abs(rows[index].shift))
        if at > 1 or len(rows) - at > 2:
            raise UnknownError
        return _limits(self.group(rows[at].kids), *self.around(rows[:at], rows[at + 1 :]))

    def arrow(self, element: Element) -> str:
        rows = self.rows(element)
        at = next((at for at, row in enumerate(rows) if "svg-align" in row.element.classes), -1)
        if at < 0 or at > 1 or len(rows) - at > 2:
            raise UnknownError
        sign = f'<mo stretchy="true">{_sign(rows[at].element, under=False)}</mo>'
        return _limits(sign, *self.around(rows[:at], rows[at + 1 :]))

    def around(self, over: list[Row], under: list[Row]) -> tuple[str, str]:
        """Groups above and below, empty where there is nothing."""
        return self.group(over[0].kids) if over else "", self.group(under[0].kids) if under else ""

    def line(self, element: Element) -> str:
        """An overline or underline: the row that is no line."""
        under = "underline" in element.classes
        bases = [
            row for row in self.rows(element) if not _has(row.kids, "underline-line" if under else "overline-line")
        ]
        if len(bases) != 1:
            raise UnknownError
        tag, accent = ("munder", "accentunder") if under else ("mover", "accent")
        return f'<{tag} {accent}="true">{self.group(bases[0].kids)}<mo stretchy="true">‾</mo></{tag}>'

    def box(self, element: Element) -> str:
        """A list of one row of content: a raised box, or one with lines through, around or (in tables) between it."""
        rows = self.rows(element)
        content = [row for row in rows if not _is_line(row)]
        if len(content) != 1:
            raise UnknownError
        body = self.group(content[0].kids)
        lines = [line for row in rows if _is_line(row) for line in row.element.walk() if line.tag == "line"]
        strokes = {"up" if line.get("y1") == "100%" else "down" for line in lines}
        notation = " ".join(f"{stroke}diagonalstrike" for stroke in sorted(strokes, reverse=True))
        if not notation and any(_has(row.kids, "fbox") for row in rows):
            notation = "box"
        return f'<menclose notation="{notation}">{body}</menclose>' if notation else body

    def delimiter(self, element: Element) -> str:
        """A delimiter of any size, put together of pieces where it is tall."""
        pieces = "".join(sorted(set(element.text()) - IGNORED))
        sign = PIECES.get(pieces, pieces) or _drawn(element)
        if len(sign) != 1:
            raise UnknownError
        return f"<mo>{escape(sign)}</mo>"

    def table(self, element: Element) -> str:
        """Columns, each a list, to rows: cells on one line have one baseline. Vertical rules stand between them."""
        columns: list[dict[float, str]] = []
        aligns: list[str] = []
        rules: set[int] = set()
        for kid in element.elements():
            align = [name for name in kid.classes if name.startswith("col-align-")]
            if align:
                columns.append({row.shift: self.group(row.kids) for row in self.rows(kid)} if kid.kids else {})
                aligns.append({"l": "left", "r": "right"}.get(align[0][-1], "center"))
            elif "vertical-separator" in kid.classes:
                rules.add(len(columns) - 1)
        lines = sorted({shift for column in columns for shift in column})
        if not lines:
            raise UnknownError
        body = "".join(
            f"<mtr>{''.join(f'<mtd>{column.get(line, str())}</mtd>' for column in columns)}</mtr>" for line in lines
        )
        between = " ".join("solid" if at in rules else "none" for at in range(len(columns) - 1))
        ruled = f' columnlines="{between}"' if "solid" in between else ""
        return f'<mtable columnalign="{" ".join(aligns)}"{ruled}>{body}</mtable>'

    def text(self, element: Element) -> str:
        """Words, with the formulas that stand in them."""
        parts: list[str] = []
        self.words(element, "", parts)
        return f"<mrow>{''.join(parts)}</mrow>" if len(parts) > 1 else "".join(parts)

    def words(self, element: Element, variant: str, parts: list[str]) -> None:
        for kid in element.kids:
            if isinstance(kid, str):
                word, opening = escape(kid), f"<mtext{variant}>"
                if parts and parts[-1].startswith(opening):
                    parts[-1] = parts[-1].removesuffix("</mtext>") + word + "</mtext>"
                else:
                    parts.append(f"{opening}{word}</mtext>")
            elif "mathnormal" in kid.classes or not IN_WORDS.isdisjoint(kid.classes) or _has(kid.kids, "msupsub"):
                parts += self.element(kid)
            elif SKIPPED.isdisjoint(kid.classes):
                fonts = [FONTS[name] for name in kid.classes if name in FONTS and FONTS[name] != "normal"]
                self.words(kid, f' mathvariant="{fonts[0]}"' if fonts else variant, parts)

    def space(self, element: Element) -> str:
        """A break, or a space as wide as a letter; thinner ones KaTeX sets itself."""
        if "newline" in element.classes:
            return '<mspace linebreak="newline"/>'
        if element.text().strip(" \u200b"):
            return '<mspace width="0.5em"/>'
        width = SPACE.search(element.attributes)
        return f'<mspace width="{width[1]}em"/>' if width and float(width[1]) >= 0.9 else ""


HANDLERS: dict[str, Callable[[_Reader, Element], str]] = {
    "mfrac": _Reader.fraction, "sqrt": _Reader.root, "accent": _Reader.accent, "accentunder": _Reader.accent,
    "munder": _Reader.accent, "mover": _Reader.accent, "op-limits": _Reader.limits, "x-arrow": _Reader.arrow,
    "overline": _Reader.line, "underline": _Reader.line, "vlist-t": _Reader.box, "delimsizing": _Reader.delimiter,
    "mtable": _Reader.table, "text": _Reader.text, "mspace": _Reader.space,
}  # fmt: skip
IN_WORDS = frozenset(HANDLERS) - {"text", "mspace"}


def _has(kids: list[Element | str], name: str) -> bool:
    return any(not isinstance(kid, str) and name in kid.classes for kid in kids)


def _is_line(row: Row) -> bool:
    """Whether a row of a box is drawn over or around its content."""
    if _has(row.kids, "hline") or _has(row.kids, "hdashline") or _has(row.kids, "fbox") or _has(row.kids, "stretchy"):
        return True
    return "svg-align" in row.element.classes


def _limits(base: str, over: str, under: str) -> str:
    if over and under:
        return f"<munderover>{base}{under}{over}</munderover>"
    if over:
        return f"<mover>{base}{over}</mover>"
    return f"<munder>{base}{under}</munder>" if under else base


def _characters(text: str, classes: Sequence[str], italic: bool) -> list[str]:
    """Tokens of the text of one element."""
    if not text.strip(" \u200b\n"):
        return []
    if NOT in text:
        return [NOT]
    if "\ue000" <= max(text) <= "\uf8ff":
        text = "".join(PRIVATE.get(sign, sign) for sign in text)
        if "\ue000" <= max(text) <= "\uf8ff":
            raise UnknownError
    if "mop" in classes and text[0].isalpha() and "op-symbol" not in classes:
        return [f"<mi>{escape(text)}</mi>"]
    if not OPERATORS.isdisjoint(classes) or "op-symbol" in classes:
        return [f"<mo>{escape(unicodedata.normalize('NFC', sign))}</mo>" for sign in SIGN.findall(text)]
    font = next((FONTS[name] for name in classes if name in FONTS), "")
    font = "italic" if italic and "mathit" in classes else font
    variant = f' mathvariant="{font}"' if font else ""
    return [
        _token(piece, variant) for piece in (SPLIT_FONT if font else SPLIT).findall(text) if piece.strip(" \n\u200b")
    ]


def _token(piece: str, variant: str) -> str:
    tag = "mn" if piece[0].isdigit() else "mi" if piece[0].isalpha() or piece in "∞∂∇∅" else "mo"
    return f"<{tag}{variant if tag != 'mo' else ''}>{escape(piece)}</{tag}>"


def _negated(item: str) -> str:
    """`<mo>=</mo>` as `<mo>≠</mo>`, also where it has scripts."""
    found = OPERATOR.match(item)
    if not found:
        raise UnknownError
    return found[1] + unicodedata.normalize("NFC", found[2] + "\u0338") + item[found.end() :]


def _word(element: Element) -> str:
    """The name of an operator that is set in upright letters, with the space in `lim sup`; empty for any other content."""
    word = ""
    for kid in element.kids:
        if isinstance(kid, str):
            word += kid
        elif "mspace" in kid.classes:
            word += " " if word and "-" not in kid.attributes else ""
        elif NO_WORD.isdisjoint(kid.classes) and (inner := _word(kid)):
            word += inner
        else:
            return ""
    return word if WORD.fullmatch(word) else ""


def _sign(element: Element, *, under: bool) -> str:
    """What a row draws: a character, or a stretched sign by the beginnings of its paths."""
    text = element.text().strip(" \u200b\n")
    if text:
        return escape(text)
    if any("brace-left" in kid.classes for kid in element.walk()):
        return "⏟" if under else "⏞"
    heads = tuple(dict.fromkeys(_path(kid.get("d")) for kid in element.walk() if kid.tag == "path"))
    sign = heads[0] if len(heads) == 1 else PAIRS.get(heads, "")
    if not sign:
        raise UnknownError
    return sign


def _path(path: str) -> str:
    path = " ".join(path.split())
    return next((sign for beginning, sign in PATHS.items() if path.startswith(beginning)), "")


def _drawn(element: Element) -> str:
    """A tall delimiter that is one path."""
    for kid in element.walk():
        path = " ".join(kid.get("d").split()) if kid.tag == "path" else ""
        if path:
            return next((sign for sign, shape in SHAPES if shape.match(path)), "")
    return ""
