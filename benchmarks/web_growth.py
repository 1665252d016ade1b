"""How the corpus `web` grows with the number of its pages: seconds, memory and bytes, by phase, from nothing.

    python -m benchmarks.web_growth --pages 3000 30000 1000000 --scratch DIR --json OUT

For each size `curate build web --only web`, by the command that a person would give, in an empty store that is deleted before the next
size: the crawl itself, extraction twice, language, classifier, filters, duplicates, decontamination. The recipe is the shipped one with
another number of pages. `seconds` and `cpu_seconds` are of the whole command, `peak_mb` the greatest sum of the resident memory of its
processes, sampled, `phases` seconds of each node, over its workers. `times_linear` is the processor time of a page over that of the
smallest size. A size that would take more disk than `--disk` gigabytes, by the bytes of a page at the size before, is left out, and said
so. Left out: other corpora, mixture, training.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks import _processes

ROOT = Path(__file__).resolve().parent.parent
RECIPE = """recipe: grown
about: The corpus web at another size.
extends: web
corpora:
  web: {{files: "embedded:crawl?pages={pages}"}}
"""
COMMAND = [sys.executable, "-c", "from curate.cli import main; main()", "build", "grown", "--only", "web"]


def built(pages: int, workers: int, scratch: Path | None) -> dict[str, Any]:
    """One size, in a folder that goes away."""
    with tempfile.TemporaryDirectory(dir=scratch) as place:
        folder = Path(place)
        (folder / "recipes").mkdir()
        (folder / "recipes" / "grown.yaml").write_text(RECIPE.format(pages=pages), "utf-8")
        environment = os.environ | {"PYTHONPATH": str(ROOT), "PYTHONSAFEPATH": "1", "TMPDIR": place}
        run = _processes.run([*COMMAND, "--workers", str(workers)], cwd=folder, env=environment)
        store = folder / ".curate"
        log = json.loads(max((store / "runs").glob("*.json")).read_text("utf-8"))
        size = sum(file.stat().st_size for file in store.rglob("*") if file.is_file())
    return {
        "name": str(pages),
        "pages": pages,
        "seconds": run.seconds,
        "cpu_seconds": run.cpu_seconds,
        "pages_per_core_second": pages / run.cpu_seconds,
        "peak_mb": run.peak_bytes / 1e6,
        "store_mb": size / 1e6,
        "bytes_per_page": size / pages,
        "phases": {
            name: round(node["seconds"], 1) for name, node in log["nodes"].items() if node.get("seconds", 0) >= 0.05
        },
    }


def grown(sizes: list[int], workers: int, scratch: Path | None, disk: float) -> dict[str, Any]:
    """Every size that fits on the disk, the smallest first."""
    rows: list[dict[str, Any]] = []
    left_out = {}
    for pages in sorted(sizes):
        needed = pages * rows[-1]["bytes_per_page"] / 1e9 if rows else 0.0
        if needed > disk:
            left_out[str(pages)] = f"needs {needed:.0f} GB of disk, and {disk:g} were given"
            continue
        row = built(pages, workers, scratch)
        per_page = row["cpu_seconds"] / pages
        row["times_linear"] = per_page / (rows[0]["cpu_seconds"] / rows[0]["pages"]) if rows else 1.0
        rows.append(row)
        print(shown(row), flush=True)
    return {"workers": workers, "rows": rows, "left_out": left_out}


def shown(row: dict[str, Any]) -> str:
    """One line."""
    names = ("seconds", "cpu_seconds", "pages_per_core_second", "peak_mb", "store_mb", "times_linear")
    return f"{row['pages']:,} pages: " + ", ".join(f"{name} {row[name]:,.4g}" for name in names)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument(
        "--pages", type=int, nargs="+", default=[3_000, 30_000, 300_000, 1_000_000], help="default: %(default)s"
    )
    parser.add_argument("--workers", type=int, default=min(2, os.cpu_count() or 1), help="default: %(default)s")
    parser.add_argument(
        "--disk", type=float, default=20.0, metavar="GB", help="what one size may take (default: %(default)s)"
    )
    parser.add_argument("--scratch", type=Path, help="where there is room")
    parser.add_argument("--json", type=Path, help="file for the figures")
    asked = parser.parse_args()
    found = grown(asked.pages, asked.workers, asked.scratch, asked.disk)
    for pages, why in found["left_out"].items():
        print(f"{int(pages):,} pages: left out, {why}")
    if asked.json:
        asked.json.write_text(json.dumps(found, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
