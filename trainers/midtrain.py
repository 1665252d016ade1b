"""Mid-training of a causal LM on a mixture, top to bottom.

    python -m trainers.midtrain run.json                      # one process, on its GPU or on a CPU
    torchrun --nproc-per-node 8 -m trainers.midtrain run.json

`run.json` is an object with the settings of `trainers.settings.Run`; one that it does not know is refused with exit code 2. Each step
trains on the next `batch_size` windows of the mixture, whichever rank reads them, and divides one sum of losses by one count of targets,
so the same weights come out for any number of ranks and micro-batches but for rounding. What a step does is a function of (run, step): its
windows, its learning rate, its random seed. So a checkpoint holds weights, moments, and where the data stands. In the folder `out`:

    metrics.jsonl       a line for each step, and one before the first; see `trainers/metrics.py`
    checkpoints/        see `trainers/checkpoint.py`; the newest is resumed from
    status.json         running, finished, failed, or interrupted (SIGTERM, Ctrl-C: the step ends, a checkpoint is saved, exit code 0)
    model/              the trained model for transformers, when the run is finished
    manifest.json       last of all: the result, and the digests of its files; see `trainers/result.py`

Left out: tensor, pipeline and context parallelism, fp8, averaged weights, and workers for the data, which one thread reads ahead of the
step.
"""

from __future__ import annotations

import concurrent.futures
import dataclasses
import math
import sys
import time
from typing import Any, ClassVar

import torch
from torch import Tensor

from curate.errors import CurateError
from mixers.reader import Mixture, Window
from trainers import attention, checkpoint, origin, result
from trainers import model as models
from trainers._together import together
from trainers.evaluation import Sources, held_out_loss, parts
from trainers.metrics import Speed
from trainers.optimizers import STATE_BYTES, optimizer, set_lr
from trainers.place import Place
from trainers.running import Running, command, digest_of, leave, seed_of, train_with
from trainers.settings import Run, accumulation, read, schedule_of


