"""Formulas that stand in one piece of a page's source, put in place before it is parsed: `math` elements and images.

As text they cost a fifth of what they cost as nodes, and a parser and an extractor have less to go through. What contains them (KaTeX,
MathJax, MediaWiki, LaTeXML's tables) finds them as marked text. Scripts, comments and code are left alone.
"""

from __future__ import annotations

import re
from functools import lru_cache
from html import escape, unescape

from curation.extract._convert import mathml_source
from curation.extract._images import HINT, image_tex
from curation.extract._marks import BREAK, formula
from curation.extract._tex import clean

LEAF = re.compile(r"<(?P<leaf>[mMiI](?:ath|mg|ATH|MG))(?=[\s>/])")
PREFIXED = re.compile(r"<(?P<leaf>\w{1,20}:math)(?=[\s>])")
REST = re.compile(r"(?:[^<>\"']|\"[^\"]*\"|'[^']*')*+>")
ATTRIBUTE = re.compile(r"([\w:-]+)\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'>]+))")
DISPLAY = re.compile(r"\b(?:display|mode)\s*=\s*[\"']?(?:block|display)|class\s*=\s*[\"'][^\"']*(?:isplay|block)")
FALLBACK = re.compile(r"\s*(?:<img\b[^<>]*\bclass=\"[^\"]*fallback[^<>]*>|<noscript>\s*<img\b[^<>]*>\s*</noscript>)")
"""An image that stands for a formula once more, for browsers without MathML or scripts."""
AROUND = re.compile(
    r"<(?:div|p)\b[^<>]*\bclass=[\"'][^\"']*(?:\bmath\b|formulaDsp|displaymath|disp-formula)[^<>]*>\s*(?:<p>\s*)?\Z"
)
MAX_TAG, MAX_MATH, MAX_TRIES, BEFORE = 20_000, 200_000, 4, 300
"""Characters of a tag and of a formula; formulas in each other that are tried; characters looked back."""


def starts(html: str) -> list[re.Match[str]]:
    """Where elements begin that may be formulas."""
    found = list(LEAF.finditer(html))
    return [*found, *PREFIXED.finditer(html)] if ":math" in html else found


def leaf(html: str, match: re.Match[str], ends: dict[str, tuple[int, int]]) -> tuple[int, str] | None:
    """Where the element ends, and its formula, marked; None if it is none.

    ends: name -> where its next end tag stands (-1: nowhere), and how many elements have been tried that end there.
    """
    name = match["leaf"]
    if name.lower() == "img":
        return _image(html, match)
    close, tried = ends.get(name, (0, 0))
    if 0 <= close < match.end():
        close, tried = html.find(f"</{name}", match.end()), 0
    ends[name] = close, tried + 1
    if close < 0 or tried >= MAX_TRIES:
        return None
    return _math(html, match.start(), html.find(">", close) + 1)


def _math(html: str, at: int, end: int) -> tuple[int, str] | None:
    """Where an element ends, with the image that stands for it in old browsers, and its marked TeX."""
    if not at < end < at + MAX_MATH:
        return None
    source = html[at:end]
    tex = mathml_source(source)
    if not tex:
        return None
    tag = source[: source.find(">")]
    display = ("isplay" in tag or "block" in tag) and DISPLAY.search(tag) is not None
    return _past(html, end), _marked(tex, display)


def _image(html: str, match: re.Match[str]) -> tuple[int, str] | None:
    rest = REST.match(html, match.end(), match.end() + MAX_TAG)
    tex, display = _drawn(rest[0]) if rest is not None else (None, False)
    if rest is None or not tex:
        return None
    at = match.start()
    return _past(html, rest.end()), _marked(tex, display or AROUND.search(html[max(0, at - BEFORE) : at]) is not None)


@lru_cache(4096)
def _drawn(attributes: str) -> tuple[str | None, bool]:
    """TeX of an image with these attributes, and whether they say display; remembered, for pages repeat their icons and formulas."""
    if HINT.search(attributes) is None:
        return None, False
    given = {name.lower(): unescape(a or b or c) for name, a, b, c in ATTRIBUTE.findall(attributes)}
    return image_tex(given), re.search("display|formulaDsp|block", given.get("class", ""), re.I) is not None


def _past(html: str, end: int) -> int:
    """Where a formula ends, with an image that stands for it once more."""
    fallback = FALLBACK.match(html, end, end + MAX_TAG)
    return fallback.end() if fallback else end


def _marked(raw: str, display: bool) -> str:
    tex, delimited = clean(raw)
    if not tex:
        return ""
    text = escape(formula(tex, display or delimited, brackets=delimited and raw.lstrip()[:2] == "\\["))
    return f"{BREAK}{text}{BREAK}" if display or delimited else text
