"""What all rules do to resiliparse's DOM: find elements, and put text in their place."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from curation.extract._marks import BREAK, OPEN, formula
from curation.extract._tex import clean

if TYPE_CHECKING:
    from resiliparse.parse.html.node import DocumentNode, ElementNode


TAGS = re.compile(r"<([smtpiflboedaxSMTPIFLBOEDAX][uvaerjmibsUVAERJMIBS-][pbgxetlsjmcaPBGXETLSJMCA][\w-]*)")
"""Tags that some rule is about, and some more: three sets of letters are faster to search for than twenty names."""
CLASSES = re.compile(r"""class=["']?([^"'>]+)"""), re.compile(r"""CLASS=["']?([^"'>]+)""")


CHOICES = (OPEN, "katex", "MathJax", "math/", "mjx-", "<input", "<math", "<img", "<INPUT", "<MATH", "<IMG")
WORTH = {
    "svg": tuple(f"{OPEN} \\ $ & data-latex data-tex data-equation data-formula data-math data-eq data= src=".split()),
    **dict.fromkeys(("label", "button"), CHOICES),
}
"""What an element must hold one of for a rule to have work with it: most drawings are icons, most buttons are plain."""
DOUBTFUL = re.compile(r"<(/?)([slbSLB][vauVAU][gbtGBT][\w-]*)")
"""Their tags, and some more."""


class Source(NamedTuple):
    """What a page's source holds, read once so that rules for what is not there cost nothing: tags, classes, and elements worth a look.

    Finding that no element is worth it takes a hundredth of what it takes to ask each node.
    """

    html: str
    tags: frozenset[str]
    classes: frozenset[str]
    worth: frozenset[str]


def source(html: str) -> Source:
    """Tags and classes of a page's source. More may be named than the page has, never less."""
    named = set(TAGS.findall(html))
    tags = frozenset(map(str.lower, named))
    classes = set(CLASSES[0].findall(html))
    if named != tags and "CLASS=" in html:
        classes.update(CLASSES[1].findall(html))
    doubtful = WORTH.keys() & tags
    return Source(html, tags, frozenset(" ".join(classes).split()), _worth(html, doubtful) if doubtful else frozenset())


def _worth(html: str, names: set[str]) -> frozenset[str]:
    """Those of `WORTH` that hold what they must, in one of them at least. Elements in one of their kind are counted."""
    begins, depths, found = dict.fromkeys(names, 0), dict.fromkeys(names, 0), set()
    for tag in DOUBTFUL.finditer(html):
        name = tag[2].lower()
        if name not in names or name in found:
            continue
        if not tag[1]:
            begins[name] = begins[name] if depths[name] else tag.start()
            depths[name] += 1
        elif depths[name]:
            depths[name] -= 1
            if not depths[name] and _holds(name, html[begins[name] : tag.start()]):
                found.add(name)
                if len(found) == len(names):
                    break
    found.update(name for name in names if depths[name] and _holds(name, html[begins[name] :]))
    return frozenset(found)


def _holds(name: str, html: str) -> bool:
    return any(map(html.__contains__, WORTH[name]))


MANY = 20_000
"""Elements of a kind that are rewritten; further ones stay as they are."""


def select(node: ElementNode, selector: str) -> list[ElementNode]:
    """Matches as a list: iterating over resiliparse's own collection takes time quadratic in its length, slicing it does not."""
    return list(node.query_selector_all(selector)[:MANY])


MAX_DEPTH, DEEP, MANY_DEEP = 256, 64, 50_000
"""Elements in each other at most; what hardly a page has; and how many tags may lie deeper, for lists indent each line by their depth."""
TOO_DEEP = "*>" * MAX_DEPTH + ":first-child"
"""Where there is an element at some depth, there is a first child at it."""
UNFIT = f"template, {TOO_DEEP}"
BELOW = ">".join("*" * (DEEP + 1))


def too_deep(body: ElementNode, html: str) -> bool:
    """Whether a page nests its elements as no author does; templates, which nobody sees, are removed first."""
    if body.query_selector(UNFIT) is not None:
        for node in list(body.query_selector_all("template")[:]):
            node.decompose()
        if body.query_selector(TOO_DEEP) is not None:
            return True
    return html.count("<") > MANY_DEEP and len(body.query_selector_all(BELOW)) > MANY_DEEP


FEW, MOST = 64, 8
"""Nodes that are always looked into; how many times a page's size all others may have together."""


def affordable(nodes: list[ElementNode], size: int) -> Iterator[ElementNode]:
    """The nodes, as long as their HTML together is not many times the page's `size`: of nodes in nodes in nodes only the first.

    What comes after stays as it is. So time cannot grow with the square of a page.
    """
    budget = MOST * size if len(nodes) > FEW else None
    for node in nodes:
        if budget is not None and node.parent is not None:
            budget -= len(node.html)
            if budget < 0:
                return
        yield node


def attribute(node: ElementNode, name: str) -> str:
    """The value, empty if there is none."""
    return node.getattr(name) or ""


def put(document: DocumentNode, node: ElementNode, raw: str, display: bool, leaf: bool = False) -> bool:
    """Put a formula in the node's place, on a line of its own if it is a display; False if there is none.

    What stood in the node is cut loose, so that who goes through a list of nodes sees that it is gone (its parent is None). A `leaf`
    holds nothing that is in such a list.
    """
    tex, delimited = clean(raw)
    if not tex:
        return False
    display = display or delimited
    put_text(document, node, formula(tex, display, brackets=delimited and raw.lstrip()[:2] == "\\["), display, leaf)
    return True


def put_text(document: DocumentNode, node: ElementNode, text: str, block: bool, leaf: bool = False) -> None:
    """Put text in the node's place, on lines of its own if it is a block."""
    node.replace_with(document.create_text_node(f"{BREAK}{text}{BREAK}" if block else text))
    if not leaf:
        node.decompose()


def unwrap(document: DocumentNode, node: ElementNode, tag: str) -> None:
    """Give the node another tag."""
    new = document.create_element(tag)
    new.append(*node.child_nodes[:])
    node.replace_with(new)
