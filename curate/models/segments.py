"""Segments of the reply store: immutable Parquet files of replies, named by the digest of their bytes, and their merging.

Rows stand in the order in which they were stored, not in that of their keys: whoever asks again asks in nearly the same order, and then a
few row groups hold what is wanted. A process keeps, of each segment, the first 64 bits of every key with its row (12 bytes a reply), and
compares whole keys when it reads. Bytes are checked against the name when a process first sees a segment, and page by page, by Parquet's
own checksums, whenever it reads.

Where several segments hold one key (two stores were joined, or a process was killed between merging and deleting), the earliest reply is
the reply; `ORDER` decides where two are equally early. Merging keeps just that one, so it changes nothing that anybody reads. A merged
segment names those that it replaces, so that nobody fetches them again. Left out: deleting replies by age.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import secrets
import threading
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from curate.artifact import sync_folder
from curate.errors import CurateError
from curate.identity import file_sha256
from curate.models.base import Finish, Reply

SCHEMA = pa.schema(
    [
        ("key", pa.binary(32)),
        ("text", pa.string()),
        ("finish", pa.string()),
        ("prompt_tokens", pa.uint32()),
        ("completion_tokens", pa.uint32()),
        ("prompt_sha256", pa.binary(32)),
        ("sample", pa.uint32()),
        ("sampling", pa.string()),
        ("asked_by", pa.string()),
        ("asked_at", pa.int64()),
        ("digest", pa.uint64()),
    ]
)
"""Columns of a segment. `prompt_sha256`, `sample`, `sampling` say to people what was asked, the key says it to the machine; `asked_by`
and `asked_at` (seconds, UTC) are for the ledger; `digest` is the first 64 bits of the SHA-256 of the text."""
ORDER = ("asked_at", "digest", "asked_by", "completion_tokens", "prompt_tokens", "finish")
"""Of several rows with one key, the one that is smallest in these columns is the reply."""
READ = ("key", "text", "finish", "prompt_tokens", "completion_tokens", "asked_at", "digest", "asked_by")
NAME = re.compile(r"[0-9a-f]{32}\.parquet")
GROUP_ROWS, GROUP_BYTES = 512, 4 << 20
"""A row group ends at the first of these: it is what is read at once."""
CACHE_BYTES = 32 << 20
"""Row groups that a process keeps."""


class Row(NamedTuple):
    """One stored reply."""

    key: bytes
    text: str
    finish: Finish
    prompt_tokens: int
    completion_tokens: int
    prompt_sha256: bytes
    sample: int
    sampling: str
    asked_by: str
    asked_at: int


class Candidate(NamedTuple):
    """A reply with what decides between several for one key."""

    order: tuple[Any, ...]
    reply: Reply


def digest_of(text: str) -> int:
    """The first 64 bits of the SHA-256 of a text."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")


def candidate(row: Row) -> Candidate:
    """What a row says, by the rule of `ORDER`."""
    order = (row.asked_at, digest_of(row.text), row.asked_by, row.completion_tokens, row.prompt_tokens, row.finish)
    return Candidate(order, Reply(row.text, row.finish, row.prompt_tokens, row.completion_tokens))


def prefixes(keys: Sequence[bytes]) -> np.ndarray[Any, np.dtype[np.uint64]]:
    """The first 64 bits of each key."""
    return _prefixes(b"".join(keys))


def _prefixes(keys: Any) -> np.ndarray[Any, np.dtype[np.uint64]]:
    return np.frombuffer(keys, dtype=">u8").reshape(-1, 4)[:, 0].astype(np.uint64)


