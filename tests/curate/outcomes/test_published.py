"""Published figures are read strictly, and those that come with the package are whole."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from curate.errors import CurateError
from curate.outcomes.published import load
from curate.outcomes.words import published_table

GOOD = "of: a paper\nsources: {V: read there}\ntables:\n  - {title: t, unit: percent, columns: [a, b], rows: [ROW]}\n"
ROW = "{name: x, source: V, values: [1.5, null]}"


def test_the_paper_s_figures_are_whole_and_their_means_add_up() -> None:
    found = load("recipes/paper/results.yaml")
    assert {row["source"] for table in found["tables"] for row in table["rows"]} == {*found["sources"]}
    (base,) = [table for table in found["tables"] if table["title"].startswith("Base models")]
    *tasks, mean = (row["values"] for row in base["rows"])
    assert len(tasks) == 13
    for column, said in enumerate(mean):
        assert math.fsum(row[column] for row in tasks) / 13 == pytest.approx(said, abs=0.05)


def test_a_file_is_found_from_where_one_stands_first(project: Path) -> None:
    (project / "recipes/paper").mkdir(parents=True)
    assert load("recipes/paper/results.yaml")["of"].startswith("OctoThinker")
    (project / "recipes/paper/results.yaml").write_text(GOOD.replace("ROW", ROW))
    assert load("recipes/paper/results.yaml")["of"] == "a paper"


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("values: [1.5, null]", "values: [1.5]", "'t': 'x' has 1 values for 2 columns"),
        ("source: V,", "source: W,", "source 'W' is not explained; add it under `sources:`"),
        ("source: V, ", "", "source"),
        ("unit: percent", "units: percent", "unknown key 'units'"),
        ("1.5", "true", "must be a number, text or null, not True"),
        ("1.5", "[1]", "must be a number, text or null, not [1]"),
        ("columns: [a, b]", "columns: []", "has no columns"),
        ("of: a paper\n", "", "of"),
    ],
)
def test_what_is_wrong_is_said_in_one_line_with_its_place(project: Path, before: str, after: str, said: str) -> None:
    text = GOOD.replace("ROW", ROW)
    assert before in text
    (project / "own.yaml").write_text(text.replace(before, after))
    with pytest.raises(CurateError) as caught:
        load("own.yaml")
    assert said in caught.value.message and "\n" not in str(caught.value)
    assert str(caught.value).startswith("own.yaml:")


def test_a_file_that_is_not_there_is_named() -> None:
    with pytest.raises(CurateError, match=r"nowhere\.yaml"):
        load("nowhere.yaml")


def test_a_small_share_is_shown_as_it_was_written(project: Path) -> None:
    (project / "own.yaml").write_text(GOOD.replace("ROW", ROW.replace("1.5, null", "1.5e-7, 0.25")))
    found = load("own.yaml")
    (row,) = published_table(found["tables"][0], found["of"]).rows
    assert row == ("x", "1.5e-07", "0.25", "V")
