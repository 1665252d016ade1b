"""Problems with nothing but their answer in a box: what a model is warmed up on before reinforcement learning.

A text is a prompt as RL shows it and a reply that ends at once, so a small model that has read some thousands of them answers in the
right form, and is right now and then. No problem of it is one of `embedded:rl_prompts` or of `embedded-bench`, whatever the seeds
(`_problems.py`). Left out: solutions (`embedded:instruction` and the synthesis of chains have those).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from curate.step import generate
from curation.embedded._documents import SUFFIX, counted, write_rows
from curation.embedded._problems import draw
from curation.embedded.rl_prompts import named, row
from curation.synth.families._rng import Rng

PROMPT = "Question:{}\nAnswer:"
"""The template `simple` of `trainers/rl_settings.py`."""


@generate(files=["../synth/families/*.py"])
def rl_warmup(
    out: Path, *, seed: int = 0, documents: int = 4000, families: str = "", levels: str = ""
) -> dict[str, Any]:
    """`rl_warmup.jsonl.gz` in `out`: rows of text (prompt and boxed answer), prompt (how the text begins), answer, family and level. A
    text that comes again is left out, so there may be fewer.

    families, levels: with commas between them (`percent,units`, `1,2`); all if not said.
    """
    asked = named(families, levels)
    count = write_rows(out / f"rl_warmup{SUFFIX}", _rows(seed, counted(documents), *asked))
    return {"documents": count, "suffixes": [SUFFIX]}


def _rows(seed: int, documents: int, names: list[str], levels: list[int]) -> Iterator[dict[str, Any]]:
    seen = set[str]()
    for n in range(documents):
        name, level = names[n % len(names)], levels[n // len(names) % len(levels)]
        problem = draw(Rng(seed, "rl-warmup", n), (name,), level, "train")
        if problem.text not in seen:
            seen.add(problem.text)
            prompt = PROMPT.format(problem.text)
            yield row("warmup", n, problem) | {"text": f"{prompt} \\boxed{{{problem.answer}}}", "prompt": prompt}
