"""The losses of a policy and a critic, token by token, and how they are summed up. Pure functions, shared by GRPO and PPO.

The tokens that bear loss, of all sequences of a micro-batch, lie in one flat vector (N,), so there is no mask and no padding in here:
what is no reply never gets in. Normalisers are counts of the whole mini-batch over all ranks and micro-batches (`Totals`), so that a
mini-batch may be cut up in any way: a mean of means of unequal parts weighs tokens unequally, and no curve shows it.

Left out: ratios of whole sequences (GSPO), soft clipping (CISPO, SAPO), and a KL in the reward.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

LOG_RATIO_LIMIT = 20.0
"""Logarithms of ratios are held within +-20, so that their exponential is finite."""
QUANTILES = (0.01, 0.5, 0.99)
"""Of the ratio between trainer and sampler."""


@dataclass(frozen=True)
class Totals:
    """What a mini-batch holds on all ranks, counted before the first backward pass."""

    tokens: int
    """That bear loss."""
    sequences: int
    """With such a token."""


def ratio_loss(
    log_probs: Tensor,
    old_log_probs: Tensor,
    advantages: Tensor,
    epsilon: float,
    epsilon_high: float | None = None,
    dual_clip: float | None = None,
) -> tuple[Tensor, Tensor, Tensor]:
    """The clipped surrogate of PPO (arXiv 1707.06347, equation 7), to be minimised: (losses, clipped low, clipped high), each (N,).

    epsilon_high: how far above 1 the ratio counts, if not epsilon (DAPO, arXiv 2503.14476). dual_clip: for negative advantages the loss is
    no larger than at this ratio (arXiv 1912.09729). Where a token is clipped its gradient is zero; dual-clipped tokens count as clipped
    high, for their ratio is too large as well.
    """
    ratio = _ratio(log_probs, old_log_probs)
    low, high = 1 - epsilon, 1 + (epsilon if epsilon_high is None else epsilon_high)
    losses = torch.maximum(-advantages * ratio, -advantages * ratio.clamp(low, high))
    clipped_low = (ratio < low) & (advantages < 0)
    clipped_high = (ratio > high) & (advantages > 0)
    if dual_clip is not None:
        losses = torch.where(advantages < 0, torch.minimum(losses, -advantages * dual_clip), losses)
        clipped_high = clipped_high | ((ratio > dual_clip) & (advantages < 0))
    return losses, clipped_low, clipped_high


def kl(log_probs: Tensor, ref_log_probs: Tensor, kind: str) -> Tensor:
    """Estimates of KL(policy || reference) from the policy's own tokens, (N,): k1, k2, k3 (Schulman, "Approximating KL divergence", 2020).

    k1 and k3 have the divergence as their mean. As a loss k2 has its gradient, k3 that of the reversed divergence, and k1 none at all.
    """
    d = _log_ratio(log_probs, ref_log_probs)
    if kind == "k1":
        return d
    return d.square() / 2 if kind == "k2" else (torch.expm1(-d) + d).clamp(min=0)  # expm1: d is mostly tiny


def value_loss(values: Tensor, old_values: Tensor, returns: Tensor, clip: float | None) -> Tensor:
    """Half the squared error of a critic, (N,); where a value moved further than `clip` from the one before the update, the larger of the
    errors with and without that movement, which has no gradient if it is the one without."""
    error = (values - returns).square()
    if clip is not None:
        held = old_values + (values - old_values).clamp(-clip, clip)
        error = torch.maximum(error, (held - returns).square())
    return error / 2


def importance_weights(old_log_probs: Tensor, sampler_log_probs: Tensor, cap: float) -> Tensor:
    """The trainer's probability of each token over the sampler's, but no more than `cap`, without gradient, (N,).

    Truncated importance sampling: the tokens were drawn by an engine whose arithmetic is not quite the trainer's.
    """
    return _ratio(old_log_probs, sampler_log_probs).clamp(max=cap).detach()


def aggregate(
    per_token: Tensor, rows: Tensor, lengths: Tensor, loss_type: str, totals: Totals, loss_length: int | None = None
) -> Tensor:
    """This part's share of the loss of the mini-batch, a scalar: the shares of all parts add up to it, however it was cut.

    per_token: (N,). rows: (N,), which sequence a token is of. lengths: (R,), tokens of each sequence that bear loss. loss_type: `token` is
    the mean over all tokens (DAPO); `sequence` the mean of the sequences' means (GRPO), by which a token of a long reply weighs less;
    `constant` the sum over tokens by sequences times loss_length (Dr. GRPO). Ranks whose gradients are averaged multiply by their number.
    """
    if loss_type == "token":
        return per_token.sum() / max(totals.tokens, 1)
    sequences = max(totals.sequences, 1)
    if loss_type == "sequence":
        return (per_token / lengths[rows]).sum() / sequences
    assert loss_type == "constant" and loss_length, (loss_type, loss_length)
    return per_token.sum() / (sequences * loss_length)


@torch.no_grad()
def mismatch(old_log_probs: Tensor, sampler_log_probs: Tensor) -> dict[str, float]:
    """How far the trainer's probabilities are from the sampler's, over all tokens of a step (of all ranks: gather them first).

    `kl`: mean k3 of KL(sampler || trainer). `ratio_p1`, `ratio_p50`, `ratio_p99`: quantiles of trainer over sampler. `ess`: effective
    sample size of these ratios as a share of the tokens, 1 if all are alike. `max`: the largest difference of logarithms.
    All as if there were no difference where there is no token.
    """
    if not len(old_log_probs):
        return {"kl": 0.0, "ratio_p1": 1.0, "ratio_p50": 1.0, "ratio_p99": 1.0, "ess": 1.0, "max": 0.0}
    trainer, sampler = old_log_probs.double(), sampler_log_probs.double()
    ratios = _ratio(trainer, sampler).sort().values  # torch.quantile takes no more than 16 million
    places = [round(q * (len(ratios) - 1)) for q in QUANTILES]
    found = {f"ratio_p{round(100 * q)}": float(ratios[place]) for q, place in zip(QUANTILES, places, strict=True)}
    ess = float(ratios.sum() ** 2 / (len(ratios) * ratios.square().sum()))
    largest = float((trainer - sampler).abs().max())
    return {"kl": float(kl(sampler, trainer, "k3").mean()), **found, "ess": ess, "max": largest}


def _log_ratio(above: Tensor, below: Tensor) -> Tensor:
    return (above - below).clamp(-LOG_RATIO_LIMIT, LOG_RATIO_LIMIT)


def _ratio(above: Tensor, below: Tensor) -> Tensor:
    return _log_ratio(above, below).exp()
