"""A build: what it gives, what it does again, and what it must not depend on."""

import time
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from curate.errors import CurateError
from tests.curate.corpus import contents, documents, edit, make_project, objects, one, open_small, tiny, write_files


@pytest.fixture
def small(tmp_path: Path) -> Path:
    return make_project(tmp_path)


def test_a_step_edited_in_a_notebook_runs_as_it_stands_now(tmp_path: Path) -> None:
    folder = tiny(tmp_path, one("{score: letters}"), pl.DataFrame({"text": ["größer"]}))
    open_small(folder).build()
    edit(folder / "steps/score/letters.py", "len_chars()", "len_bytes()")
    recipe = open_small(folder)
    recipe.build()
    assert recipe.sql("select letters from documents").item() == 8


def test_what_is_not_on_this_machine_is_said_before_any_work_unless_it_is_stored(tmp_path: Path) -> None:
    folder = tiny(tmp_path, one("{score: letters}"), pl.DataFrame({"text": ["one"]}))
    recipe = open_small(folder)
    nodes = recipe.planned.nodes
    nodes["web/letters"] = replace(nodes["web/letters"], missing="no file here; run fetch-it")
    with pytest.raises(CurateError, match="no file here; run fetch-it"):
        recipe.build()
    assert not list((folder / ".curate" / "objects").glob("*/manifest.json"))
    open_small(folder).build()
    recipe.build()
    assert recipe.documents("web").rows == 1


def test_every_document_has_one_fate(small: Path) -> None:
    recipe = open_small(small)
    recipe.build()
    fates = recipe.sql("select id, fate, fate_node from documents where corpus = 'web'")
    read = documents(300)
    assert fates.height == read.height
    counts = dict(fates["fate"].value_counts().iter_rows())
    assert counts["repeat"] == 2
    assert counts["quarantined"] == 1
    assert counts["unique"] >= 3
    kept = fates.filter(fate="kept")
    assert kept["id"].is_unique().all()
    assert kept.height == recipe.documents("web").rows


def test_the_fates_are_what_a_plain_computation_gives(small: Path) -> None:
    recipe = open_small(small)
    recipe.build()
    found = recipe.sql("select url, date, fate from documents where corpus = 'web'")
    docs = (
        documents(300)
        .sort("date", nulls_last=True)
        .unique(["url", "text"], keep="first")
        .filter(~pl.col("text").str.contains("POISON"))
    )
    letters, digits = pl.col("text").str.len_chars(), pl.col("text").str.count_matches("[0-9]")
    long, few = letters > 20, (digits / letters) < 0.5
    assert set(found.filter(fate="long")["url"]) == set(docs.filter(~long)["url"])
    assert set(found.filter(fate="few_digits")["url"]) == set(docs.filter(long & ~few)["url"])
    passed = docs.filter(long & few).with_columns(pl.col("text").str.to_uppercase())
    assert found.filter(fate="kept").height == passed["text"].n_unique()


def test_of_equal_records_the_oldest_stays_and_an_unknown_date_is_the_youngest(tmp_path: Path) -> None:
    make_project(tmp_path)
    row = {"text": "the same text in three captures", "url": "https://example.org/same"}
    docs = pl.DataFrame(
        [{**row, "date": d} for d in (None, "2020-05-01", "2011-01-01")], schema_overrides={"date": pl.String}
    )
    write_files(tmp_path, docs, [1, 2])
    recipe = open_small(tmp_path)
    recipe.build(only="web")
    assert recipe.sql("select date from documents where fate = 'kept' and corpus = 'web'")["date"].to_list() == [
        "2011-01-01"
    ]


def test_a_second_build_does_nothing_and_fast(small: Path) -> None:
    open_small(small).build()
    again = open_small(small)
    started = time.perf_counter()
    assert again.build()["ran"] == []
    assert time.perf_counter() - started < 1
    assert open_small(small).why() == {}


def test_a_comment_rebuilds_nothing(small: Path) -> None:
    open_small(small).build()
    edit(small / "steps/rewrite/upper.py", '"""Upper case."""', '"""Upper case, really."""\n# a comment\n\n')
    assert open_small(small).build()["ran"] == []


def test_changed_code_with_the_same_result_rebuilds_one_node_and_why_names_it(small: Path) -> None:
    open_small(small).build()
    edit(small / "steps/rewrite/upper.py", 'docs["text"].str', 'docs.get_column("text").str')
    recipe = open_small(small)
    assert recipe.why()["web/upper"] == ["the code of curate_project.rewrite.upper changed"]
    assert recipe.build()["ran"] == ["web/upper"]


def test_changed_code_with_another_result_rebuilds_what_reads_it(small: Path) -> None:
    open_small(small).build()
    edit(small / "steps/rewrite/upper.py", "to_uppercase", "to_lowercase")
    ran = open_small(small).build()["ran"]
    assert ran[0] == "web/upper"
    assert "parts/halves" in ran
    assert not {"web/parquet", "web/letters", "web/digits"} & set(ran)


