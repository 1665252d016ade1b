"""Characters of what MathJax drew, as tokens of MathML: pieces put together, fonts as variants."""

from __future__ import annotations

from html import escape

PIECES = {
    "⎧⎨⎩": "{", "⎫⎬⎭": "}", "⎛⎝": "(", "⎞⎠": ")", "⎡⎣": "[", "⎤⎦": "]", "⎡": "⌈", "⎤": "⌉", "⎣": "⌊", "⎦": "⌋", "⎧⎩": "⟮",
    "⎫⎭": "⟯", "⎧⎭": "⎰", "⎩⎫": "⎱", "∣": "|", "↑↓": "↕", "⇑⇓": "⇕", "⏐": "|", "‖": "‖", "∥": "∥",
}  # fmt: skip
"""Tall delimiters by the pieces they are built of, in the order of their codes, without those that only lengthen."""
LENGTHENING = frozenset("⏐‖⎜⎟⎢⎥⎪\u200b \n")
WIDE = {"–": "‾", "―": "‾", "¯": "‾", "\ue150": "⏞", "\ue152": "⏟", "ˆ": "^", "˜": "~", "\u20d7": "→"}
"""What lines, braces and accents over and under are drawn with, by the first sign."""
STRETCHED = {
    "←→": "↔", "⇐⇒": "⇔", "→−": "→", "←−": "←", "←→−": "↔", "=⇒": "⇒", "=⇐": "⇐", "=⇐⇒": "⇔", "−↦": "↦", "−↠": "↠", "⇀−": "⇀", "⇁−": "⇁", "↼−": "↼", "↽−": "↽",
}  # fmt: skip
"""Arrows that are drawn longer, by their signs in the order of their codes."""
VARIANTS = {
    "C": "script", "CB": "bold-script", "MI": "italic", "cal-R": "script", "cal-B": "bold-script", "caligraphic-bold": "bold-script",
    "caligraphic": "script", "ams-R": "double-struck", "ams": "double-struck", "frak-R": "fraktur", "frak-B": "bold-fraktur",
    "fraktur": "fraktur", "fraktur-bold": "bold-fraktur", "main-B": "bold", "main-bold": "bold", "math-BI": "bold-italic",
    "math-bold-italic": "bold-italic", "script-R": "script", "script": "script", "sans-R": "sans-serif", "sans-serif": "sans-serif",
    "sans-B": "bold-sans-serif", "type-R": "monospace", "typewriter": "monospace", "main-I": "italic", "main-italic": "italic",
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
    pieces = "".join(sorted(set(text) - LENGTHENING)) or text[0]
    if pieces in PIECES or (len(pieces) == 1 and text[0] in LENGTHENING):
        return f"<mo>{PIECES.get(pieces, escape(pieces))}</mo>"
    if (arrow := STRETCHED.get("".join(sorted(set(text))))) is not None:
        return f'<mo stretchy="true">{arrow}</mo>'
    return f"<mrow>{''.join(f'<mo>{escape(sign)}</mo>' for sign in text)}</mrow>"
