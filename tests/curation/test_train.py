"""What training sees of examples, and that the native reader gives the numbers of the library."""

import random
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from curation._utf8 import utf8
from curation.fit import _train
from curation.fit._train import HIDING_BIT, UNKNOWN, Views, rewritten, sights, train, vocabulary
from curation.score import _classifier_model

SETTINGS = {"dim": 512, "lr": 0.1, "epoch": 3, "wordNgrams": 3, "minCount": 1, "bucket": 500, "seed": 0}
WORDS = "alpha beta = <num> \\frac naïve 数学 γ x \U0001d465 _ long".split()


def examples(count: int = 60) -> pl.DataFrame:
    dice = random.Random(0)
    texts = [" ".join(dice.choices(WORDS, k=dice.randrange(1, 30))) for _ in range(count)]
    return pl.DataFrame(
        {"label": ["ab"[n % 2] for n in range(count)], "group": [f"g{n % 8}" for n in range(count)], "text": texts}
    )


@pytest.mark.parametrize("views", [None, Views(window=5, windows=2, min_groups=2)])
@pytest.mark.parametrize("ngrams", [1, 3])
def test_judging_gives_the_numbers_of_the_library(tmp_path: Path, views: Views | None, ngrams: int) -> None:
    import fasttext

    path = tmp_path / "model.bin"
    train(examples(), {**SETTINGS, "wordNgrams": ngrams}, path, views)
    library, model = fasttext.load_model(str(path)), _classifier_model.load(path)
    texts = [*examples()["text"].to_list(), "never seen", "alpha never 未知 seen = =", "x"]
    known = {*library.get_words()}
    seen = [" ".join(w if w in known or not views else UNKNOWN for w in text.split()) for text in texts]
    wanted = [dict(zip(*library.predict(text, k=2), strict=True)) for text in seen]
    found = _classifier_model.chances(model, *utf8(pl.Series(texts)))
    assert (UNKNOWN in known) == (views is not None)
    for row, chances in zip(found, wanted, strict=True):
        assert row == pytest.approx(
            [chances[f"__label__{label}"] for label in model.labels], abs=2.1e-5
        )  # the library adds 1e-5


def test_a_word_of_one_source_is_unknown_unless_sources_are_few() -> None:
    shared, own = "common " * 3, ["own" + "abcdefgh"[n] for n in range(8)]
    docs = pl.DataFrame({"label": "a", "group": own, "text": [shared + f"{o} {o} {o}" for o in own]})
    views = Views(window=4, windows=1, min_groups=5, min_count=3)
    assert set(vocabulary(docs, views)["word"]) == {"common"}
    assert set(vocabulary(docs[:3], views)["word"]) == {"common", *own[:3]}
    seen = pl.DataFrame({"row": [1], "dice": [3 << HIDING_BIT]}, schema={"row": pl.UInt32, "dice": pl.UInt64})
    assert rewritten(docs, seen, vocabulary(docs, views), 4)["text"].to_list() == [f"common common common {UNKNOWN}"]


def test_groups_and_labels_give_equally_many_windows() -> None:
    groups = ["big"] * 80 + ["small"] * 4 + ["other"] * 16
    docs = pl.DataFrame({"label": ["a"] * 84 + ["b"] * 16, "group": groups, "text": ["w " * 500] * 100})
    seen = sights(docs, 0, Views(window=60, windows=4))
    counts = docs[seen["row"].cast(pl.UInt32)].group_by("group").len().sort("group")["len"].to_list()
    assert counts == [100, 200, 100]
    dice = seen.filter(pl.col("row") == 82)["dice"].to_numpy()
    assert len(np.unique(dice)) == len(dice) == 25
    assert not seen.equals(sights(docs, 1, Views(window=60, windows=4)))
    assert sights(docs, 0, Views(window=0))["row"].to_list() == list(range(100))


def test_examples_without_groups_are_one_group(tmp_path: Path) -> None:
    train(examples().drop("group"), SETTINGS, tmp_path / "one.bin", Views(window=5))
    train(examples().with_columns(group=pl.lit(None, pl.String)), SETTINGS, tmp_path / "two.bin", Views(window=5))
    assert (tmp_path / "one.bin").read_bytes() == (tmp_path / "two.bin").read_bytes()


def test_in_one_window_of_eight_words_of_letters_are_hidden_and_formulas_stay() -> None:
    docs = pl.DataFrame({"label": ["a"], "group": ["g"], "text": ["proof of \\frac { x } = <num> naïve"]})
    hidden = pl.DataFrame({"row": [0], "dice": [0]}, schema={"row": pl.UInt32, "dice": pl.UInt64})
    known = docs.select(word=pl.col("text").str.split(" ")).explode("word").unique()
    seen = rewritten(docs, hidden, known, 20)["text"].item()
    assert seen == f"{UNKNOWN} {UNKNOWN} \\frac {{ x }} = <num> {UNKNOWN}"
    assert rewritten(docs, hidden, known, 0)["text"].item() == docs["text"].item(), "whole texts are seen as they are"


def test_a_word_counts_once_for_each_group_wherever_a_batch_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    docs, views = examples(200), Views(min_groups=2, min_count=20)
    whole = sorted(vocabulary(docs, views)["word"])
    counts = docs.select("group", word=pl.col("text").str.split(" ")).explode("word").group_by("word")
    wanted = counts.agg(pl.len(), pl.col("group").n_unique()).filter((pl.col("len") >= 20) & (pl.col("group") >= 2))
    assert whole == sorted(wanted["word"])
    monkeypatch.setattr(_train, "BATCH", 3)
    monkeypatch.setattr(_train, "AT_ONCE", 1)
    assert sorted(vocabulary(docs, views)["word"]) == whole


def test_a_group_of_many_documents_costs_no_more_than_its_windows() -> None:
    count = 200_000  # a list of all of them for every window would be 160 GB
    docs = pl.DataFrame({"label": ["a", "b"] * (count // 2), "group": "", "text": "w"})
    seen = sights(docs, 0, Views(window=60, windows=1))
    assert sorted(seen["row"]) == list(range(count))
