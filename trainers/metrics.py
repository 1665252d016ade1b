"""What a run tells of itself: metrics.jsonl, a line for people, TensorBoard and W&B.

metrics.jsonl is the record: a line that cannot be written ends the run, a torn line (a killed process, a full disk) is taken out by the
next resume, and so is every line after the checkpoint that is resumed from, for these steps are about to be told again. TensorBoard and
W&B are conveniences: what fails there is said once and never ends a run, but a package that is not installed is said before it begins.
Only the first rank tells anything.

Left out: histograms and texts; metrics from inside a step.
"""

from __future__ import annotations

import collections
import contextlib
import hashlib
import importlib.util
import json
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from curate.errors import CurateError
from trainers._manifest import sync, write

CONVENTION = "6N + 12LHQT FLOPs for each place of a window, padding included and nothing recomputed (PaLM, arXiv 2204.02311, appendix B)"
"""N parameters, L layers, H heads of Q units, T places of a window."""
PACKAGES = {"tensorboard": "tensorboard", "wandb": "wandb"}
"""What `report_to` names -> the module that it needs, which the extra of the same name installs."""


def refuse_missing(report_to: list[str]) -> None:
    """CurateError that names the extra of a package that is not installed."""
    for name in report_to:
        if importlib.util.find_spec(PACKAGES[name]) is None:
            said = f"report_to: {name} is not installed; pip install 'octocurate[{name}]', or leave it out of report_to"
            raise CurateError(said)


class Speed:
    """How fast steps are. flops: of a place of a window, forward and backward. peak: FLOP/s of a device, None where it is not known."""

    def __init__(self, flops: int, peak: float | None, world: int) -> None:
        self.flops, self.peak, self.world = flops, peak, world
        self.times: collections.deque[float] = collections.deque(maxlen=1000)

    def said(self) -> str:
        """The convention of the MFU, for the log."""
        if not self.peak:
            return "MFU: not told, the peak of this device is not known"
        return f"MFU: {CONVENTION}, {self.flops:,} here, of {self.world} x {self.peak / 1e12:g} TFLOP/s, dense bf16"

    def of(self, seconds: float, waited: float, tokens: int, places: int) -> dict[str, float]:
        """Of a step that took so long, and percentiles of the last thousand. tokens: without padding; places: with it; waited: for data."""
        self.times.append(seconds)
        p50, p99 = np.percentile(self.times, [50, 99])
        found = {
            "tokens_per_second": tokens / seconds,
            "step_seconds": seconds,
            "p50": p50,
            "p99": p99,
            "data_wait": waited,
        }
        if self.peak:
            found["mfu"] = places / seconds * self.flops / (self.peak * self.world)
        return {name: float(f"{value:.6g}") for name, value in found.items()}


class Board(Protocol):
    """Where numbers go besides metrics.jsonl."""

    def tell(self, step: int, numbers: dict[str, float]) -> None: ...
    def close(self) -> None: ...


class TensorBoard:
    """Events in the folder `tensorboard`; those after `step` are taken back, all of them if it is 0."""

    def __init__(self, out: Path, name: str, step: int, settings: dict[str, Any]) -> None:
        from torch.utils.tensorboard import SummaryWriter

        self.writer = SummaryWriter(str(out / "tensorboard"), purge_step=step + 1 if step else 0)

    def tell(self, step: int, numbers: dict[str, float]) -> None:
        for tag, value in numbers.items():
            self.writer.add_scalar(tag, value, step)

    def close(self) -> None:
        self.writer.close()


class WandB:
    """A run of W&B, offline unless WANDB_MODE says otherwise; its id is that of folder and name, so that a resume is the same run."""

    def __init__(self, out: Path, name: str, step: int, settings: dict[str, Any]) -> None:
        import wandb

        mode: Any = os.environ.get("WANDB_MODE", "offline")
        run_id = hashlib.sha256(f"{name}\n{out.absolute()}".encode()).hexdigest()[:16]
        resume = None if mode == "offline" else "allow"  # offline runs of one id become one when they are synced
        project = os.environ.get("WANDB_PROJECT", "octocurate")
        self.run = wandb.init(
            project=project, name=name, id=run_id, dir=str(out), mode=mode, resume=resume, config=settings
        )

    def tell(self, step: int, numbers: dict[str, float]) -> None:
        self.run.log(numbers, step=step)

    def close(self) -> None:
        self.run.finish()


