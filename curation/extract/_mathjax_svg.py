"""The SVG that MathJax 3 and 4 write, as MathML: groups that name their element (`data-mml-node`), glyphs by their codes.

Children stand in the order of MathML but for scripts, whose place tells which is which. What SVG does not tell is left out: how
columns are aligned, and with `fontCache: none` the font of letters that have no code of their own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from curation.extract._markup import Element, UnknownError
from curation.extract._mathjax_tokens import token

TOKENS = frozenset("mi mn mo mtext ms".split())
ROWS = frozenset("mrow inferredMrow TeXAtom mstyle mpadded math semantics maction mtd".split())
SCRIPTS = frozenset("msub msup msubsup munder mover munderover".split())
PLACE = re.compile(r"translate\(\s*(-?[\d.]+)[\s,]+(-?[\d.]+)")
GLYPHS = frozenset(("use", "path", "text"))
HEX = re.compile(r"[0-9A-Fa-f]+")
NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
GLYPH = re.compile(r"#MJX-(?:[\w.]+-)?(?:TEX|NCM|[A-Z]\w*)-(\w+)-([0-9A-F]+)$")


def group(elements: Iterable[Element]) -> str:
    """One element of MathML for groups in a row."""
    found = [made for element in elements if (made := _one(element))]
    return found[0] if len(found) == 1 else f"<mrow>{''.join(found)}</mrow>"


def inner(element: Element) -> str:
    return group(element.elements())


def _one(element: Element) -> str:
    name = element.get("data-mml-node")
    if name in TOKENS:
        return _token(element, name)
    if name in SCRIPTS:
        return _scripts(element, name)
    if name in ROWS or (element.tag in ("g", "a") and not name):
        return inner(element)
    if name == "mfrac":
        parts = _groups(element)
        line = "" if any(kid.tag == "rect" for kid in element.elements()) else ' linethickness="0"'
        return f"<mfrac{line}>{_one(parts[0])}{_one(parts[1])}</mfrac>" if len(parts) == 2 else _unknown()
    if name in ("msqrt", "mroot"):
        return _root(element, name)
    if name == "mtable":
        return _table(element)
    if name == "menclose":
        return _enclosed(element)
    if name in ("mspace", "mphantom", "annotation") or (element.tag in ("rect", "line", "polygon") and not name):
        return ""
    return _unknown()


def _unknown() -> str:
    raise UnknownError


def _groups(element: Element) -> list[Element]:
    return [kid for kid in element.elements() if kid.tag == "g"]


def _token(element: Element, name: str, *, over: bool = False) -> str:
    """A token's characters by the codes of its glyphs; of a stretched sign without the parts that only lengthen it."""
    glyphs = [part for part in element.walk() if part.tag in GLYPHS]
    long = {id(part) for holder in element.walk() if holder.tag == "svg" for part in holder.walk()}
    shown = [part for part in glyphs if id(part) not in long] or glyphs[:1]
    if not shown or shown[0].tag == "text":
        return token(name, "".join(part.text() for part in shown), "", over=over)
    drawn = [(part.text(), "") if part.tag == "text" else _character(part) for part in shown]
    signs = [sign for sign, _ in drawn]
    return token(name, "".join(dict.fromkeys(signs) if long else signs), drawn[0][1], over=over)


def _character(glyph: Element) -> tuple[str, str]:
    """The character of a glyph and the name of its font."""
    link = GLYPH.search(glyph.get("xlink:href") or glyph.get("href"))
    code = glyph.get("data-c") or (link[2] if link else "")
    if not code or not HEX.fullmatch(code) or int(code, 16) > 0x10FFFF:
        raise UnknownError
    return chr(int(code, 16)), link[1] if link else ""


def _height(element: Element) -> float:
    place = PLACE.search(element.get("transform"))
    return float(place[2]) if place else 0.0


def _scripts(element: Element, name: str) -> str:
    parts = _groups(element)
    if len(parts) == 3:
        base, low, high = parts[0], *sorted(parts[1:], key=_height)
        below, above = (_above(part) for part in (low, high))
        return f"<{name}>{_one(base)}{below}{above}</{name}>"
    if len(parts) != 2:
        raise UnknownError
    return f"<{name}>{_one(parts[0]) or '<mrow></mrow>'}{_above(parts[1])}</{name}>"


def _above(element: Element) -> str:
    if element.get("data-mml-node") == "mo":
        return _token(element, "mo", over=True)
    return _one(element) or "<mrow></mrow>"


def _root(element: Element, name: str) -> str:
    """The body in a group of its own, the index, the sign: first in version 4, last in 3."""
    bodies = [part for part in _groups(element) if not part.get("data-mml-node")]
    others = [part for part in _groups(element) if part.get("data-mml-node")]
    signs = [part for part in others if part.get("data-mml-node") == "mo"]
    if len(bodies) != 1 or len(others) != (1 if name == "msqrt" else 2) or not signs:
        raise UnknownError
    sign = signs[0] if len(signs) == 1 or "221A" in signs[0].elements()[0].attributes else signs[-1]
    index = "".join(_one(part) for part in others if part is not sign)
    return f"<{name}>{_one(bodies[0]) or '<mrow></mrow>'}{index}</{name}>"


def _enclosed(element: Element) -> str:
    shapes = {kid.tag for kid in element.elements()} - {"g"}
    notation = "box" if "rect" in shapes else _strike(element)
    body = group(_groups(element))
    return f'<menclose notation="{notation}">{body}</menclose>' if notation else body


def _strike(element: Element) -> str:
    """Lines across; those at a side are of a frame."""
    rising: set[bool] = set()
    for line in element.elements():
        ends = [line.get(name) for name in ("x1", "x2", "y1", "y2")]
        if line.tag == "line" and all(map(NUMBER.fullmatch, ends)):
            x1, x2, y1, y2 = map(float, ends)
            if x1 != x2 and y1 != y2:
                rising.add((y2 > y1) == (x2 > x1))
    return " ".join(f"{'up' if up else 'down'}diagonalstrike" for up in sorted(rising, reverse=True))


def _table(element: Element) -> str:
    rows: list[Element] = []
    stack = element.elements()[::-1]
    while stack:
        part = stack.pop()
        if part.get("data-mml-node") in ("mtr", "mlabeledtr"):
            rows.append(part)
        elif not part.get("data-mml-node") and not part.get("data-labels"):
            stack.extend(reversed(part.elements()))
    cells = [[cell for cell in _groups(row) if cell.get("data-mml-node") == "mtd"] for row in rows]
    if not cells:
        raise UnknownError
    if len(cells) == 1 and len(cells[0]) == 1 and rows[0].get("data-mml-node") == "mlabeledtr":
        return inner(cells[0][0])
    return f"<mtable>{''.join(f'<mtr>{_cells(row)}</mtr>' for row in cells)}</mtable>"


def _cells(row: list[Element]) -> str:
    return "".join(f"<mtd>{inner(cell)}</mtd>" for cell in row)
