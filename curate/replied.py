"""What a model wrote of which a document was made, or by which it was scored.

A reply is stored under its prompt, and which prompt a step makes of a document only the step knows. So the step is called again, on that
one document, with a model that looks replies up and never asks: the replies it would see are the ones it saw. Where the store lacks one
(it said `error`, or was deleted), the step is told `abstain`, and the reply is told as missing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from curate import gather
from curate.artifact import ROW
from curate.errors import failing
from curate.models.base import Reply, Sampling

if TYPE_CHECKING:
    from curate.api import Curated
    from curate.build import Build
    from curate.plan import Node


class Listening:
    """A model that only remembers, and notes what it was asked. Nothing is connected to: its identity stands in the plan."""

    def __init__(self, planned: Mapping[str, Any], replies: Path) -> None:
        from curate.models.replies import Recorded

        self.identity = {key: value for key, value in planned.items() if key != "sampling"}
        self.sampling = Sampling.of(planned["sampling"])
        self.known = Recorded(self, replies, identity=self.identity)
        self.asked: list[dict[str, Any]] = []

    def complete(self, prompts: Sequence[str], *, samples: int = 1, first: int = 0) -> list[list[Reply]]:
        """Replies from the store alone."""
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
    """Every reply that a step got for one document: model, prompt, sample, text, finish, tokens. CurateError if it breaks now."""
    assert node.chain and node.step
    params, replies = build_of(curated).work(node).params, curated.store.root / "replies"
    models = {name: Listening(planned, replies) for name, planned in node.own["models"].items()}
    rows = pl.DataFrame({gather.SHARD: [shard], ROW: [row]}, schema={gather.SHARD: pl.String, ROW: pl.UInt32})
    view = curated.built.reading(curated.built.view(node.chain), node.reads)
    docs = gather.joined(view, rows, list(node.reads)).select(node.reads)
    with failing(node.step.title):
        node.step.call(docs, **{**params, **models})
    return [{"model": node.params[name], **asked} for name, model in models.items() for asked in model.asked]
