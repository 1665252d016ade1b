"""A page from its HTML to text, but for the extraction between: what both stages do before and after it.

`parse` gives a DOM in which each formula is text between marks, tables are Markdown and code is fenced; `finish` takes the marks out of
the text that some extractor made of it. Limits are in bytes, nodes and depth, so a page's fate is the same on any machine.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from curation.extract._delimited import mark
from curation.extract._dom import MAX_DEPTH, too_deep
from curation.extract._macros import MACRO, defines
from curation.extract._marks import CLOSE, CODE, END, MARKED, OPEN, unforged, unmarked
from curation.extract._math import restore
from curation.extract._repair import repair
from curation.extract._slow import slow_to_parse
from curation.extract._symbols import unicode_math

if TYPE_CHECKING:
    from resiliparse.parse.html import HTMLTree
    from resiliparse.parse.html.node import ElementNode

VOID = "area base br col embed hr img input link meta param source track wbr"
EMPTY_ELEMENT = re.compile(rf"<(?!(?i:{VOID.replace(' ', '|')})\b)([A-Za-z][\w:-]*)((?:\s[^<>]*)?)(?<!/)/>")
DOCTYPE = re.compile(r"<!DOCTYPE[^<>\[]*(?:\[.{0,20000}?\]\s*)?>", re.S | re.I)
CELLS = re.compile(r" ?\t[\t ]*")
HEADERLINK = re.compile(r'<a class="headerlink"[^<>]*>[^<>]*</a>')
NOSCRIPT = re.compile(rf"<noscript>([^<]*{OPEN}[^<]*)</noscript>")
"""A formula for browsers without scripts only, where nothing else stands for it; extractors leave out this element."""
PIECES = re.compile(f"({OPEN}[^{OPEN}{CLOSE}]*{CLOSE}|{CODE}[^{CODE}{END}]*{END})")


class Page(NamedTuple):
    """A page's DOM with its formulas as marked text, its title, and how many formulas it holds."""

    tree: HTMLTree
    title: str | None
    found: int


def parse(html: str, *, max_bytes: int, max_nodes: int) -> Page | None:
    """The page with every formula as text between marks, None if it is over a limit."""
    from resiliparse.parse.html import HTMLTree

    if len(html) > max_bytes or (len(html) * 4 > max_bytes and len(html.encode()) > max_bytes):
        return None
    if slow_to_parse(html):
        return None
    html = unforged(html)
    if '"headerlink"' in html:
        html = HEADERLINK.sub("", html)
    html = mark(_as_html(html))
    if "<noscript" in html:
        html = NOSCRIPT.sub(r"\1", html)
    tree = HTMLTree.parse(html)
    body = tree.body
    if body is not None and _over(body, html, max_nodes):
        return None
    title = " ".join(repair(unmarked(tree.title or "")).split()) or None
    restored = restore(tree, html)
    return Page(tree, title, _found(body.text or "", html) if body is not None and (restored or OPEN in html) else 0)


def finish(text: str) -> tuple[str, int]:
    """The text without marks, invisible characters and more than one empty line, and how many formulas stand in it."""
    pieces, kept = PIECES.split(repair(text)), 0
    for i, piece in enumerate(pieces):
        if i % 2 == 0:
            pieces[i] = _prose(piece)
        elif piece[0] == OPEN:
            gone = defines(piece)
            kept += not gone
            pieces[i] = "" if gone else piece
    text = unmarked("".join(pieces))
    text = "\n".join([line.rstrip() for line in text.split("\n")])
    while "\n\n\n" in text:
        text = text.replace("\n\n\n", "\n\n")
    return text.strip(), kept


def _prose(text: str) -> str:
    """Text outside formulas and code: Unicode mathematics as plain, cells of layout tables with a blank between them."""
    if "\t" in text:
        text = CELLS.sub(" ", text)
    return text if text.isascii() else unicode_math(text)


def _found(text: str, html: str) -> int:
    """Formulas in the text of a DOM, but for those that only define macros."""
    if not MACRO.search(html):
        return text.count(OPEN)
    return sum(not defines(found[1]) for found in MARKED.finditer(text))


def _over(body: ElementNode, html: str, max_nodes: int) -> bool:
    """Whether a page nests elements too deep, or has more than allowed; of one tag a parser makes at most as many as may be open."""
    return too_deep(body, html) or (
        html.count("<") * MAX_DEPTH > max_nodes and len(body.query_selector_all("*")) > max_nodes
    )


def _as_html(html: str) -> str:
    """XHTML made safe for an HTML parser, for which `<script/>` would swallow the rest of the page and a DTD would be text."""
    if not html[:200].lstrip("\ufeff \t\r\n").startswith("<?xml"):
        return html
    html = DOCTYPE.sub("", html, count=1)
    return EMPTY_ELEMENT.sub(r"<\1\2></\1>", html)
