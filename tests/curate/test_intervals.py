"""Student's t is that of the tables, and intervals hold what they promise."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.intervals import difference, interval, mean, t_quantile, wilson


@pytest.mark.parametrize(
    ("level", "df", "t"),
    [(0.95, 1, 12.706204736), (0.95, 2, 4.302652730), (0.95, 4, 2.776445105), (0.95, 10, 2.228138852), (0.99, 3, 5.840909310),
     (0.95, 1e5, 1.959987708), (0.5, 1, 1.0)],
)  # fmt: skip
def test_quantiles_are_those_of_the_tables(level: float, df: float, t: float) -> None:
    assert t_quantile(level, df) == pytest.approx(t, rel=1e-7)


@pytest.mark.parametrize("level", [0.9, 0.95, 0.983, 0.998])
@pytest.mark.parametrize("df", [1, 1.3, 2, 2.7, 5, 17.5])
def test_quantiles_are_scipy_s(level: float, df: float) -> None:
    stats = pytest.importorskip("scipy.stats", reason="SciPy is the other opinion")
    assert t_quantile(level, df) == pytest.approx(stats.t.ppf((1 + level) / 2, df), rel=1e-6)


def test_an_interval_is_the_mean_and_t_standard_errors_to_either_side() -> None:
    low, high = interval([1.0, 2.0, 3.0]) or (0, 0)
    assert (low + high) / 2 == pytest.approx(2.0)
    assert (high - low) / 2 == pytest.approx(4.302652730 / math.sqrt(3))
    assert interval([1.0]) is None


def test_a_difference_is_welch_s() -> None:
    stats = pytest.importorskip("scipy.stats", reason="SciPy is the other opinion")
    a, b = [0.31, 0.34, 0.29, 0.4], [0.22, 0.28, 0.25]
    ci = stats.ttest_ind(a, b, equal_var=False).confidence_interval(0.95)
    assert difference(a, b) == pytest.approx((ci.low, ci.high))
    assert difference(a, [0.2]) is None


def test_values_that_agree_are_not_believed_to_agree_better_than_they_are_measured() -> None:
    assert difference([0.5, 0.5], [0.4, 0.4]) == pytest.approx((0.1, 0.1))
    low, high = difference([0.5, 0.5], [0.49, 0.49], least=1 / 64) or (0, 0)
    assert low < 0 < high
    assert interval([0.5, 0.5], least=0.1) == pytest.approx(
        (0.5 - t_quantile(0.95, 1) * 0.1 / math.sqrt(2), 0.5 + 0.898462), abs=1e-3
    )


def test_intervals_of_noise_hold_the_truth_as_often_as_they_say() -> None:
    draws = np.random.default_rng(0).normal(0.3, 0.05, (400, 3)).tolist()
    held = [low <= 0.3 <= high for low, high in (interval(one) or (1, 0) for one in draws)]
    assert 0.92 <= mean([float(one) for one in held]) <= 0.98


@given(st.integers(1, 2000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), st.sampled_from([0.9, 0.95]))
def test_wilson_is_scipys(case: tuple[int, int], level: float) -> None:
    stats = pytest.importorskip("scipy.stats", reason="SciPy is the other opinion")
    right, n = case
    wanted = stats.binomtest(right, n).proportion_ci(level, method="wilson")
    found = wilson(right, n, level)
    assert found == pytest.approx((wanted.low, wanted.high), abs=1e-12)
    assert found and (found[0] == 0) == (right == 0) and (found[1] == 1) == (right == n)


def test_a_published_interval() -> None:
    """81 of 263 (Newcombe 1998, Statistics in Medicine 17, table I, method 3)."""
    assert wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert wilson(0, 20) == pytest.approx((0.0, 0.1611), abs=5e-5)
    assert wilson(0, 0) is None
    with pytest.raises(ValueError, match="right is from 0 to n"):
        wilson(3, 2)


@pytest.mark.parametrize("size", [1e-100, 1e-20, 1e90, 1e99])
def test_a_difference_of_very_small_or_large_values_is_that_of_usual_ones_at_scale(size: float) -> None:
    usual = difference([1, 2, 4], [5, 7])
    found = difference([size, 2 * size, 4 * size], [5 * size, 7 * size])
    assert usual and found and [end / size for end in found] == pytest.approx(usual)
