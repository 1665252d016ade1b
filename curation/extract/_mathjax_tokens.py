"""Characters of what MathJax drew, as tokens of MathML: pieces put together, fonts as variants."""

from __future__ import annotations

import re
import unicodedata
from html import escape

from curation.extract._pieces import PIECES, assembled

SIGN = re.compile(r".[\u0300-\u036f\u20d0-\u20ff]*", re.S)
WIDE = {"–": "‾", "―": "‾", "¯": "‾", "\ue150": "⏞", "\ue152": "⏟", "ˆ": "^", "˜": "~", "\u20d7": "→"}
"""What lines, braces and accents over and under are drawn with, by the first sign."""
STRETCHED = {
    "←→": "↔", "⇐⇒": "⇔", "→−": "→", "←−": "←", "←→−": "↔", "=⇒": "⇒", "=⇐": "⇐", "=⇐⇒": "⇔", "−↦": "↦",
    "−↠": "↠", "⇀−": "⇀", "⇁−": "⇁", "↼−": "↼", "↽−": "↽",
}  # fmt: skip
"""Arrows that are drawn longer, by their signs in the order of their codes."""
VARIANTS = {
    "C": "script", "CB": "bold-script", "MI": "italic", "cal-R": "script", "cal-B": "bold-script", "caligraphic": "script",
    "caligraphic-bold": "bold-script", "script-R": "script", "script": "script", "ams-R": "double-struck", "ams": "double-struck",
    "frak-R": "fraktur", "frak-B": "bold-fraktur", "fraktur": "fraktur", "fraktur-bold": "bold-fraktur", "main-B": "bold",
    "main-bold": "bold", "math-BI": "bold-italic", "math-bold-italic": "bold-italic", "main-I": "italic", "main-italic": "italic",
    "sans-R": "sans-serif", "sansserif": "sans-serif", "sans-B": "bold-sans-serif", "sansserif-bold": "bold-sans-serif",
    "type-R": "monospace", "typewriter": "monospace",
}  # fmt: skip
"""Fonts of MathJax 2 (CommonHTML, HTML-CSS), and of 3 and 4 where the character itself does not tell."""
LETTERLIKE = {
    "\U0001d716": "ϵ", "\U0001d717": "ϑ", "\U0001d718": "ϰ", "\U0001d719": "ϕ", "\U0001d71a": "ϱ", "\U0001d71b": "ϖ",
    "\U0001d6a4": "ı", "\U0001d6a5": "ȷ",
}  # fmt: skip
"""Italic letters whose plain forms must stay apart from those of other letters."""
LETTERS = str.maketrans(LETTERLIKE)


def token(kind: str, text: str, font: str, *, over: bool = False, italic: bool = False) -> str:
    """`<mi>x</mi>` and the like for the characters that were drawn in one font.

    over: it stands over or under something. italic: MathJax says so by the font and not by the character.
    """
    variant = VARIANTS.get(font, "")
    text = text.translate(LETTERS)
    if kind == "mo":
        return _operator(text, over=over)
    if kind == "mi" and len(text) == 1 and not variant and not italic and "A" <= text <= "z":
        variant = "normal"
    if variant == "double-struck" and not text.isalpha():
        variant = ""
    shown = f' mathvariant="{variant}"' if variant else ""
    return f"<{kind}{shown}>{escape(text)}</{kind}>"


def _operator(text: str, *, over: bool) -> str:
    text = text.replace("\u2061", "").replace("\u2062", "").replace("\u2063", "").replace("\u2064", "")
    if not text:
        return "<mo></mo>"
    if over and text[0] in WIDE:
        return f'<mo stretchy="true">{WIDE[text[0]]}</mo>'
    if len(text) == 1 or text.replace("\u2006", "").isalpha():
        return f"<mo>{escape(PIECES.get(text, text))}</mo>"
    if (sign := assembled(text)) and (len(set(text)) > 1 or sign != text[0] or sign in PIECES.values()):
        return f"<mo>{escape(sign)}</mo>"
    if (arrow := STRETCHED.get("".join(sorted(set(text))))) is not None:
        return f'<mo stretchy="true">{arrow}</mo>'
    drawn = [f"<mo>{escape(unicodedata.normalize('NFC', sign))}</mo>" for sign in SIGN.findall(text)]
    return drawn[0] if len(drawn) == 1 else f"<mrow>{''.join(drawn)}</mrow>"
