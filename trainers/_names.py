"""The names of a model's tensors, without what wrappers add to them, and which of them are one tensor.

Left out: FSDP of the first kind, whose flat parameters have lost their names.
"""

import itertools

from torch import nn

_WRAPPERS = ("_orig_mod.", "_checkpoint_wrapped_module.")


def unwrapped(model: nn.Module) -> nn.Module:
    """The model inside what torch.compile and DistributedDataParallel put around it; its parameters are the same objects."""
    while isinstance(model, nn.parallel.DistributedDataParallel) or hasattr(model, "_orig_mod"):
        model = model.module if isinstance(model, nn.parallel.DistributedDataParallel) else model._orig_mod
    return model


def tied_names(model: nn.Module) -> dict[str, str]:
    """The further names of parameters and buffers that have several, each with the first one. model: unwrapped."""
    first: dict[int, str] = {}
    tied = {}
    named = itertools.chain(model.named_parameters(remove_duplicate=False), model.named_buffers(remove_duplicate=False))
    for name, value in named:
        for wrapper in _WRAPPERS:
            name = name.replace(wrapper, "")
        if first.setdefault(id(value), name) != name:
            tied[name] = first[id(value)]
    return tied
