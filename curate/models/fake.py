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

    Where a prompt asks to copy questions, it copies the last line as one; where it gives a pair, the question comes back.
    """

    def __init__(self, sampling: Sampling | None = None) -> None:
        self.identity: dict[str, Any] = {"backend": "fake"}
        self.sampling = sampling or Sampling()

    def answers(self, requests: Iterable[Request]) -> Iterator[tuple[int, Reply]]:
        for place, request in enumerate(requests):
            yield place, self._reply(*request)

    def _reply(self, prompt: str, index: int) -> Reply:
        said = f"There are {len(prompt)} characters, so it is $\\boxed{{{len(prompt) + index}}}$."
        form = f"Question: {_line(prompt) or 'How many?'}\nAnswer: {said}"
        if "<think>" in prompt:
            form = f"<think>{said}</think>\n{said}"
        elif "Final score:" in prompt:
            form = f"{said}\nFinal score: {(len(prompt) + index) % 6}"
        return Reply(form, "stop", 1, 60) if prompt.strip() else Reply("", "abstain", 0, 0)


def _line(prompt: str) -> str | None:
    """The question of the pair, or the last line of the page, that a prompt ends with."""
    pair = prompt.rpartition("\nPair:\nQuestion: ")[2] if "\nPair:\nQuestion: " in prompt else None
    page = pair or (prompt.rpartition("\nPage:\n")[2] if "\nPage:\n" in prompt else "")
    lines = [line.strip() for line in page.splitlines() if line.strip()]
    return (lines[0] if pair else lines[-1])[:1_000] if lines else None
