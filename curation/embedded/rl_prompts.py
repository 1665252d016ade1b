"""A seeded set of problems with answers that can be checked: what reinforcement learning asks a model.

Every family at every level; none of them stands on a page of the crawl or in `embedded-bench`, whatever the seeds (`_problems.py`).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from curate.step import generate
from curation.embedded._documents import SUFFIX, counted, write_rows
from curation.embedded._problems import all_families, draw, problem_hash
from curation.synth.families._family import LEVELS
from curation.synth.families._rng import Rng


@generate(files=["../synth/families/*.py"])
def rl_prompts(out: Path, *, seed: int = 0, documents: int = 2000) -> dict[str, Any]:
    """`rl_prompts.jsonl.gz` in `out`: rows of text (the problem), answer, family and level. Where a family runs out of different
    problems at a level, there are fewer."""
    count = write_rows(out / f"rl_prompts{SUFFIX}", _rows(seed, counted(documents)))
    return {"documents": count, "suffixes": [SUFFIX]}


def _rows(seed: int, documents: int) -> Iterator[dict[str, Any]]:
    names, seen = all_families(), set[bytes]()
    for n in range(documents):
        name, level = names[n % len(names)], LEVELS[n // len(names) % len(LEVELS)]
        rng = Rng(seed, "rl-prompts", n)
        found = (draw(rng, (name,), level, "rl") for _ in range(20))
        problem = next((p for p in found if problem_hash(name, p.parsed) not in seen), None)
        if problem is not None:
            seen.add(problem_hash(name, problem.parsed))
            yield {
                "url": f"https://rl.example/{name}/{n}", "license": "Apache-2.0", "text": problem.text, "answer": problem.answer,
                "family": name, "level": level,
            }  # fmt: skip
