"""One seam to every language model: what a step asks, what it gets back, and how a backend is found by name.

A step names a parameter `model: Model`; the recipe's `models:` says which one. What the step is handed always remembers: every reply is
stored once under (model, prompt bytes, sampling, sample index) before the step sees it (`curate/models/replies.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, Protocol, runtime_checkable

Finish = Literal["stop", "length", "abstain", "error"]


@dataclass(frozen=True)
class Sampling:
    """How to sample. Every field is part of a reply's key."""

    temperature: float = 0.0
    top_p: float = 1.0
    max_tokens: int = 4096
    stop: tuple[str, ...] = ()
    seed: int = 0
    extra: dict[str, Any] = field(default_factory=dict)

    def payload(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class Reply:
    """One reply: its text, why it ended, and what it cost in tokens. `abstain` and `error` replies have an empty text."""

    text: str
    finish: Finish
    prompt_tokens: int
    completion_tokens: int


@runtime_checkable
class Model(Protocol):
    """Anything that completes prompts."""

    identity: dict[str, Any]
    """What says which model this is: strict JSON; never an endpoint, host or key."""
    sampling: Sampling

    def complete(self, prompts: Sequence[str], *, samples: int = 1) -> list[list[Reply]]:
        """`samples` replies for each prompt, in the order of the prompts. Never raises for one bad prompt: its replies say `error`."""
        ...
