r"""Main text of an HTML page without losing its mathematics: trafilatura over the page whose formulas have been put back.

The slow, clean stage for pages that a first, fast one (`html_math`) let through; it needs the HTML, so it reads `as_read`, the text as
the reader gave it. trafilatura knows what is an article and what is a menu, and nothing of TeX, Markdown tables or code. So each of these
goes through it as an opaque word (`_tokens.py`), the page's blocks are made plain first (`_blocks.py`), and what it shall read is
framed where the page's own names do not tell, or tell of one post of many (`_frame.py`).

trafilatura mostly runs once, in its fast mode (its fallbacks readability and justext cost as much again and gain nothing here) and without
comments. Twice, with comments and with paragraphs around bare text, if that was less than half of the page's own text, or formulas are
missing; and a third time, pointed at what holds the formulas, if they still are. The longer or fuller text wins.

Left out: metadata, links, pictures. The page's title is a column of `html_math`, so the heading that repeats it goes.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import polars as pl

from curate.step import rewrite
from curation.extract import _blocks as blocks
from curation.extract._frame import frame
from curation.extract._marks import OPEN, unmarked
from curation.extract._page import finish, parse
from curation.extract._tokens import Tokens

if TYPE_CHECKING:
    from lxml.html import HtmlElement

SCHEMA = {"text": pl.String, "clean_formulas_found": pl.UInt32, "clean_formulas_kept": pl.UInt32}
MAX_DEPTH, MAX_DEPTHS = 250, 1_000_000
"""Of one element, and of all together: trafilatura climbs from each element to the top, time and again."""
MANY = 10_000
"""Elements of a page that trafilatura goes through no second time."""
MANY_INLINE = 2_000
"""Inline elements of a page that stay elements."""
INLINE = tuple("b big cite em font i q s small span strike strong sub sup tt u var".split())
ENOUGH, SHORT, KEPT = 0.5, 0.7, 0.95
"""Share of the page's text, of another extraction's text, and of formulas, below which something is missing."""
CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ufffe\uffff]")
"""What lxml parses and then refuses to copy."""
TAG = re.compile(r"""</?[a-zA-Z][^ >]*+(?: =?[^ =>]*+="[^"]*+")*+>""")
"""A tag as the parser writes it: names of elements and attributes may hold signs of markup, and values may hold all but their quotes."""
GAP = "\u2424"
"""Stands between blocks for a moment: the symbol for a new line, which trafilatura itself takes for one."""
LONE = re.compile(r"(?m)^[ \t]*-[ \t]*\n+")
"""The dash of a list's item that begins with something else."""
CALL = re.compile(
    r"\b(?:subscri(?:be|ption)|newsletter|sign up|follow us|join our|download (?:our|the) .*\bapps?\b|share this|read more"
    r"|abonnieren|abonnez-vous|suscr[ií]b\w+|inscreva-se|iscriviti)\b",
    re.I,
)
"""Last lines of an article that are none of it."""


@rewrite(reads=["as_read"], uses=["lxml", "resiliparse", "trafilatura"])
def html_clean(
    docs: pl.DataFrame, *, keep_title: bool = False, max_bytes: int = 4_000_000, max_nodes: int = 25_000
) -> pl.DataFrame:
    """Main text with formulas as TeX, and the columns `clean_formulas_found` and `clean_formulas_kept`.

    Found are the formulas that the page holds, kept those that stand in the text. keep_title: also keep a heading that repeats the page's
    title. max_bytes, max_nodes: pages of more bytes of HTML or more nodes, or nested hundreds deep, get a null text.
    """
    rows = [_row(html, keep_title, max_bytes, max_nodes) for html in docs["as_read"]]
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def _row(
    html: str | None, keep_title: bool, max_bytes: int, max_nodes: int
) -> tuple[str | None, int | None, int | None]:
    page = parse(html, max_bytes=max_bytes, max_nodes=max_nodes) if html is not None else None
    if page is None:
        return None, None, None
    body = page.tree.body
    source = TAG.sub(_unmarked_tag, body.html) if body is not None else ""
    tokens = Tokens(CONTROLS.sub("", source) or "<body></body>")
    tree = _tree(tokens)
    if tree is None:
        return None, None, None
    if not keep_title:
        blocks.drop_title(tree, page.title)
    text = unmarked(_best(tree, tokens))  # trafilatura reads references once more, so that a mark may have been forged
    text = LONE.sub("", tokens.numbers(_without_calls(text)))
    text, kept = finish(tokens.put_back(text))
    return text, page.found, kept


