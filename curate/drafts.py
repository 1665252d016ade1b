"""What a node has of a shard in its draft: the piece, and the small record that says that it is whole."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from curate.artifact import Stored, errors_name, replace_file, write_parquet
from curate.rows import FATES
from curate.work import Work


def data_of(node: Work, name: str) -> Path:
    """The piece of a shard."""
    return node.draft / "data" / name


def record_of(node: Work, name: str) -> Path:
    """The record of a shard."""
    return node.draft / "work" / f"{name}.json"


def is_whole(node: Work, name: str) -> bool:
    """Whether a node has this shard, with all its files."""
    try:
        return all(data_of(node, file).stat().st_size == size for file, size, _ in finished(node, name).files())
    except (FileNotFoundError, ValueError, TypeError, AttributeError):
        return False


def finished(node: Work, name: str) -> Stored:
    """The record of a shard that is whole."""
    return Stored.recorded(record_of(node, name))


def store(node: Work, name: str, frame: pl.DataFrame, lost: pl.DataFrame | None = None) -> Stored:
    """Write one node's piece of one shard, then the record that says it is whole."""
    size, sha256 = write_parquet(frame, data_of(node, name))
    live = frame.height
    fates: dict[str, int] = {}
    if node.kind in ("keep", "repeat"):
        live = frame["fate"].null_count()
        counts = frame["fate"].drop_nulls().value_counts(name="n").sort("fate")
        fates = dict(zip(counts["fate"].to_list(), counts["n"].to_list(), strict=True))
    errors = None
    data_of(node, errors_name(name)).unlink(missing_ok=True)
    if lost is not None and lost.height:
        errors = write_parquet(lost.select(list(FATES)), data_of(node, errors_name(name)))
        for fate in lost["fate"].to_list():
            fates[fate] = fates.get(fate, 0) + 1
    stored = Stored(name, frame.height, live, size, sha256, fates, errors)
    replace_file(record_of(node, name), stored.record().encode(), durable=False)
    return stored
