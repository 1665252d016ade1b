"""The networks of RL over packed windows: a policy, which says how probable tokens were, and a critic, which says what is still to come.

Both are in evaluation mode throughout, because what is trained must be the very policy that was sampled: dropout would make the ratio of
probabilities another one with each pass. `Part` is a network with the optimizer's view of it.

Left out: a critic that shares layers with the policy, and reward models.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.distributed.fsdp import FSDPModule
from torch.distributed.tensor import DTensor

from trainers import model as models
from trainers import origin
from trainers.losses import selected_log_probs
from trainers.model import Decoder
from trainers.place import Place
from trainers.rl_settings import Settings


class Policy(Decoder):
    """A causal LM that says of tokens how probable they were, at a temperature."""

    def __init__(self, model: nn.Module, temperature: float) -> None:
        super().__init__(model)
        self.temperature = temperature

    def forward(
        self, tokens: Tensor, position_ids: Tensor, places: Tensor | None = None, targets: Tensor | None = None
    ) -> Any:
        """Log-probabilities and entropies of targets (N,), each predicted at a place of B x T: (N,), fp32. Without places (B, T, D)."""
        hidden = self.hidden(tokens, position_ids)
        if places is None:
            return hidden
        return selected_log_probs(hidden.flatten(0, 1)[places], self.model.lm_head.weight, targets, self.temperature)


class Critic(Decoder):
    """The layers of a causal LM with a head of one number: what reward is expected from a place on."""

    def __init__(self, model: nn.Module, seed: int) -> None:
        super().__init__(model)
        width = int(model.config.hidden_size)
        model.lm_head = nn.Linear(width, 1, bias=False)  # no longer tied to embeddings
        with torch.no_grad():
            drawn = torch.randn(1, width, generator=torch.Generator().manual_seed(seed))
            model.lm_head.weight.copy_(drawn / (width + 1) ** 0.5)

    def forward(self, tokens: Tensor, position_ids: Tensor, places: Tensor, targets: Tensor) -> Tensor:
        """Values before the tokens that are predicted at some places of B x T, (N,), fp32; what these tokens are is not looked at."""
        rows = self.hidden(tokens, position_ids).flatten(0, 1)[places]
        return (rows.float() * self.model.lm_head.weight.float()).sum(
            -1
        )  # no product of matrices, which autocast would round


@dataclass
class Part:
    """A network of a trainer: itself, as it is spread over the ranks, and what the optimizer moves of it."""

    model: nn.Module
    """The causal LM inside."""
    spread: nn.Module
    parameters: list[nn.Parameter]


def part_of(run: Settings, place: Place, network: Decoder, on_first: bool) -> Part:
    """Spread a network that is to be trained. on_first: whether the first rank alone has its weights, which all get from it."""
    model = network.model
    models.prepare(model, run.activation_checkpointing, run.compile)
    network.eval()
    weights = origin.weights_of(model, run.parallel, on_first)
    spread = models.spread(network, run.parallel, place.device, run.dtype)
    origin.share(model, weights)
    return Part(model, spread, [p for p in model.parameters() if p.requires_grad])


def frozen(run: Settings, place: Place, network: Decoder) -> nn.Module:
    """Spread a network that nobody trains, whose weights the first rank has; with ddp each rank gets all of it."""
    network.requires_grad_(False)
    network.eval()
    if run.parallel == "ddp":  # which refuses what has no gradient
        for value in network.to(place.device).state_dict().values():
            dist.broadcast(value, 0)
        return network
    weights = origin.weights_of(network.model, run.parallel, True)
    spread = models.spread(network, run.parallel, place.device, run.dtype)
    origin.share(network.model, weights)
    return spread


def whole_weights(model: nn.Module) -> Iterator[tuple[str, Tensor]]:
    """Each parameter once and whole, by its name in transformers; every rank goes through all of them, for shards are gathered."""
    for name, parameter in model.named_parameters():
        value = parameter.detach()
        yield name, value.full_tensor() if isinstance(value, DTensor) else value


@torch.no_grad()
def reshard(spread: nn.Module) -> None:
    """Give back what a forward pass without a backward one has gathered; else the next one would go on with these weights."""
    if isinstance(spread, FSDPModule):
        spread.reshard()
