"""Processes that train together on this machine, over gloo, and the tiny models that they train."""

import multiprocessing
import os
import pickle
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
import torch.distributed as dist
from torch import nn
from torch.distributed.checkpoint.state_dict import StateDictOptions, get_model_state_dict, get_optimizer_state_dict
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import fully_shard
from transformers import LlamaConfig, LlamaForCausalLM

VOCABULARY, ROWS = 67, 4


def llama(seed: int, tied: bool = True) -> LlamaForCausalLM:
    torch.manual_seed(seed)
    sizes = {"hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2}
    heads = {"num_attention_heads": 2, "num_key_value_heads": 1}
    return LlamaForCausalLM(LlamaConfig(vocab_size=VOCABULARY, tie_word_embeddings=tied, **sizes, **heads))


class Odd(nn.Module):
    """Sizes that two ranks cannot halve: a row of one, three rows, a scalar buffer, an embedding that is used twice, a number of steps."""

    def __init__(self, seed: int) -> None:
        super().__init__()
        torch.manual_seed(seed)
        self.embedding, self.one, self.three = nn.Embedding(VOCABULARY, 3), nn.Linear(3, 1), nn.Linear(1, 3)
        self.head = nn.Linear(3, VOCABULARY, bias=False)
        self.head.weight = self.embedding.weight
        self.register_buffer("seen", torch.tensor(seed))

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        return self.head(self.three(self.one(self.embedding(ids))))


def adam(model: nn.Module) -> torch.optim.AdamW:
    flat, rest = [p for p in model.parameters() if p.dim() < 2], [p for p in model.parameters() if p.dim() >= 2]
    return torch.optim.AdamW([{"params": rest, "weight_decay": 0.1}, {"params": flat, "weight_decay": 0.0}], lr=1e-2)


def wrapped(model: nn.Module, how: str) -> nn.Module:
    if how == "fsdp":
        mesh = init_device_mesh("cpu", (dist.get_world_size(),))
        for layer in model.model.layers if isinstance(model, LlamaForCausalLM) else ():
            fully_shard(layer, mesh=mesh)
        return fully_shard(model, mesh=mesh)
    return nn.parallel.DistributedDataParallel(model) if how == "ddp" else model


def train(model: nn.Module, optimizer: torch.optim.Optimizer, first: int, steps: int) -> list[float]:
    """The losses of some steps, each on rows that its number gives, divided among the ranks."""
    rank, world = (dist.get_rank(), dist.get_world_size()) if dist.is_initialized() else (0, 1)
    losses = []
    for number in range(first, first + steps):
        rows = torch.randint(0, VOCABULARY, (ROWS, 12), generator=torch.Generator().manual_seed(number))[rank::world]
        out = model(rows)
        loss = nn.functional.cross_entropy(getattr(out, "logits", out)[:, :-1].flatten(0, 1), rows[:, 1:].flatten())
        loss.backward()
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        total = loss.detach().clone()
        if world > 1:
            dist.all_reduce(total)
        losses.append(float(total) / world)
    return losses


def full(model: nn.Module, optimizer: torch.optim.Optimizer) -> dict[str, torch.Tensor]:
    """All tensors of model and optimizer, whole, on the first rank."""
    options = StateDictOptions(full_state_dict=True, cpu_offload=True)
    state = get_optimizer_state_dict(model, optimizer, options=options).get("state", {})
    moments = {f"{kind} {name}": value for name, kinds in state.items() for kind, value in kinds.items()}
    return {k: v.clone() for k, v in (get_model_state_dict(model, options=options) | moments).items()}


def start(world: int, folder: Path, part: Callable[..., Any], *args: Any) -> list[Any]:
    """Start a part on each rank; the processes, forked from one that has imported torch. Each first argument is the rank."""
    folder.mkdir(exist_ok=True)
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.trainers.ranks"])
    meeting = folder / f"meeting-{time.monotonic_ns()}"
    processes = [context.Process(target=_rank, args=(n, world, meeting, folder, part, args)) for n in range(world)]
    for process in processes:
        process.start()
    return processes


def run(world: int, folder: Path, part: Callable[..., Any], *args: Any, seconds: float = 60) -> list[Any]:
    """What a part returns, or the exception that it raises, on each rank; None where it died. Fails where a rank hangs."""
    processes = start(world, folder, part, *args)
    until = time.monotonic() + seconds
    for process in processes:
        process.join(max(0.0, until - time.monotonic()))
    hung = [n for n, process in enumerate(processes) if process.is_alive()]
    for n in hung:
        os.kill(processes[n].pid, signal.SIGKILL)
        processes[n].join()
    assert not hung, f"ranks {hung} hang"
    said = [folder / f"said-{process.pid}" for process in processes]
    return [pickle.loads(path.read_bytes()) if path.exists() else None for path in said]


def _rank(
    number: int, world: int, meeting: Path, folder: Path, part: Callable[..., Any], args: tuple[Any, ...]
) -> None:
    torch.set_num_threads(1)
    if world > 1:
        dist.init_process_group("gloo", init_method=f"file://{meeting}", rank=number, world_size=world)
    try:
        said = part(number, *args)
    except Exception as error:
        error.__cause__ = None
        said = error
    (folder / f"said-{os.getpid()}").write_bytes(pickle.dumps(said))
    if world > 1 and not isinstance(said, Exception):
        dist.destroy_process_group()
