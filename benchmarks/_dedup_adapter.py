"""What every contestant of `benchmarks.dedup` is run through, in a process and perhaps a virtual environment of its own.

Reads a JSON-lines file with a `text` in each line, warms up on the first of them, times signatures and then the whole of it, and writes
what it found as one JSON object. Standard library only: a peer's environment has nothing else for sure.
"""

from __future__ import annotations

import argparse
import gc
import json
import time
from collections.abc import Callable, Iterable, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

NGRAM, BANDS, ROWS, THRESHOLD = 5, 11, 10, 0.75
WARM = 50
ENOUGH = 2.0
"""Seconds after which signatures are not timed once more."""


class Contestant:
    """A way to remove duplicates; `whole` is what a subclass overrides whose signatures are no value that it hands on."""

    def signatures(self, texts: list[str]) -> Any:
        """What is compared instead of the texts."""
        raise NotImplementedError

    def found(self, signatures: Any) -> Iterable[int]:
        """Places in the list of the documents that go."""
        raise NotImplementedError

    def whole(self, texts: list[str]) -> Iterable[int]:
        """The same from texts."""
        return self.found(self.signatures(texts))


def words(text: str) -> list[str]:
    """What white space parts, in lower case."""
    return text.lower().split()


def shingles(found: Sequence[str], length: int = NGRAM) -> set[str]:
    """All runs of so many words, a blank between two; of a shorter text all its words as one run."""
    length = min(length, len(found))
    return {" ".join(found[i : i + length]) for i in range(len(found) - length + 1)} if found else set()


def greedy(candidates: Iterable[Iterable[int]]) -> list[int]:
    """Places of the documents that go: each that has a candidate before it that stays. One set of candidates for each document."""
    gone: set[int] = set()
    for i, others in enumerate(candidates):
        if any(j < i and j not in gone for j in others):
            gone.add(i)
    return sorted(gone)


def measured(contestant: Contestant, texts: list[str], repeat: int) -> dict[str, Any]:
    """Processor seconds to signatures (the best of `repeat`, fewer where they are slow) and of the whole, its wall time, and what goes."""
    contestant.signatures(texts[:WARM])
    list(contestant.whole(texts[:WARM] * 2))  # with copies, so that what compares them is compiled or loaded, too
    seconds: list[float] = []
    while len(seconds) < repeat and sum(seconds) < ENOUGH:
        gc.collect()
        started = time.process_time()
        made = contestant.signatures(texts)
        seconds.append(time.process_time() - started)
        del made
    gc.collect()
    started, wall = time.process_time(), time.perf_counter()
    gone = sorted(contestant.whole(texts))
    whole, wall = time.process_time() - started, time.perf_counter() - wall
    return {"signature_seconds": min(seconds, default=None), "seconds": whole, "wall_seconds": wall, "gone": gone}


def run(configurations: dict[str, Callable[[], Contestant]], package: str) -> None:
    """The command line of an adapter: documents, where the result goes, a configuration by name."""
    parser = argparse.ArgumentParser()
    parser.add_argument("documents", type=Path)
    parser.add_argument("result", type=Path)
    parser.add_argument("configuration", choices=configurations)
    parser.add_argument("--repeat", type=int, default=5)
    asked = parser.parse_args()
    with asked.documents.open(encoding="utf-8") as lines:
        texts = [json.loads(line)["text"] for line in lines]
    write(asked.result, measured(configurations[asked.configuration](), texts, asked.repeat), package)


def write(result: Path, found: dict[str, Any], package: str) -> None:
    """The result, with the version of what gave it."""
    result.write_text(json.dumps(found | {"version": metadata.version(package)}), "utf-8")
