"""A page from its HTML to text, but for the extraction between: what both stages do before and after it.

`parse` gives a DOM in which each formula is text between marks, tables are Markdown and code is fenced; `finish` takes the marks out of
the text that some extractor made of it. Limits are in bytes, nodes and depth, so a page's fate is the same on any machine.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from curation.extract._code import without_colors
from curation.extract._delimited import mark
from curation.extract._dom import MAX_DEPTH, too_deep
from curation.extract._macros import MACRO, defines
from curation.extract._marks import CLOSE, CODE, END, MARKED, OPEN, unforged, unmarked
from curation.extract._math import restore
from curation.extract._repair import repair, unusual
from curation.extract._slow import slow_to_parse
from curation.extract._symbols import UNICODE_MATH, unicode_math

if TYPE_CHECKING:
    from resiliparse.parse.html import HTMLTree
    from resiliparse.parse.html.node import ElementNode

VOID = frozenset("area base br col embed hr img input link meta param source track wbr".split())
CLOSED = re.compile(r"<([A-Za-z][\w:-]*+)((?:\s[^<>/]*+(?:/(?!>)[^<>/]*+)*+)?)(?<!/)/>")
"""An element that XHTML closes where it opens it."""
DOCTYPE = re.compile(r"<!DOCTYPE[^<>\[]*(?:\[.{0,20000}?\]\s*)?>", re.S | re.I)
CELLS = re.compile(r"\t[\t ]*")
HEADERLINK = '<a class="headerlink"'
LINKED = re.compile(r"[^<>]*>[^<>]*</a>")
NOSCRIPT = re.compile(rf"<noscript>([^<]*{OPEN}[^<]*)</noscript>")
"""A formula for browsers without scripts only, where nothing else stands for it; extractors leave out this element."""
GROUP = re.compile(r"\$\\(?:begin|end)group\$")
"""What StackExchange puts around each post, so that macros of one do not reach the next."""
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
    html = mark(without_colors(_as_html(_without_links(unforged(GROUP.sub("", html))))))
    if OPEN in html and "<noscript" in html:
        html = NOSCRIPT.sub(r"\1", html)
    tree = HTMLTree.parse(html)
    body = tree.body
    if body is not None and _over(body, html, max_nodes):
        return None
    title = " ".join(repair(unmarked(tree.title or "")).split()) or None
    restored = restore(tree, html)
    return Page(tree, title, _found(body.text or "") if body is not None and (restored or OPEN in html) else 0)


def _without_links(html: str) -> str:
    """The page's source without the signs beside headings that link to them."""
    first, *rest = html.split(HEADERLINK)
    linked = [(LINKED.match(text), text) for text in rest]
    return first + "".join([text[end.end() :] if end else HEADERLINK + text for end, text in linked])


def finish(text: str) -> tuple[str, int]:
    """The text without marks, invisible characters and more than one empty line, and how many formulas stand in it."""
    text = repair(text)
    styled = not unusual(text).isdisjoint(UNICODE_MATH)
    if styled or "\t" in text or MACRO.search(text):
        text, kept = _pieces(text, styled)
    else:
        kept = len(MARKED.findall(text))
    text = unmarked(text)
    text = "\n".join([line.rstrip() for line in text.split("\n")])
    while "\n\n\n" in text:
        text = text.replace("\n\n\n", "\n\n")
    return text.strip(), kept


def _pieces(text: str, styled: bool) -> tuple[str, int]:
    """The text without formulas that only define macros, its prose mended, and how many formulas stand in it."""
    pieces, kept = PIECES.split(text), 0
    for i, piece in enumerate(pieces):
        if i % 2 == 0:
            pieces[i] = _prose(piece, styled)
        elif piece[0] == OPEN:
            gone = defines(piece)
            kept += not gone
            pieces[i] = "" if gone else piece
    return "".join(pieces), kept


def _prose(text: str, styled: bool) -> str:
    """Text outside formulas and code: Unicode mathematics as plain, cells of layout tables with a blank between them."""
    if "\t" in text:
        text = CELLS.sub(" ", text.replace(" \t", "\t"))
    return unicode_math(text) if styled else text


def _found(text: str) -> int:
    """Formulas in the text of a DOM, but for those that only define macros."""
    if not MACRO.search(text):
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
    if all(name.lower() in VOID for name, _ in set(CLOSED.findall(html))):
        return html
    return CLOSED.sub(lambda m: m[0] if m[1].lower() in VOID else f"<{m[1]}{m[2]}></{m[1]}>", html)
