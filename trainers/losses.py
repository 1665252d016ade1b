"""Next-token cross-entropy over packed windows, summed, and log-probabilities of single tokens, without ever holding a window's logits.

Logits of 128,256 entries for a window of 8,192 tokens are 4.2 GB in fp32, and as much again for their gradient. So the rows that bear a
loss are taken in chunks: logits, softmax and both gradients of a chunk are made at once, in fp32 from matrix products in the type of the
hidden states, and only the gradients are kept (the idea of Liger's fused linear cross-entropy, arXiv 2410.10989). What lies between the
products waits for memory, so it is few passes over a chunk: a fused log-softmax, and one kernel back into the logits' place.

Sums, not means: a mean over micro-batches of unequal counts weighs tokens unequally, so the division is by the targets of the whole step,
once, in the trainer.

RL has a loss of its own for each token, which is known only when all its log-probability is, so there the logits of a chunk are made again
in the backward pass: one product more, and no gradient is held that may turn out to be multiplied by anything.

Left out: label smoothing, z-loss, and splitting the vocabulary over ranks.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

CHUNK = 2048
"""Targets whose logits exist at one time."""


class _SummedCrossEntropy(torch.autograd.Function):
    """Sum of -log p(target), and each target's own; gradients are made on the way forward, while a chunk's logits exist."""

    @staticmethod
    def forward(ctx: Any, hidden: Tensor, weight: Tensor, targets: Tensor, chunk: int) -> tuple[Tensor, Tensor]:
        # hidden (N, D), weight (V, D), targets (N,)
        head = weight.to(hidden.dtype)
        losses = torch.empty(len(hidden), dtype=torch.float32, device=hidden.device)
        d_hidden = torch.empty_like(hidden)
        d_weight = torch.zeros_like(weight, dtype=torch.float32)
        for start in range(0, len(hidden), chunk):
            part = slice(start, start + chunk)
            rows, wanted = hidden[part], targets[part, None]
            logits = rows @ head.T  # (n, V)
            log_p = logits.log_softmax(-1, dtype=torch.float32)
            at_target = log_p.gather(1, wanted)
            losses[part] = -at_target.squeeze(1)
            error = torch.exp(log_p, out=logits)  # softmax, less 1 at the target, which is made before it is rounded
            error.scatter_(1, wanted, at_target.expm1().to(error.dtype))
            d_hidden[part] = error @ head
            d_weight += error.T @ rows
        ctx.save_for_backward(d_hidden, d_weight.to(weight.dtype))
        ctx.mark_non_differentiable(losses)
        return losses.sum(), losses

    @staticmethod
    def backward(ctx: Any, d_sum: Tensor, _: Tensor) -> tuple[Tensor, Tensor, None, None]:
        d_hidden, d_weight = ctx.saved_tensors
        return d_hidden * d_sum.to(d_hidden.dtype), d_weight * d_sum.to(d_weight.dtype), None, None


def _losses(hidden: Tensor, weight: Tensor, targets: Tensor, chunk: int) -> Tensor:
    """-log p of each target, with no gradient in mind: a third of the work."""
    head = weight.to(hidden.dtype)
    parts = [hidden.new_empty(0, dtype=torch.float32)]
    for start in range(0, len(hidden), chunk):
        logits = (hidden[start : start + chunk] @ head.T).float()  # (n, V)
        parts.append(logits.logsumexp(-1) - logits.gather(1, targets[start : start + chunk, None]).squeeze(1))
    return torch.cat(parts)


def next_token_loss(
    hidden: Tensor, weight: Tensor, tokens: Tensor, loss_mask: Tensor, chunk: int = CHUNK
) -> tuple[Tensor, Tensor, Tensor]:
    """Summed cross-entropy of the targets of some windows: (sum, sum of each window, targets of each window), fp32 and int64.

    hidden: (B, T, D) of the last layer. weight: (V, D) of the head. tokens: (B, T). loss_mask: (B, T) bool of the mixture's reader, which
    says that token i is a target, predicted at place i - 1; false for the first token of each document, so no label crosses into another.
    Windows without a target add nothing, and their gradient is zero and not missing, so that they take part in all collectives.
    """
    windows = len(tokens)
    wanted = loss_mask[:, 1:]  # (B, T - 1): place i predicts token i + 1
    rows, labels = hidden[:, :-1][wanted], tokens[:, 1:][wanted]  # (N, D), (N,)
    if torch.is_grad_enabled():
        total, losses = _SummedCrossEntropy.apply(rows, weight, labels, chunk)
    else:
        losses = _losses(rows, weight, labels, chunk)
        total = losses.sum()
    row = wanted.nonzero()[:, 0]  # window of each target
    each = torch.zeros(windows, dtype=torch.float32, device=hidden.device).index_add_(0, row, losses)
    return total, each, wanted.sum(1)


class _SelectedLogProbs(torch.autograd.Function):
    """log p(target) and the entropy of its whole distribution; a chunk's logits are made once more in the backward pass."""

    @staticmethod
    def forward(
        ctx: Any, hidden: Tensor, weight: Tensor, targets: Tensor, temperature: float, chunk: int
    ) -> tuple[Tensor, Tensor]:
        # hidden (N, D), weight (V, D), targets (N,)
        head = weight.to(hidden.dtype)
        selected = torch.empty(len(hidden), dtype=torch.float32, device=hidden.device)
        entropies = torch.empty_like(selected)
        for start in range(0, len(hidden), chunk):
            part = slice(start, start + chunk)
            log_p = _log_softmax(hidden[part], head, temperature)  # (n, V)
            selected[part] = log_p.gather(1, targets[part, None]).squeeze(1)
            p = log_p.exp_()
            entropies[part] = torch.special.entr(p, out=p).sum(-1)  # -p ln p, 0 where p is
        ctx.save_for_backward(hidden, weight, targets, selected, entropies)
        ctx.temperature, ctx.chunk = temperature, chunk
        ctx.set_materialize_grads(False)
        return selected, entropies

    @staticmethod
    def backward(
        ctx: Any, d_selected: Tensor | None, d_entropies: Tensor | None
    ) -> tuple[Tensor, Tensor, None, None, None]:
        hidden, weight, targets, selected, entropies = ctx.saved_tensors
        head = weight.to(hidden.dtype)
        d_hidden, d_weight = torch.empty_like(hidden), torch.zeros_like(weight, dtype=torch.float32)
        zero = torch.zeros_like(selected)
        d_selected = zero if d_selected is None else d_selected
        for start in range(0, len(hidden), ctx.chunk):
            part = slice(start, start + ctx.chunk)
            rows, wanted = hidden[part], targets[part, None]
            p = _log_softmax(rows, head, ctx.temperature).exp_()  # (n, V)
            by_log_p, by_entropy = d_selected[part], (zero if d_entropies is None else d_entropies)[part]
            # d log p(y)/dz = [y] - p;  dH/dz = -p (ln p + H). At the target p - 1 is made before it is rounded.
            at_target = _at_target(selected[part], entropies[part], by_log_p, by_entropy)
            shared = by_log_p + by_entropy * entropies[part]
            error = p * -shared[:, None]
            if d_entropies is not None:
                error.addcmul_(torch.special.entr(p, out=p), by_entropy[:, None])
            error.scatter_(1, wanted, at_target[:, None]).div_(ctx.temperature)
            error = error.to(hidden.dtype)
            d_hidden[part] = error @ head
            d_weight += error.T @ rows
        return d_hidden, d_weight.to(weight.dtype), None, None, None


