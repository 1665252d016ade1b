"""What the whole job would cost on a snapshot of Common Crawl, and on all 99 that MegaMath reads: core-hours, money, disk, GPU-hours.

    python -m benchmarks.projection [--result FILE] [--set core_hour_usd=0.03 ...]

Multiplied out from the newest kept result of `benchmarks.whole_job` and the numbers of `Assumptions`, each with its source; every one can
be set. Two projections bound the work of a core: by page, as if pages of the web were as small as those of the embedded crawl, and by
byte, as if all work grew with a page's bytes; the truth lies between them, for what comes after extraction grows with text and not with
markup. Nothing here was run at that size. Left out: traffic (none inside the bucket's region), failures, people, the search for
duplicates across snapshots beyond its linear part, and training.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).resolve().parent / "results"
HOUR = 3600.0


@dataclass(frozen=True)
class Assumptions:
    """What was not measured here. Each field's source stands in `SOURCES`."""

    snapshots: float = 99
    pages: float = 2.64e9
    uncompressed_tb: float = 433.2
    compressed_tb: float = 75.0
    core_hour_usd: float = 0.0425
    storage_tb_month_usd: float = 23.0
    refined_tokens: float = 73.8e9 / 99
    gpu_tokens_per_second: float = 1583 / 4
    gpu_hour_usd: float = 2.49


SOURCES = {
    "snapshots": "2014-15 to 2024-46, as MegaMath reads them (arXiv 2504.02807, section 2.1); all taken as of one size",
    "pages": "pages of a snapshot: CC-MAIN-2024-51, as its announcement says",
    "uncompressed_tb": "of a snapshot, in 10^12 bytes: 394 TiB, as the same announcement says",
    "compressed_tb": "of the WARC files of a snapshot: about 75 TB (arXiv 2404.09770)",
    "core_hour_usd": "AWS c6i.large on demand, us-east-1: 0.085 dollars an hour for two virtual cores; spot is cheaper",
    "storage_tb_month_usd": "AWS S3 standard, list price of the first 50 TB",
    "refined_tokens": "tokens that a language model writes for a snapshot: the 73.8 billion of MegaMath-Web-Pro-Max over 99 snapshots",
    "gpu_tokens_per_second": "written by one H100 with a model of 70 billion weights in FP8: 1,583 on four, 2,048 tokens read and as many "
    "written (TensorRT-LLM 0.5.0, performance page); newer servers are faster",
    "gpu_hour_usd": "one H100 on demand at the smaller clouds (2.49 to 2.85 dollars in the first quarter of 2026)",
}


@dataclass(frozen=True)
class Measured:
    """What a core did with the embedded crawl."""

    pages_per_second: float
    mb_per_second: float
    """10^6 bytes of uncompressed WARC."""
    written_per_mb: float
    """Bytes left on disk for each byte of uncompressed WARC."""


def measured(result: dict[str, Any], way: str) -> Measured:
    """From the figures of a kept result. KeyError where it holds no whole job."""
    row = result["benchmarks"]["whole_job"]["figures"]
    size = row[f"{way} / warc_mb"]
    return Measured(
        row[f"{way} / documents_per_core_second"], size / row[f"{way} / cpu_seconds"], row[f"{way} / written_mb"] / size
    )


def core_hours(one: Measured, given: Assumptions, snapshots: float) -> tuple[float, float]:
    """By page and by byte."""
    by_page = snapshots * given.pages / one.pages_per_second
    by_byte = snapshots * given.uncompressed_tb * 1e6 / one.mb_per_second
    return by_page / HOUR, by_byte / HOUR


def gpu_hours(given: Assumptions, snapshots: float) -> float:
    """Of the refinement of what is kept."""
    return snapshots * given.refined_tokens / given.gpu_tokens_per_second / HOUR


