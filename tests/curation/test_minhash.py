"""Near duplicates: the signatures and the candidates against oracles, and which copy stays."""

import gzip
import itertools
import random
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from datasketch import MinHash, MinHashLSH
from hypothesis import given
from hypothesis import strategies as st

from curate.schema import accepted
from curation.dedup import _minhash
from curation.dedup.minhash import minhash, keyed as shingled
from curation.text import words

SHARED = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "dedup"
WORDS = [f"{a}{b}" for a in "kltmnprsv" for b in ("a", "eo", "in", "ula", "ore")]
DEFAULTS = {"ngram": 5, "bands": 11, "rows": 10}


class Shards:
    name = "shards"

    def __init__(self, *frames: pl.DataFrame, **params: int) -> None:
        self.frames = [shingled(frame, **DEFAULTS | accepted(shingled, params)) for frame in frames]

    def shards(self, *columns: str) -> Iterator[pl.DataFrame]:
        return (frame.select(columns) for frame in self.frames)


def docs(*texts: str | None, length: list[int] | None = None) -> pl.DataFrame:
    ids = [f"{i:03d}" for i in range(len(texts))]
    lengths = length or [0] * len(texts)
    return pl.DataFrame(
        {"id": ids, "text": texts, "length": lengths}, schema_overrides={"id": pl.String, "text": pl.String}
    )


def families(count: int, seed: int = 0) -> pl.DataFrame:
    """Texts of which many are another one with some words changed."""
    dice = random.Random(seed)
    texts: list[str] = []
    for _ in range(count):
        if texts and dice.random() < 0.6:
            new = dice.choice(texts).split()
            for _ in range(dice.choice((0, 1, 1, 2, 4, 9))):
                new[dice.randrange(len(new))] = dice.choice(WORDS)
        else:
            new = dice.choices(WORDS, k=dice.randrange(30, 160))
        texts.append(" ".join(new))
    return docs(*texts, length=[dice.randrange(5) for _ in texts])


def shingle_sets(frame: pl.DataFrame, ngram: int = 5) -> list[set[tuple[str, ...]]]:
    """The same with Python's own sets."""
    lists = frame.select(words(pl.col("text")))["text"].to_list()
    spans = [(found, min(ngram, len(found))) for found in lists]
    return [{tuple(f[i : i + n]) for i in range(len(f) - n + 1)} if n else set() for f, n in spans]


def jaccard(x: set[tuple[str, ...]], y: set[tuple[str, ...]]) -> float:
    return len(x & y) / max(1, len(x | y))


# shingles and signatures


def test_shingles_are_the_sets_of_runs_of_words() -> None:
    frame = pl.concat([families(60), docs("", "one", "a b c d e", "x^2 = 3 and x^2 = 3", None)])
    made, wanted = (
        shingled(frame, **DEFAULTS)["shingles"],
        shingle_sets(frame.with_columns(pl.col("text").fill_null(""))),
    )
    assert made.list.len().to_list() == [len(one) for one in wanted]
    assert all(one.is_sorted() for one in made)
    for i, j in itertools.combinations(range(frame.height), 2):
        found = _minhash.jaccard(made[i].to_numpy(), made[j].to_numpy())
        assert found == pytest.approx(jaccard(wanted[i], wanted[j]), abs=1e-12)


@given(st.lists(st.integers(0, 2**64 - 1)), st.integers(0, 63))
def test_hashes_are_sorted_each_once_however_they_lie(values: list[int], shift: int) -> None:
    every = np.array(values, np.uint64) >> np.uint64(shift)
    assert _minhash.ascending(every).tolist() == sorted(set(every.tolist()))


def test_signatures_estimate_similarity_as_well_as_datasketch() -> None:
    frame, count = families(150), 512
    sets, lists = shingle_sets(frame), shingled(frame, **DEFAULTS)["shingles"]
    ours = [_minhash.signature(one.to_numpy(), *_minhash.constants(count)) for one in lists]
    theirs = []
    for one in sets:
        sketch = MinHash(num_perm=count, seed=1)
        sketch.update_batch([" ".join(run).encode() for run in one])
        theirs.append(sketch)
    pairs = [(i, j) for i, j in itertools.combinations(range(150), 2) if jaccard(sets[i], sets[j]) > 0.05]
    true = np.array([jaccard(sets[i], sets[j]) for i, j in pairs])
    our_error = np.array([np.mean(ours[i] == ours[j]) for i, j in pairs]) - true
    their_error = np.array([theirs[i].jaccard(theirs[j]) for i, j in pairs]) - true
    assert len(pairs) > 200
    assert abs(our_error.mean()) < 0.01
    assert our_error.std() < 1.2 * their_error.std() < 0.05


