"""Columns of many shards at once, for looking: few columns of all documents, or all columns of few documents.

A build reads shard by shard and checks every byte (`curate.artifact.read_checked`). Looking must not: a question about one column of a
million documents is to be answered while somebody waits. The sizes of all files were seen when the recipe was opened; their digests are
`curate verify`'s affair. A document is named by a *place*, (number of the shard << 32 | row), which sorts like (shard, row).
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import polars as pl

from curate.artifact import ROW, Piece, View, errors_name
from curate.schema import dtype_of

Places = pl.Series
"""Unsigned 64-bit integers, ascending."""
SHARD = "shard"
LOST = [ROW, "id", "url", "fate", "error"]


def whole(piece: Piece, columns: Sequence[str]) -> pl.DataFrame:
    """Columns of every row of a piece, in the order of its shards."""
    files = [piece.folder / name for name in piece.shards]
    if not files:
        return pl.DataFrame(
            schema={c: dtype_of(piece.columns[c]) if c in piece.columns else pl.UInt32 for c in columns}
        )
    scan = pl.scan_parquet(files, glob=False, hive_partitioning=False)
    return scan.select(columns).collect()


def places(piece: Piece) -> Places:
    """The place of every row of a piece, ascending."""
    counts = pl.Series([s.rows for s in piece.shards.values()], dtype=pl.UInt32)
    numbers = pl.DataFrame({"start": pl.int_range(counts.len(), dtype=pl.UInt64, eager=True) * 2**32, "count": counts})
    starts = numbers.select(pl.col("start").repeat_by("count").explode().drop_nulls()).to_series()
    return (starts + whole(piece, [ROW])[ROW].cast(pl.UInt64)).alias("place")


@dataclass(frozen=True)
class Reached:
    """The documents that came to one node, and their columns as they were before it."""

    piece: Piece
    """What the node stored: one row for each of them."""
    before: View

    @functools.cached_property
    def places(self) -> Places:
        return places(self.piece)

    def load(self, columns: Sequence[str], wanted: Places | None = None) -> pl.DataFrame:
        """Columns of some of the documents, in the order of their places, or of all."""
        owners = self.before.owners()
        parts = [pl.DataFrame()]
        for owner in {id(owners[c]): owners[c] for c in columns}.values():
            found = whole(owner, [c for c in columns if owners[c] is owner])
            same = [s.rows for s in owner.shards.values()] == [s.rows for s in self.piece.shards.values()]
            # No node gets a row that one before it has not: as many rows in each shard are the same rows.
            if wanted is not None or not same:
                theirs = self.places if same else places(owner)
                found = found[theirs.search_sorted(self.places if wanted is None else wanted)]
            parts.append(found)
        return pl.concat(parts, how="horizontal").select(columns)


def holds(piece: Piece, wanted: Places) -> pl.Series:
    """Whether each of these places goes on from a piece."""
    live = places(piece)
    if piece.kind == "verdict":
        live = live.filter(whole(piece, ["fate"])["fate"].is_null())
    return wanted.is_in(live.implode())


def some(piece: Piece, rows: pl.DataFrame, columns: Sequence[str | pl.Expr]) -> pl.DataFrame:
    """`shard`, `row` and columns of a few rows, named by `shard` (its name) and `row`; rows the piece lacks are left out.

    The rows are found first and no other text is decoded, so this stays cheap where texts are long.
    """
    scans = []
    for (name,), part in rows.group_by(SHARD, maintain_order=True):
        if name in piece.shards:
            scan = pl.scan_parquet(piece.folder / str(name), glob=False, parallel="prefiltered")
            found = scan.filter(pl.col(ROW).is_in(part[ROW].unique().sort().implode()))
            scans.append(found.select(pl.lit(name).alias(SHARD), ROW, *columns))
    return _collected(scans, [SHARD, ROW, *columns])


def joined(view: View, rows: pl.DataFrame, columns: Sequence[str]) -> pl.DataFrame:
    """A few rows with their columns as they stand at the end of a view, in the given order."""
    owners = view.owners()
    for piece in {id(owners[c]): owners[c] for c in columns}.values():
        part = some(piece, rows, [c for c in columns if owners[c] is piece])
        rows = rows.join(part, on=[SHARD, ROW], how="left", maintain_order="left")
    return rows


def search(piece: Piece, test: pl.Expr, columns: Sequence[str]) -> pl.DataFrame:
    """`shard`, `row` and columns of the rows that pass a test, in order."""
    scans = [
        pl.scan_parquet(piece.folder / name, glob=False).filter(test).select(pl.lit(name).alias(SHARD), ROW, *columns)
        for name in piece.shards
    ]
    return _collected(scans, [SHARD, ROW, *columns])


def only(piece: Piece, shard: str) -> Piece:
    """One shard of a piece."""
    return replace(piece, shards={shard: piece.shards[shard]})


def lost(piece: Piece, test: pl.Expr) -> pl.DataFrame:
    """`shard`, `row`, id, url, fate and error of the rows that left a piece's node with an error and pass a test."""
    scans = [
        pl.scan_parquet(piece.folder / errors_name(name), glob=False)
        .filter(test)
        .select(pl.lit(name).alias(SHARD), *LOST)
        for name, stored in piece.shards.items()
        if stored.errors
    ]
    return _collected(scans, [SHARD, *LOST])


def _collected(scans: list[pl.LazyFrame], columns: Sequence[Any]) -> pl.DataFrame:
    if scans:
        return pl.concat(pl.collect_all(scans))
    names = [c if isinstance(c, str) else c.meta.output_name() for c in columns]
    return pl.DataFrame(schema={c: pl.UInt32 if c == ROW else pl.String for c in names})


def named(wanted: Places, shards: Sequence[str]) -> pl.DataFrame:
    """Places as `shard` (name) and `row`."""
    names = pl.Series(SHARD, shards, dtype=pl.String)
    return pl.DataFrame([names.gather(wanted // 2**32), (wanted % 2**32).cast(pl.UInt32).alias(ROW)])
