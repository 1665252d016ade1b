"""Reuse by document: what is known is not computed again, and what only looks known is."""

import json
import shutil
from pathlib import Path

import polars as pl
import pytest

import curate
from tests.curate.corpus import contents, make_project, one, open_small, tiny

DATED = {
    "score/dated.py": """
        @score(reads=["date"])
        def dated(docs: pl.DataFrame) -> pl.Series:
            return (docs["date"].str.len_chars() + docs["text"].str.len_chars()).cast(pl.Float64)
    """
}


STEPS = DATED | {
    "score/linked.py": """
        @score(reads=["url"])
        def linked(docs: pl.DataFrame) -> pl.Series:
            return docs["url"].fill_null("nowhere")
    """,
    "read/pages.py": """
        @read
        def pages(path: str):
            yield pl.read_parquet(path).with_columns(payload=pl.lit(b"the same bytes"))
    """,
    "rewrite/grow.py": """
        @rewrite
        def grow(docs: pl.DataFrame) -> pl.Series:
            return docs["text"] + "x"
    """,
    "rewrite/weighed.py": """
        @rewrite(reads=["weight"])
        def weighed(docs: pl.DataFrame) -> pl.Series:
            return docs["text"] + docs["weight"].cast(pl.String)
    """,
    "synth/heavy.py": """
        @expand
        def heavy(docs: pl.DataFrame) -> pl.DataFrame:
            return docs.select("text").with_row_index("parent").with_columns(weight=pl.lit(0))
    """,
    "fit/weigher.py": """
        import os
        @fit
        def weigher(corpora, out, *, of: Corpora) -> dict:
            (out / "weight.txt").write_text(os.environ["WEIGHT"])
            return {}
    """,
    "score/weighing.py": """
        import pathlib
        @score
        def weighing(docs: pl.DataFrame, *, model: Artifact) -> pl.Series:
            weight = float(pathlib.Path(model, "weight.txt").read_text()) if model else 0.0
            return docs["text"].str.len_chars() * weight
    """,
}


def computed(curated: curate.Curated) -> dict[str, int]:
    newest = max((curated.store.root / "runs").iterdir(), key=lambda path: path.name)
    return {name: node["computed"] for name, node in json.loads(newest.read_text())["nodes"].items()}


def docs(rows: range, **more: object) -> pl.DataFrame:
    text = [f"document number {i} {'x' * i}" for i in rows]
    return pl.DataFrame({"text": text, "url": [f"u{i}" for i in rows], **more})


def write(folder: Path, **frames: pl.DataFrame) -> None:
    for name, frame in frames.items():
        frame.write_parquet(folder / "data" / f"{name}.parquet")


def test_a_new_file_costs_only_its_documents_and_gives_the_bytes_of_a_fresh_build(tmp_path: Path) -> None:
    folder = tiny(tmp_path, one("{score: letters}, {rewrite: upper}, {score: digits}"), docs(range(30)))
    open_small(folder).build()
    write(folder, b=docs(range(30, 40)))
    plan = {row["node"]: row for row in open_small(folder).plan()}
    assert plan["web/parquet"]["known"] == 30
    curated = open_small(folder)
    curated.build()
    assert computed(curated) | {"web/parquet": 0} == {
        "web/parquet": 0, "web/letters": 10, "web/upper": 10, "web/digits": 10,
    }  # fmt: skip
    fresh = open_small(folder, store=str(folder / "fresh"))
    fresh.build()
    assert [m.content for m in fresh.built.done.values()] == [m.content for m in curated.built.done.values()]


def test_the_same_documents_in_other_files_are_found_by_id(tmp_path: Path) -> None:
    folder = tiny(tmp_path, one("{score: letters}"), docs(range(30)), docs(range(30, 60)))
    open_small(folder).build()
    whole = docs(range(10, 70)).sample(fraction=1.0, shuffle=True, seed=1)
    for old in (folder / "data").iterdir():
        old.unlink()
    write(folder, c=whole)
    curated = open_small(folder)
    curated.build()
    assert computed(curated)["web/letters"] == 10