BOARDS: dict[str, Callable[[Path, str, int, dict[str, Any]], Board]] = {"tensorboard": TensorBoard, "wandb": WandB}


class Metrics:
    """The record of a run in the folder `out`, from after step `step` on; 0: anew. name: of the run; settings: told to the boards.

    CurateError where the record or a board cannot be opened.
    """

    def __init__(self, out: Path, name: str, step: int, report_to: list[str], settings: dict[str, Any]) -> None:
        self.path = out / "metrics.jsonl"
        with _writing(self.path):
            out.mkdir(parents=True, exist_ok=True)
            kept = [line for line in _lines(self.path) if _step(line) <= step] if step else []
            write(self.path.with_suffix(".tmp"), b"".join(kept))
            self.path.with_suffix(".tmp").replace(self.path)  # a kill must not lose lines before the checkpoint
            sync(out)
        self.boards = {one: _opened(one, out, name, step, settings) for one in report_to}
        with _writing(self.path):
            self.file = self.path.open("ab", buffering=0)

    def tell(self, line: dict[str, Any]) -> None:
        """A line of the record, and its numbers to the boards. CurateError if the record cannot be written."""
        data = json.dumps(line, allow_nan=False).encode() + b"\n"
        with _writing(self.path):
            if self.file.write(data) != len(data):
                raise OSError("the disk is full")
        numbers = flat(line)
        for name in list(self.boards):
            self._each(name, lambda board: board.tell(line["step"], numbers))

    def sync(self) -> None:
        """Put the record on disk. CurateError if that fails."""
        with _writing(self.path):
            os.fsync(self.file.fileno())

    def close(self) -> None:
        """Put the record on disk, and end with the boards."""
        with self.file:
            self.sync()
        for name in list(self.boards):
            self._each(name, lambda board: board.close())

    def _each(self, name: str, act: Callable[[Board], None]) -> None:
        """Do something with a board; one that fails is told once and left out from then on."""
        try:
            act(self.boards[name])
        except Exception as error:
            print(f"warning: {name} failed and is told nothing more ({_said(error)})", file=sys.stderr, flush=True)
            del self.boards[name]


def _opened(board: str, out: Path, name: str, step: int, settings: dict[str, Any]) -> Board:
    try:
        return BOARDS[board](out, name, step, settings)
    except Exception as error:
        raise CurateError(f"report_to: {board} cannot begin ({_said(error)}); leave it out of report_to") from error


def _said(error: Exception) -> str:
    """An error of a board in one line."""
    return " ".join(f"{type(error).__name__}: {error}".split())[:200]


@contextlib.contextmanager
def _writing(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise CurateError(f"cannot be written: {error.strerror or error}", where=str(path)) from error


def flat(line: dict[str, Any]) -> dict[str, float]:
    """The numbers of a line by name, those of a source as `held_out/web`."""
    found: dict[str, float] = {}
    for name, value in line.items():
        inner = {f"{name}/{key}": one for key, one in value.items()} if isinstance(value, dict) else {name: value}
        found |= {key: one for key, one in inner.items() if isinstance(one, int | float) and key != "step"}
    return found


def _lines(path: Path) -> list[bytes]:
    return path.read_bytes().splitlines(keepends=True) if path.exists() else []


def _step(line: bytes) -> float:
    """The step that a line is of; infinite for a line that was torn."""
    try:
        step = json.loads(line)["step"] if line.endswith(b"\n") else None
    except (ValueError, TypeError, KeyError, RecursionError):
        step = None
    return step if isinstance(step, int) else float("inf")
