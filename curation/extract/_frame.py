"""The part of a page that trafilatura shall read, where its own choice is none or too small, in lxml's tree.

trafilatura takes the first element that is named like an article. Where none is, as on pages of plain HTML, it gathers paragraphs, and
loses headings, lists and all else. Where many are, as in a thread of a question and its answers, it takes the first and loses the
others. Here both get an `article` around what belongs together. A page with one element of such a name is left alone.
"""

from __future__ import annotations

from itertools import takewhile
from typing import TYPE_CHECKING

from curation.extract._blocks import make_article, prose

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lxml.html import HtmlElement

HOLDERS = ("div", "section", "article", "main", "center", "form", "body")
EDGES = ("nav", "header", "footer", "aside", "script", "style", "a", "select", "button")
SAYING = ("p", "li", "dd", "dt", "blockquote", "pre", "h1", "h2", "h3", "h4", "h5", "h6")
LISTS = ("ul", "ol", "li")
MOST = 0.9
"""Share of a page's paragraphs that the element to be read must hold."""
PASSES = 8
"""Named elements beside each other that are looked at within posts."""
DRESSING = 100
"""Characters at most of what stands beside the text of a post."""
MOSTLY, LIKE = 0.5, 0.5
"""Share of a page's text in paragraphs that makes it a page of paragraphs; share of a post's text that must be no link."""


def frame(tree: HtmlElement, prefix: str) -> HtmlElement | None:
    """Make an article of what trafilatura would leave out with the names that the page gives, and give it, or None if none was made."""
    from trafilatura.xpaths import BODY_XPATH

    named: list[HtmlElement] = next((found for expression in BODY_XPATH if (found := expression(tree))), [])
    if not named:
        whole = _smallest(tree)
        if whole.tag != "body":
            _keep_boxes(whole)
        return make_article(whole)
    posts = _posts(tree, named)
    if not posts:
        return None
    whole = _around(posts)
    told = sum(map(_told, posts)) >= MOSTLY * sum(len(post.text_content()) for post in posts)
    for post in posts:
        _unname(post)
        _unlink(post, told, prefix)
        for node in _above(post, whole):
            if node.tag in LISTS:
                node.tag = "div"
    for _ in range(PASSES):
        if not (inner := BODY_XPATH[0](whole)):
            break
        for node in inner:
            _unname(node)
    article = make_article(whole)
    _head(tree, article)
    return article


def _keep_boxes(whole: HtmlElement) -> None:
    """Keep boxes of prose within the text, which DocBook names like what stands beside a page's."""
    for box in whole.xpath(".//div[contains(@class, 'sidebar')][not(ancestor::*[contains(@class, 'sidebar')])]"):
        text = len(box.text_content().strip())
        if _told(box) >= MOSTLY * text and _says(box):
            _unname(box)


def _head(tree: HtmlElement, whole: HtmlElement) -> None:
    """Bring the page's heading into the article: what a thread is about."""
    heading = next(tree.iter("h1"), None)
    above = list(heading.iterancestors()) if heading is not None else []
    if heading is None or any(node.tag in EDGES or node.tag == "article" for node in above):
        return
    if any(node is heading for node in whole.iterancestors()):
        return
    copied = whole.makeelement("h1")
    copied.text = heading.text_content()
    heading.drop_tree()
    whole.insert(0, copied)


def _posts(tree: HtmlElement, named: list[HtmlElement]) -> list[HtmlElement]:
    """Elements that share tag and class with one of these, none within another, that hold text of their own; none if there is but one."""
    alike: dict[tuple[str, str], list[HtmlElement]] = {(n.tag, c): [] for n in named if (c := n.get("class"))}
    for node in tree.iter(*{tag for tag, _ in alike}):
        group = alike.get((node.tag, node.get("class")))
        if group is not None and not (group and _within(node, group[-1])) and _says(node):
            group.append(node)
    return next((group for group in alike.values() if len(group) > 1), [])


def _within(node: HtmlElement, other: HtmlElement) -> bool:
    return any(above is other for above in node.iterancestors())


def _says(node: HtmlElement) -> bool:
    text = len(node.text_content().strip())
    return text > 0 and sum(len(link.text_content()) for link in node.iter("a")) < LIKE * text


def _told(node: HtmlElement) -> int:
    """Characters in its paragraphs."""
    return sum(len(paragraph.text_content()) for paragraph in node.iter("p"))


def _unname(post: HtmlElement) -> None:
    for name in ("id", "class", "role", "itemprop"):
        post.attrib.pop(name, None)
    if post.tag == "article":
        post.tag = "div"


def _unlink(post: HtmlElement, told: bool, prefix: str) -> None:
    """Keep links of a post's text. In a thread `told` in paragraphs drop those around them: votes and names.

    For such links trafilatura drops short posts. With one goes what little stands beside it, unless a formula does.
    """
    beside: dict[HtmlElement, bool] = {}
    for link in list(post.iter("a")):
        parent = link.getparent()
        if not told or any(above.tag in SAYING for above in _above(link, post)):
            link.drop_tag()
        elif parent is None or (parent is not post and parent.getparent() is None):
            continue  # gone with what stood beside it
        elif parent is post or not _dressing(parent, prefix, beside):
            link.drop_tree()
        else:
            parent.drop_tree()


def _dressing(node: HtmlElement, prefix: str, known: dict[HtmlElement, bool]) -> bool:
    if node in known:
        return known[node]
    text = node.text_content()
    known[node] = len(text) < DRESSING and prefix not in text and all(inner.tag not in SAYING for inner in node.iter())
    return known[node]


def _above(node: HtmlElement, end: HtmlElement) -> Iterator[HtmlElement]:
    """Elements that hold this one, up to another that does."""
    return takewhile(lambda above: above is not end, node.iterancestors())


def _around(posts: list[HtmlElement]) -> HtmlElement:
    """The smallest element that holds all of them."""
    above = list(posts[0].iterancestors())
    for post in posts[1:]:
        others = set(post.iterancestors())
        above = [node for node in above if node in others]
    return next(node for node in above if node.tag in HOLDERS)


def _smallest(tree: HtmlElement) -> HtmlElement:
    """The smallest element that holds most of the page's paragraphs, or of its text where most of it is in none."""
    weights, everywhere = _weights(tree, paragraphs=True), _weights(tree, paragraphs=False)
    if weights[tree.body] < MOSTLY * everywhere[tree.body]:
        weights = everywhere
        prose(tree)
    node = tree.body
    while True:
        inner = max(node, key=lambda child: weights.get(child, 0), default=None)
        if inner is None or inner.tag not in HOLDERS or weights.get(inner, 0) < MOST * weights.get(node, 0):
            return node
        node = inner


def _weights(tree: HtmlElement, paragraphs: bool) -> dict[HtmlElement, int]:
    """Characters of text that is no link, in paragraphs or anywhere, for each element that holds some."""
    from lxml.etree import iterwalk

    weights: dict[HtmlElement, int] = {}
    edges = inside = 0
    for event, node in iterwalk(tree.body, events=("start", "end")):
        step = 1 if event == "start" else -1
        edges += step * (node.tag in EDGES)
        inside += step * (node.tag == "p")
        counted = not edges and (inside or not paragraphs)
        if event == "start":
            weights[node] = len((node.text or "").strip()) if counted else 0
        elif (parent := node.getparent()) in weights:
            weights[parent] += weights[node] + (len((node.tail or "").strip()) if counted else 0)
    return weights
