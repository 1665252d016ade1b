r"""Mathematics written in plain HTML: raised and lowered text, fractions of two spans, roots with a line over them.

`x<sup>2</sup>` becomes `x^{2}`; it stays part of the sentence, for whether it is a formula (or a chemical one) is not known. References
to notes go; ordinals, trade marks and long texts stay as they are. Fractions become `\frac{..}{..}`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from curation.extract._dom import affordable, put, put_text, select
from curation.extract._marks import MARKED, OPEN, formula
from curation.extract._tex import WORDS

if TYPE_CHECKING:
    from resiliparse.parse.html.node import DocumentNode, ElementNode

REFERENCE = re.compile(r"\s*(\[.{1,12}\]|\d{1,3}|[*†‡§¶]+|\[?(note|nb|n)?\s*\d+\]?)\s*")
PLAIN = re.compile(r"\s*(st|nd|rd|th|er|ème|TM|SM|[a-z]{4,}|[®™©*†‡§¶ªº]+)\s*", re.I)
ORDINAL = re.compile(r"(?:^|[\W_])(?:\d+|[IVXLC]{2,})$")
"""What stands before a French `e`; it is an exponent anywhere else."""
INDEXED = re.compile(r"(?:^|[\W\d_])[^\W\d_]$")
"""A single letter, of which a word below is the index."""
SLASHED = re.compile(r"\s*[⁄/∕]\s*")
FRACTIONS = frozenset(("intbl", "frac", "sfrac", "fraction", "tion"))
MAX_FRACTION = 1_000
"""Characters above and below a line: where one part lies in the other, each level of fractions in fractions doubles them."""
LINE = '[style*="border-top"], [style*="overline"], .radicand, .radic, .sqrt'


def scripts(document: DocumentNode, body: ElementNode, size: int) -> None:
    """`x<sup>2</sup>` to `x^{2}`, `<sup>1</sup>⁄<sub>2</sub>` to `1/2`."""
    for node in affordable(select(body, "sup, sub"), size):
        raised = node.tag == "sup"
        text = node.text or ""
        if raised and node.query_selector("a") is not None:
            if REFERENCE.fullmatch(text.strip()):
                node.decompose()
            continue
        if not text.strip() or len(text) > 80 or node.parent is None or _word(node, text):
            continue
        if raised and _fraction(document, node, text):
            continue
        if node.closest("math, pre, code") is None:
            node.prepend(document.create_text_node("^{" if raised else "_{"))
            node.append(document.create_text_node("}"))


def _word(node: ElementNode, text: str) -> bool:
    """Whether raised or lowered text is an ordinal's end, a mark or a word, not an exponent or index."""
    if not (PLAIN.fullmatch(text) or text == "e"):
        return False
    before = (node.prev.text if node.prev is not None else "") or ""
    if node.tag == "sub":
        return INDEXED.search(before[-2:]) is None
    return text != "e" or ORDINAL.search(before[-12:]) is not None


def _fraction(document: DocumentNode, node: ElementNode, text: str) -> bool:
    """Put `1/2` for a numerator, a slash and a denominator; a blank before it where a whole number stands."""
    slash = node.next_sibling
    below = slash.next_sibling if slash is not None else None
    if below is None or below.tag != "sub" or not SLASHED.fullmatch(slash.text or ""):  # type: ignore[union-attr]
        return False
    whole = node.prev.text if node.prev is not None else ""
    gap = " " if (whole or "")[-1:].isdigit() else ""
    slash.decompose()  # type: ignore[union-attr]
    node.replace_with(document.create_text_node(f"{gap}{text.strip()}/{(below.text or '').strip()}"))
    below.decompose()
    return True


def fractions(document: DocumentNode, body: ElementNode, size: int) -> bool:
    r"""`<span class="intbl"><em>n</em><strong>d</strong></span>` and the like to `\frac{n}{d}`, innermost first."""
    found = False
    for node in affordable(select(body, ".intbl, .frac, .sfrac, .fraction, .tion")[::-1], size):
        parts = select(node, ".num, .den, .numerator, .denominator, .top, .bottom, .numer, .denom") or select(
            node, "em, strong"
        )
        if node.parent is None or len(parts) != 2:
            continue
        over, under = (_tex(part.text or "") for part in parts)
        if not over or not under or len(over) + len(under) > MAX_FRACTION:
            continue
        before = (node.text or "").partition(parts[0].text or over)[0].strip(" +\u00a0\n")
        if not before or before.isdigit():
            put_text(document, node, formula(f"{before}\\frac{{{over}}}{{{under}}}", display=False), block=False)
            found = True
    return found


def roots(document: DocumentNode, body: ElementNode, size: int) -> bool:
    r"""`√` before a span with a line over it to `\sqrt{..}`."""
    found = False
    for node in affordable(select(body, LINE)[::-1], size):
        before = node.prev
        sign = (before.text or "") if before is not None else ""
        if node.parent is None or not sign.rstrip().endswith("√"):
            continue
        before.replace_with(document.create_text_node(sign.rstrip()[:-1]))  # type: ignore[union-attr]
        found |= put(document, node, f"\\sqrt{{{_tex(node.text or '')}}}", display=False)
    return found


def texhtml(node: ElementNode) -> str | None:
    """TeX of a formula in plain HTML: letters, raised and lowered text, Unicode symbols."""
    from curation.extract._symbols import LATEX
    from curation.extract._symbols import scripts as plain_scripts

    text = plain_scripts(_tex(node.text or ""))
    out, command = "", False
    for char in text:
        piece = LATEX.get(char, char) if ord(char) > 126 else char
        out += f" {piece}" if command and piece[:1].isalpha() else piece
        command = piece is not char and re.search(r"\\[A-Za-z]+$", piece) is not None
    return re.sub(r"(?<!\\)([#%&])", r"\\\1", " ".join(out.split())) or None


def written(node: ElementNode) -> str | None:
    """TeX of a formula that Pandoc writes in plain HTML where no program draws formulas."""
    text = node.text or ""
    plain = OPEN not in text and not WORDS.search(text) and node.query_selector("sup, sub") is not None
    return texhtml(node) if plain else None


def _tex(text: str) -> str:
    """Text of a part, marks and delimiters of what is in it taken away."""
    return " ".join(MARKED.sub(lambda m: m[1].strip("$"), text).split())
