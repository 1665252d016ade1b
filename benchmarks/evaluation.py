"""Evaluation beside lm-eval: the same items, prompts, stop texts and model, item by item; and how long each takes.

    python -m benchmarks.evaluation --lm-eval .venv-lm-eval/bin/python --json OUT

Two models are asked by both. One is a script behind OpenAI's protocol (`benchmarks/_scripted.py`) that answers right half of the time in
the forms that models use, so each verdict can be held against what is true. The other is a Llama of some 0.2 million parameters
(`benchmarks/_tiny_model.py`) that has learned replies to a few items by heart, run by transformers on a CPU: `backend: hf`, lm-eval's
`hf`, both in float32 and batches of 4. lm-eval gets our examples, items and stop texts in tasks of its own form, and keeps its filters,
metrics and grading; the script is asked with lm-eval's own prompts, too, which shows that answers do not hang on ours. It also says
replies that others published with labels.

Times are of one run each, from items in a file to verdicts; the interpreter's start, imports and the model's loading are left out.
`asking` is until all replies are there. Of the script, where a reply costs next to nothing, they are what a harness costs. Items are
GSM8K and MATH500 where there is real data at `../shared/data`, else the embedded benchmark in both forms of prompts.

`make lm-eval` gives lm-eval an environment of its own.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

import polars as pl

from benchmarks import _evaluated
from benchmarks._evaluated import DATA, ROOT, by_form, graders, side_by_side
from benchmarks._labelled import model_replies
from benchmarks._scripted import MODEL, served
from benchmarks._tiny_model import learned
from curate.profile import ModelSettings
from eval.items import SCHEMA
from eval.run import Task
from eval.specs import spec

AT_ONCE = 8
"""Requests under way."""
BATCH = 4
"""Prompts in a batch of the model on a CPU."""
LABELLED = {"gsm8k_model_solutions": "gsm8k", "qwen_math_cot_100": "math500"}
"""Sets of labelled replies, and the benchmark as whose they are read."""
LEARNED = 6
"""Items that the tiny model has learned a reply to."""


def asked(url: str, some: int = AT_ONCE) -> dict[str, Any]:
    """Arguments of lm-eval's client of a server."""
    return {
        "model": MODEL, "base_url": f"{url}/completions", "tokenizer_backend": None, "tokenized_requests": False,
        "num_concurrent": some,
    }  # fmt: skip


def scripted(python: Path, some: Task, folder: Path, *, stops: bool = True) -> dict[str, Any]:
    """A script asked by both. stops: whether the server cuts replies at stop texts."""
    with served(_evaluated.answers(some), stops=stops) as (url, script):
        job = _evaluated.job(some, folder)
        theirs, own = _evaluated.theirs(
            python, "local-completions", asked(url), [job, _evaluated.published(job)]
        ).values()
        settings = ModelSettings(endpoints=(url,), concurrency=AT_ONCE)
        ours = _evaluated.ours(some, {"backend": "openai", "id": MODEL}, settings, folder / f"replies-{stops}")
        table = side_by_side(some, ours, theirs, script)
    same = sum(own.rows[id]["right"] == row["right"] for id, row in theirs.rows.items())
    return told(some, "script", table, ours, theirs) | {"forms": by_form(table), "same_with_their_prompts": same}


def labelled(python: Path, name: str, benchmark: str, data: Path, folder: Path) -> dict[str, Any]:
    """Replies that others published with labels, said by a script to both, so that each reads and judges the same texts."""
    cases = [*model_replies(data, name, "")]
    rows = [(case.id, f"Say the reply {case.id}.", [case.gold], [], "math") for case in cases]
    some = Task(spec(benchmark), "few-shot", pl.DataFrame(rows, schema=SCHEMA, orient="row"))
    texts = {problem: case.text for (_, problem, *_), case in zip(rows, cases, strict=True)}
    with served({}, stops=False, texts=texts) as (url, _):
        (theirs,) = _evaluated.theirs(python, "local-completions", asked(url), [_evaluated.job(some, folder)]).values()
        entry = {"backend": "openai", "id": MODEL}
        ours = _evaluated.ours(
            some, entry, ModelSettings(endpoints=(url,), concurrency=AT_ONCE), folder / f"replies-{name}"
        )
    table = side_by_side(some, ours, theirs)
    for row, case in zip(table, cases, strict=True):
        row["truth"], row["form"] = case.right, name
    return told(some, name, table, ours, theirs) | {"forms": by_form(table)}


