"""A trainer in 25 lines that keeps the contract of docs/trainers.md. Its model is how often each token comes; put yours in its place."""

import json
import signal
import sys
from pathlib import Path

from mixers.reader import Mixture

run = json.loads(Path(sys.argv[1]).read_text())
out, windows = Path(run["out"]), Mixture(run["mixture"])
stopped = []
signal.signal(signal.SIGTERM, lambda *_: stopped.append(True))
saved = out / "counts.json"
state = json.loads(saved.read_text()) if saved.exists() else {"step": 0, "counts": {}}
while state["step"] < run["max_steps"] and not stopped:
    for token in windows.windows(windows.numbers(state["step"], 1))["tokens"].flatten().tolist():
        state["counts"][str(token)] = state["counts"].get(str(token), 0) + 1
    state["step"] += 1
    with (out / "metrics.jsonl").open("a") as metrics:
        print(json.dumps({"step": state["step"], "tokens": state["step"] * windows.seq_len}), file=metrics)
saved.with_suffix(".tmp").write_text(json.dumps(state))
saved.with_suffix(".tmp").replace(saved)  # a run that is started again goes on from here
if state["step"] == run["max_steps"]:
    told = {"status": "finished", "step": state["step"], "tokens": state["step"] * windows.seq_len}
    (out / "manifest.json").write_text(json.dumps({**told, "files": {saved.name: {"bytes": saved.stat().st_size}}}))
