"""Public checkpoints evaluated by ours and by lm-eval beside what was published, into the tables of docs/eval.md.

    python -m benchmarks.eval_gpu --json OUT [--model NAME ...] [--lm-eval PYTHON]     # on the machine with the GPU, in a project
    python -m benchmarks.eval_gpu --results OUT ... --write docs/eval.md              # anywhere

The project has the items (`benchmarks/gsm8k.jsonl` and others, as the data cards say), the hub's cache the checkpoints (`hf download
NAME`); what is lacking is named, and its cells stay empty. A revision is the commit that the cache calls `main`. Base models are asked
few-shot and greedily, 1,024 tokens, all thirteen benchmarks; models after reinforcement learning by the template `complex`, 4,096 tokens,
the four that were published. lm-eval evaluates base models with its own prompts, where it has the protocol: GSM8K (`gsm8k_cot`,
flexible-extract) and MATH500 (`minerva_math500`, math_verify). Every model is a process of its own, so that the next one finds the GPU
free; replies are in the project's store, so a run that was stopped goes on. Published figures are OctoThinker's (repository and
notebooks; after reinforcement learning the best of each curve); means over the thirteen are ours. No GPU has run it yet.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from curate.hub import snapshot

ROOT = Path(__file__).resolve().parents[1]
THIRTEEN = (
    "gsm8k", "math", "math500", "olympiadbench", "amc23", "sat", "ocw", "mmlu-stem", "mathqa", "mawps", "svamp", "asdiv", "tabmwp",
)  # fmt: skip
FOUR = ("gsm8k", "math500", "olympiadbench", "amc23")
LM_EVAL = {"gsm8k": "flexible-extract", "math500": "math_verify"}
"""Benchmarks that lm-eval has in the published form, and which of its verdicts counts."""
BASE: Mapping[str, tuple[float, ...]] = {
    "OctoThinker/OctoThinker-1B-Long-Base": (37.15, 21.74, 16.40, 3.41, 7.5, 31.25, 4.04, 36.45, 33.2, 83.15, 55.8, 72.55, 50.1),
    "OctoThinker/OctoThinker-1B-Hybrid-Base": (42.38, 28.50, 26.40, 5.48, 10.0, 56.25, 6.25, 38.60, 36.9, 88.57, 63.2, 75.30, 51.6),
    "OctoThinker/OctoThinker-1B-Short-Base": (44.88, 29.98, 27.80, 3.85, 10.0, 46.88, 6.62, 37.91, 36.7, 88.09, 61.2, 75.26, 51.2),
    "OctoThinker/OctoThinker-3B-Long-Base": (56.10, 29.98, 25.80, 4.74, 7.5, 65.62, 11.40, 48.11, 45.4, 91.67, 69.1, 79.91, 56.4),
    "OctoThinker/OctoThinker-3B-Hybrid-Base": (64.37, 31.76, 30.80, 4.00, 10.0, 59.38, 8.46, 49.73, 47.5, 94.24, 78.0, 82.80, 57.8),
    "OctoThinker/OctoThinker-3B-Short-Base": (63.31, 32.70, 31.40, 4.74, 2.5, 53.12, 9.19, 48.87, 49.8, 93.51, 77.3, 82.26, 60.0),
}  # fmt: skip
BASE_FOUR: Mapping[str, tuple[float, ...]] = {
    "meta-llama/Llama-3.2-3B": (30.47, 7.4, 2.07, 2.5),
    "Qwen/Qwen2.5-3B": (75.36, 38.2, 10.22, 20.0),
}
ZERO: Mapping[str, tuple[float | None, ...]] = {
    "OctoThinker/Llama3.2-3B-Zero": (9.9, 10.2, 7.4, 10.0),
    "OctoThinker/OctoThinker-1B-Long-Zero": (58.2, 43.6, 18.4, None),
    "OctoThinker/OctoThinker-1B-Hybrid-Zero": (64.6, 49.4, 16.9, None),
    "OctoThinker/OctoThinker-1B-Short-Zero": (65.7, 47.6, 17.2, None),
    "OctoThinker/OctoThinker-3B-Long-Zero": (86.7, 67.6, 31.9, 50.0),
    "OctoThinker/OctoThinker-3B-Hybrid-Zero": (84.6, 62.6, 26.4, 47.5),
    "OctoThinker/OctoThinker-3B-Short-Zero": (83.4, 58.8, 24.4, 45.0),
}
"""Best of each curve, in the order of `FOUR`."""
MARKS = "<!-- checkpoints: begin -->", "<!-- checkpoints: end -->"
Row = dict[str, Any]


def published() -> dict[str, dict[str, float]]:
    """Accuracy in percent by model and benchmark."""
    found = {name: dict(zip(THIRTEEN, told, strict=True)) for name, told in BASE.items()}
    found |= {name: dict(zip(FOUR, told, strict=True)) for name, told in BASE_FOUR.items()}
    zero = {name: zip(FOUR, told, strict=True) for name, told in ZERO.items()}
    return found | {name: {on: value for on, value in told if value is not None} for name, told in zero.items()}


def commit(model: str) -> str:
    """The commit of a model that the hub's cache calls `main`; empty if the model is not there."""
    file = snapshot("models", model, "main").parents[1] / "refs" / "main"
    return file.read_text("utf-8").strip() if file.is_file() else ""


