"""What training does with examples: fastText, reproducibly.

fastText runs in a process of its own. Its one-threaded training fills only a tenth of the first matrix and leaves the rest to what the
allocator gives it (DenseMatrix::uniform, since memory there is no longer cleared): in a process that has worked before, that is garbage,
and training ends differently each time, or in NaN. In a fresh process whose large blocks come straight from the kernel it is zero.

`examples` has the columns `label` and `text` (normalised), in the order in which they are learnt from, and may have `group`: the source,
site or host of each. Left out: quantisation.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import polars as pl

from curate.errors import CurateError

TRAIN = """
import json, sys
import fasttext
settings = json.loads(sys.argv[1])
fasttext.train_supervised(**settings).save_model(sys.argv[2])
"""
FRESH = {"MALLOC_MMAP_THRESHOLD_": "4096", "MALLOC_PERTURB_": "0", "OMP_NUM_THREADS": "1"}
"""Environment of glibc under which every large block is new from the kernel, and so zero."""


def train(examples: pl.DataFrame, settings: dict[str, Any], path: Path) -> None:
    """Run fastText on `label` and `text`, in the order given. CurateError with its reason if it fails."""
    lines = path.with_name("examples.txt")
    labelled = examples.select(pl.format("__label__{} {}", "label", "text"))
    labelled.write_csv(lines, include_header=False, quote_style="never")
    given = json.dumps({**settings, "input": str(lines), "thread": 1, "verbose": 0})
    command = [sys.executable, "-P", "-c", TRAIN, given, str(path)]
    run = subprocess.run(command, capture_output=True, text=True, env={**os.environ, **FRESH}, check=False)
    lines.unlink()
    if run.returncode or not path.is_file():
        said = (run.stderr.strip().splitlines() or [f"it ended with {run.returncode}"])[-1][:200]
        raise CurateError(f"fastText could not learn: {said}" + ("; try a lower lr" if "NaN" in said else ""))
