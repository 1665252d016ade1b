"""The DuckDB file: it opens without us, from anywhere, says what it holds, and never takes another file's place."""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

import curate
from curate.cli import main
from curate.errors import CurateError
from curate.figures import FIGURES
from curate.views import VIEWS, columns
from tests.curate.corpus import RECIPE, make_project, one, open_small, texts, tiny

LONG = "{score: letters}, {keep: {long: letters > 20}}"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> curate.Curated:
    folder = tmp_path_factory.mktemp("catalog")
    make_project(folder, recipe=RECIPE)
    open_small(folder).build()
    return open_small(folder)


def test_plain_duckdb_gives_every_view_as_we_do(built: curate.Curated, tmp_path: Path) -> None:
    made = built.catalog(tmp_path / "out.duckdb")
    assert made["db"] == str(tmp_path / "out.duckdb")
    with duckdb.connect(made["db"], read_only=True) as connection:
        for view in VIEWS:
            ours = built.sql(f"from {view}")
            assert made["views"][view] == ours.columns
            assert sorted(map(repr, connection.sql(f"from {view}").fetchall())) == sorted(map(repr, ours.rows()))


def test_another_process_opens_it_from_another_folder_without_octocurate(built: curate.Curated, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    built.catalog(tmp_path / "out.duckdb")
    code = (
        "import duckdb, sys; c = duckdb.connect(sys.argv[1]); "
        "print(c.sql('select count(*) from documents').fetchall()[0][0]); assert 'curate' not in sys.modules"
    )
    env = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "out.duckdb")],
        cwd=tmp_path / "elsewhere",
        env=env,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) == built.sql("select count(*) from documents").item()


def test_it_says_what_it_is_and_what_each_column_means(built: curate.Curated, tmp_path: Path) -> None:
    built.catalog(tmp_path / "out.duckdb")
    with duckdb.connect(tmp_path / "out.duckdb") as connection:
        tables = dict(connection.sql("select table_name, comment from duckdb_tables()").fetchall())
        views = dict(connection.sql("select view_name, comment from duckdb_views() where not internal").fetchall())
        found = connection.sql(
            "select table_name, column_name, comment from duckdb_columns() where not internal"
        ).fetchall()
        about = connection.sql("from about").fetchall()
    assert set(tables) == {*FIGURES, "about"}
    assert {**tables, **views} == {**VIEWS, "about": "What this file is a catalog of."}
    assert all(comment for _, _, comment in found)
    told = {(view, column.name): column.meaning for view in VIEWS for column in columns(built.built, view)}
    assert {(t, c): comment for t, c, comment in found if t != "about"} == told
    assert about[0][:4] == ("octocurate", curate.__version__, "small", "A recipe for tests.")


def test_the_same_state_gives_the_same_content(built: curate.Curated, tmp_path: Path) -> None:
    found = []
    for name in ("a.duckdb", "b.duckdb"):
        built.catalog(tmp_path / name)
        with duckdb.connect(tmp_path / name) as connection:
            found.append([connection.sql(f"from {view} order by all").fetchall() for view in (*VIEWS, "about")])
    assert found[0] == found[1]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.duckdb", "b.duckdb"]


@pytest.mark.parametrize("what", ["text", "sqlite", "duckdb", "folder", "dangling"])
def test_what_is_no_catalog_is_never_written_over(built: curate.Curated, tmp_path: Path, what: str) -> None:
    out = tmp_path / "out.duckdb"
    if what == "folder":
        out.mkdir()
    elif what == "dangling":
        out.symlink_to(tmp_path / "nowhere")
    elif what == "text":
        out.write_text("precious")
    elif what == "sqlite":
        sqlite3.connect(out).executescript("create table about(made_by text); insert into about values ('octocurate')")
    else:
        with duckdb.connect(out) as connection:
            connection.execute("create table about as select 'me' as made_by")
    before = out.read_bytes() if out.is_file() else None
    with pytest.raises(CurateError, match="is there already and is no catalog of ours") as refused:
        built.catalog(out)
    assert "\n" not in str(refused.value)
    assert (out.read_bytes() if out.is_file() else None) == before
    assert os.listdir(tmp_path) == ["out.duckdb"]


def test_an_older_catalog_is_written_over(built: curate.Curated, tmp_path: Path) -> None:
    built.catalog(tmp_path / "out.duckdb")
    with duckdb.connect(tmp_path / "out.duckdb") as connection:
        connection.execute("drop table fates")
    built.catalog(tmp_path / "out.duckdb")
    with duckdb.connect(tmp_path / "out.duckdb") as connection:
        assert connection.sql("select count(*) from fates").fetchall()[0][0]


@pytest.mark.parametrize("out", ["missing/out.duckdb", "/proc/out.duckdb", "q?z.duckdb"])
def test_a_place_that_cannot_be_written_is_one_line(built: curate.Curated, out: str, tmp_path: Path) -> None:
    with pytest.raises(CurateError, match="cannot be written") as refused:
        built.catalog(tmp_path / out)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("name", ["it's", "id=5", "a[1]*", "with space", "größe-数", 'q"uote', "semi;colon"])
def test_store_and_catalog_may_be_called_anything(tmp_path: Path, name: str) -> None:
    tiny(tmp_path, one(LONG), texts(9))
    recipe = open_small(tmp_path, store=str(tmp_path / name / "store"))
    recipe.build()
    out = tmp_path / name / f"{name}.duckdb"
    recipe.catalog(out)
    with duckdb.connect(out) as connection:
        count = "select fate, count(*) from documents group by all order by all"
        assert connection.sql(count).fetchall() == [("kept", 6), ("long", 3)]


def test_without_the_store_its_views_fail_and_its_figures_stay(tmp_path: Path) -> None:
    tiny(tmp_path, one(LONG), texts(9))
    recipe = open_small(tmp_path)
    recipe.build()
    recipe.catalog(tmp_path / "out.duckdb")
    shutil.rmtree(tmp_path / ".curate")
    with duckdb.connect(tmp_path / "out.duckdb") as connection:
        assert connection.sql("select sum(documents) from fates").fetchall()[0][0] == 9
        with pytest.raises(duckdb.IOException, match="No files found"):
            connection.sql("from documents").fetchall()


def test_nothing_built_is_no_catalog(tmp_path: Path) -> None:
    tiny(tmp_path, one(LONG), texts(9))
    with pytest.raises(CurateError, match="nothing of small is built"):
        open_small(tmp_path).catalog(tmp_path / "out.duckdb")
    assert not (tmp_path / "out.duckdb").exists()


@pytest.mark.parametrize("relative", [True, False])
@pytest.mark.parametrize("sql", [[], ["select count(*) n from fates"]])
def test_the_command_writes_and_answers(
    built: curate.Curated,
    tmp_path: Path,
    relative: bool,
    sql: list[str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(built.project)
    out = "relative.duckdb" if relative else str(tmp_path / "out.duckdb")
    for args in ([], ["--json"], ["--csv"]):
        with pytest.raises(SystemExit) as left:
            main(["query", "small", "--db", out, *sql, *args])
        assert left.value.code == 0
        said = capsys.readouterr()
        if args == ["--json"]:
            told = json.loads(said.out)
            assert told["db"] == str(built.project / out)
            assert told.get("rows") == (built.sql(sql[0]).to_dicts() if sql else None)
        else:
            assert "wrote " in (said.err if sql else said.out)
            assert said.out.startswith("n\n") == bool(sql)
