"""text-dedup's MinHash script in one process: with our bands and its faster hash (`words`), and with its defaults.

Seconds are those of its own timers, made to count the processor's: MinHashing for signatures; MinHashing, Clustering and Filtering for the
whole. Its reading of the input and what it writes are left out. By default it leaves out documents of fewer than five words, which count
as gone.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
import types
from pathlib import Path
from typing import Any

from benchmarks._dedup_adapter import BANDS, NGRAM, ROWS, THRESHOLD, write

OPTIONS: dict[str, dict[str, Any]] = {
    "words": {
        "ngram": NGRAM, "num_perm": BANDS * ROWS, "b": BANDS, "r": ROWS, "threshold": THRESHOLD, "min_length": 1, "hash_func": "xxh3",
    },
    "default": {},
}  # fmt: skip
PHASES = ("MinHashing", "Clustering", "Filtering")


def spent(documents: Path, folder: str, options: dict[str, Any]) -> dict[str, float]:
    """Processor seconds by phase; what stays is in the folder `out`."""
    from text_dedup import minhash
    from text_dedup.utils import timer

    kept: dict[str, float] = {}

    class Timer(timer.Timer):  # type: ignore[misc]
        def report(self, *_: Any, **__: Any) -> None:
            kept.update(self.elapsed_times)

    timer.time = types.SimpleNamespace(time=time.process_time)
    minhash.Timer = Timer
    minhash.main.callback(
        io_args=minhash.IOArgs(
            path="json",
            data_files=str(documents),
            split="train",
            cache_dir=f"{folder}/cache",
            output=f"{folder}/out",
            num_proc=None,
        ),
        meta_args=minhash.MetaArgs(column="text"),
        minhash_args=minhash.MinHashArgs(**options),
    )
    return kept


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("documents", type=Path)
    parser.add_argument("result", type=Path)
    parser.add_argument("configuration", choices=OPTIONS)
    parser.add_argument("--repeat", type=int)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {"HF_HUB_OFFLINE": "1", "HF_HOME": f"{folder}/home"}
        wall = time.perf_counter()
        seconds = spent(asked.documents, folder, OPTIONS[asked.configuration])
        wall = time.perf_counter() - wall
        from datasets import load_from_disk

        stays = set(load_from_disk(f"{folder}/out")["id"])
    with asked.documents.open(encoding="utf-8") as lines:
        every = [json.loads(line)["id"] for line in lines]
    found = {
        "signature_seconds": seconds["MinHashing"],
        "seconds": sum(seconds[name] for name in PHASES),
        "wall_seconds": wall,
        "gone": [place for place, one in enumerate(every) if one not in stays],
    }
    write(asked.result, found, "text-dedup")


if __name__ == "__main__":
    main()
