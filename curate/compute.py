"""What a training run takes: FLOPs, hours and memory by GPU, from a model's card, and who says so.

FLOPs per token are 6N + 12 x layers x heads x head size x length (PaLM, arXiv 2204.02311, appendix B), recomputation not counted. Hours
are tokens over the tokens per second that the model's card has measured on that GPU, or else FLOPs over the GPU's peak at the utilisation
(MFU) that was measured elsewhere. Memory is what was measured too or, where nothing was, a formula that came out 0 to 12 % above every
measurement it was made from. Hours are those of one GPU: what several lose by talking to each other is not in them. Nothing is told of a
model that has no card.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from curate.published import ModelCard, Shape, Step

STATE_BYTES = 16
"""Per parameter: fp32 weight, gradient and the two moments of AdamW."""
LOGIT_BYTES = 16 * 2048
"""Per entry of the vocabulary: logits of 2,048 tokens, their gradient and copies (`benchmarks/training_step.py`)."""
LAYER_BYTES, WORK_BYTES = 4, 46
"""Per token and hidden unit: one checkpoint for each layer, and the working memory of one layer; fitted to the cards' measurements."""
RESERVE = 1_000_000_000
"""Bytes of a GPU that its driver, and what else runs, keep."""


@dataclass(frozen=True)
class Gpu:
    """A GPU that runs are planned for. sold_as: GB in its name. memory: bytes that nvidia-smi shows. flops: dense bf16 FLOP/s."""

    name: str
    sold_as: int
    memory: int
    flops: float


GPUS = (
    Gpu("RTX 4090", 24, 24_564 * 2**20, 165e12),
    Gpu("H100", 80, 81_559 * 2**20, 989e12),
    Gpu("H200", 141, 143_771 * 2**20, 989e12),
)
"""Peaks by NVIDIA's data sheets (of the H100 and H200 as SXM modules; of the RTX 4090 with sums in fp32)."""


def flops_per_token(shape: Shape, seq_len: int) -> int:
    """FLOPs of forward and backward for one token of a window."""
    return 6 * shape.parameters + 12 * shape.layers * shape.heads * shape.head_dim * seq_len


def memory_of(shape: Shape, seq_len: int, micro_batch: int = 1) -> int:
    """Bytes that one GPU needs at most, all states on it."""
    activations = micro_batch * seq_len * shape.hidden * (LAYER_BYTES * shape.layers + WORK_BYTES)
    return STATE_BYTES * shape.parameters + LOGIT_BYTES * shape.vocab + activations


def on_gpu(card: ModelCard, gpu: Gpu, tokens: float, seq_len: int) -> dict[str, Any]:
    """Hours and memory of `tokens` places on one kind of GPU, each with its source; hours are None where nothing was measured anywhere."""
    room = gpu.memory - RESERVE
    memory, said = _memory(card, seq_len)
    rate, how = _rate(card, gpu, room, seq_len)
    return {
        "gpu": gpu.name,
        "gpu_gb": gpu.sold_as,
        "memory": memory,
        "memory_source": said,
        "gpus_at_least": math.ceil(memory / room),
        "tokens_per_second": round(rate) if rate else None,
        "gpu_hours": tokens / rate / 3600 if rate else None,
        "gpu_hours_source": how,
    }


def _plain(card: ModelCard) -> list[Step]:
    return [step for step in card.measured.steps if not step.compiled] if card.measured else []


def _memory(card: ModelCard, seq_len: int) -> tuple[int, str]:
    """The least that a step takes: one window at a time."""
    seen = [step for step in _plain(card) if step.seq_len >= seq_len and step.micro_batch == 1]
    if seen and card.measured:
        least = min(seen, key=lambda step: step.seq_len)
        longer = "" if least.seq_len == seq_len else f" with windows of {least.seq_len:,}, which need more"
        return least.memory, f"measured at micro-batch 1{longer} ({card.measured.source})"
    return memory_of(card.model, seq_len), "by formula at micro-batch 1 (curate/compute.py)"


def _rate(card: ModelCard, gpu: Gpu, room: int, seq_len: int) -> tuple[float | None, str]:
    """Tokens per second of one GPU: measured on it, or by the utilisation that another one reached."""
    steps = _plain(card)
    if not steps or not card.measured:
        return None, "unknown: nobody has measured this model"
    here = [s for s in steps if s.gpu == gpu.name and s.memory <= room and s.seq_len == seq_len]
    if here:
        best = max(here, key=lambda step: step.tokens_per_second)
        return best.tokens_per_second, f"measured at micro-batch {best.micro_batch} ({card.measured.source})"
    peaks = {known.name: known.flops for known in GPUS}
    others = [s for s in steps if s.gpu in peaks]
    if not others:
        return None, "unknown: nobody has measured this model on a GPU whose peak we know"
    best = max(others, key=lambda step: _mfu(card.model, step, peaks[step.gpu]))
    mfu = _mfu(card.model, best, peaks[best.gpu])
    return mfu * gpu.flops / flops_per_token(card.model, seq_len), f"at the MFU of {mfu:.0%} that {best.gpu} reached"


def _mfu(shape: Shape, step: Step, peak: float) -> float:
    return step.tokens_per_second * flops_per_token(shape, step.seq_len) / peak
