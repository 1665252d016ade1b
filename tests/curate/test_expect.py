"""Assertions under `expect:`: they gate the lock of a whole build, and say what was found and where the recipe says it."""

import json
from pathlib import Path

import pytest

import curate
from curate.cli import main
from curate.errors import CurateError
from tests.curate.corpus import one, open_small, texts, tiny

LONG = "{score: letters}, {keep: {long: letters > 20}}"


def project(folder: Path, *expect: str) -> curate.Curated:
    if not (folder / "recipes").exists():
        tiny(folder, one(LONG), texts(9))
    lines = "".join(f"  - {json.dumps(sql)}\n" for sql in expect)
    (folder / "recipes/small.yaml").write_text(one(LONG) + (f"expect:\n{lines}" if expect else ""), "utf-8")
    return open_small(folder)


HOLDS = [
    "select count(*) = 9 from documents",
    "select bool_and(fate in ('kept', 'long')) from documents",
    "select count(*) = 0 from mixture",
    "select sum(failed_first) = 3 from clauses",
    "with a as (select 1 n) select n = 1 from a",
]


def test_a_build_whose_expectations_hold_writes_the_lock(tmp_path: Path) -> None:
    recipe = project(tmp_path, *HOLDS)
    recipe.build()
    assert recipe.lock_path.is_file()


@pytest.mark.parametrize(
    ("sql", "says"),
    [
        (
            "select count(*) > 9 from documents",
            "does not hold: select count(*) > 9 from documents gives false, as count_star() = 9",
        ),
        (
            "select avg(letters) < 1 and max(url) = 'u0' from documents",
            "gives false, as avg(letters) = 22, max(url) = u8",
        ),
        ("select max(share) < 0.5 from sources", 'gives NULL, as max("share") = NULL'),
        ("select bool_and(fate = 'kept') from documents", "gives false"),
        (
            "select count(*) from documents",
            "one select that gives true or false is wanted, and select count(*) from documents gives 9",
        ),
        ("select fate = 'kept' from documents", "gives 9 x 1 values"),
        ("select true, true", "gives 1 x 2 values"),
        ("select true where false", "gives 0 x 1 values"),
        ("select 'true'", "gives 'true'"),
        ("select leters > 1 from documents", "there is no column 'leters' in documents; did you mean 'letters'?"),
        ("copy documents to 'x.csv'", "a query only reads"),
        ("select true; select true", "a query is one statement, and this is 2"),
        ("select 1 +", "Parser Error"),
        (
            "select min(letters) > 0 and\n  min(letters) < 1\nfrom documents",
            "from documents gives false, as min(letters) = 18",
        ),
    ],
)
def test_one_that_does_not_hold_stores_the_objects_and_writes_no_lock(
    tmp_path: Path, sql: str, says: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    recipe = project(tmp_path, "select true", sql)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as left:
        main(["build", "small", "--executor", "inline"])
    said = capsys.readouterr().err.splitlines()[-1]
    assert left.value.code == 2
    assert said.startswith("curate: ")
    assert "small.yaml:10: expect: " in said
    assert says in said
    assert not recipe.lock_path.exists()
    assert open_small(tmp_path).sql("select count(*) from documents").item() == 9


def test_it_fails_again_until_it_holds_and_nothing_is_built_again(tmp_path: Path) -> None:
    for _ in range(2):
        with pytest.raises(CurateError, match="does not hold"):
            project(tmp_path, "select count(*) = 8 from documents").build()
    recipe = project(tmp_path, "select count(*) = 9 from documents")
    assert recipe.build()["ran"] == []
    assert recipe.lock_path.is_file()


def test_an_edited_expectation_is_asked_although_nothing_is_to_be_built(tmp_path: Path) -> None:
    recipe = project(tmp_path, "select count(*) = 9 from documents")
    recipe.build()
    before = recipe.lock_path.read_bytes()
    with pytest.raises(CurateError, match="does not hold"):
        project(tmp_path, "select count(*) = 8 from documents").build()
    assert recipe.lock_path.read_bytes() == before, "the lock still says what is stored"


def test_what_held_is_not_asked_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project(tmp_path, *HOLDS).build()
    asked: list[str] = []
    monkeypatch.setattr("curate.expect.wrong", lambda state, sql: asked.append(sql) or "")
    open_small(tmp_path).build()
    assert asked == []
    project(tmp_path, *HOLDS, "select true").build()
    assert asked == [*HOLDS, "select true"]


@pytest.mark.parametrize("part", [{"only": "web"}, {"through": "web/letters"}])
def test_a_build_of_a_part_asks_nothing(tmp_path: Path, part: dict[str, str]) -> None:
    assert project(tmp_path, "select false").build(**part)["ran"]
