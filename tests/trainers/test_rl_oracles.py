"""Losses, advantages and divergences are those of TRL's GRPOTrainer and of verl's core_algos on random batches.

Neither is installed for `make test`; the twins in plain loops are. Where they differ from us on purpose:
- TRL adds 1e-4 to a group's standard deviation, verl and we 1e-6.
- TRL counts the tokens of all updates of a round and takes an even share of them for each (`dapo`), we count those of the update itself.
- verl whitens PPO's advantages over a rank's batch, we over all ranks; it cuts k3 off at 10, we hold its logarithm within 20.
- verl's dual clip is always on (3), ours by choice, as TRL's (`delta`).
"""

import collections
import warnings
from types import SimpleNamespace
from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="needs the extra `train`")

from trainers.advantages import gae, group_advantages, whiten  # noqa: E402
from trainers.lengths import overlong_penalty  # noqa: E402
from trainers.losses import selected_log_probs  # noqa: E402
from trainers.policy_loss import Totals, aggregate, importance_weights, kl, ratio_loss, value_loss  # noqa: E402

B, T, LONGEST = 6, 9, 16
SEEDS = range(5)
CLOSE = {"rtol": 1e-9, "atol": 1e-9}


@pytest.fixture(scope="module")
def trl() -> Any:
    """GRPOTrainer, and what of TRL is tested beside it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pytest.importorskip("trl", reason="trl is not installed")
        from trl import GRPOTrainer
        from trl.rewards import get_soft_overlong_punishment
        from trl.trainer import utils

    return SimpleNamespace(GRPOTrainer=GRPOTrainer, overlong=get_soft_overlong_punishment, utils=utils)


@pytest.fixture(scope="module")
def verl() -> Any:
    """verl's core_algos."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pytest.importorskip("verl", reason="verl is not installed")
        return pytest.importorskip(
            "verl.trainer.ppo.core_algos", reason="verl lacks what it needs", exc_type=ImportError
        )


class Batch:
    """Replies of very different lengths as padded rows (B, T), and as our flat tokens."""

    def __init__(self, seed: int) -> None:
        dice = torch.Generator().manual_seed(seed)
        draw = lambda *shape: torch.randn(*shape, generator=dice, dtype=torch.float64)  # noqa: E731
        self.lengths = torch.randint(1, T + 1, (B,), generator=dice)
        self.mask = torch.arange(T)[None] < self.lengths[:, None]
        self.rows = self.mask.nonzero()[:, 0]
        self.old = -draw(B, T).abs()
        self.new = (self.old + 0.3 * draw(B, T)).requires_grad_()
        self.ref, self.sampler = self.old + 0.3 * draw(B, T), self.old + 0.3 * draw(B, T)
        self.advantages, self.entropies = draw(B), draw(B, T).abs()
        self.values, self.old_values, self.rewards = draw(B, T), draw(B, T), draw(B, T)

    def flat(self, padded: "torch.Tensor") -> "torch.Tensor":
        return padded[self.mask]

    @property
    def totals(self) -> Totals:
        return Totals(int(self.mask.sum()), B)

    def ours(self, loss_type: str, beta: float = 0.0, cap: float | None = None, **clip: Any) -> "torch.Tensor":
        """The loss of this batch as the trainers put it together."""
        new, old = self.flat(self.new), self.flat(self.old)
        losses, _, _ = ratio_loss(new, old, self.advantages[self.rows], 0.2, **clip)
        if cap is not None:
            losses = losses * importance_weights(old, self.flat(self.sampler), cap)
        if beta:
            losses = losses + beta * kl(new, self.flat(self.ref), "k3")
        return aggregate(losses, self.rows, self.lengths, loss_type, self.totals, LONGEST)

    def compare(self, ours: "torch.Tensor", theirs: "torch.Tensor") -> None:
        """Equal losses, and equal gradients of every token."""
        slopes = [torch.autograd.grad(loss, self.new, retain_graph=True)[0] for loss in (ours, theirs)]
        assert torch.allclose(ours, theirs.double(), **CLOSE) and torch.allclose(*slopes, **CLOSE)
        assert slopes[0].abs().max() > 1e-3


