"""The same items, prompts and model evaluated by lm-eval and by ours, and what each said of every item, side by side.

lm-eval runs by its own Python (`benchmarks/_lm_eval.py`); its tasks get our examples, our items and our stop texts, and keep their filters,
metrics and grading. `PUBLISHED` are lm-eval's own prompts, where even these are its own.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from benchmarks._scripted import Script
from benchmarks._sets import DATA, rows
from curate.models.base import open_model
from curate.models.replies import Asker
from curate.profile import ModelSettings
from eval import items as making
from eval.grading import Grader
from eval.run import Asking, Task
from eval.specs import Spec, form, spec

ROOT = Path(__file__).resolve().parents[1]
LIKE = {"words-8": "gsm8k/gsm8k-cot.yaml", "minerva-4": "minerva_math/minerva_math_algebra.yaml"}
"""By our form of prompts: the file of lm-eval whose protocol has that form."""
FILES = {"gsm8k": "gsm8k_test", "math500": "math500"}


@dataclass
class Side:
    """What one of the two said: seconds in the whole, seconds until all replies were there, and a row for each item."""

    seconds: float
    asking: float
    rows: dict[str, dict[str, Any]] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)


def embedded(folder: Path, shots: str = "minerva-4") -> tuple[Spec, list[dict[str, Any]]]:
    """The benchmark that needs no download, asked in a form of prompts (`words-8`: those whose answer is a whole number), and its rows."""
    from curation.embedded.bench import bench

    bench(folder)
    found, numbers = list(rows(folder / "bench.jsonl.gz")), shots == "words-8"
    if numbers:
        found = [row for row in found if re.fullmatch(r"-?\d+", row["answer"])]
    update = {"name": f"embedded-{shots}", "read": "number" if numbers else "sentence"}
    made = spec("embedded-bench").model_copy(update={**update, "items": len(found), "digest_of_items": None})
    return made.in_form(form(shots)), found


def task(made: Spec, records: list[dict[str, Any]], limit: int | None) -> Task:
    return Task(made, "few-shot", making.items(made, records, limit), 1, limit)


def tasks(data: Path, folder: Path, limit: int | None) -> list[Task]:
    """GSM8K and MATH500 where the real data is, else the embedded benchmark in both forms."""
    if (data / "benchmarks").is_dir():
        found = [(spec(name), list(rows(data / "benchmarks" / f"{file}.jsonl.gz"))) for name, file in FILES.items()]
    else:
        found = [embedded(folder, shots) for shots in LIKE]
    return [task(made, records, limit) for made, records in found]


def answers(some: Task) -> dict[str, str]:
    """The answer of each problem, as a script wants it."""
    return {problem.strip(): gold[0] for problem, gold in zip(some.items["problem"], some.items["gold"], strict=True)}


def job(some: Task, folder: Path) -> dict[str, Any]:
    """The task of lm-eval that asks what this one asks, with its items in a file."""
    used = form(some.spec.shots)
    file = folder / f"{some.spec.name}.items.jsonl"
    with file.open("w", encoding="utf-8") as out:
        for item in some.items.to_dicts():
            gold, problem = item["gold"][0], item["problem"]
            row = {"id": item["id"], "question": problem, "problem": problem, "answer": gold}
            out.write(json.dumps(row | {"solution": f"$\\boxed{{{gold}}}$"}) + "\n")
    shots = [
        {"question": one.problem, "target": one.solution}
        if some.spec.shots == "words-8"
        else {"problem": one.problem, "solution": one.solution, "few_shot": "1"}
        for one in used.examples
    ]
    until = [*used.stop]
    said = {"name": some.spec.name, "like": LIKE[some.spec.shots], "data": str(file), "shots": shots, "until": until}
    return said | {"max_gen_toks": used.max_tokens}


def published(said: Mapping[str, Any]) -> dict[str, Any]:
    """The same task with lm-eval's own examples and stop texts."""
    until = ["Q:"] if "gsm8k" in said["like"] else ["Problem:"]
    return {
        **{key: value for key, value in said.items() if key != "shots"},
        "until": until,
        "name": f"{said['name']}-published",
    }