class Trainer(Running):
    """All that a step needs. Every rank has one, and all of them call the same methods."""

    SHORT: ClassVar = {"loss": "loss", "held_out": "held out", "lr": "lr", "tokens_per_second": "tokens/s"}
    run: Run

    def __init__(self, run: Run, place: Place) -> None:
        super().__init__(run, place)
        self.accumulation = accumulation(run, place.world)
        self.tokenizer = models.tokenizer_of(str(run.tokenizer or run.model))
        sha256 = digest_of(self.tokenizer / "tokenizer.json")
        self.mix = Mixture(run.mixture, tokenizer_sha256=sha256)
        self.sources, self.held = Sources(self.mix), self.mix.held_out
        self.step_tokens = run.batch_size * self.mix.seq_len
        self.schedule = schedule_of(run, self.step_tokens)
        # One answer for all: ranks may not see the same of a shared disk, and what each does next follows from it.
        self.source = together(lambda: origin.source_of(run), run.parent or run.out)[0]
        self._make()
        self.targets = self.skipped = self.skipped_in_a_row = 0
        self.loss: float | None = None
        self.lr = 0.0
        self.held_out: dict[str, float] = {}
        self.facts: dict[str, Any] = {"mixture": self.mix.digest, "tokenizer_sha256": sha256, "seed": run.seed}
        self.reader = concurrent.futures.ThreadPoolExecutor(1)

    def _make(self) -> None:
        run, place = self.run, self.place
        cuda = place.device.type == "cuda"
        chosen = run.attention or attention.default(place.device, run.compile)
        self.model = origin.model_of(run, self.mix, self.source, chosen)
        self.config: Any = self.model.config
        if self.config.vocab_size < self.mix.facts["vocab"]:
            said = f"the model knows {self.config.vocab_size:,} tokens, the mixture {self.mix.facts['vocab']:,}"
            raise CurateError(f"{said}; resize its embeddings first", where=run.model or "")
        known, asked = self.config.max_position_embeddings, self.mix.seq_len
        if asked > known and place.rank == 0:
            print(f"note: windows of {asked:,} are longer than the model's max_position_embeddings, {known:,}")
        parameters = sum(p.numel() for p in self.model.parameters())
        sharded = place.world if run.parallel == "fsdp" else 1
        whole = run.parallel == "fsdp" and self.accumulation > 1 and not run.reduce_each
        places, recomputed = run.micro_batch * self.mix.seq_len, run.activation_checkpointing
        state_bytes = STATE_BYTES[run.optimizer]
        self.needs = models.memory(self.config, parameters, places, sharded, recomputed, whole, state_bytes)
        if cuda:
            room = torch.cuda.get_device_properties(place.device).total_memory
            models.refuse_unfit(self.needs, room, sharded > 1, recomputed, run.micro_batch)
        flops = models.flops_per_token(self.config, parameters, self.mix.seq_len)
        self.speed = Speed(flops, models.peak(place.device), place.world)
        packed = models.prepare(self.model, recomputed, run.compile)
        weights = origin.weights_of(self.model, run.parallel, bool(run.model and not self.source))
        self.spread = models.spread(packed, run.parallel, place.device, run.dtype)
        origin.share(self.model, weights)
        self.parameters = [p for p in self.model.parameters() if p.requires_grad]
        grouped = models.groups(self.model, run.weight_decay, run.decay_embeddings)
        self.optimizer = optimizer(run.optimizer, grouped, run.lr, (run.beta1, run.beta2), run.eps, fused=cuda)

    def resume(self) -> None:
        """Go on from the newest checkpoint, else begin from the parent, else from the model. CurateError for a run of other settings."""
        if facts := checkpoint.load_newest(self.out / "checkpoints", self.model, self.optimizer):
            checkpoint.refuse_foreign(facts, **self.facts)
            result.refuse_other(self.run, facts["settings"])
            self.facts = facts
            self.mix.load_state_dict(facts["data"])
            self.step, self.tokens, self.targets = facts["step"], facts["tokens"], facts["targets"]
            self.skipped = facts["skipped"]
            self.loss, self.lr, self.held_out = facts["loss"], facts["lr"], facts["held_out"]
            self.keep_this()
        else:
            result.refuse_stale(self.out)
            self._branch()
        with self.computing():
            models.refuse_crossing(self.spread, self.config.vocab_size, self.place.device)

    def _branch(self) -> None:
        if self.source:
            said = checkpoint.load(self.source, self.model, self.optimizer)
            if self.place.rank == 0:
                was, first = said["lr"], self.schedule.lr(0, self.step_tokens)
                if was != first:
                    print(f"note: the parent's last learning rate was {was:g}, this branch begins at {first:g}")
            self.facts = together(self._grown, str(self.source))[0]

    def _grown(self) -> dict[str, Any]:
        """On the first rank: the facts of a branch, whose parent is pinned."""
        assert self.source
        return checkpoint.branch(self.source, *self.facts.values()) if self.place.rank == 0 else {}

    def save(self) -> None:
        """A checkpoint of this moment."""
        names = ("step", "tokens", "targets", "skipped", "loss", "lr", "held_out")
        self.facts |= {name: getattr(self, name) for name in names} | {"data": self.mix.state_dict()}
        self.facts |= {"settings": dataclasses.asdict(self.run), "name": self.run.name, "lock": self.run.lock}
        self.facts["config"] = origin.said_of(self.config)
        self.on_first(lambda: self.metrics.sync() if self.metrics else None)  # no checkpoint without its steps' lines
        checkpoint.save(self.out / "checkpoints", self.step, self.model, self.optimizer, self.facts, self.run.keep)
        self.keep_this()

    def windows(self, consumed: int) -> tuple[Window, Tensor]:
        """This rank's windows of the step that begins at place `consumed`, each (rows, seq_len), and the source of each."""
        numbers = self.mix.numbers(consumed, self.run.batch_size, self.place.rank, self.place.world)
        return self.mix.windows(numbers), self.sources.of(numbers)

    def backward(self, window: Window, sources: Tensor, scale: float) -> Tensor:
        """Gradients of all micro-batches, of `scale` times the summed loss, summed over ranks at the last. Returns losses by source."""
        size, device = self.run.micro_batch, self.place.device
        losses = torch.zeros(len(self.sources.names), dtype=torch.float64, device=device)
        given = parts(window, device)  # of the whole step at once: each copy to a GPU waits for what it is busy with
        for n in range(self.accumulation):
            rows = slice(n * size, (n + 1) * size)
            with models.syncing(self.spread, self.run.reduce_each or n == self.accumulation - 1):
                with self.computing():
                    total, by_window, _ = self.spread(*(part[rows] for part in given))
                (total * scale).backward()
            losses += self.sources.summed(by_window.detach(), sources[rows])
        return losses

    def update(self, window: Window, sources: Tensor) -> dict[str, Any]:
        """One step: gradient of the mean over the targets of all ranks, clip, and an update if all is finite."""
        torch.manual_seed(seed_of(self.run.seed, self.step, self.place.rank))
        counts, sources = (x.to(self.place.device) for x in (torch.from_numpy(window["loss_mask"].sum(1)), sources))
        targets = models.total_over_ranks(self.sources.summed(counts, sources))  # (sources,)
        every = int(targets.sum())
        scale = self.place.world / max(every, 1)  # ranks' gradients are averaged, so the world comes back in
        losses = models.total_over_ranks(self.backward(window, sources, scale))  # (sources,)
        norm = models.clipped(self.parameters, self.run.max_grad_norm)
        loss, lr = float(losses.sum()) / max(every, 1), self.schedule.lr(self.tokens, self.step_tokens)
        if finite := math.isfinite(loss) and math.isfinite(norm):
            set_lr(self.optimizer, lr)
            self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        self.loss, self.lr = loss if finite else None, lr
        self._count(every, finite)
        by_source = {name: round(mean, 6) for name, mean in self.sources.means(losses, targets).items()}
        known = {"loss": self.loss, "grad_norm": norm if finite else None, "lr": lr, "loss_by_source": by_source}
        return known | {"targets": self.targets, "skipped": self.skipped}

    def _count(self, targets: int, finite: bool) -> None:
        self.step += 1
        self.tokens += self.step_tokens
        self.targets += targets
        self.mix.consumed += self.run.batch_size
        self.skipped += not finite
        self.skipped_in_a_row = 0 if finite else self.skipped_in_a_row + 1
        if self.skipped_in_a_row >= self.run.max_skipped:
            said = f"{self.skipped_in_a_row} steps in a row up to step {self.step} had no finite loss or gradient"
            raise CurateError(f"{said}; go back to a checkpoint and lower lr", where=self.run.out)

    def evaluate(self) -> dict[str, Any]:
        """The loss on what is held out, as its step's line has it; nothing on steps between."""
        if self.held is None or not self.evaluates():
            return {}
        self.held_out = held_out_loss(self.spread, self.held, self.place, self.run.micro_batch, self.computing)
        return {"held_out": self.held_out}

    def fit(self, stopped: list[int]) -> str:
        """Train to the end, or to the step under way when `stopped` is no longer empty on any rank. Returns the status."""
        ahead = self.reader.submit(self.windows, self.mix.consumed)
        if self.step == 0 and (first := self.evaluate()):
            self.log(first)
        while self.step < self.run.max_steps:
            begun = time.monotonic()
            window, sources = ahead.result()
            waited = time.monotonic() - begun
            ahead = self.reader.submit(self.windows, self.mix.consumed + self.run.batch_size)
            tokens = self.mix.count(range(self.mix.consumed, self.mix.consumed + self.run.batch_size))
            told = self.update(window, sources)
            told |= {"epoch": round(self.mix.consumed / len(self.mix), 6)}
            told |= self.speed.of(time.monotonic() - begun, waited, tokens, self.step_tokens)
            self.log(told | self.evaluate())
            if self.is_left(stopped, first=len(self.speed.times) == 1):
                return "interrupted"
        return "finished"

    def said(self) -> list[str]:
        """The convention of the MFU."""
        return [self.speed.said()]

    def known(self) -> dict[str, Any]:
        """What is told of the run beside its steps."""
        known = {name: getattr(self, name) for name in ("step", "tokens", "targets", "skipped", "loss", "held_out")}
        known |= {"name": self.run.name, "lock": self.run.lock, "world": self.place.world}
        known |= {name: self.facts.get(name) for name in ("mixture", "tokenizer_sha256", "seed", "parent")}
        known |= {"memory_estimate": self.needs, "mfu": self.speed.said(), "torch": torch.__version__}
        return known | {"settings": dataclasses.asdict(self.run)}


def train(run: Run) -> str:
    """Run the settings in this process and rank. Returns `finished` or `interrupted`; CurateError for what the user can put right."""
    return train_with(Trainer, run, lambda: result.is_finished(run, "mixture", lambda: Mixture(run.mixture).digest))


def main(arguments: list[str]) -> int:
    """The command. 0 when the run is finished or was asked to stop, 2 for what the user can put right."""
    return command("midtrain", arguments, lambda path: train(read(path)))


if __name__ == "__main__":
    leave(main(sys.argv[1:]))
