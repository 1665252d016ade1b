"""A project whose recipes train by reinforcement: prompts in a corpus, and a trainer without torch that keeps the contract."""

from __future__ import annotations

import json
import textwrap
from pathlib import Path
from typing import Any

from tests.curate import runs

LEARNER = '''
"""A trainer that learns nothing and tells much. Keeps the contract: resumes, saves at SIGTERM, writes manifest.json last."""
import json, os, random, signal, sys, time
from pathlib import Path

import pyarrow.parquet as pq

run = json.loads(Path(sys.argv[-1]).read_text())
out, prompts = Path(run["out"]), pq.read_table(run["prompts"])
print("started", os.getpid(), run["name"], flush=True)
assert "mixture" not in run and prompts.column_names == ["id", "problem", "answer"]
assert (Path(run["parent"]) / "manifest.json").is_file() and (Path(run["tokenizer"]) / "tokenizer.json").is_file()
stopped = []
signal.signal(signal.SIGTERM, lambda *_: stopped.append(1))
saved = out / "state.json"
step = json.loads(saved.read_text()) if saved.exists() else 0
noise = random.Random(run["seed"])
lr = json.loads((Path(run["parent"]) / "run.json").read_text())["lr"]
start, gain = 0.2 + 0.01 * noise.random(), 100 * lr + 0.01 * noise.random()


def held_out(step):
    accuracy = start + gain * step / run["max_steps"]
    return {"accuracy": accuracy, "length": 40.0 + step, "truncated": 0.1}


with (out / "metrics.jsonl").open("a") as metrics:
    def tell(**line):
        print(json.dumps(line), file=metrics, flush=True)

    if step == 0:
        tell(step=0, tokens=0, held_out_reward=held_out(0))
    while step < run["max_steps"]:
        time.sleep(0.2 if Path("slow").exists() else 0.001)
        step += 1
        share = step / run["max_steps"]
        line = {"step": step, "tokens": 100 * step, "reward": start + gain * share, "loss": 0.1, "lr": 1e-6, "grad_norm": 1.0}
        line |= {"length_right": 30.0 + step, "length_wrong": 60.0 + step, "truncated": 0.2 - 0.1 * share, "entropy": 1.0 - share / 2}
        line |= {"zero_advantage": 0.3, "all_right": 0.1, "all_wrong": 0.2, "mismatch_kl": 1e-5, "clip_low": 0.01, "clip_high": 0.02}
        line |= {"max_completion_length": 128, "kinds": {"right": 3}, "tokens_per_second": 50.0, "repetition": 0.0, "box_first": 0.1}
        if step == run["max_steps"]:
            line["held_out_reward"] = held_out(step)
        tell(**line)
        saved.write_text(json.dumps(step))
        if step == run.get("crash_at") and not (out / "crashed").exists():
            (out / "crashed").touch()
            raise RuntimeError("out of memory, they say")
        if stopped:
            (out / "status.json").write_text(json.dumps({"status": "interrupted", "step": step}))
            sys.exit(0)
(out / "rollouts").mkdir(exist_ok=True)
for at in (1, step):
    with (out / "rollouts" / f"step-{at:07d}.jsonl").open("w") as file:
        for row in prompts.slice(0, 3).to_pylist():
            for number, reply in enumerate([f"so \\\\boxed{{{row['answer']}}}", "no idea\\x1b[31m"]):
                told = {"step": at, "prompt_id": row["id"], "problem": row["problem"], "answer": row["answer"], "number": number}
                told |= {"reply": reply, "reward": 1.0 - number, "kind": ["right", "no_answer"][number], "tokens": 9, "stopped": True}
                print(json.dumps(told), file=file)
told = {"status": "finished", "step": step, "tokens": 100 * step, "loss": 0.1, "reward": start + gain, "checkpoint": "state.json"}
told |= {"held_out_reward": {"first": held_out(0), "last": held_out(step)}, "collapse": run.get("collapse", []), "rollbacks": 0}
(out / "manifest.json").write_text(json.dumps({**told, "files": {"state.json": {"bytes": saved.stat().st_size}}}))
'''
SUMS = "corpora: {sums: {read: jsonl, files: data/sums.jsonl, columns: {text: problem}}}\n"
REWARD = """
recipe: reward
extends: stable
corpora:
  sums: {read: jsonl, files: data/sums.jsonl, columns: {text: problem}}
train:
  grpo: {run: python learn.py, from: midtrain, prompts: sums, template: simple, max_steps: 4}
probe: {run: python learn.py, from: midtrain, prompts: sums, max_steps: 3}
"""


def rows(first: int = 0, count: int = 30) -> list[dict[str, Any]]:
    """Sums with their answers, from 100 + first on."""
    return [
        {
            "id": f"s{n}",
            "problem": f"What is the sum of the numbers {100 + n} and {2 * n + 7}, when both are added?",
            "answer": f"{107 + 3 * n}",
        }
        for n in range(first, first + count)
    ]


def write_rows(path: Path, items: list[dict[str, Any]]) -> None:
    path.write_text("\n".join(map(json.dumps, items)) + "\n", "utf-8")


def make(folder: Path, **more: str) -> Path:
    """The project in `folder`; more: other recipes by name."""
    runs.make(folder, reward=REWARD, **more)
    (folder / "learn.py").write_text(textwrap.dedent(LEARNER).lstrip(), "utf-8")
    wrong = [
        {"id": "n", "problem": "What is nothing at all?", "answer": None},
        {"id": "u", "problem": "Who?", "answer": "it depends"},
    ]
    write_rows(folder / "data/sums.jsonl", [*rows(), {**rows()[0], "id": "again"}, *wrong])
    return folder
