"""One model on one benchmark: what is asked, in which order, and how what came back becomes rows.

Everything is asked first, in one stream, so that a server is busy to the end; replies lie in the reply store (`curate/models/replies.py`)
as soon as they come. Then they are read back and graded, some thousand at a time, so neither a hundred draws of each item nor long
replies need memory, and an evaluation that was killed asks for what is lacking and gives the same bytes. Replies that a server refused
are not stored, so these are held.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import polars as pl

from curate.errors import CurateError
from curate.identity import canonical_sha256
from curate.models.base import Reply, Request
from curate.models.replies import Recorded
from eval import items as making
from eval import prompting
from eval.grading import Grader
from eval.judging import Draw, judge
from eval.prompting import Mode
from eval.specs import Spec

ROWS = 8_192
"""Draws that are graded at a time, and rows of a part."""
REFUSED = 20
"""Where more than so many requests, and more than half of those that were answered, are refused, it is no matter of single items."""


@dataclass(frozen=True)
class Task:
    """A benchmark as it is asked: its items, in which mode, and how many draws of each."""

    spec: Spec
    mode: Mode
    items: pl.DataFrame
    """Of `eval.items.items`."""
    samples: int = 1
    limit: int | None = None

    @cached_property
    def prompts(self) -> list[str]:
        """The prompt of each item."""
        made: list[str] = prompting.prompts(self.spec, self.items, self.mode).to_list()
        return made

    @property
    def settings(self) -> dict[str, Any]:
        """`max_tokens`, `stop` and `chat` of its mode."""
        return prompting.settings(self.spec, self.mode)

    @property
    def num_fewshot(self) -> int:
        """Examples before each problem."""
        return len(self.spec.few_shot.examples) if self.mode == "few-shot" else 0

    @cached_property
    def identity(self) -> dict[str, Any]:
        """What is asked and how it is read, as digests: spec, items and prompts."""
        rows = self.items.rows()
        return {
            "benchmark": self.spec.name,
            "spec": self.spec.digest,
            "mode": self.mode,
            "num_fewshot": self.num_fewshot,
            "items": canonical_sha256(rows),
            "prompts": hashlib.sha256(canonical_sha256(self.prompts).encode()).hexdigest(),
            "samples": self.samples,
        }

    @property
    def size(self) -> int:
        """Requests."""
        return self.items.height * self.samples

    def requests(self, start: int = 0, end: int | None = None) -> Iterator[Request]:
        """Every draw of each item from one place to another, item by item."""
        for prompt in self.prompts[start:end]:
            yield from (Request(prompt, sample) for sample in range(self.samples))


@dataclass
class Seconds:
    """What an evaluation took, which no result holds."""

    asking: float = 0.0
    grading: float = 0.0


@dataclass
class Asking:
    """One model at one task. `parts` asks what is lacking, and judges."""

    task: Task
    model: Recorded
    grader: Grader
    advance: Callable[[], None] = lambda: None
    """Called for each reply."""
    seconds: Seconds = field(default_factory=Seconds)
    graded: int | None = None
    """Replies that are graded; None while they are asked."""

    def parts(self) -> Iterator[pl.DataFrame]:
        """Rows of `eval.judging.SCHEMA`: items in their order, each with its draws in theirs; at most `ROWS` at a time.

        Raises:
            Unanswered: some requests got no answer; all others are stored.
            CurateError: asking is pointless, forbidden, or costs more than it may; or most requests are refused.
        """
        began = time.monotonic()
        refused = self._ask()
        self.seconds.asking += time.monotonic() - began
        self.graded = 0
        each = max(1, ROWS // self.task.samples)
        rows = self.task.items.to_dicts()
        for start in range(0, len(rows), each):
            replies = self._replies(start, start + each, refused)
            draws = [
                Draw(rows[start + at // self.task.samples], request.prompt, request.sample, reply)
                for at, (request, reply) in enumerate(replies)
            ]
            began = time.monotonic()
            judged = judge(self.task.spec, self.task.mode, draws, self.grader)
            self.seconds.grading += time.monotonic() - began
            self.graded += len(draws)
            yield judged

    def _ask(self) -> dict[int, Reply]:
        """Ask what is not stored; the replies that the store does not keep, by their place."""
        refused: dict[int, Reply] = {}
        for answered, (place, reply) in enumerate(self.model.answers(self.task.requests()), 1):
            self.advance()
            if reply.finish == "refused":
                refused[place] = reply
                if len(refused) > max(REFUSED, answered // 2) or len(refused) == self.task.size:
                    name, count = self.task.spec.name, len(refused)
                    raise CurateError(f"{name}: the model refused {count:,} of {answered:,} requests: {reply.error}")
        return refused

    def _replies(self, start: int, end: int, refused: dict[int, Reply]) -> list[tuple[Request, Reply]]:
        requests = [*self.task.requests(start, end)]
        found = self.model.remembered(requests)
        first = start * self.task.samples
        whole = [reply or refused.get(first + at) for at, reply in enumerate(found)]
        if lost := [request for request, reply in zip(requests, whole, strict=True) if reply is None]:
            raise CurateError(f"{self.task.spec.name}: the reply store lost {len(lost):,} replies; evaluate again")
        return [(request, reply) for request, reply in zip(requests, whole, strict=True) if reply]


def task(
    spec: Spec,
    records: list[dict[str, Any]],
    mode: Mode,
    *,
    samples: int = 1,
    limit: int | None = None,
    num_fewshot: int | None = None,
) -> Task:
    """A task of the rows of a benchmark's file. limit: how many items; num_fewshot: how many examples, if not all. CurateError as
    `eval.items.items`, and for more examples than there are."""
    used = spec if num_fewshot is None else spec.shown(num_fewshot)
    return Task(used, mode, making.items(spec, records, limit), samples, limit)
