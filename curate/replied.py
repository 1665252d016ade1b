"""What a model wrote of which a document was made.

A reply is stored under its prompt, and which prompt a step makes of a document only the step knows. So the step is called again, on that
one document, with a model that looks replies up and never asks: the replies it would see are the ones it saw. Where the store lacks one
(it said `error`, or was deleted), the step is told `abstain`, and the reply is told as missing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import polars as pl

from curate import gather
from curate.models.base import Reply

if TYPE_CHECKING:
    from curate.api import Curated
    from curate.build import Build
    from curate.models.base import Sampling
    from curate.models.replies import Recorded
    from curate.plan import Node


@dataclass
class Listening:
    """A model that only remembers, and notes what it was asked."""

    known: Recorded
    asked: list[dict[str, Any]] = field(default_factory=list)

    @property
    def identity(self) -> dict[str, Any]:
        return self.known.identity

    @property
    def sampling(self) -> Sampling:
        return self.known.sampling

    def complete(self, prompts: Sequence[str], *, samples: int = 1, first: int = 0) -> list[list[Reply]]:
        found = self.known.remembered(prompts, samples=samples, first=first)
        for prompt, row in zip(prompts, found, strict=True):
            for number, reply in enumerate(row, first):
                told = vars(reply) if reply else {"text": None, "finish": "not stored"}
                self.asked.append({"prompt": prompt, "sample": number, **told})
        return [[reply or Reply("", "abstain", 0, 0) for reply in row] for row in found]


def build_of(curated: Curated) -> Build:
    """What a build knows of a node's parameters: folders, models, benchmarks. It is asked, and never run."""
    from curate.executors.inline import Inline
    from curate.report import Report

    build = curated._build(Inline(), Report())
    build.done = curated.built.done
    return build


def replies_to(curated: Curated, node: Node, shard: str, row: int) -> list[dict[str, Any]]:
    """Every reply that an expand step got for one document: model, prompt, sample, text, finish, tokens."""
    assert node.chain and node.step
    build = build_of(curated)
    work = build.work(node)
    found = node.step
    params = work.call_params(found, curated.store.root / "replies")
    models = {name: Listening(params[name]) for name in work.models}
    view = curated.built.view(node.chain)
    rows = pl.DataFrame({gather.SHARD: [shard], "row": [row]}, schema={gather.SHARD: pl.String, "row": pl.UInt32})
    docs = gather.joined(view, rows, list(node.reads)).select(node.reads)
    found.call(docs, **{**params, **models})
    return [{"model": node.params[name], **asked} for name, model in models.items() for asked in model.asked]
