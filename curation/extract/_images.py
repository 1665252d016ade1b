"""Images of formulas: their TeX stands in `alt`, in the address, or in an attribute of the editor that made them.

An ordinary image keeps no text here, whatever its `alt`. What says that an image is a formula: its class, who drew it, or an `alt` that
can be nothing but TeX.
"""

from __future__ import annotations

import re
from html import unescape
from typing import TYPE_CHECKING
from urllib.parse import unquote

from curation.extract._convert import mathml_source, wiris
from curation.extract._dom import attribute
from curation.extract._tex import KNOWN, plainly_tex, prose

if TYPE_CHECKING:
    from resiliparse.parse.html.node import ElementNode

CLASS = re.compile(
    r"(?<![a-z])(?:math|tex(?:image|render)?\b|latex|formula|equation|mwe-math|ql-img|wirisformula|eq\b)"
    r"|(?:inline|display)formula|numberedequation",
    re.I,
)
SOURCE = re.compile(
    r"latex\.php\?|codecogs\.com|/math(?:tex|render)|/mimetex|media/math/render|/latex/image|math/img|/imgmath/|quicklatex|texify"
    r"|filter/tex/pix|latex\.artofproblemsolving|mathurl\.com|/_images/math/|zhihu\.com/equation|/cgi-bin/(?:tex|eq)|/teximages?/",
    re.I,
)
"""Addresses of programs that draw formulas and put the TeX into `alt`."""
QUERY = re.compile(
    r"(?:codecogs\.com/[\w./-]*|/mathtex(?:\.cgi)?|/mimetex(?:\.cgi)?|/cgi-bin/mime?tex[\w.]*)\?([^&#]+)"
    r"|(?:i\.upmath\.me|tex\.s2cms\.(?:ru|com))/(?:svg|png)/([^?#]+)"
    r"|[?&;](?:latex|tex|math|formula|equation|eqn|eq|chl|from|expr)=([^&#]+)",
    re.I,
)
"""An image whose address is its TeX."""
SIGN = re.compile(r"[\\^]|(?<![^\W_])[^\W_]_|[\])}]_|_\{")
"""What tells TeX from the names of pages that other addresses carry (`?from=home_page`)."""
OPTIONS = re.compile(
    r"(?:\s|\\(?:inline|small|large|Large|LARGE|huge|tiny|dpi\s*\{\d+\}|bg(?:_\w+|\{\w+\})|fn_\w+|\[?displaystyle\b(?=\s*$)))+"
    r"|\\(?:png|gif|svg)\.(?:latex|image)\?"
)
"""What codecogs reads before the formula: size, background, font."""
HINT = re.compile(
    r"[\\$^{]|%5C|%5E|[mM]ath|MATH|[tT]e[xX](?!t)|TEX|ormula|quation|codecogs|ql-img|eq\b|chl=|[?;&](?:from|expr)="
)
"""What an image must have somewhere to be worth a look."""
LAZY = ("src", "data-src", "data-lazy-src", "data-original", "data-orig-file")
SOURCES = (
    "data-latex",
    "data-tex",
    "data-equation",
    "data-formula",
    "data-math",
    "data-mathml",
    "data-eq",
    "data-equation-content",
)


def image_tex(given: dict[str, str]) -> str | None:
    """TeX of an image with these attributes, None if it is no formula."""
    alt = given.get("alt", "").strip().removeprefix("LaTeX: ")  # as Canvas begins it
    drawn = [given[name] for name in LAZY if name in given]
    if mathml := given.get("data-mathml"):
        return mathml_source(wiris(mathml))
    carried = next((given[name] for name in SOURCES if name in given and not prose(given[name])), None)
    if carried:
        return carried
    said = CLASS.search(given.get("class", "")) or any(map(SOURCE.search, drawn))
    if alt and ((said and not prose(alt)) or plainly_tex(alt)):
        return alt
    return next(filter(None, map(_address, drawn)), None)


def titled_tex(node: ElementNode) -> str | None:
    """TeX that an SVG drawing, object or embedded file carries as its title or label."""
    names = node.attrs
    for name in (*SOURCES, "aria-label", "title", "alt", "data-alt"):
        if (
            name in names
            and (value := attribute(node, name))
            and (plainly_tex(value) if name[:5] != "data-" else not prose(value))
        ):
            return value
    title = node.query_selector("title, desc") if "\\" in node.html else None
    if title is not None and (text := title.text) and plainly_tex(text):
        return text
    return next(filter(None, (_address(attribute(node, name)) for name in ("data", "src"))), None)


def _address(source: str) -> str | None:
    """TeX that an address carries as its query or path."""
    source = source.replace("&space;", " ")
    found = QUERY.search(source) if "?" in source or "/svg/" in source or "/png/" in source else None
    if found is None:
        return None
    named = found[3] is not None
    tex = unescape(unquote((found[1] or found[2] or found[3]).replace("+", " " if named else "+")))
    tex = tex.replace("&space;", " ")
    if (options := OPTIONS.match(tex)) is not None:
        tex = tex[options.end() :]
    return tex if not named or KNOWN.search(tex) or SIGN.search(tex) or SOURCE.search(source) else None
