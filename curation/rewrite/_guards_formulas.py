"""Whether a formula that stands nowhere in the other text as a whole is told there in parts.

A formula is read as statements, between commas and words, and a statement as a chain of links, each a relation of two sides:
`a = b = c` may come back as two formulas, as rows of a display, or as `a = b` and `a = c`. A link is told if it stands there as it is,
turned round (`b > a` for `a < b`), or, where the relation is `=`, if both sides stand in formulas near each other.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

import numpy as np

from curation.rewrite._guards_places import counts
from curation.rewrite._guards_streams import EDGE, LONG_SIGN, Stream
from curation.rewrite._guards_text import number

NEAR = 3
"""Formulas from one side of an equality to the other."""
_TURNED = {
    ">": "<", "\\geq": "\\leq", "\\supset": "\\subset", "\\supseteq": "\\subseteq", "\\gg": "\\ll", "\\succ": "\\prec", "\\ni": "\\in",
    "\\leftarrow": "\\rightarrow",
}  # fmt: skip
_SYMMETRIC = frozenset(
    ("=", "\\approx", "\\equiv", "\\cong", "\\sim", "\\simeq", "\\Leftrightarrow", "\\leftrightarrow", "\\neq")
)
_RELATIONS = _SYMMETRIC | {*_TURNED, *_TURNED.values(), "\\Rightarrow", "\\mapsto", ":="}
_PART = re.compile(r"\\[A-Za-z]+|\d+(?:\.\d+)?|(?<!\w)\.\d+|:=|[A-Za-z]{2,}|[^\s.?\"`]")
_WORDS = frozenset(
    "and or where if for when with so then thus hence since because is are as while whenever implies gives".split()
)


class Link(NamedTuple):
    """A relation and its sides, as signs; no relation, and one side, where a statement has none."""

    left: tuple[int, ...]
    relation: str
    right: tuple[int, ...]
    whole: tuple[int, ...]


Straight = tuple[tuple[int, ...], str, tuple[int, ...]]


def links(body: str, ids: dict[str, int]) -> list[Link]:
    """The links of a formula, in order."""
    found: list[Link] = []
    sides: list[list[int]] = [[]]
    relations: list[tuple[str, tuple[int, ...]]] = []

    def close() -> None:
        for n, (name, signs) in enumerate(relations):
            left, right = _side(sides[n]), _side(sides[n + 1])
            found.append(Link(left, name, right, (*left, *signs, *right)))
        if not relations and sides[0]:
            found.append(Link(_side(sides[0]), "", (), _side(sides[0])))
        sides[:] = [[]]
        relations.clear()

    depth, parts = 0, _PART.findall(body)
    for at, part in enumerate(parts):
        signs = (
            [LONG_SIGN + ids.setdefault(number(part), len(ids))]
            if (part[0] in "\\.0123456789" and len(part) > 1) or part.isdigit()
            else [*map(ord, part)]
        )
        depth = max(depth + (part in "([") - (part in ")]"), 0) if len(part) == 1 else depth
        if part == ";" and parts[at + 1 : at + 2] and parts[at + 1] in _RELATIONS:
            continue
        if depth == 0 and (part in ",;" or part in _WORDS):
            close()
        elif depth == 0 and part in _RELATIONS:
            relations.append((part, tuple(signs)))
            sides.append([])
        elif part != ";":
            sides[-1] += signs
    close()
    return found


def _side(signs: list[int]) -> tuple[int, ...]:
    return tuple(sign for n, sign in enumerate(signs) if sign not in EDGE or 0 < n < len(signs) - 1)


def told(which: Any, a: Stream, b: Stream, ids: dict[str, int]) -> Any:
    """Whether each of some formulas of `a` is told by formulas of `b`."""
    if not len(which):
        return np.zeros(0, bool)
    parts = [links(a.bodies[n], ids) for n in which.tolist()]
    there, near = _index(b, ids)
    wholes = sorted({link.whole for some in parts for link in some if link.whole})
    found = dict(zip(wholes, counts(b.signs, wholes), strict=True))
    return np.array([bool(some) and all(_is_told(link, there, near, found) for link in some) for some in parts], bool)


def _index(text: Stream, ids: dict[str, int]) -> tuple[set[Straight], dict[tuple[int, ...], list[int]]]:
    """The links of a text, none turned round, and where each side stands."""
    there: set[Straight] = set()
    near: dict[tuple[int, ...], list[int]] = {}
    for n, body in enumerate(text.bodies):
        for link in links(body, ids):
            if link.relation:
                there.add(_straight(link))
            for side in (link.left, link.right):
                if side:
                    near.setdefault(side, []).append(n)
    return there, near


def _straight(link: Link) -> Straight:
    """A link read from its smaller side."""
    if link.relation in _TURNED:
        return link.right, _TURNED[link.relation], link.left
    if link.relation in _SYMMETRIC and link.right < link.left:
        return link.right, link.relation, link.left
    return link.left, link.relation, link.right


def _is_told(
    link: Link, there: set[Straight], near: dict[tuple[int, ...], list[int]], found: dict[tuple[int, ...], int]
) -> bool:
    if not link.whole or found.get(link.whole) or _straight(link) in there:
        return True
    if link.relation != "=" or not link.left or not link.right:
        return False
    left, right = (np.array(near.get(side, ()), np.int64) for side in (link.left, link.right))
    if not len(left) or not len(right):
        return False
    at = np.searchsorted(left, right)
    before, after = left[np.maximum(at - 1, 0)], left[np.minimum(at, len(left) - 1)]
    return bool(np.minimum(abs(right - before), abs(after - right)).min() <= NEAR)
