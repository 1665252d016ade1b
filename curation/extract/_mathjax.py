r"""LaTeX of formulas of which a page kept only what MathJax drew: no source, no MathML, no assistive MathML.

MathJax 3 and 4 (CHTML) draw with elements that bear the names of MathML (`mjx-mfrac`), MathJax 2 (CommonHTML) with spans of such
classes; both put helpers between. From the parts that matter MathML is built and converted like any other. The SVG output of 3
and 4 is read in `_mathjax_svg.py`, HTML-CSS of 2 in `_mathjax_html_css.py`.

What is not understood makes the whole formula None, for half a formula is worse than none. Left out: the SVG output of MathJax 2,
which is glyphs at places and no tree.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from itertools import pairwise

from curation.extract import _mathjax_html_css as html_css
from curation.extract import _mathjax_svg as svg
from curation.extract._markup import Element, UnknownError, parse
from curation.extract._mathjax_tokens import token
from curation.extract._mathml import to_latex

TOKENS = frozenset("mi mn mo mtext ms".split())
SKIPPED = frozenset(
    """assistive-mml tstrut nstrut dstrut strut spacer line surd mark vsize mphantom labels mstrut speech break help linestrut
    annotation annotation-xml""".split()
)
THROUGH = frozenset("frac dbox dtable row itable stack cell table box".split())
"""Helpers in which parts are looked for."""
CODE = re.compile(r"mjx-c([0-9A-F]{2,6})")
TABLE_ROWS = frozenset(("mtr", "mlabeledtr"))
STRIKES = {"ustrike": "updiagonalstrike", "dstrike": "downdiagonalstrike", "hstrike": "horizontalstrike"}
WIDTH = re.compile(r"width:\s*(-?[\d.]+)em")
ALIGN = re.compile(r"text-align:\s*(left|right)")


@lru_cache(maxsize=4096)
def mathjax_to_latex(html: str) -> str | None:
    """LaTeX of the markup of one formula as MathJax drew it, without delimiters; None if it cannot be read back."""
    root = parse(html)
    if root is None:
        return None
    try:
        mathml = _mathml(root)
    except UnknownError:
        return None
    return to_latex(f"<math>{mathml}</math>") if mathml else None


def _mathml(root: Element) -> str:
    for element in root.walk():
        if element.tag == "mjx-math" or "mjx-math" in element.classes:
            return "".join(items(element.elements()))
        if element.tag == "g" and element.get("data-mml-node") == "math":
            return svg.group(element.elements())
        if element.tag == "span" and "math" in element.classes and "MathJax-Span" in element.attributes:
            return html_css.mathml(element)
    raise UnknownError


def kind(element: Element) -> str:
    """What an element stands for: the name without `mjx-`, in lower case; empty for others."""
    if element.tag.startswith("mjx-"):
        return element.tag[4:]
    name = next((name for name in element.classes if name.startswith("mjx-")), "")
    return name[4:].lower()


def items(elements: Iterable[Element]) -> list[str]:
    """MathML of elements in a row."""
    return [made for element in elements if (name := kind(element)) not in SKIPPED and (made := _one(element, name))]


def group(elements: Iterable[Element]) -> str:
    """One element of MathML for them."""
    found = items(elements)
    return found[0] if len(found) == 1 else f"<mrow>{''.join(found)}</mrow>"


def inner(element: Element) -> str:
    return group(element.elements())


def _one(element: Element, name: str) -> str:
    if name in TOKENS:
        return _token(element, name)
    if (handler := HANDLERS.get(name)) is not None:
        return handler(element)
    if name not in ROWS and element.tag != "a":
        raise UnknownError
    return inner(element)


def _token(element: Element, name: str, *, over: bool = False) -> str:
    """A token's characters: codes in classes (3 and 4) or text (2)."""
    parts, font = [], ""
    for part in element.walk():
        what = kind(part)
        if what in ("delim-v", "delim-h"):
            parts = list(dict.fromkeys(part.text()))
            font = "main-R"
            break
        if what in ("c", "stretchy-v", "stretchy-h"):
            code = next((found[1] for found in map(CODE.fullmatch, part.classes) if found), "")
            parts.append(chr(int(code, 16)) if code and int(code, 16) < 0x110000 else "")
            font = font or next((n.partition("-")[2] for n in part.classes if n.startswith(("TEX-", "NCM-"))), "")
        elif what in ("utext", "char"):
            parts.append(part.text())
            font = font or next((n.removeprefix("MJXc-TeX-") for n in part.classes if n.startswith("MJXc-TeX-")), "")
    italic = font.startswith("math-")
    return token(name, "".join(parts), font, over=over, italic=italic)


def parts_of(element: Element, wanted: frozenset[str], through: frozenset[str] = THROUGH) -> dict[str, Element]:
    """The parts of an element by their kind, each the first, behind helpers only."""
    found: dict[str, Element] = {}
    stack = element.elements()[::-1]
    while stack:
        part = stack.pop()
        name = kind(part)
        if name in wanted:
            found.setdefault(name, part)
        elif name in through:
            stack.extend(reversed(part.elements()))
    return found


FRACTION = frozenset(("num", "numerator", "den", "denominator", "line"))
AROUND = frozenset(("base", "op", "over", "under", "sub", "sup", "script"))
ROOT = frozenset(("root", "sqrt", "box"))


