"""The views: every document once, counts that are those of the manifests, and no way to write or to trip over a name."""

import shutil
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import curate
from curate.cli import main
from curate.errors import CurateError
from tests.curate.corpus import make_project, one, open_small, texts, tiny

LONG = "{score: letters}, {keep: {long: letters > 20}}"
TWO = {
    "synth/two.py": """
        @expand
        def two(docs: pl.DataFrame) -> pl.DataFrame:
            if docs["text"].str.contains("number 0 ").any():
                raise ValueError("poison")
            made = docs.select("text").with_row_index("parent").filter(~pl.col("text").str.contains("number 3 "))
            return pl.concat([made, made]).select("parent", "text")
    """
}


def disagreements(recipe: curate.Curated) -> list[object]:
    """Where the views, the manifests and the tables say different things."""
    found: list[object] = []
    for name in recipe.planned.ends:
        kept = recipe.sql(f"select count(*) n from documents where corpus = '{name}' and fate = 'kept'")["n"][0]
        found += [(name, kept, recipe.documents(name).rows)] if kept != recipe.documents(name).rows else []
    told = recipe.sql("select node, fate, sum(documents)::int n from fates where fate <> 'kept' group by all")
    seen = recipe.sql("select fate_node, fate, count(*)::int n from documents where fate <> 'kept' group by all")
    found += sorted(set(told.rows()) ^ set(seen.rows()))
    for row in recipe.funnel():
        if recipe.planned[row["node"]].kind != "expand" and row["in"] - row["out"] != sum(row["fates"].values()):
            found.append(row)
    return found


# parents and children


def test_parents_that_gave_nothing_stand_beside_the_children_by_parent_id(tmp_path: Path) -> None:
    tiny(tmp_path, one("{synth: two}, {score: letters}"), texts(8), steps=TWO)
    recipe = open_small(tmp_path)
    recipe.build()
    lost = recipe.sql("select fate, fate_node, error, id, parent_id, text from documents where fate <> 'kept'")
    assert sorted(lost.drop("parent_id").rows()) == [
        ("no rows", "web/two", None, None, None),
        ("quarantined", "web/two", "ValueError: poison", None, None),
    ]
    parents = recipe.documents("web/parquet")
    by_text = {t: i for _, i, t in parents.load(parents.shards[0], ["id", "text"]).iter_rows()}
    expected = {next(i for t, i in by_text.items() if f"number {n} " in t) for n in (0, 3)}
    assert set(lost["parent_id"]) == expected
    assert not disagreements(recipe)


def test_no_child_of_a_healthy_parent_looks_quarantined(tmp_path: Path) -> None:
    tiny(tmp_path, one("{synth: two}, {score: letters}"), texts(8), steps=TWO)
    recipe = open_small(tmp_path)
    recipe.build()
    children = recipe.sql("select fate, error, letters from documents where id is not null")
    assert children.height == recipe.documents("web").rows == 12
    assert children["fate"].unique().to_list() == ["kept"]
    assert children["letters"].null_count() == 0
    assert children["error"].null_count() == 12


STEPS = [
    "{score: letters, as: l%d}",
    "{keep: {k%d: id > '4'}}",
    "{dedup: copies, keep_order: [url], as: c%d}",
    "{synth: two, as: t%d}",
    "{synth: halves, as: h%d, least: 12}",
]


@settings(max_examples=3)
@given(st.lists(st.sampled_from(STEPS), max_size=4), st.lists(st.sampled_from(STEPS), max_size=3), st.booleans())
def test_the_views_count_what_the_manifests_count(
    tmp_path_factory: pytest.TempPathFactory, first: list[str], second: list[str], reader: bool
) -> None:
    numbered = [text % i for i, text in enumerate([*first, *second])]
    recipe = f"""
        recipe: small
        corpora:
          web: {{read: parquet, files: data/*, steps: [{", ".join(numbered[: len(first)])}]}}
          b: {{from: {"web/parquet" if reader else "web"}, steps: [{", ".join(numbered[len(first) :])}]}}
    """
    docs = texts(60).with_columns(text=pl.when(pl.int_range(60) != 7).then("text"))
    folder = tiny(tmp_path_factory.mktemp("views"), recipe, docs[:30], docs[30:], docs[:9], steps=TWO)
    made = open_small(folder)
    made.build()
    assert not disagreements(made)
    shutil.rmtree(folder)


