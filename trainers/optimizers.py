"""The optimizer of a run: AdamW, or AdamW whose moments are 8-bit, which takes 10 bytes a parameter in place of 16.

`adamw_8bit` is torchao's (extra `optim8`; BSD-3, by PyTorch's developers): blocks of 256 values with a scale and a table of 256 levels
(Dettmers et al., arXiv 2110.02861). It was taken over bitsandbytes because its states are DTensors under FSDP2, and because it runs on a
CPU, where our tests see it. Tensors of fewer than 4,096 values, or of no whole blocks, keep fp32 moments. Its state is a subclass of tensor
with plain tensors inside; checkpoints hold those (`parts`), and are filled in place, so nothing is rounded twice.

Left out: bf16 weights with stochastic rounding, 4-bit, offload to the CPU, and shards of unequal size.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor
from torch.distributed.tensor import DTensor, Shard

from curate.errors import CurateError

STATE_BYTES = {"adamw": 16, "adamw_8bit": 10}
"""A parameter's weight, gradient and moments, by the name of an optimizer; scales take a thirty-second of a byte more."""
QUANTIZED = 4096
"""Values from which on torchao makes moments 8-bit."""


def optimizer(
    kind: str, groups: list[dict[str, Any]], lr: float, betas: tuple[float, float], eps: float, fused: bool
) -> torch.optim.Optimizer:
    """An optimizer of `STATE_BYTES` over parameter groups, which are sharded already. fused: one kernel for all tensors, of adamw.

    CurateError where torchao is missing, and for shards that a checkpoint could not put together again.
    """
    if kind == "adamw":
        return torch.optim.AdamW(groups, lr, betas, eps, fused=fused)
    try:
        from torchao.optim import AdamW8bit
    except ImportError as error:
        said = "optimizer: adamw_8bit needs torchao; pip install 'octocurate[optim8]', or take adamw"
        raise CurateError(said) from error
    for group in groups:
        for parameter in group["params"]:
            _refuse_unequal(parameter)
    return AdamW8bit(groups, lr, betas, eps)


def _refuse_unequal(parameter: Tensor) -> None:
    if not isinstance(parameter, DTensor):
        return
    world = parameter.device_mesh.size()
    if parameter.numel() // world >= QUANTIZED and parameter.shape[0] % world:
        said = f"a matrix of {parameter.shape[0]:,} rows is no multiple of {world} ranks"
        raise CurateError(f"optimizer: adamw_8bit: {said}; take parallel: ddp, adamw, or other ranks")


def set_lr(optimizer: torch.optim.Optimizer, lr: float) -> None:
    """The learning rate of the next step, in each group as many times as its `times` says. In place where it is a tensor, which compiled
    steps read."""
    for group in optimizer.param_groups:
        mine = lr * group.get("times", 1.0)
        if isinstance(group["lr"], Tensor):
            group["lr"].fill_(mine)
        else:
            group["lr"] = mine


def begin(optimizer: torch.optim.Optimizer) -> None:
    """Give every parameter the state of no step yet, so that a checkpoint has one of those that are not trained at first too."""
    for group in optimizer.param_groups:
        for parameter in group["params"]:
            parameter.grad = torch.zeros_like(parameter)
    set_lr(optimizer, 0.0)
    optimizer.step()
    for state in optimizer.state.values():
        state["step"].zero_()  # torch counts it
    optimizer.zero_grad(set_to_none=True)


@torch.no_grad()
def parts(name: str, value: Tensor) -> Iterator[tuple[str, Tensor]]:
    """The live plain tensors of a state with their names: itself, or `NAME.codes`, `NAME.scale`, `NAME.qmap` of an 8-bit one.

    Codes have the shape of the parameter, scales one value for each block in the same order, so both are sharded as the state is.
    """
    local = value.to_local() if isinstance(value, DTensor) else value
    if not hasattr(local, "__tensor_flatten__"):
        yield name, value
        return
    block = local.codes.numel() // local.scale.numel()
    for part, shape in (("codes", tuple(value.shape)), ("scale", (value.numel() // block,)), ("qmap", None)):
        inner = getattr(local, part)
        if isinstance(value, DTensor) and shape:
            assert all(isinstance(placed, Shard) for placed in value.placements)
            stride = value.stride() if part == "codes" else (1,)
            inner = DTensor.from_local(
                inner, value.device_mesh, value.placements, run_check=False, shape=torch.Size(shape), stride=stride
            )
        yield f"{name}.{part}", inner
