"""Pages that would take an HTML parser minutes, told before it begins: thousands of attributes in one tag, elements nested thousands deep.

HTML parsers compare each attribute with those before it in its tag, and look through all open elements at each `<p>` or `<input>`; in
both cases the time grows with the square of the page, and nothing can stop lexbor once it runs. Only long pages are looked at, since a
short one cannot take long. Left out: pages that hide their depth by end tags in comments, or a tag's length by `>` in attribute values;
they meet the last net around a step (`curate/guard.py`).
"""

from __future__ import annotations

import re

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


def slow_to_parse(html: str) -> bool:
    """Whether parsing the page would take time that grows with its square."""
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