def local(python: Path, some: Task, folder: Path, steps: int = 300) -> dict[str, Any]:
    """A tiny model asked by both on a CPU. The first items in order are learned."""
    model = folder / f"tiny-{some.spec.name}"
    loss = learned(model, pairs(some), steps)
    arguments, job = {"pretrained": str(model), "dtype": "float32"}, _evaluated.job(some, folder)
    (theirs,) = _evaluated.theirs(python, "hf", arguments, [job], batch_size=BATCH, device="cpu").values()
    entry = {"backend": "hf", "id": str(model), "revision": "tiny", "engine": {"dtype": "float32"}}
    ours = _evaluated.ours(some, entry, ModelSettings(), folder / "replies-tiny")
    return told(some, "tiny model", side_by_side(some, ours, theirs), ours, theirs) | {"loss": loss}


def pairs(some: Task) -> list[tuple[str, str]]:
    """Prompts and the replies that are learned."""
    found = []
    for number, item in enumerate(some.items.head(LEARNED).to_dicts()):
        answer = item["gold"][0]
        words = some.spec.shots == "words-8"
        said = f" The answer is {answer}.\n\nQ: How" if words else (
            f" So it is so.\nFinal Answer: The final answer is ${answer}$. I hope it is correct.\n\nProblem:\nFind"
        )  # fmt: skip
        found.append((some.prompts[number], said))
    return found


def told(some: Task, model: str, table: list[dict[str, Any]], ours: Any, theirs: Any) -> dict[str, Any]:
    """What is reported of one task and one model."""
    return {
        "benchmark": some.spec.name, "model": model, "items": len(table),
        "same_prompts": sum(row["same_prompt"] for row in table), "same_replies": sum(row["same_reply"] for row in table),
        "right": {name: sum(row[name] for row in table) for name in graders(table)},
        "disagree": {name: sum(row[name] != row["ours"] for row in table) for name in graders(table)[:-1]},
        "seconds": {who: {"asking": side.asking, "whole": side.seconds} for who, side in (("ours", ours), ("lm-eval", theirs))},
        "versions": theirs.versions, "table": table,
    }  # fmt: skip


def show(row: dict[str, Any]) -> None:
    print(f"\n{row['benchmark']}, {row['model']}: {row['items']} items", end="; ")
    print(f"prompts equal {row['same_prompts']}, replies equal {row['same_replies']}", end="; ")
    print(
        ", ".join(
            f"{who} {took['whole']:.1f} s ({took['asking']:.1f} s asking)" for who, took in row["seconds"].items()
        )
    )
    print("right: " + ", ".join(f"{name} {count}" for name, count in row["right"].items()))
    for form, one in row.get("forms", {}).items():
        cells = ", ".join(f"{name} {one[name][0]} / {one[name][1]}" for name in row["right"])
        print(f"  {form:<15} {one['replies']:>4} replies, {one['right']:>4} right; {cells}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lm-eval", type=Path, default=ROOT / ".venv-lm-eval" / "bin" / "python", metavar="PYTHON")
    parser.add_argument("--data", type=Path, default=DATA, help="real data; where it is absent, the embedded benchmark")
    parser.add_argument("--limit", type=int, help="items of each benchmark")
    parser.add_argument("--only", choices=["script", "labelled", "model"], help="one of the models")
    parser.add_argument("--json", type=Path, metavar="FILE", help="all that was found, with a row for each item")
    said = parser.parse_args()
    if not said.lm_eval.exists():
        sys.exit(f"{said.lm_eval}: no such file; make lm-eval, or say --lm-eval PYTHON")
    found = []
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        for some in _evaluated.tasks(said.data, folder, said.limit):
            if said.only in (None, "script"):
                found.append(scripted(said.lm_eval, some, folder))
                show(found[-1])
        for name, benchmark in LABELLED.items() if said.only in (None, "labelled") and said.data.is_dir() else ():
            found.append(labelled(said.lm_eval, name, benchmark, said.data, folder))
            show(found[-1])
        for some in _evaluated.tasks(said.data, folder, min(said.limit or 200, 200)):
            if said.only in (None, "model"):
                found.append(local(said.lm_eval, some, folder))
                show(found[-1])
    print("lm-eval's environment: " + ", ".join(f"{name} {told}" for name, told in found[0]["versions"].items()))
    if said.json:
        said.json.write_text(json.dumps(found, indent=1), "utf-8")


if __name__ == "__main__":
    main()