class Segment:
    """One segment, as one process sees it. CurateError for a torn, altered or foreign file; FileNotFoundError if it is gone."""

    def __init__(self, path: Path) -> None:
        self.path = path
        if file_sha256(path)[:32] != path.stem:
            raise self._damaged()
        try:
            with pq.ParquetFile(path, page_checksum_verification=True) as file:
                self.metadata = file.metadata
                if not file.schema_arrow.equals(SCHEMA):
                    raise CurateError("this file is not a reply segment; move it out of the store", where=str(path))
                keys = [_prefixes(_fixed(chunk)) for chunk in file.read(["key"]).column(0).chunks]
        except (pa.ArrowException, OSError) as error:
            if isinstance(error, FileNotFoundError):
                raise
            raise CurateError(f"this reply segment is not Parquet: {error}", where=str(path)) from error
        found = np.concatenate([np.empty(0, np.uint64), *keys])
        self.rows = np.argsort(found, kind="stable").astype(np.uint32)
        self.prefixes = found[self.rows]
        sizes = [self.metadata.row_group(i).num_rows for i in range(self.metadata.num_row_groups)]
        self.starts = np.concatenate([[0], np.cumsum(sizes, dtype=np.int64)])

    def _damaged(self) -> CurateError:
        return CurateError(
            "this reply segment is damaged; delete it, and its replies are asked for again", where=str(self.path)
        )

    @property
    def replaces(self) -> list[str]:
        """Names of the segments that were merged into this one."""
        return _replaces(self.metadata)

    def find(self, wanted: np.ndarray[Any, np.dtype[np.uint64]]) -> np.ndarray[Any, np.dtype[np.uint32]]:
        """Rows whose keys may be wanted, ascending."""
        low = np.searchsorted(self.prefixes, wanted, "left")
        high = np.searchsorted(self.prefixes, wanted, "right")
        hit = np.flatnonzero(high > low)
        return np.unique(np.concatenate([self.rows[:0], *(self.rows[low[i] : high[i]] for i in hit)]))

    def read(self, rows: np.ndarray[Any, np.dtype[np.uint32]]) -> Iterator[tuple[bytes, Candidate]]:
        """Keys and replies of these rows. FileNotFoundError if the file is gone."""
        groups = np.searchsorted(self.starts, rows, "right") - 1
        for group in np.unique(groups):
            table = self._group(int(group)).take(pa.array(rows[groups == group].astype(np.int64) - self.starts[group]))
            for key, text, finish, prompt, completion, at, digest, by in zip(
                *(c.to_pylist() for c in table.columns), strict=True
            ):
                yield (
                    key,
                    Candidate((at, digest, by, completion, prompt, finish), Reply(text, finish, prompt, completion)),
                )

    def _group(self, group: int) -> pa.Table:
        known = _CACHE.get((self.path, group))
        if known is None:
            known = self.table([group], READ)
            _CACHE.put((self.path, group), known)
        return known

    def table(self, groups: Sequence[int], columns: Sequence[str]) -> pa.Table:
        """Columns of some row groups."""
        try:
            with pq.ParquetFile(self.path, metadata=self.metadata, page_checksum_verification=True) as file:
                return file.read_row_groups(list(groups), list(columns), use_threads=False).select(list(columns))
        except FileNotFoundError:
            raise
        except (pa.ArrowException, OSError) as error:
            raise self._damaged() from error


class _Cache:
    """Row groups that were read last, by any thread."""

    def __init__(self) -> None:
        self.threads = threading.Lock()
        self.tables: OrderedDict[tuple[Path, int], pa.Table] = OrderedDict()
        self.bytes = 0

    def get(self, place: tuple[Path, int]) -> pa.Table | None:
        with self.threads:
            if place in self.tables:
                self.tables.move_to_end(place)
            return self.tables.get(place)

    def put(self, place: tuple[Path, int], table: pa.Table) -> None:
        with self.threads:
            if place not in self.tables:
                self.tables[place] = table
                self.bytes += table.nbytes
            while self.bytes > CACHE_BYTES and len(self.tables) > 1:
                self.bytes -= self.tables.popitem(last=False)[1].nbytes


_CACHE = _Cache()


def _fixed(chunk: pa.Array) -> Any:
    return memoryview(chunk.buffers()[1])[32 * chunk.offset : 32 * (chunk.offset + len(chunk))]


def _replaces(metadata: Any) -> list[str]:
    return list(json.loads((metadata.metadata or {}).get(b"replaces", b"[]")))


def replaced_by(path: Path) -> list[str]:
    """Names of the segments that were merged into this one, from its footer; none for a file that is no segment."""
    try:
        return _replaces(pq.read_metadata(path))
    except (pa.ArrowException, OSError, ValueError):
        return []


def write_rows(rows: Iterable[Row], folder: Path) -> str:
    """Write a segment of these rows; its name, or "" where there is none. OSError if it cannot be written."""
    return write(_tables(rows), folder)


def _tables(rows: Iterable[Row]) -> Iterator[pa.Table]:
    group: list[tuple[Any, ...]] = []
    size = 0
    for row in rows:
        group.append((*row, digest_of(row.text)))
        size += len(row.text)
        if len(group) >= GROUP_ROWS or size >= GROUP_BYTES:
            yield _table(group)
            group, size = [], 0
    if group:
        yield _table(group)


def _table(rows: list[tuple[Any, ...]]) -> pa.Table:
    columns = zip(*rows, strict=True)
    return pa.Table.from_arrays([pa.array(c, f.type) for c, f in zip(columns, SCHEMA, strict=True)], schema=SCHEMA)


def write(tables: Iterable[pa.Table], folder: Path, replaces: Sequence[str] = ()) -> str:
    """Write tables as the row groups of a segment: under a temporary name, then on disk, then renamed."""
    temporary = folder / f".tmp-{os.getpid()}-{secrets.token_hex(4)}"
    try:
        rows = 0
        with temporary.open("wb") as file:
            with pq.ParquetWriter(
                file,
                SCHEMA,
                compression="zstd",
                use_dictionary=["finish", "sampling", "asked_by"],
                write_statistics=["asked_by", "asked_at"],
                write_page_checksum=True,
            ) as writer:
                for table in tables:
                    writer.write_table(table)
                    rows += table.num_rows
                if replaces:
                    writer.add_key_value_metadata({"replaces": json.dumps(sorted(replaces))})
            file.flush()
            os.fsync(file.fileno())
        name = f"{file_sha256(temporary)[:32]}.parquet"
        if not rows:
            return ""
        temporary.replace(folder / name)
        sync_folder(folder)
        return name
    finally:
        temporary.unlink(missing_ok=True)
