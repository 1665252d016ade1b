"""The HTML-CSS output of MathJax 2, as MathML: spans that name their element, with parts at absolute places.

Which part is which follows from the order of drawing, the base first, and from the baselines: `top` plus the height of the strut at
the end of each part. Cells of a table stand in columns; those on one line are a row. Image fonts cannot be read.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import NamedTuple

from curation.extract._markup import Element, UnknownError
from curation.extract._mathjax_tokens import token

TOKENS = frozenset("mi mn mo mtext ms".split())
ROWS = frozenset("mrow texatom mstyle mpadded semantics maction mtd TeXmathchoice".split())
PARTS = frozenset("msubsup msub msup munderover munder mover mfrac msqrt mroot mtable menclose".split())
SILENT = frozenset(("mspace", "mphantom"))
NAMES = TOKENS | ROWS | PARTS | SILENT | {"merror", "noError", "mmultiscripts", "mglyph"}
TOP = re.compile(r"(?:^|[;\s])top:\s*(-?(?:\d+\.?\d*|\.\d+))em")
HEIGHT = re.compile(r"width:\s*0(?:px)?;\s*height:\s*(-?(?:\d+\.?\d*|\.\d+))em")
FONT = re.compile(r"font-family:[^;]*?(?:MathJax_|STIX\w*?-)([\w-]+)")
ITALIC = re.compile(r"[Ii]talic")
OVER, UNDER = "¯ˉ^ˆ~˜˙¨ˇ˘⏞\ue150", "_⏟\ue152"
"""Signs that stand over, or under, wherever their baseline is."""
LINE = 0.25
"""Em by which baselines of one row may differ."""


class Part(NamedTuple):
    """A span at an absolute place and how far its baseline stands below that of what it belongs to, in em."""

    shift: float
    element: Element


def mathml(element: Element) -> str:
    return group(inside(element))


def inside(element: Element) -> list[Element]:
    """The nearest elements that stand for MathML."""
    return _nearest(element, lambda part: _name(part) != "")


def group(elements: Iterable[Element]) -> str:
    found = [made for element in elements if (made := _one(element))]
    return found[0] if len(found) == 1 else f"<mrow>{''.join(found)}</mrow>"


def _name(element: Element) -> str:
    return next((name for name in element.classes if name in NAMES), "")


def _nearest(element: Element, wanted: Callable[[Element], bool]) -> list[Element]:
    found: list[Element] = []
    stack = element.elements()[::-1]
    while stack:
        part = stack.pop()
        if part.tag == "img":
            raise UnknownError
        if wanted(part):
            found.append(part)
        else:
            stack.extend(reversed(part.elements()))
    return found


def _one(element: Element) -> str:
    name = _name(element)
    if name in TOKENS:
        return _token(element, name)
    if name in ROWS:
        return mathml(element)
    if name in SILENT:
        return ""
    if name not in PARTS:
        raise UnknownError
    if name == "mtable":
        return _table(element)
    parts = _parts(element)
    full = [part for part in parts if inside(part.element)]
    if name == "menclose":
        return _enclosed(full, parts)
    if name == "mfrac":
        return _fraction(full, len(parts) > len(full))
    if name in ("msqrt", "mroot"):
        if len(full) != (1 if name == "msqrt" else 2):
            raise UnknownError
        return f"<{name}>{''.join(mathml(part.element) for part in full)}</{name}>"
    return _scripts(parts, over=name in ("munderover", "munder", "mover"))


def _token(element: Element, name: str, *, over: bool = False) -> str:
    """Characters and font of a token; an img would be a glyph that is a picture."""
    if any(part.tag == "img" for part in element.walk()):
        raise UnknownError
    styles = [style for part in element.walk() if "font-family" in (style := part.get("style"))]
    found = FONT.search(styles[0]) if styles else None
    font = found[1].lower() if found else ""
    italic = not styles or bool(ITALIC.search(styles[0]))
    stixlike = "STIX" in styles[0] if styles else False
    text = "".join(dict.fromkeys(element.text())) if _parts(element) else element.text().strip("\n")
    return token(name, text, "" if font == "main-italic" and stixlike else font, over=over, italic=italic)


def _parts(element: Element) -> list[Part]:
    """Spans at absolute places in an element, not those in elements in it."""
    spans = _nearest(element, lambda part: "absolute" in part.attributes or bool(_name(part)))
    return [Part(_shift(span), span) for span in spans if "absolute" in span.attributes]


def _shift(span: Element) -> float:
    top = TOP.search(span.get("style"))
    struts = [found for kid in span.elements() if (found := HEIGHT.search(kid.get("style")))]
    return (float(top[1]) if top else 0.0) + (float(struts[-1][1]) if struts else 0.0)


def _fraction(full: list[Part], line: bool) -> str:
    if len(full) != 2:
        raise UnknownError
    above, below = sorted(full, key=lambda part: part.shift)
    shown = "" if line else ' linethickness="0"'
    return f"<mfrac{shown}>{mathml(above.element)}{mathml(below.element)}</mfrac>"


def _scripts(parts: list[Part], *, over: bool) -> str:
    """The base and one or two parts above or below it."""
    if not 2 <= len(parts) <= 3:
        raise UnknownError
    base = mathml(parts[0].element)
    scripts = sorted(parts[1:], key=lambda part: part.shift)
    made = [_above(part.element) if over else mathml(part.element) for part in scripts]
    high, low, both = ("mover", "munder", "munderover") if over else ("msup", "msub", "msubsup")
    if len(made) == 2:
        return f"<{both}>{base}{made[1]}{made[0]}</{both}>"
    drawn = scripts[0].element.text()[:1] if over else ""
    raised = drawn in OVER if drawn and drawn in OVER + UNDER else scripts[0].shift < parts[0].shift
    tag = high if raised else low
    return f"<{tag}>{base}{made[0]}</{tag}>"


def _above(element: Element) -> str:
    parts = inside(element)
    return _token(parts[0], "mo", over=True) if len(parts) == 1 and _name(parts[0]) == "mo" else group(parts)


def _enclosed(full: list[Part], parts: list[Part]) -> str:
    if len(full) != 1:
        raise UnknownError
    body = mathml(full[0].element)
    drawn = " ".join(kid.attributes for part in parts if part is not full[0] for kid in part.element.walk())
    notation = "box" if "border: " in drawn else "updiagonalstrike" if "rotate(-" in drawn else ""
    return f'<menclose notation="{notation}">{body}</menclose>' if notation else body


def _table(element: Element) -> str:
    """Columns, each a span of cells, to rows."""
    columns: dict[int, list[tuple[float, str]]] = {}
    stack = [(part, 0.0, 0) for part in reversed(element.elements())]
    while stack:
        part, height, column = stack.pop()
        height += _shift(part) if "absolute" in part.attributes else 0.0
        if _name(part) == "mtd":
            if "mjx-eqn" not in part.attributes:
                columns.setdefault(column, []).append((height, mathml(part)))
            continue
        column = id(part) if "relative" in part.attributes else column
        stack.extend((kid, height, column) for kid in reversed(part.elements()))
    lines = _lines(height for column in columns.values() for height, _ in column)
    if not lines:
        raise UnknownError
    rows = [
        [next((cell for at, cell in column if abs(at - line) <= LINE), "") for column in columns.values()]
        for line in lines
    ]
    return f"<mtable>{''.join(f'<mtr>{_cells(row)}</mtr>' for row in rows)}</mtable>"


def _lines(heights: Iterable[float]) -> list[float]:
    """One height for each row."""
    lines: list[float] = []
    for height in sorted(heights):
        if not lines or height - lines[-1] > LINE:
            lines.append(height)
    return lines


def _cells(row: list[str]) -> str:
    return "".join(f"<mtd>{cell}</mtd>" for cell in row)
