"""`score: fasttext`: the library's numbers for every kind of model, whatever a text holds."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import fasttext as library
import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from curate.api import Curated
from curate.errors import CurateError
from curate.profile import load_profile
from curate.recipe import load
from curation.score.fasttext import fasttext

WORDS = "sum of two odd numbers is even Größe 数学 garden soup recipe pepper</s> </s> __label__a __label__zzz Ünder x1".split()
KINDS = {
    "bigrams": {"loss": "softmax", "wordNgrams": 2, "bucket": 500, "dim": 16},
    "letters": {"loss": "softmax", "minn": 2, "maxn": 4, "bucket": 300, "dim": 8},
    "both": {"loss": "softmax", "wordNgrams": 3, "minn": 2, "maxn": 3, "bucket": 2000, "dim": 16},
    "tree": {"loss": "hs", "minn": 2, "maxn": 3, "bucket": 2000, "dim": 16},
    "deep": {"loss": "hs", "wordNgrams": 2, "bucket": 2000, "dim": 8},
    "each": {"loss": "ova", "wordNgrams": 2, "bucket": 2000, "dim": 16},
    "some": {"loss": "ns", "dim": 16},
}
"""With twelve labels: more than columns, and fewer."""
LABELS = "abcdefghijkl"
TRAIN = """
import fasttext, json, pathlib, sys
lines, folder, kinds = sys.argv[1], pathlib.Path(sys.argv[2]), json.loads(sys.argv[3])
for kind, params in kinds.items():
    (folder / kind).mkdir()
    model = fasttext.train_supervised(lines, epoch=25, lr=0.5, thread=1, verbose=0, minCount=1, seed=1, **params)
    model.save_model(str(folder / kind / "model.bin"))
    if kind in ("both", "tree"):
        (folder / f"{kind} small").mkdir()
        model.quantize(input=lines, cutoff=300, qnorm=True, retrain=False)
        model.save_model(str(folder / f"{kind} small" / "model.ftz"))
"""
"""Runs in a process in which glibc fills every new block of memory with zeros, on which the library's training counts."""


@pytest.fixture(scope="module")
def models(tmp_path_factory) -> dict[str, Path]:
    folder, dice = tmp_path_factory.mktemp("fasttext"), np.random.default_rng(0)
    words = [word for word in WORDS if not word.startswith(("__", "</"))]
    places = [min(n % 15, 11) for n in range(300)]
    lines = [f"__label__{LABELS[n]} {' '.join([words[n], *dice.choice(words, 5)] * 2)}" for n in places]
    (folder / "train.txt").write_text("\n".join(lines) + "\n")
    zeros = {"MALLOC_PERTURB_": "255", "GLIBC_TUNABLES": "glibc.malloc.tcache_count=0", "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-P", "-c", TRAIN, str(folder / "train.txt"), str(folder), json.dumps(KINDS)]
    subprocess.run(command, env={**os.environ, **zeros}, check=True, capture_output=True)
    return {path.name: path for path in folder.iterdir() if path.is_dir()}


def docs(*texts: str | None) -> pl.DataFrame:
    return pl.DataFrame({"id": [str(n) for n in range(len(texts))], "text": [*texts]}, schema_overrides={"text": str})


def by_library(folder: Path, text: str, label: str) -> float:
    """What a user of the library would write; without the 1e-5 that it adds."""
    (file,) = folder.glob("model.*")
    model = library.load_model(str(file))
    # the binding's own `predict` fails with numpy 2 in some builds: this is what it calls
    found = {name: p for p, name in model.f.predict(text.replace("\n", " ") + "\n", -1, 0.0, "strict")}
    return found.get(f"__label__{label}", 0.0) if found else float("nan")  # it leaves out those below 1e-5


ALL = [*KINDS, "both small", "tree small"]


@pytest.mark.parametrize("kind", ALL)
def test_the_numbers_are_those_of_the_library(kind, models):
    dice = np.random.default_rng(1)
    texts = [" ".join(dice.choice(WORDS, dice.integers(1, 30))) for _ in range(30)]
    texts += [
        "unknown words alone",
        "sum\nof\ttwo\r\nodd\x0bnumbers\x0c is",
        "  sum  ",
        "</s>",
        "sum</s> </s> soup",
        "\x00sum",
    ]
    for label in ("a", "c", "__label__e"):
        found = fasttext(docs(*texts), model=str(models[kind]), label=label)["fasttext"]
        wanted = [by_library(models[kind], text, label.removeprefix("__label__")) for text in texts]
        assert found.to_numpy() == pytest.approx(np.array(wanted), abs=4e-5, nan_ok=True)
    assert found.std() > 0.01


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.text(st.sampled_from([*"sumof数ß \n\t\x00\x0b\x85\u2028</>_"]), min_size=1, max_size=40),
    st.sampled_from(["both", "bigrams", "tree"]),
)
def test_any_text_is_judged_as_by_the_library(models, text, kind):
    found = fasttext(docs(text), model=str(models[kind]), label="a").item()
    if found is None:
        assert not text.strip() or not text.strip("\x00")
    else:
        assert found == pytest.approx(by_library(models[kind], text, "a"), abs=4e-5)


