"""Records of a user's files: whatever stands in them, each becomes a document or leaves with a reason."""

import itertools
import json
import shutil
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curate.errors import CurateError
from curate.records import as_documents, kind_of_ids, mark_ids
from curate.single import run_step
from curate.sources import Source
from curate.step import find
from curate.work import Work
from tests.curate.corpus import contents, one, open_small, texts, tiny

LETTERS = "{score: letters}"
COPIES = "{score: letters}, {dedup: copies, keep_order: [letters]}"
MIXED = {
    "read/mixed.py": """
        @read
        def mixed(path: str):
            yield pl.DataFrame({"text": ["one", "two"], "weight": [1, 2]})
            yield pl.DataFrame({"text": ["three", "four"], "weight": ["heavy", None]})
    """
}


def write_lines(folder: Path, *files: list[dict[str, object]]) -> None:
    for position, rows in enumerate(files):
        lines = [json.dumps(row) + "\n" for row in rows]
        (folder / "data" / f"{position}.jsonl").write_text("".join(lines), "utf-8")


# ids


@pytest.mark.parametrize("steps", [LETTERS, COPIES], ids=["row-wise", "across"])
def test_a_record_without_the_id_that_the_others_have_is_quarantined(tmp_path: Path, steps: str) -> None:
    tiny(tmp_path, one(steps), texts(40, id=[None if i in (3, 7) else f"id-{i}" for i in range(40)]))
    recipe = open_small(tmp_path)
    recipe.build()
    lost = recipe.sql("select url, error, fate_node from documents where fate = 'quarantined' order by url")
    assert lost.rows() == [("u3", "no id", "web/parquet"), ("u7", "no id", "web/parquet")]
    assert recipe.documents("web").rows == 38


def test_one_id_for_two_texts_is_refused(tmp_path: Path) -> None:
    tiny(tmp_path, one(LETTERS), texts(4, id=["a", "a", "b", "c"]))
    with pytest.raises(CurateError, match="1 ids stand for different texts, such as 'a'") as error:
        open_small(tmp_path).build()
    assert "\n" not in str(error.value)


def test_what_ids_stand_for_is_marked_and_marks_that_are_lost_say_the_least(tmp_path: Path) -> None:
    (tmp_path / "work").mkdir()
    assert kind_of_ids(tmp_path) == "given"
    for kind in ("text", "payload", "given"):
        mark_ids(tmp_path, kind)
        mark_ids(tmp_path, kind)
        assert kind_of_ids(tmp_path) == kind
    tiny(tmp_path / "here", one(LETTERS), texts(4))
    recipe = open_small(tmp_path / "here")
    recipe.build()
    manifests = [recipe.store.manifest(key) for key in recipe.store.keys()]  # noqa: SIM118
    assert [one.facts["ids"] for one in manifests if one.name == "web/parquet"] == ["text"]


def test_one_id_twice_for_one_text_is_a_repeat(tmp_path: Path) -> None:
    docs = texts(3, id=["a", "b", "c"])
    tiny(tmp_path, one(LETTERS), pl.concat([docs, docs[:1]]))
    recipe = open_small(tmp_path)
    recipe.build()
    assert recipe.documents("web").rows == 3
    assert recipe.sql("select id from documents where fate = 'repeat'").rows() == [("a",)]


# the file itself


def test_a_file_that_changed_between_planning_and_reading_is_refused(tmp_path: Path) -> None:
    tiny(tmp_path, one(LETTERS), texts(5))
    recipe = open_small(tmp_path)
    assert recipe.planned
    texts(3).write_parquet(tmp_path / "data/0.parquet")
    with pytest.raises(CurateError, match=r"0\.parquet: changed while it was read"):
        recipe.build()
    texts(5).write_parquet(tmp_path / "data/0.parquet")
    again = open_small(tmp_path)
    again.build()
    assert again.documents("web").rows == 5, "nothing of the other file is left"


def test_a_file_whose_name_looks_like_a_pattern_is_read(tmp_path: Path) -> None:
    tiny(tmp_path, one(LETTERS), texts(4))
    odd = (tmp_path / "data/0.parquet").rename(tmp_path / "data/part[1].parquet")
    recipe = open_small(tmp_path)
    recipe.build()
    assert recipe.sql("select count(*) n from documents")["n"][0] == 4
    done = run_step("score.letters", [str(odd)], tmp_path / "out.parquet", {}, project=tmp_path)
    assert done["fates"] == {"kept": 4}


