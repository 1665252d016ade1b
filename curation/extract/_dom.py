"""What all rules do to resiliparse's DOM: find elements, and put text in their place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from curation.extract._marks import formula
from curation.extract._tex import clean

if TYPE_CHECKING:
    from resiliparse.parse.html.node import DocumentNode, ElementNode


def select(node: ElementNode, selector: str) -> list[ElementNode]:
    """Matches as a list: iterating over resiliparse's own collection takes time quadratic in its length, slicing it does not."""
    return list(node.query_selector_all(selector)[:])


def attribute(node: ElementNode, name: str) -> str:
    """The value, empty if there is none."""
    return node.getattr(name) or ""


def put(document: DocumentNode, node: ElementNode, raw: str | None, display: bool) -> bool:
    """Put a formula in the node's place, a block if it is a display; False if there is none, or the node is gone already."""
    if not raw or node.parent is None:
        return False
    tex, delimited = clean(raw)
    if tex:
        put_text(document, node, formula(tex, display or delimited), display or delimited)
    return bool(tex)


def put_text(document: DocumentNode, node: ElementNode, text: str, block: bool, tag: str = "div") -> None:
    """Put text in the node's place. What stood in the node is cut loose, so that a later rule sees that it is gone."""
    if block:
        new = document.create_element(tag)
        new.append(document.create_text_node(text))
        node.replace_with(new)
    else:
        node.replace_with(document.create_text_node(text))
    node.decompose()


def unwrap(document: DocumentNode, node: ElementNode, tag: str) -> None:
    """Give the node another tag."""
    new = document.create_element(tag)
    new.append(*node.child_nodes[:])
    node.replace_with(new)
