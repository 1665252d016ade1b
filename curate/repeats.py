"""Equal records: found across all shards, the one with the smallest (date, dump) stays, the others get the fate `repeat`.

Whether a record repeats another is known only when all are read. The pass that reads goes on with the next steps all the same, because
few records repeat; afterwards the rows of the repeats are struck from what those steps wrote. A step looks at one document at a time, so
what is left is byte for byte what it would have written without them.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from pathlib import Path

import polars as pl

from curate.artifact import ROW, Stored, Torn, View, compacted, errors_name
from curate.drafts import store
from curate.errors import CurateError
from curate.identity import file_sha256
from curate.work import Work


def find_repeats(node: Work, view: View) -> dict[str, pl.Series]:
    """Write the verdict of every shard of what was read; rows that repeat, by shard."""
    doubles = _double_ids([view.pieces[0].folder / name for name in view.shards])
    repeats = _losers(view, doubles) if doubles.len() else {}
    for name in view.shards:
        rows = view.load(name, [])[ROW]
        lost = repeats.get(name, pl.Series(ROW, [], dtype=pl.UInt32))
        fate = (
            pl.when(pl.col(ROW).is_in(lost.implode()))
            .then(pl.lit("repeat"))
            .otherwise(pl.lit(None, pl.String))
            .alias("fate")
        )
        empty = pl.when(pl.col("fate").is_null()).then(pl.lit([], pl.List(pl.String))).otherwise(pl.lit(["repeat"]))
        store(node, name, pl.DataFrame({ROW: rows}).with_columns(fate).with_columns(empty.alias("failed")))
    return repeats


def _double_ids(files: list[Path]) -> pl.Series:
    """Ids that occur more than once. DuckDB spills to disk where they do not fit into memory."""
    import duckdb

    from curate.sql import exact_path

    if not files:
        return pl.Series("id", [], dtype=pl.String)
    query = "select id from read_parquet(?, hive_partitioning=false) group by id having count(*) > 1 order by id"
    with contextlib.closing(duckdb.connect()) as connection:
        rows = connection.execute(query, [[exact_path(path) for path in files]]).fetchall()
    return pl.Series("id", [row[0] for row in rows], dtype=pl.String)


def _losers(view: View, doubles: pl.Series) -> dict[str, pl.Series]:
    """Of each id the record with the smallest date, dump and then other columns stays; an unknown date comes last."""
    others = ["url", "license", "extra", "text"]
    parts = []
    for name in view.shards:
        docs = view.load(name, ["id", "date", "dump", *others]).filter(pl.col("id").is_in(doubles.implode()))
        parts.append(compacted(docs).with_columns(pl.lit(name).alias("shard")))
    whole = pl.concat(parts)
    clash = whole.group_by("id").agg(pl.col("text").n_unique()).filter(pl.col("text") > 1)["id"]
    if clash.len():
        raise CurateError(
            f"{clash.len():,} ids stand for different texts, such as {clash.min()!r}; an id must name one document"
        )
    order = ["id", "date", "dump", *others, "shard", ROW]
    ranked = whole.sort(order, nulls_last=True)
    losers = ranked.filter(~pl.col("id").is_first_distinct())
    return {str(name): part[ROW].sort() for (name,), part in losers.group_by("shard")}


def strike(nodes: Sequence[Work], repeats: dict[str, pl.Series]) -> None:
    """Take repeated rows out of the pieces that a pass wrote before it knew of them. Doing it twice changes nothing."""
    for node in nodes:
        for name, rows in repeats.items():
            path, errors = node.draft / "data" / name, node.draft / "data" / errors_name(name)
            keep = ~pl.col(ROW).is_in(rows.implode())
            made = whole(node, name)
            frame = pl.read_parquet(path, glob=False)
            lost = pl.read_parquet(errors, glob=False) if made.errors else None
            left = frame.filter(keep)
            lost_left = lost.filter(keep) if lost is not None else None
            if left.height == frame.height and (lost is None or lost_left is None or lost_left.height == lost.height):
                continue
            store(node, name, left, lost_left)


def whole(node: Work, name: str) -> Stored:
    """The record of a shard whose files are what it says. Torn if they are not, and then the shard counts as not done."""
    record = node.draft / "work" / f"{name}.json"
    try:
        made = Stored.recorded(record)
        if all(file_sha256(node.draft / "data" / file) == sha256 for file, _, sha256 in made.files()):
            return made
    except (OSError, ValueError, TypeError):
        pass
    record.unlink(missing_ok=True)
    raise Torn(f"{node.name}: a draft of {name} was altered")


def records_of(node: Work) -> list[Stored]:
    """The records of a finished draft, in the order of shard names."""
    paths = sorted((node.draft / "work").glob("*.parquet.json"))
    return [Stored.recorded(path) for path in paths]
