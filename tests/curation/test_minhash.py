"""Near duplicates: the signatures and the candidates against oracles, and which copy stays."""

import gzip
import itertools
import json
import random
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from datasketch import MinHash, MinHashLSH
from hypothesis import given
from hypothesis import strategies as st

from curate import step
from curate.across import prepared
from curate.errors import CurateError
from curate.executors import Executor
from curate.executors.local import Local
from curation._utf8 import utf8
from curation._words import tables
from curation.dedup import _minhash
from curation.dedup._bands import solve
from curation.dedup._canaries import MOST
from curation.dedup.minhash import keyed
from curation.text import words

SHARED = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "dedup"
WORDS = [f"{a}{b}" for a in "kltmnprsv" for b in ("a", "eo", "in", "ula", "ore")]
DEFAULTS = {"ngram": 5, "bands": 11, "rows": 10}


def run(
    *frames: pl.DataFrame, memory: int = 1 << 30, executor: Executor | None = None, **given: Any
) -> tuple[pl.DataFrame, dict[str, Any]]:
    """What the step gives, sorted by id, and what it tells."""
    found = step.find("dedup", "minhash")
    params = found.validated(given)
    with tempfile.TemporaryDirectory() as folder:
        corpus = prepared(frames, Path(folder), found, params, memory=memory, executor=executor)
        made = found.call(corpus, **params)
        made = made if isinstance(made, pl.DataFrame) else pl.concat(list(made))
        return made.sort("id"), corpus.told


def minhash(*frames: pl.DataFrame, **given: Any) -> pl.DataFrame:
    return run(*frames, **given)[0]


def shingled(frame: pl.DataFrame, ngram: int = 5) -> list[np.ndarray]:
    sets, ends = _minhash.sets(*utf8(frame["text"]), tables(), ngram)
    return [sets[a:b] for a, b in itertools.pairwise(ends.tolist())]


def greedy(frame: pl.DataFrame, threshold: float = 0.75, **given: int) -> dict[str, tuple[str, float]]:
    """What the step promises, in plain Python: copies with what they are a copy of and how similar they are, by id."""
    params = DEFAULTS | given
    names = [f"band_{i}" for i in range(params["bands"])]
    rows = frame.select("id", "length", "text", text_=pl.col("text").fill_null(""))
    best = keyed(rows, **params).sort("length", "id", descending=[True, False], nulls_last=True)
    sets = dict(zip(rows["id"], shingle_sets(rows.with_columns(text="text_"), params["ngram"]), strict=True))
    stays: dict[tuple[str, int], list[str]] = {}
    gone = {}
    for row in best.iter_rows(named=True):
        keys = [(name, row[name]) for name in names if sets[row["id"]]]
        found = {other: place for key in keys for place, other in enumerate(stays.get(key, []))}
        order = [other for other in best["id"] if other in found]
        similar = [(other, jaccard(sets[row["id"]], sets[other])) for other in order]
        named = next((one for one in similar if one[1] >= threshold), None)
        if named:
            gone[row["id"]] = named
        else:
            for key in keys:
                stays.setdefault(key, []).append(row["id"])
    return gone


def verdicts(made: pl.DataFrame) -> dict[str, tuple[str, float]]:
    return {a: (b, c) for a, b, c in made.select("id", "minhash_duplicate_of", "minhash_jaccard").rows()}


def docs(*texts: str | None, length: list[int] | None = None, first: int = 0) -> pl.DataFrame:
    ids = [f"{i:03d}" for i in range(first, first + len(texts))]
    lengths = length or [0] * len(texts)
    return pl.DataFrame(
        {"id": ids, "text": texts, "length": lengths}, schema_overrides={"id": pl.String, "text": pl.String}
    )


