"""The real documents that `benchmarks.dedup` compares on; see `../shared/data/README.md` for where each comes from."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl

from benchmarks._sets import rows
from benchmarks.text_profile import problems

PROBLEMS = ("mathqa_test", "mawps", "asdiv", "svamp", "gsm8k_test", "gsm8k_train")
WORDS = 460
"""Words of each document whose speed is measured, as many as in PEERS of this project."""


def corpora(data: Path) -> dict[str, list[str]]:
    """Texts by corpus: pages of two versions of one manual, web text, pages after extraction, chains of thought."""
    cot = [row["response"] for path in sorted((data / "cot").glob("*.jsonl.gz")) for row in rows(path)]
    return {
        "manual": manual(data),
        "web text": web(data),
        "crawl": pages(data),
        "solutions": cot,
    }


def manual(data: Path) -> list[str]:
    return [row["text"] for row in rows(data / "dedup" / "boost_docs.jsonl.gz")]


def web(data: Path) -> list[str]:
    return [row["text"] for name in ("dev_train", "dev_valid") for row in rows(data / "text" / f"{name}.jsonl.gz")]


def pages(data: Path) -> list[str]:
    """The archive's pages of manuals and sites through our own extraction."""
    from curation.extract.html_math import html_math
    from curation.read.warc import warc

    found = pl.concat(list(warc(str(data / "warc" / "math_web_dev.warc.gz"))))
    made = html_math(found.with_columns(id=pl.col("url")))["text"]
    return made.filter(made.str.len_chars() > 0).to_list()


def speed(data: Path) -> list[str]:
    """The first words of each web document that has so many."""
    split = (text.split() for text in web(data))
    return [" ".join(words[:WORDS]) for words in split if len(words) >= WORDS]


def copycat(data: Path) -> tuple[list[str], list[str]]:
    """Texts, two for each pair one after the other, and the label that people gave each pair."""
    found = [*rows(data / "dedup" / "copycat_pairs.jsonl.gz")]
    return [row[side] for row in found for side in ("text_a", "text_b")], [str(row["label"]) for row in found]


def distinct_problems(data: Path) -> tuple[list[str], list[str]]:
    """Problems that differ from each other in more than blanks and letter case, and the set that each is of."""
    seen: dict[str, tuple[str, str]] = {}
    for name in PROBLEMS:
        folder = data / ("rl" if name.endswith("train") else "benchmarks")
        for text in problems(folder.parent, name) if folder.name == "benchmarks" else _of(folder / f"{name}.jsonl.gz"):
            seen.setdefault("".join(text.lower().split()), (text, name))
    return [text for text, _ in seen.values()], [name for _, name in seen.values()]


def _of(path: Path) -> list[str]:
    return [row["problem"] for row in rows(path)]


def published(data: Path) -> dict[tuple[int, int], float]:
    """Places of two pages of the manual and the Jaccard similarity that was published for them, 0.3 and more."""
    place: dict[Any, int] = {row["id"]: i for i, row in enumerate(rows(data / "dedup" / "boost_docs.jsonl.gz"))}
    lines = pl.read_csv(data / "dedup" / "boost_pairs_j30.tsv.gz", separator="\t", has_header=False).iter_rows()
    found = {}
    for left, right, similar in lines:
        one, other = sorted((place[left], place[right]))
        found[one, other] = similar
    return found
