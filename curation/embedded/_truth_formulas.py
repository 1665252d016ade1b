"""How many of a page's formulas stand in its text: equal ones, whatever their spelling.

A page that holds TeX must give that TeX, blanks aside. One that holds MathML or glyphs alone must give TeX that reads as the same tree:
`x^2` and `x^{2}`, `\\le` and `\\leq` are one formula. One that writes mathematics with <sup> and <sub> or in Unicode has no TeX to
give back: there what it shows must stand in the text, scripts as `^{...}` or as characters. Short formulas would be met by chance, so a
longer one is looked for first and taken out.
"""

from __future__ import annotations

import functools
import html
import re
from collections import Counter
from collections.abc import Iterable, Iterator

from curation.embedded._tex import Node, parse, plain, supsub

FORMULA = re.compile(r"\$\$(.+?)\$\$|\$([^$\n]+)\$|\\\((.+?)\\\)|\\\[(.+?)\\\]", re.S)
BLANKS = re.compile(r"\s+|\\displaystyle(?![A-Za-z])|\\ (?= )")
SHORTEST = 3
"""Formulas of fewer characters are not counted: `$x$` is easily found by chance."""
TREES, LINES = ("mathjax3", "mathml-bare"), ("supsub", "unicode")
"""Encodings that hold no TeX: those with a tree, and those with a line."""


def found(text: str, formulas: Iterable[str], encoding: str) -> tuple[int, int]:
    """Of the true formulas of a page, how many stand in its text, and how many there are."""
    told = [tex for tex in formulas if len(BLANKS.sub("", tex)) >= SHORTEST]
    if encoding in TREES:
        right = Counter(map(_tree, bodies(text))) & Counter(map(_tree, told))
        return right.total(), len(told)
    have, missing = formulas_in(text), []
    for tex in told:
        tight = BLANKS.sub("", tex)
        if have[tight] > 0:
            have[tight] -= 1
        else:
            missing.append(tex)
    shown = _lines(text, missing, encoding) if encoding in LINES else 0
    return len(told) - len(missing) + shown, len(told)


def bodies(text: str) -> Iterator[str]:
    """What stands between delimiters, in order."""
    return (next(filter(None, match.groups()), "") for match in FORMULA.finditer(text))


def formulas_in(text: str) -> Counter[str]:
    """The formulas of a text without white space, counted."""
    tight = (BLANKS.sub("", body) for body in bodies(text))
    return Counter(tex[1:-1] if tex.startswith("{") and tex.endswith("}") else tex for tex in tight)


# ---- as trees ---------------------------------------------------------------------------------------------------------------


@functools.lru_cache(maxsize=20_000)
def _tree(tex: str) -> str:
    """A formula's tree, written so that two that read alike are equal; what cannot be parsed, as it is."""
    try:
        return _written(parse(tex))
    except (KeyError, IndexError, ValueError):
        return BLANKS.sub("", tex)


def _written(node: Node) -> str:
    kind, text, parts = node
    if kind in ("sup", "sub", "subsup") and parts[0].kind == "fence" and len(parts[0].text) == 2:
        opening, closing = (
            parts[0].text[0],
            parts[0].text[1],
        )  # a script of `)` is one of what stands in the parentheses
        return f"{opening}{_written(parts[0].parts[0])}{_written(Node(kind, text, (Node('o', closing), *parts[1:])))}"
    inner = [_written(part) for part in parts]
    if kind in ("i", "n", "o", "text"):
        return text.replace(" ", "").replace("∣", "|")
    if kind == "space":
        return ""
    if kind == "row":
        return "".join(inner)
    if kind == "fence":
        return f"{text[:1]}{inner[0]}{text[1:]}"
    return f"{kind}{text}{{{'|'.join(inner)}}}"


# ---- as lines ---------------------------------------------------------------------------------------------------------------

_RAISED = "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻ⁿ⁽⁾ⁱ"
_LOWERED = "₀₁₂₃₄₅₆₇₈₉₊₋ₙ₍₎ᵢⱼₖ"
_SCRIPTS = re.compile(f"([{_RAISED}]+)|([{_LOWERED}]+)")
_PLAIN = {
    **dict(zip(_RAISED, "0123456789+−n()i", strict=True)),
    **dict(zip(_LOWERED, "0123456789+−n()ijk", strict=True)),
}
_MARK = re.compile(r"<(/?)(i|sup|sub)>")
_BRACED = re.compile(r"([\^_])\{([^{}]*)\}")
_LOOSE = re.compile(r"\s+|\$")


def _lines(text: str, missing: Iterable[str], encoding: str) -> int:
    """How many of these formulas, as a page of that encoding shows them, stand in the text."""
    text, count = _line(text), 0
    for shown in sorted(filter(None, (_shown(tex, encoding) for tex in missing)), key=lambda s: (-len(s), s)):
        if shown in text:
            text, count = text.replace(shown, "\0", 1), count + 1
    return count


@functools.lru_cache(maxsize=20_000)
def _shown(tex: str, encoding: str) -> str | None:
    tree = parse(tex)
    line = supsub(tree) if encoding == "supsub" else plain(tree)
    if line is None:
        return None
    marked = _MARK.sub(lambda m: "" if m[2] == "i" else "}" if m[1] else {"sup": "^{", "sub": "_{"}[m[2]], line)
    return _line(html.unescape(marked))


def _line(text: str) -> str:
    """Without blanks and dollar signs, every script as `^2` or `^(n+1)`."""
    text = _LOOSE.sub("", text)
    text = _SCRIPTS.sub(lambda m: _script("^" if m[1] else "_", "".join(_PLAIN[ch] for ch in m[0])), text)
    while True:
        text, changed = _BRACED.subn(lambda m: _script(m[1], m[2]), text)
        if not changed:
            return text


def _script(mark: str, inner: str) -> str:
    return mark + (inner if len(inner) == 1 else f"({inner})")
