"""What the kernel costs: three cheap scores and one keep over N documents of about 2 kB, done three ways on the same two processes.

    polars      the same three step functions (length, latex_density, repetition) in a bare loop: one file at a time per process, no
                identity, no fates, no resume. The floor.
    datatrove   its local executor, ParquetReader, GopherRepetitionFilter set to the same three measures, a LambdaFilter for length and
                maths, ParquetWriter. Words by str.split, because its own English words (spaCy) cost eight times all else.
    curate      `build` of a recipe in a project made for it; then once more with nothing to do.

    python -m benchmarks.kernel --docs 200000 --repeat 3

Every document is scored by all three. `--also datatrove-early` puts datatrove's cheaper filter first, as its users would who want no
scores: it then stops at the first refusal, and never measures the repetition of more than half of these documents. `--also
datatrove-spacy` is its default way to words, if spaCy is installed.

Every run is a process of its own. `seconds` is its wall time, with imports and the start of two workers. `cpu_us` leaves these out: CPU
microseconds per document of the process and its workers, the slope between runs over N/4 and N documents; `cpu_start` is what that line
gives for no documents, in seconds. Files are warm in the page cache, compiled numba code is cached on disk. `load` is the machine's load
when a run began, the benchmark's own earlier runs included: wall times of a busy machine are not to be trusted, `cpu_us` within 10%.

All must keep the same documents, or the figures are refused. The thresholds on repetition refuse nothing here, because the two
definitions differ (shares of bytes that are no blanks against shares of characters; datatrove also looks for repeated paragraphs). What
is written differs as each tool means it: polars and datatrove write what is kept, polars with its scores, datatrove with length and
maths; the kernel stores the text as read, each score of every document, and every document's fate, with checksums and fsync. Ids are the
files' own; where there are none, the kernel's ids by content cost about 2 us more per document. No peer is tuned beyond what its
documentation says.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

if TYPE_CHECKING:
    from curate.api import Curated

FILES, WORKERS = 8, 2
LENGTH, MATHS, REPEATED = 1200, 0.02, 0.5
STEPS = ("length", "latex_density", "repetition")
WORDS = "the sum of two even numbers is even since each can be written as twice an integer so factor out the common term".split()
FORMULAS = ("$a^2 + b^2 = c^2$", r"\(\frac{1}{2}\)", r"\[ \int_0^1 x \, dx = \frac{1}{2} \]", "$x = 3$", "$$n(n+1)/2$$")
RECIPE = f"""recipe: kernel
about: Three cheap scores and one keep.
corpora:
  docs:
    read: parquet
    files: data/*.parquet
    steps:
      - score: length
      - score: latex_density
      - score: repetition
      - keep:
          enough: length >= {LENGTH} and latex_density >= {MATHS}
          varied: repeated_lines <= {REPEATED} and top_ngram <= {REPEATED} and repeated_ngrams <= {REPEATED}
"""


def make_project(project: Path, count: int, seed: int = 0) -> int:
    """A recipe, and `count` documents in 8 Parquet files; half of them have hardly any formula. Returns bytes of text."""
    rng = np.random.default_rng(seed)
    plain = [" ".join(rng.choice(WORDS, 18)).capitalize() + "." for _ in range(4000)]
    maths = [f"{s[:60]} {rng.choice(FORMULAS)} {s[60:]}" for s in plain]
    (project / "data").mkdir(parents=True)
    (project / "recipes").mkdir()
    (project / "recipes" / "kernel.yaml").write_text(RECIPE)
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


# contenders: (project, folder to write to)


def _polars_file(source: str, target: str) -> None:
    from curate.step import find

    docs = pl.read_parquet(source)
    for name in STEPS:
        found = find("score", name)
        gives = found.call(docs.select("id", "text"), **found.params().model_dump())
        docs = docs.with_columns(gives.alias(name) if isinstance(gives, pl.Series) else gives.get_columns())
    varied = [pl.col(c) <= REPEATED for c in ("repeated_lines", "top_ngram", "repeated_ngrams")]
    kept = docs.filter(pl.col("length") >= LENGTH, pl.col("latex_density") >= MATHS, *varied)
    kept.write_parquet(target, compression="zstd", compression_level=3)


def run_polars(project: Path, out: Path) -> None:
    os.environ["POLARS_MAX_THREADS"] = "1"  # for the processes about to start: one thread on each of two cores
    sources = sorted((project / "data").glob("*.parquet"))
    (out / "kept").mkdir(parents=True)
    with ProcessPoolExecutor(WORKERS, mp_context=get_context("spawn")) as pool:
        for job in [pool.submit(_polars_file, str(source), str(out / "kept" / source.name)) for source in sources]:
            job.result()


def run_datatrove(project: Path, out: Path, *, early: bool = False, words: str = "blanks") -> None:
    from benchmarks import _datatrove
    from curation.text import MATH

    asked: dict[str, Any] = {
        "pattern": MATH,
        "length": LENGTH,
        "density": MATHS,
        "repeated": REPEATED,
        "early": early,
        "words": words,
    }
    _datatrove.run(project, out, tasks=FILES, workers=WORKERS, **asked)


def _recipe(project: Path, out: Path) -> Curated:
    import curate

    return curate.open(str(project / "recipes" / "kernel.yaml"), project=project, workers=WORKERS, store=str(out))


def run_curate(project: Path, out: Path) -> None:
    _recipe(project, out).build(only="docs")


CONTENDERS: dict[str, Callable[[Path, Path], None]] = {
    "polars": run_polars,
    "datatrove": run_datatrove,
    "curate": run_curate,
    "datatrove-early": partial(run_datatrove, early=True),
    "datatrove-spacy": partial(run_datatrove, words="spacy"),
}
USUAL = ("polars", "datatrove", "curate")

# measuring


def child(name: str, project: str, out: str) -> None:
    """One run, in the process that `timed` starts."""
    CONTENDERS[name](Path(project), Path(out))


def kept(name: str, project: Path, out: Path) -> tuple[int, str]:
    """How many documents a run kept, and the digest of their ids."""
    if name == "curate":
        view = _recipe(project, out).documents("docs")
        ids = pl.concat([view.load(shard, ["id"])["id"] for shard in view.shards])
    else:
        ids = pl.scan_parquet(str(out / "kept" / "*.parquet")).select("id").collect()["id"]
    return ids.len(), hashlib.sha256("\n".join(ids.sort().to_list()).encode()).hexdigest()


def timed(name: str, project: Path, out: Path) -> dict[str, Any]:
    """Wall seconds, CPU seconds with all waited-for workers, what was kept. SystemExit with its last words if it fails."""
    code = "import sys; from benchmarks.kernel import child; child(*sys.argv[1:])"
    load = os.getloadavg()[0]
    with tempfile.TemporaryFile() as errors:
        started = time.perf_counter()
        command = [sys.executable, "-c", code, name, str(project), str(out)]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=errors)
        _, status, used = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            errors.seek(0)
            sys.exit(f"{name} failed: {errors.read().decode()[-2000:]}")
    count, ids = kept(name, project, out)
    return {"seconds": seconds, "cpu": used.ru_utime + used.ru_stime, "kept": count, "ids": ids, "load": load}


def measure(names: list[str], project: Path, scratch: Path, repeat: int) -> dict[str, dict[str, Any]]:
    """Fastest and cheapest of fresh runs of each, in turns: other work on the machine only adds, and should not hit one of them alone."""
    runs: dict[str, list[dict[str, Any]]] = {name: [] for name in names}
    again = []
    for _ in range(repeat):
        for name in names:
            with tempfile.TemporaryDirectory(dir=scratch) as folder:
                runs[name].append(timed(name, project, Path(folder) / "out"))
                if name == "curate":
                    again.append(timed(name, project, Path(folder) / "out")["seconds"])
    rows = {name: {k: min(run[k] for run in found) for k in found[0]} for name, found in runs.items()}
    if again:
        rows["curate"]["nothing_to_do"] = min(again)
    return rows


def report(
    few: dict[str, dict[str, Any]], many: dict[str, dict[str, Any]], docs: tuple[int, int]
) -> list[dict[str, Any]]:
    """Rates and ratios per contender; SystemExit if they disagree on what to keep."""
    for rows in (few, many):
        if len({row.pop("ids") for row in rows.values()}) > 1:
            sys.exit("the contenders keep different documents: " + str({n: r["kept"] for n, r in rows.items()}))
    for name, row in many.items():
        row["docs_per_second"] = round(docs[1] / row["seconds"])
        row["cpu_us"] = 1e6 * (row["cpu"] - few[name]["cpu"]) / (docs[1] - docs[0])
        row["cpu_start"] = row["cpu"] - row["cpu_us"] * docs[1] / 1e6
    for row in many.values():
        for peer in ("polars", "datatrove"):
            if peer in many:
                row[f"of_{peer}"] = many[peer]["seconds"] / row["seconds"]
                row[f"cpu_of_{peer}"] = many[peer]["cpu_us"] / row["cpu_us"]
    return [
        {"name": name, **{k: round(v, 2) if isinstance(v, float) else v for k, v in row.items()}}
        for name, row in many.items()
    ]


def show(rows: list[dict[str, Any]]) -> None:
    columns = ["name", "seconds", "docs_per_second", "of_polars", "of_datatrove", "cpu", "cpu_start", "cpu_us",
               "cpu_of_polars", "cpu_of_datatrove", "kept", "nothing_to_do", "load"]  # fmt: skip
    for line in [{c: c for c in columns}, *rows]:
        print("  ".join(f"{line.get(c, ''):>{max(7, len(c))}}" for c in columns))


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--docs", type=int, default=200_000)
    parser.add_argument("--repeat", type=int, default=1, help="fresh runs of each; the fastest counts")
    parser.add_argument("--only", choices=CONTENDERS, action="append", help="only these")
    parser.add_argument("--also", choices=CONTENDERS, action="append", default=[], help="these too")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    names = list(dict.fromkeys([*(asked.only or USUAL), *asked.also]))
    docs = (asked.docs // 4, asked.docs)
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        make_project(scratch / "few", docs[0])
        size = make_project(scratch / "many", docs[1])
        make_project(scratch / "warm", 80)
        measure(names, scratch / "warm", scratch, 1)  # compiles what numba keeps on disk, and reads the libraries
        few, many = (measure(names, scratch / which, scratch, asked.repeat) for which in ("few", "many"))
        rows = report(few, many, docs)
    if asked.json:
        print(
            json.dumps({"docs": asked.docs, "bytes": size, "workers": WORKERS, "cores": os.cpu_count(), "runs": rows})
        )
    else:
        print(
            f"{asked.docs:,} documents, {size / asked.docs:,.0f} bytes each, {WORKERS} workers, {os.cpu_count()} cores"
        )
        show(rows)


if __name__ == "__main__":
    main()
