"""What a reply says that its source does not: about the text, to its reader, instead of it, or out of nowhere.

Sentences and lines of the reply are compared with the place of the source that has most of their words near each other. The
first and the last ones are a speaker's, not the page's, if little of them stands anywhere near and several of their words are of
those in which texts are spoken about (`_guards_words.py`). Everywhere, links, addresses, tags and tokens of a chat that the source
does not have are strange, sentences with next to no word of it, letters of another script, and orders to a model, even where the source
gives them. All of it takes linear time.

Left out: what an invented sentence says in words of the page.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from curation.rewrite._guards_text import STOPS
from curation.rewrite._guards_words import (
    ABOUT,
    BARE,
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
LITTLE, MOST = 0.4, 0.67
"""Shares of a unit's words that stand near each other in the source."""
STRANGE, FOREIGN = 4, 4
"""Words of no lesson and not of the source, and letters of another script, that make a sentence an invented one."""
LINE = 100
"""Characters of a line or sentence of the source that may be a label."""
ADDED = 4
"""How much must tell a speaker in a reply that may say more than its source: a phrase, and words besides."""
UNIT_WORDS = 80
"""Words of a unit that are looked at."""

_WORD = re.compile(r"[^\W\d_]+(?:-up\b)?")
_FORMULA = re.compile(
    r"\$\$[^$]{0,4000}\$\$|\$[^$\n]{1,400}\$|\\\((?:[^\\\n]|\\(?![()])){0,400}\\\)|\\\[(?:[^\\]|\\(?![\[\]])){0,4000}\\\]"
    r"|\\[A-Za-z]+|\b\w[\^_]|\w ?[=<>] ?[\w\\-]",
    re.DOTALL,
)
_SCRIPT = re.compile("[\u0400-\u1cff\u3040-\ud7ff]")
"""Letters of neither the Latin nor the Greek script."""
_ROMAN = re.compile(r"\bI\b(?![ '\u2019]{1,3}[a-z])")
"""An `I` that is a number or a name."""
_SPLIT = re.compile(r"(?<=[a-z)\]\"'*][.!?])\s+(?=[^a-z\s])|(?<=[.!?][\"')*_\]])\s+(?=[^a-z\s])|(?<=:)\s+(?=[A-Z])")
_CONTRACTED = re.compile(
    r"\b(i'm|can't|won't|let's|[a-z]+(?:n't|'ve|'ll|'re|'d))(?![a-z])|\b(it|that|here|there|what)'s\b"
)
_WHOLE = {"i'm": "i am", "can't": "cannot", "won't": "will not", "let's": "let us"}
_TAILS = (("n't", " not"), ("'ve", " have"), ("'ll", " will"), ("'re", " are"), ("'d", " would"))
_ODD = re.compile(r"\s*(?:\[.{1,200}\]|\(.{1,200}\)|([=*~-])\1{2,9} ?\w.{0,200}\1{3})\W{0,3}$")
"""A line in brackets or between rules."""
TELLING = WORK | ABOUT | TALK | REFUSE
"""All words that tell a speaker."""


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
    alone: bool
    """Whether it is a whole line without numbers."""

    @property
    def joined(self) -> str:
        return f" {' '.join(self.words)} "


def said(written: str, source: str, adds: bool = False) -> Said:
    """What a reply says of its own. adds: it may say more than its source, as a worked answer does, so that only phrases tell."""
    written, source = written[:READ].strip(), source[:READ]
    there = Source(source)
    units = [unit for unit in _units(written) if unit.words]
    speakers = {_speaker(units[:HEAD], there, adds), _speaker(units[HEAD:][: -TAIL - 1 : -1], there, adds, end=True)}
    strange = sum(not adds and _invented(unit, there) for unit in units) + _marks(written, source)
    return Said(
        "refusal" in speakers,
        "meta" in speakers or _fenced(written, source),
        strange + len(INJECTED.findall(written)),
    )


def written_out(text: str) -> str:
    """In lower case, with contractions written out."""

    def whole(found: re.Match[str]) -> str:
        short = found[1]
        if short is None:
            return f"{found[2]} is"
        if short in _WHOLE:
            return _WHOLE[short]
        return next(short[: -len(end)] + full for end, full in _TAILS if short.endswith(end))

    text = text.replace("’", "'").lower()
    return _CONTRACTED.sub(whole, text) if "'" in text else text


