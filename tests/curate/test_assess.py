"""`curate assess`: a classifier of a recipe, trained again without whole groups and judged on these."""

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

import curate
from curate.cli import main
from curate.errors import CurateError
from curate.folds import NONE, dealt
from tests.curate.corpus import objects, open_small, tiny

STEPS = {
    "fit/words.py": """
        import json
        ASSESS = "_words"
        @fit(reads=["$also"])
        def words(corpora, out, *, yes: Corpora, no: Corpora, also: str = "") -> dict:
            said = {}
            for side, names in ((1, yes), (0, no)):
                for text in (t for name in names for shard in corpora[name].shards("id", "text") for t in shard["text"]):
                    for word in text.split():
                        said.setdefault(word, []).append(side)
            if not said:
                raise CurateError("no text at all")
            (out / "words.json").write_text(json.dumps({word: sum(of) / len(of) for word, of in sorted(said.items())}))
            return {"words": len(said)}
        from curate.errors import CurateError
    """,
    "fit/_words.py": """
        import json, pathlib
        COLUMN = "wordy"
        def label(corpus, docs, params):
            side = corpus in params["yes"]
            return pl.Series([None if id == "skip" else side for id in docs["id"]], dtype=pl.Boolean)
        def judge(folder, docs):
            known = json.loads(pathlib.Path(folder, "words.json").read_text())
            found = [[known[w] for w in text.split() if w in known] for text in docs["text"]]
            return pl.Series([sum(f) / len(f) if f else None for f in found], dtype=pl.Float64)
    """,
    "fit/silent.py": """
        @fit
        def silent(corpora, out, *, of: Corpora) -> dict:
            return {}
    """,
    "fit/broken.py": """
        ASSESS = "_nothing"
        @fit
        def broken(corpora, out, *, of: Corpora) -> dict:
            return {}
    """,
    "score/wordy.py": """
        import json, pathlib
        @score
        def wordy(docs: pl.DataFrame, *, model: Artifact) -> pl.Series:
            known = json.loads(pathlib.Path(model, "words.json").read_text()) if model else {}
            return pl.Series("wordy", [max([known.get(w, 0.0) for w in t.split()], default=0.0) for t in docs["text"]], dtype=pl.Float64)
    """,
}
RECIPE = """
recipe: small
models:
  judge: {fit: words, yes: [maths], no: [prose]}
  mute: {fit: silent, of: [maths]}
  lost: {fit: broken, of: [maths]}
  solver: {backend: symbolic}
corpora:
  every: {read: parquet, files: data/0*}
  maths: {from: every, steps: [{keep: {maths: kind = 'math'}}]}
  prose: {from: every, steps: [{keep: {other: kind = 'other'}}]}
  web:
    read: parquet
    files: data/1*
    steps: [{score: wordy, model: judge}, {keep: {good: wordy >= 0.75}}]
"""


def docs(texts: dict[str, list[str]], **more: Any) -> pl.DataFrame:
    """Documents by site; the sites of mathematics are those called m1, m2, ..."""
    rows = [
        {"id": f"{site}-{n}", "text": text, "site": site, "kind": "math" if site[0] == "m" else "other",
         "url": f"https://{site}.org/{n}", "date": f"20{10 + n}-01-01"}
        for site, some in texts.items()
        for n, text in enumerate(some)
    ]  # fmt: skip
    return pl.DataFrame(rows).with_columns(**more)


SHARED_WORDS = {f"m{n}": ["sum sum"] * 4 for n in range(4)} | {f"o{n}": ["cat cat"] * 3 for n in range(4)}
SECRET_WORDS = {site: [f"{site} {site}"] * len(some) for site, some in SHARED_WORDS.items()}


def project(folder: Path, texts: dict[str, list[str]] = SHARED_WORDS, **more: Any) -> curate.Curated:
    tiny(folder, RECIPE, docs(texts, **more), docs(SHARED_WORDS), steps=STEPS)
    made = open_small(folder)
    made.build()
    return open_small(folder)


@pytest.fixture(scope="module")
def shared_words(tmp_path_factory: pytest.TempPathFactory) -> curate.Curated:
    """A built project that no test changes."""
    return project(tmp_path_factory.mktemp("shared"))


