"""Text of an HTML page with its formulas as TeX: one pass over the maths in the DOM (`_math.py`), then resiliparse's extraction.

Fast and complete rather than clean: menus and footers stay, for a later, slower extraction or a classifier to judge. Limits are in bytes
and nodes, so a page's fate is the same on any machine.
"""

from __future__ import annotations

import re

import polars as pl

from curate.step import rewrite
from curation.extract._math import restore, too_deep

VOID = frozenset("area base br col embed hr img input link meta param source track wbr".split())
EMPTY_ELEMENT = re.compile(r"<([A-Za-z][\w:-]*)((?:\s[^<>]*)?)(?<!/)/>")
DOCTYPE = re.compile(r"<!DOCTYPE[^<>\[]*(?:\[.{0,20000}?\]\s*)?>", re.S | re.I)
SCHEMA = {"text": pl.String, "title": pl.String, "formulas": pl.UInt32}


@rewrite(uses=["resiliparse"])
def html_math(
    docs: pl.DataFrame, *, main_content: bool = False, max_bytes: int = 8_000_000, max_nodes: int = 300_000
) -> pl.DataFrame:
    """Plain text with formulas as TeX, and the columns `title` and `formulas` (how many formulas stood in the markup).

    main_content: also drop what looks like menus and boilerplate (resiliparse's heuristics). Pages of more than `max_bytes` or
    `max_nodes`, and pages of formulas nested hundreds deep, get a null text.
    """
    rows = [_page(html, main_content, max_bytes, max_nodes) for html in docs["text"]]
    frame = pl.DataFrame(rows, schema=SCHEMA, orient="row")
    return frame.with_columns(_tidy(pl.col("text")), pl.col("title").str.replace_all(r"\s+", " ").str.strip_chars())


def _page(html: str, main_content: bool, max_bytes: int, max_nodes: int) -> tuple[str | None, str | None, int | None]:
    from resiliparse.extract.html2text import extract_plain_text
    from resiliparse.parse.html import HTMLTree

    if len(html) > max_bytes or (len(html) * 4 > max_bytes and len(html.encode()) > max_bytes):
        return None, None, None
    tree = HTMLTree.parse(_as_html(html))
    body = tree.body
    if body is not None and (len(body.query_selector_all("*")) > max_nodes or too_deep(body, always=main_content)):
        return None, None, None
    title = tree.title
    count = restore(tree, html)
    text = extract_plain_text(tree, preserve_formatting=True, main_content=main_content, alt_texts=False)
    return text, title, count


def _as_html(html: str) -> str:
    """XHTML made safe for an HTML parser, for which `<script/>` would swallow the rest of the page and a DTD would be text."""
    if not html[:200].lstrip("\ufeff \t\r\n").startswith("<?xml"):
        return html
    html = DOCTYPE.sub("", html, count=1)
    return EMPTY_ELEMENT.sub(lambda m: m[0] if m[1].lower() in VOID else f"<{m[1]}{m[2]}></{m[1]}>", html)


def _tidy(text: pl.Expr) -> pl.Expr:
    """Without invisible characters, trailing blanks and more than one empty line."""
    return (
        text.str.replace_all(r"[\x00-\x08\x0b-\x1f\x7f\u00ad\u200b\u2060-\u2064\ufeff]", "")
        .str.replace_all(r"[ \t\u00a0]+\n", "\n")
        .str.replace_all("\u00a0", " ", literal=True)
        .str.replace_all(r"\n{3,}", "\n\n")
        .str.strip_chars()
    )
