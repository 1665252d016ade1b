"""The contestants of `benchmarks.dedup`, each in a process of its own, those of others in a virtual environment of their own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks import _processes
from benchmarks._dedup_adapter import BANDS, ROWS

ROOT = Path(__file__).resolve().parent.parent
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS", "POLARS_MAX_THREADS",
           "RAYON_NUM_THREADS")  # fmt: skip


@dataclass(frozen=True)
class Contestant:
    """words: which of the exact truths is nearest to what it compares. (bands, rows): of its signatures, for theory; None: not known.

    flags: it says which documents have a duplicate, and not which of them stays.
    """

    name: str
    module: str
    package: str
    configuration: str
    words: str
    bands: tuple[int, int] | None = (BANDS, ROWS)
    flags: bool = False

    @property
    def own(self) -> bool:
        return self.module == "ours"


CONTESTANTS = (
    Contestant("ours", "ours", "curate", "default", "profile"),
    Contestant("datatrove", "datatrove", "datatrove", "default", "alphanumeric", (14, 8)),
    Contestant("datatrove, 11 x 10", "datatrove", "datatrove", "bands", "alphanumeric"),
    Contestant("datatrove, our words", "datatrove", "datatrove", "profile", "profile"),
    Contestant("datasketch", "datasketch", "datasketch", "words", "blanks"),
    Contestant("rensa", "rensa", "rensa", "words", "blanks"),
    Contestant("rensa, rho", "rensa", "rensa", "rho", "blanks", None, flags=True),
    Contestant("rensa, as its README", "rensa", "rensa", "readme", "blanks", None),
    Contestant("FastSketchLSH", "fastsketch", "FastSketchLSH", "words", "blanks", (16, 8)),
    Contestant("gaoya", "gaoya", "gaoya", "words", "blanks"),
    Contestant("gaoya, defaults", "gaoya", "gaoya", "default", "blanks", None),
    Contestant("text-dedup", "text_dedup", "text_dedup", "words", "alphanumeric"),
    Contestant("text-dedup, defaults", "text_dedup", "text_dedup", "default", "alphanumeric", None),
)


def write(texts: Sequence[str], path: Path) -> None:
    with path.open("w", encoding="utf-8") as file:
        for i, text in enumerate(texts):
            file.write(json.dumps({"id": i, "text": text}) + "\n")


def there(peers: str, package: str) -> bool:
    """Whether an interpreter finds a package."""
    code = f"import importlib.util, sys; sys.exit(importlib.util.find_spec({package!r}) is None)"
    return not subprocess.run([peers, "-c", code], check=False).returncode


def run(contestant: Contestant, texts: Sequence[str], peers: str, repeat: int) -> dict[str, Any]:
    """What it found and took, on one thread; `peak_mb` is that of its process, interpreter, libraries and texts included."""
    environment = (
        os.environ
        | dict.fromkeys(THREADS, "1")
        | {"PYTHONPATH": str(ROOT), "PYTHONSAFEPATH": "1", "PYTHONHASHSEED": "0"}
    )
    with tempfile.TemporaryDirectory() as folder:
        documents, result = Path(folder) / "documents.jsonl", Path(folder) / "result.json"
        write(texts, documents)
        command = [sys.executable if contestant.own else peers, "-m", f"benchmarks._dedup_{contestant.module}"]
        command += [str(documents), str(result), contestant.configuration, "--repeat", str(repeat)]
        ran = _processes.run(command, cwd=Path(folder), env=environment | {"TMPDIR": folder})
        found: dict[str, Any] = json.loads(result.read_text("utf-8"))
    return found | {"peak_mb": ran.peak_bytes / 1e6}
