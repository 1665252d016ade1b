"""Reading a refined pair, and what became of its question: kept, completed, or changed."""

from __future__ import annotations

import re
from collections import Counter
from typing import NamedTuple

from curation._reply import MAX_GOLD, MAX_REPLY, block
from curation._standing import Page, mathematical, tokens
from curation.rewrite._guards_text import NUMBER_WORDS
from eval.grading import extract

INCOMPLETE = "[INCOMPLETE]"
_SENTENCE = re.compile(r"(?<=[.?!])\s+|\n+")
DECISIVE = frozenset(
    "not no never none neither nor without except only least most more less fewer greater smaller larger bigger lower higher above below "
    "before after over under odd even positive negative increased decreased increases decreases increase decrease maximum minimum "
    "maximal minimal largest smallest greatest exactly always both either inside outside and or per half twice double each every distinct "
    "different sum difference product quotient inverse derivative integral perimeter area volume median mean mode with "
    "hundred thousand million billion day days week weeks month months year years hour hours minute minutes left lost".split()
) | frozenset(word for word in NUMBER_WORDS if word != "one")
"""Words of which one more or less makes another question."""


class Refined(NamedTuple):
    """What a reply says, as far as it can be read. form: `refined`, or what is wrong: `form`, `incomplete` or `boxed`."""

    form: str
    question: str = ""
    answer: str = ""
    gold: str | None = None


def read(reply: str) -> Refined:
    """The pair in a reply that is one block and nothing else, and whose boxes all say the same."""
    if reply.strip() == INCOMPLETE:
        return Refined("incomplete")
    found = block(reply) if len(reply) <= MAX_REPLY and INCOMPLETE not in reply else None
    if found is None:
        return Refined("form")
    gold = extract(found[1], strict=True)
    if not gold or len(gold) > MAX_GOLD:
        return Refined("boxed", *found)
    return Refined("refined", *found, gold)


class Change(NamedTuple):
    """From a question to the refined one: the share of its tokens that are left, in [0, 1], and how many that matter were changed."""

    kept: float
    changed: int


def change(question: str, refined: str) -> Change:
    """changed: numbers, signs, commands and letters of formulas that are lost or stand in another order, numbers that are new or negative
    where they were not, and words that decide (`not`, `least`, `sum`, `seven`) lost or new."""
    old, new = tokens(question), tokens(refined)
    left = Counter(old) & Counter(new)
    signs, others = ([token for token in some if mathematical(token)] for some in (old, new))
    added = Counter(filter(_number, new)) - Counter(filter(_number, old))
    added += _negative(new, behind_words=True) - _negative(old)
    words, their_words = (Counter(token for token in some if token in DECISIVE) for some in (old, new))
    lost = len(signs) - _in_order(signs, others)
    changed = lost + added.total() + (words - their_words).total() + (their_words - words).total()
    return Change(left.total() / len(old) if old else 0.0, changed)


def final_in(found: str, final: str, other: str | None) -> bool:
    """Whether an answer in words can be taken at its last number or formula: it ends in it, or says nothing of the other one.

    A solution may go on behind its answer with a check or a remark, so that the last number is another one.
    """
    last = _SENTENCE.split(found.strip())[-1]
    return bool(Page(last).standing(final).share) or not Page(found).standing(other or "").share


def _number(token: str) -> bool:
    return token[-1].isdigit()


def _negative(found: list[str], *, behind_words: bool = False) -> Counter[str]:
    """Numbers behind a minus; behind_words: only where a word stands before it, so that nothing is subtracted."""
    triples = zip(["of", *found], found, found[1:], strict=False)
    return Counter(
        number
        for before, sign, number in triples
        if sign == "-" and _number(number) and (not behind_words or (before.isalpha() and len(before) > 1))
    )


def _in_order(wanted: list[str], given: list[str]) -> int:
    """How many of the wanted ones are met, in their order, on one way through the given ones."""
    met = 0
    for token in given:
        if met < len(wanted) and token == wanted[met]:
            met += 1
    return met
