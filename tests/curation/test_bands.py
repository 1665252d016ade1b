"""Bands and rows: the split that datasketch finds, and what it proposes."""

import numpy as np
import pytest
from datasketch.lsh import _optimal_param
from hypothesis import given, settings
from hypothesis import strategies as st

from curation.dedup._bands import MISS, probability, solve


@pytest.mark.parametrize("threshold", [0.1, 0.5, 0.75, 0.8, 0.95])
@pytest.mark.parametrize("hashes", [1, 2, 17, 64])
@pytest.mark.parametrize("miss", [0.2, 0.5, MISS])
def test_the_split_is_the_one_that_datasketch_finds(threshold: float, hashes: int, miss: float) -> None:
    assert solve(threshold, hashes, miss) == _optimal_param(threshold, hashes, 1 - miss, miss)


def test_equal_weights_give_the_split_of_megamath() -> None:
    assert solve(0.75, 110, 0.5) == (11, 10)
    assert solve(0.75, 110) == (15, 7)


@settings(max_examples=20)
@given(st.floats(0.05, 1.0), st.integers(1, 150), st.floats(0.0, 0.9))
def test_a_split_fits_into_the_budget_and_a_dearer_miss_never_makes_more_of_them(
    threshold: float, hashes: int, miss: float
) -> None:
    bands, rows = solve(threshold, hashes, miss)
    assert bands >= 1 and rows >= 1 and bands * rows <= hashes
    dearer = solve(threshold, hashes, miss + 0.1)
    above = np.linspace(threshold, 1, 200)
    missed, fewer = (float(np.mean(1 - probability(above, *found))) for found in ((bands, rows), dearer))
    assert fewer <= missed + 1e-6


def test_the_probability_is_that_of_random_signatures() -> None:
    generator, similarity, bands, rows = np.random.default_rng(0), 0.7, 5, 4
    agree = generator.random((20_000, bands, rows)) < similarity
    assert abs(agree.all(2).any(1).mean() - probability(similarity, bands, rows)) < 0.01
    assert probability(0.0, 3, 2) == 0 and probability(1.0, 3, 2) == 1
