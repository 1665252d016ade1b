"""Evaluates with lm-eval what it is told in a JSON file, and writes each answer down. Run by lm-eval's Python, by path.

    PYTHON benchmarks/_lm_eval.py JOB.json OUT.json

A job has `model` and `model_args` of lm-eval, and `tasks`. A task takes its filters, metrics and grading from a file of lm-eval itself
(`like`: `gsm8k/gsm8k-cot.yaml`, `minerva_math/minerva_math_algebra.yaml`), whose data set lies on a hub; `data` names a file of JSON lines
in its place, with the fields that the task reads. `shots`, if there are any, take the place of its examples, `until` of its stop texts,
`max_gen_toks` of its limit, `text` of its template of a prompt.
"""

from __future__ import annotations

import json
import sys
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

LIBRARIES = ("lm_eval", "transformers", "torch", "sympy", "math-verify", "antlr4-python3-runtime", "datasets")


def task(said: dict[str, Any], tasks: Path, folder: Path) -> None:
    """The file of a task in lm-eval's form, beside others in a folder. JSON is YAML."""
    made: dict[str, Any] = {
        "include": str(tasks / said["like"]),
        "task": said["name"],
        "tag": [],
        "dataset_path": "json",
        "dataset_name": None,
        "dataset_kwargs": {"data_files": {"test": said["data"]}},
        "training_split": None,
        "fewshot_split": None,
        "test_split": "test",
    }
    if "text" in said:
        made["doc_to_text"] = said["text"]
    if "shots" in said:
        made |= {"num_fewshot": len(said["shots"]), "fewshot_config": {"sampler": "first_n", "samples": said["shots"]}}
    made["generation_kwargs"] = {"do_sample": False, "until": said["until"], "max_gen_toks": said["max_gen_toks"]}
    (folder / f"{said['name']}.yaml").write_text(json.dumps(made, indent=1))


def samples(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What was asked, said, read and judged of each item; an item has a row for each way of reading its answer."""
    found: dict[int, dict[str, Any]] = {}
    for row in rows:
        one = found.setdefault(row["doc_id"], {"id": row["doc"]["id"], "read": {}, "right": {}})
        one["prompt"], one["reply"], one["settings"] = (
            row["arguments"][0][0],
            row["resps"][0][0],
            row["arguments"][0][1],
        )
        read = row["filtered_resps"]
        one["read"][row["filter"]] = read[0] if isinstance(read, list) else read
        one["right"][row["filter"]] = {metric: bool(row[metric]) for metric in row["metrics"]}
    return [found[number] for number in sorted(found)]


def timed(model: Any) -> list[float]:
    """Make a model note how many seconds each call for replies takes."""
    seconds: list[float] = []
    asked = model.generate_until

    def generate_until(*said: Any, **more: Any) -> Any:
        begun = time.perf_counter()
        try:
            return asked(*said, **more)
        finally:
            seconds.append(time.perf_counter() - begun)

    model.generate_until = generate_until
    return seconds


def main() -> None:
    import lm_eval
    from lm_eval.api.registry import get_model
    from lm_eval.tasks import TaskManager

    job, out = json.loads(Path(sys.argv[1]).read_text("utf-8")), Path(sys.argv[2])
    folder = out.with_suffix(".tasks")
    folder.mkdir(exist_ok=True)
    for said in job["tasks"]:
        task(said, Path(lm_eval.__file__).parent / "tasks", folder)
    manager = TaskManager(include_path=str(folder))
    more = {"batch_size": job.get("batch_size", 1), "device": job.get("device")}
    model = get_model(job["model"]).create_from_arg_obj(job["model_args"], more)
    asking, told = timed(model), {}
    for said in job["tasks"]:
        asking.clear()
        begun = time.perf_counter()
        made = lm_eval.simple_evaluate(model, tasks=[said["name"]], task_manager=manager, bootstrap_iters=0)
        assert made is not None
        told[said["name"]] = {
            "seconds": time.perf_counter() - begun,
            "asking": sum(asking),
            "samples": samples(made["samples"][said["name"]]),
            "versions": {name: version(name) for name in LIBRARIES},
        }
    out.write_text(json.dumps(told, default=str), "utf-8")


if __name__ == "__main__":
    main()
