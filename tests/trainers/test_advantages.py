import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

torch = pytest.importorskip("torch", reason="needs the extra `train`")

from tests.trainers import twins  # noqa: E402
from trainers.advantages import explained_variance, gae, group_advantages, whiten  # noqa: E402

NAN = math.nan
GROUPS = st.integers(2, 8).flatmap(
    lambda size: st.lists(
        st.lists(st.sampled_from([0.0, 1.0, -0.5, 0.1, NAN]), min_size=size, max_size=size), min_size=1, max_size=6
    )
)
SEEDS = st.integers(0, 10**6)


def batch(seed: int, rows: int = 3, length: int = 7) -> "tuple[torch.Tensor, torch.Tensor, torch.Tensor]":
    """Rewards, values and a mask with holes."""
    dice = torch.Generator().manual_seed(seed)
    rewards, values = (torch.randn(rows, length, generator=dice, dtype=torch.float64) for _ in range(2))
    return rewards, values, torch.rand(rows, length, generator=dice) < 0.7


def test_one_right_answer_of_four_has_three_times_the_advantage_of_a_wrong_one() -> None:
    """Mean 1/4, standard deviation of the sample 1/2."""
    found = group_advantages(torch.tensor([[1.0, 0, 0, 0]]), scale=True)
    assert torch.allclose(found, torch.tensor([[1.5, -0.5, -0.5, -0.5]]), atol=1e-5)
    assert group_advantages(torch.tensor([[1.0, 0, 0, 0]]), scale=False).tolist() == [[0.75, -0.25, -0.25, -0.25]]


def test_the_deviation_is_applied_and_not_whether_there_is_one() -> None:
    """`if std := np.std(x) > 0: x /= std` divides by True, and leaves advantages as they were."""
    rewards = torch.tensor([[0.0, 10, 0, 10]])
    assert group_advantages(rewards, scale=True).abs().amax() == pytest.approx(math.sqrt(3) / 2, rel=1e-6)
    assert torch.allclose(group_advantages(10 * rewards, True), group_advantages(rewards, True), atol=1e-6)


@pytest.mark.parametrize("scale", [True, False])
@pytest.mark.parametrize("reward", [0.0, 1.0, 0.1, -1 / 3])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_groups_that_are_all_alike_give_exactly_zero(scale: bool, reward: float, dtype: "torch.dtype") -> None:
    rewards = torch.full((2, 7), reward, dtype=dtype)
    rewards[1, 3] = NAN
    assert not group_advantages(rewards, scale).any()


def test_what_nobody_could_judge_counts_for_nothing_and_gets_nothing() -> None:
    found = group_advantages(torch.tensor([[NAN, 1.0, 0, NAN], [NAN, NAN, NAN, 1.0], [NAN] * 4]), scale=False)
    assert found.tolist() == [[0, 0.5, -0.5, 0], [0] * 4, [0] * 4]


def test_a_group_is_compared_with_its_own_mean_and_not_with_the_batch() -> None:
    hard, easy = [0.0, 0, 0, 1], [1.0, 1, 1, 0]
    together = group_advantages(torch.tensor([hard, easy]), scale=True)
    assert torch.equal(together[0], group_advantages(torch.tensor([hard]), scale=True)[0])
    assert torch.allclose(together[0].flip(0), -together[1].flip(0)) and not together.sum(1).round(decimals=5).any()


@given(GROUPS, st.booleans())
def test_advantages_are_those_of_plain_loops(groups: list[list[float]], scale: bool) -> None:
    rewards = torch.tensor(groups, dtype=torch.float64)
    wanted = torch.tensor(twins.group_advantages(groups, scale), dtype=torch.float64)
    assert torch.allclose(group_advantages(rewards, scale), wanted, rtol=1e-9, atol=1e-12)
    assert torch.allclose(group_advantages(rewards.float(), scale), wanted.float(), atol=1e-5)


@given(GROUPS, SEEDS, st.booleans())
def test_advantages_follow_their_replies_and_their_prompts(groups: list[list[float]], seed: int, scale: bool) -> None:
    rewards, dice = torch.tensor(groups), torch.Generator().manual_seed(seed)
    rows, columns = (torch.randperm(n, generator=dice) for n in rewards.shape)
    mixed = group_advantages(rewards[rows][:, columns], scale)
    assert torch.allclose(mixed, group_advantages(rewards, scale)[rows][:, columns], atol=1e-6)


