"""Proximal policy optimisation: a critic says what is to be expected after each token, and the policy learns from what came otherwise.

    python -m trainers.ppo run.json                      # one process, on its GPU or on a CPU
    torchrun --nproc-per-node 8 -m trainers.ppo run.json

Schulman et al., arXiv 1707.06347, with generalised advantage estimates (arXiv 1506.02438), as Open-Reasoner-Zero trains (arXiv 2503.24290):
the reward comes with the last token. The critic is a network of its own, with the weights that the policy begins with and a new head of one
number; it has its own learning rate and norm of gradients, and in the first `critic_warmup_steps` it is trained alone. What a step is and
what a run leaves behind stands in `trainers/rl.py`.

Left out: a KL in the reward, layers that policy and critic share, more updates of the critic than of the policy, and exporting the critic.
"""

from __future__ import annotations

import sys
from typing import Any

import torch
from torch import Tensor, nn

from trainers import model as models
from trainers import rl
from trainers.advantages import explained_variance, gae, whiten
from trainers.learner import Batch, Learner, Mini
from trainers.policy import Critic, Part, part_of
from trainers.policy_loss import aggregate, value_loss
from trainers.rl_settings import PPO, read
from trainers.running import command, leave, seed_of
from trainers.sequences import Micro


class ActorCritic(Learner):
    """Learns from what came otherwise than a critic expected."""

    run: PPO

    def make(self) -> None:
        """The critic, and one module of both networks."""
        network = Critic(self.model(), seed_of(self.run.seed, "critic"))
        self.critic = part_of(self.run, self.place, network, on_first=self.source is None)
        self.module = nn.ModuleDict({"policy": self.policy.model, "critic": self.critic.model})

    def groups(self) -> list[dict[str, Any]]:
        """Those of both networks, the critic's with a learning rate of their own."""
        times = self.run.critic_lr / self.run.lr
        of_critic = models.groups(self.critic.model, self.run.weight_decay, decay_embeddings=True)
        return super().groups() + [group | {"times": times} for group in of_critic]

    def parts(self, step: int) -> dict[str, Part]:
        """Both networks, after the critic's warm-up."""
        both = {"policy": self.policy, "critic": self.critic}
        return {"critic": self.critic} if step < self.run.critic_warmup_steps else both

    def estimate(self, batch: Batch) -> dict[str, Any]:
        """Values, returns and advantages of all tokens."""
        known, run, bears = batch.known, self.run, batch.bears
        known["values"] = self.over_tokens(self.critic.spread, batch)[0]
        rows, places = batch.rows, _places(batch)
        values, rewards = (known["values"].new_zeros(len(batch.lengths), int(batch.lengths.max())) for _ in range(2))
        values[rows, places] = known["values"]
        earned = torch.from_numpy(batch.found.rewards.ravel()).to(rewards).nan_to_num(0.0)
        rewards[torch.arange(len(earned), device=rewards.device), batch.lengths - 1] = earned
        mask = torch.zeros_like(values, dtype=torch.bool)
        mask[rows, places] = bears
        advantages, returns = gae(rewards, values, mask, run.gamma, run.lam)  # (P x G, T)
        if run.whiten:
            advantages = whiten(advantages, mask)
        known["advantages"], known["returns"] = advantages[rows, places], returns[rows, places]
        return {"explained_variance": explained_variance(known["values"][bears], known["returns"][bears])}

    def loss(self, name: str, batch: Batch, mini: Mini, micro: Micro) -> tuple[Tensor, dict[str, Tensor]]:
        """The policy's as in GRPO; of the critic the clipped squared error, as a mean over tokens whatever loss_type says."""
        if name == "policy":
            return self.policy_loss(batch, mini, micro)
        known, at = batch.known, micro.flat
        values = self.critic.spread(micro.tokens, micro.position_ids, micro.places, micro.targets)
        losses = value_loss(values, known["values"][at], known["returns"][at], self.run.value_clip)
        return aggregate(losses, batch.rows[at], batch.lengths, "token", mini.totals), {}


def _places(batch: Batch) -> Tensor:
    """(N,) the place of each token in its reply."""
    begins = batch.lengths.cumsum(0) - batch.lengths
    return torch.arange(len(batch.rows), device=batch.rows.device) - begins[batch.rows]


def train(run: PPO) -> str:
    """Run the settings in this process and rank. Returns `finished` or `interrupted`; CurateError for what the user can put right."""
    return rl.train(run, ActorCritic)


def main(arguments: list[str]) -> int:
    """The command. 0 when the run is finished or was asked to stop, 2 for what the user can put right."""
    return command("ppo", arguments, lambda path: train(read(path, PPO)))


if __name__ == "__main__":
    leave(main(sys.argv[1:]))
