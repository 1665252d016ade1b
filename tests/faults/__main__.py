"""Random faults, for real, and whether all is well after them: `python -m tests.faults --trials 200`.

    python -m tests.faults --trials 200 -j 2 --out docs/faults.md --json docs/faults.json
    python -m tests.faults --seed 17                  one trial, again
    python -m tests.faults --seed 17 --fault "a full disk"
    python -m tests.faults --list

A trial that fails prints the line that repeats it and keeps its folder. Exit code 1 if one failed.
"""

from __future__ import annotations

import argparse
import collections
import json
import os
import platform
import random
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.faults import network, page
from tests.faults.fault import all_faults
from tests.faults.suite import Suite
from tests.faults.trial import ROOT


def main() -> int:
    asked = arguments()
    if asked.list:
        for name, one in sorted(all_faults().items()):
            print(f"{one.row}: {name}")
        return 0
    folder = asked.folder or Path(tempfile.mkdtemp(prefix="faults-"))
    suite = Suite(folder)
    if asked.seed is not None and asked.trials is None:
        print(told := suite.run(asked.seed, asked.fault))
        network.over()
        return int(told.outcome == "failed")
    seed = random.randrange(1 << 30) if asked.seed is None else asked.seed
    print(f"seed {seed}, in {folder}", flush=True)
    began = time.monotonic()
    before = earlier(asked.json, seed)
    done = {one["seed"]: one for one in before.get("results", ())}
    chosen = seeds(suite, seed, asked.trials or 200)
    results = run(suite, [one for one in chosen if one not in done], asked.jobs, began + 60 * asked.minutes)
    told = report(
        suite, seed, asked.jobs, [*done.values(), *results], before.get("seconds", 0) + time.monotonic() - began
    )
    network.over()
    if asked.json:
        asked.json.write_text(page.as_json(told), "utf-8")
    if asked.out:
        page.write(asked.out, told)
    print(page.table(told))
    failed = any(one["outcome"] == "failed" for one in told["results"])
    if not failed and not asked.folder:
        shutil.rmtree(folder, ignore_errors=True)
    return int(failed)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trials", type=int, help="how many; 200 if neither this nor --seed is said")
    parser.add_argument("--seed", type=int, help="of all trials; without --trials, of one")
    parser.add_argument("--fault", default="", help="with --seed: this fault, whatever the seed says")
    parser.add_argument("-j", "--jobs", type=int, default=2)
    parser.add_argument(
        "--minutes", type=float, default=1e6, help="begin no trial after that; the same --seed and --json go on"
    )
    parser.add_argument("--folder", type=Path, help="where; if not said, a temporary folder, kept if a trial fails")
    parser.add_argument("--out", type=Path, help="a page whose table is written anew")
    parser.add_argument("--json", type=Path, help="where the results go")
    parser.add_argument("--list", action="store_true", help="the faults, without a trial")
    return parser.parse_args()


def seeds(suite: Suite, seed: int, trials: int) -> list[int]:
    """Seeds of trials such that each fault is drawn, the rarest twice at least where there are trials enough."""
    draw, chosen = random.Random(seed), []
    drawn: collections.Counter[str] = collections.Counter()
    wanted = min(3, trials // max(1, len(suite.faults)))
    while len(chosen) < trials:
        one = draw.randrange(1 << 30)
        name = suite.drawn(one)[0].name
        lacking = sum(max(0, wanted - drawn[fault]) for fault in suite.faults)
        if drawn[name] >= wanted and trials - len(chosen) <= lacking:
            continue
        drawn[name] += 1
        chosen.append(one)
    return chosen


def commit() -> str:
    """The last one that changed what is tried."""
    command = ["git", "log", "-1", "--format=%H", "--", "curate", "curation", "mixers", "eval"]
    git = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return git.stdout.strip() or "unknown"


def earlier(path: Path | None, seed: int) -> dict[str, Any]:
    """What was kept of a run of the same seed and commit, which goes on."""
    if path is None or not path.is_file():
        return {}
    told: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return told if (told["seed"], told["commit"]) == (seed, commit()) else {}


def run(suite: Suite, chosen: list[int], jobs: int, until: float) -> list[dict[str, Any]]:
    """Do trials, some at a time, and begin none after `until`; a line for each."""
    results: list[dict[str, Any]] = []
    with ThreadPoolExecutor(jobs) as pool:
        running = [
            pool.submit(lambda seed: None if time.monotonic() > until else suite.run(seed), one) for one in chosen
        ]
        for future in as_completed(running):
            one = future.result()
            if one is None:
                continue
            results.append(one.payload() | {"seconds": round(one.seconds, 1)})
            print(
                f"{len(results):4} {one.outcome:9} {one.seconds:5.1f} s  {one.seed}  {one.fault}, {one.shape}",
                flush=True,
            )
            for line in one.complaints:
                print(f"     {line}")
            if one.outcome == "failed":
                print(f"     again: python -m tests.faults --seed {one.seed}; its folder: {one.folder}", flush=True)
    return results


def report(suite: Suite, seed: int, jobs: int, results: list[dict[str, Any]], seconds: float) -> dict[str, Any]:
    """All that is to be known of a run."""
    return {
        "seed": seed,
        "commit": commit(),
        "date": datetime.now(UTC).date().isoformat(),
        "machine": f"{os.cpu_count()} cores, {platform.system()} {platform.release()}, Python {platform.python_version()}",
        "jobs": jobs,
        "seconds": round(seconds, 1),
        "left_out": sorted(set(all_faults()) - set(suite.faults)),
        "results": sorted(results, key=lambda one: (one["row"], one["fault"], one["seed"])),
    }


if __name__ == "__main__":
    sys.exit(main())
