"""Reinforcement learning from verifiable rewards: the step that GRPO and PPO share, top to bottom.

A *step*: the sampler takes over the policy's weights; `prompts_per_step` prompts get `num_generations` replies each; these are judged; the
trainer computes how probable it finds them itself, and trains on them if it and the sampler agree; then the monitors look. What a step does
is a function of (run, step, rollbacks so far): prompts, seeds, longest reply, learning rates. So a checkpoint holds weights, moments and
counts, rollouts of a step that was not finished are forgotten whole, and a run that was killed goes on as the one that was not. In `out`:

    metrics.jsonl       a line for each step, and one before the first; docs/rl.md says what is in it
    rollouts/           replies of the first, the last and every so many steps, to be read
    checkpoints/        see `trainers/checkpoint.py`; the newest is resumed from
    rollbacks.json      where the run went back after a collapse, if it did; see `trainers/collapse.py`
    status.json         running, finished, failed, or interrupted (SIGTERM, Ctrl-C: the step ends, a checkpoint is saved, exit code 0)
    model/              the trained model for transformers, when the run is finished
    manifest.json       last of all: the result, and the digests of its files; see `trainers/result.py`

Left out: sampling and training at the same time, replies of several turns, and prompts that are weighted.
"""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import hashlib
import json
import math
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch

from curate.errors import CurateError
from trainers import checkpoint, collapse, origin, result
from trainers import model as models
from trainers._manifest import MANIFEST, describe
from trainers._together import together
from trainers.experience import Experience, Sampling, remove_later, write_rollouts
from trainers.learner import UNMADE, Batch, Learner
from trainers.lengths import length_at
from trainers.monitors import Monitors, measures
from trainers.place import Place
from trainers.policy import reshard, whole_weights
from trainers.policy_loss import kl, mismatch
from trainers.prompts import Prompts
from trainers.rewards import Rewards
from trainers.rl_settings import Settings
from trainers.rollout import engine_of
from trainers.running import Running, digest_of, train_with

GATE = 3
"""Steps in a row on which sampler and trainer do not agree, after which a run ends."""
HELD_OUT = -1
"""In place of a step's turn, for the seeds of replies that are measured: always the same."""


COUNTED = ("step", "tokens", "loss", "lr", "reward", "held_out_reward", "mismatched", "mismatched_in_a_row")
"""What a checkpoint has of a trainer as it is."""


def begun_from(run: Settings) -> str:
    """The model that a run begins with. CurateError where `parent` is no finished run."""
    if run.model:
        return run.model
    folder = Path(str(run.parent))
    try:
        said = json.loads((folder / MANIFEST).read_bytes())
        finished, name = said["status"] == "finished", str(said["model"])
    except (OSError, ValueError, TypeError, LookupError, RecursionError):
        finished, name = False, ""
    if not finished or not (folder / name / "config.json").is_file():
        raise CurateError("is no finished run with a model; name one as parent, or a model", where=str(folder))
    return str(folder / name)


def prompts_of(run: Settings) -> Prompts:
    """The prompts of a run; every rank calls it."""
    tokenizer = models.tokenizer_of(str(run.tokenizer or begun_from(run)))
    with Rewards() as rewards:
        return Prompts(
            run.prompts, tokenizer, run.template_text, run.bos, run.max_prompt_length, run.seed, run.held_out, rewards.solvable
        )  # fmt: skip