def test_three_tokens_by_hand() -> None:
    """TD errors 0 + 0.9 * 2 - 1 = 0.8, 0 + 0.9 * 3 - 2 = 0.7, 1 - 3 = -2; the discount of the estimates is 0.9 * 0.5."""
    rewards, values = torch.tensor([[0.0, 0, 1]]), torch.tensor([[1.0, 2, 3]])
    found, returns = gae(rewards, values, torch.ones(1, 3, dtype=torch.bool), gamma=0.9, lam=0.5)
    wanted = [0.8 + 0.45 * 0.7 + 0.45**2 * -2, 0.7 + 0.45 * -2, -2.0]
    assert found[0].tolist() == pytest.approx(wanted) and returns[0].tolist() == pytest.approx(
        [wanted[0] + 1, wanted[1] + 2, 1.0]
    )


@given(SEEDS)
def test_without_discount_the_advantage_is_what_is_still_to_come_less_the_value(seed: int) -> None:
    rewards, values, _ = batch(seed)
    found, returns = gae(rewards, values, torch.ones_like(rewards, dtype=torch.bool), 1.0, 1.0)
    to_come = rewards.flip(1).cumsum(1).flip(1)
    assert torch.allclose(returns, to_come) and torch.allclose(found, to_come - values)


@given(SEEDS, st.floats(0, 1), st.floats(0, 1))
def test_estimates_are_those_of_the_definition(seed: int, gamma: float, lam: float) -> None:
    rewards, values, mask = batch(seed)
    found, returns = gae(rewards, values, mask, gamma, lam)
    wanted = torch.tensor(twins.gae(rewards.tolist(), values.tolist(), mask.tolist(), gamma, lam), dtype=torch.float64)
    assert torch.allclose(found, wanted, rtol=1e-9, atol=1e-9)
    assert torch.allclose(returns, torch.where(mask, wanted + values, 0.0), rtol=1e-9, atol=1e-9)


@given(SEEDS, st.floats(0, 1), st.floats(0, 1))
def test_it_does_not_matter_where_the_holes_are_and_what_is_in_them(seed: int, gamma: float, lam: float) -> None:
    """The kept places of each row, pushed to its beginning, with padding behind, twice as much."""
    rewards, values, mask = batch(seed)
    found, returns = gae(rewards, values, mask, gamma, lam)
    for row in range(len(rewards)):
        kept = mask[row]
        short = [torch.zeros(1, 20, dtype=torch.float64) for _ in range(2)]
        count = int(kept.sum())
        short[0][0, :count], short[1][0, :count] = rewards[row][kept], values[row][kept]
        for junk in short:
            junk[0, count:] = 1e6
        one, back = gae(*short, torch.arange(20)[None] < count, gamma, lam)
        assert torch.allclose(one[0, :count], found[row][kept]) and not one[0, count:].any()
        assert torch.allclose(back[0, :count], returns[row][kept]) and not back[0, count:].any()


@given(SEEDS)
def test_whitened_advantages_are_those_of_plain_loops_wherever_the_holes_are(seed: int) -> None:
    _, values, mask = batch(seed)
    wanted = torch.tensor(twins.whiten(values.flatten().tolist(), mask.flatten().tolist()), dtype=torch.float64)
    assert torch.allclose(whiten(values, mask).flatten(), wanted, rtol=1e-9, atol=1e-9)
    kept = torch.ones(int(mask.sum()), dtype=torch.bool)
    assert torch.allclose(whiten(values[mask], kept), whiten(values.masked_fill(~mask, 1e6), mask)[mask])


def test_whitening_one_token_or_none_or_equal_ones_gives_no_nan() -> None:
    values = torch.full((1, 5), 0.3)
    for kept in (0, 1, 5):
        assert whiten(values, torch.arange(5)[None] < kept).abs().amax() < 1e-6


@pytest.mark.parametrize(("values", "explained"), [([1.0, 2, 3, 6], 1.0), ([7.0, 7, 7, 7], 0.0), ([2.0, 3, 4, 7], 1.0)])
def test_a_critic_that_knows_explains_all_and_a_constant_nothing(values: list[float], explained: float) -> None:
    returns = torch.tensor([1.0, 2, 3, 6])
    assert explained_variance(torch.tensor(values), returns) == pytest.approx(explained)
    assert explained_variance(-returns, returns) == pytest.approx(-3.0)


def test_where_returns_are_all_alike_nothing_is_to_be_explained() -> None:
    assert explained_variance(torch.tensor([1.0, 2]), torch.tensor([0.1, 0.1])) is None
    assert explained_variance(torch.empty(0), torch.empty(0)) is None