def rows(ways: dict[str, Measured], given: Assumptions) -> list[tuple[str, list[str]]]:
    """Name and two cells each, for one snapshot and for all."""
    spans = (1.0, given.snapshots)
    found = [
        ("pages", [f"{given.pages * n / 1e9:,.2f} billion" for n in spans]),
        ("WARC files, compressed", [tera(given.compressed_tb * n) for n in spans]),
    ]
    for name, one in ways.items():
        hours = [core_hours(one, given, n) for n in spans]
        found.append((f"core-hours, {name}", [between(*pair) for pair in hours]))
        found.append(
            (f"dollars for them, {name}", [between(*(h * given.core_hour_usd for h in pair)) for pair in hours])
        )
    first = next(iter(ways.values()))
    kept = [given.uncompressed_tb * first.written_per_mb * n for n in spans]
    tokens, gpu = [given.refined_tokens * n for n in spans], [gpu_hours(given, n) for n in spans]
    return [
        *found,
        ("our store, every document with its fate", [tera(one) for one in kept]),
        ("dollars a month for it", [amount(one * given.storage_tb_month_usd) for one in kept]),
        ("tokens refined by a language model", [f"{one / 1e9:,.2f} billion" for one in tokens]),
        ("GPU-hours for them", [amount(one) for one in gpu]),
        ("dollars for them", [amount(one * given.gpu_hour_usd) for one in gpu]),
    ]


def table(ways: dict[str, Measured], given: Assumptions) -> str:
    """In Markdown, with the assumptions below."""
    lines = [f"| | one snapshot | all {given.snapshots:g} |", "| --- | ---: | ---: |"]
    lines += [f"| {name} | {' | '.join(cells)} |" for name, cells in rows(ways, given)]
    lines += ["", "| assumption | value | where it is from |", "| --- | ---: | --- |"]
    lines += [f"| `{name}` | {value:,.6g} | {SOURCES[name]} |" for name, value in dataclasses.asdict(given).items()]
    return "\n".join(lines)


def amount(value: float) -> str:
    """Three digits: more would not be honest."""
    return f"{float(f'{value:.3g}'):,.0f}" if value >= 100 else f"{value:.3g}"


def between(low: float, high: float) -> str:
    return f"{amount(min(low, high))} to {amount(max(low, high))}"


def tera(value: float) -> str:
    return f"{amount(value)} TB" if value < 1000 else f"{amount(value / 1000)} PB"


def settled(settings: list[str]) -> Assumptions:
    """Assumptions with some of them set. SystemExit for a name that is none, or a value that is no positive number."""
    given: dict[str, float] = {}
    for setting in settings:
        name, _, value = setting.partition("=")
        try:
            given[name] = float(value.replace("_", ""))
        except ValueError:
            sys.exit(f"{setting}: {value!r} is no number")
        if name not in SOURCES or not 0 < given[name] < float("inf"):
            sys.exit(f"{setting}: one of {', '.join(SOURCES)}, and more than 0")
    return dataclasses.replace(Assumptions(), **given)


def newest(folder: Path, *, of: str = "whole_job") -> Path | None:
    """The newest kept result that holds a benchmark, a full run before a quick one."""
    held = []
    for file in sorted(folder.glob("*.json")):
        result = json.loads(file.read_text("utf-8"))
        if of in result["benchmarks"]:
            held.append((not result["quick"], result["date"], result.get("time", ""), file.name, file))
    return max(held)[-1] if held else None


def ways_of(result: dict[str, Any]) -> dict[str, Measured]:
    """Ours, main text, and datatrove where it was measured beside it."""
    names = {"ours": "main", "datatrove": "datatrove"}
    figures = result["benchmarks"]["whole_job"]["figures"]
    return {name: measured(result, way) for name, way in names.items() if f"{way} / cpu_seconds" in figures}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument(
        "--result", type=Path, help="a file of benchmarks/results; default: the newest that has the whole job"
    )
    parser.add_argument("--set", nargs="+", default=[], metavar="NAME=VALUE", help=f"of {', '.join(SOURCES)}")
    asked = parser.parse_args()
    file = asked.result or newest(RESULTS)
    if file is None or not file.is_file():
        print("no result of the whole job is kept: python -m benchmarks --only whole_job", file=sys.stderr)
        sys.exit(2)
    print(f"{file.name}\n")
    print(table(ways_of(json.loads(file.read_text("utf-8"))), settled(asked.set)))


if __name__ == "__main__":
    main()