def of_trl(
    trl: Any, batch: Batch, loss_type: str, beta: float, high: float, cap: float | None = None, whole: int | None = None
) -> "torch.Tensor":
    """What GRPOTrainer makes of a batch whose log-probabilities are given, with nothing of a trainer but what the loss reads.

    whole: tokens of a round of which the batch is one of two updates.
    """
    accelerator = SimpleNamespace(
        num_processes=1, gather=lambda x: x, gather_for_metrics=lambda x: x, reduce=lambda x, reduction: x
    )
    args = SimpleNamespace(delta=None, use_bias_correction_kl=False, steps_per_generation=2 if whole else 1)
    trainer = SimpleNamespace(
        _get_per_token_logps_and_entropies=lambda *_, **__: (batch.new, batch.entropies, None),
        aux_loss_enabled=False, top_entropy_quantile=1.0, off_policy_mask_threshold=None, importance_sampling_level="token",
        beta=beta, loss_type=loss_type, epsilon_low=0.2, epsilon_high=high, args=args, use_vllm=cap is not None,
        vllm_importance_sampling_correction=True, model=SimpleNamespace(training=True), current_gradient_accumulation_steps=1,
        max_completion_length=LONGEST, accelerator=accelerator, _entropy_bonus_enabled=False,
        _metrics={"train": collections.defaultdict(list)},
    )  # fmt: skip
    ids, mask = torch.zeros(B, T, dtype=torch.int64), batch.mask.double()
    inputs = {"prompt_ids": ids, "prompt_mask": mask, "completion_ids": ids, "completion_mask": mask}
    inputs |= {"advantages": batch.advantages, "old_per_token_logps": batch.old, "ref_per_token_logps": batch.ref}
    inputs["num_items_in_batch"] = torch.tensor(float(whole)) if whole else mask.sum()
    if cap is not None:
        inputs["importance_sampling_ratio"] = (batch.old - batch.sampler).exp().clamp(max=cap)
    return trl.GRPOTrainer._compute_loss(trainer, None, inputs)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(("beta", "high", "cap"), [(0.0, 0.2, None), (0.04, 0.28, None), (0.04, 0.28, 1.2)])
@pytest.mark.parametrize(
    ("theirs", "ours"), [("dapo", "token"), ("bnpo", "token"), ("grpo", "sequence"), ("dr_grpo", "constant")]
)
def test_the_loss_is_trls(
    trl: Any, theirs: str, ours: str, beta: float, high: float, cap: float | None, seed: int
) -> None:
    """TRL multiplies by the importance weight before it adds the KL term, and so do we."""
    batch = Batch(seed)
    batch.compare(batch.ours(ours, beta, cap, epsilon_high=high), of_trl(trl, batch, theirs, beta, high, cap))


def test_the_loss_of_one_update_of_two_is_trls_but_for_the_tokens_that_are_counted(trl: Any) -> None:
    """With a second update that has twice the tokens, TRL divides this one by one and a half times its own."""
    batch = Batch(0)
    theirs = of_trl(trl, batch, "dapo", 0.0, 0.2, whole=3 * batch.totals.tokens)
    batch.compare(batch.ours("token"), 1.5 * theirs)


@pytest.mark.parametrize("temperature", [1.0, 0.7])
def test_log_probabilities_and_entropies_are_trls(trl: Any, temperature: float) -> None:
    dice = torch.Generator().manual_seed(0)
    hidden, weight = torch.randn(40, 8, generator=dice), torch.randn(50, 8, generator=dice)
    targets = torch.randint(0, 50, (40,), generator=dice)
    wanted = trl.utils.selective_log_softmax_and_entropy(hidden @ weight.T, targets, temperature=temperature)
    found = selected_log_probs(hidden, weight, targets, temperature, 16)
    assert torch.allclose(found[0], wanted[0], atol=1e-5) and torch.allclose(found[1], wanted[1], atol=1e-5)


def test_statistics_of_groups_are_trls_but_for_what_it_adds_to_the_deviation(trl: Any) -> None:
    rewards = torch.tensor([[1.0, 0, 0, 0], [1, 1, 0, torch.nan], [0.5, -1, 1, 0.25]], dtype=torch.float64)
    mean, std = rewards.nanmean(1, keepdim=True), trl.utils.nanstd(rewards, dim=1)[:, None]
    wanted = ((rewards - mean) / (std + 1e-6)).nan_to_num(0)
    assert torch.allclose(group_advantages(rewards, True), wanted, atol=1e-6)  # it counts in fp32
    theirs = ((rewards - mean) / (std + 1e-4)).nan_to_num(0)
    assert 1e-5 < (theirs - wanted).abs().max() < 1e-3