def _unmarked_tag(tag: re.Match[str]) -> str:
    """A formula in an attribute or in the name of an element is none of the page's text."""
    return unmarked(tag[0]) if OPEN in tag[0] else tag[0]


def _tree(tokens: Tokens) -> HtmlElement | None:
    """The page as lxml's tree, ready for trafilatura; None if it is nested too deep."""
    from lxml.html import HTMLParser, document_fromstring

    parser = HTMLParser(remove_comments=True, remove_pis=True, huge_tree=True, encoding="utf-8")
    tree = document_fromstring(tokens.html.encode("utf-8", "replace"), parser=parser)
    if _too_deep(tree):
        return None
    _thin(tree)
    blocks.hide(tree, tokens.prefix)
    blocks.keep_sentences(tree)
    blocks.keep_layout(tree)
    blocks.keep_formulas(tree, tokens.prefix)
    blocks.keep_mathematics(tree, tokens.prefix)
    blocks.flatten(tree)
    blocks.collapse(tree)
    blocks.number_lists(tree, tokens.numbered)
    return tree


def _thin(tree: HtmlElement) -> None:
    """Make thousands of inline elements text, and texts side by side one: lxml goes back through all of them for each one that it gives."""
    from lxml.etree import strip_tags

    if len(list(tree.iter(*INLINE))) <= MANY_INLINE:
        return
    strip_tags(tree, *INLINE)
    for node in tree.iter("*"):
        node.text, node.tail = node.text, node.tail


def _too_deep(tree: HtmlElement) -> bool:
    from lxml.etree import iterwalk

    depth = depths = deepest = 0
    for event, _ in iterwalk(tree, events=("start", "end")):
        depth += 1 if event == "start" else -1
        deepest = max(deepest, depth)
        depths += depth
    return deepest > MAX_DEPTH or depths > 2 * MAX_DEPTHS


def _best(tree: HtmlElement, tokens: Tokens) -> str:
    if tree.body is None:
        return " ".join(" ".join(tree.itertext()).split())
    held = tokens.count(" ".join(tree.xpath(blocks.CONTENT, prefix=tokens.prefix)))
    framed = frame(tree, tokens.prefix)
    text = _extracted(tree, comments=False)
    if len(tree.xpath(".//*")) > MANY:
        return text
    if framed is not None and tokens.count(text) < KEPT * held:
        framed.tag = "div"
        text = _better(text, _extracted(tree, comments=False), tokens)
    if len(text) < ENOUGH * _own_text(tree) or tokens.count(text) < KEPT * held:
        blocks.paragraphs(tree)
        text = _better(text, _extracted(tree, comments=True), tokens)
    if tokens.count(text) < KEPT * held:
        blocks.point_out(tree, tokens.prefix)
        text = _better(text, _extracted(tree, comments=False), tokens)
    return text


def _better(text: str, other: str, tokens: Tokens) -> str:
    return other if len(text) < SHORT * len(other) or tokens.count(text) < KEPT * tokens.count(other) else text


def _own_text(tree: HtmlElement) -> int:
    """Characters of the page's text that is no link and no script."""
    return len(tree.text_content()) - sum(len(node.text_content()) for node in tree.iter("a", "script", "style"))


def _extracted(tree: HtmlElement, comments: bool) -> str:
    """What trafilatura finds, its comments after its text unless they stand in it already."""
    from trafilatura import bare_extraction
    from trafilatura.settings import Document

    found = bare_extraction(tree, fast=True, include_comments=comments)
    if not isinstance(found, Document) or found.text is None:
        return ""
    lines = set(found.text.split("\n"))
    rest = (found.comments or "").split("\n") if comments else []
    text = _paragraphs(found.body)
    if sum(line in lines for line in rest) * 2 > len(rest):
        return text
    return "\n\n".join([text, *rest])


def _paragraphs(body: Any) -> str:
    """trafilatura's text with an empty line between its blocks, of which it leaves no trace."""
    from lxml.etree import SubElement
    from trafilatura.xml import xmltotxt

    for block in body.xpath("./p | ./head | ./list | ./quote | ./code | ./table"):
        mark = SubElement(body, "p")
        mark.text, mark.tail, block.tail = GAP, block.tail, None
        block.addnext(mark)
    return re.sub(rf"\n*{GAP}\n*", "\n\n", xmltotxt(body, include_formatting=False)).strip("\n")


def _without_calls(text: str) -> str:
    lines = text.rstrip().split("\n")
    while len(lines) > 3 and len(lines[-1]) < 200 and (not lines[-1] or CALL.search(lines[-1])):
        lines.pop()
    return "\n".join(lines)