class Trainer(Running):
    """A run. Every rank has one, and all of them call the same methods."""

    SHORT: ClassVar = {
        "reward": "reward", "held_out_reward": "held out", "length": "length", "loss": "loss", "tokens_per_second": "tokens/s",
    }  # fmt: skip
    run: Settings

    def __init__(self, run: Settings, place: Place, learner: Callable[..., Learner]) -> None:
        super().__init__(run, place)
        where = begun_from(run)
        self.tokenizer = models.tokenizer_of(str(run.tokenizer or where))
        self.prompts = prompts_of(run)
        self.prompts.at(0, run.prompts_per_step)  # which refuses a step of more than there are
        # One answer for all: ranks may not see the same of a shared disk, and what each does next follows from it.
        source, self.went_back = together(self._found, run.out)[0]
        self.is_new = source is None
        self.learner = learner(run, place, where, source)
        self.model: Any = self.learner.policy.model
        self._refuse_unfit()
        self.sampling = Sampling(
            run, place, self.prompts, engine_of(run, self.model.config, where, self.tokenizer, place.device), Rewards()
        )
        self.monitors = Monitors(run.monitors, run.collapse_patience)
        self.mismatched = self.mismatched_in_a_row = 0
        self.loss: float | None = None
        self.lr = 0.0
        self.reward: float | None = None
        self.held_out_reward: dict[str, dict[str, float | None]] = {}
        self.collapsed: list[str] = []
        self.facts: dict[str, Any] = {
            "prompts": self.prompts.digest,
            "tokenizer_sha256": digest_of(self.tokenizer / "tokenizer.json"),
            "seed": run.seed,
            "parent_sha256": describe(Path(run.parent) / MANIFEST)["sha256"] if run.parent else None,
            "reference_sha256": together(lambda: _reference(run) if place.rank == 0 else None, run.out)[0],
        }

    def _found(self) -> tuple[Path | None, list[dict[str, Any]]]:
        """The checkpoint to go on from, once what a rollback has left behind is gone, and all rollbacks."""
        if self.place.rank == 0:
            collapse.clear(self.out)
        return checkpoint.latest(self.out / "checkpoints"), collapse.rollbacks(self.out)

    def _refuse_unfit(self) -> None:
        """CurateError for a model that does not know the tokens of the prompts; a word about places that it does not know."""
        config = self.model.config
        largest = max(max(self.prompts.tokens(i), default=0) for i in range(len(self.prompts)))
        if largest >= config.vocab_size:
            raise CurateError(f"the model knows {config.vocab_size:,} tokens, and prompts have number {largest:,}")
        longest = max(len(self.prompts.tokens(i)) for i in range(len(self.prompts))) + max(self.run.lengths.values())
        if longest > config.max_position_embeddings and self.place.rank == 0:
            print(
                f"note: sequences of {longest:,} are longer than the model's {config.max_position_embeddings:,} places"
            )

    @property
    def rollbacks(self) -> int:
        """How often the run has gone back."""
        return len(self.went_back)

    @property
    def turn(self) -> int:
        """Says which prompts, seeds and weights: another number for each step, and after a rollback for the same step."""
        return self.step + self.rollbacks * (self.run.max_steps + 1)

    # a run's beginning, and what is kept of it

    def resume(self) -> None:
        """Go on from the newest checkpoint, else begin from the model. CurateError for a run of other settings."""
        if facts := checkpoint.load_newest(self.out / "checkpoints", self.learner.module, self.learner.optimizer):
            checkpoint.refuse_foreign(facts, **self.facts)
            result.refuse_other(self.run, facts["settings"])
            self._restore(facts)
        else:
            result.refuse_stale(self.out)
        with self.computing():
            models.refuse_crossing(self.learner.policy.spread, self.model.config.vocab_size, self.place.device)
        reshard(self.learner.policy.spread)

    def _restore(self, facts: dict[str, Any]) -> None:
        for name in COUNTED:
            setattr(self, name, facts[name])
        self.collapsed = facts["collapse"]
        self.learner.counts = dict(facts["updates"])
        self.monitors.load_state_dict(facts["monitors"])
        if facts["rollbacks"] < self.rollbacks:
            self.monitors.rest(self.went_back[-1]["seen"] + 1)
            self.collapsed = sorted({name for one in self.went_back for name in one["names"]})
        self.keep_this()

    def save(self) -> None:
        """A checkpoint of this moment."""
        self.facts |= {name: getattr(self, name) for name in (*COUNTED, "rollbacks")}
        self.facts |= {
            "updates": self.learner.counts,
            "monitors": self.monitors.state_dict(),
            "collapse": self.collapsed,
        }
        self.facts |= {"max_completion_length": length_at(self.run.lengths, self.step)}
        self.facts |= {"settings": dataclasses.asdict(self.run), "name": self.run.name, "lock": self.run.lock}
        self.facts["config"] = origin.said_of(self.model.config)
        self.on_first(lambda: self.metrics.sync() if self.metrics else None)  # no checkpoint without its steps' lines
        keep = (
            self.run.keep if self.run.on_collapse == "warn" else collapse.kept(self.out, self._healthy(), self.run.keep)
        )
        learner, facts = self.learner, json.loads(json.dumps(self.facts))
        checkpoint.save(self.out / "checkpoints", self.step, learner.module, learner.optimizer, facts, keep)
        self.keep_this()

    def _healthy(self) -> int:
        """Up to which step weights would be gone back to, if what is beyond its bound now, or from the next step on, is a collapse."""
        return max(min([*self.monitors.began.values(), self.step + 1]) - 2, 0)

    def begin(self) -> None:
        """Open the metrics, without what is about to be made again, and say that the run is under way."""
        self.on_first(lambda: remove_later(self.out / "rollouts", self.step))
        super().begin()

    # a step

    def fit(self, stopped: list[int]) -> str:
        """Train to the end, or to the step under way when `stopped` is no longer empty on any rank. Returns the status."""
        with contextlib.closing(self.sampling):
            if self.step == 0:
                self._first()
            begun = self.step
            while self.step < self.run.max_steps:
                told = self._round()
                if names := self._collapse(told):
                    self._roll_back(names, told)
                    continue
                self.log(told | self._measured())
                if self.is_left(stopped, first=self.step == begun + 1):
                    return "interrupted"
        return "finished"

    def _first(self) -> None:
        """What there is to tell before the first step, and a checkpoint to which a run may go back."""
        if told := self._measured():
            self.log(told)
        if self.run.on_collapse == "rollback" and self.is_new:
            self.save()

    def _round(self) -> dict[str, Any]:
        """One step; its line of the metrics."""
        begun, limit = time.monotonic(), length_at(self.run.lengths, self.step)
        found = self.sampling.step(self.turn, limit, self._synced())
        self.sampling.engine.rest()
        sampled = time.monotonic()
        batch = self.learner.batch(found, self.prompts)
        with _fitting(self.run, batch):
            self.learner.look(batch)
            told = self._agreement(batch) | self._learned(batch)
        self.step += 1
        told = self._described(found, batch) | told
        seconds = {"rollout_seconds": sampled - begun, "train_seconds": time.monotonic() - sampled}
        told |= {name: float(f"{value:.6g}") for name, value in seconds.items()}
        told["tokens_per_second"] = float(f"{len(batch.rows) / (time.monotonic() - begun):.6g}")
        self._write_down(found)
        finite: dict[str, Any] = _finite(told)
        return finite

    def _synced(self) -> int:
        """The version of the policy's weights, which the sampler has then."""
        engine = self.sampling.engine
        if engine.version != self.turn:
            weights = whole_weights(self.model)
            together(functools.partial(engine.sync, weights, self.turn), self.run.out)
        return self.turn

    def _agreement(self, batch: Batch) -> dict[str, Any]:
        """How far sampler and trainer are apart. CurateError if that is too far for some steps in a row."""
        bears, limit = batch.bears, self.run.mismatch_kl_limit
        said = mismatch(batch.known["old"][bears], batch.sampler[bears])
        agree = said["kl"] <= limit
        self.mismatched += not agree
        self.mismatched_in_a_row = 0 if agree else self.mismatched_in_a_row + 1
        if self.mismatched_in_a_row >= GATE:
            told = f"{GATE} steps in a row up to step {self.step + 1} were sampled from another policy than is trained"
            what = f"the KL between them is {said['kl']:.2g}, and mismatch_kl_limit {limit:g}"
            instead = "take parallel: fsdp, dtype: float32 or engine: hf, or raise the limit"
            raise CurateError(f"{told}: {what}; {instead}", where=self.run.out)
        more = {name: value for name, value in said.items() if name != "kl"}
        return {"mismatch_kl": said["kl"], "mismatch": more, "mismatched": self.mismatched}

    def _learned(self, batch: Batch) -> dict[str, Any]:
        """Train on the experience, unless sampler and trainer do not agree on it."""
        told: dict[str, Any] = dict(UNMADE)
        if not self.mismatched_in_a_row:
            told = self.learner.estimate(batch) | self.learner.learn(batch, self.step)
            self.tokens += sum(mini.totals.tokens for mini in batch.minis)
        self.loss, self.lr = told["loss"], told.get("lr", self.lr)
        return told | {"skipped": self.learner.counts["skipped"], "dead": self.learner.counts["dead"]}

    def _described(self, found: Experience, batch: Batch) -> dict[str, Any]:
        """What the replies of a step are like."""
        self.reward = _mean(found.rewards)
        old, entropy = batch.known["old"], batch.known["entropy"]
        told: dict[str, Any] = {"reward": self.reward}
        told |= measures(
            rewards=found.rewards,
            right=np.array([kind == "right" for kind in found.kinds]).reshape(found.rewards.shape),
            truncated=~found.rollouts.stopped.reshape(found.rewards.shape),
            tokens=found.rollouts.tokens,
            bounds=found.rollouts.bounds,
            texts=found.texts,
            entropy=float(entropy.double().mean()),
        )
        if "reference" in batch.known:
            told["kl"] = float(kl(old, batch.known["reference"], "k3").double().mean())
        told |= {"max_completion_length": found.limit, "resampled": found.resampled, "kinds": found.counts()}
        return told | {"rollbacks": self.rollbacks}

    def _write_down(self, found: Experience) -> None:
        if self.step in (1, self.run.max_steps) or self.step % self.run.rollout_steps == 0:
            self.on_first(lambda: write_rollouts(self.out / "rollouts", self.step, found, self.prompts))

    def _measured(self) -> dict[str, Any]:
        """Replies to the held-out prompts, as their step's line has them; nothing on steps between."""
        if not len(self.prompts.held_out) or not self.evaluates():
            return {}
        longest = max(self.run.lengths.values())  # not that of the stage, so that all of them compare
        version = self._synced()
        found = self.sampling.replies(self.prompts.held_out, self.run.eval_generations, HELD_OUT, longest, version)
        said = {"accuracy": _mean(found.judged), "length": _mean(found.rollouts.lengths)}
        said |= {"truncated": _mean(~found.rollouts.stopped)}
        self.held_out_reward = {"first": self.held_out_reward.get("first", said), "last": said}
        return {"held_out_reward": said}

    # a bad end

    def _collapse(self, told: dict[str, Any]) -> list[str]:
        """The monitors by which the run is to go back. CurateError where it is to end, or has gone back too often."""
        names = self.monitors.see(self.step, told)
        del told["prompts"], told["replies"]  # the same in every line
        self.collapsed = sorted({*self.collapsed, *names})
        if names and self.run.on_collapse == "warn":
            told["collapse"] = names
        if not names or self.run.on_collapse == "warn":
            return []
        if self.run.on_collapse == "stop" or self.rollbacks >= self.run.max_rollbacks:
            self._give_up(names, told)
        return names

    def _give_up(self, names: list[str], told: dict[str, Any]) -> None:
        """End a run that has collapsed, with its last line."""
        self.log(told | {"collapse": names})
        self.status("running")
        healthy, often = self.monitors.healthy(names), f", after {self.rollbacks} rollbacks" if self.rollbacks else ""
        said = f"collapsed at step {self.step}{often} ({', '.join(names)}); weights were healthy up to step {healthy}"
        raise CurateError(
            f"{said}; lower lr or shorten max_completion_length, in another out: folder", where=self.run.out
        )

    def _roll_back(self, names: list[str], told: dict[str, Any]) -> None:
        """Go back to the newest healthy checkpoint. CurateError where there is none."""
        healthy = self.monitors.healthy(names)
        done = together(lambda: self._gone_back(healthy, names), self.run.out)[0]
        if not done:
            self._give_up(names, told)
        self.on_first(lambda: print(f"collapsed at step {self.step} ({', '.join(names)}); going back", flush=True))
        self.on_first(lambda: collapse.clear(self.out))
        facts = checkpoint.load_newest(self.out / "checkpoints", self.learner.module, self.learner.optimizer)
        assert facts
        self.went_back, self.is_new = done, False
        self._restore(facts)
        if self.metrics:
            self.metrics.close()
        self.begin()
        if self.step == 0:
            self._first()

    def _gone_back(self, healthy: int, names: list[str]) -> list[dict[str, Any]]:
        """On the first rank: all rollbacks, with the one that is now written down."""
        return collapse.roll_back(self.out, self.step, healthy, names) if self.place.rank == 0 else []

    def known(self) -> dict[str, Any]:
        """What is told of the run beside its steps."""
        known = {
            name: getattr(self, name) for name in ("step", "tokens", "loss", "reward", "held_out_reward", "rollbacks")
        }
        known |= {"name": self.run.name, "lock": self.run.lock, "world": self.place.world, "collapse": self.collapsed}
        known |= {name: self.facts[name] for name in ("prompts", "tokenizer_sha256", "seed")}
        known |= {
            "parent": self.run.parent,
            "model_begun_from": self.run.model,
            "dropped_prompts": self.prompts.dropped,
        }
        known |= {name: self.learner.counts[name] for name in ("skipped", "dead")}
        known |= {"mismatched": self.mismatched, "torch": torch.__version__}
        return known | {"settings": dataclasses.asdict(self.run)}