def families(count: int, seed: int = 0, *, least: int = 30, first: int = 0) -> pl.DataFrame:
    """Texts of which many are another one with some words changed."""
    dice = random.Random(seed)
    texts: list[str] = []
    for _ in range(count):
        if texts and dice.random() < 0.6:
            new = dice.choice(texts).split()
            for _ in range(dice.choice((0, 1, 1, 2, 4, 9))):
                new[dice.randrange(len(new))] = dice.choice(WORDS)
        else:
            new = dice.choices(WORDS, k=dice.randrange(least, 160))
        texts.append(" ".join(new))
    return docs(*texts, length=[dice.randrange(5) for _ in texts], first=first)


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
    made, wanted = shingled(frame), shingle_sets(frame.with_columns(pl.col("text").fill_null("")))
    assert [len(one) for one in made] == [len(one) for one in wanted]
    assert all((one[1:] > one[:-1]).all() for one in made)
    counts = keyed(frame, **DEFAULTS)["shingles"]
    assert all(len(one) <= count for one, count in zip(made, counts, strict=True)) and (counts[-2], len(made[-2])) == (
        7,
        6,
    )
    for i, j in itertools.combinations(range(frame.height), 2):
        assert _minhash.jaccard(made[i], made[j]) == pytest.approx(jaccard(wanted[i], wanted[j]), abs=1e-12)


@given(st.integers(0, 300), st.integers(0, 300), st.floats(0.01, 1))
def test_the_fewest_shared_values_are_those_that_reach_the_threshold(m: int, n: int, threshold: float) -> None:
    least = _minhash.needed(m, n, threshold)
    enough = [shared for shared in range(min(m, n) + 1) if shared / max(1, m + n - shared) >= threshold]
    assert least == enough[0] if enough else least > min(m, n)


@given(st.sets(st.integers(0, 60)), st.sets(st.integers(0, 60)), st.integers(0, 40))
def test_a_comparison_that_ends_early_says_the_same(x: set[int], y: set[int], least: int) -> None:
    found = _minhash._shared(np.array(sorted(x), np.uint64), np.array(sorted(y), np.uint64), least)
    assert found == (len(x & y) if len(x & y) >= least else -1)


@given(st.lists(st.integers(0, 2**64 - 1)), st.integers(0, 63))
def test_hashes_are_sorted_each_once_however_they_lie(values: list[int], shift: int) -> None:
    every = np.array(values, np.uint64) >> np.uint64(shift)
    assert _minhash.ascending(every).tolist() == sorted(set(every.tolist()))


def test_signatures_estimate_similarity_as_well_as_datasketch() -> None:
    frame, count = families(150), 512
    sets, ours = shingle_sets(frame), [np.empty(count, np.uint64) for _ in range(150)]
    for one, least in zip(shingled(frame), ours, strict=True):
        _minhash.signature(one, *_minhash.constants(count), least)
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
    keys = keyed(frame, **DEFAULTS).select(pl.selectors.starts_with("band_"))
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
    made = minhash(frame)
    assert made["id"].to_list() == ["000", "002"]
    assert made["minhash_duplicate_of"].to_list() == ["001", "001"]
    assert made["minhash_jaccard"].to_list() == pytest.approx([41 / 42, 1.0])
    assert minhash(frame, keep_order=[])["minhash_duplicate_of"].to_list() == ["000", "000"]


def test_a_chain_of_small_changes_does_not_swallow_what_it_ends_in() -> None:
    steps = [[*WORDS]]
    for i in range(0, 40, 2):
        steps.append([*steps[-1][:i], f"new{i}", *steps[-1][i + 1 :]])
    frame = docs(*[" ".join(one) for one in steps])
    sets, made = shingle_sets(frame), minhash(frame, bands=40, rows=2, exact_numbers=0)
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
    assert minhash(made, bands=40, rows=2).height == 0


def test_texts_without_words_and_corpora_without_documents_are_no_copies() -> None:
    assert minhash(docs("", " ", None, "")).height == 0
    schema = {"id": pl.String, "minhash_duplicate_of": pl.String, "minhash_jaccard": pl.Float64}
    assert minhash(docs()).schema == schema
    assert minhash(docs("one text")).schema == schema


