"""A pupil that really solves problems, as a model to evaluate: it reads a problem behind the forms of prompts that benchmarks use.

It stands where a large model would stand, so that `curate eval` can be tried with no network, GPU or account: it solves exactly the
problems that the families of `families/` phrase, and has nothing to say to all others. Sampled, it misreads a number with probability
`slip`, as the teacher `symbolic` does; greedy it is never wrong. A reply depends on prompt, sampling and draw alone. Left out: learning
from the examples before the problem, and choices.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from curate.errors import CurateError, did_you_mean
from curate.models.base import Reply, Request, Sampling
from curate.profile import ModelSettings
from curation.synth.families._family import Family, Parsed, short_cot
from curation.synth.families._family import solved as solved_as
from curation.synth.families._rng import Rng

FILES = ("families/*.py",)
"""Files beside this module that decide its replies: the families are found by listing their folder, so no import names them."""
BEFORE = ("Problem:\n", "Question:", "\nQ: ", "read by a program.\n")
"""What stands before the problem."""
AFTER = ("\n\nSolution:", "\nAnswer:", "\nA:", "\nAssistant:", "\n\nThink step by step")
"""What stands after it."""
BYTES_PER_TOKEN = 4
LONGEST = 3_000
"""Characters at the end of a prompt that are looked at."""


class Pupil:
    """The pupil as a `Model`."""

    def __init__(self, sampling: Sampling, slip: float) -> None:
        self.sampling, self.slip = sampling, slip
        self.identity: dict[str, Any] = {"backend": "pupil", "slip": slip}

    def answers(self, requests: Iterable[Request]) -> Iterator[tuple[int, Reply]]:
        """Each request is answered before the next one is taken."""
        for place, request in enumerate(requests):
            yield place, self._reply(*request)

    def _reply(self, prompt: str, draw: int) -> Reply:
        greedy = self.sampling.temperature == 0
        text = solved(
            problem_of(prompt), Rng(prompt, self.sampling.seed, 0 if greedy else 1 + draw), 0.0 if greedy else self.slip
        )
        asked = -(-len(prompt.encode()) // BYTES_PER_TOKEN)
        if text is None:
            return Reply("", "abstain", asked, 0)
        limit = self.sampling.max_tokens * BYTES_PER_TOKEN
        data = text.encode()
        finish, data = ("length", data[:limit]) if len(data) > limit else ("stop", data)
        return Reply(data.decode(errors="ignore"), finish, asked, -(-len(data) // BYTES_PER_TOKEN))  # type: ignore[arg-type]


def connect(entry: Mapping[str, Any], settings: ModelSettings) -> Pupil:
    """The model of a recipe's entry: `slip` (0.15) and `sampling`. CurateError for an unknown key, or a slip that is no probability."""
    known = {"backend", "slip", "sampling"}
    for key in entry:
        if key not in known:
            raise CurateError(f"the pupil has no setting {key!r}{did_you_mean(key, known)}")
    slip = entry.get("slip", 0.15)
    if isinstance(slip, bool) or not isinstance(slip, int | float) or not 0 <= slip <= 1:
        raise CurateError(f"slip: a probability from 0 to 1, not {slip!r}")
    return Pupil(Sampling.of(entry.get("sampling") or {}), float(slip))


def problem_of(prompt: str) -> str:
    """The last problem of a prompt, without what stands around it."""
    text = f"\n{prompt[-LONGEST:]}"
    start = max((text.rfind(mark) + len(mark) for mark in BEFORE if mark in text), default=0)
    text = text[start:]
    end = min((place for mark in AFTER if (place := text.find(mark)) >= 0), default=len(text))
    return text[:end].strip()


def solved(problem: str, rng: Rng, slip: float) -> str | None:
    """A worked solution that ends in the answer, said in a sentence and in a box; None for a problem that no family phrased."""
    return solved_as(problem, rng, slip, _worked)


def _worked(family: Family, parsed: Parsed, rng: Rng) -> str:
    answer = family.solve(parsed)
    return f" {short_cot(family, parsed, rng)}\nFinal Answer: The final answer is $\\boxed{{{answer}}}$. I hope it is correct."