def test_a_changed_clause_is_named_and_computes_only_the_documents_it_lets_in(small: Path) -> None:
    calls = small / "calls"
    said = f'with open({str(calls)!r}, "a") as file:\n        file.write(f"{{docs.height}}\\n")\n    return docs'
    edit(small / "steps/score/digits.py", "return docs", said)
    open_small(small).build()
    calls.unlink()
    before = open_small(small)
    kept = before.documents("web").rows
    edit(small / "recipes/small.yaml", "letters > 20", "letters > 12")
    recipe = open_small(small)
    assert recipe.why()["web/long+few_digits"] == ["clause long: letters > 20 -> letters > 12"]
    recipe.build()
    computed = sum(int(line) for line in calls.read_text().split())
    let_in = recipe.documents("web").rows - kept
    assert 0 < computed <= let_in + 3
    fresh = open_small(small, store=str(small / "fresh"))
    fresh.build()
    assert contents(fresh) == contents(recipe)


@pytest.mark.parametrize("how", [{"executor": "local", "workers": 2}, {"executor": "local", "workers": 1}])
def test_workers_and_executor_do_not_show_in_a_single_byte(small: Path, how: dict[str, object]) -> None:
    open_small(small).build()
    here = objects(small / ".curate")
    other = open_small(small, store=str(small / "other"), **how)
    other.build()
    assert objects(small / "other") == here


def test_names_and_order_of_files_do_not_show_in_a_single_byte(small: Path) -> None:
    open_small(small).build()
    here = objects(small / ".curate")
    for old, new in zip(sorted((small / "data").iterdir()), ["z", "b", "a"], strict=True):
        old.rename(old.with_name(f"{new}.parquet"))
    other = open_small(small, store=str(small / "other"))
    other.build()
    assert objects(small / "other") == here


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(st.lists(st.integers(1, 119), max_size=5, unique=True), st.randoms(use_true_random=False))
def test_another_split_gives_the_same_rows_fates_and_bytes_after_the_first_across_step(
    tmp_path_factory: pytest.TempPathFactory, cuts: list[int], rng: object
) -> None:
    folder = make_project(tmp_path_factory.mktemp("split"), count=120)
    one = open_small(folder)
    one.build()
    docs = documents(120)
    order = list(range(120))
    rng.shuffle(order)  # type: ignore[attr-defined]
    write_files(folder, docs[order], cuts)
    other = open_small(folder, store=str(folder / "other"))
    other.build()
    fates = "select id, fate, date, text, letters, digits from documents where corpus = 'web' order by all"
    assert one.sql(fates).equals(other.sql(fates))
    after = ["web/copies", "web/copies.unique", "web/digits_after", "parts/halves", "parts/part_letters"]
    assert {n: contents(one)[n] for n in after} == {n: contents(other)[n] for n in after}


def test_a_foreign_column_that_a_clause_names_becomes_a_column_and_the_others_ride_along(small: Path) -> None:
    edit(small / "recipes/small.yaml", "few_digits: digits < 0.5", "light: weight < 100")
    recipe = open_small(small)
    recipe.build(only="web")
    kept = recipe.sql("select weight, extra from documents where fate = 'kept' and corpus = 'web'")
    assert kept["weight"].max() is not None
    assert kept["weight"].to_numpy().max() < 100
    assert kept["extra"].str.json_path_match("$.meta.n").cast(pl.Int64).equals(kept["weight"])


def test_a_broken_step_stops_the_build_with_one_line_and_keeps_what_was_finished(small: Path) -> None:
    edit(
        small / "steps/rewrite/upper.py",
        'return docs["text"]',
        'if docs.height:\n        raise RuntimeError("no good")\n    return docs["text"]',
    )
    with pytest.raises(CurateError, match="no good") as error:
        open_small(small).build()
    assert "\n" not in str(error.value)
    edit(small / "steps/rewrite/upper.py", 'raise RuntimeError("no good")', "pass")
    assert open_small(small).build()["ran"]


def test_one_name_for_two_columns_is_refused_before_anything_runs(small: Path) -> None:
    edit(small / "recipes/small.yaml", "        as: digits_after\n", "")
    with pytest.raises(CurateError, match="as:"):
        open_small(small).build()
    assert not (small / ".curate" / "objects").exists() or not list((small / ".curate" / "objects").iterdir())


def test_an_unknown_column_in_a_clause_is_refused_with_a_suggestion(small: Path) -> None:
    edit(small / "recipes/small.yaml", "letters > 20", "leters > 20")
    with pytest.raises(CurateError, match=r"recipes/small.yaml:\d+: web: .*did you mean 'letters'"):
        open_small(small).plan()


def test_a_lock_that_does_not_hold_is_refused_and_left_alone(small: Path) -> None:
    open_small(small).build()
    lock = small / "recipes/small.lock"
    before = lock.read_text()
    assert open_small(small, store=str(small / "again")).build(locked=True)
    edit(small / "steps/rewrite/upper.py", "to_uppercase", "to_lowercase")
    with pytest.raises(CurateError, match="not what the lock says"):
        open_small(small).build(locked=True)
    assert lock.read_text() == before
