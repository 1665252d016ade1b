"""Pages that would take an HTML parser minutes, told before it begins: thousands of attributes in one tag, elements nested thousands deep,
hundreds of formatting elements left open.

HTML parsers compare each attribute with those before it in its tag, and look through all open elements at each `<p>` or `<input>`; in
both cases the time grows with the square of the page, and nothing can stop lexbor once it runs. Only long pages are looked at, since a
short one cannot take long. A formatting element (`<b>`) that a paragraph's end cut off is opened again in each block that follows, so
that 70 kB make millions of elements. Left out: pages that hide their depth by end tags in comments, a tag's length by `>` in attribute
values, or open elements by end tags that close nothing; they meet the last net around a step (`curate/guard.py`).
"""

from __future__ import annotations

import re
from collections import Counter

SHORT, LONG_TAG = 100_000, 16_000
"""Characters of a page that may be anything, because it takes lexbor a second at the worst; and of a tag that is counted."""
ATTRIBUTES, DEPTH = 5_000, 2_000
MANY_ATTRIBUTES = re.compile(
    rf"<[a-zA-Z][^\s/>]*+(?>[\s/]++[^\s/>=<]++(?>\s*+=\s*+(?>\"[^\"]*+\"|'[^']*+'|[^\s>]++))?+){{{ATTRIBUTES}}}"
)
TAG = re.compile(r"<(/?)([a-zA-Z][\w:-]*)")
FLAT = frozenset(
    "area base br col embed hr img input link meta param source track wbr p li dt dd tr td th thead tbody tfoot option optgroup "
    "colgroup caption rp rt html head body".split()
)
"""Elements without an end tag, or whose end is understood."""
LEFT_OPEN, REOPENED, COPIES = 1_000, 1_000_000, 3
"""Start tags more than end tags that may be anything; elements that a parser may open again; at most so many of one kind."""
FORMATTING = re.compile(r"<(/?)(b|big|code|em|font|i|s|small|strike|strong|tt|u)(?=[\s/>])([^>]*)", re.I)


def slow_to_parse(html: str) -> bool:
    """Whether parsing the page would take time that grows with its square."""
    tags = html.count("<")
    if tags - 2 * html.count("</") > LEFT_OPEN and _left_open(html) * tags > REOPENED:
        return True
    return len(html) > SHORT and (_too_many_attributes(html) or (len(html) > 3 * SHORT and _too_deep(html)))


def _too_many_attributes(html: str) -> bool:
    """Whether a tag without a `>` in it has too many; looked for where so long a tag stands at all."""
    place = 0
    while place < len(html):
        place = html.rfind(">", place, place + LONG_TAG) + 1
        if not place:
            return MANY_ATTRIBUTES.search(html) is not None
    return False


def _too_deep(html: str) -> bool:
    depth = 0
    for end, name in TAG.findall(html):
        if name.lower() not in FLAT:
            depth += -1 if end else 1
            if depth > DEPTH:
                return True
    return False


def _left_open(html: str) -> int:
    """The most formatting elements that are open at a time."""
    stacks: dict[str, list[str]] = {}
    copies: Counter[str] = Counter()
    most = 0
    for end, name, attributes in FORMATTING.findall(html):
        stack, tag = stacks.setdefault(name.lower(), []), f"{name} {attributes}"
        if end and stack:
            copies[stack.pop()] -= 1
        elif not end and copies[tag] < COPIES:
            copies[tag] += 1
            stack.append(tag)
            most = max(most, sum(map(len, stacks.values())))
    return most
