"""How much better a rollout was than expected: of its group (GRPO), or of what a critic thought (PPO). Pure functions.

Statistics are fp64: rewards are few, and the difference of nearly equal ones is what counts. A group whose rewards are all alike gives
exactly zero and not a rounding error divided by its own size, so nothing is learned from it.

Left out: rewards of single tokens in GRPO, leave-one-out (RLOO) and other baselines.
"""

from __future__ import annotations

import torch
from torch import Tensor

STD_FLOOR = 1e-6
"""Added to a group's standard deviation, as in verl; TRL has 1e-4."""
VARIANCE_FLOOR = 1e-8
"""Added to the variance that advantages are whitened by, as in verl."""


def group_advantages(rewards: Tensor, scale: bool) -> Tensor:
    """Each reward less the mean of its group, over the group's standard deviation if `scale` (DeepSeekMath, arXiv 2402.03300, section 4.1).

    rewards: (P, G), a row for each prompt; NaN is a rollout that nobody could judge, which counts for nothing and gets 0. The standard
    deviation is that of a sample (G - 1), plus 1e-6. Groups that are all alike, and those with fewer than two known rewards, get 0.
    Without `scale` it is Dr. GRPO's (arXiv 2503.20783).
    """
    known = ~rewards.isnan()
    values, counts = rewards.double(), known.sum(1, keepdim=True)  # (P, G), (P, 1)
    mean = values.nansum(1, keepdim=True) / counts.clamp(min=1)
    found = (values - mean).masked_fill(~known, 0)
    if scale:
        variance = found.square().sum(1, keepdim=True) / (counts - 1).clamp(min=1)
        found = found / (variance.sqrt() + STD_FLOOR)
    high, low = values.masked_fill(~known, -torch.inf).amax(1), values.masked_fill(~known, torch.inf).amin(1)
    return found.masked_fill((high <= low)[:, None], 0).to(rewards.dtype)  # also where only one, or none, is known


def gae(rewards: Tensor, values: Tensor, mask: Tensor, gamma: float, lam: float) -> tuple[Tensor, Tensor]:
    """Generalised advantage estimates and returns (arXiv 1506.02438), both 0 where the mask is false.

    All (B, T), one row for each sequence; mask is bool. A place that is masked is stepped over: the value and the estimate of the next
    place that is not are carried across it, so it does not matter where such places lie. Nothing follows the last one. Returns are
    advantages plus values, before anything is whitened.
    """
    following = torch.zeros_like(values[:, 0])  # the next value, (B,)
    carried = torch.zeros_like(following)  # the next advantage
    found = torch.zeros_like(values)
    for t in reversed(range(values.shape[1])):
        here = mask[:, t]
        delta = rewards[:, t] + gamma * following - values[:, t]
        carried = torch.where(here, delta + gamma * lam * carried, carried)
        following = torch.where(here, values[:, t], following)
        found[:, t] = torch.where(here, carried, 0.0)
    return found, torch.where(mask, found + values, 0.0)


def whiten(advantages: Tensor, mask: Tensor) -> Tensor:
    """Advantages at mean 0 and variance 1 over all places of the mask, of any shape; 0 elsewhere. It takes those of all ranks."""
    values = advantages.double().masked_fill(~mask, 0)
    count = mask.sum()
    centred = (values - values.sum() / count.clamp(min=1)).masked_fill(~mask, 0)
    variance = centred.square().sum() / (count - 1).clamp(min=1)
    return (centred * (variance + VARIANCE_FLOOR).rsqrt()).to(advantages.dtype)


def explained_variance(values: Tensor, returns: Tensor) -> float | None:
    """The share of the returns' variance that a critic's values explain: 1 at best, 0 for a constant, below 0 for worse than that.

    values, returns: (N,), the tokens of all ranks that bear loss. Being off by a constant is forgiven.
    None where returns are all alike: then there is nothing to explain.
    """
    wanted, error = returns.double(), (returns - values).double()
    if not len(wanted) or wanted.max() == wanted.min():
        return None
    return float(1 - error.var() / wanted.var())
