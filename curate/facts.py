"""What a score tells of itself once all is scored: its `facts=` function sees a fixed sample of the documents that came to it.

The sample is the documents whose ids have the smallest SHA-256: the same whatever the split into files and the number of workers, and
unrelated to what the documents say.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import polars as pl

from curate.artifact import ROW, View, compacted
from curate.errors import failing
from curate.schema import accepted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from curate.executors import Executor
    from curate.work import Work

SAMPLE = 256
"""Documents of the sample, or all where there are no more."""


@dataclass(frozen=True)
class Smallest:
    """The smallest digests of ids of one shard, with the ids."""

    view: View
    most: int = SAMPLE

    def __call__(self, rank: int) -> list[tuple[bytes, str]]:
        ids = self.view.load(self.view.shards[rank], ["id"])["id"].to_list()
        return sorted((hashlib.sha256(one.encode()).digest(), one) for one in ids)[: self.most]


def sample(view: View, columns: Sequence[str], executor: Executor, most: int = SAMPLE) -> pl.DataFrame:
    """These columns of the documents of a view whose ids have the smallest digests, in the order of ids."""
    chosen: list[tuple[bytes, str, int]] = []

    def add(rank: int, found: list[tuple[bytes, str]]) -> None:
        chosen.extend((*one, rank) for one in found)
        chosen.sort()
        del chosen[most:]

    executor.run(Smallest(view, most), len(view.shards), add)
    wanted = list(dict.fromkeys(["id", *columns]))
    parts = [view.load(name, wanted).clear() for name in view.shards[:1]]
    for rank in sorted({rank for *_, rank in chosen}):
        ids = pl.Series([one for _, one, place in chosen if place == rank])
        parts.append(compacted(view.load(view.shards[rank], wanted).filter(pl.col("id").is_in(ids.implode()))))
    return pl.concat(parts).drop(ROW).sort("id").select(columns)


def of_score(node: Work, view: View, executor: Executor) -> dict[str, Any]:
    """What the step of a score with `facts=` tells. view: the documents that came to it."""
    found = node.found()
    assert found.spec.facts
    docs = sample(view, node.reads, executor)
    with failing(found.title):
        return dict(found.spec.facts(docs, **accepted(found.spec.facts, node.params)))
