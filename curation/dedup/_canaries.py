"""Copies that are planted to see how many of them are found: documents of the corpus with words replaced, so that their likeness is known.

Sources are documents of middling length, those with the smallest hashes of their ids, so that neither shards nor their order choose. Copies
have ranks behind all documents and can change no verdict. Their true Jaccard similarity, which says of what kind a copy is, is computed
with Python's own sets of words, apart from the native loops whose work it judges. A copy is counted if its source stays: else it may
resemble nothing that does.
"""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import polars as pl

from curation.dedup._layout import Layout

LEAST = 50
"""Shingles of a document that can be a source: of a shorter one, one word is too much."""
MOST = 20_000
"""Likewise at most: sets of words of Python's own take some hundred times the bytes of the text."""
CUTS = (0.8, 0.9)
"""Where likenesses above the threshold are told apart."""
UNLIKE = 0.5
"""Least likeness of a copy that counts as one which must not be found, unless it is another problem: the same with other numbers."""
NUMBERS = "another problem: all numbers changed"


@dataclass(frozen=True)
class Canaries:
    """layout: with the copies as its last part; kinds and sources (positions), by copy."""

    layout: Layout
    kinds: tuple[str, ...] = ()
    sources: tuple[int, ...] = ()
    wanted: dict[str, bool] = field(default_factory=dict)

    def found(self) -> dict[str, Any]:
        """The facts: of each kind, how many were planted and found. Of those that must not be found, what names its source counts."""
        if not self.wanted:
            return {}
        last, layout = self.layout.old[1], self.layout
        named = layout.read("of", last, layout.count) - 1
        sources = layout.lift("ranks", np.array(self.sources, np.int64))
        stay = layout.lift("of", sources) == 0
        rows: dict[str, dict[str, Any]] = {
            kind: {"kind": kind, "planted": 0, "found": 0, "wrong": not good} for kind, good in self.wanted.items()
        }
        for kind, name, source, stays in zip(self.kinds, named.tolist(), sources.tolist(), stay.tolist(), strict=True):
            by_chance = not self.wanted[kind] and name >= 0 and name != source  # it is like another document
            if stays and not by_chance:
                rows[kind]["planted"] += 1
                rows[kind]["found"] += name >= 0
        return {"canaries": [row for row in rows.values() if row["planted"]]}


def plant(layout: Layout, count: int, threshold: float, *, ngram: int, exact_numbers: int, **shape: int) -> Canaries:
    """Write about `count` copies behind the documents of a layout; none for 0."""
    if not count:
        return Canaries(layout)
    from curation.dedup import _index

    cuts = [threshold, *[cut for cut in CUTS if cut > threshold], 1.0]
    likely = [(a + b) / 2 for a, b in itertools.pairwise(cuts)] if threshold < 1 else []
    aims = [*likely, 1.0, (UNLIKE + threshold) / 2, None]
    texts, kinds, sources = [], [], []
    for number, (position, text) in enumerate(_sources(layout, count)):
        words, aim = _words(text), aims[number % len(aims)]
        edited = _other_numbers(words) if aim is None else _edited(words, aim, ngram)
        kind = _kind(_jaccard(words, edited, ngram, exact_numbers), aim is None, cuts)
        if kind:
            texts.append(" ".join(edited))
            kinds.append(kind)
            sources.append(position)
    docs = pl.DataFrame({"id": [""] * len(texts), "text": texts}, schema={"id": pl.String, "text": pl.String})
    path = layout.path("canaries.parquet")
    _index.write(path, _index.described(docs, ngram=ngram, exact_numbers=exact_numbers, **shape))
    made = replace(layout, planted=(path,), starts=(*layout.starts, layout.count + len(texts)))
    return Canaries(made, (*kinds,), (*sources,), _kinds(cuts))


def _kinds(cuts: list[float]) -> dict[str, bool]:
    """All kinds, and whether they are to be found."""
    near = {_near(a, b): True for a, b in itertools.pairwise(cuts) if a < b}
    return {"the same words": True, **near, f"unlike, Jaccard below {cuts[0]:g}": False, NUMBERS: False}


def _near(a: float, b: float) -> str:
    return f"near, Jaccard {a:g} to {b:g}"


def _kind(similar: float, numbers: bool, cuts: list[float]) -> str | None:
    if similar == 1:
        return "the same words"
    if similar < cuts[0]:
        return NUMBERS if numbers else f"unlike, Jaccard below {cuts[0]:g}" if similar >= UNLIKE else None
    return next(_near(a, b) for a, b in itertools.pairwise(cuts) if similar < b)


def _sources(layout: Layout, count: int) -> list[tuple[int, str]]:
    """Positions and texts of documents, by hash of their ids."""
    from curation._utf8 import utf8
    from curation.dedup import _minhash

    held = pl.DataFrame(schema={"hash": pl.UInt64, "id": pl.String, "position": pl.Int64})
    for part in range(layout.corpus.count):
        place = layout.positions(part)
        docs = layout.columns(part, "id", "shingles").select(
            "id", "shingles", position=pl.int_range(place.start, place.stop, dtype=pl.Int64)
        )
        docs = docs.filter(pl.col("shingles").is_between(LEAST, MOST))
        new = docs.select(pl.Series("hash", _minhash.drawn(*utf8(docs["id"]))), "id", "position")
        held = pl.concat([held, new]).sort("hash", "id").head(count)
    texts: dict[int, str] = {}
    positions = held["position"].to_numpy()
    for part in range(layout.corpus.count):
        place = layout.positions(part)
        some = positions[(positions >= place.start) & (positions < place.stop)]
        if len(some):
            found = layout.columns(part, "text")["text"][some - place.start].to_list()
            texts.update(zip(some.tolist(), found, strict=True))
    return [(position, texts[position]) for position in positions.tolist()]


def _words(text: str) -> list[str]:
    from curation.text import words

    return pl.select(words(pl.lit(text))).item().to_list()


def _jaccard(x: list[str], y: list[str], ngram: int, exact_numbers: int) -> float:
    if len(x) <= exact_numbers and _numbers(x) != _numbers(y):
        return 0.0
    a, b = ({tuple(one[i : i + ngram]) for i in range(max(1, len(one) - ngram + 1))} for one in (x, y))
    return len(a & b) / len(a | b)


def _numbers(words: list[str]) -> list[str]:
    return re.findall(r"[0-9]+|[+*/^=<>]", " ".join(words))


def _edited(words: list[str], aim: float, ngram: int) -> list[str]:
    """So many words replaced, far from each other, that about `aim` is left: each takes `ngram` shingles and brings as many new ones."""
    shingles = len(words) - ngram + 1
    count = round(shingles * (1 - aim) / (ngram * (1 + aim)))
    made = list(words)
    for i in range(count):
        made[(2 * i + 1) * len(words) // (2 * count)] = "canary" + "".join(chr(97 + int(d)) for d in str(i))
    return made


def _other_numbers(words: list[str]) -> list[str]:
    """The same text with each digit of each number replaced by another one."""
    return [re.sub(r"\d", lambda digit: "5678901234"[int(digit[0])], word) for word in words]