# measuring


def measure(model: str, revision: str, how: argparse.Namespace) -> list[Row]:
    """What ours says of a model at each benchmark whose items are here."""
    import curate
    from curate.errors import CurateError

    zero, rows = model in ZERO, []
    for name in how.on or (FOUR if zero else THIRTEEN):
        said = {"mode": "complex", "max_tokens": 4096} if zero else {"mode": "few-shot"}
        asked = f"{model}@{revision}" if revision else model
        try:
            told = curate.evaluate(asked, name, backend=how.backend, limit=how.limit, project=Path.cwd(), **said)
        except CurateError as error:
            rows.append({"model": model, "by": "ours", "benchmark": name, "error": str(error)})
            continue
        found = told["evals"][0]["models"][0]["benchmarks"][name]
        kept = {key: found[key] for key in ("items", "accuracy", "interval", "verdicts", "cut_off", "tokens", "key")}
        common = {"model": model, "revision": revision, "by": "ours", "benchmark": name, "limit": how.limit}
        rows.append(common | kept | {"environment": told["environment"]})
    return rows


def measure_by_lm_eval(model: str, revision: str, how: argparse.Namespace) -> list[Row]:
    """What lm-eval says of a base model, with its own prompts, on the same items."""
    from benchmarks import _evaluated
    from curate.errors import CurateError
    from curate.evals.benchmarks import Shelf
    from curate.parts import EvalEntry
    from curate.store import Store

    rows: list[Row] = []
    entry = EvalEntry.model_validate({"limit": how.limit} if how.limit else {})
    arguments = {"pretrained": str(snapshot("models", model, revision)) if revision else model, "dtype": how.dtype}
    more = {"batch_size": "auto"} if how.backend == "vllm" else {"batch_size": how.batch, "device": how.device}
    with tempfile.TemporaryDirectory() as folder:
        for name in [name for name in LM_EVAL if name in (how.on or LM_EVAL)]:
            row = {"model": model, "revision": revision, "by": "lm-eval", "benchmark": name, "limit": how.limit}
            try:
                task = Shelf(Path.cwd(), Store(Path(folder) / "store")).task(name, entry)
            except CurateError as error:
                rows.append(row | {"error": str(error)})
                continue
            job = _evaluated.published(_evaluated.job(task, Path(folder)))
            (side,) = _evaluated.theirs(how.lm_eval, how.backend, arguments, [job], **more).values()
            right = [_evaluated.labels(one)[LM_EVAL[name]] for one in side.rows.values()]
            found = {"items": len(right), "accuracy": sum(right) / len(right), "environment": side.versions}
            rows.append(row | found | {"seconds": side.seconds})
    return rows


def every(how: argparse.Namespace) -> list[Row]:
    """All models that are here, each in a process of its own, and by lm-eval in another; written down after each."""
    rows: list[Row] = []
    for model in how.model or [*BASE_FOUR, *BASE, *ZERO]:
        revision = "" if Path(model).is_dir() else commit(model)
        there = bool(revision) or Path(model).is_dir()
        for by in ("ours", "lm-eval") if there and how.lm_eval and model not in ZERO else ("ours",):
            lacking = [{"model": model, "by": by, "error": f"not in the hub's cache: hf download {model}"}]
            some = _apart(by, model, revision) if there else lacking
            print("\n".join(line(row) for row in some), flush=True)
            rows += some
            if how.json:
                how.json.write_text(json.dumps(rows, indent=1), "utf-8")
    return rows


def _apart(by: str, model: str, revision: str) -> list[Row]:
    """What a process of its own says of a model, or the end of its errors."""
    command = [sys.executable, "-m", "benchmarks.eval_gpu", *sys.argv[1:], "--one", by, model, revision]
    done = subprocess.run(command, capture_output=True, text=True)
    last = (done.stdout.splitlines() or [""])[-1]
    failed = [{"model": model, "by": by, "error": (done.stdout + done.stderr)[-2000:]}]
    found: list[Row] = json.loads(last) if done.returncode == 0 and last.startswith("[") else failed
    return found


