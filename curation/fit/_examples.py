"""Which documents a classifier learns from: their labels, and a choice among them that is even, bounded and the same however they come.

A label says that a document is of some corpora (`positive`, `negative`), or what a column of theirs says of it: a grade from 0 to 5, as
it is or cut in two. Of each label the documents are chosen in turns: the first of every group, then the second of every group, and so on,
within a group by the hash of their ids. So groups count equally as long as they have documents (the level of water in vessels of different
size), whoever has few gives all, and the first n of a choice are the choice of n. A document that is not chosen among some is not chosen
among more either, so only what can still be chosen is kept, and neither shards nor the order of files matter.

Left out: weights of documents, and telling copies from each other (deduplicate before).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from curate.errors import CurateError
from curate.step import Corpus
from curation._ids import hashes
from curation._strata import stratum

SIDES = ("negative", "positive")
HIGHEST = 5
"""The best grade; the worst is 0."""
SCHEMA = {
    "label": pl.String,
    "stratum": pl.String,
    "hash": pl.UInt64,
    "id": pl.String,
    "group": pl.String,
    "text": pl.String,
}
STRATA = ("dump", "year", "source", "host")
"""What documents can be balanced by."""
READS = ("dump", "date", "source", "url")


@dataclass(frozen=True)
class Seeds:
    """Documents with a label: of some corpora, or by the column `grade` of the corpora `graded`; without a cut the grade is the label."""

    positive: Sequence[str] = ()
    negative: Sequence[str] = ()
    graded: Sequence[str] = ()
    grade: str = ""
    positive_from: float | None = None

    @classmethod
    def of(cls, params: Mapping[str, Any]) -> Seeds:
        """Those that parameters of `fit: fasttext` name."""
        return cls(**{name: params[name] for name in cls.__dataclass_fields__})

    def check(self) -> None:
        """CurateError where these cannot be labels of one classifier."""
        if both := sorted({*self.positive} & {*self.negative}):
            raise CurateError(f"{both[0]!r} is among the positive and the negative corpora; it can be in one of them")
        if graded := sorted({*self.graded} & {*self.positive, *self.negative}):
            raise CurateError(f"{graded[0]!r} is graded; its grades say on which side its documents are")
        if bool(self.graded) != bool(self.grade):
            raise CurateError(
                "graded: and grade: go together: corpora, and the column with the grades of their documents"
            )
        if self.positive_from is not None and not self.graded:
            raise CurateError("positive_from: cuts grades; name the corpora that have some under graded:")
        if self.are_degrees and (self.positive or self.negative):
            raise CurateError("positive: and negative: beside graded: need a cut, e.g. positive_from: 3")
        if not (self.graded or (self.positive and self.negative)):
            raise CurateError("names nothing to learn from; write positive: and negative:, or graded: and grade:")

    @property
    def are_degrees(self) -> bool:
        """Whether labels are grades, `0` to `5`."""
        return bool(self.graded) and self.positive_from is None

    @property
    def corpora(self) -> list[str]:
        """Names of all corpora, sorted."""
        return sorted({*self.positive, *self.negative, *self.graded})

    def columns(self, corpus: str) -> list[str]:
        """Columns that tell the labels of its documents."""
        return [self.grade] if corpus in self.graded else []

    def labels(self, corpus: str, docs: pl.DataFrame) -> pl.Series:
        """The label of each document; null where it has no grade."""
        if corpus not in self.graded:
            side = "positive" if corpus in self.positive else "negative"
            return pl.repeat(side, docs.height, dtype=pl.String, eager=True).alias("label")
        grade = simple(docs, corpus, self.grade).cast(pl.Float64, strict=False)
        grade = pl.select(pl.when(grade.is_finite()).then(grade)).to_series()
        if self.positive_from is None:
            return (grade + 0.5).floor().clip(0, HIGHEST).cast(pl.Int8).cast(pl.String).alias("label")
        above = grade >= self.positive_from
        return (
            pl.select(pl.when(above).then(pl.lit("positive")).when(~above).then(pl.lit("negative")))
            .to_series()
            .alias("label")
        )


def examples(
    corpora: Mapping[str, Corpus],
    seeds: Seeds,
    *,
    documents: int,
    max_chars: int,
    balance: Sequence[str],
    group: str,
    seed: int,
) -> pl.DataFrame:
    """At most `documents` of each label, as many of both sides: label, stratum, hash, id, group and normalised text; by label, in turns.

    balance: of `STRATA`, whose values together are a document's group; without a value they are one. group: the column that says of
    which site or source it is, else the host of its url. CurateError where the seeds are no seeds, or a label has no text.
    """
    from curation.score._classifier_text import classifier_text

    seeds.check()
    held = pl.DataFrame(schema=SCHEMA)
    for name in seeds.corpora:
        graded = 0
        columns = dict.fromkeys(("id", "text", *READS, *seeds.columns(name), *([group] if group else [])))
        for shard in corpora[name].shards(*columns):
            if group:
                simple(shard, name, group)
            docs = described(shard, seeds.labels(name, shard), balance, group, f"{seed}/{name}/")
            graded += docs.height
            docs = candidates(held, docs, documents)
            docs = docs.with_columns(classifier_text(docs["text"], max_chars)).filter(pl.col("text") != "")
            held = first(pl.concat([held, docs.select(*SCHEMA)]), documents)
        if name in seeds.graded and not graded:
            raise CurateError(f"no document of {name} has a grade in its column {seeds.grade!r}")
    return held if seeds.are_degrees else even(held)


def described(docs: pl.DataFrame, labels: pl.Series, balance: Sequence[str], group: str, salt: str) -> pl.DataFrame:
    """The documents that have a label, with the columns of `SCHEMA`, text as it is."""
    strata = [stratum(name).fill_null("") for name in balance] or [pl.lit("")]
    found = docs.with_columns(
        labels.alias("label"),
        pl.concat_str(strata, separator="\x1f").alias("stratum"),
        pl.Series("hash", hashes(docs["id"], salt)),
        (pl.col(group).cast(pl.String) if group else stratum("host")).alias("group"),
    )
    return found.filter(pl.col("label").is_not_null()).select(*SCHEMA)


def simple(docs: pl.DataFrame, corpus: str, column: str) -> pl.Series:
    """The column; CurateError if it holds lists or structs."""
    if docs[column].dtype.is_nested():
        raise CurateError(f"{column!r} of {corpus} holds {docs[column].dtype}; name a column of numbers or texts")
    return docs[column]


def first(docs: pl.DataFrame, documents: int) -> pl.DataFrame:
    """The first `documents` of each label in turns."""
    turns = docs.sort("hash", "id").with_columns(pl.int_range(pl.len()).over("label", "stratum").alias("rank"))
    turns = turns.sort("label", "rank", "hash", "id")
    return turns.group_by("label", maintain_order=True).head(documents).select(*SCHEMA)


def candidates(held: pl.DataFrame, docs: pl.DataFrame, documents: int) -> pl.DataFrame:
    """Of new documents those that can come among the first of their label, so that nothing is normalised in vain."""
    both = pl.concat([held.drop("text").with_columns(new=False), docs.drop("text").with_columns(new=True)])
    before = (~pl.col("new")).cast(pl.UInt32).cum_sum().over("label", "stratum")
    both = both.sort("hash", "id").with_columns((before - (~pl.col("new")).cast(pl.UInt32)).alias("rank"))
    full = both.filter(~pl.col("new")).sort("label", "rank", "hash", "id").group_by("label", maintain_order=True)
    last = full.agg(pl.len(), pl.col("rank", "hash").last().name.prefix("last_")).filter(pl.col("len") >= documents)
    behind = (pl.col("rank") > pl.col("last_rank")) | (
        (pl.col("rank") == pl.col("last_rank")) & (pl.col("hash") > pl.col("last_hash"))
    )
    known = both.filter("new").join(last, on="label", how="left").filter(~behind.fill_null(False))
    return docs.join(known, on=["label", "id"], how="semi")


def even(docs: pl.DataFrame) -> pl.DataFrame:
    """As many positive as negative ones, the first of each. CurateError where a side has none."""
    counts = {side: docs.filter(pl.col("label") == side).height for side in SIDES}
    if empty := [side for side, count in counts.items() if not count]:
        raise CurateError(f"no text to learn from among the {empty[0]} documents")
    return docs.group_by("label", maintain_order=True).head(min(counts.values()))
