"""The loss on what a mixture holds out, by source, and the sums by source that training tells as well.

Every held-out window is read, whatever the number of ranks: rank r takes each `world`-th, and all ranks make as many forward passes, with
windows that count nothing where one has fewer, for the shards of weights are gathered by all of them together. Losses are added up by
window in fp32 and over windows in fp64, and divided by the targets of the source once: a mean over tokens, which the split into batches
and ranks cannot change but for rounding. Nothing of the training is touched: no gradient, no random number, no place in its data.

Left out: other metrics than the loss, and benchmarks, which are `eval/`.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor, nn
from torch.distributed.fsdp import FSDPModule

from mixers.reader import Mixture, Window
from trainers import model as models
from trainers.place import Place


class Sources:
    """The names of a mixture's sources, and which one each window is of."""

    def __init__(self, mix: Mixture) -> None:
        of_group = [group["source"] for group in mix.facts["groups"]]
        self.names = sorted(set(of_group))
        self._of_group = np.array([self.names.index(name) for name in of_group])
        self._groups = mix.groups

    def of(self, numbers: list[int]) -> Tensor:
        """(windows,) index into `names` of each window of the files."""
        return torch.from_numpy(self._of_group[self._groups[numbers]])

    def summed(self, each: Tensor, sources: Tensor) -> Tensor:
        """Sums by source, over windows: (windows,) of any type -> (sources,) fp64, which adds counts of tokens without rounding."""
        zeros = torch.zeros(len(self.names), dtype=torch.float64, device=each.device)
        return zeros.index_add_(0, sources.to(each.device), each.double())

    def means(self, sums: Tensor, counts: Tensor) -> dict[str, float]:
        """Mean by the name of each source that has any targets and a finite sum; both (sources,)."""
        pairs = zip(self.names, sums.tolist(), counts.tolist(), strict=True)
        return {name: one / count for name, one, count in pairs if count and math.isfinite(one)}


def parts(window: Window, device: torch.device) -> list[Tensor]:
    """What a model takes of some windows: tokens, position_ids and loss_mask, each (windows, T)."""
    return [torch.from_numpy(window[name]).to(device) for name in ("tokens", "position_ids", "loss_mask")]


@torch.no_grad()
def held_out_loss(
    spread: nn.Module,
    held: Mixture,
    place: Place,
    micro_batch: int,
    computing: Callable[[], contextlib.AbstractContextManager[None]],
) -> dict[str, float]:
    """Mean loss over the held-out targets of each source; every rank calls it and gets the same. Sources without targets are left out."""
    sources = Sources(held)
    sums = torch.zeros(
        2, len(sources.names), dtype=torch.float64, device=place.device
    )  # losses and targets of each source
    training = spread.training
    spread.eval()
    for numbers in _batches(len(held), place, micro_batch):
        window = held.windows([max(number, 0) for number in numbers])
        window["loss_mask"][np.array(numbers) < 0] = False
        with computing():
            _, losses, targets = spread(*parts(window, place.device))
        of = sources.of([max(number, 0) for number in numbers])
        sums += torch.stack([sources.summed(losses, of), sources.summed(targets, of)])
    spread.train(training)
    if isinstance(spread, FSDPModule):
        spread.reshard()  # what a backward pass would do
    losses, targets = models.total_over_ranks(sums)
    return sources.means(losses, targets)


def _batches(windows: int, place: Place, size: int) -> list[list[int]]:
    """The windows of each forward pass of a rank; -1 where another rank has one more."""
    rounds = -(-windows // place.world)
    mine = [number if number < windows else -1 for number in range(place.rank, rounds * place.world, place.world)]
    return [mine[start : start + size] for start in range(0, rounds, size)]
