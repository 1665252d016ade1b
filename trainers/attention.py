"""Attention that computes within documents only: `varlen`, an implementation of ours in transformers' registry.

SDPA with a mask gives the same numbers, but a mask over a window of 8,192 keeps the fast kernels out and computes what it then throws away.
Here documents stand end to end and a kernel is told where they begin: on CUDA torch's `varlen_attn` (flash attention; bf16 or fp16), on a
CPU SDPA document by document, which is what the tests compare. Where documents begin is found once for a batch by `bounds`, from
`position_ids` as transformers reads them, and reaches all layers by the names that its own flash attention has for it.

Left out: dropout, sliding windows, caches. **Never run on a GPU yet**: SDPA stays the default there.
"""

from __future__ import annotations

import inspect
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.attention.varlen import varlen_attn
from torch.nn.functional import scaled_dot_product_attention

from curate.errors import CurateError

VARLEN = "varlen"
GROUPED = {"enable_gqa": True} if "enable_gqa" in inspect.signature(varlen_attn).parameters else {}
"""How the kernel is told of fewer keys than queries, from torch 2.12 on. Asked here, for a compiled layer would stop to ask."""


def default(device: torch.device, compiled: bool) -> str:
    """The implementation for a device if none is asked for: what was proven on it, and is fastest of that.

    compiled: whether layers are; on a CPU none is where documents are taken one by one, which no compiler sees into.
    """
    return VARLEN if device.type == "cpu" and not compiled else "sdpa"


def register() -> None:
    """Tell transformers of `varlen`; again is no harm. Without an entry for masks it makes none."""
    from transformers import AttentionInterface

    AttentionInterface.register(VARLEN, varlen)


def refuse_unfit(config: Any, where: str) -> None:
    """CurateError for a model that `varlen` would compute wrongly."""
    sliding = "sliding_attention" in (getattr(config, "layer_types", None) or ())
    if sliding or config.attention_dropout:
        what = "sliding windows" if sliding else "attention_dropout"
        raise CurateError(f"attention: varlen has no {what}, which this model wants; take sdpa", where=where)


def bounds(position_ids: Tensor) -> dict[str, Any]:
    """Where documents begin, for `varlen`: (B, T) places -> (documents + 1,) int32 over B x T, and the longest; waits for the device once.

    A document begins with each row, and where a place does not follow the one before. Padding, all of place 0, is documents of one token.
    """
    begins = torch.ones_like(position_ids, dtype=torch.bool)
    begins[:, 1:] = position_ids[:, 1:] != position_ids[:, :-1] + 1
    edges = nn.functional.pad(begins.flatten().nonzero()[:, 0], (0, 1), value=begins.numel()).to(torch.int32)
    return {"cu_seq_lens_q": edges, "max_length_q": int(edges.diff().max())}


def varlen(
    module: nn.Module,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None,
    scaling: float | None = None,
    *,
    cu_seq_lens_q: Tensor,
    max_length_q: int,
    **_: Any,
) -> tuple[Tensor, None]:
    """Causal attention within documents: query (B, H, T, D), key and value (B, K, T, D) -> (B, T, H, D).

    Under autocast the rotary embedding leaves queries and keys in fp32; values say which type is meant.
    """
    rows, heads, places, width = query.shape
    q, k, v = (x.transpose(1, 2).reshape(rows * places, -1, width).to(value.dtype) for x in (query, key, value))
    if query.device.type == "cuda":
        out = _flash(q, k, v, cu_seq_lens_q, max_length_q, scaling)
    else:
        out = _by_document(q, k, v, cu_seq_lens_q, scaling)
    return out.view(rows, places, heads, width), None


def _flash(query: Tensor, key: Tensor, value: Tensor, edges: Tensor, longest: int, scaling: float | None) -> Tensor:
    if value.dtype not in (torch.bfloat16, torch.float16):
        raise CurateError("attention: varlen needs dtype: bfloat16 on a GPU; take that, or sdpa")
    past_only = {"window_size": (-1, 0)}
    return varlen_attn(query, key, value, edges, edges, longest, longest, scale=scaling, **past_only, **GROUPED)


@torch.compiler.disable
def _by_document(query: Tensor, key: Tensor, value: Tensor, edges: Tensor, scaling: float | None) -> Tensor:
    """The same in plain torch, (places, heads, D): `split` because its gradient is one concatenation, where that of slices is a sum."""
    group = query.shape[1] // key.shape[1]
    lengths = edges.diff().tolist()
    whole = (query, key.repeat_interleave(group, 1), value.repeat_interleave(group, 1))
    documents = zip(*(x.transpose(0, 1).split(lengths, 1) for x in whole), strict=True)  # each (H, n, D)
    each = [
        scaled_dot_product_attention(q[None], k[None], v[None], is_causal=True, scale=scaling)[0]
        for q, k, v in documents
    ]
    return torch.cat(each, 1).transpose(0, 1).contiguous()
