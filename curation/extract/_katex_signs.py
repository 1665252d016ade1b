"""What KaTeX's spans and paths show: characters and their fonts, names of operators, strokes, stretched signs."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from html import escape

from curation.extract._markup import Element, UnknownError

FONTS = {
    "mathbb": "double-struck", "textbb": "double-struck", "mathcal": "script", "mathscr": "script", "textscr": "script",
    "mathfrak": "fraktur", "textfrak": "fraktur", "mathboldfrak": "bold-fraktur", "textboldfrak": "bold-fraktur",
    "mathbf": "bold", "textbf": "bold", "boldsymbol": "bold-italic", "mathrm": "normal", "textrm": "normal", "mainrm": "normal",
    "mathsf": "sans-serif", "textsf": "sans-serif", "mathtt": "monospace", "texttt": "monospace", "textit": "italic",
    "mathboldsf": "bold-sans-serif", "textboldsf": "bold-sans-serif", "mathitsf": "sans-serif-italic",
    "textitsf": "sans-serif-italic", "mathsfit": "sans-serif-italic",
}  # fmt: skip
OPERATORS = frozenset("mopen mclose mrel mbin mpunct minner".split())
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
NOT, STROKE = "\ue020", "\ue020\ue020"
"""A stroke through the sign that follows, or that came before."""


def characters(text: str, classes: Sequence[str], italic: bool) -> list[str]:
    """Tokens of the text of one element."""
    if not text.strip(" \u200b\n"):
        return []
    if NOT in text:
        return [NOT]
    if "\ue000" <= max(text) <= "\uf8ff":
        text = "".join(PRIVATE.get(mark, mark) for mark in text)
        if "\ue000" <= max(text) <= "\uf8ff":
            raise UnknownError
    if "mop" in classes and text[0].isalpha() and "op-symbol" not in classes:
        return [f"<mi>{escape(text)}</mi>"]
    if not OPERATORS.isdisjoint(classes) or "op-symbol" in classes:
        return [f"<mo>{escape(unicodedata.normalize('NFC', mark))}</mo>" for mark in SIGN.findall(text)]
    font = next((FONTS[name] for name in classes if name in FONTS), "")
    font = "italic" if italic and "mathit" in classes else font
    variant = f' mathvariant="{font}"' if font else ""
    return [
        _token(piece, variant) for piece in (SPLIT_FONT if font else SPLIT).findall(text) if piece.strip(" \n\u200b")
    ]


def _token(piece: str, variant: str) -> str:
    tag = "mn" if piece[0].isdigit() else "mi" if piece[0].isalpha() or piece in "∞∂∇∅" else "mo"
    return f"<{tag}{variant if tag != 'mo' else ''}>{escape(piece)}</{tag}>"


def negated(item: str) -> str:
    """`<mo>=</mo>` as `<mo>≠</mo>`, also where it has scripts."""
    found = OPERATOR.match(item)
    if not found:
        raise UnknownError
    return found[1] + unicodedata.normalize("NFC", found[2] + "\u0338") + item[found.end() :]


def word(element: Element) -> str:
    """The name of an operator that is set in upright letters, with the space in `lim sup`; empty for any other content."""
    found = ""
    for kid in element.kids:
        if isinstance(kid, str):
            found += kid
        elif "mspace" in kid.classes:
            found += " " if found and "-" not in kid.attributes else ""
        elif NO_WORD.isdisjoint(kid.classes) and (inner := word(kid)):
            found += inner
        else:
            return ""
    return found if WORD.fullmatch(found) else ""


def sign(element: Element, *, under: bool) -> str:
    """What a row draws: a character, or a stretched sign by the beginnings of its paths."""
    text = element.text().strip(" \u200b\n")
    if text:
        return escape(text)
    if any("brace-left" in kid.classes for kid in element.walk()):
        return "⏟" if under else "⏞"
    heads = tuple(dict.fromkeys(_path(kid.get("d")) for kid in element.walk() if kid.tag == "path"))
    shown = heads[0] if len(heads) == 1 else PAIRS.get(heads, "")
    if not shown:
        raise UnknownError
    return shown


def _path(path: str) -> str:
    path = " ".join(path.split())
    return next((shape for beginning, shape in PATHS.items() if path.startswith(beginning)), "")


def drawn(element: Element) -> str:
    """A tall delimiter that is one path."""
    for kid in element.walk():
        path = " ".join(kid.get("d").split()) if kid.tag == "path" else ""
        if path:
            return next((mark for mark, shape in SHAPES if shape.match(path)), "")
    return ""
