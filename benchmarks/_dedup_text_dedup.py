"""text-dedup's MinHash script as a command, in one process: with our bands and its faster hash (`words`), and with its defaults.

Seconds are those that it reports: MinHashing for signatures; MinHashing, Clustering and Filtering for the whole. Its reading of the input
and what it writes are left out. By default it leaves out documents of fewer than five words, which count as gone.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks._dedup_adapter import BANDS, NGRAM, ROWS, THRESHOLD, write

OPTIONS = {
    "words": [
        *("--ngram", str(NGRAM), "--num_perm", str(BANDS * ROWS), "--b", str(BANDS), "--r", str(ROWS)),
        *("--threshold", str(THRESHOLD), "--min_length", "1", "--hash_func", "xxh3"),
    ],
    "default": [],
}
PHASES = ("MinHashing", "Clustering", "Filtering")


def phases(log: str) -> dict[str, float]:
    """Seconds by phase from the lines `MinHashing   : 1.23s` of its log."""
    plain = re.sub(r"\x1b\[[0-9;]*m", "", log)
    return {name: float(seconds) for name, seconds in re.findall(r"\b([A-Z]\w+)\s*:\s*([0-9.]+)s", plain)}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("documents", type=Path)
    parser.add_argument("result", type=Path)
    parser.add_argument("configuration", choices=OPTIONS)
    parser.add_argument("--repeat", type=int)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        command = [
            sys.executable,
            "-m",
            "text_dedup.minhash",
            "--path",
            "json",
            "--data_files",
            str(asked.documents),
            "--split",
            "train",
        ]
        command += [
            "--column",
            "text",
            "--num_proc",
            "1",
            "--cache_dir",
            f"{folder}/cache",
            "--output",
            f"{folder}/out",
        ]
        environment = os.environ | {"COLUMNS": "200", "HF_HUB_OFFLINE": "1", "HF_HOME": f"{folder}/home"}
        done = subprocess.run(
            [*command, *OPTIONS[asked.configuration]], env=environment, capture_output=True, text=True, check=False
        )
        if done.returncode:
            sys.exit(done.stderr[-2000:])
        from datasets import load_from_disk

        stays = set(load_from_disk(f"{folder}/out")["id"])
    with asked.documents.open(encoding="utf-8") as lines:
        every = [json.loads(line)["id"] for line in lines]
    spent = phases(done.stdout + done.stderr)
    found = {
        "signature_seconds": spent["MinHashing"],
        "seconds": sum(spent[name] for name in PHASES),
        "gone": [place for place, one in enumerate(every) if one not in stays],
    }
    write(asked.result, found, "text-dedup")


if __name__ == "__main__":
    main()