# types


def test_a_promoted_column_has_a_type_that_fits_all_files(tmp_path: Path) -> None:
    for number in range(4):  # other texts, so that either file comes first by its digest
        folder = tmp_path / str(number)
        folder.mkdir()
        tiny(folder, one("{keep: {heavy: weight >= 1.2}}", read="jsonl"))
        write_lines(folder, [{"text": f"a {number}", "weight": 1}], [{"text": f"b {number}", "weight": 1.5}])
        recipe = open_small(folder)
        recipe.build()
        assert recipe.planned["web"].schema["weight"] == pl.Float64()
        found = recipe.sql("select text, weight, fate from documents order by text").rows()
        assert found == [(f"a {number}", 1.0, "heavy"), (f"b {number}", 1.5, "kept")]


def test_a_column_that_is_a_map_in_one_file_and_a_text_in_another_rides_in_extra(tmp_path: Path) -> None:
    tiny(tmp_path, one(LETTERS, read="jsonl"))
    write_lines(tmp_path, [{"text": "a", "meta": {"n": 1}}], [{"text": "b", "meta": "none"}])
    recipe = open_small(tmp_path)
    recipe.build()
    found = recipe.sql("select text, extra from documents order by text").rows()
    assert found == [("a", '{"meta":{"n":1}}'), ("b", '{"meta":"none"}')]


def test_an_empty_file_says_nothing_about_types(tmp_path: Path) -> None:
    tiny(tmp_path, one("{keep: {heavy: weight >= 1.2}}", read="jsonl"))
    write_lines(tmp_path, [], [{"text": "a", "weight": 1.5}])
    recipe = open_small(tmp_path)
    recipe.build()
    assert recipe.sql("select weight, fate from documents").rows() == [(1.5, "kept")]


def test_a_value_that_is_not_of_its_column_s_type_is_quarantined_and_null_is_not(tmp_path: Path) -> None:
    tiny(tmp_path, one("{keep: {heavy: weight >= 2}}", read="mixed"), texts(1), steps=MIXED)
    recipe = open_small(tmp_path)
    recipe.build()
    found = recipe.sql("select id is null no, text, fate, error from documents order by fate, error").rows()
    fates = sorted((fate, error) for _, _, fate, error in found)
    assert fates == [("heavy", None), ("kept", None), ("quarantined", "weight is not Int64"), ("undecided", None)]


def test_bytes_that_are_no_text_are_quarantined_and_others_are_read(tmp_path: Path) -> None:
    tiny(tmp_path, one(LETTERS), pl.DataFrame({"text": [b"ok", b"\xff\xfe", "fin\u00e9".encode()]}))
    recipe = open_small(tmp_path)
    recipe.build()
    assert recipe.sql("select text from documents where fate = 'kept' order by text").rows() == [
        ("fin\u00e9",),
        ("ok",),
    ]
    assert recipe.sql("select error from documents where fate = 'quarantined'").rows() == [
        ("the text is not valid UTF-8",)
    ]


@pytest.mark.parametrize(
    ("frame", "more", "says"),
    [
        (texts(3), "columns: {text: txet}", "no column 'txet'; did you mean 'text'"),
        (texts(3), "columns: {text: url.x}", r"no column 'url\.x'"),
        (pl.DataFrame({"text": [["a"], ["b"]]}), "", r"holds List\(String\), not text"),
        (pl.DataFrame({"text": [{"a": 1}]}), "", "not text"),
        (pl.DataFrame({"content": ["a"]}), "", r"no column 'text'.*it has content"),
    ],
    ids=["missing", "no field", "list", "struct", "none"],
)
def test_a_file_without_a_text_column_is_one_line(tmp_path: Path, frame: pl.DataFrame, more: str, says: str) -> None:
    tiny(tmp_path, one(LETTERS, more=more), frame)
    with pytest.raises(CurateError, match=says) as error:
        open_small(tmp_path).build()
    assert "\n" not in str(error.value)


# columns of ours


OURS = ["row", "shard", "fate", "corpus", "filename", "failed", "fate_node", "parent_id"]


