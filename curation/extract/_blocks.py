"""The page's blocks made plain before trafilatura judges them, in lxml's tree.

trafilatura reads paragraphs, lists, headings and tables. It loses text that stands bare between blocks (`<h4>Theorem</h4>If <i>G</i> is
finite<br>`, as older pages of mathematics are written), what stands in `figure`, `aside`, `label` or `form`, in a section whose id
holds a word like "related", and what is not displayed until clicked (hints, solutions), formulas included. Here bare runs get a
paragraph where mathematics stands in them, and what holds a formula loses what would have it dropped. Navigation, headers and footers
stay what they are.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lxml.html import HtmlElement

BLOCKS = frozenset(
    "address article aside blockquote body center details dir div dl fieldset figure footer form h1 h2 h3 h4 h5 h6 header hr"
    " iframe main nav noscript object ol p pre script section style summary table template ul".split()
)
HOLDERS = ("body", "div", "section", "article", "main", "center")
DROPPED = frozenset(
    ("figure", "aside", "label", "form", "fieldset", "legend", "button", "details", "summary", "picture")
)
"""Elements that trafilatura removes with all they hold."""
CONTENT = ".//text()[contains(., $prefix)][not(ancestor::a or ancestor::nav or ancestor::header or ancestor::footer)]"
EDGES = (
    "[not(ancestor::a or ancestor::nav or ancestor::header or ancestor::footer or ancestor::script or ancestor::style)]"
)
MATHEMATICS = (
    f".//text()[contains(., $prefix) or translate(., $signs, '') != string(.)]{EDGES} | (.//sup | .//sub)/text(){EDGES}"
)
SIGNS = "=≠≡≈≅≃∼≤≥≪≫√±∓∑∏∫∞∈∉∋⊂⊆⊃⊇∪∩∀∃∂∇⇒⇔↦⋅∘∣∥∠⊥⁰¹⁴⁵⁶⁷⁸⁹⁺⁻ⁿ₀₁₂₃₄₅₆₇₈₉₊₋ₙ"
"""Signs that hardly stand but in mathematics. Not those of menus and units: + × > → · ² ³."""
SCRIPTS, SCRIPT = ("sup", "sub"), re.compile(r"\s*(?!(?:st|nd|rd|th|tm|sm|er|re|me)\s*$)[-−+]?[\w∘]{1,4}\s*", re.I)
INLINE = frozenset("b big cite em font i q s small span strong sub sup tt u var".split())
LEAVES = ("div", "p", "center")
SENTENCE = re.compile(r"[a-z]{3,}(?:\s+[a-z]{2,}){3}", re.I)
"""Four words on end."""
LONG = 2000
"""Characters beyond which nothing is a formula."""
BLANKS = re.compile(r"[ \t\r\n\f]+")
MANY = 1000
SOME = 80
"""Characters that make a paragraph of a block."""
TABLE = ("table", "caption", "thead", "tbody", "tfoot", "tr", "td", "th")
INVISIBLE = re.compile(r"visibility\s*:\s*hidden", re.I)


def hide(tree: HtmlElement, prefix: str) -> None:
    """Remove what no reader ever sees, and the address that signs the page. Not what is displayed later: tabs, hints, solutions, and a
    body that a script makes visible once it has loaded."""
    for node in tree.xpath(".//*[contains(@style, 'hidden')]"):
        if not INVISIBLE.search(node.get("style")):
            continue
        if node.tag == "body":
            node.attrib.pop("style")
        elif node.getparent() is not None:
            node.drop_tree()
    for node in tree.xpath("(.//address)[last()][not(following::p or .//text()[contains(., $prefix)])]", prefix=prefix):
        node.drop_tree()


def keep_sentences(tree: HtmlElement) -> None:
    """Make text of times and buttons that stand within a paragraph or an item."""
    for node in list(tree.iter("time", "button")):
        parent = node.getparent()
        if parent is not None and parent.tag in ("p", "li", "td"):
            node.drop_tag()


def keep_layout(tree: HtmlElement) -> None:
    """Make blocks of tables: those with data have become words, the others only lay out the page, and trafilatura reads cells as data."""
    for node in list(tree.iter(*TABLE)):
        node.tag = "div"


def keep_formulas(tree: HtmlElement, prefix: str) -> None:
    """Take from all that holds a formula (a text with `prefix`) what trafilatura would drop it for."""
    for node in _holding(tree, prefix):
        if node.tag in DROPPED:
            node.tag = "div"
        if node.tag == "pre":
            node.tag = "p"
        if node.tag == "section":
            node.attrib.pop("id", None)
        for name in ("style", "aria-hidden"):
            node.attrib.pop(name, None)
        if node.tag in HOLDERS and _bare_formula(node, prefix) and not _wrap(node) and node.tag != "body":
            node.tag = "p"


def keep_mathematics(tree: HtmlElement, prefix: str) -> None:
    """Make paragraphs of bare mathematics, and of the text that it interrupts: `<div>So <div>c<sup>2</sup> = 31</div> holds.</div>`."""
    for node in dict.fromkeys(_bare_mathematics(tree, prefix)):
        if not _wrap(node) and node.tag != "body":
            node.tag = "p"


def _bare_mathematics(tree: HtmlElement, prefix: str) -> Iterator[HtmlElement]:
    bare: dict[HtmlElement, bool] = {}
    seen: set[HtmlElement] = set()
    for text in tree.xpath(MATHEMATICS, signs=SIGNS, prefix=prefix):
        node = text.getparent()
        if node.tag in SCRIPTS and not text.is_tail and not SCRIPT.fullmatch(text):
            continue
        if text.is_tail:
            node = node.getparent()
        while node.tag in INLINE and node.getparent() is not None:
            node = node.getparent()
        if node in seen:
            continue
        seen.add(node)
        above = node.getparent()
        if above is not None and above.tag in HOLDERS and node.tag in LEAVES and _displays(node):
            if above not in bare:
                bare[above] = _has_text(above)
            if bare[above]:
                yield above
        if node.tag in HOLDERS:
            yield node


def _displays(node: HtmlElement) -> bool:
    """Whether a block may be a formula with lines of its own: no block in it, and no sentence."""
    if _holds_blocks(node):
        return False
    said = str(node.text_content())
    return len(said) <= LONG and not SENTENCE.search(said)


def _has_text(node: HtmlElement) -> bool:
    """Whether text stands bare in it, beside its blocks."""
    return _bare(node.text) or any(_bare(child.tail) or child.tag in INLINE for child in node)


def number_lists(tree: HtmlElement, word: str) -> None:
    """Begin each item of a numbered list with `word`, its number and `w`: trafilatura writes a dash for all of them."""
    for items in tree.iter("ol"):
        number = _integer(items.get("start"), 1)
        for item in items.iterchildren("li"):
            number = _integer(item.get("value"), number)
            first = item[0] if len(item) and item[0].tag in ("p", "div") and not _bare(item.text) else item
            first.text = f"{word}{number}w {(first.text or '').lstrip()}"
            number += 1


def _integer(said: str | None, default: int) -> int:
    return int(said) if said and re.fullmatch("[0-9]{1,6}", said) else default


def collapse(tree: HtmlElement) -> None:
    """Blanks and line breaks of the source as one blank each; lines that count stand in words of their own by now."""
    for node in tree.iter("*"):
        if node.text and ("\n" in node.text or "  " in node.text):
            node.text = BLANKS.sub(" ", node.text)
        if node.tail and ("\n" in node.tail or "  " in node.tail):
            node.tail = BLANKS.sub(" ", node.tail)


def flatten(tree: HtmlElement) -> None:
    """Make plain text of paragraphs with a thousand elements in them, for which trafilatura takes quadratic time."""
    from lxml.etree import strip_tags

    for node in list(tree.iter()):
        if len(node) > MANY and not _holds_blocks(node):
            strip_tags(node, *{child.tag for child in node} - {"br"})
            node.text = (
                node.text
            )  # one text node for thousands, each of which would look for its parent past all before it
            for child in node:
                child.tail = child.tail


def point_out(tree: HtmlElement, prefix: str) -> None:
    """Make an article of the smallest element that holds all formulas, and take the names from all between it and them.

    For pages of which trafilatura takes the first part that is named like a post: questions without their answers.
    """
    holding = dict.fromkeys(_holding(tree, prefix))
    node = tree.body
    while len(inner := [child for child in node if child in holding]) == 1 and inner[0].tag in HOLDERS:
        if _bare_formula(node, prefix):
            break
        node = inner[0]
    for held in holding:
        for name in ("id", "class", "role"):
            held.attrib.pop(name, None)
    make_article(node)


def make_article(node: HtmlElement) -> HtmlElement:
    """Turn an element into the page's article, or put one into the body."""
    if node.tag != "body":
        node.tag = "article"
        return node
    whole = node.makeelement("article")
    whole.text, node.text = node.text, None
    whole.extend(list(node))
    node.append(whole)
    return whole


