"""Mid-training of a causal LM on a mixture, top to bottom.

    python -m trainers.midtrain run.json                      # one process, on its GPU or on a CPU
    torchrun --nproc-per-node 8 -m trainers.midtrain run.json

`run.json` is an object with the settings of `Run`; one that it does not know is refused with exit code 2. Each step
trains on the next `batch_size` windows of the mixture, whichever rank reads them, and divides one sum of losses by one count of targets,
so the same weights come out for any number of ranks and micro-batches but for rounding. What a step does is a function of (run, step): its
windows, its learning rate, its random seed. So a checkpoint holds weights, moments, and where the data stands. In the folder `out`:

    metrics.jsonl       a line for each step; a resume takes out what lies after its checkpoint
    checkpoints/        see `trainers/checkpoint.py`; the newest is resumed from
    status.json         running, finished, or interrupted (SIGTERM: the step under way ends, a checkpoint is saved, exit code 0)
    model/              the trained model for transformers, when the run is finished

Left out: tensor, pipeline and context parallelism, fp8, averaged weights, held-out loss, and workers for the data, which one thread reads
ahead of the step.
"""

from __future__ import annotations

import collections
import concurrent.futures
import contextlib
import dataclasses
import gc
import hashlib
import json
import math
import os
import signal
import sys
import time
import typing
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.distributed as dist
from torch import Tensor

from curate.errors import CurateError, did_you_mean
from mixers.reader import Mixture, Window
from trainers import attention, checkpoint
from trainers import model as models
from trainers.optimizers import STATE_BYTES, optimizer, set_lr
from trainers.schedule import SHAPES, Schedule


@dataclass(frozen=True)
class Run:
    """The settings of a run, as in `run.json`."""

    out: str
    """Folder of the run; made if it is not there, resumed if it holds checkpoints."""
    model: str
    """Folder of a model, or its name in the hub's cache: owner/name or owner/name@revision."""
    mixture: str
    """Folder of a mixture."""
    lr: float
    """Peak learning rate."""
    max_steps: int
    """Updates of the weights."""
    batch_size: int
    """Windows of one step, of all ranks together."""
    micro_batch: int = 1
    """Windows that one rank takes at a time."""
    tokenizer: str | None = None
    """Folder of the model's tokenizer.json, if it is not the model's folder."""
    parent: str | None = None
    """A checkpoint to branch from: its weights and moments, with this run's data, schedule and count of tokens from 0."""
    lr_scheduler: str = "constant"
    """constant, cosine, linear or one_minus_sqrt."""
    min_lr_ratio: float = 0.0
    """Learning rate at the end of the decay, as a share of the peak."""
    warmup_steps: int = 0
    """Steps of linear warm-up."""
    warmup_tokens: int | None = None
    """The same in tokens, in place of warmup_steps."""
    decay_steps: int | None = None
    """Steps of the decay, the last of the run; all that follow the warm-up if not said."""
    optimizer: str = "adamw"
    """adamw, or adamw_8bit, whose moments take a quarter (extra optim8)."""
    weight_decay: float = 0.1
    """Of AdamW, on matrices."""
    decay_embeddings: bool = True
    """Whether embeddings are decayed too."""
    beta1: float = 0.9
    """Of AdamW."""
    beta2: float = 0.95
    """Of AdamW."""
    eps: float = 1e-8
    """Of AdamW."""
    max_grad_norm: float | None = 1.0
    """The gradient is scaled down to this norm; null: never."""
    max_skipped: int = 20
    """A run ends with an error after so many steps in a row whose loss or gradient is not finite."""
    parallel: str = "fsdp"
    """fsdp: a shard of the states on each rank; ddp: all of them."""
    dtype: str = "bfloat16"
    """In which layers compute; weights, moments and sums of gradients are fp32."""
    attention: str | None = None
    """varlen, which computes within documents only, or an implementation of transformers; varlen on a CPU if not said, else sdpa."""
    activation_checkpointing: bool = True
    """Layers are computed again in the backward pass, which costs a quarter of the time and saves most of the memory."""
    compile: bool = False
    """torch.compile, layer by layer."""
    reduce_each: bool = False
    """Sum gradients over ranks after each micro-batch, and not after the last only: slower, and less memory under fsdp."""
    seed: int = 0
    """Of dropout, where a model has it; the order of data is the mixture's."""
    save_steps: int = 500
    """Steps between checkpoints."""
    keep: int = 2
    """How many checkpoints stay."""


