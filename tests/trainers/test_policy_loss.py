import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

torch = pytest.importorskip("torch", reason="needs the extra `train`")

from tests.trainers import twins  # noqa: E402
from trainers.policy_loss import (  # noqa: E402
    Totals,
    aggregate,
    importance_weights,
    kl,
    mismatch,
    ratio_loss,
    value_loss,
)

SEEDS = st.integers(0, 10**6)
TYPES = ("token", "sequence", "constant")
LOSS_LENGTH = 16


def one(
    ratio: float, advantage: float, high: float = 0.28, dual: float | None = 3.0
) -> tuple[float, float, bool, bool]:
    """Loss, derivative by the log-probability, clipped low and clipped high of a token of a given ratio."""
    old = torch.tensor([-1.5], dtype=torch.float64)
    new = (old + math.log(ratio)).requires_grad_()
    losses, low, high_ = ratio_loss(new, old, torch.tensor([advantage], dtype=torch.float64), 0.2, high, dual)
    losses.sum().backward()
    return losses.item(), new.grad.item(), bool(low), bool(high_)


@pytest.mark.parametrize(
    ("ratio", "advantage", "loss", "gradient", "clipped"),
    [
        (1.1, 2.0, -2.2, -2.2, ""),  # better than expected, and it pays to be likelier still
        (1.5, 2.0, -2.56, 0.0, "high"),  # likely enough
        (0.5, 2.0, -1.0, -1.0, ""),  # better than expected and unlikelier: never clipped
        (0.9, -2.0, 1.8, 1.8, ""),
        (0.5, -2.0, 1.6, 0.0, "low"),  # worse than expected, and unlikely enough
        (1.5, -2.0, 3.0, 3.0, ""),  # worse than expected and likelier: not clipped until the ratio is 3
        (4.0, -2.0, 6.0, 0.0, "high"),  # dual clip
        (4.0, 0.0, 0.0, 0.0, ""),
    ],
)
def test_four_quadrants_of_sign_and_ratio_by_hand(
    ratio: float, advantage: float, loss: float, gradient: float, clipped: str
) -> None:
    found = one(ratio, advantage)
    assert found == (pytest.approx(loss), pytest.approx(gradient), clipped == "low", clipped == "high")


def test_without_dual_clip_a_bad_reply_that_became_likely_is_pushed_down_as_hard_as_it_is_likely() -> None:
    assert one(50.0, -1.0, dual=None) == (pytest.approx(50), pytest.approx(50), False, False)


def test_without_epsilon_high_the_clip_is_symmetric() -> None:
    old = torch.zeros(2)
    losses, _, high = ratio_loss(old + torch.tensor([0.19, 0.18]), old, torch.ones(2), 0.2)
    assert losses.tolist() == pytest.approx([-1.2, -math.exp(0.18)]) and high.tolist() == [True, False]


def test_at_the_old_policy_the_loss_is_minus_the_advantage_and_so_is_the_gradient() -> None:
    """So the first update is plain REINFORCE, whatever the clip."""
    advantages = torch.tensor([1.5, -0.5, 0.0])
    new = torch.tensor([-3.0, -0.1, -8.0]).requires_grad_()
    losses, low, high = ratio_loss(new, new.detach(), advantages, 0.2, 0.28, 3.0)
    losses.sum().backward()
    assert torch.equal(losses, -advantages) and torch.equal(new.grad, -advantages) and not (low | high).any()


def test_ratios_beyond_all_reason_stay_finite_and_are_not_followed() -> None:
    new = torch.tensor([-1.0, -200.0]).requires_grad_()
    losses, _, _ = ratio_loss(new, new.detach().flip(0), torch.tensor([-1.0, 1.0]), 0.2)
    losses.sum().backward()
    assert losses.isfinite().all() and losses[0].item() == pytest.approx(math.exp(20)) and new.grad.tolist() == [0, 0]


