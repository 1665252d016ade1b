"""The benchmark of near duplicates: its exact join, its scores, its contestants, and the documents that it plants duplicates in."""

import argparse
import importlib.util
import itertools
import sys
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks import _dedup_adapter as adapter
from benchmarks import _dedup_documents as made
from benchmarks import _dedup_sets as real
from benchmarks import dedup, dedup_growth
from benchmarks._dedup_datatrove import profile_words
from benchmarks._dedup_peers import CONTESTANTS, there, write
from benchmarks._dedup_peers import run as run_contestant
from benchmarks._dedup_scores import scores, theory
from benchmarks._exact_pairs import Pairs, pairs, sets, words
from benchmarks._sets import DATA
from curation.text import words as text_words

TEXTS = st.lists(st.lists(st.sampled_from("ab"), max_size=9).map(" ".join), max_size=8)


def brute(texts: list[str], n: int, least: float) -> dict[tuple[int, int], float]:
    def grams(text: str) -> set[tuple[str, ...]]:
        found = text.lower().split()
        length = min(n, len(found))
        return {tuple(found[i : i + length]) for i in range(len(found) - length + 1)} if found else set()

    made = [grams(text) for text in texts]
    similar = {
        (i, j): len(a & b) / len(a | b) for (i, a), (j, b) in itertools.combinations(enumerate(made), 2) if a | b
    }
    return {pair: value for pair, value in similar.items() if value >= least}


@given(TEXTS, st.integers(1, 5), st.sampled_from([0.2, 0.5, 0.75, 1.0]))
@settings(deadline=None)
def test_the_exact_join_is_what_comparing_all_pairs_gives(texts: list[str], n: int, least: float) -> None:
    found = pairs(sets(words(texts, "blanks"), n), least)
    given_pairs = zip(found.left.tolist(), found.right.tolist(), strict=True)
    assert dict(zip(given_pairs, found.jaccard.tolist(), strict=True)) == pytest.approx(brute(texts, n, least))


def test_more_documents_than_one_block_of_the_product_are_joined() -> None:
    texts = [f"one two three four five {i % 300} x y z" for i in range(700)]
    found = pairs(sets(words(texts, "blanks")), 1.0)
    assert len(found.left) == 100 * 3 + 200 * 1
    assert (found.left % 300 == found.right % 300).all()


def test_kinds_of_words_differ_in_what_maths_is_made_of() -> None:
    text = [r"X+1 = \Alpha"]
    assert words(text, "blanks")[0].to_list() == ["x+1", "=", "\\alpha"]
    assert words(text, "alphanumeric")[0].to_list() == ["x", "1", "alpha"]
    assert words(text, "profile")[0].to_list() == ["x", "+", "1", "=", "\\Alpha"]


@pytest.mark.skipif(not (DATA / "dedup").is_dir(), reason=f"no real data at {DATA}")
def test_the_exact_join_gives_the_similarities_that_were_published_for_the_manual() -> None:
    said = real.published(DATA)
    found = pairs(sets(words(real.manual(DATA), "alphanumeric")), 0.3)
    ours = dict(zip(zip(found.left.tolist(), found.right.tolist(), strict=True), found.jaccard.tolist(), strict=True))
    assert ours.keys() == said.keys()
    assert max(abs(ours[pair] - said[pair]) for pair in said) < 1e-5


def true(*found: tuple[int, int]) -> Pairs:
    left, right = (np.array(side, np.int64) for side in zip(*found, strict=True))
    return Pairs(left, right, np.full(len(found), 0.8))