CHOICES = {
    "lr_scheduler": tuple(SHAPES),
    "optimizer": tuple(STATE_BYTES),
    "parallel": ("fsdp", "ddp"),
    "dtype": tuple(models.DTYPES),
}
FREE = (
    "out",
    "micro_batch",
    "parallel",
    "attention",
    "activation_checkpointing",
    "compile",
    "reduce_each",
    "save_steps",
    "keep",
)
"""Settings that a resumed run may change, for they do not change what is trained."""
POSITIVE = ("lr", "max_steps", "batch_size", "micro_batch", "max_grad_norm", "max_skipped", "eps", "save_steps", "keep")


def read(path: Path) -> Run:
    """The settings in a file. CurateError in one line for what is unknown, missing, of another type or out of range."""
    try:
        said = json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise CurateError(f"cannot be read as JSON ({' '.join(str(error).split())})", where=str(path)) from error
    if not isinstance(said, dict):
        raise CurateError("is no object of settings, {...}", where=str(path))
    types = typing.get_type_hints(Run)
    for name, value in said.items():
        if name not in types:
            raise CurateError(f"no setting {name!r}{did_you_mean(name, types)}", where=str(path))
        _refuse_value(name, value, types[name], str(path))
    for field in dataclasses.fields(Run):
        if field.default is dataclasses.MISSING and field.name not in said:
            raise CurateError(f"{field.name} is missing", where=str(path))
    if said.get("warmup_tokens") is not None and said.get("warmup_steps"):
        raise CurateError("warmup_steps and warmup_tokens say the same thing; keep one", where=str(path))
    return Run(**said)


def _refuse_value(name: str, value: Any, wanted: Any, where: str) -> None:
    kinds = typing.get_args(wanted) or (wanted,)
    fits = type(value) in kinds or (type(value) is int and float in kinds)
    if not fits or (isinstance(value, float) and not math.isfinite(value)):
        names = " or ".join("null" if kind is type(None) else kind.__name__ for kind in kinds)
        raise CurateError(f"{name} is {value!r}, and must be {names}", where=where)
    if name in CHOICES and value not in CHOICES[name]:
        raise CurateError(f"{name} is {value!r}, and must be one of {', '.join(CHOICES[name])}", where=where)
    if type(value) in (int, float) and (value < 0 or (name in POSITIVE and value == 0)):
        raise CurateError(f"{name} is {value}, and must be more", where=where)


@dataclass(frozen=True)
class Place:
    """Where this process stands among the ranks."""

    rank: int
    world: int
    device: torch.device


@contextlib.contextmanager
def ranks() -> Iterator[Place]:
    """The process group that there is, or torchrun's, or one of this process alone: NCCL between GPUs, gloo between CPUs."""
    cuda = torch.cuda.is_available()
    device = torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0"))) if cuda else torch.device("cpu")
    if cuda:
        torch.cuda.set_device(device)
    if mine := not dist.is_initialized():
        alone: dict[str, Any] = {"store": dist.HashStore(), "rank": 0, "world_size": 1}
        dist.init_process_group("nccl" if cuda else "gloo", **({} if "RANK" in os.environ else alone))
    yield Place(dist.get_rank(), dist.get_world_size(), device)
    if mine:  # not where a rank fails: others may be in a collective until the launcher ends them
        dist.destroy_process_group()


def schedule(run: Run, step_tokens: int) -> Schedule:
    """The learning rate of a run whose steps take so many tokens. CurateError for lengths that do not fit."""
    warmup = run.warmup_steps * step_tokens if run.warmup_tokens is None else run.warmup_tokens
    decay = None if run.decay_steps is None else run.decay_steps * step_tokens
    try:
        return Schedule(run.lr, run.max_steps * step_tokens, run.lr_scheduler, warmup, decay, run.min_lr_ratio)
    except ValueError as error:
        raise CurateError(f"{error}; change warmup_steps, decay_steps, min_lr_ratio or max_steps") from error


