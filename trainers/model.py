"""A causal language model made ready to train on packed windows: loaded, kept to its documents, spread over ranks, and what it costs.

Weights are fp32 masters: with bf16 ones AdamW at a learning rate of 2e-5 moves a third of them, for most updates are smaller than a
rounding step. Attention stays within documents because transformers infers a packed row from `position_ids` that start anew, if and only if
no mask and no cache are given; since that is an inference of another library, `refuse_crossing` tries it on the model that is about to be
trained. SDPA masks other documents; `varlen` (`trainers/attention.py`) skips them. Flex attention ended in an error of the compiler on an
H100, which could not be made to happen on a CPU (docs/log.md), so it is left to whoever asks for it.

Left out: model families that were not tried, weights other than safetensors, code that comes with a model, tensor and pipeline parallelism,
and loading by shards: one rank of all reads the whole model into host memory (`trainers/origin.py`).
"""

from __future__ import annotations

import contextlib
import functools
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.distributed.fsdp import MixedPrecisionPolicy, fully_shard
from torch.distributed.tensor import DTensor
from torch.nn.parallel import DistributedDataParallel
from torch.utils.checkpoint import checkpoint

from curate.errors import CurateError
from trainers import attention as attentions
from trainers.losses import next_token_loss
from trainers.optimizers import STATE_BYTES
from trainers.settings import FAMILIES, untried

DTYPES = {"bfloat16": torch.bfloat16, "float32": torch.float32}

PEAKS = {
    "NVIDIA A100-SXM4-40GB": 312e12,
    "NVIDIA A100-SXM4-80GB": 312e12,
    "NVIDIA A100 80GB PCIe": 312e12,
    "NVIDIA H100 80GB HBM3": 989e12,
    "NVIDIA H200": 989e12,
}
"""Dense bf16 FLOP/s by the device's whole name, from NVIDIA's data sheets. Others, such as H100 PCIe and slices, have no MFU."""
LOGIT_BYTES, LAYER_BYTES, WORK_BYTES = 16 * 2048, 4, 46
"""Memory, as fitted to measured steps in `curate/compute.py`, which this package may not import: per entry of the vocabulary; per
token, hidden unit and layer with activation checkpointing; per token and hidden unit. Of states see `optimizers.STATE_BYTES`."""
WHOLE_LAYER_BYTES = 34
"""In place of LAYER_BYTES without activation checkpointing (Korthikanti et al., arXiv 2205.05198, equation 2 without attention scores)."""


def load(where: str, attention: str) -> nn.Module:
    """A causal LM with fp32 weights from a folder, or from the hub's cache as `owner/name` or `owner/name@revision`.

    attention: transformers' name of an implementation, or `varlen`, ours. Raises CurateError where there is no model, where its weights are
    no safetensors, and for a family that was not tried.
    """
    from transformers import AutoModelForCausalLM

    config = config_of(where)
    refuse_unfit_family(config, attention, where)
    name, asked = _published(where)
    options = asked | {"dtype": torch.float32, "use_safetensors": True, "attn_implementation": attention}
    with _told(where):
        return AutoModelForCausalLM.from_pretrained(name, config=config, **options)


def config_of(where: str) -> Any:
    """The config of a model, named as for `load`. CurateError where there is none."""
    from transformers import AutoConfig

    name, asked = _published(where)
    with _told(where):
        return AutoConfig.from_pretrained(name, **asked)


def refuse_unfit_family(config: Any, attention: str, where: str) -> None:
    """CurateError for a family of models that was not tried, and for one that this attention would compute wrongly."""
    attentions.register()
    if config.model_type not in FAMILIES:
        raise CurateError(untried(config.model_type), where=where)
    if attention == attentions.VARLEN:
        attentions.refuse_unfit(config, where)


def _published(where: str) -> tuple[str, dict[str, Any]]:
    """The name of a model and how transformers is asked for it: nothing is fetched, no code that comes with it is run."""
    name, _, revision = (where, "", "") if Path(where).is_dir() else where.partition("@")
    return name, {"local_files_only": True, "trust_remote_code": False, "revision": revision or "main"}


@contextlib.contextmanager
def _told(where: str) -> Iterator[None]:
    """One line for a model that transformers cannot read."""
    try:
        yield
    except (OSError, ValueError) as error:
        said = " ".join(str(error).split())[:200]
        what = "no model with safetensors here or in the hub's cache; fetch it first with `hf download`"
        raise CurateError(f"{what} ({said})", where=where) from error


