"""What turns the experience of a step into other weights: networks, their losses, and updates. GRPO and PPO are two of them.

A step is cut into mini-batches of whole groups, and these into windows that are dealt to the ranks. All probabilities that stay as they
were (old ones, those of a reference) are computed once before the first update, over the very micro-batches that are trained on, so in that
update the ratio of probabilities is 1 and not nearly 1. What is known of a token lies in flat vectors over all tokens of the step, filled
by the rank that had it and added up over ranks, so every rank has all of it.

A mini-batch none of whose sequences has an advantage makes no step: AdamW would move weights by what it remembers. Sequences without one
still count in what is divided by, but are not computed again.

Left out: a step that goes on while others sample, and mini-batches in another order on later passes.
"""

from __future__ import annotations

import contextlib
import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from curate.errors import CurateError
from trainers import attention, origin
from trainers import model as models
from trainers.experience import Experience
from trainers.optimizers import begin, optimizer, set_lr
from trainers.place import Place
from trainers.policy import Part, Policy, frozen, part_of, reshard
from trainers.policy_loss import Totals, aggregate, importance_weights, kl, ratio_loss
from trainers.prompts import Prompts
from trainers.rl_settings import Settings
from trainers.schedule import Schedule
from trainers.sequences import Micro, Sequences

UNMADE: dict[str, Any] = {
    "loss": None,
    "grad_norm": None,
    "clip_low": 0.0,
    "clip_high": 0.0,
    "log_ratio": None,
    "updates": 0,
}
"""What there is to tell of a step without an update."""


@dataclass
class Mini:
    """What one update is made of, on this rank."""

    bearing: list[Micro]
    """What is trained on."""
    silent: list[Micro]
    """What changes nothing, but is looked at."""
    totals: Totals


@dataclass
class Batch:
    """The experience of a step as it is trained on. Vectors of N are over all tokens of all replies, on every rank alike."""

    found: Experience
    minis: list[Mini]
    trained: np.ndarray
    """(P x G,) bool: replies that bear loss."""
    rows: Tensor
    """(N,) which reply a token is of."""
    lengths: Tensor
    """(P x G,) tokens of each reply."""
    sampler: Tensor
    """(N,) log-probabilities as the sampler had them."""
    width: int
    """Tokens of a window."""
    known: dict[str, Tensor] = field(default_factory=dict)
    """Vectors of N: old, entropy, reference, advantages, weights, values, returns."""

    @property
    def bears(self) -> Tensor:
        """(N,) bool: tokens that bear loss."""
        return torch.from_numpy(self.trained).to(self.rows.device)[self.rows]

    def micros(self) -> list[Micro]:
        """All that this rank has."""
        return [micro for mini in self.minis for micro in (*mini.bearing, *mini.silent)]