def test_a_pair_is_found_if_one_is_gone_and_a_document_is_rightly_gone_beside_one_that_stays() -> None:
    chain = true((0, 1), (1, 2))
    assert scores(chain, [1], 4) == {"gone": 1, "recall": 1.0, "precision": 1.0}
    assert scores(chain, [0], 4) == {"gone": 1, "recall": 0.5, "precision": 1.0}
    assert scores(chain, [1, 2], 4) == {"gone": 2, "recall": 1.0, "precision": 0.5}  # 2 has only 1, which is gone
    assert scores(chain, [3], 4) == {"gone": 1, "recall": 0.0, "precision": 0.0}
    assert scores(chain, [], 4) == {"gone": 0, "recall": 0.0, "precision": None}


def test_flags_find_a_pair_on_both_sides_and_are_right_beside_any() -> None:
    assert scores(true((0, 1), (1, 2)), [0, 1, 3], 4, flags=True) == {
        "gone": 3,
        "recall": 0.5,
        "precision": pytest.approx(2 / 3),
    }


def test_theory_is_the_chance_to_agree_in_a_band() -> None:
    assert theory(np.array([1.0]), 11, 10) == 1
    assert theory(np.array([0.75, 1.0]), 11, 10) == pytest.approx((2 - (1 - 0.75**10) ** 11) / 2)
    assert theory(np.zeros(0), 11, 10) is None


def test_a_problem_is_distinct_if_no_near_one_that_stays_has_its_answer() -> None:
    near = true((0, 1), (2, 3), (4, 5))
    assert dedup.distinct(["7", "7", "1", "2", "5", "5"], near, [1, 3, 4, 5]) == [3, 4, 5]


def test_the_first_of_a_chain_of_candidates_stays_and_so_does_the_third() -> None:
    assert adapter.greedy([[0, 1], [0, 1, 2], [1, 2], []]) == [1]


@given(st.lists(st.sampled_from("abc"), max_size=12))
def test_shingles_of_a_peer_are_those_of_the_exact_join(found: list[str]) -> None:
    text = " ".join(found)
    assert len(adapter.shingles(adapter.words(text))) == sets(words([text], "blanks")).sizes[0]


@pytest.mark.skipif(importlib.util.find_spec("regex") is None, reason="datatrove is not installed")
@given(st.text("aZ9 .$\\{}^éΣ\n٣", max_size=30))
def test_words_that_datatrove_is_given_are_those_of_the_text_profile(text: str) -> None:
    ours = pl.DataFrame({"t": [text.replace("Σ", "S")]}).select(text_words(pl.col("t")))["t"][0].to_list()
    assert profile_words(text.replace("Σ", "S")) == ours


class Twins(adapter.Contestant):
    def signatures(self, texts: list[str]) -> list[str]:
        return texts

    def found(self, signatures: list[str]) -> list[int]:
        return [i for i, text in enumerate(signatures) if text in signatures[:i]]


def test_an_adapter_times_signatures_and_the_whole_and_says_what_goes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(["é\n1", "b", "é\n1"], tmp_path / "in.jsonl")
    command = ["adapter", str(tmp_path / "in.jsonl"), str(tmp_path / "out.json"), "twins", "--repeat", "0"]
    monkeypatch.setattr(sys, "argv", command)
    adapter.run({"twins": Twins}, "polars")
    found = pl.read_json(tmp_path / "out.json").row(0, named=True)
    assert found["gone"] == [2]
    assert found["signature_seconds"] is None
    assert found["version"] == pl.__version__


def test_ours_is_run_as_a_process_like_all_others() -> None:
    text = " ".join(f"word{i}" for i in range(80))
    other = " ".join(f"other{i}" for i in range(80))
    found = run_contestant(CONTESTANTS[0], [text, other, f"{text} more"], "", 0)
    assert len(found["gone"]) == 1
    assert found["gone"][0] in (0, 2)
    assert found["peak_mb"] > 10


def test_a_peer_that_is_not_installed_is_named(tmp_path: Path) -> None:
    assert not there(sys.executable, "no_such_package_anywhere")
    assert there(sys.executable, "polars")
    asked = argparse.Namespace(only=["rensa"], of=(), peers=sys.executable, data=tmp_path)
    absent = ["rensa"] if importlib.util.find_spec("rensa") is None else []
    result = dedup.measure(asked)
    assert result["absent"] == absent
    assert ("Absent" in dedup.table(result)) == bool(absent)