def _log_softmax(rows: Tensor, head: Tensor, temperature: float) -> Tensor:
    """(n, V) in fp32. The product itself is in the type of the hidden states, as the engines that sample have it."""
    logits = rows @ head.T
    if temperature != 1:
        logits = logits.float().div_(temperature)
    return logits.log_softmax(-1, dtype=torch.float32)


def _at_target(log_p: Tensor, entropy: Tensor, by_log_p: Tensor, by_entropy: Tensor) -> Tensor:
    """The derivative by the target's own logit over the temperature, (n,)."""
    return -by_log_p * log_p.expm1() - by_entropy * log_p.exp() * (log_p + entropy)


def selected_log_probs(
    hidden: Tensor, weight: Tensor, targets: Tensor, temperature: float = 1.0, chunk: int = CHUNK
) -> tuple[Tensor, Tensor]:
    """The log-probability of each target, and the entropy in nats of the distribution it was drawn from: (N,) and (N,), fp32.

    hidden: (N, D) of the last layer, one row for each target. weight: (V, D) of the head. targets: (N,). Both have gradients. temperature:
    logits are divided by it, as the sampler does; without that, ratios are of another policy than the one that sampled. Logits are held for
    `chunk` targets at a time, in the backward pass too. The same numbers come out with and without gradients.
    """
    device = hidden.device.type
    if torch.is_autocast_enabled(device):  # which the backward pass is not under, and its logits must be the same
        hidden = hidden.to(torch.get_autocast_dtype(device))
    found: tuple[Tensor, Tensor] = _SelectedLogProbs.apply(hidden, weight, targets, temperature, chunk)
    return found