def _bare_formula(node: HtmlElement, prefix: str) -> bool:
    return prefix in (node.text or "") or any(prefix in (child.tail or "") for child in node)


def _holding(tree: HtmlElement, prefix: str) -> list[HtmlElement]:
    """Elements with a formula in them somewhere, but for those in links and at the page's edges, each once."""
    seen: dict[HtmlElement, bool] = {}
    for text in tree.xpath(CONTENT, prefix=prefix):
        node = text.getparent().getparent() if text.is_tail else text.getparent()
        while node is not None and node not in seen:
            seen[node] = True
            node = node.getparent()
    return list(seen)


def drop_title(tree: HtmlElement, title: str | None) -> None:
    """Remove the first heading where it repeats the page's title, which is a column of its own."""
    heading = next(tree.iter("h1", "h2"), None)
    if heading is not None and title:
        words = _words(heading.text_content())
        if words and f" {words} " in f" {_words(title)} ":
            heading.drop_tree()


def _words(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.lower()))


def paragraphs(tree: HtmlElement) -> None:
    """Put a paragraph around each bare run of text and inline elements beside blocks; two line breaks in a run end it."""
    for holder in list(tree.iter(*HOLDERS)):
        _wrap(holder)


def prose(tree: HtmlElement) -> None:
    """Make paragraphs of blocks that hold a sentence, or begin with one, on pages that write `div` for `p`."""
    for node in list(tree.iter("div")):
        if not _holds_blocks(node):
            if len(node.text_content()) >= SOME:
                node.tag = "p"
        elif node.find("br") is None and len((node.text or "").strip()) >= SOME:
            _wrap(node)


