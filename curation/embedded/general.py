"""A seeded corpus of ordinary English text without mathematics: what keeps a model from forgetting the rest of the language.

News, stories, reviews, threads, documentation, clean as a curated web corpus is (OctoThinker takes DCLM for it). Its texts are written by
the same grammar as the crawl's but are other ones. Left out: other languages.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from curate.step import generate
from curation.embedded._documents import SUFFIX, counted, text_of, write_rows
from curation.embedded._forum import offtopic
from curation.embedded._prose import code, prose
from curation.synth.families._rng import Rng

MAKERS = (*[prose] * 6, offtopic, offtopic, code, code)


@generate(files=["banks/*.txt"])
def general(out: Path, *, seed: int = 0, documents: int = 1000) -> dict[str, Any]:
    """`general.jsonl.gz` in `out`: rows of url, date, license, topic and text.

    seed: another one makes other documents. documents: so many.
    """
    count = write_rows(out / f"general{SUFFIX}", _rows(seed, counted(documents)))
    return {"documents": count, "suffixes": [SUFFIX]}


def _rows(seed: int, documents: int) -> Iterator[dict[str, Any]]:
    for n in range(documents):
        rng = Rng(seed, "general", n)
        page = rng.choice(MAKERS)(rng)
        date = f"{rng.randint(2012, 2023)}-{rng.randint(1, 12):02d}-{rng.randint(1, 28):02d}"
        yield {
            "url": f"https://general.example/{page.kind}/{n}", "date": date, "license": "Apache-2.0", "topic": page.topic,
            "text": text_of(page),
        }  # fmt: skip