def _units(text: str) -> Iterator[Unit]:
    for line in text.split("\n"):
        pieces = _SPLIT.split(line)
        for piece in pieces:
            words = _WORD.findall(written_out(_ROMAN.sub(" ", _FORMULA.sub(" ", piece))))[:UNIT_WORDS]
            formula = _FORMULA.search(piece) is not None
            alone = len(pieces) == 1 and not any(sign.isdigit() for sign in piece)
            yield Unit(piece.strip(), words, _content(words), formula, alone)


def _content(words: list[str]) -> frozenset[str]:
    return frozenset(stem(word) for word in words if len(word) > 1 and word not in STOPS)


class Source:
    """The words of a source in order."""

    def __init__(self, text: str) -> None:
        words = _WORD.findall(written_out(text))
        self.other = _SCRIPT.search(text) is not None
        self.said = f" {' '.join(words)} "
        pieces = (piece for line in text.split("\n") for piece in (line, *_SPLIT.split(line)) if len(piece) < LINE)
        self.lines = frozenset(f" {' '.join(_WORD.findall(written_out(piece)))} " for piece in pieces)
        self.places: dict[str, list[int]] = {}
        for at, word in enumerate(words):
            self.places.setdefault(stem(word), []).append(at)
        self.known = frozenset(self.places)

    def near(self, stems: frozenset[str]) -> frozenset[str]:
        """Those of some words that stand together where most of them do; none if no two do."""
        wanted = stems & self.known
        if len(wanted) < 2:
            return frozenset()
        width = 2 * len(stems) + 6
        hits = sorted((at, one) for one in wanted for at in self.places[one])
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
        return frozenset(one for _, one in hits[end[0] : end[1]]) if best > 1 else frozenset()


def _speaker(units: list[Unit], source: Source, adds: bool, end: bool = False) -> str | None:
    """Who speaks in the first units of a reply (or its last ones, the last one first): `refusal`, `meta`, or None if the page does.

    What several units that have little of the source say counts together, up to the first one that has more.
    """
    heard: set[str] = set()
    edge = True
    for unit in units:
        if unit.joined in (source.said if len(unit.words) > 2 else source.lines):
            edge = False
            continue
        near = source.near(unit.stems)
        telling = _telling(unit, near, source)
        if _foreign(unit) and 3 * len(telling) < len(unit.words):
            continue  # a matter of languages
        if adds:
            if len(telling) >= ADDED and not unit.formula and not telling.isdisjoint(REFUSED + SPOKEN):
                return "refusal" if _refuses(telling, end) else "meta"
            continue
        edge &= len(near) <= LITTLE * len(unit.stems) and not unit.formula
        if edge:
            heard |= telling
        if len(telling) >= _enough(unit, near, source) or (edge and len(heard) >= 2) or _label(unit, source):
            return "refusal" if _refuses(telling | heard, end) else "meta"
    return None


def _foreign(unit: Unit) -> bool:
    """Whether a sentence has next to none of the words that every English one has."""
    return len(unit.words) >= 5 and 10 * sum(word in STOPS for word in unit.words) < len(unit.words)


def _enough(unit: Unit, near: frozenset[str], source: Source) -> int:
    """How much must tell a speaker in a unit, the more of it the source has."""
    if unit.formula or len(near) > MOST * len(unit.stems):
        return 4
    if len(near) > LITTLE * len(unit.stems):
        return 3
    return 1 if not near and _sentence(unit, source) else 2


def _sentence(unit: Unit, source: Source) -> bool:
    """Whether a unit, of which no two words stand together in the source, is more than a heading and joins no parts of a lesson."""
    said = unit.stems - FRAME
    closed = unit.text.rstrip("*_)\"' ").endswith((".", "!", "?", ":"))
    return closed and not unit.formula and (len(said) > 1 or (len(said) == 1 and said.isdisjoint(source.known)))


