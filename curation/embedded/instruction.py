"""A seeded corpus of instructions and replies: `User:` and `Assistant:` turns, as OctoThinker flattens its instruction data.

Everyday tasks, no mathematics problems: letters, summaries, lists, explanations, rewriting, extraction. One to three exchanges each.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from curate.step import generate
from curation.embedded._documents import SUFFIX, counted, write_rows
from curation.embedded._grammar import Voice, bank
from curation.synth.families._rng import Rng

BETWEEN = " || "
"""Stands between what is asked and what is replied."""


@generate(files=["banks/*.txt"])
def instruction(out: Path, *, seed: int = 0, documents: int = 3000) -> dict[str, Any]:
    """`instruction.jsonl.gz` in `out`: rows of url, license, turns and text.

    seed: another one makes other documents. documents: so many.
    """
    count = write_rows(out / f"instruction{SUFFIX}", _rows(seed, counted(documents)))
    return {"documents": count, "suffixes": [SUFFIX]}


def _rows(seed: int, documents: int) -> Iterator[dict[str, Any]]:
    for n in range(documents):
        rng = Rng(seed, "instruction", n)
        turns = rng.choice((1, 1, 1, 2, 2, 3))
        lines = [
            Voice(bank("words", "dialogue"), Rng(seed, "instruction", n, turn)).say("pair") for turn in range(turns)
        ]
        parts = [line.replace("\\n", "\n").partition(BETWEEN) for line in lines]
        yield {
            "url": f"https://instruction.example/{n}", "license": "Apache-2.0", "turns": turns,
            "text": "\n\n".join([f"User: {asked}\n\nAssistant: {reply}" for asked, _, reply in parts]),
        }  # fmt: skip
