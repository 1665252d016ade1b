"""Documents as Parquet or JSON lines, a file per shard: those that a mixture uses, or all that a corpus kept.

A row is a document, not a use of it: `uses` says how often the mixture has it, `n_tokens` how many tokens it has there, `corpus`
which of its corpora it is from. The other columns are those of that corpus, scores and all. `datasets.load_dataset` and polars read
both; JSON lines are gzip, which every reader of them takes, in members whose bytes do not depend on the zlib of the machine.

Memory: a shard of documents and, for a mixture, 16 bytes for each of its pieces. Left out: the order of the mixture and the stages,
which belong to uses (`curate query R "select * from mixture"`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from curate.artifact import ROW, View, parquet_bytes
from curate.schema import dtype_of
from curation.gzip import member
from mixers._output import Output
from mixers._pieces import Pieces
from mixers.order import U64, key
from mixers.select import Source, keyed_hash

FIRST = ("id", "text", "corpus", "source", "url", "license", "date", "dump", "parent_id", "uses", "n_tokens")
LAST = ("extra",)
MEMBER_ROWS = 512
ENDS = {"parquet": ".parquet", "jsonl": ".jsonl.gz"}
Schema = dict[str, pl.DataType]
Frames = Iterator[tuple[str, pl.DataFrame]]
"""(name of its file, documents)."""


def write(frames: Frames, out: Output, kind: str) -> tuple[int, pl.Schema]:
    """Write each frame as a file of this kind; the number of documents, and their columns."""
    documents, schema = 0, pl.Schema()
    for name, frame in frames:
        with out.file(name + ENDS[kind]) as file:
            if kind == "parquet":
                file.write(parquet_bytes(frame))
            else:
                for rows in frame.iter_slices(MEMBER_ROWS):
                    file.write(member(rows.write_ndjson().encode()))
        documents, schema = documents + frame.height, frame.schema
    return documents, schema


def of_corpus(name: str, view: View, tick: Callable[[], None]) -> Frames:
    """All documents of a view, with all its columns."""
    columns = _ordered(schema_of(view))
    for number, shard in enumerate(view.shards):
        yield _file(name, number), view.load(shard, columns).select(columns)
        tick()


def of_mixture(pieces: Pieces, views: dict[str, View], tick: Callable[[], None]) -> Frames:
    """The documents that a mixture uses, corpus by corpus, with the columns that any of them has."""
    together = common({name: schema_of(view) for name, view in views.items()})
    together |= {"corpus": pl.String(), "uses": pl.UInt32(), "n_tokens": pl.UInt32()}
    used, number = uses(pieces), dict.fromkeys(views, 0)
    for name, view in views.items():
        have = [c for c in schema_of(view) if c in together and c not in ("corpus", "uses", "n_tokens")]
        for shard in view.shards:
            found = used[name].join(view.load(shard, have).drop(ROW))
            tick()
            if found.height:
                whole = found.with_columns(pl.lit(name).alias("corpus"))
                yield _file(name, number[name]), whole.select(_cast(c, whole, together[c]) for c in _ordered(together))
                number[name] += 1


def _file(corpus: str, number: int) -> str:
    return f"{corpus.replace('/', '-')}-{number:05}"


def schema_of(view: View) -> Schema:
    """Columns of a view, as they stand at its end."""
    return {name: dtype_of(piece.columns[name]) for name, piece in view.owners().items() if name != ROW}


def _ordered(names: Schema) -> list[str]:
    middle = [name for name in names if name not in FIRST and name not in LAST]
    return [c for c in (*FIRST, *middle, *LAST) if c in names]


def common(schemas: dict[str, Schema]) -> Schema:
    """Every column that one of them has, in a type that can hold all: numbers as Float64, anything else that differs as text."""
    together: Schema = {}
    for schema in schemas.values():
        for name, dtype in schema.items():
            seen = together.setdefault(name, dtype)
            if seen != dtype:
                together[name] = pl.Float64() if seen.is_numeric() and dtype.is_numeric() else pl.String()
    return together


def _cast(name: str, frame: pl.DataFrame, dtype: pl.DataType) -> pl.Expr:
    if name not in frame.columns:
        return pl.lit(None, dtype).alias(name)
    if frame.schema[name].is_nested() and dtype == pl.String:
        return pl.struct(pl.col(name)).struct.json_encode().alias(name)
    return pl.col(name).cast(dtype)


@dataclass(frozen=True)
class Uses:
    """How often a mixture uses each document of one source; `documents` are those that it uses at all."""

    documents: Source
    times: NDArray[np.uint32]

    def join(self, docs: pl.DataFrame) -> pl.DataFrame:
        """Those of some documents that are used, with `uses` and `n_tokens`."""
        numbers = self.documents.numbers(docs["id"])
        here = np.flatnonzero(numbers >= 0)
        counted = {"uses": self.times[numbers[here]], "n_tokens": self.documents.lengths[numbers[here]]}
        return docs[here].hstack(pl.DataFrame(counted))


def uses(pieces: Pieces) -> dict[str, Uses]:
    """Source -> which documents of it are used, and how often. Ids of one source never share a hash: the mixture refused that."""
    seed, names = pieces.facts["seed"], list(pieces.facts["sources"])
    parts: dict[str, list[tuple[U64, NDArray[np.uint32], NDArray[np.bool_]]]] = {name: [] for name in names}
    for rows in pieces.index_rows("source", "id", "length", "start"):
        for (name,), some in rows.group_by("source", maintain_order=True):
            hashes = keyed_hash(some["id"], key(seed, str(name)))
            parts[str(name)].append((hashes, some["length"].to_numpy(), (some["start"] == 0).to_numpy()))
    return {name: _counted(name, seed, parts[name]) for name in names if parts[name]}


def _counted(name: str, seed: int, parts: list[tuple[U64, NDArray[np.uint32], NDArray[np.bool_]]]) -> Uses:
    hashes, lengths, starts = (np.concatenate(some) for some in zip(*parts, strict=True))
    every, which = np.unique(hashes, return_inverse=True)
    times = np.bincount(which, starts).astype(np.uint32)
    tokens = (np.bincount(which, lengths) / times).astype(np.uint32)
    return Uses(Source(name, seed, every, tokens), times)
