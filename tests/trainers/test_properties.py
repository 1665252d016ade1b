"""What holds for any schedule, any mask and any place in the data."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

torch = pytest.importorskip("torch", reason="needs the extra `train`")

from mixers.reader import Mixture  # noqa: E402
from trainers.losses import next_token_loss  # noqa: E402
from trainers.schedule import SHAPES, Schedule  # noqa: E402


@given(
    st.sampled_from(sorted(SHAPES)),
    st.floats(1e-7, 1),
    st.floats(0, 1),
    st.integers(0, 50),
    st.integers(1, 200),
    st.integers(1, 300),
    st.integers(1, 10**7),
)
def test_a_branch_begins_with_the_rate_that_its_parent_ends_with_and_ends_above_the_floor(
    shape: str, peak: float, floor: float, warmup: int, stable: int, decay: int, step: int
) -> None:
    """And one run with both stages is the two, to the last bit."""
    first = Schedule(peak, (warmup + stable) * step, warmup=warmup * step)
    second = Schedule(peak, decay * step, shape, floor=floor)
    both = Schedule(peak, (warmup + stable + decay) * step, shape, warmup * step, decay * step, floor)
    apart = [first.lr(s * step, step) for s in range(warmup + stable)]
    apart += [second.lr(s * step, step) for s in range(decay)]
    assert [both.lr(s * step, step) for s in range(len(apart))] == apart
    assert apart[warmup + stable] == apart[warmup + stable - 1] == peak
    assert apart[-1] > 0 and apart[-1] >= peak * floor * (1 - 1e-12)


@given(st.sampled_from(sorted(SHAPES)), st.integers(1, 500), st.integers(1, 10**6), st.floats(0, 1))
def test_the_decay_has_no_jump(shape: str, decay: int, step: int, floor: float) -> None:
    """Beyond what the square root, the steepest, falls in its first step."""
    schedule = Schedule(1.0, decay * step, shape, floor=floor)
    rates = np.array([schedule.lr(s * step, step) for s in range(decay)])
    assert (np.diff(rates) <= 1e-15).all()
    assert (np.diff(rates) >= -(decay**-0.5) * (1 - floor) * np.pi / 2 - 1e-15).all()


@given(
    st.integers(1, 4), st.integers(1, 20), st.integers(1, 9), st.integers(2, 40), st.integers(1, 70), st.integers(0, 99),
    st.floats(0, 1), st.booleans(),
)  # fmt: skip
def test_the_loss_is_torchs_cross_entropy_for_any_shape_mask_and_chunk(
    windows: int, length: int, width: int, vocab: int, chunk: int, seed: int, share: float, graded: bool
) -> None:
    dice = torch.Generator().manual_seed(seed)
    hidden = torch.randn(windows, length, width, generator=dice).requires_grad_()
    weight = torch.randn(vocab, width, generator=dice).requires_grad_()
    tokens = torch.randint(0, vocab, (windows, length), generator=dice)
    mask = torch.rand(windows, length, generator=dice) < share
    labels = tokens.masked_fill(~mask, -100)[:, 1:]
    logits = (hidden @ weight.T)[:, :-1]
    each = torch.nn.functional.cross_entropy(logits.transpose(1, 2), labels, reduction="none").sum(1)  # (windows,)
    each.sum().backward()
    expected = hidden.grad.clone(), weight.grad.clone()
    hidden.grad = weight.grad = None
    with torch.set_grad_enabled(graded):
        total, mine, counts = next_token_loss(hidden, weight, tokens, mask, chunk)
    assert torch.allclose(mine, each, rtol=1e-5, atol=1e-5)
    assert torch.allclose(total, each.sum(), rtol=1e-5, atol=1e-5)
    assert counts.tolist() == mask[:, 1:].sum(1).tolist()
    if graded:
        total.backward()
        assert torch.allclose(hidden.grad, expected[0], atol=1e-5)
        assert torch.allclose(weight.grad, expected[1], atol=1e-4)


@pytest.fixture(scope="module")
def mix(data: Path) -> Mixture:
    return Mixture(data)


@given(st.integers(0, 500), st.lists(st.tuples(st.sampled_from([1, 2, 4]), st.integers(1, 6)), min_size=1, max_size=6))
def test_windows_consumed_are_all_that_a_run_must_remember(
    mix: Mixture, start: int, stages: list[tuple[int, int]]
) -> None:
    """However often it is resumed, with other ranks and batches: each place of the endless stream is read once and in order."""
    mix.consumed, read = start, []
    for world, share in stages:
        size = world * share
        ranks = [mix.numbers(mix.consumed, size, rank, world) for rank in range(world)]
        assert {len(numbers) for numbers in ranks} == {share}
        read += [ranks[place % world][place // world] for place in range(size)]
        state = mix.state_dict() | {"windows": mix.consumed + size}
        mix.consumed = -1
        mix.load_state_dict(state)
    assert mix.consumed == start + len(read)
    assert read == [mix.number(place) for place in range(start, start + len(read))]