def test_without_data_it_says_so_and_exits_with_2(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["dedup", "--data", str(tmp_path)])
    with pytest.raises(SystemExit) as ended:
        dedup.main()
    assert ended.value.code == 2
    assert "no real data" in capsys.readouterr().err


# ---- made documents -----------------------------------------------------------------------------------------------------------------


def test_documents_are_the_same_however_they_are_cut_into_shards() -> None:
    whole = made.documents(9_950, 100)
    assert pl.concat([made.documents(9_950, 30), made.documents(9_980, 70)]).equals(whole)
    assert not made.documents(9_950, 100, seed=1)["text"].equals(whole["text"])
    assert made.documents(0, 5_000)["id"].is_unique().all()


def test_what_is_planted_is_as_similar_as_it_says_and_nothing_else_is() -> None:
    docs = made.documents(0, 5_000)
    kind, origin, edits = (docs[c].to_numpy() for c in ("kind", "origin", "edits"))
    shares = np.bincount(kind, minlength=4) / len(kind)
    assert shares == pytest.approx([0.80, 0.16, 0.03, 0.01], abs=0.015)
    assert (kind[:: made.EVERY] == made.ORIGINAL).all()
    sizes = docs["text"].str.split(" ").list.len().to_numpy()
    assert (sizes.min(), sizes.max()) == (60, 140)
    assert sizes[kind == made.ORIGINAL].mean() == pytest.approx(100, abs=1.5)

    found = pairs(sets(words(docs["text"].to_list(), "blanks")), 0.3)
    left, right = found.left, found.right
    assert (origin[left] == origin[right]).all()
    for which, least, most in ((made.TEMPLATED, 0.8, 1.0), (made.FORM, 0.5, 0.75)):
        both = (kind[left] == which) & (kind[right] == which)
        count = int((kind == which).sum())
        assert both.sum() == count * (count - 1) // 2 > 100
        assert found.jaccard[both].min() > least
        assert np.median(found.jaccard[both]) < most
    copied = (kind[left] == made.ORIGINAL) & (kind[right] == made.COPY)
    for count in made.EDITS:
        some, length = copied & (edits[right] == count), sizes[left]
        assert some.sum() > 50
        # a replaced word changes 5 of the document's n - 4 shingles, unless a text repeats itself
        expected = (length - 4 - 5 * count) / (length - 4 + 5 * count)
        assert found.jaccard[some] == pytest.approx(expected[some], abs=0.06)


def test_clusters_are_skewed() -> None:
    docs = made.documents(0, made.BLOCK).filter(pl.col("kind") == made.COPY)
    sizes = docs["origin"].value_counts()["count"].sort(descending=True)
    assert sizes[0] > 200
    assert sizes.median() <= 2


def test_growth_is_linear_if_twice_the_documents_take_twice_as_long() -> None:
    rows = [
        {"step": step, "how": "alone", "documents": count, "cpu": cpu}
        for step, count, cpu in (("exact", 10, 1.0), ("minhash", 10, 2.0), ("minhash", 20, 4.0), ("minhash", 80, 24.0))
    ]
    assert [row["times_linear"] for row in dedup_growth.ordered(rows[::-1])] == [None, None, 1.0, 1.5]


def test_a_step_is_called_by_hand_on_made_documents(tmp_path: Path) -> None:
    assert dedup_growth.make(tmp_path / "data", 2_000, 0) > 1_000_000
    found = dedup_growth.call(tmp_path, "exact", 1 << 26)
    docs = pl.concat(dedup_growth.frames(tmp_path))
    assert found["gone"] == docs.height - docs["text"].n_unique() > 10
    assert {"prepare", "rest"} <= found["phases"].keys()
