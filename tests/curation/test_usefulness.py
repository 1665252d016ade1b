"""Usefulness by a small classifier of grades: what it says, of what it is trained, and where it refuses."""

import json
import random
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from curate.api import Curated
from curate.errors import CurateError
from curate.profile import load_profile
from curate.recipe import load
from curation.fit.fasttext import READS, fasttext
from curation.score._fasttext import judge, probabilities
from curation.score.usefulness import usefulness

WORDS = "weather garden soup,history course talk,sum formula lost,problem answer ask,example solve step,theorem proof exercise"
SMALL = {"min_count": 1, "bucket": 2_000, "dim": 8, "epoch": 20}


def graded(count: int, seed: int) -> pl.DataFrame:
    """Documents whose words are those of their grade, with a few of the grade beside it."""
    dice = random.Random(seed)
    rows = []
    for n in range(count):
        grade = n % 6
        near = WORDS.split(",")[min(5, max(0, grade + dice.choice((-1, 1))))].split()
        words = dice.choices(WORDS.split(",")[grade].split(), k=20) + dice.choices(near, k=3)
        rows.append({"id": f"{seed}-{n}", "text": " ".join(words), "grade": grade})
    return pl.DataFrame(rows)


class Frame:
    name = "frame"

    def __init__(self, frame: pl.DataFrame) -> None:
        self.frame = frame.with_columns(pl.lit(None, pl.String).alias(c) for c in READS)

    def shards(self, *columns: str) -> Iterator[pl.DataFrame]:
        yield self.frame.select(columns)


@pytest.fixture(scope="module")
def model(tmp_path_factory) -> str:
    folder = tmp_path_factory.mktemp("grader")
    fasttext({"a": Frame(graded(600, 1))}, folder, graded=["a"], grade="grade", **SMALL)
    return str(folder)


def test_the_score_is_near_the_grade_and_never_outside(model):
    docs = graded(120, 2)
    found = usefulness(docs.select("id", "text"), model=model)["usefulness"]
    assert (found - docs["grade"]).abs().mean() < 0.5 and found.is_between(0, 5).all()


def test_the_score_is_the_mean_of_the_grades_weighted_by_how_likely_they_are(model):
    found = judge(model)
    texts = graded(30, 3)["text"]
    chances = probabilities(found, texts)
    assert found.labels == ["0", "1", "2", "3", "4", "5"] and np.allclose(chances.sum(axis=1), 1)
    scores = usefulness(pl.DataFrame({"id": texts, "text": texts}), model=model)["usefulness"].to_numpy()
    assert np.allclose(scores, chances @ np.arange(6))


def test_a_text_without_words_has_no_score_and_a_document_is_judged_alone(model):
    docs = pl.DataFrame({"id": list("abcde"), "text": ["", None, "?!", "proof theorem " * 9, "soup garden"]})
    whole = usefulness(docs, model=model)
    assert whole["usefulness"].is_null().to_list() == [True, True, True, False, False]
    assert pl.concat([usefulness(docs[i : i + 1], model=model) for i in range(5)]).equals(whole)


def test_a_model_of_two_sides_or_none_is_refused_by_name(tmp_path):
    docs = graded(60, 4)
    sides = {"a": Frame(docs), "b": Frame(docs.with_columns(id="b" + pl.col("id")))}
    fasttext(sides, tmp_path, positive=["a"], negative=["b"], **SMALL)
    with pytest.raises(CurateError, match="tells negative from positive, not grades; train it with graded: and grade:"):
        usefulness(docs.select("id", "text"), model=str(tmp_path))
    (tmp_path / "empty").mkdir()
    with pytest.raises(CurateError, match="no classifier that `fit: fasttext` wrote"):
        usefulness(docs.select("id", "text"), model=str(tmp_path / "empty"))


RECIPE = """
recipe: tiny
models:
  grader: {fit: fasttext, graded: [graded], grade: grade, min_count: 1, epoch: 10, dim: 8}
corpora:
  graded: {read: jsonl, files: "embedded:graded?documents=250", columns: {grade: grade}}
  pages:
    read: jsonl
    files: pages.jsonl
    steps:
      - score: usefulness
        model: grader
      - keep: {useful: usefulness >= 2.5}
"""
LESSON = (
    "Quadratic equations\n\nDefinition. A quadratic equation has the form $ax^2 + bx + c = 0$ with $a \\ne 0$.\n\nExample 1. Solve "
    "$x^2 - 5x + 6 = 0$. It factors as $(x - 2)(x - 3) = 0$, so the solutions are $x = 2$ and $x = 3$.\n\nExercises\n\n"
    "1. Solve $x^2 - 7x + 12 = 0$.\n2. Find the value of $k$ for which $x^2 + kx + 9 = 0$ has one solution."
)
NEWS = (
    "The town council met on Monday to talk about the new bridge. Residents said that the old one had been closed since March. "
    * 3
)


def test_a_recipe_trains_a_grader_on_the_embedded_grades_and_keeps_the_lesson(tmp_path: Path):
    rows = [{"id": str(n), "text": text} for n, text in enumerate((LESSON, NEWS))]
    (tmp_path / "pages.jsonl").write_text("\n".join(map(json.dumps, rows)) + "\n")
    (tmp_path / "tiny.yaml").write_text(RECIPE)
    profile = load_profile("local", tmp_path).model_copy(
        update={"workers": 1, "executor": "inline", "store": str(tmp_path / "store")}
    )
    curated = Curated(load(tmp_path / "tiny.yaml", project=tmp_path), tmp_path, profile)
    curated.build(only="pages")
    found = curated.sql("select fate, usefulness from documents order by usefulness desc")
    assert found["fate"].to_list()[0] == "kept" and found["usefulness"][0] >= 2.5 > found["usefulness"][1]
