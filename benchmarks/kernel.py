"""What the kernel costs: three cheap scores and one keep over N documents of about 2 kB, done three ways on the same two processes.

    polars      the same step functions in a bare loop: one process per file, no identity, no fates, no resume. The floor.
    datatrove   its local executor with ParquetReader, the same measures as Python filters, ParquetWriter.
    curate      `curate build` of a recipe in a project made for it; then once more with nothing to do.

    python -m benchmarks.kernel --docs 200000 --json

All three must keep the same number of documents, or the figures are refused. Files are read warm, processes start cold: starting them is
part of each time. What is written differs as each tool means it: polars and datatrove write what is kept, with its scores; the kernel
stores the text as read, each score of every document, and every document's fate. datatrove's filters stop at the first refusal, as its own
do; the other two score every document. No peer is tuned beyond what its documentation says.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

FILES, WORKERS = 8, 2
DIGIT = re.compile("[0-9]")
AT_LEAST, MATHS, DIGITS = 1200, 0.02, 0.2
WORDS = "the sum of two even numbers is even since each can be written as twice an integer so factor out the common term".split()
FORMULAS = ("$a^2 + b^2 = c^2$", r"\(\frac{1}{2}\)", r"\[ \int_0^1 x \, dx = \frac{1}{2} \]", "$x = 3$", "$$n(n+1)/2$$")

STEP = '''"""Share of digits, a third cheap score."""
import polars as pl

from curate.step import score


@score
def digits(docs: pl.DataFrame) -> pl.Series:
    """Digits over all characters, in [0, 1]."""
    text = docs["text"]
    return text.str.count_matches("[0-9]") / text.str.len_chars().clip(1)
'''
RECIPE = f"""recipe: kernel
about: Three cheap scores and one keep.
corpora:
  docs:
    read: parquet
    files: data/*.parquet
    steps:
      - score: length
      - score: latex_density
      - score: digits
      - keep:
          wanted: length >= {AT_LEAST} and latex_density >= {MATHS} and digits <= {DIGITS}
"""


def make_documents(project: Path, count: int, seed: int = 0) -> int:
    """Write `count` documents into 8 Parquet files; half of them have hardly any formula. Returns bytes of text."""
    rng = np.random.default_rng(seed)
    plain = [" ".join(rng.choice(WORDS, 18)).capitalize() + "." for _ in range(4000)]
    maths = [f"{s[:60]} {rng.choice(FORMULAS)} {s[60:]}" for s in plain]
    (project / "data").mkdir(parents=True)
    size = 0
    for part in range(FILES):
        rows = range(part, count, FILES)
        picks = rng.integers(0, len(plain), (len(rows), 34))
        lengths = rng.integers(8, 35, len(rows))
        texts = [
            "\n".join([(maths if row & 8 else plain)[i] for i in pick[:n]])
            for row, pick, n in zip(rows, picks, lengths, strict=True)
        ]
        urls = [f"https://example.org/{row}" for row in rows]
        frame = pl.DataFrame({"id": urls, "text": texts, "url": urls})
        frame.write_parquet(project / "data" / f"{part}.parquet", compression="zstd", compression_level=3)
        size += int(frame["text"].str.len_bytes().sum())
    return size


def make_project(project: Path) -> None:
    (project / "steps" / "score").mkdir(parents=True)
    (project / "steps" / "score" / "digits.py").write_text(STEP)
    (project / "recipes").mkdir()
    (project / "recipes" / "kernel.yaml").write_text(RECIPE)


# the floor


def _polars_file(source: str, target: str, project: str) -> int:
    from curate.step import find

    docs = pl.read_parquet(source)
    for name in ("length", "latex_density", "digits"):
        found = find("score", name, Path(project))
        gives = found.call(docs.select("id", "text"), **found.params().model_dump())
        docs = docs.with_columns(gives.alias(name) if isinstance(gives, pl.Series) else gives.get_columns())
    kept = docs.filter(
        (pl.col("length") >= AT_LEAST) & (pl.col("latex_density") >= MATHS) & (pl.col("digits") <= DIGITS)
    )
    kept.write_parquet(target, compression="zstd", compression_level=3)
    return kept.height


def run_polars(project: Path, out: Path) -> int:
    os.environ["POLARS_MAX_THREADS"] = "1"  # for the processes about to start: one thread on each of two cores
    sources = sorted((project / "data").glob("*.parquet"))
    out.mkdir()
    with ProcessPoolExecutor(WORKERS, mp_context=get_context("spawn")) as pool:
        jobs = [pool.submit(_polars_file, str(s), str(out / s.name), str(project)) for s in sources]
        kept = sum(job.result() for job in jobs)
    del os.environ["POLARS_MAX_THREADS"]
    return kept


# datatrove


def _long(document: Any) -> bool:
    document.metadata["length"] = len(document.text)
    return len(document.text) >= AT_LEAST


class _Maths:
    """Its pattern is compiled once per process, as a writer of such a filter would."""

    def __init__(self, pattern: str) -> None:
        self.pattern = re.compile(pattern)

    def __call__(self, document: Any) -> bool:
        inside = sum(len(m[0]) for m in self.pattern.finditer(document.text))
        document.metadata["latex_density"] = inside / max(1, len(document.text))
        return bool(document.metadata["latex_density"] >= MATHS)


def _few_digits(document: Any) -> bool:
    document.metadata["digits"] = len(DIGIT.findall(document.text)) / max(1, len(document.text))
    return bool(document.metadata["digits"] <= DIGITS)


def run_datatrove(project: Path, out: Path) -> int:
    from datatrove.executor import LocalPipelineExecutor
    from datatrove.pipeline.filters import LambdaFilter
    from datatrove.pipeline.readers import ParquetReader
    from datatrove.pipeline.writers import ParquetWriter

    from curate.step import find

    pattern = find("score", "latex_density", project).params().model_dump()["pattern"]
    filters = [LambdaFilter(f) for f in (_long, _Maths(pattern), _few_digits)]
    pipeline = [ParquetReader(str(project / "data")), *filters, ParquetWriter(str(out / "kept"), compression="zstd")]
    LocalPipelineExecutor(
        pipeline, tasks=FILES, workers=WORKERS, logging_dir=str(out / "logs"), skip_completed=False
    ).run()
    return int(pl.scan_parquet(str(out / "kept" / "*.parquet")).select(pl.len()).collect().item())


# the kernel


def run_curate(project: Path, out: Path) -> int:
    import curate

    recipe = curate.open(str(project / "recipes" / "kernel.yaml"), project=project, workers=WORKERS, store=str(out))
    recipe.build(only="docs")
    return int(recipe.funnel()[-1]["out"])


CONTENDERS: dict[str, Callable[[Path, Path], int]] = {
    "polars": run_polars,
    "datatrove": run_datatrove,
    "curate": run_curate,
}


def measure(name: str, project: Path, scratch: Path, repeat: int) -> dict[str, Any]:
    """Median seconds of fresh runs, and what was kept; for the kernel also the seconds of a build with nothing to do."""
    seconds, kept = [], -1
    for turn in range(repeat):
        out = scratch / f"{name}-{turn}"
        started = time.perf_counter()
        kept = CONTENDERS[name](project, out)
        seconds.append(time.perf_counter() - started)
    row = {"name": name, "seconds": statistics.median(seconds), "kept": kept}
    if name == "curate":
        started = time.perf_counter()
        run_curate(project, scratch / f"{name}-{repeat - 1}")
        row["nothing_to_do_seconds"] = round(time.perf_counter() - started, 3)
    for turn in range(repeat):
        shutil.rmtree(scratch / f"{name}-{turn}", ignore_errors=True)
    return row


def report(rows: list[dict[str, Any]], docs: int, size: int) -> list[dict[str, Any]]:
    """Rates, and how many times as fast as datatrove; SystemExit if the contenders disagree on what to keep."""
    if len({row["kept"] for row in rows}) > 1:
        sys.exit("the contenders keep different documents: " + ", ".join(f"{r['name']} {r['kept']}" for r in rows))
    peer = next((row["seconds"] for row in rows if row["name"] == "datatrove"), None)
    for row in rows:
        row["docs_per_second"] = round(docs / row["seconds"])
        row["mb_per_second"] = round(size / 1e6 / row["seconds"], 1)
        row["times_datatrove"] = round(peer / row["seconds"], 2) if peer else None
        row["seconds"] = round(row["seconds"], 2)
    return rows


def show(rows: list[dict[str, Any]]) -> None:
    columns = (
        "name",
        "seconds",
        "docs_per_second",
        "mb_per_second",
        "times_datatrove",
        "kept",
        "nothing_to_do_seconds",
    )
    for line in [dict(zip(columns, columns, strict=True)), *rows]:
        print("  ".join(f"{line.get(c) if line.get(c) is not None else '':>{max(9, len(c))}}" for c in columns))


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--docs", type=int, default=200_000)
    parser.add_argument("--repeat", type=int, default=1, help="fresh runs of each; the median counts")
    parser.add_argument("--only", choices=CONTENDERS, action="append", help="leave the others out")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        project = Path(folder) / "project"
        size = make_documents(project, asked.docs)
        make_project(project)
        rows = [measure(name, project, Path(folder), asked.repeat) for name in asked.only or CONTENDERS]
        rows = report(rows, asked.docs, size)
    if asked.json:
        print(
            json.dumps({"docs": asked.docs, "bytes": size, "workers": WORKERS, "cores": os.cpu_count(), "runs": rows})
        )
    else:
        show(rows)


if __name__ == "__main__":
    main()