def tokenizer_of(where: str) -> Path:
    """The folder that holds the tokenizer.json of a model, named as for `load`. CurateError if there is none."""
    from transformers.utils import cached_file

    if not Path(where).is_dir():
        name, _, revision = where.partition("@")
        with contextlib.suppress(OSError):  # not in the cache, or no name at all: told below
            found = cached_file(name, "tokenizer.json", revision=revision or "main", local_files_only=True)
            where = str(Path(found).parent)
    if not (Path(where) / "tokenizer.json").is_file():
        raise CurateError(
            "no tokenizer.json in this folder or the hub's cache; name its folder as tokenizer", where=where
        )
    return Path(where)


class Decoder(nn.Module):
    """A model and what is computed of its hidden states, in one module, so that the forward pass that DDP and FSDP watch over has both."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def hidden(self, tokens: Tensor, position_ids: Tensor) -> Tensor:
        """(B, T) ids -> (B, T, D). The mask is None and the cache off: only then do documents stay apart."""
        decoder: nn.Module = self.model.model
        of_varlen = self.model.config._attn_implementation == attentions.VARLEN
        more = attentions.bounds(position_ids) if of_varlen else {}
        out = decoder(input_ids=tokens, position_ids=position_ids, attention_mask=None, use_cache=False, **more)
        return out.last_hidden_state


class Packed(Decoder):
    """A model and its loss."""

    def forward(
        self, tokens: Tensor, position_ids: Tensor, loss_mask: Tensor | None = None
    ) -> Tensor | tuple[Tensor, Tensor, Tensor]:
        """What `next_token_loss` gives: the sum over targets, and sums and targets of each window; without a mask, hidden states."""
        hidden = self.hidden(tokens, position_ids)
        if loss_mask is None:
            return hidden
        return next_token_loss(hidden, self.model.lm_head.weight, tokens, loss_mask)


def prepare(model: nn.Module, checkpointing: bool, compiled: bool) -> Packed:
    """In training mode, with its layers' activations recomputed and compiled as asked; before `spread`."""
    model.train()
    for layer in model.model.layers:
        if checkpointing:  # inside the hooks of FSDP, and alike in all versions of transformers
            layer.forward = functools.partial(checkpoint, layer.forward, use_reentrant=False)
        if compiled:  # not layer.compile(), which breaks at FSDP's hooks: then nothing that is recomputed is compiled
            layer.forward = torch.compile(layer.forward)
    return Packed(model)


def spread(packed: Decoder, parallel: str, device: torch.device, dtype: str) -> nn.Module:
    """Put it on the ranks of the process group: `ddp`, a copy each, or `fsdp`, a shard each.

    With fsdp, layers compute in `dtype` and gradients are summed in fp32; with ddp the caller computes under autocast.
    """
    if parallel == "ddp":
        ids = [device.index] if device.type == "cuda" else None
        return DistributedDataParallel(packed.to(device), device_ids=ids, gradient_as_bucket_view=True)
    mesh = torch.distributed.init_device_mesh(device.type, (torch.distributed.get_world_size(),))
    policy = MixedPrecisionPolicy(param_dtype=DTYPES[dtype], reduce_dtype=torch.float32)
    for layer in packed.model.model.layers:
        fully_shard(layer, mesh=mesh, mp_policy=policy)
    fully_shard(packed, mesh=mesh, mp_policy=policy)  # tied embeddings and head lie in this one group
    return packed.to(device)  # buffers, such as the rotary frequencies, are not sharded


def syncing(spread: nn.Module, sync: bool) -> contextlib.AbstractContextManager[None]:
    """Whether gradients of what is run inside are summed over ranks at its backward pass, or kept for the next."""
    if isinstance(spread, DistributedDataParallel):
        return contextlib.nullcontext() if sync else spread.no_sync()
    spread.set_requires_gradient_sync(sync)
    return contextlib.nullcontext()


def computing(parallel: str, dtype: str, device: torch.device) -> contextlib.AbstractContextManager[Any]:
    """Autocast under ddp; fsdp casts by itself."""
    return torch.autocast(device.type, DTYPES[dtype], enabled=parallel == "ddp" and dtype != "float32")


def total_over_ranks(values: Tensor) -> Tensor:
    """The sum of a tensor over all ranks, in place."""
    torch.distributed.all_reduce(values)
    return values


def clipped(parameters: list[nn.Parameter], max_norm: float | None) -> float:
    """The global norm of the summed gradients, over all shards; they are scaled down to `max_norm` if it is larger."""
    norm = nn.utils.clip_grad_norm_(parameters, math.inf if max_norm is None else max_norm)
    return float(norm.full_tensor() if isinstance(norm, DTensor) else norm)


