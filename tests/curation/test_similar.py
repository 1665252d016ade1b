"""Sketches are those of datasketch, and what is proposed by them is what is most alike."""

import itertools
import random

import numpy as np
import polars as pl
from datasketch import LeanMinHash, MinHash, MinHashLSHForest
from hypothesis import given, settings
from hypothesis import strategies as st

from curation.dedup import _similar as similar

DRAWN = similar.permutations()
texts_of = st.lists(st.text("ab 1+\\é\n", max_size=40), max_size=8)


def plain(text: str, ngram: int) -> set[tuple[str, ...]]:
    found = pl.select(similar.split(pl.lit(text))).item().to_list()
    length = min(ngram, len(found))
    return {tuple(found[i : i + length]) for i in range(len(found) - length + 1)} if length else set()


@settings(max_examples=60)
@given(texts_of, st.integers(1, 6))
def test_a_sketch_is_the_one_that_datasketch_makes(texts: list[str], ngram: int) -> None:
    rows, counts = similar.sketches(pl.Series(texts, dtype=pl.String), ngram, DRAWN)
    assert rows.dtype == np.uint32 and rows.shape == (len(texts), similar.HASHES)
    for text, row, count in zip(texts, rows, counts, strict=True):
        assert count == len(plain(text, ngram))
        shingles = similar.shingles(text, ngram)
        theirs = MinHash(num_perm=similar.HASHES, seed=similar.SEED, scheme=similar.SCHEME, hashfunc=int)
        theirs.update_batch((shingles >> np.uint64(32)).tolist()) if text.strip() else None
        assert (theirs.hashvalues == row).all() and (similar.sketch(shingles, DRAWN) == row).all()


@settings(max_examples=60)
@given(texts_of, st.text("ab 1+\\é\n", min_size=1, max_size=40), st.integers(1, 6))
def test_likeness_is_that_of_the_sets_of_runs_of_words(texts: list[str], asked: str, ngram: int) -> None:
    likely, inside = similar.similar(pl.Series(texts, dtype=pl.String), similar.shingles(asked, ngram), ngram)
    mine = plain(asked, ngram)
    for text, jaccard, contained in zip(texts, likely, inside, strict=True):
        theirs = plain(text, ngram)
        assert jaccard == len(mine & theirs) / max(1, len(mine | theirs))
        assert abs(contained - len(mine & theirs) / max(1, len(mine))) < 1e-12


def corpus(count: int) -> list[str]:
    rng = random.Random(0)
    return [" ".join(f"w{rng.randrange(4000)}" for _ in range(rng.randrange(40, 400))) for _ in range(count)]


def test_objects_of_datasketch_can_be_made_of_sketches_and_asked() -> None:
    texts = corpus(60)
    texts[7] = texts[3] + " and some more words"
    rows, _ = similar.sketches(pl.Series(texts), 5, DRAWN)
    objects = [MinHash(seed=similar.SEED, scheme=similar.SCHEME, hashvalues=row) for row in rows]
    forest = MinHashLSHForest(num_perm=similar.HASHES)
    for i, one in enumerate(objects):
        forest.add(i, LeanMinHash(one))
    forest.index()
    assert set(forest.query(objects[3], 2)) == {3, 7}
    assert (rows[3] == rows[7]).mean() == objects[3].jaccard(objects[7]) > 0.8


def test_what_is_alike_is_proposed_and_so_is_what_holds_a_fragment() -> None:
    texts, rng = corpus(2000), random.Random(1)
    rows, counts = similar.sketches(pl.Series(texts), 5, DRAWN)
    for i in range(0, 2000, 100):
        words = texts[i].split()
        edited = " ".join(word if rng.random() > 0.05 else "other" for word in words)
        fragment = " ".join(words[10:40])
        for said in (edited, fragment):
            asked = similar.shingles(said, 5)
            found = similar.candidates(rows, counts, similar.sketch(asked, DRAWN), len(asked), 50)
            assert i in found and len(found) <= 100
            likely, inside = similar.similar(pl.Series([texts[i]]), asked, 5)
            assert likely[0] > 0.05
            assert inside[0] == 1.0 or said is edited


def test_nothing_is_proposed_where_nothing_is_shared() -> None:
    rows, counts = similar.sketches(pl.Series(["", "a b c d e f", "g h i j k l"]), 5, DRAWN)
    for said, expected in (("", []), ("x y z x y z", []), ("a b c d e", [1])):
        asked = similar.shingles(said, 5)
        assert similar.candidates(rows, counts, similar.sketch(asked, DRAWN), len(asked), 9).tolist() == expected
    pairs = itertools.combinations(range(3), 2)
    assert all((rows[a] == rows[b]).sum() == 0 for a, b in pairs)
