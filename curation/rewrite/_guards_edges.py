"""What a reply says that its source does not: about the text, to its reader, instead of it, or out of nowhere.

Sentences and lines of the reply are compared with the place of the source that has most of their words near each other. The
first and the last ones are a speaker's, not the page's, if little of them stands anywhere near and several of their words are of
those in which texts are spoken about (`_guards_words.py`). Everywhere, links, addresses, tags, tokens of a chat and
sentences without any word of the source are strange. All of it takes linear time.

Left out: what an invented sentence says in words of the page.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from curation.rewrite._guards_text import STOPS
from curation.rewrite._guards_words import (
    ABOUT,
    FRAME,
    INJECTED,
    LABELS,
    MINE,
    REFUSE,
    REFUSED,
    SPOKEN,
    TALK,
    WORK,
    YOURS,
    stem,
)

READ = 2_000_000
"""Characters of each text that are read."""
HEAD, TAIL = 5, 8
"""Units (lines or sentences) at the beginning and the end in which a speaker is looked for."""
LITTLE, HALF = 0.34, 0.6
"""Shares of a unit's words that stand near each other in the source."""
STRANGE = 4
"""Words of no lesson and not of the source that make a sentence an invented one."""
UNIT_WORDS = 80
"""Words of a unit that are looked at."""

_WORD = re.compile(r"[^\W\d_]+(?:-up\b)?")
_FORMULA = re.compile(
    r"\$\$[^$]{0,4000}\$\$|\$[^$\n]{1,400}\$|\\\([^\n]{0,400}?\\\)|\\\[.{0,4000}?\\\]|\\[A-Za-z]+|[=<>^_]", re.DOTALL
)
_SPLIT = re.compile(r"(?<=[.!?])[\"')*_]{0,3}\s+(?=[\"'(*_\[]{0,3}[A-Z])|(?<=:)\s+(?=[A-Z])")
_CONTRACTED = re.compile(r"\b(i'm|can't|won't|let's|[a-z]+(?:n't|'ve|'ll|'re|'d))(?![a-z])|\b(it|that|here|there|what)'s\b")
_WHOLE = {"i'm": "i am", "can't": "cannot", "won't": "will not", "let's": "let us"}
_TAILS = (("n't", " not"), ("'ve", " have"), ("'ll", " will"), ("'re", " are"), ("'d", " would"))


class Said(NamedTuple):
    """What was found: whether the reply refuses, whether it speaks of itself, and how many strange things stand in it."""

    refusal: bool
    meta: bool
    strange: int


class Unit(NamedTuple):
    """A sentence or line of the reply."""

    text: str
    words: list[str]
    stems: frozenset[str]
    """Of its words that are more than filling."""
    formula: bool


def said(written: str, source: str) -> Said:
    written, source = written[:READ].strip(), source[:READ]
    there = Source(source)
    units = [unit for unit in _units(written) if unit.words]
    head, tail = units[:HEAD], units[HEAD:][-TAIL:]
    refusal = meta = False
    for edge, first in ((head, True), (tail, False)):
        for n, unit in enumerate(edge):
            kind = _spoken(unit, there, first and n == 0)
            refusal |= kind == "refusal"
            meta |= kind == "meta"
    inside = sum(_invented(unit, there) for unit in units)
    return Said(refusal, meta, inside + len(_marks(written) - _marks(source)) + len(INJECTED.findall(written)))


def written_out(text: str) -> str:
    """In lower case, with contractions written out."""

    def whole(found: re.Match[str]) -> str:
        short = found[1]
        if short is None:
            return f"{found[2]} is"
        if short in _WHOLE:
            return _WHOLE[short]
        return next(short[: -len(end)] + full for end, full in _TAILS if short.endswith(end))

    return _CONTRACTED.sub(whole, text.replace("’", "'").lower())


def _units(text: str) -> Iterator[Unit]:
    for line in text.split("\n"):
        for piece in _SPLIT.split(line):
            words = _WORD.findall(written_out(_FORMULA.sub(" ", piece)))[:UNIT_WORDS]
            yield Unit(piece.strip(), words, _content(words), _FORMULA.search(piece) is not None)


