r"""Blocks of code as fenced Markdown, line by line as they stand; formulas in code are no formulas.

Fenced, because the text is Markdown elsewhere too (tables, lists) and because a model shall see where code begins: a `$` or `\(` in it
is code, and later steps can tell. A `pre` that nothing says is code (a poem, a letter, a drawing) keeps its lines without a fence. Line
numbers go: tables of Pygments, Rouge and highlight.js hold them beside the code, Doxygen and Hugo before each line.

Text between `CODE` and `END` is left alone by everything that mends prose.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from curation.extract._dom import attribute, put, put_text, select
from curation.extract._marks import CODE, END, MARKED, OPEN, unmarked
from curation.extract._tex import KNOWN

if TYPE_CHECKING:
    from resiliparse.parse.html.node import DocumentNode, ElementNode

NUMBERS = (
    ".linenos, .linenodiv, .lineno, .gutter, .rouge-gutter, .hljs-ln-numbers, .line-number, .lnt, .line-numbers-rows, .blob-num, .ln,"
    " .crayon-nums, .copybtn, button"
)
TABLES = "table.highlighttable, table.rouge-table, table.hljs-ln, table.syntaxhighlighter, .syntaxhighlighter table, table.highlight, table.lntable, table.processedcode, .CodeRay table, table.CodeRay"
SAID = re.compile(
    r"(?:^|[\s_-])(?:highlight|lang|language|brush:|prettyprint|programlisting|sourcecode|code|literal-block|screen|syntax|source|console|"
    r"example|verbatim|hljs|fragment|codehilite|chroma|rouge|doctest|prism)",
    re.I,
)
LANGUAGE = re.compile(r"(?:^|\s)(?:language-|lang-|highlight-(?:source-)?|brush:\s*|sourceCode\s+)([A-Za-z][\w+#.-]*)")
NONE = frozenset("text plain none default plaintext notranslate output code console-output nohighlight auto".split())
FORMULA = re.compile(rf"\s*{OPEN}[^{OPEN}]*\s*")


def code_blocks(document: DocumentNode, body: ElementNode, html: str) -> None:
    """Replace blocks of code by fenced text, and take marks out of code in lines."""
    if OPEN in html:
        _lines(document, body)
    if "linenos" in html or "lineno" in html or "gutter" in html or "hljs-ln" in html or "lntable" in html:
        _numbered(document, body)
    if 'class="fragment' in html:
        for node in select(body, "div.fragment"):
            lines = [unmarked(line.text or "") for line in select(node, "div.line")]
            if lines and node.parent is not None:
                _fence(document, node, "\n".join(line.rstrip("\n") for line in lines), "")
    if "<pre" in html or "<PRE" in html or "<xmp" in html or "<listing" in html:
        for node in select(body, "pre, xmp, listing"):
            _block(document, node)


def uncoded(text: str) -> bool:
    """Whether a text has a marked formula."""
    return OPEN in text


def _lines(document: DocumentNode, body: ElementNode) -> None:
    """Code in a line of text: marks go, but for an element that is one formula of well-known commands."""
    for node in select(body, "code, tt, kbd, samp"):
        text = node.text or ""
        if OPEN not in text or (FORMULA.fullmatch(text) and KNOWN.search(text)) or node.closest("pre") is not None:
            continue
        node.replace_children(document.create_text_node(unmarked(text)))


def _numbered(document: DocumentNode, body: ElementNode) -> None:
    """Tables that hold line numbers beside the code, to one block."""
    for table in select(body, TABLES):
        if table.parent is None:
            continue
        for node in select(table, NUMBERS):
            node.decompose()
        inner = table.query_selector("td.code pre, pre")
        rows = [inner] if inner is not None else select(table, "tr")
        if rows:
            _fence(document, table, "\n".join(unmarked(row.text or "").strip("\n") for row in rows), _language(table))


def _block(document: DocumentNode, node: ElementNode) -> None:
    if node.parent is None or (MARKED.fullmatch((node.text or "").strip()) and not _said(node)):
        return
    for line_break in select(node, "br"):
        line_break.replace_with(document.create_text_node("\n"))
    for number in select(node, NUMBERS):
        number.decompose()
    text = unmarked(node.text or "")
    if "math" in attribute(node, "class").split():
        put(document, node, text, display=True)
    elif text.strip() and _said(node):
        _fence(document, node, text, _language(node))
    elif text.strip():
        put_text(document, node, f"{CODE}{text.rstrip()}{END}", block=True, tag="pre")


def _fence(document: DocumentNode, node: ElementNode, code: str, language: str) -> None:
    """Put code in the node's place, between fences longer than any in it."""
    code = re.sub(r"\A(?:[ \t]*\n)+|\s+\Z", "", code.replace("\r\n", "\n"))
    fence = "`" * max([3, *(len(run) + 1 for run in re.findall("`{3,}", code))])
    if code:
        put_text(document, node, f"{CODE}{fence}{language}\n{code}\n{fence}{END}", block=True, tag="pre")
    else:
        node.decompose()


def _around(node: ElementNode) -> list[str]:
    """Classes of a block, the `code` in it, and what it stands in."""
    inner = node.first_element_child
    near = [node, inner if inner is not None and inner.tag == "code" else None, node.parent_element]
    near.append(near[2].parent_element if near[2] is not None else None)
    return [attribute(element, "class") for element in near if element is not None]


def _said(node: ElementNode) -> bool:
    """Whether the markup says that a block is code."""
    inner = node.first_element_child
    if node.tag != "pre" or (inner is not None and inner.tag in ("code", "samp", "kbd")):
        return True
    return any(SAID.search(classes) for classes in _around(node))


def _language(node: ElementNode) -> str:
    for classes in _around(node):
        if (found := LANGUAGE.search(classes)) and found[1].lower() not in NONE:
            return found[1].lower()
    return ""
