"""A seeded set of problems with answers that can be checked: what reinforcement learning asks a model.

Every family at every level, or those that are named; none of them stands on a page of the crawl, in `embedded:rl_warmup` or in
`embedded-bench`, whatever the seeds (`_problems.py`).
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from curate.errors import CurateError, did_you_mean
from curate.step import generate
from curation.embedded._documents import SUFFIX, counted, write_rows
from curation.embedded._problems import Problem, Split, all_families, draw, problem_hash
from curation.synth.families._family import LEVELS
from curation.synth.families._rng import Rng

GIVE_UP = 128
"""Problems in a row that a family has had before at a level, each of twenty draws, after which it is asked for no more of them."""


@generate(files=["../synth/families/*.py"])
def rl_prompts(
    out: Path, *, seed: int = 0, documents: int = 2000, families: str = "", levels: str = ""
) -> dict[str, Any]:
    """`rl_prompts.jsonl.gz` in `out`: rows of text (the problem), answer, family and level. Where a family runs out of different
    problems at a level, there are fewer.

    seed: another one makes other problems. documents: at most so many. families, levels: with commas between them (`percent,units`,
    `1,2`); all if not said.
    """
    asked = named(families, levels)
    rows = (row("rl", n, problem) for n, problem in drawn(seed, counted(documents), *asked, "rl"))
    count = write_rows(out / f"rl_prompts{SUFFIX}", rows)
    return {"documents": count, "suffixes": [SUFFIX]}


def named(families: str, levels: str) -> tuple[list[str], list[int]]:
    """The families and levels that a text names, all of them if none. CurateError for one that does not exist."""
    return _known(families, all_families(), "family"), [int(n) for n in _known(levels, [*map(str, LEVELS)], "level")]


def _known(said: str, known: list[str], what: str) -> list[str]:
    asked = [name.strip() for name in said.split(",")] if said else known
    for name in asked:
        if name not in known:
            raise CurateError(f"there is no {what} {name!r}{did_you_mean(name, known)}; known: {', '.join(known)}")
    return asked


def row(kind: str, n: int, problem: Problem) -> dict[str, Any]:
    """A problem as a row of a corpus."""
    return {
        "url": f"https://{kind}.example/{problem.family}/{n}", "license": "Apache-2.0", "text": problem.text, "answer": problem.answer,
        "family": problem.family, "level": problem.level,
    }  # fmt: skip


def drawn(
    seed: int, documents: int, names: list[str], levels: list[int], split: Split
) -> Iterator[tuple[int, Problem]]:
    """Different problems of a split, and the number of each: families in turn, then levels."""
    seen = set[bytes]()
    in_vain = dict.fromkeys(itertools.product(names, levels), 0)
    for n in range(documents):
        name, level = names[n % len(names)], levels[n // len(names) % len(levels)]
        if in_vain[name, level] == GIVE_UP:
            continue
        rng = Rng(seed, f"{split}-prompts", n)
        found = (draw(rng, (name,), level, split) for _ in range(20))
        problem = next((p for p in found if problem_hash(name, p.parsed) not in seen), None)
        in_vain[name, level] = 0 if problem else in_vain[name, level] + 1
        if problem is not None:
            seen.add(problem_hash(name, problem.parsed))
            yield n, problem
