"""Which of many phrasings can stand in a text: what keeps reading fast with dozens of families.

A phrasing is looked up by how it ends (`left over in the end?`), and for a whole page by its rarest word. Both only rule out; whether a
phrasing really stands there is for its `Template` to say.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from curation.synth.families._family import Template

    Entry = tuple[str, Template]
    """A phrasing and the family that it belongs to."""

TAIL = 12
"""How many characters of an ending are looked up."""
_WORD = re.compile(r"[a-z]{3,}")


class Endings:
    """Phrasings by how they end."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        self._tails: dict[str, list[Entry]] = defaultdict(list)
        for entry in entries:
            self._tails[entry[1].tail[-TAIL:]].append(entry)
        self._lengths = sorted({len(tail) for tail in self._tails})

    def __bool__(self) -> bool:
        return bool(self._tails)

    def at(self, cleaned: str, end: int) -> list[Entry]:
        """All that end like a text up to `end`."""
        found: list[Entry] = []
        for length in self._lengths:
            if length <= end:
                found += self._tails.get(cleaned[end - length : end], ())
        return found


class Index:
    """All phrasings, by how they end and by their rarest word."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        entries = list(entries)
        self.endings = Endings(entries)
        self._words: dict[str, list[Entry]] = defaultdict(list)
        counts = Counter(word for _, template in entries for word in _inner(template.anchor))
        for entry in entries:
            rarest = min(_inner(entry[1].anchor), key=lambda word: (counts[word], word), default="")
            self._words[rarest].append(entry)

    def on(self, cleaned: str) -> Endings:
        """Those whose longest literal piece stands in a text."""
        words = {"", *_WORD.findall(cleaned)} & self._words.keys()
        return Endings(entry for word in sorted(words) for entry in self._words[word] if entry[1].anchor in cleaned)


def _inner(literal: str) -> set[str]:
    """The words that stand whole in a literal piece: those at its edges may go on in a slot."""
    found = [m for m in _WORD.finditer(literal) if m.start() and m.end() < len(literal)]
    return {m[0] for m in found if not (literal[m.start() - 1].isalpha() or literal[m.end()].isalpha())}
