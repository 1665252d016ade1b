"""Conversions to LaTeX as the rules use them: MathML and AsciiMath in strings, remembered, for pages repeat their formulas."""

from __future__ import annotations

import re
from functools import lru_cache
from html import unescape

ANNOTATION = re.compile(
    r"<(?:\w+:)?annotation\s[^<>]*encoding\s*=\s*[\"'][^\"']*tex[^\"']*[\"'][^<>]*>(.*?)</", re.I | re.S
)
ALTTEXT = re.compile(r"<(?:\w+:)?math\b[^<>]*\salttext\s*=\s*(?:\"([^\"]*)\"|'([^']*)')", re.I)
WIRIS = str.maketrans("«»¨§`", "<>\"&'")


@lru_cache(4096)
def mathml_source(source: str) -> str | None:
    """MathML in a string, as attributes and scripts hold it."""
    if found := ANNOTATION.search(source):
        return unescape(re.sub(r"^<!\[CDATA\[|\]\]>$", "", found[1]))
    found = ALTTEXT.search(source)
    if found and not spoken(alttext := unescape(found[1] or found[2] or "")):
        return alttext
    return latex(source)


SPOKEN = re.compile(r"(?<![A-Za-z])[A-Za-z]{3,}\s+[A-Za-z]|[A-Za-z]\s[A-Za-z]{4}")


def spoken(alttext: str) -> bool:
    """Whether an `alttext` is words for the ear, not TeX."""
    return "\\" not in alttext and bool(SPOKEN.search(alttext))


def wiris(value: str) -> str:
    """MathML as the WIRIS editor writes it into attributes: `«mi mathvariant=¨normal¨»x«/mi»`."""
    return value.translate(WIRIS) if "«" in value else value


def latex(mathml: str) -> str | None:
    """MathML to LaTeX."""
    from curation.extract._mathml import to_latex

    return to_latex(mathml)


@lru_cache(4096)
def ascii_latex(asciimath: str) -> str | None:
    """AsciiMath to LaTeX."""
    from curation.extract._asciimath import to_latex

    return to_latex(asciimath)
