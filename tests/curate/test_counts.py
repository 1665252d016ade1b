"""The verdicts that a step counts reach manifest, lock, show, card, SQL and expectations."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from curate import contract, step
from curate.cli import main
from curate.errors import CurateError
from tests.curate.corpus import one, open_small, texts, tiny, write_files

STEPS = {
    "score/size.py": """
        @score(counts=["size_said"])
        def size(docs: pl.DataFrame, *, small: int = 60) -> pl.DataFrame:
            \"\"\"Columns `size` and `size_said`: small, large, or null for one that is in between.\"\"\"
            size = pl.col("text").str.len_chars()
            said = pl.when(size < small).then(pl.lit("small")).when(size > 2 * small).then(pl.lit("large"))
            return docs.select(size=size, size_said=said)
    """,
    "rewrite/mark.py": """
        @rewrite(counts=["mark_verdict"])
        def mark(docs: pl.DataFrame) -> pl.DataFrame:
            \"\"\"Column `mark_verdict`: <b>even</b> or odd.\"\"\"
            even = pl.col("text").str.len_chars() % 2 == 0
            return docs.select("text", mark_verdict=pl.when(even).then(pl.lit("<b>even</b>")).otherwise(pl.lit("odd")))
    """,
    "score/many.py": """
        @score(counts=["many"])
        def many(docs: pl.DataFrame) -> pl.Series:
            \"\"\"The id.\"\"\"
            return docs["id"]
    """,
    "score/absent.py": """
        @score(counts=["nothing"])
        def absent(docs: pl.DataFrame) -> pl.Series:
            \"\"\"Characters.\"\"\"
            return docs["text"].str.len_chars()
    """,
}
RECIPE = one("{score: letters}, {keep: {long: letters > 20}}, {score: size}, {rewrite: mark, as: second}")


def project(folder: Path, recipe: str = RECIPE) -> Path:
    return tiny(folder, recipe, texts(400), steps=STEPS)


def counted(recipe, column: str) -> dict[str, int]:
    return {row["value"]: row["documents"] for row in recipe.counts() if row["counted"] == column}


def test_what_is_counted_is_what_sql_counts_and_stands_in_the_lock(tmp_path: Path) -> None:
    folder = project(tmp_path)
    recipe = open_small(folder)
    recipe.build()
    sizes = counted(recipe, "size_said")
    asked = "select coalesce(size_said, 'null'), count(*) from documents where fate = 'kept' group by all"
    assert sizes == dict(recipe.sql(asked).rows())
    assert set(sizes) == {"small", "large", "null"}
    assert list(sizes.values()) == sorted(sizes.values(), reverse=True)
    viewed = recipe.sql("select counted, value, documents from counts where node = 'web/second'").rows()
    assert {value: count for _, value, count in viewed} == counted(recipe, "second_mark_verdict")
    (line,) = (one for one in (folder / "recipes/small.lock").read_text().splitlines() if "web/size" in one)
    assert f'"size_said": {json.dumps(sizes)}' in line
    assert open_small(folder).build(locked=True)["ran"] == []


def test_counts_do_not_depend_on_the_split(tmp_path: Path) -> None:
    folder = project(tmp_path)
    first = open_small(folder)
    first.build()
    write_files(folder, texts(400).reverse(), [3, 150, 151])
    second = open_small(folder, store=str(tmp_path / "other"))
    second.build()
    assert first.counts() == second.counts()
    assert len(first.counts()) == 5


def test_show_and_the_card_of_a_frozen_version_tell_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(project(tmp_path))
    recipe = open_small(tmp_path)
    recipe.build()
    marks = counted(recipe, "second_mark_verdict")
    with pytest.raises(SystemExit, match="0"):
        main(["show", "small"])
    assert f"<b>even</b> {marks['<b>even</b>']}" in capsys.readouterr().out
    with pytest.raises(SystemExit, match="0"):
        main(["show", "small", "--json"])
    assert json.loads(capsys.readouterr().out)["counts"] == recipe.counts()
    card = Path(recipe.freeze()["card"]).read_text()
    assert "## What steps found" in card
    assert "| `<b>even</b>` |" in card
    assert "<b>" not in card.replace("`<b>even</b>`", "")
    assert f"| {marks['odd']}" in card


@pytest.mark.parametrize(("least", "holds"), [(100, True), (399, False)])
def test_an_expectation_can_ask_for_them(tmp_path: Path, least: int, holds: bool) -> None:
    ask = f"select sum(documents) filter (value = 'odd') >= {least} from counts where node = 'web/second'"
    recipe = open_small(project(tmp_path, RECIPE + f'expect: ["{ask}"]\n'))
    if holds:
        recipe.build()
    else:
        with pytest.raises(CurateError, match="from counts"):
            recipe.build()


def test_a_column_of_many_values_is_refused_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(CurateError, match="many has more than 100 values"):
        open_small(project(tmp_path, one("{score: many}"))).build()


def test_the_contract_names_a_counted_column_that_is_not_there(tmp_path: Path) -> None:
    folder = project(tmp_path)
    assert any("counts the column 'nothing'" in said for said in contract.check(step.find("score", "absent", folder)))
    assert not any("counts" in said for said in contract.check(step.find("score", "size", folder)))
