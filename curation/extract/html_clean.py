from __future__ import annotations

import re
from typing import TYPE_CHECKING

import polars as pl

from curate.step import rewrite
from curation.extract._blocks import drop_title, hide, paragraphs, plain
from curation.extract._page import Page, finish, parse
from curation.extract._tokens import Tokens

if TYPE_CHECKING:
    from lxml.html import HtmlElement

SCHEMA = {"text": pl.String, "clean_formulas_found": pl.UInt32, "clean_formulas_kept": pl.UInt32}
SHORT = 0.7
STAT={}

@rewrite(reads=["as_read"], uses=["resiliparse", "trafilatura", "lxml"])
def html_clean(docs: pl.DataFrame, *, keep_title: bool = False, max_bytes: int = 8_000_000, max_nodes: int = 300_000) -> pl.DataFrame:
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

    tokens = Tokens(page.tree.document.html)
    tree = document_fromstring(tokens.html)
    hide(tree)
    plain(tree, tokens.word)
    if not keep_title:
        drop_title(tree, page.title)
    return tokens, tree


def _best(tree: HtmlElement, tokens: Tokens) -> str:
    text = _extracted(tree, comments=False)
    held = len(tokens.word.findall(tokens.html))
    paragraphs(tree)
    more = _extracted(tree, comments=True)
    if len(text) < SHORT * len(more) or tokens.count(text)<0.9*tokens.count(more):
        text=more
    return text


def _extracted(tree: HtmlElement, comments: bool) -> str:
    from trafilatura import extract

    return extract(tree, fast=True, include_comments=comments) or ""

CALL = re.compile(r"\b(subscri(be|ption)|newsletter|sign up|follow us|download (our|the) .*\bapps?\b|share this|read more|join our|abonnieren|abonnez|suscr[ií]b)", re.I)
def _without_calls(text: str) -> str:
    lines=text.rstrip().split("\n")
    while len(lines) > 3 and len(lines[-1]) < 200 and CALL.search(lines[-1]): lines.pop()
    return "\n".join(lines)
