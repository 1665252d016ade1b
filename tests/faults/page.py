"""The table of docs/faults.md, from the results of a run."""

from __future__ import annotations

import json
import statistics
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

BEGIN, END = "<!-- trials: written by python -m tests.faults -->\n", "<!-- end of trials -->\n"


def table(told: Mapping[str, Any]) -> str:
    """What a run was, and a line for each fault under the row of the table of what must hold."""
    results = told["results"]
    rows = sorted({(one["row"], one["fault"]) for one in results})
    lines = [
        f"{len(results)} trials from seed {told['seed']}, commit `{told['commit'][:10]}`, {told['date']}, {told['machine']}:"
        f" {told['seconds'] / 60:.0f} minutes, {told['jobs']} at a time. {summary(results)}",
        "",
        "| what must hold | fault | trials | in time | identical | refused, then identical | failed | seconds |",
        "| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    before = ""
    for row, name in rows:
        mine = [one for one in results if one["fault"] == name]
        lines.append(f"| {row if row != before else ''} | {name} | {figures(mine)} |")
        before = row
    lines.append(f"| all | | {figures(results)} |")
    if told["left_out"]:
        lines += ["", "Left out for want of what they need: " + ", ".join(told["left_out"]) + "."]
    return "\n".join(lines) + "\n"


def figures(results: list[Mapping[str, Any]]) -> str:
    ended = [sum(one["outcome"] == what for one in results) for what in ("identical", "refused", "failed")]
    in_time = sum(one["hits"] > 0 for one in results)
    seconds = statistics.median(one["seconds"] for one in results)
    return " | ".join(map(str, [len(results), in_time, *ended])) + f" | {seconds:.0f}"


def summary(results: Iterable[Mapping[str, Any]]) -> str:
    """How all of them ended, in a sentence."""
    failed = [one for one in results if one["outcome"] == "failed"]
    if not failed:
        return "None failed."
    seeds = ", ".join(f"{one['seed']} ({one['fault']})" for one in failed)
    return f"{len(failed)} failed: {seeds}."


def as_json(told: Mapping[str, Any]) -> str:
    """What is kept of a run, a line for each trial."""
    lines = ",\n  ".join(json.dumps(one) for one in told["results"])
    head = json.dumps({key: value for key, value in told.items() if key != "results"}, indent=1)
    return f'{head[:-2]},\n "results": [\n  {lines}\n ]\n}}\n'


def write(page: Path, told: Mapping[str, Any]) -> None:
    """Put the table in its place on the page."""
    text = page.read_text("utf-8")
    head, _, rest = text.partition(BEGIN)
    _, _, tail = rest.partition(END)
    page.write_text(f"{head}{BEGIN}\n{table(told)}\n{END}{tail}", "utf-8")
