"""What a sample of a recipe says about the whole of it: an interval for each step, bounds where a sample cannot tell.

A sample takes files, then documents of them (`curate/fraction.py`). The estimate of a total is a ratio to the bytes of the files; its
variance is that of two-stage sampling with files as clusters (Cochran, Sampling Techniques, 3rd ed., section 11.4), so pages that come
in alike files widen the interval, as they must. Intervals are of 95%, by Student's t where files were left out. If nothing was seen, at
most three can be expected to have been (the rule of three). Both are too narrow where a few files hold most of what is counted (in
simulations with Pareto sizes and ten files, two of three intervals hold the truth): the sample has not seen those files.

What compares documents with each other does not scale. Of two documents that are alike a sample has both with probability f^2, of many it
has some with probability near f; so of d documents dropped by such a clause there are between d/f and d/f^2 in the whole, and all that is
known of what is left is a lower and an upper bound. The same holds for every step after it. A leak of a benchmark is told as a bound too:
one page copied all over the web is seen or not. A step `sample:` with a number of documents takes as many of a sample as of the whole, so
that only the upper bound says something. Equal records only widen the interval, if there were any: otherwise nothing would be left
to say of what comes after them.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from statistics import NormalDist
from typing import Any

import polars as pl

from curate.gather import Reached, holds, named
from curate.plan import Node
from curate.sources import Drawn, Source
from curate.state import State

LEVEL = 0.95
NONE_SEEN = 3.0
"""-ln(0.05): what may have been expected at most where nothing was seen, at 95%."""


@dataclass(frozen=True)
class Total:
    """A total of the whole. `estimate` is None where there are only bounds."""

    low: float
    high: float
    estimate: float | None

    def rounded(self) -> dict[str, int | None]:
        whole = None if self.estimate is None else round(self.estimate)
        return {"low": math.floor(self.low), "high": math.ceil(self.high), "estimate": whole}


@dataclass(frozen=True)
class Cluster:
    """What was counted in one file: the sum of what documents weigh, and the sum of its squares."""

    file: Source
    total: float
    squares: float


def estimate(clusters: Sequence[Cluster]) -> Total:
    """The total of the whole from that of the files that were taken. Files of different listings are strata of their own."""
    strata: dict[Drawn, list[Cluster]] = {}
    for cluster in clusters:
        if cluster.file.drawn:
            strata.setdefault(cluster.file.drawn, []).append(cluster)
    value, variance, freedom, unseen = 0.0, 0.0, math.inf, 0.0
    for drawn, some in strata.items():
        one, spread = _stratum(drawn, some)
        value, variance = value + one, variance + spread
        if len(some) < drawn.files:
            freedom = min(freedom, len(some) - 1)
        if not any(cluster.total for cluster in some):
            unseen += NONE_SEEN * drawn.files / (len(some) * drawn.share)
    half = _quantile(freedom) * math.sqrt(variance)
    seen = sum(cluster.total for cluster in clusters)
    return Total(max(seen, value - half), max(value + half, value + unseen), value)


def _stratum(drawn: Drawn, clusters: Sequence[Cluster]) -> tuple[float, float]:
    """Estimate and variance of one listing: all of its files, or a ratio to their bytes."""
    count, share = len(clusters), drawn.share
    within = sum(c.squares for c in clusters) * (1 - share) / share**2
    totals, sizes = [c.total / share for c in clusters], [c.file.bytes for c in clusters]
    if count >= drawn.files or not sum(sizes):
        return sum(totals) * drawn.files / max(1, count), within
    ratio = sum(totals) / sum(sizes)
    residuals = sum((t - ratio * b) ** 2 for t, b in zip(totals, sizes, strict=True)) / max(1, count - 1)
    between = drawn.files**2 * (1 - count / drawn.files) / count * residuals
    return ratio * drawn.bytes, between + within * drawn.files / count


def _quantile(freedom: float) -> float:
    """Two-sided quantile of Student's t (Cornish-Fisher expansion: Abramowitz and Stegun 26.7.5; below 1% off from 3 degrees on)."""
    z = NormalDist().inv_cdf((1 + LEVEL) / 2)
    if math.isinf(freedom):
        return z
    n = max(1.0, freedom)
    return (
        z
        + (z**3 + z) / (4 * n)
        + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * n**2)
        + (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / (384 * n**3)
    )


