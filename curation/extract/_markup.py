"""A small tree of the markup that KaTeX and MathJax write, for reading formulas back from it.

The markup comes from a DOM that was written out, so tags are whole and quoted; where they are not, the formula is given up. That,
and limits of size and depth, keep the time linear. Not an HTML parser: nothing is repaired.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape

MAX_LENGTH, MAX_DEPTH = 400_000, 150
"""Characters, and elements in elements."""
TAG = re.compile(
    r"""([^<]*+)<(?:(/?)([a-zA-Z][\w:-]*+)([^<>"']*+(?:(?:"[^"]*"|'[^']*')[^<>"']*+)*+)>|!--.*?-->)""", re.S
)
"""Text and the tag or comment behind it."""
ATTRIBUTE = re.compile(r"""([\w:-]+)\s*=\s*(?:"([^"]*)"|'([^']*)')""")
CLASS = re.compile(r"""\sclass\s*=\s*(?:"([^"]*)"|'([^']*)')""")
VOID = frozenset(("br", "img", "hr", "wbr"))


class UnknownError(Exception):
    """Markup that the renderer in question does not write."""


class Element:
    """A tag, the classes, the source of all attributes, and children, of which strings are text."""

    __slots__ = ("attributes", "classes", "kids", "tag", "values")

    def __init__(self, tag: str, attributes: str = "") -> None:
        self.tag, self.attributes = tag, attributes
        found = CLASS.search(attributes) if attributes else None
        self.classes: list[str] = (found[1] or found[2] or "").split() if found else []
        self.kids: list[Element | str] = []
        self.values: dict[str, str] | None = None

    def get(self, name: str) -> str:
        """Value of an attribute, empty where there is none."""
        if self.values is None:
            self.values = {key: first or second for key, first, second in ATTRIBUTE.findall(self.attributes)}
        value = self.values.get(name, "")
        return unescape(value) if "&" in value else value

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
    root = Element("")
    stack, kids, at = [root], root.kids, 0
    while tag := TAG.match(html, at):
        text, end, name, attributes = tag.groups()
        at = tag.end()
        if text:
            kids.append(unescape(text) if "&" in text else text)
        if end:
            if stack.pop().tag != name.lower() or not stack:
                return None
            kids = stack[-1].kids
        elif name:
            element = Element(name.lower(), attributes)
            kids.append(element)
            if not attributes.endswith("/") and element.tag not in VOID:
                stack.append(element)
                kids = element.kids
                if len(stack) > MAX_DEPTH:
                    return None
    if len(stack) > 1:
        return None
    rest = html[at:]
    if "<" in rest:
        return None
    if rest:
        root.kids.append(unescape(rest))
    return root
