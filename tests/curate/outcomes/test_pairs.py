"""What can be told apart: never within the interval, whatever the figures; and Kendall's tau as SciPy has it."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.intervals import difference
from curate.outcomes.measures import figure, level_of
from curate.outcomes.pairs import HELD_OUT, agreement, pairs, tau

SHARES = st.floats(0, 1, allow_subnormal=False)
SEEDS = st.lists(st.none() | SHARES, min_size=1, max_size=5)


def outcome(recipe: str, gains: list[float | None], entry: str = "grpo") -> dict[str, Any]:
    measures = {name: figure(gains) for name in (*HELD_OUT, "length", "truncated", "entropy")}
    return {"recipe": recipe, "entry": entry, "measures": measures, "resolution": 0.01, "benchmarks": []}


@given(st.lists(SEEDS, min_size=2, max_size=5))
def test_nobody_is_better_inside_the_interval_or_with_fewer_than_two_seeds(found: list[list[float | None]]) -> None:
    outcomes = [outcome(f"r{n}", gains) for n, gains in enumerate(found)]
    rows = [row for row in pairs(outcomes) if row["measure"] == "gain"]
    assert [(row["a"], row["b"]) for row in rows] == list(combinations([f"r{n}" for n in range(len(found))], 2))
    for row in rows:
        a, b = ([v for v in found[int(row[side][1:])] if v is not None] for side in ("a", "b"))
        assert row["interval"] == difference(a, b, 0.01, level_of(len(found)))
        if row["more"]:
            assert min(len(a), len(b)) >= 2
            low, high = row["interval"]
            assert low > 0 if row["more"] == row["a"] else high < 0


@given(SEEDS, SEEDS)
def test_the_order_in_which_recipes_are_named_decides_nothing(a: list[float | None], b: list[float | None]) -> None:
    one, other = (pairs([outcome(n, g) for n, g in order]) for order in ([("x", a), ("y", b)], [("y", b), ("x", a)]))
    assert [row["more"] for row in one] == [row["more"] for row in other]


def test_entries_are_compared_across_recipes_and_within_one() -> None:
    shown = [outcome("a", [0.1, 0.1]), outcome("b", [0.5, 0.5]), outcome("a", [0.9, 0.9], "ppo")]
    rows = [row for row in pairs(shown) if row["measure"] == "gain"]
    assert [(row["entry"], row["a"], row["b"], row["more"]) for row in rows] == [
        ("grpo", "a/grpo", "b/grpo", "b/grpo"), ("grpo, ppo", "a/grpo", "a/ppo", "a/ppo"),
    ]  # fmt: skip


@given(st.lists(st.tuples(SHARES, SHARES), min_size=2, max_size=8, unique_by=(lambda p: p[0], lambda p: p[1])))
def test_tau_is_that_of_scipy_where_nothing_ties(known: list[tuple[float, float]]) -> None:
    stats = pytest.importorskip("scipy.stats")
    assert tau(known) == pytest.approx(stats.kendalltau(*zip(*known, strict=True)).statistic)


def test_tau_of_one_recipe_is_none_and_ties_count_for_neither() -> None:
    assert tau([(0.1, 0.2)]) is None
    assert tau([(0.1, 0.2), (0.1, 0.3)]) == 0
    assert tau([(0.1, 0.1), (0.2, 0.2), (0.3, 0.2)]) == pytest.approx(2 / 3)


def test_agreement_counts_the_pairs_that_both_can_tell_apart() -> None:
    shown = [outcome("a", [0.1, 0.11]), outcome("b", [0.5, 0.51]), outcome("c", [0.9, 0.91])]
    probes = {
        "recipes": [{"recipe": name, "gain": gain} for name, gain in (("a", 0.3), ("b", 0.2), ("c", 0.4))],
        "pairs": [
            {"a": "a", "b": "b", "more": "a"},
            {"a": "c", "b": "b", "more": "c"},
            {"a": "a", "b": "c", "more": None},
        ],
    }
    (row,) = agreement(shown, pairs(shown), probes)
    assert row == {"entry": "grpo", "recipes": 3, "tau": pytest.approx(1 / 3), "pairs": 3, "both": 2, "agree": 1}
