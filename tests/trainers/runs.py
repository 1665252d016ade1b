"""Runs of the mid-training trainer in processes of their own, forked from one that has imported torch, and what they leave behind."""

import contextlib
import hashlib
import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import torch

from tests.trainers import ranks

ROOT = Path(__file__).resolve().parents[2]
SETTINGS: dict[str, Any] = {
    "lr": 1e-2, "max_steps": 14, "batch_size": 8, "micro_batch": 4, "lr_scheduler": "cosine", "min_lr_ratio": 0.1,
    "warmup_steps": 2, "decay_steps": 5, "max_grad_norm": 0.1, "dtype": "float32", "save_steps": 3, "keep": 9,
}  # fmt: skip
"""Clipping binds, the decay begins at step 9, and the second epoch of the tiny mixture (94 windows) in step 12."""


def commit() -> str:
    """The commit that is tested, by which what is random is drawn."""
    found = subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False)
    return found.stdout.strip() or "none"


def asked(out: Path, base: Path, data: Path, **more: Any) -> Path:
    """The file of settings of a run into `out`, beside it."""
    out.parent.mkdir(parents=True, exist_ok=True)
    path = out.with_name(f"{out.name}.json")
    path.write_text(json.dumps(SETTINGS | {"out": str(out), "model": str(base), "mixture": str(data)} | more))
    return path


def main(rank: int, *paths: Path) -> list[int]:
    """On one rank: exit codes of the trainer for some files of settings, one after another. What it prints goes beside the first."""
    from trainers import midtrain

    log = paths[0].with_suffix(f".log-{rank}")
    with log.open("a") as file, contextlib.redirect_stdout(file), contextlib.redirect_stderr(file):
        return [midtrain.main([str(path)]) for path in paths]


def train(*paths: Path, world: int = 1, code: int = 0) -> list[Path]:
    """Train to the end, in this process or on some ranks; the folders of the runs."""
    alone = world == 1 and not torch.distributed.is_initialized()
    said = [main(0, *paths)] if alone else ranks.run(world, paths[0].parent / "scratch", main, *paths, seconds=120)
    assert said == [[code] * len(paths)] * world, (said, printed(paths[0]))
    return [path.with_suffix("") for path in paths]


def printed(path: Path, rank: int = 0) -> str:
    """What a rank has printed for files of which this is the first."""
    return path.with_suffix(f".log-{rank}").read_text()


def lines(out: Path) -> list[dict[str, Any]]:
    """The metrics of a run's steps."""
    every = [json.loads(line) for line in (out / "metrics.jsonl").read_text().splitlines()]
    return [line for line in every if line["step"]]


def curve(out: Path) -> list[tuple[Any, ...]]:
    """What must be equal, of each step."""
    names = ("step", "tokens", "epoch", "loss", "grad_norm", "lr", "loss_by_source", "targets", "skipped")
    return [tuple(line[name] for name in names) for line in lines(out)]


def numbers(out: Path) -> list[list[float]]:
    """What must be close, of each step: loss, norm of the gradient, learning rate."""
    return [[line[name] for name in ("loss", "grad_norm", "lr")] for line in lines(out)]


def weights(out: Path) -> str:
    """SHA-256 of the trained model."""
    return hashlib.sha256((out / "model/model.safetensors").read_bytes()).hexdigest()


def cut(of: Path, to: Path, step: int) -> Path:
    """A folder as a run would have left it that died some time after its checkpoint of this step."""
    to.mkdir(parents=True)
    shutil.copy(of / "metrics.jsonl", to)
    for path in (of / "checkpoints").glob("step-*"):
        if int(path.name[5:]) <= step:
            shutil.copytree(path, to / "checkpoints" / path.name)
    return to
