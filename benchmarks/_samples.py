"""The two sides that `benchmarks.realism` compares: documents of the embedded crawl and real ones, by group and source."""

from __future__ import annotations

import gzip
import random
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import polars as pl

from benchmarks import _text_statistics as statistics

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
REFERENCE = DATA / "text" / "dev_train.jsonl.gz"
LID = DATA / "tokenizers" / "lid" / "lid.176.ftz"
GPT2 = DATA / "tokenizers" / "gpt2"
LONGEST = 12_000
LID_CHARACTERS = 4_000
SURE = 0.5
"""The least score of lid.176 with which a real document counts."""
SMALL, LARGE = 3_000, 10_000
"""Least words of a group, and of a source that counts for the spread."""
MANUALS = (
    "python-doc", "postgresql-doc", "git-doc", "django-doc", "vim-doc", "apache2-doc", "debian-handbook", "install-guide",
)  # fmt: skip
"""Real sources that are manuals of software; the crawl's counterpart is every kind of page named `code`."""
UNSPACED = {"ja", "zh"}
"""Languages written without blanks: every letter counts as a word."""


@dataclass
class Sample:
    """Documents of one group from one side, in an order fixed by a seed; `unsure` count for language identification only."""

    texts: list[str]
    language: str
    unsure: list[str]

    @property
    def size(self) -> int:
        """Words."""
        return len(self.words.types)

    @property
    def page_sizes(self) -> np.ndarray:
        """Words of each page, as `_text_statistics.lengths` counts them."""
        return statistics.page_words(self.texts, characters=self.language in UNSPACED).to_numpy()

    @cached_property
    def words(self) -> statistics.Words:
        pattern = statistics.CHARACTER if self.language in UNSPACED else statistics.PROSE_WORD
        return statistics.encode(self.texts, pattern)

    @cached_property
    def all_words(self) -> statistics.Words:
        """Runs of non-blanks, formulas among them."""
        pattern = r"\\[A-Za-z]+|\p{L}|[^\s\p{L}]" if self.language in UNSPACED else r"\S+"
        return statistics.encode(self.texts, pattern, formulas=True)

    @cached_property
    def confidence(self) -> dict[str, np.ndarray]:
        """Score of the right language, 0 where another is found: of lid.176, and of the step `score: language`."""
        from curation.score.language import language

        texts = self.texts + self.unsure
        ours = language(pl.DataFrame({"text": texts}))
        right = ours["language"].fill_null("") == self.language
        return {"lid.176": lid(texts, self.language), "score: language": (ours["language_score"] * right).to_numpy()}


@dataclass
class Group:
    """One group from both sides, and the real side's larger sources one by one."""

    crawl: Sample
    real: Sample
    sources: dict[str, Sample]


def lid(texts: Sequence[str], language: str) -> np.ndarray:
    """lid.176's score of each text, as the real files' own column was made; 0 where it finds another language."""
    import fasttext

    model = fasttext.load_model(str(LID))
    found = [model.predict(" ".join(text.split())[:LID_CHARACTERS]) for text in texts]
    return np.array([min(score[0], 1.0) if label[0] == f"__label__{language}" else 0.0 for label, score in found])


def real_rows(path: Path) -> pl.DataFrame:
    """Columns text, source, math, language, sure (lid.176's score of the language)."""
    with gzip.open(path, "rb") as file:
        rows = pl.read_ndjson(file.read())
    found = pl.col("lid176").list
    return rows.select(
        "text", "source", math=pl.col("label") == "math", language=found.get(0), sure=found.get(1).cast(pl.Float64)
    )


def crawl_rows(folder: Path) -> pl.DataFrame:
    """Columns text, source (the kind of page), math, language, sure; originals of some quality only."""
    kept = (pl.col("relation") == "original") & pl.col("text").is_not_null() & (pl.col("quality") > 0)
    truth = pl.read_parquet(folder / "truth.parquet").filter(kept)
    return truth.select("text", "math", "language", source=pl.col("kind"), sure=pl.lit(1.0))


def groups(rows: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """English maths, prose and code, then the prose of each other language; rows of a longest text each."""
    rows = rows.with_columns(pl.col("text").str.slice(0, LONGEST))
    english, maths = pl.col("language") == "en", pl.col("math")
    code = pl.col("source").is_in([*MANUALS, "code"])
    others = rows.filter(~english)["language"].drop_nulls().unique().sort()
    return {
        "maths": rows.filter(english & maths),
        "prose": rows.filter(english & ~maths & ~code),
        "code": rows.filter(english & ~maths & code),
        **{name: rows.filter((pl.col("language") == name) & ~maths) for name in others},
    }


def sample(rows: pl.DataFrame, language: str, seed: int) -> Sample:
    """Rows in an order that the seed decides."""
    sure = pl.col("sure") >= SURE
    texts, unsure = rows.filter(sure)["text"].to_list(), rows.filter(~sure)["text"].to_list()
    random.Random(seed).shuffle(texts)
    return Sample(texts, language, unsure if language == "en" else [])


def compared(crawl: pl.DataFrame, real: pl.DataFrame, seed: int) -> dict[str, Group]:
    """The groups in which both sides have at least `SMALL` words."""
    mine, theirs, found = groups(crawl), groups(real), {}
    for name in [name for name in mine if name in theirs]:
        language = name if len(name) == 2 else "en"
        left, right = sample(mine[name], language, seed), sample(theirs[name], language, seed)
        if min(left.size, right.size) >= SMALL:
            by_source = theirs[name].partition_by("source", as_dict=True).items()
            parts = {str(key[0]): sample(part, language, seed) for key, part in by_source}
            found[name] = Group(left, right, {key: part for key, part in sorted(parts.items()) if part.size >= LARGE})
    return found
