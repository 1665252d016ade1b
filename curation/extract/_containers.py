"""Formulas in the markup of programs that draw them: KaTeX, MathJax 2 to 4, MediaWiki, MathML, and elements that carry their TeX.

Each function gives the TeX of one container, None if it holds no formula that can be told. Where the markup has the author's TeX (an
annotation, `alttext`, a script, an attribute) it is that; else MathML or the drawn glyphs are converted.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import unquote

from curation.extract._convert import ascii_latex, mathml_source, wiris
from curation.extract._dom import attribute
from curation.extract._images import SOURCES, titled_tex
from curation.extract._marks import BREAK, MARKED, OPEN
from curation.extract._tex import WORDS, clean, prose

if TYPE_CHECKING:
    from resiliparse.parse.html.node import ElementNode

DISPLAY = re.compile(r"display|formulaDsp|block|equation\b", re.I)
PARENT = re.compile(
    r"(?:^|\s)(?:MathJax_Display|MathJax_SVG_Display|MJXc-display|formulaDsp|math display|disp-formula|equation)"
)
CARRIERS = (
    *SOURCES,
    "data-katex",
    "data-expr",
    "data-math-content",
    "data-tex-source",
    "data-value",
    "data-original-tex",
    "tex",
    "latex",
)
"""Attributes that editors keep a formula's source in."""


def katex(node: ElementNode) -> str | None:
    """KaTeX: its annotation, its MathML, or the source of a formula that it could not read; else what it drew."""
    if tex := held(node):
        return tex
    if "katex-error" in attribute(node, "class"):
        return node.text
    from curation.extract._katex import katex_to_latex

    return katex_to_latex(node.html)


def script(node: ElementNode) -> str | None:
    """A MathJax 2 script: TeX, MathML or AsciiMath, by its type."""
    kind, text = attribute(node, "type").lower(), node.text or ""
    if kind.startswith("math/mml"):
        return mathml_source(text)
    if kind.startswith("math/ascii"):
        return ascii_latex(text.strip())
    return re.sub(r"^\s*(?:%\s*)?<!\[CDATA\[|(?:%\s*)?\]\]>\s*$", "", text)


def mathjax(node: ElementNode) -> str | None:
    """MathJax output without its script: MathML in an attribute or for assistive programs, TeX in an attribute, else what it drew."""
    if tex := carried(node) or held(node):
        return tex
    inner = node.query_selector("[data-latex], [data-mathml]")
    if inner is not None and inner.tag in ("mjx-math", "math", "g", "svg", "span") and (tex := carried(inner)):
        return tex
    from curation.extract._mathjax import mathjax_to_latex

    return mathjax_to_latex(node.html)


def carried(node: ElementNode) -> str | None:
    """TeX in an attribute of any element, None for a value that is an option, an address or JSON."""
    for name in CARRIERS:
        value = attribute(node, name).strip()
        if not value or prose(value) or re.match(r"[\[{]\s*[\"{\[]|https?:|data:|/", value):
            continue
        if name == "data-mathml" or value.startswith(("<math", "<m:math", "«math")):
            return mathml_source(wiris(value))
        if "%5C" in value or "%7B" in value:
            value = unquote(value)
        if re.search(r"[\\^_={}]", value) or _same(value, node):
            return value
    return ascii_latex(written) if (written := attribute(node, "data-asciimath")) else None


def held(node: ElementNode) -> str | None:
    """TeX of the first formula that has been marked in a container: its MathML or its image."""
    found = MARKED.search(node.text or "")
    return clean(found[1])[0] if found else None


def wiki_block(node: ElementNode) -> bool:
    """Whether MediaWiki shows a formula in a line of its own."""
    return BREAK in (node.text or "") or "block" in attribute(node, "class")


def texted(node: ElementNode) -> str | None:
    """TeX as the text of an element made for it; None if its delimiters have been seen already, or if it is words or plain HTML."""
    text = node.text or ""
    if (
        OPEN in text
        or node.query_selector("sup, sub") is not None
        or not text.strip()
        or prose(text)
        or len(text) > 20_000
        or (WORDS.search(text.replace("\\text", "")) and "\\" not in text)
    ):
        return None
    return text


def khan(node: ElementNode) -> str | None:
    """TeX in the `code` of a Khan exercise."""
    return texted(node) if node.closest("pre, .vars, .graphie") is None else None


def drawing(node: ElementNode) -> str | None:
    """TeX of a drawing: its title; else the formulas that it has as labels, which extractors leave out."""
    labels = [clean(found[1])[0] for found in MARKED.finditer(node.text or "")]
    return "\\quad ".join(filter(None, labels)) if labels else titled_tex(node)


def div_block(node: ElementNode) -> bool:
    """Whether an element made for TeX stands in a line of its own."""
    parent = node.parent_element
    return node.tag in ("div", "p", "pre") or (parent is not None and parent.tag == "pre") or block(node)


def asciimath(node: ElementNode) -> str | None:
    """AsciiMath as the text of an element made for it."""
    return ascii_latex((node.text or "").strip().strip("`"))


def block(node: ElementNode) -> bool:
    """Whether a container stands in a line of its own."""
    names = node.attrs
    for name in ("display", "mode", "class", "data-math-style", "type", "block", "data-display"):
        if name in names and (
            name == "block" or DISPLAY.search(attribute(node, name)) or attribute(node, name) == "true"
        ):
            return True
    return _in_block(node)


def _in_block(node: ElementNode) -> bool:
    parent = node.parent_element
    classes = attribute(parent, "class") if parent is not None else ""
    return PARENT.search(classes) is not None or (
        parent is not None and parent.tag == "div" and "math" in classes.split()
    )


def _same(value: str, node: ElementNode) -> bool:
    """Whether a short value shows as text, or the element as a formula."""
    text = re.sub(r"\s", "", node.text or "")
    return (
        not text
        or re.sub(r"\s", "", value) in text
        or bool(re.search("math|tex|formula|katex", attribute(node, "class"), re.I))
    )