def _fraction(element: Element) -> str:
    found = parts_of(element, FRACTION)
    above, below = found.get("num") or found.get("numerator"), found.get("den") or found.get("denominator")
    if above is None or below is None:
        raise UnknownError
    line = "" if "line" in found else ' linethickness="0"'
    return f"<mfrac{line}>{inner(above)}{inner(below)}</mfrac>"


def _scripts(element: Element) -> str:
    """Scripts at the side (3 and 4: after the base in one helper, the upper first) or over and under."""
    name = kind(element)
    side = [kid for kid in element.elements() if kind(kid) == "script"]
    if side:
        base = group(kid for kid in element.elements() if kid is not side[0])
        scripts = [kid for kid in side[0].elements() if kind(kid) not in SKIPPED]
        if len(scripts) == 2:
            return f"<msubsup>{base}{group(scripts[1:])}{group(scripts[:1])}</msubsup>"
        tag = "msub" if name in ("msub", "munder") else "msup"
        return f"<{tag}>{base}{group(scripts)}</{tag}>"
    found = parts_of(element, AROUND, THROUGH | {"munder"} if name == "munderover" else THROUGH)
    base_part = found.get("base") or found.get("op")
    if base_part is None:
        raise UnknownError
    base = inner(base_part)
    under, over = (found.get(role) for role in ("under", "over"))
    if under is not None or over is not None:
        return _around(base, "mo" if under is None else _above(under), "mo" if over is None else _above(over))
    if "sub" in found and "sup" in found:
        return f"<msubsup>{base}{inner(found['sub'])}{inner(found['sup'])}</msubsup>"
    role = "sub" if "sub" in found else "sup"
    return f"<m{role}>{base}{inner(found[role])}</m{role}>" if role in found else base


def _above(element: Element) -> str:
    """What stands over or under: an accent or line if it is one operator."""
    kids = [kid for kid in element.elements() if kind(kid) not in SKIPPED]
    return _token(kids[0], "mo", over=True) if len(kids) == 1 and kind(kids[0]) == "mo" else group(kids)


def _around(base: str, under: str, over: str) -> str:
    if "mo" not in (under, over):
        return f"<munderover>{base}{under}{over}</munderover>"
    return f"<munder>{base}{under}</munder>" if over == "mo" else f"<mover>{base}{over}</mover>"


def _root(element: Element) -> str:
    found = parts_of(element, ROOT, frozenset())
    holder = found.get("sqrt") or found.get("box")
    bodies = [kid for kid in holder.elements() if kind(kid) == "box"] if holder else []
    if not bodies:
        raise UnknownError
    if "root" in found:
        return f"<mroot>{inner(bodies[0])}{inner(found['root'])}</mroot>"
    return f"<msqrt>{inner(bodies[0])}</msqrt>"


def _enclosed(element: Element) -> str:
    boxes = [kid for kid in element.elements() if kind(kid) == "box"]
    if len(boxes) != 1:
        raise UnknownError
    strikes = " ".join(STRIKES[kind(kid)] for kid in element.elements() if kind(kid) in STRIKES)
    notation = strikes or ("box" if "border:" in boxes[0].get("style") else "")
    return f'<menclose notation="{notation}">{inner(boxes[0])}</menclose>' if notation else inner(boxes[0])


def _table(element: Element) -> str:
    """Rows and cells; alignment and vertical rules from the styles of the first row. Numbers of equations stay out."""
    rows = _rows(element)
    cells = [[cell for cell in row.elements() if kind(cell) == "mtd"] for row in rows]
    if not cells:
        raise UnknownError
    if len(cells) == 1 and len(cells[0]) == 1 and kind(rows[0]) == "mlabeledtr":
        return inner(cells[0][0])
    body = "".join(f"<mtr>{''.join(f'<mtd>{inner(cell)}</mtd>' for cell in row)}</mtr>" for row in cells)
    longest = max(cells, key=len)
    styles = [cell.get("style") for cell in longest]
    aligned = " ".join(found[1] if (found := ALIGN.search(style)) else "center" for style in styles)
    lines = ["solid" if "border-right" in a or "border-left" in b else "none" for a, b in pairwise(styles)]
    ruled = f' columnlines="{" ".join(lines)}"' if "solid" in lines else ""
    return f'<mtable columnalign="{aligned}"{ruled}>{body}</mtable>'


def _rows(element: Element) -> list[Element]:
    found: list[Element] = []
    stack = element.elements()[::-1]
    while stack:
        part = stack.pop()
        if kind(part) in TABLE_ROWS:
            found.append(part)
        elif kind(part) in ("table", "itable", "box"):
            stack.extend(reversed(part.elements()))
    return found


def _space(element: Element) -> str:
    width = WIDTH.search(element.get("style"))
    return f'<mspace width="{width[1]}em"/>' if width and float(width[1]) > 0 else ""


ROWS = frozenset(
    """mrow inferredmrow texatom mstyle mpadded math semantics maction block box mtd row texmathchoice mphrase action linebox
    lbox rbox""".split()
)
HANDLERS: dict[str, Callable[[Element], str]] = {
    "mfrac": _fraction, "msub": _scripts, "msup": _scripts, "msubsup": _scripts, "munder": _scripts, "mover": _scripts,
    "munderover": _scripts, "msqrt": _root, "mroot": _root, "menclose": _enclosed, "mtable": _table, "mspace": _space,
}  # fmt: skip
