"""Languages: by a fastText model read natively, which says what the library says, and by resiliparse; prose is what they see."""

import os
import random
import subprocess
import sys
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.errors import CurateError
from curate.step import Artifact
from curation._utf8 import utf8
from curation.score import _language_model
from curation.score._language_codes import TWO_LETTERS, code_of
from curation.score.language import language
from curation.text import prose

WORDS = {
    "eng_Latn": "the sum of two numbers is even when both are and this follows from which we know that".split(),
    "deu_Latn": "die summe zweier zahlen ist gerade wenn beide es sind und das folgt daraus für größere".split(),
    "rus_Cyrl": "сумма двух чисел чётна если оба числа чётны это следует из того что мы знаем".split(),
}
KINDS = ("softmax", "hs", "words", "small")
TEXT = st.text(alphabet=st.sampled_from("aZ é-'.,(\n$\\_1中ß\u00a0\u3000🙂Ω"), max_size=40)


def column(*texts: str | None) -> pl.Series:
    return pl.Series("text", texts, dtype=pl.String)


def docs(*texts: str) -> pl.DataFrame:
    return pl.DataFrame(
        {"id": [str(i) for i in range(len(texts))], "text": texts}, schema_overrides={"text": pl.String}
    )


def sentence(dice: random.Random, label: str, words: int = 12) -> str:
    return " ".join(dice.choices(WORDS[label], k=words))


