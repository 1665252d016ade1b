"""What changes when a classifier is trained again, or a threshold is moved: exactly what depends on it, and only documents let in."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

import curate
from curate.errors import CurateError
from tests.curate.corpus import contents, open_small, tiny

COUNTED = {
    "score/counted.py": """
        import pathlib
        @score
        def counted(docs: pl.DataFrame) -> pl.Series:
            if docs.height:
                with open(pathlib.Path(__file__).parents[2] / "calls", "a") as file:
                    file.writelines(id + "\\n" for id in docs["id"])
            return docs["text"].str.len_chars().cast(pl.Int64)
    """,
    "score/grade.py": """
        @score
        def grade(docs: pl.DataFrame) -> pl.Series:
            return (docs["text"].str.count_matches("sum") - 1).clip(0, 5).cast(pl.Float64)
    """,
}
RECIPE = """
recipe: small
models:
  judge: {fit: fasttext, positive: [yes], negative: [no], dim: 8, epoch: 10, min_count: 1, bucket: 1000}
corpora:
  yes: {read: parquet, files: data/0*}
  no: {read: parquet, files: data/1*}
  web:
    read: parquet
    files: data/2*
    steps:
      - score: letters
      - score: math_classifier
        model: judge
      - keep: {maths: math_score >= 0.9}
      - score: counted
  beside: {read: parquet, files: data/2*, steps: [{score: letters}]}
"""
MODEL = "models/judge"
AFTER = ["web/math_classifier", "web/maths", "web/counted"]


def frame(words: list[tuple[str, str]], name: str) -> pl.DataFrame:
    """Documents of two words, more or less of either."""
    texts = [" ".join([a] * (n % 7 + 1) + [b] * (6 - n % 7)) for n, (a, b) in enumerate(words)]
    return pl.DataFrame({"id": [f"{name}{n}" for n in range(len(texts))], "text": texts, "url": texts})


def project(folder: Path, recipe: str = RECIPE) -> curate.Curated:
    yes, no = frame([("sum", "the")] * 60, "y"), frame([("cat", "the")] * 60, "n")
    web = frame([("sum", "cat")] * 40 + [("sum", "the")] * 20 + [("cat", "the")] * 20, "w")
    tiny(folder, recipe, yes, no, web, steps=COUNTED)
    made = open_small(folder)
    made.build()
    return made


def edit(folder: Path, before: str, after: str) -> curate.Curated:
    path = folder / "recipes/small.yaml"
    text = path.read_text("utf-8")
    assert before in text
    path.write_text(text.replace(before, after), "utf-8")
    return open_small(folder)


def calls(folder: Path) -> set[str]:
    path = folder / "calls"
    said = path.read_text("utf-8").split() if path.is_file() else []
    path.unlink(missing_ok=True)
    assert len(said) == len(set(said)), "a document was computed twice"
    return set(said)


def kept(recipe: curate.Curated) -> set[str]:
    return set(recipe.sql("select id from documents where corpus = 'web' and fate = 'kept'")["id"])


def test_a_fit_parameter_rebuilds_the_model_its_scores_and_what_follows(tmp_path: Path) -> None:
    project(tmp_path)
    changed = edit(tmp_path, "epoch: 10", "epoch: 3")
    assert changed.why()[MODEL] == ["parameter epoch: 10 -> 3"]
    assert changed.build()["ran"] == [MODEL, *AFTER]


def test_another_seed_corpus_rebuilds_that_corpus_the_model_its_scores_and_what_follows(tmp_path: Path) -> None:
    project(tmp_path)
    frame([("sum", "the")] * 50, "y").write_parquet(tmp_path / "data/0.parquet")
    assert open_small(tmp_path).build()["ran"] == ["yes/parquet", "yes/repeat", MODEL, *AFTER]


def test_a_model_that_comes_out_the_same_ends_the_build(tmp_path: Path) -> None:
    made = project(tmp_path)
    changed = edit(tmp_path, "epoch: 10", "epoch: 10, documents: 60")  # as many as there are
    assert changed.build()["ran"] == [MODEL]
    assert contents(changed)[MODEL] == contents(made)[MODEL]


def test_a_moved_threshold_computes_the_documents_that_it_lets_in_and_no_others(tmp_path: Path) -> None:
    made = project(tmp_path)
    scores = made.sql("select distinct math_score s from documents where corpus = 'web' order by s")["s"]
    low, middle, high = (f"math_score >= {scores[len(scores) * part // 4]!r}" for part in (1, 2, 3))
    first = edit(tmp_path, "math_score >= 0.9", middle)
    first.build()
    before = kept(first)
    calls(tmp_path)
    looser = edit(tmp_path, middle, low)
    assert looser.build()["ran"] == ["web/maths", "web/counted"]
    assert before < kept(looser)
    assert calls(tmp_path) == kept(looser) - before
    stricter = edit(tmp_path, low, high)
    stricter.build()
    assert kept(stricter) < before and calls(tmp_path) == set()


def test_another_model_computes_again_only_the_documents_that_it_newly_lets_in(tmp_path: Path) -> None:
    made = project(tmp_path)
    before = kept(made)
    calls(tmp_path)
    other = edit(tmp_path, "epoch: 10", "epoch: 40")
    other.build()
    assert calls(tmp_path) == kept(other) - before


GRADED = """
recipe: small
models:
  judge: {fit: fasttext, graded: [web/grade], grade: grade, positive_from: 3, balance: [year], dim: 4, epoch: 1, min_count: 1, bucket: 1000}
