"""What an edited clause costs on a corpus of N short documents: planning, building, and how the build grows with what changed.

    fresh      a build of the edited recipe in an empty store: what a pipeline that remembers nothing pays
    changed    builds after clauses that let in 0, 0.1, 1, 4 and 10% of the documents more
    plan       curate plan after the same edit, which must name exactly the documents that the build then computes

    python -m benchmarks.rebuild --docs 1000000

Behind the edited keep stand two costly scores (language, repetition), then exact deduplication and a cheap score. Every run is a process of
its own. `seconds per changed document` and `fixed seconds` are the least-squares line through the builds. All builds, fresh or not, must
end with the same contents, or the figures are refused.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.whatif import STEP, make_project, program

RECIPE = """recipe: asked
about: Two costly scores behind an edited keep.
corpora:
  docs:
    read: parquet
    files: data/*.parquet
    steps:
      - score: length
      - score: maths
      - keep: {{mathematical: maths >= {threshold}}}
      - score: language
      - score: repetition
      - dedup: exact
      - score: latex_density
"""
THRESHOLDS = {"0.5": 0.0, "0.499": 0.001, "0.49": 0.01, "0.46": 0.04, "0.4": 0.1}
"""Threshold -> share of the documents that it lets in beyond 0.5."""


def contents(project: Path) -> list[str]:
    """Content of each node as the lock says it."""
    from curate.lock import Lock

    return [str(line["content"]) for line in Lock.read(project / "recipes" / "asked.lock").nodes.values()]


def edited(project: Path, threshold: str) -> None:
    (project / "recipes" / "asked.yaml").write_text(RECIPE.format(threshold=threshold))


def computed(project: Path) -> int:
    """Documents that the last build gave a language to."""
    newest = max((project / "store" / "runs").iterdir(), key=lambda path: path.name)
    return int(json.loads(newest.read_text())["nodes"]["docs/language"]["computed"])


def measure(project: Path) -> dict[str, Any]:
    """Seconds of each edit's plan and build, from the same store each time, and of fresh builds."""
    kept = project / "kept"
    (project / "store").rename(kept)
    rows = []
    for threshold, share in THRESHOLDS.items():
        if share == 0:
            continue
        edited(project, threshold)
        shutil.copytree(kept, project / "store")
        output, plan = program(project, "plan", "asked", "--json")
        told = {row["node"]: row for row in json.loads(output)["nodes"]}["docs/language"]
        _, seconds = program(project, "build", "asked")
        count = computed(project)
        if not (told["exact"] and told["to_do"] == count):
            sys.exit(f"the plan said {told}, the build computed {count:,}")
        found = contents(project)
        shutil.rmtree(project / "store")
        _, fresh = program(project, "build", "asked")
        if contents(project) != found:
            sys.exit(f"maths >= {threshold}: the build that reused values gave other contents than a fresh one")
        shutil.rmtree(project / "store")
        rows.append({"let in": share, "changed": count, "plan": plan, "build": seconds, "fresh": fresh})
    slope, fixed = np.polyfit([row["changed"] for row in rows], [row["build"] for row in rows], 1)
    shown = [{k: round(v, 3) for k, v in row.items()} for row in rows]
    return {
        "edits": shown,
        "seconds per changed document": float(f"{slope:.3g}"),
        "fixed seconds": round(float(fixed), 2),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--docs", type=int, default=1_000_000)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        project = Path(scratch)
        make_project(project, asked.docs)
        assert (project / "steps" / "score" / "maths.py").read_text() == STEP
        edited(project, "0.5")
        _, first = program(project, "build", "asked")
        told = {
            "docs": asked.docs,
            "cores": os.cpu_count(),
            "load": round(os.getloadavg()[0], 2),
            "first build": round(first, 1),
        }
        print(json.dumps({**told, **measure(project)}, indent=1))


if __name__ == "__main__":
    main()