class Learner:
    """The networks of a run and how they learn. Every rank has one, and all of them call the same methods."""

    def __init__(self, run: Settings, place: Place, where: str, source: Path | None) -> None:
        """where: the model that the run began with. source: the checkpoint that will fill the networks, if there is one."""
        self.run, self.place, self.where, self.source = run, place, where, source
        self.attention = run.attention or attention.default(place.device, run.compile)
        self.policy = part_of(run, place, Policy(self.model(), run.temperature), on_first=source is None)
        self.reference = (
            frozen(run, place, Policy(origin.loaded(where, self.attention), run.temperature)) if run.beta else None
        )
        self.schedule = _schedule(run)
        self.counts = {"skipped": 0, "skipped_in_a_row": 0, "dead": 0}
        """Updates that were not made: not finite, and how many of these came last; without a signal."""
        self.module: nn.Module = self.policy.model
        """What a checkpoint holds."""
        self.make()
        betas = (run.beta1, run.beta2)
        self.optimizer = optimizer(
            run.optimizer, self.groups(), run.lr, betas, run.eps, fused=place.device.type == "cuda"
        )
        begin(self.optimizer)

    def model(self) -> Any:
        """One more causal LM with the weights that the run began with, or to be filled from its checkpoint."""
        if self.source:
            return origin.empty(origin.config_in(self.source), self.attention)
        return origin.loaded(self.where, self.attention)

    # what an algorithm fills in

    def make(self) -> None:
        """More networks than the policy."""

    def groups(self) -> list[dict[str, Any]]:
        """The optimizer's parameter groups."""
        return models.groups(self.policy.model, self.run.weight_decay, decay_embeddings=True)

    def bearing(self, found: Experience, trained: np.ndarray) -> np.ndarray:
        """(P x G,) bool: which of the replies that are trained on can change anything."""
        return trained

    def estimate(self, batch: Batch) -> dict[str, Any]:
        """Put `advantages` among what is known of the tokens; what there is to tell."""
        raise NotImplementedError

    def parts(self, step: int) -> dict[str, Part]:
        """The networks that are trained in a step, by name."""
        return {"policy": self.policy}

    def loss(self, name: str, batch: Batch, mini: Mini, micro: Micro) -> tuple[Tensor, dict[str, Tensor]]:
        """A micro-batch's share of the loss of a network, and what else there is to add up."""
        return self.policy_loss(batch, mini, micro)

    # what they share

    def batch(self, found: Experience, prompts: Prompts) -> Batch:
        """The experience cut into mini-batches, and these into this rank's micro-batches."""
        run, rollouts = self.run, found.rollouts
        sequences = Sequences([prompts.tokens(int(i)) for i in rollouts.prompt], rollouts)
        trained = ~np.isnan(found.rewards.ravel())
        if run.mask_truncated:
            trained &= rollouts.stopped
        bearing = self.bearing(found, trained)
        size = (run.mini_batch or run.prompts_per_step) * run.num_generations
        minis = []
        for start in range(0, len(rollouts), size):
            rows = np.arange(start, start + size)
            totals = Totals(int(rollouts.lengths[rows][trained[rows]].sum()), int(trained[rows].sum()))
            bear, silent = (self._micros(sequences, rows[chosen]) for chosen in (bearing[rows], ~bearing[rows]))
            minis.append(Mini(bear, silent, totals))
        of = (sequences.rows, rollouts.lengths, rollouts.log_probs)
        rows, lengths, sampler = (torch.from_numpy(one).to(self.place.device) for one in of)
        return Batch(found, minis, trained, rows, lengths, sampler, sequences.width)

    def _micros(self, sequences: Sequences, rows: np.ndarray) -> list[Micro]:
        place = self.place
        micros = sequences.micros(rows.tolist(), place.rank, place.world, self.run.micro_batch)
        return [micro.to(place.device) for micro in micros]

    def look(self, batch: Batch) -> None:
        """Put what stays as it is among what is known: `old` and `entropy`, `reference`, and `weights` of the importance."""
        batch.known["old"], batch.known["entropy"] = self.over_tokens(self.policy.spread, batch)
        if self.reference:
            batch.known["reference"] = self.over_tokens(self.reference, batch)[0]
        if self.run.importance_cap is not None:
            batch.known["weights"] = importance_weights(batch.known["old"], batch.sampler, self.run.importance_cap)

    @torch.no_grad()
    def over_tokens(self, spread: nn.Module, batch: Batch) -> Tensor:
        """What a network says of each token, (outputs, N)."""
        found = torch.zeros(2, len(batch.rows), device=self.place.device)
        for micro in batch.micros():
            with self.computing():
                said = spread(micro.tokens, micro.position_ids, micro.places, micro.targets)
            for number, one in enumerate(said if isinstance(said, tuple) else (said,)):
                found[number, micro.flat] = one
        reshard(spread)
        return models.total_over_ranks(found)

    def computing(self) -> contextlib.AbstractContextManager[Any]:
        """Autocast under ddp; fsdp casts by itself."""
        return models.computing(self.run.parallel, self.run.dtype, self.place.device)

    def policy_loss(self, batch: Batch, mini: Mini, micro: Micro) -> tuple[Tensor, dict[str, Tensor]]:
        """The clipped surrogate, with what the settings add to it."""
        run, known, at = self.run, batch.known, micro.flat
        log_probs, entropies = self.policy.spread(micro.tokens, micro.position_ids, micro.places, micro.targets)
        clip = (run.epsilon, run.epsilon_high, run.dual_clip)
        losses, low, high = ratio_loss(log_probs, known["old"][at], known["advantages"][at], *clip)
        if "weights" in known:
            losses = losses * known["weights"][at]
        if run.beta:
            losses = losses + run.beta * kl(log_probs, known["reference"][at], run.kl)
        if run.entropy_bonus:
            losses = losses - run.entropy_bonus * entropies
        apart = (log_probs.detach() - known["old"][at]).abs()
        sums = {"clip_low": low.sum(), "clip_high": high.sum(), "log_ratio": apart.sum()}
        return self.summed(losses, batch, mini, at), sums

    def summed(self, losses: Tensor, batch: Batch, mini: Mini, at: Tensor) -> Tensor:
        """Losses of some tokens as their share of the mini-batch's loss."""
        longest = self.run.loss_length or max(self.run.lengths.values())
        return aggregate(losses, batch.rows[at], batch.lengths, self.run.loss_type, mini.totals, longest)

    def learn(self, batch: Batch, step: int) -> dict[str, Any]:
        """All updates of a step; what there is to tell."""
        made, lr = [], 0.0
        for number in range(self.run.updates):
            lr = self.schedule.lr(step * self.run.updates + number, 1)
            mini = batch.minis[number % len(batch.minis)]
            if not mini.bearing:
                self.counts["dead"] += 1
            elif told := self.update(batch, mini, step, lr):
                made.append(told)
        names = {name: None for told in made for name in told}
        means = {name: sum(told[name] for told in made if name in told) / len(made) for name in names}
        return {**UNMADE, **means, "lr": lr, "updates": len(made)}

    def update(self, batch: Batch, mini: Mini, step: int, lr: float) -> dict[str, float]:
        """One update of the weights, if all is finite; what there is to tell, nothing if it was not."""
        told: dict[str, float] = {}
        parts = self.parts(step)
        for name, part in parts.items():
            told |= self._backward(name, part, batch, mini)
        for name, part in parts.items():
            told[_called(name, "grad_norm")] = models.clipped(part.parameters, self.run.max_grad_norm)
        if finite := all(math.isfinite(one) for one in told.values()):
            set_lr(self.optimizer, lr)
            self.optimizer.step()
        self._forget()
        self._count(finite, step)
        return told if finite else {}

    def _backward(self, name: str, part: Part, batch: Batch, mini: Mini) -> dict[str, float]:
        """The gradient of a network's loss, added up over micro-batches and ranks; the loss and sums over tokens, by their means."""
        sums: dict[str, Tensor] = {}
        for number, micro in enumerate(mini.bearing):
            with models.syncing(part.spread, number == len(mini.bearing) - 1):
                with self.computing():
                    share, more = self.loss(name, batch, mini, micro)
                (share * self.place.world).backward()  # ranks' gradients are averaged
            for one, value in {"loss": share.detach(), **more}.items():
                sums[one] = sums.get(one, 0.0) + value.double()
        totals = models.total_over_ranks(torch.stack(list(sums.values())))
        found = dict(zip(sums, totals.tolist(), strict=True))
        tokens = max(mini.totals.tokens, 1)
        return {_called(name, one): value if one == "loss" else value / tokens for one, value in found.items()}

    def _forget(self) -> None:
        for group in self.optimizer.param_groups:
            for parameter in group["params"]:
                parameter.grad = None

    def _count(self, finite: bool, step: int) -> None:
        self.counts["skipped"] += not finite
        self.counts["skipped_in_a_row"] = 0 if finite else self.counts["skipped_in_a_row"] + 1
        if self.counts["skipped_in_a_row"] >= self.run.max_skipped:
            said = f"{self.run.max_skipped} updates in a row up to step {step + 1} had no finite loss or gradient"
            raise CurateError(f"{said}; go back to a checkpoint and lower lr", where=self.run.out)


def _called(part: str, name: str) -> str:
    """How a figure of a network is called: the policy's by itself, the critic's loss is the value loss."""
    if part == "policy":
        return name
    return "value_loss" if name == "loss" else f"{part}_{name}"


def _schedule(run: Settings) -> Schedule:
    """The learning rate over updates."""
    total, warmup = run.max_steps * run.updates, run.warmup_steps * run.updates
    return Schedule(run.lr, total, run.lr_scheduler, warmup, None, run.min_lr_ratio)