TRAIN = """
import json, sys
import fasttext
kind, lines, path = sys.argv[1:]
more = {"softmax": {}, "hs": {"loss": "hs"}, "words": {"minn": 0, "maxn": 0}, "small": {"loss": "hs"}, "bigrams": {"wordNgrams": 2}}
given = {"input": lines, "dim": 64, "minn": 2, "maxn": 4, "bucket": 5000, "thread": 1, "verbose": 0, "epoch": 20}
model = fasttext.train_supervised(**given | more[kind])
if kind == "small":
    model.quantize(input=lines, cutoff=300, qnorm=True, retrain=False)
model.save_model(path)
"""
"""Runs in a process whose large blocks of memory are new from the kernel, and so zero, which the library's training counts on."""


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of small models of each kind that is read, and one that is not."""
    folder, dice = tmp_path_factory.mktemp("lid"), random.Random(0)
    lines = folder / "lines.txt"
    lines.write_text("".join(f"__label__{label} {sentence(dice, label)}\n" for _ in range(120) for label in WORDS))
    fresh = {**os.environ, "MALLOC_MMAP_THRESHOLD_": "4096", "MALLOC_PERTURB_": "0", "OMP_NUM_THREADS": "1"}
    for kind in (*KINDS, "bigrams"):
        (folder / kind).mkdir()
        command = [sys.executable, "-P", "-c", TRAIN, kind, str(lines), str(file_of(folder, kind))]
        subprocess.run(command, env=fresh, check=True, capture_output=True)
    return folder


def file_of(folder: Path, kind: str) -> Path:
    return folder / kind / ("model.ftz" if kind == "small" else "model.bin")


@pytest.mark.parametrize("kind", KINDS)
def test_a_model_says_what_the_library_says(trained: Path, kind: str) -> None:
    import fasttext

    library, model = fasttext.load_model(str(file_of(trained, kind))), _language_model.load(file_of(trained, kind))
    dice = random.Random(1)
    texts = [
        sentence(dice, dice.choice([*WORDS]), dice.randrange(1, 30)) + dice.choice(["", " größer neu", " x"])
        for _ in range(60)
    ]
    best, scores = model.best(*utf8(column(*texts)))
    labels, chances = library.predict(texts)
    assert [model.labels[i] for i in best] == [label[0].removeprefix("__label__") for label in labels]
    assert np.allclose(scores, [min(chance[0], 1) for chance in chances], atol=1e-4)


def test_many_words_and_batches_change_nothing(trained: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model, dice = _language_model.load(file_of(trained, "hs")), random.Random(2)
    texts = column(
        *(" ".join(f"{dice.choice(WORDS['eng_Latn'])}{dice.randrange(9)}" for _ in range(400)) for _ in range(80)),
        "",
        None,
    )
    best, scores = model.best(*utf8(texts))
    monkeypatch.setattr(_language_model, "BATCH", 7)
    again = model.best(*utf8(texts))
    assert (best == again[0]).all() and (scores == again[1]).all()
    assert best[-2:].tolist() == [-1, -1]


def test_languages_of_a_model_are_two_letters_and_a_text_without_prose_has_none(
    trained: Path,
) -> None:
    dice = random.Random(3)
    texts = docs(*(f"$x^2 + 1$ {sentence(dice, label, 40)}" for label in WORDS), "$x^2$ f(x)", "")
    found = language(texts, model=Artifact(trained / "softmax"))
    assert found["language"].to_list() == ["en", "de", "ru", None, None]
    assert (found["language_score"][:3] > 0.9).all() and found["language_score"][3:].to_list() == [0, 0]
    parts = [language(part, model=Artifact(trained / "softmax")) for part in texts.iter_slices(2)]
    assert pl.concat(parts).equals(found)


def test_codes_are_iso_639_1_where_a_label_has_a_script() -> None:
    assert [*map(code_of, ("eng_Latn", "zho_Hans", "cmn_Hans", "als_Latn", "ceb_Latn"))] == [
        "en",
        "zh",
        "zh",
        "sq",
        "ceb",
    ]
    assert [*map(code_of, ("en", "als", "ceb"))] == ["en", "als", "ceb"]
    assert all(len(three) == 3 and len(two) == 2 for three, two in TWO_LETTERS.items())
    assert len(TWO_LETTERS) > 200


def test_a_folder_without_one_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CurateError, match=r"is one file, \.bin or \.ftz; there are 0 of them"):
        language(docs("a"), model=Artifact(tmp_path))


def test_a_model_with_n_grams_of_words_is_refused(trained: Path) -> None:
    with pytest.raises(CurateError, match=r"only supervised models without n-grams of words"):
        _language_model.load(file_of(trained, "bigrams"))


# what they see


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("Let $x^2$ be it's well-known, (the Norm).", "Let be it's well known the Norm"),
        (
            "We call scipy.stats.norm or numFields or x_1 here, as the manual says: https://x.org/a",
            "We call or or here as the manual says",
        ),
        (">>> x = foo(3)\nIt returns three.\n| 1 | a | 17.5 |", "It returns three"),
        ("NASA and a or I of 12", "and or of"),
        ("naïve,etc 2023年は1月です", "naïve etc 年は 月です"),
        ("Ünïcode\u00a0blank\u3000words", "Ünïcode blank words"),
        ("", ""),
        ("\n\n", ""),
    ],
)
def test_prose_is_the_words_of_sentences(text: str, seen: str) -> None:
    assert prose(column(text)).to_list() == [seen]


@given(st.lists(st.one_of(TEXT, st.text(st.characters(codec="utf-8"), max_size=40), st.none()), max_size=6))
def test_prose_is_words_of_the_text_whatever_it_is(texts: list[str | None]) -> None:
    seen = prose(column(*texts))
    assert [text is None for text in seen] == [text is None for text in texts]
    for text, found in zip(texts, seen, strict=True):
        words = (found or "").split()
        assert found is None or found == found.strip()
        assert all(word in (text or "") for word in words)
    assert prose(column("before", *texts)[1:]).equals(seen)


def english(found: pl.DataFrame) -> pl.Series:
    return ((found["language"] == "en") & (found["language_score"] >= 0.65)).fill_null(False)


def test_lid_176_keeps_english_mathematics_and_drops_other_languages(shared: Path) -> None:
    from curation.read.jsonl import jsonl

    model = Artifact(shared / "tokenizers" / "lid")
    texts = pl.concat(list(jsonl(str(shared / "text" / "dev_valid.jsonl.gz"))))
    said = pl.col("lid176").list
    texts = texts.with_columns(kept=english(language(texts, model=model)), sure=said.get(1).cast(pl.Float64) >= 0.65)
    assert texts.filter(pl.col("label") == "math")["kept"].mean() >= 0.97
    assert texts.filter("sure", pl.col("label") == "other", said.get(0) != "en")["kept"].mean() == 0
    others = pl.concat(list(jsonl(str(shared / "text" / "udhr_langid.jsonl.gz"))))
    assert set(others.filter(english(language(others, model=model)))["iso639_3"]) <= {"eng", "sco"}
