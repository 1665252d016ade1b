"""The prompts of a corpus for reinforcement learning: `prompts.parquet` with the texts `id`, `problem` and `answer`.

Which documents make a prompt, `mixers/_prompts.py` says. They stand in the order of their ids, so that the bytes do not depend on how the
corpus lies in files. How a prompt is put to a model (the template) is the trainer's affair.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl

from curate.artifact import StoredCorpus, parquet_bytes
from curate.step import fit
from mixers import _prompts

ADVICE = "name it so in the corpus, as columns: {{{0}: THEIR_NAME}}"
FILE = "prompts.parquet"


@fit(reads=["$columns"], uses=["math-verify", "latex2sympy2-extended", "sympy"])  # type: ignore[untyped-decorator]
def prompts(
    corpora: dict[str, StoredCorpus], out: Path, *, columns: list[str], rewritten: bool = False
) -> dict[str, Any]:
    """Write the prompts of one corpus. Returns how many, and how many documents were left out, by reason.

    columns: those of the corpus that may hold problem and answer, `extra` included. rewritten: its text is not what was read. CurateError
    where there is no problem or no answer, or no prompt is left.
    """
    ((name, corpus),) = corpora.items()
    counts: dict[str, int] = {}
    found = list(_prompts.prompts(name, corpus.view, {}, rewritten, counts, lambda: None, ADVICE))
    kept = pl.concat([frame.select("id", "problem", "answer") for frame in found]).sort("id")
    (out / FILE).write_bytes(parquet_bytes(kept))
    return counts