@dataclass
class Estimates:
    """Projections of what is built of a sample."""

    state: State
    _clusters: dict[str, pl.DataFrame] = field(default_factory=dict)
    _files: dict[str, tuple[Source, ...]] = field(default_factory=dict)

    def corpus(self, end: Node) -> Iterator[tuple[Node, Total]]:
        """Documents after each node of a corpus, in order, as far as it is built."""
        nodes = reversed(list(end.upstream()))
        chain = itertools.takewhile(
            lambda node: node.plan_key in self.state.done, nodes
        )  # an object in between may be lost
        shrink, bounded = 1.0, False
        for node in chain:
            total = estimate(self.counted(node))
            if node.kind in ("keep", "repeat") and node.chain and (dropped := self.compared(node)):
                kept = max(0.0, total.low * shrink - max(0.0, dropped.high - (dropped.estimate or 0)))
                shrink = kept / total.low if total.low else 0.0
                bounded = bounded or node.kind == "keep"
            yield node, Total(total.low * shrink, total.high, None if bounded else total.estimate)

    def tokens(self, node: Node, documents: Total) -> Total:
        """Tokens of a corpus, from its token counts; `documents` says how what came before is bounded."""
        total = estimate(self.counted(node, "n_tokens"))
        plain = estimate(self.counted(node))
        shrink = documents.low / plain.low if plain.low else 0.0
        return Total(
            total.low * min(1.0, shrink), total.high, total.estimate if documents.estimate is not None else None
        )

    def compared(self, node: Node) -> Total | None:
        """Of a node that drops what resembles something else: how many it drops in the whole, as bounds; else None."""
        assert node.chain
        manifest, kept = self.state.done[node.plan_key], self.counted(node)
        makers = {node.chain.maker(column) for column in node.reads}
        alike = node.kind == "repeat" or any(maker.kind == "across" for maker in makers)
        leaks = any(maker.step and maker.step.verb == "decontaminate" for maker in makers)
        if not (alike or leaks) or (node.kind == "repeat" and not manifest.fates):
            return None
        dropped = [
            Cluster(before.file, before.total - after.total, before.total - after.total)
            for before, after in zip(self.counted(node.chain), kept, strict=True)
        ]
        total = estimate(dropped)
        share = self.share(dropped)
        seen = sum(manifest.fates.values())
        if any(maker.step and maker.step.verb == "sample" for maker in makers):
            return Total(total.low, math.inf, total.estimate)
        return Total(total.low, (seen or NONE_SEEN) / share**2, total.estimate) if alike else total

    @staticmethod
    def share(clusters: Sequence[Cluster]) -> float:
        """Share of all documents that the sample has, by bytes."""
        taken = sum(c.file.bytes * c.file.drawn.share for c in clusters if c.file.drawn)
        strata = {c.file.drawn for c in clusters if c.file.drawn}
        return taken / max(1, sum(drawn.bytes for drawn in strata)) or 1.0

    # counting by file

    def counted(self, node: Node, weigh: str | None = None) -> list[Cluster]:
        """Documents that go on from a node, or the sum of a column of theirs, for each file that they came from."""
        files = self.files(node)
        if node.base.kind == "read" and weigh is None:
            counts = [0] * len(files)
            for stored in self.state.done[node.plan_key].shards:
                counts[int(stored.name[:5])] += stored.live
            return [Cluster(file, n, n) for file, n in zip(files, counts, strict=True)]
        docs = self.located(node, weigh)
        weights = docs.select("file", "root", weight=pl.col(weigh).cast(pl.Float64) if weigh else pl.lit(1.0))
        drawn = weights.group_by("file", "root").agg(pl.col("weight").sum())  # children come and go with their parent
        found = drawn.group_by("file").agg(pl.col("weight").sum(), (pl.col("weight") ** 2).sum().alias("squares"))
        sums = {file: (total, squares) for file, total, squares in found.iter_rows()}
        return [Cluster(file, *sums.get(rank, (0.0, 0.0))) for rank, file in enumerate(files)]

    def located(self, node: Node, weigh: str | None = None) -> pl.DataFrame:
        """`id`, `file` (its rank) and `root` (the id of what was read) of the documents that go on from a node."""
        columns = ["id", *([weigh] if weigh else [])]
        base = node.base
        key = "parent_id" if base.kind == "expand" else "id"
        docs = self.columns(node, list(dict.fromkeys([*columns, key])))
        if base.kind == "read":
            return docs.select(*columns, pl.col("shard").str.head(5).cast(pl.UInt32).alias("file"), root="id")
        assert base.chain
        if base.plan_key not in self._clusters:
            self._clusters[base.plan_key] = self.located(base.chain)
        came = self._clusters[base.plan_key].select(pl.col("id").alias(key), "file", "root")
        return docs.join(came, on=key).select(*columns, "file", "root")

    def columns(self, node: Node, columns: list[str]) -> pl.DataFrame:
        """`shard` and columns of the documents that go on from a node; bytes are not verified, as nothing is built from them."""
        view = self.state.reading(self.state.view(node), columns)
        last = Reached(view.pieces[-1], view)
        docs = last.load(columns).with_columns(shard=named(last.places, view.shards)["shard"])
        return docs.filter(holds(last.piece, last.places))

    def files(self, node: Node) -> tuple[Source, ...]:
        """The files that a node's documents came from, by rank."""
        reader = next(n for n in node.upstream() if n.kind == "read")
        if reader.plan_key not in self._files:
            self._files[reader.plan_key] = self.state.files(reader).files
        return self._files[reader.plan_key]


def projection(state: State) -> dict[str, Any]:
    """Projections of every built node of the corpora, by name, and the tokens of each corpus in the mixture."""
    estimates = Estimates(state)
    documents: dict[str, Total] = {}
    for end in state.plan.ends.values():
        documents |= {node.name: total for node, total in estimates.corpus(end)}
    tokens = {
        node.corpus: estimates.tokens(node, documents[node.chain.name]).rounded()
        for node in state.plan.nodes.values()
        if node.step and node.step.title == "mixers.tokenize" and node.plan_key in state.done
        if node.chain and node.chain.name in documents
    }
    return {"documents": {name: total.rounded() for name, total in documents.items()}, "tokens": tokens}