# names of folders


@pytest.mark.parametrize("name", ["row=3", "shard=9", "id=5", "a[1]*", "q?z", "it's"])
def test_a_store_may_be_called_anything(tmp_path: Path, name: str) -> None:
    tiny(tmp_path, one(LONG), texts(9), texts(9, date=["2020"] * 9))
    store = str(tmp_path / "stores" / name)
    open_small(tmp_path, store=store).build()
    recipe = open_small(tmp_path, store=store)
    assert recipe.build()["ran"] == []
    counts = recipe.sql("select fate, count(*) n, count(distinct id) i from documents group by all order by 1").rows()
    assert counts == [("kept", 6, 6), ("long", 3, 3), ("repeat", 9, 9)]
    assert recipe.sample("web", 3)["letters"].null_count() == 0


@pytest.mark.parametrize("name", ["a[1]*", "id=5"])
def test_a_project_may_be_called_anything(tmp_path: Path, name: str) -> None:
    folder = tmp_path / name
    folder.mkdir()
    tiny(folder, one(LONG), texts(9))
    recipe = open_small(folder)
    recipe.build()
    assert recipe.sql("select count(*) n from documents where fate = 'kept'")["n"][0] == 6


# samples


def test_a_sample_is_of_the_fate_that_was_asked_for(tmp_path: Path) -> None:
    tiny(tmp_path, one("{score: letters}"), texts(5), texts(5, date=["2020"] * 5))
    recipe = open_small(tmp_path)
    recipe.build()
    assert recipe.sample("web", 5)["fate"].to_list() == ["kept"] * 5
    assert recipe.sample("web", 4)["id"].n_unique() == 4
    assert recipe.sample("web", 3, dropped_by="repeat")["fate"].to_list() == ["repeat"] * 3


def test_a_sample_on_the_line_of_a_clause_has_both_sides_and_nothing_else(tmp_path: Path) -> None:
    tiny(tmp_path, one(LONG), texts(30), texts(30, date=["2020"] * 30))
    recipe = open_small(tmp_path)
    recipe.build()
    found = recipe.sample("web", 4, dropped_by="long", near=True)
    assert sorted(found["letters"]) == [18, 19, 20, 21]
    assert found.filter(fate="repeat").height == 0


def test_a_sample_of_a_rewrite_shows_each_text_before_and_after(tmp_path: Path) -> None:
    tiny(tmp_path, one("{score: letters}, {rewrite: upper}, {keep: {long: letters > 20}}"), texts(30))
    recipe = open_small(tmp_path)
    recipe.build()
    found = recipe.sample("web/upper", 5)
    assert found.columns[-2:] == ["before", "after"]
    assert found["after"].to_list() == [text.upper() for text in found["before"]]
    assert all(text.startswith("document number") for text in found["before"])
    assert found["before"].str.len_chars().cast(pl.Int64).to_list() == found["letters"].to_list()


def test_a_sample_of_a_step_has_the_documents_as_they_stand_after_it(tmp_path: Path) -> None:
    steps = "{score: letters}, {keep: {long: letters > 20}}, {rewrite: upper}, {score: digits}"
    tiny(tmp_path, one(steps), texts(30), texts(5, date=["2020"] * 5))
    recipe = open_small(tmp_path)
    recipe.build()
    assert recipe.sample("web/letters", 100).height == 30
    after = recipe.sample("web/long", 100)
    assert after["letters"].min() == 21
    assert "digits" not in after.columns
    assert after["text"].str.starts_with("document").all()
    assert recipe.sample("web/long", 4)["id"].to_list() == after["id"].to_list()[:4], (
        "a smaller sample is part of a larger"
    )
    assert recipe.sample("web/digits", 100)["text"].str.starts_with("DOCUMENT").all()


# types