def test_all_that_goes_is_verified_and_nearly_all_that_is_similar_is_found() -> None:
    frame = families(500, 2)
    sets, made = shingle_sets(frame), minhash(frame)
    gone = dict(zip(made["id"], made["minhash_duplicate_of"], strict=True))
    said = dict(zip(made["id"], made["minhash_jaccard"], strict=True))
    for a, b in gone.items():
        assert said[a] == pytest.approx(jaccard(sets[int(a)], sets[int(b)]))
        assert said[a] >= 0.75 and b not in gone
    close = [p for p in itertools.combinations(range(500), 2) if jaccard(sets[p[0]], sets[p[1]]) >= 0.9]
    found = [p for p in close if any(f"{i:03d}" in gone for i in p)]
    assert len(found) >= 0.98 * len(close) > 50


MEMORIES = [1 << 10, 1 << 16, 1 << 20, 1 << 30]


@given(st.integers(0, 10**6), st.integers(1, 7), st.sampled_from(MEMORIES), st.sampled_from([0.5, 0.75, 1.0]))
def test_a_document_goes_if_and_only_if_one_that_stays_is_a_similar_candidate(
    seed: int, shards: int, memory: int, threshold: float
) -> None:
    given = {"ngram": 1 + seed % 5, "bands": 1 + seed % 12, "rows": 1 + seed % 4}
    frame = pl.concat([families(1 + seed % 80, seed, least=5), docs("", "one", "one", None, " ", first=900)])
    mixed = frame.sample(fraction=1, shuffle=True, seed=seed)
    made = minhash(*[mixed[k::shards] for k in range(shards)], memory=memory, threshold=threshold, **given)
    wanted = greedy(frame, threshold, **given)
    assert verdicts(made) == wanted


@pytest.fixture(scope="module")
def workers() -> Iterator[Executor]:
    pool = Local(2)
    yield pool
    pool.close()


@pytest.mark.parametrize("count", [1, 2, 7])
def test_the_result_depends_on_neither_shards_nor_their_order_nor_memory_nor_workers(
    count: int, workers: Executor
) -> None:
    frame = families(300, 3)
    wanted = greedy(frame)
    mixed = frame.sample(fraction=1, shuffle=True, seed=count)
    parts = [mixed[k::count] for k in range(count)]
    told = run(*parts, canaries=60)[1]
    assert len(wanted) > 50 and verdicts(minhash(*parts)) == wanted
    for memory in MEMORIES[:2]:
        made, facts = run(*parts, memory=memory, executor=workers, canaries=60)
        assert verdicts(made) == wanted
        assert facts == told


def test_columns_say_which_copy_is_best() -> None:
    frame = docs(*["the same text of several words"] * 6).with_columns(
        score=pl.Series([0.5, None, 0.9, 0.9, 0.9, 0.9]),
        source=pl.Series(["a", "b", "c", "b", None, "a"]),
        dump=pl.Series(["2020", "2019", "2020", "2021", "2020", None]),
    )

    def best(**given: Any) -> set[str]:
        return set(minhash(frame, **given)["minhash_duplicate_of"])

    assert best(keep_order=["score"]) == {"002"}
    assert best(keep_order=["score", "dump"]) == {"003"}
    assert best(keep_order=["score", "source"], preferred={"source": ["z", "b", "a"]}) == {"003"}
    assert best(keep_order=["source", "score"], preferred={"source": ["a"]}) == {"005"}
    assert best(keep_order=["score"], snapshot="dump") == {"001"}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"keep_order": [], "preferred": {"source": ["a"]}}, "'source', which is no column of keep_order"),
        ({"keep_order": ["source"], "preferred": {"source": ["a", "b", "a"]}}, "'a' of 'source' twice"),
        ({"keep_order": ["tags"], "preferred": {"tags": ["a"]}}, r"a column of List\(String\)"),
        ({"hashes": 110, "bands": 4}, "leave out `bands` and `rows`"),
    ],
)  # fmt: skip
def test_an_order_or_a_budget_that_means_nothing_is_refused(given: dict[str, Any], said: str) -> None:
    frame = docs("a text", "another one").with_columns(source=pl.lit("a"), tags=pl.Series([["a"], ["b"]]))
    for some in (frame, frame[:0]):
        with pytest.raises(CurateError, match=said):
            minhash(some, **given)


