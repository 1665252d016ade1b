"""Documents as the Parquet files of a published set, written one at a time into a folder on this machine.

A file holds the documents of `SHARDS` neighbouring shards of the store, one row group for each, so that memory is one shard and a document
that goes away changes one file. Its name is the start of its SHA-256, so what did not change keeps its name; the order is that of the card
and of publish.json. Columns are cut into pages by content
(content-defined chunking), so that a store which knows equal parts of files, as the hub does, keeps what did not change of a file that did.
The bytes depend on what is stored and on the version of pyarrow.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from curate.digested import File

if TYPE_CHECKING:
    import polars as pl

SHARDS = 16
"""Shards of the store in one file: at most 512 MB of text."""
DIGITS = 16
"""Hexadecimal digits of a file's SHA-256 in its name."""
REPEATING = ("source", "license", "dump", "corpus")


@dataclass(frozen=True)
class Ready:
    """One data file: its name in the published set, and where it lies here until it is sent."""

    name: str
    path: Path
    rows: int
    bytes: int
    sha256: str

    def payload(self) -> dict[str, Any]:
        """As publish.json lists it."""
        return {"name": self.name, "rows": self.rows, "bytes": self.bytes, "sha256": self.sha256}


def files_of(config: str, rows: Any, folder: Path) -> Iterator[Ready]:
    """The files of one config, in order. CurateError if the disk is full.

    A file has rows, but for the only one of a config without documents, which can be loaded like any other.

    rows: `mixers.publishing.Rows`. Each file may be deleted once the next one is asked for.
    """
    number = 0
    for _, some in itertools.groupby(rows.frames, key=lambda pair: pair[0]):
        for batch in _batched(some, SHARDS):
            file = _file(config, number, rows.schema, (frame for _, frame in batch), folder)
            if file.rows:
                yield file
                number += 1
    if not number:
        yield _file(config, 0, rows.schema, (), folder)


def _batched(some: Iterable[Any], size: int) -> Iterator[Iterator[Any]]:
    """Runs of at most `size`, each of which is used up before the next begins."""
    left = iter(some)
    for first in left:
        run = itertools.chain([first], itertools.islice(left, size - 1))
        yield run
        for _ in run:
            pass


def _file(
    config: str, number: int, schema: dict[str, pl.DataType], frames: Iterable[pl.DataFrame], folder: Path
) -> Ready:
    import polars as pl
    import pyarrow.parquet as pq

    path, rows = folder / f"{config}-{number:05}.parquet", 0
    empty = _table(pl.DataFrame(schema=schema))
    with File(path, durable=False) as sink:
        writer = pq.ParquetWriter(
            sink,
            empty.schema,
            compression="zstd",
            use_dictionary=[name for name in REPEATING if name in schema],
            use_content_defined_chunking=True,
        )
        with writer:
            for frame in frames:
                if frame.height:
                    writer.write_table(
                        _table(frame.select(list(schema))).cast(empty.schema), row_group_size=frame.height
                    )
                    rows += frame.height
    digest = sink.sha256.hexdigest()
    return Ready(f"data/{config}/{digest[:DIGITS]}.parquet", path, rows, sink.size, digest)


def _table(frame: pl.DataFrame) -> Any:
    import polars as pl

    table = frame.rechunk().to_arrow(compat_level=pl.CompatLevel.oldest()).combine_chunks()
    return table.replace_schema_metadata(None)