def test_columns_called_like_ours_ride_in_extra(tmp_path: Path) -> None:
    tiny(tmp_path, one(COPIES + ", {synth: halves, least: 10}"), texts(5, **{c: [f"mine {c}"] * 5 for c in OURS}))
    recipe = open_small(tmp_path)
    recipe.build()
    found = recipe.sql("select fate, extra, corpus, parent_id from documents where fate = 'kept'")
    assert found["corpus"].unique().to_list() == ["web"]
    assert found["parent_id"].str.len_chars().unique().to_list() == [32]
    before = recipe.documents("web/copies")
    extra = before.load(before.shards[0], ["extra"])["extra"]
    assert json.loads(extra[0]) == {c: f"mine {c}" for c in OURS}


def test_a_step_over_a_file_with_columns_called_like_ours_keeps_them(tmp_path: Path) -> None:
    tiny(tmp_path, one(LETTERS), texts(4, **{column: range(4) for column in OURS}))
    run_step("score.letters", [str(tmp_path / "data/0.parquet")], tmp_path / "out.parquet", {}, project=tmp_path)
    out = pl.read_parquet(tmp_path / "out.parquet").sort("url")
    assert [json.loads(e) for e in out["extra"]] == [dict.fromkeys(OURS, i) for i in range(4)]


# what must not depend on the split

NUMBERS = st.integers(-(2**40), 2**40) | st.floats(-1e6, 1e6) | st.just(2.0) | st.none()
FIELDS = st.fixed_dictionaries(
    {},
    optional={
        "a": NUMBERS,
        "b": st.none() | st.text(max_size=3),
        "c": st.fixed_dictionaries({}, optional={"x": NUMBERS, "y": st.booleans() | st.none()}),
        "d": st.lists(NUMBERS, max_size=3),
    },
)
ROWS = st.lists(FIELDS, min_size=2, max_size=8)


def extras(folder: Path, rows: list[dict[str, object]], cuts: set[int]) -> dict[str, str | None]:
    """Text -> extra, of rows in files cut at these places."""
    work = Work("web/jsonl", "read", folder, corpus="web", read={"columns": {}, "promoted": [], "license": None})
    found = {}
    bounds = [0, *sorted(cuts), len(rows)]
    for start, stop in itertools.pairwise(bounds):
        path = folder / "part.jsonl"
        path.write_text("".join(json.dumps(row) + "\n" for row in rows[start:stop]), "utf-8")
        for frame in find("read", "jsonl").call(str(path)):
            docs = as_documents(frame, work, Source(str(path), "", 0))
            assert docs["error"].null_count() == docs.height
            found.update(zip(docs["text"].to_list(), docs["extra"].to_list(), strict=True))
    return found


@given(ROWS, st.sets(st.integers(1, 7)))
def test_extra_does_not_depend_on_how_records_are_split_into_files(
    tmp_path_factory: pytest.TempPathFactory, fields: list[dict[str, object]], cuts: set[int]
) -> None:
    folder = tmp_path_factory.mktemp("split")
    (folder / "work").mkdir()
    rows = [{"text": f"text {i}", **row} for i, row in enumerate(fields)]
    whole = extras(folder, rows, set())
    assert extras(folder, rows, {c for c in cuts if c < len(rows)}) == whole
    shutil.rmtree(folder)


@settings(max_examples=3)
@given(ROWS, st.sets(st.integers(1, 7), min_size=1))
def test_bytes_after_the_first_across_step_do_not_depend_on_the_split(
    tmp_path_factory: pytest.TempPathFactory, fields: list[dict[str, object]], cuts: set[int]
) -> None:
    rows = [{"text": f"text number {i}", **row} for i, row in enumerate(fields)]
    found = []
    for bounds in ([0, len(rows)], [0, *sorted(c for c in cuts if c < len(rows)), len(rows)]):
        folder = tiny(tmp_path_factory.mktemp("split"), one(COPIES + ", {synth: halves, least: 4}", read="jsonl"))
        write_lines(folder, *[rows[a:b] for a, b in itertools.pairwise(bounds)])
        recipe = open_small(folder)
        recipe.build()
        made = contents(recipe)
        found.append((made["web/copies"], made["web/halves"]))
        shutil.rmtree(folder)
    assert found[0] == found[1]
