"""TeX as MathML, which browsers draw by themselves: made when the page is made, so that the page needs no library and no network.

The library latex2mathml (the extra `page`) converts. What it gives is not trusted: it is parsed, and only elements and attributes of MathML
Core that are listed here go into the page, as lists `[name, attributes, child, ...]` that the page makes elements of. A formula is shown
as it is written where it is too long or too deep, defines macros, names a command that the library does not know, or makes it fail. It
works in a process of its own, which is given up when it takes too long or too much memory.
"""

from __future__ import annotations

import importlib.util
import json
import os
import re
import subprocess
import sys
from collections.abc import Sequence
from typing import Any
from xml.etree import ElementTree

from curate.page.text import MOST_FORMULA

Tree = list[Any]
Asked = tuple[str, bool]
"""A formula, and whether it stands on lines of its own."""

DEEPEST = 24
MOST_ELEMENTS = 400
BATCH = 500
SECONDS = 20.0
"""For a batch. It is a last net: what decides is counted in characters, depth and elements."""
MEMORY = 1 << 30
TOKENS = frozenset({"mi", "mn", "mo", "ms", "mtext"})
NAMES = TOKENS | {
    "math", "mrow", "mfrac", "msqrt", "mroot", "msub", "msup", "msubsup", "munder", "mover", "munderover", "mmultiscripts", "mprescripts",
    "mspace", "mstyle", "mpadded", "mphantom", "mtable", "mtr", "mtd",
}  # fmt: skip
_LENGTH = re.compile(r"-?\d{0,2}(\.\d{1,4})?(em|ex|px|pt)")
_FLAG = re.compile(r"true|false")
ATTRIBUTES = {
    "displaystyle": _FLAG, "stretchy": _FLAG, "symmetric": _FLAG, "largeop": _FLAG, "movablelimits": _FLAG, "accent": _FLAG,
    "accentunder": _FLAG, "form": re.compile(r"prefix|infix|postfix"), "mathvariant": re.compile(r"normal"),
    "scriptlevel": re.compile(r"[+-]?\d"), "linethickness": _LENGTH, "width": _LENGTH, "lspace": _LENGTH, "rspace": _LENGTH,
}  # fmt: skip
"""Attribute -> what its value must be; others are left out."""
_DEFINES = re.compile(
    r"\\(?:[gex]?def|let|futurelet|(?:re)?newcommand|providecommand|newenvironment|DeclareMathOperator|href|url)\b"
)
_ALIGNED = re.compile(r"\\(begin|end)\{(?:aligned|align|split|gathered|gather|eqnarray)\*?\}")


def is_there() -> bool:
    """Whether the extra `page` is installed."""
    return importlib.util.find_spec("latex2mathml") is not None


def converted(formulas: Sequence[Asked]) -> list[Tree | None]:
    """The tree of each formula; None for one that is shown as it is written."""
    if not formulas or not is_there():
        return [None] * len(formulas)
    return [one for start in range(0, len(formulas), BATCH) for one in _batch(formulas[start : start + BATCH])]


def _batch(formulas: Sequence[Asked]) -> list[Tree | None]:
    """A batch in a process of its own; half by half where a formula of it took that process along."""
    try:
        done = subprocess.run(
            [sys.executable, "-m", __name__],
            input=json.dumps(formulas).encode(),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=SECONDS,
            check=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
        )
        found: list[Tree | None] = json.loads(done.stdout)
        return found
    except (subprocess.SubprocessError, ValueError):
        half = len(formulas) // 2
        return [*_batch(formulas[:half]), *_batch(formulas[half:])] if half else [None]


def _main() -> None:
    import resource

    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))
    json.dump([tree(*formula) for formula in json.load(sys.stdin)], sys.stdout)


def tree(tex: str, block: bool) -> Tree | None:
    """One formula, in this process; None for one that cannot be drawn."""
    if _DEFINES.search(tex) or _depth(tex) > DEEPEST or len(tex) > MOST_FORMULA:
        return None
    from latex2mathml.converter import convert

    try:
        made = convert(_ALIGNED.sub(r"\\\1{matrix}", tex), display="block" if block else "inline")
        whole = re.sub(r"&(?!#)", "&amp;", made)  # so no entity is left that a formula could define
        return _cleaned(ElementTree.fromstring(whole))  # noqa: S314
    except Exception:  # whatever a library says of a hostile formula, the formula is shown as it is written
        return None


def _depth(tex: str) -> int:
    """How deep groups and environments stand inside each other."""
    depth = deepest = 0
    for found in re.finditer(r"\\.|[{}]", tex, re.DOTALL):
        depth += {"{": 1, "}": -1}.get(found[0], 0)
        deepest = max(deepest, depth)
    return max(deepest, tex.count(r"\left"), tex.count(r"\begin"))


def _cleaned(root: ElementTree.Element) -> Tree | None:
    """What is allowed of a tree; None where it holds something else that would be missed, or is too large."""
    if sum(1 for _ in root.iter()) > MOST_ELEMENTS:
        return None
    try:
        return _element(root, 0)
    except ValueError:
        return None


def _element(element: ElementTree.Element, depth: int) -> Tree:
    name = element.tag.rpartition("}")[2]
    boxed = name == "menclose"
    name = "mrow" if boxed else name
    text = element.text or ""
    if name not in NAMES or depth > 3 * DEEPEST or (name in TOKENS and _is_unread(text)):
        raise ValueError(name)
    kept = {
        key: value
        for key, value in sorted(element.attrib.items())
        if key in ATTRIBUTES and ATTRIBUTES[key].fullmatch(value)
    }
    if boxed:
        kept["class"] = "box"
    if name == "math" and element.get("display") == "block":
        kept["display"] = "block"
    children = [text] if name in TOKENS else [_element(child, depth + 1) for child in element]
    return [name, kept or 0, *children]


def _is_unread(text: str) -> bool:
    """Whether the library left a command or an alignment mark as it found it."""
    return (text.startswith("\\") and len(text) > 1) or text == "&"


if __name__ == "__main__":
    _main()
