r"""Formulas in a page's markup, put back as TeX text, so that any extractor keeps them.

Every extractor loses formulas in `<script type="math/tex">`, in the `alt` of images or in MathML, or prints them two or three times
over. Here each is replaced in the DOM by text `$...$` or `$$...$$` between marks (`_marks.py`). What stands in one piece of the source,
TeX in the text (`_delimited.py`), MathML and images (`_leaves.py`), has been marked before the page was parsed. Formula text is escaped
there and goes into text nodes here; it is never parsed as HTML.

A container comes before what it contains: MathJax 2 scripts (whose drawn copies are dropped), elements that carry their TeX, KaTeX,
MathJax without scripts, MediaWiki, elements made for TeX, drawings. Then fractions, roots and raised text of plain HTML, macro blocks,
code, and tables, which are made of the text that the others left. After the extractions of OpenWebMath and MegaMath.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from curation.extract import _containers as of
from curation.extract._code import CODED, code_blocks
from curation.extract._dom import Source, affordable, attribute, put, select, source, unwrap
from curation.extract._equations import EQUATIONS, equations
from curation.extract._macros import MACRO, drop_macros
from curation.extract._marks import BREAK, OPEN
from curation.extract._scripts import FRACTIONS, fractions, roots, scripts, texhtml, written
from curation.extract._tables import tables

if TYPE_CHECKING:
    from resiliparse.parse.html import HTMLTree
    from resiliparse.parse.html.node import DocumentNode, ElementNode

SCRIPT = 'script[type^="math/"]'
NOISE = frozenset(
    "mw-editsection mw-jump-link visually-hidden sr-only screen-reader-text MathJax_Preview anchorjs-link".split()
)
FIGURES, CONTROLS = frozenset(("figure", "figcaption")), frozenset(("label", "button"))
RENDERED = (
    ".MathJax_Display, .MathJax_SVG_Display, .MathJax_SVG, .MathJax_CHTML, .MJXc-display, .mjx-chtml, .MathJax, .MathJax_MathML,"
    " .MathJax_PHTML, .MathJax_PlainSource"
)


MADE_FOR_TEX = (
    ".arithmatex span.math div.math .math-tex span.tex .mathjax-tex .language-math .math-inline .math-display"
)


class Rule(NamedTuple):
    """One encoding: tags or parts of classes that a page must have, its elements, their TeX, and which are displays."""

    tags: frozenset[str]
    classes: frozenset[str]
    selector: str
    tex: Callable[[ElementNode], str | None]
    display: Callable[[ElementNode], bool] = of.block
    leaf: bool = False


CARRYING = re.compile(
    r"data-(?:latex|tex|equation|formula|math|mathml|eq|katex|expr|asciimath|math-content|tex-source|original-tex)\s*="
)
CARRIERS = ", ".join(
    f"[{name}]:not(.MathJax):not(img):not(mjx-container)"
    for name in (*of.CARRIERS, "data-asciimath")
    if name[:5] == "data-" and name != "data-value"
)


def _rule(
    tags: str,
    classes: str,
    selector: str,
    tex: Callable[[ElementNode], str | None],
    display: Callable[[ElementNode], bool] = of.block,
    leaf: bool = False,
) -> Rule:
    return Rule(frozenset(tags.split()), frozenset(classes.split()), selector, tex, display, leaf)


SCRIPTS = _rule("", "", SCRIPT, of.script, lambda node: "display" in attribute(node, "type"), leaf=True)
RULES = (
    _rule("", "katex-display", ".katex-display", of.katex, lambda node: True),
    _rule("", "ql-formula", ".ql-formula[data-value]", of.carried),
    _rule("", "katex katex-error katex-mathml", ".katex, .katex-error, .katex-mathml", of.katex),
    _rule("mjx-container", "", "mjx-container", of.mathjax, lambda node: attribute(node, "display") == "true"),
    _rule("", " ".join(RENDERED.replace(".", "").split(", ")), RENDERED, of.mathjax),
    _rule("", "mwe-math-element", ".mwe-math-element", of.held, of.wiki_block),
    _rule("math-renderer", "js-render-math", "math-renderer, .js-render-math", of.texted),
    _rule("tex latex d-math mathjax", "", "tex, latex, d-math, mathjax", of.texted),
    _rule("asciimath", "", "asciimath", of.asciimath),
    _rule("", re.sub(r"(?:span|div)?\.", "", MADE_FOR_TEX), ", ".join(MADE_FOR_TEX.split()), of.texted, of.div_block),
    _rule("svg object embed", "", "svg, object, embed", of.drawing),
)  # fmt: skip


def restore(tree: HTMLTree, html: str) -> bool:
    """Replace formulas in the tree by TeX text between marks, and tables and code by text that keeps their lines.

    Gives whether there were formulas in the markup; those between delimiters in the text are marked already.
    """
    document, body = tree.document, tree.body
    if document is None or body is None:
        return False
    page = source(html)
    if noise := page.classes & NOISE:
        for node in select(body, ", ".join(f".{name}" for name in sorted(noise))):
            node.decompose()
    if shown := (page.tags & FIGURES) | (page.worth & CONTROLS):
        _shown(document, body, shown, len(html))
    found = _formulas(document, body, page)
    found |= _plain(document, body, page)
    if page.tags & CODED or "fragment" in page.classes:
        found |= code_blocks(document, body, page)
    if "table" in page.tags:
        tables(document, body, len(html))
    return found


def _formulas(document: DocumentNode, body: ElementNode, page: Source) -> bool:
    """All rules for marked-up formulas that the page has anything for."""
    found = False
    if "math/" in page.html and body.query_selector(SCRIPT) is not None:
        _drop_rendered(body)
        found |= _apply(document, page, body, SCRIPTS)
    if page.classes & EQUATIONS:
        found |= equations(document, body)
    if "eqno" in page.classes:
        _numbers_last(document, body)
    if "exercise" in page.classes and "khan-exercise" in page.html:
        found |= _apply(document, page, body, _rule("", "", "code", of.khan))
    if CARRYING.search(page.html):
        found |= _apply(document, page, body, _rule("", "", CARRIERS, of.carried))
    for rule in RULES:
        if page.tags & rule.tags or page.classes & rule.classes:
            if rule.tex is of.texted and rule.classes and not _unmarked(page, rule):
                continue
            if rule.tex is of.drawing and page.tags & rule.tags <= {"svg"} and "svg" not in page.worth:
                continue
            found |= _apply(document, page, body, rule)
    return found


def _unmarked(page: Source, rule: Rule) -> bool:
    """Whether an element made for TeX does not begin with a formula that has been seen already."""
    names = "|".join(map(re.escape, sorted(page.classes & rule.classes)))
    begins = rf"""class=["']?[^"'<>]{{0,200}}(?:{names})(?![\w-])[^<>]{{0,1000}}>(?!\s{{0,100}}[{OPEN}{BREAK}])"""
    return not names or re.search(begins, page.html) is not None


def _apply(document: DocumentNode, page: Source, body: ElementNode, rule: Rule) -> bool:
    found = False
    nodes = select(body, rule.selector)
    for node in affordable(nodes, len(page.html)):
        if (rule.leaf or node.parent is not None) and (tex := rule.tex(node)):
            found |= put(document, node, tex, rule.display(node), rule.leaf)
    return found


def _plain(document: DocumentNode, body: ElementNode, page: Source) -> bool:
    """Mathematics in plain HTML, and macro blocks."""
    found = False
    if page.tags & {"sup", "sub"}:
        scripts(document, body, len(page.html))
    if page.classes & FRACTIONS:
        found |= fractions(document, body, len(page.html))
    if "√" in page.html or "&radic;" in page.html:
        found |= roots(document, body, len(page.html))
    if "math" in page.classes:
        found |= _apply(document, page, body, _rule("", "", "span.math", written, of.div_block))
    if "texhtml" in page.classes:
        found |= _apply(document, page, body, _rule("", "", ".texhtml", texhtml))
    if MACRO.search(page.html):
        drop_macros(body)
    return found


def _drop_rendered(body: ElementNode) -> None:
    """Remove what MathJax 2 drew of a script that stands beside it."""
    for node in select(body, RENDERED):
        after = node.next_element
        if after is None or after.tag == "script" or "data-mathml" not in node.attrs:
            node.decompose()


def _numbers_last(document: DocumentNode, body: ElementNode) -> None:
    """Sphinx writes an equation's number before it and shows it after."""
    for node in select(body, "div.math > .eqno, div.math > p > .eqno"):
        parent = node.parent
        if parent is not None:
            parent.append_child(document.create_text_node(" "))
            parent.append_child(node)


CHOICE = 'input, math, .katex, .MathJax, mjx-container, img, script[type^="math/"]'
"""In a label or button that is more than the name of a control."""


def _shown(document: DocumentNode, body: ElementNode, names: frozenset[str], size: int) -> None:
    """Make blocks of elements whose text resiliparse would drop: figures with captions or formulas, choices of a quiz."""
    for node in affordable(select(body, ", ".join(sorted(names))), size):
        small = node.tag in CONTROLS
        if not small or OPEN in (node.text or "") or node.query_selector(CHOICE) is not None:
            unwrap(document, node, "span" if small else "div")