def test_bands_propose_as_many_of_the_similar_pairs_as_datasketch() -> None:
    frame = families(400, 1)
    sets = shingle_sets(frame)
    similar = {p for p in itertools.combinations(range(400), 2) if jaccard(sets[p[0]], sets[p[1]]) >= 0.75}
    keys = shingled(frame, **DEFAULTS).select(pl.selectors.starts_with("band_"))
    ours = {(i, j) for i, j in similar if any(a == b for a, b in zip(keys.row(i), keys.row(j), strict=True))}
    index, theirs = MinHashLSH(num_perm=110, params=(11, 10)), set()
    for i, one in enumerate(sets):
        sketch = MinHash(num_perm=110, seed=1)
        sketch.update_batch([" ".join(run).encode() for run in one])
        theirs |= {(int(j), i) for j in index.query(sketch)} & similar
        index.insert(str(i), sketch)
    expected = sum(1 - (1 - jaccard(sets[i], sets[j]) ** 10) ** 11 for i, j in similar)
    assert len(similar) > 100
    assert len(ours) == pytest.approx(expected, rel=0.08)
    assert len(ours) == pytest.approx(len(theirs), rel=0.08)


# verdicts


def test_the_best_copy_stays_and_the_others_name_it_with_their_similarity() -> None:
    text = " ".join(WORDS)
    frame = docs(text, text + " more", text + " more", "something else entirely", length=[1, 3, 3, 9])
    made = minhash(Shards(frame))
    assert made["id"].to_list() == ["000", "002"]
    assert made["minhash_duplicate_of"].to_list() == ["001", "001"]
    assert made["minhash_jaccard"].to_list() == pytest.approx([41 / 42, 1.0])
    assert minhash(Shards(frame), keep_order=[])["minhash_duplicate_of"].to_list() == ["000", "000"]


def test_a_chain_of_small_changes_does_not_swallow_what_it_ends_in() -> None:
    steps = [[*WORDS]]
    for i in range(0, 40, 2):
        steps.append([*steps[-1][:i], f"new{i}", *steps[-1][i + 1 :]])
    frame = docs(*[" ".join(one) for one in steps])
    sets, made = shingle_sets(frame), minhash(Shards(frame, bands=40, rows=2), bands=40, rows=2)
    gone = dict(zip(made["id"], made["minhash_duplicate_of"], strict=True))
    assert 0 < len(gone) < len(steps) - 2
    assert not set(gone) & set(gone.values())
    assert all(jaccard(sets[int(a)], sets[int(b)]) >= 0.75 for a, b in gone.items())


def test_problems_that_differ_in_a_number_or_an_operator_are_no_copies() -> None:
    made = docs(
        "Solve the equation $x^2 - 5x + 6 = 0$ for $x$.", "Solve the equation $x^2 - 7x + 6 = 0$ for $x$.",
        "Solve the equation $x^2 + 5x + 6 = 0$ for $x$.", "Solve the equation $x^3 - 5x + 6 = 0$ for $x$.",
        "Compute 12 + 30.", "Compute 12 + 31.", "Find $\\Delta$.", "Find $\\delta$.",
    )  # fmt: skip
    assert minhash(Shards(made, bands=40, rows=2), bands=40, rows=2).height == 0


def test_texts_without_words_and_corpora_without_documents_are_no_copies() -> None:
    assert minhash(Shards(docs("", " ", None, ""))).height == 0
    schema = {"id": pl.String, "minhash_duplicate_of": pl.String, "minhash_jaccard": pl.Float64}
    assert minhash(Shards(docs())).schema == schema
    assert minhash(Shards(docs("one text"))).schema == schema


def test_all_that_goes_is_verified_and_nearly_all_that_is_similar_is_found() -> None:
    frame = families(500, 2)
    sets, made = shingle_sets(frame), minhash(Shards(frame))
    gone = dict(zip(made["id"], made["minhash_duplicate_of"], strict=True))
    said = dict(zip(made["id"], made["minhash_jaccard"], strict=True))
    for a, b in gone.items():
        assert said[a] == pytest.approx(jaccard(sets[int(a)], sets[int(b)]))
        assert said[a] >= 0.75 and b not in gone
    close = [p for p in itertools.combinations(range(500), 2) if jaccard(sets[p[0]], sets[p[1]]) >= 0.9]
    found = [p for p in close if any(f"{i:03d}" in gone for i in p)]
    assert len(found) >= 0.98 * len(close) > 50


@pytest.mark.parametrize("count", [2, 3, 7])
def test_the_result_does_not_depend_on_shards_or_their_order(count: int) -> None:
    frame = families(300, 3)
    whole = minhash(Shards(frame), keep_order=["length"])
    mixed = frame.sample(fraction=1, shuffle=True, seed=count)
    assert whole.equals(minhash(Shards(*[mixed[k::count] for k in range(count)]), keep_order=["length"]))


@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared documents with known pairs are not here")
def test_real_pages_of_two_versions_of_a_manual_are_found() -> None:
    frame = pl.read_ndjson(SHARED / "boost_docs.jsonl.gz").select(pl.col("id").cast(pl.String), "text", length=0)
    table = gzip.decompress((SHARED / "boost_pairs_j30.tsv.gz").read_bytes())
    pairs = pl.read_csv(table, separator="\t", has_header=False).rows()
    made = minhash(Shards(frame[:1200], frame[1200:]))
    sets = dict(zip(frame["id"], shingle_sets(frame), strict=True))
    gone = dict(zip(made["id"], made["minhash_duplicate_of"], strict=True))
    assert all(jaccard(sets[a], sets[b]) >= 0.75 for a, b in gone.items())
    close = [(str(a), str(b)) for a, b, similarity in pairs if similarity >= 0.8]
    assert sum(a in gone or b in gone for a, b in close) > 0.95 * len(close)
