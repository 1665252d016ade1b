import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from mixers.native import native
from mixers.order import interleave, key, permute


@given(count=st.integers(1, 3000), seed=st.integers(0, 2**64 - 1))
def test_a_permutation_meets_every_place_once(count: int, seed: int) -> None:
    assert sorted(permute(np.arange(count), count, seed).tolist()) == list(range(count))


@given(count=st.integers(1, 2**40), seed=st.integers(0, 2**64 - 1), data=st.data())
def test_one_place_is_the_same_alone_and_among_others(count: int, seed: int, data: st.DataObject) -> None:
    places = data.draw(st.lists(st.integers(0, count - 1), min_size=1, max_size=20))
    together = permute(places, count, seed)
    assert together.tolist() == [int(permute(p, count, seed)[0]) for p in places]
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
def test_every_prefix_has_the_groups_in_proportion(counts: list[int]) -> None:
    order = interleave(counts)
    assert np.bincount(order, minlength=len(counts)).tolist() == counts
    places = np.arange(1, len(order) + 1)
    for group, count in enumerate(counts):
        share = places * count / max(1, len(order))
        assert (np.abs(np.cumsum(order == group) - share) <= len(counts) / 2 + 0.5).all()


def test_a_loop_that_cannot_be_cached_is_compiled_all_the_same() -> None:
    assert native(eval("lambda x: x + 1"))(1) == 2