def test_what_a_site_alone_gives_away_is_not_known_where_that_site_is_left_out(tmp_path: Path) -> None:
    made = project(tmp_path, SECRET_WORDS)
    found = made.assess("judge", by="site", folds=4)
    assert found["all"]["recall"] == 0 and found["all"]["unscored"] == found["all"]["documents"] == 28
    known = made.assess("judge", against="every", label="kind = 'math'")
    assert known["all"]["f1"] == 1, "the model that was trained on all of them knows them"


def test_what_sites_share_is_known_and_every_document_is_judged_once(shared_words: curate.Curated) -> None:
    found = shared_words.assess("judge", by="site", folds=4)
    assert found["all"]["f1"] == found["mean_f1"] == found["all"]["auc"] == 1
    assert found["all"]["documents"] == 28 and found["all"]["positive"] == 16
    assert sorted(name for row in found["by_fold"] for name in row["groups"]) == sorted(SHARED_WORDS)
    assert all(row["documents"] + row["learnt"] == 28 for row in found["by_fold"])
    assert found["wrong"] == []


def test_wrong_documents_and_groups_are_named_with_their_counts(tmp_path: Path) -> None:
    texts = SHARED_WORDS | {"m9": ["cat sum sum"] * 2 + ["sum"], "o9": ["sum"] * 3}
    found = project(tmp_path, texts).assess("judge", by="site", folds=5)
    worst = found["by_group"][0]
    assert (worst["group"], worst["false_positive"], worst["false_negative"], worst["right"]) == ("o9", 3, 0, 0)
    assert worst["interval"][1] < 0.6
    assert {(row["group"], row["label"]) for row in found["wrong"]} >= {("o9", False)}
    wrong = [row for row in found["wrong"] if row["group"] == "o9"]
    assert len(wrong) == 2 and wrong[0]["url"].startswith("https://o9.org/") and wrong[0]["score"] >= 0.75
    assert found["all"]["false_positive"] == sum(row["false_positive"] for row in found["by_group"]) == 3


def test_the_threshold_is_that_of_the_clause_on_the_model_s_score_that_asks_most(tmp_path: Path) -> None:
    made = project(tmp_path)
    found = made.assess("judge", by="site", folds=2)
    assert (found["threshold"], found["threshold_of"]) == (0.75, "good of web")
    assert made.assess("judge", by="site", folds=2, threshold=0.2)["threshold"] == 0.2
    path = tmp_path / "recipes/small.yaml"
    path.write_text(path.read_text().replace("wordy >= 0.75", "wordy > 0.3 and wordy > 0.75 and text != ''"))
    assert 0.75 < open_small(tmp_path).assess("judge", by="site", folds=2)["threshold"] < 0.7500001
    path.write_text(path.read_text().replace("wordy > 0.3 and wordy > 0.75 and ", ""))
    found = open_small(tmp_path).assess("judge", by="site", folds=2)
    assert (found["threshold"], found["threshold_of"]) == (0.5, "no clause cuts it")


def test_groups_may_be_a_column_of_ours_a_part_of_one_or_a_field_that_no_step_names(
    shared_words: curate.Curated,
) -> None:
    assert "site" not in shared_words.planned["maths"].schema
    for by, some in (("site", "m0"), ("host", "m0.org"), ("year", "2010"), ("url", "https://m0.org/0")):
        names = [row["group"] for row in shared_words.assess("judge", by=by, folds=2)["by_group"]]
        assert some in names, by


def test_a_clause_chooses_what_is_judged_and_not_what_is_learnt_from(shared_words: curate.Curated) -> None:
    found = shared_words.assess("judge", by="site", folds=2, where="site = 'm1' or site like 'o%'")
    assert found["all"]["documents"] == 16 and found["all"]["positive"] == 4
    assert sum(row["learnt"] for row in found["by_fold"]) == 28
    known = shared_words.assess("judge", against="every", label="kind = 'math'", by="site", where="year = '2012'")
    assert known["all"]["documents"] == 8


def test_documents_without_a_label_are_not_judged(tmp_path: Path) -> None:
    made = project(tmp_path, id=pl.when(pl.col("site") == "m1").then(pl.lit("skip")).otherwise("id"))
    assert made.assess("judge", by="site", folds=3)["all"]["documents"] == 24


