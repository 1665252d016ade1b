"""All benchmarks whose figures README and docs quote, in one go: `make bench`, or

    python -m benchmarks [--quick] [--only NAME ...] [--json DIR]

What a run measured is one small file, `benchmarks/results/<date>-<commit>.json`, that is committed: machine, versions, ratios against
peers of the same run, figures, commands, and why what was skipped could not run. Each benchmark is a process of its own, one after
another; one that is done for this commit is not run again, so a run that was stopped goes on (`--again` starts over; what is half done is
in `build/bench`). `--quick` takes small inputs and some minutes, and is marked so. Then `docs/speed.md` and its picture are written from
all results that are kept (`--write` does only that). On a machine that does other things, ratios hold better than rates.
"""

from __future__ import annotations

import argparse
import datetime
import importlib.metadata
import json
import os
import platform
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks import _bench_page
from benchmarks._bench_jobs import JOBS, ROOT, Job

RESULTS = ROOT / "benchmarks" / "results"
PACKAGES = (
    "polars",
    "pyarrow",
    "duckdb",
    "numba",
    "tokenizers",
    "resiliparse",
    "fastwarc",
    "datatrove",
    "trafilatura",
    "datasketch",
)


SOURCES = ("curate", "curation", "mixers", "eval", "benchmarks/*.py")
"""What the figures come from: a result is that of a commit only if none of these was changed."""


def commit() -> str:
    """Abbreviated commit of the tree, with `+` behind it if a source was changed since; `unknown` without git."""
    try:
        head = _git("rev-parse", "--short=10", "HEAD")
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return head + ("+" if _git("status", "--porcelain", "--untracked-files=no", "--", *SOURCES) else "")


def _git(*arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def machine() -> dict[str, Any]:
    """What the figures depend on."""
    cpus = [line.partition(":")[2].strip() for line in _lines("/proc/cpuinfo") if line.startswith("model name")]
    memory = [int(line.split()[1]) for line in _lines("/proc/meminfo") if line.startswith("MemTotal")]
    return {
        "cpu": cpus[0] if cpus else platform.processor(),
        "cores": os.cpu_count(),
        "memory_gb": round(memory[0] / 1e6, 1) if memory else None,
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "load": round(os.getloadavg()[0], 1),
    }


def _lines(path: str) -> list[str]:
    return Path(path).read_text("utf-8", "replace").splitlines() if Path(path).exists() else []


def versions() -> dict[str, str]:
    """Of the libraries that do the work, and of the peers that are here."""
    found = {}
    for name in PACKAGES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def run(job: Job, folder: Path, *, quick: bool) -> dict[str, Any]:
    """What one benchmark gave, from `folder` if it is there already."""
    kept = folder / f"{job.name}.done.json"
    if kept.is_file():
        return dict(json.loads(kept.read_text("utf-8")))
    written = folder / f"{job.name}.json"
    written.unlink(missing_ok=True)
    command, started = job.command(folder, quick=quick), time.perf_counter()
    environment = os.environ | {"PYTHONPATH": str(ROOT), "PYTHONSAFEPATH": "1"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        last = (done.stderr or done.stdout).strip().splitlines()[-1:] or ["no word"]
        return {"skipped": f"ended with {done.returncode}: {without_paths(last[0])[:200]}"}
    if not written.is_file():
        written.write_text(done.stdout, "utf-8")
    found = json.loads(written.read_text("utf-8"))
    result = {
        "command": job.shown(quick=quick),
        "seconds": round(time.perf_counter() - started, 1),
        "load": round(os.getloadavg()[0], 1),
        "ratios": rounded(job.ratios(found)),
        "figures": rounded(job.figures(found)),
    }
    kept.write_text(json.dumps(result), "utf-8")
    return result


def without_paths(line: str) -> str:
    """A line that names no folder of this machine."""
    return re.sub(r"(?:/[\w.+-]+){2,}/", "", line)


def rounded(figures: dict[str, float]) -> dict[str, float]:
    """Four digits are enough to compare, and make small files; counts are whole, since pages quote all of their digits."""
    return {name: value if float(value).is_integer() else float(f"{value:.4g}") for name, value in figures.items()}


def measured(jobs: list[Job], folder: Path, *, quick: bool) -> dict[str, Any]:
    """All that the file of a run holds."""
    folder.mkdir(parents=True, exist_ok=True)
    now = datetime.datetime.now(datetime.UTC)
    head = {
        "date": now.date().isoformat(),
        "time": f"{now:%H:%M}",
        "commit": commit(),
        "quick": quick,
        "machine": machine(),
        "versions": versions(),
    }
    done, skipped = {}, {}
    for job in jobs:
        why = job.lacks()
        print(f"{job.name}: {f'skipped, {why}' if why else job.shown(quick=quick)}", flush=True)
        found = {"skipped": why} if why else run(job, folder, quick=quick)
        if "skipped" in found:
            skipped[job.name] = found["skipped"]
            print("" if why else f"  skipped, {found['skipped']}", flush=True)
        else:
            done[job.name] = found
            print(
                f"  {found['seconds']:.0f} s" + "".join(f", {v:.3g} x {n}" for n, v in found["ratios"].items()),
                flush=True,
            )
    ratios = {name: found.pop("ratios") for name, found in done.items()}
    return head | {
        "ratios": {name: found for name, found in ratios.items() if found},
        "benchmarks": done,
        "skipped": skipped,
    }


def together(before: dict[str, Any], found: dict[str, Any]) -> dict[str, Any]:
    """A run on top of an earlier one of the same day and commit: what only the earlier one did stays."""
    parts = {name: before.get(name, {}) | found[name] for name in ("ratios", "benchmarks", "skipped")}
    parts["skipped"] = {name: why for name, why in parts["skipped"].items() if name not in parts["benchmarks"]}
    return found | parts


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=(__doc__ or "").split("\n")[0])
    names = [job.name for job in JOBS]
    parser.add_argument("--only", nargs="+", choices=names, metavar="NAME", help=f"of {', '.join(names)}")
    parser.add_argument("--quick", action="store_true", help="small inputs: minutes")
    parser.add_argument("--again", action="store_true", help="also what is done for this commit")
    parser.add_argument(
        "--json", type=Path, default=RESULTS, metavar="DIR", help="folder of results (default: benchmarks/results)"
    )
    parser.add_argument(
        "--write", action="store_true", help="run nothing; write docs/speed.md and its picture from what is kept"
    )
    asked = parser.parse_args()
    if not asked.write:
        here = commit()
        folder = ROOT / "build" / "bench" / f"{here}{'-quick' if asked.quick else ''}"
        if asked.again:
            for file in folder.glob("*.json"):
                file.unlink()
        jobs = [job for job in JOBS if not asked.only or job.name in asked.only]
        found = measured(jobs, folder, quick=asked.quick)
        asked.json.mkdir(parents=True, exist_ok=True)
        file = asked.json / f"{found['date']}-{here.rstrip('+')}{'-quick' if asked.quick else ''}.json"
        before = json.loads(file.read_text("utf-8")) if file.is_file() else {}
        file.write_text(json.dumps(together(before, found), indent=1) + "\n", "utf-8")
        print(file)
    if asked.json.resolve() == RESULTS:
        _bench_page.write(ROOT)


if __name__ == "__main__":
    sys.exit(main())
