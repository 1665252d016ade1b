from __future__ import annotations

import re
from typing import TYPE_CHECKING

import polars as pl

from curate.step import rewrite
from curation.extract._blocks import CONTENT, drop_title, hide, keep_formulas, keep_layout, keep_sentences, paragraphs, point_out
from curation.extract._page import Page, finish, parse
from curation.extract._tokens import Tokens

if TYPE_CHECKING:
    from lxml.html import HtmlElement

SCHEMA = {"text": pl.String, "clean_formulas_found": pl.UInt32, "clean_formulas_kept": pl.UInt32}
SHORT, ENOUGH, KEPT = 0.7, 0.5, 0.95

@rewrite(reads=["as_read"], uses=["resiliparse", "trafilatura", "lxml"])
def html_clean(docs: pl.DataFrame, *, keep_title: bool = False, max_bytes: int = 8_000_000, max_nodes: int = 50_000) -> pl.DataFrame:
    rows = [_row(html, keep_title, max_bytes, max_nodes) for html in docs["as_read"]]
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def _row(html: str, keep_title: bool, max_bytes: int, max_nodes: int) -> tuple[str | None, int | None, int | None]:
    page = parse(html, max_bytes=max_bytes, max_nodes=max_nodes)
    if page is None:
        return None, None, None
    tokens, tree = _tree(page, keep_title)
    text = _best(tree, tokens)
    text, kept = finish(tokens.put_back(_without_calls(text)))
    return text, page.found, kept


def _tree(page: Page, keep_title: bool) -> tuple[Tokens, HtmlElement]:
    from lxml.html import HTMLParser, document_fromstring

    tokens = Tokens(page.tree.body.html)
    tree = document_fromstring(tokens.html, parser=HTMLParser(remove_comments=True, remove_pis=True))
    hide(tree)
    keep_sentences(tree)
    keep_layout(tree)
    keep_formulas(tree, tokens.prefix)
    if not keep_title:
        drop_title(tree, page.title)
    return tokens, tree


def _best(tree: HtmlElement, tokens: Tokens) -> str:
    """What trafilatura finds; the page with paragraphs mended and with its comments where that is much more, or holds more formulas."""
    held = tokens.count(" ".join(tree.xpath(CONTENT, prefix=tokens.prefix)))
    text = _extracted(tree, comments=False)
    if len(text) < ENOUGH * _own_text(tree) or tokens.count(text) < KEPT * held:
        paragraphs(tree)
        text = _better(text, _extracted(tree, comments=True), tokens)
    if tokens.count(text) < KEPT * held:
        point_out(tree, tokens.prefix)
        text = _better(text, _extracted(tree, comments=False), tokens)
    return text


def _better(text: str, other: str, tokens: Tokens) -> str:
    return other if len(text) < SHORT * len(other) or tokens.count(text) < KEPT * tokens.count(other) else text


def _own_text(tree: HtmlElement) -> int:
    """Characters of the page's text that is no link and no script."""
    return len(tree.text_content()) - sum(len(node.text_content()) for node in tree.iter("a", "script", "style"))


def _extracted(tree: HtmlElement, comments: bool) -> str:
    from trafilatura import bare_extraction

    found = bare_extraction(tree, fast=True, include_comments=comments)
    if found is None:
        return ""
    lines = set(found.text.split("\n"))
    rest = (found.comments or "").split("\n") if comments else []
    if sum(line in lines for line in rest) * 2 > len(rest):
        return found.text
    return "\n".join([found.text, *rest])

CALL = re.compile(r"\b(subscri(be|ption)|newsletter|sign up|follow us|download (our|the) .*\bapps?\b|share this|read more|join our|abonnieren|abonnez|suscr[ií]b)", re.I)
def _without_calls(text: str) -> str:
    lines=text.rstrip().split("\n")
    while len(lines) > 3 and len(lines[-1]) < 200 and CALL.search(lines[-1]): lines.pop()
    return "\n".join(lines)
