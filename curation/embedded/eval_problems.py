"""More problems to evaluate on than `embedded-bench` has of a kind: of chosen families and levels, as many as there are.

They are of the same split of all problems, so none of them stands in a corpus to train on or in `embedded:rl_prompts`, whatever the seeds
(`_problems.py`), but for those that the crawl leaks. A card and a spec make a benchmark of them.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from curate.step import generate
from curation.embedded._documents import SUFFIX, counted, write_rows
from curation.embedded.rl_prompts import drawn, named


@generate(files=["../synth/families/*.py"])
def eval_problems(
    out: Path, *, seed: int = 0, documents: int = 500, families: str = "", levels: str = ""
) -> dict[str, Any]:
    """`eval_problems.jsonl.gz` in `out`: rows of id, problem, answer, family and level. Where a family runs out of different problems at a
    level, there are fewer.

    seed: another one makes other problems. documents: at most so many. families, levels: with commas between them (`percent,units`,
    `1,2`); all if not said.
    """
    rows = [
        {"id": f"{p.family}-{p.level}-{n}", "problem": p.text, "answer": p.answer, "family": p.family, "level": p.level}
        for n, p in drawn(seed, counted(documents), *named(families, levels), "eval")
    ]
    return {"items": write_rows(out / f"eval_problems{SUFFIX}", rows), "suffixes": [SUFFIX]}
