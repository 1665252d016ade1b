"""Documents in folds, whole groups in one fold, so that a model is judged on groups of which it has seen nothing.

A group is what a column says (a site, a dump), or a part of one: `year` of `date`, `host` of `url`, or a field of `extra`. Groups are dealt
out in an order that a seed shuffles, those with more positive than negative documents first, so that every fold has its share of both. Of
each document only the number of its group, its label and whether it is judged are held, in the order of the shards.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256

import numpy as np
import polars as pl
from numpy.typing import NDArray

from curate.clauses import Clause
from curate.errors import CurateError
from curate.schema import Schema
from curate.step import Corpus

HOST = r"(?i)^[a-z][a-z0-9+.-]*://(?:[^/?#@]*@)?(?:www\.)?([^/?#:@]+)"
PARTS = {
    "year": ("date", pl.col("date").cast(pl.String).str.head(4)),
    "host": ("url", pl.col("url").cast(pl.String).str.extract(HOST).str.to_lowercase()),
}
"""Groups that are a part of a column: name -> (column, expression). `curation/_strata.py` has its own, since those decide what is built."""
NONE = "(none)"
"""The group of documents that have no value: of no fold, so always learnt from, and never judged."""


@dataclass(frozen=True)
class Told:
    """How columns that somebody names are told from those that are stored: `by` as text, and those of a clause."""

    by: str
    where: Clause | None
    how: Mapping[str, tuple[str, pl.Expr]]

    @classmethod
    def of(cls, by: str, where: Clause | None, schema: Schema) -> Told:
        """CurateError for a column that nothing tells, and for a clause that does not go with the types."""
        named = sorted(where.columns) if where else []
        how = {name: column_of(name, schema) for name in dict.fromkeys([*([by] if by else []), *named])}
        if where:
            where.check({name: schema.get(name, pl.String()) for name in named})
        return cls(by, where, how)

    @property
    def stored(self) -> list[str]:
        """The columns to load."""
        return [*dict.fromkeys(column for column, _ in self.how.values())]

    def group(self, docs: pl.DataFrame) -> pl.Series:
        """The name of each document's group."""
        if not self.by:
            return pl.repeat(NONE, docs.height, dtype=pl.String, eager=True)
        return docs.select(self.how[self.by][1].cast(pl.String).fill_null(NONE).alias("group")).to_series()

    def passes(self, docs: pl.DataFrame) -> pl.Series:
        """Whether the clause lets each document through; null where it is undecided."""
        if self.where is None:
            return pl.repeat(True, docs.height, dtype=pl.Boolean, eager=True)
        values = docs.select(expr.alias(name) for name, (_, expr) in self.how.items())
        return values.select(self.where.polars().alias("passes")).to_series()


def column_of(name: str, schema: Schema) -> tuple[str, pl.Expr]:
    """The stored column that tells a value, and how: itself, a part of another, or a field of `extra`. CurateError where nothing does."""
    if name in schema:
        return name, pl.col(name)
    if name in PARTS and PARTS[name][0] in schema:
        return PARTS[name]
    if "extra" in schema and name.isidentifier():
        return "extra", pl.col("extra").str.json_path_match(f"$.{name}")
    known = ", ".join(c for c in schema if c not in ("id", "text", "extra", "as_read"))
    raise CurateError(f"no column {name!r} among {known}")


@dataclass
class Numbers:
    """Groups by number, in the order in which they were met."""

    names: list[str] = field(default_factory=list)
    places: dict[str, int] = field(default_factory=dict)

    def of(self, groups: pl.Series) -> NDArray[np.int32]:
        """The number of each group."""
        known = groups.unique(maintain_order=True).to_list()
        for name in known:
            if name not in self.places:
                self.places[name] = len(self.names)
                self.names.append(name)
        places = pl.Series([self.places[name] for name in known], dtype=pl.Int32)
        found = groups.replace_strict(pl.Series(known, dtype=pl.String), places, return_dtype=pl.Int32)
        return np.asarray(found.cast(pl.Int32).to_numpy(), np.int32)


@dataclass(frozen=True)
class Marks:
    """Of each document of a corpus, shard after shard: number of its group, label (1, 0, or -1 for none), whether it is judged."""

    group: list[NDArray[np.int32]]
    label: list[NDArray[np.int8]]
    judged: list[NDArray[np.bool_]]

    @classmethod
    def of(
        cls, shards: Iterable[pl.DataFrame], told: Told, label: Callable[[pl.DataFrame], pl.Series], numbers: Numbers
    ) -> Marks:
        """Those of a corpus."""
        marks = cls([], [], [])
        for docs in shards:
            marks.group.append(numbers.of(told.group(docs)))
            marks.label.append(label(docs).cast(pl.Int8).fill_null(-1).to_numpy())
            marks.judged.append(told.passes(docs).fill_null(False).to_numpy())
        return marks


@dataclass(frozen=True)
class Part:
    """The documents of a corpus that are of some groups (`curate.step.Corpus`). chosen: by the number of a group."""

    corpus: Corpus
    marks: Marks
    chosen: NDArray[np.bool_]

    @property
    def name(self) -> str:
        return self.corpus.name

    def shards(self, *columns: str) -> Iterator[pl.DataFrame]:
        for docs, group in zip(self.corpus.shards(*columns), self.marks.group, strict=True):
            yield docs.filter(pl.Series(self.chosen[group], dtype=pl.Boolean))


def counts(marks: Iterable[Marks], groups: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Positive and negative documents of each group."""
    found = np.zeros((2, groups), np.int64)
    for one in marks:
        for group, label in zip(one.group, one.label, strict=True):
            for side in (0, 1):
                found[side] += np.bincount(group[label == side], minlength=groups)
    return found[1], found[0]


def total(marks: Iterable[Marks], chosen: NDArray[np.bool_]) -> int:
    """Documents with a label that are of the chosen groups."""
    plus, minus = counts(marks, chosen.size)
    return int((plus + minus)[chosen].sum())


def dealt(
    groups: Sequence[str], positive: NDArray[np.int64], negative: NDArray[np.int64], folds: int, seed: int, by: str
) -> NDArray[np.int64]:
    """The fold of each group, from 0, and -1 of `NONE`. CurateError where there are too few groups, or a label has only one."""
    if [*groups] == [NONE]:
        raise CurateError(f"no document has a value of {by!r}; name a column, year, host or a field of extra")
    named = np.array([name != NONE for name in groups])
    known = int((named & ((positive + negative) > 0)).sum())
    if known < folds:
        if known == 1:
            raise CurateError(f"all documents are one group by {by}; choose another --by")
        raise CurateError(f"only {known} groups by {by} for {folds} folds; lower --folds, or choose another --by")
    for what, count in (("positive", positive), ("negative", negative)):
        names = [name for name, some in zip(groups, count, strict=True) if some and name != NONE]
        if len(names) < 2:
            said = f"all {what} documents have the {by} {names[0]!r}" if names else f"no document is {what}"
            raise CurateError(f"{said}; nothing can be learnt without them, choose another --by")

    def place(number: int) -> tuple[bool, bool, bytes]:
        plus, minus = positive[number], negative[number]
        return plus + minus == 0, plus <= minus, sha256(f"{seed}/{groups[number]}".encode()).digest()

    found = np.full(len(groups), -1, np.int64)
    dealt_out = sorted(np.flatnonzero(named).tolist(), key=place)
    found[dealt_out] = np.arange(len(dealt_out)) % folds
    return found
