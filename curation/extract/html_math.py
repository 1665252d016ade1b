"""Text of an HTML page with its formulas as TeX: one pass over the maths in the DOM (`_page.py`), then resiliparse's extraction.

Fast and complete rather than clean: menus and footers stay, for a later, slower extraction (`html_clean`) or a classifier to judge.
"""

from __future__ import annotations

import polars as pl

from curate.step import rewrite
from curation.extract._page import finish, parse

SCHEMA = {"text": pl.String, "title": pl.String, "formulas_found": pl.UInt32, "formulas_kept": pl.UInt32}


@rewrite(uses=["resiliparse"])
def html_math(
    docs: pl.DataFrame, *, main_content: bool = False, max_bytes: int = 8_000_000, max_nodes: int = 300_000
) -> pl.DataFrame:
    """Plain text with formulas as TeX, and the columns `title`, `formulas_found` and `formulas_kept`.

    Found are the formulas that the page holds, kept those that stand in the text. main_content: also drop what looks like menus and
    boilerplate (resiliparse's heuristics). max_bytes, max_nodes: pages of more bytes of HTML or more nodes get a null text.
    """
    rows = [_row(html, main_content, max_bytes, max_nodes) for html in docs["text"]]
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def _row(
    html: str, main_content: bool, max_bytes: int, max_nodes: int
) -> tuple[str | None, str | None, int | None, int | None]:
    from resiliparse.extract.html2text import extract_plain_text

    page = parse(html, max_bytes=max_bytes, max_nodes=max_nodes)
    if page is None:
        return None, None, None, None
    text = extract_plain_text(page.tree, preserve_formatting=True, main_content=main_content, alt_texts=False)
    finished, kept = finish(text)
    return finished, page.title, page.found, kept