@given(SEEDS, st.sampled_from([None, 0.2, 0.28]), st.sampled_from([None, 1.5, 3.0]))
def test_losses_and_gradients_are_those_of_the_formula(seed: int, high: float | None, dual: float | None) -> None:
    dice = torch.Generator().manual_seed(seed)
    old, advantages = (torch.randn(20, generator=dice, dtype=torch.float64) for _ in range(2))
    new = (old + torch.randn(20, generator=dice, dtype=torch.float64)).requires_grad_()
    losses, low, above = ratio_loss(new, old, advantages, 0.2, high, dual)
    losses.sum().backward()
    tokens = zip(new.tolist(), old.tolist(), advantages.tolist(), strict=True)
    wanted = [twins.ratio_loss(n, o, a, 0.2, 0.2 if high is None else high, dual) for n, o, a in tokens]
    assert losses.tolist() == pytest.approx([loss for loss, _ in wanted], rel=1e-9)
    assert new.grad.tolist() == pytest.approx([slope for _, slope in wanted], rel=1e-9)
    assert torch.equal(low | above, new.grad == 0)


# KL divergence


P = torch.tensor([0.4, 0.3, 0.15, 0.1, 0.05], dtype=torch.float64)
Q = torch.tensor([0.2, 0.2, 0.2, 0.3, 0.1], dtype=torch.float64)
DIVERGENCE = float((P * (P / Q).log()).sum())


@pytest.mark.parametrize("kind", ["k1", "k3"])
def test_the_mean_of_the_estimate_is_the_divergence(kind: str) -> None:
    """Exactly, over all five symbols, and over 200,000 drawn ones."""
    each = kl(P.log(), Q.log(), kind)
    assert float((P * each).sum()) == pytest.approx(DIVERGENCE, rel=1e-12)
    drawn = torch.multinomial(P, 200_000, replacement=True, generator=torch.Generator().manual_seed(0))
    error = float(each.var().sqrt()) / 200_000**0.5
    assert float(each[drawn].mean()) == pytest.approx(DIVERGENCE, abs=5 * error)


def test_k3_spreads_less_than_k1_and_is_never_negative() -> None:
    drawn = torch.multinomial(P, 100_000, replacement=True, generator=torch.Generator().manual_seed(1))
    assert kl(P.log(), Q.log(), "k3")[drawn].std() < kl(P.log(), Q.log(), "k1")[drawn].std() / 2
    tiny = torch.linspace(-1e-3, 1e-3, 9999)
    assert (kl(tiny, torch.zeros(9999), "k3") >= 0).all() and (kl(tiny, torch.zeros(9999), "k1") < 0).any()


def gradient(kind: str) -> "torch.Tensor":
    """Expected gradient of the estimate by the logits of the policy, as a loss on its own tokens has it."""
    logits = P.log().requires_grad_()
    (P * kl(logits.log_softmax(0), Q.log(), kind)).sum().backward()  # tokens are drawn from P, which has no gradient
    return logits.grad


def test_as_a_loss_k1_has_no_gradient_k2_that_of_the_divergence_and_k3_that_of_the_reversed_one() -> None:
    logits = P.log().requires_grad_()
    policy = logits.softmax(0)
    forward = torch.autograd.grad((policy * (policy / Q).log()).sum(), logits, retain_graph=True)[0]
    reverse = torch.autograd.grad((Q * (Q / policy).log()).sum(), logits)[0]
    assert gradient("k1").abs().max() < 1e-12 < forward.abs().max()
    assert torch.allclose(gradient("k2"), forward) and torch.allclose(gradient("k3"), reverse)
    assert not torch.allclose(forward, reverse, atol=1e-3)