def line(row: Row) -> str:
    """A row for people: what was found, and how far that is from what was published, in standard errors of the two."""
    head = f"{row['model']}, {row.get('benchmark', 'all')}, {row['by']}:"
    if "error" in row:
        return f"{head} {(row['error'].strip().splitlines() or ['no text'])[-1][:150]}"
    there = published().get(row["model"], {}).get(row["benchmark"])
    if there is None or row["limit"]:
        return f"{head} {100 * row['accuracy']:.2f} of {row['items']} items"
    mean = (row["accuracy"] + there / 100) / 2
    error = 100 * (2 * mean * (1 - mean) / row["items"]) ** 0.5
    apart = (100 * row["accuracy"] - there) / error if error else 0.0
    return f"{head} {100 * row['accuracy']:.2f}, published {there:.2f}: {apart:+.1f} standard errors"


# the tables


def tables(rows: Iterable[Row]) -> str:
    """Markdown: of each model what was published, what lm-eval found and what ours did; a cell is empty where nobody measured."""
    found = {
        (row["model"], row["by"], row["benchmark"]): 100 * row["accuracy"]
        for row in rows
        if "error" not in row and not row["limit"]
    }
    for model, told in published().items():
        found |= {(model, "published", name): value for name, value in told.items()}
    base = _table("base model, few-shot", [*BASE_FOUR, *BASE], THIRTEEN, ("published", "lm-eval", "ours"), found)
    zero = _table("after reinforcement learning, `complex`", [*ZERO], FOUR, ("published", "ours"), found)
    return f"{base}\n\n{zero}"


def _table(
    title: str,
    models: list[str],
    names: tuple[str, ...],
    who: tuple[str, ...],
    found: Mapping[tuple[str, str, str], float],
) -> str:
    mean = ["13"] if names == THIRTEEN else []
    lines = [f"| {title} | by | {' | '.join([*names, *mean])} |", f"| --- | --- |{' ---: |' * len([*names, *mean])}"]
    for model in models:
        for by in who:
            values = [found.get((model, by, name)) for name in names]
            whole = [value for value in values if value is not None]
            means = ([sum(whole) / 13] if len(whole) == 13 else [None]) if mean else []
            cells = ["" if v is None else f"{v:.2f}" for v in values] + ["" if v is None else f"{v:.1f}" for v in means]
            name = model.rpartition("/")[2] if by == who[0] else ""
            lines.append("| " + " | ".join([name, by, *cells]) + " |")
    return "\n".join(lines)


def written(page: str, rows: Iterable[Row]) -> str:
    """A page with the tables between its marks."""
    before, _, rest = page.partition(MARKS[0])
    _, _, after = rest.partition(MARKS[1])
    return f"{before}{MARKS[0]}\n{tables(rows)}\n{MARKS[1]}{after}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", action="append", metavar="NAME", help="these models, or folders; all if not said")
    parser.add_argument(
        "--on", nargs="*", metavar="BENCHMARK", help="these benchmarks; all that were published if not said"
    )
    parser.add_argument("--limit", type=int, metavar="N", help="items of each, to try it; such results enter no table")
    parser.add_argument("--backend", choices=["vllm", "hf"], default="vllm")
    parser.add_argument("--dtype", default="bfloat16", help="of lm-eval's model; ours takes the one of the checkpoint")
    parser.add_argument("--device", default="cuda", help="of lm-eval's model with hf")
    parser.add_argument("--batch", type=int, default=32, help="prompts in a batch of lm-eval with hf")
    parser.add_argument(
        "--lm-eval", type=Path, metavar="PYTHON", help="of lm-eval's environment; without it, ours alone"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write what was measured")
    parser.add_argument(
        "--results", type=Path, nargs="*", metavar="FILE", help="measure nothing: take what --json wrote"
    )
    parser.add_argument("--write", type=Path, metavar="PAGE", help="put the tables into a page")
    parser.add_argument("--one", nargs=3, metavar=("BY", "MODEL", "REVISION"), help=argparse.SUPPRESS)
    how = parser.parse_args()
    if how.one:
        by, model, revision = how.one
        print(json.dumps((measure if by == "ours" else measure_by_lm_eval)(model, revision, how)))
        return
    if how.results is None:
        rows = every(how)
    else:
        rows = [row for file in how.results for row in json.loads(file.read_text("utf-8"))]
    if how.write:
        how.write.write_text(written(how.write.read_text("utf-8"), rows), "utf-8")
    elif how.results is not None:
        print(tables(rows))


if __name__ == "__main__":
    main()