def _content(words: list[str]) -> frozenset[str]:
    return frozenset(stem(word) for word in words if len(word) > 1 and word not in STOPS)


class Source:
    """The words of a source in order."""

    def __init__(self, text: str) -> None:
        words = _WORD.findall(written_out(text))
        self.said = f" {' '.join(words)} "
        self.words = frozenset(words)
        self.stems = [stem(word) for word in words]
        self.known = frozenset(self.stems)

    def near(self, stems: frozenset[str]) -> frozenset[str]:
        """Those of some words that stand together where most of them do."""
        wanted = stems & self.known
        if len(wanted) < 2:
            return wanted
        width = 2 * len(stems) + 6
        hits = [(at, one) for at, one in enumerate(self.stems) if one in wanted]
        counts: dict[str, int] = {}
        best, start, end = 0, 0, (0, 0)
        for n, (at, one) in enumerate(hits):
            counts[one] = counts.get(one, 0) + 1
            while hits[start][0] <= at - width:
                gone = hits[start][1]
                counts[gone] -= 1
                if not counts[gone]:
                    del counts[gone]
                start += 1
            if len(counts) > best:
                best, end = len(counts), (start, n + 1)
        return frozenset(one for _, one in hits[end[0] : end[1]])


def _spoken(unit: Unit, source: Source, first: bool) -> str | None:
    """`refusal` or `meta` if a unit is a speaker's, by what it says that the source does not."""
    joined = f" {' '.join(unit.words)} "
    if joined in source.said:
        return None
    near = source.near(unit.stems)
    share = len(near) / max(len(unit.stems), 1)
    new = unit.stems - near
    refuses = [phrase for phrase in REFUSED if f" {phrase} " in joined and f" {phrase} " not in source.said]
    speaks = [phrase for phrase in SPOKEN if f" {phrase} " in joined and f" {phrase} " not in source.said]
    persons = sum(bool(some & set(unit.words)) and not some & source.words for some in (MINE, YOURS))
    words = len(new & (WORK | ABOUT | TALK | REFUSE)) + persons + 2 * len(refuses) + 2 * len(speaks)
    kind = "refusal" if refuses or (len(new & REFUSE) > 0 and len(new & REFUSE) >= len(new & WORK)) else "meta"
    if words >= (2 if share <= LITTLE and not unit.formula else 3 if share <= HALF and not unit.formula else 4):
        return kind
    if not unit.formula and new and len(new) == len(unit.stems) <= 2 and new <= LABELS:
        return kind
    return None


def _invented(unit: Unit, source: Source) -> bool:
    """Whether a sentence has next to nothing of the source."""
    strange = unit.stems - source.known - FRAME
    return not unit.formula and len(strange) >= STRANGE and len(strange) > 0.6 * len(unit.stems - FRAME)


_MARK = re.compile(
    r"<\|[^|<>\n]{1,40}\|>|\[/?(?:INST|SYS|UNK|PAD|CLS|SEP|MASK|EOS|BOS)\]|<</?SYS>>|<!--|</?s>"
    r"|</?(?!(?:br|sub|sup)\b)[A-Za-z][A-Za-z0-9_-]{1,20}(?:\s{1,4}[\w-]{1,20}=(?:\"[^\"<>\n]{0,200}\"|'[^'<>\n]{0,200}'|[^\s<>]{1,100})){0,8}\s?/?>"
    r"|</?[abpi](?:\s{1,4}[\w-]{1,20}=[^<>\n]{1,200})?>"
    r"|^#{1,6} ?(?:Response|Instruction|Input|Output|Assistant|User|Human|System)\b:?[ \t]*$|^(?:Human|User|Assistant|AI|System): "
    r"|https?://[^\s<>()\[\]]{3,200}|\bwww\.[^\s<>()\[\]]{3,200}|[\w.+-]{1,64}@[\w-]{1,60}\.[\w.-]{1,60}",
    re.MULTILINE | re.IGNORECASE,
)
"""Links, addresses, tags, and tokens of a chat."""
_WEB = re.compile(r"^(?:https?://)?(?:www\.)?|[/.,;:!?'\"*_]+$")


def _marks(text: str) -> set[str]:
    return {_WEB.sub("", found.lower()) for found in _MARK.findall(text)}
