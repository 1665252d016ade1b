"""A plain loop of GRPO and PPO, to compare ours with: a sequence at a time, all logits, no packing, no chunks, formulas as in papers.

It is told which replies a run has sampled, and shares nothing with `trainers/` but the settings.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.nn import functional
from transformers import LlamaForCausalLM


class Plain:
    """A policy, for PPO a critic, and their optimizers."""

    def __init__(self, base: Path, said: dict[str, Any], head: torch.Tensor | None = None) -> None:
        self.said = {
            "temperature": 1.0, "epsilon": 0.2, "epsilon_high": None, "dual_clip": None, "beta": 0.0, "kl": "k3", "entropy_bonus": 0.0,
            "loss_type": "token", "loss_length": None, "overlong_buffer": 0, "mask_truncated": False, "passes": 1, "scale_rewards": True,
            "gamma": 1.0, "lam": 1.0, "value_clip": 0.2, "whiten": True, "critic_warmup_steps": 0, "critic_lr": 5e-6,
        } | said  # fmt: skip
        self.policy, self.reference = (LlamaForCausalLM.from_pretrained(base) for _ in range(2))
        self.critic = LlamaForCausalLM.from_pretrained(base).model if head is not None else None
        self.head = torch.nn.Parameter(head) if head is not None else None
        adam: dict[str, Any] = {"betas": (0.9, 0.99), "eps": 1e-8, "weight_decay": 0.0}
        self.of_policy = list(self.policy.parameters())
        self.moving = torch.optim.AdamW(self.of_policy, self.said["lr"], **adam)
        if self.critic:
            self.of_critic = [*self.critic.parameters(), self.head]
            self.critic_moving = torch.optim.AdamW(self.of_critic, self.said["critic_lr"], **adam)
        self.step = 0

    def logits(self, model: Any, prompt: list[int], reply: list[int]) -> torch.Tensor:
        """(tokens of the reply, V): what predicts each of them."""
        ids = torch.tensor([prompt + reply])
        return model(input_ids=ids).logits[0, len(prompt) - 1 : -1].double() / self.said["temperature"]

    def log_probs(self, model: Any, prompt: list[int], reply: list[int]) -> torch.Tensor:
        return self.logits(model, prompt, reply).log_softmax(-1)[range(len(reply)), reply]

    def values(self, prompt: list[int], reply: list[int]) -> torch.Tensor:
        hidden = self.critic(input_ids=torch.tensor([prompt + reply])).last_hidden_state  # type: ignore[misc]
        return (hidden[0] @ self.head[0])[len(prompt) - 1 : -1].double()  # type: ignore[index]

    def take(self, rows: list[dict[str, Any]]) -> dict[str, float]:
        """One step on the replies of a step, group by group; means of the updates' losses and norms."""
        said, size = self.said, self.said["num_generations"]
        with torch.no_grad():
            for row in rows:
                row["old"] = self.log_probs(self.policy, row["prompt"], row["reply"])
                row["ref"] = self.log_probs(self.reference, row["prompt"], row["reply"])
                row["bears"] = not (said["mask_truncated"] and not row["stopped"])
                over = len(row["reply"]) - (row["limit"] - said["overlong_buffer"])
                row["reward"] -= min(max(over / said["overlong_buffer"], 0), 1) if said["overlong_buffer"] else 0
        (self.critics if self.critic else self.groups)(rows)
        told: list[dict[str, float]] = []
        count = said["mini_batch"] * size
        for _ in range(said["passes"]):
            for start in range(0, len(rows), count):
                told.append(self.update([row for row in rows[start : start + count] if row["bears"]]))
        self.step += 1
        return {
            name: float(np.mean([one[name] for one in told if name in one]))
            for name in {n for one in told for n in one}
        }

    def groups(self, rows: list[dict[str, Any]]) -> None:
        for start in range(0, len(rows), self.said["num_generations"]):
            group = rows[start : start + self.said["num_generations"]]
            rewards = np.array([row["reward"] for row in group])
            better = rewards - rewards.mean()
            if self.said["scale_rewards"]:
                better = better / (rewards.std(ddof=1) + 1e-6)
            for row, one in zip(group, better, strict=True):
                row["advantages"] = torch.full((len(row["reply"]),), float(one), dtype=torch.float64)

    def critics(self, rows: list[dict[str, Any]]) -> None:
        gamma, lam = self.said["gamma"], self.said["lam"]
        for row in rows:
            with torch.no_grad():
                row["values"] = self.values(row["prompt"], row["reply"])
            values = [*row["values"].tolist(), 0.0]
            rewards = [0.0] * (len(row["reply"]) - 1) + [row["reward"]]
            deltas = [r + gamma * after - v for r, v, after in zip(rewards, values, values[1:], strict=False)]
            sums = [sum((gamma * lam) ** k * d for k, d in enumerate(deltas[t:])) for t in range(len(deltas))]
            row["advantages"] = torch.tensor(sums, dtype=torch.float64)
            row["returns"] = row["advantages"] + row["values"]
        if self.said["whiten"]:
            every = torch.cat([row["advantages"] for row in rows if row["bears"]])
            for row in rows:
                row["advantages"] = (row["advantages"] - every.mean()) / (every.var() + 1e-8).sqrt()

    def update(self, rows: list[dict[str, Any]]) -> dict[str, float]:
        told: dict[str, float] = {}
        if not self.critic or self.step >= self.said["critic_warmup_steps"]:
            if not self.critic and not self.said["beta"] and all((row["advantages"] == 0).all() for row in rows):
                return {}
            loss = self.summed([self.losses(row) for row in rows], self.said["loss_type"])
            told["loss"], told["grad_norm"] = loss.item(), self.moved(loss, self.of_policy, self.moving)
        if self.critic:
            loss = self.summed([self.value_losses(row) for row in rows], "token")
            told["value_loss"], told["critic_grad_norm"] = (
                loss.item(),
                self.moved(loss, self.of_critic, self.critic_moving),
            )
        return told

    def losses(self, row: dict[str, Any]) -> torch.Tensor:
        said, advantages = self.said, row["advantages"]
        log_p = self.logits(self.policy, row["prompt"], row["reply"]).log_softmax(-1)
        mine = log_p[range(len(row["reply"])), row["reply"]]
        ratio = torch.exp(mine - row["old"])
        high = said["epsilon"] if said["epsilon_high"] is None else said["epsilon_high"]
        losses = -torch.minimum(ratio * advantages, ratio.clamp(1 - said["epsilon"], 1 + high) * advantages)
        if said["dual_clip"]:
            losses = torch.where(advantages < 0, torch.minimum(losses, -said["dual_clip"] * advantages), losses)
        d = mine - row["ref"]
        losses = losses + said["beta"] * (torch.exp(-d) - 1 + d if said["kl"] == "k3" else d**2 / 2)
        return losses + said["entropy_bonus"] * (log_p.exp() * log_p).sum(-1)

    def value_losses(self, row: dict[str, Any]) -> torch.Tensor:
        values, old = self.values(row["prompt"], row["reply"]), row["values"]
        held = old + (values - old).clamp(-self.said["value_clip"], self.said["value_clip"])
        return torch.maximum((values - row["returns"]) ** 2, (held - row["returns"]) ** 2) / 2

    def summed(self, losses: list[torch.Tensor], loss_type: str) -> torch.Tensor:
        if loss_type == "token":
            return torch.cat(losses).mean()
        if loss_type == "sequence":
            return torch.stack([one.mean() for one in losses]).mean()
        return torch.cat(losses).sum() / (len(losses) * (self.said["loss_length"] or self.said["longest"]))

    def moved(
        self, loss: torch.Tensor, parameters: list[torch.nn.Parameter], optimizer: torch.optim.Optimizer
    ) -> float:
        optimizer.zero_grad()
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(parameters, self.said["max_grad_norm"])
        optimizer.step()
        return float(norm)


