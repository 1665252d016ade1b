"""Problems with nothing but an answer in a box: what a model is warmed up on before reinforcement learning.

A text is a prompt as RL shows it (the template `simple` of `trainers/rl_settings.py`) and a reply that ends at once. A small model that has
read some thousands of them answers in the right form. With `slips` many of the answers are wrong, as those of a reader in haste, so the
model is in two minds about most problems, and there is something for RL to settle. No problem of it is one of `embedded:rl_prompts` or of
`embedded-bench`, whatever the seeds (`_problems.py`); the same one may come again. Left out: solutions, which `synth: short_cot` writes.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from curate.step import generate
from curation.embedded._documents import SUFFIX, counted, write_rows
from curation.embedded._problems import draw
from curation.embedded.rl_prompts import named, row
from curation.synth.families._family import families as all_of_them
from curation.synth.families._family import misread
from curation.synth.families._rng import Rng


@generate(files=["../synth/families/*.py"])
def rl_warmup(
    out: Path,
    *,
    seed: int = 0,
    documents: int = 4000,
    families: str = "",
    levels: str = "",
    slips: Annotated[float, Field(ge=0, le=1)] = 0.0,
) -> dict[str, Any]:
    """`rl_warmup.jsonl.gz` in `out`: rows of text (prompt and boxed answer), answer (the right one), family and level.

    seed: another one makes other problems. documents: at most so many. families, levels: with commas between them (`percent,units`,
    `1,2`); all if not said. slips: share of texts whose answer is that of the problem with one number misread.
    """
    asked = named(families, levels)
    count = write_rows(out / f"rl_warmup{SUFFIX}", _rows(seed, counted(documents), *asked, slips))
    return {"documents": count, "suffixes": [SUFFIX]}


def _rows(seed: int, documents: int, names: list[str], levels: list[int], slips: float) -> Iterator[dict[str, Any]]:
    for n in range(documents):
        name, level = names[n % len(names)], levels[n // len(names) % len(levels)]
        rng, family = Rng(seed, "rl-warmup", n), all_of_them()[name]
        problem = draw(rng, (name,), level, "train")
        wrong = misread(family, problem.parsed, rng) if rng.chance(slips) else None
        answer = family.solve(wrong) if wrong else problem.answer
        yield row("warmup", n, problem) | {"text": f"Question:{problem.text}\nAnswer: \\boxed{{{answer}}}"}
