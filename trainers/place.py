"""Where a process stands among the ranks, and the process group that they talk in.

Left out: how ranks are started (torchrun and its like say that by environment), and more than one GPU for a process.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import torch
import torch.distributed as dist

from curate.errors import CurateError

PATIENCE = timedelta(minutes=60)
"""How long ranks wait for one that reads or writes a whole model by itself."""
LETTING_GO = 0.3
"""Seconds in which gloo's threads let go of the tensors of the last collective, which they do after they have said that it is done.

Where Python has begun to end by then, letting go of a tensor aborts the process, one of ten here (pytorch/pytorch#179291).
"""


@dataclass(frozen=True)
class Place:
    """Where this process stands among the ranks."""

    rank: int
    world: int
    device: torch.device


def _gpu() -> torch.device:
    """The GPU of this process. CurateError where there are more processes on a machine than GPUs."""
    number, there = int(os.environ.get("LOCAL_RANK", "0")), torch.cuda.device_count()
    if number >= there:
        raise CurateError(f"there are {there} GPUs here, none for process {number}; start at most {there} (nproc)")
    return torch.device("cuda", number)


@contextlib.contextmanager
def ranks() -> Iterator[Place]:
    """The process group that there is, or torchrun's, or one of this process alone: NCCL between GPUs, gloo between CPUs and for votes."""
    cuda = torch.cuda.is_available()
    device = _gpu() if cuda else torch.device("cpu")
    if cuda:
        torch.cuda.set_device(device)
    if mine := not dist.is_initialized():
        alone: dict[str, Any] = {"store": dist.HashStore(), "rank": 0, "world_size": 1}
        alone = {} if "RANK" in os.environ else alone
        dist.init_process_group("cpu:gloo,cuda:nccl" if cuda else "gloo", timeout=PATIENCE, **alone)
    yield Place(dist.get_rank(), dist.get_world_size(), device)
    if mine:  # not where a rank fails: others may be in a collective until the launcher ends them
        dist.destroy_process_group()
        time.sleep(LETTING_GO)