def test_the_built_model_is_judged_on_a_corpus_a_step_or_a_file(shared_words: curate.Curated, tmp_path: Path) -> None:
    lines = [
        {"text": "sum", "good": True, "n": 1},
        {"text": "cat", "good": False, "n": 2},
        {"text": "sum", "good": None, "n": 3},
    ]
    path = tmp_path / "labelled.jsonl"
    path.write_text("\n".join(map(json.dumps, lines)), "utf-8")
    for source, label, documents in (
        ("web", "kind = 'math'", 16), ("web/repeat", "kind = 'math'", 28), (str(path), "good", 2), (str(path), "n > 1", 3)
    ):  # fmt: skip
        found = shared_words.assess("judge", against=source, label=label)
        assert found["all"]["documents"] == documents, source
        assert "by_fold" not in found and found["against"] == source


def test_the_answer_is_json_and_the_same_however_documents_are_split_and_ordered(tmp_path: Path) -> None:
    texts = SHARED_WORDS | {"m9": ["cat sum", "sum"], "o9": ["sum"] * 3}
    one = project(tmp_path / "one", texts).assess("judge", by="site", folds=4)
    other = project(tmp_path / "two", texts)
    every = docs(texts).reverse()
    for place, part in enumerate((every[:7], every[7:])):
        part.write_parquet(tmp_path / f"two/data/0{place}.parquet")
    (tmp_path / "two/data/0.parquet").unlink()
    other = open_small(tmp_path / "two")
    other.build()
    assert json.loads(json.dumps(one)) == json.loads(json.dumps(other.assess("judge", by="site", folds=4)))
    assert one != other.assess("judge", by="site", folds=4, seed=1)


def test_nothing_that_is_stored_changes(shared_words: curate.Curated) -> None:
    before = objects(shared_words.store.root)
    shared_words.assess("judge", by="site", folds=2)
    assert objects(shared_words.store.root) == before
    assert not list(shared_words.store.root.glob("**/*assess*"))


@given(
    st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=4, max_size=20),
    st.integers(2, 4),
    st.integers(0, 3),
)
def test_groups_are_dealt_out_evenly_and_by_name_alone(sides: list[tuple[int, int]], folds: int, seed: int) -> None:
    import numpy as np

    plus, minus = (np.array([pair[side] for pair in sides]) for side in (0, 1))
    names = [f"g{n}" for n in range(len(sides))]
    some = (plus + minus) > 0
    if some.sum() < folds or min((plus > 0).sum(), (minus > 0).sum()) < 2:
        with pytest.raises(CurateError):
            dealt(names, plus, minus, folds, seed, "site")
        return
    found = dealt(names, plus, minus, folds, seed, "site")
    of = np.bincount(found[some], minlength=folds)
    assert of.max() - of.min() <= 1
    back = dealt(names[::-1], plus[::-1], minus[::-1], folds, seed, "site")
    assert (found == back[::-1]).all()


def test_documents_of_no_group_are_always_learnt_from_and_never_judged() -> None:
    import numpy as np

    names, sides = ["a", NONE, "b", "c", "d"], np.array([2, 9, 0, 3, 0])
    found = dealt(names, sides, sides[::-1].copy(), 2, 0, "site")
    assert found[1] == -1 and sorted(np.delete(found, 1)) == [0, 0, 1, 1]