@given(SEEDS, st.sampled_from(["k1", "k2", "k3"]))
def test_estimates_are_those_of_the_formulas(seed: int, kind: str) -> None:
    new, ref = torch.randn(2, 30, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    wanted = [twins.kl(n, r, kind) for n, r in zip(new.tolist(), ref.tolist(), strict=True)]
    assert kl(new, ref, kind).tolist() == pytest.approx(wanted, rel=1e-9, abs=1e-12)


# Values


def test_a_value_that_has_moved_far_enough_is_not_moved_on_but_may_come_back() -> None:
    values = torch.tensor([0.5, 0.5, 0.1, 2.0]).requires_grad_()
    old, returns = torch.tensor([0.0, 0.0, 0.0, 0.0]), torch.tensor([1.0, -1.0, 1.0, 1.9])
    value_loss(values, old, returns, 0.2).sum().backward()
    assert values.grad.tolist() == pytest.approx([0.0, 1.5, -0.9, 0.0])


@given(SEEDS, st.sampled_from([None, 0.05, 0.2, 5.0]))
def test_value_losses_are_those_of_the_formula(seed: int, clip: float | None) -> None:
    values, old, returns = torch.randn(3, 20, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    tokens = zip(values.tolist(), old.tolist(), returns.tolist(), strict=True)
    wanted = [twins.value_loss(v, o, r, clip) for v, o, r in tokens]
    assert value_loss(values, old, returns, clip).tolist() == pytest.approx(wanted)


# Sums


def mini_batch(seed: int, longest: int = 12) -> "list[torch.Tensor]":
    """Losses of the tokens of seven replies of very different lengths."""
    dice = torch.Generator().manual_seed(seed)
    lengths = torch.randint(1, longest + 1, (7,), generator=dice).tolist()
    return [torch.randn(length, generator=dice, dtype=torch.float64) for length in lengths]


def summed(replies: "list[torch.Tensor]", loss_type: str, totals: Totals, length: int = LOSS_LENGTH) -> "torch.Tensor":
    """The share of some replies, as a rank has it of a micro-batch."""
    lengths = torch.tensor([len(reply) for reply in replies], dtype=torch.int64)
    rows = torch.arange(len(replies)).repeat_interleave(lengths)
    flat = torch.cat([torch.empty(0, dtype=torch.float64), *replies])
    return aggregate(flat, rows, lengths, loss_type, totals, length)


def totals_of(replies: "list[torch.Tensor]") -> Totals:
    return Totals(tokens=sum(len(reply) for reply in replies), sequences=len(replies))


CUTS = st.lists(st.integers(0, 7), max_size=5).map(lambda cuts: [0, *sorted(cuts), 7])


@given(SEEDS, st.sampled_from(TYPES), CUTS)
def test_shares_of_any_ranks_and_micro_batches_add_up_to_the_loss_of_plain_loops(
    seed: int, loss_type: str, cuts: list[int]
) -> None:
    """Some have no reply at all."""
    replies = mini_batch(seed)
    wanted = twins.aggregate([reply.tolist() for reply in replies], loss_type, LOSS_LENGTH)
    parts = [replies[a:b] for a, b in itertools.pairwise(cuts)]
    assert float(sum(summed(part, loss_type, totals_of(replies)) for part in parts)) == pytest.approx(wanted)


@given(SEEDS, st.sampled_from(TYPES))
def test_the_order_of_replies_and_of_tokens_changes_nothing(seed: int, loss_type: str) -> None:
    replies = mini_batch(seed)
    lengths = torch.tensor([len(reply) for reply in replies])
    rows, flat = torch.arange(7).repeat_interleave(lengths), torch.cat(replies)
    order = torch.randperm(len(flat), generator=torch.Generator().manual_seed(seed))
    mixed = aggregate(flat[order], rows[order], lengths, loss_type, totals_of(replies), LOSS_LENGTH)
    assert float(mixed) == pytest.approx(float(summed(replies[::-1], loss_type, totals_of(replies))))


@pytest.mark.parametrize("loss_type", TYPES)
def test_a_normaliser_of_each_part_is_another_loss(loss_type: str) -> None:
    """Means of two parts of one and six replies, averaged: what trainers do that do not count over all parts first."""
    replies = mini_batch(3)
    right = float(summed(replies, loss_type, totals_of(replies)))
    parts = [replies[:1], replies[1:]]
    wrong = sum(float(summed(part, loss_type, totals_of(part))) for part in parts) / 2
    assert abs(wrong - right) > 0.01


def test_the_three_ways_weigh_a_long_reply_differently() -> None:
    """A reply of one token and one of nine, all losses 1 but those of the long one, which are 2."""
    replies = [torch.ones(1, dtype=torch.float64), torch.full((9,), 2.0, dtype=torch.float64)]
    found = [float(summed(replies, loss_type, totals_of(replies), 10)) for loss_type in TYPES]
    assert found == [1.9, 1.5, pytest.approx(19 / 20)]


def test_a_longer_stage_leaves_a_pinned_constant_as_it_was() -> None:
    """Dr. GRPO's divisor is a constant, not the longest reply there is or could be."""
    short = mini_batch(5, longest=4)
    longer = [*short[:-1], torch.cat([short[-1], torch.zeros(400, dtype=torch.float64)])]
    before, after = (summed(replies, "constant", totals_of(replies), 4) for replies in (short, longer))
    assert float(before) == pytest.approx(float(after))
    assert float(summed(short, "constant", totals_of(short), 8)) == pytest.approx(float(before) / 2)


def test_replies_without_an_advantage_stay_in_the_denominator_and_a_batch_of_them_has_no_gradient() -> None:
    new = torch.randn(12, generator=torch.Generator().manual_seed(0)).requires_grad_()
    losses, _, _ = ratio_loss(new, new.detach() - 0.1, torch.zeros(12), 0.2, 0.28, 3.0)
    lengths = torch.tensor([8, 4])
    rows = torch.arange(2).repeat_interleave(lengths)
    for loss_type in TYPES:
        loss = aggregate(losses, rows, lengths, loss_type, Totals(12, 2), LOSS_LENGTH)
        (slope,) = torch.autograd.grad(loss, new, retain_graph=True)
        assert loss == 0 and not slope.any()
    alone = aggregate(losses[:8] + 1, rows[:8], lengths, "token", Totals(12, 2))
    assert alone.item() == pytest.approx(8 / 12)


@pytest.mark.parametrize("loss_type", TYPES)
def test_a_part_without_tokens_gives_a_zero_that_has_a_gradient(loss_type: str) -> None:
    nothing = torch.empty(0, requires_grad=True)
    for totals in (Totals(5, 2), Totals(0, 0)):
        loss = aggregate(nothing, torch.empty(0, dtype=torch.int64), torch.empty(0), loss_type, totals, LOSS_LENGTH)
        loss.backward()
        assert loss.item() == 0


# Sampler and trainer


def test_where_sampler_and_trainer_agree_every_weight_is_exactly_one() -> None:
    same = torch.randn(1000, generator=torch.Generator().manual_seed(0))
    assert (importance_weights(same, same, 2.0) == 1).all()
    assert mismatch(same, same) == {"kl": 0, "ratio_p1": 1, "ratio_p50": 1, "ratio_p99": 1, "ess": 1, "max": 0}


def test_weights_are_ratios_up_to_the_cap_and_bear_no_gradient() -> None:
    old = torch.tensor([-1.0, -1.0, -1.0, -100.0, -1.0]).requires_grad_()
    sampler = torch.tensor([-1.5, -0.5, -3.0, -1.0, -100.0])
    found = importance_weights(old, sampler, 2.0)
    assert found.tolist() == pytest.approx([math.exp(0.5), math.exp(-0.5), 2, math.exp(-20), 2], rel=1e-6, abs=1e-12)
    assert not found.requires_grad


def test_the_mismatch_of_a_known_noise_is_that_of_theory() -> None:
    """The trainer's logarithm is off by a normal noise of deviation s: KL is s^2 / 2, and the effective sample size exp(-s^2)."""
    s, dice = 0.1, torch.Generator().manual_seed(0)
    sampler = torch.randn(400_000, generator=dice)
    off = s * torch.randn(400_000, generator=dice, dtype=torch.float64) - s * s / 2
    found = mismatch(sampler.double() + off, sampler)
    assert found["kl"] == pytest.approx(s * s / 2, rel=0.02) and found["ess"] == pytest.approx(
        math.exp(-s * s), rel=1e-3
    )
    assert [found["ratio_p1"], found["ratio_p50"], found["ratio_p99"]] == pytest.approx(
        [math.exp(z * s - s * s / 2) for z in (-2.326, 0, 2.326)], rel=5e-3
    )
    assert found["max"] == pytest.approx(float(off.abs().max()), abs=1e-6)


def test_the_mismatch_is_the_mean_over_what_the_sampler_drew() -> None:
    """Tokens drawn from Q by the sampler, judged by a trainer that has P: KL(Q || P), and not KL(P || Q)."""
    drawn = torch.multinomial(Q, 400_000, replacement=True, generator=torch.Generator().manual_seed(2))
    found = mismatch(P.log()[drawn], Q.log()[drawn])["kl"]
    assert found == pytest.approx(float((Q * (Q / P).log()).sum()), rel=0.02) and abs(found - DIVERGENCE) > 0.02


def test_no_token_is_no_mismatch() -> None:
    assert mismatch(torch.empty(0), torch.empty(0)) == mismatch(torch.ones(1), torch.ones(1))