def recorded(train: Callable[[Path], Any], path: Path, monkeypatch: Any) -> list[list[dict[str, Any]]]:
    """Train by a file of settings, and say what was sampled in each step: prompt, reply, reward, and whether it stopped by itself."""
    from trainers.experience import Sampling

    steps, plain = [], Sampling.step

    def watched(self: Sampling, *args: Any) -> Any:
        found = plain(self, *args)
        rollouts = found.rollouts
        steps.append([
            {
                "prompt": self.prompts.tokens(int(rollouts.prompt[i])), "reply": rollouts.reply(i).tolist(), "limit": found.limit,
                "reward": float(found.judged.flat[i]), "stopped": bool(rollouts.stopped[i]), "sampler": bounds_of(rollouts, i),
            }
            for i in range(len(rollouts))
        ])  # fmt: skip
        return found

    monkeypatch.setattr(Sampling, "step", watched)
    train(path)
    return steps


def bounds_of(rollouts: Any, i: int) -> list[float]:
    """The sampler's log-probabilities of a reply."""
    return rollouts.log_probs[rollouts.bounds[i] : rollouts.bounds[i + 1]].tolist()


def said_in(path: Path) -> dict[str, Any]:
    """The settings in a file, with the longest reply."""
    said = json.loads(path.read_text())
    longest = said["max_completion_length"]
    return said | {"longest": max(longest.values()) if isinstance(longest, dict) else longest}


def apart(model: Any, out: Path) -> float:
    """The largest difference of a weight from those that a run has exported."""
    theirs = dict(LlamaForCausalLM.from_pretrained(out / "model").named_parameters())
    return max((value - theirs[name]).abs().max().item() for name, value in model.named_parameters())


def entropies(model: Any, rows: list[dict[str, Any]]) -> float:
    """Mean entropy of the tokens of some replies, at temperature 1."""
    found = []
    for row in rows:
        logits = model(input_ids=torch.tensor([row["prompt"] + row["reply"]])).logits[0, len(row["prompt"]) - 1 : -1]
        found.append(-(functional.softmax(logits, -1) * functional.log_softmax(logits, -1)).sum(-1))
    return float(torch.cat(found).mean())
