"""Sliders of a page say what `curate whatif` says, for every kind of clause and at every stop."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import curate
from curate.clauses import parse
from curate.page.contents import contents
from curate.page.thresholds import MARK, passing, stops_of, thresholds
from tests.curate.page.sites import site


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> curate.Curated:
    return site(tmp_path_factory.mktemp("site"))


@pytest.fixture(scope="module")
def told(small: curate.Curated) -> dict[str, Any]:
    return contents(small)


@pytest.mark.parametrize(
    ("clause", "numbers"),
    [
        ("a >= 0.5", [("a", ">=", 0.5)]),
        ("0.5 < a", [("a", ">", 0.5)]),
        ("a between 1 and 3", [("a", ">=", 1), ("a", "<=", 3)]),
        ("l = 'en' and a > 1 and coalesce(b, 0) < 2", [("a", ">", 1), ("coalesce(b, 0)", "<", 2)]),
        ("a + b <= 2", [("a + b", "<=", 2)]),
        ("a > 1 or b > 1", []),
        ("a is null", []),
        ("not a > 1", []),
        ("a = 1", []),
        ("a > b", []),
    ],
)
def test_a_clause_gives_the_numbers_that_can_be_moved_alone(clause: str, numbers: list[tuple[str, str, float]]) -> None:
    found = list(thresholds(parse(clause)))
    assert [(one.measured.canonical(), one.operator, one.number) for one in found] == numbers
    for one in found:
        assert one.whole.canonical().replace(repr(MARK), repr(one.number)) == parse(clause).canonical


def test_every_clause_with_a_number_has_a_slider(told: dict[str, Any]) -> None:
    found = [(s["clause"], s["measured"], s["operator"], s["number"]) for s in told["sliders"]]
    assert sorted(found) == [
        ("long", "letters", "<=", 2_000_000),
        ("long", "letters", ">=", 10),
        ("marked", "letters", ">", 4),
        ("marked", "mark", ">=", 0.5),
    ]


@pytest.mark.parametrize("place", range(4))
def test_a_slider_agrees_with_whatif(small: curate.Curated, told: dict[str, Any], place: int) -> None:
    slider = told["sliders"][place]
    stops = slider["stops"]
    assert stops == sorted(set(stops)) and slider["number"] in stops and len(stops) < 500
    for at in sorted({0, len(stops) // 3, stops.index(slider["number"]), len(stops) - 1}):
        clause = f"{slider['clause']}: {slider['before']}{stops[at]!r}{slider['after']}"
        answer = small.whatif("web", clause.replace(".0 ", " "), n=0)
        asked, tokens = answer["documents"], answer["tokens"]
        assert slider["documents"][at] == asked["then"], clause
        assert (slider["reached"], slider["now"]) == (asked["reached"], asked["now"])
        now = slider["tokens"][stops.index(slider["number"])]
        assert tokens["exact"] and slider["tokens"][at] - now == tokens["gained"] - tokens["lost"]


def test_documents_on_the_line_are_on_both_sides_and_in_the_page(told: dict[str, Any]) -> None:
    slider = next(s for s in told["sliders"] if s["measured"] == "mark")
    values = [value for value, _ in slider["near"]]
    assert values == sorted(values) and min(values) < 0.5 <= max(values)
    for value, place in slider["near"]:
        assert told["documents"][place]["values"]["mark"] == pytest.approx(value, rel=1e-3)


numbers = st.lists(st.floats(-1e6, 1e6) | st.integers(-5, 5).map(float), min_size=1, max_size=50)


@given(numbers, st.floats(-1e6, 1e6), st.sampled_from([">", ">=", "<", "<="]), st.booleans())
def test_passing_counts_what_a_comparison_keeps(
    values: list[float], current: float, operator: str, integer: bool
) -> None:
    ascending = np.sort(np.array(values))
    stops = stops_of(ascending, current, integer)
    assert current in stops and stops == sorted(set(stops)) and len(stops) < 600
    compare = {">": np.greater, ">=": np.greater_equal, "<": np.less, "<=": np.less_equal}[operator]
    counted = [int(compare(ascending, stop).sum()) for stop in stops]
    assert passing(ascending, np.ones(len(values)), operator, stops) == counted


def test_a_page_needs_no_document_of_a_corpus_that_dropped_all(tmp_path: Path) -> None:
    recipe = site(tmp_path, 40)
    path = tmp_path / "recipes/small.yaml"
    path.write_text(path.read_text("utf-8").replace("mark >= 0.5", "mark >= 9"), "utf-8")
    recipe = curate.open("small", project=tmp_path, executor="inline")
    recipe.build()
    found = contents(recipe)
    assert found["funnel"][0]["rows"][-1]["out"] == 0
    assert found["sliders"]