def _telling(unit: Unit, near: frozenset[str], source: Source) -> set[str]:
    """What tells a speaker in a unit: words of the tables, phrases (which count twice), persons, and an odd form."""
    found = set((unit.stems - near) & TELLING)
    for phrase in (*REFUSED, *SPOKEN):
        if f" {phrase} " in unit.joined and f" {phrase} " not in source.said:
            found |= {phrase, f"{phrase}!"}
    for person in (MINE, YOURS):
        for word, after in zip(unit.words, [*unit.words[1:], ""], strict=True):
            if word in person and f" {word} {after} " not in source.said:
                found.add(min(person))
    if _ODD.match(unit.text) and unit.stems - near:
        found.add("[]")
    if len(unit.stems - source.known - FRAME - TELLING) >= 2 and not STOPS.isdisjoint(unit.words):
        found.add("?")
    return found


def _refuses(telling: set[str], end: bool) -> bool:
    """Whether a speaker does not do the work; at the end only by a phrase."""
    return not telling.isdisjoint(REFUSED) or (not end and len(telling & REFUSE) > len(telling & WORK) // 2)


def _label(unit: Unit, source: Source) -> bool:
    """Whether a unit is a label of a text, or a word or two to its reader, and no line of the source."""
    if not unit.alone or unit.formula or len(unit.words) > 6 or unit.joined in source.lines:
        return False
    if unit.joined.strip() in BARE or _plain_label(unit):
        return True
    heading = unit.text.startswith(("#", "**"))
    return not heading and 0 < len(unit.stems) <= 2 and unit.stems <= TELLING - source.known - FRAME


def _plain_label(unit: Unit) -> bool:
    return 0 < len(unit.stems) <= 3 and unit.stems <= LABELS


def _invented(unit: Unit, source: Source) -> bool:
    """Whether a sentence has next to nothing of the source."""
    if len(_SCRIPT.findall(unit.text)) >= FOREIGN and not source.other:
        return True
    strange = unit.stems - source.known - FRAME
    return not unit.formula and len(strange) >= STRANGE and len(strange) > 0.6 * len(unit.stems - FRAME)


def _fenced(written: str, source: str) -> bool:
    """Whether the whole reply stands in a fence that the source does not have, or a fence of it is not closed."""
    if "```" in source:
        return False
    lines = written.split("\n")
    fences = [n for n, line in enumerate(lines) if line.lstrip().startswith("```")]
    return len(fences) % 2 == 1 or fences == [0, len(lines) - 1]


_ATTRIBUTES = r"(?:\s[^<>\n]{0,100}=[^<>\n]{0,200})"
_MARK = re.compile(
    r"<[|｜][^|｜<>\n]{1,40}[|｜]>|javascript:|[\x00-\x08\x0e-\x1f\u202a-\u202e\u2066-\u2069]|\[/?(?:INST|SYS|UNK|PAD|CLS|SEP|MASK|EOS|BOS)\]|<</?SYS>>|<!--|</?s>|</[abiup]>"
    rf"|</?(?:h[1-6]|t[dhr]|[ou]l|li|hr|d[dlt]|em|(?!sub\b|sup\b)[A-Za-z][\w-]{{2,20}}){_ATTRIBUTES}?\s?/?>|<[abiup]{_ATTRIBUTES}>"
    r"|^#{1,6} ?(?:Response|Instruction|Input|Output|Assistant|User|Human|System)\b:?[ \t]*$|^(?:Human|User|Assistant|AI|System): "
    r"|https?://[^\s<>()\[\]]{3,200}|\bwww\.[^\s<>()\[\]]{3,200}|[\w.+-]{1,64}@[\w-]{1,60}\.[\w.-]{1,60}",
    re.MULTILINE | re.IGNORECASE,
)
"""Links, addresses, tags, tokens of a chat, and control characters; `<br>`, `<sub>` and `<sup>` are Markdown's."""
_WEB = re.compile(r"^(?:https?://)?(?:www\.)?|[/.,;:!?'\"*_]+$")


def _marks(written: str, source: str) -> int:
    """Links, addresses, tags and tokens that the source does not have."""
    there = source.lower()
    return sum(mark not in there for mark in {_WEB.sub("", found.lower()) for found in _MARK.findall(written)})
