"""A model that understands nothing and answers at once, for tests of steps that ask one: `{backend: fake}`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from curate.models.base import Reply, Request, Sampling
from curate.profile import ModelSettings


def connect(entry: Mapping[str, Any], settings: ModelSettings) -> Parrot:
    """The model of an entry under a recipe's `models:`."""
    return Parrot(Sampling.of(entry.get("sampling") or {}))


class Parrot:
    """A model for tests of form: the same reply to the same prompt, in the form asked for; abstains on an empty prompt.

    Its question is the last line of the prompt, so that it stands on the page.
    """

    def __init__(self, sampling: Sampling | None = None) -> None:
        self.identity: dict[str, Any] = {"backend": "fake"}
        self.sampling = sampling or Sampling()

    def answers(self, requests: Iterable[Request]) -> Iterator[tuple[int, Reply]]:
        for place, request in enumerate(requests):
            yield place, self._reply(*request)

    def _reply(self, prompt: str, index: int) -> Reply:
        said = f"There are {len(prompt)} characters, so it is $\\boxed{{{len(prompt) + index}}}$."
        asked = prompt.rstrip().rpartition("\n")[2][:200].strip() or "How many?"
        form = f"Question: {asked}\nAnswer: {said}"
        if "<think>" in prompt:
            form = f"<think>{said}</think>\n{said}"
        elif "Final score:" in prompt:
            form = f"{said}\nFinal score: {(len(prompt) + index) % 6}"
        return Reply(form, "stop", 1, 60) if prompt.strip() else Reply("", "abstain", 0, 0)
