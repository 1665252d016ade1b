"""A GPU benchmark made of entries, each run in a process of its own: one that fails or hangs costs its share of the time and no other's."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

LEAST = 30.0
"""Seconds for which no entry is begun any more."""


def machine() -> dict[str, str]:
    """What ran it."""
    import torch
    from transformers import __version__

    card = torch.cuda.get_device_name() if torch.cuda.is_available() else "CPU"
    return {"device": card, "torch": torch.__version__, "transformers": __version__}


def each(
    module: str,
    folder: Path,
    tiny: bool,
    names: list[str],
    budget: float,
    limit: float,
    told: Callable[[dict[str, Any]], str],
    missing: Callable[[str], str] = lambda name: "",
) -> list[dict[str, Any]]:
    """What every entry gave, until the budget (seconds) is spent.

    limit: of one entry. told: a row of the table. missing: what an entry needs and is not there.
    """
    begun, found = time.monotonic(), []
    for name in names:
        left = budget - (time.monotonic() - begun)
        command = [sys.executable, "-m", module, "--data", str(folder), "--entry", name, *(["--tiny"] if tiny else [])]
        if lacks := missing(name):
            found.append({"entry": name, "error": f"not run: {lacks}"})
        elif left < LEAST:
            found.append({"entry": name, "error": "not run: no time was left"})
        else:
            found.append(_one(name, command, min(limit, left)))
        print(told(found[-1]), flush=True)
    return found


def _one(name: str, command: list[str], limit: float) -> dict[str, Any]:
    """What an entry's process says last, or all of its text."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=limit)
    except subprocess.TimeoutExpired as late:
        return {"entry": name, "error": f"stopped after {limit:.0f} s\n{(late.stderr or b'').decode(errors='replace')}"}
    last = (done.stdout.splitlines() or [""])[-1]
    whole = done.returncode == 0 and last.startswith("{")
    found: dict[str, Any] = json.loads(last) if whole else {"entry": name, "error": done.stdout + done.stderr}
    return found


def command(
    doc: str | None,
    entries: list[str],
    make: Callable[[Path, bool], None],
    entry: Callable[[str, Path, bool], dict[str, Any]],
    run_all: Callable[[Path, bool, list[str], float, float], dict[str, Any]],
    limit: float,
) -> None:
    """The command of a benchmark. limit: seconds for one entry, if the user does not say."""
    parser = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--make", type=Path, metavar="DIR", help="write the data into a new folder")
    parser.add_argument("--data", type=Path, metavar="DIR", help="what --make wrote; models and runs come beside it")
    parser.add_argument("--tiny", action="store_true", help="a small model on little data")
    parser.add_argument("--only", nargs="*", choices=entries, metavar="NAME", help="these entries and no others")
    parser.add_argument("--entry", metavar="NAME", help="one entry in this process")
    parser.add_argument("--budget", type=float, default=460, help="seconds for all entries")
    parser.add_argument("--limit", type=float, default=limit, help="seconds for one entry")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write what was measured, and all errors whole")
    asked = parser.parse_args()
    if asked.make:
        make(asked.make, asked.tiny)
    if asked.entry:
        try:
            print(json.dumps(entry(asked.entry, asked.data, asked.tiny)))
        except BaseException:
            traceback.print_exc()
            sys.exit(1)
    elif asked.data:
        found = run_all(asked.data, asked.tiny, asked.only or entries, asked.budget, asked.limit)
        print(f"{found['device']}, torch {found['torch']}, transformers {found['transformers']}")
        if asked.json:
            asked.json.write_text(json.dumps(found, indent=1))