def test_a_text_of_blanks_has_no_score_and_an_endless_one_has(models):
    found = fasttext(docs("", None, " \n\t", "sum of " * 150_000, "\x01\x02"), model=str(models["both"]), label="b")
    assert found["fasttext"].is_null().to_list() == [True, True, True, False, False]
    assert found.schema == {"fasttext": pl.Float64}


def test_lower_case_and_a_limit_are_applied_before(models):
    model = {"model": str(models["bigrams"]), "label": "a"}
    upper, plain = (fasttext(docs(text), **model).item() for text in ("SUM OF TWO", "sum of two"))
    assert fasttext(docs("SUM OF TWO"), lower=True, **model).item() == plain != upper
    assert fasttext(docs("sum of two garden"), max_chars=10, **model).item() == plain


def test_a_score_does_not_depend_on_the_documents_beside_it(models):
    dice = np.random.default_rng(2)
    frame = docs(*(" ".join(dice.choice(WORDS, 9)) for _ in range(40)))
    for kind in ALL:
        whole = fasttext(frame, model=str(models[kind]), label="a")
        assert pl.concat(
            [fasttext(frame[n : n + 7], model=str(models[kind]), label="a") for n in range(0, 40, 7)]
        ).equals(whole)
        assert fasttext(frame.reverse(), model=str(models[kind]), label="a").reverse().equals(whole)


def test_what_is_no_such_model_or_label_is_said_in_a_line(models, tmp_path):
    with pytest.raises(CurateError, match="the model has no label 'aa'"):
        fasttext(docs("x"), model=str(models["both"]), label="aa")
    with pytest.raises(CurateError, match=r"one file, \.bin or \.ftz; there are 0 of them"):
        fasttext(docs("x"), model=str(tmp_path), label="a")
    (tmp_path / "model.bin").write_bytes(b"no model")
    with pytest.raises(CurateError, match="is no fastText model that can be read"):
        fasttext(docs("x"), model=str(tmp_path), label="a")
    (tmp_path / "settings.json").write_text("{}")
    with pytest.raises(CurateError, match="use score: math_classifier"):
        fasttext(docs("x"), model=str(tmp_path), label="a")


def test_the_step_does_not_stand_in_the_way_of_the_library():
    assert sys.modules["fasttext"] is library and "curation" not in str(library.__file__)


RECIPE = """
recipe: judged
models:
  mine: {fit: pretrained, files: [models/model.bin]}
corpora:
  web:
    read: jsonl
    files: pages.jsonl
    steps:
      - {score: fasttext, model: mine, label: b, as: of_b}
      - {score: fasttext, model: mine, label: __label__c}
      - keep: {good: of_b >= 0.5}
"""


def test_a_recipe_keeps_what_a_model_in_a_file_finds_good(models, tmp_path):
    dice = np.random.default_rng(4)
    words = [" ".join(dice.choice(WORDS, 6)) for _ in range(60)]
    (tmp_path / "pages.jsonl").write_text(
        "".join(json.dumps({"id": str(n), "text": t}) + "\n" for n, t in enumerate(words))
    )
    (tmp_path / "judged.yaml").write_text(RECIPE)
    (tmp_path / "models").mkdir()
    shutil.copy(models["bigrams"] / "model.bin", tmp_path / "models")
    said = {"workers": 1, "executor": "inline", "store": str(tmp_path / "store")}
    curated = Curated(
        load(tmp_path / "judged.yaml", project=tmp_path),
        tmp_path,
        load_profile("local", tmp_path).model_copy(update=said),
    )
    curated.build(only="web")
    found = curated.sql("select text, of_b, fasttext, fate from documents")
    frame = docs(*found["text"])
    for column, label in (("of_b", "b"), ("fasttext", "c")):
        wanted = fasttext(frame, model=str(models["bigrams"]), label=label)["fasttext"]
        assert found[column].to_list() == wanted.to_list()
    assert ((found["of_b"] >= 0.5) == (found["fate"] == "kept")).all() and found["fate"].n_unique() == 2