def theirs(
    python: Path, model: str, arguments: dict[str, Any], jobs: Sequence[dict[str, Any]], **more: Any
) -> dict[str, Side]:
    """What lm-eval says of each task. SystemExit with its errors if it fails."""
    with tempfile.TemporaryDirectory() as folder:
        asked, out = Path(folder) / "job.json", Path(folder) / "out.json"
        asked.write_text(json.dumps({"model": model, "model_args": arguments, "tasks": [*jobs], **more}))
        env = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
        env |= {"HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1", "HF_HOME": folder, "TOKENIZERS_PARALLELISM": "false"}
        command = [str(python), str(ROOT / "benchmarks" / "_lm_eval.py"), str(asked), str(out)]
        done = subprocess.run(command, env=env, capture_output=True, text=True)
        if done.returncode:
            sys.exit(f"lm-eval failed: {done.stderr[-3000:]}")
        told = json.loads(out.read_text("utf-8"))
    return {
        name: Side(one["seconds"], one["asking"], {str(row["id"]): row for row in one["samples"]}, one["versions"])
        for name, one in told.items()
    }


def ours(some: Task, entry: Mapping[str, Any], settings: ModelSettings, folder: Path) -> Side:
    """What ours says of a task; the replies are stored in a folder."""
    said = some.settings
    sampling = {"max_tokens": said["max_tokens"], "stop": said["stop"], **(entry.get("sampling") or {})}
    whole = {**entry, "chat": said["chat"], "sampling": sampling}
    if entry["backend"] == "hf":
        from curate.models._generation import generator

        generator(str(entry["id"]), entry["engine"]["dtype"])  # so that loading is in nobody's time
    begun = time.perf_counter()
    with Grader() as grader:
        model = open_model(whole, folder, settings, Asker("benchmark"))
        asking = Asking(some, model, grader)
        told = pl.concat(asking.parts()).to_dicts()
    prompts = dict(zip(some.items["id"], some.prompts, strict=True))
    made = {row["id"]: row | {"prompt": prompts[row["id"]]} for row in told}
    return Side(time.perf_counter() - begun, asking.seconds.asking, made)


def labels(row: Mapping[str, Any]) -> dict[str, bool]:
    """lm-eval's verdicts of an item, by the name of the filter, or of the metric where there is no filter."""
    return {
        (metric if name == "none" else name): value
        for name, metrics in row["right"].items()
        for metric, value in metrics.items()
    }


def side_by_side(some: Task, ours: Side, theirs: Side, script: Script | None = None) -> list[dict[str, Any]]:
    """A row for each item: whether prompts and replies are the same, what was read, the verdicts, and form and truth of a script."""
    told = []
    for item in some.items.to_dicts():
        a, b = ours.rows[item["id"]], theirs.rows[item["id"]]
        row = {
            "id": item["id"], "gold": item["gold"][0], "same_prompt": a["prompt"] == b["prompt"],
            "same_reply": a["reply"] == b["reply"], "reply": a["reply"], "their_reply": b["reply"],
            "answer": a["answer"], "verdict": a["verdict"], "ours": a["verdict"] == "right", "read": b["read"], **labels(b),
        }  # fmt: skip
        if script:
            mark = "Q" if some.spec.shots == "words-8" else "Problem"
            row["form"], row["truth"] = script.form(item["problem"].strip(), mark)
        told.append(row)
    return told


def graders(table: Sequence[Mapping[str, Any]]) -> list[str]:
    """Names of the verdicts in a table: lm-eval's, then ours."""
    known = ("strict-match", "flexible-extract", "exact_match", "math_verify", "ours")
    return [name for name in known if name in table[0]]


def by_form(table: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """Of each form of reply: how many there are, how many are right, and of each grader false positives and false negatives."""
    found: dict[str, dict[str, Any]] = {}
    for row in sorted(table, key=lambda row: row["form"]):
        one = found.setdefault(row["form"], {"replies": 0, "right": 0, **{name: [0, 0] for name in graders(table)}})
        one["replies"] += 1
        one["right"] += row["truth"]
        for name in graders(table):
            one[name][0] += row[name] and not row["truth"]
            one[name][1] += row["truth"] and not row[name]
    return found


__all__ = [
    "DATA", "Side", "answers", "by_form", "embedded", "graders", "job", "labels", "ours", "published", "side_by_side", "task", "tasks",
    "theirs",
]  # fmt: skip
