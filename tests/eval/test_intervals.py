"""Intervals and paired tests: against SciPy, against all sign patterns, and against what they promise."""

import itertools
import random
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.intervals import wilson
from eval import intervals
from eval.intervals import (
    better,
    bootstrap,
    errors_apart,
    holm,
    mcnemar,
    of_shares,
    paired,
    sign_flips,
    standard_error,
)


@given(st.integers(0, 60), st.integers(0, 60))
def test_mcnemar_is_the_exact_binomial_test(only_a: int, only_b: int) -> None:
    from scipy.stats import binomtest

    wanted = binomtest(only_a, only_a + only_b).pvalue if only_a + only_b else 1.0
    assert mcnemar(only_a, only_b) == pytest.approx(wanted, rel=1e-9)
    differences = [1.0] * only_a + [-1.0] * only_b + [0.0] * 7
    assert sign_flips(differences) == mcnemar(only_a, only_b)


def test_random_signs_come_close_to_all_of_them() -> None:
    differences = [0.5, 0.25, -0.25, 1.0, 0.75, -0.5, 0.25, 0.5, 0.75, -0.25, 0.25, 0.0]
    sums = [
        sum(s * d for s, d in zip(signs, differences, strict=True)) for signs in itertools.product((1, -1), repeat=12)
    ]
    exact = sum(abs(one) >= abs(sum(differences)) - 1e-12 for one in sums) / len(sums)
    assert sign_flips(differences, draws=100_000) == pytest.approx(exact, abs=0.005)


def test_sums_that_are_equal_but_for_rounding_are_as_large() -> None:
    assert sign_flips([1 / 3, 1.0, 1.0]) == pytest.approx(2 / 8, abs=0.02)
    assert sign_flips([2 / 3, 1 / 3, -1.0]) == 1.0


def test_a_p_of_random_signs_is_never_zero_and_does_not_depend_on_how_many_are_held(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert sign_flips([0.5, 1.0] * 40, draws=999) == 0.001
    found = sign_flips([0.5, 1.0, -0.25, 0.75] * 2)
    monkeypatch.setattr(intervals, "CHUNK", 8 * 64)
    assert sign_flips([0.5, 1.0, -0.25, 0.75] * 2) == pytest.approx(found, abs=0.02)


def test_the_bootstrap_is_the_one_that_resamples_items() -> None:
    values = [0.0, 0.25, 0.25, 0.5, 1.0, 1.0, 1.0, 0.75, 0.0, 0.0] * 12
    rng = np.random.default_rng(3)
    means = [rng.choice(values, len(values)).mean() for _ in range(20_000)]
    found = bootstrap(values)
    assert found == pytest.approx(tuple(np.quantile(means, [0.025, 0.975])), abs=0.006)


def test_items_that_all_failed_are_no_proof_that_all_others_would() -> None:
    assert of_shares([0.0] * 20) == wilson(0, 20) and of_shares([1.0] * 20) == wilson(20, 20)
    low, high = of_shares([0.5] * 20) or (0, 0)
    assert low < 0.5 < high
    assert of_shares([]) is None and of_shares([0.0, 0.5, 1.0]) == bootstrap([0.0, 0.5, 1.0])


def test_draws_of_one_item_are_no_items() -> None:
    """Ten draws that always agree tell as much as one: the interval must not shrink by the root of ten."""
    items = [1.0, 0.0] * 20
    as_items = standard_error(items * 10)
    clustered = standard_error(items)
    assert as_items is not None and clustered is not None and clustered > 3 * as_items


@given(st.lists(st.sampled_from([0.0, 0.25, 0.5, 1.0]), min_size=2, max_size=30), st.randoms())
def test_the_order_of_the_items_changes_nothing(values: list[float], rng: random.Random) -> None:
    other = [rng.random() < 0.5 for _ in values]
    pairs = list(zip(values, map(float, other), strict=True))
    shuffled = rng.sample(pairs, len(pairs))
    first, second = (paired(*zip(*some, strict=True)) for some in (pairs, shuffled))
    assert first == second


def told(a: Sequence[float], b: Sequence[float], pairs: int = 1) -> int:
    """Which of two models is better, of one test alone."""
    found = paired(a, b, pairs)
    return better(found, found.p, pairs)


SHARES = st.sampled_from([0.0, 0.25, 0.5, 1.0])


@given(st.lists(st.tuples(SHARES, SHARES), min_size=1, max_size=60))
def test_no_winner_within_two_standard_errors(cases: list[tuple[float, float]]) -> None:
    a, b = ([case[at] for case in cases] for at in (0, 1))
    found, mirrored = paired(a, b), paired(b, a)
    assert found.difference == -mirrored.difference and found.p == mirrored.p
    winner = told(a, b)
    assert winner == -told(b, a)
    if winner:
        assert found.error is not None and abs(found.difference) > 2 * found.error and found.p < 0.05
        assert winner == (1 if found.difference > 0 else -1)


def test_two_models_are_told_apart_where_they_differ_and_not_where_they_do_not() -> None:
    a, b = [1.0] * 30 + [0.0] * 70, [1.0] * 10 + [0.0] * 90
    assert told(a, b) == 1 and told(b, a) == -1 and told(a, a) == 0
    assert told([1.0] * 3, [0.0] * 3) == 0  # all of three items; p is 0.25
    assert paired([1.0], [0.0]).error is None and better(paired([1.0], [0.0]), 0.0) == 0
    with pytest.raises(ValueError, match="no items to compare on"):
        paired([], [])


def test_items_that_all_differ_alike_say_nothing_of_others() -> None:
    assert paired([1.0] * 3, [0.0] * 3).interval is None and paired([1.0] * 9, [1.0] * 9).interval is None
    assert bootstrap([0.5] * 9) is None and bootstrap([]) is None and bootstrap([0.5, 0.75]) is not None


def test_a_corrected_p_decides_and_not_that_of_the_test_alone() -> None:
    found = paired([1.0] * 8 + [0.0] * 40, [0.0] * 48)
    assert better(found, found.p) == 1 and better(found, 0.06) == better(found, 1.0) == 0


def test_equal_models_are_called_different_in_at_most_one_case_of_twenty() -> None:
    rng, called = random.Random(5), 0
    for _ in range(400):
        chances = [rng.random() for _ in range(60)]
        a, b = ([float(rng.random() < chance) for chance in chances] for _ in range(2))
        called += told(a, b) != 0
    assert called <= 20


@given(st.lists(st.sampled_from([0.0, 0.001, 0.004, 0.01, 0.02, 0.05, 0.3, 1.0]), min_size=1, max_size=7))
def test_holms_p_is_that_of_the_closed_test(ps: list[float]) -> None:
    """A test holds if every set of tests that it is in is refused by its smallest p times its size (Marcus et al. 1976)."""
    sets = [s for k in range(1, len(ps) + 1) for s in itertools.combinations(range(len(ps)), k)]
    for place, found in enumerate(holm(ps)):
        closed = max(min(1.0, len(s) * min(ps[at] for at in s)) for s in sets if place in s)
        assert found == pytest.approx(closed) and found >= ps[place]
    assert holm([]) == []


def test_many_comparisons_ask_for_more() -> None:
    assert errors_apart(1) == 2.0 and errors_apart(10) > 2.8
    a, b = [1.0] * 8 + [0.0] * 40, [0.0] * 48
    assert told(a, b) == 1 and told(a, b, pairs=45) == 0
    assert paired(a, b, pairs=10).interval == bootstrap(np.subtract(a, b).tolist(), 0.995)