def test_one_column_of_two_types_in_two_corpora_can_be_queried(tmp_path: Path) -> None:
    steps = {
        "score/number.py": """
            @score(each=True)
            def number(text: str) -> float:
                return 1.0
        """,
        "score/names.py": """
            @score
            def names(docs: pl.DataFrame) -> pl.Series:
                return pl.Series([["a"]] * docs.height, dtype=pl.List(pl.String))
        """,
    }
    recipe = """
        recipe: small
        corpora:
          web: {read: parquet, files: data/*, steps: [{score: number, as: v}, {score: letters}]}
          b: {read: parquet, files: data/*, steps: [{score: names, as: v}, {score: digits, as: letters}]}
    """
    tiny(tmp_path, recipe, texts(3), steps=steps)
    made = open_small(tmp_path)
    made.build()
    found = made.sql("select distinct corpus, v from documents order by corpus").rows()
    assert found == [("b", '["a"]'), ("web", "1.0")]
    assert made.sql("select letters from documents")["letters"].dtype.is_numeric(), "two kinds of numbers stay numbers"


# what is not there


def test_a_corpus_whose_base_is_missing_is_left_out_until_it_is_made_again(tmp_path: Path) -> None:
    recipe = """
        recipe: small
        corpora:
          web: {read: parquet, files: data/0*, steps: [{score: letters}]}
          b: {read: parquet, files: data/1*, steps: [{score: digits}]}
    """
    tiny(tmp_path, recipe, texts(5), texts(4))
    made = open_small(tmp_path)
    made.build()
    shutil.rmtree(tmp_path / ".curate/objects" / made.built.done[made.planned["web/parquet"].plan_key].key)
    count = "select corpus, count(*) n from documents group by all order by all"
    assert open_small(tmp_path).sql(count).rows() == [("b", 4)]
    assert open_small(tmp_path).build()["ran"] == ["web/parquet"]
    assert open_small(tmp_path).sql(count).rows() == [("b", 4), ("web", 5)]


@pytest.mark.parametrize(
    "args",
    [
        ["plan"],
        ["show"],
        ["why"],
        ["status"],
        ["query", "select 1"],
        ["sample", "web"],
        ["trace", "u1"],
        ["whatif", "web", "letters > 3"],
    ],
)
@pytest.mark.parametrize("damage", ["shard", "manifest"])
def test_a_damaged_object_is_one_line_wherever_it_is_met(
    built: Path, args: list[str], damage: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(built)
    recipe = open_small(built)
    key = recipe.store.planned(recipe.planned["web/letters"].plan_key) or ""
    folder = built / ".curate/objects" / key
    path = folder / "manifest.json" if damage == "manifest" else next(folder.glob("*.parquet"))
    path.write_bytes(path.read_bytes()[:-3])
    with pytest.raises(SystemExit) as left:
        main([args[0], "small", *args[1:]])
    said = capfd.readouterr().err
    assert left.value.code == 2
    assert said.count("\n") == 1
    assert "curate build small" in said


@pytest.fixture
def built(tmp_path: Path) -> Path:
    open_small(tiny(tmp_path, one(LONG), texts(5))).build()
    return tmp_path


# queries only read


@pytest.mark.parametrize(
    "head", ["explain analyze", "EXPLAIN  ANALYZE", "explain (analyze)", "explain /* x */ analyze", ""]
)
def test_a_query_writes_nothing_not_even_while_it_is_explained(built: Path, head: str) -> None:
    recipe = open_small(built)
    objects = built / ".curate/objects"
    key = recipe.built.done[recipe.planned["web/letters"].plan_key].key
    for target in (objects / "evil.parquet", next((objects / key).glob("*.parquet"))):
        before = target.read_bytes() if target.exists() else None
        with pytest.raises(CurateError):
            open_small(built).sql(f"{head} copy (select 1 as x) to '{target}' (format parquet)")
        assert (target.read_bytes() if target.exists() else None) == before
    assert open_small(built).verify(deep=True) == []


def test_a_query_may_be_explained(built: Path) -> None:
    assert open_small(built).sql("explain select * from documents").height


def test_what_a_document_says_cannot_end_a_query(tmp_path: Path) -> None:
    make_project(tmp_path)
    recipe = open_small(tmp_path)
    recipe.build(only="web")
    with pytest.raises(CurateError):
        recipe.sample("web' or '1'='1")
