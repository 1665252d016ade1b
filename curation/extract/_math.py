r"""Formulas in a page's markup, put back as TeX text, so that any extractor keeps them.

Every extractor loses formulas in `<script type="math/tex">`, in the `alt` of images or in MathML, or prints them two or three
times over. Here each is replaced in the DOM by a text node `$...$` or a block `$$...$$`; what the page holds as TeX in its text
(`$`, `\(`, `\[`) stays as it is. Formula text goes into text nodes only and is never parsed as HTML again.

In this order, a container before what it contains: KaTeX, MathJax 2 scripts (whose rendered copies are dropped), MediaWiki,
MathML with a TeX annotation or `alttext`, images. Then superscripts, subscripts, and blocks of nothing but macro definitions.
After the extractions of OpenWebMath and MegaMath.

Left out so far: MathML and rendered KaTeX or MathJax without TeX, AsciiMath. These keep the text they have.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING
from urllib.parse import unquote

from curation.extract._marks import CLOSE, OPEN

if TYPE_CHECKING:
    from resiliparse.parse.html import HTMLTree
    from resiliparse.parse.html.node import DocumentNode, ElementNode

TEX = 'annotation[encoding*="tex" i], annotation[encoding*="TeX"]'
MATHJAX_RENDERED = (
    ".MathJax, .MathJax_Preview, .MathJax_Display, .MathJax_SVG, .MathJax_SVG_Display, .MathJax_CHTML, .MJXc-display"
)
IMAGE_CLASS = re.compile(r"(?<![a-z])(math|tex\b|latex|formula|mwe-math)", re.I)
IMAGE_SOURCE = re.compile(r"latex\.php\?|codecogs\.com|/mathtex|/mimetex|media/math/render|/latex/image", re.I)
IMAGE_TEX = re.compile(r"\$[^$]+\$|\\begin\{displaymath\}.*\\end\{displaymath\}", re.S)
"""Alt text of LaTeX2HTML, which marks its images by nothing else."""
IMAGE_QUERY = re.compile(
    r"(?:codecogs\.com/[\w./]*|/mathtex\.cgi|/mimetex\.cgi)\?(?:\\inline|%5Cinline|\\dpi\{\d+\}|\s|%20|&space;)*([^&]+)",
    re.I,
)
"""An image whose address is its TeX."""
DISPLAY_CLASS = re.compile(r"display|formulaDsp|block", re.I)
MACRO = re.compile(r"\\(?:(?:re)?newcommand|providecommand|def|gdef|let|DeclareMathOperator)\b")
NAME = r"\\(?:[A-Za-z@]+|[^A-Za-z\s])"
DEFINITION = re.compile(
    rf"\\(?:(?:re)?newcommand|providecommand|DeclareMathOperator)\*?\s*\{{?\s*{NAME}\s*\}}?\s*(?:\[[^\]]*\]\s*)*"
    rf"|\\g?def\s*{NAME}[^{{}}\\$]{{0,40}}|\\let\s*{NAME}\s*=?\s*{NAME}"
)
BETWEEN = re.compile(r"(?:\s|\$|\\[()\[\]])*")
REFERENCE = re.compile(r"\s*(\[.{1,12}\]|\d{1,3}|[*†‡§¶]+|\[?(note|nb|n)?\s*\d+\]?)\s*")
PLAIN_SCRIPT = re.compile(r"\s*(st|nd|rd|th|er|ème|e|TM|SM|[a-z]{4,}|[®™©*†‡§¶ªº]+)\s*", re.I)
CHOICE = 'input, math, .katex, .MathJax, script[type^="math/tex"]'
"""In a label that is more than the name of a control."""
NOISE = "a.headerlink, .mw-editsection, .mw-jump-link, .visually-hidden, .sr-only, .screen-reader-text"
ANY = f'.katex, script[type^="math/tex"], .mwe-math-element, math, img, {MATHJAX_RENDERED}'


MANY, MAX_DEPTH = 500, 256
NESTED = "sup, sub, math, .katex, .katex-display, .mwe-math-element, label, figure"
DEEP = " > ".join(["*"] * MAX_DEPTH)


def too_deep(body: ElementNode, always: bool) -> bool:
    """Whether elements stand in each other so deep that time would grow with the square of the page: those that are looked into
    one by one here, or (`always`) any."""
    return (always or len(body.query_selector_all(NESTED)) > MANY) and body.query_selector(DEEP) is not None


def restore(tree: HTMLTree, html: str) -> int:
    """Replace formulas in the tree by TeX text. Gives the number of formulas found in the markup."""
    document, body = tree.document, tree.body
    if document is None or body is None:
        return 0
    for node in _all(body, NOISE):
        node.decompose()
    _unwrap(document, body)
    count = 0
    if body.query_selector(ANY) is not None:
        if body.query_selector('script[type^="math/tex"]') is not None:
            for node in _all(body, MATHJAX_RENDERED):
                node.decompose()
        count = sum(_replace_all(document, body, selector, source, block) for selector, source, block in RULES)
    _scripts(document, body)
    if MACRO.search(html):
        _drop_macros(body)
    return count


def _replace_all(
    document: DocumentNode,
    body: ElementNode,
    selector: str,
    source: Callable[[ElementNode], str | None],
    block: Callable[[ElementNode], bool],
) -> int:
    count = 0
    for node in _all(body, selector):
        raw = source(node)
        tex, delimited = clean(raw) if raw is not None else ("", False)
        if not tex or node.parent is None:
            continue
        count += 1
        _put(document, node, tex, delimited or block(node))
    return count


def _all(node: ElementNode, selector: str) -> list[ElementNode]:
    """Matches as a list: iterating over resiliparse's own collection takes time quadratic in its length, slicing it does not."""
    return list(node.query_selector_all(selector)[:])