def groups(model: nn.Module, weight_decay: float, decay_embeddings: bool) -> list[dict[str, Any]]:
    """AdamW's parameter groups: weight decay on matrices, none on norms and biases, on embeddings by choice. A tied head is one of them."""
    embeddings = {id(m.weight) for m in model.modules() if isinstance(m, nn.Embedding)}
    decayed: list[nn.Parameter] = []
    plain: list[nn.Parameter] = []
    for parameter in model.parameters():
        matrix = parameter.ndim >= 2 and (decay_embeddings or id(parameter) not in embeddings)
        (decayed if matrix else plain).append(parameter)
    return [{"params": decayed, "weight_decay": weight_decay}, {"params": plain, "weight_decay": 0.0}]


@torch.no_grad()
def refuse_crossing(packed: nn.Module, vocab: int, device: torch.device) -> None:
    """CurateError if a document's hidden states depend on the document before it, or are no numbers; all ranks call it. Two short passes.

    The row is two blocks of flex attention long, and its documents end within one.
    """
    first, length = 100, 256
    tokens = torch.arange(length, device=device)[None] % vocab  # (1, T)
    places = torch.cat([torch.arange(first), torch.arange(length - first)])[None].to(device)
    other = torch.where(torch.arange(length, device=device) < first, (tokens + 1) % vocab, tokens)
    training = packed.training
    packed.eval()  # dropout would tell any two passes apart
    one, two = (packed(ids, places).float() for ids in (tokens, other))
    packed.train(training)
    if not (one.isfinite().all() and two.isfinite().all()):
        raise CurateError("the model computes no finite numbers; begin with another one, or with an older checkpoint")
    apart, same = (torch.allclose(one[:, part], two[:, part], atol=1e-5) for part in (slice(first, None), slice(first)))
    if not apart or same:
        from transformers import __version__

        said = f"attention crosses documents with transformers {__version__}"
        raise CurateError(f"{said}; use a version that tests/trainers/test_model.py passes with")


def flops_per_token(config: Any, parameters: int, seq_len: int) -> int:
    """FLOPs of forward and backward per token: 6N + 12LHQT, whole windows, nothing recomputed (PaLM, arXiv 2204.02311, appendix B)."""
    return 6 * parameters + 12 * config.num_hidden_layers * config.num_attention_heads * head_dim(config) * seq_len


def head_dim(config: Any) -> int:
    """Size of an attention head."""
    return getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads


def peak(device: torch.device) -> float | None:
    """Dense bf16 FLOP/s of a device, None where we do not know it."""
    return PEAKS.get(torch.cuda.get_device_name(device)) if device.type == "cuda" else None


def memory(
    config: Any,
    parameters: int,
    places: int,
    sharded: int = 1,
    checkpointing: bool = True,
    whole_gradients: bool = False,
    state_bytes: int = STATE_BYTES["adamw"],
) -> dict[str, int]:
    """Bytes of one device by what takes them.

    places: tokens of a micro-batch. sharded: over how many ranks states are. whole_gradients: whether sums are kept unsharded too.
    state_bytes: of a parameter, which `optimizers.STATE_BYTES` says by the optimizer.
    """
    layer = LAYER_BYTES if checkpointing else WHOLE_LAYER_BYTES
    return {
        "states": state_bytes * parameters // sharded,
        "whole gradients": 4 * parameters if whole_gradients else 0,
        "logits": LOGIT_BYTES * config.vocab_size,
        "activations": places * config.hidden_size * (layer * config.num_hidden_layers + WORK_BYTES),
    }


def refuse_unfit(needs: dict[str, int], room: int, sharded: bool, checkpointing: bool, micro_batch: int) -> None:
    """CurateError that names the setting to change, where the needs are more than a device has room for."""
    if sum(needs.values()) <= room:
        return
    least = needs["states"] + needs["logits"]
    if least > room:
        what = "more GPUs" if sharded else "parallel: fsdp and more GPUs"
    elif least + needs["whole gradients"] > room:
        what = "reduce_each: true"
    elif not checkpointing:
        what = "activation_checkpointing: true"
    else:
        what = f"a micro_batch below {micro_batch}" if micro_batch > 1 else "a mixture of shorter windows"
    parts = ", ".join(f"{name} {size / 1e9:.1f}" for name, size in needs.items() if size)
    said = f"a step needs about {sum(needs.values()) / 1e9:.1f} GB on each GPU ({parts}) of {room / 1e9:.1f}"
    raise CurateError(f"{said}; it takes {what}")
