"""A model of our own that solves what the families of `families/` phrase: how it samples, and how its text becomes a reply.

A reply depends on prompt, sampling and draw alone. A token is taken as four bytes, since there is no tokenizer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from curate.errors import CurateError, did_you_mean
from curate.models.base import Reply, Request, Sampling
from curation.synth.families._rng import Rng

BYTES_PER_TOKEN = 4
SLIP = 0.15
"""Probability that a sampled reply misreads a number, where an entry says none."""
Tell = Callable[[str, Rng, float], str | None]
"""What a model says: of a prompt, a source of chance and the probability of a slip (0 where it is greedy), its text, or None where it has
nothing to say."""


class Teacher:
    """A `Model` that says what `tell` does."""

    def __init__(self, backend: str, tell: Tell, sampling: Sampling, slip: float) -> None:
        self.tell, self.sampling, self.slip = tell, sampling, slip
        self.identity: dict[str, Any] = {"backend": backend, "slip": slip}

    def answers(self, requests: Iterable[Request]) -> Iterator[tuple[int, Reply]]:
        """Each request is answered before the next one is taken."""
        for place, request in enumerate(requests):
            yield place, self._reply(*request)

    def _reply(self, prompt: str, draw: int) -> Reply:
        greedy = self.sampling.temperature == 0
        key = (prompt, 0, 0) if greedy else (prompt, self.sampling.seed, 1 + draw)
        text = self.tell(prompt, Rng(*key), 0.0 if greedy else self.slip)
        asked = _tokens(prompt)
        if text is None:
            return Reply("", "abstain", asked, 0)
        limit = self.sampling.max_tokens * BYTES_PER_TOKEN
        if len(text.encode()) > limit:
            return Reply(text.encode()[:limit].decode(errors="ignore"), "length", asked, self.sampling.max_tokens)
        return Reply(text, "stop", asked, _tokens(text))


def teacher(backend: str, tell: Tell, entry: Mapping[str, Any]) -> Teacher:
    """The model of a recipe's entry: `slip` (0.15) and `sampling`, a map of `Sampling` fields.

    Raises:
        CurateError: an unknown key or field, or a slip that is no probability.
    """
    known = {"backend", "slip", "sampling"}
    for key in entry:
        if key not in known:
            raise CurateError(f"the {backend} model has no setting {key!r}{did_you_mean(key, known)}")
    slip = entry.get("slip", SLIP)
    if isinstance(slip, bool) or not isinstance(slip, int | float) or not 0 <= slip <= 1:
        raise CurateError(f"slip: a probability from 0 to 1, not {slip!r}")
    return Teacher(backend, tell, Sampling.of(entry.get("sampling") or {}), float(slip))


def _tokens(text: str) -> int:
    return -(-len(text.encode(errors="replace")) // BYTES_PER_TOKEN)
