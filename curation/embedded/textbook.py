"""A seeded corpus of mathematics that somebody has picked by hand: the positive examples from which a classifier learns.

It stands where OpenWebMath stands in MegaMath (section 2.1.3): mathematical text, collected elsewhere, not from the crawl that will be
classified. Lecture notes, entries, sheets and threads, written by the same grammar as the crawl's but other ones.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from curate.step import generate
from curation.embedded._documents import SUFFIX, counted, text_of, write_rows
from curation.embedded._forum import forum
from curation.embedded._maths import article, lecture, sheet
from curation.synth.families._rng import Rng

MAKERS = (lecture, lecture, article, sheet, forum)


@generate(files=["banks/*.txt", "../synth/families/*.py"])
def textbook(out: Path, *, seed: int = 0, documents: int = 1000) -> dict[str, Any]:
    """`textbook.jsonl.gz` in `out`: rows of url, license, topic and text.

    seed: another one makes other documents. documents: so many.
    """
    count = write_rows(out / f"textbook{SUFFIX}", _rows(seed, counted(documents)))
    return {"documents": count, "suffixes": [SUFFIX]}


def _rows(seed: int, documents: int) -> Iterator[dict[str, Any]]:
    for n in range(documents):
        rng = Rng(seed, "textbook", n)
        page = rng.choice(MAKERS)(rng)
        yield {
            "url": f"https://textbook.example/{page.kind}/{n}", "license": "Apache-2.0", "topic": page.topic, "text": text_of(page),
        }  # fmt: skip