def test_the_overlong_penalty_is_trls(trl: Any) -> None:
    lengths = list(range(1, 40))
    wanted = trl.overlong(30, 12)(completion_ids=[[1] * length for length in lengths])
    assert overlong_penalty(torch.tensor(lengths), 30, 12).tolist() == pytest.approx(wanted)


def of_verl(verl: Any, batch: Batch, mode: str, high: float, cap: float | None) -> "torch.Tensor":
    from verl.workers.config import FSDPActorConfig

    config = FSDPActorConfig(
        strategy="fsdp", rollout_n=1, ppo_micro_batch_size_per_gpu=1, clip_ratio=0.2, clip_ratio_low=0.2, clip_ratio_high=high
    )  # fmt: skip
    config.global_batch_info.update(loss_scale_factor=LONGEST if mode.endswith("norm") else None)
    weights = None if cap is None else (batch.old - batch.sampler).exp().clamp(max=cap)
    loss, _ = verl.compute_policy_loss_vanilla(
        batch.old, batch.new, batch.advantages[:, None].expand(B, T), batch.mask.double(), mode, config, weights
    )
    return loss


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(("high", "cap"), [(0.2, None), (0.28, 1.2)])
@pytest.mark.parametrize(
    ("theirs", "ours"),
    [("token-mean", "token"), ("seq-mean-token-mean", "sequence"), ("seq-mean-token-sum-norm", "constant")],
)
def test_the_loss_is_verls(verl: Any, theirs: str, ours: str, high: float, cap: float | None, seed: int) -> None:
    batch = Batch(seed)
    batch.new = (batch.old + 2 * (batch.new.detach() - batch.old)).requires_grad_()
    found, wanted = (
        batch.ours(ours, cap=cap, epsilon_high=high, dual_clip=3.0),
        of_verl(verl, batch, theirs, high, cap),
    )
    slopes = [torch.autograd.grad(loss, batch.new, retain_graph=True)[0] for loss in (found, wanted)]
    assert torch.allclose(found, wanted, rtol=1e-6) and torch.allclose(*slopes, atol=1e-8)  # it adds 1e-8 to lengths


@pytest.mark.parametrize("kind", ["k1", "k2", "k3"])
def test_divergences_are_verls(verl: Any, kind: str) -> None:
    batch = Batch(0)
    assert torch.allclose(kl(batch.new, batch.ref, kind), verl.kl_penalty(batch.new, batch.ref, kind), **CLOSE)


@pytest.mark.parametrize("seed", SEEDS)
def test_values_are_lost_as_in_verl(verl: Any, seed: int) -> None:
    batch = Batch(seed)
    returns = batch.rewards
    wanted, _ = verl.compute_value_loss(batch.values, returns, batch.old_values, batch.mask.double(), 0.2)
    each = value_loss(*(batch.flat(x) for x in (batch.values, batch.old_values, returns)), 0.2)
    assert torch.allclose(aggregate(each, batch.rows, batch.lengths, "token", batch.totals), wanted, **CLOSE)


@pytest.mark.parametrize("seed", SEEDS)
def test_estimates_returns_and_whitening_are_verls(verl: Any, seed: int) -> None:
    batch, dice = Batch(seed), torch.Generator().manual_seed(seed)
    mask = torch.rand(B, T, generator=dice) < 0.7  # holes too
    found, returns = gae(batch.rewards, batch.values, mask, 0.9, 0.95)
    wanted, wanted_returns = verl.compute_gae_advantage_return(batch.rewards, batch.values, mask.double(), 0.9, 0.95)
    assert torch.allclose(whiten(found, mask)[mask], wanted[mask], **CLOSE)
    assert torch.allclose(returns[mask], wanted_returns[mask], **CLOSE)


@pytest.mark.parametrize("scale", [True, False])
def test_advantages_of_groups_are_verls(verl: Any, scale: bool) -> None:
    import numpy as np

    dice = torch.Generator().manual_seed(0)
    rewards = torch.rand(5, 4, generator=dice, dtype=torch.float64).round(decimals=1)
    rewards[2] = 0.1  # all alike
    wanted, _ = verl.compute_grpo_outcome_advantage(
        rewards.reshape(-1, 1), torch.ones(20, 1), np.arange(20) // 4, norm_adv_by_std_in_grpo=scale
    )
    assert torch.allclose(group_advantages(rewards, scale).reshape(-1, 1), wanted, rtol=1e-6, atol=1e-6)
