"""A small tree of the markup that KaTeX and MathJax write, for reading formulas back from it.

The markup comes from a DOM that was written out, so tags are whole and quoted; where they are not, the formula is given up. That,
and limits of size and depth, keep the time linear. Not an HTML parser: nothing is repaired.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape

MAX_LENGTH, MAX_DEPTH = 1_000_000, 150
"""Characters, and elements in elements."""
TAG = re.compile(r"""<(/?)([a-zA-Z][\w:-]*+)((?:[^<>"']|"[^"]*"|'[^']*')*+)>|<!--.*?-->""", re.S)
CLASS = re.compile(r"""(?:^|\s)class\s*=\s*(?:"([^"]*)"|'([^']*)')""")
VOID = frozenset(("br", "img", "hr", "wbr"))


class UnknownError(Exception):
    """Markup that the renderer in question does not write."""


class Element:
    """A tag, the classes, the source of all attributes, and children, of which strings are text."""

    __slots__ = ("attributes", "classes", "kids", "tag")

    def __init__(self, tag: str, attributes: str = "") -> None:
        self.tag, self.attributes = tag, attributes
        found = CLASS.search(attributes) if "class" in attributes else None
        self.classes: list[str] = (found[1] or found[2] or "").split() if found else []
        self.kids: list[Element | str] = []

    def get(self, name: str) -> str:
        """Value of an attribute, empty where there is none."""
        found = re.search(rf"""(?:^|\s){name}\s*=\s*(?:"([^"]*)"|'([^']*)')""", self.attributes)
        return unescape(found[1] or found[2] or "") if found else ""

    def elements(self) -> list[Element]:
        return [kid for kid in self.kids if isinstance(kid, Element)]

    def walk(self) -> Iterator[Element]:
        """The element and all in it, in the order of the page."""
        stack = [self]
        while stack:
            element = stack.pop()
            yield element
            stack.extend(reversed(element.elements()))

    def text(self) -> str:
        """All text in it."""
        parts: list[str] = []
        stack: list[Element | str] = [self]
        while stack:
            item = stack.pop()
            if isinstance(item, str):
                parts.append(item)
            else:
                stack.extend(reversed(item.kids))
        return "".join(parts)


def parse(html: str) -> Element | None:
    """A root without a name around the markup; None if it is broken, too long or too deep."""
    if len(html) > MAX_LENGTH:
        return None
    stack, at = [Element("")], 0
    while (start := html.find("<", at)) >= 0:
        if start > at:
            stack[-1].kids.append(unescape(html[at:start]))
        tag = TAG.match(html, start)
        if tag is None:
            return None
        at = tag.end()
        name = tag[2]
        if name is None:
            continue
        name = name.lower()
        if tag[1]:
            if stack[-1].tag != name:
                return None
            stack.pop()
            continue
        element = Element(name, tag[3])
        stack[-1].kids.append(element)
        if not tag[3].endswith("/") and name not in VOID:
            stack.append(element)
            if len(stack) > MAX_DEPTH:
                return None
    if len(stack) > 1:
        return None
    if at < len(html):
        stack[0].kids.append(unescape(html[at:]))
    return stack[0]
