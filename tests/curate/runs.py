"""A project whose recipes train: two small mixtures, and a trainer without torch that keeps the contract of docs/trainers.md."""

from __future__ import annotations

import os
import sys
import textwrap
import time
from pathlib import Path
from typing import Any

import polars as pl

import curate

TRAINER = '''
"""A trainer that only counts. Keeps the contract: resumes, saves at SIGTERM, writes manifest.json last."""
import hashlib, json, os, signal, sys, time
from pathlib import Path

run = json.loads(Path(sys.argv[-1]).read_text())
out = Path(run["out"])
print("started", os.getpid(), run.get("name"), flush=True)
if run.get("refuse"):
    print("error: lr is negative; write a positive one", file=sys.stderr)
    sys.exit(2)
if run.get("config") is None and not Path(run.get("parent", run.get("model", "/nowhere"))).exists():
    print("error: nothing to start from", file=sys.stderr)
    sys.exit(2)
if "parent" in run:
    assert json.loads((Path(run["parent"]) / "manifest.json").read_text())["status"] == "finished"
stopped = []
signal.signal(signal.SIGTERM, lambda *_: stopped.append(1))
state = out / "checkpoints" / "state.json"
step = json.loads(state.read_text()) if state.exists() else 0
state.parent.mkdir(parents=True, exist_ok=True)


def save():
    state.with_suffix(".tmp").write_text(json.dumps(step))
    state.with_suffix(".tmp").replace(state)


with (out / "metrics.jsonl").open("a") as metrics:
    while step < run["max_steps"]:
        time.sleep(0.2 if Path("slow").exists() else run.get("pause", 0.001))
        step += 1
        print(json.dumps({"step": step, "tokens": step * 64, "loss": 3 / step}), file=metrics, flush=True)
        if step == run.get("crash_at") and not (out / "crashed").exists():
            (out / "crashed").touch()
            raise RuntimeError("out of memory, they say")
        if step % 5 == 0:
            save()
        if stopped:
            save()
            (out / "status.json").write_text(json.dumps({"status": "interrupted", "step": step}))
            print("saved at", step, flush=True)
            sys.exit(0)
save()
(out / "model").mkdir(exist_ok=True)
(out / "model" / "config.json").write_text("{}")
data = (out / "model" / "config.json").read_bytes()
told = {"status": "finished", "step": step, "tokens": step * 64, "loss": 3 / step, "checkpoint": "checkpoints"}
told["files"] = {"model/config.json": {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}}
(out / "manifest.json").write_text(json.dumps(told))
'''
STABLE = """
recipe: stable
tokenizer: {train: bpe, vocab: 300, of: [web]}
corpora:
  web: {read: parquet, files: data/*.parquet, steps: [{keep: {some: length(text) > 3}}]}
mixture: {tokens: 600, seq_len: 32, stages: [{until: 100%, weights: {web: 1}}]}
expect: ["select sum(achieved) > 100 from sources"]
train:
  midtrain: {run: python count.py, data: mixture, config: {hidden_size: 8}, lr: 2e-3, max_steps: 12}
"""
DECAY = """
recipe: decay
extends: stable
mixture: {tokens: 500}
train:
  midtrain: {from: "stable:midtrain", config: null, max_steps: 8}
"""


def make(folder: Path, **more: str) -> Path:
    """The project in `folder`; more: other recipes by name."""
    for name in ("recipes", "data"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    texts = [f"{n} plus {n + 1} is {2 * n + 1}, as {'many ' * (n % 7)}people know" for n in range(90)]
    docs = pl.DataFrame({"text": texts, "url": [f"u{n}" for n in range(90)]})
    docs.write_parquet(folder / "data/0.parquet")
    for name, text in {"stable": STABLE, "decay": DECAY, **more}.items():
        (folder / "recipes" / f"{name}.yaml").write_text(textwrap.dedent(text).lstrip(), "utf-8")
    (folder / "count.py").write_text(TRAINER.lstrip(), "utf-8")
    return folder


def opened(folder: Path, name: str = "stable", **settings: Any) -> curate.Curated:
    return curate.open(name, project=folder, executor="inline", **settings)


def change(folder: Path, name: str, before: str, after: str) -> None:
    """Replace a text of a recipe's file."""
    path = folder / "recipes" / f"{name}.yaml"
    text = path.read_text("utf-8")
    assert before in text
    path.write_text(text.replace(before, after), "utf-8")


def states(curated: curate.Curated) -> dict[str, str]:
    return {f"{row['recipe']}/{row['run']}": row["state"] for row in curated.runs()}


def program(*words: str) -> list[str]:
    """The command line of `curate`, as another process."""
    return [sys.executable, "-m", "curate", *words]


def environment(**more: str) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), "PYTHONSAFEPATH": "1", **more}


def wait_for(what: Any, seconds: float = 30) -> Any:
    """What a function gives once that is something; AssertionError after so many seconds."""
    end = time.monotonic() + seconds
    while not (found := what()):
        assert time.monotonic() < end, "nothing happened"
        time.sleep(0.05)
    return found
