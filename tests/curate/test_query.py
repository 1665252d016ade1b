"""Queries: they only read whatever they try, names from anywhere are only names, and figures need no data file."""

import contextlib
import csv
import io
import json
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

import curate
from curate.cli import cli, main
from curate.cli.common import frame_text
from curate.documents import FROM_DATA
from curate.errors import CurateError
from curate.evals.views import FROM_RESULTS
from curate.figures import FIGURES
from curate.question import ask
from curate.reply_views import FROM_REPLIES
from curate.sql import folded, literal, quoted
from curate.state import State
from curate.views import VIEWS, columns, connect
from tests.curate.corpus import make_project, one, open_small, texts, tiny

LONG = "{score: letters}, {keep: {long: letters > 20, longer: letters > 21}}"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> curate.Curated:
    folder = tmp_path_factory.mktemp("query")
    tiny(folder, one(LONG), texts(9))
    open_small(folder).build()
    return open_small(folder)


def everything(folder: Path) -> dict[str, bytes]:
    return {str(p): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


# only reads

READ_ONLY = [
    "select 1", "from funnel", "with a as (select 1 x) select x from a", "describe documents", "summarize fates",
    "values (1)", "table funnel", "show tables", "explain select * from documents", "EXPLAIN (format json) select 1",
    "(select 1) union (select 2)",
    "with recursive r as (select 1 n union all select n + 1 from r where n < 3) from r", "-- a comment\nselect 1",
    "/* ; */ select 1;", "select * from range(3)", "select unnest(failed) from documents",
    "from documents tablesample 10%", "unpivot fates on documents",
    "select corpus, count(*) over (partition by fate) from documents", "select 'copy (select 1) to ''x''' as text",
]  # fmt: skip
WRITES = [
    "copy (select 1) to '{x}'", "with a as (copy (select 1) to '{x}') select 1",
    "select (with a as (copy (select 1) to '{x}') select 1)",
    "with a as (with b as (copy (select 1) to '{x}') select 1) from a",
    "explain with a as (copy (select 1) to '{x}') select 1",
    "with a as (insert into fates values (1) returning *) from a", "with a as (delete from fates returning *) from a",
    "create table t as select 1", "drop view documents", "attach '{x}'", "export database '{x}'",
    "import database '{x}'", "install httpfs", "load httpfs", "set threads = 1", "reset threads", "pragma version",
    "pragma enable_profiling", "call enable_logging(storage='file', storage_path='{x}')", "vacuum", "checkpoint",
    "prepare p as select 1", "execute p", "begin", "select 1; select 2", "select 1; drop view documents", "", ";",
    "-- nothing", "/* nothing */", "explain analyze select 1", "explain (analyze) select 1",
    "explain /* ; */ copy (select 1) to '{x}'", "explain explain select 1",
    "-- x\nexplain analyze copy (select 1) to '{x}'", "alter table fates add column a int", "use memory",
    "update fates set node = 'x'",
]  # fmt: skip
READS_ELSEWHERE = [
    "from read_csv('/etc/passwd')", "from read_text('/etc/passwd')", "from read_blob('/etc/passwd')",
    "from read_json('/etc/passwd')", "from '/etc/passwd.csv'", "from '/etc/passwd'",
    "from read_parquet('/etc/passwd')", "from parquet_metadata('/etc/passwd')", "from glob('/etc/*')",
    "from sniff_csv('/etc/passwd')", "from read_duckdb('/etc/passwd')", "select getenv('HOME')",
    "from duckdb_secrets()", "from which_secret('a', 'b')", "from query('select 1')", "from query_table('documents')",
    "from json_execute_serialized_sql(json_serialize_sql('select 1'))", "from arrow_scan(1, 2, 3)",
    "from pandas_scan(1)", "from python_map_function(1)", "from sql_auto_complete('sel')", "from texts", "from pl",
    "from enable_logging('QueryLog')", "from checkpoint()", "from \"read_csv\"('/etc/passwd')",
    "from READ_CSV('/etc/passwd')", "from main.read_csv('/etc/passwd')", "from 'https://example.org/x.parquet'",
    "select * from funnel, lateral read_text('/etc/passwd')", "select (select content from read_text('/etc/passwd'))",
    "from 's3://bucket/x.parquet'",
]  # fmt: skip


@pytest.mark.parametrize("sql", READ_ONLY)
def test_a_query_that_reads_is_answered(built: curate.Curated, sql: str) -> None:
    assert built.sql(sql).width


@pytest.mark.parametrize("sql", WRITES + READS_ELSEWHERE)
def test_anything_else_is_refused_in_one_line_and_leaves_no_trace(built: curate.Curated, sql: str) -> None:
    folder = built.store.root / "objects"
    before = everything(folder)
    with pytest.raises(CurateError) as refused:
        built.sql(sql.format(x=folder / "evil.csv") if "{x}" in sql else sql)
    assert "\n" not in str(refused.value)
    assert everything(folder) == before
    assert built.sql("select count(*) from documents").item() == 9


def test_parentheses_without_an_end_are_refused_before_duckdb_looks_for_it() -> None:
    with duckdb.connect() as connection:
        hidden = ("$$'$$" + "(" * 100_000 + "$$'$$", "e'\\''" + "(" * 100_000 + "'", "(')'||" * 100_000)
        for text in ("from docum" + "(" * 100_000, "select 'é'" + ")" * 100_000 + "(" * 100_000, *hidden):
            began = time.process_time()
            with pytest.raises(CurateError, match="nested too deeply"):
                ask(connection, text)
            assert time.process_time() - began < 5
        ask(connection, f"select '{'(' * 1000}' -- {'(' * 1000}")
        ask(connection, "select " + "(" * 100 + "1" + ")" * 100 + ", (1)" * 500)


@given(
    st.text(max_size=60) | st.lists(st.sampled_from(" ".join([*READ_ONLY, *WRITES]).split()), max_size=12).map(" ".join)
)
def test_no_text_whatever_is_more_than_a_refused_query(built: curate.Curated, sql: str) -> None:
    try:
        built.sql(sql)
    except CurateError as error:
        assert "\n" not in str(error)


@pytest.mark.parametrize(
    "sql", ["select '\ud800'", "select '\0'", "select " + "(" * 3000 + "1" + ")" * 3000, "select " + "-" * 20_001 + "1"]
)
def test_text_that_is_no_text_and_deep_text_is_one_line(built: curate.Curated, sql: str) -> None:
    try:
        assert built.sql(sql).height <= 1
    except CurateError as error:
        assert len(str(error)) < 500


@pytest.mark.parametrize(
    ("sql", "says"),
    [
        ("select leters from documents", "there is no column 'leters' in documents; did you mean 'letters'?"),
        ("select document_in from funnel", "there is no column 'document_in' in funnel; did you mean 'documents_in'?"),
        ("from document", "there is no view 'document'; did you mean 'documents'?"),
        ("from rnge(3)", "rnge() is not allowed in a query, which only reads the views; did you mean 'range'?"),
        ("select * frm funnel", "Parser Error"),
    ],
)
def test_a_name_that_is_not_there_suggests_one_that_is(built: curate.Curated, sql: str, says: str) -> None:
    with pytest.raises(CurateError) as refused:
        built.sql(sql)
    assert str(refused.value).startswith(says)


# what an answer may hold


def test_columns_of_one_name_are_numbered(built: curate.Curated) -> None:
    assert built.sql("select 1 x, 2 x, 3 x_1, 4 X").rows(named=True) == [{"x": 1, "x_2": 2, "x_1": 3, "X": 4}]


def test_a_count_is_an_integer_and_a_number_that_is_too_large_for_one_is_not_lost(built: curate.Curated) -> None:
    found = built.sql("select sum(documents) as n, 12345678901234567890::hugeint as large from fates")
    assert found["n"].dtype == pl.Int64
    assert int(found["large"].item()) == 12345678901234567890


def test_a_type_that_cannot_be_shown_is_one_line(built: curate.Curated) -> None:
    with pytest.raises(CurateError, match="cast it to text"):
        built.sql("select interval 1 day")


# the same columns whatever is built


def described(recipe: curate.Curated, view: str) -> list[tuple[str, str]]:
    return recipe.sql(f"describe {view}").select("column_name", "column_type").rows()


@pytest.mark.parametrize("view", VIEWS)
def test_a_view_has_its_columns_and_types_whatever_is_built(tmp_path: Path, view: str) -> None:
    make_project(tmp_path)
    found = []
    for through in ("web/parquet", "web/digits", "parts"):
        open_small(tmp_path).build(through=through)
        recipe = open_small(tmp_path)
        found.append(described(recipe, view))
        assert [(c.name, c.type) for c in columns(recipe.built, view)] == found[-1]
    assert found[0] == found[1] == found[2]


def test_a_mixture_that_is_not_built_is_empty(built: curate.Curated) -> None:
    assert built.sql("from mixture").height == built.sql("from sources").height == 0
    assert built.sql("select max(share) < 0.5 from sources").item() is None


def test_clauses_nodes_and_inputs_say_what_the_recipe_says(built: curate.Curated) -> None:
    assert built.sql("select clause, condition, failed_first, failed from clauses order by place").rows() == [
        ("long", "letters > 20", 3, 3),
        ("longer", "letters > 21", 1, None),
    ]
    asked = built.sql(
        "select clause, count(*) n from (select unnest(failed) clause from documents) group by all order by all"
    ).rows()
    assert asked == [("long", 3), ("longer", 4)]
    assert built.sql("select node, key from nodes where state = 'stored'").rows() == [
        (name, built.built.done[node.plan_key].key) for name, node in built.planned.nodes.items()
    ]
    (path,) = built.sql("select path from inputs")["path"]
    assert path == str(built.project / "data/0.parquet")


def test_figures_need_no_data_file(tmp_path: Path) -> None:
    make_project(tmp_path)
    open_small(tmp_path).build()
    recipe = open_small(tmp_path)
    before = {view: recipe.sql(f"from {view}").rows() for view in FIGURES}
    for path in recipe.store.root.rglob("*.parquet"):
        path.unlink()
    assert {view: recipe.sql(f"from {view}").rows() for view in FIGURES} == before
    assert before["fates"]
    with pytest.raises(CurateError):
        recipe.sql("from documents")


def test_files_are_asked_for_only_where_a_query_names_their_view(
    built: curate.Curated, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    monkeypatch.setattr(State, "piece", lambda self, node: asked.append(node.name))
    built.sql("select documents from fates")
    built.sql("explain select 'documents' as \"mixture\" from funnel")
    assert asked == []
    with pytest.raises(AttributeError):
        built.sql('with a as (select * from "Documents") from a')
    assert asked


def test_counting_fates_reads_no_text(built: curate.Curated) -> None:
    with connect(built.built) as connection:
        plan = str(
            connection.sql("explain (format json) select fate, count(*) from documents group by all").fetchall()[0][1]
        )
        both = str(connection.sql("explain (format json) select text from documents").fetchall()[0][1])
    assert '"text"' in both
    assert '"text"' not in plan


# names

NAMES = [
    'x"; drop view documents; --',
    "new\nline",
    "😀",
    "select",
    "p0",
    "p1.fate",
    "a b",
    "'",
    "x" * 10_000,
    "é",
    "\\",
    "$1",
    "{x}",
    "%s",
    "--",
]


@settings(max_examples=25)
@given(
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=40)
    | st.sampled_from(NAMES)
)
def test_a_column_of_a_file_may_be_called_anything_or_is_refused_in_one_line(
    tmp_path_factory: pytest.TempPathFactory, name: str
) -> None:
    folder = tmp_path_factory.mktemp("names")
    condition = json.dumps(f"{quoted(name)} >= 5")
    try:
        tiny(folder, one(f"{{keep: {{big: {condition}}}}}"), texts(9).with_columns(pl.int_range(9).alias(name)))
        recipe = open_small(folder)
        recipe.build()
        found = recipe.sql(f"select {quoted(name)} as v, fate from documents order by url")
        assert found.rows() == [(n, "kept" if n >= 5 else "big") for n in range(9)]
        assert recipe.sql("select condition from clauses").item() == f"{quoted(name)} >= 5"
        recipe.catalog(folder / "c.duckdb")
    except CurateError as error:
        assert "\n" not in str(error)
    except pl.exceptions.DuplicateError:
        assert name in ("text", "url")
    finally:
        shutil.rmtree(folder)


@pytest.mark.parametrize("name", NAMES)
def test_hostile_names_are_columns_like_any_other_or_too_long(tmp_path: Path, name: str) -> None:
    tiny(
        tmp_path,
        one(f"{{keep: {{big: {json.dumps(quoted(name) + ' >= 5')}}}}}"),
        texts(9).with_columns(pl.int_range(9).alias(name)),
    )
    if len(name) > 4000:
        with pytest.raises(CurateError, match="the limit is 4,000"):
            open_small(tmp_path)
        return
    recipe = open_small(tmp_path)
    recipe.build()
    assert recipe.sql(f"select sum({quoted(name)}) from documents").item() == 36


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")))
def test_values_and_names_come_back_from_sql_as_they_were(text: str) -> None:
    import duckdb

    with duckdb.connect() as connection:
        assert connection.execute(f"select {literal(text)}").fetchall() == [(text,)]
        if text:
            found = connection.sql(f"select 1 as {quoted(text)}")
            assert found.columns == [text]


CASE = {
    "score/named.py": """
        @score
        def named(docs: pl.DataFrame, *, name: str) -> pl.DataFrame:
            return docs.select(pl.col("text").str.len_chars().cast(pl.Int64).alias(name))
    """
}


@pytest.mark.parametrize(
    "steps",
    [
        "{keep: {a: '\"Weight\" > 1 and weight > 1'}}",
        "{score: named, name: Weight}, {keep: {a: weight > 1}}",
        "{score: letters, as: named_x}, {score: named, name: Named_X}",
        "{score: named, name: Fate}",
        "{score: named, name: FileName}",
        "{score: named, name: URL}",
    ],
)
def test_columns_that_differ_only_in_case_are_refused_because_sql_takes_them_for_one(
    tmp_path: Path, steps: str
) -> None:
    tiny(tmp_path, one(steps), texts(3, weight=[1, 2, 3], Weight=[3, 2, 1]), steps=CASE)
    with pytest.raises(CurateError, match=r"differ only in case|a name of ours"):
        assert open_small(tmp_path).planned


def test_columns_of_two_corpora_that_differ_only_in_case_are_one_column(tmp_path: Path) -> None:
    recipe = """
        recipe: small
        corpora:
          web: {read: parquet, files: data/*, steps: [{score: named, name: Score}]}
          b: {read: parquet, files: data/*, steps: [{score: digits, as: score}]}
    """
    tiny(tmp_path, recipe, texts(3), steps=CASE)
    made = open_small(tmp_path)
    made.build()
    assert made.sql("select count(score) from documents").item() == 6
    assert "Score" in made.sql("from documents").columns


def test_a_column_may_have_the_name_of_one_of_duckdb_s_own(tmp_path: Path) -> None:
    steps = "{score: named, name: file_index}, {keep: {long: file_index > 20}}, {score: letters, as: file_row_number}"
    tiny(tmp_path, one(steps), *(texts(9).with_columns(url=pl.lit(str(n))) for n in range(3)), steps=CASE)
    recipe = open_small(tmp_path)
    recipe.build()
    wrong = "select count(*) filter (file_index <> length(text) or (file_row_number is null) <> (fate = 'long')), count(*) from documents"
    assert recipe.sql(wrong).rows() == [(0, 27)]


def test_foreign_columns_that_nobody_names_may_differ_in_case(tmp_path: Path) -> None:
    tiny(tmp_path, one(LONG), texts(3, weight=[1, 2, 3], Weight=[3, 2, 1], FATE=["a", "b", "c"]))
    recipe = open_small(tmp_path)
    recipe.build()
    assert json.loads(recipe.sql("select extra from documents order by url limit 1").item()) == {
        "weight": 1,
        "Weight": 3,
        "FATE": "a",
    }


@given(st.text(max_size=20))
def test_folding_is_that_of_duckdb(text: str) -> None:
    assert folded(text).isascii() == text.isascii()
    assert folded(folded(text)) == folded(text)
    assert not text.isascii() or folded(text) == text.lower()


def test_what_a_page_says_is_a_value(tmp_path: Path) -> None:
    evil = ["'); drop view documents; --", 'x" or 1=1', "\x1b[31m", "line\nbreak", "100%"]
    tiny(tmp_path, one(LONG), pl.DataFrame({"text": [e + " " * 30 for e in evil], "url": evil}))
    recipe = open_small(tmp_path)
    recipe.build()
    assert sorted(recipe.sql("select url from documents")["url"]) == sorted(evil)
    assert recipe.sample("web", 5).height == 5


# printing


@pytest.fixture
def shown(capsys: pytest.CaptureFixture[str]) -> Iterator[Any]:
    def show(frame: pl.DataFrame) -> list[str]:
        frame_text(frame)
        return capsys.readouterr().out.splitlines()

    yield show


def test_long_text_is_cut_to_the_width_and_numbers_never(shown: Any) -> None:
    lines = shown(pl.DataFrame({"id": ["a"], "text": ["x\ny " * 200], "n": [1_234_567_890_123]}))
    assert max(map(len, lines)) <= 160
    assert lines[-1].endswith("1,234,567,890,123")
    assert "…" in lines[-1]


def test_columns_without_values_are_named_and_left_out(shown: Any) -> None:
    lines = shown(pl.DataFrame({"a": [1], "b": pl.Series([None], dtype=pl.String), "c": [True]}))
    assert lines == ["a  c", "-  ----", "1  true", "", "not shown, without any value: b"]


def test_a_row_without_values_is_shown_all_the_same(shown: Any) -> None:
    assert shown(pl.DataFrame({"a": [None]}))[0] == "a"


def test_rows_that_do_not_fit_stand_one_below_the_other(shown: Any) -> None:
    lines = shown(pl.DataFrame({f"column_{i}": ["some text that is long"] for i in range(30)}))
    assert lines[0] == "row 1"
    assert lines[1].split(None, 1) == ["column_0", "some text that is long"]


def test_an_answer_cannot_steer_the_terminal(shown: Any) -> None:
    assert not any("\x1b" in line for line in shown(pl.DataFrame({"\x1b[31m": ["\x1b[2J"]})))


def test_many_rows_end_with_a_word(shown: Any) -> None:
    assert shown(pl.DataFrame({"a": range(1200)}))[-1] == "... and 200 more rows; --csv or --json prints all"


@pytest.mark.parametrize("how", ["argument", "file", "stdin", "dash"])
def test_a_question_comes_from_where_it_is(
    built: curate.Curated, how: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    import io

    monkeypatch.chdir(built.project)
    (tmp_path / "q.sql").write_text("select 41 + 1 as n")
    monkeypatch.setattr("sys.stdin", io.StringIO("select 41 + 1 as n"))
    args = {
        "argument": ["select 41 + 1 as n"],
        "file": ["--file", str(tmp_path / "q.sql")],
        "stdin": [],
        "dash": ["-"],
    }[how]
    with pytest.raises(SystemExit) as left:
        main(["query", "small", "--json", *args])
    assert left.value.code == 0
    assert json.loads(capsys.readouterr().out) == [{"n": 42}]


def test_every_view_is_from_figures_data_replies_or_results() -> None:
    assert set(VIEWS) == set(FIGURES) | set(FROM_DATA) | set(FROM_REPLIES) | set(FROM_RESULTS)


def test_the_help_of_query_names_every_view() -> None:
    said = " ".join(CliRunner().invoke(cli, ["query", "--help"]).output.split())
    named = re.search(r"Views: (.*?); see docs/sql.md", said)
    assert named and named[1].split(", ") == [*VIEWS]


def test_csv_holds_lists_structs_and_bytes_as_json(
    built: curate.Curated, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(built.project)
    sql = "select failed, {'a': 1} as s, 'x'::blob as b, 1 as n from documents order by id limit 1"
    with pytest.raises(SystemExit) as ended:
        main(["query", "small", sql, "--csv"])
    assert ended.value.code == 0
    (row,) = csv.DictReader(io.StringIO(capsys.readouterr().out))
    assert json.loads(row["s"]) == {"a": 1}
    assert row["n"] == "1"
    assert row["failed"] == "" or isinstance(json.loads(row["failed"]), list)


def test_control_c_ends_a_query_that_never_would(built: curate.Curated) -> None:
    forever = "with recursive t(n) as (select 1 union all select n + 1 from t) select max(n) from t"
    command = [sys.executable, "-m", "curate", "query", "small", forever]
    running = subprocess.Popen(command, cwd=built.project, stderr=subprocess.PIPE, text=True)
    for _ in range(30):  # a person presses again, should it be lost while the program starts
        with contextlib.suppress(subprocess.TimeoutExpired):
            running.wait(2)
            break
        running.send_signal(signal.SIGINT)
    else:
        running.kill()
    _, said = running.communicate()
    assert running.returncode == 130, said
    assert said.splitlines()[-1] == "curate: stopped"
