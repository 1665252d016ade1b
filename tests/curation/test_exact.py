"""Exact duplicates: the best copy stays, whatever the order of shards."""

from collections.abc import Iterator
from hashlib import sha256

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from curation.dedup.exact import digests, exact

SCHEMA = {"id": pl.String, "text": pl.String, "length": pl.UInt32, "score": pl.Float64}


class Shards:
    """A corpus as the kernel hands it to a step with `prepare`: the prepared frames."""

    name = "test"

    def __init__(self, *frames: pl.DataFrame) -> None:
        self.frames = [digests(frame) for frame in frames]

    def shards(self, *columns: str) -> Iterator[pl.DataFrame]:
        for frame in self.frames:
            yield frame.select(columns)


def docs(*rows: tuple[str, str, float | None]) -> pl.DataFrame:
    return pl.DataFrame([(name, text, len(text), score) for name, text, score in rows], schema=SCHEMA, orient="row")


def test_the_digest_is_that_of_sha256() -> None:
    frame = digests(docs(("a", "é", 0.0), ("b", "", None)))
    for text, row in zip(("é", ""), frame.rows(named=True), strict=True):
        expected = sha256(text.encode()).digest()
        assert row["digest_high"].to_bytes(8, "big") + row["digest_low"].to_bytes(8, "big") == expected[:16]
    assert digests(docs()).schema == frame.schema


def test_a_copy_names_the_one_that_stays() -> None:
    corpus = Shards(docs(("b", "same", 0.0), ("c", "other", 0.0)), docs(("a", "same", 0.0), ("d", "same ", 0.0)))
    assert exact(corpus).rows() == [("b", "a")]


def test_the_best_copy_stays_and_a_missing_score_is_worst() -> None:
    corpus = Shards(docs(("a", "x", None), ("b", "x", 0.5), ("c", "x", 0.9), ("d", "x", 0.9)))
    assert exact(corpus, keep_order=["score"]).rows() == [("a", "c"), ("b", "c"), ("d", "c")]
    assert exact(corpus, keep_order=["length", "score"]).rows() == [("a", "c"), ("b", "c"), ("d", "c")]


def test_an_empty_corpus_has_no_copies() -> None:
    assert exact(Shards()).schema == {"id": pl.String, "exact_duplicate_of": pl.String}
    assert exact(Shards(docs())).height == 0


@given(st.lists(st.sampled_from("abc"), max_size=12), st.randoms(use_true_random=False))
def test_one_copy_of_each_text_stays_however_the_corpus_is_cut(texts: list[str], rng: object) -> None:
    rows = [(f"{i:02d}", text, i % 3 / 2) for i, text in enumerate(texts)]
    whole = exact(Shards(docs(*rows)), keep_order=["score"])
    rng.shuffle(rows)  # type: ignore[attr-defined]
    cut = exact(Shards(docs(*rows[:4]), docs(*rows[4:5]), docs(*rows[5:])), keep_order=["score"])
    assert whole.equals(cut)
    gone = set(whole["id"])
    assert sorted(text for name, text, _ in rows if name not in gone) == sorted(set(texts))
    assert not gone & set(whole["exact_duplicate_of"])
