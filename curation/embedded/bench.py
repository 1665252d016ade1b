"""`embedded-bench`: a small fixed benchmark, for evaluation and as what decontamination must find.

Every family at every level. It takes no seed: a benchmark is one set of items, and scores of different recipes are to be comparable.
Evaluation and decontamination read it by its datacard, `datacards/embedded-bench.md`, never by import.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from curate.step import generate
from curation.embedded._documents import SUFFIX, write_rows
from curation.embedded._problems import bench as items


@generate(files=["../synth/families/*.py"])
def bench(out: Path) -> dict[str, Any]:
    """`bench.jsonl.gz` in `out`: rows of id, problem, answer, family and level."""
    rows = [
        {"id": item.id, "problem": p.text, "answer": p.answer, "family": p.family, "level": p.level}
        for item in items()
        for p in (item.problem,)
    ]
    return {"items": write_rows(out / f"bench{SUFFIX}", rows), "suffixes": [SUFFIX]}
