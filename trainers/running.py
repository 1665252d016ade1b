"""What a run does around its steps, whichever trainer it is of: it is told, kept, asked to stop, and ended.

A trainer of ours is a `Running` with steps of its own: it fills in how it begins (`resume`), what it does (`fit`), and what is known of it
(`known`). Every rank has one, and all of them call the same methods. `train_with` is the whole life of one in this process; `command` is
`python -m trainers.NAME run.json`.

Left out: how a checkpoint is written (`trainers/checkpoint.py`) and what is in the result (`trainers/result.py`).
"""

from __future__ import annotations

import contextlib
import dataclasses
import gc
import hashlib
import json
import os
import shutil
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, ClassVar, NoReturn, TypeVar

import torch
from torch import nn

from curate.errors import CurateError
from trainers import checkpoint, result
from trainers import model as models
from trainers._together import each, sole
from trainers.metrics import Metrics, refuse_missing
from trainers.place import Place, ranks

T = TypeVar("T")


def seed_of(*numbers: int | str) -> int:
    """A seed for torch that differs wherever one of the numbers does."""
    return int.from_bytes(hashlib.sha256(repr(numbers).encode()).digest()[:7])


def digest_of(path: Path) -> str:
    """SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class Running:
    """The part of a trainer that is not its steps."""

    SHORT: ClassVar[dict[str, str]] = {}
    """What of a step's line people are shown, and how it is called there."""
    model: nn.Module
    """What is trained and exported: a model of transformers."""
    tokenizer: Path

    def __init__(self, run: Any, place: Place) -> None:
        self.run, self.place, self.out = run, place, Path(run.out)
        self.step = self.tokens = 0
        self.metrics: Metrics | None = None

    def computing(self) -> contextlib.AbstractContextManager[Any]:
        """Autocast under ddp; fsdp casts by itself."""
        return models.computing(self.run.parallel, self.run.dtype, self.place.device)

    def resume(self) -> None:
        """Go on from the newest checkpoint, or begin."""
        raise NotImplementedError

    def fit(self, stopped: list[int]) -> str:
        """Train to the end, or to the step under way when `stopped` is no longer empty on any rank. Returns the status."""
        raise NotImplementedError

    def save(self) -> None:
        """A checkpoint of this moment."""
        raise NotImplementedError

    def known(self) -> dict[str, Any]:
        """What is told of the run beside its steps."""
        raise NotImplementedError

    def said(self) -> list[str]:
        """Lines for people, before the first step."""
        return []

    def is_left(self, stopped: list[int], first: bool) -> bool:
        """What follows on every step: a checkpoint if one is due or any rank was asked to stop; whether the run is to stop before its end.

        first: whether it is the first step of this process.
        """
        if first:
            gc.collect()
            gc.freeze()  # what a run has made by now stays: without it, each collection walks through all of it
        asked = bool(models.total_over_ranks(torch.tensor(float(len(stopped)), device=self.place.device)))
        if asked or self.saves():
            self.save()
            self.status("running")
        return asked and self.step < self.run.max_steps

    def evaluates(self) -> bool:
        """Whether what is held out is to be measured after this step, or before the first."""
        every = self.run.eval_steps or max(1, self.run.max_steps // 10)
        return self.step % every == 0 or self.step >= self.run.max_steps

    def saves(self) -> bool:
        """Whether a checkpoint is due."""
        often = (self.run.save_steps, self.run.max_steps, self.run.keep_steps or self.run.save_steps)
        return any(self.step % every == 0 for every in often)

    def keep_this(self) -> None:
        """Pin the checkpoint of this step if it is to stay; again after a resume, for a run may have died between the two."""
        if self.run.keep_steps and self.step % self.run.keep_steps == 0:
            self.on_first(lambda: checkpoint.pin(self.out / "checkpoints" / checkpoint.step_name(self.step)))

    def log(self, told: dict[str, Any]) -> None:
        """A line of metrics.jsonl, and a shorter one for people."""
        if self.metrics:
            self.metrics.tell({"step": self.step, "tokens": self.tokens, **told})
            short = {self.SHORT[name]: told[name] for name in self.SHORT if name in told}
            print(f"step {self.step}/{self.run.max_steps} {json.dumps(short)}", flush=True)

    @contextlib.contextmanager
    def telling(self) -> Iterator[None]:
        """Begin, and close the metrics at the end, however it comes."""
        self.begin()
        try:
            yield
        finally:
            if self.metrics:
                self.metrics.close()

    def begin(self) -> None:
        """Open the metrics and say that the run is under way."""
        self.metrics = self.on_first(self._opened)
        self.status("running")

    def _opened(self) -> Metrics:
        result.path_of(self.out).unlink(missing_ok=True)
        for line in self.said():
            print(line, flush=True)
        name, settings = self.run.name or self.out.name, dataclasses.asdict(self.run)
        return Metrics(self.out, name, self.step, self.run.report_to, settings)

    def end(self, status: str) -> None:
        """Of a finished run write the model and, last, what came out."""
        if status == "finished":
            self.on_first(self._clear_model)
            checkpoint.export_hf(self.model, self.tokenizer, self.out / "model")
        self.status(status)
        if status == "finished":
            self.on_first(lambda: result.write(self.out, self.known()))

    def _clear_model(self) -> None:
        """Remove a model that an earlier attempt wrote: with no manifest nothing says that it is whole."""
        if (self.out / "model").exists():
            shutil.rmtree(self.out / "model")

    def status(self, said: str) -> None:
        """Write status.json, at once or not at all."""
        self.on_first(lambda: result.write_status(self.out, {"status": said, **self.known()}))

    def on_first(self, part: Callable[[], T]) -> T | None:
        """What the first rank does alone, and gets; CurateError on all ranks where it fails, for the others would wait."""
        return each(lambda: part() if self.place.rank == 0 else None, str(self.out))


def train_with(trainer: Callable[[Any, Place], Running], run: Any, finished: Callable[[], bool]) -> str:
    """Run the settings in this process and rank. Returns `finished` or `interrupted`; CurateError for what the user can put right.

    trainer: makes one of settings and a place. finished: whether the result is there already; then nothing is done.
    """
    with result.failing(Path(run.out)):
        refuse_missing(run.report_to)
        return "finished" if finished() else _trained(trainer, run)


def _trained(trainer: Callable[[Any, Place], Running], run: Any) -> str:
    stopped: list[int] = []
    with _heard(stopped), ranks() as place, sole(Path(run.out)):
        return _lived(trainer(run, place), stopped)


def _lived(trainer: Running, stopped: list[int]) -> str:
    """From beginning to end. The trainer is gone on return, before the process group is: DDP, freed last, would wait for a thread of gloo
    with Python's lock, for a thread that may be waiting for that lock."""
    trainer.resume()
    with trainer.telling():
        status = trainer.fit(stopped)
    trainer.end(status)
    return status


@contextlib.contextmanager
def _heard(stopped: list[int]) -> Iterator[None]:
    """SIGTERM and the first Ctrl-C are noted and not obeyed at once; a Ctrl-C that is ignored, as under nohup, stays so."""

    def note(number: int, frame: Any) -> None:
        if number == signal.SIGINT in stopped:
            raise KeyboardInterrupt
        stopped.append(number)

    numbers = (signal.SIGTERM, signal.SIGINT)
    before = {n: signal.signal(n, note) for n in numbers if signal.getsignal(n) != signal.SIG_IGN}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler or signal.SIG_DFL)


def command(name: str, arguments: list[str], train: Callable[[Path], str]) -> int:
    """A trainer's command. 0 when the run is finished or was asked to stop, 2 for what the user can put right.

    train: reads a file of settings, trains, and returns the status.
    """
    try:
        if len(arguments) != 1:
            raise CurateError(f"one file of settings: python -m trainers.{name} run.json")
        print(train(Path(arguments[0])))
    except CurateError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


def leave(code: int) -> NoReturn:
    """End this process at once. A run's files are closed and its process group is gone by then, but what torch and gloo still have is freed
    at the interpreter's exit in no order: of some thirty finished runs of two ranks three ended there with SIGABRT."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
