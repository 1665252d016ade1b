"""k draws of a reply: against all subsets, and against exact fractions where there are too many."""

import itertools
from collections import Counter
from fractions import Fraction
from math import comb

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.pass_at_k import ks, majority, pass_at_k


@pytest.mark.parametrize("n", range(1, 9))
def test_pass_at_k_is_the_share_of_subsets_that_hold_a_right_draw(n: int) -> None:
    for c in range(n + 1):
        draws = [True] * c + [False] * (n - c)
        for k in range(1, n + 1):
            subsets = [any(some) for some in itertools.combinations(draws, k)]
            assert pass_at_k(n, c, k) == pytest.approx(sum(subsets) / len(subsets), abs=1e-15)


def test_pass_at_k_is_exactly_rounded_where_floating_point_products_are_not() -> None:
    for n, c, k in [(1024, 1, 256), (2048, 3, 256), (256, 255, 256), (1024, 512, 256), (10_000, 1, 1)]:
        assert pass_at_k(n, c, k) == float(1 - Fraction(comb(n - c, k), comb(n, k)))


@given(st.integers(1, 300).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n), st.integers(1, n))))
def test_more_right_draws_and_a_larger_k_never_lower_it(case: tuple[int, int, int]) -> None:
    n, c, k = case
    value = pass_at_k(n, c, k)
    assert 0 <= value <= 1 and pass_at_k(n, c, 1) == pytest.approx(c / n)
    assert (value == 0) == (c == 0) and (c + k <= n or value == 1)
    if c < n:
        assert pass_at_k(n, c + 1, k) >= value
    if k < n:
        assert pass_at_k(n, c, k + 1) >= value


@pytest.mark.parametrize(("n", "c", "k"), [(4, 5, 1), (4, -1, 1), (4, 2, 0), (4, 2, 5), (0, 0, 1)])
def test_what_cannot_be_is_refused(n: int, c: int, k: int) -> None:
    with pytest.raises(ValueError, match="c is at most n"):
        pass_at_k(n, c, k)


def test_powers_of_two_are_reported_and_all_draws_together() -> None:
    assert ks(0) == [] and ks(1) == [1] and ks(6) == [1, 2, 4, 6] and ks(256)[-1] == 256 and ks(5000) == ks(256)


@given(st.lists(st.tuples(st.sampled_from(["2", "3", "5", None]), st.just(None)), min_size=1, max_size=8))
def test_the_majority_is_what_all_ways_to_break_a_tie_give_on_average(draws: list[tuple[str | None, None]]) -> None:
    answers = [answer for answer, _ in draws]
    right = [answer == "3" for answer in answers]
    counts = Counter(answer for answer in answers if answer is not None)
    tied = [answer for answer, count in counts.items() if count == max(counts.values())]
    wanted = sum(answer == "3" for answer in tied) / len(tied) if tied else 0.0
    assert majority(answers, right) == pytest.approx(wanted)
    assert majority(answers[::-1], right[::-1]) == pytest.approx(wanted)


def test_draws_without_an_answer_have_no_vote() -> None:
    assert majority([None, None, None, "7"], [False, False, False, True]) == 1.0
    assert majority([None, None], [False, False]) == 0.0
