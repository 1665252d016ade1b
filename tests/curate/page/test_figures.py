"""Figures of a page: lineage in columns from left to right, curves of bounded length, tokens that add up to the mixture."""

import itertools
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

import curate
from curate.curves import Curve
from curate.evals import results
from curate.page import figures
from tests.curate import evaluating
from tests.curate.corpus import make_project, open_small


def box(kind: str = "corpus") -> dict[str, Any]:
    return {"kind": kind}


@given(st.integers(1, 9), st.sets(st.tuples(st.integers(0, 8), st.integers(0, 8)), max_size=20))
def test_what_is_made_of_something_stands_to_its_right(count: int, pairs: set[tuple[int, int]]) -> None:
    names = [f"n{i}" for i in range(count)]
    arrows = [(f"n{a}", f"n{b}") for a, b in sorted(pairs) if a != b and max(a, b) < count]
    placed = figures._columns({name: {"name": name, **box()} for name in names}, arrows)
    at = {one["name"]: (one["column"], one["row"]) for one in placed}
    assert len(set(at.values())) == count
    for before, after in arrows:  # an arrow back, as from a model to a corpus that it scores, moves nothing
        assert names.index(before) > names.index(after) or at[before][0] < at[after][0]


@given(st.integers(1, 2_000))
def test_a_curve_is_drawn_by_a_bounded_number_of_points_that_end_where_it_ends(count: int) -> None:
    points = figures._points(list(range(count)), [float(i) for i in range(count)])
    assert len(points) == min(count, figures.POINTS)
    assert points[-1][0] == count - 1
    assert all(a < b for a, b in itertools.pairwise(p[1] for p in points))


def test_a_curve_tells_what_is_shown_first_and_leaves_tokens_out() -> None:
    steps = [1.0, 2.0]
    series = {
        "loss": (steps, [2.0, 1.0]),
        "lr": (steps, [0.1, 0.1]),
        "tokens": (steps, steps),
        "held_out/a\u202eb": (steps, steps),
    }
    told = figures._curve(Curve("r/midtrain", None, series, 2, 20))
    assert [(one["name"], one["shown"]) for one in told["series"]] == [
        ("loss", True),
        ("held_out/a[U+202E]b", True),
        ("lr", False),
    ]
    assert told["series"][0]["points"] == [[1.0, 2.0], [2.0, 1.0]]


def test_results_are_those_of_the_recipe_and_hostile_names_are_written_out(project: Path) -> None:
    make_project(project)
    recipe = open_small(project)
    recipe.build()
    evaluating.benchmark(project)
    assert figures.evaluations(recipe) == []
    curate.evaluate("pupil", "toy", limit=4)
    assert figures.evaluations(recipe) == []
    told = recipe.eval(models="pupil", on="toy")["evals"][0]["models"][0]["benchmarks"]["toy"]
    (row,) = figures.evaluations(recipe)
    assert (row["benchmark"], row["items"], row["limited"], row["accuracy"]) == ("toy", 12, False, told["accuracy"])
    for result in results.every(recipe.store):
        results.note(recipe.store, result, None, "", model="x\u202ey")
    assert "\u202e" not in figures.evaluations(recipe)[0]["model"]