def _holds_blocks(node: HtmlElement) -> bool:
    return any(child.tag in BLOCKS for child in node)


def _wrap(holder: HtmlElement) -> bool:
    """Whether there were blocks to put paragraphs between."""
    children = list(holder)
    if not _holds_blocks(holder):
        return False
    run = _run(holder, holder.text)
    if run is not None:
        holder.text = None
        holder.insert(0, run)
    for child in children:
        if child.tag in BLOCKS or (child.tag == "br" and _ends_with_break(run)):
            run = _run(holder, child.tail)
            if run is not None:
                child.tail = None
                child.addnext(run)
        elif run is not None:
            run.append(child)
        elif isinstance(child.tag, str) or _bare(child.tail):
            run = holder.makeelement("p")
            child.addprevious(run)
            run.append(child)
    return True


def _run(holder: HtmlElement, text: str | None) -> HtmlElement | None:
    if not _bare(text):
        return None
    run = holder.makeelement("p")
    run.text = text
    return run


def _ends_with_break(run: HtmlElement | None) -> bool:
    last = next(run.iterchildren(reversed=True), None) if run is not None else None  # `len` counts all children
    return last is not None and last.tag == "br" and not _bare(last.tail)


def _bare(text: str | None) -> bool:
    return text is not None and text != "" and not text.isspace()
