r"""Blocks of code as fenced Markdown, line by line as they stand; formulas in code are no formulas.

Fenced, because the text is Markdown elsewhere too (tables, lists) and because a model shall see where code begins: a `$` or `\(` in it
is code, and later steps can tell. A `pre` that nothing says is code (a poem, a letter, a drawing) keeps its lines without a fence. Line
numbers go: tables of Pygments, Rouge and highlight.js hold them beside the code, Doxygen and Hugo before each line.

Text between `CODE` and `END` is left alone by everything that mends prose.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from curation.extract._dom import Source, affordable, attribute, put, select
from curation.extract._marks import BREAK, CODE, END, MARKED, OPEN, unmarked

if TYPE_CHECKING:
    from resiliparse.parse.html.node import DocumentNode, ElementNode

NUMBERS = (
    ".linenos, .linenodiv, .lineno, .gutter, .rouge-gutter, .hljs-ln-numbers, .line-number, .lnt, .line-numbers-rows, .blob-num, pre .ln,"
    " .crayon-nums, .copybtn"
)
NUMBERING = frozenset(
    (
        "linenos lineno gutter rouge-gutter hljs-ln lnt lntable line-number line-numbers-rows blob-num copybtn CodeRay ln crayon-nums"
        " highlighttable rouge-table"
    ).split()
)
TABLES = (
    "table.highlighttable, table.rouge-table, table.hljs-ln, table.syntaxhighlighter, .syntaxhighlighter table, table.highlight,"
    " table.lntable, table.processedcode, .CodeRay table, table.CodeRay"
)
SAID = re.compile(
    r"(?:^|[\s_-])(?:highlight|lang|language|brush:|prettyprint|programlisting|sourcecode|code|literal-block|screen|syntax|source|console|"
    r"example|verbatim|hljs|fragment|codehilite|chroma|rouge|doctest|prism)",
    re.I,
)
LANGUAGE = re.compile(r"(?:^|\s)(?:language-|lang-|highlight-(?:source-)?|brush:\s*|sourceCode\s+)([A-Za-z][\w+#.-]*)")
CODED = frozenset(("pre", "xmp", "listing"))
COLORED = re.compile(
    r'([^<>\w-][^<>]*+>|>)((?:[^<]++|<span(?: class="(?!ln")(?:[a-z]{1,2}\d?|hll|err)")?>|</span>)*+)</pre>'
)
"""Code with nothing in it but the spans that Pygments writes."""
SPAN = re.compile("<[^>]*+>")
BLANK = re.compile(r"(?:[ \t]*\n)+")
NONE = frozenset("text plain none default plaintext notranslate output code console-output nohighlight auto".split())


def without_colors(html: str) -> str:
    """The page's source without the spans that color its code: a quarter of all tags that a parser would read for nothing."""
    first, *blocks = html.split("<pre")
    return "<pre".join([first, *map(_plain, blocks)]) if blocks else html


def _plain(html: str) -> str:
    """What follows `<pre`, a block without tags; a parser drops a line break that follows `<pre>` at once."""
    block = COLORED.match(html)
    if block is None or "<" not in block[2]:
        return html
    text = SPAN.sub("", block[2])
    gap = "\n" if text[:1] == "\n" != block[2][0] else ""
    return f"{block[1]}{gap}{text}{html[block.end(2) :]}"


def code_blocks(document: DocumentNode, body: ElementNode, page: Source) -> bool:
    """Replace blocks of code by fenced text. Gives whether there were blocks that are formulas."""
    found = False
    if page.classes & NUMBERING:
        _numbered(document, body)
        for node in select(body, NUMBERS):
            node.decompose()
    if "fragment" in page.classes:
        for node in affordable(select(body, "div.fragment"), len(page.html)):
            lines = [unmarked(line.text or "") for line in select(node, "div.line")]
            if lines and node.parent is not None:
                _fence(document, node, "\n".join(line.rstrip("\n") for line in lines), "")
    if page.tags & CODED:
        broken = "<br" in page.html or "<BR" in page.html
        for node in affordable(select(body, ", ".join(sorted(page.tags & CODED))), len(page.html)):
            found |= _block(document, node, broken)
    return found


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
            _fence(
                document,
                table,
                "\n".join(unmarked(row.text or "").strip("\n") for row in rows),
                _language(_around(table, table.parent_element)),
            )


def _block(document: DocumentNode, node: ElementNode, broken: bool) -> bool:
    """Put one block; `broken`: its lines may end with `<br>`."""
    parent = node.parent_element
    if parent is None:
        return False
    if broken and "<br" in node.html:
        for line_break in select(node, "br"):
            line_break.replace_with(document.create_text_node("\n"))
    text = node.text or ""
    if OPEN in text and MARKED.fullmatch(text.strip(f" \n{BREAK}")):
        node.replace_with(document.create_text_node(text))
        return True
    text = unmarked(text)
    classes = _around(node, parent)
    if "math" in classes[0].split():
        return put(document, node, text, display=True)
    if node.tag == "pre":
        said = any(map(SAID.search, classes))
        node.text = _fenced(text, _language(classes)) if said else f"{CODE}{text.rstrip()}{END}"
    else:
        _fence(document, node, text, "")
    return False


def _fenced(code: str, language: str) -> str:
    """Code between fences longer than any in it."""
    code = code.replace("\r\n", "\n").rstrip()
    if (blank := BLANK.match(code)) is not None:
        code = code[blank.end() :]
    fence = "```" if "```" not in code else "`" * max(len(run) + 1 for run in re.findall("`{3,}", code))
    return f"{CODE}{fence}{language}\n{code}\n{fence}{END}" if code else ""


def _fence(document: DocumentNode, node: ElementNode, code: str, language: str) -> None:
    block = document.create_element("pre")
    block.text = _fenced(code, language)
    node.replace_with(block)
    node.decompose()


def _around(node: ElementNode, parent: ElementNode | None) -> list[str]:
    """Classes of a block, of the `code` in it, and of what it stands in."""
    inner = node.first_element_child
    outer = parent.parent_element if parent is not None else None
    code = inner is not None and inner.tag == "code"
    return [
        attribute(node, "class"),
        (attribute(inner, "class") or "code") if inner is not None and code else "",
        attribute(parent, "class") if parent is not None else "",
        attribute(outer, "class") if outer is not None else "",
    ]


def _language(classes: list[str]) -> str:
    found = (LANGUAGE.search(names) for names in classes)
    return next((name for match in found if match and (name := match[1].lower()) not in NONE), "")
