"""A small honest teacher: it really solves the problems it can read, and abstains on all others.

It stands where a large model would stand, behind the same interface. It knows our prompts by their first lines, takes what follows
the last heading of the prompt as the text, and answers from the families of `families/`. Read problems are solved exactly. When sampled,
its wording varies, and with probability `slip` it misreads a number at the start and goes on soundly from there, so that verification has
something to catch; greedy replies are never misread. A reply depends on prompt, sampling and sample index alone.

Left out: any text understanding beyond the families' phrasings, and real token counts (a token is taken as four bytes).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from curate.errors import CurateError, did_you_mean
from curate.models.base import Reply, Request, Sampling
from curate.profile import ModelSettings
from curation.synth._questions import extract, refine_pair
from curation.synth._refining import refine
from curation.synth.families._family import Family, Parsed, long_cot, short_cot, solved
from curation.synth.families._rng import Rng

FILES = ("families/*.py",)
"""Files beside this module that decide its replies: the families are found by listing their folder, so no import names them."""
USES: tuple[str, ...] = ()
"""Distributions whose version can change its replies."""
BYTES_PER_TOKEN = 4


class Symbolic:
    """The teacher as a `Model`."""

    def __init__(self, sampling: Sampling, slip: float) -> None:
        self.sampling = sampling
        self.slip = slip
        self.identity: dict[str, Any] = {"backend": "symbolic", "slip": slip}

    def answers(self, requests: Iterable[Request]) -> Iterator[tuple[int, Reply]]:
        """Each request is answered before the next one is taken."""
        for place, request in enumerate(requests):
            yield place, self._reply(*request)

    def _reply(self, prompt: str, draw: int) -> Reply:
        greedy = self.sampling.temperature == 0
        key = (prompt, 0, 0) if greedy else (prompt, self.sampling.seed, 1 + draw)
        text = _answer(prompt, Rng(*key), 0.0 if greedy else self.slip)
        asked = _tokens(prompt)
        if text is None:
            return Reply("", "abstain", asked, 0)
        limit = self.sampling.max_tokens * BYTES_PER_TOKEN
        if len(text.encode()) > limit:
            return Reply(text.encode()[:limit].decode(errors="ignore"), "length", asked, self.sampling.max_tokens)
        return Reply(text, "stop", asked, _tokens(text))


def connect(entry: Mapping[str, Any], settings: ModelSettings) -> Symbolic:
    """The model of a recipe's entry: `slip` (0.15) and `sampling`, a map of `Sampling` fields.

    Raises:
        CurateError: an unknown key or field, or a slip that is no probability.
    """
    known = {"backend", "slip", "sampling"}
    for key in entry:
        if key not in known:
            raise CurateError(f"the symbolic model has no setting {key!r}{did_you_mean(key, known)}")
    slip = entry.get("slip", 0.15)
    if isinstance(slip, bool) or not isinstance(slip, int | float) or not 0 <= slip <= 1:
        raise CurateError(f"slip: a probability from 0 to 1, not {slip!r}")
    return Symbolic(Sampling.of(entry.get("sampling") or {}), float(slip))


def _answer(prompt: str, rng: Rng, slip: float) -> str | None:
    task = TASKS.get(prompt.partition("\n")[0])
    return task(prompt, rng, slip) if task else None


def _think_aloud(prompt: str, rng: Rng, slip: float) -> str | None:
    return solved(_problem(prompt), rng, slip, _thought)


def _solve_briefly(prompt: str, rng: Rng, slip: float) -> str | None:
    return solved(_problem(prompt), rng, slip, short_cot)


def _problem(prompt: str) -> str:
    return prompt.partition("\nProblem:\n")[2].strip()


def _thought(family: Family, parsed: Parsed, rng: Rng) -> str:
    thinking = long_cot(family, parsed, rng)
    return f"<think>\n{thinking}\n</think>\n\nThe answer is $\\boxed{{{family.solve(parsed)}}}$."


TASKS: dict[str, Callable[[str, Rng, float], str | None]] = {
    "Task: extract questions and answers.": extract,
    "Task: refine a question and its answer.": refine_pair,
    "Task: think aloud and solve.": _think_aloud,
    "Task: solve briefly.": _solve_briefly,
    "Task: refine a page.": refine,
}
"""By the first line of a prompt: of the prompt, a source of chance and the probability of a slip (0 where it is greedy), the reply, or None
where it abstains."""


def _tokens(text: str) -> int:
    return -(-len(text.encode(errors="replace")) // BYTES_PER_TOKEN)