corpora:
  first: {from: web, steps: [{score: counted}]}
  web:
    read: parquet
    files: data/2*
    steps: [{score: grade}, {score: math_classifier, model: judge}]
"""


def test_a_model_learns_from_grades_of_the_corpus_that_it_judges_later(tmp_path: Path) -> None:
    made = project(tmp_path, GRADED)
    names = list(made.planned.nodes)
    assert names.index("web/grade") < names.index(MODEL) < names.index("web/math_classifier")
    learnt = made.built.done[made.planned[MODEL].plan_key].facts
    assert learnt["positive"] == learnt["negative"] > 0
    assert made.sql("select count(math_score) n from documents where corpus = 'web'")["n"][0] == 80


def test_a_model_is_trained_again_where_the_column_that_it_learns_from_has_other_values(tmp_path: Path) -> None:
    project(tmp_path, GRADED)
    step = tmp_path / "steps/score/grade.py"
    said = step.read_text("utf-8")
    step.write_text(said.replace('"sum") - 1', '"sum") - 2'), "utf-8")
    assert {"web/grade", MODEL, "web/math_classifier"} <= {*open_small(tmp_path).build()["ran"]}
    step.write_text(said.replace('"sum") - 1', '"sum") - 1 - 1'), "utf-8")
    assert open_small(tmp_path).build()["ran"] == ["web/grade"], "other code, the same grades"


STORED = """
recipe: small
models:
  judge:
    {fit: fasttext, positive: [no], graded: [yes], grade: mark, positive_from: 3, group: site, dim: 4, epoch: 1, min_count: 1}
corpora:
  yes: {read: parquet, files: data/0*}
  no: {read: parquet, files: data/1*}
"""


def test_columns_of_a_file_that_a_model_alone_reads_are_columns_and_null_where_a_corpus_lacks_them(
    tmp_path: Path,
) -> None:
    yes = frame([("sum", "the")] * 20, "y").with_columns(mark=pl.int_range(20) % 6, site=pl.lit("s"))
    tiny(tmp_path, STORED, yes, frame([("cat", "the")] * 20, "n"), steps=COUNTED)
    made = open_small(tmp_path)
    assert {"mark", "site"} <= made.planned["yes"].schema.keys() and "mark" not in made.planned["no"].schema
    made.build()
    learnt = made.built.done[made.planned[MODEL].plan_key].facts
    assert learnt == {"documents": 22, "positive": 11, "negative": 11}


def test_a_column_that_no_corpus_of_a_model_has_is_one_line(tmp_path: Path) -> None:
    tiny(tmp_path, STORED.replace("mark", "marc"), frame([("a", "b")], "y"), frame([("a", "b")], "n"), steps=COUNTED)
    with pytest.raises(
        CurateError, match=r"models.judge: fit.fasttext reads the column 'marc', which none of its corpora has"
    ):
        assert open_small(tmp_path).planned
