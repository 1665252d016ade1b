"""How deduplication grows with the number of documents: seconds by phase, documents per second and memory of `dedup: exact` and `minhash`.

    python -m benchmarks.dedup_growth --documents 10000 100000 1000000 5000000 --out docs

Documents are made with planted duplicates (`benchmarks/_dedup_documents.py`: 100 words on average, one in five is planted), in Parquet
shards of 50,000, and thrown away after each size. Each step is measured in two ways, in processes of their own, on one worker:

- build: `curate build` of a recipe of its own in an empty store: Parquet files read, the step, the documents that stay. Seconds by node.
- alone: the step called by hand on a prepared corpus on disk with a budget of `--memory`. Seconds by phase; `prepare` is shard by shard.

`cpu` is the processor's seconds of the process and all below it, so other work on the machine does not count; `seconds` is the clock's.
`times_linear` is cpu over what the size before would give in proportion; up to 100,000 documents the start of Python and of compiled code
hides much of the growth. `peak_mb` is the greatest sum of resident memory of all processes, interpreter and libraries included; pages of
files that are mapped count, though the system may take them back. `--out` writes `dedup-growth.json` and, with the extra `plots`,
`dedup-growth.png`; sizes that are in there already and are not among `--documents` are kept, so a size can be measured alone.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import polars as pl

from benchmarks import _plots as plots
from benchmarks import _processes

ROOT = Path(__file__).resolve().parent.parent
SIZES = (10_000, 100_000, 1_000_000, 5_000_000)
SHARD = 50_000
WARM = 3_000
"""Documents of a run before all others, so that no compilation of numba is measured."""
STEPS = ("exact", "minhash")
RECIPE = """recipe: growth
about: Made documents, deduplicated.
corpora:
  docs:
    read: parquet
    files: data/*.parquet
    steps:
      - dedup: {step}
        keep_order: []
"""


def make(folder: Path, count: int, seed: int) -> int:
    """Shards of so many documents; bytes of their text."""
    from benchmarks._dedup_documents import documents

    folder.mkdir(parents=True)
    size = 0
    for rank, first in enumerate(range(0, count, SHARD)):
        docs = documents(first, min(SHARD, count - first), seed).select("id", "text")
        size += int(docs["text"].str.len_bytes().sum())
        docs.write_parquet(folder / f"{rank:05d}.parquet", compression="zstd", compression_level=1)
    return size


def spent(command: list[str], folder: Path) -> tuple[_processes.Run, float]:
    """What a command gave, and processor seconds of it and all that it waited for."""
    environment = os.environ | {"PYTHONPATH": str(ROOT), "PYTHONSAFEPATH": "1", "TMPDIR": str(folder)}
    environment |= dict.fromkeys(("OMP_NUM_THREADS", "POLARS_MAX_THREADS", "NUMBA_NUM_THREADS"), "1")
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    ran = _processes.run(command, cwd=folder, env=environment)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return ran, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def build(project: Path, step: str) -> dict[str, Any]:
    """One build from nothing, by the command that a person would give."""
    (project / "recipes").mkdir(exist_ok=True)
    (project / "recipes" / "growth.yaml").write_text(RECIPE.format(step=step), "utf-8")
    store = project / ".curate"
    code = "from curate.cli import main; main()"
    ran, cpu = spent([sys.executable, "-c", code, "build", "growth", "--json", "--workers", "1"], project)
    files = [path for path in store.rglob("*") if path.is_file()]
    log = json.loads(max((store / "runs").glob("*.json")).read_text("utf-8"))
    nodes = {name.rpartition("/")[2]: node["seconds"] for name, node in log["nodes"].items()}
    size = sum(path.stat().st_size for path in files)
    return {
        "seconds": ran.seconds,
        "cpu": cpu,
        "peak_mb": ran.peak_bytes / 1e6,
        "store_mb": size / 1e6,
        "phases": nodes,
    }


def alone(project: Path, step: str, memory: int) -> dict[str, Any]:
    """The step by hand, in a process of its own."""
    command = [
        sys.executable,
        "-m",
        "benchmarks.dedup_growth",
        "--alone",
        str(project),
        "--step",
        step,
        "--memory",
        str(memory),
    ]
    ran, cpu = spent(command, project)
    told = json.loads(ran.output)
    return {"seconds": ran.seconds, "cpu": cpu, "peak_mb": ran.peak_bytes / 1e6, **told}


class Timed:
    """The inline executor, which notes how long each phase took."""

    isolated, workers = False, 1

    def __init__(self) -> None:
        self.phases: dict[str, float] = {}

    def run(self, work: Callable[[int], Any], count: int, done: Any = None) -> None:
        from curate.executors.inline import Inline

        started = time.process_time()
        Inline().run(work, count, done)
        name = getattr(work, "__name__", type(work).__name__).lower()
        self.phases[name] = self.phases.get(name, 0) + time.process_time() - started

    def close(self) -> None:
        """Nothing to let go."""


def call(project: Path, step: str, memory: int) -> dict[str, Any]:
    """Prepare, and run the step: seconds of the processor by phase, and how many documents go."""
    from curate.across import prepared
    from curate.step import find

    found, timed = find("dedup", step), Timed()
    params = found.validated({"keep_order": []})
    started = time.process_time()
    with tempfile.TemporaryDirectory() as folder:
        corpus = prepared(frames(project), Path(folder) / "corpus", found, params, memory=memory, executor=timed)
        between = time.process_time()
        made = found.call(corpus, **params)
        made = made.collect() if isinstance(made, pl.LazyFrame) else made
        gone = sum(frame.height for frame in ([made] if isinstance(made, pl.DataFrame) else made))
        rest = time.process_time() - between - sum(timed.phases.values())
    return {"gone": gone, "phases": {"prepare": between - started, **timed.phases, "rest": rest}}


def frames(project: Path) -> Iterator[pl.DataFrame]:
    for path in sorted((project / "data").glob("*.parquet")):
        yield pl.read_parquet(path, glob=False)


def measured(count: int, asked: argparse.Namespace) -> list[dict[str, Any]]:
    """All runs of one size."""
    rows = []
    with tempfile.TemporaryDirectory(dir=asked.scratch) as folder:
        project = Path(folder)
        size = make(project / "data", count, asked.seed)
        for step in asked.steps:
            for how in asked.how:
                began = os.getloadavg()[0]
                found = alone(project, step, asked.memory) if how == "alone" else build(project, step)
                _remove(project / ".curate")
                row = {"step": step, "how": how, "documents": count, "mb": size / 1e6, "load": began, **found}
                row["documents_per_second"] = count / row["cpu"]
                rows.append(row)
                print(json.dumps(row), file=sys.stderr)
    return rows


def _remove(folder: Path) -> None:
    import shutil

    if folder.exists():
        for path in [folder, *folder.rglob("*")]:
            if path.is_dir() and not path.is_symlink():
                path.chmod(0o755)
        shutil.rmtree(folder)


def ordered(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """By step, way and size, each with how many times linear it grew from the size before."""
    rows = sorted(rows, key=lambda row: (row["step"], row["how"], row["documents"]))
    for last, row in zip([None, *rows], rows, strict=False):
        row["times_linear"] = None
        if last and (last["step"], last["how"]) == (row["step"], row["how"]):
            row["times_linear"] = row["cpu"] / last["cpu"] / (row["documents"] / last["documents"])
    return rows


def shown(rows: list[dict[str, Any]]) -> str:
    """Markdown: a row for each run."""
    lines = ["| step | how | documents | cpu, s | documents/s | times linear | seconds | peak MB | phases, s |",
             "| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | --- |"]  # fmt: skip
    for row in rows:
        phases = ", ".join(f"{name} {seconds:,.1f}" for name, seconds in row["phases"].items())
        times = "" if row["times_linear"] is None else f"{row['times_linear']:.2f}"
        lines.append(
            f"| {row['step']} | {row['how']} | {row['documents']:,} | {row['cpu']:,.1f} | {row['documents_per_second']:,.0f} | {times} "
            f"| {row['seconds']:,.1f} | {row['peak_mb']:,.0f} | {phases} |"
        )
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--documents", type=int, nargs="*", default=list(SIZES), help="sizes to measure")
    parser.add_argument("--steps", nargs="+", choices=STEPS, default=STEPS)
    parser.add_argument("--how", nargs="+", choices=("alone", "build"), default=("alone", "build"))
    parser.add_argument(
        "--memory", type=int, default=1 << 28, help="bytes that the step alone may take (default: 256 MiB)"
    )
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--scratch", type=Path, help="folder for documents and stores; some 5 kB a document are needed")
    parser.add_argument("--out", type=Path, help="folder for dedup-growth.json and dedup-growth.png")
    parser.add_argument("--json", action="store_true", help="print JSON, not the table")
    parser.add_argument("--alone", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--step", choices=STEPS, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.alone:
        print(json.dumps(call(asked.alone, asked.step, asked.memory)))
        return
    if asked.out:
        plots.require()
    before = asked.out / "dedup-growth.json" if asked.out else None
    with contextlib.redirect_stderr(io.StringIO()):
        measured(WARM, asked)
    rows = json.loads(before.read_text("utf-8")) if before and before.is_file() else []
    for count in sorted(asked.documents):
        made = measured(count, asked)
        again = {(row["step"], row["how"], row["documents"]) for row in made}
        rows = ordered([row for row in rows if (row["step"], row["how"], row["documents"]) not in again] + made)
        if before:
            before.parent.mkdir(parents=True, exist_ok=True)
            before.write_text(json.dumps(rows, indent=1) + "\n", "utf-8")
    if asked.out:
        from benchmarks import _dedup_plot

        _dedup_plot.growth(rows, asked.out / "dedup-growth.png")
    print(json.dumps(rows) if asked.json else shown(rows))


if __name__ == "__main__":
    main()