@contextlib.contextmanager
def _fitting(run: Settings, batch: Batch) -> Iterator[None]:
    """CurateError that names the setting to change, where a GPU has no room for what is inside."""
    try:
        yield
    except torch.OutOfMemoryError as error:
        said = f"no memory is left to train on windows of {batch.width:,} tokens, {run.micro_batch} at a time"
        what = "micro_batch" if run.micro_batch > 1 else "max_completion_length or gpu_memory_utilization"
        raise CurateError(f"{said}; lower {what}, or take more GPUs with parallel: fsdp", where=run.out) from error


def _reference(run: Settings) -> str | None:
    """The digest of a reference's weights, if there is one and its folder may change; a parent is told apart by its manifest."""
    if not run.beta or not run.model or not Path(run.model).is_dir():
        return None
    files = {path.name: describe(path) for path in sorted(Path(run.model).glob("*.safetensors"))}
    return hashlib.sha256(json.dumps(files).encode()).hexdigest()


def _finite(told: Any) -> Any:
    """The same with None for what is no number that JSON has."""
    if isinstance(told, dict):
        return {name: _finite(value) for name, value in told.items()}
    return None if isinstance(told, float) and not math.isfinite(told) else told


def _mean(values: np.ndarray) -> float | None:
    """The mean of what is known."""
    known = values[~np.isnan(values)] if values.dtype.kind == "f" else values
    return float(known.mean()) if known.size else None


def train(run: Settings, learner: Callable[..., Learner]) -> str:
    """Run the settings with a learner in this process and rank. Returns `finished` or `interrupted`; CurateError as `train_with`."""
    finished = functools.partial(result.is_finished, run, "prompts", lambda: prompts_of(run).digest)
    return train_with(lambda run, place: Trainer(run, place, learner), run, finished)