def test_a_text_that_changed_under_the_users_own_id_is_computed_again(tmp_path: Path) -> None:
    def with_ids(rows: range) -> pl.DataFrame:
        return docs(rows).with_columns(id=pl.Series([f"own-{i}" for i in rows]))

    folder = tiny(tmp_path, one("{score: letters}"), with_ids(range(30)))
    open_small(folder).build()
    changed = with_ids(range(30)).with_columns(
        text=pl.when(pl.col("id") == "own-7").then(pl.lit("quite another text")).otherwise("text")
    )
    write(folder, **{"0": changed})
    curated = open_small(folder)
    curated.build()
    assert computed(curated)["web/letters"] == 1
    found = curated.sql("select letters from documents where id = 'own-7'")
    assert found.item() == len("quite another text")


def test_a_page_seen_again_on_another_day_is_known_but_to_a_step_that_reads_the_day(tmp_path: Path) -> None:
    folder = tiny(tmp_path, one("{score: letters}, {score: dated}"), docs(range(20), date="2019"), steps=DATED)
    open_small(folder).build()
    write(folder, **{"0": docs(range(20), date="20201101")})
    curated = open_small(folder)
    curated.build()
    assert computed(curated)["web/letters"] == 0
    assert computed(curated)["web/dated"] == 20
    rows = curated.sql("select dated - letters as days from documents")
    assert set(rows["days"].to_list()) == {8.0}


def test_a_plan_does_not_call_exact_what_it_did_not_look_for_by_id(tmp_path: Path) -> None:
    folder = tiny(tmp_path, one("{score: letters}"), docs(range(30)))
    open_small(folder).build()
    write(folder, **{"0": docs(range(31))})
    open_small(folder).build(through="web/repeat")
    (row,) = (row for row in open_small(folder).plan() if row["node"] == "web/letters")
    curated = open_small(folder)
    curated.build()
    assert not row["exact"]
    assert row["to_do"] >= computed(curated)["web/letters"] == 1


def test_a_plan_foresees_a_new_step_and_a_clause_about_it(tmp_path: Path) -> None:
    folder = tiny(tmp_path, one("{rewrite: upper}"), docs(range(30)))
    open_small(folder).build()
    steps = "{rewrite: upper}, {score: letters}, {keep: {long: letters > 30}}, {score: digits}"
    (folder / "recipes" / "small.yaml").write_text(one(steps))
    rows = {
        row["node"]: (row["documents"], row["to_do"], row["exact"])
        for row in open_small(folder).plan()
        if "to_do" in row
    }
    assert rows["web/letters"] == (30, 30, True)
    assert rows["web/digits"] == (30, 30, False)


