"""Next-token cross-entropy over packed windows, summed, without ever holding the logits of a whole window.

Logits of 128,256 entries for a window of 8,192 tokens are 4.2 GB in fp32, and as much again for their gradient. So the rows that bear a
loss are taken in chunks: logits, softmax and both gradients of a chunk are made at once, in fp32 from matrix products in the type of the
hidden states, and only the gradients are kept (the idea of Liger's fused linear cross-entropy, arXiv 2410.10989). What lies between the
products waits for memory, so it is few passes over a chunk: a fused log-softmax, and one kernel back into the logits' place.

Sums, not means: a mean over micro-batches of unequal counts weighs tokens unequally, so the division is by the targets of the whole step,
once, in the trainer.

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
