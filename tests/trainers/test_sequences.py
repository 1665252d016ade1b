import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs the extra `train`")

from hypothesis import given  # noqa: E402
from hypothesis import strategies as st  # noqa: E402

from trainers.rollout import Rollouts  # noqa: E402
from trainers.sequences import Sequences, packed  # noqa: E402

SIZES = st.lists(st.tuples(st.integers(1, 9), st.integers(1, 9)), min_size=1, max_size=12)
"""Tokens of prompts and of replies."""


def made(sizes: list[tuple[int, int]]) -> tuple[list[list[int]], Rollouts]:
    """Prompts and replies all of whose tokens are different."""
    number = iter(range(1, 1000))
    prompts = [[next(number) for _ in range(size)] for size, _ in sizes]
    replies = [[next(number) for _ in range(size)] for _, size in sizes]
    return prompts, Rollouts.of(replies, [[0.0] * len(reply) for reply in replies], [True] * len(replies), 0)


@given(SIZES, st.integers(1, 3), st.integers(1, 3))
def test_each_token_of_each_reply_is_predicted_once_from_what_stands_before_it_in_its_own_sequence(
    sizes: list[tuple[int, int]], world: int, micro_batch: int
) -> None:
    prompts, rollouts = made(sizes)
    sequences = Sequences(prompts, rollouts)
    before = {}
    for prompt, i in zip(prompts, range(len(prompts)), strict=True):
        every = [*prompt, *rollouts.reply(i).tolist()]
        before |= {token: every[:n] for n, token in enumerate(every) if n >= len(prompt)}
    ranks = [sequences.micros(range(len(prompts)), rank, world, micro_batch) for rank in range(world)]
    windows = len(packed(range(len(prompts)), sequences.lengths, sequences.width))
    each, left = divmod(-(-windows // world), micro_batch)
    rows = [micro_batch] * each + [left] * (left > 0)
    assert [[len(micro.tokens) for micro in micros] for micros in ranks] == [rows] * world
    seen = []
    for micro in (micro for micros in ranks for micro in micros):
        assert micro.tokens.shape == micro.position_ids.shape == (len(micro.tokens), sequences.width)
        seen += micro.flat.tolist()
        tokens, positions = micro.tokens.flatten().tolist(), micro.position_ids.flatten().tolist()
        for place, target, at in zip(micro.places.tolist(), micro.targets.tolist(), micro.flat.tolist(), strict=True):
            begin = place - positions[place]
            assert tokens[begin : place + 1] == before[target] and target == rollouts.tokens[at]
            assert positions[begin : place + 1] == list(range(place + 1 - begin))
            assert begin // sequences.width == place // sequences.width
    assert sorted(seen) == list(range(len(rollouts.tokens)))


@given(SIZES)
def test_windows_are_as_long_as_the_longest_sequence_and_no_more_than_first_fit_in_order_of_length_needs(
    sizes: list[tuple[int, int]],
) -> None:
    lengths = np.array([sum(size) for size in sizes])
    windows = packed(range(len(sizes)), lengths, int(lengths.max()))
    assert sorted(i for window in windows for i in window) == list(range(len(sizes)))
    filled = [int(lengths[window].sum()) for window in windows]
    assert max(filled) <= lengths.max()
    assert all(one + other > lengths.max() for n, one in enumerate(filled) for other in filled[:n])


def test_long_ones_come_first_each_into_the_first_window_with_room() -> None:
    assert packed([0, 1, 2, 3, 4], np.array([3, 8, 5, 2, 6]), 8) == [[1], [4, 3], [2, 0]]
    assert packed([], np.array([3]), 8) == []


def test_no_sequence_is_no_micro_batch_and_what_fills_up_a_window_is_a_sequence_of_its_own() -> None:
    prompts, rollouts = made([(2, 3), (1, 1)])
    sequences = Sequences(prompts, rollouts)
    assert sequences.micros([], 0, 2, 1) == []
    (micro,) = sequences.micros([1], 0, 1, 1)
    assert micro.position_ids.tolist() == [[0, 1, 0, 1, 2]] and micro.tokens[0, 2:].tolist() == [0, 0, 0]
    (empty,) = sequences.micros([1], 1, 2, 1)
    assert len(empty.places) == 0 and empty.tokens.shape == (1, 5)
