"""The page's blocks made plain before trafilatura judges them, in lxml's tree.

trafilatura reads paragraphs, lists, headings, tables. It loses text that stands bare between blocks (`<h4>Theorem</h4>If G is <i>finite
</i><br>`, as older pages of mathematics are written) and whatever stands in `figure`, `aside`, `label` or `form`, formulas included.
Here bare runs get a paragraph, and an element it would drop becomes a plain block if it holds a formula.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lxml.html import HtmlElement

BLOCKS = frozenset(
    "address article aside blockquote body center details dir div dl fieldset figure footer form h1 h2 h3 h4 h5 h6 header hr"
    " iframe main nav noscript object ol p pre script section style summary table template ul".split()
)
HOLDERS = ("body", "div", "section", "article", "main", "center")
DROPPED = ("figure", "aside", "label", "form", "fieldset", "legend", "button", "details", "summary", "picture")
"""Elements that trafilatura removes with all they hold."""
INVISIBLE = re.compile(r"visibility\s*:\s*hidden", re.I)


def hide(tree: HtmlElement) -> None:
    """Remove what no reader sees. `display:none` stays: tabs, hints and solutions open from it."""
    for node in tree.xpath(".//*[contains(@style, 'hidden')]"):
        if INVISIBLE.search(node.get("style")) and node.getparent() is not None:
            node.drop_tree()


def plain(tree: HtmlElement, word: re.Pattern[str]) -> None:
    """Times and buttons within a sentence become text, and droppable elements that hold a formula become blocks."""
    for node in list(tree.iter("time", "button")):
        parent = node.getparent()
        if parent is not None and parent.tag in ("p", "li", "td"):
            node.drop_tag()
    holders = {node for text in tree.xpath(".//text()") if word.search(text) for node in _around(text)}
    for node in holders:
        node.tag = "div"


def _around(text: object) -> list[HtmlElement]:
    node = text.getparent()
    return list(node.iterancestors(*DROPPED)) + ([node] if node.tag in DROPPED else [])


def drop_title(tree: HtmlElement, title: str | None) -> None:
    """Remove the first heading where it repeats the page's title, which is a column of its own."""
    heading = next(tree.iter("h1", "h2"), None)
    if heading is not None and title:
        words = _words(heading.text_content())
        if words and f" {words} " in f" {_words(title)} ":
            heading.drop_tree()


def _words(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.lower()))


def paragraphs(tree: HtmlElement) -> None:
    """A paragraph around each bare run of text and inline elements beside blocks; two line breaks in a run end it."""
    for holder in list(tree.iter(*HOLDERS)):
        if any(child.tag in BLOCKS for child in holder):
            _wrap(holder)


def _wrap(holder: HtmlElement) -> None:
    run = _opened(holder, holder.text)
    if run is not None:
        holder.text = None
        holder.insert(0, run)
    for child in list(holder):
        if child is run:
            continue
        if child.tag in BLOCKS or (child.tag == "br" and _ends_with_break(run)):
            run = _opened(holder, child.tail)
            if run is not None:
                child.tail = None
                child.addnext(run)
        elif run is not None:
            run.append(child)
        elif isinstance(child.tag, str) or _bare(child.tail):
            run = holder.makeelement("p")
            child.addprevious(run)
            run.append(child)


def _opened(holder: HtmlElement, text: str | None) -> HtmlElement | None:
    if not _bare(text):
        return None
    run = holder.makeelement("p")
    run.text = text
    return run


def _ends_with_break(run: HtmlElement | None) -> bool:
    return run is not None and len(run) > 0 and run[-1].tag == "br" and not _bare(run[-1].tail)


def _bare(text: str | None) -> bool:
    return bool(text) and not text.isspace()
