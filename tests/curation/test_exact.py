"""Exact duplicates: the best copy stays, whatever the order of shards, their number, and the memory that there is."""

import itertools
import tempfile
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from curate import step
from curate.across import prepared
from curation.dedup.exact import digests

SCHEMA = {"id": pl.String, "text": pl.String, "length": pl.UInt32, "score": pl.Float64}
LARGE, TINY = 1 << 30, 1
FOUND = step.find("dedup", "exact")


def exact(frames: Sequence[pl.DataFrame], *keep_order: str, memory: int = LARGE) -> list[tuple[str, str]]:
    params = {"keep_order": list(keep_order or ["length"])}
    with tempfile.TemporaryDirectory() as folder:
        corpus = prepared(frames, Path(folder), FOUND, params, memory=memory)
        made = pl.concat(list(FOUND.call(corpus, **params)))
        assert any(corpus.scratch.iterdir()) == (memory == TINY and any(frame.height for frame in frames))
    assert made.schema == {"id": pl.String, "exact_duplicate_of": pl.String}
    return sorted(made.rows())


def docs(*rows: tuple[str, str, float | None]) -> pl.DataFrame:
    return pl.DataFrame([(name, text, len(text), score) for name, text, score in rows], schema=SCHEMA, orient="row")


def plain(rows: list[tuple[str, str, float | None]]) -> list[tuple[str, str]]:
    """What the step says in words: of each text the best copy, best score first, then smallest id."""
    by_text: dict[str, list[tuple[bool, float, str]]] = {}
    for name, text, score in rows:
        by_text.setdefault(text, []).append((score is None, -(score or 0), name))
    return sorted((name, min(some)[2]) for some in by_text.values() for _, _, name in some if name != min(some)[2])


def test_the_digest_is_that_of_sha256() -> None:
    frame = digests(docs(("a", "é", 0.0), ("b", "", None)))
    for text, row in zip(("é", ""), frame.rows(named=True), strict=True):
        expected = sha256(text.encode()).digest()
        assert row["digest_high"].to_bytes(8, "big") + row["digest_low"].to_bytes(8, "big") == expected[:16]
    assert digests(docs()).schema == frame.schema


def test_a_copy_names_the_one_that_stays() -> None:
    frames = [docs(("b", "same", 0.0), ("c", "other", 0.0)), docs(("a", "same", 0.0), ("d", "same ", 0.0))]
    for memory in (LARGE, TINY):
        assert exact(frames, memory=memory) == [("b", "a")]


def test_the_best_copy_stays_and_a_missing_score_is_worst() -> None:
    frames = [docs(("a", "x", None), ("b", "x", 0.5), ("c", "x", 0.9), ("d", "x", 0.9))]
    for keep_order in (["score"], ["length", "score"]):
        assert exact(frames, *keep_order) == [("a", "c"), ("b", "c"), ("d", "c")]
    assert exact(frames, "score", "id") == [("a", "d"), ("b", "d"), ("c", "d")]


def test_an_empty_corpus_has_no_copies() -> None:
    for memory in (LARGE, TINY):
        assert exact([], memory=memory) == exact([docs(), docs()], memory=memory) == []


rows_of = st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from([None, 0.0, 0.5, 1.0])), max_size=14).map(
    lambda found: [(f"{i:02d}", text, score) for i, (text, score) in enumerate(found)]
)


@settings(max_examples=40)
@given(
    rows_of, st.randoms(use_true_random=False), st.lists(st.integers(0, 14), max_size=3), st.sampled_from([LARGE, TINY])
)
def test_the_best_copy_of_each_text_stays_however_the_corpus_is_cut_and_whatever_memory_there_is(
    rows: list[tuple[str, str, float | None]], rng: object, cuts: list[int], memory: int
) -> None:
    expected = plain(rows)
    rng.shuffle(rows)  # type: ignore[attr-defined]
    ends = [0, *sorted(cuts), len(rows)]
    frames = [docs(*rows[a:b]) for a, b in itertools.pairwise(ends)]
    assert exact(frames, "score", memory=memory) == expected
