import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.errors import CurateError
from mixers.interleave import interleave
from mixers.native import native
from mixers.order import Groups, key, permute, permuted


@given(count=st.integers(1, 3000), seed=st.integers(0, 2**64 - 1))
def test_a_permutation_meets_every_place_once(count: int, seed: int) -> None:
    assert sorted(permute(np.arange(count), count, seed).tolist()) == list(range(count))


@given(count=st.integers(1, 2**40), seed=st.integers(0, 2**64 - 1), data=st.data())
def test_one_place_is_the_same_alone_and_among_others(count: int, seed: int, data: st.DataObject) -> None:
    places = data.draw(st.lists(st.integers(0, count - 1), min_size=1, max_size=20))
    together = permute(places, count, seed)
    assert together.tolist() == [int(permute(p, count, seed)[0]) for p in places]
    assert together.tolist() == [permuted(p, count, seed) for p in places]
    assert ((together >= 0) & (together < count)).all()


def test_another_seed_is_another_permutation_and_neighbours_are_torn_apart() -> None:
    one, two = (permute(np.arange(10_000), 10_000, key("a", n)) for n in (0, 1))
    assert (one == two).mean() < 0.001
    assert (np.abs(np.diff(one)) == 1).mean() < 0.001
    assert abs(np.corrcoef(one, np.arange(10_000))[0, 1]) < 0.05


def test_keys_and_permutations_do_not_change_between_versions() -> None:
    assert key(0, "web", "epoch", 1) == 15376708419857385503
    assert permute(np.arange(8), 8, 12345).tolist() == [4, 1, 2, 7, 3, 5, 6, 0]


@given(counts=st.lists(st.integers(0, 200), min_size=1, max_size=8))
def test_every_prefix_has_each_group_to_less_than_one_window(counts: list[int]) -> None:
    order = interleave(counts)
    assert np.bincount(order, minlength=len(counts)).tolist() == counts
    places, there = np.arange(1, len(order) + 1), np.count_nonzero(counts)
    for group, count in enumerate(counts):
        share = places * count / max(1, len(order))
        assert (np.abs(np.cumsum(order == group) - share) <= 1 - 1 / max(2, 2 * there - 2) + 1e-9).all()


def test_a_thousand_windows_of_octothinker_miss_no_weight_by_a_window() -> None:
    order = interleave([72_500, 10_000, 10_000, 5_000, 1_250, 1_250])
    assert np.bincount(order[:1000]).tolist() in ([725, 100, 100, 50, 12, 13], [725, 100, 100, 50, 13, 12])
    assert order[:14].tolist() == [0, 0, 0, 1, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0]


def test_more_windows_than_the_integers_hold_are_refused() -> None:
    with pytest.raises(
        CurateError, match=r"4,294,967,296 windows of 2 groups .* choose a longer seq_len or fewer stages"
    ):
        interleave([2**31, 2**31])


@given(groups=st.lists(st.integers(0, 4), min_size=1, max_size=300), block=st.sampled_from([1, 7, 64]))
def test_ranks_and_places_are_inverse(groups: list[int], block: int) -> None:
    blocks = type("Small", (Groups,), {"BLOCK": block})(np.array(groups, np.uint16), 5)
    for place, group in enumerate(groups):
        assert blocks.rank(place) == groups[:place].count(group)
        assert blocks.select(group, blocks.rank(place)) == place
    assert [blocks.size(g) for g in range(5)] == [groups.count(g) for g in range(5)]


def test_a_loop_that_cannot_be_cached_is_compiled_all_the_same() -> None:
    assert native(eval("lambda x: x + 1"))(1) == 2
