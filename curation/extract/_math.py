r"""Formulas in a page's markup, put back as TeX text, so that any extractor keeps them.

Every extractor loses formulas in `<script type="math/tex">`, in the `alt` of images or in MathML, or prints them two or three times
over. Here each is replaced in the DOM by a text node `$...$` or a block `$$...$$`, between marks (`_marks.py`); what the page holds as
TeX in its text has been marked in its source (`_delimited.py`) and stays as it is. Formula text goes into text nodes only and is never
parsed as HTML again.

A container comes before what it contains: elements that carry their TeX, KaTeX, MathJax (scripts, whose rendered copies are dropped,
before drawn formulas without one), MediaWiki, MathML, images. Then fractions, roots and raised text of plain HTML, macro blocks, code,
and tables, which are made of the text that the others left. After the extractions of OpenWebMath and MegaMath.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from curation.extract import _containers as of
from curation.extract._code import code_blocks, uncoded
from curation.extract._dom import attribute, put, select, unwrap
from curation.extract._equations import equations
from curation.extract._images import image_tex, titled_tex
from curation.extract._macros import MACRO, drop_macros
from curation.extract._scripts import fractions, roots, scripts, texhtml
from curation.extract._tables import tables

if TYPE_CHECKING:
    from resiliparse.parse.html import HTMLTree
    from resiliparse.parse.html.node import DocumentNode, ElementNode

SCRIPT = 'script[type^="math/"]'
NOISE = (
    'script:not([type^="math/"]), style, textarea, template, a.headerlink, .mw-editsection, .mw-jump-link, .visually-hidden, .sr-only,'
    " .screen-reader-text, .MathJax_Preview, mjx-speech, .anchorjs-link"
)
RENDERED = (
    ".MathJax_Display, .MathJax_SVG_Display, .MathJax_SVG, .MathJax_CHTML, .MJXc-display, .mjx-chtml, .MathJax, .MathJax_MathML,"
    " .MathJax_PHTML, .MathJax_PlainSource"
)
FALLBACK = (
    "math + img.mathml-fallback, math + .mathml-fallback, math + img[class*=fallback], img[class*=fallback]:has(+ math),"
    " .MathJax_Preview, .katex-fallback, noscript img"
)


class Rule(NamedTuple):
    """One encoding: what its source must hold to be looked for, its elements, their TeX, and which are displays."""

    tokens: tuple[str, ...]
    selector: str
    tex: Callable[[ElementNode], str | None]
    display: Callable[[ElementNode], bool] = of.block


CARRYING = ", ".join(f"[{name}]" for name in of.CARRIERS if name.startswith("data-") and name != "data-value")
RULES = (
    Rule(("katex-display",), ".katex-display", of.katex_display, lambda node: True),
    Rule(("ql-formula",), ".ql-formula[data-value]", of.carried),
    Rule(("data-",), f":is({CARRYING}):not(mjx-container *):not(.MathJax):not(img)", of.carried),
    Rule(("katex",), ".katex, .katex-error, .katex-mathml", of.katex),
    Rule(("math/",), SCRIPT, of.script, lambda node: "display" in attribute(node, "type")),
    Rule(("mjx-",), "mjx-container", of.mathjax, lambda node: attribute(node, "display") == "true"),
    Rule(("MathJax", "MJX", "mjx-chtml"), RENDERED, of.mathjax),
    Rule(("mwe-math",), ".mwe-math-element", of.wiki, lambda node: node.query_selector('math[display="block"], .mwe-math-fallback-image-display') is not None),
    Rule(("<math", "<MATH"), "math", of.mathml),
    Rule(("<math-renderer", "js-render-math"), "math-renderer, .js-render-math", of.texted),
    Rule(("<tex", "<latex", "<d-math", "<mathjax", "<amp-mathml"), "tex, latex, d-math, mathjax", of.texted),
    Rule(("<asciimath",), "asciimath", of.asciimath),
    Rule(("arithmatex", "math", "tex"), ".arithmatex, span.math, div.math, span.math-tex, span.tex, span.mathjax-tex, code.language-math,"
         " .math-inline, .math-display", of.texted),
    Rule(("<img", "<IMG"), "img", image_tex),
    Rule(("<svg", "<object", "<embed"), "svg, object, embed", titled_tex),
)  # fmt: skip
PREFIXED = re.compile(r"<(\w+):math\b", re.I)


def restore(tree: HTMLTree, html: str) -> None:
    """Replace formulas in the tree by TeX text between marks, and tables and code by text that keeps their lines."""
    document, body = tree.document, tree.body
    if document is None or body is None:
        return
    for node in select(body, NOISE):
        node.decompose()
    _shown(document, body, html)
    if "math/" in html:
        _drop_rendered(body)
    if ":math" in html:
        for name in sorted(set(PREFIXED.findall(html)))[:4]:
            _apply(document, body, Rule((), f"{name.lower()}\\:math", of.mathml))
    if "ltx_eq" in html:
        equations(document, body)
    for rule in RULES:
        if any(token in html for token in rule.tokens):
            _apply(document, body, rule)
    _plain(document, body, html)
    code_blocks(document, body, html)
    if "<table" in html or "<TABLE" in html:
        tables(document, body)


def _apply(document: DocumentNode, body: ElementNode, rule: Rule) -> None:
    for node in select(body, rule.selector):
        if node.parent is not None and (tex := rule.tex(node)):
            put(document, node, tex, rule.display(node))


def _plain(document: DocumentNode, body: ElementNode, html: str) -> None:
    """Mathematics in plain HTML, and macro blocks."""
    if "<sup" in html or "<sub" in html or "<SU" in html:
        scripts(document, body)
    if "intbl" in html or "frac" in html or "tion" in html:
        fractions(document, body)
    if "√" in html or "&radic;" in html:
        roots(document, body)
    if "texhtml" in html:
        _apply(document, body, Rule((), ".texhtml", texhtml))
    if MACRO.search(html):
        drop_macros(body)


def _drop_rendered(body: ElementNode) -> None:
    """Remove what MathJax 2 drew of a script that stands beside it."""
    if body.query_selector(SCRIPT) is None:
        return
    for node in select(body, RENDERED):
        after = node.next_element
        if after is None or after.tag == "script" or "data-mathml" not in node.attrs:
            node.decompose()


CHOICE = 'input, math, .katex, .MathJax, mjx-container, img, script[type^="math/"]'
"""In a label or button that is more than the name of a control."""


def _shown(document: DocumentNode, body: ElementNode, html: str) -> None:
    """Make blocks of elements whose text resiliparse would drop: figures with captions or formulas, choices of a quiz."""
    if not any(name in html for name in ("<figure", "<figcaption", "<label", "<button")):
        return
    for node in select(body, "figure, figcaption, label, button"):
        small = node.tag in ("label", "button")
        if not small or uncoded(node.text or "") or node.query_selector(CHOICE) is not None:
            unwrap(document, node, "span" if small else "div")
