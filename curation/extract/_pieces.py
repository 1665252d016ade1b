"""Tall brackets that are drawn in pieces, as one sign."""

from __future__ import annotations

PIECES = {
    "⎧⎨⎩": "{", "⎫⎬⎭": "}", "⎛⎝": "(", "⎞⎠": ")", "⎡⎣": "[", "⎤⎦": "]", "⎡": "⌈", "⎤": "⌉", "⎣": "⌊", "⎦": "⌋", "⎧⎩": "⟮",
    "⎫⎭": "⟯", "⎧⎭": "⎰", "⎩⎫": "⎱", "∣": "|", "↑↓": "↕", "⇑⇓": "⇕", "⏐": "|", "‖": "‖", "∥": "∥",
}  # fmt: skip
"""Signs by their pieces in the order of their codes, without those that only lengthen."""
LENGTHENING = frozenset("⏐‖⎜⎟⎢⎥⎪\u200b \n")


def assembled(text: str) -> str:
    """The sign that the pieces make; the one character that repeats; empty for anything else."""
    pieces = "".join(sorted(set(text) - LENGTHENING)) or text[:1]
    return PIECES.get(pieces, pieces if len(pieces) == 1 else "")
