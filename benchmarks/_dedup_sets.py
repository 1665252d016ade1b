"""The real documents that `benchmarks.dedup` compares on; see `../shared/data/README.md` for where each comes from."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl

from benchmarks._sets import names, question, rows

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
    """Texts, two for each pair one after the other, and the label that people gave each pair, `none` where they gave none."""
    found = [*rows(data / "dedup" / "copycat_pairs.jsonl.gz")]
    return [row[side] for row in found for side in ("text_a", "text_b")], [_label(str(row["label"])) for row in found]


def _label(said: str) -> str:
    return said if said[:1].isdigit() else "none"


class Problem(NamedTuple):
    """A problem with the story that goes before its question, its answer as a text, and the set that it is of."""

    text: str
    answer: str
    set: str


def distinct_problems(data: Path) -> list[Problem]:
    """Problems that differ from each other in more than blanks and letter case."""
    seen: dict[str, Problem] = {}
    files = names(data)
    for name in PROBLEMS:
        for row in rows(files[name]):
            extra = row.get("extra") or {}
            text = f"{extra.get('body') or extra.get('Body') or ''} {row['problem']}".strip()
            seen.setdefault("".join(text.lower().split()), Problem(text, answer(name, row), name))
    return [*seen.values()]


def answer(name: str, row: Mapping[str, Any]) -> str:
    """The answer as one text for one value: that of the right choice; numbers without commas and closing zeros."""
    found = question(name, row)
    if found is None:
        return ""
    gold = found.options[ord(found.gold) - ord("A")] if found.options else found.gold
    try:
        return f"{float(gold.replace(',', '')):g}"
    except ValueError:
        return gold.lower()


def published(data: Path) -> dict[tuple[int, int], float]:
    """Places of two pages of the manual and the Jaccard similarity that was published for them, 0.3 and more."""
    place: dict[Any, int] = {row["id"]: i for i, row in enumerate(rows(data / "dedup" / "boost_docs.jsonl.gz"))}
    lines = pl.read_csv(data / "dedup" / "boost_pairs_j30.tsv.gz", separator="\t", has_header=False).iter_rows()
    found = {}
    for left, right, similar in lines:
        one, other = sorted((place[left], place[right]))
        found[one, other] = similar
    return found