OWN = pl.DataFrame({"id": ["a", "b"], "text": ["hello", "world"]})
CHANGES = {
    "how a header says that the bytes of a page are read": (
        one("{score: letters}", read="pages"), docs(range(9)), docs(range(9)).with_columns(pl.col("text") + "ü"),
    ),
    "the date that children have from their parents": (
        one("{synth: halves, least: 5}, {score: dated}"), docs(range(9), date="2019"), docs(range(9), date="20201101"),
    ),
    "no url where there was an empty one": (
        one("{score: linked}"), docs(range(9)).with_columns(url=pl.lit("")), docs(range(9)).with_columns(url=pl.lit(None, pl.String)),
    ),
    "a column that only the text of children tells of": (
        one("{rewrite: weighed}, {synth: heavy}, {score: letters}"), docs(range(9), weight=1), docs(range(9), weight=1000),
    ),
    "a text that is now what a rewrite made of the earlier one": (
        one("{rewrite: grow}, {dedup: copies, keep_order: [date]}, {score: letters}"), OWN, OWN.with_columns(pl.col("text") + "x"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", CHANGES)
def test_what_a_value_comes_from_is_compared(tmp_path: Path, what: str) -> None:
    recipe, before, after = CHANGES[what]
    folder = tiny(tmp_path, recipe, before, steps=STEPS)
    open_small(folder).build()
    (folder / "recipes" / "small.yaml").write_text(recipe.replace("{dedup: copies, keep_order: [date]}, ", ""))
    write(folder, **{"0": after})
    curated, fresh = open_small(folder), open_small(folder, store=str(folder / "fresh"))
    curated.build()
    fresh.build()
    assert contents(curated) == contents(fresh)


def test_values_of_a_model_that_came_out_differently_when_it_was_trained_again_are_not_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = "models: {weight: {fit: weigher, of: [web]}}\n" + one("").replace("steps: []", "")
    recipe += "  scored: {from: web, steps: [{score: weighing, model: weight}]}\n"
    folder = tiny(tmp_path, recipe, docs(range(9)), steps=STEPS)
    for weight in ("1", "2"):
        monkeypatch.setenv("WEIGHT", weight)
        curated = open_small(folder)
        curated.build()
        assert curated.sql("select min(weighing / length(text)) from documents").item() == float(weight)
        shutil.rmtree(curated.store.object(curated.built.done[curated.planned["models/weight"].plan_key].key))


@pytest.mark.parametrize("left", [0, 50])
def test_matches_that_a_power_loss_tore_are_found_again(tmp_path: Path, left: int) -> None:
    folder = tiny(tmp_path, one("{score: letters}"), docs(range(30)))
    open_small(folder).build()
    write(folder, **{"0": docs(range(31))})
    curated = open_small(folder)
    curated.build()
    (torn,) = (curated.store.root / "cache" / "matches").rglob("*.parquet")
    torn.write_bytes(torn.read_bytes()[:left])
    shutil.rmtree(curated.store.object(curated.built.done[curated.planned["web/letters"].plan_key].key))
    again = open_small(folder)
    again.build()
    assert computed(again)["web/letters"] == 1


@pytest.mark.parametrize(("clause", "lets_in"), [("letters > 10", True), ("letters > 45", False)])
def test_a_plan_after_a_changed_clause_says_exactly_what_the_build_then_computes(
    tmp_path: Path, clause: str, lets_in: bool
) -> None:
    recipe = one(
        "{score: letters}, {keep: {long: letters > 20}}, {score: digits}, {keep: {few: digits < 0.5}}, {rewrite: upper}"
    )
    folder = make_project(tmp_path, recipe=recipe)
    open_small(folder).build()
    path = folder / "recipes" / "small.yaml"
    path.write_text(path.read_text().replace("letters > 20", clause))
    rows = {row["node"]: row for row in open_small(folder).plan()}
    curated = open_small(folder)
    curated.build()
    ran = computed(curated)
    assert rows["web/digits"]["exact"]
    assert rows["web/digits"]["to_do"] == ran["web/digits"]
    assert bool(ran["web/digits"]) == lets_in
    assert rows["web/digits"]["documents"] == curated.built.done[curated.planned["web/digits"].plan_key].rows_in
    last = rows["web/upper"]
    real = curated.built.done[curated.planned["web/upper"].plan_key].rows_in
    assert last["documents"] == real if last["exact"] else last["documents"] >= real
    assert last["exact"] != lets_in  # documents that are let in are still to be scored


def test_two_corpora_that_each_gain_a_step_over_the_corpus_are_told_apart(tmp_path: Path) -> None:
    recipe = (
        "recipe: small\ncorpora:\n"
        "  a: {{read: parquet, files: data/0.parquet, steps: [{{score: letters}}{0}]}}\n"
        "  b: {{read: parquet, files: data/1.parquet, steps: [{{score: letters}}{0}]}}\n"
    )
    folder = tiny(tmp_path, recipe.format(""), docs(range(100)), docs(range(40)))
    open_small(folder).build()
    (folder / "recipes/small.yaml").write_text(recipe.format(", {dedup: copies, keep_order: [letters]}"))
    rows = {row["node"]: row for row in open_small(folder).plan()}
    assert (rows["a/copies"]["documents"], rows["b/copies"]["documents"]) == (100, 40)