def test_of_one_bucket_the_best_are_held_and_the_others_told(monkeypatch: pytest.MonkeyPatch) -> None:
    few = " ".join(WORDS[:3])
    frame = docs(*[f"{few} {i:04d}" for i in range(700)], *[f"{few} {i:04d}" for i in (3, 650)])
    made, told = run(frame, ngram=1, bands=1, rows=1, exact_numbers=0)
    biggest = keyed(frame, ngram=1, bands=1, rows=1, exact_numbers=0)["band_0"].value_counts()["count"].max()
    assert told["beside_full_buckets"] >= biggest - _minhash.LEADERS - 3 > 300
    gone = verdicts(made)
    assert gone["700"] == ("003", 1.0) and "701" not in gone


def test_fifty_thousand_pages_of_one_template_take_seconds() -> None:
    frame = pl.select(i=pl.int_range(50_000)).select(
        id=pl.format("{}", pl.col("i").cast(pl.String).str.zfill(6)),
        text=pl.format("one two three four five six {} {} {}", pl.col("i"), pl.col("i") // 2, pl.col("i") // 3 % 100),
        length=pl.lit(0),
    )
    made, told = run(frame, ngram=1, bands=2, rows=2, threshold=0.9, exact_numbers=0)
    assert told["beside_full_buckets"] > 30_000 and made.height < 50_000
    same = run(frame.with_columns(text=pl.lit("a text that all pages have")))[0]
    assert same.height == 49_999 and set(same["minhash_duplicate_of"]) == {"000000"}


# planted copies


def test_planted_copies_are_found_as_theory_says_and_change_nothing() -> None:
    dice = random.Random(5)
    frame = docs(*[" ".join(dice.choices([*WORDS, *map(str, range(30))], k=300)) for _ in range(400)])
    frame = pl.concat([frame, families(300, 6, first=500)])
    made, told = run(frame, canaries=400)
    assert made.equals(run(frame)[0])
    rows = {row["kind"]: row for row in told["canaries"]}
    assert len(rows) == 6 and all({*row} == {"kind", "planted", "found", "wrong"} for row in rows.values())
    for kind, low, high in (("0.75 to 0.8", 0.75, 0.8), ("0.8 to 0.9", 0.8, 0.9), ("0.9 to 1", 0.9, 1)):
        row = rows[f"near, Jaccard {kind}"]
        least, most = (1 - (1 - s**10) ** 11 for s in (low, high))
        assert row["planted"] > 20 and least - 0.2 <= row["found"] / row["planted"] <= min(1, most + 0.2)
    assert rows["the same words"]["found"] == rows["the same words"]["planted"] > 20
    wrong = [row for row in rows.values() if row["wrong"]]
    assert sum(row["planted"] for row in wrong) > 60 and not any(row["found"] for row in wrong)


def test_no_copies_are_planted_where_no_document_is_long_enough() -> None:
    assert run(docs("a short text", "another one"), canaries=9)[1]["canaries"] == []
    assert "canaries" not in run(docs("a short text"))[1]


def test_no_copies_are_planted_of_a_text_whose_words_python_could_not_hold() -> None:
    middling, long = (" ".join(map(str, range(count))) for count in (MOST // 2, 2 * MOST))
    assert sum(row["planted"] for row in run(docs(middling), canaries=9)[1]["canaries"]) == 1
    assert run(docs(long), canaries=9)[1]["canaries"] == []


# recall


def test_recall_is_what_theory_says() -> None:
    frame = families(700, 8)
    sets = dict(zip(frame["id"], shingle_sets(frame), strict=True))
    keys = {
        row[0]: row[1:] for row in keyed(frame, **DEFAULTS).drop("text_", "length", "shingles", strict=False).rows()
    }
    pairs = [(a, b) for a, b in itertools.combinations(sets, 2) if len(sets[a] & sets[b]) > 20]
    similar = {(a, b): jaccard(sets[a], sets[b]) for a, b in pairs}
    similar = {pair: value for pair, value in similar.items() if value >= 0.75}
    met = sum(any(x == y for x, y in zip(keys[a], keys[b], strict=True)) for a, b in similar)
    theory = sum(1 - (1 - s**10) ** 11 for s in similar.values())
    assert len(similar) > 300 and abs(met - theory) / len(similar) < 0.02


@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared documents with known pairs are not here")
def test_real_pages_of_two_versions_of_a_manual_are_found() -> None:
    frame = pl.read_ndjson(SHARED / "boost_docs.jsonl.gz").select(pl.col("id").cast(pl.String), "text", length=0)
    table = gzip.decompress((SHARED / "boost_pairs_j30.tsv.gz").read_bytes())
    pairs = pl.read_csv(table, separator="\t", has_header=False).rows()
    made = minhash(frame[:1200], frame[1200:])
    sets = dict(zip(frame["id"], shingle_sets(frame), strict=True))
    gone = dict(zip(made["id"], made["minhash_duplicate_of"], strict=True))
    assert all(jaccard(sets[a], sets[b]) >= 0.75 for a, b in gone.items())
    close = [(str(a), str(b)) for a, b, similarity in pairs if similarity >= 0.8]
    assert sum(a in gone or b in gone for a, b in close) > 0.95 * len(close)


def test_a_budget_of_hashes_becomes_bands_and_rows_for_the_threshold() -> None:
    frame = families(200)
    made, told = run(frame, threshold=0.6, hashes=64)
    bands, rows = solve(0.6, 64)
    assert (told["bands"], told["rows"]) == (bands, rows) != (11, 10)
    assert made.equals(minhash(frame, threshold=0.6, bands=bands, rows=rows))


GAME = (
    "during the {} games of the season so far a team of players scored on average {} points in each of them , and if it gets only {} "
    "points in the next game and wins the last one by more than anybody thought that it could , how many points does it need there in "
    "all , so that the mean of all games is at least what its coach said before the first one , when nobody in the town believed it ?"
)


@given(st.tuples(*[st.integers(0, 99)] * 3), st.tuples(*[st.integers(0, 99)] * 3), st.sampled_from([0, 100]))
def test_short_texts_with_other_numbers_are_other_problems(one: tuple[int], two: tuple[int], words: int) -> None:
    frame = docs(GAME.format(*one), GAME.format(*two))
    params = {"bands": 40, "rows": 1, "exact_numbers": words}
    sets = shingle_sets(frame)
    similar = jaccard(*sets) >= 0.75 and (one == two or not words)
    assert minhash(frame, **params).height == similar
    long = docs(*[f"{text} {GAME.format(7, 8, 9)}" for text in frame["text"]])
    assert minhash(long, **params).height == (jaccard(*shingle_sets(long)) >= 0.75), "a page, not a problem"


@pytest.mark.parametrize(("a", "b"), [("x = 12 + 30", "x = 12 - 30"), ("3 4", "34"), ("1 2", "2 1"), ("x^2", "x*2")])
def test_numbers_and_operators_are_told_apart(a: str, b: str) -> None:
    told = [int(_minhash.numbers(np.frombuffer(text.encode(), np.uint8))) for text in (a, b, f" {a} and")]
    assert told[0] == told[2] != told[1]


@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared benchmarks are not here")
@pytest.mark.parametrize("name", ["mathqa_test", "mawps", "gsm8k_test"])
def test_no_real_problem_goes_for_another_one(name: str) -> None:
    lines = gzip.decompress((SHARED.parent / "benchmarks" / f"{name}.jsonl.gz").read_bytes()).splitlines()
    items = [json.loads(line) for line in lines]
    frame = docs(*[item["problem"] for item in items])
    answers = dict(zip(frame["id"], [str(item["answer"]) for item in items], strict=True))
    made = minhash(frame).filter(pl.col("minhash_jaccard") < 1)  # the very words again are no other problem
    odd = [(a, b) for a, b in made.select("id", "minhash_duplicate_of").rows() if answers[a] != answers[b]]
    assert odd == []
