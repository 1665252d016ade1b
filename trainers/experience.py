"""The experience of one step: prompts, replies to each, and what they earned; the same on every rank.

Each rank samples and judges the groups of some of the prompts, and all of them get all of it, so what follows (advantages, counts, who
trains on what) is computed alike by everybody without asking. With `zero_variance: resample` groups whose rewards are all alike give their
place to groups of other prompts, some times over; what is alike then stays, without an advantage, so that a step always counts as many
sequences.

Left out: sampling while training, and groups of different sizes.
"""

from __future__ import annotations

import dataclasses
import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from trainers._manifest import write
from trainers._together import together
from trainers.lengths import overlong_penalty
from trainers.place import Place
from trainers.prompts import Prompts
from trainers.rewards import Judged, Rewards
from trainers.rl_settings import Settings
from trainers.rollout import Engine, Rollouts, seed_of_reply

SHOWN = 4
"""Prompts of a step whose replies are written down to be read."""


@dataclass
class Experience:
    """Replies group after group: of P prompts G each, so reply i is number i % G to prompt i // G."""

    prompts: np.ndarray
    """(P,) numbers of the prompts."""
    rollouts: Rollouts
    """Of P x G replies."""
    texts: list[str]
    kinds: list[str]
    """How each reply was judged."""
    judged: np.ndarray
    """(P, G) float32: what each earned; NaN where nobody can say."""
    rewards: np.ndarray
    """(P, G) float32: the same with what comes off for length."""
    limit: int
    """Longest reply in tokens."""
    resampled: int
    """Groups that gave their place to others."""

    @property
    def alike(self) -> np.ndarray:
        """(P,) bool: groups whose known rewards are all the same, or fewer than two."""
        return ~(np.nanmax(_filled(self.rewards, -np.inf), 1) > np.nanmin(_filled(self.rewards, np.inf), 1))

    def counts(self) -> dict[str, int]:
        """How many replies were judged how."""
        return dict(sorted(Counter(self.kinds).items()))


def _filled(rewards: np.ndarray, value: float) -> np.ndarray:
    return np.where(np.isnan(rewards), value, rewards)


class Sampling:
    """Who asks the engine. Every rank has one, and all of them call the same methods."""

    def __init__(self, run: Settings, place: Place, prompts: Prompts, engine: Engine, rewards: Rewards) -> None:
        self.run, self.place, self.prompts, self.engine, self.rewards = run, place, prompts, engine, rewards

    def close(self) -> None:
        """End what samples and judges."""
        self.engine.close()
        self.rewards.close()

    def step(self, turn: int, limit: int, version: int) -> Experience:
        """What a step is made of. turn: says which prompts and seeds, another one for each step. version: of the weights."""
        count = self.run.prompts_per_step
        found = self.replies(self.prompts.at(turn, count), self.run.num_generations, turn, limit, version)
        taken = set(found.prompts.tolist())
        for _ in range(self.run.max_resamples if self.run.zero_variance == "resample" else 0):
            places = np.flatnonzero(found.alike)
            others = self.prompts.others(turn, taken, len(places))
            if not len(others):  # none are asked for, or there are no more
                break
            taken |= set(others.tolist())
            new = self.replies(others, self.run.num_generations, turn, limit, version)
            better = np.flatnonzero(~new.alike)
            found = _replaced(found, places[: len(better)], new, better)
        return found

    def replies(self, numbers: np.ndarray, group: int, turn: int, limit: int, version: int) -> Experience:
        """Sample and judge some replies to each of some prompts, divided among the ranks."""
        mine = np.array_split(numbers, self.place.world)[self.place.rank]
        parts = together(lambda: self._mine(mine, group, turn, limit, version), self.run.out)
        rollouts = Rollouts.concat([part[0] for part in parts])
        texts, kinds = [one for part in parts for one in part[1]], [one for part in parts for one in part[2]]
        judged = np.concatenate([part[3] for part in parts]).reshape(len(numbers), group)
        lengths = torch.from_numpy(rollouts.lengths.reshape(len(numbers), group))
        rewards = judged + overlong_penalty(lengths, limit, self.run.overlong_buffer).numpy()
        return Experience(numbers, rollouts, texts, kinds, judged, rewards.astype(np.float32), limit, 0)

    def _mine(
        self, numbers: np.ndarray, group: int, turn: int, limit: int, version: int
    ) -> tuple[Rollouts, list[str], list[str], np.ndarray]:
        """This rank's part: replies, their texts, how they were judged, what they earned."""
        of, number = np.repeat(numbers, group), np.tile(np.arange(group), len(numbers))
        if not len(of):
            return Rollouts.of([], [], [], version), [], [], np.zeros(0, np.float32)
        prompts = [self.prompts.tokens(int(i)) for i in of]
        pairs = zip(of.tolist(), number.tolist(), strict=True)
        seeds = [seed_of_reply(self.run.seed, turn, self.prompts.ids[i], n) for i, n in pairs]
        rollouts = self.engine.generate(prompts, seeds, limit, version).numbered(of, number)
        texts = [self.engine.endings.text(rollouts.reply(i).tolist()) for i in range(len(rollouts))]
        judged: Judged = self.rewards.judge(texts, [self.prompts.answers[int(i)] for i in of], rollouts.stopped)
        return rollouts, texts, judged.kinds, judged.rewards