def _put(document: DocumentNode, node: ElementNode, tex: str, display: bool) -> None:
    """Put the formula in the node's place, `\\(...\\)` where it has a `$` of its own (`\\text{if $x$}`)."""
    if not display:
        marked = f"${tex}$" if "$" not in tex else f"\\({tex}\\)"
        node.replace_with(document.create_text_node(f"{OPEN}{marked}{CLOSE}"))
        return
    block = document.create_element("div")
    marked = f"$${tex}$$" if "$" not in tex else f"\\[{tex}\\]"
    block.append(document.create_text_node(f"{OPEN}{marked}{CLOSE}"))
    node.replace_with(block)


DELIMITERS = (
    ("$$", "$$", True), ("\\[", "\\]", True), ("\\begin{displaymath}", "\\end{displaymath}", True),
    ("$", "$", False), ("\\(", "\\)", False),
)  # fmt: skip
COMMENT = re.compile(r"(?<!\\)((?:\\\\)*)%[^\n]*(?:\n|$)")


def clean(tex: str) -> tuple[str, bool]:
    """TeX on one line, without delimiters and comments, else as the page has it; and whether its delimiters said display."""
    tex = tex.strip()
    display = False
    for left, right, block in DELIMITERS:
        if tex.startswith(left) and tex.endswith(right) and len(tex) >= len(left + right):
            tex, display = tex[len(left) : -len(right)], block
            break
    tex = " ".join(COMMENT.sub(r"\1", tex).split())
    return tex, display


def _closing(tex: str, start: int) -> int:
    """Position of the brace that closes the one at `start`, -1 if none does."""
    depth = 0
    for mark in re.finditer(r"\\.|[{}]", tex[start:], re.S):
        depth += {"{": 1, "}": -1}.get(mark.group(), 0)
        if depth == 0 and mark.group() == "}":
            return start + mark.start()
    return -1


def _annotation(node: ElementNode) -> str | None:
    found = node.query_selector(TEX)
    return found.text if found is not None else None


def _mathml(node: ElementNode) -> str | None:
    return _annotation(node) or node.getattr("alttext")


def _wiki(node: ElementNode) -> str | None:
    math, image = node.query_selector("math"), node.query_selector("img")
    return (math and _mathml(math)) or (image and image.getattr("alt"))


def _image(node: ElementNode) -> str | None:
    alt, source = node.getattr("alt") or "", node.getattr("src") or ""
    if alt and (
        IMAGE_CLASS.search(node.getattr("class") or "") or IMAGE_SOURCE.search(source) or IMAGE_TEX.fullmatch(alt)
    ):
        return alt
    drawn = IMAGE_QUERY.search(source)
    return unquote(drawn[1]) if drawn and not alt else None


def _block(node: ElementNode) -> bool:
    """Whether MathML or an image stands in a line of its own."""
    marks = " ".join(node.getattr(name) or "" for name in ("display", "mode", "class"))
    return bool(DISPLAY_CLASS.search(marks)) or node.closest("div.math") is not None


RULES: tuple[tuple[str, Callable[[ElementNode], str | None], Callable[[ElementNode], bool]], ...] = (
    (".katex-display", _annotation, lambda node: True),
    (".katex", _annotation, lambda node: False),
    ('script[type^="math/tex"]', lambda node: node.text, lambda node: "display" in (node.getattr("type") or "")),
    (".mwe-math-element", _wiki, lambda node: node.query_selector('math[display="block"]') is not None),
    ("math", _mathml, _block),
    ("img", _image, _block),
)


def _unwrap(document: DocumentNode, body: ElementNode) -> None:
    """Make blocks of elements whose text resiliparse would drop: figures with captions or formulas, choices of a quiz."""
    for node in _all(body, "figure, figcaption, label"):
        if node.tag == "label" and node.query_selector(CHOICE) is None:
            continue
        new = document.create_element("span" if node.tag == "label" else "div")
        new.append(*node.child_nodes[:])
        node.replace_with(new)


def _scripts(document: DocumentNode, body: ElementNode) -> None:
    """`x<sup>2</sup>` to `x^{2}`. References to notes go, ordinals and long texts stay."""
    for node in _all(body, "sup, sub"):
        text = node.text or ""
        if node.tag == "sup" and node.query_selector("a") is not None:
            if REFERENCE.fullmatch(text):
                node.decompose()
            continue
        if not text.strip() or len(text) > 80 or PLAIN_SCRIPT.fullmatch(text) or node.closest("math, pre") is not None:
            continue
        node.prepend(document.create_text_node("^{" if node.tag == "sup" else "_{"))
        node.append(document.create_text_node("}"))


def _drop_macros(body: ElementNode) -> None:
    """Remove innermost blocks that hold definitions of TeX macros and nothing else."""
    for node in _all(body, "div, p, span"):
        if node.first_element_child is None and _only_macros(node.text or ""):
            node.decompose()


def _only_macros(text: str) -> bool:
    """Definitions with delimiters and blanks between them, from beginning to end."""
    at, found = _skip(text, 0), False
    while match := DEFINITION.match(text, at):
        found, at = True, match.end()
        if text[at : at + 1] == "{":
            closing = _closing(text, at)
            if closing < 0:
                return False
            at = closing + 1
        at = _skip(text, at)
    return found and at >= len(text)


def _skip(text: str, at: int) -> int:
    match = BETWEEN.match(text, at)
    return match.end() if match else at