WRONG = [
    (["jugde"], "small has no model 'jugde'; did you mean 'judge'?"),
    (["solver"], "'solver' is a language model; only one that the recipe trains (`fit:`) can be assessed"),
    (["lost"], "ASSESS names '_nothing', but _nothing.py beside it has no function `label`"),
    (["mute"], "fit.silent does not say how its models are judged; mute cannot be assessed"),
    ([], "which model? Give its name under `models:` of the recipe"),
    (["judge", "--by", "site", "--folds", "9"], "only 8 groups by site for 9 folds; lower --folds, or choose another --by"),
    (["judge", "--by", "site", "--folds", "1"], "1 folds leave nothing to learn from"),
    (["judge"], "all documents are one group by source; choose another --by"),
    (["judge", "--by", "kind", "--folds", "2"], "all positive documents have the kind 'math'; nothing can be learnt without them"),
    (["judge", "--by", "sight"], "no document has a value of 'sight'; name a column, year, host or a field of extra"),
    (["judge", "--by", "no column"], "no column 'no column' among "),
    (["judge", "--by", "site", "--where", "kind = "], "--where: the clause "),
    (["judge", "--by", "site", "--where", "text > 3"], "text"),
    (["judge", "--by", "site", "--where", "kind = 'none'"], "there is nothing to judge"),
    (["judge", "--by", "site", "--threshold", "1.5"], "a threshold is between 0 and 1, not 1.5"),
    (["judge", "--against", "web"], "--against and --label go together"),
    (["judge", "--against", "wob", "--label", "kind = 'math'"], "small has no corpus 'wob', and there is no such file"),
    (["judge", "--against", "web", "--label", "kond = 'math'"], "there is nothing to judge"),
    (["judge", "--against", "web", "--label", "kind ="], "--label: the clause "),
    (["judge", "--against", "models/judge", "--label", "kind"], "models/judge is not a corpus"),
]  # fmt: skip


def test_what_cannot_be_assessed_is_one_line(
    shared_words: curate.Curated, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    monkeypatch.chdir(shared_words.project)
    for words, says in WRONG:
        with pytest.raises(SystemExit) as code:
            main(["assess", "small", *words])
        said = capsys.readouterr().err
        assert code.value.code == 2, words
        assert says in said and said.count("\n") == 1, (words, said)


def test_corpora_and_models_that_are_not_built_are_named(tmp_path: Path) -> None:
    tiny(tmp_path, RECIPE, docs(SHARED_WORDS), docs(SHARED_WORDS), steps=STEPS)
    with pytest.raises(CurateError, match=r"maths is not built yet; run `curate build small --through models/judge`"):
        open_small(tmp_path).assess("judge", by="site")
    with pytest.raises(CurateError, match="models/judge is not built yet"):
        open_small(tmp_path).assess("judge", against="web", label="kind = 'math'")


def test_a_fit_that_cannot_learn_without_a_fold_says_which(tmp_path: Path) -> None:
    texts = {site: some if site == "m0" else [" "] * len(some) for site, some in SHARED_WORDS.items()}
    with pytest.raises(CurateError, match=r"without fold \d by site: no text at all"):
        project(tmp_path, texts).assess("judge", by="site", folds=2)


def test_the_program_prints_tables_and_writes_a_page_that_no_document_can_break(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    pytest.importorskip("matplotlib", reason="needs the extra plots")
    bad = "<script>alert(1)</script>\x1b[2J$x"
    project(tmp_path, SHARED_WORDS | {"o9": ["sum"] * 3}, url=pl.lit(bad), site=pl.col("site").replace("o9", bad))
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as code:
        main(["assess", "small", "judge", "--by", "site", "--folds", "3", "--out", "report"])
    said = capsys.readouterr().out
    assert code.value.code == 0
    assert "\x1b[2J" not in said and "wrongly kept" in said and "0.75" in said
    page = (tmp_path / "report/assess.html").read_text("utf-8")
    assert "<script" not in page and "&lt;script&gt;" in page and page.count("data:image/png;base64,") == 4
    names = {path.name for path in (tmp_path / "report").iterdir()}
    assert names == {
        "assess.json",
        "assess.html",
        "precision_recall.png",
        "thresholds.png",
        "calibration.png",
        "groups.png",
    }
    known = open_small(tmp_path).assess("judge", against="web/repeat", label="kind = 'math'", out=tmp_path / "against")
    assert json.loads((tmp_path / "against/assess.json").read_text("utf-8"))["all"] == known["all"]


def test_without_matplotlib_the_extra_is_named_before_anything_is_trained(
    shared_words: curate.Curated, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "matplotlib.figure", None)
    monkeypatch.setattr("curate.assess.assess", lambda *_: pytest.fail("trained"))
    with pytest.raises(CurateError, match=r"pip install 'octocurate\[plots\]'"):
        shared_words.assess("judge", by="site", out=tmp_path / "report")