def _replaced(found: Experience, places: np.ndarray, new: Experience, groups: np.ndarray) -> Experience:
    """Experience with some of its groups replaced by groups of another."""
    prompts, size = len(found.prompts), found.rewards.shape[1]
    take = np.arange(prompts)
    take[places] = prompts + groups  # of both, one after the other
    rows = (take[:, None] * size + np.arange(size)).ravel()
    joined = Rollouts.concat([found.rollouts, new.rollouts]).select(rows)
    texts, kinds = found.texts + new.texts, found.kinds + new.kinds
    return dataclasses.replace(
        found,
        prompts=np.concatenate([found.prompts, new.prompts])[take],
        rollouts=joined,
        texts=[texts[i] for i in rows],
        kinds=[kinds[i] for i in rows],
        judged=np.concatenate([found.judged, new.judged])[take],
        rewards=np.concatenate([found.rewards, new.rewards])[take],
        resampled=found.resampled + len(places),
    )


def write_rollouts(folder: Path, step: int, found: Experience, prompts: Prompts) -> None:
    """Write the replies to a few prompts of a step, an object a line, at once or not at all."""
    folder.mkdir(exist_ok=True)
    group, lines = found.rewards.shape[1], []
    for i in range(min(SHOWN, len(found.prompts)) * group):
        number = int(found.prompts[i // group])
        reward = float(found.rewards.flat[i])
        said: dict[str, Any] = {"step": step, "prompt_id": prompts.ids[number], "problem": prompts.problems[number]}
        said |= {"answer": prompts.answers[number], "number": i % group, "reply": found.texts[i]}
        said |= {"reward": None if np.isnan(reward) else reward, "kind": found.kinds[i]}
        said |= {"tokens": int(found.rollouts.lengths[i]), "stopped": bool(found.rollouts.stopped[i])}
        lines.append(json.dumps(said, allow_nan=False))
    path = folder / f"step-{step:07}.jsonl"
    temporary = path.with_suffix(".tmp")
    write(temporary, "".join(f"{line}\n" for line in lines).encode())
    temporary.replace(path)


def remove_later(folder: Path, step: int) -> None:
    """Remove what was written of steps after this one, which are about to be made again."""
    for path in folder.glob("step-*"):
        digits = path.stem.removeprefix("step-")
        if not digits.isdecimal() or int(digits) > step or path.suffix != ".jsonl":
            path.unlink()
