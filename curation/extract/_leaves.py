"""Formulas that stand in one piece of a page's source, put in place before it is parsed: `math` elements and images.

As text they cost a fifth of what they cost as nodes, and a parser and an extractor have less to go through. What contains them (KaTeX,
MathJax, MediaWiki, LaTeXML's tables) finds them as marked text. Scripts, comments and code are left alone.
"""

from __future__ import annotations

import re
from html import escape, unescape

from curation.extract._convert import mathml_source
from curation.extract._delimited import verbatim
from curation.extract._images import HINT, image_tex
from curation.extract._marks import BREAK, formula
from curation.extract._tex import clean

PATTERNS = {"<math": re.compile(r"<(math)(?=[\s>])"), ":math": re.compile(r"<(\w{1,20}:math)(?=[\s>])"), "<img": re.compile(r"<(img)(?=[\s/])"),
            "<MATH": re.compile(r"<(MATH)(?=[\s>])"), "<IMG": re.compile(r"<(IMG)(?=[\s/])")}  # fmt: skip
REST = re.compile(r"(?:[^<>\"']|\"[^\"]*\"|'[^']*')*+>")
ATTRIBUTE = re.compile(r"([\w:-]+)\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'>]+))")
DISPLAY = re.compile(r"\b(?:display|mode)\s*=\s*[\"']?(?:block|display)|class\s*=\s*[\"'][^\"']*(?:isplay|block)")
FALLBACK = re.compile(r"\s*(?:<img\b[^<>]*\bclass=\"[^\"]*fallback[^<>]*>|<noscript>\s*<img\b[^<>]*>\s*</noscript>)")
"""An image that stands for a formula once more, for browsers without MathML or scripts."""
AROUND = re.compile(
    r"<(?:div|p)\b[^<>]*\bclass=[\"'][^\"']*(?:\bmath\b|formulaDsp|displaymath|disp-formula)[^<>]*>\s*(?:<p>\s*)?\Z"
)
MAX_TAG, MAX_MATH, BEFORE = 20_000, 200_000, 300


def leaves(html: str) -> str:
    """The page's source with marked text for each `math` element and each image that is a formula."""
    found = [match for token, pattern in PATTERNS.items() if token in html for match in pattern.finditer(html)]
    if not found:
        return html
    pieces, done, spans, span, unclosed = [], 0, verbatim(html), (-1, -1), set()
    for match in sorted(found, key=re.Match.start):
        at, name = match.start(), match[1]
        if at < done or name in unclosed:
            continue
        while span[1] <= at:
            span = next(spans, (len(html), len(html) + 1))
        if span[0] <= at:
            continue
        if name.lower() == "img":
            replaced = _image(html, match)
        else:
            close = html.find(f"</{name}", match.end())
            if close < 0:
                unclosed.add(name)
                continue
            replaced = _math(html, at, html.find(">", close) + 1)
        if replaced is not None:
            pieces += [html[done:at], replaced[1]]
            done = replaced[0]
    return "".join([*pieces, html[done:]]) if pieces else html


def _math(html: str, at: int, end: int) -> tuple[int, str] | None:
    """Where an element ends, with the image that stands for it in old browsers, and its marked TeX."""
    if not at < end < at + MAX_MATH:
        return None
    source = html[at:end]
    tex = mathml_source(source)
    if not tex:
        return None
    return _past(html, end), _marked(tex, DISPLAY.search(source, 0, source.find(">")) is not None)


def _image(html: str, match: re.Match[str]) -> tuple[int, str] | None:
    rest = REST.match(html, match.end(), match.end() + MAX_TAG)
    if rest is None or HINT.search(rest[0]) is None:
        return None
    given = {name.lower(): unescape(a or b or c) for name, a, b, c in ATTRIBUTE.findall(rest[0])}
    tex = image_tex(given)
    if not tex:
        return None
    display = re.search("display|formulaDsp|block", given.get("class", ""), re.I) is not None
    at = match.start()
    return _past(html, rest.end()), _marked(tex, display or AROUND.search(html[max(0, at - BEFORE) : at]) is not None)


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
