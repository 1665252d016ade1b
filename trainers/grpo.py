"""Group relative policy optimisation: a reply is as good as it is better than others to the same prompt, so nobody needs a critic.

    python -m trainers.grpo run.json                      # one process, on its GPU or on a CPU
    torchrun --nproc-per-node 8 -m trainers.grpo run.json

DeepSeekMath, arXiv 2402.03300, section 4; Dr. GRPO (arXiv 2503.20783) and DAPO (arXiv 2503.14476) are settings of it, which
`trainers.rl_settings.GRPO` names. What a step is and what a run leaves behind stands in `trainers/rl.py`.

Left out: rewards of steps within a reply, ratios of whole sequences (GSPO).
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import torch

from trainers import rl
from trainers.advantages import group_advantages
from trainers.experience import Experience
from trainers.learner import Batch, Learner
from trainers.rl_settings import GRPO, read
from trainers.running import command, leave


class Group(Learner):
    """Learns from how much better a reply is than its group."""

    run: GRPO

    def advantages(self, found: Experience) -> torch.Tensor:
        """Of each reply, (P x G,)."""
        return group_advantages(torch.from_numpy(found.rewards), self.run.scale_rewards).flatten()

    def bearing(self, found: Experience, trained: np.ndarray) -> np.ndarray:
        """Replies with an advantage; all of them where the loss has a part that does not ask for one."""
        if self.run.beta or self.run.entropy_bonus:
            return trained
        return trained & (self.advantages(found) != 0).numpy()

    def estimate(self, batch: Batch) -> dict[str, Any]:
        """The advantage of a reply is that of each of its tokens."""
        batch.known["advantages"] = self.advantages(batch.found).to(batch.rows.device)[batch.rows]
        return {}


def train(run: GRPO) -> str:
    """Run the settings in this process and rank. Returns `finished` or `interrupted`; CurateError for what the user can put right."""
    return rl.train(run, Group)


def main(arguments: list[str]) -> int:
    """The command. 0 when the run is finished or was asked to stop, 2 for what the user can put right."""
    return command("grpo", arguments, lambda path: train(read(path, GRPO)))


if __name__ == "__main__":
    leave(main(sys.argv[1:]))
