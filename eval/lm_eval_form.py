"""Results of a model in the form of lm-evaluation-harness: `results_DATE.json` and `samples_TASK_DATE.jsonl` in a folder of the model.

Programs that read lm-eval's files, such as its own tables and leaderboards, read these. The metric is called `exact_match` and the filter
`none`; the number is the accuracy of our grader, and our own summary stands beside under `octocurate`. Left out: hashes of lm-eval's task
code, which there is none of.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from eval.run import Task

METRIC, FILTER = "exact_match", "none"


@dataclass(frozen=True)
class Told:
    """One benchmark: as it was asked, its rows, and what they say."""

    task: Task
    rows: Callable[[], pl.DataFrame]
    """Reads them, when they are written: many draws of many benchmarks are more than fits into memory."""
    summary: Mapping[str, Any]
    sampling: Mapping[str, Any]
    code: Mapping[str, Any]


def folder_of(model: str) -> str:
    """The folder of a model, as lm-eval names it: two underscores for each run of characters that some file system has no place for."""
    return re.sub(r"[\"<>:/\\|?*\[\]\x00-\x1f]+", "__", model).strip(".") or "model"


def results(
    model: Mapping[str, Any], told: Sequence[Told], environment: Mapping[str, Any], date: float
) -> dict[str, Any]:
    """What `results_DATE.json` holds. model: `name`, `entry` (as under a recipe's `models:`) and `averages`.

    environment: versions of libraries, by benchmark.
    """
    names = {one.task.spec.name: one for one in told}
    return {
        "results": {name: _numbers(name, one) for name, one in names.items()},
        "group_subtasks": {name: [] for name in names},
        "configs": {name: _config(one) for name, one in names.items()},
        "versions": {name: one.task.spec.digest[:12] for name, one in names.items()},
        "n-shot": {name: one.task.num_fewshot for name, one in names.items()},
        "higher_is_better": {name: {METRIC: True} for name in names},
        "n-samples": {
            name: {"original": one.task.spec.items, "effective": one.task.items.height} for name, one in names.items()
        },
        "config": {
            "model": model["entry"].get("backend"),
            "model_args": {key: value for key, value in model["entry"].items() if key != "backend"},
            "limit": told[0].task.limit if told else None,
        },
        "date": date,
        "model_name": model["name"],
        "model_name_sanitized": folder_of(model["name"]),
        "task_hashes": {name: one.task.identity["prompts"] for name, one in names.items()},
        "octocurate": {
            "summaries": {name: dict(one.summary) for name, one in names.items()},
            "averages": model["averages"],
            "grader": {name: one.code["uses"] for name, one in names.items()},
            "environment": dict(environment),
        },
    }


def _numbers(name: str, one: Told) -> dict[str, Any]:
    error = one.summary["error"]
    return {
        "alias": name,
        f"{METRIC},{FILTER}": one.summary["accuracy"],
        f"{METRIC}_stderr,{FILTER}": "N/A" if error is None else error,
    }


def _config(one: Told) -> dict[str, Any]:
    task, sampling = one.task, one.sampling
    return {
        "task": task.spec.name,
        "dataset_path": f"datacards/{task.spec.card}.md",
        "output_type": "generate_until",
        "num_fewshot": task.num_fewshot,
        "generation_kwargs": {
            "until": [*sampling["stop"]],
            "do_sample": sampling["temperature"] > 0,
            "temperature": sampling["temperature"],
            "top_p": sampling["top_p"],
            "max_gen_toks": sampling["max_tokens"],
        },
        "repeats": task.samples,
        "metric_list": [{"metric": METRIC, "aggregation": "mean", "higher_is_better": True}],
        "metadata": {"version": task.spec.digest[:12], "mode": task.mode},
    }


def samples(one: Told) -> Iterator[dict[str, Any]]:
    """What the lines of `samples_TASK_DATE.jsonl` hold: an item each, with all its draws."""
    config = _config(one)["generation_kwargs"]
    groups = one.rows().group_by("id", maintain_order=True).agg("reply", "answer", "verdict")
    drawn = {row["id"]: row for row in groups.to_dicts()}
    for place, (item, prompt) in enumerate(zip(one.task.items.to_dicts(), one.task.prompts, strict=True)):
        row, target = drawn[item["id"]], "; ".join(item["gold"])
        right = [verdict == "right" for verdict in row["verdict"]]
        yield {
            "doc_id": place,
            "doc": item,
            "target": target,
            "arguments": {"gen_args_0": {"arg_0": prompt, "arg_1": config}},
            "resps": [row["reply"]],
            "filtered_resps": row["answer"],
            "filter": FILTER,
            "metrics": [METRIC],
            "doc_hash": _hash(json.dumps(item, sort_keys=True)),
            "prompt_hash": _hash(prompt),
            "target_hash": _hash(target),
            METRIC: sum(right) / len(right),
        }


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def write(folder: Path, made: Mapping[str, Any], told: Sequence[Told], stamp: str) -> list[Path]:
    """Write the files of one model under `folder`, and say which. OSError if that cannot be done."""
    name = str(made["model_name_sanitized"])
    places = (folder / (name if n == 1 else f"{name}_{n}") for n in itertools.count(1))
    place = next(place for place in places if not place.exists())  # names that differ may give one folder
    place.mkdir(parents=True)
    paths = [place / f"results_{stamp}.json"]
    paths[0].write_text(json.dumps(made, indent=2, ensure_ascii=False), "utf-8")
    for one in told:
        paths.append(place / f"samples_{one.task.spec.name}_{stamp}.jsonl")
        with paths[-1].open("w", encoding="utf-8") as file:
            for line in samples(one):
                file.write(json.dumps(line, ensure_ascii=False) + "\n")
    return paths