def accumulation(run: Run, world: int) -> int:
    """Micro-batches of each rank in a step. CurateError if the batch is no whole number of them."""
    if run.batch_size % (world * run.micro_batch):
        said = f"batch_size {run.batch_size} is no multiple of {world} ranks x micro_batch {run.micro_batch}"
        raise CurateError(f"{said}; change one of them")
    return run.batch_size // (world * run.micro_batch)


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


class Trainer:
    """All that a step needs. Every rank has one, and all of them call the same methods."""

    def __init__(self, run: Run, place: Place) -> None:
        self.run, self.place, self.out = run, place, Path(run.out)
        self.accumulation = accumulation(run, place.world)
        self.tokenizer = models.tokenizer_of(run.tokenizer or run.model)
        with (self.tokenizer / "tokenizer.json").open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        self.mix = Mixture(run.mixture, tokenizer_sha256=sha256)
        self.sources = Sources(self.mix)
        self.step_tokens = run.batch_size * self.mix.seq_len
        self.schedule = schedule(run, self.step_tokens)
        self._make(sha256)
        self.step = self.tokens = self.targets = self.skipped = self.skipped_in_a_row = 0
        self.facts: dict[str, Any] = {"mixture": self.mix.digest, "tokenizer_sha256": sha256, "seed": run.seed}
        self.times: collections.deque[float] = collections.deque(maxlen=1000)
        self.reader = concurrent.futures.ThreadPoolExecutor(1)

    def _make(self, sha256: str) -> None:
        run, place = self.run, self.place
        cuda = place.device.type == "cuda"
        self.model = models.load(run.model, run.attention or attention.default(place.device))
        config: Any = self.model.config
        if config.vocab_size < self.mix.facts["vocab"]:
            said = f"the model knows {config.vocab_size:,} tokens, the mixture {self.mix.facts['vocab']:,}"
            raise CurateError(f"{said}; resize its embeddings first", where=run.model)
        parameters = sum(p.numel() for p in self.model.parameters())
        sharded = place.world if run.parallel == "fsdp" else 1
        whole = run.parallel == "fsdp" and self.accumulation > 1 and not run.reduce_each
        places, recomputed = run.micro_batch * self.mix.seq_len, run.activation_checkpointing
        self.needs = models.memory(config, parameters, places, sharded, recomputed, whole, STATE_BYTES[run.optimizer])
        if cuda:
            room = torch.cuda.get_device_properties(place.device).total_memory
            models.refuse_unfit(self.needs, room, sharded > 1, recomputed, run.micro_batch)
        self.flops = models.flops_per_token(config, parameters, self.mix.seq_len)
        self.peak = models.peak(place.device)
        packed = models.prepare(self.model, recomputed, run.compile)
        self.spread = models.spread(packed, run.parallel, place.device, run.dtype)
        self.parameters = [p for p in self.model.parameters() if p.requires_grad]
        grouped = models.groups(self.model, run.weight_decay, run.decay_embeddings)
        self.optimizer = optimizer(run.optimizer, grouped, run.lr, (run.beta1, run.beta2), run.eps, fused=cuda)
        with self.computing():
            models.refuse_crossing(self.spread, config.vocab_size, place.device)

    def computing(self) -> contextlib.AbstractContextManager[Any]:
        """Autocast under ddp; fsdp casts by itself."""
        low = self.run.parallel == "ddp" and self.run.dtype != "float32"
        return torch.autocast(self.place.device.type, models.DTYPES[self.run.dtype], enabled=low)

    def resume(self) -> None:
        """Go on from the newest checkpoint, else begin from the parent, else from the model. CurateError for a run of other settings."""
        newest = checkpoint.latest(self.out / "checkpoints")
        if newest:
            facts = checkpoint.load(newest, self.model, self.optimizer)
            checkpoint.refuse_foreign(facts, *(self.facts[name] for name in ("mixture", "tokenizer_sha256", "seed")))
            self._refuse_other(facts["settings"])
            self.facts = facts
            self.mix.load_state_dict(facts["data"])
            self.step, self.tokens, self.targets = facts["step"], facts["tokens"], facts["targets"]
            self.skipped = facts["skipped"]
        elif self.run.parent:
            checkpoint.load(Path(self.run.parent), self.model, self.optimizer)
            if self.place.rank == 0:
                self.facts = checkpoint.branch(Path(self.run.parent), *self.facts.values())
            dist.barrier()

    def _refuse_other(self, settings: dict[str, Any]) -> None:
        mine = dataclasses.asdict(self.run)
        for name in mine.keys() - set(FREE):
            if mine[name] != settings.get(name):
                said = f"this run was begun with {name} {settings.get(name)!r}, not {mine[name]!r}"
                raise CurateError(f"{said}; name another out: folder, or branch with parent:", where=self.run.out)

    def save(self) -> None:
        """A checkpoint of this moment."""
        counts = {name: getattr(self, name) for name in ("step", "tokens", "targets", "skipped")}
        self.facts |= counts | {"data": self.mix.state_dict(), "settings": dataclasses.asdict(self.run)}
        checkpoint.save(self.out / "checkpoints", self.step, self.model, self.optimizer, self.facts, self.run.keep)

    def windows(self, consumed: int) -> tuple[Window, Tensor]:
        """This rank's windows of the step that begins at place `consumed`, each (rows, seq_len), and the source of each."""
        numbers = self.mix.numbers(consumed, self.run.batch_size, self.place.rank, self.place.world)
        return self.mix.windows(numbers), self.sources.of(numbers)

    def backward(self, window: Window, sources: Tensor, scale: float) -> Tensor:
        """Gradients of all micro-batches, of `scale` times the summed loss, summed over ranks at the last. Returns losses by source."""
        size, device = self.run.micro_batch, self.place.device
        losses = torch.zeros(len(self.sources.names), dtype=torch.float64, device=device)
        for n in range(self.accumulation):
            rows = slice(n * size, (n + 1) * size)
            names = ("tokens", "position_ids", "loss_mask")
            parts = [torch.from_numpy(window[name][rows]).to(device, non_blocking=True) for name in names]  # (micro, T)
            with models.syncing(self.spread, self.run.reduce_each or n == self.accumulation - 1):
                with self.computing():
                    total, each, _ = self.spread(*parts)
                (total * scale).backward()
            losses += self.sources.summed(each.detach(), sources[rows])
        return losses

    def update(self, window: Window, sources: Tensor) -> dict[str, Any]:
        """One step: gradient of the mean over the targets of all ranks, clip, and an update if all is finite."""
        torch.manual_seed(hash((self.run.seed, self.step, self.place.rank)) % 2**63)
        counts = torch.from_numpy(window["loss_mask"].sum(1))
        targets = models.total_over_ranks(self.sources.summed(counts.to(self.place.device), sources))  # (sources,)
        every = int(targets.sum())
        scale = self.place.world / max(every, 1)  # ranks' gradients are averaged, so the world comes back in
        losses = models.total_over_ranks(self.backward(window, sources, scale))  # (sources,)
        norm = models.clipped(self.parameters, self.run.max_grad_norm)
        loss, lr = float(losses.sum()) / max(every, 1), self.schedule.lr(self.tokens, self.step_tokens)
        if finite := math.isfinite(loss) and math.isfinite(norm):
            set_lr(self.optimizer, lr)
            self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        self._count(every, finite)
        by_source = {
            name: round(one / count, 6)
            for name, one, count in zip(self.sources.names, losses.tolist(), targets.tolist(), strict=True)
            if count and math.isfinite(one)
        }
        known = {"loss": loss, "grad_norm": norm} if finite else {"loss": None, "grad_norm": None}
        return known | {"lr": lr, "loss_by_source": by_source, "targets": self.targets, "skipped": self.skipped}

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

    def speed(self, seconds: float, waited: float) -> dict[str, Any]:
        """Of this step, and percentiles of the last thousand. MFU is by FLOPs of whole windows, none recomputed, and dense bf16 peaks."""
        self.times.append(seconds)
        rate = self.step_tokens / seconds
        p50, p99 = np.percentile(self.times, [50, 99])
        found = {"tokens_per_second": rate, "step_seconds": seconds, "p50": p50, "p99": p99, "data_wait": waited}
        if self.peak:
            found["mfu"] = rate * self.flops / (self.peak * self.place.world)
        return {name: float(f"{value:.6g}") for name, value in found.items()}

    def fit(self, stopped: list[int]) -> str:
        """Train to the end, or to the step under way when `stopped` is no longer empty on any rank. Returns the status."""
        ahead = self.reader.submit(self.windows, self.mix.consumed)
        while self.step < self.run.max_steps:
            begun = time.monotonic()
            window, sources = ahead.result()
            waited = time.monotonic() - begun
            ahead = self.reader.submit(self.windows, self.mix.consumed + self.run.batch_size)
            told = self.update(window, sources)
            self.log({**told, **self.speed(time.monotonic() - begun, waited)})
            if len(self.times) == 1:
                gc.collect()
                gc.freeze()  # what a run has made by now stays: without it, each collection walks through all of it
            asked = bool(models.total_over_ranks(torch.tensor(float(len(stopped)), device=self.place.device)))
            if asked or self.step % self.run.save_steps == 0 or self.step == self.run.max_steps:
                self.save()
            if asked and self.step < self.run.max_steps:
                return "interrupted"
        return "finished"

    def log(self, told: dict[str, Any]) -> None:
        """A line of metrics.jsonl, and a shorter one for people."""
        if self.place.rank == 0:
            epoch = round(self.mix.consumed / len(self.mix), 6)
            line = {"step": self.step, "tokens": self.tokens, "epoch": epoch, **told}
            with (self.out / "metrics.jsonl").open("a") as file:
                file.write(json.dumps(line, allow_nan=False) + "\n")
            short = {"loss": told["loss"], "lr": told["lr"], "tokens/s": told["tokens_per_second"]}
            print(f"step {self.step}/{self.run.max_steps} {json.dumps(short)}", flush=True)

    def begin(self) -> None:
        """Take lines after the checkpoint out of the metrics: they are about to be written again."""
        if self.place.rank == 0:
            self.out.mkdir(parents=True, exist_ok=True)
            path = self.out / "metrics.jsonl"
            lines = path.read_text().splitlines(keepends=True) if path.exists() else []
            whole = [line for line in lines if line.endswith("\n") and json.loads(line)["step"] <= self.step]
            path.write_text("".join(whole))
        self.status("running")

    def status(self, said: str) -> None:
        """Write status.json, at once or not at all."""
        if self.place.rank == 0:
            known = {"status": said, "step": self.step, "tokens": self.tokens, "targets": self.targets}
            known |= {"skipped": self.skipped, "world": self.place.world, "memory_estimate": self.needs}
            known |= {name: self.facts.get(name) for name in ("mixture", "tokenizer_sha256", "parent")}
            known |= {"torch": torch.__version__, "settings": dataclasses.asdict(self.run)}
            (self.out / "status.json.tmp").write_text(json.dumps(known, indent=1))
            (self.out / "status.json.tmp").replace(self.out / "status.json")


def train(run: Run) -> str:
    """Run the settings in this process and rank. Returns `finished` or `interrupted`; CurateError for what the user can put right."""
    stopped: list[int] = []
    before = signal.signal(signal.SIGTERM, lambda number, frame: stopped.append(number))
    with ranks() as place:
        trainer = Trainer(run, place)
        trainer.resume()
        trainer.begin()
        status = trainer.fit(stopped)
        if status == "finished" and not (trainer.out / "model").exists():
            checkpoint.export_hf(trainer.model, trainer.tokenizer, trainer.out / "model")
        trainer.status(status)
    signal.signal(signal.SIGTERM, before)
    return status


def main(arguments: list[str]) -> int:
    """The command. 0 when the run is finished or was asked to stop, 2 for what the user can put right."""
    try:
        if len(arguments) != 1:
            raise CurateError("one file of settings: python -m trainers.midtrain run.json")
        print(train(read(Path(arguments[0]))))
    except CurateError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
